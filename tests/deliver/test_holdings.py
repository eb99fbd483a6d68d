"""A claim ends with the last of its deliveries, and not before."""

from __future__ import annotations

from digest.deliver.holdings import Holdings


def test_a_claim_is_over_with_the_last_of_its_deliveries():
    holdings = Holdings()
    holdings.took(1, [10, 11, 12])
    holdings.took(2, [20])

    assert holdings.ending([10, 20]) == [2]
    holdings.settled([10, 20])
    assert set(holdings.numbers) == {1}
    assert holdings.ending([11]) == []
    assert holdings.ending([11, 12]) == [1]
    holdings.settled([11, 12])
    assert set(holdings.numbers) == set()


def test_what_was_said_is_sorted_by_the_claims_and_what_is_unknown_has_none():
    holdings = Holdings()
    holdings.took(1, [10, 11])
    holdings.took(2, [20])

    assert list(holdings.by_claim({10: "a", 11: "b"})) == [(1, {10: "a", 11: "b"})]
    assert dict(holdings.by_claim({10: "a", 20: "b", 99: "c"})) == {
        1: {10: "a"},
        2: {20: "b"},
        0: {99: "c"},
    }
    assert dict(holdings.by_claim({20: "b", 10: "a"})) == {1: {10: "a"}, 2: {20: "b"}}
    assert list(holdings.by_claim({})) == []
    assert (holdings.claim(20), holdings.claim(99)) == (2, 0)


def test_what_is_settled_and_of_no_claim_ends_nobodys():
    holdings = Holdings()
    holdings.took(1, [10])
    holdings.took(2, [20])

    assert holdings.ending([98, 99]) == []
    holdings.settled([98, 99])
    assert set(holdings.numbers) == {1, 2}


def test_what_was_lost_and_claimed_anew_belongs_to_the_new_claim():
    holdings = Holdings()
    holdings.took(1, [10, 11])
    holdings.took(2, [10])

    assert holdings.ending([11]) == [1]
    assert holdings.ending([10]) == [2]
    holdings.settled([10, 11])
    holdings.settled([10])
    assert set(holdings.numbers) == set()


def test_a_claim_whose_last_was_claimed_anew_ends_with_the_next_settlement():
    holdings = Holdings()
    holdings.took(1, [1, 2, 3])
    holdings.settled([3])
    holdings.took(2, [1, 2])

    assert holdings.ending([1]) == [1]
    holdings.settled([1])
    assert set(holdings.numbers) == {2}
