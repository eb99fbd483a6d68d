"""The link in the letter to the editor: GET shows the issue that waits, POST lets it go or not."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import DigestError
from digest.services import steering
from digest.slots import blanked
from digest.storage import desk as steered
from digest.storage import reviews
from digest.storage.reviews import Review
from digest.web.desk import Desk, bearer_of, comes_from_afar, desk_of, page
from subscribers.tokens import Purpose

SAID = {
    "approve": "It is on its way within a quarter of a minute.",
    "hold": "It is kept back and goes to nobody.",
}


async def show(request: Request) -> Response:
    """The issue as its text part tells it; what was decided already is said and nothing more."""
    found = await _waiting(request)
    if found is None:
        return _page(request, said=await _over(request))
    told = await desk_of(request).store.read(reviews.text, found.issue)
    return _page(request, review=found, text=blanked(told))


async def decide(request: Request) -> Response:
    desk = desk_of(request)
    if comes_from_afar(request):
        raise HTTPException(403)
    found = await _waiting(request)
    async with request.form(max_files=0, max_fields=5) as form:
        act = str(form.get("act", ""))
    if act not in SAID:
        raise HTTPException(400)
    if found is None or not await _done(desk, found.issue, act):
        return _page(request, said=await _over(request))
    return _page(request, said=SAID[act])


async def _done(desk: Desk, issue: int, act: str) -> bool:
    """Whether it still waited."""
    try:
        if act == "approve":
            await steering.approve(desk.store, issue, clock=desk.clock)
        else:
            await steering.hold(desk.store, issue, clock=desk.clock)
    except DigestError:
        if await desk.store.read(reviews.find, issue) is not None:
            raise  # it waits, and the database is in trouble
        return False
    return True


async def _over(request: Request) -> str:
    """What became of an issue that does not wait any more."""
    number = int(bearer_of(request, Purpose.REVIEW).subscriber)
    found = await desk_of(request).store.read(steered.find, number)
    if found is None:
        return "This issue does not wait any more."
    if found.state == "discarded":
        return f"This issue goes to nobody: {found.reason or 'it was discarded'}."
    at = f", at {found.released_at:%Y-%m-%d %H:%M} UTC" if found.released_at else ""
    ended = ", and cancelled later" if found.state == "cancelled" else ""
    return f"This issue was released{at}{ended}."


async def _waiting(request: Request) -> Review | None:
    """The issue that the link was made for, if it still waits. A forged link leads nowhere."""
    bearer = bearer_of(request, Purpose.REVIEW)
    if not bearer.subscriber.isdecimal():
        raise HTTPException(404)
    return await desk_of(request).store.read(reviews.find, int(bearer.subscriber))


def _page(
    request: Request, *, review: Review | None = None, text: str = "", said: str = ""
) -> Response:
    newsletter = bearer_of(request, Purpose.REVIEW).newsletter
    html = desk_of(request).look.render(
        "review.html", newsletter, "en", private=True, review=review, text=text, said=said
    )
    return page(html)


ROUTES = [
    Route("/review/{word}", show, methods=["GET"]),
    Route("/review/{word}", decide, methods=["POST"]),
]
