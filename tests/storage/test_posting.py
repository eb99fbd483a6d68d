"""Issues on their way: which have something due, who holds what, what is still to do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from bench.paper import edition
from digest.storage import alerts, claims, posting
from digest.storage import issues as issues_table
from digest.storage.database import Store
from digest.storage.postal import deliveries, tallies
from digest.storage.posting import Stays, Unsent
from digest.storage.schema import issues
from tests.builders import NOW, an_issue
from tests.storage import plans
from tests.storage.ledger import LIFE, released
from tests.storage.ledger import claim as ledger_claim

MINE = "a" * 32
HOUR = timedelta(hours=1)


def claim(tx, limit=10):
    ledger_claim(tx, MINE, limit=limit)


async def test_an_issue_is_due_while_it_is_released_and_has_a_row_that_may_go(store):
    def story(tx):
        released(tx, "ada")
        early = posting.due(tx, NOW - timedelta(seconds=1))
        now = posting.due(tx, NOW)
        tx.execute(update(issues).values(state="paused"))
        paused = posting.due(tx, NOW)
        tx.execute(update(issues).values(state="released"))
        tx.execute(update(deliveries).values(state="sent"))
        return early, now, paused, posting.due(tx, NOW)

    early, now, paused, settled = await store.write(story)

    assert [(one.id, one.newsletter, one.cadence, one.period) for one in now] == [
        (1, "daily", "daily", "2026-11-24")
    ]
    assert (early, paused, settled) == ([], [], [])


async def test_the_oldest_issue_goes_first(store):
    def story(tx):
        released(tx, "ada")
        released(tx, period="2026-11-25")
        tx.execute(
            update(issues).where(issues.c.id == 1).values(released_at=NOW + timedelta(hours=1))
        )
        return [one.id for one in posting.due(tx, NOW)]

    assert await store.write(story) == [2, 1]


async def test_what_is_still_to_do_is_also_on_the_wire_and_only_of_these_newsletters(store):
    def look(tx, *newsletters):
        return (*posting.outlook(tx, newsletters), posting.waiting(tx, newsletters))

    def story(tx):
        released(tx, "ada", "grace")
        claim(tx, 1)
        found = look(tx, "daily", "other")
        others = look(tx, "other"), look(tx)
        claim(tx)
        on_the_wire = look(tx, "daily"), (*posting.outlook(tx), posting.waiting(tx))
        tx.execute(update(deliveries).values(state="sent"))
        claims.end(tx, MINE)
        return found, others, on_the_wire, look(tx, "daily")

    nothing = (False, None, 0)
    assert await store.write(story) == (
        (True, NOW, 2),
        (nothing, nothing),
        ((True, None, 2), (True, None, 2)),
        nothing,
    )


async def test_what_another_holds_is_not_what_may_go_next(store):
    later = NOW + timedelta(hours=2)

    def story(tx):
        released(tx, "ada", "grace", "edsger")
        late = update(deliveries).where(deliveries.c.subscriber == "edsger")
        tx.execute(late.values(next_attempt_at=later))
        claim(tx)
        return posting.outlook(tx), posting.waiting(tx), posting.tally(tx, 1)

    assert await store.write(story) == ((True, later), 3, {"sending": 2, "queued": 1})


async def test_a_look_at_what_is_to_do_walks_no_settled_rows(tmp_path):
    def look(tx):
        posting.outlook(tx, ("daily",))
        posting.waiting(tx, ("daily",))
        posting.due(tx, NOW)
        alerts.seen(tx, NOW)

    def planned(tx):
        released(tx, "ada", "grace")
        return [line for line in plans.of(tx, look).splitlines() if "deliveries" in line]

    store = await Store.open(f"sqlite:///{tmp_path / 'looked.db'}")
    found = await store.write(planned)
    await store.close()

    used = {plan.partition("USING ")[2].partition(" (")[0] for plan in found}
    assert used <= {
        f"{kind}INDEX ix_deliveries_{one}"
        for kind in ("", "COVERING ")
        for one in ("queued", "failed")
    }


@pytest.mark.parametrize("known", [False, True], ids=["new", "analyzed"])
async def test_what_is_due_is_one_look_into_the_queue_of_each_issue(store, known):
    def plan(tx):
        released(tx, *(f"r{n:03}" for n in range(300)))
        tx.execute(update(deliveries).where(deliveries.c.id <= 290).values(state="sent"))
        if known:
            tx.exec_driver_sql("analyze")
        return plans.of(tx, lambda tx: (posting.due(tx, NOW), posting.outlook(tx, ("daily",))))

    found = await store.write(plan)

    assert found.count("ix_deliveries_queued") == 2
    assert not re.search("Seq Scan on deliveries|SCAN deliveries|Join Filter: .issues", found), (
        found
    )


async def test_an_issue_is_tallied_by_state_and_reason(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger")
        for name, values in {
            "ada": {"state": "skipped", "skip": "left"},
            "grace": {"state": "sent"},
        }.items():
            tx.execute(update(deliveries).where(deliveries.c.subscriber == name).values(values))
        return posting.tally(tx, 1), posting.tally(tx, 2)

    assert await store.write(story) == ({"skipped: left": 1, "sent": 1, "queued": 1}, {})


async def test_rows_that_were_rolled_up_count_for_their_own_issue_alone(store):
    def story(tx):
        released(tx, "ada")
        released(tx, period="2026-11-25")
        for issue, state, skip in ((1, "sent", ""), (1, "skipped", "left"), (2, "sent", "")):
            row = {"issue": issue, "state": state, "skip": skip, "count": 4 + issue}
            tx.execute(tallies.insert(), row)
        return posting.tally(tx, 1), posting.tally(tx, 2)

    assert await store.write(story) == (
        {"queued": 1, "sent": 5, "skipped: left": 5},
        {"queued": 1, "sent": 6},
    )


async def test_what_may_go_next_is_the_first_of_all_issues(store):
    def story(tx):
        released(tx, "ada", due=NOW + HOUR)
        released(tx, period="2026-11-25")
        released(tx, period="2026-11-26", due=NOW + 2 * HOUR)
        return posting.outlook(tx)

    assert await store.write(story) == (True, NOW)


async def test_an_issue_is_late_where_something_of_it_waits_that_may_come_too_late(store):
    def story(tx):
        released(tx, "ada")
        released(tx, period="2026-11-25", due=NOW + HOUR)
        looks = [posting.late(tx, NOW + LIFE + timedelta(seconds=n)) for n in (-1, 0)]
        tx.execute(update(issues).where(issues.c.id == 1).values(state="paused"))
        paused = posting.late(tx, NOW + LIFE)
        tx.execute(update(issues).values(state="released"))
        tx.execute(update(deliveries).where(deliveries.c.issue == 1).values(state="sent"))
        return looks, paused, posting.late(tx, NOW + LIFE), posting.late(tx, NOW + HOUR + LIFE)

    assert await store.write(story) == ([[], [1]], [], [], [2])


async def test_what_has_not_left_is_counted_by_issue_and_how_much_of_it_may_go(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger")
        released(tx, period="2026-11-25", due=NOW + HOUR)
        put_off = update(deliveries).where(deliveries.c.id == 1)
        tx.execute(put_off.values(next_attempt_at=NOW + HOUR))
        tx.execute(update(deliveries).where(deliveries.c.id == 2).values(state="sent"))
        both = posting.unsent(tx, NOW)
        tx.execute(update(issues).where(issues.c.id == 2).values(state="paused"))
        return both, posting.unsent(tx, NOW + HOUR)

    both, without_paused = await store.write(story)

    def unsent(issue, period, count, due):
        return Unsent(issue=issue, newsletter="daily", period=period, count=count, due=due)

    assert both == [unsent(1, "2026-11-24", 2, 1), unsent(2, "2026-11-25", 3, 0)]
    assert without_paused == [unsent(1, "2026-11-24", 2, 2)]


async def test_what_nobody_sends_is_paused_or_of_a_newsletter_that_is_gone(store):
    def story(tx):
        released(tx, "ada")
        released(tx, period="2026-11-25")
        released(tx, period="2026-11-26")
        tx.execute(update(issues).where(issues.c.id.in_([1, 3])).values(state="paused"))
        tx.execute(update(deliveries).where(deliveries.c.issue == 3).values(state="sent"))
        return posting.stays(tx, ["daily"]), posting.stays(tx, ["weekly"])

    served, gone = await store.write(story)

    paused = Stays(issue=1, newsletter="daily", paused=True)
    assert served == [paused]
    assert gone == [paused, Stays(issue=2, newsletter="daily", paused=False)]


async def test_an_edition_is_read_as_it_was_frozen(store):
    def story(tx):
        new = issues_table.freeze(
            tx, an_issue(lead=None), (edition(600, 600),), state="released", at=NOW
        )
        issues_table.freeze(
            tx, an_issue(period="2026-11-25", lead=None), (other,), state="released", at=NOW
        )
        return [posting.edition(tx, *one) for one in ((new, "en"), (new, "de"), (new + 1, "en"))]

    other = edition(700, 700)
    assert await store.write(story) == [edition(600, 600), None, other]
