"""What Amazon SES, Postmark, SendGrid and Mailgun tell by webhook, to verdicts. Pure.

The requests were proven before (``deliver.seals``), so an address in them counts as it stands; a
mail of ours that they name is found first all the same, so that two reports of it are one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from digest.deliver import verp
from digest.deliver.about import linked
from digest.deliver.blame import better, failure
from digest.deliver.opened import one_line
from digest.deliver.verdict import About, Finding, Mouth, Verdict

Ring = Sequence[bytes]
MOST_EVENTS = 2000  # in one request; SendGrid sends some hundreds
_SES_OURS = {"MessageTooLarge", "ContentRejected", "AttachmentRejected"}
_POSTMARK = {
    "HardBounce": Finding.HARD,
    "BadEmailAddress": Finding.HARD,
    "SoftBounce": Finding.SOFT,
    "DnsError": Finding.SOFT,
    "Transient": Finding.DELAYED,
    "AutoResponder": Finding.AUTO_REPLY,
    "AddressChange": Finding.AUTO_REPLY,
    "ChallengeVerification": Finding.AUTO_REPLY,
    "SpamComplaint": Finding.COMPLAINT,
    "SpamNotification": Finding.POLICY,
    "Blocked": Finding.POLICY,
    "DMARCPolicy": Finding.POLICY,
    "VirusNotification": Finding.POLICY,
    "Unsubscribe": Finding.UNSUBSCRIBE,
}
_SENDGRID_DROPPED = {
    "bounced address": Finding.HARD,
    "invalid": Finding.HARD,
    "spam reporting address": Finding.COMPLAINT,
    "unsubscribed address": Finding.UNSUBSCRIBE,
}
_GENERIC = {
    one.value: one
    for one in (
        Finding.HARD,
        Finding.SOFT,
        Finding.POLICY,
        Finding.COMPLAINT,
        Finding.UNSUBSCRIBE,
    )
}


class Unreadable(ValueError):
    """The request is not what the provider writes; the message is one sentence for its sender."""


def read(body: bytes | str) -> object:
    """JSON from outside. Raises Unreadable."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The body is no JSON.") from error


def ses(ring: Ring, told: object) -> list[Verdict]:
    """A notification or event of Amazon SES: what the ``Message`` of SNS holds."""
    kind = _text(told, "notificationType") or _text(told, "eventType")
    sent = partial(_Event, ring=ring, provider="ses", sender=_text(told, "mail", "source"))
    headers = json.dumps(_at(told, "mail", "headers"))
    sent = partial(
        sent, headers=headers, message_id=_text(told, "mail", "commonHeaders", "messageId")
    )
    match kind:
        case "Bounce":
            return [
                _ses_bounce(told, one, sent) for one in _listed(told, "bounce", "bouncedRecipients")
            ]
        case "Complaint":
            said = _text(told, "complaint", "complaintFeedbackType")
            finding = Finding.NOTHING if said == "not-spam" else Finding.COMPLAINT
            number = _text(told, "complaint", "feedbackId")
            return [
                sent(number=number, recipient=_text(one, "emailAddress"), text=said).means(finding)
                for one in _listed(told, "complaint", "complainedRecipients")
            ]
        case "":
            raise Unreadable("The message names no notificationType.")
        case _:
            return []


def postmark(ring: Ring, told: object) -> list[Verdict]:
    """One record of Postmark: a bounce, a spam complaint, a change of subscription."""
    of = partial(_Event, ring=ring, provider="postmark")
    number = _text(told, "ID") or f"{_text(told, 'MessageID')}-{_text(told, 'RecordType')}"
    match _text(told, "RecordType"):
        case "Bounce" | "SpamComplaint":
            kind = _text(told, "Type") or _text(told, "RecordType")
            words = _text(told, "Details") or _text(told, "Description")
            one = of(
                number=number, recipient=_text(told, "Email"), code=better(words, words), text=words
            )
            return [one.means(_POSTMARK.get(kind, Finding.NOTHING))]
        case "SubscriptionChange":
            leaves = _at(told, "SuppressSending") is True
            manual = _text(told, "SuppressionReason") == "ManualSuppression"
            # A bounce or complaint that suppressed the address is told in a record of its own.
            finding = Finding.UNSUBSCRIBE if leaves and manual else Finding.NOTHING
            return [of(number=number, recipient=_text(told, "Recipient")).means(finding)]
        case "":
            raise Unreadable("The record names no RecordType.")
        case _:
            return []


def sendgrid(ring: Ring, told: object) -> list[Verdict]:
    """The events of one request of SendGrid."""
    if not isinstance(told, list):
        raise Unreadable("The body is no list of events.")
    return [_sendgrid(ring, one) for one in told[:MOST_EVENTS]]


