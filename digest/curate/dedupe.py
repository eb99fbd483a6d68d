"""Articles to Stories: the same news told twice becomes one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt, Le


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOptions:
    """``[curate.stories]``."""

    similarity: Annotated[float, Gt(0), Le(1)] = 0.3  # average-link cosine that joins two groups
    window_hours: Annotated[float, Gt(0)] = 72.0  # articles further apart are never one story
