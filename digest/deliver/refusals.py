"""Refusals of us by a relay: of all that we send, or only where one reader is concerned. Pure.

A relay says 5.7.x of a login it does not know any more, and of one mailbox that takes no mail from
strangers. The first must stop everything before everybody's issue fails; for the second the relay
must not be given up. Only what becomes of the others tells which it is.
"""

from __future__ import annotations

from enum import Enum, auto

from digest.deliver.outcome import Refused, Stage
from digest.deliver.relay import RelayOptions

ENOUGH = 3  # deliveries refused, none or hardly any taken: it is us
HARDLY = 0.2  # so many refused for each that was taken
_REMEMBERED = 1_000


class Meant(Enum):
    """Whom a refusal means."""

    US = auto()
    READER = auto()  # it takes others' mail
    UNSURE = auto()  # it has taken none yet


class Refusals:
    """What one relay has refused since it was last known to be in use. Deliveries by any number."""

    def __init__(self) -> None:
        self._refused: set[int] = set()
        self._before = 0  # accepted by then

    def meant(self, refused: Refused, delivery: int, accepted: int) -> Meant:
        """Whom it means; ``accepted``: how many the relay has ever taken."""
        if refused.stage in (Stage.CONNECT, Stage.MAIL):
            return Meant.US  # it had not heard of the reader
        if len(self._refused) < _REMEMBERED:
            self._refused.add(delivery)
        taken, count = accepted - self._before, len(self._refused)
        if count >= ENOUGH and count > HARDLY * taken:
            return Meant.US
        return Meant.READER if taken else Meant.UNSURE

    def unsure(self, accepted: int) -> bool:
        """Whether something was refused and nothing taken yet."""
        return bool(self._refused) and accepted == self._before

    def forget(self, accepted: int) -> None:
        """It is in use anew."""
        self._refused.clear()
        self._before = accepted


def sentence(relay: RelayOptions, words: str, meant: Meant) -> str:
    """What the operator is told; ``words``: the relay's own."""
    if meant is not Meant.US:
        return f"{relay.label} refuses us, or those readers: {words}; it is asked again later"
    return (
        f"{relay.label} refuses us and is not used any more: {words}; "
        f"once that is mended, `digest relays resume {relay.name}`"
    )
