"""What a file says of people to the consent it takes away: the gravest of several rows. Pure.

A file gives nobody's consent, but whoever left, bounced or complained elsewhere is not written to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from subscribers.acts import Bounce, Complain, Leave
from subscribers.model import Standing, Status, Subscriber, Subscription
from subscribers.roster import Details, Row

_STANDINGS = (Standing.OK, Standing.BOUNCED, Standing.COMPLAINED, Standing.ERASED)
_STATUSES = (None, Status.ACTIVE, Status.PENDING, Status.PAUSED, Status.LEFT)
GONE = (Standing.COMPLAINED, Standing.ERASED)


def one_each(rows: Iterable[Row]) -> dict[str, Row]:
    """A row of each person, by the address's key: of several the gravest, and of those the first.

    Of a person who bounced in one row and left in another, both are kept.
    """
    by_key: dict[str, Row] = {}
    for row in rows:
        key = row.address.key
        held = by_key.get(key)
        by_key[key] = _graver(held, row) if held else row
    return by_key


def losses(details: Details) -> tuple[str, ...]:
    """What a row takes away, in words that say the same of whatever row."""
    if details.standing in GONE:
        return ("complained", "bounced", "left")
    bounced = ("bounced",) if details.standing is Standing.BOUNCED else ()
    return (*bounced, "left") if details.status is Status.LEFT else bounced


def taken(
    details: Details, person: Subscriber, held: Subscription | None
) -> tuple[Leave | Bounce | Complain, ...]:
    """The acts by which a row takes away what somebody known here still has.

    ``held``: what they have of the newsletter that the row is about.
    """
    if details.standing in GONE:
        return () if person.standing in GONE else (Complain(),)
    bounces = details.standing is Standing.BOUNCED and person.standing is Standing.OK
    leaves = details.status is Status.LEFT and held is not None and held.status is not Status.LEFT
    return (*((Bounce(),) if bounces else ()), *((Leave(),) if leaves else ()))


def _graver(one: Row, other: Row) -> Row:
    first, then = one.details, other.details
    row = other if _STATUSES.index(then.status) > _STATUSES.index(first.status) else one
    standing = max(first.standing, then.standing, key=_STANDINGS.index)
    if standing is row.details.standing:
        return row
    return replace(row, details=replace(row.details, standing=standing))
