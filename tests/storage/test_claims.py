"""Who holds what: by its lease, until it is over, and who comes after settles it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.delivery import State
from digest.storage import claims, deliveries, desk
from digest.storage.database import Store
from tests.builders import NOW
from tests.storage import plans
from tests.storage.ledger import LIFE, claim, ids, released, rows

MINE, THEIRS = "a" * 32, "b" * 32
HALF = timedelta(minutes=30)


async def test_what_is_held_is_found_by_its_lease_and_by_its_end(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger")
        claim(tx, MINE, limit=1)
        claim(tx, MINE, limit=1)
        held = claims.held(tx, MINE)
        soon = claims.over(tx, NOW + HALF - timedelta(seconds=1))
        over = claims.over(tx, NOW + HALF)
        claims.renew(tx, MINE, NOW + LIFE)
        return rows(tx, "id", "lease"), held, soon, over, claims.over(tx, NOW + HALF)

    known, held, soon, over, renewed = await store.write(story)

    mine = sorted(id_ for id_, lease in known.values() if lease == MINE)
    assert sorted(one.id for one in held) == mine
    assert {(one.state, one.attempts, one.claimed_at, one.lease_until) for one in held} == {
        (State.SENDING, 1, NOW, NOW + HALF)
    }
    assert over == {MINE: NOW + HALF}
    assert (soon, renewed) == ({}, {})


async def test_who_comes_after_settles_what_is_told_and_the_rest_was_no_attempt(store):
    then = NOW + timedelta(minutes=9)

    def story(tx):
        released(tx, "ada", "grace", "edsger", "barbara")
        told = claim(tx, MINE, limit=2)[0].taken.ids[0]
        claim(tx, MINE, limit=1)
        claim(tx, THEIRS)

        def becomes(one):
            if one.id != told:
                return None
            return replace(one, state=State.SENT, code=250, settled_at=then)

        after = claims.inherit(tx, MINE, becomes, then)
        twice = claims.inherit(tx, MINE, becomes, then)
        names = {id_: name for name, id_ in ids(tx).items()}
        found = rows(tx, "state", "attempts", "claimed_at", "lease")
        return names[told], after, twice, found

    who, after, twice, found = await store.write(story)

    assert ([one.state for one in after], twice) == ([State.SENT], [])
    assert found.pop(who) == ("sent", 1, NOW, None)
    assert sorted(found.values(), key=str) == [
        ("queued", 0, None, None),
        ("queued", 0, None, None),
        ("sending", 0, None, THEIRS),
    ]


async def test_what_comes_back_of_a_cancelled_issue_will_not_leave_any_more(store):
    def story(tx):
        released(tx, "ada", "grace")
        claim(tx, MINE)
        desk.turn(tx, 1, ("released",), "cancelled")
        gone = desk.cancel_waiting(tx, 1, NOW)
        claims.inherit(tx, MINE, lambda _: None, NOW + HALF)
        return gone, rows(tx, "state", "skip", "settled_at")

    gone, after = await store.write(story)

    assert gone == 0
    assert set(after.values()) == {("skipped", "cancelled", NOW + HALF)}


async def test_what_is_queued_again_behind_all_claims_is_in_none_of_them(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger")
        taken = claim(tx, MINE, limit=2)[0].taken
        claim(tx, THEIRS, now=NOW + HALF)
        behind = claims.behind(tx)
        deliveries.put_off(tx, taken.ids[:1], behind)
        again = claim(tx, THEIRS, now=NOW + HALF)
        return behind, list(taken.ids[:1]), [list(one.taken.ids) for one in again]

    behind, given_back, again = await store.write(story)

    assert behind == NOW + timedelta(microseconds=1)
    assert again == [given_back]


async def test_behind_all_claims_is_behind_the_last_of_them_whoever_has_it(store):
    def story(tx):
        released(tx, "ada", "grace")
        claim(tx, MINE, limit=1)
        [(last, _)] = [one for one in rows(tx, "id", "lease").values() if one[1] is None]
        deliveries.put_off(tx, [last], NOW + HALF)
        claim(tx, THEIRS, now=NOW + HALF)
        return claims.behind(tx)

    assert await store.write(story) == NOW + HALF + timedelta(microseconds=1)


async def test_no_more_are_claimed_than_were_asked_for_though_they_lie_apart(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger", "barbara")
        [first], [second] = claim(tx, MINE, limit=1), claim(tx, MINE, limit=1)
        claims.end(tx, MINE, [first.number])
        again = claim(tx, THEIRS, limit=2)
        return sorted(ids(tx).values()), second, [list(one.taken.ids) for one in again]

    known, second, again = await store.write(story)

    assert list(second.taken.ids) == known[1:2]
    assert again == [known[:1], known[2:3]]


async def test_what_waits_is_found_in_the_order_of_the_queue_so_many_at_a_time(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger", "barbara")
        first, *rest = sorted(ids(tx).values())
        deliveries.put_off(tx, [first], NOW + HALF)
        return first, rest, claims.waiting(tx, 1, 2), claims.waiting(tx, 1, 9)

    first, rest, some, whole = await store.write(story)

    assert (some, whole) == (rest[:2], [*rest, first])


async def test_of_several_moments_each_is_held_once_and_who_comes_to_the_first_is_not(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger", "barbara", due=NOW + LIFE)
        first, *rest = sorted(ids(tx).values())
        for n, id_ in enumerate(rest):
            deliveries.put_off(tx, [id_], NOW + timedelta(seconds=n))
        claim(tx, MINE, now=NOW + HALF)
        deliveries.put_off(tx, [first], NOW)  # behind ours in the same moment, and nobody's
        held = [one.id for one in claims.held(tx, MINE)]
        return rest, held, claims.count(tx, 1), claims.held(tx, MINE, [first])

    mine, held, count, other = await store.write(story)

    assert (held, count, other) == (mine, 3, [])


async def test_what_is_settled_is_held_no_more(store):
    def story(tx):
        released(tx, "ada", "grace")
        gone, stays = claim(tx, MINE)[0].taken.ids
        before = claims.held(tx, MINE, [gone])
        deliveries.settle(tx, [(replace(before[0], state=State.FAILED, settled_at=NOW), "main")])
        asked = claims.held(tx, MINE, [gone, stays])
        return stays, [one.id for one in asked], [one.id for one in claims.held(tx, MINE)]

    stays, asked, whole = await store.write(story)

    assert (asked, whole) == ([stays], [stays])


async def test_of_an_issue_that_was_stopped_each_worker_hears_its_own_claims(store):
    def story(tx):
        released(tx, "ada", "grace")
        mine, theirs = (claim(tx, whose, limit=1)[0].number for whose in (MINE, THEIRS))
        running = claims.stopped(tx, MINE)
        desk.turn(tx, 1, ("released",), "paused")
        return mine, theirs, running, claims.stopped(tx, MINE), claims.stopped(tx, THEIRS)

    mine, theirs, running, ours, others = await store.write(story)

    assert (running, ours, others) == (set(), {mine}, {theirs})


async def test_how_many_are_on_their_way_is_counted_over_all_claims(store):
    def story(tx):
        released(tx, "ada", "grace", "edsger", "barbara")
        before = claims.count(tx, 1)
        claim(tx, MINE, limit=2)
        claim(tx, THEIRS, limit=1)
        return before, claims.count(tx, 1), claims.count(tx, 2)

    assert await store.write(story) == (0, 3, 0)


async def test_what_was_not_accepted_is_found_and_kept_without_walking_the_queue(tmp_path):
    def planned(tx):
        released(tx, "ada", "grace", "edsger")
        ids = claim(tx, MINE)[0].taken.ids[:1]

        def keep(tx):
            held = claims.held(tx, MINE, ids)
            after = [replace(one, state=State.FAILED, settled_at=NOW) for one in held]
            deliveries.settle(tx, [(one, "main") for one in after])
            deliveries.put_off(tx, ids, NOW)

        return [line for line in plans.of(tx, keep).splitlines() if "deliveries" in line]

    store = await Store.open(f"sqlite:///{tmp_path / 'asked.db'}")
    found = await store.write(planned)
    await store.close()

    assert found == ["SEARCH deliveries USING INTEGER PRIMARY KEY (rowid=?)"] * 3
