"""The headings of a CSV file to which column is which. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_SYNONYMS: dict[str, tuple[str, ...]] = {
    "address": (
        "email", "e-mail", "mail", "email address", "e-mail address", "emailaddress", "adresse",
        "courriel", "correo", "e-mail-adresse", "e-mailadresse", "emailadresse", "mailadresse",
        "adresse e-mail", "adresse email", "adresse mail", "adresse électronique",
        "correo electrónico", "dirección de correo electrónico", "dirección de correo",
        "электронная почта", "адрес электронной почты", "эл. почта", "почта", "البريد الإلكتروني",
        "subscriber", "e-mail 1 - value",
    ),
    "name": ("full name", "fullname", "display name", "nom", "nombre", "имя", "الاسم"),
    "language": ("lang", "locale", "sprache", "langue", "idioma", "язык", "اللغة"),
    "timezone": ("time zone", "tz", "zeitzone", "fuseau horaire", "zona horaria", "часовой пояс"),
    "joined_at": (
        "joined", "created at", "created", "subscribed at", "opt-in time", "optin_time",
        "created_at", "creation_date", "subscribed", "angemeldet am", "anmeldedatum",
        "registriert am", "registered", "added_time", "entered", "date d'inscription",
        "fecha de suscripción", "дата подписки",
    ),
    "confirmed_at": (
        "confirmed", "confirm_time", "confirmation time", "confirm time", "confirmed at",
        "bestätigt am", "bestätigungsdatum", "activated", "is this subscriber confirmed",
        "date de confirmation",
        "fecha de confirmación", "дата подтверждения",
    ),
    "left_at": (
        "left", "unsubscribed at", "unsubscribed", "unsub_time", "unsub time", "clean_time",
        "unsubscribe date", "abgemeldet am", "abmeldedatum", "abgemeldet", "deactivated",
        "blacklisted", "blocklisted", "is this subscriber blacklisted", "date de désinscription",
        "fecha de baja", "дата отписки",
    ),
}  # fmt: skip
_FIRST_NAME = (
    "first name", "first_name", "firstname", "fname", "given name", "vorname", "prénom",
)  # fmt: skip
_LAST_NAME = (
    "last name", "last_name", "lastname", "lname", "family name", "surname", "nachname",
    "familienname", "nom de famille", "apellidos", "apellido", "фамилия",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which column is which: our name -> its place, from 0.

    ``called``: the places of what makes up a name, in its order. ``ignored``: the headings, or
    without a header the numbers, of the columns that nothing is taken from.
    """

    places: Mapping[str, int]
    called: tuple[int, ...]
    header: bool  # the first record names the columns
    ignored: tuple[str, ...]


class NoAddressColumn(ValueError):
    """A column is not there; the message says which there are, and what to write."""


def plan(
    first: Sequence[str],
    given: Mapping[str, str],
    *,
    ours: Sequence[str],
    reads_as_address: Callable[[str], bool],
) -> Plan:
    """The columns, by ``given`` (our name -> a heading, or a number from 1) or by guess.

    ``first`` is the file's first record. Raises NoAddressColumn.
    """
    heads = [_plain(cell) for cell in first]
    headless = [place for place, cell in enumerate(first) if reads_as_address(cell)]
    places = _given(first, heads, given, ours)
    for name in ours if not headless else ():
        found = _place(heads, (name, name.replace("_", " "), *_SYNONYMS.get(name, ())))
        if found is not None and found not in places.values():
            places.setdefault(name, found)
    if headless:
        places.setdefault("address", headless[0])
    if "address" not in places:
        raise NoAddressColumn(
            f"No column holds addresses; there are {', '.join(first)[:200]}; "
            "say which with --map address=COLUMN"
        )
    called = _called(heads, places, guessing=not headless and "name" not in given)
    taken = {*places.values(), *called}
    rest = [place for place in range(len(first)) if place not in taken]
    ignored = [str(n + 1) if headless else first[n].strip() for n in rest if first[n].strip()]
    return Plan(places=places, called=called, header=not headless, ignored=tuple(ignored))


def _given(
    first: Sequence[str], heads: Sequence[str], given: Mapping[str, str], ours: Sequence[str]
) -> dict[str, int]:
    places: dict[str, int] = {}
    for name, said in given.items():
        if name not in ours:
            raise NoAddressColumn(f"--map {name} is none of ours; write one of {', '.join(ours)}")
        place = heads.index(_plain(said)) if _plain(said) in heads else _number(said)
        if not 0 <= place < len(heads):
            raise NoAddressColumn(
                f"There is no column {said!r}; there are {', '.join(first)[:200]}; "
                f"say which with --map {name}=COLUMN"
            )
        places[name] = place
    return places


def _called(heads: Sequence[str], places: Mapping[str, int], *, guessing: bool) -> tuple[int, ...]:
    """A column for the whole name, or those of its parts; ``name`` itself may be one of them."""
    whole = places.get("name")
    parts = [_place(heads, _FIRST_NAME), whole, _place(heads, _LAST_NAME)]
    if not guessing or None not in parts:
        parts = [whole]
    return tuple(
        place
        for place in parts
        if place is not None and (place == whole or place not in places.values())
    )


def _place(heads: Sequence[str], words: Sequence[str]) -> int | None:
    return next((heads.index(word) for word in words if word in heads), None)


def _plain(cell: str) -> str:
    # A Mac writes é as two characters.
    return unicodedata.normalize("NFC", cell).strip().strip("*").strip().lower()


def _number(text: str) -> int:
    return int(text) - 1 if text.strip().isdecimal() else -1
