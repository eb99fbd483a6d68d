"""The Transport over async SMTP: aiosmtplib opens the door, Pipeline carries the post.  ~ world

aiosmtplib connects, negotiates TLS, says EHLO and logs in; its errors end in this file as one
sentence with the relay and the cure.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import aiosmtplib

from digest import tls
from digest.deliver import heap
from digest.deliver.feed import OVER, Feed, Objection, Over
from digest.deliver.login import log_in
from digest.deliver.outcome import Outcome, Refused
from digest.deliver.pipeline import Pipeline
from digest.deliver.relay import Offer, RelayOptions, Security, is_loopback
from digest.deliver.replies import words
from digest.deliver.transport import Outgoing
from digest.errors import DigestError, Misconfigured, Permanent, Temporary

_is_size = re.compile(r"[0-9]{1,20}").fullmatch  # RFC 1870, 3


class SmtpTransport:
    """Carries one message over a connection of its own. Dispatch keeps connections with carry()."""

    def __init__(self, relay: RelayOptions) -> None:
        self.relay = relay

    async def __call__(self, message: Outgoing) -> Outcome:
        """Raises Permanent, too, where the relay could never take it, and so was not asked."""
        feed = _Single(message)
        await carry(self.relay, feed)
        if feed.objection is not None:
            raise Permanent(feed.objection.text)
        assert feed.outcome is not None  # carry() settles whatever it took
        return feed.outcome


async def carry(relay: RelayOptions, feed: Feed, opened: Callable[[], None] | None = None) -> None:
    """One connection's life: open it, deliver what ``feed`` hands out, return when it is closed.

    ``opened`` is called once it is open. Raises Temporary or Misconfigured when it cannot be; then
    nothing was taken.
    """
    heap.prepare()
    transport, offer = await _open(relay)
    if opened:
        opened()
    pipeline = Pipeline(relay, offer, feed)
    try:
        pipeline.start(transport)
        await asyncio.shield(pipeline.closed)
    except BaseException:
        transport.abort()
        await pipeline.closed  # every message that was taken is settled
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocked:
    """How a relay received us; ``tls``: the protocol's version, empty for a plain connection."""

    offer: Offer
    tls: str = ""
    certificate_until: datetime | None = None


async def knock(relay: RelayOptions) -> Knocked:
    """Open a connection as for mail, log in, and leave without sending any.

    Raises Temporary or Misconfigured when it cannot be opened, soon: somebody waits for it.
    """
    transport, offer = await _open(relay.hurried)
    secured = transport.get_extra_info("ssl_object")
    transport.write(b"QUIT\r\n")
    transport.close()
    if secured is None:
        return Knocked(offer=offer)
    until = (secured.getpeercert() or {}).get("notAfter")
    return Knocked(
        offer=offer,
        tls=secured.version() or "",
        certificate_until=until and datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC),
    )


class _Single(Feed):
    """A feed of one message."""

    def __init__(self, message: Outgoing) -> None:
        self._message: Outgoing | Over = message
        self.outcome: Outcome | None = None
        self.objection: Refused | None = None

    def take(self, wake: Callable[[], None]) -> Outgoing | Over:
        message, self._message = self._message, OVER
        return message

    def departing(self, message: Outgoing) -> None:
        pass

    def settle(self, message: Outgoing, outcome: Outcome) -> None:
        self.outcome = outcome

    def objected(self, message: Outgoing, refused: Refused, objection: Objection) -> None:
        self.objection = refused


async def _open(relay: RelayOptions) -> tuple[asyncio.Transport, Offer]:
    secret = relay.password or relay.access_token
    if secret and relay.security is Security.NONE and not is_loopback(relay.host):
        raise Misconfigured(
            relay.label, 'would get its password in the clear; set tls = "starttls" or "implicit"'
        )
    implicit = relay.security is Security.IMPLICIT
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        local_hostname=relay.local_hostname,
        timeout=relay.patience.greeting,
        use_tls=implicit,
        start_tls=False,
        tls_context=_context(relay) if implicit or relay.wants_starttls else None,
    )
    try:
        return await _introduced(client, relay)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        client.close()
        raise _explained(error, relay) from error
    except BaseException:
        client.close()
        raise


async def _introduced(
    client: aiosmtplib.SMTP, relay: RelayOptions
) -> tuple[asyncio.Transport, Offer]:
    await client.connect(timeout=relay.patience.connect)
    await _introduce(client)
    if relay.wants_starttls:
        if not client.supports_extension("starttls"):
            raise Misconfigured(
                relay.label,
                "offers no STARTTLS, and nothing is sent in the clear; "
                'use a port that has it (587), or tls = "implicit" with port 465',
            )
        try:
            await client.starttls()
        except aiosmtplib.SMTPServerDisconnected as error:
            raise Temporary(_broken_off(relay)) from error
        await client.ehlo()
    await log_in(client, relay)
    # Not isinstance: uvloop's transports only behave like asyncio's.
    transport = cast(asyncio.Transport | None, client.transport)
    if transport is None or transport.is_closing():
        raise Temporary(f"{relay.label} closed the connection as soon as it was open")
    return transport, _offer(client)


