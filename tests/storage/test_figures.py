"""What a newsletter has come to, counted off real rows, rolled up or not; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from digest.storage import articles, figures, issues, reports, retention
from digest.storage import schema as tables
from digest.storage.figures import Flow, Told
from digest.storage.postal import deliveries
from digest.storage.reports import Report
from subscribers.model import SubscriberId
from tests.builders import NOW, an_article, an_issue

DAY = timedelta(days=1)
SINCE = NOW - 10 * DAY


def a_person(number, *, domain="example.org", **given):
    address = f"p{number}@{domain}"
    return {
        "id": f"p{number}",
        "address": address,
        "address_key": address,
        "name": "",
        "language": "en",
        "timezone": "Europe/London",
        "standing": "ok",
        **given,
    }


def a_subscription(number, **given):
    return {
        "subscriber": f"p{number}",
        "newsletter": "daily",
        "status": "active",
        "cadence": "daily",
        "topics": [],
        "left_at": None,
        **given,
    }


def an_act(number, at, was, became, *, newsletter="daily", act="join"):
    return {
        "subscriber": f"p{number}",
        "at": at,
        "newsletter": newsletter,
        "act": act,
        "actor": "reader",
        "was": was,
        "became": became,
    }


async def put(store, *, people, held, log=()):
    def add(tx):
        tx.execute(insert(tables.subscribers), list(people))
        if held:
            tx.execute(insert(tables.subscriptions), list(held))
        if log:
            tx.execute(insert(tables.consent_log), list(log))

    await store.write(add)


async def released(store, period, at, ends, **given):
    """An issue with a delivery for each of ``ends``, settled one second after the other."""
    issue = await store.write(
        issues.freeze, an_issue(period=period, **given), (), state="released", at=at
    )
    rows = [
        {
            "issue": issue,
            "subscriber": f"p{number}",
            "edition": "en",
            "state": end,
            "skip": "left" if end == "skipped" else None,
            "attempts": 1,
            "enrolled_at": at,
            "due_at": at,
            "expires_at": at + DAY,
            "next_attempt_at": at,
            "settled_at": None if end == "queued" else at + timedelta(seconds=number),
        }
        for number, end in enumerate(ends)
    ]

    def add(tx):
        tx.execute(tables.issues.update().where(tables.issues.c.id == issue).values(released_at=at))
        tx.execute(insert(deliveries), rows)

    await store.write(add)
    return issue


async def read(store, newsletter=None, since=SINCE):
    return await store.read(figures.read, newsletter, since)


async def test_of_an_empty_database_everything_is_nothing(store):
    found = await read(store)

    assert (found.subscribers, found.days, found.issues, found.sources) == (0, {}, (), ())
    assert found.splits == {"cadence": {}, "language": {}, "timezone": {}, "domain": {}}


async def test_only_who_may_be_written_to_is_split_and_small_domains_are_not_named(store):
    people = [a_person(n, domain="post.example") for n in range(3)]
    people += [
        a_person(3, domain="alone.example", language="de", timezone="UTC"),
        a_person(4, standing="bounced"),
        a_person(5),
    ]
    held = [a_subscription(n) for n in range(5)]
    held[0] = a_subscription(0, status="paused", cadence="weekly")
    held.append(a_subscription(5, status="left"))
    held.append(a_subscription(5, newsletter="other"))
    await put(store, people=people, held=held)

    found = await read(store, "daily")

    assert found.subscribers == 4
    assert found.splits == {
        "cadence": {"daily": 3, "weekly": 1},
        "language": {"en": 3, "de": 1},
        "timezone": {"Europe/London": 3, "UTC": 1},
        "domain": {"post.example": 3},
    }
    assert (await read(store)).subscribers == 5


async def test_each_day_tells_who_came_and_who_went_by_what(store):
    monday, tuesday = NOW - 2 * DAY, NOW - DAY
    people = [a_person(n) for n in range(6)]
    people[3]["standing"], people[4]["standing"] = "bounced", "complained"
    held = [a_subscription(n) for n in range(4)]
    held[2] = a_subscription(2, status="left", left_at=tuesday)
    held.append(a_subscription(4, status="left", left_at=tuesday))
    held.append(a_subscription(5, newsletter="other"))
    log = [
        an_act(0, monday, None, "pending"),
        an_act(0, tuesday, "pending", "active", act="confirm"),
        an_act(1, monday, None, "active", act="vouched"),
        an_act(1, tuesday, "active", "paused", act="pause"),
        an_act(2, tuesday, "paused", "left", act="leave"),
        an_act(3, tuesday, "ok", "bounced", newsletter="", act="bounce"),
        an_act(4, tuesday, "ok", "complained", newsletter="", act="complain"),
        an_act(5, tuesday, None, "active", newsletter="other", act="vouched"),
        an_act(1, NOW - 20 * DAY, None, "active"),
    ]
    await put(store, people=people, held=held, log=log)

    assert (await read(store, "daily")).days == {
        "2026-11-22": Flow(joined=1),
        "2026-11-23": Flow(joined=1, left=1, bounced=1, complained=1),
    }
    assert (await read(store)).days["2026-11-23"].joined == 2


async def test_a_rolled_up_issue_says_what_it_said_but_when(store):
    old = await released(store, "2026-11-20", NOW - 4 * DAY, ["sent", "sent", "failed", "skipped"])
    await released(store, "2026-11-23", NOW - DAY, ["sent", "sent", "queued"])
    before = await read(store)
    await store.write(retention.roll_up, old)

    young, gone = (await read(store)).issues

    assert (young.period, young.deliveries) == ("2026-11-23", {"sent": 2, "queued": 1})
    assert (young.first_sent, young.last_sent) == (NOW - DAY, NOW - DAY + timedelta(seconds=1))
    assert gone.deliveries == before.issues[1].deliveries == {"sent": 2, "failed": 1, "skipped": 1}
    assert (gone.first_sent, gone.last_sent) == (None, None)
    assert before.issues[1].last_sent == NOW - 4 * DAY + timedelta(seconds=1)


@pytest.mark.parametrize(("newsletter", "shown"), [(None, 7), ("other", 0)])
async def test_the_latest_issues_are_shown(store, newsletter, shown):
    for number in range(9):
        await released(store, f"extra-{number}", NOW - number * timedelta(hours=1), ["sent"])

    found = (await read(store, newsletter)).issues
    assert [one.period for one in found] == [f"extra-{number}" for number in range(shown)]


async def test_what_came_back_counts_for_the_issue_it_is_about(store):
    await put(store, people=[a_person(n) for n in range(3)], held=[a_subscription(0)])
    await released(store, "2026-11-23", NOW - DAY, ["sent"] * 3)
    named = "daily|daily|2026-11-23"
    for person, kind, source, message in [
        ("p0", "hard", "dsn", f"{named}|p0"),
        ("p1", "complaint", "arf", f"{named}|p1"),
        ("p2", "hard", "smtp", "smtp|p2|2026-11-23"),  # a delivery that failed says so itself
        ("p2", "complaint", "webhook", "evt-1"),
        ("p2", "soft", "dsn", f"{named}|p2"),
        ("p2", "hard", "dsn", "daily|daily|2026-11-22|p2"),
    ]:
        report = Report(
            subscriber=SubscriberId(person),
            at=NOW,
            kind=kind,
            source=source,
            code="",
            text="",
            message=message,
            original=b"",
        )
        await store.write(reports.add, report)

    [one] = (await read(store)).issues
    assert (one.bounced, one.complained) == (1, 1)


async def test_sources_are_told_by_the_stories_they_lead(store):
    herald, post = "https://herald.example/a", "https://post.example/b"
    for url, name in ((herald, "Herald"), (post, "Post")):
        await store.write(articles.save, an_article(url, source_name=name))
    issue = await released(store, "2026-11-23", NOW - DAY, ["sent"])
    again = await released(store, "extra-1", NOW, ["sent"])
    rows = [(herald, 0, True), (post, 0, False), ("https://gone.example/c", 1, True)]

    def add(tx):
        tx.execute(tables.told.delete())
        for place, (url, story, leads) in enumerate(rows):
            tx.execute(
                insert(tables.told).values(
                    issue=issue, article_url=url, story=story, position=place, leads=leads, score=1
                )
            )

        # The correction tells the same once more.
        tx.execute(tables.issues.update().where(tables.issues.c.id == again).values(corrects=issue))
        tx.execute(
            insert(tables.told).values(
                issue=again, article_url=herald, story=0, position=0, leads=True, score=1
            )
        )

    await store.write(add)

    assert (await read(store)).sources == (
        Told(name="Herald", led=1, also=0),
        Told(name="Post", led=0, also=1),
    )
