"""Alerts from real rows, told once; on both databases."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from digest.checkup.alerts import Alert, AlertOptions
from digest.deliver import memory, throttle
from digest.deliver.allowance import Lane
from digest.deliver.choice import Circuit
from digest.duty import LASTS
from digest.model import NewsletterId, SourceId, Visit
from digest.services import alerts
from digest.storage import (
    agenda,
    enrolling,
    figures,
    issues,
    lateness,
    paces,
    reports,
    reviews,
    sources,
)
from digest.storage import alerts as table
from digest.storage import schema as tables
from digest.storage.agenda import Miss
from digest.storage.enrolling import Hour
from digest.storage.paces import Of
from digest.storage.postal import deliveries
from digest.storage.reports import Report
from subscribers.model import SubscriberId
from tests.builders import NOW, a_newsletter, an_issue
from tests.services.test_upkeep import a_row
from tests.storage import plans
from tests.storage.test_figures import a_person, put

OPTIONS = AlertOptions()
DAILY = a_newsletter(timezone="UTC", hour=time(6, 30))
HERALD = SourceId("https://herald.example/feed.xml")
DISK = Alert(key="disk", says="full", cure="make room")


async def looked(store, now=NOW, *, names=None, free=10**12, lanes=()):
    return await alerts.look(
        store,
        [DAILY],
        names or {HERALD: "Herald"},
        OPTIONS,
        free_bytes=free,
        lanes=lanes,
        clock=lambda: now,
    )


async def released(store, period, at, ends, **given):
    issue = await store.write(
        issues.freeze, an_issue(period=period, until=at, **given), (), state="released", at=at
    )
    rows = [a_row(issue, number, end, at) for number, end in enumerate(ends)]

    def add(tx):
        tx.execute(insert(deliveries), rows)
        tx.execute(
            tables.issues.update().where(tables.issues.c.id == issue).values(audience=len(ends))
        )

    await store.write(add)


async def test_an_empty_database_needs_nobody(store):
    assert await looked(store) == []


async def test_what_the_rows_say_is_raised(store):
    yesterday = NOW - timedelta(days=1)
    await released(store, "2026-11-23", yesterday, ["sent"] * 195 + ["failed"] * 5 + ["queued"])
    failing = Visit(
        source=HERALD,
        succeeded_at=NOW - timedelta(days=4),
        visited_at=NOW,
        failures=9,
        status="404",
    )
    await store.write(sources.remember, failing)
    marks = [
        {"mark": f"{number:064d}", "reason": reason, "at": at}
        for number, (reason, at) in enumerate(
            [("complained", yesterday), ("operator", yesterday), ("complained", NOW.replace(2020))]
        )
    ]
    await store.write(lambda tx: tx.execute(insert(tables.suppressions), marks))

    found = await looked(store, NOW + timedelta(hours=3), free=1)

    assert [one.key for one in found] == [
        "issue:daily",
        "sending",
        "bounces:daily:daily",
        "complaints",
        "disk",
        "source:Herald",
    ]
    assert found[3].says == "0.50 % of the last week's mail was called spam"
    assert found[5].says == "Herald has failed since 2026-11-20: 404"


@pytest.mark.parametrize(
    ("kind", "again", "says"),
    [
        ("quiet", None, []),
        ("held", None, []),
        ("late", None, ["daily has no issue for 2026-11-24: nobody was there"]),
        ("failed", None, ["daily has no issue for 2026-11-24: nobody was there"]),
        ("failed", NOW, ["daily has no issue for 2026-11-24: nobody was there"]),
    ],
)
async def test_a_silence_that_was_meant_is_no_alert_and_any_other_is(store, kind, again, says):
    await released(store, "2026-11-23", NOW - timedelta(days=1), ["sent"])
    miss = Miss(
        newsletter="daily",
        cadence="daily",
        period="2026-11-24",
        due=NOW,
        reason="nobody was there",
        at=NOW,
        kind=kind,
        again=again,
    )
    await store.write(agenda.miss, [miss])

    found = await looked(store, NOW + timedelta(hours=3))
    assert [one.says for one in found] == says

    await released(store, "2026-11-24", NOW, ["sent"])  # by hand
    assert await looked(store, NOW + timedelta(hours=3)) == []


@pytest.mark.parametrize(
    ("until", "keys"),
    [(None, ["approval:daily"]), (NOW, ["approval:daily"]), (NOW + timedelta(hours=2), [])],
)
async def test_an_issue_that_waits_for_approval_is_not_missing(store, until, keys):
    issue = await store.write(issues.freeze, an_issue(until=NOW), (), state="draft", at=NOW)
    await store.write(reviews.add, issue, NOW, until)

    found = await looked(store, NOW + timedelta(hours=3))
    assert [one.key for one in found] == keys


async def test_a_source_that_was_taken_out_is_nobodys_trouble(store):
    await store.write(
        sources.remember, Visit(source=HERALD, visited_at=NOW - timedelta(days=9), failures=3)
    )

    assert await looked(store, names={SourceId("other"): "Other"}) == []
    assert [one.key for one in await looked(store)] == ["source:Herald"]


class Ear:
    def __init__(self, hears=True):
        self.hears = hears
        self.heard = []

    async def __call__(self, telling):
        self.heard.append(([one.key for one in telling.alerts], telling.over))
        return self.hears


async def told(store, found, ear, now=NOW):
    return await alerts.tell(store, found, ear, OPTIONS, clock=lambda: now)


async def test_the_operator_hears_once_again_after_a_day_and_when_it_is_over(store):
    ear = Ear()

    for hours in (0, 1, 23, 24, 25):
        await told(store, [DISK], ear, NOW + timedelta(hours=hours))
    await told(store, [], ear, NOW + timedelta(hours=26))
    await told(store, [], ear, NOW + timedelta(hours=27))

    assert ear.heard == [(["disk"], ()), (["disk"], ()), ([], ("disk",))]
    assert await store.read(table.told) == {}


async def test_what_nobody_heard_is_said_again(store):
    deaf, ear = Ear(hears=False), Ear()

    await told(store, [DISK], deaf)
    await told(store, [DISK], ear, NOW + timedelta(minutes=5))

    assert deaf.heard == ear.heard == [(["disk"], ())]
    assert await store.read(table.told) == {"disk": NOW + timedelta(minutes=5)}


def releases(found):
    return [one for one in found if one.key.startswith("release")]


async def test_a_release_that_its_process_never_finished_is_told(store):
    half = NOW - timedelta(hours=1)
    begun = an_issue(period="2026-11-24", until=half)
    issue = await store.write(issues.freeze, begun, (), state="enrolling", at=half)

    [found] = releases(await looked(store))

    assert found.key == f"release:{issue}"
    assert f"`digest issues cancel {issue}`" in found.cure
    await store.write(issues.released, issue, NOW)
    assert releases(await looked(store)) == []


async def test_one_that_waited_long_for_the_editor_is_half_released_from_when_it_was_let_go(store):
    long_ago = NOW - timedelta(days=2)
    waited = an_issue(period="2026-11-22", until=long_ago)
    issue = await store.write(issues.freeze, waited, (), state="enrolling", at=long_ago)
    await store.write(reviews.add, issue, long_ago, NOW - timedelta(minutes=1))

    assert releases(await looked(store)) == []
    assert releases(await looked(store, NOW + timedelta(hours=1)))


async def hours(store, issue, *due):
    def add(tx):
        made = [Hour(timezone="", hour=None, due_at=due[0], expires_at=due[0] + LASTS)]
        for number, at in enumerate(due[1:]):
            own = time(number)
            made.append(Hour(timezone="UTC", hour=own, due_at=at, expires_at=at + LASTS))
        enrolling.set_hours(tx, issue, made)

    await store.write(add)


async def waiting(store, issue, count, *, due, again, expires=None):
    """``count`` of an issue's readers wait: due then, tried and deferred until ``again``."""
    said = {"code": 451, "enhanced": "4.3.0", "text": "try later"} if again != due else {}

    def add(tx):
        first = tx.execute(select(func.count()).select_from(deliveries)).scalar_one()
        rows = [
            a_row(issue, first + number, "queued", due)
            | {"next_attempt_at": again, "expires_at": expires or due + LASTS, **said}
            for number in range(count)
        ]
        tx.execute(insert(deliveries), rows)
        own = tables.issues.c.id == issue
        so_far = func.coalesce(tables.issues.c.audience, 0) + count
        tx.execute(tables.issues.update().where(own).values(audience=so_far))

    await store.write(add)


