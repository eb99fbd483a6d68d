"""What a newsletter has come to, counted off the rows in one snapshot; no address among it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, true

from digest.delivery import State
from digest.storage import claims, reports
from digest.storage.dialect import day, domain
from digest.storage.postal import deliveries, tallies
from digest.storage.schema import (
    articles,
    consent_log,
    issues,
    subscribers,
    subscriptions,
    told,
)
from subscribers.model import Standing, Status

ISSUES = 7  # the latest: each has as many rows as readers
SOURCES = 10
DOMAINS = 8
SHARED = 3  # people; the domain of fewer says who they are
_HERE = (Status.ACTIVE.value, Status.PAUSED.value)


@dataclass(slots=True, kw_only=True)
class Flow:
    """Of one day (UTC): how many subscriptions began, and how many ended by what."""

    joined: int = 0
    left: int = 0
    bounced: int = 0
    complained: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One issue. ``bounced`` and ``complained``: what came back about it after it was sent.

    ``first_sent`` and ``last_sent`` are None where nothing was sent, and once it is rolled up.
    """

    issue: int
    newsletter: str
    cadence: str
    period: str
    state: str
    released_at: datetime
    deliveries: Mapping[str, int]  # by state
    bounced: int
    complained: int
    first_sent: datetime | None
    last_sent: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A source: the stories it led, and those it told as well as others."""

    name: str
    led: int
    also: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``subscribers``: subscriptions that are active or paused and whose address is ok; ``splits``
    of these by cadence, language, timezone and domain. ``days``: by day (UTC, ``2026-11-24``),
    those without anything left out. ``issues``: the newest first."""

    subscribers: int
    days: Mapping[str, Flow]
    issues: tuple[Figure, ...]
    splits: Mapping[str, Mapping[str, int]]
    sources: tuple[Told, ...]


def read(tx: Connection, newsletter: str | None, since: datetime) -> Figures:
    """Everything since a moment, of one newsletter or (None) of all."""
    splits = _splits(tx, newsletter)
    return Figures(
        subscribers=sum(splits["cadence"].values()),
        days=_days(tx, newsletter, since),
        issues=_issues(tx, newsletter, since),
        splits=splits,
        sources=_sources(tx, newsletter, since),
    )


def _splits(tx: Connection, newsletter: str | None) -> dict[str, dict[str, int]]:
    by = (subscriptions.c.cadence, subscribers.c.language, subscribers.c.timezone)
    reached = and_(
        subscriptions.c.status.in_(_HERE),
        subscribers.c.standing == Standing.OK.value,
        _of(subscriptions.c.newsletter, newsletter),
    )
    people = select().join_from(
        subscriptions, subscribers, subscribers.c.id == subscriptions.c.subscriber
    )
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for *values, count in tx.execute(
        people.add_columns(*by, func.count()).where(reached).group_by(*by)
    ):
        for column, value in zip(by, values, strict=True):
            counts[column.name][value] += count
    at = domain(tx, subscribers.c.address_key)
    many = (
        people.add_columns(at, func.count())
        .where(reached)
        .group_by(at)
        .having(func.count() >= SHARED)
        .order_by(func.count().desc(), at)
        .limit(DOMAINS)
    )
    counts["domain"] = Counter({row[0]: int(row[1]) for row in tx.execute(many)})
    names = ("cadence", "language", "timezone", "domain")
    return {name: dict(counts[name].most_common()) for name in names}


