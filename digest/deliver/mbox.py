"""A stream of bytes to the mails in it: one, or those of an mbox (RFC 4155).

Of each only the beginning is held; the rest is read, too, so that who writes it can end in peace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from digest.deliver.opened import MOST_BYTES

FROM = b"From "
# The line that parts two mails ends with a moment; a sentence that begins with "From" does not.
_PARTING = re.compile(rb"From \S+ +\w{3} \w{3} +\d{1,2} \d\d:\d\d(:\d\d)? (.* )?\d{4}\b")


def mails(stream: BinaryIO) -> Iterator[bytes]:
    """Each mail's beginning, up to 256 KiB. A stream without a byte is one empty mail.

    Only a stream that begins with ``From`` and a blank is an mbox; that line is none of its mail.
    """
    line = stream.readline(MOST_BYTES)
    is_mbox = line.startswith(FROM)
    held: list[bytes] = []
    room, is_after_blank = MOST_BYTES, False
    if is_mbox:
        line = stream.readline(MOST_BYTES)
    while line:
        if is_mbox and is_after_blank and _PARTING.match(line):
            yield b"".join(held)
            held, room = [], MOST_BYTES
        elif room > 0:
            held.append(line[:room])
            room -= len(line)
        is_after_blank = not line.strip(b"\r\n")
        line = stream.readline(MOST_BYTES)
    yield b"".join(held)
