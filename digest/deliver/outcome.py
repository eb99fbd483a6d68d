"""What became of a message at a relay: one of four values, never an exception. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from digest.errors import DigestError, Permanent


class Stage(StrEnum):
    """Where in the dialogue it was decided (RFC 5321, 3.3)."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END = "end of data"


@dataclass(frozen=True, slots=True)
class Accepted:
    """2xx after the dot: the relay answers for the message from here on."""

    code: int
    enhanced: str  # RFC 3463, or empty
    text: str  # the relay's own words, often its queue id


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: a 4xx, or the connection was lost before the dot (code 0)."""

    code: int
    enhanced: str
    text: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Refused:
    """Never: a 5xx, or we know ourselves that the relay cannot take it."""

    code: int
    enhanced: str
    text: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The dot was written and no answer came: the relay may have the message."""

    text: str


Outcome: TypeAlias = Accepted | Deferred | Refused | InDoubt


def unwritten(error: DigestError) -> Outcome:
    """What a message comes to that could not be written."""
    if isinstance(error, Permanent):
        return Refused(0, "5.6.0", str(error), Stage.CONNECT)
    return Deferred(0, "", str(error), Stage.CONNECT)
