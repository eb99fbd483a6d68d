"""A roster, batch by batch, on both databases."""

from datetime import time, timedelta

import pytest

from digest.model import NewsletterId
from digest.services import membership
from digest.services.enrolment import Counts, Terms, enrol, foresee
from digest.storage import consents, letters, people
from digest.storage.audience import first_of_each
from digest.storage.consents import Evidence
from subscribers.address import Address
from subscribers.model import By, Kind, Standing, Status
from subscribers.roster import Details, Row
from subscribers.seen import Seen
from subscribers.standing import Suppression
from subscribers.suppression import mark
from tests.builders import NOW

RING = (b"new" * 11, b"old" * 11)
DAY = timedelta(days=1)


def clock():
    return NOW


def a_row(name="ada", called="", **given):
    return Row(address=Address.parse(f"{name}@example.org"), name=called, details=Details(**given))


def terms(**given):
    return Terms(
        **{
            "newsletter": "daily",
            "cadence": "daily",
            "language": "de",
            "timezone": "Europe/Berlin",
            "vouched": True,
            "ring": RING,
            "evidence": Evidence(page="import"),
            **given,
        }
    )


async def held(store, name="ada"):
    person = await store.read(people.at_address, Address.parse(f"{name}@example.org"))
    return person, await store.read(people.subscriptions_of, person.id)


async def audience(store):
    found = await store.read(first_of_each, NewsletterId("daily"), "daily", NOW, 9)
    return sorted(str(one.address) for one in found)


async def test_what_is_imported_reads_back_as_the_program_writes_it(store):
    row = a_row(called="Ada", topics=("art",), hour=time(7, 5))

    assert await enrol(store, [row], terms(), clock=clock) == Counts(new=1)

    person, (one,) = await held(store)
    assert (person.name, person.language, person.timezone) == ("Ada", "de", "Europe/Berlin")
    assert (one.status, one.topics, one.hour) == (Status.ACTIVE, ("art",), time(7, 5))
    assert one.joined_at == one.confirmed_at == NOW
    ((entry, evidence),) = await store.read(consents.log_of, person.id)
    assert (entry.act, entry.by, entry.at, evidence.page) == ("vouched", By.IMPORT, NOW, "import")
    assert await store.read(letters.of, person.id) == []


async def test_the_dates_of_a_consent_are_kept_where_the_file_says_nothing_of_its_status(store):
    joined, confirmed = NOW - 9 * DAY, NOW - 8 * DAY
    row = a_row(joined_at=joined, confirmed_at=confirmed)

    await enrol(store, [row], terms(), clock=clock)

    _, (one,) = await held(store)
    assert (one.status, one.joined_at, one.confirmed_at) == (Status.ACTIVE, joined, confirmed)


async def test_who_is_not_vouched_for_is_asked(store):
    await enrol(store, [a_row()], terms(vouched=False), clock=clock)

    person, (one,) = await held(store)
    assert (one.status, one.confirmed_at) == (Status.PENDING, None)
    assert [letter.kind for letter in await store.read(letters.of, person.id)] == [Kind.CONFIRM]
    assert await audience(store) == []


async def test_what_was_foreseen_is_what_happens(store):
    await store.write(
        consents.suppress, mark(RING[1], Address.parse("eve@example.org")), Suppression.ERASED, NOW
    )
    await enrol(store, [a_row("old")], terms(), clock=clock)
    rows = [a_row("ada"), a_row("ADA"), a_row("old"), a_row("eve"), a_row("grace")]

    foreseen = await foresee(store, rows, terms(), Seen(), clock=clock)
    done = await enrol(store, rows, terms(), clock=clock)

    assert foreseen == done == Counts(new=2, known=2, suppressed=1)
    assert await audience(store) == ["ada@example.org", "grace@example.org", "old@example.org"]


async def test_a_dry_run_remembers_the_batches_before(store):
    seen = Seen()

    first = await foresee(store, [a_row()], terms(), seen, clock=clock)
    second = await foresee(store, [a_row("Ada")], terms(), seen, clock=clock)

    assert (first, second) == (Counts(new=1), Counts(known=1))


