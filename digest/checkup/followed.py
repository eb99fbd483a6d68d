"""One look after the other: verdicts to those that stand, though some could not be asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.checkup.verdict import Check, Level, warn

PATIENCE = 2  # looks in a row without an answer are trouble themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A verdict that stands; ``unanswered``: how many looks in a row brought none since."""

    check: Check
    unanswered: int = 0


def followed(before: Mapping[str, Followed], found: Sequence[Check]) -> dict[str, Followed]:
    """What stands after one more look. ``before`` and what is returned: by the name of the check.

    Where nothing answered the verdict before stands; the second time in a row that itself is told.
    """
    after = {check.name: _after(before.get(check.name), check) for check in found}
    if any(one.unanswered for one in after.values()):
        # A relay that was not reached says nothing of its certificate either.
        after = {**before, **after}
    return after


def _after(before: Followed | None, check: Check) -> Followed:
    if check.level is not Level.UNCHECKED:
        return Followed(check=check)
    was = before or Followed(check=check)
    times = was.unanswered + 1
    if times < PATIENCE:
        return replace(was, unanswered=times)
    says = f"{check.says}; asked {times} times"
    return Followed(
        check=warn(check.name, says, check.cure or "see what `digest doctor` says"),
        unanswered=times,
    )
