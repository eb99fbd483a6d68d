"""A person and an issue to what is personal in a message: links, tokens, Message-ID. Pure.

Nothing in here knows the time or the dice: the same person and issue give the same bytes in a
rehearsal, in the send, and in a second attempt after a crash.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from digest.deliver import headers, verp
from digest.deliver.message import Letterhead, Personal
from digest.deliver.verp import Ref
from digest.model import Issue, Newsletter
from subscribers import tokens
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose

TRIAL = SubscriberId("trial")  # whom a test of an issue is for: nobody; its links change nothing
ID_BYTES = 20  # of a MAC in a Message-ID: no two ever meet, and the line stays short


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmark:
    """Who sends: the newsletter, where its pages are, and the keys that sign, newest first."""

    newsletter: Newsletter
    base_url: str  # no trailing slash
    unsubscribe_mailbox: str  # empty: unsubscribe@ the sender's domain
    ring: Sequence[bytes]
    bounce_domain: str = ""  # of signed envelope senders; empty: the sender's own address
    id_domain: str | None = None  # of Message-IDs, where it is fixed; None: that of the sender

    def envelope(self, ref: Ref) -> str:
        """The envelope sender of a mail of ours."""
        if self.bounce_domain:
            return verp.sender(self.ring, self.bounce_domain, ref)
        return headers.parsed(self.newsletter.sender)[1]

    @property
    def domain(self) -> str:
        """The domain that sends."""
        return domain_of(self.newsletter)

    def fixed(self, id_domain: str | None) -> Postmark:
        """For an issue that was frozen with a domain: its Message-IDs keep it, whoever sends."""
        return replace(self, id_domain=id_domain)

    @property
    def letterhead(self) -> Letterhead:
        return Letterhead(
            sender=self.newsletter.sender,
            reply_to=self.newsletter.reply_to,
            list_title=self.newsletter.title,
            list_id=f"{self.newsletter.id}.{self.domain}",
        )


def domain_of(newsletter: Newsletter) -> str:
    """The domain that a newsletter is sent by."""
    return headers.parsed(newsletter.sender)[1].rpartition("@")[2]


class Reader(NamedTuple):
    """One person a message goes to, and when it is due (aware)."""

    id: SubscriberId
    address: str
    name: str
    due: datetime


def personal(postmark: Postmark, issue: Issue, reader: Reader) -> Personal:
    """What the reader's message says that no other does."""
    leave = _token(postmark, Purpose.UNSUBSCRIBE, reader.id)
    change = _token(postmark, Purpose.PREFERENCES, reader.id)
    unsubscribe_url = f"{postmark.base_url}/unsubscribe/{leave}"
    mailbox = postmark.unsubscribe_mailbox or f"unsubscribe@{postmark.domain}"
    return Personal(
        to=reader.address,
        name=reader.name,
        message_id=message_id(postmark, issue, reader.id),
        date=reader.due,
        unsubscribe_url=unsubscribe_url,
        unsubscribe_mail=f"mailto:{mailbox}?subject={quote(leave)}",
        slots={
            "unsubscribe_url": unsubscribe_url,
            "preferences_url": f"{postmark.base_url}/preferences/{change}",
            "reader": reader.address,
            "name": reader.name,
        },
    )


def letter_personal(
    postmark: Postmark, letter: int, reader: Reader, *, new_address: str
) -> Personal:
    """What a letter says that no other does: it has an id of its own, and a button's link.

    ``new_address``: the key of the address the letter goes to, where it asks to confirm that: its
    link is bound to it. Nobody knows yet whose that is, so this letter lets nobody leave or choose.
    """
    leave = _token(postmark, Purpose.UNSUBSCRIBE, reader.id)
    change = _token(postmark, Purpose.PREFERENCES, reader.id)
    join = _token(postmark, Purpose.CONFIRM, reader.id)
    move = tokens.make(postmark.ring[0], Purpose.ADDRESS, reader.id, new_address)
    unsubscribe_url = "" if new_address else f"{postmark.base_url}/unsubscribe/{leave}"
    preferences_url = "" if new_address else f"{postmark.base_url}/preferences/{change}"
    mailbox = postmark.unsubscribe_mailbox or f"unsubscribe@{postmark.domain}"
    return Personal(
        to=reader.address,
        name=reader.name,
        message_id=_message_id(postmark, letter_said(letter, reader.due)),
        date=reader.due,
        unsubscribe_url=unsubscribe_url,
        unsubscribe_mail=f"mailto:{mailbox}?subject={quote(leave)}",
        slots={
            "unsubscribe_url": unsubscribe_url,
            # The page of somebody who has left offers to undo it.
            "undo_url": unsubscribe_url,
            "preferences_url": preferences_url,
            "confirm_url": f"{postmark.base_url}/confirm/{join}",
            "address_url": f"{postmark.base_url}/address/{move}",
            "reader": reader.address,
            "name": reader.name,
        },
    )


def message_id(postmark: Postmark, issue: Issue, subscriber: SubscriberId) -> str:
    """``<hex of 20 bytes of HMAC-SHA256(key, newsletter|cadence|period|subscriber) @domain>``.

    A second attempt carries the same one, so that a mailbox that has it already drops it.
    """
    said = issue_said(issue.newsletter, issue.cadence, issue.period, subscriber)
    return _message_id(postmark, said)


def trial_id(postmark: Postmark, issue: Issue, throw: float) -> str:
    """The Message-ID of a test: each ``throw`` of the dice gives another, for a mailbox that drops
    what it has already would hide the second test."""
    said = issue_said(issue.newsletter, issue.cadence, issue.period, TRIAL)
    return _message_id(postmark, f"{said}|{throw!r}")


def issue_said(newsletter: str, cadence: str, period: str, subscriber: SubscriberId) -> str:
    """What the Message-ID of an issue to somebody is made of."""
    return f"{newsletter}|{cadence}|{period}|{subscriber}"


def letter_said(letter: int, due: datetime) -> str:
    """What the Message-ID of a letter is made of: with the moment it was due (aware, to the second)
    too, for SQLite gives the numbers of old letters to new ones."""
    return f"letter|{letter}|{int(due.timestamp())}"


def letter_once_said(letter: int) -> str:
    """What older versions made it of: what they sent may still come back."""
    return f"letter|{letter}"


def is_made_of(ring: Sequence[bytes], message_id: str, said: str) -> bool:
    """Whether ``local@domain``, whatever the domain, is the Message-ID one of our keys makes."""
    local = message_id.strip("<>").partition("@")[0].lower().encode()
    proven = [hmac.compare_digest(_local(key, said).encode(), local) for key in ring]
    return any(proven)


def _message_id(postmark: Postmark, said: str) -> str:
    return f"<{_local(postmark.ring[0], said)}@{postmark.id_domain or postmark.domain}>"


def _local(key: bytes, said: str) -> str:
    return hmac.digest(key, said.encode(), "sha256")[:ID_BYTES].hex()


def _token(postmark: Postmark, purpose: Purpose, subscriber: SubscriberId) -> str:
    newsletter = postmark.newsletter.id
    # The page that gets the link must know which newsletter the token is bound to.
    return f"{newsletter}.{tokens.make(postmark.ring[0], purpose, subscriber, newsletter)}"
