"""Which articles an issue may tell: the window, staleness, and what was told before. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from annotated_types import Gt

from digest.curate import apart, dedupe
from digest.curate.dedupe import StoryOptions
from digest.model import Article, Cadence, LeftOut

RETOLD_HOURS = 96.0  # what is new of a story this long after it was told is news again
# How long a window usually is, in hours; an hour and more beyond it is no change of the clocks.
USUAL_HOURS = {Cadence.WEEKLY: 168.0, Cadence.MONTHLY: 744.0}
DAY, SLACK = 24.0, 2.0
# The cosine that makes one article the told one in other words: a third of the pairs that tell one
# event reach it, and few others. Short texts are more alike by chance, and the same matter's sequel
# is, too: there it is up to SAME, as in what the outlet that told it publishes anew.
RETOLD, SAME = 0.3, 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowOptions:
    """``[curate.window]``: how old an article may be, in hours, by its own date."""

    daily_hours: Annotated[float, Gt(0)] = 48.0
    weekly_hours: Annotated[float, Gt(0)] = 192.0
    monthly_hours: Annotated[float, Gt(0)] = 792.0  # a day more than the longest window
    first_issue_hours: Annotated[float, Gt(0)] = 720.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An article that an issue of this newsletter and cadence told, and that issue's period."""

    article: Article
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    articles: tuple[Article, ...]
    left_out: tuple[LeftOut, ...]


def admit(
    articles: Sequence[Article],
    *,
    since: datetime | None,
    until: datetime,
    cadence: Cadence,
    options: WindowOptions,
) -> Admitted:
    """Articles fresh enough for the issue that closes at ``until``; ``since`` None: the first one.

    Staleness is judged by the article's own date. Where that is only an upper bound (a masthead, a
    file's time) an article is stale when even the bound is too old. An issue that stands in for
    others, after a weekend, a pause or an issue that was held back, reaches back to what they would
    have told.
    """
    reach, words = _reach(since, until, cadence, options)
    fresh: list[Article] = []
    stale: list[LeftOut] = []
    for article in articles:
        if until - article.dated.at <= reach:
            fresh.append(article)
        else:
            stale.append(_stale(article, until, words))
    return Admitted(articles=tuple(fresh), left_out=tuple(stale))


def drop_told(
    groups: Sequence[Sequence[Article]], told: Sequence[Told], *, options: StoryOptions
) -> tuple[list[tuple[Article, ...]], list[LeftOut]]:
    """``groups`` without what was told already: by address, by text, or in nearly the same words.

    A sequel is kept: ``options.similarity`` makes two articles one story of one issue, and of two
    issues much more likeness is asked. What stands in it word for word as it was told is not.
    """
    if not told:
        return [tuple(one) for one in groups], []
    period = {one.article.url: one.period for one in told}
    by_text = {one.article.fingerprint: one.period for one in told if one.article.fingerprint}
    by_words = _retold(groups, told, options)
    kept: list[tuple[Article, ...]] = []
    dropped: list[LeftOut] = []
    for one, (said, again) in zip(groups, by_words, strict=True):
        known = (period.get(a.url) or by_text.get(a.fingerprint) for a in one)
        when = next((found for found in known if found), said)
        left = again if when is None else dict.fromkeys((a.url for a in one), when)
        if fresh := tuple(a for a in one if a.url not in left):
            kept.append(fresh)
        dropped.extend(
            LeftOut(
                url=a.url,
                title=a.title,
                reason=f"this story was told in the issue of {left[a.url]}",
            )
            for a in one
            if a.url in left
        )
    return kept, dropped


def _retold(
    groups: Sequence[Sequence[Article]], told: Sequence[Told], options: StoryOptions
) -> list[tuple[str | None, dict[str, str]]]:
    """For each group the issue that told it in nearly the same words: its members, on average.

    And for each member that is a told article again, changed a little and at another address, the
    issue that told that, by the member's address.
    """
    every = [a for one in groups for a in one] + [one.article for one in told]
    vectors = dedupe.vectors(every)
    index = dedupe.Index(dedupe.crowded(vectors))
    theirs = vectors[-len(told) :]
    for place, (one, vector) in enumerate(zip(told, theirs, strict=True)):
        index.add(place, one.article.language, vector)
    rest = iter(vectors)
    found: list[tuple[str | None, dict[str, str]]] = []
    for group in groups:
        shares: dict[int, float] = defaultdict(float)
        again: dict[str, str] = {}
        for article, vector in zip(group, rest, strict=False):
            for place, cosine in index.cosines(article.language, vector).items():
                if cosine >= dedupe.FLOOR:
                    terms = min(len(vector), len(theirs[place]))
                    asked = _asked(article, told[place].article, cosine, terms, options)
                    shares[place] += cosine / asked
                    if cosine >= max(asked, SAME):
                        again[article.url] = told[place].period
        nearest = max(shares, key=lambda place: (shares[place], -place), default=0)
        said = told[nearest].period if shares[nearest] >= len(group) else None
        found.append((said, again))
    return found


def _asked(
    article: Article, told: Article, cosine: float, terms: int, options: StoryOptions
) -> float:
    """The cosine for the two to say the same; ``terms``: how many the shorter has."""
    hours = min(options.window_hours, RETOLD_HOURS)
    if abs(article.dated.at - told.dated.at) > timedelta(hours=hours):
        return math.inf
    is_own = article.source_name == told.source_name
    short = min(SAME, RETOLD * dedupe.FEW_TERMS / max(1, terms))
    needed = max(options.similarity, *((SAME,) if is_own else (RETOLD, short)))
    if cosine >= needed and (
        apart.differ(apart.subject(article), apart.subject(told))
        or (is_own and dedupe.other_figures(article, told))
    ):
        return math.inf
    return needed


def _reach(
    since: datetime | None, until: datetime, cadence: Cadence, options: WindowOptions
) -> tuple[timedelta, str]:
    if since is None:
        hours = options.first_issue_hours
        return timedelta(hours=hours), f"the very first issue reaches back {_span(hours)}"
    hours = {Cadence.WEEKLY: options.weekly_hours, Cadence.MONTHLY: options.monthly_hours}.get(
        cadence, options.daily_hours
    )
    window = (until - since).total_seconds() / 3600
    if window > USUAL_HOURS.get(cadence, DAY) + SLACK:
        # As far as a first issue at most, or twice as far as usual: beyond that nothing is news.
        longer = min(window + DAY, max(options.first_issue_hours, 2 * hours))
        if longer > hours:
            return timedelta(hours=longer), f"this issue reaches back {_span(longer)}"
    return timedelta(hours=hours), f"a {cadence.value} issue reaches back {_span(hours)}"


def _stale(article: Article, until: datetime, words: str) -> LeftOut:
    dated = article.dated
    verb = "published" if dated.exact else "at the latest"
    age = _span((until - dated.at).total_seconds() / 3600)
    return LeftOut(
        url=article.url,
        title=article.title,
        reason=(
            f"older than the window: {verb} {dated.at:%Y-%m-%d} ({dated.source.value}), "
            f"{age} before this issue; {words}"
        ),
    )


def _span(hours: float) -> str:
    whole = f"{hours:.0f} {'hour' if round(hours) == 1 else 'hours'}"
    return whole if hours < 96 else f"{hours / 24:,.0f} days"
