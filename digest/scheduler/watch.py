"""What may break by itself while all else is well: looked at once a day, and what stands of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest import logs
from digest.checkup.followed import Followed, followed
from digest.checkup.records import Found
from digest.checkup.verdict import Check, Level
from digest.clock import Clock
from digest.config.settings import Settings
from digest.services.checkup import Lookup
from digest.wiring import watching

log = logs.logger("digest.scheduler")

EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)  # where something did not answer


class Watch:
    """Certificates, logins and DKIM records of one configuration."""

    def __init__(self, settings: Settings, *, lookup: Lookup | None = None, clock: Clock) -> None:
        self.settings = settings
        self._lookup = lookup or _resolve
        self._clock = clock
        self._stands: dict[str, Followed] = {}
        self._looked = datetime.min.replace(tzinfo=UTC)

    async def checks(self) -> list[Check]:
        """What stands now; it is looked at anew when that is due."""
        now = self._clock()
        waits = any(one.unanswered for one in self._stands.values())
        # A clock that stepped back is no reason to wait longer.
        if not timedelta() <= now - self._looked < (AGAIN if waits else EVERY):
            self._looked = now
            found = await watching.look(self.settings, lookup=self._lookup, clock=self._clock)
            self._stands = followed(self._stands, found)
            for check in self._wrong():
                log.warning("checkup.found", check=check.name, why=check.says)
        return [one.check for one in self._stands.values()]

    def _wrong(self) -> list[Check]:
        stands = [one.check for one in self._stands.values()]
        return [check for check in stands if check.level in (Level.WARN, Level.BAD)]


async def _resolve(name: str, kind: str) -> Found:
    from digest.checkup.resolver import Resolver  # dnspython: only who signs pays

    return await Resolver()(name, kind)
