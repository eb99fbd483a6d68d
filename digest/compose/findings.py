"""What lint finds: a sentence, where it belongs, and whether it stops the issue. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``stops``: the issue is not released. ``place``: header, html or text."""

    code: str
    level: Literal["stops", "warns"]
    message: str
    place: str


def stop(code: str, message: str, place: str) -> Finding:
    return Finding(code=code, level="stops", message=message, place=place)


def warn(code: str, message: str, place: str) -> Finding:
    return Finding(code=code, level="warns", message=message, place=place)
