"""How many joins a network, and everybody, may ask for; and what may be used once. In memory.

One process serves the pages, so its memory is the count. A restart forgets: the cooldown of an
address, which is what protects a stranger's mailbox, is kept in the database.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime

from digest.config.settings import Web
from digest.web.clients import Ip, neighbourhood, network

HOUR = 3600.0
KEPT = 100_000  # spent words remembered at most: some 20 MB


class Window:
    """At most ``most`` of each key in any ``seconds``; ``monotonic`` is asked for seconds.

    Costs the same however many were let in, and forgets a key ``seconds`` after its last one.
    """

    def __init__(
        self, most: int, *, seconds: float = HOUR, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._monotonic = monotonic
        self._let_in: OrderedDict[str, deque[float]] = OrderedDict()  # by their last one

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._let_in)

    def has_room(self, key: str) -> bool:
        """Whether one more of ``key`` may be let in now."""
        let_in = self._let_in.get(key)
        if let_in is None or len(let_in) < self._most:
            return True
        return let_in[0] <= self._monotonic() - self._seconds

    def count(self, key: str) -> None:
        """One more of ``key`` was let in."""
        now = self._monotonic()
        self._let_in.setdefault(key, deque(maxlen=self._most)).append(now)
        self._let_in.move_to_end(key)
        while next(iter(self._let_in.values()))[-1] <= now - self._seconds:
            self._let_in.popitem(last=False)


class Gates:
    """The limits of ``[web]``, counted over a moving hour."""

    def __init__(self, web: Web) -> None:
        self._each = Window(web.joins_per_network)
        self._unproven = Window(web.joins_without_proof)
        self._all = Window(web.joins_overall)

    def lets_in(self, ip: Ip, *, proven: bool) -> bool:
        """Count a join and say whether it may go on. A refused one uses up nothing that is shared.

        ``proven``: it came with a proof of work, or none is asked for.
        """
        checks = [] if proven else [(self._unproven, neighbourhood(ip))]
        checks += [(self._each, network(ip)), (self._all, "")]
        if not all(window.has_room(key) for window, key in checks):
            return False
        for window, key in checks:
            window.count(key)
        return True


class Spent:
    """Words that were used, until they would no longer be valid anyway."""

    def __init__(self, most: int = KEPT) -> None:
        self._until: OrderedDict[str, datetime] = OrderedDict()
        self._most = most

    def spend(self, word: str, until: datetime, now: datetime) -> bool:
        """True the first time a word is brought; False ever after.

        Where more words are alive than can be remembered, nothing is let in: forgetting one would
        let it be used twice.
        """
        if word in self._until:
            return False
        while self._until and next(iter(self._until.values())) < now:
            self._until.popitem(last=False)
        if len(self._until) >= self._most:
            return False
        self._until[word] = until
        return True
