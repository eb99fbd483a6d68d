from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.house import House, house


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[House]:
    """A site that asks for no proof of work."""
    async with house(tmp_path) as running:
        yield running
