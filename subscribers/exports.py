"""Another program's export to lines of our own roster. Pure.

Who unsubscribed, bounced or was blocked there is brought along as such and never joined; who was
never subscribed there is left out with that reason. Line numbers stay the file's own.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from subscribers.cells import yes_or_no
from subscribers.lines import Line, Malformed, records
from subscribers.model import Standing, Status

COLUMNS = (
    "address",
    "name",
    "timezone",
    "standing",
    "status",
    "joined_at",
    "confirmed_at",
    "left_at",
)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?)?"
)
_COMPLAINT = re.compile(r"spam|abuse|complain", re.IGNORECASE)

Cells = Mapping[str, str]  # heading in lower case -> cell
Ours = dict[str, str]


class NotTheirs(ValueError):
    """The file is no export of that program; the message says what is missing."""


class _LeaveOut(ValueError):
    """The row is nobody who was ever subscribed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program whose exports we read: the columns that must be there, and what a row means."""

    title: str
    needs: tuple[str, ...]
    person: Callable[[Cells], Ours]


def translated(lines: Iterable[Line | Malformed], program: str) -> Iterator[Line | Malformed]:
    """An export of ``program`` as the lines of a roster, with its header first.

    Raises NotTheirs for a file that is none.
    """
    theirs = PROGRAMS[program]
    heads: list[str] = []
    for record in records(lines):
        if isinstance(record, Malformed):
            yield record
        elif not heads:
            heads = [cell.strip().lower() for cell in record.cells]
            missing = [name for name in theirs.needs if name not in heads]
            if missing:
                raise NotTheirs(f"It is no export of {theirs.title}: no column {missing[0]!r}.")
            yield Line(record.line, ",".join(COLUMNS))
        else:
            yield _line(record.line, heads, record.cells, theirs)


def _line(
    number: int, heads: Sequence[str], cells: Sequence[str], theirs: Program
) -> Line | Malformed:
    try:
        ours = theirs.person(dict(zip(heads, (cell.strip() for cell in cells), strict=False)))
    except _LeaveOut as reason:
        return Malformed(line=number, reason=str(reason))
    buffer = io.StringIO()
    csv.writer(buffer).writerow([re.sub(r"[\r\n]+", " ", ours.get(name, "")) for name in COLUMNS])
    return Line(number, buffer.getvalue().rstrip("\r\n"))


def _listmonk(row: Cells) -> Ours:
    # Whether somebody left one of the lists is not in the file: docs say which export to make.
    joined = _moment(row.get("created_at", ""))
    person = {"address": row.get("email", ""), "name": row.get("name", "")}
    match row.get("status", "").lower():
        case "enabled":
            return person | _active(joined, joined)
        case "blocklisted":
            left = _moment(row.get("updated_at", ""))
            return person | _left(joined, left, standing=Standing.COMPLAINED)
        case _:
            return person | _left(joined, _moment(row.get("updated_at", "")))


def _mailchimp(row: Cells) -> Ours:
    name = " ".join(filter(None, (row.get("first name", ""), row.get("last name", ""))))
    person = {
        "address": row.get("email address", ""),
        "name": name,
        "timezone": _zone(row.get("timezone", "")),
    }
    joined = _moment(row.get("optin_time", "")) or _moment(row.get("confirm_time", ""))
    if "clean_time" in row:
        return person | _left(joined, _moment(row["clean_time"]), standing=Standing.BOUNCED)
    if "unsub_time" in row:
        why = f"{row.get('unsub_reason', '')} {row.get('unsub_reason_other', '')}"
        standing = Standing.COMPLAINED if _COMPLAINT.search(why) else Standing.OK
        return person | _left(joined, _moment(row["unsub_time"]), standing=standing)
    if not joined:
        raise _LeaveOut("Mailchimp has this contact without a subscription.")
    return person | _active(joined, _moment(row.get("confirm_time", "")) or joined)


def _ghost(row: Cells) -> Ours:
    joined = _moment(row.get("created_at", ""))
    person = {"address": row.get("email", ""), "name": row.get("name", "")}
    gone = _moment(row.get("deleted_at", ""))
    if gone or not yes_or_no(row.get("subscribed_to_emails", "")):
        return person | _left(joined, gone)
    return person | _active(joined, joined)


def _substack(row: Cells) -> Ours:
    joined = _moment(row.get("created_at", ""))
    person = {"address": row.get("email", ""), "name": row.get("name", "")}
    off = row.get("email_disabled", "")
    if off and yes_or_no(off) is not False:
        return person | _left(joined, "")
    return person | _active(joined, joined)


def _active(joined: str, confirmed: str) -> Ours:
    return {"status": Status.ACTIVE, "joined_at": joined, "confirmed_at": confirmed}


def _left(joined: str, left: str, *, standing: Standing = Standing.OK) -> Ours:
    return {"status": Status.LEFT, "joined_at": joined, "left_at": left, "standing": standing}


def _moment(text: str) -> str:
    """ISO 8601 in UTC; what is written otherwise, as by a spreadsheet between, as it stands.

    A time without a zone is UTC.
    """
    found = _MOMENT.match(text)
    if found is None:
        return text
    offset = (found[3] or "UTC").replace("Z", "UTC").replace("UTC", "+00:00")
    try:
        at = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}{offset}")
        return at.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return ""


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError):
        return ""


PROGRAMS = {
    "listmonk": Program(title="listmonk", needs=("email", "status"), person=_listmonk),
    "mailchimp": Program(
        title="Mailchimp", needs=("email address", "optin_time"), person=_mailchimp
    ),
    "ghost": Program(title="Ghost", needs=("email", "subscribed_to_emails"), person=_ghost),
    "substack": Program(title="Substack", needs=("email", "email_disabled"), person=_substack),
}
