"""A post house: readers, a released issue and a dispatch to a relay on this very loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from bench.paper import edition
from digest.choices import Choice
from digest.compose.prepared import Prepared
from digest.deliver import journal, smtp
from digest.deliver.allowance import Domains, Lane
from digest.deliver.lines import Carry, Lines
from digest.deliver.office import Office
from digest.deliver.outbox import Consequence
from digest.deliver.postmark import Postmark
from digest.deliver.progress import Progress
from digest.deliver.relay import RelayOptions
from digest.deliver.throttle import Pace
from digest.deliver.tray import Tray
from digest.deliver.verp import Ref
from digest.services import enrolment, membership, release
from digest.services.dispatch import Dispatch, Until, nothing_due
from digest.services.enrolment import Terms
from digest.services.issue_office import IssueOffice, Rules
from digest.services.release import Released
from digest.storage import posted
from digest.storage.database import Store
from digest.storage.postal import deliveries, state_now
from digest.storage.schema import subscribers
from subscribers.acts import Leave
from subscribers.address import Address
from subscribers.model import By, SubscriberId
from subscribers.roster import Details, Row
from tests.builders import NOW, a_newsletter, an_issue
from tests.storage.ledger import column

RING = (b"k" * 32,)


@dataclass
class PostHouse:
    store: Store
    folder: Path
    now: datetime = NOW
    rules: Rules = field(default_factory=Rules)
    told: list[str] = field(default_factory=list)
    blamed: list[tuple[str, str, Consequence]] = field(default_factory=list)
    newsletters: tuple[str, ...] = ("daily",)
    sender: str = a_newsletter().sender

    def clock(self) -> datetime:
        return self.now

    async def join(self, *names: str, **given: Any) -> None:
        terms = Terms(
            newsletter="daily",
            cadence="daily",
            language="en",
            timezone=given.pop("timezone", "UTC"),
            vouched=True,
            ring=RING,
        )
        said = Details(**given)
        rows = [Row(address=Address.parse(f"{n}@example.org"), name=n, details=said) for n in names]
        await enrolment.enrol(self.store, rows, terms, clock=self.clock)

    async def leave(self, name: str) -> None:
        who = await self.id_of(name)
        act = Leave()
        await membership.act_on(self.store, who, "daily", act, by=By.READER, clock=self.clock)

    async def id_of(self, name: str) -> SubscriberId:
        asked = select(subscribers.c.id).where(subscribers.c.address == f"{name}@example.org")
        return SubscriberId(await self.store.read(lambda tx: tx.execute(asked).scalar_one()))

    def prepared(self, *keys: str, choices: Mapping[Choice, str] | None = None) -> Prepared:
        made = [replace(edition(600, 600), key=key) for key in keys or ("en",)]
        return Prepared(
            newsletter=a_newsletter(timezone="UTC"),
            at=self.now,
            issue=an_issue(lead=None),
            editions=tuple(made),
            choices=choices or {},
        )

    async def release(self, prepared: Prepared | None = None, **given: Any) -> Released:
        return await release.release(
            self.store, prepared or self.prepared(), clock=self.clock, **given
        )

    def office(self) -> IssueOffice:
        return IssueOffice(
            self.store,
            {
                name: Postmark(
                    newsletter=a_newsletter(name, sender=self.sender),
                    base_url="https://quayside.example",
                    unsubscribe_mailbox="",
                    ring=RING,
                )
                for name in self.newsletters
            },
            rules=self.rules,
            blame=self.blame,
            dice=lambda: 0.5,
            tell=self.told.append,
        )

    def blame(self, tx: Connection, ref: Ref, to: Address, means: Consequence, *_: object) -> None:
        mail = posted.delivery(tx, ref.id)
        assert mail
        assert mail.due
        assert Ref.of(ref.sort, ref.id, mail.due) == ref
        self.blamed.append((mail.subscriber, str(to), means))

    def dispatch(
        self,
        *relays: RelayOptions,
        lanes: Sequence[Lane] = (),
        carry: Carry = smtp.carry,
        each_domain: Pace | None = None,
        serve: bool = True,
        beside: Sequence[Office] = (),
        sealed: Callable[[Office], Office] = lambda office: office,
        **given: Any,
    ) -> Dispatch:
        known = {lane.name: lane for lane in lanes}
        ways = [(relay, known.get(relay.name, Lane(name=relay.name))) for relay in relays]
        domains = Domains(each_domain or Pace(), {}, self.now.timestamp())

        def lines(tray: Tray) -> Lines:
            return Lines(
                ways,
                domains,
                tray,
                carry=carry,
                clock=self.clock,
                tell=self.told.append,
                drain_seconds=2.0,
            )

        return Dispatch(
            [sealed(self.office()), *beside] if serve else [],
            journal.take_over(self.folder / "journals"),
            lines,
            clock=self.clock,
            unserved=[] if serve else [self.office()],
            **{"tell": self.told.append, **given},
        )

    async def send(
        self, *relays: RelayOptions, until: Until = nothing_due, **given: Any
    ) -> Progress:
        return await self.dispatch(*relays, **given).run(until)

    async def states(self) -> dict[str, str]:
        """Name to state, and the reason of those who were skipped."""
        asked = select(subscribers.c.name, state_now.label("state"), deliveries.c.skip).join(
            deliveries, deliveries.c.subscriber == subscribers.c.id
        )
        rows = await self.store.read(lambda tx: tx.execute(asked).all())
        return {r.name: f"{r.state}: {r.skip}" if r.skip else r.state for r in rows}

    async def rows(self, *columns: str) -> dict[str, tuple[Any, ...]]:
        asked = select(subscribers.c.name, *map(column, columns)).join(
            deliveries, deliveries.c.subscriber == subscribers.c.id
        )
        rows = await self.store.read(lambda tx: tx.execute(asked).all())
        return {row[0]: tuple(row[1:]) for row in rows}


def until_done(outlook: Any, stuck: bool) -> bool:
    return not outlook.queued


def later(house: PostHouse, **delta: float) -> None:
    house.now += timedelta(**delta)