def _days(tx: Connection, newsletter: str | None, since: datetime) -> dict[str, Flow]:
    found: defaultdict[str, Flow] = defaultdict(Flow)
    log = consent_log.c
    on, times = day(tx, log.at), func.count()
    turns = (
        select(on, log.was, log.became, times)
        .where(log.at >= since, log.newsletter != "", _of(log.newsletter, newsletter))
        .group_by(on, log.was, log.became)
    )
    for at, was, became, count in tx.execute(turns):
        if became in _HERE and was not in _HERE:
            found[at].joined += count
        elif was in _HERE and became == Status.LEFT.value:
            found[at].left += count
    # An act on the address: each subscription that it reached counts.
    held = subscriptions.c.status.in_(_HERE) | (subscriptions.c.left_at == log.at)
    acts = (
        select(on, log.was, log.became, times)
        .join(subscriptions, subscriptions.c.subscriber == log.subscriber)
        .where(log.at >= since, log.newsletter == "", held)
        .where(_of(subscriptions.c.newsletter, newsletter))
        .group_by(on, log.was, log.became)
    )
    well = Standing.OK.value
    for at, was, became, count in tx.execute(acts):
        if (was, became) == (Standing.BOUNCED.value, well):
            found[at].joined += count
        elif (was, became) == (well, Standing.BOUNCED.value):
            found[at].bounced += count
        elif (was, became) == (well, Standing.COMPLAINED.value):
            found[at].complained += count
    return dict(sorted(found.items()))


def _issues(tx: Connection, newsletter: str | None, since: datetime) -> tuple[Figure, ...]:
    rows = tx.execute(
        select(
            issues.c.id,
            issues.c.newsletter,
            issues.c.cadence,
            issues.c.period,
            issues.c.state,
            issues.c.released_at,
        )
        .where(issues.c.released_at >= since, _of(issues.c.newsletter, newsletter))
        .order_by(issues.c.released_at.desc(), issues.c.id.desc())
        .limit(ISSUES)
    ).all()
    back = reports.came_back(tx, min((row.released_at for row in rows), default=None))
    return tuple(_figure(tx, row, back) for row in rows)


def _figure(tx: Connection, issue: Row[*tuple[Any, ...]], back: Counter[tuple[str, str]]) -> Figure:
    """What an issue's deliveries have come to: its rows, and what was rolled up of them."""
    state, settled = deliveries.c.state, deliveries.c.settled_at
    is_sent = state == State.SENT.value
    # One pass without sorting: an issue has as many rows as readers.
    *counts, first, last = tx.execute(
        select(
            *(func.count().filter(state == one.value) for one in State),
            func.min(settled).filter(is_sent),
            func.max(settled).filter(is_sent),
        ).where(deliveries.c.issue == issue.id)
    ).one()
    ended = Counter({one.value: int(count) for one, count in zip(State, counts, strict=True)})
    ended[State.SENDING.value] = sending = claims.count(tx, issue.id)
    ended[State.QUEUED.value] -= sending
    rolled_up = select(tallies.c.state, tallies.c.count).where(tallies.c.issue == issue.id)
    for name, count in tx.execute(rolled_up):
        ended[name] += count
    named = reports.name_of(issue.newsletter, issue.cadence, issue.period)
    return Figure(
        issue=issue.id,
        newsletter=issue.newsletter,
        cadence=issue.cadence,
        period=issue.period,
        state=issue.state,
        released_at=issue.released_at,
        deliveries={name: count for name, count in ended.items() if count},
        bounced=back[named, "hard"],
        complained=back[named, "complaint"],
        first_sent=first,
        last_sent=last,
    )


def _sources(tx: Connection, newsletter: str | None, since: datetime) -> tuple[Told, ...]:
    led = func.count().filter(told.c.leads)
    asked = (
        select(articles.c.source_name, led, func.count().filter(~told.c.leads))
        .join_from(told, issues, issues.c.id == told.c.issue)
        .join(articles, articles.c.url == told.c.article_url)
        .where(
            issues.c.released_at >= since,
            issues.c.corrects.is_(None),  # it tells the same once more
            _of(issues.c.newsletter, newsletter),
        )
        .group_by(articles.c.source_name)
        .order_by(led.desc(), articles.c.source_name)
        .limit(SOURCES)
    )
    return tuple(Told(name=name, led=first, also=also) for name, first, also in tx.execute(asked))


def _of(column: ColumnElement[str], newsletter: str | None) -> ColumnElement[bool]:
    return true() if newsletter is None else column == newsletter
