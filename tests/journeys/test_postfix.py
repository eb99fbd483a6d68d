"""Mail through a real Postfix, from the pipeline to the readers' Maildirs, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import SMTP

import dkim as verifier
import pytest

from digest.deliver import dkim, signing
from digest.deliver.message import splice
from digest.deliver.outcome import Accepted, Refused, Stage
from digest.deliver.relay import RelayOptions, Security
from digest.deliver.smtp import carry
from digest.deliver.transport import Outgoing
from tests.deliver.relays import Tray
from tests.deliver.test_dkim import ED, RSA
from tests.deliver.test_message import a_person, compiled
from tests.journeys.postfix import DOMAIN, Postfix, a_postfix, need_postfix

need_postfix()

SENDER = "digest@quayside.example"
READERS = [f"reader{n}" for n in range(60)]


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    with a_postfix(*READERS, "ada", "grace", "edsger", "zoë") as running:
        yield running


def relay(postfix: Postfix) -> RelayOptions:
    return RelayOptions(
        name="postfix",
        host="127.0.0.1",
        port=postfix.port,
        security=Security.STARTTLS,
        ca_file=str(postfix.folder / "ca.pem"),
        max_messages=10,
    )


def a_message(reader: str, *, number: int = 0, domain: str = DOMAIN, pad: bytes = b"") -> Outgoing:
    address = f"{reader}@{domain}"
    person = a_person(to=address, name=f"{reader} Ø", message_id=f"<{number}.{reader}@q.example>")
    data = splice(compiled(), person) + pad
    return Outgoing(name=reader, sender=SENDER, recipient=address, parts=(data,))


def as_sent(kept: bytes, ours: bytes) -> bytes:
    """Our part of what a Maildir has: below what Postfix wrote on top, with the wire's line ends."""
    whole = kept.replace(b"\n", b"\r\n")
    return whole[-len(ours) :]


def verified(kept: bytes, records: dict[str, str], *, place: int = 0) -> bool:
    """Whether a signature of what a Maildir has holds, by the records in the DNS."""
    proof = verifier.DKIM(kept.replace(b"\n", b"\r\n"))
    named = {f"{name}.".encode(): text.encode() for name, text in records.items()}
    return bool(proof.verify(idx=place, dnsfunc=lambda name, timeout=5: named.get(name)))


async def test_every_message_lies_in_its_readers_maildir_byte_for_byte(postfix):
    messages = {reader: a_message(reader) for reader in READERS}
    tray = Tray(*messages.values())

    while tray.left:  # each connection ends after ten messages, as it was told
        await asyncio.gather(*(carry(relay(postfix), tray) for _ in range(2)))

    assert {type(outcome) for outcome in tray.outcomes.values()} == {Accepted}
    assert len(tray.outcomes) == len(READERS)
    for reader in READERS:
        ((parsed, raw),) = postfix.delivered(reader)
        assert as_sent(raw, messages[reader].data) == messages[reader].data
        assert parsed["Return-Path"] == f"<{SENDER}>"
        assert parsed["Delivered-To"] == f"{reader}@{DOMAIN}"
        assert "with ESMTPS" in parsed["Received"]


async def test_who_cannot_be_reached_is_told_apart_and_the_others_get_their_mail(postfix):
    tray = Tray(
        a_message("nobody"),
        a_message("ada", domain="elsewhere.example"),
        a_message("edsger", pad=b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 3000),
        a_message("grace"),
    )

    await carry(relay(postfix), tray)

    nobody, elsewhere, large, grace = tray.outcomes.values()
    assert isinstance(nobody, Refused)
    assert (nobody.code, nobody.enhanced, nobody.stage) == (550, "5.1.1", Stage.RCPT)
    assert isinstance(elsewhere, Refused)
    assert (elsewhere.code, elsewhere.enhanced, elsewhere.stage) == (554, "5.7.1", Stage.RCPT)
    assert isinstance(large, Refused)
    assert "200000" in large.text.replace(",", "")
    assert isinstance(grace, Accepted)


async def test_an_address_beyond_ascii_is_delivered(postfix):
    message = a_message("zoë")
    tray = Tray(message)

    await carry(relay(postfix), tray)

    assert {type(outcome) for outcome in tray.outcomes.values()} == {Accepted}
    ((_, raw),) = postfix.delivered("zoë")
    assert as_sent(raw, message.data) == message.data


async def test_what_we_sign_verifies_in_the_maildir(postfix):
    plain = a_message("ada", number=7)
    (lines,) = signing.signed([plain.parts], keys=[RSA, ED], at=1, body=dkim.Body.RELAXED)
    tray = Tray(plain.headed(lines))

    await carry(relay(postfix), tray)

    assert {type(outcome) for outcome in tray.outcomes.values()} == {Accepted}
    ((_, raw),) = postfix.delivered("ada")
    records = dict(map(dkim.record, (RSA, ED)))
    assert verified(raw, records, place=0)
    assert verified(raw, records, place=1)


AT = "2024-11-26T06:30+00:00"  # long past: who verifies a signature looks at the clock
DELIVER = """
[deliver]
transport = "smtp"

[[deliver.relays]]
name = "postfix"
host = "127.0.0.1"
port = {port}
tls = "starttls"
ca_file = "{folder}/ca.pem"
max_connections = 4
max_messages_per_connection = 10

[deliver.dkim]
domain = "quayside.example"
selector = "tide"
key_file = "dkim.pem"
"""


def test_an_issue_reaches_every_reader_as_it_was_rehearsed(desk):
    readers = [f"reader{n:02}" for n in range(40)]
    with a_postfix(*readers) as postfix:
        desk.configure("sample:")
        config = desk.config + DELIVER.format(port=postfix.port, folder=postfix.folder)
        desk.write("config.toml", config)
        roster = "".join(f"{name}@{DOMAIN},{name.title()}\n" for name in (*readers, "nobody"))
        people = desk.write("people.csv", f"email,name\n{roster}left@{DOMAIN},Left\n")
        desk.run("subscribers", "import", people, "--already-confirmed", "--yes")
        assert desk.run("dkim", "keygen").code == 0
        assert desk.run("subscribers", "remove", f"left@{DOMAIN}").code == 0
        rehearsed = desk.run("send", "--dry-run", "--at", AT)

        sent = desk.run("send", "--yes", "--at", AT, "--json")

        assert (rehearsed.code, sent.code) == (0, 0), sent.err
        kept = {reader: postfix.delivered(reader) for reader in readers}
    assert {name: len(box) for name, box in kept.items()} == dict.fromkeys(readers, 1)
    written = {mail["To"].addresses[0].username: raw for mail, raw in rehearsal(desk.folder)}
    (record,) = desk.run("dkim", "record", "--json").json
    for ((_, raw),) in kept.values():
        assert verified(raw, {record["name"]: record["txt"]})
    assert len(written) == 10  # a rehearsal writes out some of them
    for reader in written.keys() & kept:
        ((parsed, raw),) = kept[reader]
        assert as_sent(raw, written[reader]) == written[reader]
        assert parsed["Return-Path"] == "<digest@quayside.example>"
    shown = desk.run("issues", "show", "1", "--failed", "--json").json
    assert shown["deliveries"] == {"failed": 1, "sent": 40}
    ((person),) = shown["people"]
    assert (person["address"], person["code"], person["enhanced"]) == (
        f"nobody@{DOMAIN}",
        550,
        "5.1.1",
    )


def rehearsal(folder):
    for path in (folder / "rehearsal" / "daily" / "messages").glob("*.eml"):
        raw = path.read_bytes()
        yield BytesParser(policy=SMTP).parsebytes(raw), raw
