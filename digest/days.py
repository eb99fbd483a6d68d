"""A line that names a day in words or figures, in many languages, to that day. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

# As dates say them: English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian;
# Danish, Norwegian, Swedish, Czech, Turkish, Ukrainian; Arabic as east and west say it.
_MONTHS = tuple(
    tuple(names.split())
    for names in (
        "january januar jänner janvier enero gennaio janeiro januari stycznia января январь "
        "ledna ocak січня يناير جانفي",
        "february februar février fevrier febrero febbraio fevereiro februari lutego февраля "
        "февраль února şubat лютого فبراير فيفري شباط",
        "march märz maerz mrz mars marzo março marco maart marca марта marts března mart березня "
        "مارس آذار",
        "april avril abril aprile kwietnia апреля апрель dubna nisan квітня أبريل ابريل أفريل "
        "نيسان",
        "may mai mayo maggio maio mei maja мая май maj května mayıs травня مايو ماي أيار",
        "june juni juin junio giugno junho czerwca июня июнь června haziran червня يونيو جوان "
        "حزيران",
        "july juli juillet julio luglio julho lipca июля июль července temmuz липня يوليو جويلية "
        "تموز",
        "august août aout agosto augustus sierpnia августа augusti srpna ağustos серпня أغسطس "
        "اغسطس أوت",
        "september septembre septiembre setiembre settembre setembro września сентября сентябрь "
        "září eylül вересня سبتمبر أيلول",
        "october oktober octobre octubre ottobre outubro października октября октябрь října ekim "
        "жовтня أكتوبر اكتوبر",
        "november novembre noviembre novembro listopada ноября ноябрь listopadu kasım листопада "
        "نوفمبر",
        "december dezember décembre decembre diciembre dicembre dezembro grudnia декабря декабрь "
        "desember prosince aralık грудня ديسمبر",
    )
)
# Months of two words, in the dates of Lebanon, Syria, Iraq and Jordan.
_TWO_WORDS = {
    "كانون الثاني": "يناير",
    "تشرين الأول": "أكتوبر",
    "تشرين الثاني": "نوفمبر",
    "كانون الأول": "ديسمبر",
}
_FIGURES_OF = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_MONTH = r"([^\W\d_]{3,12})\.?"
_YEAR = r"((?:19|20)\d\d)"
_DAY = r"(\d{1,2})(?:st|nd|rd|th|er|\.)?"
_WRITTEN = (
    (re.compile(rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b"), "mdy"),  # June 20, 2024
    (re.compile(rf"\b{_DAY}\s+(?:de\s+)?{_MONTH}[,،]?\s+(?:de\s+|del\s+)?,?\s*{_YEAR}\b"), "dmy"),
    (re.compile(rf"\b(\d{{1,2}})[-/]{_MONTH}[-/]{_YEAR}\b"), "dmy"),  # 20-Jun-2024
    (re.compile(r"\b((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"), "ymd"),  # 2024-06-20
    (re.compile(r"\b(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)\b"), "dmy"),  # 20.06.2024
    (re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]"), "ymd"),
    (re.compile(rf"\b(\d{{1,2}})\s+(\d{{1,2}})월\s+{_YEAR}\b"), "dmy"),  # 월, 30 11월 2026
)
_FIGURES = re.compile(r"(?<![\d/-])(\d{1,2})([/-])(\d{1,2})\2((?:19|20)\d\d)(?![\d/-])")
# Who writes 30/11/2026; English does both, and says which by its country alone.
_DAY_FIRST = frozenset(
    "ar bg ca cs da de el es fi fr he hr id it nb nl no pl pt ro ru sk sr tr uk vi "
    "en-gb en-ie en-au en-nz en-in en-za".split()
)
_MONTH_FIRST = frozenset(("en-us", "en-ph"))
_TIME = re.compile(
    r"(?<![\d:+-])(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([ap]\.?m\b)?"
    r"\s*([+-]\d{2}:?\d{2}|[A-Z]{3,4}\b)?",
    re.IGNORECASE,
)
# Chinese, Japanese and Korean name the half of the day before the hour.
_HALF = re.compile(r"(오전|午前|上午|凌晨|(오후|午後|下午|晚上))\s*$")
# Hours before UTC where negative, as RFC 822 has them; of Europe, the Far East and the south.
_ZONES = {
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "bst": 1,
    "cet": 1,
    "mez": 1,
    "west": 1,
    "cest": 2,
    "mesz": 2,
    "eet": 2,
    "eest": 3,
    "msk": 3,
    "hkt": 8,
    "jst": 9,
    "kst": 9,
    "sast": 2,
    "wib": 7,
    "awst": 8,
    "sgt": 8,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
}


def written(line: str, order: str | None = None) -> datetime | None:
    """The day a line names in words or figures, at midnight UTC; None where it names none.

    ``order``: how 03/04/2026 is meant, as ``order`` says; where nothing tells it names no day.
    """
    line = line.translate(_FIGURES_OF)
    for two, one in _TWO_WORDS.items():
        line = line.replace(two, one)
    for pattern, parts in _WRITTEN:
        found = pattern.search(line)
        if found and (at := day(dict(zip(parts, found.groups(), strict=True)))):
            return at
    figures = _FIGURES.search(line)
    if figures is None:
        return None
    first, second, year = figures[1], figures[3], figures[4]
    meant = _shown(first, second) or ("dmy" if int(first) == int(second) else order)
    return day(dict(zip(meant, (first, second, year), strict=True))) if meant else None


def order(lines: Iterable[str], language: str = "") -> str | None:
    """Whether dates such as 03/04/2026 in one document tell the day first ("dmy") or the month.

    A date that is possible in one order alone decides, else the language; None: it cannot be told.
    ``language``: as the document names it, such as "en-GB".
    """
    figures = [found for line in lines if (found := _FIGURES.search(line))]
    shown = {meant for one in figures if (meant := _shown(one[1], one[3]))}
    if shown:
        return shown.pop() if len(shown) == 1 else None
    tag = language.strip().lower().replace("_", "-")
    if tag in _MONTH_FIRST:
        return "mdy"
    return "dmy" if {tag, tag.partition("-")[0]} & _DAY_FIRST else None


def _shown(first: str, second: str) -> str | None:
    """The order of two figures where one of them is no month."""
    if (int(first) > 12) == (int(second) > 12):
        return None
    return "dmy" if int(first) > 12 else "mdy"


def moment(line: str, order: str | None = None) -> datetime | None:
    """The day a line names and the time of day beside it, in UTC where it names no offset.

    None where it names no day or no time.
    """
    at, found = written(line, order), _TIME.search(line.translate(_FIGURES_OF))
    if at is None or found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    half = _HALF.search(line, 0, found.start())
    if (half or found[4]) and hour <= 12:
        is_late = bool(half[2]) if half else found[4][:1] in "pP"
        hour = hour % 12 + (12 if is_late else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return at + timedelta(hours=hour, minutes=minute, seconds=second) - _offset(found[5] or "")


def day(parts: dict[str, str]) -> datetime | None:
    """Midnight UTC of ``y``, ``m`` (a number or a name) and ``d``; None where there is none."""
    month = parts["m"]
    number = int(month) if month.isdigit() else _month(month.casefold())
    try:
        return datetime(int(parts["y"]), number, int(parts["d"]), tzinfo=UTC)
    except ValueError:
        return None


def _month(name: str) -> int:
    """1 to 12 for a month's name or its beginning (three letters or more); 0 for another word."""
    known = (n for n, names in enumerate(_MONTHS, 1) if any(m.startswith(name) for m in names))
    return next(known, 0)


def _offset(said: str) -> timedelta:
    """From UTC, of "+01:00" or "CET"; of any other word none."""
    if said[:1].isalpha():
        return timedelta(hours=_ZONES.get(said.lower(), 0))
    digits = re.sub(r"\D", "", said)
    span = timedelta(hours=int(digits[:2] or 0), minutes=int(digits[2:] or 0))
    return -span if said.startswith("-") else span
