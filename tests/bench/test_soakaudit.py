"""What the soak holds to be explained, and what not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bench.soakaudit import Audit, Member, Row
from bench.soakworld import Sighting
from digest.periods import Turn
from tests.builders import NOW

HOUR = timedelta(hours=1)
TURN = Turn(period="2026-11-24", due=NOW)
END, DOWN = NOW + timedelta(days=9), NOW + timedelta(days=5)
KILLED = 7  # a life, killed when the issue was due
ADA = Member("ada", "daily", NOW - HOUR, None)


def row(state="sent", skip=None, due=NOW):
    return Row(state, skip, due, due + 20 * HOUR, due + HOUR)


def on_the_wire(life, after=0 * HOUR, named="a"):
    return Sighting(named, (NOW + after).timestamp(), life)


def held(delivery, *sent, who=ADA):
    audit = Audit(
        wire={("ada", TURN.period): list(sent)},
        deaths={KILLED: NOW.timestamp()},
        end=END,
        down=DOWN,
    )
    audit.hold(who, TURN, delivery)
    return audit.once, audit.explained.total(), audit.unexplained


ONCE, EXPLAINED, UNEXPLAINED = (1, 0, 0), (0, 1, 0), (0, 0, 1)


@pytest.mark.parametrize(
    ("delivery", "sent", "verdict"),
    [
        (row(), [on_the_wire(1)], ONCE),
        (row(), [on_the_wire(1, -HOUR)], UNEXPLAINED),  # too early
        (row(), [on_the_wire(1, 20 * HOUR)], UNEXPLAINED),  # too late
        (row(), [], UNEXPLAINED),
        (None, [], UNEXPLAINED),
        (None, [on_the_wire(1)], UNEXPLAINED),
        (row("queued"), [], UNEXPLAINED),
        (row("queued", due=END), [], EXPLAINED),
        (row("queued", due=DOWN), [], UNEXPLAINED),  # the relay was back for days
        (row("failed"), [], UNEXPLAINED),
        (row("skipped", "stale"), [], UNEXPLAINED),
        (row("skipped", "stale", due=DOWN - HOUR), [], EXPLAINED),
        (row("skipped", "left"), [], UNEXPLAINED),  # she never did
    ],
)
def test_a_row_is_believed_only_where_what_it_says_is_so(delivery, sent, verdict):
    assert held(delivery, *sent) == verdict


def test_who_left_before_is_explained_and_who_left_after_is_not():
    before = held(row("skipped", "left"), who=ADA._replace(until=NOW + HOUR))
    after = held(row("skipped", "left"), who=ADA._replace(until=NOW + 2 * HOUR))

    assert (before, after) == (EXPLAINED, UNEXPLAINED)


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        ([on_the_wire(KILLED), on_the_wire(8, HOUR)], EXPLAINED),
        ([on_the_wire(KILLED), on_the_wire(8, HOUR, "b")], UNEXPLAINED),  # another Message-ID
        ([on_the_wire(1), on_the_wire(8, HOUR)], UNEXPLAINED),  # nobody was killed
        ([on_the_wire(KILLED, -HOUR), on_the_wire(8)], UNEXPLAINED),  # it was long answered
    ],
)
def test_a_double_is_explained_by_a_kill_that_left_it_in_doubt(sent, verdict):
    assert held(row(), *sent) == verdict


def test_a_kill_leaves_no_more_in_doubt_than_there_are_connections():
    audit = Audit(wire={}, deaths={KILLED: NOW.timestamp()}, end=END, down=DOWN)
    for number in range(5):
        who = ADA._replace(id=str(number))
        audit.wire[who.id, TURN.period] = [on_the_wire(KILLED), on_the_wire(8, HOUR)]
        audit.hold(who, TURN, row())

    assert (audit.explained.total(), audit.unexplained, audit.too_doubtful) == (5, 0, 1)
