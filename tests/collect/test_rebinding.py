"""Private addresses reached by a detour. Here 127.0.0.1 plays the public web, and it alone."""

from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver

from digest.collect import connections
from digest.collect.client import Http
from digest.collect.fetch import Ask, Fetched
from digest.collect.http import HttpOptions
from tests.builders import NOW


class Names(AbstractResolver):
    """A name server of one name; every question is answered by the next of ``answers``."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in self.answers.pop(0)
        ]

    async def close(self) -> None:
        """Nothing is open."""


def sockets(info):
    if info[4][0] == "127.0.0.1":
        return connections.any_socket(info)
    return connections.public_socket(info)


def an_http(*answers):
    return Http(
        HttpOptions(host_delay_seconds=0, timeout_seconds=5.0),
        clock=lambda: NOW,
        version="1.2",
        sockets=sockets,
        resolver=Names(*answers) if answers else None,
    )


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.2",
        "[::1]",
        "[::ffff:127.0.0.2]",
        "169.254.169.254",
        "10.0.0.7",
        "0x7f.2",
        "localhost",
    ],
)
async def test_a_redirect_into_the_private_net_is_refused_where_it_connects(web, host):
    port = web.base.rpartition(":")[2]
    answers = [("127.0.0.2",)] if host in ("localhost", "0x7f.2") else []
    start = web.redirect("/start", f"http://{host}:{port}/secret")
    web.serve("/secret", "the crown jewels")

    async with an_http(*answers) as fetch:
        answer = await fetch(Ask(url=start))

    assert answer.status == "refused"
    assert "collect.http.allow_private" in answer.reason
    assert web.paths == ["/start"]


@pytest.mark.parametrize(
    "private", ["127.0.0.2", "192.168.1.1", "::1", "fd00::1", "64:ff9b::a00:1"]
)
async def test_a_name_that_leads_to_a_private_address_is_refused(web, private):
    port = web.base.rpartition(":")[2]

    async with an_http((private,)) as fetch:
        answer = await fetch(Ask(url=f"http://news.example:{port}/"))

    assert answer.status == "refused"
    assert web.asked == []


async def test_a_name_that_is_rebound_between_two_questions_is_refused_the_second_time(web):
    """Public when it is first looked up, private when it is connected to again."""
    port = web.base.rpartition(":")[2]
    web.redirect("/start", "http://news.example:9/secret")  # another port: looked up anew

    async with an_http(("127.0.0.1",), ("127.0.0.2",)) as fetch:
        answer = await fetch(Ask(url=f"http://news.example:{port}/start"))

    assert web.paths == ["/start"]
    assert answer.status == "refused"


async def test_of_a_name_with_two_addresses_only_the_public_one_is_connected_to(web):
    port = web.base.rpartition(":")[2]
    web.serve("/", "news")

    async with an_http(("127.0.0.2", "127.0.0.1")) as fetch:
        answer = await fetch(Ask(url=f"http://news.example:{port}/"))

    assert isinstance(answer, Fetched)
    assert answer.body == b"news"
