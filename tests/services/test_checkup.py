"""The doctor's round, against a real name server, a real relay and the real pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from digest.checkup.machine import Database
from digest.checkup.resolver import Resolver
from digest.checkup.verdict import Level
from digest.checkup.visitor import visit
from digest.services.checkup import Checkup, Patient, examine
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose
from tests.builders import NOW
from tests.checkup.names_server import SERVFAIL, serving
from tests.checkup.test_records import rsa_record
from tests.deliver.relays import real, scripted
from tests.web.house import house, link

NOBODY = SubscriberId("nobody")
KEY = rsa_record(2048)
ZONE = {
    ("quayside.example", "TXT"): ['"v=spf1 include:relay.example -all"'],
    ("relay.example", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 -all"'],
    ("s1._domainkey.quayside.example", "TXT"): [f'"{KEY[:200]}" "{KEY[200:]}"'],
    ("_dmarc.quayside.example", "TXT"): ['"v=DMARC1; p=none; rua=mailto:d@quayside.example"'],
    ("quayside.example", "A"): ["192.0.2.7"],
}


def patient(**given) -> Patient:
    whole = {
        "database": Database(place="digest.db", revision="2", head="2"),
        "database_time": NOW,
        "keys_trouble": "",
        "keys": 1,
        "disk": ("/srv", 10**10),
        "base_url": "http://127.0.0.1:9",
        "unsubscribe_url": "http://127.0.0.1:9/unsubscribe/x",
        "domains": ("quayside.example",),
        "selectors": ("s1",),
    }
    return Patient(**{**whole, **given})


async def examined(patient: Patient, zone=ZONE) -> Checkup:
    async with serving(zone) as port:
        lookup = Resolver(["127.0.0.1"], port=port, patience=1)
        return await examine(patient, lookup=lookup, visit=visit, clock=lambda: NOW)


def named(found: Checkup, begins: str):
    return next(check for check in found.checks if check.name.startswith(begins))


async def test_the_pages_are_asked_as_a_stranger_would_and_nothing_changes(tmp_path: Path):
    async with house(tmp_path) as site:
        word = link(Purpose.UNSUBSCRIBE, NOBODY)
        before = await site.people(), await site.letters()

        found = await examined(patient(base_url=site.url, unsubscribe_url=site.url + word))

        assert (await site.people(), await site.letters()) == before
    assert named(found, "web pages").level is Level.WARN  # it is http on this machine
    assert (
        named(found, "one-click").says == "it takes POST from anywhere, and a GET only shows a page"
    )
    assert named(found, "SPF of").says == "one record, 1 of 10 lookups, ends with -all"
    assert named(found, "DKIM key").says == "rsa, 2048 bits"
    assert named(found, "DMARC").level is Level.OK
    assert named(found, "MX").says == "quayside.example"  # its own address, without an MX


async def test_a_link_signed_with_another_key_shows_that_the_pages_are_not_ours(tmp_path: Path):
    async with house(tmp_path) as site:
        word = link(Purpose.UNSUBSCRIBE, NOBODY, key=b"another key, just as long as the first")

        found = await examined(patient(base_url=site.url, unsubscribe_url=site.url + word))

    assert named(found, "one-click").says == "a link that we signed is answered 404"


async def test_pages_that_are_down_are_told_with_the_cure(tmp_path: Path):
    found = await examined(patient())

    home = named(found, "web pages")
    assert home.level is Level.BAD
    assert home.cure == "start `digest run` behind your web server"
    assert named(found, "one-click").level is Level.UNCHECKED
    assert found.level is Level.BAD


async def test_pages_whose_name_is_not_in_the_dns_are_told_with_that_cure():
    unheard_of = ".".join(["quayside" * 7] * 5)  # too long for any: no name server is asked
    found = await examined(patient(base_url=f"https://{unheard_of}"))

    home = named(found, "web pages")
    assert home.says.endswith("its name is not found in the DNS")
    assert home.cure == "let its name in the DNS (A, AAAA) lead to your web server"


async def test_a_relay_is_knocked_at_without_a_message():
    async with scripted() as (relay, options):
        found = await examined(patient(relays=(options,)))

    assert named(found, "relay").level is Level.OK
    assert named(found, "TLS").says == "plain, on this very machine"
    assert named(found, "PIPELINING").level is Level.OK
    assert [heard.split()[0] for heard in relay.heard] == ["EHLO", "QUIT"]


async def test_a_relay_without_pipelining_and_one_that_refuses_our_login_are_told():
    async with real(object(), auth_required=False) as plain:
        found = await examined(patient(relays=(plain,)))
        assert named(found, "PIPELINING").level is Level.WARN

        refused = replace(plain, username="quayside", password="wrong")
        found = await examined(patient(relays=(refused,)))
        assert named(found, "relay").level is Level.BAD


async def test_an_empty_dns_names_every_record_to_publish():
    found = await examined(patient(), zone={("other.example", "A"): ["192.0.2.1"]})

    records = [check.record for check in found.checks if check.record]
    assert records == [
        'quayside.example. TXT "v=spf1 a:mail.quayside.example -all"',
        's1._domainkey.quayside.example. TXT "v=DKIM1; k=rsa; p=..."',
        '_dmarc.quayside.example. TXT "v=DMARC1; p=none; rua=mailto:dmarc@quayside.example"',
        "quayside.example. MX 10 mail.quayside.example.",
    ]


async def test_an_spf_record_without_end_is_followed_only_so_far():
    zone = {
        (f"n{n}.example", "TXT"): [f'"v=spf1 include:n{n + 1}.example -all"'] for n in range(200)
    }

    found = await examined(patient(domains=("n0.example",)), zone=zone)

    assert named(found, "SPF of").says == "it costs 30 further lookups; receivers stop at 10"


async def test_where_no_name_server_answers_nothing_is_called_wrong():
    silent = dict.fromkeys(ZONE, SERVFAIL) | {
        (f"{name}quayside.example", kind): SERVFAIL
        for name in ("", "_mta-sts.", "_dmarc.", "s1._domainkey.")
        for kind in ("TXT", "MX", "A", "AAAA")
    }

    found = await examined(patient(), zone=silent)

    about = ("SPF", "DKIM", "DMARC", "alignment", "MX", "MTA-STS")
    asked = [check for check in found.checks if check.name.startswith(about)]
    assert [check.level for check in asked] == [Level.UNCHECKED] * 6