@pytest.mark.parametrize(
    "said",
    [
        {"status": Status.LEFT, "left_at": NOW - DAY},
        {"status": Status.PAUSED, "paused_until": NOW + DAY},
        {"status": Status.PENDING},
        {"status": Status.ACTIVE, "standing": Standing.BOUNCED},
    ],
    ids="-".join,
)
async def test_a_file_can_take_consent_away(store, said):
    row = a_row(**said)
    await enrol(store, [row], terms(), clock=clock)

    person, (one,) = await held(store)
    assert (one.status, person.standing) == (row.details.status, row.details.standing)
    assert await audience(store) == []


async def test_who_complained_elsewhere_has_left_and_is_back_only_by_joining(store):
    row = a_row(status=Status.ACTIVE, standing=Standing.COMPLAINED)
    await enrol(store, [row], terms(), clock=clock)

    await membership.reinstate(store, row.address, ring=RING, clock=clock)

    person, (one,) = await held(store)
    assert (one.status, person.standing) == (Status.LEFT, Standing.OK)
    assert await audience(store) == []


async def test_who_left_elsewhere_left_when_and_as_the_file_says(store):
    joined, confirmed, left = (NOW - days * DAY for days in (9, 8, 1))
    told = {"joined_at": joined, "confirmed_at": confirmed, "left_at": left, "left_by": By.READER}
    rows = [a_row("ada", status=Status.LEFT, **told), a_row("eve", status=Status.LEFT)]

    await enrol(store, rows, terms(), clock=clock)

    found = [one for name in ("ada", "eve") for one in (await held(store, name))[1]]
    assert [(one.joined_at, one.confirmed_at, one.left_at, one.left_by) for one in found] == [
        (joined, confirmed, left, By.READER),
        (NOW, None, NOW, By.IMPORT),
    ]


async def test_each_reads_as_often_as_the_file_says_and_else_as_the_operator_does(store):
    await enrol(store, [a_row("ada", cadence="weekly"), a_row("eve")], terms(), clock=clock)

    found = [(await held(store, name))[1][0].cadence for name in ("ada", "eve")]

    assert found == ["weekly", "daily"]


def test_counts_of_batches_add_up():
    one = Counts(new=1, known=2, suppressed=3, withdrawn=4, gone=5)

    assert one + one == Counts(new=2, known=4, suppressed=6, withdrawn=8, gone=10)


@pytest.mark.parametrize("status", [None, *Status])
async def test_no_file_gives_consent_that_nobody_vouches_for(store, status):
    row = a_row(status=status, confirmed_at=NOW - DAY)

    await enrol(store, [row], terms(vouched=False), clock=clock)

    _, (one,) = await held(store)
    assert one.status is (Status.LEFT if status is Status.LEFT else Status.PENDING)


async def test_a_second_newsletter_finds_the_same_person(store):
    await enrol(store, [a_row()], terms(), clock=clock)

    assert await enrol(store, [a_row()], terms(newsletter="weekly"), clock=clock) == Counts(new=1)

    _, found = await held(store)
    assert [one.newsletter for one in found] == ["daily", "weekly"]


LEFT = {"status": Status.LEFT, "left_at": NOW - DAY}
COMPLAINED = {"standing": Standing.COMPLAINED}
BOUNCED = {"status": Status.LEFT, "standing": Standing.BOUNCED}


@pytest.mark.parametrize(
    ("said", "status", "standing"),
    [
        ([{"status": Status.ACTIVE}, LEFT], Status.LEFT, Standing.OK),
        ([LEFT, {"status": Status.ACTIVE}], Status.LEFT, Standing.OK),
        (
            [{"status": Status.ACTIVE}, {"status": Status.PAUSED, "paused_until": NOW + DAY}],
            Status.PAUSED,
            Standing.OK,
        ),
        ([{"standing": Standing.BOUNCED}, LEFT], Status.LEFT, Standing.BOUNCED),
        ([COMPLAINED, {}, {"standing": Standing.BOUNCED}], Status.LEFT, Standing.COMPLAINED),
    ],
)
async def test_the_gravest_of_several_rows_of_one_person_counts(store, said, status, standing):
    rows = [a_row(called="Ada", **one) for one in said]

    foreseen = await foresee(store, rows, terms(), Seen(), clock=clock)
    done = await enrol(store, rows, terms(), clock=clock)

    person, (one,) = await held(store)
    assert (one.status, person.standing) == (status, standing)
    gone = 0 if status is Status.PAUSED else 1
    assert foreseen == done == Counts(new=1, known=len(said) - 1, gone=gone)


