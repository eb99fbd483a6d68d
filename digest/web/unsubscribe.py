"""The link in every mail: GET shows the way out and the ways to get less, POST does it at once.

RFC 8058: a mailbox provider posts ``List-Unsubscribe=One-Click`` here without cookies and follows
no redirect; it gets a plain 200. A person who is gone already still gets a friendly yes.
"""

from __future__ import annotations

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.services.offers import offered
from digest.web.desk import (
    Desk,
    bearer_of,
    comes_from_afar,
    day,
    desk_of,
    language_of,
    page,
    zone_of,
)
from digest.web.links import Bearer, link
from digest.web.members import Member, Wishes
from subscribers import consent
from subscribers.model import Standing, Status
from subscribers.tokens import Purpose

PAUSE = timedelta(days=30)


async def ask(request: Request) -> Response:
    desk, bearer = desk_of(request), bearer_of(request, Purpose.UNSUBSCRIBE)
    member = await desk.members.find(bearer.subscriber, bearer.newsletter.id)
    if member is None or member.subscription.status is Status.LEFT:
        return await _goodbye(request, desk, bearer, member)
    language = language_of(request, bearer.newsletter, member.person.language)
    cadences = [cadence.value for cadence in offered(bearer.newsletter)]
    now_at = member.subscription.cadence
    html = desk.look.render(
        "unsubscribe.html",
        bearer.newsletter,
        language,
        private=True,
        active=member.subscription.status is Status.ACTIVE and _is_made(desk, bearer),
        address=member.person.address.shown,
        fewer=cadences[cadences.index(now_at) + 1 :] if now_at in cadences else cadences,
        preferences=_link(desk, bearer, Purpose.PREFERENCES),
        resumes=day(desk.clock() + PAUSE, zone_of(member.person, bearer.newsletter), language),
    )
    return page(html)


async def act(request: Request) -> Response:
    desk, bearer = desk_of(request), bearer_of(request, Purpose.UNSUBSCRIBE)
    async with request.form(max_files=0, max_fields=10) as form:
        said = {name: str(value) for name, value in form.items()}
    if said.get("List-Unsubscribe") == "One-Click":
        await desk.members.leave(bearer.subscriber, bearer.newsletter.id)
        return PlainTextResponse("You are unsubscribed.\n")
    if comes_from_afar(request):
        raise HTTPException(403)
    match said.get("act", "leave"):
        case "less" if _is_made(desk, bearer):
            return await _less(request, desk, bearer, said.get("less", ""))
        case "undo" if _is_made(desk, bearer):
            member = await desk.members.come_back(bearer.subscriber, bearer.newsletter.id)
            return await _changed(request, desk, bearer, member)
        case _:
            member = await desk.members.leave(bearer.subscriber, bearer.newsletter.id)
            return await _goodbye(request, desk, bearer, member)


async def _less(request: Request, desk: Desk, bearer: Bearer, less: str) -> Response:
    who, newsletter, now = bearer.subscriber, bearer.newsletter, desk.clock()
    if less == "pause":
        return await _changed(
            request, desk, bearer, await desk.members.pause(who, newsletter.id, now + PAUSE)
        )
    member = await desk.members.find(who, newsletter.id)
    if member is None:
        return await _goodbye(request, desk, bearer, None)
    if less not in offered(newsletter):
        raise HTTPException(400)
    person, subscription = member.person, member.subscription
    wishes = Wishes(
        cadence=less,
        topics=subscription.topics,
        hour=subscription.hour,
        name=person.name,
        language=person.language,
        timezone=zone_of(person, newsletter),
    )
    changed = await desk.members.change(who, newsletter.id, wishes)
    return await _changed(request, desk, bearer, changed)


async def _changed(request: Request, desk: Desk, bearer: Bearer, member: Member | None) -> Response:
    if member is None or member.subscription.status is Status.LEFT:
        return await _goodbye(request, desk, bearer, member)
    language = language_of(request, bearer.newsletter, member.person.language)
    until, zone = member.subscription.paused_until, zone_of(member.person, bearer.newsletter)
    paused = member.subscription.status is Status.PAUSED and until is not None
    html = desk.look.render(
        "less.html",
        bearer.newsletter,
        language,
        private=True,
        cadence=member.subscription.cadence,
        leave=_link(desk, bearer, Purpose.UNSUBSCRIBE),
        preferences=_link(desk, bearer, Purpose.PREFERENCES),
        resumes=day(until, zone, language) if paused and until else "",
    )
    return page(html)


async def _goodbye(request: Request, desk: Desk, bearer: Bearer, member: Member | None) -> Response:
    # Somebody erased meanwhile has no language of their own, and nothing to undo.
    language = language_of(request, bearer.newsletter, member.person.language if member else "")
    html = desk.look.render(
        "goodbye.html",
        bearer.newsletter,
        language,
        private=True,
        address=member.person.address.shown if member else "",
        here=_link(desk, bearer, Purpose.UNSUBSCRIBE),
        others=await _others(desk, bearer, member),
        may_join=member is not None
        and member.person.standing is not Standing.COMPLAINED
        and _is_made(desk, bearer),
        undo=member is not None
        and _is_made(desk, bearer)
        and consent.may_return(member.person, member.subscription, desk.clock()),
    )
    return page(html)


def _is_made(desk: Desk, bearer: Bearer) -> bool:
    """Whether the newsletter is in the configuration yet: else there is nothing but to leave."""
    return bearer.newsletter.id in desk.settings.newsletters


async def _others(desk: Desk, bearer: Bearer, member: Member | None) -> list[dict[str, str]]:
    """What else goes on coming, with the page where it is changed.

    Nothing of it is news to whoever holds the link: the file with all of a person's data, to which
    every page of preferences leads, names them, too.
    """
    if member is None or member.person.standing is not Standing.OK:
        return []
    known = desk.settings.newsletters
    kept = await desk.members.staying(bearer.subscriber, besides=bearer.newsletter.id)
    return [
        {
            "title": known[name].title,
            "preferences": _link(desk, Bearer(bearer.subscriber, known[name]), Purpose.PREFERENCES),
        }
        for name in kept
        if name in known
    ]


def _link(desk: Desk, bearer: Bearer, purpose: Purpose) -> str:
    return link(bearer, purpose, base=desk.look.base, key=desk.ring[0])


ROUTES = [
    Route("/unsubscribe/{word}", ask, methods=["GET"]),
    Route("/unsubscribe/{word}", act, methods=["POST"]),
]
