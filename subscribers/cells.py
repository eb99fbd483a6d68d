"""The text of a cell to what it means: an hour, a status, a language. Pure.

What cannot be read is a ValueError that names the column and how it is written, and never the
text: where columns have slipped it is somebody's address.
"""

from __future__ import annotations

import re
from datetime import time
from enum import StrEnum
from typing import TypeVar

from subscribers.model import Standing, Status

W = TypeVar("W", bound=StrEnum)
# A spreadsheet writes TRUE in the language of who saves the file.
_YES = ("1", "true", "yes", "ja", "wahr", "oui", "vrai", "sí", "verdadero", "да", "истина", "نعم")
_NO = ("0", "false", "no", "nein", "falsch", "non", "faux", "falso", "нет", "ложь", "لا")
# What programs write of who may be written to, some of it of the address and not of the newsletter.
_OF_STATUS = {
    **{status.value: status for status in Status},
    **dict.fromkeys(("unsubscribed", "opted out", "removed", "disabled"), Status.LEFT),
    **dict.fromkeys(("subscribed", "confirmed", "enabled", "regular"), Status.ACTIVE),
    **dict.fromkeys(("unconfirmed", "unactivated"), Status.PENDING),
}
_OF_STANDING = {
    **dict.fromkeys(("bounced", "cleaned", "hard bounced"), Standing.BOUNCED),
    **dict.fromkeys(("complained", "spam", "blocklisted"), Standing.COMPLAINED),
}


def status(text: str) -> tuple[Status | None, Standing]:
    """What the column of that name says of the subscription and of the address."""
    said = " ".join(re.split(r"[-_\s]+", text.strip().casefold()))
    if said and said not in _OF_STATUS.keys() | _OF_STANDING.keys():
        known = ", ".join(Status)
        raise ValueError(f"{text.strip()!r} is no status; write {known}, bounced or complained")
    return _OF_STATUS.get(said), _OF_STANDING.get(said, Standing.OK)


def one_of(kind: type[W], name: str, text: str) -> W:
    """The word of a column that has only a few."""
    try:
        return kind(text.strip().casefold())
    except ValueError:
        raise ValueError(f"{name} is none of {', '.join(kind)}") from None


def language(text: str) -> str:
    """Of a locale such as ``de-AT`` or ``pt_BR`` the language."""
    return re.split(r"[-_]", word(text))[0]


def word(text: str) -> str:
    return text.strip().lower()[:16]


def hour(text: str) -> time | None:
    """None: the cell is empty."""
    if not text:
        return None
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("hour is no time of day; write it like 08:30") from None


def yes_or_no(text: str) -> bool | None:
    """What a cell says that does not say when. None: neither."""
    said = text.strip().casefold()
    return said in _YES if said in (*_YES, *_NO) else None
