import json
from datetime import UTC, datetime

import pytest

from digest import characters
from digest.curate import extract
from digest.curate.extract import Unreadable
from digest.errors import Permanent
from digest.model import DateSource, Form
from tests.builders import NOW, an_item, dated

PARAGRAPHS = (
    "For thirty-one winters Edgar Moss climbed the same hundred and forty steps, and nobody could "
    "tell him that a machine would do it better.",
    "He is seventy-eight now. The machine arrived in February, in two crates, and he signed for "
    "it himself before the boat had left.",
    "The light at Carrow Head is the last on this coast with a keeper, and from the first of "
    "April it will have none at all.",
)
TEXT = "\n\n".join(PARAGRAPHS)
TITLE = "The keeper who would not leave the light"
URL = "https://observer.example/culture/light"


def a_page(*, head="", before="", after="", text=PARAGRAPHS, title=TITLE):
    story = "".join(f"<p>{one}</p>" for one in text)
    return (
        f"<html lang=en><head><title>{title} | Observer</title>"
        f"<meta property=og:site_name content=Observer>{head}</head><body>"
        "<nav><a href=/>Home</a> <a href=/news>News</a></nav>"
        f"<main><article><h1>{title}</h1>{before}{story}{after}</article></main>"
        "<footer>© 2026 Observer. All rights reserved.</footer></body></html>"
    )


def read(content="", *, url=URL, form=Form.PAGE, language=None, **given):
    given = {"title": None, **given}
    item = an_item(url, form=form, content=content, **given)
    return extract.read(item, source_name="Observer", seen=NOW, language=language)


def test_a_page_is_its_article():
    article = read(a_page())

    assert (article.title, article.text, article.language) == (TITLE, TEXT, "en")
    assert (article.url, article.source_name, article.first_seen) == (URL, "Observer", NOW)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("\u202eThe \ue0f0reader\ue0f1\x1b  Post ", "The reader Post"),
        ("\ue0f0", "observer.example"),
    ],
)
def test_the_name_of_an_outlet_holds_nothing_unseen(said, kept):
    article = extract.read(an_item(URL, content=a_page()), source_name=said, seen=NOW)

    assert article.source_name == kept


def test_an_article_never_begins_with_its_own_title():
    assert extract.body(a_page(), URL) == TEXT


@pytest.mark.parametrize("html", ["", " \n", "<!-- nothing -->", "<p></p>"])
def test_a_page_of_nothing_has_no_text(html):
    assert extract.body(html) == ""


def test_furniture_inside_the_article_is_gone():
    page = a_page(before="<p>Share this article</p>", after="<p>Please enter your comment!</p>")

    assert read(page).text == TEXT


def test_scripts_and_pixels_leave_nothing_behind():
    page = a_page(
        after="<script>steal()</script><img src=https://t.example/p.gif onerror=steal()>"
        "<a href='javascript:steal()'>.</a>"
    )

    assert "steal" not in read(page).text


def test_what_a_page_says_of_itself_is_kept():
    head = (
        "<link rel=canonical href=https://observer.example/culture/light?utm_source=x>"
        "<meta name=author content='Ruth Okafor'><meta property=og:image content=/light.jpg>"
        "<meta property=article:section content=Culture>"
    )

    article = read(a_page(head=head), url=f"{URL}?utm_source=rss")

    assert (article.url, article.author) == (URL, "Ruth Okafor")
    assert article.image == "https://observer.example/light.jpg"
    assert article.tags == ("Culture",)


def test_a_feed_goes_before_its_page_for_title_author_picture_and_tags():
    head = "<meta name=author content=Page><meta property=og:image content=/page.jpg>"

    article = read(
        a_page(head=head),
        guid="1",
        title="The feed’s title",
        author="Feed",
        image="https://observer.example/feed.jpg",
        tags=("a\r\nb", " "),
    )

    assert (article.title, article.author) == ("The feed’s title", "Feed")
    assert (article.image, article.tags) == ("https://observer.example/feed.jpg", ("a b",))


def test_the_words_of_a_link_do_not_go_before_the_page_s_title():
    assert read(a_page(), title="Read this!!").title == TITLE


def test_json_ld_holds_the_text_of_a_page_that_a_script_fills():
    data = json.dumps({"@type": "NewsArticle", "articleBody": "\n".join(PARAGRAPHS)})
    head = f'<script type="application/ld+json">{data}</script>'

    page = a_page(head=head, text=("Loading the story, please wait a moment.",))

    assert read(page).text == TEXT
    assert extract.body(page) == TEXT


def test_json_ld_may_hold_html():
    body = "".join(f"<p>{one}</p>" for one in PARAGRAPHS) + "<p>Share this article</p>"
    data = json.dumps({"@type": "NewsArticle", "articleBody": body}).replace("</", "<\\/")
    head = f'<script type="application/ld+json">{data}</script>'

    assert read(a_page(head=head, text=())).text == TEXT


