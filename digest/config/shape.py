"""The tables and keys config.toml may have, read off Settings; keys it may not have. Pure."""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Union, get_args, get_origin, get_type_hints

from digest.collect.http import HttpOptions
from digest.config.problems import dotted
from digest.config.settings import Settings
from digest.model import Newsletter, Source

# Filled in by the loader: the folder, the name of the table, the location.
NOT_WRITTEN = {(Settings, "folder"), (Newsletter, "id"), (Source, "id")}

# Words of other programs -> ours, where no likeness of letters would find them.
OTHER_WORDS = {
    "address": "postal_address",
    "at": "hour",
    "enabled": "",
    "feed": "location",
    "from": "sender",
    "lang": "language",
    "path": "location",
    "schedule": "cadence",
    "selector": "select",
    "template": "theme",
    "time": "hour",
    "tz": "timezone",
    "url": "location",
    "user": "username",
    "zone": "timezone",
}
SECRET = re.compile(r"(^|_|-)(password|passwd|secret|token|api_?key|private_?key)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A key with a value."""


@dataclass(frozen=True, slots=True)
class Fields:
    """A table with the keys of a dataclass."""

    of: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Named:
    """A table of tables with names of the operator's choosing."""

    each: Shape


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of tables."""

    each: Shape


Shape = Leaf | Fields | Named | Listed


def shape_of(kind: object) -> Shape:
    """The shape of a type that Settings is made of."""
    origin = get_origin(kind)
    if origin is Annotated:
        return shape_of(get_args(kind)[0])
    if origin in (Union, types.UnionType):
        return shape_of(next(arm for arm in get_args(kind) if arm is not types.NoneType))
    if origin is dict:
        return Named(shape_of(get_args(kind)[1]))
    if origin is tuple:
        each = shape_of(get_args(kind)[0])
        return each if isinstance(each, Leaf) else Listed(each)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        names = [f.name for f in dataclasses.fields(kind) if (kind, f.name) not in NOT_WRITTEN]
        return Fields({name: shape_of(hints[name]) for name in names})
    return Leaf()


ROOT = shape_of(Settings)
HTTP_KEYS = tuple(field.name for field in dataclasses.fields(HttpOptions))


def every_key(shape: Shape = ROOT, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key there is: ``("newsletters", "*", "hour")``, lists and chosen names as ``*``."""
    match shape:
        case Leaf():
            yield prefix
        case Fields(of):
            for name, below in of.items():
                yield from every_key(below, (*prefix, name))
        case Named(each) | Listed(each):
            yield from every_key(each, (*prefix, "*"))


def guess(name: str, table: Fields) -> str | None:
    """The key of ``table`` that was probably meant by ``name``."""
    plain = name.lower().replace("-", "_").replace(" ", "_")
    if plain in table.of:
        return plain
    if (ours := OTHER_WORDS.get(plain)) in table.of:
        return ours
    cutoff = 0.6 if len(plain) > 3 else 0.75  # "id" is like "kind", and not meant
    near = difflib.get_close_matches(plain, table.of, n=1, cutoff=cutoff)
    return near[0] if near else None


def unknown(name: str, table: Fields, path: tuple[str, ...], *, is_table: bool) -> str:
    """What is wrong with a key that ``table`` at ``path`` does not have, and the cure."""
    if SECRET.search(name):
        return f"is a secret, and config.toml is no place for one; {_secret_cure(path)}"
    what = "table" if is_table else "key"
    if meant := guess(name, table):
        return f"is not a {what} here; did you mean {meant}?"
    homes = [key for key in every_key() if key[-1] == name]
    if homes:
        home = ".".join(homes[0][:-1]).replace("*", "NAME")
        return f"is not a {what} here; it belongs in [{home}]"
    here = f"[{dotted(path)}]" if path else "config.toml"
    return f"is not a {what} of {here}; it has {', '.join(table.of)}"


def _secret_cure(path: tuple[str, ...]) -> str:
    if path[:1] == ("deliver",):
        return (
            "put it into an environment variable and name that with password_env, such as "
            'password_env = "DIGEST_RELAY_PASSWORD"'
        )
    if path[:1] == ("bounces",):
        return (
            "put it into an environment variable and name that with the key that ends in _env, "
            'such as mailbox.password_env = "DIGEST_BOUNCES_PASSWORD"'
        )
    if path[:1] == ("storage",):
        return "put the whole URL into the environment variable DIGEST_DATABASE_URL"
    return "put it into the environment: DIGEST_SECRET, or DIGEST_SECRET_FILE for its file"
