"""The door of a relay with limits: what may leave through it may only for a while. Loop only."""

from __future__ import annotations

from collections.abc import Callable

from digest.deliver.feed import Over
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Domains, Door, Tray


class Latch(Door):
    """``lasts``: whether its room is still ours. A process that stood still finds it is not."""

    def __init__(self, tray: Tray, relay: str, domains: Domains, lasts: Callable[[], bool]) -> None:
        super().__init__(tray, relay, domains)
        self._lasts = lasts

    def take(self, wake: Callable[[], None]) -> Outgoing | Over | None:
        if self.room > 0 and not self._lasts():
            self.room = 0
        return super().take(wake)
