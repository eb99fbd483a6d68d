"""Which articles an issue may tell: window, staleness, memory. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowOptions:
    """``[curate.window]``: how old an article may be, in hours, by its own date."""

    daily_hours: Annotated[float, Gt(0)] = 48.0
    weekly_hours: Annotated[float, Gt(0)] = 192.0
    first_issue_hours: Annotated[float, Gt(0)] = 720.0
