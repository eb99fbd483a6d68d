"""Release freezes the issue, its editions and its audience; what dies in between is finished."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from digest.choices import Choice
from digest.compose.findings import stop, warn
from digest.compose.prepared import Prepared
from digest.errors import DigestError, Halted, Temporary
from digest.services import release, steering
from digest.services.release import Released, Taken
from digest.storage import desk, enrolling, reviews
from digest.storage import issues as issues_table
from digest.storage.postal import deliveries
from subscribers.model import Standing, Status
from tests.builders import NOW, a_newsletter, an_issue
from tests.services.posthouse import PostHouse


@pytest.fixture
def house(store, tmp_path):
    return PostHouse(store, tmp_path)


async def test_everybody_who_may_be_written_to_gets_a_row_and_nobody_else(house):
    await house.join("ada", "grace")
    await house.join("late", status=Status.PENDING)
    await house.join("gone", status=Status.LEFT)
    await house.join("dead", standing=Standing.BOUNCED)
    await house.join("away", status=Status.PAUSED, paused_until=NOW + timedelta(days=3))
    await house.join("back", status=Status.PAUSED, paused_until=NOW - timedelta(days=3))
    await house.join("weekly", cadence="weekly")

    released = await house.release()

    assert released == Released(issue=1, period="2026-11-24", audience=3)
    assert await house.states() == {"ada": "queued", "grace": "queued", "back": "queued"}
    info = await house.store.read(desk.find, 1)
    assert info is not None
    assert (info.state, info.audience, info.released_at) == ("released", 3, NOW)


@pytest.mark.parametrize("period", ["2026-11-25", "extra-1"])
async def test_what_waits_for_the_editor_gives_way_to_one_that_is_sent_by_hand(house, period):
    await house.join("ada")
    asked = {"due": NOW, "release_by": None, "clock": house.clock}
    waits = await release.submit(house.store, house.prepared(), **asked)
    prepared = house.prepared()

    await house.release(replace(prepared, issue=an_issue(lead=None, period=period)))

    info = await house.store.read(desk.find, waits)
    assert info is not None
    assert info.state == "discarded"
    assert info.reason == f"nobody approved it before the issue of {period}, which takes its place"


async def test_of_one_that_was_approved_too_late_nobody_says_that_it_was_not(house):
    asked = {"due": NOW, "release_by": NOW, "clock": house.clock}
    waits = await release.submit(house.store, house.prepared(), **asked)
    prepared = replace(house.prepared(), issue=an_issue(lead=None, period="2026-11-25"))

    await house.release(prepared)

    info = await house.store.read(desk.find, waits)
    assert info is not None
    said = "it was let go too late, after the issue of 2026-11-25, which takes its place"
    assert info.reason == said


async def test_a_correction_leaves_what_waits_for_the_editor_alone(house):
    asked = {"due": NOW, "release_by": None, "clock": house.clock}
    first = await house.release()
    other = replace(house.prepared(), issue=an_issue(lead=None, period="2026-11-25"))
    waits = await release.submit(house.store, other, **asked)

    extra = replace(house.prepared(), issue=an_issue(lead=None, period="extra-1"))
    await house.release(extra, corrects=first.issue)

    info = await house.store.read(desk.find, waits)
    assert info is not None
    assert info.state == "draft"


async def test_of_two_that_wait_for_the_editor_the_newer_takes_the_place(house):
    asked = {"due": NOW, "release_by": None, "clock": house.clock}
    other = replace(house.prepared(), issue=an_issue(lead=None, period="2026-11-25"))
    await release.submit(house.store, house.prepared(), **asked)
    waits = await release.submit(house.store, other, **asked)

    with pytest.raises(Taken, match="for 2026-11-25 is made already"):
        await release.submit(house.store, other, **asked)

    found = [await house.store.read(desk.find, issue) for issue in (1, waits)]
    assert [one.state for one in found] == ["discarded", "draft"]


async def test_what_is_let_go_says_how_many_it_goes_to(house):
    await house.join("ada", "grace")
    asked = {"due": NOW, "release_by": None, "clock": house.clock}
    waits = await release.submit(house.store, house.prepared(), **asked)

    done = await release.let_go(house.store, a_newsletter(), waits, clock=house.clock)

    assert done == Released(issue=waits, period="2026-11-24", audience=2)


STOPS, WARNS = stop("no-way-out", "no link to leave by", "html"), warn("long", "too long", "text")


@pytest.mark.parametrize(
    ("found", "strict", "said"),
    [
        ([], True, None),
        ([WARNS], False, None),
        ([WARNS], True, "long: too long"),
        ([WARNS, STOPS, STOPS], False, "no-way-out: no link to leave by"),
        ([STOPS, WARNS], True, "no-way-out: no link to leave by; long: too long"),
    ],
)
def test_what_lint_finds_stops_an_issue_or_does_not(found, strict, said):
    every = {"en": tuple(found), "de": tuple(found)}
    prepared = Prepared(newsletter=a_newsletter(), at=NOW, findings=every)

    with nullcontext() if said is None else pytest.raises(DigestError) as error:
        release.refuse(prepared, strict=strict)

    assert error is None or str(error.value) == f"this issue is not released: {said}"


async def test_what_the_editor_kept_back_is_let_go_by_nobody(house):
    await house.join("ada")
    asked = {"due": NOW, "release_by": NOW, "clock": house.clock}
    waits = await release.submit(house.store, house.prepared(), **asked)
    await steering.hold(house.store, waits, clock=house.clock)

    for issue in (waits, 9):
        with pytest.raises(DigestError, match=f"issue {issue} does not wait for approval"):
            await release.let_go(house.store, a_newsletter(), issue, clock=house.clock)

    assert await house.states() == {}


async def test_one_that_is_let_go_leaves_the_hours_of_another_that_is_half_released(house):
    await house.join("noon", hour=time(12, 0))
    await release.begin(house.store, house.prepared(), clock=house.clock)
    other = replace(house.prepared(), issue=an_issue(lead=None, period="2026-11-25"))
    asked = {"due": NOW, "release_by": NOW, "clock": house.clock}
    waits = await release.submit(house.store, other, **asked)
    house.now = NOW + timedelta(hours=8)
    await release.let_go(house.store, a_newsletter(timezone="UTC"), waits, clock=house.clock)

    await release.finish(house.store, clock=house.clock)

    due = select(deliveries.c.issue, deliveries.c.due_at)
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    found = await house.store.read(lambda tx: list(map(tuple, tx.execute(due))))
    assert sorted(found) == [(1, noon), (waits, noon + timedelta(days=1))]


async def test_the_editor_reads_the_newsletters_own_language(house):
    prepared = house.prepared("ar", "en", "en-tide")
    told = [replace(one, text=one.key, language=one.key[:2]) for one in prepared.editions]
    asked = {"due": NOW, "release_by": None, "clock": house.clock}

    waits = await release.submit(house.store, replace(prepared, editions=tuple(told)), **asked)

    assert await house.store.read(reviews.text, waits) == "en"


async def test_who_joins_later_is_not_in_it(house):
    await house.join("ada")
    await house.release()

    await house.join("late")

    assert await house.states() == {"ada": "queued"}


async def test_a_period_is_released_once(house):
    await house.join("ada")
    await house.release()

    with pytest.raises(Taken, match="of daily for 2026-11-24 is made already"):
        await house.release()


async def test_the_audience_is_written_in_batches(house, monkeypatch):
    await house.join(*(f"r{n}" for n in range(7)))
    monkeypatch.setitem(enrolling.MOST, house.store.dialect, 3)
    batches: list[None] = []

    released = await house.release(halt=lambda: batches.append(None) is not None)

    assert (len(batches), released.audience) == (3, 7)


async def test_a_release_whose_process_died_is_finished_from_what_was_frozen(house):
    await house.join(*(f"r{n}" for n in range(5)))
    prepared = house.prepared()
    await release.begin(house.store, prepared, clock=house.clock)
    await house.store.write(enrolling.enrol, 1, NOW, 2)

    finished = await release.finish(house.store, clock=house.clock)

    assert finished == [Released(issue=1, period="2026-11-24", audience=5)]
    assert set((await house.states()).values()) == {"queued"}
    assert await release.finish(house.store, clock=house.clock) == []


async def test_told_to_stop_it_says_what_is_half_done_and_the_next_one_finishes_it(
    house, monkeypatch
):
    await house.join(*(f"r{n}" for n in range(5)))
    monkeypatch.setitem(enrolling.MOST, house.store.dialect, 2)

    with pytest.raises(
        Halted, match=r"issue 1 is half released .*`digest issues cancel 1` ends it"
    ):
        await house.release(halt=lambda: True)

    assert len(await house.states()) == 2
    (finished,) = await release.finish(house.store, clock=house.clock)
    assert finished.audience == 5


async def test_where_the_database_fails_it_says_what_is_half_done(house, monkeypatch):
    await house.join(*(f"r{n}" for n in range(5)))
    monkeypatch.setitem(enrolling.MOST, house.store.dialect, 2)

    def fails():
        raise Temporary("the server was started anew")

    with pytest.raises(Temporary, match=r"anew; issue 1 is half released .*cancel 1` ends it"):
        await house.release(halt=fails)


async def test_two_processes_that_write_one_audience_count_it_once(house):
    await house.join(*(f"r{n}" for n in range(6)))
    prepared = house.prepared()
    await release.begin(house.store, prepared, clock=house.clock)
    for _ in range(3):  # the one that released it, and one that began meanwhile and finishes it
        await house.store.write(enrolling.enrol, 1, NOW, 1)
        await house.store.write(enrolling.enrol, 1, NOW, 1)

    (finished,) = await release.finish(house.store, clock=house.clock)

    assert finished.audience == 6
    assert await house.store.write(enrolling.enrol, 1, NOW) == 0
    assert await house.store.write(issues_table.released, 1, NOW + timedelta(hours=1)) == 6


async def test_nothing_is_sent_of_an_issue_whose_audience_is_still_written(house):
    await house.join("ada", "grace")
    prepared = house.prepared()
    await release.begin(house.store, prepared, clock=house.clock)
    await house.store.write(enrolling.enrol, 1, NOW, 1)

    await house.send()

    assert list((await house.states()).values()) == ["queued"]


async def test_who_chose_an_hour_reads_it_then_and_until_the_next_issue(house):
    await house.join("now")
    await house.join("noon", hour=time(12, 0))
    await house.join("tokyo", hour=time(7, 0), timezone="Asia/Tokyo")
    await house.release()

    found = await house.rows("due_at", "expires_at")

    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    tokyo = datetime(2026, 11, 24, 22, tzinfo=UTC)
    assert found == {
        "now": (NOW, NOW + timedelta(hours=20)),
        "noon": (noon, noon + timedelta(hours=20)),
        "tokyo": (tokyo, tokyo + timedelta(hours=20)),
    }


async def test_one_zone_that_is_none_stops_nobody_and_its_reader_keeps_the_newsletters(house):
    await house.join("noon", hour=time(12, 0))
    await house.join("bad", hour=time(12, 0), timezone="Central European Time")

    await house.release()

    noon = (datetime(2026, 11, 24, 12, tzinfo=UTC),)
    assert await house.rows("due_at") == {"noon": noon, "bad": noon}


async def test_nobody_reads_it_after_their_next_one_is_due(house):
    # Made late in the evening: tomorrow's paper comes before twenty hours are over.
    house.now = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    await house.join("ada")
    prepared = house.prepared()
    await house.release(prepared)

    ((_, expires),) = (await house.rows("due_at", "expires_at")).values()

    assert expires < house.now + timedelta(hours=20)


async def test_each_reads_the_edition_of_their_choice(house):
    choices = {Choice.of((), "en"): "whole", Choice.of(("tide",), "en"): "tide"}
    await house.join("ada")
    await house.join("grace", topics=("tide",))
    await house.join("odd", topics=("nobody", "asked"))

    await house.release(house.prepared("whole", "tide", choices=choices))

    assert await house.rows("edition") == {
        "ada": ("whole",),
        "grace": ("tide",),
        "odd": ("whole",),
    }


async def test_a_correction_goes_to_those_who_were_sent_the_first(house):
    await house.join("ada", "grace")
    await house.release()
    await house.store.write(_sent, await house.id_of("ada"))
    await house.join("late")
    prepared = house.prepared()
    extra = replace(prepared, issue=an_issue(lead=None, period="extra-1"))

    released = await house.release(extra, corrects=1)

    assert released.audience == 1
    fates = await house.store.read(desk.fates, released.issue, ("queued",), 10)
    assert [one.address for one in fates] == ["ada@example.org"]


def _sent(tx, who):
    tx.execute(update(deliveries).where(deliveries.c.subscriber == who).values(state="sent"))
