"""A delivery and what happened to it: the delivery after. The state machine of the outbox. Pure.

queued --claim--> sending --settle--> sent | failed | skipped | held | queued again
queued, held --cancel--> skipped        held, failed --retry--> queued
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from digest.deliver import blame, wording
from digest.deliver.blame import Fault
from digest.deliver.outcome import Accepted, Deferred, InDoubt, Outcome, Refused
from digest.delivery import Delivery, Skip, State

FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=4)
GROWTH = 4  # 1 min, 4 min, 16 min, 64 min, 4 h


class Consequence(StrEnum):
    """What an outcome means beyond its own delivery."""

    NONE = "none"  # the message's own fault, or ours with one reader's provider: kept and told
    BOUNCE = "bounce"  # the address does not exist: it is written to no more
    COUNT = "count"  # one failure more of this address; several in a while make a bounce
    PAUSE_RELAY = "pause relay"  # the relay refuses *us*: stop using it and tell the operator


class WhenInDoubt(StrEnum):
    """``deliver.in_doubt``: the relay may have it, or may not."""

    RESEND = "resend"  # with the same Message-ID, so that mailboxes can drop the second
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The delivery after an outcome, and what else follows from it."""

    delivery: Delivery
    consequence: Consequence = Consequence.NONE


class NotNow(ValueError):
    """The delivery is in a state in which this cannot happen to it."""


def claim(delivery: Delivery, *, lease: timedelta, now: datetime, unless: Skip | None) -> Delivery:
    """Take a queued delivery to send it; ``unless`` consent, read just now, forbids it."""
    _require(delivery, State.QUEUED)
    if now >= delivery.expires_at:
        return _skipped(delivery, Skip.STALE, now)
    if unless is not None:
        return _skipped(delivery, unless, now)
    # Counted before the world is asked: a crash mid-send must not look like a first try.
    return replace(
        delivery,
        state=State.SENDING,
        attempts=delivery.attempts + 1,
        claimed_at=now,
        lease_until=now + lease,
        next_attempt_at=None,
    )


def unclaim(delivery: Delivery, until: datetime | None = None) -> Delivery:
    """Queue again what was claimed and never left; it was no attempt. ``until``: not before."""
    _require(delivery, State.SENDING)
    return replace(
        delivery,
        state=State.QUEUED,
        attempts=delivery.attempts - 1,
        claimed_at=None,
        lease_until=None,
        next_attempt_at=until,
    )


def settle(
    delivery: Delivery,
    outcome: Outcome,
    now: datetime,
    dice: float,
    *,
    in_doubt: WhenInDoubt = WhenInDoubt.RESEND,
    first_delay: timedelta = FIRST_DELAY,
) -> Settled:
    """What becomes of a delivery that was being sent. ``dice`` in [0, 1) spreads the retries.

    ``first_delay``: how long after the first attempt the second may be. A lease that ran out is
    settled by what the journal says: Accepted, or else InDoubt.
    """
    _require(delivery, State.SENDING)
    match outcome:
        case Accepted(code=code, enhanced=enhanced, text=text):
            said = replace(delivery, code=code, enhanced=enhanced, text=text)
            return Settled(delivery=_final(said, State.SENT, now))
        case Deferred(code=code, enhanced=enhanced, text=text):
            said = replace(delivery, code=code, enhanced=enhanced, text=text)
            return Settled(delivery=_later(said, now, delay(said.attempts, dice, first_delay)))
        case Refused(code=code, enhanced=enhanced, text=text):
            said = replace(delivery, code=code, enhanced=enhanced, text=text)
            return Settled(
                delivery=_final(said, State.FAILED, now), consequence=consequence(outcome)
            )
        case InDoubt(text=text):
            said = replace(delivery, code=0, enhanced="", text=text)
            if in_doubt is WhenInDoubt.HOLD:
                return Settled(delivery=_final(said, State.HELD, now))
            return Settled(delivery=_later(said, now, delay(said.attempts, dice, first_delay)))
        case _:
            assert_never(outcome)


def consequence(refused: Refused) -> Consequence:
    """What a 5xx leads to, by whose fault it is."""
    match _fault(refused):
        case Fault.READER:
            return Consequence.BOUNCE
        case Fault.PASSING | Fault.UNCLEAR:
            return Consequence.COUNT
        case Fault.MESSAGE:
            return Consequence.NONE
        case Fault.US:
            return Consequence.PAUSE_RELAY
        case fault:
            assert_never(fault)


def may_mean_us(refused: Refused) -> bool:
    """Whether a relay that says it to everybody refuses us: deliver/refusals.py finds out."""
    return _fault(refused) in (Fault.US, Fault.UNCLEAR)


def delay(attempts: int, dice: float, first: timedelta = FIRST_DELAY) -> timedelta:
    """How long to wait after so many attempts, at least 1: four times longer each time, ± 25 %."""
    step = first * float(GROWTH ** min(attempts - 1, 8))
    return max(first, min(LONGEST_DELAY, step * (0.75 + dice / 2)))


def _fault(refused: Refused) -> Fault:
    # Some write their code where RFC 2034 has none: ``#5.7.1``, ``[5.1.1]``.
    code = blame.better(refused.enhanced, wording.own(refused.text))
    return blame.fault(code, f"{refused.code} {refused.text}", refused.stage)


def _later(delivery: Delivery, now: datetime, after: timedelta) -> Delivery:
    at = now + after
    if at >= delivery.expires_at:
        return _skipped(delivery, Skip.STALE, now)
    return replace(delivery, state=State.QUEUED, next_attempt_at=at, lease_until=None)


def _skipped(delivery: Delivery, reason: Skip, now: datetime) -> Delivery:
    return replace(_final(delivery, State.SKIPPED, now), skip=reason)


def _final(delivery: Delivery, state: State, now: datetime) -> Delivery:
    return replace(delivery, state=state, settled_at=now, lease_until=None, next_attempt_at=None)


def _require(delivery: Delivery, *states: State) -> None:
    if delivery.state not in states:
        raise NotNow(f"delivery {delivery.id} is {delivery.state}, not {' or '.join(states)}")
