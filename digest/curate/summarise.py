"""An Article to the sentences that tell it, each with its span. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryOptions:
    """``[curate.summary]``."""

    sentences: Annotated[int, Ge(1), Le(6)] = 3  # at most
    max_characters: Annotated[int, Gt(80)] = 420
