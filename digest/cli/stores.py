"""What several commands do with the database of the configuration: read it, or change it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from digest.cli import Context
from digest.config.load import load_for
from digest.storage.database import Store

T = TypeVar("T")


def written(url: str, change: Callable[[Store], Awaitable[T]]) -> T:
    """What ``change`` answers with the database open for writing; a new one is made."""

    async def run() -> T:
        store = await Store.open(url)
        try:
            return await change(store)
        finally:
            await store.close()

    return asyncio.run(run())


def kept(context: Context, question: Callable[[Store], Awaitable[T]]) -> T | None:
    """``read`` of the database that the command line means."""
    return read(load_for(context.config).settings.storage.url, question)


def read(url: str, question: Callable[[Store], Awaitable[T]]) -> T | None:
    """What ``question`` answers; None where there is no database yet. Nothing is changed."""

    async def run() -> T | None:
        store = await Store.open_read_only(url)
        if store is None:
            return None
        try:
            return await question(store)
        finally:
            await store.close()

    return asyncio.run(run())
