"""A token proves one act for one person."""

import hmac
from base64 import urlsafe_b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from subscribers import tokens
from subscribers.model import SubscriberId
from subscribers.tokens import Mac, Mint, Purpose

ADA = SubscriberId("3f9c1a")
NEW, OLD, FOREIGN = b"new" * 11, b"old" * 11, b"foreign" * 5


def a_token(key=NEW, purpose=Purpose.UNSUBSCRIBE, who=ADA, newsletter="daily"):
    return tokens.make(key, purpose, who, newsletter)


def proves(token, purpose=Purpose.UNSUBSCRIBE, newsletter="daily", ring=(NEW, OLD)):
    return tokens.proves(ring, token, purpose, newsletter)


@pytest.mark.parametrize("key", [NEW, OLD])
def test_every_key_of_the_ring_still_proves(key):
    assert proves(a_token(key)) == ADA


def test_a_foreign_key_proves_nothing():
    assert proves(a_token(FOREIGN)) is None


def test_an_empty_ring_proves_nothing():
    assert proves(a_token(), ring=()) is None


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.UNSUBSCRIBE])
def test_a_token_never_serves_for_another_purpose(purpose):
    assert proves(a_token(), purpose) is None
    assert proves(a_token(purpose=purpose)) is None


def test_a_token_is_bound_to_its_newsletter():
    assert proves(a_token(), newsletter="weekly") is None


@given(st.data())
def test_a_tampered_token_proves_nothing(data):
    token = a_token()
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda c: c != token[at]))

    assert proves(token[:at] + other + token[at + 1 :]) is None


@given(st.integers(0, 200), st.text(max_size=3))
def test_a_truncated_or_lengthened_token_proves_nothing(length, tail):
    changed = a_token()[:length] + tail

    assert proves(changed) == (ADA if changed == a_token() else None)


@given(st.text(max_size=120))
def test_what_was_never_made_proves_nothing(text):
    assert proves(text) is None


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_no_two_acts_share_a_token(who, newsletter, whose, other):
    one = tokens.make(NEW, Purpose.CONFIRM, SubscriberId(who), newsletter).rpartition(".")[2]
    two = tokens.make(NEW, Purpose.CONFIRM, SubscriberId(whose), other).rpartition(".")[2]

    assert (one == two) == ((who, newsletter) == (whose, other))


@given(st.binary(max_size=150), st.binary(max_size=150), st.binary(max_size=150))
@example(b"k" * 64, b"", b"")
@example(b"k" * 65, b"", b"")
def test_a_mac_begun_once_is_the_one_that_everybody_computes(key, beginning, rest):
    whole = hmac.digest(key, beginning + rest, "sha256")
    assert Mac(key, beginning).digests([rest, rest]) == [whole, whole]
    assert Mac(key, beginning).digests([rest], 5) == [whole[:5]]


def test_a_mint_makes_the_same_tokens_one_after_another():
    mint = Mint(NEW, "daily", Purpose.PREFERENCES, Purpose.UNSUBSCRIBE)

    changes, leaves = mint.make([b"3f9c1a", b"77"])
    assert changes[0] == a_token(purpose=Purpose.PREFERENCES).encode()
    assert leaves[0] == a_token().encode()
    assert proves(leaves[1].decode()) == "77"


def test_a_token_of_last_year_still_proves():
    assert proves("3f9c1a.AtnGGCHgbmgS6Nb96dNhCA") == ADA  # of the first version
    assert proves("3f9c1a.AtnGGCHgbmgS6Nb96dNhCA", Purpose.PREFERENCES) is None
    assert (a_token(), a_token(purpose=Purpose.CONFIRM)) == (
        "3f9c1a.BUk-APFmzYetnhe6DTO52g",
        "3f9c1a.tH8cLuw9RQTc3ero8HON2Q",
    )


def test_the_two_links_of_an_issue_are_halves_of_one_mac_and_neither_is_the_other():
    said = b"".join(
        len(part).to_bytes(4, "big") + part for part in (b"2", b"reader", ADA.encode(), b"daily")
    )
    whole = hmac.digest(NEW, said, "sha256")

    for purpose, half in ((Purpose.UNSUBSCRIBE, whole[:16]), (Purpose.PREFERENCES, whole[16:])):
        token = urlsafe_b64encode(half).decode().rstrip("=")
        assert a_token(purpose=purpose) == f"3f9c1a.{token}"
        others = [other for other in Purpose if other is not purpose]
        assert [proves(f"3f9c1a.{token}", other) for other in others] == [None] * len(others)


def test_what_has_no_tokens_shape_claims_nobody():
    assert tokens.claimed(f"\0.{'A' * 22}") is None
    assert tokens.claimed(a_token()) == ADA
