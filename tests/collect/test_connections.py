from __future__ import annotations

import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from digest.collect import connections

KEY = ConnectionKey("herald.example", 443, True, True, None, None, None)


def info(address: str) -> connections.AddressInfo:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, 0, "", (address, 443)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "fe80::1%eth0"])
def test_a_name_that_resolves_anew_to_a_private_address_gets_no_socket(address):
    with pytest.raises(OSError, match="not public: ") as raised:
        connections.public_socket(info(address))

    status, why = connections.trouble(aiohttp.ClientConnectorError(KEY, raised.value))
    assert status == "refused"
    assert "collect.http.allow_private" in why


def test_a_public_address_gets_a_socket():
    with connections.public_socket(info("1.1.1.1")) as opened:
        assert opened.family == socket.AF_INET
    with connections.any_socket(info("127.0.0.1")) as opened:
        assert opened.type == socket.SOCK_STREAM


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (aiohttp.ClientConnectorDNSError(KEY, OSError("no")), "no such host"),
        (aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, "refused")), "unreachable"),
        (aiohttp.ClientConnectorError(KEY, ssl.SSLError("eof")), "bad certificate"),
        (aiohttp.InvalidURL("http://["), "bad URL"),
        (aiohttp.ServerDisconnectedError(), "cut off"),
        (aiohttp.ClientError("x" * 999), "bad answer"),
    ],
)
def test_what_went_wrong_is_said_in_a_clause(error, status):
    said, why = connections.trouble(error)

    assert said == status
    assert 0 < len(why) < 300
