"""What the operator must hear of, and when to say it again. Pure.

An alert has a key, the same for as long as the trouble lasts: it is told once, then again after a
time, and once more when it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from annotated_types import Ge, Gt

from digest import periods
from digest.checkup import missed
from digest.checkup.facts import Behind, Facts, LastIssue, Missing, Waiting
from digest.checkup.verdict import Check, Level
from digest.model import Newsletter
from digest.periods import Turn

LATE = timedelta(hours=1)  # mail that could have left so long ago is stuck
HALF = timedelta(minutes=15)  # a release takes seconds; one that has taken so long is not going on
RESTS = 6  # in a row: a relay that cannot be used for a quarter of an hour
ENOUGH = 200  # people; of fewer no rate is told
DOCTOR = "doctor:"  # what the keys of his alerts begin with
_WATCHED = (
    "TLS of",
    "DKIM key",
    "relay",
    "bounce mailbox",
)  # what the doctor may raise an alert for


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOptions:
    """``[alerts]``: where the lines are drawn. Rates are percent."""

    issue_late_hours: Annotated[float, Gt(0)] = 2.0
    source_days: Annotated[float, Gt(0)] = 3.0
    bounce_percent: Annotated[float, Gt(0)] = 2.0
    complaint_percent: Annotated[float, Gt(0)] = 0.1
    disk_mb: Annotated[int, Ge(0)] = 500
    repeat_hours: Annotated[float, Gt(0)] = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that needs the operator: what is wrong, and what to do."""

    key: str
    says: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What to say now: new or repeated alerts, and the keys of those that are over."""

    alerts: tuple[Alert, ...]
    over: tuple[str, ...]


def raised(
    facts: Facts, newsletters: Iterable[Newsletter], options: AlertOptions, *, now: datetime
) -> list[Alert]:
    """Every alert there is now, the gravest kind first."""
    return [
        *_issues(facts, newsletters, options, now),
        *_half_released(facts, now),
        *_relays(facts, now),
        *(list(_stuck(facts, now)) or map(_behind, facts.behind)),
        *_rates(facts, options),
        *_disk(facts, options),
        *_doctor(facts.checks),
        *_sources(facts, options, now),
    ]


def to_tell(
    alerts: Sequence[Alert],
    told: Mapping[str, datetime],
    *,
    every: timedelta,
    now: datetime,
    examined: bool = True,
) -> Telling:
    """What of it to say now. ``told``: key to when it was said last.

    ``examined`` False: what a doctor finds was not looked for, so none of it is over.
    """
    current = {alert.key for alert in alerts}
    if not examined:
        current |= {key for key in told if key.startswith(DOCTOR)}
    return Telling(
        alerts=tuple(
            alert
            for alert in alerts
            if alert.key not in told or _again(told[alert.key], every, now)
        ),
        over=tuple(sorted(key for key in told if key not in current)),
    )


def many(audience: int, options: AlertOptions) -> int:
    """How many of an audience are too many not to be reached; of a small one it is half."""
    if audience < ENOUGH:
        return (audience + 1) // 2
    return int(audience * options.bounce_percent / 100) + 1


def _again(said: datetime, every: timedelta, now: datetime) -> bool:
    # A clock that stepped back is not to silence anything for as long as it stepped.
    return not timedelta(0) <= now - said < every


def _issues(
    facts: Facts, newsletters: Iterable[Newsletter], options: AlertOptions, now: datetime
) -> Iterable[Alert]:
    late = now - timedelta(hours=options.issue_late_hours)
    for one in newsletters:
        made_at = {cadence.value for cadence in (one.cadence, *one.offers)}
        failing = [
            miss
            for miss in facts.missing
            if miss.newsletter == one.id and miss.cadence in made_at and miss.trying
        ]
        yield from (_failing(miss, own=one.cadence.value) for miss in failing)
        if not any(miss.cadence == one.cadence.value for miss in failing):
            yield from _missing(facts, one, late, now)
        yield from (
            _unapproved(one.id, issue)
            for issue in facts.waiting
            if issue.newsletter == one.id and (issue.release_by or issue.due) <= late
        )


def _unapproved(newsletter: str, one: Waiting) -> Alert:
    return Alert(
        key=f"approval:{newsletter}",
        says=f"issue {one.issue} of {newsletter}, due {_at(one.due)}, waits for approval and goes "
        "to nobody",
        cure=f"look at it, then `digest issues approve {one.issue}`, or `hold`; "
        "`digest run` sends it",
    )


def _failing(miss: Missing, *, own: str) -> Alert:
    # Of an offered cadence it is another alert than of the newsletter's own.
    offered = "" if miss.cadence == own else f":{miss.cadence}"
    return Alert(
        key=f"issue:{miss.newsletter}{offered}",
        says=f"{miss.newsletter} has no issue for {miss.period}: {miss.reason}",
        cure="mend it; until schedule.catch_up_hours are over it is tried every five minutes",
    )


def _missing(facts: Facts, one: Newsletter, late: datetime, now: datetime) -> Iterable[Alert]:
    key = (one.id, one.cadence.value)
    settled, turn = facts.settled.get(key, frozenset()), next(periods.turns_until(one, late))
    # One that never had an issue has not begun.
    if not settled or turn.period in settled or _is_before(turn, facts.since.get(key), settled):
        return
    why = next(
        (
            f": {miss.reason}"
            for miss in facts.missing
            if (miss.newsletter, miss.cadence, miss.period) == (*key, turn.period)
        ),
        f", due {_at(turn.due)}",
    )
    yield Alert(
        key=f"issue:{one.id}",
        says=f"{one.id} has no issue for {turn.period}{why}",
        cure=missed.cure(one, turn, settled=settled, now=now),
    )


def _is_before(turn: Turn, begun: datetime | None, settled: frozenset[str]) -> bool:
    """Whether nobody owed it yet: its calendar was not kept, or, if it never is, this is earlier
    than the first issue. Periods of one cadence sort as they follow one another."""
    return turn.period < min(settled) if begun is None else turn.due < begun


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _half_released(facts: Facts, now: datetime) -> Iterable[Alert]:
    for one in facts.unfinished:
        if now - one.since > HALF:
            yield Alert(
                key=f"release:{one.issue}",
                says=f"issue {one.issue} of {one.newsletter} has been half released since "
                f"{_at(one.since)} and goes to nobody",
                cure="`digest work` or `digest run` finishes and sends it, "
                f"`digest issues cancel {one.issue}` ends it",
            )


def _stuck(facts: Facts, now: datetime) -> Iterable[Alert]:
    if facts.first_due and now - facts.first_due > LATE:
        yield Alert(
            key="sending",
            says=f"mail has waited since {_at(facts.first_due)}",
            cure="see that `digest work` runs, and what `digest doctor` says",
        )


def _relays(facts: Facts, now: datetime) -> Iterable[Alert]:
    for relay in facts.relays:
        if relay.refused:
            yield Alert(
                key=f"relay:{relay.name}",
                says=f"relay {relay.name} refused us and is not used any more: {relay.refused}",
                cure=f"once that is mended, `digest relays resume {relay.name}`",
            )
        # One that rests is tried only where there is mail: of long ago it tells nothing.
        elif relay.rests >= RESTS and now - relay.until < HALF:
            yield Alert(
                key=f"relay:{relay.name}",
                says=f"relay {relay.name} cannot be used, and rests",
                cure="see why with `digest doctor`; once that is mended, "
                f"`digest relays resume {relay.name}` tries it at once",
            )


def _behind(one: Behind) -> Alert:
    least = "" if one.waits == one.audience else "at least "  # not all of very many are counted
    return Alert(
        key=f"behind:{one.issue}",
        says=f"issue {one.issue} of {one.newsletter}, due {_at(one.due)}, has not reached "
        f"{least}{one.waits:,} of {one.audience:,}"
        + (f"; the last answer: {one.said}" if one.said else ""),
        cure=f"see whom and why with `digest issues show {one.issue} --waiting`",
    )


def _rates(facts: Facts, options: AlertOptions) -> Iterable[Alert]:
    for last in facts.lasts:
        if last.failed + last.returned + last.stale >= many(last.audience, options):
            yield from _missed(last)
    if facts.written_to >= ENOUGH:
        rate = 100 * facts.complaints / facts.written_to
        if rate > options.complaint_percent:
            yield Alert(
                key="complaints",
                says=f"{rate:.2f} % of the last week's mail was called spam",
                cure="write only to people who asked for it; above 0.3 % mailbox providers refuse",
            )


def _missed(last: LastIssue) -> Iterable[Alert]:
    if last.audience < ENOUGH and not last.stale:
        return
    show = f"digest issues show {last.issue}"
    ways = (
        (last.failed, "refused", f"{show} --failed"),
        (last.returned, "returned", "digest bounces list --kind hard"),
        (last.stale, "too late", f"{show} --skipped"),
    )
    rate = 100 * sum(count for count, _, _ in ways) / last.audience
    said = " or ".join(words for count, words, _ in ways if count)
    where = max(ways, key=lambda one: one[0])[2]
    yield Alert(
        key=f"bounces:{last.newsletter}:{last.cadence}",
        says=f"{rate:.1f} % of {last.newsletter} {last.period} was not reached: {said}",
        cure=f"see whom and why with `{where}`",
    )


def _disk(facts: Facts, options: AlertOptions) -> Iterable[Alert]:
    if facts.free_bytes is not None and facts.free_bytes < options.disk_mb * 1_000_000:
        yield Alert(
            key="disk",
            says=f"{facts.free_bytes / 1e6:,.0f} MB are free on the disk",
            cure="make room; `digest prune` lets go of old rows",
        )


def _doctor(checks: Iterable[Check]) -> Iterable[Alert]:
    for check in checks:
        if check.name.startswith(_WATCHED) and check.level in (Level.WARN, Level.BAD):
            yield Alert(
                key=f"{DOCTOR}{check.name}", says=f"{check.name}: {check.says}", cure=check.cure
            )


def _sources(facts: Facts, options: AlertOptions, now: datetime) -> Iterable[Alert]:
    patience = timedelta(days=options.source_days)
    for source in facts.sources:
        well = source.succeeded_at or source.visited_at
        if source.failures and well and now - well > patience:
            yield Alert(
                key=f"source:{source.name}",
                says=f"{source.name} has failed since {well:%Y-%m-%d}: {source.error}",
                cure="look with `digest sources check`; remove it, or give its new address",
            )
