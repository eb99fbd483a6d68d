import pytest

from digest.curate import extract, flow, fragments
from digest.curate.summarise import summarise
from digest.htmltree import tree
from digest.model import Form
from tests.builders import NOW, an_item

LINES = (
    "The bridge over the Lenne was closed on Monday\nafter inspectors had found a crack\n"
    "in one of its pillars. Repairs will take\nuntil March, and cost two million.",
    "The town has asked a firm from\nHagen to look at the other pillars of\nthe bridge, which was "
    "built in 1961 and\nis crossed by nine thousand cars a day.",
)


def a_page(body):
    return f"<html lang=en><head><title>A bridge is closed</title></head><body>{body}</body></html>"


def test_a_line_break_in_the_source_parts_no_paragraph():
    body = "".join(f"<div><span>{one}</span></div>" for one in LINES)

    assert extract.body(a_page(f"<div class=post-body>{body}</div>")) == "\n\n".join(
        one.replace("\n", " ") for one in LINES
    )


@pytest.mark.parametrize(
    "markup",
    [
        "<pre>one\ntwo <b>three\nfour</b> five\nsix</pre>",
        "<p style='white-space: pre-line'>a\nb</p>",
    ],
)
def test_what_is_shown_as_written_keeps_its_lines(markup):
    root = tree(f"<div>{markup}</div>")
    before = root.text_content()

    assert flow.smoothed(root).text_content() == before


@pytest.mark.parametrize(
    "mark",
    [
        "<sup class=reference><a href='#n1'><span>[</span>1<span>]</span></a></sup>",
        "<sup>[<i><a href=/cn>citation needed</a></i>]</sup>",
        "<sup><a href='#fn:1'>1</a></sup>",
        "<a href='#fn1'><sup>1</sup></a>",
        "<a href='https://letter.example/p/x#footnote-1'>1</a>",
        "<span class=mw-editsection>[<a href=/e>edit</a>]</span>",
    ],
)
def test_the_mark_of_a_footnote_is_no_text(mark):
    markup = f"<p>It was built in 1961.{mark} Nine thousand cars cross it.</p>"

    assert fragments.text(markup) == "It was built in 1961. Nine thousand cars cross it."


@pytest.mark.parametrize(
    "kept", ["10<sup>6</sup>", "<a href='/7'>7</a>", "<a href='#top'>above</a>", "<sup>th</sup>"]
)
def test_a_raised_sign_or_a_link_that_is_read_stays(kept):
    root = tree(f"<p>Here is {kept}.</p>")
    before = root.text_content()

    assert flow.without_marks(root).text_content() == before


def test_an_article_full_of_footnotes_has_a_summary():
    mark = "<sup class=reference><a href='#cite_note-1'>[1]</a></sup>"
    body = "".join(f"<p>{one}{mark}</p>" for one in LINES)
    item = an_item("https://wiki.example/bridge", form=Form.PAGE, content=a_page(body))

    article = extract.read(item, source_name="Wiki", seen=NOW)

    assert (
        next(one.text for one in summarise(article))
        == LINES[0].split(". ")[0].replace("\n", " ") + "."
    )
