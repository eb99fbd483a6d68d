"""A source added to or taken out of the text of config.toml, every other byte left as it was. Pure.

tomlkit writes the values and edits lists; tables are spliced in by their lines, because a comment
that stands above the next table must stay there.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

import tomlkit
from tomlkit.items import Array, InlineTable

from digest.config.document import Document, Table
from digest.config.positions import Header, Key, Place
from digest.config.problems import shown
from digest.config.shape import every_key
from digest.errors import Misconfigured

SOURCES: Key = ("collect", "sources")
KEYS = "|".join(key[-1] for key in every_key() if key[:2] == SOURCES)
_UNSET = re.compile(rf"[ \t]*#[ \t]*(?:{KEYS})[ \t]*=")
Entry = Mapping[str, str]  # the keys of a [[collect.sources]]: location, name, kind, topic


@dataclass(frozen=True, slots=True)
class _Splice:
    start: int
    end: int
    text: str


def with_sources(document: Document, entries: list[Entry], *, newsletter: str | None = None) -> str:
    """The text with new sources; ``newsletter``'s own list, where it has one, names them, too."""
    meant = copy.deepcopy(document.tree)
    collect = _collect(meant)
    listed = collect.setdefault("sources", [])
    assert isinstance(listed, list)
    listed.extend(dict(entry) for entry in entries)
    splices = [_added(document, entries)]
    if newsletter is not None and (names := _names(meant, newsletter)):
        new = [entry["name"] for entry in entries]
        names.extend(new)
        key: Key = ("newsletters", newsletter, "sources")
        splices.append(_list_with(document, key, new))
    return _spliced(document, splices, meant)


def without_source(document: Document, index: int, name: str) -> str:
    """The text without source number ``index`` and without its name in any newsletter's list.

    Raises Misconfigured where a list would be left empty, which means every source.
    """
    meant = copy.deepcopy(document.tree)
    listed = _collect(meant)["sources"]
    assert isinstance(listed, list)
    del listed[index]
    splices = [_removed(document, index)]
    newsletters = meant.get("newsletters")
    for newsletter in newsletters if isinstance(newsletters, dict) else ():
        names = _names(meant, newsletter)
        if name not in names:
            continue
        if len(names) == 1:
            raise Misconfigured(
                f"newsletters.{newsletter}.sources",
                f"names only {shown(name)}; without it the newsletter would take every source, "
                "so name another there first",
            )
        key: Key = ("newsletters", newsletter, "sources")
        splices.append(_list_without(document, key, names.index(name)))
        names.remove(name)
    return _spliced(document, splices, meant)


def _collect(tree: Table) -> Table:
    table = tree.setdefault("collect", {})
    assert isinstance(table, dict)
    return table


def _names(tree: Table, newsletter: str) -> list[object]:
    newsletters = tree.get("newsletters")
    table = newsletters.get(newsletter) if isinstance(newsletters, dict) else None
    names = table.get("sources") if isinstance(table, dict) else None
    return names if isinstance(names, list) else []


def _added(document: Document, entries: list[Entry]) -> _Splice:
    place = document.layout.places.get(SOURCES)
    if place and document.text[place.start : place.start + 2] != "[[":
        return _list_with(document, SOURCES, list(entries))
    newline = _newline(document)
    tables = [
        newline.join(
            ["[[collect.sources]]", *(f"{key} = {_value(text)}" for key, text in entry.items())]
        )
        for entry in entries
    ]
    body = (newline * 2).join(tables) + newline
    at = _after_sources(document)
    before, after = document.text[:at], document.text[at:]
    lead = "" if not before or before.endswith("\n") else newline
    gap = newline if after.strip() and not re.match(r"[ \t]*\r?\n", after) else ""
    return _Splice(at, at, f"{lead}{newline}{body}{gap}")


