"""The ledger: whoever claims a row has it alone, and only they may say what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete, update

from digest.delivery import Delivery, DeliveryId, Skip, State
from digest.storage import deliveries as ledger
from digest.storage.deliveries import Claim
from digest.storage.postal import deliveries
from digest.storage.schema import issues, subscribers, subscriptions
from subscribers.model import Standing, Status
from tests.builders import NOW
from tests.storage.ledger import LIFE, released, rows

MINE, THEIRS = "a" * 32, "b" * 32


def claim(tx, *, lease=MINE, now=NOW, limit=10, issue=1) -> Claim:
    until = now + timedelta(minutes=30)
    return ledger.claim(tx, issue, lease=lease, until=until, now=now, limit=limit)


def ids(tx) -> dict[str, DeliveryId]:
    return {name: DeliveryId(id_) for name, id_ in rows(tx, "id").items()}


async def test_a_claim_brings_the_person_as_they_are_and_marks_the_row(store):
    def story(tx):
        released(tx, "ada")
        return claim(tx), rows(tx, "state", "attempts", "lease", "lease_until", "claimed_at")

    found, after = await store.write(story)

    (one,) = found.taken
    assert (one.subscriber, one.address, one.name) == ("ada", "ada@example.org", "Ada")
    assert (one.attempts, one.due_at, one.expires_at) == (1, NOW, NOW + LIFE)
    assert (found.skipped, found.seen) == ({}, 1)
    assert after == {"ada": ("sending", 1, MINE, NOW + timedelta(minutes=30), NOW)}


async def test_a_row_is_claimed_once_and_no_more_than_were_asked_for(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger")
        return [
            [one.subscriber for one in claim(tx, lease=lease, limit=2).taken]
            for lease in (MINE, THEIRS, MINE)
        ]

    first, second, third = await store.write(story)

    assert (len(first), len(second), third) == (2, 1, [])
    assert {*first, *second} == {"ada", "grace", "edsger"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "left"}, Skip.LEFT),
        ({"status": "pending"}, Skip.LEFT),
        ({"status": "paused", "paused_until": NOW + timedelta(days=1)}, Skip.PAUSED),
        ({"status": "paused", "paused_until": NOW}, None),
        ({"standing": Standing.BOUNCED.value}, Skip.BOUNCED),
        ({"standing": Standing.COMPLAINED.value}, Skip.SUPPRESSED),
        ({"standing": Standing.ERASED.value}, Skip.SUPPRESSED),
    ],
)
async def test_consent_is_read_again_when_it_is_claimed(store, change, reason):
    table = subscribers if "standing" in change else subscriptions

    def story(tx):
        released(tx, "ada", "grace")
        key = table.c.id if table is subscribers else table.c.subscriber
        tx.execute(update(table).where(key == "ada").values(change))
        return claim(tx), rows(tx, "state", "skip", "settled_at")

    found, after = await store.write(story)

    assert after["grace"] == ("sending", None, None)
    if reason is None:
        assert len(found.taken) == 2
    else:
        assert found.skipped == {reason: 1}
        assert after["ada"] == ("skipped", reason.value, NOW)


async def test_who_was_erased_is_skipped_and_no_other_newsletter_counts(store):
    def story(tx):
        released(tx, "ada", "grace")
        tx.execute(delete(subscribers).where(subscribers.c.id == "ada"))
        tx.execute(update(subscriptions).values(newsletter="weekly"))
        return claim(tx).skipped

    assert await store.write(story) == {Skip.LEFT: 2}


async def test_what_is_not_due_waits_what_is_too_late_is_skipped_and_paused_issues_rest(store):
    def story(tx):
        released(tx, "ada")
        before = claim(tx, now=NOW - timedelta(seconds=1)).seen
        tx.execute(update(issues).values(state="paused"))
        paused = claim(tx).seen
        tx.execute(update(issues).values(state="released"))
        return before, paused, claim(tx, now=NOW + LIFE).skipped

    assert await store.write(story) == (0, 0, {Skip.STALE: 1})


async def test_only_who_claimed_it_may_say_that_it_was_sent(store):
    def story(tx):
        released(tx, "ada", "grace")
        claim(tx, limit=1)
        claim(tx, lease=THEIRS)
        keep = partial(ledger.accepted, tx, MINE, enhanced="2.0.0", relay="main", at=NOW)
        said = dict.fromkeys(ids(tx).values(), "queued as 7F")
        mine, again, none = keep(said), keep(said), keep({})
        return (mine, again, none), sorted(rows(tx, "state", "code", "relay", "lease").values())

    counts, after = await store.write(story)

    assert counts == (1, 0, 0)
    assert after == [("sending", None, None, THEIRS), ("sent", 250, "main", None)]


async def test_what_became_of_it_is_kept_with_code_text_and_times(store):
    later = NOW + timedelta(minutes=4)

    def story(tx):
        released(tx, "ada", "grace", "edsger")
        claim(tx)
        known = ids(tx)
        base = Delivery(id=DeliveryId(0), enrolled_at=NOW, due_at=NOW, expires_at=NOW + LIFE)
        after = [
            replace(
                base, id=known["ada"], state=State.QUEUED, code=451, enhanced="4.7.0",
                text="grey „listed“", next_attempt_at=later,
            ),
            replace(
                base, id=known["grace"], state=State.FAILED, code=550, text="no", settled_at=later
            ),
            replace(base, id=known["edsger"], state=State.SKIPPED, skip=Skip.STALE,
                    settled_at=later),
        ]  # fmt: skip
        kept = ledger.settle(tx, MINE, [(one, "main") for one in after])
        again = ledger.settle(tx, MINE, [(one, "main") for one in after])
        return (kept, again, ledger.settle(tx, MINE, [])), rows(
            tx, "state", "skip", "code", "text", "next_attempt_at", "settled_at", "lease"
        )

    counts, after = await store.write(story)

    assert counts == (3, 0, 0)
    assert after == {
        "ada": ("queued", None, 451, "grey „listed“", later, None, None),
        "grace": ("failed", None, 550, "no", NOW, later, None),
        "edsger": ("skipped", "stale", 0, "", NOW, later, None),
    }


async def test_what_never_left_is_given_back_and_was_no_attempt(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger")
        claim(tx, limit=2)
        claim(tx, lease=THEIRS)
        known = ids(tx)
        mine = [name for name, lease in rows(tx, "lease").items() if lease == MINE]
        some = ledger.give_back(tx, MINE, [known[mine[0]]])
        not_mine = ledger.give_back(tx, MINE, list(known.values()))
        rest = ledger.give_back(tx, THEIRS)
        return (some, not_mine, rest), rows(tx, "state", "attempts", "lease")

    counts, after = await store.write(story)

    assert counts == (1, 1, 1)
    assert set(after.values()) == {("queued", 0, None)}


async def test_what_nobody_can_send_expires_and_the_rest_waits(store):
    def story(tx):
        released(tx, "ada", "grace")
        tx.execute(
            update(deliveries).where(deliveries.c.subscriber == "ada").values(expires_at=NOW)
        )
        return ledger.expire(tx, 1, NOW), ledger.expire(tx, 1, NOW), rows(tx, "state", "skip")

    first, second, after = await store.write(story)

    assert first == Claim(taken=(), skipped={Skip.STALE: 1}, seen=1)
    assert second.seen == 0
    assert after == {"ada": ("skipped", "stale"), "grace": ("queued", None)}


async def test_thousands_are_claimed_and_settled_in_one_go(store):
    names = [f"r{n:04}" for n in range(1_200)]

    def story(tx):
        released(tx, *names)
        taken = claim(tx, limit=5_000).taken
        said = {one.id: f"queued as {one.id}" for one in taken}
        kept = ledger.accepted(tx, MINE, said, enhanced="", relay="main", at=NOW)
        return kept, set(rows(tx, "state").values())

    assert await store.write(story) == (1_200, {"sent"})


async def test_a_status_of_the_newsletter_alone_is_asked(store):
    def story(tx):
        released(tx, "ada")
        tx.execute(
            subscriptions.insert().values(
                subscriber="ada", newsletter="weekly", status=Status.LEFT.value, cadence="weekly",
                topics=[],
            )
        )  # fmt: skip
        return len(claim(tx).taken)

    assert await store.write(story) == 1
