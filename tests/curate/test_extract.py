from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.curate import cleaning, extract, fragments, languages, titles, words
from digest.curate.extract import Unreadable
from digest.errors import Permanent
from digest.model import DateSource, Form
from tests.builders import NOW, an_item, dated

PROSE = [
    "The old lock gates at Harrow Quay swung open again on Monday, eleven weeks after a coal barge "
    "tore the lower pair from its hinges and closed the harbour.",
    "The keeper counted nineteen boats through by noon, coiled his rope on the quay, and said that "
    "he had never seen so long a queue in thirty years.",
    "Repairs cost the harbour board two million pounds, a third more than it had set aside for them "
    "in the spring, and the rest comes out of the dredging fund.",
]


def html(*, head="", title="Lock gates open | Harrow Quay Herald", heading="Lock gates open"):
    body = "".join(f"<p>{one}</p>" for one in PROSE)
    return (
        f"<html lang='en'><head><title>{title}</title>{head}</head><body><nav><a href='/'>Home</a>"
        f"</nav><article><h1>{heading}</h1>{body}</article><footer>© 2026</footer></body></html>"
    )


def read(content, form=Form.PAGE, **given):
    language = given.pop("source_language", None)
    item = an_item(form=form, content=content, **{"title": None, **given})
    return extract.read(item, source_name="Herald", seen=NOW, language=language)


def test_a_page_becomes_clean_text_without_its_surroundings():
    article = read(html())

    assert article.title == "Lock gates open"
    assert article.text == "\n\n".join(PROSE)
    assert article.language == "en"
    assert article.first_seen == NOW


def test_the_markup_of_a_page_tells_title_author_date_picture_and_address():
    head = """
    <meta property="og:title" content="Barges return – Harrow Quay Herald">
    <meta property="og:site_name" content="Harrow Quay Herald">
    <meta property="og:image" content="/lock.jpg">
    <meta name="author" content="Ruth Hale">
    <meta property="article:published_time" content="2026-11-23T06:00:00+00:00">
    <link rel="canonical" href="https://herald.example/lock">
    """
    article = read(html(head=head), url="https://herald.example/lock?utm_source=rss")

    assert article.title == "Barges return"
    assert article.author == "Ruth Hale"
    assert article.image == "https://herald.example/lock.jpg"
    assert article.url == "https://herald.example/lock"
    assert article.dated == dated(datetime(2026, 11, 23, 6, tzinfo=UTC), DateSource.META)


def test_json_ld_is_evidence():
    head = """<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle",
    "headline": "Barges return", "datePublished": "2026-11-22T09:00:00Z",
    "author": [{"@type": "Person", "name": "Ruth Hale"}], "image": {"url": "https://herald.example/a.jpg"}}]}
    </script><script type="application/ld+json">{broken</script>"""
    article = read(html(head=head))

    assert article.dated == dated(datetime(2026, 11, 22, 9, tzinfo=UTC), DateSource.JSON_LD)
    assert article.author == "Ruth Hale"
    assert article.image == "https://herald.example/a.jpg"


def test_the_day_in_an_address_is_evidence_and_the_feed_is_stronger():
    url = "https://herald.example/2026/11/20/lock"

    assert read(html(), url=url).dated.source is DateSource.URL
    assert read(html(), url=url, dated=dated(NOW)).dated.source is DateSource.FEED


def test_a_page_that_names_no_date_takes_the_time_it_was_first_seen():
    assert read(html(), url="https://herald.example/x").dated == dated(
        NOW, DateSource.SEEN, exact=False
    )


def test_a_feed_names_its_own_articles():
    article = read(html(), title="As the feed says", guid="1")

    assert article.title == "As the feed says"


def test_a_page_behind_a_wall_is_told_in_the_feeds_own_words():
    wall = "<html><body><p>Please log in.</p></body></html>"

    article = read(wall, title="Lock gates open", teaser=f"<p>{PROSE[0]}</p>", guid="1")

    assert article.text == PROSE[0]


def test_a_fragment_of_a_feed_is_cleaned_of_scripts_styles_and_pixels():
    content = (
        f"<p onclick='x()'>{PROSE[0]}</p><script>alert(1)</script><style>p{{}}</style>"
        f"<img src='https://t.example/p.gif' width=1 height=1><p>{PROSE[1]}</p>"
    )

    article = read(content, Form.FRAGMENT, title="Lock gates open")

    assert article.text == f"{PROSE[0]}\n\n{PROSE[1]}"


@pytest.mark.parametrize(
    ("source", "given", "title", "text"),
    [
        ("# Lock gates open\n\nThey *swung* today.", None, "Lock gates open", "They swung today."),
        ("They swung [today](https://x.example).", "Gates", "Gates", "They swung today."),
        ("# Gates\n\nThey swung.", "Gates", "Gates", "They swung."),
        ("They swung.", None, "They swung.", "They swung."),
    ],
)
def test_markdown_is_read_with_and_without_a_title(source, given, title, text):
    article = read(source, Form.MARKDOWN, title=given)

    assert (article.title, article.text) == (title, text)


