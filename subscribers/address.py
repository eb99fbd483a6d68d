"""Text to an Address: parsed once, at the edge, and never guessed at again. Pure.

Follows RFC 5321 (4.5.3.1 for the lengths), RFC 6531 for local parts beyond ASCII, and IDNA 2008
for domains. Comments and quoted local parts (RFC 5322) are refused: no form sees them in earnest,
and every mail system disagrees on what they mean.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from urllib.parse import unquote

import idna

_ASCII_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ROLES = frozenset(
    "abuse admin billing contact help hello hostmaster info mailer-daemon marketing news no-reply "
    "noreply office postmaster root sales security spam support team webmaster".split()
)


_DISPOSABLE = frozenset(
    "10minutemail.com discard.email dispostable.com emailondeck.com fakeinbox.com getnada.com "
    "grr.la guerrillamail.com mailcatch.com maildrop.cc mailinator.com mailnesia.com "
    "mintemail.com moakt.com mohmal.com mytemp.email sharklasers.com spamgourmet.com "
    "temp-mail.org tempmail.com tempr.email throwawaymail.com trashmail.com yopmail.com".split()
)
# Providers to whom a dot before the @ means nothing, and the name each goes by.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
# What nearly every address looks like. A match needs none of the slow checks below.
_PLAIN = re.compile(
    r"[A-Za-z0-9_+-]{1,32}(?:\.[A-Za-z0-9_+-]{1,15})?@"
    r"(?:[a-z0-9](?:[a-z0-9]|-(?!-)){0,30}[a-z0-9]\.){1,3}[a-z]{2,20}"
)


# Around an address that was copied out of a text.
_PAIRS = frozenset(("''", '""', "()", "[]", "“”", "„“", "‘’", "«»", "»«"))
_UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Co", "Cs")  # Unicode's general categories


class Flaw(StrEnum):
    """Where an address is wrong, for whoever says it in another language than ours."""

    SHAPE = "shape"  # no name, no @ or no domain
    UNSEEN = "unseen"
    LENGTH = "length"
    NAME = "name"  # before the @
    DOMAIN = "domain"


class BadAddress(ValueError):
    """The text is no address we can write to; the message is one sentence for its owner."""

    def __init__(self, said: str, flaw: Flaw) -> None:
        super().__init__(said)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox. ``local@domain``; the domain in its ASCII form, as it goes over the wire.

    Made by ``Address.parse`` and ``Address.pasted`` alone.
    """

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one bare address. Raises BadAddress."""
        text = text.strip(" \t\r\n")
        if _PLAIN.fullmatch(text):
            return cls(*text.split("@"))
        text = unicodedata.normalize("NFC", text)
        if any(unicodedata.category(c) in _UNSEEN for c in text):
            raise BadAddress("The address holds a character that cannot be seen.", Flaw.UNSEEN)
        local, at, domain = text.rpartition("@")
        if not at or not local or not domain:
            said = "An address has a name, an @ and a domain, such as ada@example.org."
            raise BadAddress(said, Flaw.SHAPE)
        parsed = cls(_local(local), _domain(domain))
        if len(str(parsed).encode()) > 254:
            said = "The address is longer than the 254 bytes that mail allows."
            raise BadAddress(said, Flaw.LENGTH)
        return parsed

    @classmethod
    def pasted(cls, text: str) -> Self:
        """Read what a person typed or pasted into a form. Raises BadAddress.

        Blanks and what cannot be seen come along at both ends; of ``Ada <ada@example.org>``
        (RFC 5322, 3.4) it is the address that counts. So it is of a ``mailto:`` link, and of what
        stands between quotes or before a comma; an @ may come from a Japanese keyboard.
        """
        text = _bare(_bare(text).rstrip(",;"))
        _, named, inner = text.rpartition("<")
        text = _bare(inner[:-1]) if named and inner.endswith(">") else text
        if text[:1] + text[1:][-1:] in _PAIRS:
            text = _bare(text[1:-1])
        if text[:7].lower() == "mailto:":
            text = unquote(text[7:].partition("?")[0])
        return cls.parse(text if "@" in text else text.replace("\N{FULLWIDTH COMMERCIAL AT}", "@"))

    @property
    def key(self) -> str:
        """Equal for every spelling of one mailbox: what tells two people apart."""
        if self.local.isascii():
            return f"{self.local}@{self.domain}".lower()
        return f"{_folded(self.local)}@{self.domain}"

    @property
    def untagged(self) -> Self:
        """The mailbox that most providers put the mail to ``local+tag@domain`` into, and Gmail that
        to ``lo.cal@``: to count what is written there. Two people may share it, so nothing but
        counts goes by it."""
        local, domain = self.local.partition("+")[0], self.domain
        if domain in _DOTLESS:
            local, domain = local.replace(".", ""), _DOTLESS[domain]
        if local == "" or (local, domain) == (self.local, self.domain):
            return self
        return type(self)(local, domain)

    @property
    def is_ascii(self) -> bool:
        """False where a relay must offer SMTPUTF8 (RFC 6531) to take it."""
        return self.local.isascii()

    @property
    def is_role(self) -> bool:
        """A desk rather than a person (info@, postmaster@): worth knowing, no reason to refuse."""
        return self.local.partition("+")[0].casefold() in _ROLES

    @property
    def is_disposable(self) -> bool:
        """At one of the best known providers of throwaway mailboxes: data, no reason to refuse."""
        labels = self.domain.split(".")
        return any(".".join(labels[n:]) in _DISPOSABLE for n in range(len(labels) - 1))

    @property
    def shown(self) -> str:
        """For people to read: the domain in its own script."""
        try:
            return f"{self.local}@{idna.decode(self.domain)}"
        except idna.IDNAError:
            return str(self)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def _bare(text: str) -> str:
    """``text`` without blanks and unseen characters at its ends."""
    at, end = 0, len(text)
    while at < end and unicodedata.category(text[at]) in ("Zs", *_UNSEEN):
        at += 1
    while at < end and unicodedata.category(text[end - 1]) in ("Zs", *_UNSEEN):
        end -= 1
    return text[at:end]


def _folded(local: str) -> str:
    """Case folded, canonically (Unicode D145): NFKC would fold in other mailboxes, and an @."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", local).casefold())


def _local(local: str) -> str:
    if local.startswith('"'):
        said = "Quoted names before the @ are not taken; write the address without them."
        raise BadAddress(said, Flaw.NAME)
    if len(local.encode()) > 64:
        said = "The part before the @ is longer than the 64 bytes that mail allows."
        raise BadAddress(said, Flaw.LENGTH)
    for atom in local.split("."):
        if not atom:
            said = "The part before the @ may not begin, end or double a dot."
            raise BadAddress(said, Flaw.NAME)
        if not all(_ASCII_ATOM.fullmatch(c) or not (c.isascii() or c.isspace()) for c in atom):
            said = "The part before the @ holds a character that addresses do not have."
            raise BadAddress(said, Flaw.NAME)
    return local


def _domain(domain: str) -> str:
    if domain.startswith("["):
        raise BadAddress("Addresses at a bare IP number are not taken.", Flaw.DOMAIN)
    unknown = f"The domain {domain[:80]!r} does not exist in this spelling."
    try:
        ascii_domain = idna.encode(domain.rstrip("."), uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise BadAddress(unknown, Flaw.DOMAIN) from error
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        said = f"The domain {domain[:80]!r} is not complete; it is something like a.org."
        raise BadAddress(said, Flaw.DOMAIN)
    if labels[-1].isdigit() or len(ascii_domain) > 253:
        raise BadAddress(unknown, Flaw.DOMAIN)
    return ascii_domain
