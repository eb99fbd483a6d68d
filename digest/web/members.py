"""What a reader wants on a page to the acts of the membership, and what is true afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from digest.model import NewsletterId
from digest.services import membership, relinking
from digest.services.membership import Profile
from digest.storage import letters, members, people
from digest.storage.consents import NO_EVIDENCE, Evidence
from digest.storage.database import Store
from subscribers import consent
from subscribers.acts import (
    Act,
    AddressAct,
    Change,
    ChangeAddress,
    Confirm,
    ConfirmAddress,
    Erase,
    Join,
    Leave,
    Pause,
    Resume,
    Return,
)
from subscribers.address import Address
from subscribers.model import By, Kind, Status, Subscriber, SubscriberId, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What was agreed to, on which page, and a keyed hash of the network it came from."""

    text: str  # the version of the words
    page: str  # subscribe | embed | api
    network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """A stranger's wish to get a newsletter; nothing of it is proven but the address's form."""

    newsletter: NewsletterId
    address: Address
    name: str
    language: str  # ISO 639-1
    timezone: str  # IANA
    cadence: str
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a reader chose on the preferences page. ``topics`` empty: all; ``hour`` None: as it
    comes."""

    cadence: str
    topics: tuple[str, ...]
    hour: time | None
    name: str
    language: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person and one subscription of theirs, as they are now."""

    person: Subscriber
    subscription: Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The verbs of the pages, each an act of ``services.membership`` by the reader's own hand.

    A verb answers what is true afterwards, whether it had to do anything or not; None: there is no
    such person (any more). DigestError where the database cannot be reached.
    """

    store: Store
    ring: Sequence[bytes]
    clock: Callable[[], datetime]
    double_opt_in: bool = True

    async def join(self, wish: Joining) -> None:
        """Ask for a confirmation; with single opt-in, take the form itself for one."""
        evidence = Evidence(
            text_version=wish.consent.text, page=wish.consent.page, ip_mark=wish.consent.network
        )
        done = await membership.join(
            self.store,
            Profile(
                address=wish.address,
                name=wish.name,
                language=wish.language,
                timezone=wish.timezone,
            ),
            Join(newsletter=wish.newsletter, cadence=wish.cadence),
            by=By.READER,
            ring=self.ring,
            clock=self.clock,
            evidence=evidence,
        )
        if done.happened and done.subscriber and not self.double_opt_in:
            await self._act(done.subscriber, wish.newsletter, Confirm(), evidence)

    async def relink(self, newsletter: NewsletterId, address: Address) -> None:
        """Send whoever reads there their links anew."""
        await relinking.relink(self.store, address, newsletter, clock=self.clock)

    async def find(self, who: SubscriberId, newsletter: NewsletterId) -> Member | None:
        found = await self.store.read(members.member, who, newsletter)
        if found is None:
            return None
        person, held = found
        return Member(
            person=person,
            subscription=replace(held, status=consent.status_at(held, self.clock())),
        )

    async def waiting(self, who: SubscriberId, *, besides: NewsletterId) -> list[NewsletterId]:
        """What else a person was signed up for and may confirm now."""
        return [
            NewsletterId(held.newsletter)
            for held in await self.store.read(people.subscriptions_of, who)
            if held.newsletter != besides and consent.may_confirm(held, self.clock())
        ]

    async def staying(self, who: SubscriberId, *, besides: NewsletterId) -> list[NewsletterId]:
        """What else a person is subscribed to."""
        return [
            NewsletterId(held.newsletter)
            for held in await self.store.read(people.subscriptions_of, who)
            if held.newsletter != besides and held.status in (Status.ACTIVE, Status.PAUSED)
        ]

    async def confirm(
        self, who: SubscriberId, newsletter: NewsletterId, page: str, network: str, text: str
    ) -> Member | None:
        evidence = Evidence(text_version=text, page=page, ip_mark=network)
        return await self._act(who, newsletter, Confirm(), evidence)

    async def leave(self, who: SubscriberId, newsletter: NewsletterId) -> Member | None:
        return await self._act(who, newsletter, Leave())

    async def come_back(self, who: SubscriberId, newsletter: NewsletterId) -> Member | None:
        return await self._act(who, newsletter, Return())

    async def pause(
        self, who: SubscriberId, newsletter: NewsletterId, until: datetime
    ) -> Member | None:
        return await self._act(who, newsletter, Pause(until=until))

    async def resume(self, who: SubscriberId, newsletter: NewsletterId) -> Member | None:
        return await self._act(who, newsletter, Resume())

    async def change(
        self, who: SubscriberId, newsletter: NewsletterId, wishes: Wishes
    ) -> Member | None:
        await membership.rename(
            self.store, who, name=wishes.name, language=wishes.language, timezone=wishes.timezone
        )
        act = Change(cadence=wishes.cadence, topics=wishes.topics, hour=wishes.hour)
        return await self._act(who, newsletter, act)

    async def move(self, who: SubscriberId, address: Address, newsletter: NewsletterId) -> bool:
        """Ask the new address, in the newsletter's name; the old one stays until it answers. False:
        they have asked too often today."""
        act = ChangeAddress(to=address, newsletter=newsletter)
        return await self._act_on_address(who, act)

    async def mover(self, who: SubscriberId) -> Subscriber | None:
        """Somebody who may have asked to be written to elsewhere."""
        return await self.store.read(members.person, who)

    async def asked_by(self, who: SubscriberId) -> str:
        """The newsletter in whose name a new address was last asked; "": nobody knows any more."""
        written = await self.store.read(letters.of, who)
        asked = [one.newsletter for one in written if one.kind is Kind.ADDRESS]
        return asked[-1] if asked else ""

    async def moved(self, who: SubscriberId) -> Subscriber | None:
        """The new address answered."""
        await self._act_on_address(who, ConfirmAddress())
        return await self.mover(who)

    async def data_of(self, who: SubscriberId) -> Mapping[str, object] | None:
        return await self.store.read(members.everything, who)

    async def erase(self, who: SubscriberId) -> None:
        await self._act_on_address(who, Erase())

    async def _act(
        self,
        who: SubscriberId,
        newsletter: NewsletterId,
        act: Act,
        evidence: Evidence = NO_EVIDENCE,
    ) -> Member | None:
        await membership.act_on(
            self.store, who, newsletter, act, by=By.READER, clock=self.clock, evidence=evidence
        )
        return await self.find(who, newsletter)

    async def _act_on_address(self, who: SubscriberId, act: AddressAct) -> bool:
        done = await membership.act_on_address(
            self.store, who, act, by=By.READER, ring=self.ring, clock=self.clock
        )
        return done.happened
