import asyncio
import os
import subprocess
import sys
import time
from multiprocessing import forkserver

import pytest

from digest.errors import Misconfigured, Permanent, Temporary
from digest.isolation import Workers


def double(number):
    return number * 2


def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def rest(seconds):
    time.sleep(seconds)
    return seconds


def after(seconds, number):
    spin(seconds)
    return number, os.getpid()


def die():
    os._exit(11)


def hoard(count):
    return len(bytearray(count))


def dig(depth):
    return dig(depth + 1)


def refuse():
    raise Misconfigured("theme.toml", "has no colours")


def stumble():
    raise ValueError("a parser's own error")


def whoami():
    return os.getpid()


@pytest.fixture
async def isolate():
    async with Workers(count=1, seconds=5, preload=()) as workers:
        yield workers


async def test_a_function_runs_elsewhere_and_its_value_comes_back(isolate):
    assert await isolate(double, 21) == 42
    assert await isolate(whoami) != os.getpid()


async def test_a_worker_is_kept_for_the_next_call(isolate):
    assert await isolate(whoami) == await isolate(whoami)


async def test_what_takes_too_long_is_stopped_and_the_next_call_works():
    async with Workers(count=1, seconds=0.2, preload=()) as isolate:
        with pytest.raises(Permanent, match=r"stopped after 0.2 s"):
            await isolate(spin, 30)

    async with Workers(count=1, seconds=5, preload=()) as isolate:
        assert await isolate(double, 2) == 4


async def test_what_the_machine_has_little_time_for_may_take_longer_by_the_clock():
    async with Workers(count=1, seconds=0.5, preload=()) as isolate:
        assert await isolate(rest, 0.8) == 0.8


async def test_what_waits_for_ever_is_stopped():
    async with Workers(count=1, seconds=0.05, preload=()) as isolate:
        with pytest.raises(Permanent, match=r"stopped after 0.05 s"):
            await isolate(rest, 30)


async def test_a_crash_in_native_code_harms_no_one_else(isolate):
    with pytest.raises(Permanent, match="crashed"):
        await isolate(die)

    assert await isolate(double, 2) == 4


async def test_memory_beyond_the_limit_is_refused():
    async with Workers(count=1, seconds=10, memory_bytes=400_000_000, preload=()) as isolate:
        with pytest.raises(Permanent, match="MemoryError"):
            await isolate(hoard, 900_000_000)


async def test_endless_recursion_is_refused(isolate):
    with pytest.raises(Permanent, match="RecursionError"):
        await isolate(dig, 0)


async def test_our_own_errors_keep_their_kind(isolate):
    with pytest.raises(Misconfigured, match=r"theme.toml has no colours"):
        await isolate(refuse)


async def test_a_strange_error_becomes_permanent_and_names_itself(isolate):
    with pytest.raises(Permanent, match="ValueError: a parser's own error"):
        await isolate(stumble)


async def test_a_cancelled_call_leaves_no_worker_with_an_unread_answer():
    async with Workers(count=1, seconds=30, preload=()) as isolate:
        await isolate(double, 1)
        task = asyncio.create_task(isolate(spin, 0.4))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await isolate(double, 4) == 8


async def test_one_worker_takes_the_next_job_before_it_has_done_the_last():
    async with Workers(count=1, ahead=3, seconds=5, preload=()) as isolate:
        found = await asyncio.gather(*(isolate(after, 0.05, number) for number in range(6)))

    assert [number for number, _ in found] == list(range(6))
    assert len({pid for _, pid in found}) == 1


async def test_no_more_workers_are_started_than_there_may_be():
    async with Workers(count=2, ahead=2, seconds=5, preload=()) as isolate:
        found = await asyncio.gather(*(isolate(after, 0.02, number) for number in range(8)))

    assert [number for number, _ in found] == list(range(8))
    assert len({pid for _, pid in found}) == 2


async def test_a_job_that_waits_for_another_has_its_own_time():
    async with Workers(count=1, ahead=3, seconds=1.5, preload=()) as isolate:
        await isolate(double, 1)  # it has started
        found = await asyncio.gather(*(isolate(after, 0.7, number) for number in range(3)))

    assert [number for number, _ in found] == [0, 1, 2]


async def test_a_worker_that_dies_takes_along_what_waits_for_it_and_no_more():
    async with Workers(count=1, ahead=2, seconds=5, preload=()) as isolate:
        await isolate(double, 1)
        died, waited = await asyncio.gather(
            isolate(die), isolate(double, 21), return_exceptions=True
        )

        assert isinstance(died, Permanent)
        assert isinstance(waited, Permanent)
        assert await isolate(double, 2) == 4


async def test_nobody_gets_the_answer_to_a_cancelled_call():
    async with Workers(count=1, ahead=2, seconds=30, preload=()) as isolate:
        await isolate(double, 1)
        task = asyncio.create_task(isolate(after, 0.2, 1))
        waiting = asyncio.create_task(isolate(double, 21))
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(Permanent):
            await waiting

        assert await isolate(double, 4) == 8


async def test_a_process_that_cannot_be_started_is_no_fault_of_the_input(isolate, monkeypatch):
    with pytest.raises(Permanent):
        await isolate(die)  # the fork server runs, and has no worker
    with monkeypatch.context() as patch:
        patch.setattr(forkserver._forkserver, "_forkserver_address", "nowhere")
        with pytest.raises(Temporary, match="no process can be started to work in"):
            await isolate(double, 2)

    assert await isolate(double, 2) == 4


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_it_is_the_same_however_processes_start_by_default(method, tmp_path):
    # Linux had "fork" until Python 3.13, and has "forkserver" from 3.14 on.
    begun = f"import multiprocessing as m; m.set_start_method({method!r}, force=True); "
    run = "from digest.cli import main; main()"
    for command in (["init", "paper"], ["--config", "paper", "send", "--dry-run"]):
        done = subprocess.run(
            [sys.executable, "-c", begun + run, *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    assert "Nothing was sent and nothing was kept." in done.stdout
