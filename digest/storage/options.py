"""How long old rows are kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """``[storage.keep]``: for how many days old rows are kept."""

    deliveries_days: int = 90
    letters_days: int = 90
    texts_days: int = 365
    originals_days: int = 90
