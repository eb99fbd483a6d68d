"""An Article to the few sentences that tell it, each with its span. Pure.

Extractive: position, forward centrality (how much of what follows a sentence announces) and
maximal marginal relevance (Carbonell and Goldstein 1998) choose whole sentences; nothing is
rewritten, so nothing can be invented.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le

from digest.curate import datelines, furniture, hanging, quotations, words
from digest.curate import sentences as splitting
from digest.curate.quotations import Quotation
from digest.model import Article, Sentence

LOOKED_AT = 40  # sentences; the news is at the top
HEADLINE = 4  # words; fewer may stand in any sentence
SAME = 0.8  # of the shorter one's terms are in the other: two sentences say one thing
REDUNDANCY = 0.4  # what MMR takes off for likeness to what is chosen already

_BOILERPLATE = re.compile(
    r"^(?:by\s+[A-Z]|click here|follow us|read more|watch(?::| (?:this|the|video|more)\b)"
    r"|photo(?:graph)?s?(?::| (?:by|courtesy)\b)|(?:image|picture)s?(?::| (?:by|courtesy)\b)"
    r"|copyright|©|all rights|advertisement|share this|this (?:article|story) (?:was|is|has|first)"
    r"|editor['’]s note|correction:|updated?:|(?:e-?mail|contact) (?:us|me|the reporter)\b"
    r"|for more information|scroll down|(?:please )?enter your|story highlights|getty images"
    r"|reporting by|editing by|last updated|originally (?:published|posted|appeared)\b)",
    re.IGNORECASE,
)
_FIRST_WORD = re.compile(r"[^\W\d_]+(?![\w.-])")
_SMALL_NAMES = frozenset("al da de del della den der des di du el la le van ver von zu".split())
# «— Мы ждем его,— сказал он», "– Jest to piekło – mówi Kowalski": the second dash names them.
_SPOKEN = re.compile(r"[–—]\s")
_SPEAKER = re.compile(r"[\s,.!?…][–—-]\s")
_TRAILS_OFF = re.compile(
    r"\.\.[\"'”’»›)\]]*$"
)  # the … of many feeds, which ends no sentence either
_COUNTED = re.compile(r"(?:^|\s)(?:\w{1,2}|[:;]-?)\)")  # "1) The bridge", ":)"
_ASIDE_BEGINS, _ASIDE_ENDS = ("(", "（", "["), (")", "）", "]")
_PAIRS = ("()", "（）")
_BIO = re.compile(
    r"^(?:[A-ZÀ-Þ][\w.'’-]*\s){2,3}is\s(?:a|an|the|our)\s(?:[\w-]+\s){0,3}(?:reporter|correspondent"
    r"|columnist|journalist|editor|(?:staff |freelance )?writer|contributor)"
    r"(?:\.|\s(?:covering|for|at|based|with|who)\b)"
)
_UNNAMED = re.compile(
    r"[\s,.]*(?:$|(?:he|she|they|it|er|sie|il|elle)\s+\w+\b|a-t-(?:il|elle)\b"
    r"|(?:said|says|sagte|sagt)\s+(?:he|she|they|er|sie)\b)",
    re.IGNORECASE,
)
_QUESTION = re.compile('[?？؟]["”’»)」』]*$')
_SAID = re.compile(
    r"^[\"“‘«].*[\"”’»],?\s*(?:he|she|they|it)\s+(?:said|added|told)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryOptions:
    """``[curate.summary]``."""

    sentences: Annotated[int, Ge(1), Le(6)] = 3  # at most
    max_characters: Annotated[int, Gt(80)] = 420


@dataclass(frozen=True, slots=True)
class _Candidate:
    place: int  # among all sentences, which is also reading order
    start: int
    end: int
    text: str
    terms: Counter[str]
    hangs: bool  # on the sentence before it, which alone names who speaks or is spoken of


def summarise(article: Article, *, options: SummaryOptions | None = None) -> tuple[Sentence, ...]:
    """At most ``options.sentences`` whole sentences of ``article.text``, in reading order.

    ``article.text[s.start:s.end] == s.text`` for each. Empty when the text holds no sentence.
    """
    options = options or SummaryOptions()
    candidates = _candidates(article)
    if not candidates:
        return ()
    scores = _scores(candidates, article)
    chosen = _choose(candidates, scores, options)
    return tuple(
        Sentence(text=one.text, url=article.url, start=one.start, end=one.end)
        for one in sorted(chosen, key=lambda one: one.place)
    )


def _candidates(article: Article) -> list[_Candidate]:
    found: list[_Candidate] = []
    title = article.title.casefold().strip(" .!?…")
    quoted: tuple[Quotation, ...] = ()
    paragraph_end = 0
    for place, span in enumerate(splitting.stream(article.text, article.language)):
        if len(found) == LOOKED_AT:
            break
        start = span.start
        raw = article.text[start : span.end]
        start += datelines.length(raw) if place else datelines.opening(raw)
        raw = article.text[start : span.end]
        if start >= paragraph_end:
            quoted, paragraph_end = quotations.around(article.text, start)
        # Half a quotation, or a sentence amid one, is somebody's words without the somebody.
        if any(one.cuts(start, span.end) for one in quoted) or not _worth(raw, title):
            continue
        terms = Counter(words.tokens(raw, article.language))
        if len(terms) >= 3:
            unsaid = any(one.start == start and _is_unsaid(raw, one.end - start) for one in quoted)
            hangs = unsaid or _is_cut(raw) or (place > 0 and hanging.hangs(raw, article.language))
            found.append(_Candidate(place, start, span.end, raw, terms, hangs))
    return found


def _is_cut(sentence: str) -> bool:
    """Whether its beginning is missing, or it is speech behind a dash that nobody is said to say.

    No sentence begins with a small letter unless what stood before it is no text of the article.
    """
    first = _FIRST_WORD.match(sentence)
    small = first is not None and first[0].islower() and first[0] not in _SMALL_NAMES
    return small or (bool(_SPOKEN.match(sentence)) and not _SPEAKER.search(sentence, 2))


def _is_unsaid(sentence: str, quoted: int) -> bool:
    """Whether nobody, or a pronoun, says the quotation that its first ``quoted`` signs are."""
    return bool(_UNNAMED.match(sentence, quoted))


def _worth(sentence: str, title: str) -> bool:
    if not splitting.is_complete(sentence) or "\n\n" in sentence or _TRAILS_OFF.search(sentence):
        return False
    bare = sentence.casefold().strip(" .!?…")
    is_title = bare == title or (len(bare.split()) >= HEADLINE and bare in title)
    is_bracketed = sentence.startswith(_ASIDE_BEGINS) and sentence.endswith(_ASIDE_ENDS)
    if is_title or is_bracketed or furniture.is_offer(sentence):
        return False
    if _holds_head(sentence, title):
        return False
    if datelines.is_one(sentence) or any(_is_open(sentence, *pair) for pair in _PAIRS):
        return False
    is_row = sentence.startswith("|") or sentence.count(" | ") > 1  # of a table
    if is_row or furniture.is_aside(sentence):
        return False
    return not _BOILERPLATE.match(sentence) and not _BIO.match(sentence)


def _is_open(sentence: str, opening: str, closing: str) -> bool:
    """Whether a bracket opens that does not close: a sentence amid one, or half of one."""
    bare = _COUNTED.sub("", sentence)
    return bare.count(opening) != bare.count(closing)


def _holds_head(sentence: str, title: str) -> bool:
    """Whether the headline stands in it and something else begins behind it: "TITLE By Ruth Lee".

    So it is where the head of a page, with its menu and byline, runs into the first sentence.
    """
    if len(title.split()) < HEADLINE:
        return False
    _, found, after = sentence.casefold().partition(title)
    behind = sentence[-len(after) :] if after else ""
    begins = behind[:1] == " " and (behind[1:2].isupper() or behind[1:2].isdigit())
    return bool(found) and (begins or after.startswith(" by "))


def _scores(candidates: Sequence[_Candidate], article: Article) -> list[float]:
    frequency = Counter(term for one in candidates for term in one.terms)
    total = len(candidates)
    rarity = {t: math.log(1 + total / n) for t, n in frequency.items()}
    vectors = [_unit(one.terms, rarity) for one in candidates]
    title = Counter(words.tokens(article.title, article.language))
    heading = _unit(title, {t: rarity.get(t, 1.0) for t in title})
    scores: list[float] = []
    for at, one in enumerate(candidates):
        after = vectors[at + 1 :]
        announced = sum(_cosine(vectors[at], v) for v in after) / max(1, len(after))
        position = 1.0 / (1.0 + 0.5 * one.place)
        length = min(1.0, len(one.text) / 60) * (1.0 if len(one.text) <= 280 else 0.75)
        score = (0.55 * position + 2.0 * announced + 0.25 * _cosine(vectors[at], heading)) * length
        if _SAID.match(one.text) or _QUESTION.search(one.text):
            score *= 0.6
        scores.append(score)
    return scores


def _choose(
    candidates: Sequence[_Candidate], scores: Sequence[float], options: SummaryOptions
) -> list[_Candidate]:
    chosen: list[_Candidate] = []
    room = options.max_characters
    rest = dict(enumerate(scores))
    while rest and len(chosen) < options.sentences:
        best = max(rest, key=lambda at: (_relevance(candidates[at], rest[at], chosen), -at))
        one = candidates[best]
        del rest[best]
        if chosen and (len(one.text) > room or _likeness(one, chosen) >= SAME):
            continue
        if one.hangs and not _follows(one, chosen):
            continue
        chosen.append(one)
        room -= len(one.text) + 1
    # Only dangling sentences: the first of them is still better than silence.
    return chosen or [candidates[0]]


def _relevance(one: _Candidate, score: float, chosen: Sequence[_Candidate]) -> float:
    return score * (1 - REDUNDANCY * _likeness(one, chosen))


def _likeness(one: _Candidate, chosen: Sequence[_Candidate]) -> float:
    return max((_overlap(one.terms, other.terms) for other in chosen), default=0.0)


def _follows(one: _Candidate, chosen: Sequence[_Candidate]) -> bool:
    return any(other.place == one.place - 1 for other in chosen)


def _overlap(a: Counter[str], b: Counter[str]) -> float:
    return len(a.keys() & b.keys()) / max(1, min(len(a), len(b)))


def _unit(count: Counter[str], rarity: dict[str, float]) -> dict[str, float]:
    weight = {term: n * rarity[term] for term, n in count.items()}
    length = math.sqrt(sum(w * w for w in weight.values())) or 1.0
    return {term: w / length for term, w in weight.items()}


def _cosine(a: dict[str, float], b: dict[str, float]) -> float:
    if len(a) > len(b):
        a, b = b, a
    return sum(w * b[t] for t, w in a.items() if t in b)
