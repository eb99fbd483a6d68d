"""MJML to HTML: the one file that knows the compiler (mrml, through mjml-python). Pure."""

from __future__ import annotations

import re
import unicodedata

from mjml import mjml2html

from digest import guard
from digest.errors import Misconfigured

MAX_CHARACTERS = 2_000_000  # of MJML; a mail of the full byte budget needs a tenth of it

_BETWEEN_TAGS = re.compile(r">\s*\n\s*<")
_UNUSUAL = re.compile(r"[^ -\[\]-~\n\r\t]")  # all that may have to be escaped
_TAG = re.compile(r"<[a-zA-Z/][^<>]*>")
_UNKNOWN = re.compile(r"<!--.*?-->|<(mj[a-z-]*)", re.DOTALL)  # what mrml does not know it passes on
_OURS = re.compile(r"&#x([0-9a-f]{8});")  # eight digits: nobody else writes a reference so


def html(source: str, *, template: str) -> str:
    """``source`` compiled, blank space between tags gone. ``template`` names it in errors.

    Without fonts: mrml would ask Google for them. Its parser dies with a signal at some 9,000
    elements inside one another, so depth is looked at first. Raises Misconfigured.
    """
    if len(source) > MAX_CHARACTERS or guard.is_too_deep(source):
        raise Misconfigured(template, "makes MJML too long or too deep to compile; simplify it")
    try:
        compiled = str(mjml2html(_sheltered(source), fonts={}))
    except ValueError as error:
        where = " ".join(str(error).split())
        raise Misconfigured(template, f"makes MJML that cannot be compiled: {where}") from error
    if unknown := next(filter(None, _UNKNOWN.findall(compiled)), None):
        raise Misconfigured(
            template,
            f"makes MJML with <{unknown}>, which is no element of it; look for its spelling",
        )
    return _BETWEEN_TAGS.sub("><", _OURS.sub(lambda found: chr(int(found[1], 16)), compiled))


def _sheltered(source: str) -> str:
    """``source`` with what mrml would write as a Rust escape given as character references.

    It prints the attributes of HTML in its texts in Rust's debug form (seen with mjml-python
    1.4.2): a backslash, a line break, a joiner in an emoji, a combining accent, and the
    private-use marks of our slots would all come out as ``\\u{...}``.
    """
    flat = _TAG.sub(lambda tag: " ".join(tag[0].split("\n")), source)
    return _UNUSUAL.sub(
        lambda found: f"&#x{ord(found[0]):08x};" if _is_escaped(found[0]) else found[0], flat
    )


def _is_escaped(character: str) -> bool:
    if character == "\\":
        return True
    return not character.isprintable() or unicodedata.category(character) in ("Mn", "Me")