@pytest.mark.parametrize(
    ("said", "status", "standing", "acts"),
    [
        (LEFT, Status.LEFT, Standing.OK, ["leave"]),
        (BOUNCED, Status.LEFT, Standing.BOUNCED, ["bounce", "leave"]),
        ({"standing": Standing.BOUNCED}, Status.ACTIVE, Standing.BOUNCED, ["bounce"]),
        (COMPLAINED, Status.LEFT, Standing.COMPLAINED, ["complain"]),
    ],
)
async def test_who_is_known_loses_what_a_file_takes_away(store, said, status, standing, acts):
    """As of one program's file of those who subscribe and, after it, of those who left."""
    await enrol(store, [a_row(), a_row("grace")], terms(), clock=clock)
    rows = [a_row(**said), a_row("grace"), a_row(**said)]

    foreseen = await foresee(store, rows, terms(), Seen(), clock=clock)
    done = await enrol(store, rows, terms(), clock=lambda: NOW + DAY)
    again = await enrol(store, rows, terms(), clock=lambda: NOW + 2 * DAY)

    person, (one,) = await held(store)
    assert (one.status, person.standing) == (status, standing)
    assert await audience(store) == ["grace@example.org"]
    assert foreseen == done == Counts(withdrawn=1, known=2)
    assert again.withdrawn == 0
    log = await store.read(consents.log_of, person.id)
    assert [(line.act, line.by) for line, _ in log[1:]] == [(name, By.IMPORT) for name in acts]
    assert {evidence.page for _, evidence in log} == {"import"}
    found = await store.read(consents.suppressed, [mark(RING[0], person.address)])
    assert bool(found) is (standing is Standing.COMPLAINED)


async def test_a_graver_row_of_a_later_batch_counts_and_is_foreseen(store):
    batches = [[a_row(), a_row("grace")], [a_row(**LEFT)], [a_row(**LEFT), a_row("eve", **LEFT)]]
    seen = Seen()

    foreseen = [await foresee(store, rows, terms(), seen, clock=clock) for rows in batches]
    done = [
        await enrol(store, rows, terms(), clock=lambda at=NOW + n * DAY: at)
        for n, rows in enumerate(batches)
    ]

    assert (
        foreseen
        == done
        == [
            Counts(new=2),
            Counts(withdrawn=1),
            Counts(new=1, known=1, gone=1),
        ]
    )
    assert await audience(store) == ["grace@example.org"]


async def test_who_waits_for_a_confirmation_and_left_elsewhere_is_not_asked(store):
    await enrol(store, [a_row()], terms(vouched=False), clock=clock)
    await enrol(store, [a_row(**LEFT)], terms(vouched=False), clock=lambda: NOW + DAY)

    _, (one,) = await held(store)
    assert one.status is Status.LEFT


async def test_a_known_person_who_bounced_elsewhere_is_not_asked_for_another_newsletter(store):
    await enrol(store, [a_row()], terms(), clock=clock)
    row = a_row(standing=Standing.BOUNCED)
    await enrol(store, [row], terms(newsletter="weekly", vouched=False), clock=clock)

    person, _ = await held(store)
    assert person.standing is Standing.BOUNCED
    assert await store.read(letters.of, person.id) == []


async def test_who_left_before_they_were_joined_again_has_left_in_a_new_house_too(store):
    row = a_row(status=Status.PENDING, left_at=NOW - DAY, left_by=By.READER)
    await enrol(store, [row], terms(), clock=clock)

    _, (one,) = await held(store)
    assert (one.status, one.left_at, one.left_by) == (Status.PENDING, NOW - DAY, By.READER)