async def _introduce(client: aiosmtplib.SMTP) -> None:
    """By EHLO; by HELO to a relay that does not know it, and so offers nothing (RFC 5321, 3.2)."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in (500, 502):
            raise
        await client.helo()


def _offer(client: aiosmtplib.SMTP) -> Offer:
    limit = client.esmtp_extensions.get("size", "").strip()
    return Offer(
        pipelining=client.supports_extension("pipelining"),
        size=int(limit) if _is_size(limit) else 0,
        announce_size=client.supports_extension("size"),
        eightbit=client.supports_extension("8bitmime"),
        smtputf8=client.supports_extension("smtputf8"),
        chunking=client.supports_extension("chunking"),
    )


def _context(relay: RelayOptions) -> ssl.SSLContext:
    try:
        return tls.verifying(relay.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            relay.label,
            f"has a ca_file {relay.ca_file!r} that {_unreadable(error)}; write the path of the "
            "PEM file with the certificate of its authority",
        ) from error


def _unreadable(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):  # one of the OSErrors
        return "holds no certificate"
    return f"cannot be read ({error.strerror or error})"


_HUNG_UP = aiosmtplib.SMTPServerDisconnected


def _explained(error: Exception, relay: RelayOptions) -> DigestError:
    """The library's error as one sentence that names the relay and the cure."""
    label = relay.label
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Misconfigured(label, _distrusted(cause, relay))
    if isinstance(cause, ssl.SSLError):
        return Misconfigured(
            label,
            f"and we find no TLS to agree on ({cause.reason or cause}); check tls and port: "
            "implicit goes with 465, starttls with 587",
        )
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _answered_badly(error, relay)
    if isinstance(error, TimeoutError):
        return Temporary(
            f"{label} did not answer in time; check host and port, and that no firewall is "
            f"between{_perhaps_tls(relay)}"
        )
    if isinstance(cause, ConnectionResetError) and relay.security is Security.IMPLICIT:
        return Temporary(_broken_off(relay))
    if any(isinstance(one, _HUNG_UP) and one.__cause__ is None for one in (error, cause)):
        return Temporary(
            f"{label} closed the connection before any mail could go; check host and port, "
            f"and whether it lets this machine in{_perhaps_tls(relay)}"
        )
    if isinstance(error, aiosmtplib.SMTPServerDisconnected | OSError):
        why = str(cause or "") or str(error) or "the connection was lost"
        return Temporary(f"{label} cannot be reached: {why}; check host and port")
    return Misconfigured(label, f"cannot be used: {error}; check its table in the configuration")


def _perhaps_tls(relay: RelayOptions) -> str:
    if relay.security is Security.IMPLICIT:
        return ', and that it is a port for tls = "implicit", such as 465'
    return '; if it is a TLS port (465), write tls = "implicit"'


def _answered_badly(error: aiosmtplib.SMTPResponseException, relay: RelayOptions) -> DigestError:
    spoken = words(_octets(f"{error.code} {error.message}"))
    if error.code < 0:
        what = words(_octets(error.message.rpartition(": ")[2]))
        return Misconfigured(
            relay.label, f"does not speak SMTP, it said {what!r}; check host and port"
        )
    if error.code < 500:
        return Temporary(f"{relay.label} has no time for us ({spoken}); it is tried again later")
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Misconfigured(
            relay.label,
            f"does not accept our login ({spoken}); check username and its "
            f"{'access token' if relay.access_token else 'password'}",
        )
    return Misconfigured(relay.label, f"refuses us ({spoken}); ask whoever runs it")


def _octets(said: str) -> bytes:
    """What the relay said, as it came: the library keeps what is no UTF-8 as lone surrogates."""
    return said.encode("utf-8", "surrogateescape")


def _broken_off(relay: RelayOptions) -> str:
    return (
        f"{relay.label} broke off while we agreed on TLS; it must know TLS 1.2 or newer, "
        "and tls must go with its port"
    )


def _distrusted(error: ssl.SSLCertVerificationError, relay: RelayOptions) -> str:
    match error.verify_code:
        case tls.EXPIRED:
            return "has a certificate that has expired; whoever runs it must renew it"
        case code if code in tls.ANOTHERS:
            return (
                f"has a certificate for another name than {relay.host!r}; "
                "set host to the name that the certificate is for"
            )
        case _:
            return (
                f"has a certificate that nobody we trust signed ({error.verify_message}); "
                "set ca_file to its authority"
            )
