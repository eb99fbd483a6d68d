"""What Amazon SES, Postmark, SendGrid and Mailgun tell by webhook, to verdicts. Pure.

The requests were proven before (``deliver.seals``), so an address in them counts as it stands; a
mail of ours that they name is found first all the same, so that two reports of it are one. Each
raises Unreadable for what is none of its provider's; what is of no concern to us is no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from digest.deliver import verp
from digest.deliver.about import linked
from digest.deliver.blame import better, failure
from digest.deliver.outside import Unreadable, at, listed, text, written
from digest.deliver.verdict import Finding, Mouth, Verdict

Ring = Sequence[bytes]
MOST_EVENTS = 2000  # in one request of our own JSON
_SES_OURS = {"MessageTooLarge", "ContentRejected", "AttachmentRejected"}
_SES_NO_COMPLAINTS = {"not-spam", "virus", "auth-failure"}  # a program's word, or the contrary
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
# Mails that Mailgun does not even try, for what it was told of the address before.
_MAILGUN_HELD = {
    "suppress-bounce": Finding.HARD,
    "suppress-complaint": Finding.COMPLAINT,
    "suppress-unsubscribe": Finding.UNSUBSCRIBE,
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


def ses(ring: Ring, told: object) -> list[Verdict]:
    """A notification or event of Amazon SES: what the ``Message`` of SNS holds."""
    kind = text(told, "notificationType") or text(told, "eventType")
    sent = partial(_Event, ring=ring, provider="ses", sender=text(told, "mail", "source"))
    headers = written(at(told, "mail", "headers")).decode()
    sent = partial(
        sent, headers=headers, message_id=text(told, "mail", "commonHeaders", "messageId")
    )
    match kind:
        case "Bounce":
            return [
                _ses_bounce(told, one, sent) for one in listed(told, "bounce", "bouncedRecipients")
            ]
        case "Complaint":
            said = text(told, "complaint", "complaintFeedbackType")
            finding = Finding.NOTHING if said in _SES_NO_COMPLAINTS else Finding.COMPLAINT
            number = text(told, "complaint", "feedbackId")
            return [
                sent(
                    number=number,
                    recipient=_ses_recipient(one),
                    told=_ses_alone(told, "complaint", "complainedRecipients", one),
                    text=said,
                ).means(finding)
                for one in listed(told, "complaint", "complainedRecipients")
            ]
        case "":
            raise Unreadable("The message names no notificationType.")
        case _:
            return []


def postmark(ring: Ring, told: object) -> list[Verdict]:
    """One record of Postmark: a bounce, a spam complaint, a change of subscription."""
    of = partial(_Event, ring=ring, provider="postmark", told=told)
    # Who came back may leave again, and by the same mail.
    change = "-".join(text(told, name) for name in ("MessageID", "RecordType", "ChangedAt"))
    number = text(told, "ID") or change
    match text(told, "RecordType"):
        case "Bounce" | "SpamComplaint":
            kind = text(told, "Type") or text(told, "RecordType")
            words = text(told, "Details") or text(told, "Description")
            one = of(
                number=number, recipient=text(told, "Email"), code=better(words, words), text=words
            )
            found = _POSTMARK.get(kind, Finding.NOTHING)
            is_ours = failure(one.code, words) is Finding.POLICY
            if found in (Finding.HARD, Finding.SOFT) and is_ours:  # it calls many a block so
                found = Finding.POLICY
            return [one.means(found)]
        case "SubscriptionChange":
            leaves = at(told, "SuppressSending") is True
            manual = text(told, "SuppressionReason") == "ManualSuppression"
            # A bounce or complaint that suppressed the address is told in a record of its own.
            finding = Finding.UNSUBSCRIBE if leaves and manual else Finding.NOTHING
            return [of(number=number, recipient=text(told, "Recipient")).means(finding)]
        case "":
            raise Unreadable("The record names no RecordType.")
        case _:
            return []


def sendgrid(ring: Ring, told: object) -> list[Verdict]:
    """The events of one request of SendGrid."""
    if not isinstance(told, list):
        raise Unreadable("The body is no list of events.")
    return [_sendgrid(ring, one) for one in told]


def mailgun(ring: Ring, told: object) -> list[Verdict]:
    """The ``event-data`` of Mailgun."""
    data = at(told, "event-data")
    status = at(data, "delivery-status")
    words = text(status, "message") or text(status, "description")
    one = _Event(
        ring=ring,
        provider="mailgun",
        told=data,
        number=text(data, "id"),
        recipient=text(data, "recipient"),
        sender=text(data, "envelope", "sender"),
        message_id=text(data, "message", "headers", "message-id"),
        code=better(text(status, "enhanced-code"), words),
        text=words,
    )
    match text(data, "event"), text(data, "severity"):
        case "failed", "permanent":
            held = _MAILGUN_HELD.get(text(data, "reason"))
            return [one.means(held or failure(one.code, words))]
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
    events = at(told, "events")
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
    """What a provider says of one mail and one recipient. ``number``: its own name for this;
    ``told``: as it came, with nothing of anybody else."""

    ring: Ring
    provider: str
    number: str
    recipient: str
    told: object
    sender: str = ""
    message_id: str = ""
    headers: str = ""
    code: str = ""
    text: str = ""

    def means(self, finding: Finding) -> Verdict:
        named = self.message_id.strip("<> ").lower()
        # One event may name several recipients: each is a report of its own.
        return Verdict(
            finding=finding,
            mouth=Mouth.WEBHOOK,
            about=replace(
                linked(self.ring, self.headers),
                ref=verp.parse(self.ring, self.sender),
                message_ids=(named,) if named else (),
                recipient=self.recipient,
            ),
            code=self.code,
            text=self.text,
            trusted=True,
            event=f"{self.provider}|{self.number}|{self.recipient}",
            original=written(self.told),
        )


def _ses_bounce(told: object, one: object, sent: Callable[..., _Event]) -> Verdict:
    kind, sort = text(told, "bounce", "bounceType"), text(told, "bounce", "bounceSubType")
    words = text(one, "diagnosticCode").removeprefix("smtp;").strip()
    event = sent(
        number=text(told, "bounce", "feedbackId"),
        recipient=_ses_recipient(one),
        told=_ses_alone(told, "bounce", "bouncedRecipients", one),
        code=better(text(one, "status"), words),
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


def _ses_recipient(one: object) -> str:
    """The address; where nobody reported it, Amazon writes what stood in ``To``, name and all."""
    said = text(one, "emailAddress")
    return said[said.rfind("<") + 1 : -1].strip() if said.endswith(">") else said


def _ses_alone(told: object, kind: str, recipients: str, one: object) -> object:
    """What a notification says of one recipient: without the rest, and the headers of the mail."""
    found = at(told, kind)
    return {kind: {**(found if isinstance(found, dict) else {}), recipients: [one]}}


def _sendgrid(ring: Ring, one: object) -> Verdict:
    words = text(one, "reason")
    event = _Event(
        ring=ring,
        provider="sendgrid",
        told=one,
        number=text(one, "sg_event_id"),
        recipient=text(one, "email"),
        message_id=text(one, "smtp-id"),
        code=better(text(one, "status"), words),
        text=words,
    )
    match text(one, "event"):
        case "bounce":
            fault = failure(event.code, words)
            is_block = text(one, "type") == "blocked" and fault is not Finding.POLICY
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
        finding = _GENERIC.get(text(one, "kind"))
        if finding is None:
            raise Unreadable(f'Event {place} has no "kind" of {", ".join(_GENERIC)}.')
        number = text(one, "id")
        if not number:
            raise Unreadable(f'Event {place} has no "id", which tells it from every other.')
        event = _Event(
            ring=ring,
            provider="generic",
            told=one,
            number=number,
            recipient=text(one, "recipient"),
            sender=text(one, "envelope_from"),
            message_id=text(one, "message_id"),
            code=better(text(one, "code"), ""),
            text=text(one, "text"),
        )
        yield event.means(finding)
