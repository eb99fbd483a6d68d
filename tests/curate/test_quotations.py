"""Where the quotations of a paragraph begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.curate import quotations


def quoted(text, place=0):
    return [text[one.start : one.end] for one in quotations.around(text, place)[0]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('He said "it rained. It blew." She left.', ['"it rained. It blew."']),
        ("He said “it rained” and (“blew”).", ["“it rained”", "“blew”"]),
        ("Er sagte: „Es regnet. Es stürmt.“ Sie ging.", ["„Es regnet. Es stürmt.“"]),
        ("»Es regnet«, sagte er.", ["»Es regnet«"]),
        ("« Il pleut », a-t-il dit. Puis l’« ami » partit.", ["« Il pleut »", "« ami »"]),
        ("Hon sade: ”Det regnar.” Han gick.", ["”Det regnar.”"]),
        ("「雨だ。風だ。」と町長は話した。", ["「雨だ。風だ。」"]),
        ('A 6" pipe and the dogs\' owners; "two" more.', ['"two"']),
        ("It's the '90s.", []),
        ('"One," said Ann, "and two."', ['"One,"', '"and two."']),
        ("— Дождь. Ветер,— сказал мэр.", ["— Дождь. Ветер,"]),
        ("– Pada – mówi Anna. – Wieje.", ["– Pada"]),
        ("– Die Brücke – 1905 gebaut. Sie ist offen.", []),
    ],
)
def test_a_quotation_is_found_by_its_marks_and_where_they_stand(text, wanted):
    assert quoted(text) == wanted


def test_an_unclosed_quotation_ends_beyond_its_paragraph_and_not_in_the_next():
    text = "“We lost all. It came\n\nThe river rose."

    (one,), end = quotations.around(text, 3)
    assert (one.start, one.end, end) == (0, 22, 21)
    assert quoted(text, 24) == []


def test_what_begins_or_ends_amid_a_quotation_is_cut_by_it():
    one = quotations.Quotation(10, 20)

    assert [one.cuts(*span) for span in [(0, 12), (12, 30), (12, 18)]] == [True] * 3
    assert [one.cuts(*span) for span in [(0, 10), (10, 20), (20, 30), (5, 25)]] == [False] * 4


@given(st.text('ab"“”„«»「」. \n'))
def test_quotations_are_in_order_and_apart(text):
    found, end = quotations.around(text, 0)

    places = [place for one in found for place in (one.start, one.end)]
    assert places == sorted(places)
    assert all(place <= end + 1 for place in places)
