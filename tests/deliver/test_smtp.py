"""A relay that cannot be used says so in one sentence, with its name and the cure."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
import uvloop
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from digest.deliver.outcome import Accepted
from digest.deliver.relay import Patience, RelayOptions, Security
from digest.deliver.smtp import SmtpTransport, carry, knock
from digest.errors import DigestError, Misconfigured, Temporary
from tests.deliver.relays import ALL, Scripted, Tray, a_message, options, real, scripted

SOON = Patience(connect=0.2, greeting=0.2)


class Box:
    def __init__(self) -> None:
        self.taken = 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
        self.taken += 1
        return "250 2.0.0 kept"


def login(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"quayside", b"tide")
    return AuthResult(success=good, handled=good)


def certified(folder: Path, *, name: str = "127.0.0.1", days: int = 30) -> ssl.SSLContext:
    """A server's TLS with a certificate of our own making, ``ca.pem`` beside it to trust it by."""
    now = dt.datetime.now(dt.UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=60))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


async def complaint(relay: RelayOptions) -> DigestError:
    with pytest.raises(DigestError) as caught:
        await SmtpTransport(relay)(a_message())
    assert "tide" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("implicit", [True, False])
async def test_mail_goes_through_verified_tls_and_a_login(tmp_path, implicit):
    box, tls = Box(), certified(tmp_path)
    how = {"tls": tls} if implicit else {"tls_context": tls, "require_starttls": True}
    async with real(
        box, authenticator=login, auth_required=True, auth_require_tls=not implicit, **how
    ) as relay:
        relay = replace(
            relay,
            security=Security.IMPLICIT if implicit else Security.STARTTLS,
            ca_file=str(tmp_path / "ca.pem"),
            username="quayside",
            password="tide",
        )
        outcome = await SmtpTransport(relay)(a_message())

    assert (outcome, box.taken) == (Accepted(250, "2.0.0", "kept"), 1)


@pytest.mark.parametrize("secured", [True, False])
def test_the_quick_event_loop_carries_mail_too(tmp_path, secured):
    tls = certified(tmp_path) if secured else None

    async def send() -> None:
        async with real(Box(), tls=tls) as relay:
            how = Security.IMPLICIT if secured else Security.NONE
            tray = Tray(*(a_message(f"reader{n}@example.org") for n in range(40)))
            ca_file = str(tmp_path / "ca.pem") if secured else ""
            await carry(replace(relay, security=how, ca_file=ca_file), tray)
        assert set(tray.outcomes.values()) == {Accepted(250, "2.0.0", "kept")}
        assert len(tray.outcomes) == 40

    uvloop.run(send())


async def test_both_sides_say_goodbye_at_once_and_nobody_trips(tmp_path):
    troubles = []
    asyncio.get_running_loop().set_exception_handler(lambda _, trouble: troubles.append(trouble))
    relay = Scripted(lambda _: None, ALL, "220 sink ESMTP\r\n")
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0, ssl=certified(tmp_path))
    how = {"security": Security.IMPLICIT, "ca_file": str(tmp_path / "ca.pem")}

    for n in range(20):
        tray = Tray(a_message(f"reader{n}@example.org"))
        await carry(options(server, **how), tray)
        assert [type(outcome) for outcome in tray.outcomes.values()] == [Accepted]
    server.close()

    assert troubles == []


async def test_a_wrong_password_is_the_operators_to_mend(tmp_path):
    tls = certified(tmp_path)
    async with real(Box(), tls_context=tls, authenticator=login, auth_required=True) as relay:
        error = await complaint(
            replace(
                relay,
                security=Security.STARTTLS,
                ca_file=str(tmp_path / "ca.pem"),
                username="quayside",
                password="low tide",
            )
        )

    assert isinstance(error, Misconfigured)
    assert str(error) == (
        f"{relay.label} does not accept our login (535 5.7.8 Authentication credentials invalid); "
        "check username and its password"
    )


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
@pytest.mark.parametrize(
    ("made", "trusted", "words"),
    [
        ({"days": -1}, True, "has a certificate that has expired; whoever runs it must renew it"),
        (
            {"name": "other.example"},
            True,
            "has a certificate for another name than '127.0.0.1'; "
            "set host to the name that the certificate is for",
        ),
        (
            {},
            False,
            "has a certificate that nobody we trust signed (self-signed certificate); "
            "set ca_file to its authority",
        ),
    ],
)
async def test_a_certificate_that_does_not_hold_is_never_overlooked(
    tmp_path, security, made, trusted, words
):
    box, tls = Box(), certified(tmp_path, **made)
    how = {"tls": tls} if security is Security.IMPLICIT else {"tls_context": tls}
    async with real(box, **how) as relay:
        relay = replace(
            relay, security=security, ca_file=str(tmp_path / "ca.pem") if trusted else ""
        )
        error = await complaint(relay)

    assert isinstance(error, Misconfigured)
    assert (str(error), box.taken) == (f"{relay.label} {words}", 0)