def _after_sources(document: Document) -> int:
    """Where a new source goes: behind the last one, else behind [collect...], else at the end."""
    headers = document.layout.headers
    own = [header for header in headers if header.key[:2] == SOURCES]
    near = own or [header for header in headers if header.key[0] == "collect"]
    return _with_comments(document.text, near[-1].end) if near else len(document.text)


def _with_comments(text: str, at: int) -> int:
    """Past the comments right below a table: keys that are not set. A heading of the next stays."""
    end = at
    while text[end:].lstrip(" \t").startswith("#"):
        newline = text.find("\n", end)
        end = len(text) if newline < 0 else newline + 1
    return at if text[end:].lstrip(" \t").startswith("[") else end


def _removed(document: Document, index: int) -> _Splice:
    header = _header(document, index)
    if header is None:
        return _list_without(document, SOURCES, index)
    text = document.text
    start = text.rfind("\n", 0, header.start) + 1
    end = _unset_keys(text, header.end)
    lines = text[start:end].splitlines(keepends=True)
    comments = (line for line in lines if line.lstrip().startswith("#"))
    kept = "".join(line for line in comments if not _UNSET.match(line))
    above = re.search(r"(?:^|(?<=\n))[ \t]*\r?\n$", text[:start])
    below = re.match(r"[ \t]*\r?\n", text[end:])
    if not kept and above and not text[end:].strip():
        start = above.start()
    elif not kept and below and (above or start == 0):
        end += below.end()
    return _Splice(start, end, kept)


def _unset_keys(text: str, at: int) -> int:
    """Past the last of a source's keys that are commented out right below it: they are its own."""
    end = at
    for line in text[at:].splitlines(keepends=True):
        if not line.lstrip().startswith("#") or line.lstrip(" \t#").startswith("["):
            break
        at += len(line)
        end = at if _UNSET.match(line) else end
    return end


def _header(document: Document, index: int) -> Header | None:
    key = (*SOURCES, index)
    return next((header for header in document.layout.headers if header.key == key), None)


def _list_with(document: Document, key: Key, values: list[str] | list[Entry]) -> _Splice:
    place, array = _list(document, key)
    for value in values:
        array.append(value if isinstance(value, str) else _inline(value))
    return _Splice(place.start, place.end, _in_its_newlines(document, array.as_string()))


def _list_without(document: Document, key: Key, index: int) -> _Splice:
    place, array = _list(document, key)
    array.pop(index)
    return _Splice(place.start, place.end, _in_its_newlines(document, array.as_string()))


def _list(document: Document, key: Key) -> tuple[Place, Array]:
    place = document.layout.places[key]
    array = tomlkit.parse(f"x = {document.text[place.start : place.end]}")["x"]
    assert isinstance(array, Array)
    return place, array


def _inline(entry: Entry) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(entry)
    return table


def _value(text: str) -> str:
    return tomlkit.string(text).as_string()


def _newline(document: Document) -> str:
    return "\r\n" if "\r\n" in document.text else "\n"


def _in_its_newlines(document: Document, text: str) -> str:
    return re.sub(r"\r?\n", _newline(document), text)


def _spliced(document: Document, splices: list[_Splice], meant: Table) -> str:
    """The text with every splice. Raises Misconfigured unless it says exactly what is meant."""
    text = document.text
    for splice in sorted(splices, key=lambda splice: -splice.start):
        text = text[: splice.start] + splice.text + text[splice.end :]
    try:
        says = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        says = {}
    if _without_empty(says) != _without_empty(meant):
        raise Misconfigured(
            str(document.path),
            "is laid out so that sources cannot be changed for you; nothing was written, edit it "
            "by hand ([[collect.sources]] tables can be changed)",
        )
    return text


def _without_empty(tree: Table) -> Table:
    """The tree without an empty list of sources: the last table gone, the key is gone, too."""
    plain = copy.deepcopy(tree)
    collect = _collect(plain)
    if not collect.get("sources"):
        collect.pop("sources", None)
    if not collect:
        del plain["collect"]
    return plain