async def behind(store, now=NOW):
    return [one for one in await looked(store, now) if one.key.startswith("behind")]


async def an_empty_issue(store, *due):
    issue = await store.write(
        issues.freeze, an_issue(period="2026-11-24", until=NOW), (), state="released", at=NOW
    )
    await hours(store, issue, *due)
    return issue


async def test_an_issue_that_is_put_off_again_and_again_is_told_from_when_it_was_due(store):
    issue = await an_empty_issue(store, NOW)
    await waiting(store, issue, 30, due=NOW, again=NOW + timedelta(hours=5))

    assert await behind(store, NOW + timedelta(minutes=59)) == []
    [found] = await behind(store, NOW + timedelta(hours=2))

    assert (found.key, found.says) == (
        f"behind:{issue}",
        f"issue {issue} of daily, due 2026-11-24 06:30 UTC, has not reached 30 of 30; "
        "the last answer: 451 4.3.0 try later",
    )


async def test_one_mailbox_that_is_full_is_no_alert(store):
    issue = await an_empty_issue(store, NOW)
    await waiting(store, issue, 1, due=NOW, again=NOW + timedelta(hours=5))
    await store.write(lambda tx: tx.execute(tables.issues.update().values(audience=300)))

    assert await behind(store, NOW + timedelta(hours=2)) == []


