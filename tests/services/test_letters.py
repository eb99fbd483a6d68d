"""The office of letters on both databases: claimed, settled, and settled for who died with them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from digest.deliver.journal import Entry, Noted
from digest.deliver.office import Tally
from digest.deliver.outcome import Refused, Stage
from digest.deliver.postmark import Postmark
from digest.deliver.tray import Box
from digest.delivery import DeliveryId
from digest.errors import Temporary
from digest.services import feedback, membership
from digest.services.letters import Desk, LetterOffice
from digest.storage import people
from digest.storage.postbag import LEASE
from digest.storage.schema import letters
from digest.wiring import bounces as coming_back
from subscribers.acts import Join
from subscribers.address import Address
from subscribers.model import By, Standing
from tests.builders import NOW, a_newsletter

RING = (b"k" * 32,)
MINE, HEIRS = UUID(int=1), UUID(int=2)


@pytest.fixture
async def readers(store):
    """Two who are owed the letter that asks them to confirm."""
    for name in ("Ada", "Grace"):
        address = Address.parse(f"{name.lower()}@example.org")
        await membership.join(
            store,
            membership.Profile(address=address, name=name),
            Join(newsletter="daily", cadence="daily"),
            by=By.READER,
            ring=RING,
            clock=lambda: NOW,
        )
    return store


def office(store, **given):
    async def here(work, job):
        return work(job)

    postmarks = {
        name: Postmark(
            newsletter=a_newsletter(name),
            base_url="https://quayside.example",
            unsubscribe_mailbox="",
            ring=RING,
        )
        for name in given.pop("newsletters", ("daily",))
    }
    desk = Desk(
        site_name="Quayside",
        base_url="https://quayside.example",
        postal_address="1 Lock Lane",
        templates=(),
        postmarks=postmarks,
    )
    acts = coming_back.acts(RING)
    given.setdefault("blame", partial(feedback.refused, acts=acts, rules=feedback.Rules()))
    return LetterOffice(store, desk, isolate=here, dice=lambda: 0.5, **given)


async def rows(store):
    """The letters by their numbers: state, attempts and lease."""
    asked = select(letters.c.state, letters.c.attempts, letters.c.lease).order_by(letters.c.id)
    return [tuple(row) for row in await store.read(lambda tx: tx.execute(asked).all())]


async def test_a_letter_is_claimed_for_its_reader(readers):
    brought = await office(readers).claim(MINE, 10, NOW)

    assert [one.recipient for one in brought.ready] == ["ada@example.org", "grace@example.org"]
    assert await rows(readers) == [("sending", 1, MINE.hex)] * 2


async def test_no_other_newsletter_asks_for_one_that_left_the_configuration(readers):
    told = []
    post = office(readers, newsletters=("other",), tell=told.append)

    brought = await post.claim(MINE, 10, NOW)

    assert [str(one.why) for one in brought.ready] == told * 2
    assert told == [
        "the confirm letter cannot be written: newsletter 'daily' is not in the configuration any "
        "more; put it back, or the letter is given up in time"
    ]


async def test_what_became_of_letters_is_kept_with_what_it_means_for_their_readers(readers):
    post = office(readers)
    ada, grace = (await post.claim(MINE, 10, NOW)).ready
    box = Box()
    box.sent = [(ada.ref, b"250 2.0.0 taken", "main")]
    box.rest = [(grace, Refused(550, "5.1.1", "No such user", Stage.RCPT), "main")]

    tally = await post.settle(MINE, box, NOW)

    assert tally == Tally(sent=1, failed=1)
    assert await rows(readers) == [("sent", 1, None), ("failed", 1, None)]
    gone = await readers.read(people.at_address, Address.parse("grace@example.org"))
    assert gone.standing is Standing.BOUNCED


async def test_of_a_worker_that_died_what_never_left_is_queued_and_what_did_is_kept(readers):
    ada, _ = (await office(readers).claim(MINE, 10, NOW)).ready
    noted = Entry(delivery=DeliveryId(ada.ref), noted=Noted.ACCEPTED, code=250, text="taken")

    tally = await office(readers).recover(MINE, [noted], trusted=True, now=NOW)

    assert tally == Tally(sent=1)
    assert await rows(readers) == [("sent", 1, None), ("queued", 0, None)]


async def test_where_the_journal_is_lost_letters_are_in_doubt(readers):
    await office(readers).claim(MINE, 10, NOW)

    tally = await office(readers).recover(MINE, [], trusted=False, now=NOW)

    assert tally == Tally(later=2)
    assert await rows(readers) == [("queued", 1, None)] * 2


async def test_letters_whose_lease_is_over_are_settled_once_it_was_seen_twice(readers):
    await office(readers).claim(MINE, 10, NOW)
    heir, late = office(readers), NOW + LEASE + timedelta(minutes=1)

    assert await heir.abandoned(NOW, twice=False) == Tally()
    assert await heir.abandoned(late, twice=True) == Tally()
    assert await heir.abandoned(late, twice=True) == Tally(later=2)
    assert await rows(readers) == [("queued", 1, None)] * 2


async def test_who_renews_keeps_them(readers):
    post, late = office(readers), NOW + LEASE + timedelta(minutes=1)
    await post.claim(MINE, 10, NOW)
    await post.renew(MINE, NOW + timedelta(minutes=20))

    assert await office(readers).abandoned(late, twice=False) == Tally()
    assert await rows(readers) == [("sending", 1, MINE.hex)] * 2


async def test_what_is_given_back_is_claimed_by_the_next(readers):
    post = office(readers)
    some = (await post.claim(MINE, 10, NOW)).ready

    await post.give_back(MINE, some, None, NOW)

    assert len((await office(readers).claim(HEIRS, 10, NOW)).ready) == 2
    assert await rows(readers) == [("sending", 1, HEIRS.hex)] * 2


class Deaf:
    """A store whose answers we do not hear while ``deaf``, though all is kept."""

    def __init__(self, store):
        self._store = store
        self.deaf = False

    async def write(self, change, *args):
        answer = await self._store.write(change, *args)
        if self.deaf:
            raise Temporary("the server was started anew")
        return answer

    async def read(self, question, *args):
        return await self._store.read(question, *args)


async def test_what_was_given_back_unheard_is_not_taken_from_the_next(readers):
    store = Deaf(readers)
    post = office(store)
    some = (await post.claim(MINE, 10, NOW)).ready
    store.deaf = True
    with pytest.raises(Temporary):
        await post.give_back(MINE, some, None, NOW)
    await office(readers).claim(HEIRS, 10, NOW + timedelta(seconds=1))

    store.deaf = False
    await post.give_back(MINE, some, None, NOW)

    assert await rows(readers) == [("sending", 1, HEIRS.hex)] * 2


async def test_people_are_blamed_in_the_order_of_their_ids(readers):
    blamed = []
    post = office(readers, blame=lambda tx, ref, *_: blamed.append(ref.id))
    claimed = {one.ref: one for one in (await post.claim(MINE, 10, NOW)).ready}
    asked = select(letters.c.id).order_by(letters.c.subscriber)
    ids = await readers.read(lambda tx: tx.execute(asked).scalars().all())
    some = [claimed[-id_] for id_ in ids]
    box, refused = Box(), Refused(550, "5.1.1", "No such user", Stage.RCPT)
    box.rest = [(one, refused, "main") for one in reversed(some)]

    await post.settle(MINE, box, NOW)

    assert blamed == ids