def test_json_ld_of_hostile_depth_is_not_looked_at():
    data = json.dumps({"@type": "NewsArticle", "articleBody": "<div>" * 400 + "x " * 999})
    head = f'<script type="application/ld+json">{data}</script>'

    assert read(a_page(head=head)).text == TEXT


def test_a_page_that_shows_less_than_its_feed_is_read_from_the_feed():
    teaser = "".join(f"<p>{one}</p>" for one in PARAGRAPHS)
    wall = a_page(text=("Subscribe to read on.",), title="Please log in")

    article = read(wall, teaser=teaser, title=TITLE)

    assert (article.title, article.text) == (TITLE, TEXT)


def test_a_page_that_shows_more_than_its_feed_is_read_itself():
    assert read(a_page(), teaser="<p>He will stay.</p>").text == TEXT


def test_a_short_page_about_something_else_is_read_from_its_feed():
    sorry = (
        "Sorry, the page you are looking for does not exist or has been moved to another place. Try "
        "the search at the top of this page, or go back to the front page and begin there anew.",
    )
    missing = a_page(text=sorry, title="Page not found")
    teaser = "A whale swam into the bay on Tuesday, fishermen said."

    article = read(missing, teaser=teaser, title="Whale in bay")

    assert (article.title, article.text) == ("Whale in bay", teaser)


WALL = a_page(title="Just a moment...", text=["Verifying you are human. This takes seconds."])


@pytest.mark.parametrize("title", [None, TITLE])
def test_a_wall_is_no_article_and_gives_no_title(title):
    found = read(WALL, title=title)

    assert found == Unreadable(
        url=URL, reason="an error, a check or a consent wall came in its place"
    )


def test_a_wall_before_an_article_is_read_from_its_feed():
    found = read(WALL, title=TITLE, teaser=f"<p>{PARAGRAPHS[0]}</p>")

    assert (found.title, found.text) == (TITLE, PARAGRAPHS[0])


def test_a_long_article_may_be_called_as_a_wall_is():
    found = read(a_page(title="Access denied", text=PARAGRAPHS * 2))

    assert found.title == "Access denied"


def test_an_empty_page_is_read_from_its_feed():
    assert read(" ", teaser=f"<p>{PARAGRAPHS[0]}</p>", title=TITLE).text == PARAGRAPHS[0]


def test_a_teaser_of_hostile_depth_is_not_looked_at():
    assert read(a_page(), teaser="<div>" * 400 + "word " * 999).text == TEXT


def test_the_strongest_date_is_taken():
    head = "<meta property=article:published_time content=2026-11-20T08:00:00Z>"

    assert read(a_page(head=head)).dated == dated(
        datetime(2026, 11, 20, 8, tzinfo=UTC), DateSource.META
    )
    fed = dated(datetime(2026, 11, 21, tzinfo=UTC))
    assert read(a_page(head=head), dated=fed).dated == fed


def test_a_day_in_the_markup_is_found_where_nothing_better_is_said():
    page = a_page(before="<p class=date>Published on November 20, 2026</p>")

    found = read(page).dated

    assert (found.source, found.at) == (DateSource.BYLINE, datetime(2026, 11, 20, tzinfo=UTC))


def test_a_page_without_a_day_is_as_old_as_our_first_sight_of_it():
    assert read(a_page()).dated == dated(NOW, DateSource.SEEN, exact=False)


def test_a_day_in_the_address_is_evidence():
    found = read(a_page(), url="https://observer.example/2026/11/20/light").dated

    assert found.at == datetime(2026, 11, 20, tzinfo=UTC)


def test_a_fragment_is_the_article_s_own():
    article = read("<p>He will stay.</p><p>Read more</p>", form=Form.FRAGMENT, title=TITLE)

    assert (article.title, article.text) == (TITLE, "He will stay.")


def test_a_teaser_without_a_title_is_named_by_its_beginning():
    long = "word " * 60 + "end."

    assert read("<p>He will stay.</p>", form=Form.TEASER).title == "He will stay."
    assert read(f"<p>{long}</p>", form=Form.TEASER).title == "word " * 22 + "word…"


@pytest.mark.parametrize(
    ("content", "title", "wanted"),
    [
        (f"# {TITLE}\n\nHe *will* stay.\n", None, (TITLE, "He will stay.")),
        (f"# {TITLE}\n\nHe *will* stay.\n", TITLE, (TITLE, "He will stay.")),
        ("He will stay.\n\nSo he said.\n", TITLE, (TITLE, "He will stay.\n\nSo he said.")),
        ("He will stay.\n", None, ("He will stay.", "He will stay.")),
    ],
)
def test_markdown_is_read_with_and_without_a_heading(content, title, wanted):
    article = read(content, form=Form.MARKDOWN, title=title)

    assert (article.title, article.text) == wanted


