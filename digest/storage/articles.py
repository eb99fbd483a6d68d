"""The articles that were read, and where each was seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true

from digest.model import Article, Dated, DateSource, SourceId
from digest.storage.dialect import batches, insert
from digest.storage.schema import articles, sightings, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A source listed an article. No ``article_url``: its page could not be read, ``trouble``.

    Neither: its page is owed since ``seen_at``, and asked for again at every visit.
    """

    source: SourceId
    item_url: str  # canonical form of the address the source gave
    article_url: str | None
    seen_at: datetime
    guid: str | None = None
    title: str | None = None
    said: Dated | None = None  # the date the source itself gave
    trouble: str | None = None


def known(
    tx: Connection, item_urls: Collection[str], *, unreadable_since: datetime
) -> dict[str, str | None]:
    """Which of the (canonical) addresses need no reading, and the article each led to.

    An address that could not be read counts as known until ``unreadable_since``; one that is owed
    does not.
    """
    found: dict[str, str | None] = {}
    for some in batches(item_urls):
        seen = select(sightings.c.item_url, sightings.c.article_url).where(
            sightings.c.item_url.in_(some),
            or_(
                sightings.c.article_url.is_not(None),
                and_(sightings.c.trouble.is_not(None), sightings.c.seen_at > unreadable_since),
            ),
        )
        found.update((row.item_url, row.article_url) for row in tx.execute(seen))
        read = select(articles.c.url).where(articles.c.url.in_(some))
        found.update((row.url, row.url) for row in tx.execute(read))
    return found


def by_url(tx: Connection, url: str) -> Article | None:
    """The article at a canonical address, or the one that an item of this address led to."""
    row = tx.execute(select(articles).where(articles.c.url == url)).first()
    if row is None:
        led_to = select(sightings.c.article_url).where(
            sightings.c.item_url == url, sightings.c.article_url.is_not(None)
        )
        row = tx.execute(select(articles).where(articles.c.url.in_(led_to))).first()
    return article_of(row) if row else None


def save(tx: Connection, article: Article) -> bool:
    """Keep an article; True if it is new. One we know is brought up to date but for first_seen."""
    values = _row(article)
    made = tx.execute(
        insert(tx, articles).values(values).on_conflict_do_nothing().returning(articles.c.url)
    ).first()
    if made:
        return True
    change = {k: v for k, v in values.items() if k not in ("url", "first_seen", "source")}
    tx.execute(articles.update().where(articles.c.url == article.url).values(change))
    return False


def sighted(tx: Connection, seen: Sequence[Sighting]) -> None:
    """Note where articles were seen; a later look at the same address replaces an unread one."""
    for one in seen:
        values = {
            "source": one.source,
            "item_url": one.item_url,
            "article_url": one.article_url,
            "guid": one.guid,
            "title": one.title,
            "seen_at": one.seen_at,
            "said_at": one.said.at if one.said else None,
            "said_source": one.said.source.value if one.said else None,
            "trouble": one.trouble,
        }
        change = {k: v for k, v in values.items() if k not in ("source", "item_url")}
        tx.execute(
            insert(tx, sightings)
            .values(values)
            .on_conflict_do_update(
                index_elements=[sightings.c.source, sightings.c.item_url],
                set_=change,
                where=sightings.c.article_url.is_(None),
            )
        )


def sightings_of(tx: Connection, url: str) -> list[Sighting]:
    """Every place that listed the article at ``url``, or tried to, oldest first."""
    asked = (
        select(sightings)
        .where(or_(sightings.c.article_url == url, sightings.c.item_url == url))
        .order_by(sightings.c.seen_at, sightings.c.source)
    )
    return [_sighting(row) for row in tx.execute(asked)]


def by_source(
    tx: Connection,
    source: SourceId,
    *,
    listed: Collection[str] = (),
    led_to: Collection[str] = (),
) -> list[Sighting]:
    """What the source listed at these canonical addresses, or what led to these articles."""
    found: list[Sighting] = []
    for column, addresses in ((sightings.c.item_url, listed), (sightings.c.article_url, led_to)):
        for some in batches(addresses):
            asked = select(sightings).where(sightings.c.source == source, column.in_(some))
            found += map(_sighting, tx.execute(asked))
    return found


