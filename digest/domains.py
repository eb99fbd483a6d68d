"""A domain in any script to its name in the DNS. Pure."""

from __future__ import annotations

import idna


def in_dns(name: str) -> str:
    """In lower case, with A-labels (RFC 5890, 2.3.2.1); as it is where it has none."""
    name = name.lower().rstrip(".")
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return name
