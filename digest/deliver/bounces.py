"""Raw mail that came back to a verdict: what it is, whom it is about, in whose words. Pure.

Delivery status notifications (RFC 3464), abuse reports (RFC 5965), unsubscribes by mail (RFC 2369),
automatic answers (RFC 3834), and what older programs write, through flufl.bounce.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from email.errors import MessageError
from email.message import Message

from flufl.bounce import all_failures

from digest.deliver.about import about, original
from digest.deliver.blame import better, code_in, failure
from digest.deliver.opened import blocks, field, one_line, opened, parts, returned, text_of
from digest.deliver.sketch import sketch
from digest.deliver.verdict import NO_REPORT, About, Finding, Mouth, Verdict
from subscribers import mailto
from subscribers.answers import is_automatic
from subscribers.fields import keyword
from subscribers.mailto import Leaves

# It logs what hostile mail does to it, mail and all; we only want to know that it found nothing.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)

MOST_NAMED = 20  # addresses in the words of one report
MOST_SAID = 600  # characters that tell why

_UNHARMED = frozenset((Finding.NOTHING, Finding.AUTO_REPLY, Finding.DELAYED, Finding.RECEIPT))
_RECEIPT = Verdict(finding=Finding.RECEIPT)
_DONE = frozenset(("delivered", "relayed", "expanded"))  # RFC 3464, 2.3.3
_COMPLAINTS = {"abuse", "fraud", "opt-out", "opt-out-list"}  # not: virus, not-spam, auth-failure
# Where older programs begin to give our own mail back: its headers and text tell nothing of why.
_COPY = re.compile(
    r"^[ \t>]{0,8}--.*\b(?:copy of|below this|original (?:message|mail)"
    r"|(?:message|headers?) follows?)"
    r"|^(?:Return-Path|Received|Content-Type):",
    re.IGNORECASE | re.MULTILINE,
)
# 550 and its like, before words or a code of their own; and what stands on the rest of the lines.
_ANSWER = re.compile(r"(?<![\w.])55[0-4][ -](?=#?5\.\d|[A-Za-z<\"'\[(])[^\r\n]{1,300}")
_SERVERS = r"mailer-?daemon|postmaster|mail delivery|mail administrator"
_SERVER = re.compile(_SERVERS, re.IGNORECASE)
_NO_SENDER = re.compile(r"<?mailer-?daemon\b", re.IGNORECASE)
_MAILERS = re.compile(rf"{_SERVERS}|bounces?@", re.IGNORECASE)


def verdict(ring: Sequence[bytes], mail: bytes, *, envelope: str = "") -> Verdict:
    """What a raw mail (RFC 5322) tells us.

    ``envelope``: the address it was delivered to, where the mail server says so. Never raises,
    whatever the bytes; of more than 256 KiB only the beginning is read.
    """
    try:
        return _judged(ring, mail, envelope)
    except Exception as error:  # noqa: BLE001 -- one mail must not stop those that wait behind it
        return Verdict(finding=Finding.UNREADABLE, text=type(error).__name__)


def _judged(ring: Sequence[bytes], mail: bytes, envelope: str) -> Verdict:
    asks = mailto.verdict(ring, mail)
    if isinstance(asks, Leaves):
        return Verdict(
            finding=Finding.UNSUBSCRIBE,
            mouth=Mouth.MAILTO,
            about=About(subscriber=asks.subscriber),
            newsletter=asks.newsletter,
        )
    message = opened(mail)
    if message is None:
        return NO_REPORT
    try:
        reported = _reported(message)
        found, claimed = reported or _odd(message)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # The mail's own parts contradict one another: no mail server wrote that.
        return NO_REPORT
    if found.finding in _UNHARMED:
        return found
    whom = about(ring, mail, message, envelope=envelope, claimed=claimed)
    # People forward such words, about somebody else, along with an issue of ours and its link.
    return replace(found, about=whom if reported else replace(whom, subscriber=None))


def _reported(message: Message) -> tuple[Verdict, str] | None:
    """What a report of a known form says, and the recipient that it names."""
    for part in parts(message):
        match part.get_content_type():
            case (
                "message/delivery-status"
                | "message/global-delivery-status"
                | "message/xdelivery-status"  # XWall
            ):
                # One that tells nothing of anybody leaves it to the words beside it.
                if found := _notification(part):
                    return found
            case "message/feedback-report":
                return _complaint(part)
            case "message/disposition-notification":  # RFC 8098
                return _RECEIPT, ""
            case "message/rfc822" if reader := _outlooks(part):
                return Verdict(finding=Finding.COMPLAINT, mouth=Mouth.ARF, text="abuse"), reader
            case "message/rfc822" if inner := _handed_on(message, part):
                return _reported(inner)
    return None


def _handed_on(message: Message, part: Message) -> Message | None:
    """The report that a gateway on its way put into a mail of its own; no mail of ours is one."""
    inner = returned(part) if _is_from_a_server(message) else None
    return inner if inner and inner.get_content_type() == "multipart/report" else None


def _notification(part: Message) -> tuple[Verdict, str] | None:
    """RFC 3464: one group of fields for each recipient.

    We write to one at a time. Where there are several theirs forwards to them: it exists for as
    long as one of them does.
    """
    groups = [(_action(group), group) for group in _recipients(blocks(part))]
    actions = {action for action, _ in groups}
    if not actions:
        return None
    failures = [_failed(group) for action, group in groups if action == "failed"]
    if not failures:
        if "delayed" in actions:
            return Verdict(finding=Finding.DELAYED), ""
        return _RECEIPT if actions & _DONE else NO_REPORT, ""
    found, claimed = _mildest(failures)
    if found.finding is Finding.HARD and actions & {*_DONE, "delayed"}:
        found = replace(found, finding=Finding.SOFT)
    return found, claimed


def _recipients(groups: Sequence[Message]) -> list[Message]:
    """The groups that tell what was done. Where there is one, it is of one recipient, and what
    some write of them into another group belongs to it."""
    acting = [group for group in groups if field(group, "Action")]
    if len(acting) != 1:
        return acting
    whole = Message()
    for group in (*acting, *groups):
        for name, value in group.raw_items():
            whole[name] = value
    return [whole]


def _mildest(failures: Sequence[tuple[Verdict, str]]) -> tuple[Verdict, str]:
    """The first failure that leaves the address alive; where none does, the first."""
    milder = (one for one in failures if one[0].finding is not Finding.HARD)
    return next(milder, failures[0])


def _failed(group: Message) -> tuple[Verdict, str]:
    """What the report says of one recipient, and who that is."""
    words = field(group, "Diagnostic-Code") or field(group, "Status")
    code = better(field(group, "Status"), words)
    claimed = original(field(group, "Original-Recipient")) or field(group, "Final-Recipient")
    return Verdict(finding=failure(code, words), code=code, text=_said(words)), claimed


def _action(group: Message) -> str:
    """What was done, whatever comment stands beside it; OpenSMTPD calls a failure an error."""
    said = keyword(field(group, "Action"))
    return "failed" if said in ("error", "failure") else said


def _complaint(part: Message) -> tuple[Verdict, str]:
    """RFC 5965. The provider may have blacked the reader's address out; our signatures are left."""
    report = next(iter(blocks(part)), part)
    kind = keyword(field(report, "Feedback-Type"))
    if kind not in _COMPLAINTS:
        return NO_REPORT, ""
    by = field(report, "Source-IP") and field(report, "User-Agent")
    found = Verdict(
        finding=Finding.COMPLAINT, mouth=Mouth.ARF, text=one_line(f"{kind} {by}".strip())
    )
    return found, field(report, "Original-Rcpt-To") or field(report, "Removal-Recipient")


