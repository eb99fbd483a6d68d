"""A newsletter as the operator named it, or did not, to the one that is meant."""

from __future__ import annotations

from digest.cli import stores
from digest.config.settings import Settings
from digest.errors import Misconfigured
from digest.storage import desk
from digest.storage.desk import IssueInfo

# The state of an issue that has not ended -> what ends it.
ENDS = {"draft": "hold", "enrolling": "cancel", "released": "cancel", "paused": "cancel"}


def chosen(newsletter: str | None, settings: Settings, *, option: str = "NEWSLETTER") -> str:
    """The newsletter that is meant; the only one where none is named. Raises Misconfigured.

    ``option``: where on the command line it is named.
    """
    known = list(settings.newsletters)
    names = ", ".join(known)
    if newsletter is None:
        if len(known) == 1:
            return known[0]
        raise Misconfigured(option, f"is not given, and there are several; name one of: {names}")
    if newsletter in known:
        return newsletter
    raise Misconfigured(
        f"newsletter {newsletter!r}", f"is not in the configuration; it has: {names}"
    )


def refuse_unknown(settings: Settings, newsletter: str | None) -> None:
    """Raise Misconfigured for a name that neither the configuration nor the database knows.

    One that left the configuration and has people or issues yet can still be looked at.
    """
    if newsletter is None or newsletter in settings.newsletters:
        return
    if not stores.read(settings.storage.url, lambda store: store.read(desk.knows, newsletter)):
        chosen(newsletter, settings)


def refuse_unserved(settings: Settings, issue: int) -> None:
    """Raise Misconfigured where nothing of an issue would go, for want of its newsletter."""
    found = stores.read(settings.storage.url, lambda store: store.read(desk.find, issue))
    if found and found.state in ENDS and found.newsletter not in settings.newsletters:
        raise unserved(found, f"end the issue with `digest issues {ENDS[found.state]} {issue}`")


def unserved(issue: IssueInfo, cure: str) -> Misconfigured:
    """That the newsletter of an issue is gone; ``cure``: what else there is but to put it back."""
    return Misconfigured(
        f"newsletter {issue.newsletter!r}",
        f"is not in the configuration any more, and its issue {issue.id} goes nowhere without it: "
        f"put it back first, or {cure}",
    )
