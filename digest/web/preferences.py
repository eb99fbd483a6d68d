"""The page of choices: what comes, how often, when, to whom; and everything about oneself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time, timedelta
from functools import cache
from zoneinfo import available_timezones

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.deliver import headers
from digest.model import Heading, Newsletter
from digest.services.offers import offered, topics_of
from digest.web.desk import (
    Erased,
    bearer_of,
    comes_from_afar,
    day,
    desk_of,
    ip_of,
    language_of,
    page,
    zone_of,
)
from digest.web.hints import hint
from digest.web.joining import plain_name
from digest.web.links import Bearer, link
from digest.web.members import Member, Wishes
from digest.web.sorry import sorry
from digest.web.texts import LANGUAGES, spoken
from subscribers.address import Address
from subscribers.model import Standing, Status, Subscriber, Subscription
from subscribers.tokens import Purpose

N_ = str  # marks a sentence for the catalogues
PAUSE = timedelta(days=30)
HOURS = tuple(f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30))
NO_TOPIC = N_("Choose at least one topic.")
TOO_OFTEN = N_("The address can be changed three times a day. Please try again tomorrow.")
_PLACES = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian",
           "Pacific")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page says besides the choices that are kept.

    ``cadence`` and ``topics`` are what was just chosen and is not kept: empty, None: nothing.
    """

    saved: bool = False
    moving: bool = False
    trouble: str = ""
    bad_address: bool = False
    email: str = ""
    asked: str = ""  # the address that a letter goes to now
    cadence: str = ""
    topics: tuple[str, ...] | None = None


async def show(request: Request) -> Response:
    bearer, member = await _member(request)
    return _page(request, bearer, member, Shown(email=member.person.address.shown))


async def save(request: Request) -> Response:
    desk = desk_of(request)
    if comes_from_afar(request):
        raise HTTPException(403)
    bearer, member = await _member(request)
    async with request.form(max_files=0, max_fields=200) as form:
        wishes, shown = _read(form, bearer.newsletter, member)
    if shown.trouble:
        return _page(request, bearer, _wished(member, wishes), shown)
    # A letter goes to whatever address is asked for, as after a join: so the same limits hold.
    if shown.moving and not desk.gates.lets_in(ip_of(request, desk), proven=True):
        return sorry(request, 429, language=member.person.language)
    who, now = bearer.subscriber, desk.clock()
    to = Address.pasted(shown.email)
    if shown.moving and not await desk.members.move(who, to, bearer.newsletter.id):
        refused = replace(shown, trouble=TOO_OFTEN, bad_address=True)
        return _page(request, bearer, _wished(member, wishes), refused)
    saved = await desk.members.change(who, bearer.newsletter.id, wishes)
    if member.subscription.status is Status.PAUSED and form.get("cadence") in offered(
        bearer.newsletter
    ):
        saved = await desk.members.resume(who, bearer.newsletter.id)
    if form.get("cadence") == "pause" and member.subscription.status is Status.ACTIVE:
        saved = await desk.members.pause(who, bearer.newsletter.id, now + PAUSE)
    if saved is None:
        raise Erased(bearer.newsletter)
    # Who left meanwhile, in another tab, chose in vain: only name, language and zone are kept.
    in_vain = "cadence" in form and not _chooses(saved.subscription)
    now_at = Shown(
        saved=shown.moving or not in_vain,
        moving=shown.moving,
        email=saved.person.address.shown,
        asked=to.shown,
    )
    return _page(request, bearer, saved, now_at)


async def _member(request: Request) -> tuple[Bearer, Member]:
    bearer = bearer_of(request, Purpose.PREFERENCES)
    member = await desk_of(request).members.find(bearer.subscriber, bearer.newsletter.id)
    if member is None:
        raise Erased(bearer.newsletter)
    return bearer, member


def _read(form: FormData, newsletter: Newsletter, member: Member) -> tuple[Wishes, Shown]:
    """What was chosen. What makes no sense leaves things as they are."""
    said: Mapping[str, str] = {name: str(value) for name, value in form.items()}
    person, subscription = member.person, member.subscription
    known = topics_of(newsletter)
    chosen = [str(topic) for topic in form.getlist("topic")]
    topics = tuple(one.topic for one in known if one.topic in chosen)
    trouble = NO_TOPIC if "topics" in said and not topics else ""
    typed = "" if _barred(person) else said.get("address", "").strip()[:400]
    email = typed or person.address.shown
    bad = hint(email)
    moving = not bad and Address.pasted(email).key != person.address.key
    hour = said.get("hour", "")
    cadence, language, zone = (said.get(key, "") for key in ("cadence", "language", "timezone"))
    wishes = Wishes(
        cadence=cadence if cadence in offered(newsletter) else subscription.cadence,
        topics=subscription.topics if "topics" not in said else _all_or(topics, known),
        hour=time.fromisoformat(hour) if hour in _hours(subscription) else None,
        name=_named(said.get("name", person.name), person),
        language=language if language in LANGUAGES else person.language,
        timezone=zone if zone in zones() else zone_of(person, newsletter),
    )
    return wishes, Shown(
        moving=moving,
        trouble=bad or trouble,
        bad_address=bool(bad),
        email=email,
        cadence=cadence if cadence in ("pause", *offered(newsletter)) else "",
        topics=topics if "topics" in said else None,
    )


