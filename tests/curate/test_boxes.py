import pytest

from digest.curate import boxes
from digest.htmltree import tree

PROSE = "<p>The council closed the bridge on Monday, and a ferry takes its place.</p>"
SIGNS = "<p>議会は月曜日に橋を閉鎖した。代わりに渡し船が運航する。The council closed the bridge</p>"
FIELD = "<input type=email><button>Go</button>"


def left(markup):
    return " ".join(
        boxes.without(tree(f"<html><body>{markup}</body></html>")).text_content().split()
    )


@pytest.mark.parametrize(
    "box",
    [
        f"<form><label>Our weekly letter</label>{FIELD}</form>",
        f"<div class=newsletter-box><p>What happens on the water.</p><form>{FIELD}</form></div>",
        "<section id=signup><h3>Harbour Letter</h3><div><form><input name=email></form></div></section>",
        "<template><p>Nobody sees this.</p></template>",
    ],
)
def test_a_box_amid_the_paragraphs_goes(box):
    assert left(f"<main>{PROSE}{box} and on {PROSE}</main>") == left(f"{PROSE} and on {PROSE}")


@pytest.mark.parametrize(
    "page",
    [
        f"<form id=aspnet>{PROSE * 6}{FIELD}</form>",
        f"<div class=newsletter-post>{PROSE * 6}<form>{FIELD}</form></div>",
        f"<div class=newsletter-post>{SIGNS * 6}<form>{FIELD}</form></div>",
        f"<article class=newsletter>{PROSE}<form>{FIELD}</form></article>",
        f"{PROSE}<form><input name=q><p>Search the archive.</p></form>",
    ],
)
def test_the_page_around_a_form_stays(page):
    assert "The council closed the bridge" in left(page)


def test_a_form_that_asks_for_no_address_stays():
    assert left("<form><input name=q>Find</form>") == "Find"


def test_nothing_is_nothing():
    assert boxes.without(None) is None
