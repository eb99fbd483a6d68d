from dataclasses import replace

from digest.model import NewsletterId
from digest.storage import people
from digest.storage.audience import first_of_each
from subscribers.address import Address
from subscribers.model import Status, Subscriber, SubscriberId, Subscription
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


async def test_one_address_is_one_person_whatever_its_spelling(store):
    ada = person("ada")
    twin = replace(ada, id=SubscriberId("twin"), address=Address.parse("ADA@Example.org"))

    assert await store.write(people.add, ada)
    assert not await store.write(people.add, ada)
    assert not await store.write(people.add, twin)

    await store.write(people.save_subscription, to("ada"))
    assert [one.id for one in await store.read(first_of_each, DAILY, "daily", NOW, 9)] == ["ada"]