def _named(name: str, person: Subscriber) -> str:
    """What stood in the form stays as it is: an import takes longer names than we ask for."""
    return name if name == person.name else plain_name(name)


def _chooses(subscription: Subscription) -> bool:
    """Whether there is something to choose: of who left or never confirmed nothing is kept."""
    return subscription.status in (Status.ACTIVE, Status.PAUSED)


def _barred(person: Subscriber) -> bool:
    """Whether joining again and another address come to nothing: only the operator can help."""
    return person.standing is Standing.COMPLAINED


def _hours(subscription: Subscription) -> Sequence[str]:
    """What may be chosen, with what they have: an import may have brought 07:15."""
    own = _written(subscription.hour)
    return sorted({*HOURS, own}) if own else HOURS


def _written(hour: time | None) -> str:
    return f"{hour:%H:%M}" if hour else ""


def _wished(member: Member, wishes: Wishes) -> Member:
    """The member as they would be: a form that comes back shows what was filled in."""
    return Member(
        person=replace(
            member.person, name=wishes.name, language=wishes.language, timezone=wishes.timezone
        ),
        subscription=replace(member.subscription, hour=wishes.hour),
    )


def _all_or(topics: tuple[str, ...], known: Sequence[Heading]) -> tuple[str, ...]:
    # All of them is kept as "all": who wants everything gets a topic added later, too.
    return () if len(topics) == len(known) else topics


@cache
def zones() -> tuple[str, ...]:
    """The time zones a person may live in, without the doubles and the history of tzdata."""
    lived_in = (zone for zone in available_timezones() if zone.partition("/")[0] in _PLACES)
    return ("UTC", *sorted(lived_in))


def _page(request: Request, bearer: Bearer, member: Member, shown: Shown) -> Response:
    desk = desk_of(request)
    newsletter, person, subscription = bearer.newsletter, member.person, member.subscription
    language, zone = language_of(request, newsletter, person.language), zone_of(person, newsletter)
    topics = topics_of(newsletter)
    here = _chooses(subscription)
    paused = subscription.paused_until if subscription.status is Status.PAUSED else None
    kept_topics = subscription.topics or tuple(one.topic for one in topics)
    leave = link(bearer, Purpose.UNSUBSCRIBE, base=desk.look.base, key=desk.ring[0])
    html = desk.look.render(
        "preferences.html",
        newsletter,
        language,
        private=True,
        asked=shown.asked,
        bad_address=shown.bad_address,
        barred=_barred(person),
        bounced=person.standing is Standing.BOUNCED,
        cadence=shown.cadence or ("pause" if paused else subscription.cadence),
        cadences=[cadence.value for cadence in offered(newsletter)],
        chooses=here,
        contact=headers.parsed(newsletter.reply_to or newsletter.sender)[1],
        chosen=kept_topics if shown.topics is None else shown.topics,
        email=shown.email,
        here=link(bearer, Purpose.PREFERENCES, base=desk.look.base, key=desk.ring[0]),
        hour=_written(subscription.hour),
        hours=_hours(subscription),
        languages=spoken(person.language),
        leave="" if subscription.status is Status.LEFT else leave,
        moving=shown.moving,
        own_hour=f"{newsletter.hour:%H:%M}",
        person=replace(person, timezone=zone),
        resumes=day(paused, zone, language) if paused else "",
        saved=shown.saved,
        since=day(subscription.joined_at, zone, language)
        if here and subscription.joined_at
        else "",
        status=subscription.status.value,
        topics=topics,
        trouble=desk.look.words(language, shown.trouble) if shown.trouble else "",
        zones=zones() if zone in zones() else (zone, *zones()),
    )
    return page(html, status=422 if shown.trouble else 200)


ROUTES = [
    Route("/preferences/{word}", show, methods=["GET"]),
    Route("/preferences/{word}", save, methods=["POST"]),
]
