"""Membership: an act of a reader, an operator or a mailbox to person, letters and log, together.

Every act is one transaction. What it means is decided by ``subscribers.consent`` and
``subscribers.standing``; in here it is only kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.clock import Clock
from digest.storage import consents, cooldown, letters, people
from digest.storage.batches import until_none
from digest.storage.consents import NO_EVIDENCE, Evidence
from digest.storage.database import Store
from subscribers import consent, standing
from subscribers.acts import (
    Act,
    AddressAct,
    Admit,
    ChangeAddress,
    Complain,
    ConfirmAddress,
    Disown,
    Join,
    Reinstate,
)
from subscribers.address import Address
from subscribers.consent import Decision
from subscribers.model import By, Kind, Subscriber, SubscriberId, Subscription
from subscribers.standing import Suppression
from subscribers.suppression import mark, marks

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a person tells of themselves when they join."""

    address: Address
    name: str = ""
    language: str = "en"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an act came to. A form must answer the same whatever it is."""

    subscriber: SubscriberId | None = None
    happened: bool = False
    letters: tuple[Kind, ...] = ()


NOTHING = Done()


async def join(
    store: Store,
    profile: Profile,
    act: Join | Admit,
    *,
    by: By,
    ring: Sequence[bytes],
    clock: Clock,
    evidence: Evidence = NO_EVIDENCE,
) -> Done:
    """Somebody asks to be subscribed, or (Admit) the operator vouches for them.

    Two at the same instant make one person and one letter. A suppressed address: nothing, but for
    the time that it takes: who is known costs a commit, too, and is not told by a slow disk.
    """

    def change(tx: Connection, now: datetime) -> Done:
        done = _join(tx, profile, act, by, tuple(ring), now, evidence)
        if not done.happened:
            cooldown.spend_a_commit(tx, now)
        return done

    return await store.write(change, clock())


async def act_on(
    store: Store,
    subscriber: SubscriberId,
    newsletter: str,
    act: Act,
    *,
    by: By,
    clock: Clock,
    evidence: Evidence = NO_EVIDENCE,
) -> Done:
    """Confirm, change, pause, resume, leave or return: one person, one newsletter."""
    return await store.write(on_subscription, subscriber, newsletter, act, by, clock(), evidence)


async def act_on_address(
    store: Store,
    subscriber: SubscriberId,
    act: AddressAct,
    *,
    by: By,
    ring: Sequence[bytes],
    clock: Clock,
) -> Done:
    """Bounce, complain, erase, reinstate, change of address: a person and all they hold."""
    return await store.write(on_address, subscriber, act, by, tuple(ring), clock(), NO_EVIDENCE)


async def rename(
    store: Store, subscriber: SubscriberId, *, name: str, language: str, timezone: str
) -> Done:
    """Other words about oneself; no consent is touched, so nothing is logged."""

    def change(tx: Connection) -> Done:
        person = people.of_id(tx, subscriber)
        if person is None:
            return NOTHING
        people.save(tx, replace(person, name=name, language=language, timezone=timezone))
        return Done(subscriber=subscriber, happened=True)

    return await store.write(change)


async def suppress(store: Store, address: Address, *, ring: Sequence[bytes], clock: Clock) -> Done:
    """The operator keeps an address out, whether it is anybody's or not."""

    def change(tx: Connection, now: datetime) -> Done:
        person = people.of_address(tx, address)  # first, as everybody does
        consents.suppress(tx, mark(ring[0], address), Suppression.OPERATOR, now)
        if person is None:
            return Done(happened=True)
        act = Complain()
        return on_address(tx, person.id, act, By.OPERATOR, tuple(ring), now, NO_EVIDENCE)

    return await store.write(change, clock())


async def reinstate(store: Store, address: Address, *, ring: Sequence[bytes], clock: Clock) -> Done:
    """The operator takes a bounce, a complaint or a suppression back."""

    def change(tx: Connection, now: datetime) -> Done:
        person = people.of_address(tx, address)
        lifted = consents.lift(tx, marks(ring, address))
        if person is None:
            return Done(happened=lifted)
        act = Reinstate()
        done = on_address(tx, person.id, act, By.OPERATOR, tuple(ring), now, NO_EVIDENCE)
        return replace(done, happened=done.happened or lifted)

    return await store.write(change, clock())


async def purge(store: Store, *, marks_kept: timedelta, clock: Clock) -> int:
    """Forget who never confirmed in time, how many joins that were; and networks after a while.

    ``marks_kept``: how long the consent log keeps the hash of a network.
    """
    now = clock()
    await until_none(store, consents.forget_networks, now - marks_kept)
    await store.write(cooldown.forget, now)
    lapsed = await until_none(store, people.lapse, now)
    return lapsed + await until_none(store, people.purge, now)


