"""Articles to groups: the same news told twice becomes one. Pure.

Average-link clustering of TF-IDF vectors (title counted twice) within a time window. Equal texts
are one group whatever their dates. The result is a partition and does not depend on input order.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated

from annotated_types import Gt, Le

from digest import characters
from digest.curate import apart, words
from digest.model import Article

Vector = Mapping[str, float]

# Document frequencies of a pool of two say nothing: every shared word would count as common. The
# pool is therefore mixed with an imagined one, in which a term is rare or, if it is a word of any
# news, frequent.
PRIOR_DOCUMENTS = 50.0
PRIOR_FREQUENCY = 1.0
COMMON_FREQUENCY = 30.0
TERMS = 100  # the heaviest terms of an article; the rest is noise and costs time
WORDS = 150  # the news is at the top; what follows is background, alike in many stories
FLOOR = 0.02  # pairs less alike than this are not alike at all

# Texts of a few lines share a template ("council votes 20 to 4 on Monday"), not a story: below so
# many terms the more likeness is asked the shorter one is, up to so much.
FEW_TERMS, SHORT = 50, 0.25
ONE_OUTLET = 0.5  # asked of two texts of one outlet: it tells a story once, and then its sequel
# Of the figures of one day's lottery or prices the next day's has fewer than half; a text that is
# told again keeps them. Of fewer than so many nothing is concluded.
FIGURES = 4
# A term of so many articles tells none from the others, and to compare all that share it takes
# time by the square of their number.
CROWD = 100

_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")

_NONE: deque[tuple[int, float]] = deque()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOptions:
    """``[curate.stories]``."""

    similarity: Annotated[float, Gt(0), Le(1)] = 0.11  # average-link cosine that joins two groups
    window_hours: Annotated[float, Gt(0)] = 168.0  # articles further apart are never one story


def own(article: Article) -> str:
    """An outlet for each article: nothing is known of who tells it."""
    return article.url


def group(
    articles: Iterable[Article],
    *,
    options: StoryOptions | None = None,
    outlet: Callable[[Article], str] = own,
) -> tuple[tuple[Article, ...], ...]:
    """Groups of articles that tell one story; groups and members by date, then by address.

    ``outlet``: who tells an article. Of two by one outlet ONE_OUTLET is asked.
    """
    options = options or StoryOptions()
    pool = sorted({a.url: a for a in articles}.values(), key=_age)
    copies = _copies(pool)
    joined = _average_link([members[0] for members in copies], options, outlet)
    groups = [
        tuple(sorted((a for place in places for a in copies[place]), key=_age)) for places in joined
    ]
    return tuple(sorted(groups, key=lambda one: _age(one[0])))


def _age(article: Article) -> tuple[datetime, str]:
    return article.dated.at, article.url


def _copies(pool: Sequence[Article]) -> list[list[Article]]:
    """Articles with one fingerprint together; the order of ``pool`` kept."""
    by_text: dict[tuple[str, str], list[Article]] = {}
    for article in pool:
        key = ("text", article.fingerprint) if article.fingerprint else ("url", article.url)
        by_text.setdefault(key, []).append(article)
    return list(by_text.values())


def vectors(pool: Sequence[Article]) -> list[Vector]:
    """Unit TF-IDF vectors of the articles' heaviest terms."""
    counts = [_counts(article) for article in pool]
    frequency = Counter(term for count in counts for term in count)
    total = len(pool) + PRIOR_DOCUMENTS
    common = frozenset[str]().union(*(words.COMMON.get(a.language, ()) for a in pool))
    rarity = {
        t: math.log(total / (n + (COMMON_FREQUENCY if t in common else PRIOR_FREQUENCY)))
        for t, n in frequency.items()
    }
    return [_unit(count, rarity) for count in counts]


def asked(similarity: float, a: Vector, b: Vector) -> float:
    """The cosine two articles need to be alike, where long ones need ``similarity``."""
    shorter = max(1, min(len(a), len(b)))
    return max(similarity, min(SHORT, similarity * FEW_TERMS / shorter))


def other_figures(a: Article, b: Article) -> bool:
    """Whether two texts of one outlet, however alike, are of two days of a column by their figures.

    The lottery, the weather and the prices of every day are told in the same words.
    """
    one, other = _figures(a), _figures(b)
    fewer = min(len(one), len(other))
    return fewer >= FIGURES and len(one & other) < fewer / 2


def _figures(article: Article) -> set[str]:
    return set(_FIGURE.findall(characters.head(article.text, WORDS)))


def _counts(article: Article) -> Counter[str]:
    count = Counter(words.tokens(characters.head(article.text, WORDS), article.language))
    for term in words.tokens(article.title, article.language):
        count[term] += 2
    return count


