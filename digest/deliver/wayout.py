"""A message to what RFC 8058 has against its ways out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

ONE_CLICK = "List-Unsubscribe=One-Click"
MUST_BE_SIGNED = ("list-unsubscribe", "list-unsubscribe-post")

_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:((?:.|\n[ \t])*)", re.MULTILINE)
_SIGNED = re.compile(r"(?:^|;)\s*h\s*=([^;]*)")


def objections(message: bytes) -> list[str]:
    """Sentences; none where a mailbox may offer its reader to unsubscribe with one click.

    A message that is not signed yet is judged without its signature: the relay signs it.
    """
    return list(_objections(_fields(message)))


def _objections(fields: dict[str, list[str]]) -> Iterator[str]:
    listed = fields.get("list-unsubscribe", [])
    posted = fields.get("list-unsubscribe-post", [])
    if len(listed) != 1:
        yield f"it has {len(listed)} headers List-Unsubscribe, RFC 8058 asks for one"
    else:
        ways = re.findall(r"<([^<>]*)>", listed[0])
        if not any(way.startswith("https://") for way in ways):
            yield "List-Unsubscribe names no https address"
        if not any(way.startswith("mailto:") for way in ways):
            yield "List-Unsubscribe names no address to write to"
    if [value.strip() for value in posted] != [ONE_CLICK]:
        yield f"List-Unsubscribe-Post is not once “{ONE_CLICK}”"
    signatures = fields.get("dkim-signature", [])
    if signatures and not any(_covers(value) for value in signatures):
        yield "no DKIM signature covers List-Unsubscribe and List-Unsubscribe-Post"


def _covers(signature: str) -> bool:
    found = _SIGNED.search(signature)
    names = {name.strip().lower() for name in found[1].split(":")} if found else set()
    return names.issuperset(MUST_BE_SIGNED)


def _fields(message: bytes) -> dict[str, list[str]]:
    head = message.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(head):
        unfolded = value.replace(b"\n", b"").decode("utf-8", "replace")
        fields.setdefault(name.decode("ascii").lower(), []).append(unfolded)
    return fields
