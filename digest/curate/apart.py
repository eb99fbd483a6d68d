"""Articles to what keeps two of them from being one story, however alike their words are. Pure.

A roundup tells many stories. A template is told of different names: a road closed on two streets,
two obituaries, one warning for two counties.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest import characters
from digest.curate import words
from digest.model import Article

LOOKED_AT = 600  # words of the text
ALIKE = 0.5  # more than so much of the longer frame is in both where two titles say the same
WHOLE = 2  # so many names each, and none of them known to the other, need no such frame
# Where every noun has a capital, or nothing has, a capital shows no name.
_TELLS = frozenset("en fr es it pt nl da nb sv pl cs tr uk ru".split())

_WORD = re.compile(r"[^\W\d_]{2,}(?:[’'][^\W\d_]+)*")
_OPENING = re.compile(r"(?:^|[.!?…:»«“”\"„\n(–—•-])\s*$")
_NEXT = re.compile(r"\s[^\W\d_]")

# These open the title of a roundup, or end it, with a mark between them and the rest.
_ROUNDUPS = (
    r"(?:the |your )?(?:(?:early |mid)?(?:morning|evening|afternoon|day|daily|weekly|weekend|news|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|today s|this week s) ?)+"
    r"(?:briefing|briefs?|bulletin|round ?up|digest|headlines|recap)",
    r"(?:\w+ ){0,3}round ?up|(?:\w+ )?(?:news )?in brief|news briefs|week in review|"
    r"the week in news",
    r"(?:morgen|abend|mittags?|tages|nachrichten|wochen) ?(?:briefing|überblick|rückblick)",
    r"(?:der (?:tag|morgen|abend)|die (?:woche|nachrichten)|nachrichten) (?:im überblick|kompakt)",
    r"(?:die lage|das wichtigste) (?:am|vom|des|der) (?:morgen|abend|mittag|tage?s?|woche)",
    r"presseschau|kurz notiert|kurzmeldungen|revue de presse|rassegna stampa|revista de prensa",
    r"(?:le |l )?(?:point|brief|récap|résumé|essentiel) (?:du (?:matin|soir|jour)|de la (?:journée|"
    r"semaine|matinée)|de l actu\w*)|(?:l actu\w* |actualités )?en bref",
    r"(?:el |las |los )?(?:resumen|noticias|claves|titulares) (?:del día|de (?:la mañana|la semana|"
    r"hoy))|(?:noticias )?en breve|le notizie (?:del giorno|di oggi)|(?:notizie )?in breve",
    r"(?:главное|итоги|новости|дайджест) (?:за )?(?:дня|день|недели|неделю|сутки|утра|вечера)|"
    r"обзор прессы|новости коротко|коротко",
    r"(?:موجز|ملخص|أبرز|أهم) (?:الأخبار|أخبار|أنباء|أحداث)(?: (?:اليوم|الأسبوع|الصباح|المساء))?|"
    r"أقوال الصحف|نشرة الأخبار",
)
# These are a roundup only with nothing but a day beside them: "five things" may be of one matter.
_WITH_A_DAY = (
    r"(?:\w+ )?(?:things|stories) (?:(?:you (?:need|have|should)|we need) )?(?:to )?(?:know )?",
    r"(?:here s )?what (?:happened|(?:you need )?to know|we learned|we are watching) ?",
    r"was (?:heute )?(?:wichtig (?:ist|wird)|passiert ist|geschah) ?",
    r"ce qu il faut (?:retenir|savoir) ?|lo que (?:hay que|debes) saber ?|что произошло ?",
)
_DAY = (
    r"(?:for|on|of|from|about|this|the|in|am|vom|de|du|la|le|el|за|news|your|"
    r"today|yesterday|tonight|morning|evening|week|weekend|\w+day|heute|gestern|heutigen?|\w+tag|"
    r"aujourd hui|ce matin|hoy|ayer|сегодня|вчера|\d+\w{0,2}|january|february|march|april|may|june|"
    r"july|august|september|october|november|december)"
)
_is_phrase = re.compile("|".join(f"(?:{one})" for one in _ROUNDUPS)).fullmatch
_is_dated = re.compile(rf"(?:{'|'.join(_WITH_A_DAY)})(?:\b{_DAY}\b ?)*").fullmatch
_PARTS = re.compile(r"\s*[:|•·]\s*|\s+[-–—]+\s+|,\s+")


@dataclass(frozen=True, slots=True)
class Subject:
    """A title's ``names``, the ``frame`` left without them, and the ``words`` of the article."""

    names: frozenset[str]
    frame: frozenset[str]
    words: frozenset[str]
    is_roundup: bool = False


def subject(article: Article) -> Subject:
    text = characters.head(article.text, LOOKED_AT)
    title = frozenset(words.tokens(article.title, article.language))
    names = frozenset[str]()
    if article.language in _TELLS:
        common = words.COMMON.get(article.language, frozenset())
        names = frozenset(words.tokens(_names(article.title, text), article.language)) - common
    return Subject(
        names=names,
        # Figures differ where one thing is told twice, too: 40 dead, then 55.
        frame=frozenset(term for term in title - names if not term.isdigit()),
        words=title | frozenset(words.tokens(text, article.language)),
        is_roundup=is_roundup(article.title, outlet=article.source_name),
    )


def differ(a: Subject, b: Subject) -> bool:
    """Whether the two are of different things."""
    if a.is_roundup or b.is_roundup:
        return True
    mine, yours = a.names - b.words, b.names - a.words
    if not mine or not yours:
        return False
    alike = len(a.frame & b.frame)
    if min(len(mine), len(yours)) >= WHOLE and mine == a.names and yours == b.names and alike:
        return True
    return alike > ALIKE * max(len(a.frame), len(b.frame))


def is_roundup(title: str, *, outlet: str = "") -> bool:
    """Whether a title is that of a roundup: "Morning briefing", "Five things for Monday".

    The name of the ``outlet`` beside a title says nothing: "The bridge is open | Daily Digest".
    """
    parts = [_plain(part) for part in _PARTS.split(title) if part.strip()]
    if len(parts) > 1:
        parts = [part for part in parts if part != _plain(outlet)]
    if not parts:
        return False
    return bool(_is_phrase(parts[0]) or _is_phrase(parts[-1]) or _is_dated(_plain(title)))


def _plain(title: str) -> str:
    return " ".join(re.findall(r"\w+", title.casefold()))


def _names(title: str, text: str) -> str:
    """The words of a title that are names, as the title or the text writes them."""
    small: set[str] = set()
    capital: set[str] = set()
    for found in _WORD.finditer(text):
        word = found[0]
        if word[0].islower():
            small.add(word.casefold())
        elif not _OPENING.search(text, max(0, found.start() - 4), found.start()) or _goes_on(
            text, found.end()
        ):
            capital.add(word.casefold())
    every = _WORD.findall(title)
    # Not A Title Whose Words All Have Capitals.
    is_plain = any(len(word) > 3 and word[0].islower() for word in every)
    said: list[str] = []
    for place, word in enumerate(every):
        known = word.casefold() in capital or (is_plain and place > 0)
        if word[0].isupper() and known and word.casefold() not in small:
            said.append(word)
    return " ".join(said)


def _goes_on(text: str, end: int) -> bool:
    """Whether a word with a capital follows."""
    found = _NEXT.match(text, end)
    return found is not None and found[0][1].isupper()
