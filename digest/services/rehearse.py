"""Rehearse: a prepared issue to the very messages a release would send, in a folder."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from digest import periods
from digest.compose import findings, proof
from digest.compose.lint import Finding
from digest.compose.prepared import Prepared
from digest.compose.report import EditionReport, Json, Rehearsal, report
from digest.deliver import flowed, headers, wayout
from digest.deliver.message import compile_edition, splice
from digest.deliver.postmark import Postmark, Reader, personal
from digest.deliver.transport import Outgoing, RehearsalTransport
from digest.model import Edition, Issue, Newsletter, SourceReport
from digest.storage import people as people_table
from digest.storage.database import Store
from digest.storage.people import NOBODY, Audience, Recipient
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

    One message for each of the first 10 readers of an edition; with no readers yet, one to the
    sender. Raises Misconfigured where ``out`` cannot be written.
    """
    newsletter = prepared.newsletter
    audience = await _audience(people, prepared)
    parts: list[proof.Part] = []
    reports: list[EditionReport] = []
    for edition in prepared.editions:
        assert prepared.issue is not None
        readers = _readers(audience, prepared)
        part, objections = await _post(edition, prepared.issue, postmark, readers, out)
        parts.append(part)
        prepared = _told(prepared, edition, objections)
        reports.append(_edition_report(edition, prepared, audience.count))
    rehearsal = Rehearsal(
        newsletter=newsletter.id,
        at=prepared.at,
        issue=prepared.issue,
        reason=prepared.reason,
        left_out=prepared.left_out,
        sources=sources,
        editions=tuple(reports),
        audience=audience.count,
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


async def _audience(people: Store | None, prepared: Prepared) -> Audience:
    if people is None:
        return NOBODY
    newsletter = prepared.newsletter
    return await people.read(
        people_table.audience,
        newsletter.id,
        newsletter.cadence.value,
        prepared.at,
        RECIPIENTS_SHOWN,
    )


def _readers(audience: Audience, prepared: Prepared) -> list[Reader]:
    newsletter = prepared.newsletter
    if not audience.first:
        name, address = headers.parsed(newsletter.sender)
        due = periods.next_hour(prepared.at, newsletter.hour, newsletter.timezone)
        return [Reader(id=THE_SENDER, address=address, name=name, due=due)]
    return [_reader(person, newsletter, prepared) for person in audience.first]


def _reader(person: Recipient, newsletter: Newsletter, prepared: Prepared) -> Reader:
    # A reader's own hour is in the reader's own zone; the newsletter's hour in the newsletter's.
    zone = person.timezone if person.hour else newsletter.timezone
    due = periods.next_hour(prepared.at, person.hour or newsletter.hour, zone)
    return Reader(id=person.id, address=str(person.address), name=person.name, due=due)


async def _post(
    edition: Edition, issue: Issue, postmark: Postmark, readers: Sequence[Reader], out: Path
) -> tuple[proof.Part, list[str]]:
    """Every reader's message into ``messages/``.

    The edition as the first of them reads it, and what RFC 8058 has against it.
    """
    compiled = compile_edition(edition, postmark.letterhead)
    transport = RehearsalTransport(out / "messages")
    _, sender = headers.parsed(postmark.newsletter.sender)
    first = b""
    for number, reader in enumerate(readers, 1):
        data = splice(compiled, personal(postmark, issue, reader))
        first = first or data
        await transport(
            Outgoing(
                name=f"{edition.key}-{number:02d}",
                sender=sender,
                recipient=reader.address,
                data=data,
            )
        )
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
