"""``digest why``: one article explained: seen where, dated how, told or left out, by which rule."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from digest import wiring
from digest.cli import Context
from digest.cli.articles import kept
from digest.compose.report import Json, Rehearsal, report
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.curate import urls
from digest.errors import Misconfigured
from digest.model import Article, Newsletter, SourceId
from digest.plain import dumped
from digest.services.publish import draft
from digest.storage import articles as articles_table
from digest.storage import issues as issues_table
from digest.storage.articles import Sighting
from digest.storage.database import Store
from digest.storage.issues import Place
from digest.wiring import World

SHOWN = 5
OWED = "its host was in trouble; the page is asked for again at every visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What storage holds of one article. No ``article``: it was seen and could not be read."""

    url: str
    article: Article | None
    sightings: Sequence[Sighting]
    places: Sequence[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What one newsletter would tell. ``cadence`` None: in a rehearsal."""

    said: Json
    cadence: str | None
    sources: frozenset[SourceId]
    since: datetime | None
    until: datetime


@click.command("why")
@click.argument("words", nargs=-1, required=True, metavar="URL-OR-WORDS")
@click.option("--from", "out", type=click.Path(path_type=Path), help="A rehearsal's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(context: Context, words: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Explain what became of one article, named by its address or by words of its title.

    With --from: in that rehearsal. Without: in which issue it was told, or else in the issues that
    would be made now from what `digest gather` has kept.
    """
    found, made = asyncio.run(_look(context, words, out))
    if not found:
        raise Misconfigured(
            " ".join(words),
            "was never seen; `digest articles list` shows what was, `digest sources check` who is "
            "in trouble",
        )
    told = [{**_record(known), "verdicts": _verdicts(known, made)} for known in found]
    if as_json:
        click.echo(dumped(told))
        return
    for one in told:
        for line in why_lines(one):
            click.echo(line)


def why_lines(told: dict[str, Any]) -> Iterator[str]:
    """One article's record in words."""
    yield str(told["title"] or told["url"])
    yield f"  {told['url']}"
    for seen in told["seen"]:
        said = f"; it said {_date(seen['said'])}" if seen["said"] else ""
        yield f"  seen     {_moment(seen['at'])} in {seen['source']}{said}"
        if seen["trouble"]:
            yield f"           could not be read: {seen['trouble']}"
    if told["dated"]:
        yield f"  dated    {_date(told['dated'])}"
    for verdict in told["verdicts"]:
        yield f"  {verdict['newsletter']:<8} {verdict['verdict']}"
        for reason in verdict["reasons"]:
            yield f"           {reason}"
    yield ""


async def _look(
    context: Context, words: tuple[str, ...], out: Path | None
) -> tuple[list[Known], list[Made]]:
    settings = load_for(context.config).settings
    async with kept(context, out) as store:
        found = await store.read(_known, words, out is None)
        if out is not None:
            return found, [_rehearsed(settings, _report_of(out))]
        async with wiring.world(settings) as world:
            return found, [
                await _now(settings, newsletter, store, world)
                for newsletter in settings.newsletters.values()
            ]


async def _now(settings: Settings, newsletter: Newsletter, store: Store, world: World) -> Made:
    imprint = wiring.imprint(settings, media=settings.storage.media)
    cadence = newsletter.cadence.value
    last = await store.read(issues_table.last, newsletter.id, cadence)
    prepared = await draft(store, newsletter, imprint, isolate=world.isolate, clock=world.clock)
    told = Rehearsal(
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
    return Made(
        said=report(told),
        cadence=cadence,
        sources=_sources(settings, newsletter.id),
        since=last.until if last else None,
        until=prepared.at,
    )


def _rehearsed(settings: Settings, said: Json) -> Made:
    name, issue = str(said["newsletter"]), said["issue"]
    return Made(
        said=said,
        cadence=None,
        sources=_sources(settings, name),
        since=datetime.fromisoformat(issue["since"]) if isinstance(issue, dict) else None,
        until=datetime.fromisoformat(str(said["at"])),
    )


def _sources(settings: Settings, name: str) -> frozenset[SourceId]:
    newsletter = settings.newsletters.get(name)
    found = wiring.sources_of(settings, newsletter) if newsletter else settings.collect.sources
    return frozenset(source.id for source in found)


def _known(tx: Connection, words: Sequence[str], places: bool) -> list[Known]:
    if len(words) == 1 and "://" in words[0]:
        url = urls.canonical(words[0])
        # A part of a page is kept with its fragment.
        article = articles_table.by_url(tx, words[0]) or articles_table.by_url(tx, url)
        found = [(article.url if article else url, article)]
    else:
        found = [(one.url, one) for one in articles_table.search(tx, words, SHOWN)]
    known = [
        Known(
            url=url,
            article=article,
            sightings=articles_table.sightings_of(tx, url),
            places=issues_table.that_told(tx, url) if places else [],
        )
        for url, article in found
    ]
    return [one for one in known if one.article or one.sightings or one.places]


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
        "dated": asdict(article.dated) if article else None,
        "seen": [
            {
                "at": one.seen_at,
                "source": one.source,
                "said": asdict(one.said) if one.said else None,
                "trouble": one.trouble or (None if one.article_url else OWED),
            }
            for one in known.sightings
        ],
    }


def _date(dated: Mapping[str, Any]) -> str:
    bound = "" if dated["exact"] else " at the latest"
    return f"{_moment(dated['at'])}{bound} ({dated['source']})"


def _verdicts(known: Known, made: Sequence[Made]) -> list[dict[str, Any]]:
    """What was told or waits to be; for the others what would be made now."""
    told = {(one.newsletter, one.cadence) for one in known.places}
    return [
        *(_told(one) for one in known.places),
        *(
            _verdict(known, one)
            for one in made
            if (one.said["newsletter"], one.cadence) not in told
        ),
    ]


def _told(place: Place) -> dict[str, Any]:
    issue = place.issue
    said = "waits for approval" if issue.state == "draft" else "told"
    role = "" if place.leads else ", which another article leads"
    verdict = f"in: {said} in issue {issue.id} of {issue.period}, story {place.story}{role}"
    return {
        "newsletter": place.newsletter,
        "verdict": f"{verdict}, score {place.score:.3f}",
        "reasons": [],
    }


def _verdict(known: Known, made: Made) -> dict[str, Any]:
    url = known.article.url if known.article else known.url
    issue: Any = made.said["issue"]
    left_out: Any = made.said["left_out"]
    newsletter = made.said["newsletter"]
    for place, story in enumerate(issue["stories"] if issue else (), 1):
        told_in = [story["url"], *(one["url"] for one in story["also"])]
        if url in told_in:
            role = "leads" if url == story["url"] else f"is also covered in “{story['title']}”,"
            return {
                "newsletter": newsletter,
                "verdict": f"in: {role} story {place}, score {story['score']:.3f}",
                "reasons": story["reasons"],
            }
    reason = next((one["reason"] for one in left_out if one["url"] == url), None)
    return {
        "newsletter": newsletter,
        "verdict": f"out: {reason or _outside(known.article, made)}",
        "reasons": [],
    }


def _outside(article: Article | None, made: Made) -> str:
    """Why an article is neither in an issue nor among what was left out."""
    if article is None:
        return "it could not be read"
    if article.source not in made.sources:
        return f"it came from {article.source_name}, which is not one of its sources"
    seen = f"first seen {_moment(article.first_seen)}"
    if made.since and article.first_seen <= made.since:
        return f"{seen}, before the window, which begins {_moment(made.since)}"
    if article.first_seen > made.until:
        return f"{seen}, after the window, which ends {_moment(made.until)}"
    return f"there is no issue: {made.said['reason']}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