def test_plain_text_is_read_with_its_masthead():
    article = read(
        f"Friday, November 20, 2026\n\n{TITLE}\n\n{TEXT}\n\nLeave a Reply", form=Form.TEXT
    )

    assert (article.title, article.text) == (TITLE, TEXT)
    assert article.dated.source is DateSource.MASTHEAD


@pytest.mark.parametrize("form", [Form.PAGE, Form.FRAGMENT, Form.TEXT, Form.MARKDOWN, Form.LINK])
def test_an_item_of_nothing_says_so(form):
    assert read("", form=form) == Unreadable(url=URL, reason="neither a title nor text was found")


def test_a_title_without_text_says_so():
    assert read(form=Form.LINK, title=TITLE) == Unreadable(
        url=URL, reason="no article text was found on the page"
    )


@pytest.mark.parametrize("form", [Form.PAGE, Form.FRAGMENT, Form.TEASER, Form.MARKDOWN])
def test_a_hundred_thousand_nested_tags_are_refused_before_they_are_parsed(form):
    with pytest.raises(Permanent, match="more than 250 elements inside one another"):
        read("<div>" * 100_000, form=form)


def test_an_endless_text_is_cut_between_paragraphs():
    paragraph = "word " * 1_000

    text = read("".join(f"<p>{paragraph}</p>" for _ in range(60)), form=Form.FRAGMENT).text

    assert len(text) <= extract.MAX_TEXT
    assert set(text.split("\n\n")) == {paragraph.strip()}


def test_a_text_of_one_endless_paragraph_is_cut_too():
    text = read(f"<p>{'word ' * 60_000}</p>", form=Form.FRAGMENT).text

    assert len(text) == extract.MAX_TEXT


def test_a_text_of_a_few_words_is_in_the_language_of_its_title():
    told = "<p>submitted by /u/foo</p><p>[link] [comments]</p>"

    article = read(told, form=Form.TEASER, title="Why the bridge is closed for two weeks")

    assert article.language == "en"


def test_the_operator_s_word_on_the_language_is_the_last():
    assert read(a_page(), language="de").language == "de"


def test_copies_of_one_text_have_one_fingerprint():
    page = read(a_page())
    feed = read("".join(f"<p>{one}</p>" for one in PARAGRAPHS), form=Form.FRAGMENT, title="Other")

    assert page.fingerprint == feed.fingerprint != ""


@pytest.mark.parametrize(
    "title", ["🌉 ブリッジ再開", "الجسر مفتوح من جديد", "Flood\r\nBcc: all@a.example"]
)
def test_any_title_becomes_one_clean_line(title):
    article = read("<p>He will stay.</p>", form=Form.FRAGMENT, title=title)

    assert article.title == " ".join(title.split())


CHINESE = (
    "市政府周一宣布，将从明年起关闭旧港大桥十八个月，更换生锈的桥墩，预计投入四千二百万元。",
    "司库安妮在表决之前告诉议员，其中三分之二的费用由国家交通基金承担，其余由本市分十年支付。",
    "北岸的店主担心生意受到影响，面包店老板汤姆说，他的顾客有一半每天都从大桥上走过来。",
    "根据十月公布的计划，一条免费渡轮将从早上六点到晚上十一点每十分钟开行一班，供行人和骑车人使用。",
)


def test_a_page_in_a_script_without_spaces_is_not_shorter_than_its_teaser():
    title = "旧港大桥将关闭十八个月"
    page = a_page(text=CHINESE, title=title)

    article = read(page, title=title, teaser=f"<p>{CHINESE[0][:30]}…</p>")

    assert article.text == "\n\n".join(CHINESE)
    assert characters.words(article.text) == 94


def test_what_json_ld_escaped_is_read_as_it_was_meant():
    escaped = "".join(f"&lt;p&gt;{one}&lt;/p&gt;" for one in PARAGRAPHS)
    told = "\n\n".join(PARAGRAPHS).replace("nobody", "no&nbsp;body")

    for body in (escaped, told):
        linked = json.dumps({"@type": "NewsArticle", "headline": TITLE, "articleBody": body})
        page = (
            f"<html><head><title>{TITLE}</title><script type='application/ld+json'>{linked}"
            "</script></head><body><div id=app></div></body></html>"
        )
        assert read(page).text.replace("no body", "nobody") == TEXT


def test_a_box_to_sign_up_amid_the_text_is_not_of_it():
    box = (
        "<div class=signup><p>What happens on the water, told every week by the crew.</p>"
        "<form><input type=email></form><p>We never pass your address on.</p></div>"
    )

    first, *others = (f"<p>{one}</p>" for one in PARAGRAPHS)
    page = a_page(text=()).replace("</article>", f"{first}{box}{''.join(others)}</article>")

    assert read(page).text == TEXT
