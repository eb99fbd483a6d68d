"""The archive: past issues as pages, as anybody may read them. No address has a token in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from digest import periods
from digest.compose.issue import SUBJECT_MAX, joined, shorten
from digest.compose.view import direction
from digest.compose.words import first
from digest.model import Cadence, Newsletter
from digest.storage import shelf
from digest.storage.shelf import Spine, Volume
from digest.storage.volume import Entry
from digest.web.desk import Desk, OfATest, day, desk_of, language_of
from digest.web.kept import Kept, answer, kept
from digest.web.porch import policy
from digest.web.sorry import Withdrawn

CADENCES = tuple(cadence.value for cadence in Cadence)
ON_A_PAGE = 50
SHOWN_OF_EACH = 5  # on the page of all newsletters
_OF_TESTS = {periods.shelfmark(cadence, periods.TEST) for cadence in CADENCES}
_HEADERS = {
    "content-security-policy": policy(scripts=False),
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
}


async def newsletters(request: Request) -> Response:
    """All newsletters with an archive, each with its newest issues."""
    desk = desk_of(request)
    shown = [one for one in desk.settings.newsletters.values() if one.archive != "off"]
    if not shown:
        raise HTTPException(404)
    language = language_of(request, shown[0])
    noindex = any(one.archive == "noindex" for one in shown)

    async def make() -> Kept:
        shelves = [
            (one, await desk.store.read(shelf.spines, one.id, limit=SHOWN_OF_EACH)) for one in shown
        ]
        html = desk.look.render(
            "archive.html",
            shown[0],
            language,
            here="archive",
            noindex=noindex,
            canonical=f"{desk.settings.site.base_url}/archive",
            shelves=[
                (one, [_row(spine, one, language) for spine in spines])
                for one, spines in shelves
                if spines
            ],
        )
        newest = [one for _, spines in shelves for one in spines[:1]]
        return _page(desk, html, newest, noindex=noindex)

    return await _kept(request, ("newsletters", language), make)


async def listing(request: Request) -> Response:
    """The issues of one newsletter, newest first, a page of fifty."""
    desk, newsletter = desk_of(request), with_archive(request)
    language = language_of(request, newsletter)
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None

    async def make() -> Kept:
        found = await desk.store.read(
            shelf.spines, newsletter.id, limit=ON_A_PAGE + 1, before=before
        )
        spines, more = found[:ON_A_PAGE], len(found) > ON_A_PAGE
        here = address(desk, newsletter)
        html = desk.look.render(
            "shelf.html",
            newsletter,
            language,
            here="archive",
            noindex=newsletter.archive == "noindex",
            canonical=here if before is None else f"{here}?before={before}",
            keep=f"&before={before}" if before is not None else "",
            months=_months(spines, newsletter, language),
            first=spines[-1].number if spines else 0,
            last=spines[0].number if spines else 0,
            older=spines[-1].number if more else None,
            is_first=before is None,
        )
        return _page(desk, html, spines[:1], noindex=newsletter.archive == "noindex")

    return await _kept(request, ("shelf", newsletter.id, language, before), make)


async def issue(request: Request) -> Response:
    """One issue by its period; what follows it names a cadence, or is a slug and led away."""
    desk, newsletter = desk_of(request), with_archive(request)
    if request.path_params["mark"] in _OF_TESTS:
        raise OfATest(newsletter, "archive")
    mark = periods.of_shelfmark(request.path_params["mark"])
    if mark is None:
        raise HTTPException(404)
    period, rest = mark
    cadence = rest if rest in CADENCES else periods.implied(period)
    language = language_of(request, newsletter)

    async def make() -> Kept | None:
        volume = await desk.store.read(shelf.find, newsletter.id, period, (cadence,))
        if isinstance(volume, shelf.Withdrawn):
            better = volume.correction
            raise Withdrawn(_path(request, newsletter, _mark(better)) if better else "")
        if not isinstance(volume, Volume):
            return None
        return await _issue_page(desk, newsletter, language, volume)

    found = await desk.library.page(("issue", newsletter.id, language, period, cadence), make)
    own = periods.shelfmark(cadence, period)
    if found is None:
        other = await desk.store.read(shelf.find, newsletter.id, period, CADENCES)
        if not isinstance(other, Volume):
            raise HTTPException(404)
        own = _mark(other.spine)
    elif request.path_params["mark"] == own:
        return answer(found, request.headers)
    return RedirectResponse(_path(request, newsletter, own), 302)


def with_archive(request: Request) -> Newsletter:
    """The newsletter in the address. Raises HTTPException 404 where it has no archive."""
    found = desk_of(request).settings.newsletters.get(request.path_params["newsletter"])
    if found is None or found.archive == "off":
        raise HTTPException(404)
    return found


def address(desk: Desk, newsletter: Newsletter, spine: Spine | None = None) -> str:
    """Where the archive of a newsletter, or one issue, is: absolute."""
    mark = f"/{_mark(spine)}" if spine else ""
    return f"{desk.settings.site.base_url}/archive/{newsletter.id}{mark}"


def headline(spine: Spine) -> str:
    """An issue's subject; where that was made of the first headline, the whole of it.

    A subject is cut for a list of mails (digest/compose/issue.py); a page has the room.
    """
    made = shorten(spine.lead, SUBJECT_MAX)
    is_made = spine.subject == made or spine.subject.startswith(joined(made, ";", ""))
    return spine.lead if made and is_made else spine.subject


def _path(request: Request, newsletter: Newsletter, mark: str) -> str:
    """The path of an issue's page, in the language that was asked for."""
    asked = f"?lang={language_of(request, newsletter)}" if "lang" in request.query_params else ""
    return f"{desk_of(request).look.base}/archive/{newsletter.id}/{mark}{asked}"


