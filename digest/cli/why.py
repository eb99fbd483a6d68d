"""``digest why``: one article explained: seen where, dated how, told or left out, by which rule."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from digest import wiring
from digest.cli import Context
from digest.cli.articles import kept
from digest.compose.report import Json, Rehearsal, report
from digest.config.load import load_for
from digest.curate import urls
from digest.errors import Misconfigured
from digest.model import Article
from digest.services.publish import draft
from digest.storage import articles as articles_table
from digest.storage.articles import Sighting

SHOWN = 5
OWED = "its host was in trouble; the page is asked for again at every visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What storage holds of one article. No ``article``: it was seen and could not be read."""

    url: str
    article: Article | None
    sightings: Sequence[Sighting]


@click.command("why")
@click.argument("words", nargs=-1, required=True, metavar="URL-OR-WORDS")
@click.option("--from", "out", type=click.Path(path_type=Path), help="A rehearsal's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(context: Context, words: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Explain what became of one article, named by its address or by words of its title.

    With --from: in that rehearsal. Without: in the issues that would be made now from what
    `digest gather` has kept.
    """
    found, reports = asyncio.run(_look(context, words, out))
    if not found:
        raise Misconfigured(
            " ".join(words),
            "was never seen; `digest articles list` shows what was, `digest sources check` who is "
            "in trouble",
        )
    told = [{**_record(known), "verdicts": _verdicts(known, reports)} for known in found]
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for one in told:
        for line in why_lines(one):
            click.echo(line)


def why_lines(told: dict[str, Any]) -> Iterator[str]:
    """One article's record in words."""
    yield str(told["title"] or told["url"])
    yield f"  {told['url']}"
    for seen in told["seen"]:
        said = f"; it said {seen['said']}" if seen["said"] else ""
        yield f"  seen     {seen['at']} in {seen['source']}{said}"
        if seen["trouble"]:
            yield f"           could not be read: {seen['trouble']}"
    if told["dated"]:
        yield f"  dated    {told['dated']}"
    for verdict in told["verdicts"]:
        yield f"  {verdict['newsletter']:<8} {verdict['verdict']}"
        for reason in verdict["reasons"]:
            yield f"           {reason}"
    yield ""


async def _look(
    context: Context, words: tuple[str, ...], out: Path | None
) -> tuple[list[Known], list[Json]]:
    settings = load_for(context.config).settings
    async with kept(context, out) as store:
        found = await store.read(_known, words)
        if out is not None:
            return found, [_report_of(out)]
        reports: list[Json] = []
        async with wiring.world(settings) as world:
            for newsletter in settings.newsletters.values():
                prepared = await draft(
                    store,
                    newsletter,
                    wiring.imprint(settings, media=settings.storage.media),
                    isolate=world.isolate,
                    clock=world.clock,
                )
                reports.append(
                    report(
                        Rehearsal(
                            newsletter=newsletter.id,
                            at=prepared.at,
                            issue=prepared.issue,
                            reason=prepared.reason,
                            left_out=prepared.left_out,
                            sources=(),
                            editions=(),
                            audience=0,
                            out="",
                        )
                    )
                )
        return found, reports


def _known(tx: Connection, words: Sequence[str]) -> list[Known]:
    if len(words) == 1 and "://" in words[0]:
        url = urls.canonical(words[0])
        # A part of a page is kept with its fragment.
        article = articles_table.by_url(tx, words[0]) or articles_table.by_url(tx, url)
        seen = articles_table.sightings_of(tx, article.url if article else url)
        return [Known(url=url, article=article, sightings=seen)] if article or seen else []
    return [
        Known(
            url=article.url,
            article=article,
            sightings=articles_table.sightings_of(tx, article.url),
        )
        for article in articles_table.search(tx, words, SHOWN)
    ]


def _report_of(out: Path) -> Json:
    path = out / "report.json"
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(
            str(path), f"cannot be read; run `digest send --dry-run --out {out}` again"
        ) from error
    assert isinstance(loaded, dict)
    return loaded


def _record(known: Known) -> dict[str, Any]:
    article = known.article
    titles = [one.title for one in known.sightings if one.title]
    return {
        "url": article.url if article else known.url,
        "title": article.title if article else (titles[0] if titles else None),
        "dated": _dated(article) if article else None,
        "seen": [
            {
                "at": f"{one.seen_at:%Y-%m-%d %H:%M} UTC",
                "source": one.source,
                "said": f"{one.said.at:%Y-%m-%d %H:%M} UTC ({one.said.source.value})"
                if one.said
                else None,
                "trouble": one.trouble or (None if one.article_url else OWED),
            }
            for one in known.sightings
        ],
    }


def _dated(article: Article) -> str:
    bound = "" if article.dated.exact else " at the latest"
    return f"{article.dated.at:%Y-%m-%d %H:%M} UTC{bound} ({article.dated.source.value})"


def _verdicts(known: Known, reports: Sequence[Json]) -> list[dict[str, Any]]:
    url = known.article.url if known.article else known.url
    return [_verdict(url, said) for said in reports]


def _verdict(url: str, said: Json) -> dict[str, Any]:
    issue: Any = said["issue"]
    left_out: Any = said["left_out"]
    newsletter = said["newsletter"]
    for place, story in enumerate(issue["stories"] if issue else (), 1):
        told_in = [story["url"], *(one["url"] for one in story["also"])]
        if url in told_in:
            role = "leads" if url == story["url"] else f"is also covered in “{story['title']}”,"
            return {
                "newsletter": newsletter,
                "verdict": f"in: {role} story {place}, score {story['score']:.3f}",
                "reasons": story["reasons"],
            }
    for out in left_out:
        if out["url"] == url:
            return {"newsletter": newsletter, "verdict": f"out: {out['reason']}", "reasons": []}
    window = f"first seen outside the window that ends at {said['at']}, or not one of its sources"
    return {"newsletter": newsletter, "verdict": f"out: {window}", "reasons": []}
