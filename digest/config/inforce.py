"""Loaded settings to lines an operator reads: each key, its value, where it came from.

Secrets are masked: this may be pasted into a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

from digest.config.load import DEFAULT, Loaded, leaves
from digest.config.positions import Key
from digest.config.problems import dotted
from digest.config.rules import WEEKDAYS
from digest.config.secret import FILE, VARIABLE, from_environment
from digest.config.settings import Relay

Value = str | int | float | bool | list[str] | None
MASK = "********"
NOT_SET = "not set"
# scheme://[user[:password]@]...; also [?&]password=...
_IN_AUTHORITY = re.compile(r"(?<=://)([^/@:]*):([^/@]*)@")
_IN_QUERY = re.compile(r"(?<=[?&])((?:ssl)?password=)[^&]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """One key: ``origin`` is ``config.toml:LINE``, ``default``, ``environment NAME`` or a file."""

    key: str
    value: Value
    origin: str


def in_force(loaded: Loaded, environ: Mapping[str, str]) -> Iterator[InForce]:
    """Every key that is in force, in the order of Settings; the secrets, masked, at the end."""
    for key, value in leaves(loaded.settings):
        name = dotted(key)
        yield InForce(key=name, value=_plain(key, value), origin=loaded.origins.get(name, DEFAULT))
    yield _signing(loaded, environ)
    for index, relay in enumerate(loaded.settings.deliver.relays):
        for what, variable in (("password", relay.password_env), ("token", relay.token_env)):
            if variable:
                key = ("deliver", "relays", index, what)
                yield InForce(key=dotted(key), **_from_variable(variable, environ))


def unset(relays: tuple[Relay, ...], environ: Mapping[str, str]) -> Iterator[str]:
    """A line for each relay whose password or token is nowhere."""
    for relay in relays:
        for what, name in (("password", relay.password_env), ("access token", relay.token_env)):
            if name and from_environment(name, environ) is None:
                yield f"relay {relay.name!r} has no {what} yet; set {name}, or {name}_FILE"


def _signing(loaded: Loaded, environ: Mapping[str, str]) -> InForce:
    if from_environment(VARIABLE, environ) is not None:
        return InForce(key="secret", **_from_variable(VARIABLE, environ))
    path = loaded.settings.folder / FILE
    if path.exists():
        return InForce(key="secret", value=MASK, origin=str(path))
    return InForce(key="secret", value=NOT_SET, origin=f"{path}, made by the first run")


def _from_variable(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    if environ.get(name, "").strip():
        return {"value": MASK, "origin": f"environment {name}"}
    if from_environment(name, environ) is not None:
        return {"value": MASK, "origin": f"environment {name}_FILE"}
    return {"value": NOT_SET, "origin": f"environment {name}"}


def _plain(key: Key, value: object) -> Value:
    match value:
        case bool() | float() | None:
            return value
        case int():
            return WEEKDAYS[value] if key[-1] == "weekday" else value
        case time():
            return f"{value:%H:%M}"
        case tuple():
            return [str(one) for one in value]
        case Path() | date():
            return str(value)
        case _:
            return masked(str(value))


def masked(text: str) -> str:
    """A URL without the password in it."""
    return _IN_QUERY.sub(rf"\g<1>{MASK}", _IN_AUTHORITY.sub(rf"\g<1>:{MASK}@", text))
