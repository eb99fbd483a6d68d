"""The first page, the form's way back, and what a publisher must tell readers."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest import periods
from digest.model import Newsletter
from digest.services.offers import offered
from digest.storage import shelf
from digest.storage.shelf import Volume
from digest.web import origins
from digest.web.desk import Desk, day, desk_of, ip_of, language_of, named, page
from digest.web.joining import STATUS, Answer, Filled, take, trouble
from digest.web.porch import policy
from digest.web.sorry import sorry
from digest.web.texts import LANGUAGES

HEADLINES = 4
FIELDS = 20  # of a form, at most


async def home(request: Request) -> Response:
    desk = desk_of(request)
    newsletter = named(request, desk)
    return await _first_page(request, newsletter, language_of(request, newsletter))


async def embed(request: Request) -> Response:
    """The form alone, for a frame on the sites of ``web.embed_origins``."""
    desk = desk_of(request)
    newsletter = named(request, desk)
    language = language_of(request, newsletter)
    facts = _form(desk, newsletter, language, framed=True)
    return _framed(desk, desk.look.render("embed.html", newsletter, language, done=False, **facts))


async def subscribe(request: Request) -> Response:
    desk = desk_of(request)
    if not origins.may_send(request.headers, desk.origins, token=False):
        raise HTTPException(403)
    # Where it shows several newsletters it brings a cadence for each.
    most = FIELDS + len(desk.settings.newsletters)
    async with request.form(max_files=0, max_fields=most) as form:
        said = {name: str(value) for name, value in form.items()}
    framed = said.get("frame") == "yes"
    chosen = said.get("newsletter", "")
    filled = Filled(
        newsletter=chosen,
        email=said.get("email", "")[:400],
        stamp=said.get("stamp", ""),
        altcha=said.get("altcha", ""),
        name=said.get("name", ""),
        language=said.get("language", ""),
        cadence=said.get(f"cadence.{chosen}", "") or said.get("cadence", ""),
        trap=said.get("website", ""),
        page="embed" if framed else "subscribe",
    )
    answer = await take(desk, filled, ip_of(request, desk))
    if answer is Answer.NO_NEWSLETTER:
        raise HTTPException(404)
    if answer is Answer.LIMITED:
        return sorry(request, 429, language=filled.language)
    newsletter = desk.settings.newsletters[filled.newsletter]
    language = filled.language if filled.language in LANGUAGES else newsletter.language
    return await _answered(request, answer, filled, newsletter, language)


async def privacy(request: Request) -> Response:
    desk = desk_of(request)
    newsletter, keep = named(request, desk), desk.settings.storage.keep
    html = desk.look.render(
        "privacy.html",
        newsletter,
        language_of(request, newsletter),
        consent_text=desk.settings.web.consent_text,
        mark_days=desk.settings.web.ip_mark_days,
        days=keep.deliveries_days,
        original_days=keep.originals_days,
    )
    return page(html, private=False)


async def _answered(
    request: Request, answer: Answer, filled: Filled, newsletter: Newsletter, language: str
) -> Response:
    desk = desk_of(request)
    framed = filled.page == "embed"
    double = desk.settings.web.double_opt_in
    if answer is Answer.TAKEN and not framed:
        facts: dict[str, object] = {"address": filled.address, "double_opt_in": double}
        html = desk.look.render("joined.html", newsletter, language, **facts)
        return page(html, private=False)
    if answer is Answer.TAKEN:
        facts = {"address": filled.address, "double_opt_in": double, "proof": False}
        html = desk.look.render("embed.html", newsletter, language, done=True, **facts)
        return _framed(desk, html)
    if framed:
        facts = _form(desk, newsletter, language, framed=True, answer=answer, filled=filled)
        html = desk.look.render("embed.html", newsletter, language, done=False, **facts)
        return _framed(desk, html, status=STATUS[answer])
    return await _first_page(request, newsletter, language, answer=answer, filled=filled)


async def _first_page(
    request: Request,
    newsletter: Newsletter,
    language: str,
    *,
    answer: Answer | None = None,
    filled: Filled | None = None,
) -> Response:
    desk = desk_of(request)
    last = await desk.store.read(shelf.latest, newsletter.id, newsletter.cadence.value)
    keep = f"&newsletter={newsletter.id}" if newsletter is not desk.first else ""
    html = desk.look.render(
        "home.html",
        newsletter,
        language,
        wide=True,
        here="home",
        keep=keep,
        hour=f"{newsletter.hour:%H:%M}",
        latest=last and _sample(last, newsletter, language),
        **_form(desk, newsletter, language, answer=answer, filled=filled),
    )
    return page(html, status=STATUS[answer] if answer else 200, private=False)


def _sample(last: Volume, newsletter: Newsletter, language: str) -> dict[str, object]:
    """What a stranger sees of the latest issue before joining."""
    spine = last.spine
    on_shelf = newsletter.archive != "off"
    return {
        "number": spine.number,
        "day": day(spine.until, newsletter.timezone, language),
        "headlines": last.entries[:HEADLINES],
        "mark": periods.shelfmark(spine.cadence, spine.period) if on_shelf else "",
    }


def _form(
    desk: Desk,
    newsletter: Newsletter,
    language: str,
    *,
    framed: bool = False,
    answer: Answer | None = None,
    filled: Filled | None = None,
) -> dict[str, object]:
    choices = (newsletter,) if framed else tuple(desk.settings.newsletters.values())
    return {
        "bad_address": answer is Answer.NO_ADDRESS,
        "cadence": filled.cadence if filled and filled.cadence else newsletter.cadence.value,
        "cadences": {one.id: [each.value for each in offered(one)] for one in choices},
        "choices": choices,
        "double_opt_in": desk.settings.web.double_opt_in,
        "email": filled.email if filled else "",
        "framed": framed,
        "proof": desk.settings.web.proof_of_work,
        "stamp": desk.challenger.stamp(desk.clock()),
        "trouble": desk.look.words(language, trouble(answer, filled)) if answer else "",
    }


def _framed(desk: Desk, html: str, *, status: int = 200) -> Response:
    answer = page(html, status=status, private=False)
    allowed = ("'self'", *desk.settings.web.embed_origins)
    answer.headers["content-security-policy"] = policy(scripts=True, framed_by=allowed)
    answer.headers["cross-origin-resource-policy"] = "cross-origin"
    del answer.headers["x-frame-options"]  # it cannot name an origin
    return answer


ROUTES = [
    Route("/", home, methods=["GET"]),
    Route("/embed", embed, methods=["GET"]),
    Route("/subscribe", subscribe, methods=["POST"]),
    Route("/privacy", privacy, methods=["GET"]),
]
