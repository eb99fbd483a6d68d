from dataclasses import replace
from datetime import time, timedelta

from digest.model import NewsletterId
from digest.storage import people
from subscribers.address import Address
from subscribers.model import Standing, Status, Subscriber, SubscriberId, Subscription
from tests.builders import NOW

DAILY = NewsletterId("daily")


def person(name, **given):
    return Subscriber(
        **{"id": SubscriberId(name), "address": Address.parse(f"{name}@example.org"), **given}
    )


def to(name, **given):
    return Subscription(
        **{
            "subscriber": SubscriberId(name),
            "newsletter": "daily",
            "status": Status.ACTIVE,
            **given,
        }
    )


async def names(store, now=NOW):
    found = await store.read(people.audience, DAILY, "daily", now, 10)
    assert found.count == sum(found.languages.values())
    return [recipient.id for recipient in found.first]


async def test_an_issue_goes_to_the_active_and_to_no_one_else(store):
    for status in Status:
        await store.write(people.enrol, person(status.value), to(status.value, status=status))
    for standing in Standing:
        who = f"s-{standing.value}"
        await store.write(people.enrol, person(who, standing=standing), to(who))
    await store.write(people.enrol, person("weekly"), to("weekly", cadence="weekly"))
    await store.write(people.enrol, person("other"), to("other", newsletter="other"))

    assert await names(store) == ["active", "s-ok"]


async def test_a_pause_ends_by_itself(store):
    until = NOW + timedelta(days=1)
    paused = to("ada", status=Status.PAUSED, paused_until=until)
    await store.write(people.enrol, person("ada"), paused)

    assert await names(store, NOW) == []
    assert await names(store, until) == ["ada"]


async def test_the_audience_is_counted_by_language_and_only_the_first_are_named(store):
    for n in range(12):
        who = f"p{n:02}"
        language = "de" if n % 3 else "en"
        await store.write(people.enrol, person(who, language=language), to(who, hour=time(7, 5)))

    found = await store.read(people.audience, DAILY, "daily", NOW, 10)

    assert (found.count, found.languages) == (12, {"en": 4, "de": 8})
    assert [r.id for r in found.first] == [f"p{n:02}" for n in range(10)]
    assert found.first[0].hour == time(7, 5)


async def test_one_address_is_one_person_whatever_its_spelling(store):
    ada = person("ada")
    twin = replace(ada, id=SubscriberId("twin"), address=Address.parse("ADA@Example.org"))

    assert await store.write(people.enrol, ada, to("ada"))
    assert not await store.write(people.enrol, ada, to("ada"))
    assert not await store.write(people.enrol, twin, to("twin"))

    assert await names(store) == ["ada"]
