"""What is personal is a pure function of issue and subscriber."""

from __future__ import annotations

from typing import Any

import pytest

from digest.deliver.postmark import Postmark, Reader, personal
from digest.errors import Misconfigured
from subscribers import tokens
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose
from tests.builders import NOW, a_newsletter, an_issue

RING = (b"k" * 32, b"old" * 12)


def a_postmark(**given: Any) -> Postmark:
    defaults: dict[str, Any] = {
        "newsletter": a_newsletter(),
        "base_url": "https://quayside.example",
        "unsubscribe_mailbox": "",
        "ring": RING,
    }
    return Postmark(**{**defaults, **given})


ADA = Reader(id=SubscriberId("ada"), address="ada@example.org", name="Ada", due=NOW)


def test_the_links_carry_tokens_that_prove_the_reader_and_nothing_of_the_address() -> None:
    made = personal(a_postmark(), an_issue(), ADA)

    newsletter, _, token = made.unsubscribe_url.rpartition("/")[2].partition(".")
    assert newsletter == "daily"
    assert tokens.proves(RING, token, Purpose.UNSUBSCRIBE, "daily") == ADA.id
    assert tokens.proves(RING, token, Purpose.PREFERENCES, "daily") is None
    assert "example.org" not in made.unsubscribe_url + made.unsubscribe_mail


def test_the_message_id_depends_on_issue_and_subscriber_alone() -> None:
    first = personal(a_postmark(), an_issue(), ADA)
    again = personal(a_postmark(), an_issue(), ADA._replace(name="A.", address="a@b.example"))
    tomorrow = personal(a_postmark(), an_issue(period="2026-11-25"), ADA)
    grace = personal(a_postmark(), an_issue(), ADA._replace(id=SubscriberId("grace")))

    assert first.message_id == again.message_id
    assert len({first.message_id, tomorrow.message_id, grace.message_id}) == 3
    assert first.message_id.endswith("@quayside.example>")


def test_leaving_by_mail_goes_to_the_mailbox_that_is_configured() -> None:
    ours = personal(a_postmark(), an_issue(), ADA)
    theirs = personal(a_postmark(unsubscribe_mailbox="leave@lists.example"), an_issue(), ADA)

    assert ours.unsubscribe_mail.startswith(
        "mailto:unsubscribe@quayside.example?subject=daily.ada."
    )
    assert theirs.unsubscribe_mail.startswith("mailto:leave@lists.example?subject=")


def test_a_sender_without_an_address_is_named() -> None:
    postmark = a_postmark(newsletter=a_newsletter(sender="The Quayside"))

    with pytest.raises(Misconfigured, match="'The Quayside' has no address"):
        personal(postmark, an_issue(), ADA)
