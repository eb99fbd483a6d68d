"""A check: what was looked at, how it is, and the cure. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"  # works, and will cost readers or time
    BAD = "bad"  # does not work, or mail will be refused
    UNCHECKED = "not checked"  # and the sentence says why


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. ``record``: a DNS record to publish, ready to copy."""

    name: str
    level: Level
    says: str
    cure: str = ""
    record: str = ""


def ok(name: str, says: str) -> Check:
    return Check(name=name, level=Level.OK, says=says)


def warn(name: str, says: str, cure: str, *, record: str = "") -> Check:
    return Check(name=name, level=Level.WARN, says=says, cure=cure, record=record)


def bad(name: str, says: str, cure: str, *, record: str = "") -> Check:
    return Check(name=name, level=Level.BAD, says=says, cure=cure, record=record)


def unchecked(name: str, says: str, cure: str = "") -> Check:
    return Check(name=name, level=Level.UNCHECKED, says=says, cure=cure)


def worst(checks: tuple[Check, ...] | list[Check]) -> Level:
    """The worst level among ``checks``; what was not checked is no trouble by itself."""
    found = {check.level for check in checks}
    return next((level for level in (Level.BAD, Level.WARN) if level in found), Level.OK)
