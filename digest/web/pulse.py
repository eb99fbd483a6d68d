"""For machines that watch: alive, ready, and measures to this machine or whoever has the token."""

from __future__ import annotations

import asyncio
import hmac
import os
from datetime import datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from digest.errors import DigestError
from digest.storage import gauges
from digest.storage.gauges import Gauges
from digest.web import exposition
from digest.web.desk import Desk, desk_of, ip_of
from digest.web.exposition import Metric, Sample
from digest.web.porch import ALWAYS

TOKEN = "DIGEST_METRICS_TOKEN"  # noqa: S105 -- the name of the variable that holds it
PATIENCE = 3.0  # seconds: who watches asks for an answer, and a container for one within 4
ABSENT = "Digest is not ready. Nothing was lost; please try again in a moment.\n"


async def healthz(_: Request) -> Response:
    """The process answers; nothing else is asked."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """The database answers and has our schema."""
    try:
        async with asyncio.timeout(PATIENCE):
            trouble = await desk_of(request).store.read(gauges.ready)
    except (DigestError, TimeoutError):
        trouble = "the database does not answer"
    return PlainTextResponse(f"{trouble or 'ready'}\n", 503 if trouble else 200)


async def absent(scope: Scope, receive: Receive, send: Send) -> None:
    """What is answered while there are no pages: the process lives, and that is all."""
    answer = await healthz(Request(scope)) if is_healthz(scope) else _not_ready()
    await answer(scope, receive, send)


def is_healthz(scope: Scope) -> bool:
    """Whether it asks only if the process lives; its path may begin with that of the site."""
    return scope["type"] == "http" and str(scope["path"]).endswith("/healthz")


def _not_ready() -> Response:
    return PlainTextResponse(ABSENT, 503, {**ALWAYS, "retry-after": "5", "connection": "close"})


async def metrics(request: Request) -> Response:
    """The measures, to who may see them."""
    desk = desk_of(request)
    if not may_see(request, desk):
        return PlainTextResponse("Measures are for this machine, or with a token.\n", 403)
    found = await desk.store.read(gauges.read)
    made = measures(found, now=desk.clock(), resident=resident_bytes(), started=desk.started)
    return Response(exposition.text(made), 200, media_type=exposition.CONTENT_TYPE)


def may_see(request: Request, desk: Desk) -> bool:
    """Whether the asker is this machine itself or shows the token (RFC 6750)."""
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    if desk.metrics_token and kind.lower() == "bearer":
        return hmac.compare_digest(shown.strip().encode(), desk.metrics_token.encode())
    return ip_of(request, desk).is_loopback and not _passed_on(request)


def _passed_on(request: Request) -> bool:
    # A proxy on this machine that names nobody would make every stranger look like us.
    return any(name in request.headers for name in ("x-forwarded-for", "forwarded", "via"))


def resident_bytes() -> int:
    """Memory of this process (proc(5)); 0 where the machine does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123 -- no real file
            return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def measures(found: Gauges, *, now: datetime, resident: int, started: datetime) -> list[Metric]:
    """What is measured. ``resident``: bytes of memory in use."""
    people = (
        Sample(value=count, labels={"newsletter": newsletter, "status": status})
        for (newsletter, status), count in sorted(found.people.items())
    )
    letters = (
        Sample(value=count, labels={"state": state})
        for state, count in sorted(found.letters.items())
    )
    last = (
        Sample(value=at.timestamp(), labels={"newsletter": newsletter})
        for newsletter, at in sorted(found.last_issue.items())
    )
    return [
        _metric("digest_subscriptions", "Subscriptions by newsletter and status.", *people),
        _metric("digest_letters", "Letters by state.", *letters),
        _alone(
            "digest_letters_oldest_owed_seconds",
            "How long the oldest queued letter has been due.",
            _since(found.oldest_owed, now),
        ),
        _alone(
            "digest_deliveries_waiting",
            "Deliveries of released issues that are not settled.",
            found.deliveries,
        ),
        _alone(
            "digest_deliveries_oldest_due_seconds",
            "How long the first of them could have gone.",
            _since(found.first_delivery, now),
        ),
        _alone("digest_sources", "Sources that were ever visited.", found.sources),
        _alone("digest_sources_failing", "Sources whose last visit failed.", found.failing),
        _metric("digest_last_issue_timestamp_seconds", "When the last issue was released.", *last),
        _alone("process_resident_memory_bytes", "Memory in use.", resident),
        _alone("process_start_time_seconds", "When the process started.", started.timestamp()),
    ]


def _since(due: datetime | None, now: datetime) -> float:
    return max(0.0, (now - due).total_seconds()) if due else 0.0


def _alone(name: str, words: str, value: float) -> Metric:
    return _metric(name, words, Sample(value=value))


def _metric(name: str, words: str, *samples: Sample) -> Metric:
    return Metric(name=name, kind="gauge", help=words, samples=samples)


ROUTES = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
