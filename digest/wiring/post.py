"""Settings to what carries mail: relays and their limits, keys, offices, the engine of dispatch."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from sqlalchemy import Connection

from digest.config import dkim as dkim_keys
from digest.config import secret
from digest.config.settings import Relay, Settings
from digest.deliver import allowance, journal, signing, smtp
from digest.deliver.allowance import Domains, Lane
from digest.deliver.dkim import Body
from digest.deliver.lines import Carry, Lines
from digest.deliver.maildir import MaildirTransport
from digest.deliver.options import DomainLimits
from digest.deliver.outbox import Consequence, WhenInDoubt
from digest.deliver.outcome import Refused
from digest.deliver.relay import RelayOptions, Security
from digest.deliver.signing import Signer
from digest.deliver.singly import singly
from digest.deliver.smtp import SmtpTransport
from digest.deliver.throttle import Pace, limited
from digest.deliver.transport import Transport
from digest.deliver.tray import Tray
from digest.isolation import Workers
from digest.services import membership
from digest.services.dispatch import Dispatch, Progress
from digest.services.issue_office import IssueOffice, Rules
from digest.services.letters import LetterOffice
from digest.services.pacing import Pacing
from digest.storage.consents import NO_EVIDENCE
from digest.wiring import Tools, letter_desk
from subscribers.acts import Bounce
from subscribers.model import By, SubscriberId

MAILDIR = "maildir"
MAILDIR_WRITERS = 4
PLACES = 4_096  # of a journal, for what is accepted and not in the database yet


def transport(settings: Settings) -> Transport:
    """The way out that ``deliver.transport`` names; of several relays the first."""
    deliver = settings.deliver
    if deliver.transport == "maildir":
        return MaildirTransport(deliver.maildir)
    return SmtpTransport(_relay(settings, deliver.relays[0]))


def relays(settings: Settings) -> tuple[RelayOptions, ...]:
    """Every relay with its secrets. Raises Misconfigured where one is unset."""
    return tuple(_relay(settings, relay) for relay in settings.deliver.relays)


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
        local_hostname=relay.local_hostname or urlsplit(settings.site.base_url).hostname or "",
        max_connections=relay.max_connections,
        max_messages=relay.max_messages_per_connection,
        bdat=relay.bdat,
    )


@asynccontextmanager
async def signer(settings: Settings) -> AsyncIterator[Signer | None]:
    """What signs messages, with workers of its own; None where the relay signs."""
    options = settings.deliver.dkim
    if options is None:
        yield None
        return
    keys = dkim_keys.read(options)
    count = max(1, len(os.sched_getaffinity(0)) - 1)  # the loop needs a core to send what is signed
    async with Workers(count=count, preload=signing.PRELOAD) as isolate:
        yield Signer(isolate=isolate, keys=keys, body=Body(options.body))


def lanes(settings: Settings, now: datetime) -> tuple[Lane, ...]:
    """Every relay's share and limits, those of its warm-up included; nothing has left yet."""
    return tuple(
        allowance.today(
            Lane(
                name=relay.name,
                weight=relay.weight,
                limits=_limits(relay),
                warmup=relay.warmup,
            ),
            now.timestamp(),
        )
        for relay in settings.deliver.relays
    )


def domains(settings: Settings, now: datetime) -> Domains:
    """What the recipients' domains may get; nothing has left yet."""
    deliver = settings.deliver

    def pace(limits: DomainLimits) -> Pace:
        return _limits(limits, start=limits.start, ceiling=limits.ceiling)

    named = {name: pace(limits) for name, limits in deliver.domains.items()}
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


def dispatch(
    settings: Settings,
    tools: Tools,
    ring: Sequence[bytes],
    *,
    only_letters: bool = False,
    show: Callable[[Progress], None],
    tell: Callable[[str], None],
) -> Dispatch:
    """The engine that sends what is due, through the transport in force.

    Raises Temporary where the journal cannot be written.
    """
    letters, issues = _offices(settings, tools, ring, tell)
    now = tools.clock()
    if settings.deliver.transport == MAILDIR:
        folder = RelayOptions(name=MAILDIR, host="", max_connections=MAILDIR_WRITERS)
        ways = [(folder, Lane(name=MAILDIR))]
        carry: Carry = singly(MaildirTransport(settings.deliver.maildir))
    else:
        ways = list(zip(relays(settings), lanes(settings, now), strict=True))
        carry = smtp.carry

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

    return Dispatch(
        [letters] if only_letters else [letters, issues],
        journal.take_over(settings.folder / "journals", capacity=PLACES + 2 * connections),
        open_lines,
        clock=tools.clock,
        memory=Pacing(tools.store),
        unserved=[issues] if only_letters else (),
        show=show,
        tell=tell,
    )


def _offices(
    settings: Settings, tools: Tools, ring: Sequence[bytes], tell: Callable[[str], None]
) -> tuple[LetterOffice, IssueOffice]:
    desk = letter_desk(settings, ring)
    rules = Rules(
        in_doubt=WhenInDoubt(settings.deliver.in_doubt),
        first_delay=timedelta(seconds=settings.deliver.first_retry_seconds),
    )
    letters = LetterOffice(
        tools.store,
        desk,
        isolate=tools.isolate,
        blame=partial(_blame, ring),
        dice=tools.dice,
        in_doubt=rules.in_doubt,
        first_delay=rules.first_delay,
        tell=tell,
    )
    issues = IssueOffice(
        tools.store,
        desk.postmarks,
        rules=rules,
        blame=partial(_blame, ring),
        dice=tools.dice,
        tell=tell,
    )
    return letters, issues


def _blame(
    ring: Sequence[bytes],
    tx: Connection,
    who: SubscriberId,
    consequence: Consequence,
    _: Refused,
    now: datetime,
) -> None:
    """What a relay's refusal means for the person it was about."""
    if consequence is Consequence.BOUNCE:
        membership.on_address(tx, who, Bounce(), By.MAILBOX, tuple(ring), now, NO_EVIDENCE)
