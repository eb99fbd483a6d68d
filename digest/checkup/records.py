"""The text of a DNS record to what it says: SPF, DKIM, DMARC, MTA-STS. Pure.

SPF is RFC 7208, DKIM RFC 6376 and 8463, DMARC RFC 7489, MTA-STS RFC 8461.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

# What a name server told: the texts of the records, () for none, None for no answer at all.
Found = tuple[str, ...] | None

SPF_LOOKUPS = 10  # RFC 7208, 4.6.4: with more, the record is an error


def spf_records(texts: Iterable[str]) -> list[str]:
    """The SPF records among a name's TXT records; more than one is an error (RFC 7208, 4.5)."""
    return [text for text in texts if text.lower() == "v=spf1" or text.lower()[:7] == "v=spf1 "]


def spf_next(record: str) -> list[str]:
    """The names whose SPF records this one draws in."""
    names = []
    for term in _terms(record):
        plain = term.lstrip("+-~?")
        if plain.startswith(("include:", "redirect=")) and "%" not in plain:
            names.append(plain[plain.index(":" if ":" in plain else "=") + 1 :].rstrip("."))
    return names


def spf_lookups(domain: str, known: Mapping[str, Found]) -> int:
    """How many further questions to the DNS the SPF record of ``domain`` costs.

    ``known``: the TXT records of the names it draws in; a name that is missing counts alone.
    """
    return _lookups(domain.lower(), known, frozenset())


def spf_all(record: str) -> str:
    """What becomes of mail from elsewhere: ``-``, ``~``, ``?`` or ``+``; empty: not said here."""
    for term in _terms(record):
        if term.lstrip("+-~?") == "all":
            return term[0] if term[0] in "-~?+" else "+"
    return ""


def tags(text: str) -> dict[str, str]:
    """``v=DKIM1; k=rsa; p=...`` as names and values; names in lower case."""
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def dkim_key(text: str) -> tuple[str, int] | None:
    """The kind and the bits of a DKIM key; bits 0: revoked; None: it cannot be read."""
    said = tags(text)
    kind = said.get("k", "rsa").lower()
    if "p" not in said:
        return None
    try:
        raw = base64.b64decode("".join(said["p"].split()), validate=True)
        if not raw:
            return kind, 0
        if kind == "ed25519":
            return (kind, 256) if len(raw) == 32 else None
        key = load_der_public_key(raw)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return (kind, key.key_size) if isinstance(key, RSAPublicKey) else None


def dmarc_names(domain: str) -> Iterator[str]:
    """Where the DMARC record of ``domain`` may be: at the domain, then at those above it."""
    labels = domain.lower().rstrip(".").split(".")
    for start in range(max(1, len(labels) - 1)):
        yield "_dmarc." + ".".join(labels[start:])


def dmarc_record(texts: Iterable[str]) -> dict[str, str] | None:
    """The tags of the DMARC record among a name's TXT records; None unless there is exactly one."""
    found = [text for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1")]
    return tags(found[0]) if len(found) == 1 else None


def aligned(domain: str, other: str, *, strict: bool) -> bool:
    """Whether ``other`` speaks for ``domain`` (RFC 7489, 3.1): the same, or above or below it."""
    one, two = domain.lower().rstrip("."), other.lower().rstrip(".")
    if one == two:
        return True
    return not strict and (one.endswith(f".{two}") or two.endswith(f".{one}")) and "." in two


def _lookups(domain: str, known: Mapping[str, Found], above: frozenset[str]) -> int:
    records = spf_records(known.get(domain) or ())
    if not records or domain in above:
        return 0
    above |= {domain}
    own = sum(_is_counted(term.lstrip("+-~?")) for term in _terms(records[0]))
    return own + sum(_lookups(name, known, above) for name in spf_next(records[0]))


def _is_counted(term: str) -> bool:
    name = term.split("/")[0]
    return name in ("a", "mx", "ptr") or term.startswith(
        ("include:", "exists:", "redirect=", "a:", "mx:", "ptr:")
    )


def _terms(record: str) -> list[str]:
    return [term.lower() for term in record.split()[1:]]
