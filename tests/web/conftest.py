from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.web.chromium import chromium
from tests.web.house import House, house


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[House]:
    """A site that asks for no proof of work."""
    async with house(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def launched() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def browser(launched: Browser) -> AsyncIterator[Browser]:
    """A browser that knows nothing of the test before."""
    yield launched
    for context in launched.contexts:
        await context.close()
