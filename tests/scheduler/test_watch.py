"""What `digest run` looks at once a day: real TLS, a real relay, a real name server."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from digest.checkup.alerts import AlertOptions, raised
from digest.checkup.facts import Facts
from digest.checkup.resolver import Resolver
from digest.checkup.verdict import Level
from digest.clock import clock_at
from digest.config.load import load_text
from digest.deliver import dkim
from digest.deliver.dkim import Key
from digest.isolation import Workers
from digest.scheduler import rounds
from digest.scheduler.watch import Watch
from digest.wiring import Tools
from tests.checkup.names_server import SERVFAIL, serving
from tests.deliver.imap import MAILBOX, hostile
from tests.deliver.relays import real, scripted
from tests.deliver.test_smtp import certified
from tests.scheduler.test_issues import CONFIG, nothing

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AT = "s1._domainkey.quayside.example"
RELAY = """
[deliver]
transport = "smtp"
[[deliver.relays]]
name = "main"
host = "127.0.0.1"
port = {port}
"""
DKIM = """
[deliver.dkim]
domain = "quayside.example"
selector = "s1"
key_file = "dkim.pem"
"""


class Hand:
    """A clock by hand that begins now: the certificates of these tests are of today."""

    def __init__(self):
        self.now = clock_at(None)()

    def __call__(self):
        return self.now


def settings_of(tmp_path, more, site=""):
    text = CONFIG.format(newsletter="").replace("[newsletters", f"{site}\n[newsletters", 1)
    return load_text(f"{text}\n{more}", tmp_path / "config.toml", {}).settings


def tls(tmp_path, port):
    return f'{RELAY.format(port=port)}\ntls = "implicit"\nca_file = "{tmp_path / "ca.pem"}"'


async def wrong(watch):
    """What is in trouble: the first word of its name, and what it says."""
    return {
        check.name.split()[0]: check.says
        for check in await watch.checks()
        if check.level in (Level.WARN, Level.BAD)
    }


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (20, {}),
        (13, {"TLS": "its certificate ends in 12 days"}),
        (-1, {"relay": "has a certificate that has expired; whoever runs it must renew it"}),
    ],
)
async def test_a_certificate_that_ends_or_has_ended_is_told(tmp_path, days, says):
    async with real(object(), tls=certified(tmp_path, days=days), auth_required=False) as relay:
        watch = Watch(settings_of(tmp_path, tls(tmp_path, relay.port)), clock=Hand())
        found = await wrong(watch)

    assert found == says


async def test_a_relay_that_is_not_reached_is_told_only_the_second_time(tmp_path):
    hand = Hand()
    async with scripted() as (relay, options):
        watch = Watch(settings_of(tmp_path, RELAY.format(port=options.port)), clock=hand)
        assert await wrong(watch) == {}
        assert await wrong(watch) == {}
        assert relay.heard.count("EHLO quayside.example") == 1  # once a day

    hand.now += DAY
    assert await wrong(watch) == {}
    hand.now += HOUR / 2
    assert await wrong(watch) == {}
    hand.now += HOUR / 2
    assert "cannot be reached" in (await wrong(watch))["relay"]


async def test_a_secret_that_is_gone_is_told_and_the_rest_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.delenv("GONE", raising=False)
    login = 'username = "quayside"\npassword_env = "GONE"'
    relays = RELAY.format(port=25) + f'\n{login}\ntls = "starttls"\n'
    watch = Watch(settings_of(tmp_path, f"{relays}\n{DKIM}"), clock=Hand())

    found = await wrong(watch)

    assert found["relay"].startswith("deliver.relays 'main' needs a password; set")
    assert "DKIM" in found


async def test_a_mailbox_that_opens_no_more_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("BOUNCES_PASSWORD", "one that has expired")
    says = {"LOGIN": "NO password expired"}

    def answer(line):
        tag, command, *_ = line.decode().split()
        said = '* LIST () "/" INBOX\r\n' if command == "LIST" else ""
        said += "* CAPABILITY IMAP4rev1\r\n" if command == "CAPABILITY" else ""
        return f"{said}{tag} {says.get(command, 'OK done')}\r\n".encode()

    hand = Hand()
    with hostile(answer, b"* OK IMAP4rev1 ready\r\n") as port:
        settings = settings_of(tmp_path, MAILBOX.format(port=port))
        watch = Watch(settings, clock=hand)
        assert "(password expired): mend username" in (await wrong(watch))["bounce"]
        facts = Facts(checks=tuple(await watch.checks()))
        [alert] = raised(facts, [], AlertOptions(), now=hand())
        assert alert.key == "doctor:bounce mailbox"

        del says["LOGIN"]
        hand.now += DAY
        assert await wrong(watch) == {}

    hand.now += DAY
    assert await wrong(watch) == {}
    hand.now += HOUR
    assert "cannot be used" in (await wrong(watch))["bounce"]


async def test_a_key_that_is_not_ours_is_told_with_the_record_to_publish(tmp_path):
    (tmp_path / "dkim.pem").write_bytes(pem := dkim.generate_rsa())
    (tmp_path / "dkim.pem").chmod(0o600)
    name, text = dkim.record(Key(domain="quayside.example", selector="s1", pem=pem))
    assert name == AT
    other = dkim.record(Key(domain="x.example", selector="s1", pem=dkim.generate_rsa()))[1]
    zone, hand = {("quayside.example", "A"): ["192.0.2.1"]}, Hand()

    def put(record):
        zone[AT, "TXT"] = [f'"{record[:200]}" "{record[200:]}"']

    async with serving(zone) as port:
        lookup = Resolver(["127.0.0.1"], port=port, patience=1)
        watch = Watch(settings_of(tmp_path, DKIM), lookup=lookup, clock=hand)
        assert await wrong(watch) == {"DKIM": "there is no such key"}
        [check] = await watch.checks()
        assert check.record == f'{AT}. TXT "{text}"'

        put(other)
        hand.now += DAY
        assert "not the key that we sign with" in (await wrong(watch))["DKIM"]

        put(text)
        hand.now += DAY
        assert await wrong(watch) == {}

        zone[AT, "TXT"] = SERVFAIL
        hand.now += DAY
        assert await wrong(watch) == {}
        hand.now += HOUR
        assert await wrong(watch) == {"DKIM": "the name servers did not answer; asked 2 times"}


async def test_a_key_file_that_is_gone_is_told_and_stops_nothing(tmp_path):
    found = await wrong(Watch(settings_of(tmp_path, DKIM), clock=Hand()))

    assert "dkim.pem is missing" in found["DKIM"]


class Box:
    def __init__(self):
        self.subjects = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
        text = envelope.content.decode()
        self.subjects.append(text.partition("Subject: ")[2].splitlines()[0])
        return "250 2.0.0 kept"


async def test_the_operator_hears_of_a_certificate_once_and_when_it_was_renewed(store, tmp_path):
    hand, box = Hand(), Box()

    async def tell(*watches):
        for watch in watches:
            await rounds.tell_alerts(tools, watch)
            hand.now += HOUR

    def a_watch(relay):
        site = 'operator = "editor@quayside.example"'
        return Watch(settings_of(tmp_path, tls(tmp_path, relay.port), site), clock=hand)

    async with Workers(count=1, seconds=30) as isolate:
        tools = Tools(store=store, isolate=isolate, clock=hand, dice=random.random, fetch=nothing)
        async with real(box, tls=certified(tmp_path, days=13), auth_required=False) as relay:
            watch = a_watch(relay)
            await tell(watch, watch, a_watch(relay))  # a restart looks anew
            assert box.subjects == ["Harrow Quay Library: one thing needs you"]
        async with real(box, tls=certified(tmp_path, days=60), auth_required=False) as relay:
            await tell(a_watch(relay))
            assert box.subjects[1:] == ["Harrow Quay Library: one thing is over"]
