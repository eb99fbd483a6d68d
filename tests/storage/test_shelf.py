"""The archive's shelf: what stands on it, what was withdrawn, what puts another right."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.model import Heading, NewsletterId, Picture
from digest.storage import issues, shelf, volume
from digest.storage.schema import issues as table
from digest.storage.shelf import Withdrawn
from tests.builders import NOW, a_newsletter, a_story, an_article, an_issue, dated
from tests.compose.desk import a_paper, laid_out, numbered

DAILY = NewsletterId("daily")
CADENCES = ("daily", "weekdays", "weekly")


async def release(store, number, *, days=0, state="released", corrects=None, **given):
    issue = an_issue(
        number=number,
        **{"period": f"2026-11-{number:02}", "until": NOW + timedelta(days=days), **given},
    )
    made = await store.write(issues.freeze, issue, (), state="released", at=issue.until)
    changed = update(table).where(table.c.id == made).values(state=state, corrects=corrects)
    await store.write(lambda tx: tx.execute(changed))
    return made


async def numbers(store, **given):
    found = await store.read(shelf.spines, DAILY, **{"limit": 9, **given})
    return [spine.number for spine in found]


async def find(store, period, cadences=CADENCES):
    return await store.read(shelf.find, DAILY, period, cadences)


def test_what_an_issue_told_is_kept_whole():
    issue = a_paper(13)
    lead = replace(
        issue.lead,
        also=(an_article("https://post.example/x", title="Also", source_name="Post"),),
    )
    entries = volume.read(volume.written(replace(issue, lead=lead)))

    assert [one.title for one in entries] == [story.lead.title for story in issue.stories]
    assert [one.place for one in entries] == ["lead", *["section"] * 9, *["brief"] * 3]
    assert {one.section for one in entries} == {
        "", "Harbour and sea", "Town hall", "Schools and arts", "Work",
    }  # fmt: skip
    first = entries[0]
    assert first.summary == lead.summary
    assert (first.source, first.topic) == ("Harrow Quay Herald", "harbour")
    assert first.published == lead.lead.dated.at
    assert first.picture == issue.pictures[lead.lead.url]
    assert first.also == (volume.Also(title="Also", url="https://post.example/x", source="Post"),)


def test_a_file_on_the_publishers_disk_and_a_mere_bound_are_not_told():
    own = an_article("file:///srv/notes/secret.md", dated=dated(NOW, exact=False))
    (entry,) = volume.read(volume.written(an_issue(a_story(own))))

    assert (entry.url, entry.published, entry.picture) == ("", None, None)


async def test_the_shelf_is_read_from_the_newest_issue_back(store):
    for number in range(1, 6):
        await release(store, number, days=number)

    assert await numbers(store) == [5, 4, 3, 2, 1]
    assert await numbers(store, limit=2, before=4) == [3, 2]
    assert [v.spine.number for v in await store.read(shelf.volumes, DAILY, limit=2)] == [5, 4]


async def test_a_spine_knows_the_headline_of_its_first_story(store):
    await release(store, 1)

    [volume] = await store.read(shelf.volumes, DAILY, limit=1)

    assert volume.spine.lead == volume.entries[0].title


async def test_only_what_was_released_and_not_cancelled_stands_there(store):
    for number, state in enumerate(
        ("draft", "enrolling", "released", "paused", "cancelled", "discarded"), 1
    ):
        await release(store, number, state=state)

    assert await numbers(store) == [4, 3]
    assert (await find(store, "2026-11-03")).spine.number == 3
    assert await find(store, "2026-11-05") == Withdrawn(correction=None)
    for never in ("2026-11-01", "2026-11-02", "2026-11-06", "2026-11-07"):
        assert await find(store, never) is None


async def test_an_issue_that_is_put_right_says_by_which_and_leaves_the_lists(store):
    wrong = await release(store, 1)
    await release(store, 2, period="extra-1", corrects=wrong)
    withdrawn = await release(store, 3)
    await release(store, 4, period="extra-2", corrects=withdrawn, state="cancelled")

    assert await numbers(store) == [3, 2]
    assert (await find(store, "2026-11-01")).correction.period == "extra-1"
    assert (await find(store, "2026-11-03")).correction is None


async def test_one_that_was_withdrawn_knows_what_puts_it_right_as_well(store):
    wrong = await release(store, 1, state="cancelled")
    await release(store, 2, period="extra-1", corrects=wrong)
    await release(store, 3, period="extra-2", corrects=wrong, state="draft")

    assert (await find(store, "2026-11-01")).correction.period == "extra-1"
    assert await numbers(store) == [2]


@pytest.mark.parametrize("state", ["released", "cancelled"])
async def test_what_puts_a_correction_right_puts_right_what_that_corrected(store, state):
    wrong = await release(store, 1)
    worse = await release(store, 2, period="extra-1", corrects=wrong, state=state)
    better = await release(store, 3, period="extra-2", corrects=worse)
    await release(store, 4, period="extra-3", corrects=better, state="draft")
    await release(store, 5, period="2026-11-05")

    assert await numbers(store) == [5, 3]
    for period in ("2026-11-01", "extra-1"):
        assert (await find(store, period)).correction.period == "extra-2"
    assert (await find(store, "extra-2")).correction is None


async def test_of_two_cadences_in_one_period_the_first_asked_for_is_found(store):
    await release(store, 1, period="2026-11-24")
    await release(store, 2, period="2026-11-24", cadence="weekdays")

    assert (await find(store, "2026-11-24", CADENCES)).spine.cadence == "daily"
    assert (await find(store, "2026-11-24", ("weekdays",))).spine.cadence == "weekdays"
    assert await find(store, "2026-11-24", ("weekly",)) is None


async def test_neighbours_are_of_the_same_cadence(store):
    for number, cadence in enumerate(("daily", "weekly", "daily", "daily"), 1):
        await release(store, number, cadence=cadence)
    middle = (await find(store, "2026-11-03")).spine

    before, after = await store.read(shelf.neighbours, middle)

    assert (before.number, after.number) == (1, 4)
    assert await store.read(shelf.neighbours, before) == (None, middle)


async def test_the_version_changes_with_what_is_on_the_shelf(store):
    seen = [await store.read(shelf.version)]
    await release(store, 1)
    seen.append(await store.read(shelf.version))
    wrong = await release(store, 2, days=1)
    seen.append(await store.read(shelf.version))
    await release(store, 3, days=1, corrects=wrong)
    seen.append(await store.read(shelf.version))
    await store.write(lambda tx: tx.execute(update(table).values(state="cancelled")))
    seen.append(await store.read(shelf.version))

    assert len(set(seen)) == len(seen)
    assert await store.read(shelf.version) == seen[-1]


async def test_the_latest_of_a_cadence_is_what_a_stranger_sees(store):
    issue = laid_out(
        [numbered(n) for n in range(3)],
        newsletter=a_newsletter(sections=(Heading(topic="town", title="Town"),)),
        period="2026-11-30",
        pictures={"https://herald.example/story-0": Picture(hash="a" * 32, width=9, height=9)},
    )
    await store.write(issues.freeze, issue, (), state="released", at=NOW)
    await release(store, 1, cadence="weekly")

    found = await store.read(shelf.latest, DAILY, "daily")

    assert [entry.title for entry in found.entries] == [s.lead.title for s in issue.stories]
    assert await store.read(shelf.latest, DAILY, "weekdays") is None
