"""A name is looked up by the system, and nobody waits for a name server that is silent."""

from __future__ import annotations

import socket
import threading

import pytest

from digest.collect.client import Http
from digest.collect.fetch import Ask, Failed
from digest.collect.http import HttpOptions
from digest.collect.lookup import Lookup, SilentNames
from tests.builders import NOW


async def test_the_systems_own_names_are_known():
    found = await Lookup().resolve("localhost", 25, socket.AF_INET)

    assert [(one["host"], one["port"], one["hostname"]) for one in found] == [
        ("127.0.0.1", 25, "localhost")
    ]


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "\udcff.example"])
async def test_a_name_that_is_none_is_an_error_of_the_system(host):
    with pytest.raises(OSError) as caught:  # noqa: PT011 -- the system says it in its own words
        await Lookup().resolve(host, 80)

    assert not isinstance(caught.value, SilentNames)


async def test_a_silent_name_server_is_waited_for_no_longer_than_asked():
    answered = threading.Event()

    def silent(host, port, family):
        answered.wait(30)
        return ()

    try:
        with pytest.raises(SilentNames, match=r"no answer within 0\.05 s"):
            await Lookup(silent, seconds=0.05).resolve("slow.example", 80)
        (thread,) = [one for one in threading.enumerate() if one.name == "lookup slow.example"]
        assert thread.daemon  # the program ends without it
    finally:
        answered.set()


async def test_a_source_whose_name_nobody_answers_for_says_so():
    def silent(host, port, family):
        raise TimeoutError

    class Mute(Lookup):
        async def resolve(self, host, port=0, family=socket.AF_INET):
            raise SilentNames("no answer within 10 s")

    options = HttpOptions(host_delay_seconds=0)
    async with Http(options, clock=lambda: NOW, version="1.2", resolver=Mute(silent)) as client:
        answer = await client(Ask(url="https://quayside.example/feed.xml"))

    assert isinstance(answer, Failed)
    assert (answer.status, answer.reason) == (
        "no name server",
        "https://quayside.example/feed.xml: no name server answered; look at /etc/resolv.conf and the network of this machine",
    )
