"""The same send where the relay is far away, and where everything is encrypted.

far   a sink whose every answer takes 50 ms: connections / round trip is the most that a message
      in flight on each connection allows
tls   our sink with and without TLS, in turns; its certificate is made for the run
"""

from __future__ import annotations

import ipaddress
import statistics
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.stage import CONNECTIONS, a_sink, python, sent

ROUND_TRIP_MS = 50
EACH = 200  # messages a connection: opening it takes a few round trips, too


def far(program: str | None) -> dict[str, Any]:
    """Messages a second at 50 ms, and how much that is of what the round trips allow."""
    count = CONNECTIONS * EACH
    with a_sink(program, ROUND_TRIP_MS) as (port, counted):
        said = sent(python("bench.senders", "wire", port, CONNECTIONS, count))
    _arrived(count, said, counted)
    rate = count / said["secs"]
    most = CONNECTIONS * 1000 / ROUND_TRIP_MS
    return {"ms": ROUND_TRIP_MS, "msg_s": round(rate, 1), "of_limit": round(rate / most, 3)}


def tls(rounds: int, count: int, folder: Path) -> dict[str, float]:
    """TLS against plain, by messages a second and by our CPU; medians of the ratios."""
    certificate, key = _certificate(folder)
    plain, secured = [], []
    for _ in range(rounds):
        plain.append(_to_ours(count))
        secured.append(_to_ours(count, certificate, key))
    pairs = list(zip(plain, secured, strict=True))
    return {
        "plain_msg_s": round(statistics.median(count / run["secs"] for run in plain), 1),
        "tls_msg_s": round(statistics.median(count / run["secs"] for run in secured), 1),
        "tls_cpu_us": round(statistics.median(run["cpu"] / count * 1e6 for run in secured), 1),
        "ratio": round(statistics.median(a["secs"] / b["secs"] for a, b in pairs), 3),
        "cpu_ratio": round(statistics.median(a["cpu"] / b["cpu"] for a, b in pairs), 3),
    }


def _to_ours(count: int, *certificate: Path) -> dict[str, float]:
    with a_sink(None, 0, *certificate) as (port, counted):
        authority = certificate[:1]
        said = sent(python("bench.senders", "wire", port, CONNECTIONS, count, *authority))
    _arrived(count, said, counted)
    return said


def _arrived(count: int, said: dict[str, float], counted: dict[str, int]) -> None:
    if not counted["msgs"] == said["n"] == count:
        raise SystemExit(f"sent {count}, ours counts {said['n']}, the sink {counted['msgs']}")


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(private, hashes.SHA256())
    )
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, key
