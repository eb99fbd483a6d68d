from datetime import timedelta

from digest.model import Edition, NewsletterId
from digest.storage import issues
from tests import planted
from tests.builders import NOW, a_story, an_article, an_issue

DAILY = NewsletterId("daily")
EDITION = Edition(
    key="en", language="en", subject="S", preheader="P", html="<html></html>", text="text"
)


async def freeze(store, issue, *, state="released", made=()):
    return await store.write(issues.freeze, issue, made, state=state, at=NOW)


async def test_the_first_issue_has_no_issue_before_it_and_is_number_one(store):
    assert await store.read(issues.last, DAILY, "daily") is None
    assert await store.read(issues.next_number, DAILY) == 1


async def test_the_next_window_begins_where_the_last_released_one_ended(store):
    await freeze(store, an_issue(period="2026-11-23", until=NOW - timedelta(days=1)))
    await freeze(store, an_issue(period="2026-11-24", number=413, until=NOW), made=[EDITION])

    last = await store.read(issues.last, DAILY, "daily")

    assert (last.period, last.until) == ("2026-11-24", NOW)
    assert await store.read(issues.next_number, DAILY) == 414


async def test_drafts_do_not_count_and_cadences_do_not_mix(store):
    await freeze(store, an_issue(), state="draft")
    await freeze(store, an_issue(cadence="weekly", period="2026-W48"))

    assert await store.read(issues.last, DAILY, "daily") is None
    assert (await store.read(issues.last, DAILY, "weekly")).period == "2026-W48"


async def test_a_period_is_released_once(store):
    assert await freeze(store, an_issue()) is not None
    assert await freeze(store, an_issue(subject="Again")) is None


async def test_what_was_told_is_remembered_with_its_period(store):
    lead, other = an_article("https://a.example/1"), an_article("https://b.example/1")
    await store.write(planted.articles, [lead, other])
    await freeze(store, an_issue(a_story(lead, also=(other,))))

    told = await store.read(issues.told_since, DAILY, "daily", NOW - timedelta(days=3))

    assert told == [(lead, "2026-11-24"), (other, "2026-11-24")]
    assert await store.read(issues.told_since, DAILY, "daily", NOW) == []
    assert await store.read(issues.told_since, DAILY, "weekly", NOW - timedelta(days=3)) == []
