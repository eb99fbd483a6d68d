"""The quick ways to encode write what the thorough ones write."""

from __future__ import annotations

import email
import quopri
import re
from email.header import Header, decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.config import rules
from digest.config.problems import Wrong
from digest.deliver import headers, quoted
from digest.errors import Misconfigured

names = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1).map(
    str.strip
)


@given(names.filter(lambda name: name and not name.isascii()))
@example("Anna Maria Zoë")
@example("Anna, Maria Zoë")
def test_a_name_is_encoded_as_the_standard_library_would(name):
    thorough = Header(name, charset="utf-8", maxlinelen=headers.NAME).encode(linesep="\r\n")

    assert headers.mailbox(name, "ada@example.org") == f"{thorough} <ada@example.org>"


@given(st.text(st.sampled_from(".F =aé~\t"), max_size=300))
def test_a_slot_is_read_back_and_no_line_of_it_is_long_or_begins_with_a_dot(value):
    encoded = quoted.slot(value)

    lines = encoded.split(b"\r\n")
    assert quopri.decodestring(encoded).decode() == value
    assert max(map(len, lines)) <= 76
    assert not any(line.startswith((b".", b"F")) for line in lines)


_is_line_of_escapes = re.compile(rb"(?:[^=]|=[0-9A-F]{2})*=?").fullmatch


@pytest.mark.parametrize("rest", ["é.F=" * 30, "=", ".", "F", "é", " ", "x" * 160, ".F" * 40])
def test_a_slot_is_whole_wherever_its_lines_end(rest):
    for before in range(quoted.LINE + 3):
        encoded = quoted.slot("a" * before + rest)

        lines = encoded.split(b"\r\n")
        assert quopri.decodestring(encoded).decode() == "a" * before + rest
        assert max(map(len, lines)) <= 76
        assert all(map(_is_line_of_escapes, lines))
        assert not any(line.startswith((b".", b"F")) for line in lines)


SENDERS = {
    'Ada "The Quay" <a@x.example>': "Ada The Quay",
    '"The Quay" Daily <a@x.example>': "The Quay Daily",
    r'"Smith, \"Ada\"" <a@x.example>': 'Smith, "Ada"',
    r'"ends\"" <a@x.example>': 'ends"',
    r'"back\\slash" <a@x.example>': r"back\slash",
    "=?utf-8?q?B=C3=BCcher?= =?utf-8?b?w7w=?= Daily <a@x.example>": "Bücherü Daily",
    "=?no-such?q?B=C3=BCcher?= <a@x.example>": "=?no-such?q?B=C3=BCcher?=",
    "=?utf-8?q?two=0D=0Alines?= <a@x.example>": "two lines",
    '"Daily <b@y.example>" <a@x.example>': "Daily <b@y.example>",
    "Smith, Ada <a@x.example>": "Smith, Ada",
    "Daily: the [Quay]; (beta) <a@x.example>": "Daily: the [Quay]; (beta)",
    '"" <a@x.example>': "",
    "a@x.example": "",
}


def shown(sender: str) -> tuple[str, str]:
    """The name and address that a mail program shows."""
    line = headers.structured("From", headers.mailbox(*headers.parsed(sender)))
    # Not email.policy.default, which puts a space between two encoded words.
    [(name, address)] = getaddresses([email.message_from_bytes(line)["From"]])
    return str(make_header(decode_header(name))), address


@pytest.mark.parametrize("sender", SENDERS)
def test_a_sender_is_shown_as_it_was_meant(sender):
    assert rules.mailbox(sender) == sender
    assert shown(sender) == (SENDERS[sender], "a@x.example")


PIECES = (
    '"',
    "\\",
    "<",
    ">",
    "@",
    ",",
    ";",
    "(",
    ")",
    " ",
    ".",
    "Ada",
    "Zoë",
    "=?utf-8?q?=C3=BC?=",
)


@given(
    st.lists(st.sampled_from(PIECES)).map("".join),
    st.sampled_from(["<a@x.example>", " <A@Bücher.Example> "]),
)
@example("a@x.example (The Quay)", "")
@example("", "büro@x.example")
@example("", "a@\N{SNOWMAN}.example")
def test_what_the_configuration_takes_for_a_mailbox_is_sent_and_nothing_else_is(name, address):
    sender = name + address
    try:
        rules.mailbox(sender)
    except Wrong:
        return

    read = headers.parsed(sender)

    assert shown(sender) == read
    assert headers.mailbox(*read).isascii()


def test_what_is_no_mailbox_cannot_be_read():
    with pytest.raises(Misconfigured, match="has no address"):
        headers.parsed("a@x.example (The Quay)")
    with pytest.raises(Wrong, match="which is no mailbox"):
        rules.mailbox("a@x.example (The Quay)")


LETTERS = st.text("abcXYZ éüßж漢 09.", max_size=70)


@given(st.lists(st.one_of(LETTERS, st.text(max_size=20)), min_size=1, max_size=5))
def test_mailboxes_are_written_as_each_by_itself(names):
    names = [name.encode("utf-8", "replace").decode() for name in names]
    addresses = [f"reader{n}@example.org" for n in range(len(names))]

    found = headers.mailboxes(names, addresses)

    pairs = zip(names, addresses, strict=True)
    assert found == [headers.mailbox(*both).encode() for both in pairs]


@pytest.mark.parametrize("unit", ["a", "Ada ", "a,", '"', "=?q", "é", "Zoë ", "Anna Zoë ", "漢"])
def test_a_name_of_any_length_is_read_back_and_no_line_of_it_is_long(unit):
    for length in (1, 2, *range(20, 29), *range(60, 80), 2_000):
        name = (unit * length)[:length].strip()
        written = headers.mailbox(name, "ada@example.org")

        [(shown, address)] = getaddresses([written])
        assert (str(make_header(decode_header(shown))), address) == (name, "ada@example.org")
        assert max(map(len, written.split("\r\n"))) <= 2 * headers.FOLD + len(
            '"" <ada@example.org>'
        )
        assert headers.mailboxes([name], ["ada@example.org"]) == [written.encode()]
