"""Settings to what carries mail: relays and their limits, keys, offices, the engine of dispatch."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.clock import clock_at
from digest.config import secret
from digest.config.settings import Relay, Settings
from digest.deliver import allowance, inturn, journal, smtp
from digest.deliver.allowance import Domains, Lane
from digest.deliver.choice import Circuit
from digest.deliver.inturn import InTurn
from digest.deliver.lines import Carry, Lines
from digest.deliver.maildir import MaildirTransport
from digest.deliver.office import Office
from digest.deliver.options import DomainLimits
from digest.deliver.outbox import WhenInDoubt
from digest.deliver.progress import Progress
from digest.deliver.relay import RelayOptions, Security
from digest.deliver.sealing import SealingOffice
from digest.deliver.singly import singly
from digest.deliver.smtp import SmtpTransport
from digest.deliver.throttle import Pace, limited
from digest.deliver.transport import Transport
from digest.deliver.tray import Tray
from digest.domains import in_dns
from digest.errors import Misconfigured
from digest.isolation import Workers
from digest.services import feedback
from digest.services.dispatch import Dispatch
from digest.services.issue_office import IssueOffice, Rules
from digest.services.letters import LetterOffice
from digest.services.pacing import Pacing
from digest.wiring import Means, letter_desk
from digest.wiring import bounces as coming_back

if TYPE_CHECKING:
    from digest.deliver.signing import Signer

MAILDIR = "maildir"
MAILDIR_WRITERS = 4
NO_CIRCUITS: Mapping[str, Circuit] = MappingProxyType({})
PLACES = 4_096  # of a journal, for what is accepted and not in the database yet


def transport(settings: Settings, circuits: Mapping[str, Circuit] = NO_CIRCUITS) -> InTurn:
    """The way out that ``deliver.transport`` names; of several relays the first that can be used.

    It signs where ``[deliver.dkim]`` is set. ``circuits``: how the relays have fared, by name; one
    that is paused is asked last. One that says nothing is passed over soon, but for the last.
    Raises Misconfigured where a key that we sign with is missing.
    """
    deliver, signed = settings.deliver, _signed(settings)
    if deliver.transport == MAILDIR:
        folder = deliver.maildir
        return InTurn([(f"maildir {folder}", lambda: signed(MaildirTransport(folder)))])

    known = {relay.name: relay for relay in deliver.relays}
    names = inturn.order([(relay.name, relay.weight) for relay in deliver.relays], circuits)

    def way(relay: Relay) -> tuple[str, Callable[[], Transport]]:
        label = RelayOptions(name=relay.name, host=relay.host, port=relay.port).label

        def make() -> Transport:
            options = _relay(settings, relay)
            return signed(SmtpTransport(options if relay.name == names[-1] else options.hurried))

        return label, make

    return InTurn([way(known[name]) for name in names])


def unsigned(settings: Settings) -> Settings:
    """The same without our signature: for what must be heard though a key is missing."""
    return replace(settings, deliver=replace(settings.deliver, dkim=None))


def _in_use(settings: Settings) -> tuple[Relay, ...]:
    return settings.deliver.relays if settings.deliver.transport != MAILDIR else ()


def relays(settings: Settings) -> tuple[RelayOptions, ...]:
    """Every relay in use with its secrets. Raises Misconfigured where one is unset."""
    return tuple(_relay(settings, relay) for relay in _in_use(settings))


def named(settings: Settings) -> tuple[str, ...]:
    """The names of the relays in use."""
    return tuple(relay.name for relay in _in_use(settings))


def usable(settings: Settings) -> tuple[list[RelayOptions], list[str]]:
    """The relays in use that have their secrets, and of each other one what it lacks."""
    found: list[RelayOptions] = []
    lacking: list[str] = []
    for relay in _in_use(settings):
        try:
            found.append(_relay(settings, relay))
        except Misconfigured as error:
            lacking.append(str(error))
    return found, lacking


def equipped(settings: Settings) -> None:
    """Raise Misconfigured where a relay's secret is unset, or a key that we sign with is missing.

    For who is about to make something precious: nothing should be released that cannot leave.
    """
    relays(settings)
    if settings.deliver.dkim is not None:
        from digest.config import dkim as dkim_keys  # cryptography: 8 MB

        dkim_keys.read(settings.deliver.dkim)


def _signed(settings: Settings) -> Callable[[Transport], Transport]:
    """A transport to the same that signs, where we sign."""
    options = settings.deliver.dkim
    if options is None:
        return lambda inner: inner
    from digest.config import dkim as dkim_keys  # cryptography: 8 MB
    from digest.deliver.dkim import Body
    from digest.deliver.signed import Signed

    # The machine's clock, whatever --at says: a signature of the future is worth nothing.
    keys, body, clock = dkim_keys.read(options), Body(options.body), clock_at(None)
    return lambda inner: Signed(inner, keys=keys, body=body, clock=clock)


def _relay(settings: Settings, relay: Relay) -> RelayOptions:
    return RelayOptions(
        name=relay.name,
        host=relay.host,
        port=relay.port,
        security=Security(relay.tls),
        username=relay.username,
        password=secret.relay_password(relay) or "",
        access_token=secret.relay_token(relay) or "",
        ca_file=str(relay.ca_file or ""),
        local_hostname=_called(
            relay.local_hostname or urlsplit(settings.site.base_url).hostname or ""
        ),
        max_connections=relay.max_connections,
        max_messages=relay.max_messages_per_connection,
        bdat=relay.bdat,
    )


def _called(host: str) -> str:
    """A host as EHLO says it: an address is a literal in brackets (RFC 5321, 4.1.3)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


