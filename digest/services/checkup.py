"""The doctor's round: machine, relays, pages and DNS are asked, and every answer gets a verdict.

Asking goes through ports; verdicts are made in digest/checkup. Nothing is changed and no mail is
sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.checkup import doors, machine, names, records, rules
from digest.checkup.doors import PageSeen, RelaySeen
from digest.checkup.machine import Clocks, Database
from digest.checkup.names import Told
from digest.checkup.records import Found
from digest.checkup.verdict import Check, Level, bad, unchecked, worst
from digest.clock import Clock
from digest.deliver.relay import RelayOptions, is_loopback
from digest.deliver.smtp import knock
from digest.errors import DigestError, Temporary

Lookup = Callable[[str, str], Awaitable[Found]]  # a name and TXT, MX, A, AAAA or PTR
Visit = Callable[[str, Mapping[str, str] | None], Awaitable[PageSeen]]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}  # RFC 8058
SPF_NAMES = 30  # a record that draws in more is refused by its count anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What is to be looked at; the first five were looked at by the door already."""

    database: Database | None
    database_time: datetime | None
    keys_trouble: str
    keys: int
    disk: tuple[str, int]  # where, and bytes free
    base_url: str
    unsubscribe_url: str  # signed, for nobody; empty: there is no key to sign with
    domains: tuple[str, ...]  # what stands after the @ of each From
    relays: tuple[RelayOptions, ...] = ()
    unusable: tuple[str, ...] = ()  # relays without their secret, a sentence each
    paused: Mapping[str, str] = field(default_factory=dict)  # relay -> its words when it refused us
    selectors: tuple[str, ...] = ()
    dkim_domain: str = ""
    signs: Mapping[str, str] = field(
        default_factory=dict
    )  # where a key is -> its record as we sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    checks: tuple[Check, ...]
    bulk: tuple[Check, ...] = field(default=())  # the rules of Gmail and Yahoo

    @property
    def level(self) -> Level:
        return worst([*self.checks, *self.bulk])


async def examine(patient: Patient, *, lookup: Lookup, visit: Visit, clock: Clock) -> Checkup:
    """Ask everything at once and judge the answers."""
    pages, mail, dns = await asyncio.gather(
        _pages(patient, visit, clock),
        _relays(patient, lookup, clock),
        _names(patient, lookup, visit),
    )
    checks = [
        machine.database(patient.database),
        machine.keys(patient.keys_trouble, count=patient.keys),
        machine.disk(*patient.disk),
        *pages,
        *mail,
        *dns,
    ]
    bulk = rules.checklist(checks, domains=patient.domains, base_url=patient.base_url)
    return Checkup(checks=tuple(checks), bulk=tuple(bulk))


async def watch(
    relays: Sequence[RelayOptions], signs: Mapping[str, str], *, lookup: Lookup, clock: Clock
) -> list[Check]:
    """Of the round what may break by itself: certificates, logins, and the keys that we sign with.

    What could not be asked is not checked. ``signs``: as in Patient.
    """
    knocked = await asyncio.gather(*(_knocked(relay) for relay in relays))
    found = await asyncio.gather(*(lookup(at, "TXT") for at in signs))
    return [
        *(check for seen in knocked for check in _watched(seen, clock())),
        *(
            names.dkim_key(at, texts, signs=text)
            for (at, text), texts in zip(signs.items(), found, strict=True)
        ),
    ]


def _watched(seen: RelaySeen, now: datetime) -> list[Check]:
    if seen.passing:  # no news of its certificate: it may be the network between
        return [unchecked(seen.label, seen.trouble.removeprefix(f"{seen.label} "))]
    lasting = f"PIPELINING at {seen.label}"  # what a relay offers does not break by itself
    return [check for check in doors.relay(seen, now=now) if check.name != lasting]


async def _pages(patient: Patient, visit: Visit, clock: Clock) -> list[Check]:
    home = await visit(f"{patient.base_url}/", None)
    others = [("the database", patient.database_time), (patient.base_url, home.at)]
    told = machine.clock(
        Clocks(ours=clock(), others=tuple((who, at) for who, at in others if at is not None))
    )
    if not patient.unsubscribe_url:
        pressed = unchecked("one-click unsubscribe", "there is no key to sign a link with")
    else:
        asked = await visit(patient.unsubscribe_url, None)
        pressed = doors.one_click(asked, await visit(patient.unsubscribe_url, ONE_CLICK))
    return [told, doors.site(patient.base_url, home), pressed]


