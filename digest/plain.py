"""What programs are given to read: JSON in one form, every moment in ISO 8601 in UTC. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime


def plain(value: object) -> str:
    """A value that JSON has no form for; ``json.dumps`` asks for it as ``default``."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def dumped(value: object) -> str:
    """``value`` as a document of its own, for people to look at, too."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=plain)