async def test_nothing_is_sent_in_the_clear_to_a_relay_without_starttls():
    async with scripted() as (sink, relay):
        error = await complaint(replace(relay, security=Security.STARTTLS))

    assert isinstance(error, Misconfigured)
    assert str(error) == (
        f"{relay.label} offers no STARTTLS, and nothing is sent in the clear; "
        'use a port that has it (587), or tls = "implicit" with port 465'
    )
    assert sink.heard == ["EHLO localhost"]


def test_starttls_is_required_by_default_but_on_this_machine():
    def wants(host: str) -> bool:
        return RelayOptions(name="main", host=host).wants_starttls

    assert wants("smtp.quayside.example")
    assert wants("10.0.0.1")
    assert wants("127.0.0.1.example.org")
    assert not any(map(wants, ("localhost", "127.0.0.1", "::1")))


async def test_a_password_never_travels_in_the_clear():
    relay = RelayOptions(
        name="main", host="smtp.example", security=Security.NONE, username="q", password="tide"
    )

    error = await complaint(relay)

    assert isinstance(error, Misconfigured)
    assert "tide" not in repr(relay)


async def test_tls_from_the_first_byte_at_a_port_that_speaks_plainly_is_explained(tmp_path):
    async with scripted() as (_, relay):
        error = await complaint(replace(relay, security=Security.IMPLICIT))

    assert isinstance(error, Misconfigured)
    assert "implicit goes with 465, starttls with 587" in str(error)


async def test_a_port_that_never_answers_is_given_up_in_time():
    stop = asyncio.Event()

    async def mute(reader, writer):
        await stop.wait()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with scripted() as (_, relay):
        port = server.sockets[0].getsockname()[1]
        relay = replace(relay, port=port, patience=SOON)
        error = await complaint(relay)
        patient = replace(relay, patience=replace(SOON, greeting=300.0))
        async with asyncio.timeout(10):  # `digest doctor` is waited for
            with pytest.raises(Temporary, match="did not answer in time"):
                await knock(patient)
    stop.set()
    server.close()

    assert isinstance(error, Temporary)
    assert str(error) == (
        f"{relay.label} did not answer in time; "
        "check host and port, and that no firewall is between; "
        'if it is a TLS port (465), write tls = "implicit"'
    )


async def test_a_port_that_closes_at_once_was_reached_and_is_not_said_to_be_unreachable():
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        relay = options(server)
        error = await complaint(relay)

    assert isinstance(error, Temporary)
    assert str(error) == (
        f"{relay.label} closed the connection before any mail could go; check host and port, "
        'and whether it lets this machine in; if it is a TLS port (465), write tls = "implicit"'
    )


async def test_a_login_that_we_do_not_know_is_said_in_our_words():
    async with scripted(offers=("PIPELINING", "AUTH GSSAPI NTLM")) as (_, relay):
        error = await complaint(replace(relay, username="quayside", password="tide"))

    assert isinstance(error, Misconfigured)
    assert str(error) == (
        f"{relay.label} takes no login that we know: it offers GSSAPI, NTLM, and we have "
        "CRAM-MD5, PLAIN and LOGIN; ask whoever runs it for one of these, use another port"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [(None, "cannot be read (No such file or directory)"), ("no PEM", "holds no certificate")],
)
async def test_an_authority_that_cannot_be_used_is_said_with_the_cure(tmp_path, text, why):
    file = tmp_path / "ca.pem"
    if text:
        file.write_text(text)
    async with scripted() as (_, relay):
        relay = replace(relay, security=Security.IMPLICIT, ca_file=str(file))
        error = await complaint(relay)

    assert isinstance(error, Misconfigured)
    assert str(error) == (
        f"{relay.label} has a ca_file {str(file)!r} that {why}; write the path of the PEM file "
        "with the certificate of its authority"
    )


async def test_a_closed_port_is_tried_again_later():
    async with scripted() as (_, relay):
        pass

    error = await complaint(relay)

    assert isinstance(error, Temporary)
    assert str(error).startswith(f"{relay.label} cannot be reached: ")
    assert str(error).endswith("; check host and port")


