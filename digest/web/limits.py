"""How many joins a network, and everybody, may ask for; and what may be used once. In memory.

One process serves the pages, so its memory is the count. A restart forgets: the cooldown of an
address, which is what protects a stranger's mailbox, is kept in the database.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from digest.config.settings import Web
from digest.web.clients import Ip, neighbourhood, network

KEPT = 100_000  # spent words remembered at most: some 20 MB


class Gates:
    """The limits of ``[web]``, counted over a moving hour."""

    def __init__(self, web: Web) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._each = RateLimitItemPerHour(web.joins_per_network)
        self._unproven = RateLimitItemPerHour(web.joins_without_proof)
        self._all = RateLimitItemPerHour(web.joins_overall)

    def lets_in(self, ip: Ip, *, proven: bool) -> bool:
        """Count a join and say whether it may go on. A refused one uses up nothing that is shared.

        ``proven``: it came with a proof of work, or none is asked for.
        """
        checks = [] if proven else [(self._unproven, "unproven", neighbourhood(ip))]
        checks += [(self._each, "network", network(ip)), (self._all, "all", "")]
        if not all(self._limiter.test(item, *key) for item, *key in checks):
            return False
        for item, *key in checks:
            self._limiter.hit(item, *key)
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
