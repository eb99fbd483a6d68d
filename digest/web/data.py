"""A person's own data: all of it in one file, or none of it any more (GDPR articles 15, 17, 20)."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.plain import dumped
from digest.web.desk import Erased, bearer_of, comes_from_afar, desk_of, language_of, page
from digest.web.links import link
from subscribers.tokens import Purpose


async def download(request: Request) -> Response:
    bearer = bearer_of(request, Purpose.PREFERENCES)
    data = await desk_of(request).members.data_of(bearer.subscriber)
    if data is None:
        raise Erased(bearer.newsletter)
    text = f"{dumped(data)}\n"
    headers = {"content-disposition": 'attachment; filename="data.json"'}
    return Response(text, 200, headers, "application/json")


async def ask(request: Request) -> Response:
    desk, bearer = desk_of(request), bearer_of(request, Purpose.PREFERENCES)
    member = await desk.members.find(bearer.subscriber, bearer.newsletter.id)
    if member is None:
        raise Erased(bearer.newsletter)
    html = desk.look.render(
        "erase.html",
        bearer.newsletter,
        language_of(request, bearer.newsletter, member.person.language),
        private=True,
        address=member.person.address.shown,
        preferences=link(bearer, Purpose.PREFERENCES, base=desk.look.base, key=desk.ring[0]),
    )
    return page(html)


async def erase(request: Request) -> Response:
    desk, bearer = desk_of(request), bearer_of(request, Purpose.PREFERENCES)
    if comes_from_afar(request):
        raise HTTPException(403)
    member = await desk.members.find(bearer.subscriber, bearer.newsletter.id)
    language = language_of(request, bearer.newsletter, member.person.language if member else "")
    await desk.members.erase(bearer.subscriber)
    return page(desk.look.render("erased.html", bearer.newsletter, language, private=True))


async def gone(request: Request, error: Exception) -> Response:
    """The links of old mails of who was erased, and the page that the back button leads to."""
    assert isinstance(error, Erased)
    language = language_of(request, error.newsletter)
    html = desk_of(request).look.render("erased.html", error.newsletter, language, private=True)
    return page(html, status=error.status_code)


ROUTES = [
    Route("/preferences/{word}/data", download, methods=["GET"]),
    Route("/preferences/{word}/erase", ask, methods=["GET"]),
    Route("/preferences/{word}/erase", erase, methods=["POST"]),
]
