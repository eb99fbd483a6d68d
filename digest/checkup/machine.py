"""The machine's own state to verdicts: database, keys, clock, disk. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.checkup.verdict import Check, bad, ok, unchecked, warn

CLOSE, FAR = timedelta(seconds=30), timedelta(minutes=5)
LOW, EMPTY = 2_000_000_000, 200_000_000  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """What was seen of the database; ``trouble``: the sentence it refused with."""

    place: str
    revision: str | None = None
    head: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Our clock, and what others said at that moment: (who, when)."""

    ours: datetime
    others: tuple[tuple[str, datetime], ...] = ()


def database(seen: Database | None) -> Check:
    name = "database"
    if seen is None:
        return warn(name, "there is none yet", "`digest gather` makes it")
    if seen.trouble:
        return bad(name, seen.trouble, "mend what is named, or restore the backup")
    if seen.revision != seen.head:
        return bad(
            name,
            f"{seen.place} has schema {seen.revision or 'none'}, and {seen.head} is current",
            "run `digest db upgrade`",
        )
    return ok(name, f"{seen.place}, schema {seen.head}")


def keys(trouble: str, *, count: int) -> Check:
    """``trouble``: the sentence the keys were refused with, else how many there are."""
    name = "secret.key"
    if trouble:
        return bad(name, trouble, "without it no link in a mail works")
    return ok(name, f"{count} key{'s' * (count != 1)}, readable by its owner")


def clock(seen: Clocks) -> Check:
    name = "clock"
    if not seen.others:
        return unchecked(name, "nobody told another time", "check it with `timedatectl`")
    who, said = max(seen.others, key=lambda other: abs(other[1] - seen.ours))
    apart = abs(said - seen.ours)
    if apart <= CLOSE:
        return ok(name, f"within {CLOSE.seconds} seconds of {who}")
    what = f"{_span(apart)} {'behind' if said > seen.ours else 'ahead of'} {who}"
    cure = "let the machine set its clock by the network: timedatectl set-ntp true"
    return (bad if apart > FAR else warn)(name, what, cure)


def disk(place: str, free: int) -> Check:
    """``free``: bytes left where the database and the pictures are."""
    name = "disk"
    says = f"{free / 1e9:,.1f} GB free at {place}"
    if free < EMPTY:
        return bad(name, says, "make room now; a full disk stops every delivery")
    return warn(name, says, "make room, or run `digest prune`") if free < LOW else ok(name, says)


def _span(apart: timedelta) -> str:
    seconds = apart.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 172_800 else f"{seconds / 86_400:,.0f} days"
