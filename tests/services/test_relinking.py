"""Who asks for fresh links gets one letter where somebody still reads, on both databases."""

import asyncio
import email
import email.policy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from digest.compose import templates
from digest.deliver.postmark import Postmark
from digest.delivery import Skip
from digest.services import membership
from digest.services.letters import Desk, LetterOffice
from digest.services.membership import Profile
from digest.services.relinking import relink
from digest.storage import consents, letters
from digest.storage.schema import paces
from subscribers import acts, tokens
from subscribers.address import Address
from subscribers.model import By, Kind, SubscriberId
from subscribers.tokens import Purpose
from tests.builders import NOW, a_newsletter

NEW = (b"new" * 11,)
ADA = Address.parse("ada@example.org")
HOUR = timedelta(hours=1)


@dataclass
class Site:
    """A store, and the acts of its one reader."""

    store: object
    now: datetime = NOW
    who: SubscriberId = field(default=SubscriberId(""))

    def clock(self):
        return self.now

    async def join(self, **profile):
        done = await membership.join(
            self.store, Profile(address=ADA, name="Ada", **profile),
            acts.Join(newsletter="daily"), by=By.READER, ring=NEW, clock=self.clock,
        )  # fmt: skip
        self.who = done.subscriber

    async def act(self, what):
        await membership.act_on(self.store, self.who, "daily", what, by=By.READER, clock=self.clock)

    async def on_address(self, what):
        await membership.act_on_address(
            self.store, self.who, what, by=By.MAILBOX, ring=NEW, clock=self.clock
        )

    async def ask(self, address=ADA, newsletter="daily", after=timedelta()):
        self.now += after
        return await relink(self.store, address, newsletter, clock=self.clock)

    async def written(self):
        kept = await self.store.read(letters.of, self.who)
        return [one for one in kept if one.kind is Kind.LINKS]


@pytest.fixture
async def site(store):
    made = Site(store)
    await made.join(language="de")
    await made.act(acts.Confirm())
    return made


async def nobody(store):
    """When something was last changed for nobody."""
    asked = select(paces.c.at).where(paces.c.kind == "nobody")
    return await store.read(lambda tx: tx.execute(asked).scalars().all())


async def test_the_letter_goes_to_the_address_as_its_reader_wrote_it_and_nothing_else_changes(site):
    before = await site.store.read(consents.log_of, site.who)

    assert await site.ask(Address.parse("ADA@Example.ORG"))

    [letter] = await site.written()
    assert (letter.address, letter.newsletter, letter.language) == (ADA, "daily", "de")
    assert await site.store.read(consents.log_of, site.who) == before
    assert await nobody(site.store) == []


@pytest.mark.parametrize("away", [acts.Leave(), acts.Bounce(), acts.Complain(), acts.Erase()])
async def test_who_gets_no_more_mail_is_not_written_to_and_costs_as_much(site, away):
    await (site.act if isinstance(away, acts.Leave) else site.on_address)(away)

    assert not await site.ask(after=HOUR)

    assert await site.written() == []
    assert await nobody(site.store) == [site.now]


async def test_a_stranger_costs_as_much_as_a_reader(site):
    for given in ({"address": Address.parse("nobody@example.org")}, {"newsletter": "weekly"}):
        assert not await site.ask(**given, after=HOUR)
        assert await nobody(site.store) == [site.now]


async def test_who_has_not_confirmed_has_nothing_to_leave(store):
    site = Site(store)
    await site.join()

    assert not await site.ask()


async def test_who_pauses_may_want_to_leave(site):
    await site.act(acts.Pause(until=NOW + timedelta(days=30)))

    assert await site.ask()


async def test_nobody_is_written_to_more_than_once_an_hour_and_three_times_a_day(site):
    asked = [await site.ask(after=HOUR / 2) for _ in range(9)]

    assert asked == [True, False, True, False, True, False, False, False, False]
    assert len(await site.written()) == 3
    assert await site.ask(after=24 * HOUR)


async def test_who_reads_at_a_tagged_address_too_gets_the_links_of_both(site):
    tagged = Address.parse("ada+news@example.org")
    other = await membership.join(
        site.store, Profile(address=tagged), acts.Join(newsletter="daily"), by=By.READER, ring=NEW,
        clock=site.clock,
    )  # fmt: skip
    site.who = other.subscriber
    await site.act(acts.Confirm())

    assert [await site.ask(one) for one in (ADA, tagged, ADA, tagged)] == [True, True, False, False]


async def test_many_who_ask_at_one_instant_are_one_letter(site):
    asked = await asyncio.gather(*(site.ask() for _ in range(5)))

    assert sorted(asked) == [False, False, False, False, True]


async def test_signing_a_reader_up_elsewhere_keeps_nobody_in(site):
    for name in ("weekly", "monthly", "yearly"):
        await membership.join(
            site.store, Profile(address=ADA), acts.Join(newsletter=name), by=By.READER,
            ring=NEW, clock=site.clock,
        )  # fmt: skip
        site.now += HOUR

    assert await site.ask()


async def test_the_letter_leads_to_leaving_and_to_choosing_in_the_readers_language(site):
    await site.ask()
    site.now += HOUR / 6

    brought = await office(site.store).claim(UUID(int=1), 10, site.now)

    letter = next(read(one) for one in brought.ready if one.name.startswith("links-"))
    plain, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert (letter["To"].addresses[0].addr_spec, letter["Subject"], letter["Content-Language"]) == (
        "ada@example.org", "Ihre Links zu The Quayside", "de",
    )  # fmt: skip
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
        token = tokens.make(NEW[0], purpose, site.who, "daily")
        for body in (plain, html):
            assert f"https://quayside.example/{purpose.value}/daily.{token}" in body
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_who_left_before_the_letter_did_is_not_written_to(site):
    await office(site.store).claim(UUID(int=1), 10, site.now)
    await site.ask()
    await site.act(acts.Leave())

    brought = await office(site.store).claim(UUID(int=2), 10, site.now)

    assert (brought.ready, brought.skipped) == ((), {Skip.LEFT: 1})


def office(store):
    async def here(work, job):
        return work(job)

    postmark = Postmark(
        newsletter=a_newsletter(),
        base_url="https://quayside.example",
        unsubscribe_mailbox="",
        ring=NEW,
    )
    desk = Desk(
        site_name="Quayside",
        base_url="https://quayside.example",
        postal_address="1 Lock Lane",
        templates=(templates.ours() / "email",),
        postmarks={"daily": postmark},
    )
    return LetterOffice(store, desk, isolate=here, blame=lambda *_: None, dice=lambda: 0.5)


def read(outgoing):
    raw = b"".join(outgoing.parts)
    return email.message_from_bytes(raw, policy=email.policy.default)