@pytest.mark.parametrize(
    ("greeting", "kind", "words"),
    [
        (
            "HTTP/1.1 400 Bad Request\r\n",
            Misconfigured,
            "does not speak SMTP, it said 'HTTP/1.1 400 Bad Request'; check host and port",
        ),
        (
            "421 4.3.2 too busy\r\n",
            Temporary,
            "has no time for us (421 4.3.2 too busy); it is tried again later",
        ),
        (
            "554 5.7.1 your address is listed\r\n",
            Misconfigured,
            "refuses us (554 5.7.1 your address is listed); ask whoever runs it",
        ),
    ],
)
async def test_a_greeting_that_is_no_welcome_is_repeated_to_the_operator(greeting, kind, words):
    async with scripted(greeting=greeting) as (_, relay):
        error = await complaint(relay)

    assert (type(error), str(error)) == (kind, f"{relay.label} {words}")


@pytest.mark.parametrize(
    ("step", "code", "kind"),
    [
        ("", "554 5.7.1", Misconfigured),
        ("", "421 4.3.2", Temporary),
        ("EHLO", "554 5.7.1", Misconfigured),
        ("AUTH", "535 5.7.8", Misconfigured),
    ],
)
async def test_words_in_another_encoding_are_repeated_as_far_as_they_can_be_read(step, code, kind):
    said = f"{code} acc\udce8s refus\udce9\r\n"  # in Latin-1

    def say(command):
        return said if step and command.startswith((step, "HELO")) else None

    greeting = "220 sink ESMTP\r\n" if step else said
    async with scripted(say, ("AUTH PLAIN",), greeting) as (_, relay):
        error = await complaint(replace(relay, username="quayside", password="tide"))

    assert type(error) is kind
    assert f"({code} acc\ufffds refus\ufffd)" in str(error)


async def test_xoauth2_sends_the_token_and_no_password():
    heard = []

    def say(command):
        heard.append(command)
        return "235 2.7.0 welcome\r\n" if command.startswith("AUTH") else None

    async with scripted(say, ("PIPELINING", "AUTH XOAUTH2")) as (_, relay):
        await SmtpTransport(replace(relay, username="quayside", access_token="tide"))(a_message())

    assert heard[1] == "AUTH XOAUTH2 dXNlcj1xdWF5c2lkZQFhdXRoPUJlYXJlciB0aWRlAQE="


async def test_cram_md5_is_preferred_where_it_is_offered():
    def say(command):
        if command == "AUTH CRAM-MD5":
            return "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n"
        return "235 ok\r\n" if command == CRAM_ANSWER else None

    async with scripted(say, ("AUTH CRAM-MD5 PLAIN LOGIN",)) as (sink, relay):
        relay = replace(relay, username="tim", password="tanstaaftanstaaf")
        await SmtpTransport(relay)(a_message())

    assert sink.heard[1:3] == ["AUTH CRAM-MD5", CRAM_ANSWER]


CRAM_ANSWER = "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"  # RFC 2195, 2


async def test_what_cannot_be_said_in_smtp_is_the_operators_to_mend():
    async with scripted() as (_, options):
        error = await complaint(replace(options, local_hostname="news.bücher.example"))

    assert isinstance(error, Misconfigured)
    assert str(error).startswith(f"{options.label} cannot be used: 'ascii' codec")
    assert str(error).endswith("; check its table in the configuration")


async def test_a_size_of_thousands_of_digits_is_no_limit():
    async with scripted(offers=(f"SIZE {'9' * 5000}",)) as (_, options):
        assert (await knock(options)).offer.size == 0


@pytest.mark.parametrize("code", [500, 502])
async def test_a_relay_that_does_not_know_ehlo_is_said_helo_and_offers_nothing(code):
    def say(command: str) -> str | None:
        return f"{code} what?\r\n" if command.startswith("EHLO") else None

    async with scripted(say) as (relay, options):
        outcome = await SmtpTransport(options)(a_message())

    assert isinstance(outcome, Accepted)
    assert relay.heard == [
        "EHLO localhost",
        "HELO localhost",
        "MAIL FROM:<digest@quayside.example>",
        "RCPT TO:<ada@example.org>",
        "DATA",
        "QUIT",
    ]


async def test_in_the_clear_nothing_is_sent_to_it_where_tls_is_wanted():
    async with scripted(lambda c: "502 what?\r\n" if c.startswith("EHLO") else None) as (
        _,
        options,
    ):
        with pytest.raises(Misconfigured, match="offers no STARTTLS"):
            await SmtpTransport(replace(options, security=Security.STARTTLS))(a_message())
