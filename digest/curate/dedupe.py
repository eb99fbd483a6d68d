"""Articles to groups: the same news told twice becomes one. Pure.

Average-link clustering of TF-IDF vectors (title counted twice) within a time window. Equal texts
are one group whatever their dates. The result is a partition and does not depend on input order.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from annotated_types import Gt, Le

from digest.curate import words
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOptions:
    """``[curate.stories]``."""

    similarity: Annotated[float, Gt(0), Le(1)] = 0.11  # average-link cosine that joins two groups
    window_hours: Annotated[float, Gt(0)] = 168.0  # articles further apart are never one story


def group(
    articles: Iterable[Article], *, options: StoryOptions | None = None
) -> tuple[tuple[Article, ...], ...]:
    """Groups of articles that tell one story; groups and members by date, then by address."""
    options = options or StoryOptions()
    pool = sorted({a.url: a for a in articles}.values(), key=_age)
    copies = _copies(pool)
    joined = _average_link([members[0] for members in copies], options)
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


def _counts(article: Article) -> Counter[str]:
    head = " ".join(article.text.split()[:WORDS])
    count = Counter(words.tokens(head, article.language))
    for term in words.tokens(article.title, article.language):
        count[term] += 2
    return count


def _unit(count: Counter[str], rarity: Mapping[str, float]) -> Vector:
    weight = {term: (1 + math.log(n)) * max(rarity[term], 0.05) for term, n in count.items()}
    heaviest = heapq.nsmallest(TERMS, weight.items(), key=lambda kv: (-kv[1], kv[0]))
    length = math.sqrt(sum(w * w for _, w in heaviest)) or 1.0
    return {term: w / length for term, w in heaviest}


def _pairs(pool: Sequence[Article], options: StoryOptions) -> dict[int, dict[int, float]]:
    """Cosines of every pair that shares a term, a language and the time window."""
    window = timedelta(hours=options.window_hours)
    made = vectors(pool)
    postings: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    near: dict[int, dict[int, float]] = {place: {} for place in range(len(pool))}
    for place, (article, vector) in enumerate(zip(pool, made, strict=True)):
        alike: dict[int, float] = defaultdict(float)
        for term, weight in vector.items():
            posting = postings[article.language, term]
            for other, its_weight in posting:
                alike[other] += weight * its_weight
            posting.append((place, weight))
        for other, cosine in alike.items():
            if cosine >= FLOOR and article.dated.at - pool[other].dated.at <= window:
                near[place][other] = near[other][place] = cosine
    return near


def _average_link(pool: Sequence[Article], options: StoryOptions) -> list[list[int]]:
    """Join the two most alike groups until none are alike enough; places in ``pool``."""
    near = _pairs(pool, options)
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
