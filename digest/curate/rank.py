"""Groups to Stories in order, each score with its reasons. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_types import Ge, Gt

from digest import characters
from digest.model import Article, LeftOut, Reason, SourceId, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class RankOptions:
    """``[curate.rank]``."""

    half_life_hours: Annotated[float, Gt(0)] = 24.0
    coverage_weight: Annotated[float, Ge(0)] = 0.5  # what each doubling of outlets adds
    short_words: Annotated[int, Ge(0)] = 80  # shorter articles rank lower
    long_words: Annotated[int, Gt(0)] = 4000  # so do endless ones
    max_per_source: Annotated[int, Ge(1)] = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    stories: tuple[Story, ...]
    left_out: tuple[LeftOut, ...]


def rank(
    groups: Sequence[Sequence[Article]],
    *,
    weights: Mapping[SourceId, float],
    now: datetime,
    options: RankOptions,
) -> Ranked:
    """Stories by falling score; at most ``max_per_source`` from one outlet.

    Every article is in a story or left out, also what its outlet tells a second time. A score is
    the product of its reasons: recency, coverage, source, length.
    """
    told = sorted(
        ((_story(one, weights, now, options), one) for one in groups),
        key=lambda pair: (-pair[0].score, pair[0].lead.url),
    )
    kept: list[Story] = []
    left = [out for story, one in told for out in _twice(story, one)]
    per_source: Counter[str] = Counter()
    for story, _ in told:
        outlet = story.lead.source_name
        per_source[outlet] += 1
        if per_source[outlet] <= options.max_per_source:
            kept.append(story)
            continue
        most = "1 story" if options.max_per_source == 1 else f"{options.max_per_source} stories"
        reason = f"more than {most} from {outlet}"
        left.extend(LeftOut(url=a.url, title=a.title, reason=reason) for a in story.articles)
    return Ranked(stories=tuple(kept), left_out=tuple(left))


def lead_of(
    group: Sequence[Article], weights: Mapping[SourceId, float], options: RankOptions
) -> Article:
    """Who tells a story: the weightiest source, then a sound length, then a picture, then first."""
    return min(
        group,
        key=lambda a: (
            -weights.get(a.source, 1.0) * round(_length(a, options).value, 1),
            a.image is None,
            not a.dated.exact,
            a.dated.at,
            a.url,
        ),
    )


def _story(
    group: Sequence[Article],
    weights: Mapping[SourceId, float],
    now: datetime,
    options: RankOptions,
) -> Story:
    lead = lead_of(group, weights, options)
    reasons = (
        _recency(group, now, options),
        _coverage(group, options),
        _source(lead, weights),
        _length(lead, options),
    )
    return Story(
        lead=lead,
        also=_also(lead, group),
        score=math.prod(reason.value for reason in reasons),
        reasons=reasons,
    )


def _also(lead: Article, group: Sequence[Article]) -> tuple[Article, ...]:
    """The others that tell it: one an outlet, and not the lead's own again."""
    by_outlet: dict[str, Article] = {}
    for article in sorted(group, key=lambda a: (a.dated.at, a.url)):
        if article.source_name != lead.source_name:
            by_outlet.setdefault(article.source_name, article)
    return tuple(by_outlet.values())


def _twice(story: Story, group: Sequence[Article]) -> list[LeftOut]:
    """What is not even named beside the lead: its outlet is there already."""
    named = {article.url for article in story.articles}
    reason = f"held to be the same story as “{story.lead.title}”; each outlet is named once"
    return [
        LeftOut(url=a.url, title=a.title, reason=reason)
        for a in sorted(group, key=lambda a: (a.dated.at, a.url))
        if a.url not in named
    ]


def _recency(group: Sequence[Article], now: datetime, options: RankOptions) -> Reason:
    newest = max(group, key=lambda a: (a.dated.at, a.url))
    hours = max(0.0, (now - newest.dated.at).total_seconds() / 3600)
    whole = f"{hours:.0f} {'hour' if round(hours) == 1 else 'hours'}"
    age = whole if hours < 72 else f"{hours / 24:.0f} days"
    verb = "published" if newest.dated.exact else "no newer than"
    return Reason(
        name="recency",
        value=0.5 ** (hours / options.half_life_hours),
        why=f"{verb} {age} before the issue",
    )


def _coverage(group: Sequence[Article], options: RankOptions) -> Reason:
    outlets = len({article.source_name for article in group})
    return Reason(
        name="coverage",
        value=1.0 + options.coverage_weight * math.log2(outlets),
        why="told by 1 outlet" if outlets == 1 else f"told by {outlets} outlets",
    )


def _source(lead: Article, weights: Mapping[SourceId, float]) -> Reason:
    return Reason(
        name="source", value=weights.get(lead.source, 1.0), why=f"weight of {lead.source_name}"
    )


def _length(article: Article, options: RankOptions) -> Reason:
    count = characters.words(article.text)
    value = 1.0
    if count < options.short_words:
        value = max(0.2, count / options.short_words)
    elif count > options.long_words:
        value = max(0.5, options.long_words / count)
    return Reason(name="length", value=value, why=f"{count:,} words")
