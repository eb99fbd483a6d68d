"""Use cases are tried on both databases, like storage itself, and gather on a web of its own."""

import pytest

from tests.builders import NOW
from tests.collect.conftest import rude, web
from tests.services.world import a_world
from tests.storage.conftest import backend, pattern, pg, store, url

__all__ = ["backend", "pattern", "pg", "rude", "store", "url", "web"]


class HandSetClock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return HandSetClock()


@pytest.fixture
async def world(tmp_path):
    async with a_world(tmp_path) as made:
        yield made
