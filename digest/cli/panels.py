"""Figures of a newsletter to the lines of ``digest stats``. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from digest.checkup.alerts import ENOUGH
from digest.cli import charts
from digest.cli.charts import (
    Bar,
    Signs,
    bars,
    columns,
    cut,
    fitting,
    shares,
    spark,
    squeezed,
    thinned,
    wrapped,
)
from digest.cli.counted import counted
from digest.storage.figures import Figure, Figures, Flow

INDENT = "  "
LEAST = charts.NARROW + len(INDENT)  # columns; the narrowest sheet
HEIGHT = 5  # lines of the chart of subscribers
VALUES = 6  # of a split
REFUSED_BY_PROVIDERS = 0.3  # percent called spam, from which Gmail and Yahoo refuse mail
WEEK = 7
MARGIN = 22  # columns before a sparkline: what it is, and how many in all
_WAITING = ("queued", "sending", "held")
_TITLES = {
    "cadence": "By cadence",
    "language": "By language",
    "timezone": "By time zone",
    "domain": "By domain of the address",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """How it is to be drawn. ``bounce`` and ``complaint``: where alerts begin, percent."""

    width: int
    signs: Signs
    bounce: float
    complaint: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day (UTC) and the subscribers at its end."""

    on: date
    flow: Flow
    subscribers: int


def days(found: Figures, first: date, last: date) -> list[Day]:
    """Each day from the first to the last: reckoned back from the subscribers there are now."""
    total, told = found.subscribers, []
    for back in range((last - first).days + 1):
        on = last - timedelta(days=back)
        flow = found.days.get(on.isoformat(), Flow())
        told.append(Day(on=on, flow=flow, subscribers=max(0, total)))
        total += flow.left + flow.bounced + flow.complained - flow.joined
    return told[::-1]


def bounce_percent(one: Figure) -> float | None:
    """Of those an issue was sent to or refused: refused at once, or bounced later."""
    tried = one.deliveries.get("sent", 0) + one.deliveries.get("failed", 0)
    return 100 * (one.deliveries.get("failed", 0) + one.bounced) / tried if tried else None


def complaint_percent(one: Figure) -> float | None:
    """Of those an issue was sent to."""
    sent = one.deliveries.get("sent", 0)
    return 100 * one.complained / sent if sent else None


def a_second(one: Figure) -> float | None:
    """Messages a second from the first to the last; None where the times are gone."""
    seconds = seconds_of(one)
    return None if seconds is None else one.deliveries.get("sent", 0) / max(seconds, 1.0)


def seconds_of(one: Figure) -> float | None:
    """From the first message to the last; None where the times are gone."""
    if one.first_sent is None or one.last_sent is None:
        return None
    return (one.last_sent - one.first_sent).total_seconds()


def lines(found: Figures, told: Sequence[Day], sheet: Sheet) -> Iterator[str]:
    """Everything, panel after panel; none that has nothing to show."""
    yield from _people(told, sheet)
    if found.issues:
        named = _named(found.issues)
        yield from _issues(named, sheet)
        yield from _rates(named, sheet)
        yield from _speed(named, sheet)
    for name, split in found.splits.items():
        yield from _split(_TITLES[name], split, found.subscribers, sheet)
    if found.sources:
        yield from _titled("Stories told, by source", sheet)
        yield from _bars(
            [
                Bar(one.name, one.led, f"{one.led:,}{f' and {one.also:,} also' * bool(one.also)}")
                for one in found.sources
            ],
            sheet,
        )


def _people(told: Sequence[Day], sheet: Sheet) -> Iterator[str]:
    now, before = told[-1].subscribers, told[0]
    began = (
        before.subscribers
        - before.flow.joined
        + (before.flow.left + before.flow.bounced + before.flow.complained)
    )
    change = now - max(0, began)
    yield from _words(
        f"{counted(now, 'subscriber')}, {change:+,} in {counted(len(told), 'day')}", sheet
    )
    room = max(1, sheet.width - MARGIN)
    each = 1 if len(told) <= room else max(WEEK, fitting(len(told), room))
    totals = thinned([day.subscribers for day in told], each)
    yield from (
        INDENT + line for line in columns(totals, sheet.width - len(INDENT), HEIGHT, sheet.signs)
    )
    unit = {1: "a day", WEEK: "a week"}.get(each, f"{each} days")
    span = [f"{told[0].on} to {told[-1].on} UTC", f"each column {unit}"]
    yield from wrapped(span, sheet.width, sheet.signs)
    for name in ("joined", "left", "bounced", "complained"):
        counts = squeezed([getattr(day.flow, name) for day in told], each)
        drawn = spark(counts, room, sheet.signs)
        yield cut(f"  {name:<10}{sum(counts):>9,.0f} {drawn}".rstrip(), sheet.width, sheet.signs)


