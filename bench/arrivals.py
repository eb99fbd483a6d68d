"""Posts that arrive on time whether or not the last one was answered: an open-loop client.

    python -m bench.arrivals RATE < POSTS        a line of JSON each: {"url", "form", "headers"}

Post number n is due n / RATE seconds after the first. Prints {"statuses", "seconds", "late_ms"}:
how many answers had which status, from the first arrival to the last answer, and how long after
its own arrival each was answered to the last byte. Whatever kept a post waiting, in here too,
counts against the server.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import aiohttp

PATIENCE = aiohttp.ClientTimeout(total=30)


def quantile(values: Sequence[float], share: float) -> float:
    """The least of the values that at least ``share`` of them do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


async def arrive(posts: Sequence[dict[str, Any]], rate: float) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    statuses: Counter[str] = Counter()
    late: list[float] = []

    async def post(session: aiohttp.ClientSession, one: dict[str, Any], due: float) -> None:
        try:
            async with session.post(
                one["url"], data=one["form"], headers=one["headers"], allow_redirects=False
            ) as answer:
                await answer.read()
                statuses[str(answer.status)] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            statuses[type(error).__name__] += 1
        late.append(loop.time() - due)

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session:
        first = loop.time() + 0.1
        async with asyncio.TaskGroup() as under_way:
            for number, one in enumerate(posts):
                due = first + number / rate
                await asyncio.sleep(due - loop.time())
                under_way.create_task(post(session, one, due))
        seconds = loop.time() - first
    return {
        "statuses": statuses,
        "seconds": seconds,
        "late_ms": [round(1000 * one, 3) for one in late],
    }


def main() -> None:
    posts = [json.loads(line) for line in sys.stdin]
    gc.disable()  # a pause of ours is none of the server's
    print(json.dumps(asyncio.run(arrive(posts, float(sys.argv[1])))))


if __name__ == "__main__":
    main()