def _unit(count: Counter[str], rarity: Mapping[str, float]) -> Vector:
    weight = {term: (1 + math.log(n)) * max(rarity[term], 0.05) for term, n in count.items()}
    heaviest = heapq.nsmallest(TERMS, weight.items(), key=lambda kv: (-kv[1], kv[0]))
    length = math.sqrt(sum(w * w for _, w in heaviest)) or 1.0
    return {term: w / length for term, w in heaviest}


class Index:
    """Vectors by their terms, to find the ones that share some. Places are added in order."""

    def __init__(self, crowded: frozenset[str] = frozenset()) -> None:
        self._postings: dict[tuple[str, str], deque[tuple[int, float]]] = defaultdict(deque)
        self._crowded = crowded

    def add(self, place: int, language: str, vector: Vector) -> None:
        for term, weight in vector.items():
            if term not in self._crowded:
                self._postings[language, term].append((place, weight))

    def cosines(self, language: str, vector: Vector, *, since: int = 0) -> Mapping[int, float]:
        """Of all that share a term and the language, by place. Places below ``since`` are gone."""
        alike: dict[int, float] = defaultdict(float)
        for term, weight in vector.items():
            posting = self._postings.get((language, term), _NONE)
            while posting and posting[0][0] < since:
                posting.popleft()
            for place, its_weight in posting:
                alike[place] += weight * its_weight
        return alike


def _pairs(
    pool: Sequence[Article], options: StoryOptions, outlet: Callable[[Article], str]
) -> dict[int, dict[int, float]]:
    """Likeness of every pair that shares a term, a language and the time window.

    It is the cosine, less where more than ``options.similarity`` is asked of a pair.
    """
    window = timedelta(hours=options.window_hours)
    made = vectors(pool)
    subject = cache(lambda place: apart.subject(pool[place]))
    index = Index(crowded(made))
    near: dict[int, dict[int, float]] = {place: {} for place in range(len(pool))}
    since = 0
    for place, (article, vector) in enumerate(zip(pool, made, strict=True)):
        while article.dated.at - pool[since].dated.at > window:
            since += 1
        for other, cosine in index.cosines(article.language, vector, since=since).items():
            if cosine < FLOOR:
                continue
            needed = asked(options.similarity, vector, made[other])
            is_own = outlet(article) == outlet(pool[other])
            if is_own:
                needed = max(needed, ONE_OUTLET)
            if cosine >= needed and (
                apart.differ(subject(place), subject(other))
                or (is_own and other_figures(article, pool[other]))
            ):
                continue
            near[place][other] = near[other][place] = cosine * options.similarity / needed
        index.add(place, article.language, vector)
    return near


def crowded(made: Sequence[Vector]) -> frozenset[str]:
    """The terms that more than CROWD of the vectors hold."""
    frequency = Counter(term for vector in made for term in vector)
    return frozenset(term for term, n in frequency.items() if n > CROWD)


def _average_link(
    pool: Sequence[Article], options: StoryOptions, outlet: Callable[[Article], str]
) -> list[list[int]]:
    """Join the two most alike groups until none are alike enough; places in ``pool``."""
    near = _pairs(pool, options, outlet)
    window = timedelta(hours=options.window_hours)
    members = {place: [place] for place in near}
    queue = [
        (-cosine, a, b)
        for a, others in near.items()
        for b, cosine in others.items()
        if a < b and cosine >= options.similarity
    ]
    heapq.heapify(queue)
    while queue:
        cosine, a, b = heapq.heappop(queue)
        if a not in members or b not in members or near[a].get(b) != -cosine:
            continue
        if _span(pool, members[a] + members[b]) > window:
            continue
        _join(near, members, a, b)
        for other, linked in near[a].items():
            if linked >= options.similarity:
                heapq.heappush(queue, (-linked, min(a, other), max(a, other)))
    return list(members.values())


def _join(near: dict[int, dict[int, float]], members: dict[int, list[int]], a: int, b: int) -> None:
    """Group ``b`` into ``a``; likeness to the others becomes the mean over all members."""
    count_a, count_b = len(members[a]), len(members[b])
    old_a, old_b = near[a], near.pop(b)
    for other in (old_a.keys() | old_b.keys()) - {a, b}:
        linked = (old_a.get(other, 0.0) * count_a + old_b.get(other, 0.0) * count_b) / (
            count_a + count_b
        )
        old_a[other] = near[other][a] = linked
        near[other].pop(b, None)
    old_a.pop(b, None)
    members[a] = members[a] + members.pop(b)


def _span(pool: Sequence[Article], places: Sequence[int]) -> timedelta:
    moments = [pool[place].dated.at for place in places]
    return max(moments) - min(moments)
