"""A turn that passed without its issue, to what the operator can do about it. Pure."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from digest import periods
from digest.model import Newsletter
from digest.periods import Turn


def cure(newsletter: Newsletter, turn: Turn, *, settled: Container[str], now: datetime) -> str:
    """How its readers get it all the same. ``settled``: the periods that have their issue."""
    name = newsletter.id
    if periods.period(newsletter, now) == turn.period:
        return f"see why with `digest send {name} --dry-run`; without --dry-run it is made now"
    # Without --extra it would be the issue of today's period, which would have none at its hour.
    following = periods.next_issue(newsletter, now, settled=settled)
    return (
        f"the next issue, due {following:%Y-%m-%d %H:%M} UTC, tells what it would have told; "
        f"`digest send {name} --extra` does so now, and with --dry-run only shows it"
    )
