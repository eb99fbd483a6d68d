"""The file of ``digest issues correct --stories`` to its stories, or which of them is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.errors import Misconfigured
from digest.model import Picture
from digest.storage.volume import Also, Entry

SHAPE = "see what `digest issues show ISSUE --stories` prints"

_TEXTS = ("title", "url", "source", "author", "topic", "section", "place", "summary", "language")


def stories(path: Path) -> Sequence[Mapping[str, Any]]:
    """Raises Misconfigured, which names the story, the key and what to write."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(str(path), f"cannot be read as JSON: {error}") from error
    if not isinstance(told, list):
        raise Misconfigured(str(path), f"is no list of stories; {SHAPE}")
    places: dict[str, int] = {}
    for number, story in enumerate(told, 1):
        if why := next(_mistakes(story), None):
            raise Misconfigured(str(path), f"story {number}: {why}")
        first = places.setdefault(story["url"] or str(number), number)
        if first != number:
            said = f"is at {story['url']}, as story {first} is; tell it once"
            raise Misconfigured(str(path), f"story {number}: {said}")
    return told


def _mistakes(story: object) -> Iterator[str]:
    yield from _keys(story, Entry, "")
    assert isinstance(story, dict)
    yield from _texts(story, _TEXTS, "")
    for key in ("title", "source"):
        if not story[key].strip():
            yield f"{key} is empty; readers would see nothing there"
    if type(story["minutes"]) is not int:
        yield f"minutes is {_shown(story['minutes'])}, not a whole number"
    if not _is_moment(story["published"]):
        said = 'write a time with its zone, such as "2026-11-24T06:30:00+00:00", or null'
        yield f"published is {_shown(story['published'])}; {said}"
    if story["picture"] is not None:
        yield from _keys(story["picture"], Picture, "picture.")
        for key in ("width", "height"):
            if type(story["picture"][key]) is not int or story["picture"][key] < 1:
                yield f"picture.{key} is {_shown(story['picture'][key])}, not a number of pixels"
    if not isinstance(story["also"], list):
        yield f"also is {_shown(story['also'])}, not a list; {SHAPE}"
    for other in story["also"]:
        yield from _keys(other, Also, "also.")
        yield from _texts(other, ("title", "url", "source"), "also.")


def _keys(given: object, noun: type[Entry | Also | Picture], within: str) -> Iterator[str]:
    if not isinstance(given, dict):
        what = within.rstrip(".") or "it"
        yield f"{what} is {_shown(given)}, not an object in braces; {SHAPE}"
        return
    known = [field.name for field in fields(noun)]
    for key in known:
        if key not in given:
            yield f"{within}{key} is missing; {SHAPE}"
    for key in given:
        if key not in known:
            yield f"{within}{key} is no key of a story; {SHAPE}"


def _texts(given: Mapping[str, Any], keys: Sequence[str], within: str) -> Iterator[str]:
    for key in keys:
        if not isinstance(given[key], str):
            yield f"{within}{key} is {_shown(given[key])}, not a text in quotes"
    if given["url"] and not given["url"].startswith(("https://", "http://")):
        yield f'{within}url is {_shown(given["url"])}; write a web address, or "" for none'


def _is_moment(given: object) -> bool:
    if given is None:
        return True
    try:
        return isinstance(given, str) and datetime.fromisoformat(given).tzinfo is not None
    except ValueError:
        return False


def _shown(given: object) -> str:
    said = json.dumps(given, ensure_ascii=False)
    return said if len(said) <= 40 else f"{said[:39]}…"
