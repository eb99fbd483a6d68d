"""What was curated to the words why there is no issue: the window, and what is older. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    told_already: Mapping[str, str],
) -> str:
    """Why there is no issue: the window, how many articles are older, the newest of them.

    ``articles``: what was there to curate from; ``before``: how many were seen before ``since``;
    ``told_already``: the URL of each that was told, to the period of the issue that told it first.
    """
    found = len(curated.stories)
    stories = f"{found} {'story' if found == 1 else 'stories'}" if found else "no story"
    begin = f"after {since:%Y-%m-%d %H:%M} " if since else ""
    window = f"{begin}until {until:%Y-%m-%d %H:%M} UTC"
    least = max(1, newsletter.min_stories)
    least_said = f"; {newsletter.title} needs at least {least}" if least > 1 else ""
    said = [f"{stories} to tell from what was seen {window}{least_said}"]
    fresh = {article.url for article in articles} - set(curated.stale)
    told = [period for url, period in told_already.items() if url in fresh]
    if told:
        said.append(f"{_articles(len(told))} of it {_were(len(told))} told already{_where(told)}")
    stale = [article for article in articles if article.url in curated.stale]
    older = len(stale) + before
    candidates = [*stale, *([newest_before] if newest_before else [])]
    if candidates:
        newest = max(candidates, key=lambda article: article.dated.at)
        bound = "" if newest.dated.exact else " at the latest"
        said.append(
            f"{_articles(older)} {'is' if older == 1 else 'are'} older, the newest "
            f"“{newest.title}”, dated {newest.dated.at:%Y-%m-%d}{bound}"
        )
        said += _told(older, [one for url, one in told_already.items() if url not in fresh])
    elif not articles:
        said.append("no article is kept from its sources")
    return "; ".join(said)


def _told(older: int, told: Sequence[str]) -> list[str]:
    """How many of those that are older were told, and where that was one issue in which."""
    if not told:
        return []
    if len(told) == older:
        whose = "it was" if older == 1 else "all of them were"
    else:
        whose = f"{len(told):,} of them {_were(len(told))}"
    return [f"{whose} told already{_where(told)}"]


def _where(told: Sequence[str]) -> str:
    return f" in the issue of {told[0]}" if len(set(told)) == 1 else ""


def _articles(count: int) -> str:
    return f"{count:,} {'article' if count == 1 else 'articles'}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
