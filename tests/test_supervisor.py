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
