"""The issues that the clock makes: in time, once, caught up, or skipped with a reason."""

from __future__ import annotations

import email
import email.policy
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from digest.collect.fetch import Failed
from digest.config.load import load_text
from digest.errors import DigestError, Temporary
from digest.isolation import Workers
from digest.model import Cadence
from digest.scheduler import rounds
from digest.scheduler.issues import Issues, gather_due
from digest.scheduler.watch import Watch
from digest.services import membership, steering
from digest.services.membership import Profile
from digest.storage import agenda, desk, enrolling, reviews
from digest.storage.postal import deliveries, issue_hours, misses
from digest.storage.schema import issues, subscriptions
from digest.wiring import Tools
from subscribers.acts import Admit
from subscribers.address import Address
from subscribers.model import By

CONFIG = """
[site]
name = "Harrow Quay Library"
base_url = "https://quayside.example"
postal_address = "1 Ferry Steps"

[newsletters.daily]
title = "The Quayside"
sender = "The Quayside <digest@quayside.example>"
timezone = "Europe/London"
{newsletter}

[compose]
pictures = false

[[collect.sources]]
location = "sample:"
"""
DUE = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
BEFORE = DUE - timedelta(hours=1)


class Hand:
    """The clock, by hand."""

    def __init__(self) -> None:
        self.now = BEFORE

    def __call__(self) -> datetime:
        return self.now


async def nothing(_: object) -> Failed:
    return Failed(url="", status="none", reason="there is no network here")


@pytest.fixture
async def clock(store, tmp_path):
    """A configuration to what makes its issues, the clock, and who reads them."""
    hand = Hand()
    async with Workers(count=1, seconds=30) as isolate:
        tools = Tools(store=store, isolate=isolate, clock=hand, dice=random.random, fetch=nothing)

        def configured(newsletter: str = "") -> Issues:
            text = CONFIG.format(newsletter=newsletter)
            return Issues(
                load_text(text, tmp_path / "config.toml", {}).settings, tools, (b"k" * 40,)
            )

        yield configured, hand


async def admit(store: Any, name: str, cadence: str = "daily", **profile: Any) -> None:
    await membership.join(
        store,
        Profile(address=Address.parse(f"{name}@example.org"), **profile),
        Admit(newsletter="daily", cadence=cadence),
        by=By.OPERATOR,
        ring=(b"k" * 40,),
        clock=lambda: BEFORE,
    )


async def rows(store, *columns):
    return [tuple(row) for row in await store.read(lambda tx: list(tx.execute(select(*columns))))]


async def made(store):
    found = await rows(store, issues.c.cadence, issues.c.period, issues.c.state, issues.c.audience)
    return sorted(found)


async def why(store):
    return {one.period: one.reason for one in await store.read(agenda.last_misses, 9)}


