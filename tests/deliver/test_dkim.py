"""What we sign others can verify, and a change of one byte shows."""

from __future__ import annotations

import itertools
import pickle

import dkim as verifier
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.deliver import dkim
from digest.deliver.dkim import Body, Key, Shared
from digest.deliver.message import splice
from digest.errors import Misconfigured
from tests.deliver.test_message import a_person, compiled

AT = 1_700_000_000  # the verifier looks at the clock: a time long past
RSA = Key(domain="quayside.example", selector="tide", pem=dkim.generate_rsa())
ED = Key(domain="quayside.example", selector="ebb", pem=dkim.generate_ed25519())
MESSAGE = (
    b"From: The Quayside <digest@quayside.example>\r\nTo: ada@example.org\r\n"
    b"Subject: The lock gates\r\n  swing \t again\r\nDate: Tue, 24 Nov 2026 06:30:00 +0000\r\n"
    b"Message-ID: <a@quayside.example>\r\n\r\nBarges  are back. \t\r\n\r\n  Two lines.\r\n\r\n\r\n"
)
bodies = st.text(st.sampled_from("ab \t.\u00e9"), max_size=30)


def verified(message: bytes, *, place: int = 0) -> bool:
    records = {f"{name}.".encode(): text.encode() for name, text in map(dkim.record, (RSA, ED))}
    proof = verifier.DKIM(message)
    try:
        return bool(proof.verify(idx=place, dnsfunc=lambda name, timeout=5: records.get(name)))
    except verifier.ValidationError:
        return False


def signed(message: bytes = MESSAGE, body: Body = Body.RELAXED, *keys: Key) -> bytes:
    return dkim.sign(message, keys or (RSA,), at=AT, body=body) + message


@pytest.mark.parametrize("body", list(Body))
@pytest.mark.parametrize("key", [RSA, ED], ids=["rsa", "ed25519"])
def test_a_signature_verifies(body, key):
    assert verified(signed(MESSAGE, body, key))


@pytest.mark.parametrize("body", list(Body))
def test_a_message_of_ours_verifies_with_both_signatures(body):
    message = signed(splice(compiled(), a_person()), body, RSA, ED)

    assert verified(message, place=0)
    assert verified(message, place=1)


@pytest.mark.parametrize("body", list(Body))
@given(st.lists(bodies, max_size=6))
@settings(max_examples=60, deadline=None)
def test_blanks_and_empty_lines_are_canonical_as_the_rfc_says(body, lines):
    text = "".join(f"{line}\r\n" for line in lines)  # as SMTP demands
    message = MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + text.encode()

    assert verified(signed(message, body, ED))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Barges", b"Badges"),
        (b"lock gates", b"luck gates"),
        (b"ada@", b"eve@"),
        (b"From: The", b"From: Eve <eve@evil.example>\r\nFrom: The"),
        (b"Subject: The", b"Subject: Win\r\nSubject: The"),
    ],
)
@pytest.mark.parametrize("body", list(Body))
def test_a_change_shows(body, old, new):
    assert not verified(signed(body=body).replace(old, new, 1))


def test_relaxed_forgives_blanks_and_simple_does_not():
    def changed(body: Body) -> bytes:
        return signed(body=body).replace(b"Barges  are", b"Barges are")

    assert (verified(changed(Body.RELAXED)), verified(changed(Body.SIMPLE))) == (True, False)


@pytest.mark.parametrize("body", list(Body))
@given(st.text("ab \t\r\n", max_size=40), st.lists(st.integers(0, 300), max_size=6))
@settings(max_examples=200, deadline=None)
def test_a_message_in_parts_has_the_signature_of_the_whole(body, tail, cuts):
    whole = MESSAGE + tail.encode()
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    parts = [whole[a:b] for a, b in itertools.pairwise(places)]

    assert dkim.sign(parts, [ED], at=AT, body=body) == dkim.sign(whole, [ED], at=AT, body=body)


def test_a_shared_prefix_gives_the_same_signature_and_is_no_promise():
    body = MESSAGE.partition(b"\r\n\r\n")[2]
    plain = dkim.sign(MESSAGE, [RSA], at=AT, body=Body.SIMPLE)

    for prefix in (b"", body[:12], body[:21], body, b"other"):
        shared = Shared(prefix)
        assert dkim.sign(MESSAGE, [RSA], at=AT, body=Body.SIMPLE, shared=shared) == plain


def test_no_line_of_the_signature_is_too_long():
    lines = dkim.sign(MESSAGE, [RSA, ED], at=AT).split(b"\r\n")

    assert max(map(len, lines)) <= 100
    assert all(line.startswith((b"DKIM-Signature: ", b" ")) for line in lines if line)


def test_a_key_travels_to_a_process_and_stays_out_of_sight():
    assert pickle.loads(pickle.dumps(RSA)) == RSA
    assert "PRIVATE" not in repr(RSA)


def test_a_key_that_cannot_sign_is_the_operators_to_mend():
    weak = generate_private_key(65537, 1024).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    with pytest.raises(Misconfigured, match=r"'tide' of q\.example must be RSA of 2048 bits"):
        dkim.sign(MESSAGE, [Key(domain="q.example", selector="tide", pem=weak)], at=AT)
    with pytest.raises(Misconfigured, match="is no private key in PEM"):
        dkim.sign(MESSAGE, [Key(domain="q.example", selector="tide", pem=b"no")], at=AT)
