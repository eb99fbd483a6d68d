from __future__ import annotations

from ipaddress import ip_address

import pytest

from digest.web.clients import client, neighbourhood, network

PROXIES = ("127.0.0.1/32", "10.0.0.0/8", "::1/128")


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", ["198.51.100.9"], "192.0.2.1"),
        ("127.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("127.0.0.1", ["203.0.113.5, 198.51.100.9, 10.1.1.1"], "198.51.100.9"),
        ("127.0.0.1", ["203.0.113.5", "198.51.100.9"], "198.51.100.9"),
        ("127.0.0.1", ["nonsense"], "127.0.0.1"),
        ("127.0.0.1", ["10.1.1.2, 10.1.1.1"], "10.1.1.2"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.9:4711"], "198.51.100.9"),
        ("::1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("", [], "0.0.0.0"),
    ],
)
def test_a_header_is_believed_as_far_as_its_writers(peer: str, forwarded: list[str], found: str):
    assert str(client(peer, forwarded, PROXIES)) == found


def test_one_line_of_ipv6_is_one_client():
    assert network(ip_address("2001:db8::1")) == network(ip_address("2001:db8::ffff"))
    assert network(ip_address("192.0.2.1")) != network(ip_address("192.0.2.2"))
    assert neighbourhood(ip_address("192.0.2.1")) == neighbourhood(ip_address("192.0.2.99"))
    one, same, other = map(ip_address, ("2001:db8:1::1", "2001:db8:1:f::1", "2001:db8:2::1"))
    assert neighbourhood(one) == neighbourhood(same) != neighbourhood(other)
