"""How a relay has fared lately, and whether it may be tried. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

FAILURES = 3  # in a row open the circuit
FIRST_REST = 30.0  # seconds before it is tried again; doubled each time
LONGEST_REST = 900.0
FORGOTTEN = 3600.0  # seconds after which the same trouble of a relay is told anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """How a relay has fared lately. ``paused``: it refused us; only the operator resumes it."""

    failures: int = 0
    rests: int = 0  # in a row
    closed_until: float = 0.0  # seconds since the epoch
    paused: str = ""  # its own words
    trouble: str = ""  # the sentence of its last failure; it begins with the relay

    @property
    def doubted(self) -> bool:
        """Whether it has failed since a message was last answered."""
        return bool(self.failures or self.rests)

    def passes(self, now: float) -> bool:
        # No rest is longer: then the clock was set back since.
        rests = 0 < self.closed_until - now <= LONGEST_REST
        return not (self.paused or rests)

    def failed(self, now: float, trouble: str = "") -> Circuit:
        """It could not be reached, or broke off; ``trouble`` is the sentence that says so."""
        failures = self.failures + 1
        # After a rest one failure is enough: it was a trial.
        if failures < FAILURES and not self.rests:
            return replace(self, failures=failures, trouble=trouble)
        rest = min(LONGEST_REST, FIRST_REST * 2 ** min(self.rests, 10))
        rests, until = self.rests + 1, now + rest
        return replace(self, failures=0, rests=rests, closed_until=until, trouble=trouble)

    def worked(self) -> Circuit:
        return replace(self, failures=0, rests=0, closed_until=0.0, trouble="")

    def pause(self, words: str) -> Circuit:
        return replace(self, paused=words or "it refused us")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """A relay that let in no more connections: how many it had ``since`` then.

    Twice as many are tried after each ``patience``, which doubles where it still lets in no more;
    where it lets in more, all are.
    """

    count: int
    since: float
    patience: float = FIRST_REST
    is_new: bool = True

    @classmethod
    def after(cls, before: Crowd | None, count: int, now: float) -> Crowd:
        """It let in no more than ``count``, and may have done so ``before``."""
        if before is None or abs(now - before.since) > FORGOTTEN:
            return cls(count=count, since=now)
        patience = min(LONGEST_REST, before.patience * 2)
        return cls(count=count, since=now, patience=patience, is_new=False)

    def opened(self, count: int) -> Crowd:
        """So many are open: it lets in that many at least."""
        return replace(self, count=max(self.count, count))

    def most(self, now: float) -> int:
        """How many it is to have now."""
        # Whichever way the clock was set, no wait becomes longer by it.
        return self.count << min(10, int(abs(now - self.since) / self.patience))