def _mark(spine: Spine) -> str:
    return periods.shelfmark(spine.cadence, spine.period)


async def _kept(
    request: Request, key: tuple[object, ...], make: Callable[[], Awaitable[Kept]]
) -> Response:
    found = await desk_of(request).library.page(key, make)
    assert found is not None
    return answer(found, request.headers)


async def _issue_page(desk: Desk, newsletter: Newsletter, language: str, volume: Volume) -> Kept:
    spine = volume.spine
    before, after = await desk.store.read(shelf.neighbours, spine)
    lead = next((one for one in volume.entries if one.place == "lead"), None)
    base = desk.settings.site.base_url
    better = volume.correction
    html = desk.look.render(
        "issue.html",
        newsletter,
        language,
        here="archive",
        noindex=newsletter.archive == "noindex",
        canonical=address(desk, newsletter, better or spine),
        spine=spine,
        headline=headline(spine),
        headline_dir=direction(headline(spine)),
        day=day(spine.until, newsletter.timezone, language),
        lead=lead and _told(lead, newsletter, language),
        sections=[
            (heading, [_told(one, newsletter, language) for one in entries])
            for heading, entries in groupby(
                (one for one in volume.entries if one.place == "section"),
                key=lambda one: one.section,
            )
        ],
        brief=[_told(one, newsletter, language) for one in volume.entries if one.place == "brief"],
        picture=f"{base}/i/{lead.picture.hash}.jpg" if lead and lead.picture else "",
        correction=better and _row(better, newsletter, language),
        before=before and _row(before, newsletter, language),
        after=after and _row(after, newsletter, language),
        issue_language=spine.language,
        intro=volume.intro,
        intro_dir=direction(volume.intro),
    )
    return _page(desk, html, [better or spine], noindex=newsletter.archive == "noindex")


def modified(desk: Desk, newest: Sequence[Spine]) -> datetime | None:
    """When what tells of ``newest`` last changed: by a release, or by anything on the shelf.

    Withdrawing an issue leaves no date behind, so the moment it was noticed stands for it.
    """
    moments = [one.released_at for one in newest]
    return max([*moments, *([desk.library.changed] if desk.library.changed else [])], default=None)


def _page(desk: Desk, html: str, newest: Sequence[Spine], *, noindex: bool = False) -> Kept:
    headers = {**_HEADERS, "x-robots-tag": "noindex"} if noindex else _HEADERS
    return kept(html, "text/html", modified=modified(desk, newest), headers=headers)


def _months(
    spines: Sequence[Spine], newsletter: Newsletter, language: str
) -> list[tuple[str, list[dict[str, object]]]]:
    zone = ZoneInfo(newsletter.timezone)

    def month(spine: Spine) -> str:
        local = spine.until.astimezone(zone).date()
        return str(format_skeleton("yMMMM", local, locale=language))

    return [
        (name, [_row(one, newsletter, language) for one in some])
        for name, some in groupby(spines, key=month)
    ]


def _row(spine: Spine, newsletter: Newsletter, language: str) -> dict[str, object]:
    local = spine.until.astimezone(ZoneInfo(newsletter.timezone)).date()
    return {
        "mark": _mark(spine),
        "iso": local.isoformat(),
        "day": _day("MMMEd", local, language),
        "headline": headline(spine),
        "number": spine.number,
        "language": spine.language,
    }


def _told(entry: Entry, newsletter: Newsletter, language: str) -> dict[str, object]:
    """An entry, its direction and when it was published, in the page's words."""
    zone = ZoneInfo(newsletter.timezone)
    local = entry.published.astimezone(zone).date() if entry.published else None
    return {
        "it": entry,
        "dir": direction(f"{entry.title} {entry.summary}"),
        "when": _day("MMMd", local, language) if local else "",
        "iso": local.isoformat() if local else "",
    }


def _day(skeleton: str, local: date, language: str) -> str:
    return first(str(format_skeleton(skeleton, local, locale=language)), local, language)


ROUTES = [
    Route("/archive", newsletters, methods=["GET"]),
    Route("/archive/{newsletter}", listing, methods=["GET"]),
    Route("/archive/{newsletter}/{mark}", issue, methods=["GET"]),
]
