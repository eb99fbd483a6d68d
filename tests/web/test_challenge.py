from __future__ import annotations

import base64
import json
from datetime import timedelta

import altcha
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.web.challenge import (
    MOST_CHARACTERS,
    PROOF_LIFE,
    STAMP_LIFE,
    Challenger,
    Verdict,
)
from digest.web.limits import Spent
from tests.builders import NOW

KEY, OLD = b"n" * 32, b"o" * 32
SOON = NOW + timedelta(seconds=3)


def challenger(*ring: bytes) -> Challenger:
    return Challenger(ring or (KEY,), 1, timedelta(seconds=2), Spent())


def solve(challenge: dict) -> str:
    read = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(read)
    assert solution
    return altcha.Payload(read, solution).to_base64()


def respelled(payload: str, **parameters: object) -> str:
    read = json.loads(base64.b64decode(payload))
    read["challenge"]["parameters"].update(parameters)
    return base64.b64encode(json.dumps(read, indent=1).encode()).decode()


def test_a_proof_serves_once_however_it_is_spelled():
    desk = challenger()
    payload = solve(desk.challenge(NOW))

    assert desk.is_solved(payload, SOON)
    assert not desk.is_solved(payload, SOON)
    assert not desk.is_solved(respelled(payload), SOON)


def test_everybody_has_a_proof_of_their_own_signed_with_the_newest_key():
    desk = challenger(KEY, OLD)

    proofs = [solve(desk.challenge(NOW)) for _ in range(2)]

    assert [desk.is_solved(one, SOON) for one in proofs] == [True, True]
    assert challenger(KEY).is_solved(proofs[0], SOON)


def test_a_proof_is_too_late_when_its_time_is_over_and_cannot_be_given_more():
    desk = challenger()
    payload = solve(desk.challenge(NOW))
    late = NOW + PROOF_LIFE + timedelta(seconds=1)

    assert not desk.is_solved(payload, late)
    assert not desk.is_solved(respelled(payload, data={"until": late.timestamp() + 60}), late)


def test_a_proof_for_an_easier_challenge_is_none():
    desk = challenger()
    payload = solve(desk.challenge(NOW))

    assert not desk.is_solved(respelled(payload, keyPrefix=""), SOON)


@pytest.mark.parametrize("wrong", [{"counter": -1}, {"derivedKey": "00" * 32}])
def test_a_challenge_of_ours_that_nobody_worked_for_is_none(wrong):
    desk = challenger()
    read = json.loads(base64.b64decode(solve(desk.challenge(NOW))))
    read["solution"].update(wrong)
    payload = base64.b64encode(json.dumps(read).encode()).decode()

    assert not desk.is_solved(payload, SOON)


def test_a_proof_with_much_beside_it_is_not_even_read():
    desk = challenger()
    payload = solve(desk.challenge(NOW))

    assert not desk.is_solved(respelled(payload) + " " * MOST_CHARACTERS, SOON)
    assert desk.is_solved(payload, SOON)


def test_the_old_key_still_verifies_and_a_foreign_one_does_not():
    payload, stamp = solve(challenger(OLD).challenge(NOW)), challenger(OLD).stamp(NOW)

    assert challenger(KEY, OLD).is_solved(payload, SOON)
    assert challenger(KEY, OLD).weigh(stamp, SOON) is Verdict.GOOD
    assert not challenger(KEY).is_solved(payload, SOON)
    assert challenger(KEY).weigh(stamp, SOON) is Verdict.STALE


@given(st.one_of(st.text(), st.binary().map(lambda b: base64.b64encode(b).decode()), st.recursive(
    st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(
        st.sampled_from(["challenge", "solution", "parameters", "data", "until", "signature"]), x
    )).map(lambda x: base64.b64encode(json.dumps(x).encode()).decode())))  # fmt: skip
def test_nonsense_solves_nothing_and_breaks_nothing(payload: str):
    assert not challenger().is_solved(payload, SOON)
    assert challenger().weigh(payload, SOON) is Verdict.STALE


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (timedelta(seconds=1), Verdict.EARLY),
        (timedelta(seconds=2), Verdict.GOOD),
        (STAMP_LIFE, Verdict.GOOD),
        (STAMP_LIFE + timedelta(seconds=1), Verdict.STALE),
    ],
)
def test_a_stamp_is_good_for_a_while(after: timedelta, verdict: Verdict):
    desk = challenger()

    assert desk.weigh(desk.stamp(NOW), NOW + after) is verdict


def test_an_early_stamp_may_come_again_and_a_good_one_may_not():
    desk = challenger()
    stamp = desk.stamp(NOW)

    found = [desk.weigh(stamp, at) for at in (NOW, SOON, SOON)]

    assert found == [Verdict.EARLY, Verdict.GOOD, Verdict.GOOD]
    assert [desk.use(stamp, SOON) for _ in range(2)] == [True, False]


def test_what_was_spent_is_forgotten_only_when_it_is_over():
    spent = Spent(most=2)
    later = NOW + timedelta(hours=1)

    assert [spent.spend(word, later, NOW) for word in ("a", "b", "a")] == [True, True, False]
    assert not spent.spend("c", later, NOW)
    assert spent.spend("c", later + timedelta(hours=1), later + timedelta(seconds=1))
