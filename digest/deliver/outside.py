"""JSON from outside to what is looked for in it: nothing is believed to be there. Pure."""

from __future__ import annotations

import json

from digest.deliver.opened import one_line


class Unreadable(ValueError):
    """The request is not what the provider writes; the message is one sentence for its sender."""


def read(body: bytes | str) -> object:
    """JSON from outside. Raises Unreadable."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The body is no JSON.") from error


def at(told: object, *path: str) -> object:
    """What stands where these names lead, one within the other; None where nothing does."""
    for name in path:
        told = told.get(name) if isinstance(told, dict) else None
    return told


def text(told: object, *path: str) -> str:
    """The text or whole number that stands there, as one line; else nothing."""
    found = at(told, *path)
    is_plain = isinstance(found, str | int) and not isinstance(found, bool)
    return one_line(str(found)) if is_plain else ""


def listed(told: object, *path: str) -> list[object]:
    """The list that stands there; else an empty one."""
    found = at(told, *path)
    return found if isinstance(found, list) else []


def written(told: object) -> bytes:
    """A part of it as JSON again; nothing where it is nested as no provider nests."""
    try:
        return json.dumps(told).encode()
    except RecursionError:
        return b""
