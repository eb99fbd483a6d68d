"""The audience is written in batches, each continuing behind the last person written."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest
from sqlalchemy import select, update

from bench.whole import fill
from digest.choices import Choice
from digest.storage import enrolling, issues
from digest.storage.postal import deliveries, issue_choices
from digest.storage.schema import issues as table
from digest.storage.schema import subscribers, subscriptions
from subscribers.model import Status
from tests.builders import NOW, an_issue
from tests.storage import plans
from tests.storage.ledger import LIFE, an_hour, issue, person, rows


async def test_batches_take_up_where_the_last_one_ended_and_count_themselves(store):
    def story(tx):
        for n in range(5):
            person(tx, f"r{n}")
        new = issue(tx)
        steps = []
        while written := enrolling.enrol(tx, new, NOW, 2):
            audience = tx.execute(select(table.c.audience)).scalar()
            steps.append((written, len(rows(tx, "id")), audience))
        return steps, issues.released(tx, new, NOW), enrolling.enrol(tx, new, NOW, 2)

    assert await store.write(story) == ([(2, 2, 2), (2, 4, 4), (1, 5, 5)], 5, 0)


@pytest.mark.parametrize("known", plans.KNOWN)
@pytest.mark.parametrize("corrects", [False, True], ids=["issue", "correction"])
async def test_a_batch_is_read_in_order_and_sorts_nobody(store, corrects, known):
    def plan(tx):
        fill(tx, 0, 5_000)
        first = issue(tx)
        enrolling.enrol(tx, first, NOW, 4_999)
        tx.execute(update(deliveries).values(state="sent"))
        plans.analyze(tx, known)
        new = issue(tx, period="the next")
        tx.execute(
            update(table).where(table.c.id == new).values(corrects=first if corrects else None)
        )
        enrolling.enrol(tx, new, NOW, 2_000)
        return plans.of(tx, lambda tx: enrolling.enrol(tx, new, NOW, 2_000))

    found = await store.write(plan)

    assert not plans.sorts(found), found
    assert not re.search("Materialize|Bitmap|Seq Scan on subscri|SCAN s ", found), found
    assert "subscri" in found


async def test_an_issue_for_nobody_has_an_audience_of_none(store):
    def story(tx):
        new = issue(tx)
        return enrolling.enrol(tx, new, NOW), issues.released(tx, new, NOW)

    assert await store.write(story) == (0, 0)


async def test_only_those_of_the_cadence_who_may_be_written_to_now(store):
    def story(tx):
        person(tx, "ada")
        person(tx, "weekly", cadence="weekly")
        person(tx, "other", newsletter="other")
        person(tx, "pending", status=Status.PENDING)
        person(tx, "left", status=Status.LEFT)
        person(tx, "away", status=Status.PAUSED, paused_until=NOW + timedelta(seconds=1))
        person(tx, "back", status=Status.PAUSED, paused_until=NOW)
        enrolling.enrol(tx, issue(tx), NOW)
        return rows(tx, "state", "attempts")

    assert await store.write(story) == {"ada": ("queued", 0), "back": ("queued", 0)}


async def test_a_correction_is_counted_as_it_is_written(store):
    away = {"status": Status.PAUSED, "paused_until": NOW + timedelta(seconds=1)}
    since = {
        "left": {"status": Status.LEFT},
        "away": away,
        "back": {**away, "paused_until": NOW},
        "weekly": {"cadence": "weekly"},
    }

    def story(tx):
        for name in ("ada", "failed", "bounced", *since):
            person(tx, name)
        first = issue(tx)
        enrolling.enrol(tx, first, NOW)
        failed = deliveries.c.subscriber == "failed"
        tx.execute(update(deliveries).values(state="sent"))
        tx.execute(update(deliveries).where(failed).values(state="failed"))
        person(tx, "late")
        for name, changed in since.items():
            own = subscriptions.c.subscriber == name
            tx.execute(update(subscriptions).where(own).values(changed))
        gone = update(subscribers).where(subscribers.c.id == "bounced")
        tx.execute(gone.values(standing="bounced"))
        counted = enrolling.again(tx, first, "daily", NOW)
        new = issue(tx, period="the next")
        tx.execute(update(table).where(table.c.id == new).values(corrects=first))
        enrolling.enrol(tx, new, NOW)
        mine = select(deliveries.c.subscriber).where(deliveries.c.issue == new)
        return counted, sorted(tx.execute(mine).scalars())

    assert await store.write(story) == (3, ["ada", "back", "weekly"])


async def test_an_hour_is_the_readers_own_in_their_zone_and_else_the_newsletters(store):
    noon, tokyo = NOW + timedelta(hours=5), NOW + timedelta(hours=15)

    def story(tx):
        person(tx, "now")
        person(tx, "noon", hour=time(12, 0))
        person(tx, "tokyo", hour=time(7, 0), timezone="Asia/Tokyo")
        person(tx, "new", hour=time(7, 0))  # an hour that nobody had when it was frozen
        asked = sorted(enrolling.hours(tx, an_issue().newsletter, "daily"))
        new = issues.freeze(tx, an_issue(lead=None), (), state="enrolling", at=NOW)
        hours = [
            enrolling.Hour(timezone="", hour=None, due_at=NOW, expires_at=NOW + LIFE),
            an_hour("UTC", time(12, 0), noon),
            an_hour("Asia/Tokyo", time(7, 0), tokyo),
        ]
        enrolling.freeze_audience(
            tx,
            new,
            hours=hours,
            choices=enrolling.choices(tx, an_issue().newsletter, "daily"),
            edition_for=lambda _: "en",
        )
        enrolling.enrol(tx, new, NOW)
        return asked, rows(tx, "due_at", "next_attempt_at", "expires_at")

    asked, found = await store.write(story)

    assert asked == [("Asia/Tokyo", time(7)), ("UTC", time(7)), ("UTC", time(12))]
    assert found == {
        "now": (NOW, NOW, NOW + LIFE),
        "noon": (noon, noon, noon + LIFE),
        "tokyo": (tokyo, tokyo, tokyo + LIFE),
        "new": (NOW, NOW, NOW + LIFE),
    }


async def test_a_choice_of_topics_and_language_is_an_edition_and_a_new_one_reads_the_whole(store):
    def edition_for(choice: Choice) -> str:
        return "+".join((*choice.topics, choice.language))

    def story(tx):
        person(tx, "ada", topics=("tide", "bus"))
        person(tx, "grace", topics=("tide", "bus"), language="de")
        person(tx, "all")
        new = issues.freeze(tx, an_issue(lead=None), (), state="enrolling", at=NOW)
        own = enrolling.Hour(timezone="", hour=None, due_at=NOW, expires_at=NOW + LIFE)
        enrolling.freeze_audience(
            tx,
            new,
            hours=[own],
            choices=enrolling.choices(tx, an_issue().newsletter, "daily"),
            edition_for=edition_for,
        )
        person(tx, "new", topics=("weir",))
        enrolling.enrol(tx, new, NOW)
        kept = tx.execute(select(issue_choices.c.edition)).scalars()
        return rows(tx, "edition"), set(kept)

    found, kept = await store.write(story)

    ada, grace = (
        edition_for(Choice.of(("tide", "bus"), "en")),
        edition_for(Choice.of(("tide", "bus"), "de")),
    )
    assert found == {"ada": ada, "grace": grace, "all": "en", "new": ""}
    assert kept == {ada, grace, "en", ""}
