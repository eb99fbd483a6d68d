"""What was curated to the words why there is no issue: the window, and what is older. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from digest.curate.curation import Curated
from digest.model import Article, Newsletter


def reason(
    newsletter: Newsletter,
    curated: Curated,
    articles: Sequence[Article],
    *,
    since: datetime | None,
    until: datetime,
    before: int,
    newest_before: Article | None,
    told_before: Sequence[str],
) -> str:
    """Why there is no issue: the window, how many articles are older, the newest of them.

    ``articles``: what was there to curate from; ``before``: how many were seen before ``since``;
    ``told_before``: of these the told ones, by the period of the issue that told them.
    """
    found = len(curated.stories)
    told = f"{found} {'story' if found == 1 else 'stories'}"
    begin = f"after {since:%Y-%m-%d %H:%M} " if since else ""
    window = f"{begin}until {until:%Y-%m-%d %H:%M} UTC"
    least = max(1, newsletter.min_stories)
    least_said = f"; {newsletter.title} needs at least {least}" if least > 1 else ""
    said = [f"{told if found else 'no story'} to tell from what was seen {window}{least_said}"]
    stale = [article for article in articles if article.url in curated.stale]
    older = len(stale) + before
    candidates = [*stale, *([newest_before] if newest_before else [])]
    if candidates:
        newest = max(candidates, key=lambda article: article.dated.at)
        bound = "" if newest.dated.exact else " at the latest"
        count = f"{older:,} article is older" if older == 1 else f"{older:,} articles are older"
        said.append(
            f"{count}, the newest “{newest.title}”, dated {newest.dated.at:%Y-%m-%d}{bound}"
        )
        said += _told(older, told_before)
    elif not articles:
        said.append("no article is kept from its sources")
    return "; ".join(said)


def _told(older: int, told: Sequence[str]) -> list[str]:
    """How many of those that are older were told, and where that was one issue in which."""
    if not told:
        return []
    where = f" in the issue of {told[0]}" if len(set(told)) == 1 else ""
    if len(told) == older:
        whose = "it was" if older == 1 else "all of them were"
    else:
        whose = f"{len(told):,} of them {'was' if len(told) == 1 else 'were'}"
    return [f"{whose} told already{where}"]
