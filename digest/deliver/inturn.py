"""A single message by the first of several relays that can be used.  ~ world

For the letters that dispatch does not carry: alerts, the editor's, a test. A relay that cannot be
reached, does not let us in, can never take it, finds it too large before it has heard whom it is
for, or breaks off before the dot has taken nothing: then the next one is asked. What one of them
answered stands, whatever it is: a message that may have been taken is not sent twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from digest.deliver import refusals
from digest.deliver.choice import Circuit
from digest.deliver.outcome import Deferred, Outcome, Refused
from digest.deliver.transport import Outgoing, Transport
from digest.errors import DigestError, Temporary

Make = Callable[[], Transport]  # raises Misconfigured where a secret is unset


class InTurn:
    """A Transport. ``used``: the one that answered last, as sentences about it begin."""

    def __init__(self, ways: Sequence[tuple[str, Make]]) -> None:
        """``ways``: each by its label, in the order in which they are tried."""
        self.ways = ways
        self.used = ""

    async def __call__(self, message: Outgoing) -> Outcome:
        """Raises DigestError where none of them can be used."""
        troubles: list[DigestError] = []
        untaken: Outcome | None = None
        for label, make in self.ways:
            try:
                outcome = await make()(message)
            except DigestError as error:
                troubles.append(error)
            else:
                self.used = label
                if not _is_for_another(outcome):
                    return outcome
                untaken = outcome
        if untaken is not None:
            return untaken
        if len(troubles) == 1:
            raise troubles[0]
        raise Temporary("; ".join(map(str, troubles)))


def _is_for_another(outcome: Outcome) -> bool:
    if isinstance(outcome, Refused):
        return refusals.is_outsized(outcome)
    return isinstance(outcome, Deferred) and not outcome.code


def order(weights: Sequence[tuple[str, float]], circuits: Mapping[str, Circuit]) -> list[str]:
    """The names as they are tried: those with a share, the spares, and last what was paused. Pure.

    A paused one is asked all the same where no other can be used: an alert about it may be on its
    way, and nothing is lost by a question.
    """

    def rank(one: tuple[str, float]) -> tuple[bool, bool]:
        name, weight = one
        return bool(circuits.get(name, Circuit()).paused), weight <= 0

    return [name for name, _ in sorted(weights, key=rank)]
