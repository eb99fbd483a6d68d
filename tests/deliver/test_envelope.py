"""To know that a message is plain saves a look, and changes nothing of what is said."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.deliver.envelope import Envelopes, are_plain_paths
from digest.deliver.outcome import Stage
from digest.deliver.relay import Offer
from digest.deliver.transport import Outgoing

SENDERS = ["", "digest@quayside.example", "späte@quayside.example", "two words@quayside.example"]
OFFERS = st.builds(
    Offer,
    pipelining=st.just(True),
    size=st.sampled_from([0, 10, 1_000_000]),
    announce_size=st.booleans(),
    eightbit=st.booleans(),
    smtputf8=st.booleans(),
)


@given(OFFERS, st.lists(st.sampled_from(SENDERS), min_size=1, max_size=3), st.booleans())
@example(Offer(pipelining=True), ["späte@quayside.example"], False)
def test_a_plain_message_is_told_as_one_that_nobody_has_looked_at(offer, senders, bdat):
    quick, slow = (Envelopes(offer, "main (sink:25)", bdat=bdat) for _ in range(2))

    for sender in senders:
        parts = (b"Subject: Oak\r\n\r\n", b"Gates.\r\n")
        plain = Outgoing("", sender, "ada@example.org", parts, plain=True)
        other = Outgoing("", sender, "ada@example.org", parts)

        assert quick.objection(plain) == slow.objection(other)
        assert quick.opening(plain) == slow.opening(other)
        assert quick.body(plain) == slow.body(other)


def test_each_message_is_told_with_its_own_sender_and_objected_to_for_it():
    asked = Envelopes(Offer(pipelining=True, size=10, announce_size=True), "main (sink:25)")
    told = Envelopes(Offer(pipelining=True, size=10, announce_size=True), "main (sink:25)")
    for sender in SENDERS * 2:
        message = Outgoing("", sender, "ada@example.org", (b"x" * 8 + b"\r\n",), plain=True)
        refused = asked.objection(message)

        assert told.opening(message).startswith(f"MAIL FROM:<{sender}> SIZE=10".encode())
        assert (refused and (refused.enhanced, refused.stage)) == {
            "späte@quayside.example": ("5.6.7", Stage.RCPT),
            "two words@quayside.example": ("5.1.7", Stage.MAIL),
        }.get(sender)


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b"", b"x"])
@pytest.mark.parametrize("bdat", [False, True])
def test_the_last_line_of_a_body_has_an_end(end, bdat):
    envelopes = Envelopes(Offer(pipelining=True), "main (sink:25)", bdat=bdat)
    message = Outgoing("", "", "ada@example.org", (b"Subject: Oak\r\n\r\nGates.", end))

    body = b"".join(envelopes.body(message))

    command, whole = body.split(b"\r\n", 1) if bdat else (b"", body)
    assert whole == message.data + (b"" if end == b"\r\n" else b"\r\n")
    assert command == (b"BDAT %d LAST" % len(whole) if bdat else b"")


def test_many_addresses_are_plain_where_each_is():
    assert are_plain_paths(["ada@example.org", "o'hara+x@example.org"])
    for odd in ("", "a da@example.org", "a<a@example.org", "adâ@example.org", "a" * 255, "a\x7f@b"):
        assert not are_plain_paths(["ada@example.org", odd])
