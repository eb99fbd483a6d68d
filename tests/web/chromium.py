"""A real Chromium for the tests that need one; without it they are skipped with a reason.

It is started once for a file (conftest.py), so what uses it runs in the file's loop: the tests say
``in_chromium``, and the fixtures they ask for have ``loop_scope="module"``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

in_chromium = pytest.mark.asyncio(loop_scope="module")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


def need_chromium() -> None:
    """Skip the module that asks, unless everything must run: then its tests fail instead."""
    if CHROMIUM is None and os.environ.get("DIGEST_TESTS") != "complete":
        pytest.skip("no chromium on the path", allow_module_level=True)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as tool:
        running = await tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        await running.close()
