"""Replies are read the same however the network cuts them up, and no server can fill our memory."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import replies
from digest.deliver.outcome import Accepted, Deferred, Refused, Stage
from digest.deliver.replies import Garbled, ReplyReader

WIRE = b"250-2.1.0 one\r\n250 2.1.0 two\r\n354\r\n550 5.1.1 no such user\r\n"
READ = [
    (250, b"250-2.1.0 one\r\n250 2.1.0 two\r"),
    (354, b"354\r"),
    (550, b"550 5.1.1 no such user\r"),
]


@given(st.lists(st.integers(0, len(WIRE)), max_size=8))
def test_it_does_not_matter_where_the_network_cuts(cuts):
    reader, marks = ReplyReader(), [0, *sorted(cuts), len(WIRE)]

    found = [r for a, b in itertools.pairwise(marks) for r in reader.feed(WIRE[a:b])]

    assert found == READ


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_replies_or_garbled_and_nothing_else(data):
    try:
        found = list(ReplyReader().feed(data))
    except Garbled:
        return
    assert all(200 <= code < 600 for code, _ in found)


@pytest.mark.parametrize("data", [b"2" * 3000, b"250 " + b"x" * 3000 + b"\n", b"250-x\n" * 65])
def test_a_reply_without_an_end_is_cut_short(data):
    with pytest.raises(Garbled):
        list(ReplyReader().feed(data))


def test_what_was_said_before_garbage_counts():
    replies = ReplyReader().feed(b"250 2.0.0 queued\r\nwhat\r\n")

    assert next(replies) == (250, b"250 2.0.0 queued\r")
    with pytest.raises(Garbled, match="it said 'what'"):
        next(replies)


USUAL = b"250 2.0.0 queued\r\n250 ok\r\n250 ok\r\n354 go on\r\n"


@given(st.integers(0, len(USUAL)), st.binary(max_size=3), st.integers(0, 3))
def test_a_turn_is_usual_only_if_its_four_replies_are(at, put, taken):
    data = USUAL[:at] + put + USUAL[at + taken :]

    first, _, _ = data.partition(b"\r\n")

    if replies.is_turn(data):
        found = list(ReplyReader().feed(data))
        assert [code for code, _ in found] == [250, 250, 250, 354]
        assert found[0][1] == first + b"\r"
        assert replies.is_ok(first)
    else:
        assert data != USUAL


@pytest.mark.parametrize(
    ("raw", "enhanced", "text"),
    [
        (b"250 2.0.0 Ok: queued as 4Xx\r", "2.0.0", "Ok: queued as 4Xx"),
        (b"550-5.1.1 no such\r\n550 5.1.1 user\r", "5.1.1", "no such user"),
        (b"550 mailbox 5.1.1 unknown\r", "", "mailbox 5.1.1 unknown"),
        (b"451 4.7.650\r", "4.7.650", ""),
        (b"450 \x1b[31mred\x07\r", "", "[31mred"),
        ("550 5.1.1 Größe\r".encode(), "5.1.1", "Größe"),
        (b"250\r", "", ""),
    ],
)
def test_the_enhanced_code_and_the_words_are_kept_apart(raw, enhanced, text):
    assert replies.said(raw) == (enhanced, text)


def test_a_5xx_refuses_and_a_4xx_defers():
    assert replies.failure((550, b"550 5.1.1 no\r"), Stage.RCPT) == Refused(
        550, "5.1.1", "no", Stage.RCPT
    )
    assert replies.failure((451, b"451 4.3.0 later\r"), Stage.END) == Deferred(
        451, "4.3.0", "later", Stage.END
    )


def test_only_a_2xx_after_the_dot_accepts():
    assert replies.verdict((251, b"251 2.0.0 queued\r")) == Accepted(251, "2.0.0", "queued")
    assert replies.verdict((354, b"354 go on\r")) == Deferred(354, "", "go on", Stage.END)
    assert replies.verdict((554, b"554 5.6.0 no\r")) == Refused(554, "5.6.0", "no", Stage.END)


@pytest.mark.parametrize(
    ("line", "ok"),
    [
        (b"250 2.0.0 queued", True),
        (b"250 " + b"x" * (replies.MAX_LINE - 4), True),
        (b"250 " + b"x" * (replies.MAX_LINE - 3), False),
        (b"250-2.0.0 queued", False),
        (b"250 2.0.0 queued\n550 no", False),
        (b"251 2.0.0 queued", False),
        (b"550 5.7.1 no", False),
        (b"", False),
    ],
)
def test_a_line_accepts_in_the_usual_way_or_is_looked_at(line, ok):
    assert replies.is_ok(line) is ok
