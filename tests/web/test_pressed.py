from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from digest.web.pressed import OWED, TWICE, Pressed
from tests.builders import NOW

INSTANT = timedelta(microseconds=1)


class Act:
    """Counts how often it is done, and ends as it is told to."""

    def __init__(self) -> None:
        self.times = 0
        self.end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> None:
        self.times += 1
        await self.end


async def test_whoever_presses_meanwhile_hears_how_it_ends():
    pressed, act = Pressed(), Act()
    waiting = [asyncio.create_task(pressed.act(b"form", NOW, act)) for _ in range(3)]
    await asyncio.sleep(0)
    act.end.set_exception(RuntimeError("the disk is full"))

    said = await asyncio.gather(*waiting, return_exceptions=True)

    assert act.times == 1
    assert {str(one) for one in said} == {"the disk is full"}


async def test_who_does_not_wait_stops_nothing():
    pressed, act = Pressed(), Act()
    first = asyncio.create_task(pressed.act(b"form", NOW, act))
    await asyncio.sleep(0)
    first.cancel()
    act.end.set_result(None)

    await pressed.act(b"form", NOW, act)

    assert act.times == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_form_is_known_for_a_minute_and_one_that_came_to_nothing_for_ten():
    pressed, done, failed = Pressed(), Act(), Act()
    done.end.set_result(None)
    failed.end.set_exception(RuntimeError)
    await pressed.act(b"done", NOW, done)
    with pytest.raises(RuntimeError):
        await pressed.act(b"failed", NOW, failed)

    assert pressed.knows(b"done", NOW + TWICE)
    assert not pressed.knows(b"done", NOW + TWICE + INSTANT)
    assert pressed.knows(b"failed", NOW + OWED)
    assert not pressed.knows(b"failed", NOW + OWED + INSTANT)
    assert not pressed.knows(b"another", NOW)