def _outlooks(part: Message) -> str:
    """Whom Outlook's own form of an abuse report names, which is only a header of ours returned."""
    message = returned(part)
    return field(message, "X-HmXmrOriginalRecipient") if message else ""


def _odd(message: Message) -> tuple[Verdict, str]:
    """What qmail, old Exims and others write in words of their own; nobody else's words count."""
    automatic = Verdict(finding=Finding.AUTO_REPLY) if is_automatic(message) else NO_REPORT
    if not _is_from_a_mailer(message):
        return automatic, ""
    passing, lasting = all_failures(sketch(message))
    if not lasting:
        if passing:
            return Verdict(finding=Finding.DELAYED), ""
        # A mail server is never away: what it says in words that nobody reads is for a person.
        return _quoted(message) if _is_from_a_server(message) else (automatic, "")
    named = sorted(one.decode("latin-1") for one in lasting)[:MOST_NAMED]
    return _mildest(_told(text_of(message), named))


def _quoted(message: Message) -> tuple[Verdict, str]:
    """The other side's answer, as a mail server quotes it amid words in whatever language."""
    found = _ANSWER.search(_COPY.split(text_of(message), maxsplit=1)[0])
    if found is None:
        return NO_REPORT, ""
    words, claimed = found[0], field(message, "X-Failed-Recipients")
    code = code_in(words)
    return Verdict(finding=failure(code, words), code=code, text=one_line(words)), claimed


def _told(text: str, named: Sequence[str]) -> list[tuple[Verdict, str]]:
    """What is said of each address: from where it stands to the next one, or to where the mail that
    failed is given back."""
    found = ((re.search(re.escape(one), text, re.IGNORECASE), one) for one in named)
    places = sorted((*(at.span() if at else (0, 0)), one) for at, one in found)
    ends = [at for at, *_ in places[1:]] + [len(text)]
    told = []
    for (_, after, one), end in zip(places, ends, strict=True):
        own = text[after:end]
        if not re.search(r"\w", own):  # a list of addresses, and the reasons below it
            own = text[after:]
        words = one + _COPY.split(own[:MOST_SAID], maxsplit=1)[0].rstrip(" \t\r\n<")
        code = code_in(words)
        told.append((Verdict(finding=failure(code, words), code=code, text=one_line(words)), one))
    return told


def _said(diagnostic: str) -> str:
    """``smtp; 550 5.1.1 No such user`` without its kind."""
    kind, parted, rest = diagnostic.partition(";")
    return (
        rest.strip()
        if parted and kind.strip().lower() in ("smtp", "x-unix", "lmtp")
        else diagnostic
    )


def _is_from_a_mailer(message: Message) -> bool:
    """Whether it may be a report: its envelope or what is named as its author says so."""
    # "<>", or what some servers write instead.
    sender = field(message, "Return-Path")
    if sender == "<>" or _NO_SENDER.match(sender) or _is_from_a_server(message):
        return True
    return bool(_MAILERS.search(field(message, "From")))


def _is_from_a_server(message: Message) -> bool:
    """Whether a mail server wrote it, and not a person's notice of absence."""
    if field(message, "X-Failed-Recipients"):
        return True
    if message.get_content_type() == "multipart/report":
        return True
    return bool(_SERVER.search(field(message, "From")))
