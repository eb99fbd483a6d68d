"""The link in a confirmation: GET asks, or says that it is done; POST confirms. Twice is as good
as once.

An address gets one such letter an hour, so its link also shows what else waits for the same person:
it proves that the mailbox is theirs. Nothing of that is ticked beforehand; a stranger may have
asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model import Newsletter
from digest.web.desk import (
    Desk,
    bearer_of,
    comes_from_afar,
    desk_of,
    ip_of,
    language_of,
    page,
)
from digest.web.joining import network_mark
from digest.web.links import Bearer, link, whole
from digest.web.members import Member
from subscribers import consent, tokens
from subscribers.address import Address
from subscribers.model import Standing, Status, Subscriber, SubscriberId
from subscribers.tokens import Purpose


async def ask(request: Request) -> Response:
    desk = desk_of(request)
    bearer = bearer_of(request, Purpose.CONFIRM)
    member = await desk.members.find(bearer.subscriber, bearer.newsletter.id)
    if member is None or not (_is_in(member) or _waits(member, desk)):
        return _too_late(request, bearer, member)
    html = desk.look.render(
        "already.html" if _is_in(member) else "confirm.html",
        bearer.newsletter,
        language_of(request, bearer.newsletter, member.person.language),
        private=True,
        address=member.person.address.shown,
        cadence=member.subscription.cadence,
        others=await _others(desk, bearer),
        preferences=_preferences(desk, bearer),
    )
    return page(html)


async def confirm(request: Request) -> Response:
    desk = desk_of(request)
    if comes_from_afar(request):
        raise HTTPException(403)
    bearer = bearer_of(request, Purpose.CONFIRM)
    async with request.form(max_files=0, max_fields=100) as form:
        ticked = form.getlist("also")
    member = await _confirmed(request, bearer.subscriber, bearer.newsletter)
    # Still pending, or still bounced: the link had expired.
    if member is None or not _is_in(member):
        return _too_late(request, bearer, member)
    also = [other for other in await _others(desk, bearer) if other.id in ticked]
    for other in also:
        await _confirmed(request, bearer.subscriber, other)
    html = desk.look.render(
        "confirmed.html",
        bearer.newsletter,
        language_of(request, bearer.newsletter, member.person.language),
        private=True,
        address=member.person.address.shown,
        also=also,
        preferences=_preferences(desk, bearer),
    )
    return page(html)


def _too_late(request: Request, bearer: Bearer, member: Member | None) -> Response:
    own = member.person.language if member else ""
    language = language_of(request, bearer.newsletter, own)
    html = desk_of(request).look.render("lapsed.html", bearer.newsletter, language, private=True)
    return page(html, status=404)


def _is_in(member: Member) -> bool:
    here = member.subscription.status in (Status.ACTIVE, Status.PAUSED)
    return here and member.person.standing is Standing.OK


def _waits(member: Member, desk: Desk) -> bool:
    """Whether pressing the button would still do something."""
    return consent.may_confirm(member.subscription, desk.clock())


def _preferences(desk: Desk, bearer: Bearer) -> str:
    return link(bearer, Purpose.PREFERENCES, base=desk.look.base, key=desk.ring[0])


async def _confirmed(request: Request, who: SubscriberId, newsletter: Newsletter) -> Member | None:
    desk = desk_of(request)
    return await desk.members.confirm(
        who,
        newsletter.id,
        page="confirm",
        network=network_mark(desk, ip_of(request, desk)),
        text=desk.settings.web.consent_text,
    )


async def _others(desk: Desk, bearer: Bearer) -> list[Newsletter]:
    """The other newsletters that wait for this person's confirmation."""
    waiting = await desk.members.waiting(bearer.subscriber, besides=bearer.newsletter.id)
    known = desk.settings.newsletters
    return [known[name] for name in waiting if name in known]


async def ask_address(request: Request) -> Response:
    """The link in the letter to a new address: GET asks."""
    desk, mover = desk_of(request), await _mover(request)
    if mover.has_moved:
        return await _at_home(request, mover.person)
    newsletter = await _asked_by(desk, mover.person)
    html = desk.look.render(
        "address.html",
        newsletter,
        language_of(request, newsletter, mover.person.language),
        private=True,
        address=mover.address.shown,
    )
    return page(html)


async def confirm_address(request: Request) -> Response:
    """And POST moves. Once more, it is no error."""
    desk = desk_of(request)
    if comes_from_afar(request):
        raise HTTPException(403)
    mover = await _mover(request)
    person = mover.person if mover.has_moved else await desk.members.moved(mover.person.id)
    # Too late, somebody else's by now, or suppressed: what they have is not for it to see.
    if person is None or person.address.key != mover.address.key:
        raise HTTPException(404)
    return await _at_home(request, person)


async def _at_home(request: Request, person: Subscriber) -> Response:
    desk = desk_of(request)
    newsletter = await _asked_by(desk, person)
    html = desk.look.render(
        "confirmed.html",
        newsletter,
        language_of(request, newsletter, person.language),
        private=True,
        address=person.address.shown,
        also=(),
        preferences="",
    )
    return page(html)


async def _asked_by(desk: Desk, person: Subscriber) -> Newsletter:
    return desk.settings.newsletters.get(await desk.members.asked_by(person.id), desk.first)


@dataclass(frozen=True, slots=True)
class _Mover:
    """A person and the address that a link is bound to: their next one, or theirs already."""

    person: Subscriber
    address: Address

    @property
    def has_moved(self) -> bool:
        return self.address == self.person.address


async def _mover(request: Request) -> _Mover:
    """Whom a link to a new address was written for. Raises HTTPException 404."""
    desk, token = desk_of(request), whole(request.path_params["word"])
    claimed = tokens.claimed(token)
    person = await desk.members.mover(claimed) if claimed else None
    if person is None:
        raise HTTPException(404)
    by = person.new_address_by
    wanted = person.new_address if by and by > desk.clock() else None
    for address in (wanted, person.address):
        if address and tokens.proves(desk.ring, token, Purpose.ADDRESS, address.key) is not None:
            return _Mover(person, address)
    raise HTTPException(404)


ROUTES = [
    Route("/confirm/{word}", ask, methods=["GET"]),
    Route("/confirm/{word}", confirm, methods=["POST"]),
    Route("/address/{word}", ask_address, methods=["GET"]),
    Route("/address/{word}", confirm_address, methods=["POST"]),
]