def seen_lately(
    tx: Connection, source: SourceId, *, listed: Collection[str], since: datetime
) -> list[tuple[Sighting, Article]]:
    """What the source brought after ``since`` and lists at these addresses, with the articles."""
    found: list[tuple[Sighting, Article]] = []
    for some in batches(listed):
        asked = (
            select(sightings)
            .join(articles, articles.c.url == sightings.c.article_url)
            .where(
                sightings.c.source == source,
                sightings.c.item_url.in_(some),
                articles.c.source == source,  # what another source brought is that one's to tell
                articles.c.first_seen > since,
            )
        )
        seen = [_sighting(row) for row in tx.execute(asked)]
        those = select(articles).where(articles.c.url.in_({one.article_url for one in seen}))
        kept = {row.url: article_of(row) for row in tx.execute(those)}
        found += [(one, kept[one.article_url]) for one in seen if one.article_url]
    return found


def renamed(tx: Connection, source: SourceId, item_url: str, *, title: str | None) -> None:
    """Note under which title the source lists an article now."""
    where = and_(sightings.c.source == source, sightings.c.item_url == item_url)
    tx.execute(sightings.update().where(where).values(title=title))


def untold_files(tx: Connection, source: SourceId) -> list[str]:
    """The addresses of the files a source brought that no issue has told."""
    is_told = select(told.c.issue).where(told.c.article_url == articles.c.url).exists()
    asked = select(articles.c.url).where(
        articles.c.source == source, articles.c.url.startswith("file:"), ~is_told
    )
    return list(tx.execute(asked).scalars())


def forget(tx: Connection, urls: Collection[str]) -> None:
    """Drop articles, and where they were seen."""
    for some in batches(urls):
        tx.execute(articles.delete().where(articles.c.url.in_(some)))


def seen_between(
    tx: Connection,
    since: datetime | None,
    until: datetime,
    sources: Collection[SourceId] | None = None,
) -> list[Article]:
    """Articles with ``since < first_seen <= until`` of these sources (None: of all), by address."""
    asked = (
        select(articles)
        .where(
            articles.c.first_seen <= until,
            articles.c.first_seen > since if since is not None else true(),
            _from(sources),
        )
        .order_by(articles.c.first_seen, articles.c.url)
    )
    return [article_of(row) for row in tx.execute(asked)]


def seen_before(
    tx: Connection, until: datetime, sources: Collection[SourceId] | None = None
) -> tuple[int, Article | None]:
    """How many articles were first seen at or before ``until``; of them the newest by its date."""
    where = and_(articles.c.first_seen <= until, _from(sources))
    count = tx.execute(select(func.count()).select_from(articles).where(where)).scalar_one()
    newest = tx.execute(
        select(articles).where(
            articles.c.url.in_(  # no text is read but its own
                select(articles.c.url)
                .where(where)
                .order_by(articles.c.dated_at.desc(), articles.c.url)
                .limit(1)
            )
        )
    ).first()
    return count, article_of(newest) if newest else None


def search(tx: Connection, words: Sequence[str], limit: int) -> list[Article]:
    """The newest articles whose title or address holds every one of ``words``, in any case."""
    holds = [
        or_(
            func.lower(articles.c.title).contains(word.lower(), autoescape=True),
            func.lower(articles.c.url).contains(word.lower(), autoescape=True),
        )
        for word in words
    ]
    asked = (
        select(articles)
        .where(and_(true(), *holds))
        .order_by(articles.c.first_seen.desc(), articles.c.url)
        .limit(limit)
    )
    return [article_of(row) for row in tx.execute(asked)]


def _from(sources: Collection[SourceId] | None) -> ColumnElement[bool]:
    return articles.c.source.in_(list(sources)) if sources is not None else true()


def _row(article: Article) -> dict[str, object]:
    return {
        "url": article.url,
        "title": article.title,
        "text": article.text,
        "dated_at": article.dated.at,
        "dated_source": article.dated.source.value,
        "dated_exact": article.dated.exact,
        "dated_day_only": article.dated.day_only,
        "first_seen": article.first_seen,
        "source": article.source,
        "source_name": article.source_name,
        "author": article.author,
        "image": article.image,
        "language": article.language,
        "tags": list(article.tags),
        "fingerprint": article.fingerprint,
    }


def article_of(row: Row[Any]) -> Article:
    """The article of a row that holds all its columns, others besides them or not."""
    values = {name: row._mapping[name] for name in articles.c.keys()}  # noqa: SIM118 -- no dict
    dated = Dated(
        at=values.pop("dated_at"),
        source=DateSource(values.pop("dated_source")),
        exact=values.pop("dated_exact"),
        day_only=values.pop("dated_day_only"),
    )
    return Article(dated=dated, tags=tuple(values.pop("tags")), **values)


def _sighting(row: Row[Any]) -> Sighting:
    values = dict(row._mapping)
    at, source = values.pop("said_at"), values.pop("said_source")
    said = Dated(at=at, source=DateSource(source)) if at and source else None
    return Sighting(said=said, **values)
