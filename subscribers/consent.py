"""A subscription and an act to what becomes of it: new state, letters, log entry. Pure.

Nothing is refused with an error: an act that means nothing any more (a second confirm, leaving
twice) changes nothing, so every door may answer it with the same friendly yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from subscribers.acts import (
    Act,
    Admit,
    Change,
    Confirm,
    Join,
    Leave,
    Pause,
    Resume,
    Return,
)
from subscribers.model import By, Kind, Standing, Status, Subscriber, Subscription

CONFIRM_FOR = timedelta(days=14)  # then a never-confirmed join is purged
UNDO_FOR = timedelta(days=1)
GOODBYE_FOR = timedelta(hours=1)
ASK_EVERY = timedelta(hours=1)
ASKS_A_DAY = 3
_REACHABLE = (Standing.OK, Standing.BOUNCED)  # by a letter that asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the consent log. ``before`` None: there was nothing; ``newsletter`` "": all."""

    act: str
    by: By
    at: datetime
    newsletter: str = ""
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is true from now on, the letters that are owed, and what the log is told.

    ``due``: when the letters may leave, None: at once; ``entry`` None: nothing happened, nothing
    needs writing.
    """

    subscriber: Subscriber
    subscription: Subscription | None
    letters: tuple[Kind, ...] = ()
    due: datetime | None = None
    entry: Entry | None = None


def may_write_to(
    subscriber: Subscriber, subscription: Subscription, kind: Kind, now: datetime
) -> bool:
    """Whether mail of this kind may go out at ``now``. Asked again at every claim."""
    if kind is Kind.ADDRESS:  # goes to the new address: that the old one bounces is no obstacle
        return subscriber.standing in _REACHABLE and _open(subscriber.new_address_by, now)
    if kind is Kind.CONFIRM and subscriber.standing is Standing.BOUNCED:
        return may_confirm(subscription, now)  # how a reader says that the mailbox works again
    if subscriber.standing is not Standing.OK:
        return False
    match kind:
        case Kind.ISSUE | Kind.WELCOME:
            return status_at(subscription, now) is Status.ACTIVE
        case Kind.CONFIRM:
            return subscription.status is Status.PENDING and may_confirm(subscription, now)
        case Kind.GOODBYE:
            return _left_of_own_accord(subscription, now, GOODBYE_FOR)
        case Kind.LINKS:  # to whoever still gets mail that they may want to leave
            return status_at(subscription, now) in (Status.ACTIVE, Status.PAUSED)
        case _:
            assert_never(kind)


def may_confirm(subscription: Subscription, now: datetime) -> bool:
    """Whether somebody joined, not too long ago, and did not confirm yet."""
    return subscription.status is not Status.LEFT and _open(subscription.confirm_by, now)


def may_return(subscriber: Subscriber, held: Subscription, now: datetime) -> bool:
    """Whether leaving can still be undone."""
    return (
        subscriber.standing is Standing.OK
        and held.confirmed_at is not None
        and _left_of_own_accord(held, now, UNDO_FOR)
    )


def may_ask(asked: Sequence[datetime], now: datetime) -> bool:
    """Whether one more letter of those that anybody may call for may go to an address that got
    some at ``asked``."""
    return ask_at(asked, now) == now


def ask_at(asked: Sequence[datetime], now: datetime) -> datetime | None:
    """When the next such letter may leave; None where the address has had its share of the day.

    A moment of ``asked`` may be still to come: of a letter that is owed and waits for its hour.
    """
    today = [at for at in asked if now - at < timedelta(days=1)]
    if len(today) >= ASKS_A_DAY:
        return None
    return max([now, *(at + ASK_EVERY for at in today)])


def status_at(subscription: Subscription, now: datetime) -> Status:
    """The status in force: a pause ends by itself."""
    until = subscription.paused_until
    if subscription.status is Status.PAUSED and until is not None and until <= now:
        return Status.ACTIVE
    return subscription.status


def decide(
    subscriber: Subscriber, subscription: Subscription | None, act: Act, *, by: By, now: datetime
) -> Decision:
    """What ``act`` on one subscription (None: there is none yet) makes of it."""
    match act:
        case Join():
            return _join(subscriber, subscription, act, by=by, now=now)
        case Admit():
            return _admit(subscriber, subscription, act, by=by, now=now)
    same = Decision(subscriber=subscriber, subscription=subscription)
    if subscription is None:
        return same
    after = _after(subscriber, subscription, act, by=by, now=now)
    letters: tuple[Kind, ...] = ()
    person = subscriber
    match act:
        case Confirm():
            letters = (Kind.WELCOME,)
            if subscriber.standing is Standing.BOUNCED:  # what was sent there has been read
                person = replace(subscriber, standing=Standing.OK)
        case Leave(goodbye=True) if subscription.status is not Status.PENDING:
            letters = (Kind.GOODBYE,)
    if after is None:
        return same
    return Decision(
        subscriber=person,
        subscription=after,
        letters=tuple(kind for kind in letters if may_write_to(person, after, kind, now)),
        entry=_entry(act.name, subscription, after, by=by, now=now),
    )


def _after(
    subscriber: Subscriber,
    held: Subscription,
    act: Confirm | Change | Pause | Resume | Leave | Return,
    *,
    by: By,
    now: datetime,
) -> Subscription | None:
    """The subscription after the act; None where the act means nothing in this state."""
    here = held.status in (Status.ACTIVE, Status.PAUSED)
    match act:
        case Confirm() if may_confirm(held, now):
            status = Status.ACTIVE if held.status is Status.PENDING else held.status
            return replace(
                held, status=status, confirmed_at=now, confirm_by=None, left_at=None, left_by=None
            )
        case Change() if here:
            return replace(held, cadence=act.cadence, topics=act.topics, hour=act.hour)
        case Pause(until=until) if here and until > now:
            return replace(held, status=Status.PAUSED, paused_until=until)
        case Resume() if held.status is Status.PAUSED:
            return replace(held, status=Status.ACTIVE, paused_until=None)
        case Leave() if held.status is Status.PENDING and held.left_at:
            return replace(held, status=Status.LEFT, confirm_by=None)  # as they had left before
        case Leave() if held.status is not Status.LEFT:
            return replace(held, status=Status.LEFT, left_at=now, left_by=by, confirm_by=None)
        case Return() if may_return(subscriber, held, now):
            paused = held.paused_until is not None and held.paused_until > now
            status = Status.PAUSED if paused else Status.ACTIVE
            return replace(held, status=status, left_at=None, left_by=None)
        case Confirm() | Change() | Pause() | Resume() | Leave() | Return():
            return None
        case _:
            assert_never(act)


def _join(
    subscriber: Subscriber, held: Subscription | None, act: Join, *, by: By, now: datetime
) -> Decision:
    same = Decision(subscriber=subscriber, subscription=held)
    bounced = subscriber.standing is Standing.BOUNCED
    if subscriber.standing not in _REACHABLE:
        return same
    here = held is not None and held.status in (Status.ACTIVE, Status.PAUSED)
    due = ask_at(act.asked, now)
    if here and not bounced:
        return same
    if held and may_confirm(held, now) and due != now:
        return same  # what was asked before counts, as long as it can be answered
    if held and here:
        # Anybody may have typed the address in: what was confirmed stands, and only the letter's
        # reader can say that the mailbox works again.
        after = replace(held, confirm_by=now + CONFIRM_FOR)
    else:
        after = Subscription(
            subscriber=subscriber.id,
            newsletter=act.newsletter,
            cadence=act.cadence,
            topics=act.topics,
            hour=act.hour,
            joined_at=now,
            confirm_by=now + CONFIRM_FOR,
            # Nor does a stranger's form make us forget that its reader had left.
            confirmed_at=held.confirmed_at if held else None,
            left_at=held.left_at if held else None,
            left_by=held.left_by if held else None,
        )
    return Decision(
        subscriber=subscriber,
        subscription=after,
        letters=(Kind.CONFIRM,) if due else (),
        due=due,
        entry=_entry(act.name, held, after, by=by, now=now),
    )


def _admit(
    subscriber: Subscriber, held: Subscription | None, act: Admit, *, by: By, now: datetime
) -> Decision:
    known = held and (held.status is not Status.PENDING or held.left_at)
    # A reader's own leaving outweighs an operator's word; only a confirm brings them back.
    if known or subscriber.standing is not Standing.OK or by is By.READER:
        return Decision(subscriber=subscriber, subscription=held)
    active = Subscription(
        subscriber=subscriber.id,
        newsletter=act.newsletter,
        status=Status.ACTIVE,
        cadence=act.cadence,
        topics=act.topics,
        hour=act.hour,
        joined_at=held.joined_at if held else now,
        confirmed_at=now,
    )
    return Decision(
        subscriber=subscriber,
        subscription=active,
        entry=_entry(act.name, held, active, by=by, now=now),
    )


def _left_of_own_accord(held: Subscription, now: datetime, within: timedelta) -> bool:
    return (
        held.status is Status.LEFT
        and held.left_by is By.READER
        and held.left_at is not None
        and now - held.left_at < within
    )


def _open(until: datetime | None, now: datetime) -> bool:
    return until is not None and now < until


def _entry(
    name: str, before: Subscription | None, after: Subscription, *, by: By, now: datetime
) -> Entry:
    return Entry(
        act=name,
        by=by,
        at=now,
        newsletter=after.newsletter,
        before=before.status.value if before else None,
        after=after.status.value,
    )
