from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.curate import extract, furniture, plaintext
from digest.model import DateSource, Form
from tests.builders import NOW, an_item

BODY = (
    "The old lock gates at Harrow Quay swung open again on Monday, eleven weeks after a coal barge "
    "tore the lower pair from its hinges.",
    "“We had nineteen boats through by noon,” the keeper said while he coiled a rope on the quay "
    "and looked at the queue.",
    "Repairs cost the harbour board two million pounds, a third more than it had set aside for them "
    "in the spring.",
)
SAMPLES = Path(__file__).parents[3] / "shared" / "samples"


def page(*blocks):
    return "\n\n".join(blocks)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (
            ("Monday, November 23, 2026",),
            (
                "› Subscribe",
                "Please enter your comment!\nPlease enter your name here",
                "More Articles",
            ),
        ),
        (
            ("Home | News | Harbour | Sport", "Advertisement"),
            ("Share on Facebook Twitter WhatsApp", "Related articles", "© 2026 Harrow Quay Herald"),
        ),
        (
            ("Log in", "Subscribe now", "Menu"),
            (
                "This site is protected by reCAPTCHA and the Google Privacy Policy and Terms of Service apply.",
                "Leave a reply",
                "Your email address will not be published. Required fields are marked *",
            ),
        ),
        (
            ("We use cookies to improve your experience. Accept all",),
            ("Sign up for our newsletter", "Read more", "Load more comments"),
        ),
        (
            ("Montag, 23. November 2026", "Anmelden"),
            ("Teilen", "Kommentar schreiben", "Mehr zum Thema", "Newsletter abonnieren"),
        ),
        (
            ("lundi 23 novembre 2026",),
            ("Partager", "Laisser un commentaire", "À lire aussi", "Abonnez-vous à la newsletter"),
        ),
    ],
)
def test_title_and_body_are_found_between_any_sites_furniture(above, below):
    read = plaintext.read(page(*above, "Lock gates open after eleven weeks", *BODY, *below))

    assert read.title == "Lock gates open after eleven weeks"
    assert read.body == page(*BODY)


def test_a_day_above_the_title_is_when_the_page_was_printed():
    read = plaintext.read(page("Monday, November 23, 2026", "Lock gates open", *BODY))

    (said,) = read.dated
    assert (said.source, said.exact, said.at) == (
        DateSource.MASTHEAD,
        False,
        datetime(2026, 11, 23, tzinfo=UTC),
    )


def test_a_day_in_the_byline_is_the_articles_own():
    read = plaintext.read(page("Lock gates open", "By Ruth Hale | 22 November 2026", *BODY))

    (said,) = read.dated
    assert (said.source, said.exact) == (DateSource.BYLINE, True)
    assert read.author == "Ruth Hale"


def test_teasers_of_other_articles_below_the_last_heading_are_not_the_article():
    teaser = "A choir of forty has moved into the old cold store on Ice Street, and it likes the echo there."

    read = plaintext.read(page("Lock gates open", *BODY, *BODY, "More Articles", teaser))

    assert teaser not in read.body


def test_a_short_last_sentence_belongs_to_the_article_and_a_subheading_to_its_paragraph():
    read = plaintext.read(
        page("Lock gates open", BODY[0], "A long queue", BODY[1], "Nobody was hurt.")
    )

    assert read.body == page(BODY[0], "A long queue", BODY[1], "Nobody was hurt.")


def test_a_menu_above_the_page_is_not_searched_for_the_title():
    menu = [f"Harbour news {n} lock gates weeks barge" for n in range(30)]

    read = plaintext.read(page(*menu, *["Menu"] * 14, "Lock gates open", *BODY))

    assert read.title == "Lock gates open"


def test_a_text_without_a_headline_is_named_by_its_first_sentence():
    assert plaintext.read(page(*BODY)).title == BODY[0]


@pytest.mark.parametrize("text", ["", "   \n\n ", "Menu\n\nShare"])
def test_where_there_is_no_prose_there_is_no_article(text):
    assert plaintext.read(text).body == ""


@pytest.mark.parametrize(
    "line",
    ["› Subscribe", "Please enter your name here", "© 2026 Herald", "***", "Cookie policy"],
)
def test_what_speaks_to_the_visitor_is_furniture(line):
    assert furniture.is_certain(line)


@pytest.mark.parametrize("line", [*BODY, "She asked readers to subscribe to the paper, and left."])
def test_prose_is_no_furniture(line):
    assert not furniture.is_likely(line)


@pytest.mark.parametrize("line", ["Home > News > Harbour", "Facebook Twitter Email", "Share", "12"])
def test_bars_and_paths_are_likely_furniture(line):
    assert furniture.is_likely(line)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real page is kept beside the project")
def test_a_real_page_is_read_without_its_furniture():
    text = next(SAMPLES.glob("*.txt")).read_text("utf-8")

    article = extract.read(
        an_item(form=Form.TEXT, content=text, title=None), source_name="", seen=NOW
    )

    assert article.title == "Putin, Kim meet at Russia’s space launch facility"
    assert (article.dated.source, article.dated.exact) == (DateSource.MASTHEAD, False)
    for line in ("Subscribe", "Please enter your", "reCAPTCHA", "More Articles", "June 20, 2024"):
        assert line not in article.text
