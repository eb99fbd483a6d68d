from __future__ import annotations

import dataclasses
import json
import re
from datetime import date, time
from enum import Enum
from pathlib import Path

import pytest

from digest.compose.options import ComposeOptions
from digest.config.load import load, load_text
from digest.config.rules import WEEKDAYS
from digest.config.settings import Collect, Settings
from digest.config.shape import every_key
from digest.curate.curation import CurateOptions
from digest.deliver.options import DkimOptions, DomainLimits, WarmUpOptions
from digest.model import Newsletter, Source

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config.toml"
DOCS = (ROOT / "docs" / "configuration.md").read_text()
UNSET = re.compile(r"(?m)^#(?=[a-z\[])")


def documented(key: tuple[str, ...]) -> str:
    named = [
        "NAME" if key[:1] == ("newsletters",) and i == 1 else part for i, part in enumerate(key)
    ]
    return ".".join(part for part in named if part != "*")


def keys_of_shipped() -> set[tuple[str, ...]]:
    """Every key of config.toml, set or not, lists and chosen names as ``*``."""
    keys: set[tuple[str, ...]] = set()
    table: tuple[str, ...] = ()
    for line in UNSET.sub("", SHIPPED.read_text()).splitlines():
        if header := re.match(r"\[\[?([^\]]+)\]\]?", line):
            table = _table(header[1], listed=line.startswith("[["))
        elif key := re.match(r"([a-z0-9_]+) = ", line):
            keys.add((*table, key[1]))
        elif line.lstrip().startswith("{"):
            keys |= {(*table, "sections", "*", name) for name in re.findall(r"([a-z]+) = ", line)}
    return keys - {("newsletters", "*", "sections")}


def _table(name: str, *, listed: bool) -> tuple[str, ...]:
    match tuple(re.sub(r'"[^"]*"', "*", name).split(".")):
        case ("newsletters", _):
            return ("newsletters", "*")
        case ("deliver", "relays", below):
            return ("deliver", "relays", "*", below)
        case table:
            return (*table, "*") if listed else table


def test_the_shipped_configuration_loads_without_a_warning():
    loaded = load(None, {}, here=ROOT)

    assert loaded.warnings == ()
    assert [source.location for source in loaded.settings.collect.sources] == ["sample:"]
    assert list(loaded.settings.newsletters) == ["daily"]


def test_every_key_is_in_the_shipped_configuration_and_no_other():
    assert keys_of_shipped() == set(every_key())


def test_every_key_says_what_it_does_where_it_is_first_given():
    given: set[tuple[str, str]] = set()
    silent = []
    table = ""
    for line in UNSET.sub("", SHIPPED.read_text()).splitlines():
        if line.startswith("["):
            table = "newsletters" if "newsletters" in line else line
        elif key := re.match(r"([a-z_]+) = ", line):
            if (table, key[1]) not in given and not re.search(r" # \w.+$", line):
                silent.append(line)
            given.add((table, key[1]))

    assert silent == []


def test_the_value_of_an_unset_dial_is_its_default():
    text = re.sub(
        r"(?ms)^#?\[\[?(newsletters|collect\.sources|deliver|storage|web).*?(?=^\[c|\Z)",
        "",
        SHIPPED.read_text(),
    )
    text = re.sub(r"(?m)^(contact|templates) = .*\n", "", UNSET.sub("", text))
    needed = '[newsletters.daily]\ntitle = "x"\nsender = "a@b.example"\n'

    settings = load_text(text + needed, SHIPPED, {}).settings

    assert "[collect.http]" in text
    assert "[compose]" in text
    assert settings.collect == Collect()
    assert settings.curate == CurateOptions()
    assert settings.compose == ComposeOptions()


def test_what_is_commented_out_can_be_switched_on():
    text = UNSET.sub("", SHIPPED.read_text())
    # Other keys exclude these, or a folder must be there for them.
    text = re.sub(r"(?m)^(select|templates|token_env) = .*\n", "", text)

    settings = load_text(text, SHIPPED, {}).settings

    assert list(settings.newsletters) == ["daily", "weekly", "monthly"]
    assert len(settings.collect.sources) == 9
    assert len(settings.deliver.relays) == 1
    assert settings.deliver.relays[0].warmup == WarmUpOptions(start=date(2026, 12, 1))
    assert list(settings.deliver.domains) == ["gmail.com"]


@pytest.mark.parametrize("key", sorted(every_key()), ids=documented)
def test_every_key_is_documented_with_an_example(key: tuple[str, ...]):
    row = re.search(rf"(?m)^\| `{re.escape(documented(key))}` \|(.*)\|$", DOCS)

    assert row is not None
    assert f"`{key[-1]} = " in row[1]


def test_no_other_key_is_documented():
    rows = set(re.findall(r"(?m)^\| `([a-z_A-Z0-9.]+)` \|", DOCS))
    variables = {
        "DIGEST_SECRET",
        "DIGEST_DATABASE_URL",
        "DIGEST_CONFIG",
        "DIGEST_METRICS_TOKEN",
    }

    assert rows - variables - {"newsletters.NAME.sections"} == {documented(k) for k in every_key()}


NESTED = {
    "newsletters": Newsletter,
    "sources": Source,
    "domains": DomainLimits,
    "dkim": DkimOptions,
}


def _default(key: tuple[str, ...]) -> object:
    """The default of a key as its dataclass gives it; MISSING where it must be given."""
    kind: type = Settings
    for part in key[:-1]:
        if part == "*":
            continue
        nested = NESTED.get(part)
        field = next(field for field in dataclasses.fields(kind) if field.name == part)
        kind = nested or field.default_factory
    return next(field.default for field in dataclasses.fields(kind) if field.name == key[-1])


@pytest.mark.parametrize(
    "key",
    [
        key
        for key in every_key()
        if key[0] != "site" and "relays" not in key and "sections" not in key
    ],
    ids=documented,
)
def test_the_documented_default_is_the_default(key: tuple[str, ...]):
    row = re.search(rf"(?m)^\| `{re.escape(documented(key))}` \| [^|]*\| ([^|]*) \|", DOCS)
    assert row is not None
    told = row[1]
    default = _default(key)

    if default is dataclasses.MISSING:
        assert told in ("must be given", "by the location")
        return
    if key[-1] == "weekday":
        default = WEEKDAYS[0]
    plain = {
        Enum: lambda: f'`"{default.value}"`',
        time: lambda: f'`"{default:%H:%M}"`',
        Path: lambda: f'`"{default}"`',
        bool: lambda: f"`{str(default).lower()}`",
        str: lambda: f'`"{default}"`',
        tuple: lambda: f"`{json.dumps(default)}`",
        type(None): lambda: "none",
    }
    written = next((w() for kind, w in plain.items() if isinstance(default, kind)), f"`{default}`")
    assert told.removesuffix(": all") == written
