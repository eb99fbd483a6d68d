"""The dials of compose. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt, Le


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeOptions:
    """``[compose]``."""

    templates: Path | None = None  # the operator's own templates, looked in first, file by file
    max_html_bytes: Annotated[int, Gt(10_000), Le(102_000)] = 98_000  # Gmail clips at ~102 KB
    pictures: bool = True
    brief_after: Annotated[int, Ge(1)] = 10  # stories beyond this many become one-liners
    max_editions: Annotated[int, Ge(1)] = 500  # beyond it the rarest topics get the whole issue
    time_limit_seconds: Annotated[float, Gt(0)] = 10.0  # of a processor, for rendering one edition
