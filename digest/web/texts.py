"""Gettext catalogues to the words of a page in the reader's language.

The sentences in templates/web are English and their own keys (``{% trans %}``); ``locale/XX.po``
holds the others. A catalogue is read as it is, so there is nothing to compile before starting.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.core import (
    Locale,
    UnknownLocaleError,
    get_locale_identifier,
    negotiate_locale,
    parse_locale,
)
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent / "locale"
ENGLISH = "en"
# Each language in its own words: a reader who wants another cannot read this one.
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "ru": "Русский",
    "ar": "العربية",
}
RIGHT_TO_LEFT = frozenset({"ar"})


def catalogue(language: str) -> Catalog:
    """``locale/LANGUAGE.po``, read."""
    with (LOCALE / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The words of a language; English speaks for itself."""
    if language == ENGLISH or language not in LANGUAGES:
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def ours(tag: str | None) -> str:
    """The language of a tag such as ``de`` or ``de-AT``; empty where the pages do not speak it."""
    language = (tag or "").partition("-")[0].lower()
    return language if language in LANGUAGES else ""


def pick(asked: str | None, accepted: str, otherwise: str) -> str:
    """The language of a page: the one asked for, else the first accepted one we have.

    ``accepted``: an Accept-Language header (RFC 9110 section 12.5.4).
    """
    if language := ours(asked):
        return language
    found = negotiate_locale(list(_preferred(accepted)), list(LANGUAGES))
    return found or (otherwise if otherwise in LANGUAGES else ENGLISH)


def spoken(own: str) -> dict[str, str]:
    """What a person may choose from, code to name: ours, and the one they have."""
    if own in LANGUAGES:
        return LANGUAGES
    try:
        name = Locale.parse(own).get_display_name()
    except (UnknownLocaleError, ValueError):
        name = None
    return {own: name or own, **LANGUAGES}


def _preferred(accepted: str) -> Iterable[str]:
    weighed = []
    for place, part in enumerate(accepted[:200].split(",")):
        name, _, weight = "".join(part.split()).partition(";q=")
        try:
            known = get_locale_identifier(parse_locale(name, sep="-"))
            weighed.append((-float(weight or 1), place, known))
        except (ValueError, TypeError):
            continue  # "*", or nonsense
    return [name for weight, _, name in sorted(weighed) if weight < 0]
