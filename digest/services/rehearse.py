"""Rehearse: a prepared issue to the very messages a release would send, in a folder."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from digest import periods
from digest.choices import Choice
from digest.compose import findings, proof
from digest.compose.lint import Finding
from digest.compose.prepared import Prepared
from digest.compose.report import EditionReport, Json, Rehearsal, report
from digest.deliver import flowed, headers, wayout
from digest.deliver.message import compile_edition
from digest.deliver.postmark import Postmark, Reader
from digest.deliver.transport import RehearsalTransport
from digest.deliver.writer import Writer
from digest.model import Edition, Issue, SourceReport
from digest.storage import audience as audience_table
from digest.storage.audience import Recipient
from digest.storage.database import Store
from subscribers.model import SubscriberId

RECIPIENTS_SHOWN = 10
THE_SENDER = SubscriberId("sender")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """The rehearsal, its report as JSON, the page to open, and what else is worth saying."""

    rehearsal: Rehearsal
    report: Json
    page: Path
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


async def rehearse(
    people: Store | None,
    prepared: Prepared,
    postmark: Postmark,
    sources: Sequence[SourceReport],
    *,
    out: Path,
) -> Rehearsed:
    """Write messages, editions, proof and report.json into ``out``. ``people`` is only read.

    One message for each of the first 10 readers of an edition; one that has no readers yet goes
    to the sender. Raises Misconfigured where ``out`` cannot be written.
    """
    newsletter = prepared.newsletter
    audience = await _audience(people, prepared)
    parts: list[proof.Part] = []
    reports: list[EditionReport] = []
    for edition in prepared.editions:
        assert prepared.issue is not None
        readers = audience.readers.get(edition.key) or [_sender(prepared)]
        part, objections = await _post(edition, prepared.issue, postmark, readers, out)
        parts.append(part)
        prepared = _told(prepared, edition, objections)
        reports.append(_edition_report(edition, prepared, audience.counts[edition.key]))
    rehearsal = Rehearsal(
        newsletter=newsletter.id,
        at=prepared.at,
        issue=prepared.issue,
        reason=prepared.reason,
        left_out=prepared.left_out,
        sources=sources,
        editions=tuple(reports),
        audience=audience.counts.total(),
        out=str(out),
    )
    said = report(rehearsal)
    page = proof.write(
        out,
        title=newsletter.title,
        at=prepared.at,
        report=said,
        parts=parts,
        base_url=postmark.base_url,
    )
    findings = tuple(one for found in prepared.findings.values() for one in found)
    return Rehearsed(
        rehearsal=rehearsal, report=said, page=page, findings=findings, notes=prepared.notes
    )


@dataclass(frozen=True, slots=True)
class _Audience:
    """How many get each edition, by its key, and the first of them. No issue: all under ""."""

    counts: Counter[str] = field(default_factory=Counter)
    readers: dict[str, list[Reader]] = field(default_factory=dict)


async def _audience(people: Store | None, prepared: Prepared) -> _Audience:
    if people is None:
        return _Audience()
    newsletter = prepared.newsletter
    cadence, now = newsletter.cadence.value, prepared.at
    found = _Audience()
    counts = await people.read(audience_table.choices, newsletter.id, cadence, now)
    for choice, count in counts.items():
        found.counts[_key(choice, prepared)] += count
    for person in await people.read(
        audience_table.first_of_each, newsletter.id, cadence, now, RECIPIENTS_SHOWN
    ):
        first = found.readers.setdefault(_key(person.choice, prepared), [])
        if len(first) < RECIPIENTS_SHOWN:
            first.append(_reader(person, prepared))
    return found


def _key(choice: Choice, prepared: Prepared) -> str:
    return prepared.edition_for(choice) if prepared.editions else ""


def _sender(prepared: Prepared) -> Reader:
    name, address = headers.parsed(prepared.newsletter.sender)
    return Reader(id=THE_SENDER, address=address, name=name, due=prepared.at)


def _reader(person: Recipient, prepared: Prepared) -> Reader:
    # As release does: who chose no hour of their own gets it when the window closes, at once.
    hour = person.hour
    zone = periods.zone_or(person.timezone, prepared.newsletter.timezone)
    due = periods.next_hour(prepared.at, hour, zone) if hour else prepared.at
    return Reader(id=person.id, address=str(person.address), name=person.name, due=due)


async def _post(
    edition: Edition, issue: Issue, postmark: Postmark, readers: Sequence[Reader], out: Path
) -> tuple[proof.Part, list[str]]:
    """Every reader's message into ``messages/``.

    The edition as the first of them reads it, and what RFC 8058 has against it.
    """
    writer = Writer(compile_edition(edition, postmark.letterhead), postmark, issue)
    transport = RehearsalTransport(out / "messages")
    first = b""
    for number, reader in enumerate(readers, 1):
        message = writer.message(reader, name=f"{edition.key}-{number:02d}")
        first = first or message.data
        await transport(message)
    return _read_back(edition.key, first), wayout.objections(first)


def _told(prepared: Prepared, edition: Edition, objections: Sequence[str]) -> Prepared:
    """``prepared`` with what stands against an edition's header."""
    found = tuple(findings.warn("one-click", said, "header") for said in objections)
    every = {**prepared.findings, edition.key: (*prepared.findings.get(edition.key, ()), *found)}
    return replace(prepared, findings=every)


def _read_back(key: str, data: bytes) -> proof.Part:
    """The parts as a mail program reads them: what is shown is what would be sent."""
    message = email.message_from_bytes(data, policy=email.policy.SMTP)
    shown = {part.get_content_type(): part.get_content() for part in message.iter_parts()}
    plain, html = (str(shown[kind]).replace("\r\n", "\n") for kind in ("text/plain", "text/html"))
    return proof.Part(key=key, html=html, text=flowed.lines(plain))


def _edition_report(edition: Edition, prepared: Prepared, recipients: int) -> EditionReport:
    return EditionReport(
        key=edition.key,
        subject=edition.subject,
        html_bytes=len(edition.html.encode()),
        text_bytes=len(edition.text.encode()),
        recipients=recipients,
        lint=tuple(
            f"{one.level} {one.code}: {one.message}"
            for one in prepared.findings.get(edition.key, ())
        ),
        notes=edition.notes,
    )
