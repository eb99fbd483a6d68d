"""The library: pages are made once, kept until the shelf changes, and never too many."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from digest.errors import DigestError, Temporary
from digest.storage import issues
from digest.storage.database import Store
from digest.web.kept import Kept, kept
from digest.web.library import Library
from tests.builders import NOW, an_issue
from tests.web.house import Hand


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    yield opened
    await opened.close()


class Press:
    """Makes a page of every key, and notes which."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.made: list[str] = []

    async def ask(self, key: str) -> Kept | None:
        async def make() -> Kept:
            self.made.append(key)
            return kept(key, "text/plain", modified=None, headers={})

        return await self.library.page(key, make)


async def test_a_page_is_made_once_until_the_shelf_changes(store: Store):
    clock = Hand()
    press = Press(Library(store, clock))

    for _ in range(3):
        await press.ask("a")
    clock.forward(seconds=5)
    await press.ask("a")
    assert press.made == ["a"]
    await store.write(issues.freeze, an_issue(), (), state="released", at=NOW)
    await press.ask("a")
    assert press.made == ["a"]
    clock.forward(seconds=2)
    await press.ask("a")

    assert press.made == ["a", "a"]


async def test_a_clock_that_is_set_back_does_not_keep_old_pages(store: Store):
    clock = Hand()
    press = Press(Library(store, clock))
    await press.ask("a")
    await store.write(issues.freeze, an_issue(), (), state="released", at=NOW)

    clock.forward(hours=-1)
    await press.ask("a")

    assert press.made == ["a", "a"]


async def test_no_more_pages_are_kept_than_there_is_room_for(store: Store):
    press = Press(Library(store, Hand(), most=2))

    for key in "abcbca":
        await press.ask(key)

    assert press.made == ["a", "b", "c", "a"]


async def test_what_changed_while_a_page_was_made_is_not_kept(store: Store):
    clock = Hand()
    library = Library(store, clock)
    press = Press(library)
    await press.ask("other")

    async def slow() -> Kept:
        await store.write(issues.freeze, an_issue(), (), state="released", at=NOW)
        clock.forward(seconds=3)
        await press.ask("other")  # somebody else looks meanwhile
        return kept("old", "text/plain", modified=None, headers={})

    await library.page("a", slow)
    found = await press.ask("a")

    assert found
    assert found.body == b"a"


async def test_nothing_found_and_what_failed_are_asked_again(store: Store):
    library = Library(store, Hand())

    async def nothing() -> None:
        return None

    async def failing() -> Kept:
        raise Temporary("the disk is full")

    assert await library.page("a", nothing) is None
    with pytest.raises(DigestError):
        await library.page("a", failing)
    found = await Press(library).ask("a")
    assert found
    assert found.body == b"a"