def mailgun(ring: Ring, told: object) -> list[Verdict]:
    """The ``event-data`` of Mailgun."""
    data = _at(told, "event-data")
    status = _at(data, "delivery-status")
    words = _text(status, "message") or _text(status, "description")
    one = _Event(
        ring=ring,
        provider="mailgun",
        number=_text(data, "id"),
        recipient=_text(data, "recipient"),
        sender=_text(data, "envelope", "sender"),
        message_id=_text(data, "message", "headers", "message-id"),
        code=better(_text(status, "enhanced-code"), words),
        text=words,
    )
    match _text(data, "event"), _text(data, "severity"):
        case "failed", "permanent":
            if _text(data, "reason") in ("suppress-bounce", "suppress-unsubscribe"):
                return []  # it was told when it happened
            return [one.means(failure(one.code, words))]
        case "complained", _:
            return [one.means(Finding.COMPLAINT)]
        case "unsubscribed", _:
            return [one.means(Finding.UNSUBSCRIBE)]
        case "", _:
            raise Unreadable("The body names no event.")
        case _:
            return []


def generic(ring: Ring, told: object) -> list[Verdict]:
    """Our own JSON, for whatever else sends mail (docs/bounces.md)."""
    events = _at(told, "events")
    if not isinstance(events, list) or not events:
        raise Unreadable('The body has no "events", a list with one entry or more.')
    if len(events) > MOST_EVENTS:
        raise Unreadable(f"The body has more than {MOST_EVENTS} events.")
    return list(_generic(ring, events))


READERS: dict[str, Callable[[Ring, object], list[Verdict]]] = {
    "ses": ses,
    "postmark": postmark,
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "generic": generic,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """What a provider says of one mail and one recipient. ``number``: its own name for this."""

    ring: Ring
    provider: str
    number: str
    recipient: str
    sender: str = ""
    message_id: str = ""
    headers: str = ""
    code: str = ""
    text: str = ""

    def means(self, finding: Finding) -> Verdict:
        # One event may name several recipients: each is a report of its own.
        return Verdict(
            finding=finding,
            mouth=Mouth.WEBHOOK,
            about=About(
                ref=verp.parse(self.ring, self.sender),
                subscriber=linked(self.ring, self.headers),
                message_id=self.message_id.strip("<> ").lower(),
                recipient=self.recipient,
            ),
            code=self.code,
            text=self.text,
            trusted=True,
            event=f"{self.provider}|{self.number}|{self.recipient}",
        )


def _ses_bounce(told: object, one: object, sent: Callable[..., _Event]) -> Verdict:
    kind, sort = _text(told, "bounce", "bounceType"), _text(told, "bounce", "bounceSubType")
    words = _text(one, "diagnosticCode").removeprefix("smtp;").strip()
    event = sent(
        number=_text(told, "bounce", "feedbackId"),
        recipient=_text(one, "emailAddress"),
        code=better(_text(one, "status"), words),
        text=words or f"{kind} {sort}",
    )
    fault = failure(event.code, words)
    if sort in _SES_OURS or fault is Finding.POLICY:
        return event.means(Finding.POLICY)
    if kind == "Permanent":
        return event.means(Finding.HARD)
    # Absence notices come as transient and general, too, without the words of a server.
    is_notice = kind == "Transient" and sort == "General" and not words
    return event.means(Finding.AUTO_REPLY if is_notice else Finding.SOFT)


def _sendgrid(ring: Ring, one: object) -> Verdict:
    words = _text(one, "reason")
    event = _Event(
        ring=ring,
        provider="sendgrid",
        number=_text(one, "sg_event_id"),
        recipient=_text(one, "email"),
        message_id=_text(one, "smtp-id"),
        code=better(_text(one, "status"), words),
        text=words,
    )
    match _text(one, "event"):
        case "bounce":
            fault = failure(event.code, words)
            is_block = _text(one, "type") == "blocked" and fault is not Finding.POLICY
            return event.means(Finding.SOFT if is_block else fault)
        case "dropped":
            return event.means(_SENDGRID_DROPPED.get(words.lower(), Finding.NOTHING))
        case "spamreport":
            return event.means(Finding.COMPLAINT)
        case "unsubscribe" | "group_unsubscribe":
            return event.means(Finding.UNSUBSCRIBE)
        case _:
            return event.means(Finding.NOTHING)


def _generic(ring: Ring, events: list[object]) -> Iterator[Verdict]:
    for place, one in enumerate(events, start=1):
        finding = _GENERIC.get(_text(one, "kind"))
        if finding is None:
            raise Unreadable(f'Event {place} has no "kind" of {", ".join(_GENERIC)}.')
        number = _text(one, "id")
        if not number:
            raise Unreadable(f'Event {place} has no "id", which tells it from every other.')
        event = _Event(
            ring=ring,
            provider="generic",
            number=number,
            recipient=_text(one, "recipient"),
            sender=_text(one, "envelope_from"),
            message_id=_text(one, "message_id"),
            code=better(_text(one, "code"), ""),
            text=_text(one, "text"),
        )
        yield event.means(finding)


def _at(told: object, *path: str) -> object:
    for name in path:
        told = told.get(name) if isinstance(told, dict) else None
    return told


def _text(told: object, *path: str) -> str:
    found = _at(told, *path)
    is_plain = isinstance(found, str | int) and not isinstance(found, bool)
    return one_line(str(found)) if is_plain else ""


def _listed(told: object, *path: str) -> list[object]:
    found = _at(told, *path)
    return found[:MOST_EVENTS] if isinstance(found, list) else []
