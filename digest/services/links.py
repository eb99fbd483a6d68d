"""A prepared issue to the same with its dead links told: each is asked with the polite client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from digest import htmltree
from digest.collect.fetch import Ask, Failed, Fetch
from digest.compose import links
from digest.compose.prepared import Prepared

MOST = 300  # addresses asked for one issue
AT_ONCE = 8
SECONDS = 120.0  # for all of them; who has not answered by then is not called dead

# What says that nothing is there. A host that is busy, slow or shut to programs is none of them.
_DEAD = frozenset(("404", "410", "no such host"))


async def check_links(prepared: Prepared, fetch: Fetch, *, base_url: str) -> Prepared:
    """``prepared`` with a finding for each edition that has dead links.

    Our own pages are not asked for: they are there once the issue is released.
    """
    hrefs = {edition.key: _hrefs(edition.html, base_url) for edition in prepared.editions}
    every = sorted(set().union(*hrefs.values()))[:MOST]
    dead = await _dead(every, fetch)
    found = {
        key: (*prepared.findings.get(key, ()), *links.dead_ends(own, dead))
        for key, own in hrefs.items()
    }
    return replace(prepared, findings={**prepared.findings, **found})


def _hrefs(html: str, base_url: str) -> list[str]:
    root = htmltree.tree(html)
    every = {link.href for link in links.links(root)} if root is not None else set()
    return sorted(
        href
        for href in every
        if href.startswith(("https://", "http://")) and not href.startswith(f"{base_url}/")
    )


async def _dead(hrefs: Iterable[str], fetch: Fetch) -> Mapping[str, str]:
    """Address to reason of those that are dead."""
    dead: dict[str, str] = {}
    room = asyncio.Semaphore(AT_ONCE)

    async def ask(href: str) -> None:
        async with room:
            answer = await fetch(Ask(url=href, crawl=True, accept="text/html,*/*"))
        if isinstance(answer, Failed) and answer.status in _DEAD:
            dead[href] = answer.status

    try:
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
            for href in hrefs:
                group.create_task(ask(href))
    except TimeoutError:
        pass  # what was found out until then is told
    return dead
