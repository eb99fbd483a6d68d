"""The file of an import: is it one that can be read twice, and is it text?"""

from __future__ import annotations

import codecs
from pathlib import Path

from digest.errors import Misconfigured

_MARKED = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP = b"PK\x03\x04"  # what .xlsx and .ods are
_LOOK_AT = 1024  # bytes


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