async def test_an_issue_is_made_when_it_is_due_and_not_before(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured()

    await clockwork.make_due()
    assert await made(store) == []

    hand.now = DUE
    await clockwork.make_due()
    assert await made(store) == [("daily", "2026-11-24", "released", 1)]
    assert await rows(store, deliveries.c.state, deliveries.c.due_at) == [("queued", DUE)]


async def test_knocking_again_a_step_back_and_a_second_process_make_no_second_issue(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    await configured().make_due()

    for minutes in (0, 1, -30, 2, 0):
        hand.now = DUE + timedelta(minutes=minutes)
        await configured().make_due()

    assert len(await made(store)) == 1
    assert len(await rows(store, deliveries.c.id)) == 1


async def test_what_was_gathered_before_a_stop_and_not_told_is_told_by_the_next_start(store, clock):
    configured, hand = clock
    stopped = configured()
    await stopped.make_due()
    hand.now = DUE + timedelta(seconds=20)
    sources = stopped.settings.collect.sources
    assert await gather_due(stopped.settings, stopped.tools, sources, local=True) > 0

    hand.now = DUE + timedelta(seconds=60)
    await configured().make_due()

    assert await made(store) == [("daily", "2026-11-24", "released", 0)]


async def test_a_clock_that_leaps_a_day_and_a_year_and_back_makes_no_period_twice(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured()
    await clockwork.make_due()

    for days in (0, 1, 0, 365, 1, 0):
        hand.now = DUE + timedelta(days=days)
        await clockwork.make_due()

    periods = [period for _, period, *_ in await made(store)]
    assert "2026-11-24" in periods
    assert len(periods) == len(set(periods))
    assert len(await rows(store, deliveries.c.id)) == len(periods)


async def test_after_downtime_the_issue_is_made_within_the_catch_up(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    await configured().make_due()

    hand.now = DUE + timedelta(hours=5)
    await configured().make_due()

    assert await made(store) == [("daily", "2026-11-24", "released", 1)]
    assert await why(store) == {}


async def test_too_late_is_skipped_with_a_reason_and_the_next_day_is_made(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    await configured().make_due()

    hand.now = DUE + timedelta(hours=7)
    await configured().make_due()
    assert await made(store) == []
    assert "schedule.catch_up_hours allows 6 hours" in (await why(store))["2026-11-24"]

    hand.now = DUE + timedelta(days=1)
    await configured().make_due()
    assert await made(store) == [("daily", "2026-11-25", "released", 1)]


async def test_too_few_stories_make_no_issue_and_the_operator_can_see_why(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured("min_stories = 12\nmax_stories = 12")
    await clockwork.make_due()

    hand.now = DUE
    await clockwork.make_due()
    await clockwork.make_due()

    assert await made(store) == []
    assert "12" in (await why(store))["2026-11-24"]


async def test_an_offered_cadence_has_issues_of_its_own_as_soon_as_somebody_has_it(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured('offers = ["weekly"]')
    await clockwork.make_due()

    monday = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)
    hand.now = monday
    await clockwork.make_due()
    assert await made(store) == [("daily", "2026-11-30", "released", 1)]
    assert (await why(store))["2026-W49"] == "nobody has it weekly"

    await admit(store, "grace", "weekly")
    hand.now = monday + timedelta(days=7)
    await clockwork.make_due()
    assert ("weekly", "2026-W50", "released", 1) in await made(store)


async def test_what_cannot_be_made_is_tried_again_and_told_when_it_is_too_late(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured()
    await clockwork.make_due()
    broken = replace(
        clockwork.settings.newsletters["daily"], theme="there-is-none", cadence=Cadence.DAILY
    )
    clockwork.settings.newsletters["daily"] = broken

    hand.now = DUE
    await clockwork.make_due()
    [trying] = await store.read(agenda.last_misses, 9)
    assert trying.reason.startswith("it could not be made: ")
    assert (trying.kind, trying.again) == ("failed", DUE + timedelta(minutes=5))
    assert trying.said.endswith("; it is tried again at 06:35 UTC")

    hand.now = DUE + timedelta(hours=7)
    await configured().make_due()  # a new process, which remembers nothing
    [over] = await store.read(agenda.last_misses, 9)
    assert (over.reason, over.kind, over.again) == (trying.reason, "failed", None)
    assert await made(store) == []


async def test_what_was_mended_in_time_is_made_and_no_reason_is_left(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured()
    await clockwork.make_due()
    well = clockwork.settings.newsletters["daily"]
    clockwork.settings.newsletters["daily"] = replace(well, theme="there-is-none")
    hand.now = DUE
    await clockwork.make_due()
    clockwork.settings.newsletters["daily"] = well

    hand.now = DUE + timedelta(minutes=4)
    await clockwork.make_due()
    assert await made(store) == []  # it rests
    hand.now = DUE + timedelta(minutes=5)
    await clockwork.make_due()

    assert await made(store) == [("daily", "2026-11-24", "released", 1)]
    assert await rows(store, misses.c.period) == []


async def test_a_database_that_was_away_for_a_moment_costs_the_issue_no_five_minutes(
    store, clock, monkeypatch
):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured()
    await clockwork.make_due()

    async def away(*_):
        raise Temporary("the database does not answer")

    hand.now = DUE
    with monkeypatch.context() as patched:
        patched.setattr(Issues, "_drafted", away)
        await clockwork.make_due()
    assert await made(store) == []

    hand.now = DUE + timedelta(seconds=15)
    await clockwork.make_due()

    assert await made(store) == [("daily", "2026-11-24", "released", 1)]
    assert await rows(store, misses.c.period) == []


async def test_a_fault_of_ours_in_one_newsletter_does_not_stop_the_others(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured()
    well = clockwork.settings.newsletters["daily"]
    odd = replace(well, id="odd", approval=7)  # which the configuration never lets in
    clockwork.settings.newsletters.clear()
    clockwork.settings.newsletters.update({"odd": odd, "daily": well})
    await clockwork.make_due()

    hand.now = DUE
    await clockwork.make_due()

    assert await made(store) == [("daily", "2026-11-24", "released", 1)]
    [failed] = await store.read(agenda.last_misses, 9)
    assert (failed.newsletter, failed.kind) == ("odd", "failed")
    assert failed.reason.startswith("it could not be made: AttributeError: ")


async def test_an_hour_that_passed_while_a_late_issue_was_made_is_now_and_not_tomorrow(
    store, clock
):
    configured, hand = clock
    await admit(store, "ada", timezone="Europe/London")
    await store.write(lambda tx: tx.execute(update(subscriptions).values(hour="07:00")))
    clockwork = configured()
    await clockwork.make_due()

    hand.now = DUE + timedelta(hours=2)
    await clockwork.make_due()

    found = dict(await rows(store, issue_hours.c.hour, issue_hours.c.due_at))
    assert found["07:00"] == hand.now


async def test_approved_days_late_it_is_stale_for_nobody(store, clock):
    configured, hand = clock
    await admit(store, "ada", cadence="weekly", timezone="Europe/London")
    await store.write(lambda tx: tx.execute(update(subscriptions).values(hour="07:00")))
    weekly = 'cadence = "weekly"\nweekday = "tuesday"\napproval = "required"'
    clockwork = configured(weekly)
    await clockwork.make_due()
    hand.now = DUE
    await clockwork.make_due()

    hand.now = DUE + timedelta(days=3)
    [waits] = await store.read(reviews.waiting)
    await steering.approve(store, waits.issue, clock=hand)
    await clockwork.make_due()

    assert await rows(store, deliveries.c.due_at, deliveries.c.expires_at) == [
        (hand.now, hand.now + timedelta(hours=20))
    ]


async def test_the_house_is_kept_and_sources_are_visited_without_trouble(store, clock):
    configured, _ = clock
    clockwork = configured()

    await rounds.gather(clockwork.settings, clockwork.tools)
    await rounds.keep_house(clockwork.settings, clockwork.tools)
    await rounds.read_mailbox(clockwork.settings, clockwork.tools, (b"k" * 40,))
    watch = Watch(clockwork.settings, clock=clockwork.tools.clock)
    await rounds.tell_alerts(clockwork.tools, watch)

    assert await made(store) == []


async def test_an_issue_that_needs_approval_waits_and_goes_when_it_is_approved(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured('approval = "required"')
    await clockwork.make_due()
    hand.now = DUE
    await clockwork.make_due()
    hand.now = DUE + timedelta(hours=3)
    await clockwork.make_due()
    assert await made(store) == [("daily", "2026-11-24", "draft", None)]

    [waits] = await store.read(reviews.waiting)
    await steering.approve(store, waits.issue, clock=hand)
    await clockwork.make_due()

    assert await made(store) == [("daily", "2026-11-24", "released", 1)]
    assert await rows(store, deliveries.c.due_at) == [(hand.now,)]
    with pytest.raises(DigestError, match="does not wait"):
        await steering.hold(store, waits.issue, clock=hand)


async def test_an_issue_that_is_held_back_goes_to_nobody_and_the_next_day_is_made(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured('approval = "auto-after:2h"')
    await clockwork.make_due()
    hand.now = DUE
    await clockwork.make_due()

    [waits] = await store.read(reviews.waiting)
    await steering.hold(store, waits.issue, clock=hand)
    hand.now = DUE + timedelta(hours=3)
    await clockwork.make_due()

    assert await made(store) == [("daily", "2026-11-24", "discarded", None)]
    assert await rows(store, deliveries.c.id) == []
    assert await why(store) == {"2026-11-24": "the editor kept it back"}
    assert (await store.read(desk.find, waits.issue)).reason == "the editor kept it back"


async def test_nobody_said_anything_so_it_goes_by_itself_at_the_deadline(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured('approval = "auto-after:2h"')
    await clockwork.make_due()
    hand.now = DUE
    await clockwork.make_due()

    hand.now = DUE + timedelta(minutes=119)
    await clockwork.make_due()
    assert await made(store) == [("daily", "2026-11-24", "draft", None)]
    hand.now = DUE + timedelta(hours=2)
    await clockwork.make_due()

    assert await made(store) == [("daily", "2026-11-24", "released", 1)]


async def test_one_that_still_waits_gives_way_to_the_next_which_tells_its_news(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured('approval = "required"')
    await clockwork.make_due()
    for days in (0, 1):
        hand.now = DUE + timedelta(days=days)
        await clockwork.make_due()

    assert await made(store) == [
        ("daily", "2026-11-24", "discarded", None),
        ("daily", "2026-11-25", "draft", None),
    ]
    assert await why(store) == {
        "2026-11-24": ("nobody approved it before the issue of 2026-11-25, which takes its place")
    }
    assert [one.period for one in await store.read(reviews.waiting)] == ["2026-11-25"]


async def test_the_editor_is_asked_once_by_mail_with_what_the_issue_tells(store, clock, tmp_path):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured('approval = "required"')
    site = replace(clockwork.settings.site, operator="editor@quayside.example")
    clockwork.settings = replace(clockwork.settings, site=site)
    await clockwork.make_due()
    hand.now = DUE
    await clockwork.make_due()
    hand.now += timedelta(minutes=1)
    await clockwork.make_due()

    [letter] = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                for path in (tmp_path / "maildir" / "new").iterdir()]  # fmt: skip
    assert letter["To"] == "editor@quayside.example"
    text = letter.get_body(("plain",)).get_content()
    assert "https://quayside.example/review/daily.1." in text
    assert "digest issues approve 1" in text
    assert "TOP STORY" in text
    assert not re.search("[\ue000-\uf8ff]", text)


async def test_a_release_that_the_database_broke_off_is_finished_at_the_next_knock(
    store, clock, monkeypatch
):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured()
    await clockwork.make_due()
    enrol, tries = enrolling.enrol, []

    def locked(*args):
        tries.append(args)
        if len(tries) <= 2:
            raise Temporary("the database is locked")
        return enrol(*args)

    monkeypatch.setattr(enrolling, "enrol", locked)
    hand.now = DUE
    await clockwork.make_due()
    assert await made(store) == [("daily", "2026-11-24", "enrolling", None)]
    await clockwork.make_due()  # still locked, and no other newsletter suffers for it

    hand.now = DUE + timedelta(minutes=1)
    await clockwork.make_due()

    assert await made(store) == [("daily", "2026-11-24", "released", 1)]
    assert await why(store) == {}


async def test_a_review_that_fails_stops_no_other_newsletter(store, clock):
    configured, hand = clock
    await admit(store, "ada")
    clockwork = configured('approval = "required"')
    await clockwork.make_due()
    hand.now = DUE
    await clockwork.make_due()
    daily = clockwork.settings.newsletters["daily"]
    other = replace(daily, id="other", approval="auto")
    clockwork.settings = replace(
        clockwork.settings,
        site=replace(clockwork.settings.site, operator="editor@quayside.example"),
        newsletters={"daily": replace(daily, sender=7), "other": other},  # a mistake of ours
    )

    await clockwork.make_due()

    found = await rows(store, issues.c.newsletter, issues.c.state, issues.c.period)
    assert sorted(found) == [("daily", "draft", "2026-11-24"), ("other", "released", "2026-11-24")]
