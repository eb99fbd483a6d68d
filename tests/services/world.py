"""The world a use case is given: a real client, real workers, and a clock set by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.collect.client import Http
from digest.collect.fetch import Fetch
from digest.collect.http import HttpOptions
from digest.isolation import Isolate, Workers
from digest.model import Source, SourceReport
from digest.services.gather import gather
from digest.storage.database import Store
from tests.builders import NOW


@dataclass
class World:
    fetch: Fetch
    isolate: Isolate
    folder: Path
    now: datetime = NOW
    told: list[SourceReport] = field(default_factory=list)  # what progress was told

    def clock(self) -> datetime:
        return self.now

    async def gather(self, store: Store, *sources: Source) -> tuple[SourceReport, ...]:
        return await gather(
            store,
            sources,
            fetch=self.fetch,
            isolate=self.isolate,
            clock=self.clock,
            dice=lambda: 0.0,
            folder=self.folder,
            progress=self.told.append,
        )


@asynccontextmanager
async def a_world(folder: Path, **http: Any) -> AsyncIterator[World]:
    options = {"allow_private": True, "host_delay_seconds": 0.0, "timeout_seconds": 5.0, **http}
    async with (
        Http(HttpOptions(**options), clock=lambda: NOW, version="1.2") as fetch,
        Workers(count=2, seconds=10) as isolate,
    ):
        yield World(fetch, isolate, folder)
