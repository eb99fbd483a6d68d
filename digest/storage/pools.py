"""What an issue may be made of: the articles of its window, and what was told before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from digest.model import Article, NewsletterId, SourceId
from digest.storage import articles, issues


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What is known of one window. ``since`` None: the newsletter's first issue.

    ``told``: an article and the period of the issue that told it. ``before``: how many articles
    were seen before the window, ``newest_before`` the newest of them.
    """

    articles: tuple[Article, ...]
    told: tuple[tuple[Article, str], ...]
    since: datetime | None
    number: int
    before: int
    newest_before: Article | None


def pool(
    tx: Connection,
    newsletter: NewsletterId,
    cadence: str,
    sources: Sequence[SourceId],
    until: datetime,
    since: datetime | None,
    memory: datetime,
) -> Pool:
    """The pool of a window that ends at ``until``; ``since`` None: where the last issue ended.

    ``memory``: what was told before it is forgotten.
    """
    last = issues.last(tx, newsletter, cadence)
    begin = since or (last.until if last else None)
    before, newest = articles.seen_before(tx, begin, sources) if begin else (0, None)
    return Pool(
        articles=tuple(articles.seen_between(tx, begin, until, sources)),
        told=tuple(issues.told_since(tx, newsletter, cadence, memory)),
        since=begin,
        number=issues.next_number(tx, newsletter),
        before=before,
        newest_before=newest,
    )
