"""The fixed words of a mail in the newsletter's language, with CLDR plurals and local dates."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton

from digest.compose import templates
from digest.errors import Misconfigured
from digest.model import Dated

FALLBACK = "en"
# The year in a CLDR date pattern and what joins it to the rest: ", y", " 'de' y", "y年".
_YEAR = re.compile(r"[,،]?\s*(?:'[^']*'\s*)?y+(?:\s*'[^']*'\.?|年)?")

Word = str | Callable[[int], str]


def load(language: str, folders: tuple[Path, ...]) -> Mapping[str, Word]:
    """``words/LANGUAGE.toml``, ours filled up with English; a counted one is a function of n."""
    english = _read(FALLBACK, folders)
    own = _read(language, folders) if is_known(language, folders) else english
    said: dict[str, Word] = {**_plain(english), **_plain(own)}
    locale = locale_of(language if own is not english else FALLBACK)
    counted = {**_counted(english), **_counted(own)}
    for name, forms in counted.items():
        said[name] = _counter(forms, locale)
    return said


def letter(kind: str, language: str, folders: tuple[Path, ...]) -> Mapping[str, str]:
    """What ``[letters.KIND]`` of ``words/LANGUAGE.toml`` says, filled up with English."""
    english, own = _letter(kind, FALLBACK, folders), _letter(kind, language, folders)
    return {**english, **own}


def is_known(language: str, folders: tuple[Path, ...]) -> bool:
    return templates.find(f"words/{language}.toml", folders) is not None


def locale_of(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(FALLBACK)


def day(at: datetime, zone: str, language: str) -> str:
    """``Tuesday, November 24`` as the language writes it: its full date without the year."""
    locale = locale_of(language)
    pattern = _YEAR.sub("", locale.date_formats["full"].pattern).strip(" ,.،")
    return str(format_date(at.astimezone(ZoneInfo(zone)), pattern, locale=locale))


def long_day(at: datetime, zone: str, language: str) -> str:
    """``Tuesday, November 24, 2026`` as the language writes it."""
    return str(format_date(at.astimezone(ZoneInfo(zone)), "full", locale=locale_of(language)))


def hour(at: datetime, zone: str) -> str:
    """``06:30``: twenty-four hours in every language, so that a column of them lines up."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def when(dated: Dated, now: datetime, zone: str, language: str, said: Mapping[str, Word]) -> str:
    """When an article was published: an hour, "Yesterday" or a day. Empty for a mere bound."""
    if not dated.exact:
        return ""
    # A day without an hour is that day everywhere; midnight must not slip into the day before.
    local = dated.at if dated.day_only else dated.at.astimezone(ZoneInfo(zone))
    here = now.astimezone(ZoneInfo(zone))
    days = (here.date() - local.date()).days
    if days <= 0:
        return str(said["today"]) if dated.day_only else f"{local:%H:%M}"
    if days == 1:
        return str(said["yesterday"])
    skeleton = "MMMd" if timedelta(days=days) < timedelta(days=300) else "yMMMd"
    return str(format_skeleton(skeleton, local, locale=locale_of(language)))


def _read(language: str, folders: tuple[Path, ...]) -> Mapping[str, object]:
    path = templates.find(f"words/{language}.toml", folders)
    assert path is not None
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(str(path), f"is no valid TOML: {error}") from error


def _plain(words: Mapping[str, object]) -> dict[str, Word]:
    return {name: value for name, value in words.items() if isinstance(value, str)}


def _counted(words: Mapping[str, object]) -> dict[str, Mapping[str, str]]:
    table = words.get("counted")
    return dict(table) if isinstance(table, dict) else {}


def _letter(kind: str, language: str, folders: tuple[Path, ...]) -> dict[str, str]:
    letters = _read(language, folders).get("letters")
    said = letters.get(kind) if isinstance(letters, dict) else None
    return {str(k): str(v) for k, v in said.items()} if isinstance(said, dict) else {}


def _counter(forms: Mapping[str, str], locale: Locale) -> Callable[[int], str]:
    def counted(n: int) -> str:
        form = forms.get(str(locale.plural_form(n)), forms["other"])
        return form.format(n=n)

    return counted
