"""What config.toml says of relays is what delivery works with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.config.load import load_text
from digest.deliver.relay import Patience, RelayOptions, Security
from digest.deliver.transport import domain_of
from digest.errors import Misconfigured
from digest.wiring import post as wiring
from subscribers.address import Address
from tests.config.conftest import GOOD
from tests.deliver.relays import a_message, scripted

AT = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
RELAYS = """
[deliver]
transport = "smtp"

[[deliver.relays]]
name = "main"
host = "smtp.example.org"
username = "quayside"
password_env = "RELAY"
weight = 3.0
per_second = 14
warmup = { start = 2026-12-01 }

[[deliver.relays]]
name = "spare"
host = "127.0.0.1"
port = 10025
tls = "none"
weight = 0
local_hostname = "news.quayside.example"
max_connections = 2
max_messages_per_connection = 5
bdat = true

[deliver.each_domain]
start = 8.0

[deliver.domains."slow.example"]
start = 0
per_minute = 60
"""
RELAY = f"""{GOOD}
[deliver]
transport = "smtp"
[[deliver.relays]]
name = "main"
host = "127.0.0.1"
port = {{port}}
"""


def settings(text: str = RELAYS):
    return load_text(GOOD + text, Path("/srv/digest/config.toml"), {}).settings


def test_relays_are_what_the_configuration_says(monkeypatch):
    monkeypatch.setenv("RELAY", "tide")

    assert wiring.relays(settings()) == (
        RelayOptions(
            name="main",
            host="smtp.example.org",
            username="quayside",
            password="tide",
            local_hostname="quayside.example",
        ),
        RelayOptions(
            name="spare",
            host="127.0.0.1",
            port=10025,
            security=Security.NONE,
            local_hostname="news.quayside.example",
            max_connections=2,
            max_messages=5,
            bdat=True,
        ),
    )


def test_a_relay_without_its_password_is_the_operators_to_mend(monkeypatch):
    monkeypatch.delenv("RELAY", raising=False)

    with pytest.raises(Misconfigured, match="needs a password; set the environment variable RELAY"):
        wiring.relays(settings())


def test_relays_that_are_not_in_use_need_no_password(monkeypatch):
    """So what `digest run` began with it takes up again by a reload, too."""
    monkeypatch.delenv("RELAY", raising=False)

    assert wiring.relays(settings(RELAYS.replace('"smtp"', '"maildir"'))) == ()


def test_one_message_waits_long_for_a_relay_only_where_there_is_no_other(monkeypatch):
    monkeypatch.setenv("RELAY", "tide")

    main, spare = (make().relay for _, make in wiring.transport(settings()).ways)

    assert (main.patience, spare.patience) == (Patience().hurried, Patience())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://[::1]:8080", "[IPv6:::1]"),
        ("https://192.0.2.1", "[192.0.2.1]"),
        ("https://news.quayside.example:8443", "news.quayside.example"),
    ],
)
async def test_a_site_at_a_bare_address_greets_a_relay_with_a_literal(url, said):
    async with scripted() as (relay, options):
        text = RELAY.format(port=options.port).replace("https://quayside.example", url)
        found = load_text(text, Path("/srv/digest/config.toml"), {}).settings
        await wiring.transport(found)(a_message())

    assert relay.heard[0] == f"EHLO {said}"


def test_an_access_token_takes_the_place_of_the_password(monkeypatch):
    monkeypatch.setenv("TOKEN", "tide")
    (main, _) = wiring.relays(
        settings(RELAYS.replace("password_env", "token_env").replace("RELAY", "TOKEN"))
    )

    assert (main.password, main.access_token) == ("", "tide")


def test_the_limits_of_relays_and_of_their_warm_up_hold(monkeypatch):
    main, spare = wiring.lanes(settings(), AT)

    assert [(w.seconds, w.limit) for w in main.pace.windows] == [(1, 14), (86400, 200)]
    assert (main.weight, spare.weight, spare.pace.windows) == (3.0, 0.0, ())


def test_the_limits_of_domains_hold():
    domains = wiring.domains(settings(), AT)

    def go(domain: str) -> int:
        return sum(domains.may_go(domain) for _ in range(100))

    assert go("slow.example") == 5  # five seconds of 60 a minute
    assert go("else.example") == 40  # five seconds of its slow start


def test_a_domain_beyond_ascii_is_limited_by_the_name_its_addresses_have():
    domains = wiring.domains(settings('[deliver.domains."bücher.example"]\nper_hour = 2\n'), AT)

    ada = Address.parse("ada@Bücher.example")
    assert [domains.may_go(domain_of(str(ada))) for _ in range(3)] == [True, False, False]