def _join(
    tx: Connection,
    profile: Profile,
    act: Join | Admit,
    by: By,
    ring: tuple[bytes, ...],
    now: datetime,
    evidence: Evidence,
) -> Done:
    if consents.suppressed(tx, marks(ring, profile.address)):
        return NOTHING
    new = Subscriber(
        id=people.new_id(),
        address=profile.address,
        name=profile.name,
        language=profile.language,
        timezone=profile.timezone,
    )
    person = None
    while person is None:  # known when we added, they may be purged when we ask for them
        people.add(tx, new)
        person = people.of_address(tx, profile.address)
    if isinstance(act, Join):
        act = replace(act, asked=cooldown.asked(tx, profile.address, now, ring))
    held = _held(tx, person.id, act.newsletter)
    done = consent.decide(person, held, act, by=by, now=now)
    return _keep(tx, person, done, evidence, now)


def on_subscription(
    tx: Connection,
    subscriber: SubscriberId,
    newsletter: str,
    act: Act,
    by: By,
    now: datetime,
    evidence: Evidence,
) -> Done:
    """``act_on`` within a transaction that does something else, too."""
    person = people.of_id(tx, subscriber)
    if person is None:
        return NOTHING
    held = _held(tx, subscriber, newsletter)
    return _keep(tx, person, consent.decide(person, held, act, by=by, now=now), evidence, now)


def _keep(
    tx: Connection, before: Subscriber, done: Decision, evidence: Evidence, now: datetime
) -> Done:
    """Person, subscription, letters and log: all of it or, where nothing happened, nothing."""
    person, held = done.subscriber, done.subscription
    if done.entry is None or held is None:
        return Done(subscriber=person.id)
    if person != before:
        people.save(tx, person)
    people.save_subscription(tx, held)
    for kind in done.letters:
        until = {
            Kind.CONFIRM: held.confirm_by,
            Kind.GOODBYE: now + consent.GOODBYE_FOR,
        }.get(kind) or now + DAY
        owed = letters.owed(person, held.newsletter, kind, person.address, now, until)
        letters.queue(tx, replace(owed, due_at=done.due))
    consents.note(tx, person.id, done.entry, evidence)
    return Done(subscriber=person.id, happened=True, letters=done.letters)


def on_address(
    tx: Connection,
    subscriber: SubscriberId,
    act: AddressAct,
    by: By,
    ring: tuple[bytes, ...],
    now: datetime,
    evidence: Evidence,
) -> Done:
    """``act_on_address`` within a transaction that does something else, too."""
    person = people.of_id(tx, subscriber)
    if person is None:
        return NOTHING
    if isinstance(act, ChangeAddress):
        before = consents.times(tx, subscriber, act.name, now - DAY)
        act = replace(act, asked=cooldown.asked(tx, act.to, now, ring), before=before)
    elif isinstance(act, ConfirmAddress) and not _is_free(tx, person, person.new_address, ring):
        return Done(subscriber=subscriber)
    held = people.subscriptions_of(tx, subscriber)
    done = standing.decide(person, held, act, by=by, now=now)
    if isinstance(act, ChangeAddress) and not _is_free(tx, person, act.to, ring):
        done = replace(done, letters=())  # and no other difference: nobody learns whose it is
    if done.suppress:
        whose = act.address if isinstance(act, Disown) else person.address
        consents.suppress(tx, mark(ring[0], whose), done.suppress, now)
    if done.entry is None:
        return Done(subscriber=subscriber)
    if done.lift:
        consents.lift(tx, marks(ring, person.address))
    if done.subscriber is None:
        cooldown.outlive(tx, subscriber, now, ring)
        people.forget(tx, subscriber)
        return Done(happened=True)
    people.save(tx, done.subscriber)
    for one in done.subscriptions:
        people.save_subscription(tx, one)
    to, until = done.subscriber.new_address, done.subscriber.new_address_by
    if isinstance(act, ChangeAddress) and Kind.ADDRESS in done.letters and to and until:
        asked = letters.owed(done.subscriber, act.newsletter, Kind.ADDRESS, to, now, until)
        letters.queue(tx, asked)
    consents.note(tx, subscriber, done.entry, evidence)
    return Done(subscriber=subscriber, happened=True, letters=done.letters)


def _is_free(
    tx: Connection, person: Subscriber, wanted: Address | None, ring: tuple[bytes, ...]
) -> bool:
    """Whether an address is nobody else's, who are never merged by a link, and not suppressed."""
    if wanted is None:
        return True
    other = people.at_address(tx, wanted)
    if other is not None and other.id != person.id:
        return False
    return not consents.suppressed(tx, marks(ring, wanted))


def _held(tx: Connection, subscriber: SubscriberId, newsletter: str) -> Subscription | None:
    found = people.subscriptions_of(tx, subscriber)
    return next((one for one in found if one.newsletter == newsletter), None)
