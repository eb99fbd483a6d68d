"""The fixed words of a mail in the newsletter's language, with CLDR plurals and local dates."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton

from digest.compose import templates
from digest.errors import Misconfigured
from digest.model import Dated

FALLBACK = "en"
PLACES = {
    "issue": ("n",),
    "next": ("day", "hour"),
    "why": ("who", "title"),
    "letter_to": ("who",),
}  # what is filled in
FORMS = ("zero", "one", "two", "few", "many", "other")  # of CLDR
# The year in a CLDR date pattern and what joins it to the rest: ", y", " 'de' y", "y年", "G y".
_YEAR = re.compile(
    r"[,،]?\s*(?:'[^']*'\s*)?(?:G\s*)?y+(?:\('[^']*'\)'[^']*'|\.?\s*'[^']*'\.?|年|년|\s*թ\.)?"
)

Word = str | Callable[[int], str]


def load(language: str, folders: tuple[Path, ...]) -> Mapping[str, Word]:
    """The words of ``language``; a counted one is a function of n.

    Word by word: the operator's ``words/LANGUAGE.toml``, ours, the operator's English, our
    English; so a file may hold only what it changes. Raises Misconfigured with file and word.
    """
    said: dict[str, Word] = {}
    for own, locale in _files(language, folders):
        said.update(own.plain)
        said.update({name: _counter(forms, locale) for name, forms in own.counted.items()})
    return said


def letter(kind: str, language: str, folders: tuple[Path, ...]) -> Mapping[str, str]:
    """What ``[letters.KIND]`` says, word by word as in ``load``."""
    said: dict[str, str] = {}
    for own, _ in _files(language, folders):
        said.update(own.letters.get(kind, {}))
    return said


def is_known(language: str, folders: tuple[Path, ...]) -> bool:
    return templates.find(f"words/{language}.toml", folders) is not None


def spoken(language: str, folders: tuple[Path, ...]) -> str:
    """The language whose words ``load`` gives, and whose dates go with them."""
    return language if is_known(language, folders) else FALLBACK


def locale_of(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(FALLBACK)


def day(at: datetime, zone: str, language: str) -> str:
    """``Tuesday, November 24`` as the language writes it: its full date without the year."""
    locale = locale_of(language)
    pattern = _YEAR.sub("", locale.date_formats["full"].pattern).strip(" ,.،")
    local = at.astimezone(ZoneInfo(zone))
    return first(str(format_date(local, pattern, locale=locale)), local, language)


def long_day(at: datetime, zone: str, language: str) -> str:
    """``Tuesday, November 24, 2026`` as the language writes it."""
    local = at.astimezone(ZoneInfo(zone))
    return first(str(format_date(local, "full", locale=locale_of(language))), local, language)


def first(said: str, day: date, language: str) -> str:
    """The date ``said`` of ``day``: French writes 1er for the first, which CLDR does not."""
    if day.day == 1 and language == "fr":
        return re.sub(r"\b1\b", "1er", said, count=1)
    return said


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
    said_day = str(format_skeleton(skeleton, local, locale=locale_of(language)))
    return first(said_day, local, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    plain: Mapping[str, str]
    counted: Mapping[str, Mapping[str, str]]
    letters: Mapping[str, Mapping[str, str]]


def _files(language: str, folders: tuple[Path, ...]) -> Iterator[tuple[_File, Locale]]:
    """The files of words with their language, the one that has the last word last."""
    for name in (FALLBACK, language):
        for folder in reversed(folders):
            path = folder / "words" / f"{name}.toml"
            if path.is_file():
                yield _read(path), locale_of(name)


def _read(path: Path) -> _File:
    try:
        own = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(str(path), f"is no valid TOML: {error}") from error
    counted, letters = own.pop("counted", {}), own.pop("letters", {})
    for problem in (*_wrong_plain(own), *_wrong_counted(counted), *_wrong_letters(letters)):
        raise Misconfigured(str(path), problem)
    return _File(plain=own, counted=counted, letters=letters)


def _wrong_plain(plain: Mapping[str, object]) -> Iterator[str]:
    for name, said in plain.items():
        if not isinstance(said, str):
            yield f"{name} is {said!r}; write words in quotes"
        elif name == "dir" and said not in ("ltr", "rtl"):
            yield f"dir is {said!r}; write ltr or rtl"
        elif name in PLACES:
            yield from _wrong_places(name, said, PLACES[name])


def _wrong_counted(counted: object) -> Iterator[str]:
    if isinstance(counted, dict):
        for name, forms in counted.items():
            yield from _wrong_forms(f"counted.{name}", forms)
    else:
        yield "counted is no table; write [counted] above the counted words"


def _wrong_forms(name: str, forms: object) -> Iterator[str]:
    if not isinstance(forms, dict) or "other" not in forms:
        yield f'{name} has no form for \'other\'; write {{ one = "…", other = "…" }}'
    else:
        for form, said in forms.items():
            if form not in FORMS:
                yield f"{name}.{form} is no plural form; write one of {', '.join(FORMS)}"
            elif not isinstance(said, str):
                yield f"{name}.{form} is {said!r}; write words in quotes"
            else:
                yield from _wrong_places(f"{name}.{form}", said, ("n",))


def _wrong_letters(letters: object) -> Iterator[str]:
    for kind, told in letters.items() if isinstance(letters, dict) else [("KIND", letters)]:
        if not isinstance(told, dict):
            yield f"letters.{kind} is no table; write [letters.{kind}] above its words"
        else:
            for name, said in told.items():
                if not isinstance(said, str):
                    yield f"letters.{kind}.{name} is {said!r}; write words in quotes"


def _wrong_places(name: str, said: str, known: tuple[str, ...]) -> Iterator[str]:
    allowed = " and ".join(f"{{{place}}}" for place in known)
    try:
        places = [field for _, field, _, _ in Formatter().parse(said) if field is not None]
    except ValueError:
        yield f"{name} has a brace without its partner; {allowed} can be filled in"
    else:
        for place in places:
            if place not in known:
                yield f"{name} has {{{place}}}, which nothing fills; {allowed} can be filled in"


def _counter(forms: Mapping[str, str], locale: Locale) -> Callable[[int], str]:
    def counted(n: int) -> str:
        form = forms.get(str(locale.plural_form(n)), forms["other"])
        return form.format(n=n)

    return counted
