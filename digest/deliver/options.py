"""The dials of ``[deliver]`` that are tables of their own: limits, warm-up, DKIM. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen

Count = Annotated[int, Ge(0)]  # 0: no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLimits:
    """``[deliver.each_domain]`` and ``[deliver.domains."gmail.com"]``: one recipients' domain."""

    start: Annotated[float, Ge(0)] = 0.0  # messages a second at first; 0: as fast as it goes
    ceiling: Annotated[float, Ge(0)] = 0.0  # messages a second at most; 0: none
    per_second: Count = 0
    per_minute: Count = 0
    per_hour: Count = 0
    per_day: Count = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUpOptions:
    """``warmup`` of a relay: so many a day on ``start``, more each day, ``full`` on the last."""

    start: date
    days: Annotated[int, Ge(2), Le(365)] = 42
    first: Annotated[int, Gt(0)] = 200
    full: Annotated[int, Gt(0)] = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimOptions:
    """``[deliver.dkim]``: we sign ourselves. Without the table the relay does."""

    domain: Annotated[str, MinLen(1)]
    selector: Annotated[str, MinLen(1)]
    key_file: Path
    ed25519_selector: str = ""
    ed25519_key_file: Path | None = None
    body: Literal["relaxed", "simple"] = "relaxed"
