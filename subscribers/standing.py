"""A person and an act on their address to what becomes of person and subscriptions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from subscribers.acts import (
    AddressAct,
    Bounce,
    ChangeAddress,
    Complain,
    ConfirmAddress,
    Disown,
    Erase,
    Reinstate,
)
from subscribers.address import Address
from subscribers.consent import CONFIRM_FOR, Entry, may_ask
from subscribers.model import By, Kind, Standing, Status, Subscriber, Subscription

MOVES_A_DAY = 3  # changes of address that one person may ask for


class Suppression(StrEnum):
    """Why an address is on the list of those who must not come back unasked."""

    COMPLAINED = "complained"
    ERASED = "erased"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressDecision:
    """What is true from now on. ``subscriber`` None: nothing of them is kept.

    ``entry`` None: nothing happened to them. ``suppress`` and ``lift`` speak of the suppression
    list, and of their address: of ``Disown``, the one that it names.
    """

    subscriber: Subscriber | None
    subscriptions: tuple[Subscription, ...]
    letters: tuple[Kind, ...] = ()
    entry: Entry | None = None
    suppress: Suppression | None = None
    lift: bool = False


def decide(
    subscriber: Subscriber,
    subscriptions: Sequence[Subscription],
    act: AddressAct,
    *,
    by: By,
    now: datetime,
) -> AddressDecision:
    """What ``act`` makes of a person and everything they subscribed to."""
    same = AddressDecision(subscriber=subscriber, subscriptions=tuple(subscriptions))
    standing = subscriber.standing
    match act:
        case ChangeAddress(to=to, asked=asked, before=before):
            today = [at for at in before if now - at < timedelta(days=1)]
            if standing in (Standing.COMPLAINED, Standing.ERASED) or len(today) >= MOVES_A_DAY:
                return same
            # Kept whether or not a letter may go: nobody learns here what we know of an address.
            after = replace(subscriber, new_address=to, new_address_by=now + CONFIRM_FOR)
            letters = (Kind.ADDRESS,) if may_ask(asked, now) else ()
            done = replace(same, subscriber=after, letters=letters)
        case ConfirmAddress():
            done = replace(same, subscriber=_moved(subscriber, now))
        case Bounce():
            now_stands = Standing.BOUNCED if standing is Standing.OK else standing
            done = replace(same, subscriber=replace(subscriber, standing=now_stands))
        case Complain():
            if standing is Standing.COMPLAINED:
                return same
            done = _complained(subscriber, subscriptions, by=by, now=now)
        case Disown(address=address):
            after = _without_new(subscriber, address)
            done = replace(same, subscriber=after, suppress=Suppression.COMPLAINED)
        case Erase():
            done = AddressDecision(subscriber=None, subscriptions=(), suppress=Suppression.ERASED)
        case Reinstate():
            if standing is Standing.OK or by is not By.OPERATOR:
                return same
            back = replace(subscriber, standing=Standing.OK)
            done = replace(same, subscriber=back, lift=True)
        case _:
            assert_never(act)
    if done.subscriber == subscriber:
        return done
    after_standing = done.subscriber.standing.value if done.subscriber else "erased"
    entry = Entry(act=act.name, by=by, at=now, before=standing.value, after=after_standing)
    return replace(done, entry=entry)


def _moved(subscriber: Subscriber, now: datetime) -> Subscriber:
    to, until = subscriber.new_address, subscriber.new_address_by
    if to is None or until is None or now >= until:
        return subscriber
    if subscriber.standing not in (Standing.OK, Standing.BOUNCED):
        return subscriber
    return replace(
        subscriber, address=to, standing=Standing.OK, new_address=None, new_address_by=None
    )


def _without_new(subscriber: Subscriber, address: Address) -> Subscriber:
    to = subscriber.new_address
    if to is None or to.key != address.key:
        return subscriber
    return replace(subscriber, new_address=None, new_address_by=None)


def _complained(
    subscriber: Subscriber, subscriptions: Sequence[Subscription], *, by: By, now: datetime
) -> AddressDecision:
    left = tuple(
        held
        if held.status is Status.LEFT
        else replace(held, status=Status.LEFT, left_at=now, left_by=by, confirm_by=None)
        for held in subscriptions
    )
    return AddressDecision(
        subscriber=replace(
            subscriber, standing=Standing.COMPLAINED, new_address=None, new_address_by=None
        ),
        subscriptions=left,
        suppress=Suppression.OPERATOR if by is By.OPERATOR else Suppression.COMPLAINED,
    )
