"""What came back, in our words: what it is, whom it is about, and how far that is proven. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from digest.deliver.verp import Ref
from subscribers.model import SubscriberId


class Finding(StrEnum):
    """What a report means for the address it is about."""

    HARD = "hard"  # the address does not exist
    SOFT = "soft"  # a failure that may pass; several in a while are a hard one
    POLICY = "policy"  # we or the message were refused: not the reader's fault
    COMPLAINT = "complaint"  # the reader called it spam
    UNSUBSCRIBE = "unsubscribe"
    DELAYED = "delayed"  # still being tried
    AUTO_REPLY = "auto-reply"  # an absence notice
    RECEIPT = "receipt"  # it was read, delivered or handed on
    NOTHING = "nothing"  # not a report at all
    UNREADABLE = "unreadable"  # reading it failed: a fault of ours


class Mouth(StrEnum):
    """Which way it came back."""

    SMTP = "smtp"  # a relay's answer while we were sending
    DSN = "dsn"
    ARF = "arf"
    MAILTO = "mailto"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whom it is about. ``ref`` and ``subscriber`` are proven by our own signatures.

    ``subscriber`` is whose link stands in it: every page of an issue that is passed on holds that,
    so it proves no more than its bearer may do, which is to leave ``newsletter``.
    ``message_ids`` and ``recipient`` are only claimed: together they can be proven, since our
    Message-IDs are made of the subscriber and a key. The report's own may be among them.
    """

    ref: Ref | None = None
    subscriber: SubscriberId | None = None
    newsletter: str = ""  # which the link is for
    message_ids: tuple[str, ...] = ()  # local@domain, lower case
    recipient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One report, read. ``trusted``: its sender proved to be our own provider, so that the
    address it names counts as it stands. ``event`` is the provider's own name for the report, and
    ``original`` what it said of this one alone."""

    finding: Finding
    mouth: Mouth = Mouth.DSN
    about: About = About()
    code: str = ""  # RFC 3463, or empty
    text: str = ""  # the other side's own words, one line
    newsletter: str = ""  # of an unsubscribe: which; empty: that of the message, else all
    trusted: bool = False
    event: str = ""
    original: bytes = b""


NO_REPORT = Verdict(finding=Finding.NOTHING)
