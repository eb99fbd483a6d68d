"""A new sending address earns its trust: so many a day at first, more each day. Pure."""

from __future__ import annotations

from datetime import date

from digest.deliver.options import WarmUpOptions


def allowed(options: WarmUpOptions, on: date) -> int | None:
    """Messages on a day; None once the curve is over and nothing limits.

    It grows by the same factor each day. Before its start the first day's number holds.
    """
    day = max(0, (on - options.start).days)
    if day >= options.days:
        return None
    grown: float = (options.full / options.first) ** (day / (options.days - 1))
    return min(options.full, round(options.first * grown))
