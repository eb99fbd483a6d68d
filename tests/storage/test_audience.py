"""Whom an issue goes to, what they chose, and who is shown of them."""

from datetime import time, timedelta

from digest.choices import Choice
from digest.storage import audience
from subscribers.model import Standing, Status
from tests import planted
from tests.builders import NOW
from tests.storage.test_people import DAILY, person, to


async def names(store, now=NOW, limit=10):
    return [one.id for one in await store.read(audience.first_of_each, DAILY, "daily", now, limit)]


async def chosen(store, now=NOW):
    return await store.read(audience.choices, DAILY, "daily", now)


async def test_an_issue_goes_to_the_active_and_to_no_one_else(store):
    for status in Status:
        await store.write(planted.reader, person(status.value), to(status.value, status=status))
    for standing in Standing:
        who = f"s-{standing.value}"
        await store.write(planted.reader, person(who, standing=standing), to(who))
    await store.write(planted.reader, person("weekly"), to("weekly", cadence="weekly"))
    await store.write(planted.reader, person("other"), to("other", newsletter="other"))

    assert await names(store) == ["active", "s-ok"]
    assert await chosen(store) == {Choice((), "en"): 2}


async def test_a_pause_ends_by_itself(store):
    until = NOW + timedelta(days=1)
    paused = to("ada", status=Status.PAUSED, paused_until=until)
    await store.write(planted.reader, person("ada"), paused)

    assert (await names(store, NOW), await chosen(store, NOW)) == ([], {})
    assert (await names(store, until), await chosen(store, until)) == (["ada"], {Choice(): 1})


async def test_choices_are_counted_whatever_the_order_they_were_made_in(store):
    topics = [(), (), ("town", "harbour"), ("harbour", "town"), ("harbour",), ("harbour",)]
    for n, (own, language) in enumerate(zip(topics, "en de en en en de".split(), strict=True)):
        await store.write(
            planted.reader, person(f"p{n}", language=language), to(f"p{n}", topics=own)
        )

    assert await chosen(store) == {
        Choice((), "en"): 1,
        Choice((), "de"): 1,
        Choice(("harbour", "town"), "en"): 2,
        Choice(("harbour",), "en"): 1,
        Choice(("harbour",), "de"): 1,
    }


async def test_the_first_of_each_choice_are_named_and_no_more(store):
    for n in range(12):
        language = "de" if n % 3 else "en"
        terms = to(f"p{n:02}", hour=time(7, 5), topics=("harbour",) if n == 11 else ())
        await store.write(planted.reader, person(f"p{n:02}", language=language), terms)

    found = await store.read(audience.first_of_each, DAILY, "daily", NOW, 3)

    assert [one.id for one in found] == ["p00", "p01", "p02", "p03", "p04", "p06", "p11"]
    assert found[-1].choice == Choice(("harbour",), "de")
    assert (found[0].choice, found[0].hour) == (Choice((), "en"), time(7, 5))