def _issues(some: Mapping[str, Figure], sheet: Sheet) -> Iterator[str]:
    signs = sheet.signs.kinds
    yield from _titled("The last issues", sheet)
    legend = ("sent", "failed", "skipped", "waiting")
    key = [f"{sign} {name}" for sign, name in zip(signs, legend, strict=True)]
    yield from wrapped(key, sheet.width, sheet.signs)
    parts = [_parts(one.deliveries) for one in some.values()]
    most = max(sum(one) for one in parts) or 1
    for name, counts in zip(some, parts, strict=True):
        said = [f"{count:,} {what}" for count, what in zip(counts, legend, strict=True) if count]
        yield from wrapped([name, *(said or ["to nobody"])], sheet.width, sheet.signs)
        length = max(len(counts), (sheet.width - len(INDENT)) * sum(counts) // most)
        if drawn := shares(counts, length, sheet.signs):
            yield INDENT + drawn


def _parts(ended: Mapping[str, int]) -> list[int]:
    whole = [ended.get(name, 0) for name in ("sent", "failed", "skipped")]
    return [*whole, sum(ended.get(name, 0) for name in _WAITING)]


def _rates(some: Mapping[str, Figure], sheet: Sheet) -> Iterator[str]:
    refused = [
        (name, rate) for name, one in some.items() if (rate := bounce_percent(one)) is not None
    ]
    if not refused:
        return
    # Of few no rate is told: one of them would be many percent.
    large = {name for name, one in some.items() if sum(one.deliveries.values()) >= ENOUGH}
    alert = {sheet.bounce: "alert from"} if large else {}
    yield from _titled("Refused or bounced", sheet)
    yield from _bars(_lined(refused, alert, large), sheet)
    yield from _titled("Called spam", sheet)
    called = [
        (name, rate) for name, one in some.items() if (rate := complaint_percent(one)) is not None
    ]
    limits = {REFUSED_BY_PROVIDERS: "refusal from"}
    if sum(one.deliveries.get("sent", 0) for one in some.values()) >= ENOUGH:
        limits[sheet.complaint] = "alert from"  # it is of all that went out
    yield from _bars(_lined(called, limits, some), sheet)


def _lined(
    rates: Sequence[tuple[str, float]], limits: Mapping[float, str], measured: Container[str]
) -> list[Bar]:
    """A bar for each issue and, to hold those of ``measured`` against, one for each limit."""
    drawn = sorted(limits)
    told = [Bar(limits[one], one, f"{one:g} %") for one in drawn]
    for name, rate in rates:
        over = [limit for limit in drawn if rate > limit and name in measured]
        said = f"{rate:.2f} %" + (f", over {over[-1]:g} %" if over else "")
        told.append(Bar(name, rate, said))
    return told


def _speed(some: Mapping[str, Figure], sheet: Sheet) -> Iterator[str]:
    sent = [
        Bar(name, pace, f"{pace:,.1f}, {_length(seconds)}")
        for name, one in some.items()
        if (pace := a_second(one)) is not None and (seconds := seconds_of(one)) is not None
    ]
    if sent:
        yield from _titled("Messages a second; first to last", sheet)
        yield from _bars(sent, sheet)


def _length(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _split(title: str, split: Mapping[str, int], whole: int, sheet: Sheet) -> Iterator[str]:
    if not split or not whole:
        return
    shown = list(split.items())[:VALUES]
    if len(shown) == 1 and shown[0][1] == whole:
        yield from _titled(f"{title}: {shown[0][0]} only", sheet)
        return
    yield from _titled(title, sheet)
    if (rest := whole - sum(count for _, count in shown)) > 0:
        shown.append(("others", rest))
    yield from _bars(
        [Bar(name, count, f"{count:,} {100 * count / whole:3.0f} %") for name, count in shown],
        sheet,
    )


def _named(some: Sequence[Figure]) -> dict[str, Figure]:
    """Each issue by as short a name as tells it from the others."""
    alone = len({one.newsletter for one in some}) == 1
    short = [one.period if alone else f"{one.newsletter} {one.period}" for one in some]
    return {
        name if short.count(name) == 1 else f"{name} {one.cadence}": one
        for name, one in zip(short, some, strict=True)
    }


def _bars(some: Sequence[Bar], sheet: Sheet) -> Iterator[str]:
    yield from (INDENT + line for line in bars(some, sheet.width - len(INDENT), sheet.signs))


def _titled(title: str, sheet: Sheet) -> Iterator[str]:
    yield ""
    yield from _words(title, sheet)


def _words(said: str, sheet: Sheet) -> Iterator[str]:
    yield cut(said, sheet.width, sheet.signs)
