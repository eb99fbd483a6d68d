"""How clean pages are read: F1 of the extracted text against the article people marked.

    python -m bench.extraction DIR [--json] [--limit N]

DIR holds ``html/ID.html.gz`` and either ``ground-truth.json`` ({ID: {articleBody, url}}; scored by
4-gram shingles, macro over pages: precision and recall averaged, then their harmonic mean) or
``ground-truth/ID.json`` ({url, ground_truth: {main_content, publish_date, ...}}; scored by words,
F1 per page, averaged). Of ours (``digest_``) and of trafilatura's own default (``trafilatura_``):
``precision``, ``recall``, ``f1``, each 0 to 1, and ``ms``, the milliseconds a page.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import trafilatura

from digest.collect import charset
from digest.curate import extract
from digest.errors import DigestError


@dataclass(frozen=True, slots=True)
class Page:
    html: bytes
    url: str
    wanted: str
    shingles: bool


def pages(folder: Path) -> Iterator[Page]:
    whole = folder / "ground-truth.json"
    if whole.exists():
        for name, truth in sorted(json.loads(whole.read_text()).items()):
            body = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes())
            yield Page(body, truth.get("url", ""), truth["articleBody"], shingles=True)
        return
    for path in sorted((folder / "ground-truth").glob("*.json")):
        truth = json.loads(path.read_text())
        body = gzip.decompress((folder / "html" / f"{path.stem}.html.gz").read_bytes())
        wanted = truth["ground_truth"].get("main_content")
        if wanted is None:
            continue
        yield Page(body, truth.get("url", ""), wanted, shingles=False)


def ours(page: Page) -> str:
    try:
        return extract.body(charset.decode(page.html), page.url)
    except DigestError:
        return ""


def theirs(page: Page) -> str:
    return trafilatura.extract(page.html, url=page.url, include_comments=False) or ""


def scored(page: Page) -> tuple[tuple[float, float], tuple[float, float], float, float]:
    """(precision, recall) of ours and theirs, and the seconds each took."""
    began = time.perf_counter()
    mine = ours(page)
    half = time.perf_counter()
    other = theirs(page)
    end = time.perf_counter()
    score = _shingled if page.shingles else _worded
    return score(mine, page.wanted), score(other, page.wanted), half - began, end - half


def _shingled(said: str, wanted: str) -> tuple[float, float]:
    """The measure of scrapinghub/article-extraction-benchmark: true positives over 4-grams."""
    a, b = _grams(_tokens(said)), _grams(_tokens(wanted))
    shared = (a & b).total()
    precision = shared / a.total() if a else float(not b)
    recall = shared / b.total() if b else float(not a)
    return precision, recall


def _grams(tokens: list[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[n : n + 4]) for n in range(max(1, len(tokens) - 3)) if tokens)


def _worded(said: str, wanted: str) -> tuple[float, float]:
    a, b = Counter(_tokens(said.lower())), Counter(_tokens(wanted.lower()))
    shared = (a & b).total()
    return (shared / a.total() if a else 0.0), (shared / b.total() if b else 0.0)


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _f1(pair: tuple[float, float]) -> float:
    return 2 * pair[0] * pair[1] / sum(pair) if sum(pair) else 0.0


def summary(folder: Path, limit: int | None) -> dict[str, float]:
    every = list(pages(folder))[:limit]
    if not every:
        raise SystemExit(f"{folder}: no pages; expected html/*.html.gz and a ground truth")
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(scored, every, chunksize=8))
    pick: list[Callable[..., tuple[float, float]]] = [lambda r: r[0], lambda r: r[1]]
    result: dict[str, float] = {"pages": len(rows)}
    for name, chosen in zip(("digest", "trafilatura"), pick, strict=True):
        pairs = [chosen(row) for row in rows]
        macro = (mean(p for p, _ in pairs), mean(r for _, r in pairs))
        result[f"{name}_precision"], result[f"{name}_recall"] = macro
        result[f"{name}_f1"] = _f1(macro) if every[0].shingles else mean(map(_f1, pairs))
    result["digest_ms"] = 1000 * mean(row[2] for row in rows)
    result["trafilatura_ms"] = 1000 * mean(row[3] for row in rows)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--limit", type=int)
    given = parser.parse_args()
    found = summary(given.folder, given.limit)
    if given.json:
        json.dump(found, sys.stdout, indent=2)
        print()
        return
    print(f"{int(found['pages'])} pages of {given.folder}")
    for name in ("digest", "trafilatura"):
        print(
            f"{name:>12}  F1 {found[f'{name}_f1']:.4f}  precision {found[f'{name}_precision']:.3f}"
            f"  recall {found[f'{name}_recall']:.3f}  {found[f'{name}_ms']:.1f} ms a page"
        )


if __name__ == "__main__":
    main()
