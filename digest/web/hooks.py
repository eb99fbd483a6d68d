"""What mail providers tell by webhook: proven to be theirs, then carried to the one engine.

``POST /hooks/PROVIDER``, which is ses, postmark, sendgrid, mailgun or generic.
A provider that is not set up is not there (404); a request that is not proven is refused (403) and
does nothing. A database that is locked is 503, and the provider tells it again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.collect.fetch import Ask, Fetch, Fetched
from digest.deliver import outside, providers, seals
from digest.deliver.seals import Seals
from digest.deliver.verdict import Verdict
from digest.errors import Temporary
from digest.services import feedback
from digest.services.feedback import Acts, Incoming, Rules
from digest.web.desk import Desk, desk_of

T = TypeVar("T")

PATH = "/hooks/"
MOST_BYTES = 1024 * 1024  # SendGrid gathers events until a request is this large
TOKEN_LIFE = seals.MAILGUN_RETRIES + seals.SOON
MOST_TOKENS = 100_000  # remembered at most: some 20 MB


class Tokens:
    """Mailgun's tokens, each good for one body: its signature does not cover the body.

    The same request again is let through, since Mailgun repeats what we could not take; that it
    acts only once is the engine's part. In memory: a restart forgets.
    """

    def __init__(self, most: int = MOST_TOKENS) -> None:
        self._bodies: OrderedDict[str, tuple[bytes, datetime]] = OrderedDict()
        self._most = most

    def take(self, token: str, body: bytes, now: datetime) -> bool:
        """Whether ``token`` comes for the first time, or with the body it came with before."""
        digest = hashlib.sha256(body).digest()
        if known := self._bodies.get(token):
            return known[0] == digest
        while self._bodies and next(iter(self._bodies.values()))[1] < now:
            self._bodies.popitem(last=False)
        # Forgetting one that is alive would let it be used for another body.
        if len(self._bodies) >= self._most:
            return False
        self._bodies[token] = (digest, now + TOKEN_LIFE)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What hearing providers takes. ``fetch`` asks Amazon for its certificates."""

    seals: Seals
    acts: Acts
    rules: Rules
    fetch: Fetch
    certificates: dict[str, bytes] = field(default_factory=dict)
    tokens: Tokens = field(default_factory=Tokens)


async def hear(request: Request) -> Response:
    provider, hooks = request.path_params["provider"], request.app.state.hooks
    check = CHECKS.get(provider)
    if check is None or not isinstance(hooks, Hooks):
        raise HTTPException(404)
    body = await request.body()
    try:
        told = await check(request, hooks, body)
        # A thread's: a full request takes seconds, and readers must not wait for them.
        found = await asyncio.to_thread(_read, provider, desk_of(request).ring, told)
    except outside.Unreadable as error:
        return PlainTextResponse(f"{error}\n", 400)
    await _carried(desk_of(request), hooks, found)
    return PlainTextResponse("Heard.\n")


def _read(provider: str, ring: Sequence[bytes], told: object) -> list[Verdict]:
    return providers.READERS[provider](ring, told) if told else []


async def _carried(desk: Desk, hooks: Hooks, found: Sequence[Verdict]) -> None:
    await feedback.heard(
        desk.store,
        # Each with what was told of it alone: a request may tell of many people.
        [Incoming(verdict=verdict, original=verdict.original) for verdict in found],
        acts=hooks.acts,
        ring=desk.ring,
        rules=hooks.rules,
        clock=desk.clock,
    )


async def _ses(request: Request, hooks: Hooks, body: bytes) -> object:
    """SNS in front of SES. Anybody's topic is signed by Amazon: it must be one of ours."""
    _needed(hooks.seals.ses_topics)
    message = outside.read(body)
    if not isinstance(message, dict) or message.get("TopicArn") not in hooks.seals.ses_topics:
        raise HTTPException(403)
    url = str(message.get("SigningCertURL", ""))
    if not seals.is_certificate(url):
        raise HTTPException(403)
    pem = hooks.certificates.get(url) or await _asked(hooks.fetch, url, seals.is_certificate)
    if not seals.sns(message, pem, desk_of(request).clock()):
        raise HTTPException(403)
    hooks.certificates[url] = pem
    match message.get("Type"):
        case "Notification":
            return _of_ses(str(message.get("Message", "")))
        case "SubscriptionConfirmation":
            confirm = str(message.get("SubscribeURL", ""))
            if not seals.is_confirmation(confirm):
                raise HTTPException(403)
            await _asked(hooks.fetch, confirm, seals.is_confirmation)
    return None


def _of_ses(message: str) -> object:
    """What SES tells. Its trial of a topic, and the operator's, are a sentence: nothing is told."""
    return outside.read(message) if message.lstrip()[:1] in ("{", "[") else None


async def _asked(fetch: Fetch, url: str, is_theirs: Callable[[str], bool]) -> bytes:
    """What Amazon answers. Raises Temporary where it does not: SNS then tells it again."""
    answer = await fetch(Ask(url=url))
    if not isinstance(answer, Fetched) or not is_theirs(answer.url):
        raise Temporary("Amazon's SNS does not answer; the notification was not heard")
    return answer.body


async def _postmark(request: Request, hooks: Hooks, body: bytes) -> object:
    """Postmark signs nothing: a password that only it and we know stands in for it."""
    secret = _needed(hooks.seals.postmark)
    given = request.path_params.get("secret") or seals.basic(_header(request, "authorization"))
    if not seals.password(secret, given):
        raise HTTPException(403)
    return outside.read(body)


async def _sendgrid(request: Request, hooks: Hooks, body: bytes) -> object:
    genuine = seals.sendgrid(
        _needed(hooks.seals.sendgrid),
        signature=_header(request, "x-twilio-email-event-webhook-signature"),
        timestamp=_header(request, "x-twilio-email-event-webhook-timestamp"),
        body=body,
    )
    if not genuine:
        raise HTTPException(403)
    return outside.read(body)


async def _mailgun(request: Request, hooks: Hooks, body: bytes) -> object:
    key, now = _needed(hooks.seals.mailgun), desk_of(request).clock()
    told = outside.read(body)
    signed = told.get("signature") if isinstance(told, dict) else None
    given = signed if isinstance(signed, dict) else {}
    timestamp, token, signature = (
        str(given.get(name, "")) for name in ("timestamp", "token", "signature")
    )
    if not seals.mailgun(key, timestamp=timestamp, token=token, signature=signature, now=now):
        raise HTTPException(403)
    if not hooks.tokens.take(token, body, now):
        raise HTTPException(403)
    return told


async def _generic(request: Request, hooks: Hooks, body: bytes) -> object:
    header = _header(request, "x-digest-signature")
    secret, now = _needed(hooks.seals.generic), desk_of(request).clock()
    if not seals.generic(secret, header=header, body=body, now=now):
        raise HTTPException(403)
    return outside.read(body)


Check = Callable[[Request, Hooks, bytes], Awaitable[object]]
CHECKS: Mapping[str, Check] = {
    "ses": _ses,
    "postmark": _postmark,
    "sendgrid": _sendgrid,
    "mailgun": _mailgun,
    "generic": _generic,
}


def _needed(set_up: T) -> T:
    """What a provider proves itself with. Raises HTTPException 404 where it is not set up."""
    if not set_up:
        raise HTTPException(404)
    return set_up


def _header(request: Request, name: str) -> str:
    return request.headers.get(name, "")


ROUTES = [
    Route(PATH + "{provider}", hear, methods=["POST"]),
    # For what cannot send a password any other way.
    Route(PATH + "{provider}/{secret}", hear, methods=["POST"]),
]
