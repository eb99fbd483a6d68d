"""The signed envelope sender: read back by whoever has the key, and made by nobody else."""

import string

from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import verp
from digest.deliver.verp import Ref, Sort

RING = (b"the newest key of the ring of tests", b"the key that came before it, kept")
REFS = st.builds(
    Ref,
    sort=st.sampled_from(Sort),
    id=st.integers(0, 2**63 - 1),
    due=st.integers(0, 2**32 - 1),
)


@given(REFS)
def test_what_was_signed_is_read_back_whatever_case_a_relay_folds_it_to(ref):
    address = verp.sender(RING, "bounce.quayside.example", ref)

    for seen in (address, address.upper(), address.title(), f"<{address}>"):
        assert verp.parse(RING, seen) == ref


@given(REFS)
def test_the_address_is_one_that_every_mail_server_takes(ref):
    local, _, domain = verp.sender(RING, "bounce.quayside.example", ref).partition("@")

    assert len(local) <= 64
    assert set(local) <= set(string.ascii_lowercase + string.digits + "+")
    assert domain == "bounce.quayside.example"


def test_an_older_key_still_verifies_and_a_lost_one_does_not():
    ref = Ref(sort=Sort.LETTER, id=7, due=1_795_501_800)
    old = verp.sender(RING[1:], "b.example", ref)

    assert verp.parse(RING, old) == ref
    assert verp.parse(RING[:1], old) is None


@given(REFS, st.integers(8, 54), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_letter_changed_is_about_nothing(ref, at, letter):
    address = verp.sender(RING, "b.example", ref)
    forged = address[:at] + letter + address[at + 1 :]

    # The last letter holds three bits that say nothing: another one may mean the same.
    allowed = (ref,) if forged == address else (ref, None) if at == 54 else (None,)
    assert verp.parse(RING, forged) in allowed


@given(st.text())
def test_no_text_is_about_anything_by_accident(text):
    assert verp.parse(RING, text) is None


def test_a_forged_word_before_the_true_one_hides_nothing():
    ref = Ref(sort=Sort.ISSUE, id=12, due=0)
    true = verp.sender(RING, "b.example", ref)

    assert verp.parse(RING, f"bounces+{'a' * 47}@b.example, {true}") == ref


def test_a_letter_that_only_folds_to_one_of_ours_makes_no_word():
    assert verp.parse(RING, f"bounces+{'a' * 46}\N{KELVIN SIGN}@b.example") is None
