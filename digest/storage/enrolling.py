"""The audience of an issue to its deliveries: frozen by hour and choice, written in batches.

Set-based: people never leave the database. A batch is short, so that a reader who joins meanwhile
waits for one batch and not for a million; each continues behind the last person written, so that
a release whose process died is finished by the next one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import Connection, Text, cast, delete, func, select, text, update

from digest.choices import Choice
from digest.model import NewsletterId
from digest.storage.dialect import instant, moment, side_by_side
from digest.storage.postal import deliveries, issue_choices, issue_hours
from digest.storage.schema import issues, subscribers, subscriptions

# Rows written in one go, at most. Whoever joins waits for all of them on SQLite, and elsewhere for
# the disk.
MOST = {"sqlite": 1_000, "postgresql": 2_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """A local hour people chose, and what it means for one issue. ``hour`` None: the newsletter's.

    ``timezone`` is the reader's, and empty where ``hour`` is None.
    """

    timezone: str
    hour: time | None
    due_at: datetime
    expires_at: datetime


def hours(tx: Connection, newsletter: NewsletterId, cadence: str) -> list[tuple[str, time]]:
    """The (zone, local hour) pairs chosen by anybody who takes the newsletter at this cadence."""
    asked = (
        select(subscribers.c.timezone, subscriptions.c.hour)
        .join(subscriptions, subscriptions.c.subscriber == subscribers.c.id)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.cadence == cadence,
            subscriptions.c.hour.is_not(None),
        )
        .distinct()
    )
    return [(zone, time.fromisoformat(hour)) for zone, hour in tx.execute(asked)]


def choices(tx: Connection, newsletter: NewsletterId, cadence: str) -> list[tuple[str, str]]:
    """The (topics, language) pairs chosen by anybody who takes the newsletter at this cadence.

    Topics as the text they are stored as: rows are compared with just that text.
    """
    asked = (
        select(cast(subscriptions.c.topics, Text), subscribers.c.language)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber)
        .where(subscriptions.c.newsletter == newsletter, subscriptions.c.cadence == cadence)
        .distinct()
    )
    return [(topics, language) for topics, language in tx.execute(asked)]


def freeze_audience(
    tx: Connection,
    issue: int,
    *,
    hours: Sequence[Hour],
    choices: Sequence[tuple[str, str]],
    edition_for: Callable[[Choice], str],
) -> None:
    """Keep what enrolling needs, so that it can be finished by another process.

    ``edition_for``: a choice to the key of its edition. ``hours`` holds the newsletter's own.
    """
    set_hours(tx, issue, hours)
    rows = [
        {
            "issue": issue,
            "topics": topics,
            "language": language,
            "edition": edition_for(Choice.of(json.loads(topics), language)),
        }
        for topics, language in choices
    ]
    # Of who changes their mind while the audience is written.
    other = edition_for(Choice.of((), ""))
    rows.append({"issue": issue, "topics": "", "language": "", "edition": other})
    tx.execute(issue_choices.insert(), rows)


def set_hours(tx: Connection, issue: int, hours: Sequence[Hour]) -> None:
    """When each hour is due, in place of what was kept of it before."""
    tx.execute(delete(issue_hours).where(issue_hours.c.issue == issue))
    tx.execute(
        issue_hours.insert(),
        [
            {
                "issue": issue,
                "timezone": one.timezone,
                "hour": f"{one.hour:%H:%M}" if one.hour else "",
                "due_at": one.due_at,
                "expires_at": one.expires_at,
            }
            for one in hours
        ],
    )


def enrol(tx: Connection, issue: int, at: datetime, limit: int = 1_000) -> int:
    """Write the next ``limit`` deliveries of an issue that is ``enrolling``; how many. 0: all are.

    Two processes may write them at the same time: each batch is one's or the other's.
    """
    found = tx.execute(select(issues).where(issues.c.id == issue).with_for_update()).one()
    if found.state != "enrolling":
        return 0
    last = tx.execute(
        select(func.max(deliveries.c.subscriber)).where(deliveries.c.issue == issue)
    ).scalar()
    side_by_side(tx)
    statement = _AGAIN if found.corrects is not None else _ENROL
    written = tx.execute(
        statement,
        {
            "issue": issue,
            "corrects": found.corrects,
            "newsletter": found.newsletter,
            "cadence": found.cadence,
            "at": instant(tx, at),
            "now": moment(tx, at),
            "after": last or "",
            "limit": limit,
        },
    ).rowcount
    so_far = func.coalesce(issues.c.audience, 0) + written
    tx.execute(update(issues).where(issues.c.id == issue).values(audience=so_far))
    return written


def again(tx: Connection, issue: int, newsletter: str, at: datetime) -> int:
    """How many a correction of an issue would go to now: of those who were sent it, whom its
    newsletter may write to still."""
    values = {"corrects": issue, "newsletter": newsletter, "now": moment(tx, at)}
    return int(tx.execute(_HOW_MANY_AGAIN, values).scalar_one())


# ``|| ''`` keeps the planners from the index on (newsletter, status): they would sort a million
# people for each batch, where the primary key gives them in order.
_MAY = """
    s.standing = 'ok'
    and (p.status = 'active' or (p.status = 'paused' and p.paused_until <= :now))
