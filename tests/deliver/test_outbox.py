"""Every delivery ends in a state with a reason, whatever happens to it and in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import outbox
from digest.deliver.outbox import Consequence, NotNow, WhenInDoubt
from digest.deliver.outcome import Accepted, Deferred, InDoubt, Outcome, Refused, Stage
from digest.delivery import Delivery, DeliveryId, Skip, State
from tests.builders import NOW

LEASE = timedelta(minutes=5)
LATER = Deferred(451, "4.3.0", "later", Stage.END)
dices = st.floats(0, 1, exclude_max=True)
codes = st.sampled_from(["", "5.1.1", "5.1.7", "5.2.2", "5.3.4", "5.6.7", "5.7.1"])
outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.just(Accepted(250, "2.0.0", "queued")),
    st.just(LATER),
    st.builds(Refused, st.just(550), codes, st.just("no"), st.sampled_from(Stage)),
    st.just(InDoubt("lost")),
)


def a_delivery(**given: Any) -> Delivery:
    defaults: dict[str, Any] = {
        "id": DeliveryId(7),
        "enrolled_at": NOW,
        "due_at": NOW,
        "expires_at": NOW + timedelta(hours=20),
    }
    return Delivery(**{**defaults, **given})


def claimed(**given: Any) -> Delivery:
    return outbox.claim(a_delivery(**given), lease=LEASE, now=NOW, unless=None)


def test_a_claim_is_counted_and_leased():
    assert claimed() == a_delivery(
        state=State.SENDING, attempts=1, claimed_at=NOW, lease_until=NOW + LEASE
    )


@pytest.mark.parametrize("reason", [Skip.LEFT, Skip.PAUSED, Skip.BOUNCED, Skip.SUPPRESSED])
def test_who_may_not_be_written_to_any_more_is_skipped_at_the_claim(reason):
    after = outbox.claim(a_delivery(), lease=LEASE, now=NOW, unless=reason)

    assert after == a_delivery(state=State.SKIPPED, skip=reason, settled_at=NOW)


def test_yesterdays_paper_is_not_delivered_tomorrow():
    after = outbox.claim(a_delivery(expires_at=NOW), lease=LEASE, now=NOW, unless=None)

    assert after == a_delivery(expires_at=NOW, state=State.SKIPPED, skip=Skip.STALE, settled_at=NOW)


def test_an_accepted_message_is_sent():
    after = outbox.settle(claimed(), Accepted(250, "2.0.0", "queued as 7F3A"), NOW, 0.5)

    assert after.delivery == a_delivery(
        state=State.SENT,
        attempts=1,
        claimed_at=NOW,
        settled_at=NOW,
        code=250,
        enhanced="2.0.0",
        text="queued as 7F3A",
    )
    assert after.consequence is Consequence.NONE


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 4), (3, 16), (4, 64), (5, 240), (6, 240), (10**6, 240)]
)
def test_each_wait_is_four_times_the_last_from_a_minute_to_four_hours(attempts, minutes):
    assert outbox.delay(attempts, 0.5) == timedelta(minutes=minutes)


def test_a_wait_is_a_quarter_shorter_to_a_quarter_longer():
    assert outbox.delay(3, 0.0) == timedelta(minutes=12)
    assert outbox.delay(3, 0.75) == timedelta(minutes=18)


@given(st.integers(1, 40), dices, dices)
def test_waits_are_spread_but_stay_within_their_bounds(attempts, one, other):
    low, high = sorted((one, other))
    assert timedelta(minutes=1) <= outbox.delay(attempts, low) <= outbox.delay(attempts, high)
    assert outbox.delay(attempts, high) <= timedelta(hours=4)


def test_a_deferred_message_waits_and_keeps_the_relays_words():
    after = outbox.settle(claimed(), LATER, NOW, 0.5).delivery

    assert (after.state, after.next_attempt_at) == (State.QUEUED, NOW + timedelta(minutes=1))
    assert (after.code, after.enhanced, after.text) == (451, "4.3.0", "later")
    assert (after.lease_until, after.settled_at) == (None, None)


@pytest.mark.parametrize("outcome", [LATER, InDoubt("lost")])
def test_what_would_be_retried_after_it_expires_is_stale(outcome):
    soon = claimed(expires_at=NOW + timedelta(seconds=60))

    after = outbox.settle(soon, outcome, NOW, 0.5).delivery

    assert (after.state, after.skip, after.settled_at) == (State.SKIPPED, Skip.STALE, NOW)


@pytest.mark.parametrize(
    ("enhanced", "stage", "expected"),
    [
        ("5.1.1", Stage.RCPT, Consequence.BOUNCE),
        ("5.1.2", Stage.END, Consequence.BOUNCE),
        ("5.1.10", Stage.RCPT, Consequence.BOUNCE),
        ("5.1.8", Stage.RCPT, Consequence.PAUSE_RELAY),  # the sender's domain
        ("5.1.90", Stage.RCPT, Consequence.PAUSE_RELAY),  # our recipients of the day
        ("5.7.1", Stage.RCPT, Consequence.PAUSE_RELAY),
        ("5.7.26", Stage.END, Consequence.PAUSE_RELAY),
        ("", Stage.MAIL, Consequence.PAUSE_RELAY),
        ("5.2.2", Stage.RCPT, Consequence.COUNT),
        ("", Stage.RCPT, Consequence.COUNT),
        ("5.3.4", Stage.MAIL, Consequence.NONE),
        ("5.6.7", Stage.RCPT, Consequence.NONE),
    ],
)
def test_a_5xx_fails_and_its_consequence_meets_whose_fault_it_is(enhanced, stage, expected):
    after = outbox.settle(claimed(), Refused(550, enhanced, "no", stage), NOW, 0.5)

    assert (after.delivery.state, after.consequence) == (State.FAILED, expected)
    said = after.delivery.code, after.delivery.enhanced, after.delivery.text
    assert said == (550, enhanced, "no")


def test_the_code_at_its_place_counts_before_one_in_the_words():
    full = Refused(550, "5.2.2", "mailbox full, so 5.1.1 is said, too", Stage.RCPT)

    assert outbox.consequence(full) is Consequence.COUNT


def test_what_never_left_is_queued_again_and_was_no_attempt():
    until = NOW + timedelta(minutes=3)

    assert outbox.unclaim(claimed()) == a_delivery()
    assert outbox.unclaim(claimed(), until) == a_delivery(next_attempt_at=until)


def test_a_message_in_doubt_is_sent_again_or_held_as_the_operator_wants():
    lost = InDoubt("connection lost")

    again = outbox.settle(claimed(), lost, NOW, 0.5)
    before = replace(claimed(), code=451, enhanced="4.3.0", text="later")
    held = outbox.settle(before, lost, NOW, 0.5, in_doubt=WhenInDoubt.HOLD)

    assert again.delivery.state is State.QUEUED
    assert (held.delivery.state, held.delivery.settled_at) == (State.HELD, NOW)
    said = held.delivery.code, held.delivery.enhanced, held.delivery.text
    assert said == (0, "", "connection lost")


@pytest.mark.parametrize("state", [s for s in State if s is not State.SENDING])
def test_only_what_is_being_sent_can_be_settled(state):
    with pytest.raises(NotNow):
        outbox.settle(a_delivery(state=state), LATER, NOW, 0.5)


@given(st.lists(st.tuples(outcomes, dices), min_size=40, max_size=40), st.sampled_from(WhenInDoubt))
def test_whatever_relays_say_it_ends_before_it_expires_and_says_why(story, policy):
    delivery, now = a_delivery(), NOW
    for outcome, dice in story:
        delivery = outbox.claim(delivery, lease=LEASE, now=now, unless=None)
        if delivery.state is State.SENDING:
            delivery = outbox.settle(delivery, outcome, now, dice, in_doubt=policy).delivery
        assert (delivery.state is State.SKIPPED) == (delivery.skip is not None)
        if delivery.state is not State.QUEUED:
            break
        assert delivery.next_attempt_at is not None
        assert now < delivery.next_attempt_at < delivery.expires_at
        now = delivery.next_attempt_at

    assert delivery.state in {State.SENT, State.FAILED, State.SKIPPED, State.HELD}
    assert delivery.settled_at == now
    assert replace(delivery, settled_at=None) != delivery
