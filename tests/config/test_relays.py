"""What ``[deliver]`` may say, and what is told where its keys disagree."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from digest.config import secret
from digest.config.inforce import in_force, unset
from digest.config.settings import Relay
from digest.deliver.options import DkimOptions, DomainLimits, WarmUpOptions
from digest.errors import Misconfigured
from tests.config.conftest import GOOD, Mistakes, Read

RELAY = '\n[[deliver.relays]]\nname = "a"\nhost = "x.example"\n'
DKIM = '\n[deliver.dkim]\ndomain = "quayside.example"\nselector = "tide"\nkey_file = "dkim.pem"\n'


def test_all_that_can_be_said_of_a_relay_is_read(read: Read, tmp_path: Path):
    (tmp_path / "ca.pem").touch()
    deliver = read(
        GOOD
        + RELAY
        + 'ca_file = "ca.pem"\nlocal_hostname = "News.quayside.example"\nweight = 0\n'
        + "max_connections = 4\nmax_messages_per_connection = 10\nper_second = 14\nper_day = 50_000\n"
        + "bdat = true\nwarmup = { start = 2026-12-01, days = 7, first = 50, full = 5_000 }\n"
    ).settings.deliver

    assert deliver.relays == (
        Relay(
            name="a",
            host="x.example",
            ca_file=tmp_path / "ca.pem",
            local_hostname="news.quayside.example",
            weight=0.0,
            max_connections=4,
            max_messages_per_connection=10,
            per_second=14,
            per_day=50_000,
            bdat=True,
            warmup=WarmUpOptions(start=date(2026, 12, 1), days=7, first=50, full=5_000),
        ),
    )


def test_the_limits_of_domains_and_the_keys_we_sign_with_are_read(read: Read, tmp_path: Path):
    loaded = read(
        GOOD
        + '[deliver]\nin_doubt = "hold"\ndrain_seconds = 30.0\nfirst_retry_seconds = 5.0\n'
        + '[deliver.each_domain]\nstart = 20.0\n[deliver.domains."gmail.com"]\nper_hour = 9\n'
        + DKIM
        + 'ed25519_selector = "ebb"\ned25519_key_file = "/keys/ed.pem"\nbody = "simple"\n'
    )
    deliver = loaded.settings.deliver

    assert (deliver.in_doubt, deliver.drain_seconds) == ("hold", 30.0)
    assert deliver.first_retry_seconds == 5.0
    assert deliver.each_domain == DomainLimits(start=20.0)
    assert deliver.domains == {"gmail.com": DomainLimits(per_hour=9)}
    assert deliver.dkim == DkimOptions(
        domain="quayside.example",
        selector="tide",
        key_file=tmp_path / "dkim.pem",
        ed25519_selector="ebb",
        ed25519_key_file=Path("/keys/ed.pem"),
        body="simple",
    )


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("weight = -1", "16 weight is -1; write a number from 0, up to 1000"),
        ("max_connections = 0", "16 max_connections is 0; write a number from 1, up to 1000"),
        ("per_hour = -1", "16 per_hour is -1; write 0 or more"),
        ('ca_file = ""', "16 ca_file is empty; write a path, or leave the key out"),
        (
            'local_hostname = "a b"',
            '16 local_hostname is "a b"; write a domain, such as "quayside.example"',
        ),
        (
            'username = "u"\npassword_env = "P"\ntoken_env = "T"',
            "18 token_env stands beside password_env; keep one of them",
        ),
        ('token_env = "T"', "16 token_env has no username beside it; add one"),
        (
            'token = "hunter2"',
            "16 token is a secret, and config.toml is no place for one; put it into an environment "
            "variable and name that with password_env, such as "
            'password_env = "DIGEST_RELAY_PASSWORD"',
        ),
        (
            'tls = "none"\nusername = "u"\npassword_env = "P"',
            '16 tls is "none", and the password would travel in the clear; '
            'write tls = "starttls", or "implicit" with port 465',
        ),
        (
            "warmup = { days = 7 }",
            '16 warmup.start is missing; add start = "2026-12-01"',
        ),
        (
            'warmup = { start = "soon" }',
            '16 warmup.start is "soon", which is no day; write one such as "2026-12-01"',
        ),
        (
            'warmup = { start = "2026-02-30" }',
            '16 warmup.start is "2026-02-30", which is no day; write one such as "2026-12-01"',
        ),
        (
            "warmup = { start = 2026-12-01, first = 100, full = 10 }",
            "16 warmup.first does not fit: warming up from 100 to 10 a day goes down; "
            "write first smaller than full",
        ),
        (
            "warmup = { start = 2026-12-01, full = 10 }",
            "16 warmup.full does not fit: warming up from 200 to 10 a day goes down; "
            "write first smaller than full",
        ),
    ],
)
def test_what_a_relay_cannot_be_is_told(mistakes: Mistakes, lines: str, told: str):
    line, _, words = told.partition(" ")

    assert mistakes(GOOD + RELAY + lines + "\n") == [f"{line} deliver.relays[1].{words}"]


def test_a_password_stays_on_this_machine_or_is_kept_secret(mistakes: Mistakes, read: Read):
    plain = f'{RELAY}tls = "none"\nusername = "u"\npassword_env = "P"\n'
    here, elsewhere = (plain.replace("x.example", at) for at in ("127.0.0.2", "127.evil.example"))

    assert read(GOOD + here).settings.deliver.relays[0].host == "127.0.0.2"
    assert "would travel in the clear" in mistakes(GOOD + elsewhere)[0]


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ('[deliver]\nin_doubt = "drop"', '14 in_doubt is "drop"; write one of "resend", "hold"'),
        ("[deliver]\ndrain_seconds = 0", "14 drain_seconds is 0; write a number from 1, up to 600"),
        (
            "[deliver.domains.gmail]\nper_hour = 1",
            '13 domains.gmail is no domain; write one such as [deliver.domains."gmail.com"]',
        ),
        (
            '[deliver.domains."GMail.com"]\nper_hour = 1',
            '13 domains."GMail.com" has capital letters, which no domain has; '
            'write [deliver.domains."gmail.com"]',
        ),
        (
            '[deliver.domains."gmail.com"]\nstart = 100\nceiling = 10.0',
            '14 domains."gmail.com".start does not fit: start is 100 and ceiling 10 messages a '
            "second; write start no larger than ceiling",
        ),
        (
            "[deliver.each_domain]\nstart = 0\nceiling = 10.0",
            "15 each_domain.ceiling is not read without start; add start, or write per_second",
        ),
        (
            DKIM.replace("quayside.example", "quay side"),
            '15 dkim.domain is "quay side"; write a domain, such as "quayside.example"',
        ),
        (
            DKIM.replace("tide", "tide!"),
            '16 dkim.selector is "tide!"; write letters, digits and hyphens, such as "digest2026"',
        ),
        (
            DKIM.replace("tide", "ü"),
            '16 dkim.selector is "ü"; write letters, digits and hyphens, such as "digest2026"',
        ),
        (
            DKIM.replace("quayside.example", "☃.example"),
            '15 dkim.domain is "☃.example", which has no name in the DNS; write it as it is there',
        ),
        (
            DKIM.replace('key_file = "dkim.pem"\n', ""),
            '14 dkim.key_file is missing; add key_file = "dkim.pem"',
        ),
        (
            f'{DKIM}ed25519_selector = "ebb"',
            "18 dkim.ed25519_selector has no ed25519_key_file beside it; add one, or remove this",
        ),
        (
            f'{DKIM}ed25519_selector = "tide"\ned25519_key_file = "e"',
            '18 dkim.ed25519_selector is "tide", the selector of the RSA key; '
            "give it one of its own",
        ),
        (
            f'{DKIM}body = "strict"',
            '18 dkim.body is "strict"; write one of "relaxed", "simple"',
        ),
    ],
)
def test_what_delivery_cannot_be_is_told(mistakes: Mistakes, tables: str, told: str):
    line, _, words = told.partition(" ")

    assert mistakes(f"{GOOD}\n{tables}\n") == [f"{line} deliver.{words}"]


def test_a_key_that_is_not_made_yet_and_a_sender_it_does_not_vouch_for_are_warnings(read: Read):
    warnings = read(GOOD + DKIM.replace("quayside.example", "other.example")).warnings

    assert warnings == (
        'config.toml:16  deliver.dkim.key_file  is "dkim.pem", and nothing is there '
        "yet; `digest dkim keygen` makes it",
        "config.toml:7  newsletters.daily.sender  is at quayside.example, and [deliver.dkim] signs "
        "for other.example: receivers that check DMARC see no signature of the sender's",
    )


def test_an_authority_that_is_not_there_is_a_warning(read: Read):
    (warning,) = read(GOOD + RELAY + 'ca_file = "ca.pem"\n').warnings

    assert warning == (
        'config.toml:16  deliver.relays[1].ca_file  is "ca.pem", and no such file is there: '
        "the relay cannot be used"
    )


def test_a_port_that_does_not_go_with_tls_is_a_warning_and_one_that_does_is_none(read: Read):
    (auto,) = read(GOOD + RELAY + "port = 465\n").warnings
    (implicit,) = read(GOOD + RELAY + 'tls = "implicit"\n').warnings

    assert auto == (
        "config.toml:16  deliver.relays[1].port  does not fit: 465 is the port for TLS from the "
        'first byte, and tls is "auto"; write tls = "implicit", or port = 587'
    )
    assert implicit.endswith(
        'deliver.relays[1].tls  does not fit: 587 is the port for STARTTLS, and tls is "implicit"; '
        'write port = 465, or tls = "starttls"'
    )
    assert read(GOOD + RELAY + 'port = 465\ntls = "implicit"\n').warnings == ()


def test_a_limit_below_one_is_rounded_up_and_never_to_none(read: Read):
    with pytest.raises(Misconfigured, match=r"per_hour  is 0\.5, not a whole number; write 1$"):
        read(GOOD + RELAY + "per_hour = 0.5\n")


def test_relays_that_are_all_spares_are_a_warning(read: Read):
    (warning,) = read(GOOD + RELAY + "weight = 0\n").warnings

    assert warning.endswith(
        "deliver.relays  are all spares (weight = 0); they share the mail evenly"
    )


def test_an_access_token_comes_from_its_variable_and_is_shown_to_nobody(read: Read):
    loaded = read(GOOD + RELAY + 'username = "u"\ntoken_env = "T"\n')
    (relay,) = loaded.settings.deliver.relays

    assert secret.relay_token(relay, {"T": "hunter2"}) == "hunter2"
    assert list(unset((relay,), {})) == ["relay 'a' has no access token yet; set T, or T_FILE"]
    shown = {one.key: one.value for one in in_force(loaded, {"T": "hunter2"})}
    assert shown["deliver.relays[1].token"] == "********"
    with pytest.raises(Misconfigured, match="needs an access token; set the environment variable"):
        secret.relay_token(relay, {})
