"""The head of a Markdown file (YAML between ``---``, TOML between ``+++``) to its fields. Pure."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import yaml

from digest import characters, days
from digest.collect import harvested
from digest.errors import Permanent
from digest.model import Dated, DateSource

_HEAD = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.{0,50000}?)\n\1[ \t]*(?:\n|\Z)", re.DOTALL)
_OPENED = re.compile(r"\A(---|\+\+\+)[ \t]*\n[\w-]+[ \t]*[:=]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the head said; empty where there is none."""

    title: str | None = None
    dated: Dated | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    language: str | None = None
    url: str | None = None
    draft: bool = False


def split(text: str) -> tuple[Front, str]:
    """The head's fields and the text below it. Raises Permanent with a clause for a broken head."""
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    found = _HEAD.match(text)
    if not found:
        if opened := _OPENED.match(text):
            raise Permanent(f"its front matter does not end; close it with a line {opened[1]}")
        return Front(), text
    try:
        fields = tomllib.loads(found[2]) if found[1] == "+++" else _yaml(found[2])
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:160]
        raise Permanent(f"its front matter cannot be read ({why})") from error
    if not isinstance(fields, dict):
        return Front(), text  # a horizontal rule at the top is no head
    return _front({str(key).lower(): value for key, value in fields.items()}), text[found.end() :]


class _Plain(yaml.SafeLoader):
    """YAML without aliases: ten lines of them stand for more than a machine can hold."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it uses an alias (*name); write the value out")
        return super().compose_node(parent, index)


def _yaml(head: str) -> object:
    return yaml.load(head, Loader=_Plain)  # noqa: S506 -- a safe loader that knows less


def _front(fields: Mapping[str, object]) -> Front:
    language = _line(fields.get("lang") or fields.get("language")) or ""
    return Front(
        title=_line(fields.get("title")),
        dated=_moment(
            fields.get("date") or fields.get("published") or fields.get("publishdate"), language
        ),
        author=_line(fields.get("author") or fields.get("authors")),
        tags=_tags(fields.get("tags") or fields.get("categories") or fields.get("topic")),
        image=_line(fields.get("image") or fields.get("cover")),
        language=language[:2].lower() or None,
        url=_line(fields.get("url") or fields.get("canonical") or fields.get("link")),
        draft=_is_draft(fields),
    )


def _is_draft(fields: Mapping[str, object]) -> bool:
    """As Hugo, Jekyll and Pelican say it."""
    status = (_line(fields.get("status")) or "").lower()
    return fields.get("draft") is True or fields.get("published") is False or status == "draft"


def _line(value: object) -> str | None:
    if isinstance(value, list):
        return ", ".join(line for one in value if (line := _line(one))) or None
    if isinstance(value, dict):
        return _line(value.get("name"))
    if not isinstance(value, str | int | float):
        return None
    return " ".join(characters.whole(str(value)).split()) or None


def _tags(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(line for one in parts if (line := _line(one))) if isinstance(parts, list) else ()


def _moment(value: object, language: str) -> Dated | None:
    if isinstance(value, str):
        said = value.strip()
        try:
            value = datetime.fromisoformat(said)
        except ValueError:
            found = harvested.written(said[:200], days.order([], language))
            return replace(found, source=DateSource.FRONT_MATTER) if found else None
    if isinstance(value, datetime):
        try:
            at = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        except OverflowError:
            return None
        bare = at.hour == at.minute == at.second == 0
        return Dated(at=at, source=DateSource.FRONT_MATTER, day_only=bare)
    if isinstance(value, dt.date):
        at = datetime(value.year, value.month, value.day, tzinfo=UTC)
        return Dated(at=at, source=DateSource.FRONT_MATTER, day_only=True)
    return None
