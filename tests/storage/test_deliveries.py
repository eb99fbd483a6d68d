"""The ledger: whoever claims a row has it alone, and only they may say what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain, count

import pytest
from sqlalchemy import delete, update

from digest.delivery import NOBODY, Claimed, Delivery, DeliveryId, Skip, State
from digest.storage import claiming, claims
from digest.storage import deliveries as ledger
from digest.storage.claiming import Claim
from digest.storage.postal import deliveries
from digest.storage.schema import issues, subscribers, subscriptions
from subscribers.model import Standing, Status
from tests.builders import NOW
from tests.storage.ledger import LIFE, ids, released, rows
from tests.storage.ledger import claim as ledger_claim

MINE, THEIRS = "a" * 32, "b" * 32


def claim(tx, *, lease=MINE, **given) -> Claim:
    """What was claimed in one go, all together."""
    found = ledger_claim(tx, lease, **given)
    columns = zip(*(part.taken for part in found), strict=True)
    return Claim(
        taken=Claimed(*(list(chain(*column)) for column in columns)) if found else NOBODY,
        skipped=dict(sum((Counter(part.skipped) for part in found), Counter())),
        seen=sum(part.seen for part in found),
    )


async def test_a_claim_brings_the_person_as_they_are_and_is_held_until_its_lease_ends(store):
    def story(tx):
        released(tx, "ada")
        return claim(tx), rows(tx, "state", "attempts", "lease", "lease_until")

    found, after = await store.write(story)

    (one,) = zip(*found.taken[1:], strict=True)
    assert one == ("ada", "en", "ada@example.org", "Ada", NOW)
    assert (found.skipped, found.seen) == ({}, 1)
    assert after == {"ada": ("sending", 0, MINE, NOW + timedelta(minutes=30))}


async def test_a_row_is_claimed_once_and_no_more_than_were_asked_for(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger")
        return [claim(tx, lease=lease, limit=2).taken.subscribers for lease in (MINE, THEIRS, MINE)]

    first, second, third = await store.write(story)

    assert (len(first), len(second), len(third)) == (2, 1, 0)
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
        assert len(found.taken.ids) == 2
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


async def test_what_was_sent_is_kept_once_with_when_it_was_claimed(store):
    later = NOW + timedelta(minutes=4)

    def story(tx):
        released(tx, "ada", "grace")
        taken = claim(tx, limit=1).taken
        said = dict.fromkeys(taken.ids, "queued as 7F")
        [number] = claims.alive(tx, MINE)
        keep = partial(ledger.accepted, tx, enhanced="2.0.0", relay="main")
        counts = [
            keep(lease, of, texts, at=at)
            for lease, of, texts, at in (
                (THEIRS, number, said, NOW),
                (MINE, number + 1, said, NOW),
                (MINE, number, said, later),
                (MINE, number, said, NOW),
                (MINE, number, {}, NOW),
            )
        ]
        return counts, rows(tx, "state", "attempts", "code", "text", "claimed_at", "settled_at")

    counts, after = await store.write(story)

    assert counts == [0, 0, 1, 0, 0]
    assert after == {
        "ada": ("sent", 1, 250, "queued as 7F", NOW, later),
        "grace": ("queued", 0, None, None, None, None),
    }


async def test_who_has_lost_a_claim_holds_nothing_of_it(store):
    def story(tx):
        released(tx, "ada", "grace")
        claim(tx)
        known = list(ids(tx).values())
        before = len(claims.held(tx, MINE)), len(claims.held(tx, MINE, known[:1]))
        claims.end(tx, MINE)
        claim(tx, lease=THEIRS)
        return before, claims.held(tx, MINE), claims.held(tx, MINE, known), claims.alive(tx, MINE)

    assert await store.write(story) == ((2, 1), [], [], [])


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
        ledger.settle(tx, [(one, "main") for one in after])
        ledger.settle(tx, [])
        return rows(tx, "state", "skip", "code", "text", "next_attempt_at", "settled_at", "lease")

    after = await store.write(story)

    assert after == {
        "ada": ("queued", None, 451, "grey „listed“", later, None, None),
        "grace": ("failed", None, 550, "no", NOW, later, None),
        "edsger": ("skipped", "stale", 0, "", NOW, later, None),
    }


async def test_what_never_left_waits_until_then_and_was_no_attempt(store):
    then = NOW + timedelta(minutes=5)

    def story(tx):
        released(tx, "ada", "grace", "edsger")
        taken = claim(tx, limit=2).taken
        first = taken.ids[0]
        claim(tx, lease=THEIRS)
        ledger.put_off(tx, [first], then)
        ledger.put_off(tx, [], then)
        held = len(claims.held(tx, MINE, taken.ids))
        found = rows(tx, "state", "attempts", "next_attempt_at", "lease")
        return taken.subscribers[0], held, found

    who, held, after = await store.write(story)

    assert held == 1  # it is no more ours
    assert after.pop(who) == ("queued", 0, then, None)
    assert sorted(after.values()) == [("sending", 0, NOW, MINE), ("sending", 0, NOW, THEIRS)]


async def test_a_claim_that_ends_leaves_what_it_had_as_it_was(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger")
        numbers = count(1)
        claim(tx, limit=1, numbers=numbers)
        claim(tx, limit=1, numbers=numbers)
        claim(tx, lease=THEIRS)
        claims.end(tx, MINE, [2])
        one = sorted(rows(tx, "state", "attempts", "lease").values(), key=str)
        again = claim(tx, limit=9, numbers=numbers).taken.ids
        claims.end(tx, MINE)
        return one, again, sorted(rows(tx, "state", "lease").values(), key=str)

    one, again, all_ = await store.write(story)

    assert one == [("queued", 0, None), ("sending", 0, MINE), ("sending", 0, THEIRS)]
    assert len(again) == 1
    assert all_ == [("queued", None), ("queued", None), ("sending", THEIRS)]


async def test_what_nobody_can_send_expires_and_the_rest_waits(store):
    def story(tx):
        released(tx, "ada", "grace")
        tx.execute(
            update(deliveries).where(deliveries.c.subscriber == "ada").values(expires_at=NOW)
        )
        first, second = claiming.expired(tx, 1, NOW), claiming.expired(tx, 1, NOW)
        return first, second, rows(tx, "state", "skip")

    first, second, after = await store.write(story)

    assert first == Claim(skipped={Skip.STALE: 1}, seen=1)
    assert second.seen == 0
    assert after == {"ada": ("skipped", "stale"), "grace": ("queued", None)}


async def test_thousands_are_claimed_and_settled_in_one_go(store):
    names = [f"r{n:04}" for n in range(1_200)]

    def story(tx):
        released(tx, *names)
        taken = claim(tx, limit=5_000).taken
        said = {id_: f"queued as {id_}" for id_ in taken.ids}
        [number] = claims.alive(tx, MINE)
        kept = ledger.accepted(tx, MINE, number, said, enhanced="", relay="main", at=NOW)
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
        return len(claim(tx).taken.ids)

    assert await store.write(story) == 1
