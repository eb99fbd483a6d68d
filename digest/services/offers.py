"""A newsletter to how often a reader may have it, and which topics of it. Pure."""

from __future__ import annotations

from digest.model import Cadence, Heading, Newsletter


def offered(newsletter: Newsletter) -> tuple[Cadence, ...]:
    """How often a reader may have it, oftenest first."""
    return tuple(one for one in Cadence if one in (newsletter.cadence, *newsletter.offers))


def topics_of(newsletter: Newsletter) -> tuple[Heading, ...]:
    """What a reader may choose from: the sections, as far as they can hold a story."""
    return tuple(
        one
        for one in newsletter.sections
        if not newsletter.topics or one.topic in newsletter.topics
    )
