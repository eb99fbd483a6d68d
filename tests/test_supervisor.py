import asyncio
import socket

from digest import supervisor


def test_the_supervisor_hears_what_is_told(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))

        assert supervisor.tell(supervisor.READY, {"NOTIFY_SOCKET": str(tmp_path / "notify")})

        assert ear.recv(100) == b"READY=1"


def test_an_abstract_socket_is_understood():
    name = f"digest-test-{id(object())}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0{name}")

        assert supervisor.tell(supervisor.ALIVE, {"NOTIFY_SOCKET": f"@{name}"})

        assert ear.recv(100) == b"WATCHDOG=1"


def test_without_a_supervisor_nothing_happens(tmp_path):
    assert not supervisor.tell(supervisor.READY, {})
    assert not supervisor.tell(supervisor.READY, {"NOTIFY_SOCKET": str(tmp_path / "nobody")})


def test_we_say_that_we_live_twice_in_the_time_that_is_allowed():
    assert supervisor.alive_every({"WATCHDOG_USEC": "30000000"}) == 15.0
    assert supervisor.alive_every({}) is None
    assert supervisor.alive_every({"WATCHDOG_USEC": "0"}) is None
    assert supervisor.alive_every({"WATCHDOG_USEC": "soon"}) is None


async def test_who_is_announced_is_ready_alive_and_stopping_in_that_order(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.setblocking(False)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2"}
        loop = asyncio.get_running_loop()

        async with supervisor.announced(environ):
            heard = [await asyncio.wait_for(loop.sock_recv(ear, 100), 10) for _ in range(3)]
        while heard[-1] != b"STOPPING=1":
            heard.append(await asyncio.wait_for(loop.sock_recv(ear, 100), 10))

    assert heard[0] == b"READY=1"
    assert set(heard[1:-1]) == {b"WATCHDOG=1"}


async def test_who_is_not_watched_only_says_ready_and_stopping(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))

        async with supervisor.announced({"NOTIFY_SOCKET": str(tmp_path / "notify")}):
            await asyncio.sleep(0)

        assert [ear.recv(100), ear.recv(100)] == [b"READY=1", b"STOPPING=1"]
