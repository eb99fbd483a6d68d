"""A report, and the person and mails that it may speak of, to whom it is proven to be about. Pure.

The word of our own provider is proof; a Message-ID is, where nothing better can be had: only our
keys make one of a mail's name, but mail programs put it into each answer and forward. A link alone
is good for what its bearer may do anyway. See docs/bounces.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from digest.deliver.postmark import is_made_of, issue_said, letter_once_said, letter_said
from digest.deliver.verdict import Finding, Verdict
from digest.delivery import Posted
from subscribers.address import Address, BadAddress
from subscribers.model import Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """The person a report proves to be about. ``mail``: the name of the mail it speaks of.

    ``address``: where that mail went; None where that is not known. ``by_bearer``: what others get
    along with a mail proves it, which is good for leaving ``newsletter`` and for nothing else.
    ``is_past``: the mail left before their last fresh start.
    """

    person: Subscriber
    mail: str
    newsletter: str = ""
    address: Address | None = None
    by_bearer: bool = False
    is_past: bool = False

    @property
    def is_theirs(self) -> bool:
        """Whether it is about the address that they have now."""
        return self.address is not None and self.address.key == self.person.address.key

    def means(self, finding: Finding) -> Finding:
        """What a finding comes to, as far as it is proven."""
        is_weak = self.by_bearer and finding is Finding.COMPLAINT
        return Finding.UNSUBSCRIBE if is_weak else finding


def mail_named(
    ring: Sequence[bytes], verdict: Verdict, person: Subscriber, mails: Iterable[Posted]
) -> Posted | None:
    """Which of a person's ``mails`` a report names by its Message-ID.

    A mail that is passed on may take its Message-ID along, and what fails then is another's
    address: a failure must name the person's own. Who complains is often blacked out.
    """
    is_failure = verdict.finding is not Finding.COMPLAINT
    if is_failure and not verdict.trusted and not names(verdict, person):
        return None
    ids = verdict.about.message_ids
    return next((one for one in mails if any(_is_of(ring, i, one) for i in ids)), None)


def by_message_id(verdict: Verdict, whom: Whom, *, signed_senders: bool) -> Whom | None:
    """What a report proves that has no more than the Message-ID of a mail to ``whom``.

    ``signed_senders``: each mail of ours has an envelope sender that proves better what failed.
    """
    if verdict.trusted:
        return whom
    if verdict.finding is not Finding.COMPLAINT:
        return None if signed_senders else whom
    return replace(whom, by_bearer=True) if whom.is_theirs and whom.newsletter else None


def by_word(verdict: Verdict, person: Subscriber, original: bytes) -> Whom | None:
    """What a report proves of the person it names, where it names no mail of ours."""
    about, name = verdict.about, own_name(verdict, original)
    if verdict.trusted:
        return Whom(person=person, mail=name, address=recipient(verdict))
    if about.subscriber == person.id:
        return Whom(person=person, mail=name, newsletter=about.newsletter, by_bearer=True)
    return None


def names(verdict: Verdict, person: Subscriber) -> bool:
    """Whether a report names the very address that a person has now."""
    named = recipient(verdict)
    return named is not None and named.key == person.address.key


def recipient(verdict: Verdict) -> Address | None:
    """The address that a report names; None where it names none."""
    try:
        return Address.parse(verdict.about.recipient)
    except BadAddress:
        return None


def said(mail: Posted) -> str:
    """What the Message-ID of a mail is made of, which names it."""
    if mail.letter is not None:
        assert mail.due is not None
        return letter_said(mail.letter, mail.due)
    assert mail.issue is not None
    return issue_said(mail.newsletter, *mail.issue, mail.subscriber)


def _is_of(ring: Sequence[bytes], message_id: str, mail: Posted) -> bool:
    if is_made_of(ring, message_id, said(mail)):
        return True
    return mail.letter is not None and is_made_of(ring, message_id, letter_once_said(mail.letter))


def own_name(verdict: Verdict, original: bytes) -> str:
    """The name of a report itself, whatever mail it is about."""
    return verdict.event or f"mail|{hashlib.sha256(original).hexdigest()}"
