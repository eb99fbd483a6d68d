"""How well stories are told apart: BCubed on events with known articles.

    python -m bench.stories DATA_DIR [--json]

DATA_DIR holds JSON files of events, each with ``articles[].{title,text,ext_url,created_at}``. All
articles of a file are pooled and grouped. BCubed (Amigo et al. 2009) rewards, for every article,
how much of its group is its event (precision) and how much of its event is its group (recall).
Of each file: ``ours``, ``single_link`` (over the same vectors) and ``alone`` (every article is a
story) hold precision, recall and F1; ``seconds`` is what grouping took.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from digest.curate import dedupe
from digest.curate.dedupe import StoryOptions
from digest.model import Article, Dated, DateSource, SourceId


def bcubed(found: Mapping[str, Hashable], truth: Mapping[str, Hashable]) -> dict[str, float]:
    """Precision, recall and F1 over the keys of ``truth``."""
    both = Counter((found[k], truth[k]) for k in truth)
    in_group, in_event = Counter(found[k] for k in truth), Counter(truth.values())
    precision = sum(both[found[k], truth[k]] / in_group[found[k]] for k in truth) / len(truth)
    recall = sum(both[found[k], truth[k]] / in_event[truth[k]] for k in truth) / len(truth)
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / (precision + recall), 4),
    }


def read(path: Path) -> tuple[list[Article], dict[str, int]]:
    """The articles of a file, and the event of each by its address."""
    articles: list[Article] = []
    truth: dict[str, int] = {}
    for number, event in enumerate(json.loads(path.read_text("utf-8"))):
        for place, one in enumerate(event["articles"]):
            url = f"{one.get('ext_url') or 'https://a.example'}#{number}-{place}"
            at = _moment(one.get("created_at"))
            truth[url] = number
            articles.append(
                Article(
                    url=url,
                    title=one["title"] or "",
                    text=one["text"] or "",
                    dated=Dated(at=at, source=DateSource.FEED),
                    first_seen=at,
                    source=SourceId("bench"),
                    source_name="bench",
                )
            )
    return articles, truth


def _moment(said: object) -> datetime:
    if isinstance(said, dict):
        said = said.get("$date")
    if isinstance(said, int | float):
        return datetime.fromtimestamp(said / (1000 if said > 1e11 else 1), UTC)
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return datetime(2026, 1, 1, tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def labels(groups: Sequence[Sequence[Article]]) -> dict[str, int]:
    return {article.url: number for number, one in enumerate(groups) for article in one}


def single_link(articles: Sequence[Article], threshold: float) -> dict[str, int]:
    """The baseline: any pair above the threshold joins its groups."""
    parent = list(range(len(articles)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    made = dedupe.vectors(articles)
    for a in range(len(articles)):
        for b in range(a):
            if sum(w * made[b].get(t, 0.0) for t, w in made[a].items()) >= threshold:
                parent[root(a)] = root(b)
    return {article.url: root(place) for place, article in enumerate(articles)}


def measure(path: Path) -> dict[str, object]:
    articles, truth = read(path)
    began = time.perf_counter()
    groups = dedupe.group(articles)
    took = time.perf_counter() - began
    threshold = StoryOptions().similarity
    return {
        "articles": len(articles),
        "events": len(set(truth.values())),
        "groups": len(groups),
        "seconds": round(took, 3),
        "ours": bcubed(labels(groups), truth),
        "single_link": bcubed(single_link(articles, threshold), truth),
        "alone": bcubed({url: url for url in truth}, truth),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.stories",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    files = sorted(asked.data.glob("*.json")) if asked.data.is_dir() else [asked.data]
    found = {path.stem: measure(path) for path in files}
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for name, one in found.items():
        print(f"{name}: {one}")


if __name__ == "__main__":
    main()