@asynccontextmanager
async def signer(settings: Settings) -> AsyncIterator[Signer | None]:
    """What signs messages, with workers of its own; None where the relay signs."""
    options = settings.deliver.dkim
    if options is None:
        yield None
        return
    from digest.config import dkim as dkim_keys  # cryptography: 8 MB
    from digest.deliver import signing
    from digest.deliver.dkim import Body
    from digest.deliver.signing import Signer

    keys = dkim_keys.read(options)
    count = max(1, len(os.sched_getaffinity(0)) - 1)  # the loop needs a core to send what is signed
    async with Workers(count=count, ahead=2, preload=signing.PRELOAD) as isolate:
        yield Signer(isolate=isolate, keys=keys, body=Body(options.body), workers=count)


def lanes(settings: Settings, now: datetime) -> tuple[Lane, ...]:
    """Every relay's share and limits, those of its warm-up included; nothing has left yet."""
    return tuple(
        allowance.today(
            Lane(name=relay.name, weight=relay.weight, limits=_limits(relay), warmup=relay.warmup),
            now.timestamp(),
        )
        for relay in _in_use(settings)
    )


def domains(settings: Settings, now: datetime) -> Domains:
    """What the recipients' domains may get; nothing has left yet."""
    deliver = settings.deliver

    def pace(limits: DomainLimits) -> Pace:
        return _limits(limits, start=limits.start, ceiling=limits.ceiling)

    # Addresses have the name that is in the DNS, whichever the operator wrote.
    named = {in_dns(name): pace(limits) for name, limits in deliver.domains.items()}
    return Domains(pace(deliver.each_domain), named, now.timestamp())


def _limits(of: Relay | DomainLimits, *, start: float = 0.0, ceiling: float = 0.0) -> Pace:
    return limited(
        start=start,
        ceiling=ceiling,
        second=of.per_second,
        minute=of.per_minute,
        hour=of.per_hour,
        day=of.per_day,
    )


def _offices(
    settings: Settings, tools: Means, ring: Sequence[bytes], tell: Callable[[str], None]
) -> tuple[Office, Office]:
    """The office of letters, and that of issues."""
    desk = letter_desk(settings, ring)
    blame = partial(
        feedback.refused, acts=coming_back.acts(ring), rules=coming_back.bounce_rules(settings)
    )
    rules = Rules(
        in_doubt=WhenInDoubt(settings.deliver.in_doubt),
        first_delay=timedelta(seconds=settings.deliver.first_retry_seconds),
    )
    letters = LetterOffice(
        tools.store,
        desk,
        isolate=tools.isolate,
        blame=blame,
        dice=tools.dice,
        first_delay=rules.first_delay,
        tell=tell,
    )
    issues = IssueOffice(
        tools.store, desk.postmarks, rules=rules, blame=blame, dice=tools.dice, tell=tell
    )
    return letters, issues


def _ways(settings: Settings, now: datetime) -> tuple[list[tuple[RelayOptions, Lane]], Carry]:
    """Where mail can leave, and what carries it there."""
    if settings.deliver.transport == MAILDIR:
        folder = RelayOptions(name=MAILDIR, host="", max_connections=MAILDIR_WRITERS)
        return [(folder, Lane(name=MAILDIR))], singly(MaildirTransport(settings.deliver.maildir))
    return list(zip(relays(settings), lanes(settings, now), strict=True)), smtp.carry


def dispatch(
    settings: Settings,
    tools: Means,
    ring: Sequence[bytes],
    *,
    sign: Signer | None,
    only_letters: bool = False,
    show: Callable[[Progress], None],
    tell: Callable[[str], None],
) -> Dispatch:
    """The engine that sends what is due, through the transport in force.

    Raises Temporary where the journal cannot be written.
    """
    letters, issues = _offices(settings, tools, ring, tell)
    now = tools.clock()
    ways, carry = _ways(settings, now)
    connections = sum(relay.max_connections for relay, _ in ways)

    def open_lines(tray: Tray) -> Lines:
        return Lines(
            ways,
            domains(settings, now),
            tray,
            carry=carry,
            clock=tools.clock,
            tell=tell,
            drain_seconds=settings.deliver.drain_seconds,
        )

    offices: list[Office] = [letters] if only_letters else [letters, issues]
    if sign is not None:
        offices = [SealingOffice(one, sign, workers=sign.workers) for one in offices]
    return Dispatch(
        offices,
        journal.take_over(settings.folder / "journals", capacity=PLACES + 2 * connections),
        open_lines,
        clock=tools.clock,
        memory=Pacing(tools.store),
        unserved=[issues] if only_letters else (),
        show=show,
        tell=tell,
    )
