"""Whom an issue did not reach, and why, to lines and JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from digest.storage.desk import Fate, IssueInfo, Reason


def lines(reasons: Sequence[Reason], some: Sequence[Fate]) -> Iterator[str]:
    """The reasons with how many each is of, where people share some; then the people by name."""
    if sum(one.people for one in reasons) > len(reasons):
        for one in reasons:
            yield f"  {one.people:>9,} failed: {_said(one) or 'no answer is kept'}"
    for fate in some:
        yield f"  {fate.address or '(erased)'}: {_why(fate)}"


def record(
    found: IssueInfo, tally: Mapping[str, int], reasons: Sequence[Reason], some: Sequence[Fate]
) -> dict[str, object]:
    return {
        **asdict(found),
        "deliveries": tally,
        "reasons": [asdict(one) for one in reasons],
        "people": [asdict(one) for one in some],
    }


def _why(one: Fate) -> str:
    reason = f"{one.state} ({one.skip})" if one.skip else one.state
    again = f", again at {one.next_attempt_at:%Y-%m-%d %H:%M} UTC" if one.state == "queued" else ""
    tries = f", {one.attempts} attempts" if one.attempts > 1 else ""
    said = _said(one)
    return f"{reason}{tries}{again}{': ' + said if said else ''}"


def _said(one: Fate | Reason) -> str:
    return " ".join(str(part) for part in (one.code or "", one.enhanced, one.text) if part)
