"""The clock's door: APScheduler knocks, and rows say what is due.

Only the leader of the processes on a database answers a knock. A knock too many makes no second
issue: its period has a row by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from digest import logs
from digest.clock import clock_at
from digest.config.settings import Settings
from digest.errors import DigestError
from digest.scheduler import rounds
from digest.scheduler.issues import Issues
from digest.scheduler.leader import Leader
from digest.scheduler.watch import Watch
from digest.storage import agenda
from digest.storage.leases import BEAT
from digest.wiring import Tools

log = logs.logger("digest.scheduler")

Round = Callable[[], Awaitable[None]]
GRACE = 24 * 3600  # seconds: a knock that comes late is a knock all the same
STEP = timedelta(seconds=30)  # the machine's clock was set by more than this
BEHIND = timedelta(hours=2)  # a clock that is set back in autumn by hand is not worth a word
_MACHINE = clock_at(None)  # what APScheduler goes by


class Clockwork:
    """The rounds of one process with one configuration. ``seconds`` only ever goes forth."""

    def __init__(
        self,
        settings: Settings,
        tools: Tools,
        ring: Sequence[bytes],
        leader: Leader,
        *,
        seconds: Callable[[], float],
    ) -> None:
        self._tools = tools
        self._leader = leader
        self._seconds = seconds
        self._began = False  # we lead, and have taken up what the last leader left
        self._running: set[asyncio.Task[None]] = set()
        self._issues = Issues(settings, tools, ring)
        watch = Watch(settings, clock=tools.clock)
        self._rounds: dict[str, tuple[int, Round]] = {
            "issues": (15, self._issues.make_due),
            "sources": (60, lambda: rounds.gather(settings, tools)),
            "mailbox": (300, lambda: rounds.read_mailbox(settings, tools, ring)),
            "alerts": (300, lambda: rounds.tell_alerts(tools, watch)),
            "house": (3600, lambda: rounds.keep_house(settings, tools)),
        }
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE},
        )

    async def run(self) -> None:
        """Knock until cancelled; what is under way is broken off then, and nothing is lost."""
        for name, (every, _) in self._rounds.items():
            self._scheduler.add_job(
                self.knock, "interval", args=[name], seconds=every, id=name, name=name
            )
        self._scheduler.start()
        try:
            await self._lead()
        finally:
            self._scheduler.shutdown(wait=False)
            for task in self._running:
                task.cancel()
            if self._running:
                await asyncio.wait(self._running)

    async def knock(self, name: str) -> None:
        """Do one round, if we lead. Trouble is logged, and the next knock tries again."""
        if not self._began:
            return
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await self._rounds[name][1]()
        except asyncio.CancelledError:
            log.info("round.ended", round=name)  # we stop, or follow: APScheduler need not hear
        except DigestError as error:
            log.error("round.failed", round=name, why=str(error))
        except Exception:
            log.exception("round.failed", round=name)
        finally:
            self._running.discard(task)

    async def _lead(self) -> None:
        """Beat for ever. A loop of its own: it must not stop when the machine's clock is set."""
        was, then = self._tools.clock(), self._seconds()
        while True:
            await self._beat()
            await asyncio.sleep(BEAT)
            now, later = self._tools.clock(), self._seconds()
            if abs((now - was) - timedelta(seconds=later - then)) > STEP:
                log.warning("clock.stepped", seconds=round((now - was).total_seconds()))
                self._knock_soon()
            was, then = now, later

    async def _beat(self) -> None:
        leads = await self._leader.beat()
        if leads and not self._began:
            try:
                await self._look_at_the_clock()
            except DigestError as error:
                log.error("round.failed", round="clock", why=str(error))
                return
            log.info("clock.leads")
            self._began = True
            self._knock_soon()
        elif not leads and self._began:
            log.warning("clock.follows")
            self._began = False
            for task in self._running:
                task.cancel()

    async def _look_at_the_clock(self) -> None:
        """Say so where an issue was made in what the clock calls the future."""
        now, latest = self._tools.clock(), await self._tools.store.read(agenda.latest)
        if latest is not None and latest - now > BEHIND:
            log.error(
                "clock.wrong",
                why=f"the clock says {now:%Y-%m-%d %H:%M} UTC, and the latest issue was made on "
                f"{latest:%Y-%m-%d %H:%M}; set it by the network: timedatectl set-ntp true",
            )

    def _knock_soon(self) -> None:
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=_MACHINE())
