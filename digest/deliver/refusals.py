"""Refusals of us by a relay: of all that we send, or only where one reader is concerned. Pure.

A relay says 5.7.x of a login it does not know any more, and of one mailbox that takes no mail from
strangers; "transaction failed" is said of anything. The first must stop everything before
everybody's issue fails; for the second the relay must not be given up. Only what becomes of the
others tells which it is. It is readers that are counted: one who is refused every day is one.
Even "no such user" is not believed of everybody: a relay whose table of users is lost says it, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from digest.deliver.feed import Objection
from digest.deliver.outcome import Deferred, Refused, Stage
from digest.deliver.relay import RelayOptions
from digest.deliver.transport import Outgoing, domain_of

ENOUGH = 3  # readers refused, and fewer messages taken: it is us
RECENT = 20  # messages taken that are set against it: those of last week prove nothing of today
STRANGERS = 20  # readers in a row that a relay does not know: more are not believed
DOMAINS = 3  # theirs, at least, where it has taken any message: one domain may have closed


class Meant(Enum):
    """Whom a refusal means."""

    US = auto()
    READER = auto()  # it takes others' mail
    UNSURE = auto()  # it has taken none yet


class Refusals:
    """Whom one relay has refused since it was last known to be in use."""

    def __init__(self) -> None:
        self._refused: dict[str, int] = {}  # reader -> accepted by then; the latest is the last
        self._before = 0  # accepted by then
        self._strangers: set[str] = set()  # since it took a message last
        self._domains: set[str] = set()  # theirs
        self._known = 0  # accepted by then

    def knows_nobody(self, reader: str, accepted: int) -> bool:
        """Whether it does not know the reader, nor anybody else whom it was asked for lately."""
        if accepted != self._known:
            self._strangers.clear()
            self._domains.clear()
            self._known = accepted
        self._strangers.add(reader)
        self._domains.add(domain_of(reader))
        many = len(self._strangers) > STRANGERS
        return many and (len(self._domains) >= DOMAINS or accepted == self._before)

    def meant(self, refused: Refused, reader: str, accepted: int) -> Meant:
        """Whom it means; ``accepted``: how many the relay has ever taken."""
        if refused.stage in (Stage.CONNECT, Stage.MAIL):
            return Meant.US  # it had not heard of the reader
        since = max(self._before, accepted - RECENT)
        self._refused.pop(reader, None)
        self._refused[reader] = accepted
        while self._refused[oldest := next(iter(self._refused))] < since:
            del self._refused[oldest]
        taken, count = accepted - since, len(self._refused)
        if count >= ENOUGH and count > taken:
            return Meant.US
        return Meant.READER if taken else Meant.UNSURE

    def unsure(self, accepted: int) -> bool:
        """Whether something was refused and nothing taken yet."""
        return bool(self._refused) and accepted == self._before

    def forget(self, accepted: int) -> None:
        """It is in use anew."""
        self._refused.clear()
        self._strangers.clear()
        self._domains.clear()
        self._before = accepted


def sentence(relay: RelayOptions, said: str, meant: Meant) -> str:
    """What the operator is told; ``said``: the relay's own words."""
    if meant is not Meant.US:
        return f"{relay.label} refuses us, or those readers: {said}; it is asked again later"
    return (
        f"{relay.label} refuses us and is not used any more: {said}; "
        f"once that is mended, `digest relays resume {relay.name}`"
    )


def is_too_large(refused: Refused) -> bool:
    """Does it say so of the mail, and not of a mailbox that is full?"""
    return refused.enhanced == "5.3.4" or (refused.code == 552 and refused.stage is Stage.MAIL)


def is_outsized(refused: Refused) -> bool:
    """Does it say so before it has heard whom the mail is for? Then it is its own limit."""
    return is_too_large(refused) and refused.stage is Stage.MAIL


@dataclass(frozen=True, slots=True)
class Measured:
    """What a relay has against a message since it refused one for its size; ``before``: else."""

    size: int
    refused: Refused
    before: Objection | None

    def __call__(self, message: Outgoing) -> Refused | None:
        if message.size >= self.size:
            return self.refused
        return self.before(message) if self.before else None


def measured(message: Outgoing, refused: Refused, before: Objection | None) -> Objection:
    """What the relay has against messages now that it finds this one too large."""
    size = message.size
    if isinstance(before, Measured):
        size, before = min(size, before.size), before.before
    return Measured(size, refused, before)


def too_large(relay: RelayOptions, refused: Refused) -> str:
    return (
        f"{relay.label} finds the mail too large ({words(refused)}); make the issue smaller, or "
        "use a relay that takes it"
    )


def no_time(relay: RelayOptions, deferred: Deferred) -> str:
    """What it says to any message, before it has heard whom it is for."""
    return f"{relay.label} takes no message now ({words(deferred)}); it is tried again later"


def nobody(relay: RelayOptions) -> str:
    """It says of everybody that there is no such reader."""
    return (
        f"{relay.label} says that none of the last {STRANGERS} readers exists, and is not believed "
        "of more until it takes a message: look whether it is right, and if it is not, take these "
        "back with `digest bounces undo ADDRESS`"
    )


def no_more(relay: RelayOptions, trouble: str) -> str:
    """``trouble``: the sentence of a connection that was not let in, while others are open."""
    why, _, _ = trouble.removeprefix(relay.label).lstrip(": ").rpartition("; ")
    return (
        f"{relay.label} {why}, on one connection more; those that are open go on, and if it stays "
        f"so, set its max_connections (now {relay.max_connections}) to what it allows"
    )


def words(answer: Deferred | Refused) -> str:
    """A relay's own words, with their codes."""
    return " ".join(filter(None, (str(answer.code), answer.enhanced, answer.text)))


def breaks_off(relay: RelayOptions) -> str:
    return (
        f"{relay.label} takes our connection and breaks it off before it takes a message; "
        "its log says why, or what stands between it and us does"
    )


def mistake(relay: RelayOptions, error: Exception) -> str:
    """What nobody foresaw."""
    return (
        f"{relay.label} cannot be used: {type(error).__name__}: {error}; this is a mistake of "
        "Digest's: please report it"
    )
