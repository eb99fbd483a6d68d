"""Issues as the operator sees and steers them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from digest.model import NewsletterId
from digest.storage import desk, issues
from digest.storage.postal import deliveries
from digest.storage.schema import subscribers
from tests.builders import NOW
from tests.storage.ledger import claim, released, rows


def set_state(tx, name: str, **values: object) -> None:
    tx.execute(update(deliveries).where(deliveries.c.subscriber == name).values(values))


async def test_issues_are_listed_the_newest_first_and_by_newsletter(store):
    def story(tx):
        released(tx, "ada", "grace")
        released(tx, period="2026-11-25")
        return (
            [(one.id, one.audience, one.state) for one in desk.list_issues(tx, None, 10)],
            [one.id for one in desk.list_issues(tx, "daily", 1)],
            desk.list_issues(tx, "weekly", 10),
            desk.find(tx, 3),
        )

    assert await store.write(story) == ([(2, 2, "released"), (1, 2, "released")], [2], [], None)


async def test_fates_are_those_of_the_states_asked_for_and_an_erased_person_has_no_address(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger")
        set_state(tx, "ada", state="failed", code=550, enhanced="5.1.1", text="nobody")
        set_state(tx, "grace", state="failed", code=554)
        tx.execute(delete(subscribers).where(subscribers.c.id == "grace"))
        found = desk.fates(tx, 1, ("failed",), 10)
        return {one.address: (one.code, one.text) for one in found}, len(
            desk.fates(tx, 1, ("failed", "queued"), 2)
        )

    assert await store.write(story) == ({"ada@example.org": (550, "nobody"), None: (554, None)}, 2)


async def test_an_issue_turns_only_from_the_states_that_were_named(store):
    def story(tx):
        released(tx, "ada")
        return [
            desk.turn(tx, 1, ("paused",), "released"),
            desk.turn(tx, 1, ("released",), "paused"),
            desk.turn(tx, 1, ("released", "paused"), "cancelled"),
            desk.turn(tx, 9, ("released",), "paused"),
        ]

    assert await store.write(story) == [False, True, True, False]


async def test_what_has_not_left_is_cancelled_and_what_is_on_the_wire_is_not(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger", "barbara")
        for name, state in {"ada": "sent", "edsger": "held"}.items():
            set_state(tx, name, state=state)
        set_state(tx, "grace", next_attempt_at=NOW - timedelta(hours=1))
        claim(tx, "a" * 32, limit=1)
        doubt = desk.in_doubt(tx, 1)
        held = [len(doubt), desk.cancel_held(tx, doubt, NOW), len(desk.in_doubt(tx, 1))]
        gone = [desk.cancel_waiting(tx, 1, NOW, limit=1) for _ in range(2)]
        return held, gone, rows(tx, "state", "skip", "settled_at")

    assert await store.write(story) == (
        [1, 1, 0],
        [1, 0],
        {
            "ada": ("sent", None, None),
            "grace": ("sending", None, None),
            "edsger": ("skipped", "cancelled", NOW),
            "barbara": ("skipped", "cancelled", NOW),
        },
    )


async def test_who_bounced_is_not_tried_again_and_stays_among_the_failed(store):
    def story(tx):
        released(tx, "ada", "grace")
        set_state(tx, "ada", state="failed")
        set_state(tx, "grace", state="failed")
        tx.execute(update(subscribers).where(subscribers.c.id == "ada").values(standing="bounced"))
        found = desk.retriable(tx, 1)
        return desk.retry(tx, found, NOW, NOW + timedelta(hours=20)), rows(tx, "state")

    assert await store.write(story) == (1, {"ada": "failed", "grace": "queued"})


async def test_what_failed_or_is_held_is_queued_again_with_a_new_end(store):
    until = NOW + timedelta(hours=20)

    def story(tx):
        released(tx, "ada", "grace", "edsger")
        set_state(tx, "ada", state="failed", settled_at=NOW, code=550)
        set_state(tx, "grace", state="held", settled_at=NOW)
        set_state(tx, "edsger", state="sent", settled_at=NOW)
        count = desk.retry(tx, desk.retriable(tx, 1), NOW, until)
        return count, rows(tx, "state", "settled_at", "expires_at", "code")

    count, after = await store.write(story)

    assert count == 2
    assert after["ada"] == ("queued", None, until, 550)
    assert after["grace"] == ("queued", None, until, None)
    assert after["edsger"][0] == "sent"


@pytest.mark.parametrize(("becomes", "counts"), [("sent", True), ("skipped", False)])
async def test_an_issue_that_was_cancelled_before_anybody_got_it_told_nothing(
    store, becomes, counts
):
    def story(tx):
        released(tx, "ada", "grace")
        desk.turn(tx, 1, ("released",), "cancelled")
        set_state(tx, "ada", state=becomes)
        set_state(tx, "grace", state="skipped")
        return issues.last(tx, NewsletterId("daily"), "daily") is not None

    assert await store.write(story) == counts
