"""Sources and their visits to the lines and records that ``digest sources`` prints. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from digest.model import Newsletter, Source, SourceId, Visit
from digest.plain import plain

Record = dict[str, str | int | float | bool | list[str] | None]


def listed(sources: Iterable[Source], newsletters: Iterable[Newsletter]) -> list[Record]:
    """What ``sources list`` says of each source."""
    every = list(newsletters)
    return [
        {
            "name": source.name,
            "kind": source.kind.value,
            "location": source.location,
            "topic": source.topic,
            "weight": source.weight,
            "newsletters": read_by(source, every),
        }
        for source in sources
    ]


def read_by(source: Source, newsletters: Iterable[Newsletter]) -> list[str]:
    """The newsletters that draw on a source: those that name it, and those that name none."""
    return [one.id for one in newsletters if not one.sources or source.name in one.sources]


def checked(sources: Iterable[Source], visits: Mapping[SourceId, Visit]) -> list[Record]:
    """What ``sources check`` says of each source: its health at the last visit."""
    return [_health(source, visits.get(source.id, Visit(source=source.id))) for source in sources]


def _health(source: Source, visit: Visit) -> Record:
    return {
        "name": source.name,
        "location": source.location,
        "url": visit.url,
        "last_visit": _iso(visit.visited_at),
        "last_success": _iso(visit.succeeded_at),
        "status": "gone" if visit.gone else visit.status,
        "items": visit.items,
        "undated": visit.undated,
        "empty": visit.empty,
        "failures": visit.failures,
        "next_visit": None if visit.gone else _iso(visit.next_visit),
        "error": visit.error,
    }


def _iso(at: datetime | None) -> str | None:
    return plain(at) if at else None


def list_lines(records: Sequence[Record]) -> Iterator[str]:
    """``sources list`` as a table."""
    yield from table(
        ["name", "kind", "topic", "newsletters", "location"],
        [
            [
                str(record["name"]),
                str(record["kind"]),
                str(record["topic"] or "-"),
                _joined(record["newsletters"]),
                str(record["location"]),
            ]
            for record in records
        ],
    )


def check_lines(records: Sequence[Record]) -> Iterator[str]:
    """``sources check`` as a table, and below it what is wrong and where a source has moved to."""
    columns = [
        "name",
        "last_visit",
        "status",
        "items",
        "undated",
        "empty",
        "failures",
        "next_visit",
    ]
    words = {"last_visit": "never", "next_visit": "when gathering"}
    rows = [
        [
            _minute(record[column], words[column]) if column in words else str(record[column])
            for column in columns
        ]
        for record in records
    ]
    for row, record in zip(rows, records, strict=True):
        if record["status"] == "gone":
            row[-1] = "switched off"
    yield from table([column.replace("_", " ") for column in columns], rows)
    notes = [
        *(f"{one['name']}: {one['error']}" for one in records if one["error"]),
        *(
            f"{one['name']}: has moved to {one['url']}; write that into config.toml"
            for one in records
            if one["url"] and one["url"] != one["location"]
        ),
        *(
            f"{one['name']}: answered that it is gone (410) and is no longer visited; remove it, "
            "or add its new address"
            for one in records
            if one["status"] == "gone"
        ),
    ]
    if notes:
        yield ""
        yield from notes


def _minute(value: object, never: str) -> str:
    return f"{value[:16].replace('T', ' ')} UTC" if isinstance(value, str) else never


def _joined(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) and value else "none"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Aligned columns; the last one is as long as it is."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        yield "  ".join([*cells, row[-1]]).rstrip()
