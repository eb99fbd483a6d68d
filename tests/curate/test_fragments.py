import pytest

from digest.curate import fragments


@pytest.mark.parametrize("markup", ["", "  ", "<!-- only a comment -->", "<script>x()</script>"])
def test_a_fragment_without_words_is_empty(markup):
    assert fragments.text(markup) == ""


def test_blocks_become_paragraphs_and_line_ends_of_the_source_mean_nothing():
    markup = "<p>One\n  line</p><div>two<br>three</div><ul><li>four</li><li>five</li></ul>"

    assert fragments.text(markup) == "One line\n\ntwo\n\nthree\n\nfour\n\nfive"


def test_a_br_that_only_wraps_a_line_parts_no_sentence():
    wrapped = (
        "<p>The council voted on Monday night to close the park in<br>Ainsley for two years while "
        "the old lake is being<br>cleaned of mud.<br>Work starts in March.</p>"
    )

    assert fragments.text(wrapped) == (
        "The council voted on Monday night to close the park in Ainsley for two years while the "
        "old lake is being cleaned of mud.\n\nWork starts in March."
    )
    assert fragments.text("<b>The council votes for the weir of Ainsley</b><br>It voted.") == (
        "The council votes for the weir of Ainsley\n\nIt voted."
    )
    assert fragments.text("The rules of the park:<br>no dogs<br>no fires") == (
        "The rules of the park:\n\nno dogs\n\nno fires"
    )


@pytest.mark.parametrize("name", ["wp-caption-text", "image-caption", "photo_caption", "caption"])
def test_what_is_classed_as_a_caption_is_one(name):
    said = f"<div class='big {name}'><p>The lake on a Sunday.</p></div><p>The park closes.</p>"

    assert fragments.text(said) == "The park closes."
    assert fragments.text("<div class='has-caption'>The park closes.</div>") == "The park closes."


def test_inline_elements_do_not_part_a_word():
    assert fragments.text("<p>the <b>bri</b>dge <a href='/x'>is</a> open</p>") == (
        "the bridge is open"
    )


def test_scripts_styles_forms_and_captions_say_nothing_and_glue_nothing():
    markup = (
        "<p>before<script>alert(1)</script>after</p><style>p{}</style><form>Name</form>"
        "<figure><img src=x onerror=alert(1)><figcaption>The bridge</figcaption></figure>"
        "<p>end<img src='https://t.example/pixel.gif' width=1 height=1></p>"
    )

    assert fragments.text(markup) == "before after\n\nend"


def test_what_stands_after_a_silent_element_is_kept():
    assert fragments.text("<div><nav>Home</nav>The bridge is open.</div>") == "The bridge is open."


def test_furniture_of_feeds_is_gone():
    markup = (
        "<p>The bridge is open.</p>"
        "<p>The post <a>Bridge</a> appeared first on <a>Observer</a>.</p><p>Read more</p>"
    )

    assert fragments.text(markup) == "The bridge is open."


def test_entities_are_letters():
    assert fragments.text("<p>caf&eacute; &amp; th&#233;&nbsp;vert</p>") == "café & thé vert"


def test_markdown_becomes_html_with_its_tables():
    html = fragments.markdown("# Bridge\n\n*open*\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")

    assert "<table>" in html
    assert "<h1>Bridge</h1>" in html
    assert "<em>open</em>" in html


@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        ("The post ", " appeared first on ", "."),
        ("Der Beitrag ", " erschien zuerst auf ", "."),
        ("L’article ", " est apparu en premier sur ", "."),
        ("La entrada ", " se publicó primero en ", "."),
        ("", " bejegyzés először a(z) ", " oldalán jelent meg."),
        ("投稿 ", " は ", " に最初に表示されました。"),
    ],
)
def test_a_last_line_that_links_the_page_and_the_front_of_its_site_is_no_text(
    before, between, after
):
    credit = (
        f'<p>{before}<a href="https://quay.example/wall/" rel="nofollow">The new wall of the quay</a>'
        f'{between}<a href="https://quay.example">Quay News</a>{after}</p>'
    )

    assert fragments.text(f"<p>The wall is open.</p>{credit}") == "The wall is open."
    assert fragments.text(credit) == ""


@pytest.mark.parametrize(
    "last",
    [
        '<p>See <a href="https://a.example/wall">the wall</a> and <a href="https://b.example">b</a>.</p>',
        '<p>See <a href="https://a.example/1">one</a>, <a href="https://a.example/1/2">two</a>.</p>',
        '<p>The council told <a href="https://a.example/wall">Quay News</a> on Monday that the wall of '
        'stone would be open by May, and <a href="https://a.example">its site</a> says so.</p>',
    ],
)
def test_a_last_line_with_other_links_is_text(last):
    assert "\n\n" in fragments.text(f"<p>The wall is open.</p>{last}")


def test_quotes_that_were_escaped_twice_are_quotes_and_what_shows_code_stays():
    said = (
        "<p>The council&amp;#8217;s &amp;#8220;wall&amp;#8221;. Write &amp;nbsp; or &amp;#60;.</p>"
    )

    assert fragments.text(said) == "The council’s “wall”. Write &nbsp; or &#60;."


@pytest.mark.parametrize("more", ["[mehr]", "[Link]", "[read more]"])
def test_a_link_to_more_behind_the_last_sentence_is_no_text(more):
    assert (
        fragments.text(f"<p>The wall is open. <a href='/1'>{more}</a></p>") == "The wall is open."
    )
    assert fragments.text(f"<p>The wall {more}</p>") == f"The wall {more}"
