"""Whom a report proves to be about: in letters beyond ASCII, and in words that people quote."""

import pytest

from digest.deliver.postmark import message_id
from digest.services.feedback import Came
from subscribers import tokens
from subscribers.address import Address
from subscribers.model import Standing
from subscribers.tokens import Purpose
from tests.deliver.returns import RING, returned
from tests.services.test_feedback import (
    ADA,
    a_member,
    an_issue_of,
    hear,
    postmark,
    standing,
)

DINA = Address.parse("дина@пример.example")
UNSIGNED = {"envelope": "bounces@quayside.example"}


@pytest.mark.parametrize(
    "named", ["utf-8; дина@пример.example", r"utf-8; \x{434}ина@пример.example"]
)
async def test_an_address_beyond_ascii_proves_with_its_message_id(store, clock, named):
    who = await a_member(store, clock, DINA)
    made = await an_issue_of(store)
    mine = message_id(postmark(), made, who)
    mail = returned("postfix-unknown", message_id=mine, to="\N{PLACE OF INTEREST SIGN}", **UNSIGNED)
    said = mail.decode().replace("rfc822; \N{PLACE OF INTEREST SIGN}", named)
    mail = said.replace("Original-Recipient: ", "X-Original: ").encode()

    assert await hear(store, clock, mail) == [Came.ACTED]
    assert await standing(store, who) is Standing.BOUNCED


async def test_who_passes_a_strangers_bounce_on_with_an_issue_keeps_their_standing(store, clock):
    who = await a_member(store, clock)
    link = f"daily.{tokens.make(RING[0], Purpose.UNSUBSCRIBE, who, 'daily')}".encode()
    passed = returned("exim-old", to="bob@harbour.example", who=who, **UNSIGNED).replace(
        b"daily.TOKEN", link
    )
    pasted = passed.replace(b"Return-Path: <>", b"Return-Path: <ada@example.org>")
    for name in (
        b"X-Failed-Recipients: bob@harbour.example\r\n",
        b"Auto-Submitted: auto-replied\r\n",
    ):
        pasted = pasted.replace(name, b"")
    pasted = pasted.replace(b"Mailer-Daemon@exim.harbour.example", str(ADA).encode(), 1)
    pasted = pasted.replace(b"Mail Delivery System", b"Ada", 1)

    assert await hear(store, clock, pasted) == [Came.NO_REPORT]
    assert await hear(store, clock, passed) == [Came.UNPROVEN]
    assert await standing(store, who) is Standing.OK
