"""A certificate that an authority of the operator's own signed proves a server on every Python."""

from __future__ import annotations

import datetime as dt
import ssl
from dataclasses import replace
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from digest.checkup.doors import PageSeen
from digest.checkup.visitor import post_json, visit
from digest.deliver.mailbox import Mailbox
from digest.deliver.outcome import Accepted
from digest.deliver.relay import Security
from digest.deliver.smtp import SmtpTransport
from digest.errors import Misconfigured
from digest.tls import distrusted
from tests.collect.conftest import a_web
from tests.collect.test_client import ask
from tests.deliver.imap import hostile
from tests.deliver.relays import a_message, real
from tests.deliver.test_mailbox import FOLDERS, HELLO, OPTIONS, answers
from tests.deliver.test_smtp import Box

UNSIGNED = (
    "nobody we trust signed its certificate (unable to get local issuer certificate); where that "
    "was you, add your authority to those of this machine or to the file that SSL_CERT_FILE names"
)


@pytest.fixture(autouse=True)
def strict(monkeypatch):
    """Python 3.13's own default, whichever runs."""
    made = ssl.create_default_context

    def default(*args, **given):
        context = made(*args, **given)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", default)


@pytest.fixture
def tls(tmp_path):
    """A server's; ``ca.pem`` is as ``openssl req -x509`` makes it, and the rest ``openssl x509``."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    whole = x509.BasicConstraints(ca=True, path_length=None)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    ca = named("Quayside", authority).add_extension(whole, critical=True)
    leaf = named("relay", key).add_extension(here, critical=False)
    for name, made in ("ca.pem", ca), ("cert.pem", leaf):
        signed = made.sign(authority, hashes.SHA256())
        (tmp_path / name).write_bytes(signed.public_bytes(Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


def named(name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    """A certificate that Quayside is to sign."""
    now = dt.datetime.now(dt.UTC)
    subject, issuer = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, "Quayside")
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )


async def test_a_relay_is_proved_by_an_authority_of_ones_own(tls, tmp_path):
    async with real(Box(), tls=tls) as relay:
        relay = replace(relay, security=Security.IMPLICIT, ca_file=str(tmp_path / "ca.pem"))
        outcome = await SmtpTransport(relay)(a_message())
        with pytest.raises(Misconfigured, match="has a certificate that nobody we trust signed"):
            await SmtpTransport(replace(relay, ca_file=""))(a_message())

    assert outcome == Accepted(250, "2.0.0", "kept")


def test_a_mailbox_is_proved_by_an_authority_of_the_systems(tls, tmp_path, monkeypatch):
    with hostile(answers(**FOLDERS), HELLO, tls) as port:
        with pytest.raises(Misconfigured, match="nobody we trust signed its certificate"):
            Mailbox.open(replace(OPTIONS, port=port))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        mailbox = Mailbox.open(replace(OPTIONS, port=port))

        assert mailbox.waiting() == [7]
        mailbox.close()


async def test_what_a_relays_file_names_is_trusted_though_another_signed_it(tls, tmp_path):
    async with real(Box(), tls=tls) as relay:
        relay = replace(relay, security=Security.IMPLICIT, ca_file=str(tmp_path / "cert.pem"))
        outcome = await SmtpTransport(relay)(a_message())

    assert outcome == Accepted(250, "2.0.0", "kept")


async def test_a_feed_is_proved_by_an_authority_of_the_systems(tls, tmp_path, monkeypatch):
    async with a_web(tls) as site:
        url = site.feed("/feed", "<rss/>")
        refused = await ask(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        answer = await ask(url)

    assert (refused.status, refused.reason) == ("bad certificate", f"{url}: {UNSIGNED}")
    assert answer.body == b"<rss/>"


async def test_what_is_posted_and_looked_at_is_proved_alike(tls, tmp_path, monkeypatch):
    async with a_web(tls) as site:
        url = site.serve("/hook", "heard")
        refused = [await visit(url), await post_json(url, {})]
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        taken = [await visit(url), await post_json(url, {})]

    assert refused == [PageSeen(trouble=UNSIGNED)] * 2
    assert [page.body for page in taken] == ["heard"] * 2


async def test_the_address_of_a_webhook_is_in_no_trouble(unused_tcp_port):
    for url in (f"https://127.0.0.1:{unused_tcp_port}/S3CRET", "https://[S3CRET", "http://"):
        seen = await post_json(url, {})

        assert seen.trouble
        assert "S3CRET" not in seen.trouble
        assert "SSLContext" not in seen.trouble


@pytest.mark.parametrize(
    ("code", "clause"),
    [
        (10, "its certificate has expired; whoever runs it must renew it"),
        (62, "its certificate is for another name"),
        (64, "its certificate is for another name"),
    ],
)
def test_why_a_certificate_proves_nothing_is_said(code, clause):
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code

    assert distrusted(error) == clause
