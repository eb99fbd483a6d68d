"""The file of an import, can it be read twice and is it text; and the file of its rejects."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from digest.errors import Misconfigured
from subscribers.lines import Malformed

_MARKED = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP = b"PK\x03\x04"  # what .xlsx and .ods are
_LOOK_AT = 1024  # bytes
_REJECTS = ("line", "reason")


def look(path: Path) -> None:
    """Raises Misconfigured for a pipe, a spreadsheet, UTF-16 without its mark; OSError."""
    if str(path) == "-" or (path.exists() and not path.is_file()):
        raise Misconfigured(
            str(path), "is no file, and an import reads it twice; save it to a file first"
        )
    with path.open("rb") as stream:
        first = stream.read(_LOOK_AT)
    marked = first.startswith(_MARKED) and not first.startswith(codecs.BOM_UTF32_LE)
    # Of UTF-16 and UTF-32 half and more is NUL; a stray one in a name costs no file.
    if first.startswith(_ZIP) or (not marked and first.count(b"\0") * 3 > len(first)):
        raise Misconfigured(
            str(path),
            "is no CSV file but a spreadsheet, or text in UTF-16 without its mark; save it as CSV "
            "in UTF-8",
        )


@contextmanager
def rejects(path: Path) -> Iterator[Callable[[Malformed], None]]:
    """Where malformed rows go: ``line,reason``. Made at the first of them.

    A list of an earlier import is cleared away first: it would be taken for this one's. Raises
    Misconfigured for a path that cannot be written, or where another file is.
    """
    stream: IO[str] | None = None

    def reject(one: Malformed) -> None:
        nonlocal stream
        if stream is None:
            try:
                stream = path.open("w", encoding="utf-8", newline="")
            except OSError as error:
                raise _unwritable(path, error) from error
            csv.writer(stream).writerow(_REJECTS)
        csv.writer(stream).writerow((one.line, one.reason))

    _clear(path)
    try:
        yield reject
    finally:
        if stream is not None:
            stream.close()


def _clear(path: Path) -> None:
    try:
        if not path.is_file():  # none, or such as /dev/null
            return
        head = ",".join(_REJECTS).encode()
        with path.open("rb") as stream:
            first = stream.read(len(head))
        if first in (head, b""):
            path.unlink()
            return
    except OSError as error:
        raise _unwritable(path, error) from error
    raise Misconfigured(
        str(path), "is there and no list of rejects; name another file with --rejects"
    )


def _unwritable(path: Path, error: OSError) -> Misconfigured:
    return Misconfigured(str(path), f"cannot be written: {error.strerror}; name one with --rejects")
