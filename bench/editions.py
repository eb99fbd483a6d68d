"""How long preparing an issue takes when its readers chose many editions of it.

    python -m bench.editions [--editions N] [--stories N] [--json]

An issue of N stories (12, as shipped) on ten topics, some with pictures, in a database of its own;
readers in six languages who chose so many sets of topics that N editions (200) differ. Measured is
``prepare`` as the program runs it, curation and pictures within: ``first_seconds`` for the issue
when nobody chose anything and no worker is running yet, ``one_edition_seconds`` for the same once
workers are there, ``seconds`` for all editions. ``checked``: every edition has its words in its
language and none is told to stop.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations, islice
from pathlib import Path

from digest.choices import Choice
from digest.collect.fetch import Ask, Fetched
from digest.compose import templates
from digest.compose.options import ComposeOptions
from digest.compose.prepared import Prepared
from digest.curate.curation import CurateOptions
from digest.isolation import Workers
from digest.model import (
    Article,
    Dated,
    DateSource,
    Heading,
    Newsletter,
    NewsletterId,
    Source,
    SourceId,
    SourceKind,
)
from digest.services.publish import Imprint, prepare
from digest.storage import articles
from digest.storage.database import Store

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
LANGUAGES = ("en", "de", "fr", "es", "ru", "ar")
TOPICS = "harbour town arts work schools sport rivers markets weather letters".split()
PICTURES = ("sample:lead.jpg", "sample:choir.jpg", "sample:lamp.jpg", "sample:market.jpg")
NEWSLETTER = Newsletter(
    id=NewsletterId("daily"),
    title="The Quayside",
    sender="The Quayside <digest@quayside.example>",
    sections=tuple(Heading(topic=topic, title=topic.capitalize()) for topic in TOPICS),
    max_stories=60,
)


def measure(editions: int, stories: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as name:
        times, found = asyncio.run(
            _prepared(Path(name), stories, [{}, {}, dict(islice(_choices(), editions))])
        )
    first, alone, seconds = times
    assert len(found.editions) == editions, f"{len(found.editions)} editions differ"
    for edition in found.editions:
        assert f'lang="{edition.language}"' in edition.html
        assert not [one for one in found.findings[edition.key] if one.level == "stops"]
    return {
        "editions": editions,
        "stories": stories,
        "seconds": round(seconds, 2),
        "first_seconds": round(first, 2),
        "one_edition_seconds": round(alone, 2),
        "ms_an_edition": round(1000 * (seconds - alone) / max(1, editions - 1), 1),
        "html_bytes_median": statistics.median(len(e.html.encode()) for e in found.editions),
        "languages": len({edition.language for edition in found.editions}),
        "cores": len(os.sched_getaffinity(0)),
        "checked": True,
    }


def _choices() -> Iterator[tuple[Choice, int]]:
    """The whole issue first, then every set of topics, in one language after another."""
    yield Choice.of((), "en"), 1_000
    for size in range(1, len(TOPICS)):
        for topics in combinations(TOPICS, size):
            for language in LANGUAGES:
                yield Choice.of(topics, language), 1


async def _prepared(
    folder: Path, stories: int, rounds: list[dict[Choice, int]]
) -> tuple[list[float], Prepared]:
    store = await Store.open(f"sqlite:///{folder / 'digest.db'}")
    sources = {source.id: source for source in map(_source, TOPICS)}
    await store.write(lambda tx: [articles.save(tx, one) for one in _articles(stories)])
    imprint = Imprint(
        site_name="The Quayside",
        base_url="https://quayside.example",
        postal_address="1 Ferry Steps",
        sources=sources,
        curate=CurateOptions(),
        compose=ComposeOptions(max_editions=10_000),
        templates=(templates.ours() / "email",),
        media=folder / "media",
    )
    times = []
    async with Workers() as isolate:
        for choices in rounds:
            began = time.perf_counter()
            found = await prepare(
                store,
                NEWSLETTER,
                imprint,
                fetch=_nobody,
                isolate=isolate,
                clock=lambda: NOW,
                choices=choices,
            )
            times.append(time.perf_counter() - began)
    await store.close()
    assert found.issue is not None
    assert len(found.issue.stories) == stories, found.left_out
    return times, found


async def _nobody(ask: Ask) -> Fetched:
    raise AssertionError(f"{ask.url}: a bench asks nobody")


def _source(topic: str) -> Source:
    url = f"https://{topic}.example/feed.xml"
    return Source(
        id=SourceId(url), kind=SourceKind.FEED, location=url, name=f"The {topic}", topic=topic
    )


def _articles(count: int) -> list[Article]:
    """Articles with no word in common, so that no two are one story."""
    dice = random.Random(5)
    made = []
    for n in range(count):
        source = _source(TOPICS[n % len(TOPICS)])
        seen = NOW - timedelta(minutes=20 * (n + 1))
        words = ["".join(dice.choices("bcdfglmnprst", k=2)) + str(w) + chr(97 + n % 26) * 3
                 for w in range(400)]  # fmt: skip
        sentences = (" ".join(words[at : at + 16]).capitalize() + "." for at in range(0, 400, 16))
        made.append(
            Article(
                url=f"https://{source.topic}.example/{n}",
                title=f"Headline {n} " + " ".join(dice.sample(words, 7)),
                text=" ".join(sentences),
                dated=Dated(at=seen, source=DateSource.FEED),
                first_seen=seen,
                source=source.id,
                source_name=source.name,
                image=PICTURES[n // 3 % len(PICTURES)] if n % 3 == 0 else None,
                fingerprint=str(n),
            )
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.editions",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--editions", type=int, default=200)
    parser.add_argument("--stories", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked.editions, asked.stories)
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name:>20}: {value:,}")


if __name__ == "__main__":
    main()
