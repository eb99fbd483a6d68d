"""The articles of a window to ranked, summarised Stories, and why the others are not. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digest.curate import dedupe, window
from digest.curate.dedupe import StoryOptions
from digest.curate.rank import RankOptions, rank
from digest.curate.summarise import SummaryOptions, summarise
from digest.curate.window import Told, WindowOptions
from digest.model import Article, LeftOut, Newsletter, Source, SourceId, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class CurateOptions:
    """``[curate]``: the dials of its four steps."""

    window: WindowOptions = field(default_factory=WindowOptions)
    stories: StoryOptions = field(default_factory=StoryOptions)
    rank: RankOptions = field(default_factory=RankOptions)
    summary: SummaryOptions = field(default_factory=SummaryOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
    """``stories`` in rank order, at most as many as the newsletter holds."""

    stories: tuple[Story, ...]
    left_out: tuple[LeftOut, ...]
    stale: frozenset[str] = frozenset()  # addresses of those left out for their age


def curate(
    articles: Sequence[Article],
    *,
    told: Sequence[Told],
    newsletter: Newsletter,
    sources: Mapping[SourceId, Source],
    since: datetime | None,
    until: datetime,
    options: CurateOptions,
) -> Curated:
    """Decide what one issue tells. ``since`` None: it is the newsletter's first.

    Every article is either in a story or in ``left_out`` with the rule that kept it out.
    """
    admitted = window.admit(
        articles, since=since, until=until, cadence=newsletter.cadence, options=options.window
    )
    groups = dedupe.group(
        admitted.articles, options=options.stories, outlet=lambda article: article.source_name
    )
    fresh, retold = window.drop_told(groups, told, options=options.stories)
    on_topic, off_topic = _by_topic(fresh, newsletter, sources)
    ranked = rank(
        on_topic,
        weights={source.id: source.weight for source in sources.values()},
        now=until,
        options=options.rank,
    )
    kept, crowded = _fitting(ranked.stories, newsletter.max_stories)
    stories = tuple(
        replace(
            story,
            topic=_topic(story.articles, newsletter, sources),
            sentences=summarise(story.lead, options=options.summary),
        )
        for story in kept
    )
    return Curated(
        stories=stories,
        left_out=(*admitted.left_out, *retold, *off_topic, *ranked.left_out, *crowded),
        stale=frozenset(out.url for out in admitted.left_out),
    )


def reaching(options: CurateOptions, span: timedelta) -> CurateOptions:
    """Options under which a window of ``span``, asked for by name, is not stale in itself."""
    hours = span.total_seconds() / 3600 + 24
    window = options.window
    return replace(
        options,
        window=replace(
            window,
            daily_hours=max(window.daily_hours, hours),
            weekly_hours=max(window.weekly_hours, hours),
            monthly_hours=max(window.monthly_hours, hours),
        ),
    )


def _by_topic(
    groups: Sequence[tuple[Article, ...]],
    newsletter: Newsletter,
    sources: Mapping[SourceId, Source],
) -> tuple[list[tuple[Article, ...]], list[LeftOut]]:
    if not newsletter.topics:
        return list(groups), []
    kept: list[tuple[Article, ...]] = []
    left: list[LeftOut] = []
    for one in groups:
        topic = _topic(one, newsletter, sources)
        if topic in newsletter.topics:
            kept.append(one)
            continue
        reason = f"its topic {topic or '(none)'} is not one this newsletter takes"
        left.extend(LeftOut(url=a.url, title=a.title, reason=reason) for a in one)
    return kept, left


def _topic(
    articles: Sequence[Article], newsletter: Newsletter, sources: Mapping[SourceId, Source]
) -> str:
    """The source's topic, else the first tag that names a section, else none."""
    known = {h.topic.casefold(): h.topic for h in newsletter.sections}
    known.update((h.title.casefold(), h.topic) for h in newsletter.sections)
    known.update((topic.casefold(), topic) for topic in newsletter.topics)
    for article in articles:
        source = sources.get(article.source)
        if source and source.topic:
            return source.topic
        for tag in article.tags:
            if tag.casefold() in known:
                return known[tag.casefold()]
    return ""


def _fitting(stories: Sequence[Story], most: int) -> tuple[Sequence[Story], list[LeftOut]]:
    left = [
        LeftOut(
            url=article.url,
            title=article.title,
            reason=f"ranked {place} of {len(stories)}; the issue holds {most}",
        )
        for place, story in enumerate(stories[most:], most + 1)
        for article in story.articles
    ]
    return stories[:most], left