"""
# Of who has no hour of their own, and of who changed their choice since; as values and not as
# rows to join: then no planner can begin with them and sort the people afterwards.
_ITS_HOUR = "select {} from issue_due where issue = :issue and timezone = '' and hour = ''"
_DUE_AT, _EXPIRES_AT = _ITS_HOUR.format("due_at"), _ITS_HOUR.format("expires_at")
_EDITION = (
    "select edition from issue_choices where issue = :issue and topics = '' and language = ''"
)
_INTO = """insert into deliveries
        (issue, subscriber, edition, state, attempts, enrolled_at, due_at, expires_at,
         next_attempt_at)"""
_CHOSEN = f"coalesce(c.edition, ({_EDITION}))"
_CHOICES = """left join issue_choices c
        on c.issue = :issue and c.topics = cast(r.topics as text) and c.language = r.language"""
# The readers of a batch first (r), and then what they chose: few tables stand in the way of order.
_ENROL = text(
    f"""
    {_INTO}
    select :issue, r.subscriber, {_CHOSEN}, 'queued', 0, :at,
        coalesce(h.due_at, ({_DUE_AT})), coalesce(h.expires_at, ({_EXPIRES_AT})),
        coalesce(h.due_at, ({_DUE_AT}))
    from (
        select p.subscriber, p.hour, p.topics, s.timezone, s.language
        from subscriptions p
        join subscribers s on s.id = p.subscriber
        where p.subscriber > :after and s.id > :after and p.newsletter || '' = :newsletter
            and p.cadence = :cadence and {_MAY}
        order by p.subscriber
        limit :limit
    ) r
    left join issue_due h on h.issue = :issue and h.timezone = r.timezone and h.hour = r.hour
    {_CHOICES}
    """  # noqa: S608 -- as above
)
_WERE_SENT = """deliveries d
    join subscribers s on s.id = d.subscriber
    join subscriptions p on p.subscriber = d.subscriber and p.newsletter = :newsletter"""
_MAY_AGAIN = f"d.issue = :corrects and d.state = 'sent' and {_MAY}"
_AGAIN = text(
    f"""
    {_INTO}
    select :issue, r.subscriber, {_CHOSEN}, 'queued', 0, :at,
        ({_DUE_AT}), ({_EXPIRES_AT}), ({_DUE_AT})
    from (
        select d.subscriber, p.topics, s.language
        from {_WERE_SENT}
        where d.subscriber > :after and {_MAY_AGAIN}
        order by d.subscriber
        limit :limit
    ) r
    {_CHOICES}
    """  # noqa: S608 -- as above
)
_HOW_MANY_AGAIN = text(f"select count(*) from {_WERE_SENT} where {_MAY_AGAIN}")  # noqa: S608 -- as above
