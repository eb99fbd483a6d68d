"""The quick way to write an edition's messages and the plain one give the same bytes."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import quoted, verp
from digest.deliver.about import about
from digest.deliver.message import compile_edition, splice
from digest.deliver.outcome import Accepted
from digest.deliver.postmark import Postmark, Reader, personal
from digest.deliver.smtp import carry
from digest.deliver.writer import LONG, Writer
from digest.errors import Permanent
from digest.model import Edition, NewsletterId
from digest.slots import SLOTS, slot
from subscribers.model import SubscriberId
from tests.builders import NOW, a_newsletter, an_issue
from tests.deliver.relays import Tray, scripted

text = st.text(st.characters(exclude_categories=("Cs", "Co")), max_size=120)
names = text | st.sampled_from(["", "Ada", "Ada & Co", "100 % Zoë", "%b", ".", "From here", "A=B "])
ids = st.text("abcdef0123456789", min_size=1, max_size=64) | st.text("-.Fé<&% ", min_size=1)
addresses = st.sampled_from(["ada@example.org", "o'hara%x&y@example.org", "zoë@example.org"])
mailboxes = st.sampled_from(["", "leave@lists.example"])
# A link goes anywhere: long enough to be folded, with what HTML and quoted-printable escape.
bases = st.sampled_from(
    ["https://quayside.example", "http://q.example/a=b&c/%20", "https://kö.example", "h" * 140]
)


def an_edition(filling: str) -> Edition:
    every = "|".join(slot(name) for name in sorted(SLOTS))
    return Edition(
        key="en",
        language="en",
        subject="100 % barges",
        preheader="",
        text=f"{every}\n{filling}{every}",
        html=f"<p>{every}{filling}</p>{every}",
    )


def a_postmark(**given: Any) -> Postmark:
    defaults: dict[str, Any] = {
        "newsletter": a_newsletter(),
        "base_url": "https://quayside.example",
        "unsubscribe_mailbox": "",
        "ring": (b"k" * 32,),
    }
    return Postmark(**{**defaults, **given})


@given(
    name=names,
    id_=ids,
    address=addresses,
    newsletter=st.sampled_from(["daily", "das blatt", "täglich"]),
    base=bases,
    mailbox=mailboxes,
    key=st.sampled_from([b"k", b"k" * 64, b"k" * 65]),
    filling=st.sampled_from(["", "50 % off\n", "barges " * LONG]),
)
def test_a_message_is_what_splice_of_personal_is(
    name, id_, address, newsletter, base, mailbox, key, filling
):
    postmark = a_postmark(
        newsletter=a_newsletter(id=NewsletterId(newsletter)),
        base_url=base,
        unsubscribe_mailbox=mailbox,
        ring=(key,),
    )
    reader = Reader(id=SubscriberId(id_), address=address, name=name, due=NOW)
    compiled = compile_edition(an_edition(filling), postmark.letterhead)

    message = Writer(compiled, postmark, an_issue()).message(reader)

    assert message.data == splice(compiled, personal(postmark, an_issue(), reader))
    assert message.size == len(message.data)
    assert message.eightbit == (not message.data.isascii())


def test_what_all_readers_share_is_not_copied_for_each():
    compiled = compile_edition(an_edition("barges " * LONG), a_postmark().letterhead)
    writer = Writer(compiled, a_postmark(), an_issue())
    ada, grace = (
        Reader(id=SubscriberId(name), address=f"{name}@example.org", name=name, due=NOW)
        for name in ("ada", "grace")
    )

    pairs = zip(writer.message(ada).parts, writer.message(grace).parts, strict=True)
    shared = sum(len(one) for one, other in pairs if one is other)

    assert shared > 2 * 7 * LONG


def test_the_envelope_is_the_newsletters_unless_another_is_given():
    compiled = compile_edition(an_edition(""), a_postmark().letterhead)
    writer = Writer(compiled, a_postmark(), an_issue())
    ada = Reader(id=SubscriberId("ada"), address="ada@example.org", name="", due=NOW)

    own, verp = writer.message(ada, name="en-01"), writer.message(ada, sender="b+7@b.example")

    assert (own.name, own.sender, own.recipient) == (
        "en-01",
        "digest@quayside.example",
        "ada@example.org",
    )
    assert verp.sender == "b+7@b.example"


@given(st.lists(names | ids | st.text("aF.=\r\n\t é", max_size=90), max_size=8))
def test_many_slots_are_filled_as_each_would_be_alone(values):
    assert quoted.fillings(values) == [quoted.filling(value) for value in values]


@given(
    st.text("https:/.F", max_size=90),
    st.lists(st.text("a0._-F", min_size=1, max_size=160), max_size=4),
)
def test_links_are_filled_as_slots_are(beginning, ends):
    found = quoted.links(beginning.encode(), [end.encode() for end in ends])

    assert found == [quoted.filling(beginning + end) for end in ends]


def test_links_are_filled_as_slots_are_wherever_their_lines_end():
    tokens = [("a.F-" * 50)[:length].encode() for length in (1, 22, 23, 24, 47, 74, 75, 99)]
    for at in range(quoted.LINE + 3):
        beginning = ("h%" * quoted.LINE)[:at].encode()
        for ends in (*([one, one[1:] + b"."] for one in tokens), tokens, []):
            slow = [quoted.filling((beginning + end).decode()) for end in ends]
            assert quoted.links(beginning, ends) == slow


def test_many_slots_are_filled_as_each_would_be_alone_wherever_their_lines_end():
    for length in range(quoted.LINE - 8, quoted.LINE + 8):
        for odd in ("a", ".", "F", "é", "=", " "):
            values = [odd + "a" * length, "a" * length + odd, odd, ""]
            for some in (values, values[:1], values[1:]):
                assert quoted.fillings(some) == [quoted.filling(one) for one in some]


def test_many_are_written_as_each_would_be_alone():
    postmark = a_postmark()
    writer = Writer(
        compile_edition(an_edition("barges"), postmark.letterhead), postmark, an_issue()
    )
    readers = [
        Reader(
            id=SubscriberId(id_),
            address=f"{n}@example.org",
            name=name,
            due=NOW + timedelta(hours=n),
        )
        for n, (id_, name) in enumerate([("a1", "Ada"), ("b-2", "Zoë & Co"), ("c3", "")])
    ]

    together = writer.messages(readers, senders=["a@b", "", "c@d"], refs=[7, 8, 9])

    assert [one.data for one in together] == [writer.message(one).data for one in readers]
    assert [(one.sender, one.ref) for one in together] == [("a@b", 7), ("", 8), ("c@d", 9)]
    assert writer.messages([]) == []


def test_a_place_nobody_can_fill_is_said_before_the_first_message():
    edition = Edition(
        key="en", language="en", subject="", preheader="", html="", text=slot("shoe_size")
    )
    compiled = compile_edition(edition, a_postmark().letterhead)

    with pytest.raises(Permanent, match="the edition has a place 'shoe_size' that nobody can fill"):
        Writer(compiled, a_postmark(), an_issue())


@pytest.mark.parametrize("bounce_domain", ["", "bounce.quayside.example"])
async def test_a_sender_beyond_ascii_needs_no_relay_with_smtputf8(bounce_domain):
    newsletter = replace(
        a_newsletter(), sender="Bücher <news@bücher.example>", reply_to="ed@bücher.example"
    )
    postmark = a_postmark(newsletter=newsletter, bounce_domain=bounce_domain)
    writer = Writer(compile_edition(an_edition(""), postmark.letterhead), postmark, an_issue())
    ada = Reader(id=SubscriberId("ada"), address="ada@example.org", name="Ada", due=NOW)
    sender = postmark.envelope(verp.Ref.of(verp.Sort.ISSUE, 1, NOW))
    tray = Tray(writer.message(ada, name="ada", sender=sender))

    async with scripted(offers=("8BITMIME",)) as (relay, options):
        await carry(options, tray)

    [taken] = relay.taken
    assert [type(one) for one in tray.outcomes.values()] == [Accepted]
    assert taken.partition(b"\r\n\r\n")[0].isascii()
    message = email.message_from_bytes(taken)
    found = about(postmark.ring, taken, message, envelope="", claimed="")
    assert found.message_ids == (message["Message-ID"].strip("<>"),)


@pytest.mark.parametrize(
    ("id_", "address", "title", "plain"),
    [
        ("ada", "ada@example.org", "Harrow Quay", True),
        ("ada", "adâ@example.org", "Harrow Quay", False),
        ("adâ", "ada@example.org", "Harrow Quay", False),
        ("ada", "a da@example.org", "Harrow Quay", False),
        ("ada", "<ada@example.org", "Harrow Quay", False),
        ("ada", "a" * 243 + "@example.org", "Harrow Quay", False),
    ],
)
def test_a_message_is_plain_where_it_asks_nothing_of_a_relay(id_, address, title, plain):
    compiled = compile_edition(an_edition(title), a_postmark().letterhead)
    writer = Writer(compiled, a_postmark(), an_issue())
    readers = [
        Reader(id=SubscriberId(one), address=to, name="", due=NOW)
        for one, to in (("grace", "grace@example.org"), (id_, address))
    ]

    assert [one.plain for one in writer.messages(readers)] == [True, plain]
