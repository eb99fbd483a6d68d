"""A message and what its relay offers to SMTP commands, or to why it cannot go. Pure."""

from __future__ import annotations

import re

from digest.deliver.outcome import Refused, Stage
from digest.deliver.relay import Offer
from digest.deliver.transport import Outgoing

# Nothing that could end the address or the command; lengths of RFC 5321, 4.5.3.1.3.
_PATH = re.compile(r"[^\s<>\x00-\x1f\x7f]{1,254}")


def objection(message: Outgoing, offer: Offer, relay: str) -> Refused | None:
    """Why ``relay`` (its label) can never take the message; None where it may try."""
    if not _PATH.fullmatch(message.recipient):
        return Refused(501, "5.1.3", "the address cannot be written in SMTP", Stage.RCPT)
    if message.sender and not _PATH.fullmatch(message.sender):
        return Refused(501, "5.1.7", "the sender cannot be written in SMTP", Stage.MAIL)
    if offer.size and message.size > offer.size:
        text = (
            f"{relay} takes {offer.size} bytes and the message has {message.size}; make it smaller"
        )
        return Refused(552, "5.3.4", text, Stage.MAIL)
    if _beyond_ascii(message) and not offer.smtputf8:
        text = f"{relay} does not offer SMTPUTF8, which this address needs; use one that does"
        return Refused(553, "5.6.7", text, Stage.RCPT)
    if message.eightbit and not offer.eightbit:
        text = f"{relay} does not offer 8BITMIME, which this message needs; use one that does"
        return Refused(554, "5.6.3", text, Stage.MAIL)
    return None


def mail(message: Outgoing, offer: Offer) -> bytes:
    """``MAIL FROM`` with the parameters that the relay offers and the message needs."""
    command = b"MAIL FROM:<%b>" % message.sender.encode()
    if offer.announce_size:
        command += b" SIZE=%d" % message.size
    if offer.eightbit and message.eightbit:
        command += b" BODY=8BITMIME"
    if _beyond_ascii(message):
        command += b" SMTPUTF8"
    return command + b"\r\n"


def rcpt(message: Outgoing) -> bytes:
    return b"RCPT TO:<%b>\r\n" % message.recipient.encode()


def _beyond_ascii(message: Outgoing) -> bool:
    return not (message.recipient.isascii() and message.sender.isascii())