async def test_who_waits_for_their_own_hour_and_who_was_queued_anew_are_not_behind(store):
    evening = NOW + timedelta(hours=11)
    issue = await an_empty_issue(store, NOW, evening)
    await waiting(store, issue, 30, due=evening, again=evening)
    later = NOW + timedelta(hours=9)
    await waiting(
        store, issue, 30, due=NOW, again=later + timedelta(hours=1), expires=later + LASTS
    )

    assert await behind(store, later) == []
    assert await behind(store, later + timedelta(hours=1))


async def test_whether_an_issue_gets_on_is_asked_of_the_queue_and_nothing_is_walked(store):
    issue = await an_empty_issue(store, NOW, NOW + timedelta(hours=11))
    await waiting(store, issue, 30, due=NOW, again=NOW + timedelta(hours=5))

    def planned(tx):
        def look(tx):
            lateness.behind(tx, NOW, LASTS, lambda audience: audience)

        return plans.of(tx, look)

    found = await store.write(planned)

    assert "ix_deliveries_queued" in found
    assert not plans.sorts(found)
    assert not re.search(r"SCAN deliveries|Seq Scan on deliveries|autoindex_deliveries", found)


async def test_what_came_too_late_was_not_reached(store):
    yesterday = NOW - timedelta(days=1)
    await released(store, "2026-11-23", yesterday, ["sent"] * 190 + ["skipped: stale"] * 60)
    issue = await store.read(lambda tx: tx.execute(select(tables.issues.c.id)).scalar_one())
    await hours(store, issue, yesterday)

    [found] = [one for one in await looked(store) if one.key == "bounces:daily:daily"]

    assert found.says == "24.0 % of daily 2026-11-23 was not reached: too late"


async def told_of(store, people, at, *, period="2026-11-23", kind="hard", source="dsn"):
    """A report about the daily issue of a period from each of ``people``."""

    def add(tx):
        for who in people:
            report = Report(
                subscriber=SubscriberId(f"p{who:05}"),
                at=at,
                kind=kind,
                source=source,
                code="5.1.1",
                text="",
                message=f"daily|daily|{period}|p{who:05}",
                original=b"",
            )
            reports.add(tx, report)

    await store.write(add)


