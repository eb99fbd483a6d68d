"""The letter that asks the editor about an issue, on its way through the transport in force."""

from __future__ import annotations

from collections.abc import Sequence

from digest.config.settings import Settings
from digest.deliver import notice
from digest.deliver.outcome import Accepted
from digest.errors import Temporary
from digest.services import pacing
from digest.slots import blanked
from digest.storage.reviews import Review
from digest.wiring import Tools, post
from subscribers import tokens
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose


async def ask(
    settings: Settings, review: Review, text: str, tools: Tools, ring: Sequence[bytes]
) -> None:
    """Send it to ``site.operator``. Raises DigestError where it did not leave."""
    newsletter = settings.newsletters[review.newsletter]
    by = review.release_by
    until = f"It goes by itself at {by:%Y-%m-%d %H:%M} UTC." if by else "It waits for you."
    token = tokens.make(ring[0], Purpose.REVIEW, SubscriberId(str(review.issue)), newsletter.id)
    page = f"{settings.site.base_url}/review/{newsletter.id}.{token}"
    letter = notice.question(
        f"Approve {newsletter.title}: {review.subject}",
        f"{until}\n\n"
        f"Look at it and decide: {page}\n\n"
        f"Or on the machine itself\n"
        f"Send it:       digest issues approve {review.issue}\n"
        f"Keep it back:  digest issues hold {review.issue}\n\n{blanked(text)}",
        sender=newsletter.sender,
        to=settings.site.operator,
        at=tools.clock(),
    )
    outcome = await post.transport(settings, await pacing.known(tools.store))(letter)
    if not isinstance(outcome, Accepted):
        raise Temporary(f"the letter to the editor was not taken: {outcome.text}")
