"""The link in a confirmation: GET asks, POST confirms. Twice is as good as once."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.web.desk import comes_from_afar, desk_of, held, language_of, page
from digest.web.links import Bearer, link
from subscribers.model import Status
from subscribers.tokens import Purpose


async def ask(request: Request) -> Response:
    desk = desk_of(request)
    bearer = _bearer(request)
    member = await desk.members.find(bearer.subscriber, bearer.newsletter.id)
    if member is None or member.subscription.status is Status.LEFT:
        raise HTTPException(404)
    html = desk.look.render(
        "confirm.html",
        bearer.newsletter,
        language_of(request, bearer.newsletter, member.person.language),
        private=True,
        address=member.person.address.shown,
        cadence=member.subscription.cadence,
    )
    return page(html)


async def confirm(request: Request) -> Response:
    desk = desk_of(request)
    if comes_from_afar(request):
        raise HTTPException(403)
    bearer = _bearer(request)
    member = await desk.members.confirm(bearer.subscriber, bearer.newsletter.id, desk.clock())
    if member is None or member.subscription.status is Status.LEFT:
        raise HTTPException(404)
    html = desk.look.render(
        "confirmed.html",
        bearer.newsletter,
        language_of(request, bearer.newsletter, member.person.language),
        private=True,
        address=member.person.address.shown,
        preferences=link(bearer, Purpose.PREFERENCES, base=desk.look.base, key=desk.ring[0]),
    )
    return page(html)


def _bearer(request: Request) -> Bearer:
    found = held(request, Purpose.CONFIRM)
    if found is None:
        raise HTTPException(404)
    return found


ROUTES = [
    Route("/confirm/{word}", ask, methods=["GET"]),
    Route("/confirm/{word}", confirm, methods=["POST"]),
]
