"""When a dispatch ends by itself. Pure."""

from __future__ import annotations

from collections.abc import Callable

from digest.deliver.office import Outlook

# Asked when nothing is ready, under way or due, and when there is something and no relay may be
# used (``stuck``).
Until = Callable[[Outlook, bool], bool]


def for_ever(_: Outlook, __: bool) -> bool:
    return False


def nothing_due(_: Outlook, __: bool) -> bool:
    """What is tried again later, or cannot leave now, is left to the next dispatch."""
    return True


def all_settled(outlook: Outlook, stuck: bool) -> bool:
    return not stuck and not outlook.queued
