"""Old rows go, what they came to stays; on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from digest.services import upkeep
from digest.storage import articles as articles_table
from digest.storage import issues, posting, reports, retention
from digest.storage import schema as tables
from digest.storage.options import Keep
from digest.storage.postal import deliveries, tallies
from digest.storage.reports import Report
from digest.storage.retention import Old
from tests import planted
from tests.builders import NOW, an_article, an_issue
from tests.storage.test_people import person, to

KEEP = Keep(deliveries_days=30, letters_days=30, texts_days=100, originals_days=30)
OLD, YOUNG = NOW - timedelta(days=31), NOW - timedelta(days=29)
ENDS = ("sent", "failed", "skipped: left", "skipped: stale")


def a_row(issue, number, end, at):
    state, _, skip = end.partition(": ")
    return {
        "issue": issue,
        "subscriber": f"p{number:05}",  # in their order, as they are enrolled
        "edition": "en",
        "state": state,
        "skip": skip or None,
        "attempts": 1,
        "enrolled_at": at,
        "due_at": at,
        "expires_at": at,
        "next_attempt_at": at,
        "settled_at": at,
    }


async def released(store, period, at, ends):
    issue = await store.write(issues.freeze, an_issue(period=period), (), state="released", at=at)
    rows = [a_row(issue, number, end, at) for number, end in enumerate(ends)]
    await store.write(lambda tx: tx.execute(insert(deliveries), rows))
    return issue


async def rows(store, table):
    return await store.read(lambda tx: tx.execute(select(func.count()).select_from(table)).scalar())


async def test_deliveries_of_a_settled_issue_become_counts_that_say_the_same(store, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 7)
    ends = [ENDS[number % 4] for number in range(50)]
    issue = await released(store, "2026-10-24", OLD, ends)
    before = await store.read(posting.tally, issue)
    assert before == Counter(ends)

    found = await upkeep.prune(store, KEEP, clock=lambda: NOW)

    assert found == Old(deliveries=50, letters=0, texts=0, originals=0)
    assert await store.read(posting.tally, issue) == before
    assert await rows(store, deliveries) == 0
    assert await rows(store, tallies) == 4


@pytest.mark.parametrize("unsettled", ["queued", "held"])
async def test_an_issue_with_anything_unsettled_is_left_alone(store, unsettled):
    await released(store, "2026-10-24", OLD, ["sent", unsettled])

    assert (await upkeep.prune(store, KEEP, clock=lambda: NOW)).deliveries == 0
    assert await rows(store, deliveries) == 2


async def test_what_is_young_stays_and_a_second_run_does_nothing(store):
    await released(store, "2026-10-26", YOUNG, ["sent"])
    old = await released(store, "2026-10-24", OLD, ["sent", "failed"])

    first = await upkeep.prune(store, KEEP, clock=lambda: NOW)
    second = await upkeep.prune(store, KEEP, clock=lambda: NOW)

    assert (first.deliveries, second) == (2, upkeep.NOTHING)
    assert await store.read(posting.tally, old) == {"sent": 1, "failed": 1}
    assert await rows(store, deliveries) == 1


async def test_a_roll_up_that_was_cut_short_goes_on_where_it_was(store):
    issue = await released(store, "2026-10-24", OLD, ["sent"] * 8)

    assert await store.write(retention.roll_up, issue, 3) == 3
    assert await store.read(posting.tally, issue) == {"sent": 8}
    assert (await upkeep.prune(store, KEEP, clock=lambda: NOW)).deliveries == 5
    assert await store.read(posting.tally, issue) == {"sent": 8}


async def test_settled_letters_go_and_owed_ones_and_the_log_of_consent_stay(store):
    await store.write(planted.reader, person("ada"), to("ada"))
    base = {
        "subscriber": "ada",
        "newsletter": "daily",
        "address": "a@x.example",
        "address_key": "a@x.example",
        "language": "en",
        "context": {},
        "attempts": 1,
        "due_at": OLD,
        "expires_at": NOW,
    }
    letters = [
        {**base, "kind": kind, "state": state, "enrolled_at": at, "settled_at": settled}
        for kind, state, at, settled in (
            ("confirm", "sent", OLD, OLD),
            ("welcome", "sent", YOUNG, YOUNG),
            ("goodbye", "queued", OLD, None),
        )
    ]
    log = {
        "subscriber": "ada",
        "at": OLD,
        "newsletter": "daily",
        "act": "join",
        "actor": "reader",
    }
    await store.write(lambda tx: tx.execute(insert(tables.letters), letters))
    await store.write(lambda tx: tx.execute(insert(tables.consent_log), [log]))

    assert (await upkeep.prune(store, KEEP, clock=lambda: NOW)).letters == 1
    assert await rows(store, tables.letters) == 2
    assert await rows(store, tables.consent_log) == 1


async def test_an_old_article_loses_its_text_and_is_still_known(store):
    ancient, recent = "https://herald.example/old", "https://herald.example/new"
    for url, age in ((ancient, 101), (recent, 99)):
        seen = NOW - timedelta(days=age)
        await store.write(articles_table.save, an_article(url, first_seen=seen))

    assert (await upkeep.prune(store, KEEP, clock=lambda: NOW)).texts == 1

    left = await store.read(articles_table.by_url, ancient)
    assert (left.text, left.title, left.fingerprint) == ("", an_article().title, ancient)
    assert (await store.read(articles_table.by_url, recent)).text != ""
    again = await store.write(articles_table.save, an_article(ancient))
    assert not again  # it is no news a second time


async def reported(store, *times):
    """Ada, and a report about her at each of ``times``."""
    await store.write(planted.reader, person("ada"), to("ada"))
    for number, at in enumerate(times):
        report = Report(
            subscriber=person("ada").id,
            at=at,
            kind="soft",
            source="dsn",
            code="4.2.2",
            text="mailbox full",
            message=f"daily|daily|2026-10-{number}|ada",
            original=b"Return-Path: <>",
        )
        assert await store.write(reports.add, report)


async def test_an_old_report_loses_its_original_and_still_counts(store):
    await reported(store, OLD, YOUNG)

    assert (await upkeep.prune(store, KEEP, clock=lambda: NOW)).originals == 1
    assert (await upkeep.prune(store, KEEP, clock=lambda: NOW)).originals == 0

    kept = [await store.read(reports.shown, number) for number in (1, 2)]
    assert [(one.text, original) for one, original in kept] == [
        ("mailbox full", b""),
        ("mailbox full", b"Return-Path: <>"),
    ]
    assert await store.read(reports.counted, person("ada").id, "soft", OLD - timedelta(1)) == 2


async def test_who_writes_meanwhile_waits_for_a_part_of_what_goes(store, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "FOUND", 4)
    real, at_once = retention.empty_originals, []

    def watched(tx, ids, before):
        at_once.append(real(tx, ids, before))
        return at_once[-1]

    monkeypatch.setattr(retention, "empty_originals", watched)
    await reported(store, *[OLD] * 5, YOUNG)

    assert (await upkeep.prune(store, KEEP, clock=lambda: NOW)).originals == 5
    assert at_once == [2, 2, 1]


async def test_foreseeing_counts_the_same_and_changes_nothing(store):
    await released(store, "2026-10-24", OLD, ["sent", "failed"])
    await store.write(articles_table.save, an_article(first_seen=NOW - timedelta(days=200)))
    await reported(store, OLD, YOUNG)

    seen = await upkeep.foresee(store, KEEP, clock=lambda: NOW)

    assert seen == Old(deliveries=2, letters=0, texts=1, originals=1)
    assert await rows(store, deliveries) == 2
    assert await upkeep.prune(store, KEEP, clock=lambda: NOW) == seen
