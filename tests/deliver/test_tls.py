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

from digest.deliver.mailbox import Mailbox
from digest.deliver.outcome import Accepted
from digest.deliver.relay import Security
from digest.deliver.smtp import SmtpTransport
from digest.errors import Misconfigured
from tests.deliver.imap import hostile
from tests.deliver.relays import a_message, real
from tests.deliver.test_mailbox import FOLDERS, HELLO, OPTIONS, answers
from tests.deliver.test_smtp import Box


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
        with pytest.raises(Misconfigured, match="whose certificate does not prove it"):
            Mailbox.open(replace(OPTIONS, port=port))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        mailbox = Mailbox.open(replace(OPTIONS, port=port))

        assert mailbox.waiting() == [7]
        mailbox.close()
