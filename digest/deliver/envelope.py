"""A message and what its relay offers to SMTP commands, or to why it cannot go. Pure."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from digest.deliver.outcome import Refused, Stage
from digest.deliver.relay import Offer
from digest.deliver.transport import Outgoing

UNSAYABLE = 501  # the code of what no relay could be told

# Nothing that could end the address or the command; lengths of RFC 5321, 4.5.3.1.3.
LONGEST = 254
_is_path = re.compile(rf"[^\s<>\x00-\x1f\x7f]{{1,{LONGEST}}}").fullmatch
_PLAIN = bytes(code for code in range(33, 127) if code not in b"<>")


class Envelopes:
    """The commands of one connection. ``relay`` is what sentences call it."""

    __slots__ = (
        *("_bdat", "_from", "_most", "_offer", "_relay", "_usual"),
        *("_sender", "_sender_ascii", "_sender_fits"),
    )

    def __init__(self, offer: Offer, relay: str, *, bdat: bool = False) -> None:
        self._bdat = bdat
        self._offer = offer
        self._relay = relay
        self._for("")

    def objection(self, message: Outgoing) -> Refused | None:
        """Why the relay can never take the message; None where it may try."""
        if message.sender != self._sender:
            self._for(message.sender)
        if message.plain and message.size <= self._most:
            return None
        offer, relay = self._offer, self._relay
        if not _is_path(message.recipient):
            return Refused(UNSAYABLE, "5.1.3", "the address cannot be written in SMTP", Stage.RCPT)
        if not self._sender_fits:
            return Refused(UNSAYABLE, "5.1.7", "the sender cannot be written in SMTP", Stage.MAIL)
        if offer.size and message.size > offer.size:
            sizes = f"{relay} takes {offer.size:,} bytes and the message has {message.size:,}"
            return Refused(552, "5.3.4", f"{sizes}; make it smaller", Stage.MAIL)
        if not offer.smtputf8 and self._beyond_ascii(message):
            text = f"{relay} does not offer SMTPUTF8, which this address needs; use one that does"
            return Refused(553, "5.6.7", text, Stage.RCPT)
        if message.eightbit and not offer.eightbit:
            text = f"{relay} does not offer 8BITMIME, which this message needs; use one that does"
            return Refused(554, "5.6.3", text, Stage.MAIL)
        return None

    def mail(self, message: Outgoing) -> bytes:
        """``MAIL FROM`` with the parameters that the relay offers and the message needs."""
        if message.sender != self._sender:
            self._for(message.sender)
        command = self._from
        if self._offer.announce_size:
            command = b"%b SIZE=%d" % (command, message.size)
        if message.eightbit and self._offer.eightbit:
            command += b" BODY=8BITMIME"
        if self._beyond_ascii(message):
            command += b" SMTPUTF8"
        return command + b"\r\n"

    def opening(self, message: Outgoing) -> bytes:
        """MAIL, RCPT and DATA, for a relay that hears them at once; BDAT comes with its body."""
        if message.plain and self._usual and message.sender == self._sender:
            said = f"{self._usual}{message.size}\r\nRCPT TO:<{message.recipient}>\r\nDATA\r\n"
            return said.encode()  # half the time of bytes that are filled in
        if self._bdat:
            return self.mail(message) + rcpt(message)
        return self.mail(message) + rcpt(message) + b"DATA\r\n"

    def body(self, message: Outgoing) -> Sequence[bytes]:
        """The message as it goes before the dot, or after its BDAT; its last line has an end."""
        parts = message.parts
        if message.plain and not self._bdat:
            return parts
        if not parts[-1].endswith(b"\r\n") and not message.data.endswith(b"\r\n"):
            parts = (*parts, b"\r\n")
        if self._bdat:
            return (b"BDAT %d LAST\r\n" % sum(map(len, parts)), *parts)
        return parts

    def _for(self, sender: str) -> None:
        # Most messages have the sender of the one before.
        self._sender = sender
        self._sender_fits = not sender or _is_path(sender) is not None
        self._sender_ascii = sender.isascii()
        # So long may a plain message be that needs no second look; from some senders none is.
        fine = self._sender_fits and self._sender_ascii
        self._most = (self._offer.size or sys.maxsize) if fine else -1
        self._from = b"MAIL FROM:<%b>" % sender.encode()
        # What is said for nearly all begins so.
        usual = self._sender_ascii and self._offer.announce_size and not self._bdat
        self._usual = f"MAIL FROM:<{sender}> SIZE=" if usual else ""

    def _beyond_ascii(self, message: Outgoing) -> bool:
        return not (message.recipient.isascii() and self._sender_ascii)


def rcpt(message: Outgoing) -> bytes:
    return b"RCPT TO:<%b>\r\n" % message.recipient.encode()


def are_plain_paths(addresses: Sequence[str]) -> bool:
    """Is each of these ASCII that SMTP can write? To ask of many at once costs nearly nothing."""
    whole = "".join(addresses)
    lengths = list(map(len, addresses))
    return (
        whole.isascii()
        and not whole.encode().translate(None, _PLAIN)
        and min(lengths, default=0) > 0
        and max(lengths) <= LONGEST
    )
