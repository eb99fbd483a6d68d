"""Settings and tools to the ASGI application that readers meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from digest.compose import templates
from digest.config.settings import Settings
from digest.errors import DigestError
from digest.storage.database import Store
from digest.web import (
    api,
    archive,
    confirm,
    data,
    feeds,
    files,
    fresh,
    home,
    hooks,
    preferences,
    pulse,
    review,
    sorry,
    styles,
    trial,
    unsubscribe,
)
from digest.web.challenge import Challenger
from digest.web.desk import Desk, Erased, OfATest, Unproven
from digest.web.library import Library
from digest.web.limits import Gates, Spent
from digest.web.look import Look
from digest.web.members import Members
from digest.web.porch import Porch
from digest.web.pressed import Pressed


def application(
    settings: Settings,
    *,
    store: Store,
    ring: Sequence[bytes],
    clock: Callable[[], datetime],
    heard: hooks.Hooks | None = None,
    metrics_token: str = "",
) -> FastAPI:
    """The pages, the API, and with ``heard`` the webhooks. The caller closes ``store``."""
    desk = replace(_desk(settings, store, ring, clock), metrics_token=metrics_token)
    made = FastAPI(openapi_url=None, redirect_slashes=False)
    # A path is asked for decoded. As a parameter it is deprecated: servers put theirs before it.
    made.root_path = unquote(urlsplit(settings.site.base_url).path)
    made.state.desk, made.state.hooks = desk, heard
    rooms = (
        home,
        feeds,
        archive,
        confirm,
        unsubscribe,
        preferences,
        fresh,
        data,
        files,
        hooks,
        pulse,
        review,
    )
    for room in rooms:
        made.router.routes.extend(room.ROUTES)
    door = api.application(desk)
    made.mount("/api", door)
    made.add_exception_handler(HTTPException, sorry.refused)
    made.add_exception_handler(Unproven, fresh.lost)
    made.add_exception_handler(OfATest, trial.shown)
    made.add_exception_handler(Erased, data.gone)
    made.add_exception_handler(DigestError, sorry.unreachable)
    made.add_exception_handler(Exception, sorry.broken)
    door.add_exception_handler(RequestValidationError, sorry.flawed)
    for kind in (DigestError, Exception):
        door.add_exception_handler(kind, sorry.problem)
    made.add_middleware(
        Porch,
        max_body=settings.web.max_body_bytes,
        seconds=settings.web.timeout_seconds,
        https=settings.site.base_url.startswith("https:"),
        wider={hooks.PATH: hooks.MOST_BYTES},
    )
    return made


def _desk(
    settings: Settings, store: Store, ring: Sequence[bytes], clock: Callable[[], datetime]
) -> Desk:
    return Desk(
        settings=settings,
        members=Members(
            store=store, ring=ring, clock=clock, double_opt_in=settings.web.double_opt_in
        ),
        store=store,
        ring=ring,
        clock=clock,
        gates=Gates(settings.web),
        challenger=Challenger(
            ring=ring,
            cost=settings.web.proof_cost,
            min_fill=timedelta(seconds=settings.web.min_fill_seconds),
            spent=Spent(),
        ),
        pressed=Pressed(),
        look=_look(settings),
        started=clock(),
        library=Library(store, clock),
    )


def _look(settings: Settings) -> Look:
    own, ours = settings.compose.templates, templates.ours()
    mail = (own, ours / "email") if own else (ours / "email",)
    pages = (own / "web", ours / "web") if own else (ours / "web",)
    return Look(
        pages,
        settings.site,
        {
            newsletter.id: styles.style(newsletter.theme, mail)
            for newsletter in settings.newsletters.values()
        },
        urlsplit(settings.site.base_url).path,
    )