async def _relays(patient: Patient, lookup: Lookup, clock: Clock) -> list[Check]:
    if not patient.relays and not patient.unusable:
        cure = 'set deliver.transport = "smtp" and add [[deliver.relays]]'
        return [unchecked("relay", "mail goes into a folder, not to people", cure)]
    checks = [
        bad("relay", why, "set it for whatever starts `digest`, too: systemd, cron, a container")
        for why in patient.unusable
    ]
    checks += [
        bad(
            f"relay {name}",
            f"it refused us and is not used any more: {words}",
            f"once that is mended, `digest relays resume {name}`",
        )
        for name, words in patient.paused.items()
    ]
    for relay in patient.relays:
        checks += doors.relay(await _knocked(relay), now=clock())
        if not is_loopback(relay.host):
            checks += await _reverse(relay.host, lookup)
    return checks


async def _knocked(relay: RelayOptions) -> RelaySeen:
    try:
        seen = await knock(relay)
    except DigestError as error:
        passing = isinstance(error, Temporary)
        return RelaySeen(label=relay.label, trouble=str(error), passing=passing)
    return RelaySeen(
        label=relay.label,
        login=bool(relay.username),
        tls=seen.tls,
        certificate_until=seen.certificate_until,
        pipelining=seen.offer.pipelining,
        here=is_loopback(relay.host),
    )


async def _reverse(host: str, lookup: Lookup) -> list[Check]:
    found = [await lookup(host, kind) for kind in ("A", "AAAA")]
    checks = []
    for address in [one for some in found for one in some or ()]:
        pointed = await lookup(address, "PTR")
        kind = "AAAA" if ":" in address else "A"
        back = {name: await lookup(name, kind) for name in pointed or ()}
        checks.append(names.reverse(host, address, pointed, back))
    return checks


async def _names(patient: Patient, lookup: Lookup, visit: Visit) -> list[Check]:
    # All at once: where the name servers are down, each question waits for its whole patience.
    asked = (_told(patient, domain, lookup, visit) for domain in patient.domains)
    told = await asyncio.gather(*asked)
    return [check for one in told for check in names.checks(one)]


async def _told(patient: Patient, domain: str, lookup: Lookup, visit: Visit) -> Told:
    signer = patient.dkim_domain or domain
    at = {name: f"{name}._domainkey.{signer}" for name in patient.selectors}
    dmarc = list(records.dmarc_names(domain))
    spf, mx, (announced, policy), keys, policies = await asyncio.gather(
        _spf(domain, lookup),
        _takers(domain, lookup),
        _mta_sts(domain, lookup, visit),
        asyncio.gather(*(lookup(name, "TXT") for name in at.values())),
        asyncio.gather(*(lookup(name, "TXT") for name in dmarc)),
    )
    return Told(
        domain=domain,
        spf=spf,
        dkim=dict(zip(at, keys, strict=True)),
        dkim_domain=patient.dkim_domain,
        signs=patient.signs,
        dmarc=dict(zip(dmarc, policies, strict=True)),
        mx=mx,
        mta_sts=announced,
        mta_sts_policy=policy,
        relay=next((relay.host for relay in patient.relays if not is_loopback(relay.host)), ""),
    )


async def _mta_sts(domain: str, lookup: Lookup, visit: Visit) -> tuple[Found, str | None]:
    announced = await lookup(f"_mta-sts.{domain}", "TXT")
    if not announced:
        return announced, None
    seen = await visit(f"https://mta-sts.{domain}/.well-known/mta-sts.txt", None)
    return announced, seen.body if seen.status == 200 else None


async def _spf(domain: str, lookup: Lookup) -> dict[str, Found]:
    """The TXT records of a domain and of every name that its SPF record draws in."""
    known: dict[str, Found] = {}
    wanted = [domain.lower()]
    while wanted and len(known) < SPF_NAMES:
        name = wanted.pop(0)
        if name in known:
            continue
        known[name] = await lookup(name, "TXT")
        for record in records.spf_records(known[name] or ())[:1]:
            wanted += records.spf_next(record)
    return known


async def _takers(domain: str, lookup: Lookup) -> Found:
    """Who takes mail for a domain; without an MX the domain itself (RFC 5321, 5.1)."""
    exchangers = await lookup(domain, "MX")
    if exchangers != ():
        return exchangers
    for kind in ("A", "AAAA"):
        if await lookup(domain, kind):
            return (domain,)
    return ()
