"""What an issue is drafted from: the articles of its window, what was told, what is older."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from digest.model import Article, Newsletter, SourceId
from digest.storage import agenda, articles, issues


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What storage knows of one window. ``since`` None: the newsletter's first issue."""

    articles: tuple[Article, ...]
    told: tuple[tuple[Article, str], ...]  # with the period of the issue that told it
    since: datetime | None
    number: int
    settled: frozenset[str]  # the periods that have their issue, or a sentence why not
    before: int  # articles seen before the window
    newest_before: Article | None
    told_already: Mapping[str, str]  # of all that was seen: URL -> the period that told it first


def pool(
    tx: Connection,
    newsletter: Newsletter,
    sources: Sequence[SourceId],
    *,
    now: datetime,
    since: datetime | None,
    memory: datetime,
) -> Pool:
    """The pool of the window that ends ``now`` and begins at ``since``, else at the last issue.

    ``memory``: how far back told stories are looked for.
    """
    cadence = newsletter.cadence.value
    last = issues.last(tx, newsletter.id, cadence)
    begin = since or (last.until if last else None)
    before, newest = articles.seen_before(tx, begin, sources) if begin else (0, None)
    told = issues.told_since(tx, newsletter.id, cadence, memory)
    ours = set(sources)
    first_told = {  # a correction tells it once more, and later
        article.url: period for article, period in reversed(told) if article.source in ours
    }
    return Pool(
        articles=tuple(articles.seen_between(tx, begin, now, sources)),
        told=tuple(told),
        since=begin,
        number=issues.next_number(tx, newsletter.id),
        settled=agenda.settled(tx, newsletter.id, cadence, now),
        before=before,
        newest_before=newest,
        told_already=first_told,
    )
