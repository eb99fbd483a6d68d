"""Why somebody was not added, and what is left of a suppression that was lifted: in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from digest.storage import consents, people
from subscribers.address import Address
from subscribers.consent import status_at
from subscribers.model import Standing, Status, Subscription
from subscribers.suppression import marks

_KEPT_OUT = {
    "erased": "its owner was erased",
    "complained": "its owner called our mail spam",
    "operator": "you suppressed it",
}


def why(
    tx: Connection, address: Address, newsletter: str, ring: Sequence[bytes], now: datetime
) -> str:
    """What stands in the way of adding an address, and the cure."""
    undo = f"where its owner wants our mail, `digest subscribers suppress {address.shown} --undo`"
    if reason := consents.why_suppressed(tx, marks(ring, address)):
        return f"the address is kept out, since {_KEPT_OUT[reason]}; {undo} and add them again"
    person = people.at_address(tx, address)
    if person is None:
        return "who had it left a moment ago; add them again"
    if person.standing is Standing.COMPLAINED:
        return f"the address is kept out, since it complained; {undo} and add them again"
    held = [one for one in people.subscriptions_of(tx, person.id) if one.newsletter == newsletter]
    bounced = person.standing is Standing.BOUNCED
    if bounced and not (held and held[0].status is Status.PENDING):
        return (
            "mail to the address came back; once the mailbox works, "
            f"`digest bounces undo {address.shown}`"
        )
    return _of_held(held[0], now) if held else "nothing is known against it; add them again"


def _of_held(held: Subscription, now: datetime) -> str:
    status = status_at(held, now)
    if status in (Status.ACTIVE, Status.PAUSED):
        return f"they subscribe to {held.newsletter} already ({status})"
    if status is Status.LEFT and held.left_at:
        return (
            f"they left {held.newsletter} on {held.left_at:%Y-%m-%d}, and only they can come back; "
            "without --already-confirmed they are asked"
        )
    return (
        f"they were asked to confirm {held.newsletter} already, and are asked once an hour and "
        "three times a day at most"
    )


def lifted(tx: Connection, address: Address) -> str:
    """What is true of an address that is not suppressed any more."""
    person = people.at_address(tx, address)
    held = people.subscriptions_of(tx, person.id) if person else []
    gone = ", ".join(one.newsletter for one in held if one.status is Status.LEFT)
    if not gone:
        return "May be written to again."
    return (
        f"May be written to again. They are off {gone} until they join and confirm: "
        f"`digest subscribers add {address.shown}` asks them."
    )
