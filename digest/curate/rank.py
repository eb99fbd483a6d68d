"""Stories to Stories in order, each score with its reasons. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt


@dataclass(frozen=True, slots=True, kw_only=True)
class RankOptions:
    """``[curate.rank]``."""

    half_life_hours: Annotated[float, Gt(0)] = 24.0
    coverage_weight: Annotated[float, Ge(0)] = 0.5  # what each doubling of outlets adds
    short_words: Annotated[int, Ge(0)] = 80  # shorter articles rank lower
    long_words: Annotated[int, Gt(0)] = 4000  # so do endless ones
    max_per_source: Annotated[int, Ge(1)] = 4
