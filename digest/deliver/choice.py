"""Several relays and how they have fared: the one to use next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

FAILURES = 3  # in a row open the circuit
FIRST_REST = 30.0  # seconds before it is tried again; doubled each time
LONGEST_REST = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """How a relay has fared lately. ``paused``: it refused us; only the operator resumes it."""

    failures: int = 0
    rests: int = 0  # in a row
    closed_until: float = 0.0  # seconds since the epoch
    paused: str = ""  # its own words

    @property
    def doubted(self) -> bool:
        """Whether it has failed since a message was last answered."""
        return bool(self.failures or self.rests)

    def passes(self, now: float) -> bool:
        return not self.paused and now >= self.closed_until

    def failed(self, now: float) -> Circuit:
        """It could not be reached, or broke off."""
        failures = self.failures + 1
        # After a rest one failure is enough: it was a trial.
        if failures < FAILURES and not self.rests:
            return replace(self, failures=failures)
        rest = min(LONGEST_REST, FIRST_REST * 2 ** min(self.rests, 10))
        return replace(self, failures=0, rests=self.rests + 1, closed_until=now + rest)

    def worked(self) -> Circuit:
        return replace(self, failures=0, rests=0, closed_until=0.0)

    def pause(self, words: str) -> Circuit:
        return replace(self, paused=words or "it refused us")


def relay(
    weights: Sequence[tuple[str, float]], circuits: Mapping[str, Circuit], now: float, dice: float
) -> str | None:
    """A relay's name, by weight among those whose circuit passes; None where none does.

    ``dice`` in [0, 1). A weight of 0 is a spare: used when no other passes.
    """
    passing = [
        (name, weight) for name, weight in weights if circuits.get(name, Circuit()).passes(now)
    ]
    weighted = [(name, weight) for name, weight in passing if weight > 0]
    if not weighted:
        return passing[int(dice * len(passing))][0] if passing else None
    mark = dice * sum(weight for _, weight in weighted)
    for name, weight in weighted:
        mark -= weight
        if mark < 0:
            return name
    return weighted[-1][0]
