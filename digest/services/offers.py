"""A newsletter to how often a reader may have it. Pure."""

from __future__ import annotations

from digest.model import Cadence, Newsletter


def offered(newsletter: Newsletter) -> tuple[Cadence, ...]:
    """How often a reader may have it, oftenest first."""
    return tuple(one for one in Cadence if one in (newsletter.cadence, *newsletter.offers))
