"""The quick ways to encode write what the thorough ones write."""

from __future__ import annotations

import quopri
from email.header import Header

from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import headers, quoted

names = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1).map(
    str.strip
)


@given(names.filter(lambda name: name and not name.isascii()))
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
