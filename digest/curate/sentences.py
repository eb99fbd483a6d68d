"""Text to its sentences, as spans of exactly that text. Pure.

Rules rather than a model: a stop ends a sentence unless it belongs to an abbreviation, an initial,
a number or an address, or unless what follows cannot begin one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PARAGRAPH = re.compile(r"[^\n]+(?:\n(?!\s*\n)[^\n]+)*")
_STOP = re.compile(
    r"(?:(?<![.!?…؟۔])[.!?…؟۔]++(?:[\"'”’»›)\]]|[ \u00a0\u202f]»)*(?=\s|$))"  # spaced scripts
    r"|(?:[。！？｡]+[」』”’）》]*)"  # unspaced scripts
    r"|(?:(?:[।॥။։።፧]|(?<!។ល)។(?!ល។))+[\"”’»)]*)"  # India, Burma and others; no "etc." in Khmer
)
_ABBREVIATIONS = frozenset(
    # English
    "mr mrs ms dr prof sr jr st gen col lt sgt capt cmdr adm maj gov sen rep hon rev pres supt "
    "messrs pvt pfc cpl spc brig vs etc inc ltd co corp bros dept univ no nos vol fig approx "
    "est ave blvd rd mt ft "
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun "
    "e.g i.e a.m p.m u.s u.k u.n e.u d.c "
    # German
    "bzw ca z.b d.h u.a usw nr str bspw evtl ggf inkl hrsg mio mrd geb "
    # French, Spanish, Italian, Portuguese
    "mme mlle mm mgr av art env sra srta dra ee.uu núm pág sig dott ing "
    # Russian
    "г гг т.е т.д т.п им ул руб млн млрд тыс стр проф акад".split()
)
# Those that are words in another language.
_NORDIC = frozenset("kl ca bl.a f.eks".split())
_OWN = {
    "en": frozenset("det insp cllr sens reps ald atty gens".split()),
    "de": frozenset("mind max abs sog lt med ziff gem vgl zzgl fa gebr dipl".split()),
    "es": frozenset("ee sta sto d dña avda gral hnos mons pza núms".split()),
    "fr": frozenset("bd cf chap fg mm tél".split()),
    "it": frozenset("on avv geom gen mons sigg cfr artt".split()),
    "nl": frozenset("dhr mevr blz drs ds ir".split()),
    "pl": frozenset(
        "ok im tys ul np m.st hab ks św bp abp kard płk mjr kpt inż mgr red al".split()
    ),
    "pt": frozenset("séc pe sto sta exmo exma cel dep profa".split()),
    "ru": frozenset("св ст обл пос просп пер наб ген полк доц канд гр".split()),
    **dict.fromkeys(("da", "nb", "nn", "no", "sv"), _NORDIC),
}
# Those that often end a sentence too: they do so where a capital and a common opener follow.
_MAY_END = frozenset(
    "ph.d a.m p.m u.s u.k u.n e.u d.c etc inc ltd co corp jr sr г гг ee.uu uu".split()
)
_MAY_END_IN = {"pl": frozenset("r br ub".split())}  # w 1990 r.
_OPENERS = frozenset(
    "a an and as at but by for he her his if in it its on our she so some that the their there "
    "these they this those to we what when while with you meanwhile however "
    "el la los las un una según "
    "w na po z od do to nie dla ale jednak jak gdy obecnie teraz".split()
)
_MONTHS = frozenset(
    "januar februar märz april mai juni juli august september oktober november dezember "
    "jänner".split()
)
_RAISED = re.compile(r"[^\W\d_][\w.]*[ªº]")  # Dª. Ana, but not: el 3º.
_SHORT = 5  # letters of an abbreviation before a number
_REACH = 80  # characters before a stop that tell what word it follows; a longer one is none
_NO_HEADING = 80  # signs of a paragraph in Thai or Lao, which write no stops
_SURE = "。！？｡।॥။។։።፧"
_END = re.compile(rf"[.!?؟۔{_SURE}][\"'”’»›)\]」』）]*$")
_UNSTOPPED_END = re.compile(r"[\u0e01-\u0e5b\u0e81-\u0edf][\"'”’»›)\]]*$")
_GOES_ON = re.compile(r"[\u3041-\u309f、，]")
_NEXT = re.compile(r"\s*(\S+)")
_DASHES = ("--", "—", "–", "-")
_DATELINE = re.compile(r"\s*[A-Z]{2}[A-Z.’' -]*,\s[A-Z][a-z]{1,6}\.")  # MONTGOMERY, Ala. -- Rain
_LAST_WORD = re.compile(r"([^\s(\[\"“‘«]+)$")


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]`` is one sentence, without space around it."""

    start: int
    end: int


