"""What every page is given, and the few things that all of them do with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.dates import format_date
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from digest import periods
from digest.compose.words import first
from digest.config.settings import Settings
from digest.deliver.postmark import TRIAL
from digest.model import Newsletter
from digest.storage.database import Store
from digest.web import clients, links, origins, texts
from digest.web.challenge import Challenger
from digest.web.library import Library
from digest.web.limits import Gates
from digest.web.links import Bearer, bearer
from digest.web.look import Look
from digest.web.members import Members
from digest.web.porch import policy
from digest.web.pressed import Pressed
from subscribers.model import Subscriber
from subscribers.tokens import Purpose

RENEWED = (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES)  # by a letter, where the key was lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """``store`` is only read from; what is written goes through ``members``."""

    settings: Settings
    members: Members
    store: Store
    ring: Sequence[bytes]
    clock: Callable[[], datetime]
    gates: Gates
    pressed: Pressed
    challenger: Challenger
    look: Look
    library: Library
    started: datetime
    metrics_token: str = ""  # empty: measures are for this machine alone

    @property
    def first(self) -> Newsletter:
        """The newsletter that speaks where none was named."""
        return next(iter(self.settings.newsletters.values()))

    @property
    def own_origin(self) -> str:
        """Ours, under the name that readers know: the server before us need not keep it in Host."""
        here = urlsplit(self.settings.site.base_url)
        return f"{here.scheme}://{here.netloc}".lower()

    @property
    def origins(self) -> tuple[str, ...]:
        """Whose pages may send our forms."""
        return (self.own_origin, *self.settings.web.embed_origins)


def desk_of(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


def named(request: Request, desk: Desk) -> Newsletter:
    """The newsletter of ``?newsletter=``, else the first."""
    return desk.settings.newsletters.get(request.query_params.get("newsletter", ""), desk.first)


def language_of(request: Request, newsletter: Newsletter, otherwise: str = "") -> str:
    """``?lang=``, else the person's own, else what the browser accepts, else the newsletter's."""
    return texts.pick(
        texts.ours(request.query_params.get("lang")) or otherwise,
        request.headers.get("accept-language", ""),
        newsletter.language,
    )


def ip_of(request: Request, desk: Desk) -> clients.Ip:
    """Who asks, past the proxies we trust."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.getlist("x-forwarded-for")
    return clients.client(peer, forwarded, desk.settings.web.trusted_proxies)


class Unproven(HTTPException):
    """A link of a mail of ours, by its shape, that no key of the ring proves. Status 404."""

    def __init__(self, newsletter: Newsletter) -> None:
        super().__init__(404)
        self.newsletter = newsletter


class Erased(HTTPException):
    """A link to one's choices that is ours, of a person who is not known any more. Status 404."""

    def __init__(self, newsletter: Newsletter) -> None:
        super().__init__(404)
        self.newsletter = newsletter


class OfATest(HTTPException):
    """A link of a test of an issue, which speaks for nobody. Status 200: a test may ask.

    ``shows``: what the same link of a real mail leads to.
    """

    def __init__(self, newsletter: Newsletter, shows: str) -> None:
        super().__init__(200)
        self.newsletter = newsletter
        self.shows = shows


def bearer_of(request: Request, purpose: Purpose) -> Bearer:
    """Whom the link speaks for. One to leave does so after its newsletter left the configuration.

    Raises HTTPException 404 for a link that speaks for nobody: Unproven where a letter can bring
    a fresh one. Raises OfATest for one of a test.
    """
    desk, word = desk_of(request), request.path_params["word"]
    known = desk.settings.newsletters
    found = bearer(word, purpose, known, desk.ring)
    if found is None and purpose is Purpose.UNSUBSCRIBE:
        found = links.former(word, desk.ring, desk.first)
    if found is not None:
        if found.subscriber == TRIAL:
            raise OfATest(found.newsletter, purpose.value)
        return found
    lost = links.named(word, known) if purpose in RENEWED else None
    raise Unproven(lost) if lost else HTTPException(404)


def comes_from_afar(request: Request) -> bool:
    """Whether another site sent this form with somebody's link in it."""
    desk = desk_of(request)
    return not origins.may_send(request.headers, desk.origins, token=True)


def page(html: str, *, status: int = 200, private: bool = True) -> HTMLResponse:
    """A page. ``private``: its address holds a token, so it tells no one where it came from."""
    headers = {
        "content-security-policy": policy(scripts=not private),
        "referrer-policy": "no-referrer" if private else "same-origin",
        "x-frame-options": "DENY",
    }
    return HTMLResponse(html, status, headers)


def zone_of(person: Subscriber, newsletter: Newsletter) -> str:
    """The zone that a person reads dates in."""
    return periods.zone_or(person.timezone, newsletter.timezone)


def day(at: datetime, zone: str, language: str) -> str:
    """``24 December 2026``, as the language writes it."""
    local = at.astimezone(ZoneInfo(zone)).date()
    return first(str(format_date(local, "long", locale=language)), local, language)
