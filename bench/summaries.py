"""How well summaries say what people would: ROUGE F1 against highlights, beside lead-3.

    python -m bench.summaries CSV_OR_DIR [--json] [--limit N]

Reads ``article,highlights`` columns. ROUGE-1, -2 and -L (Lin 2004; L over the whole summary as one
sequence), words lower-cased, letters and digits only, no stemming. Also counts sentences whose span
does not give back their text: ``broken_spans``, which must be 0. ``ours`` and ``lead_3`` are
[ROUGE-1, ROUGE-2, ROUGE-L], 0 to 100; ``sentences`` is how many of ours there are an article.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

from digest.curate import sentences
from digest.curate.summarise import summarise
from digest.model import Article, Dated, DateSource, SourceId

AT = datetime(2026, 1, 1, tzinfo=UTC)


def rouge(said: str, wanted: str) -> tuple[float, float, float]:
    """ROUGE-1, -2 and -L F1, each times 100."""
    a, b = _words(said), _words(wanted)
    return (
        _f1(_shared(_grams(a, 1), _grams(b, 1)), len(a), len(b)),
        _f1(_shared(_grams(a, 2), _grams(b, 2)), len(a) - 1, len(b) - 1),
        _f1(_common(a, b), len(a), len(b)),
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def _grams(words: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[n:] for n in range(size)), strict=False))


def _shared(a: Counter[tuple[str, ...]], b: Counter[tuple[str, ...]]) -> int:
    return (a & b).total()


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for word in a:
        before = 0
        for place, other in enumerate(b, 1):
            before, row[place] = (
                row[place],
                (before + 1 if word == other else max(row[place], row[place - 1])),
            )
    return row[-1]


def _f1(shared: int, a: int, b: int) -> float:
    return 200 * shared / (a + b) if shared and a > 0 and b > 0 else 0.0


def article(text: str) -> Article:
    return Article(
        url="https://bench.example/a",
        title="",
        text=re.sub(r"\n+", "\n\n", text.strip()),
        dated=Dated(at=AT, source=DateSource.FEED),
        first_seen=AT,
        source=SourceId("bench"),
        source_name="bench",
    )


def lead(one: Article, count: int) -> str:
    spans = sentences.split(one.text)[:count]
    return " ".join(one.text[span.start : span.end] for span in spans)


def measure(path: Path, limit: int) -> dict[str, object]:
    csv.field_size_limit(sys.maxsize)
    ours: list[tuple[float, float, float]] = []
    first: list[tuple[float, float, float]] = []
    counts: list[int] = []
    broken = 0
    took = 0.0
    with path.open(newline="", encoding="utf-8") as stream:
        for number, row in enumerate(csv.DictReader(stream)):
            if number == limit:
                break
            one = article(row["article"])
            began = time.perf_counter()
            found = summarise(one)
            took += time.perf_counter() - began
            counts.append(len(found))
            broken += sum(one.text[s.start : s.end] != s.text for s in found)
            ours.append(rouge(" ".join(s.text for s in found), row["highlights"]))
            first.append(rouge(lead(one, 3), row["highlights"]))
    return {
        "articles": len(ours),
        "ours": [round(mean(column), 2) for column in zip(*ours, strict=True)],
        "lead_3": [round(mean(column), 2) for column in zip(*first, strict=True)],
        "sentences": round(mean(counts), 2),
        "ms_per_article": round(1000 * took / len(ours), 2),
        "broken_spans": broken,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.summaries",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    files = sorted(asked.data.glob("*.csv")) if asked.data.is_dir() else [asked.data]
    found = {path.stem: measure(path, asked.limit) for path in files}
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for name, one in found.items():
        print(f"{name}: {one}")


if __name__ == "__main__":
    main()
