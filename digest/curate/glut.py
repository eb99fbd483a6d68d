"""The articles of a window to what one issue tells; of more than can be compared the newest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from digest.curate import curation
from digest.curate.curation import Curated, CurateOptions
from digest.curate.window import Told
from digest.isolation import Isolate, Stopped
from digest.model import Article, LeftOut, Newsletter, Source, SourceId

FEW = 50  # articles; if these take too long it is one of them and not their number


async def curated(
    isolate: Isolate,
    articles: Sequence[Article],
    *,
    told: Sequence[Told],
    newsletter: Newsletter,
    sources: Mapping[SourceId, Source],
    since: datetime | None,
    until: datetime,
    options: CurateOptions,
) -> Curated:
    """As ``curation.curate``; where that is stopped, of the newer half of ``articles``, and so on.

    Raises Stopped, naming the newsletter and its longest article, when even a few take too long.
    """
    pool = sorted(articles, key=lambda a: (a.dated.at, a.url), reverse=True)
    most = len(pool)
    while True:
        try:
            found = await isolate(
                curation.curate,
                pool[:most],
                told=told,
                newsletter=newsletter,
                sources=sources,
                since=since,
                until=until,
                options=options,
            )
        except Stopped as error:
            if most <= FEW:
                raise _too_costly(newsletter, pool[:most], error) from error
            most = max(FEW, most // 2)
            continue
        return replace(found, left_out=(*found.left_out, *_beyond(pool, most)))


def _beyond(pool: Sequence[Article], most: int) -> list[LeftOut]:
    reason = (
        f"{len(pool):,} articles are more than can be compared in time; the newest {most:,} were"
    )
    return [LeftOut(url=a.url, title=a.title, reason=reason) for a in pool[most:]]


def _too_costly(newsletter: Newsletter, pool: Sequence[Article], error: Stopped) -> Stopped:
    longest = max(pool, key=lambda a: len(a.text))
    return Stopped(
        f"{newsletter.title}: {error}; of its {len(pool)} newest articles the longest is "
        f"“{longest.title}” ({longest.url})"
    )