async def test_what_came_back_of_the_last_issue_counts_as_what_was_refused_of_it(store):
    yesterday, older = NOW - timedelta(days=1), NOW - timedelta(days=2)
    await put(store, people=[a_person(who, id=f"p{who:05}") for who in range(200)], held=[])
    await released(store, "2026-11-22", older, ["sent"] * 200)
    await released(store, "2026-11-23", yesterday, ["sent"] * 198 + ["failed"] * 2)
    await told_of(store, range(50, 90), yesterday, period="2026-11-22")
    await told_of(store, range(50, 90), yesterday, kind="soft")
    await told_of(store, [198, 199], yesterday, source="smtp")  # the two that failed
    await told_of(store, [0, 1], yesterday)
    bounced = "bounces:daily:daily"

    assert bounced not in [one.key for one in await looked(store)]
    await told_of(store, [2], NOW, source="webhook")
    [found] = [one for one in await looked(store) if one.key == bounced]

    assert found.says == "2.5 % of daily 2026-11-23 was not reached: refused or returned"
    [figure, _] = (await store.read(figures.read, "daily", older)).issues
    assert (figure.deliveries["failed"], figure.bounced) == (2, 3)


async def test_a_small_issue_of_another_newsletter_does_not_end_the_alert_of_a_large_one(store):
    yesterday = NOW - timedelta(days=1)
    await released(store, "2026-11-23", yesterday, ["sent"] * 190 + ["failed"] * 60)
    await released(store, "2026-W48", NOW, ["sent"], newsletter=NewsletterId("weekly"))
    await released(store, "2026-11-24", NOW, ["sent"], newsletter=NewsletterId("other"))

    found = [one.key for one in await looked(store) if one.key.startswith("bounces")]

    assert found == ["bounces:daily:daily"]


async def test_of_many_rows_some_are_looked_at_evenly_and_none_is_walked(store, monkeypatch):
    monkeypatch.setattr(lateness, "SAMPLE", 50)
    yesterday = NOW - timedelta(days=1)
    await released(store, "2026-11-22", yesterday, ["skipped: stale"] * 10)
    ends = ["sent"] * 700 + ["skipped: stale"] * 300  # the last whom a slow relay came to
    await released(store, "2026-11-23", yesterday, ends)

    def planned(tx):
        return lateness.stale(tx, 2, 1_000), plans.of(tx, lambda tx: lateness.stale(tx, 2, 1_000))

    found, plan = await store.write(planned)

    assert 280 <= found <= 320
    assert not re.search(r"SCAN deliveries|Seq Scan|Sort", plan)


async def test_a_paused_relay_is_told_at_once_and_only_one_that_is_in_use(store):
    pasts = {
        name: memory.of_circuit(Circuit(paused="550 5.7.1 sender not verified"))
        for name in ("main", "gone")
    }
    await store.write(paces.save, Of.CIRCUIT, pasts, NOW)

    [found] = await looked(store, lanes=[Lane(name="main"), Lane(name="other")])

    assert found == Alert(
        key="relay:main",
        says="relay main refused us and is not used any more: 550 5.7.1 sender not verified",
        cure="once that is mended, `digest relays resume main`",
    )


async def test_what_the_limits_will_not_let_leave_in_time_is_told_while_it_helps(store):
    await released(store, "2026-11-24", NOW, ["queued"] * 30)
    await store.write(lambda tx: tx.execute(update(deliveries).values(expires_at=NOW + LASTS)))
    slow, quick = throttle.limited(hour=1), throttle.limited(hour=10)

    [found] = await looked(store, lanes=[Lane(name="main", limits=slow, pace=slow)])

    assert found.key == "limits"
    assert found.says.startswith("of 30 messages that wait some 10 will be too late: ")
    assert await looked(store, lanes=[Lane(name="main", limits=quick, pace=quick)]) == []
