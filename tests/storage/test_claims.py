"""Who holds what: by its lease, until it is over, and who comes after settles it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.delivery import State
from digest.storage import claims
from tests.builders import NOW
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

        after = claims.inherit(tx, MINE, becomes)
        twice = claims.inherit(tx, MINE, becomes)
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
