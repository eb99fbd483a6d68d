"""An address to one letter with fresh links, where somebody still gets a newsletter there.

Whoever asks shows nothing: not that the address is theirs, nor that it is known. So nothing of
consent changes, and the letter goes only where issues go, as seldom as one that asks.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.clock import Clock
from digest.storage import cooldown, letters, people
from digest.storage.database import Store
from digest.storage.letters import Letter
from subscribers import consent
from subscribers.address import Address
from subscribers.model import Kind

GOOD_FOR = timedelta(days=1)  # after that nobody waits for the letter any more


async def relink(store: Store, address: Address, newsletter: str, *, clock: Clock) -> bool:
    """Owe the reader at ``address`` a letter with their links to ``newsletter``; whether one is.

    It takes a commit whoever it is, as ``membership.join`` does: who is known is not told by a
    slow disk. Raises DigestError where the database cannot be reached.
    """

    def change(tx: Connection, now: datetime) -> bool:
        letter = _owed(tx, address, newsletter, now)
        if letter is None or not letters.queue(tx, letter):
            cooldown.spend_a_commit(tx, now)
            return False
        return True

    return await store.write(change, clock())


def _owed(tx: Connection, address: Address, newsletter: str, now: datetime) -> Letter | None:
    person = people.of_address(tx, address)
    if person is None:
        return None
    held = [one for one in people.subscriptions_of(tx, person.id) if one.newsletter == newsletter]
    if not any(consent.may_write_to(person, one, Kind.LINKS, now) for one in held):
        return None
    # Counted apart from what asks to confirm: nobody may keep a reader in by signing them up.
    if not consent.may_ask(cooldown.linked(tx, person.id, now), now):
        return None
    return letters.owed(person, newsletter, Kind.LINKS, person.address, now, now + GOOD_FOR)