@pytest.mark.parametrize(
    ("content", "form", "title", "reason"),
    [
        ("", Form.PAGE, None, "neither a title nor text was found"),
        ("", Form.LINK, "Lock gates open", "no article text was found on the page"),
        ("<html><body></body></html>", Form.PAGE, "Gates", "no article text was found on the page"),
    ],
)
def test_where_there_is_no_article_the_reason_is_one_sentence(content, form, title, reason):
    found = read(content, form, title=title)

    assert isinstance(found, Unreadable)
    assert found.reason == reason


@pytest.mark.parametrize("form", [Form.PAGE, Form.FRAGMENT, Form.MARKDOWN])
def test_a_hundred_thousand_nested_tags_are_refused_before_they_are_parsed(form):
    with pytest.raises(Permanent, match="more than 250 elements inside one another"):
        read("<div>" * 100_000, form, title="Deep")


def test_the_language_a_source_is_set_to_wins():
    assert read(html(), source_language="fr").language == "fr"


def test_an_endless_text_is_cut_between_paragraphs():
    article = read("\n\n".join(["<p>" + "word " * 2000 + "</p>"] * 60), Form.FRAGMENT, title="Long")

    assert len(article.text) <= extract.MAX_TEXT
    assert article.text.endswith("word")


def test_a_title_is_one_line_whatever_was_in_it():
    article = read(
        f"<p>{PROSE[0]}</p>", Form.FRAGMENT, title="Gates\r\nBcc: all@example.org \u202e"
    )

    assert "\n" not in article.title
    assert "\r" not in article.title


@pytest.mark.parametrize(
    ("offered", "heading", "sites", "title"),
    [
        (["Gates open | Herald"], None, ["Herald"], "Gates open"),
        (["Herald: Gates open"], None, ["Herald"], "Herald: Gates open"),
        (["Herald - Gates open"], None, ["The Herald"], "Gates open"),
        (["Gates open - read all about it"], "Gates open", [], "Gates open"),
        (["Herald", "Gates open"], None, ["Herald"], "Gates open"),
        ([None, ""], "Gates open", [], "Gates open"),
        (["Left – right"], None, ["Herald"], "Left – right"),
        ([], None, [], ""),
    ],
)
def test_a_title_loses_the_name_of_its_site(offered, heading, sites, title):
    assert titles.best(offered, heading=heading, sites=sites) == title


@pytest.mark.parametrize(
    ("text", "hints", "language"),
    [
        ("Der Hafen ist wieder offen und die Boote kommen durch die Schleuse zurück.", (), "de"),
        ("Le port est rouvert et les bateaux passent de nouveau par les portes.", (), "fr"),
        ("Шлюз снова открыт, и баржи идут через гавань.", (), "ru"),
        ("فُتحت البوابات من جديد في الميناء", (), "ar"),
        ("港の水門がまた開いた。", (), "ja"),
        ("xyzzy", ("es-ES",), "es"),
        ("xyzzy", (None, ""), "en"),
    ],
)
def test_the_language_of_a_text_is_told_by_its_words_and_else_by_its_hints(text, hints, language):
    assert languages.language_of(text, *hints) == language


def test_clean_text_has_no_unseen_characters_and_one_blank_line_between_blocks():
    assert cleaning.clean("a\u200bb\u00a0c\r\n\r\n\r\n\n d\x00") == "ab c\n\nd"
    assert cleaning.one_line(" a\n\tb ") == "a b"
    assert cleaning.visible("a\u202eb") == "ab"


def test_copies_of_one_text_have_one_fingerprint():
    assert cleaning.fingerprint("The Gates — open.") == cleaning.fingerprint("the gates open")
    assert cleaning.fingerprint("The gates open") != cleaning.fingerprint("The gates closed")
    assert cleaning.fingerprint("") == ""


def test_html_becomes_blocks_of_text():
    markup = "<h2>Head</h2><p>One<br>two</p><ul><li>a</li><li>b</li></ul><table><tr><td>x</td></tr></table>"

    assert fragments.text(markup).split("\n\n")[0] == "Head"
    assert "alert" not in fragments.text("<script>alert(1)</script><p>ok</p>")
    assert fragments.text("") == ""


@pytest.mark.parametrize(
    ("text", "language", "terms"),
    [
        ("The barges returned", "en", {"barg", "return"}),
        ("", "en", set()),
    ],
)
def test_words_are_compared_by_their_stems_without_the_common_ones(text, language, terms):
    assert {term[:6] for term in words.tokens(text, language)} == terms


def test_unspaced_scripts_are_compared_by_pairs_of_characters():
    assert len(words.tokens("港の水門が開いた", "ja")) > 3
