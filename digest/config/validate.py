"""A draft to Settings through pydantic, whose complaints become plain words. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache

from pydantic import TypeAdapter, ValidationError

from digest.config.draft import Draft
from digest.config.positions import Key
from digest.config.problems import dotted, shown
from digest.config.settings import Settings

# What to write for a key that must be there and is not.
EXAMPLES = {
    "site": "the table [site] with name and base_url",
    "site.name": 'name = "Harrow Quay Library"',
    "site.base_url": 'base_url = "https://news.example.org"',
    "newsletters": "a table such as [newsletters.daily] with title and sender",
    "title": 'title = "The Quayside"',
    "sender": 'sender = "The Quayside <digest@quayside.example>"',
    "topic": 'topic = "harbour"',
    "sections.title": 'title = "Harbour and sea"',
    "location": 'location = "https://news.example.org/feed.xml", a path, or "sample:"',
    "name": 'name = "main"',
    "host": 'host = "smtp.example.org"',
    "start": 'start = "2026-12-01"',
    "domain": 'domain = "quayside.example"',
    "selector": 'selector = "digest2026"',
    "key_file": 'key_file = "dkim.pem"',
}
_FILLED_IN = ("id", "kind")  # by the loader; their absence follows from another mistake


def settings_of(draft: Draft) -> Settings | None:
    """The settings, or None with the draft's problems told."""
    given = json.dumps(draft.tree, default=str)
    try:
        return _reader().validate_json(given, strict=True)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            key: Key = tuple(found["loc"])
            if not _follows(draft, key, found["type"]):
                value = draft.as_written(key)
                draft.problem(key, _words(found["type"], key, value, found.get("ctx", {})))
        return None


@cache
def _reader() -> TypeAdapter[Settings]:
    return TypeAdapter(Settings)  # to make it takes longer than to read


def _follows(draft: Draft, key: Key, kind: str) -> bool:
    """Whether this is only the echo of a mistake that was told already."""
    if any(key[:depth] in draft.wrong for depth in range(1, len(key) + 1)):
        return True
    source = key[:2] == ("collect", "sources")
    return kind == "missing" and (key[-1] in _FILLED_IN or (source and key[-1] == "name"))


def _words(kind: str, key: Key, value: object, context: Mapping[str, object]) -> str:
    name = str(key[-1])
    match kind:
        case "missing":
            wheres = (dotted(key), f"{key[-3]}.{name}" if len(key) > 2 else name, name)
            example = next((EXAMPLES[at] for at in wheres if at in EXAMPLES), f"{name} = ...")
            return f"is missing; add {example}"
        case "string_too_short":
            return "is empty; write some text"
        case "enum" | "literal_error":
            known = str(context["expected"]).replace(" or ", ", ").replace("'", '"')
            return f"is {shown(value)}; write one of {known}"
        case "greater_than":
            return f"is {shown(value)}; write a number above {context['gt']:g}"
        case "greater_than_equal":
            return f"is {shown(value)}; write {context['ge']:g} or more"
        case "less_than_equal":
            return f"is {shown(value)}; write {context['le']:g} or less"
        case _:
            return _not_of_its_type(kind, key, value)


def _not_of_its_type(kind: str, key: Key, value: object) -> str:
    match kind.partition("_")[0]:
        case "string" | "path":
            cure = f"not text; write {_quoted(value)}"
        case "int":
            cure = f"not a whole number; write {_number(value, whole=True)}"
        case "float":
            cure = f"not a number; write {_number(value, whole=False)}"
        case "bool":
            cure = f"not a yes or no; write {_bool(value)} without quotes"
        case "dataclass" | "dict":
            example = f"[{dotted(key)}] and its keys below"
            if isinstance(key[-1], int):
                example = "{ KEY = VALUE, ... }"
            elif key == ("newsletters",):
                example = "[newsletters.daily] and its keys below, once for each"
            cure = f"not a table; write {example}"
        case "tuple":
            cure = f"not a list; write {_listed(key, value)}"
        case _:
            cure = "which cannot be used here; `docs/configuration.md` says what can"
    return f"is {shown(value)}, {cure}"


def _quoted(value: object) -> str:
    return "text in quotes" if isinstance(value, dict | list) else f'"{shown(value)}"'


def _number(value: object, *, whole: bool) -> str:
    if isinstance(value, str) and re.fullmatch(r"\d+" if whole else r"\d+(\.\d+)?", value):
        return f"{value} without quotes"
    if isinstance(value, float) and whole:
        # Never down to 0: of a limit that is no limit at all, of a count none.
        return str(max(1, round(value)) if value > 0 else round(value))
    return "one such as 12" if whole else "one such as 1.5"


def _bool(value: object) -> str:
    return "false" if str(value).lower() in ("no", "false", "off", "0", "") else "true"


def _listed(key: Key, value: object) -> str:
    if key[-1] in ("relays", "sections") or key[0] == "collect":
        return f"[[{dotted(key)}]] and its keys below, once for each"
    return f"[{shown(value)}]" if isinstance(value, str) else '["one", "two"]'