def split(text: str, language: str = "en") -> tuple[Span, ...]:
    """The sentences of ``text`` in order; none crosses a blank line."""
    return tuple(stream(text, language))


def stream(text: str, language: str = "en") -> Iterator[Span]:
    """The same one by one: who wants the first few does not wait for all."""
    for paragraph in _PARAGRAPH.finditer(text):
        yield from _sentences(text, paragraph.start(), paragraph.end(), language)


def is_complete(sentence: str) -> bool:
    """Does it end like a sentence (rather than a heading, a list item or a cut)?"""
    return bool(_END.search(sentence)) or (
        len(sentence) >= _NO_HEADING and bool(_UNSTOPPED_END.search(sentence))
    )


def _sentences(text: str, start: int, end: int, language: str) -> Iterator[Span]:
    begin = start
    for stop in _STOP.finditer(text, start, end):
        if stop.end() < end and not _ends(text, begin, stop, end, language):
            continue
        yield from _trimmed(text, begin, stop.end())
        begin = stop.end()
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield Span(start, end)


def _ends(text: str, begin: int, stop: re.Match[str], end: int, language: str) -> bool:
    mark = stop[0]
    if mark[0] in _SURE:
        # 「心配ない。」と話した: what goes on in hiragana says who said it.
        return not ("」" in mark or "』" in mark) or not _GOES_ON.match(text, stop.end(), end)
    after = _NEXT.match(text, stop.end(), end)
    following = after[1] if after else ""
    first = following.lstrip("\"'“‘«‹([¿¡„—–-")[:1]
    if following in _DASHES and _DATELINE.fullmatch(text, begin, stop.end()):
        return False
    if first.islower():
        # “Stop!” he said. A stop inside quotes does not end what goes on in lower case.
        return False
    if mark[0] != "." or len(mark.rstrip("\"'”’»›)]")) > 1:
        return True
    before = text[max(begin, stop.start() - _REACH) : stop.start()]
    return not _abbreviated(before, following, language)


def _abbreviated(before: str, following: str, language: str) -> bool:
    found = _LAST_WORD.search(before)
    word = found[1] if found else ""
    folded = word.casefold()
    next_word = following.strip("\"'“‘”’«»,;:").casefold()
    if folded in _MAY_END or folded in _MAY_END_IN.get(language, ()):
        return next_word not in _OPENERS
    folded = re.split("['’]", folded)[-1]  # l'avv. Bianchi, l'art. 5
    if folded in _OWN.get(language, ()) or _RAISED.fullmatch(folded):
        return True
    # An abbreviation nobody listed: "mind. 300". In English a number in figures begins nothing.
    if language != "en" and word.islower() and len(word) <= _SHORT and next_word[:1].isdigit():
        return True
    if folded in _ABBREVIATIONS:
        # "no." is a word too: a number follows the abbreviation.
        return folded not in ("no", "nos", "mar", "sat", "sun", "art", "fig", "est") or (
            next_word[:1].isdigit()
        )
    if len(word) == 1 and word.isalpha() and word != "I":
        # An initial: J. K. Rowling, half an abbreviation: z. B., but not a unit: 7 h.
        return not re.search(r"\d\s*\S$", before)
    if re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", word):
        return next_word not in _OPENERS  # U.S.A and its kin
    if word.isdigit() and len(word) <= 2:
        return language == "de" or next_word in _MONTHS  # am 3. Mai
    return False
