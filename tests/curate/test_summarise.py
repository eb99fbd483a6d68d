from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.curate.sentences import is_complete, split
from digest.curate.summarise import SummaryOptions, summarise
from tests.builders import an_article

GATES = (
    "The lock gates at Harrow Quay opened again on Monday after eleven weeks of repairs. "
    "Barges had been sent round by the outer channel since September.\n\n"
    "“It was a long way round,” she said. "
    "The keeper, Tom Pell, counted nineteen barges through the repaired gates by noon. "
    "Who would have thought so? "
    "Repairs to the lock cost the harbour board two million pounds, a third more than planned."
)


def told(text, *, language="en", title="Lock gates open again", **options):
    article = an_article(text=text, title=title, language=language)
    return [one.text for one in summarise(article, options=SummaryOptions(**options))]


def test_a_summary_is_whole_sentences_in_reading_order_each_with_its_span():
    article = an_article(text=GATES)

    summary = summarise(article)

    assert 2 <= len(summary) <= 3
    assert [article.text[one.start : one.end] for one in summary] == [one.text for one in summary]
    assert [one.start for one in summary] == sorted(one.start for one in summary)
    assert summary[0].text.startswith("The lock gates")


@pytest.mark.parametrize(
    "dateline",
    [
        "(CNN)",
        "(CNN) -- ",
        "LONDON (Reuters) - ",
        "Harrow Quay (AP) — ",
        "HARROW QUAY, Nov. 23 — ",
        "HARROW QUAY, England (AFP) – ",
    ],
)
def test_a_dateline_is_no_news(dateline):
    assert told(dateline + GATES)[0].startswith("The lock gates at Harrow Quay")


def test_what_speaks_to_the_visitor_is_never_told():
    text = (
        "Sign up for our newsletter to get stories like this one every day. "
        "Editor’s note: this story has been corrected twice since Monday. " + GATES
    )

    assert not [one for one in told(text) if one.startswith(("Sign up", "Editor"))]


def test_half_a_quotation_is_left_out():
    text = "“The gates will hold for a hundred years and more. " + GATES

    assert told(text)[0].startswith("The lock gates")


def test_a_sentence_that_hangs_on_the_one_before_is_told_only_after_it():
    text = (
        "Harbour board members approved the new ferry timetable on Tuesday evening. "
        "A reporter asked a question about parking spaces near the station. "
        "It adds a late boat on Fridays for the harbour ferry timetable."
    )

    summary = told(text, sentences=2, max_characters=200)

    assert not (
        len(summary) == 2 and summary[1].startswith("It adds") and "approved" not in summary[0]
    )


def test_the_title_is_not_told_twice():
    assert told("Lock gates open again today. " + GATES, title="Lock gates open again today")[
        0
    ].startswith("The lock gates at")


def test_a_summary_keeps_to_its_room():
    assert sum(map(len, told(GATES, max_characters=120))) <= 120
    assert len(told(GATES, sentences=1)) == 1


@pytest.mark.parametrize("text", ["", "Menu", "A. B. C.", "no full stop anywhere in this line"])
def test_where_there_is_no_sentence_there_is_no_summary(text):
    assert told(text) == []


def test_only_hanging_sentences_are_better_than_silence():
    text = "It opened again on Monday after weeks of repairs at the harbour lock."

    assert told(text) == [text]


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("en", "Dr. Pell met Mrs. J. K. Bell at 5 p.m. on Monday. They agreed.", 2),
        ("en", "He lives in the U.S. He likes it. The U.S. Senate does not.", 3),
        ("en", "“Stop!” he said. Nobody did… The end.", 3),
        ("en", "It cost 3.5 million. See example.org. No. 10 was full. He said no. So it went.", 5),
        ("de", "Am 3. Mai kam z. B. Dr. Pell. Er blieb bis zum 4. Advent.", 2),
        ("fr", "M. Pell est là. « Bonjour ! » dit-il. Voilà.", 3),
        ("ru", "В 2026 г. открыли шлюз. Он стоит на ул. Ледовой. Всё.", 3),
        ("ja", "水門が開いた。船が通る！本当？", 3),
        ("ar", "فُتحت البوابات. هل تصمد؟ نعم.", 3),
        ("hi", "फाटक खुल गया। नावें गुज़रीं।", 2),
    ],
)
def test_text_is_split_where_sentences_end(language, text, count):
    assert len(split(text, language)) == count


def test_no_sentence_crosses_a_blank_line():
    assert len(split("A heading\n\nThe lock is open. It holds.")) == 3


@given(st.text(alphabet="aB .!?“”\n1（。」)", max_size=120))
def test_sentences_are_spans_in_order_that_lose_only_space(text):
    spans = split(text)

    assert all(text[s.start : s.end].strip() == text[s.start : s.end] != "" for s in spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    told_all = "".join(text[s.start : s.end] for s in spans)
    assert "".join(told_all.split()) == "".join(text.split())


@given(st.text(max_size=400))
def test_every_sentence_of_a_summary_is_exactly_its_span(text):
    article = an_article(text=text)

    for one in summarise(article):
        assert article.text[one.start : one.end] == one.text
        assert is_complete(one.text)
