"""RFC 8058: a mailbox may offer one click only where the headers say so, once, and signed."""

import pytest

from digest.deliver import dkim, wayout
from digest.deliver.dkim import Key
from digest.deliver.message import splice
from tests.deliver.test_message import a_person, compiled

KEY = Key(domain="quayside.example", selector="tide", pem=dkim.generate_ed25519())
MESSAGE = splice(compiled(), a_person())


def signed(message):
    return dkim.sign(message, (KEY,), at=1_700_000_000) + message


def test_our_messages_hold_it_signed_and_before_they_are_signed():
    assert wayout.objections(MESSAGE) == []
    assert wayout.objections(signed(MESSAGE)) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"List-Unsubscribe: <https://", b"List-Unsubscribe: <http://", "names no https address"),
        (b"<mailto:", b"<https:", "names no address to write to"),
        (b"List-Unsubscribe: ", b"X-Unsubscribe: ", "it has 0 headers List-Unsubscribe"),
        (b"Unsubscribe-Post: ", b"Unsubscribe-Pots: ", "List-Unsubscribe-Post is not once"),
        (b"=One-Click", b"=Two-Clicks", "List-Unsubscribe-Post is not once"),
        (b"\r\nList-Id:", b"\r\nList-Unsubscribe: <https://b.example/>\r\nList-Id:", "it has 2"),
    ],
)
def test_what_a_mailbox_would_not_trust_is_said(before, after, said):
    assert before in MESSAGE

    (objection,) = wayout.objections(MESSAGE.replace(before, after, 1))

    assert said in objection


def test_a_signature_must_cover_both_headers():
    bare = signed(MESSAGE)

    weak = bare.replace(b":list-unsubscribe-post", b"", 1)

    assert weak != bare
    assert wayout.objections(weak) == [
        "no DKIM signature covers List-Unsubscribe and List-Unsubscribe-Post"
    ]


def test_a_body_that_looks_like_headers_is_no_header():
    body = b"\r\n\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

    assert wayout.objections(b"Subject: x" + body) != []
