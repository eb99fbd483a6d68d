"""The operator's desk for templates: the next mail as it looks now, and again at every change.

Served on this machine alone. A page shows one edition at two widths in two schemes, without
pictures, as text, with what lint says and what each part weighs. When a template, a theme or a
file of words changes, the page hears of it (Server-Sent Events) and fetches itself again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from digest.compose import proof, templates
from digest.web import look
from digest.web.proofs import Proof, Proofs, Trouble, stamp

LOOK_EVERY = 0.25  # seconds between two looks at the files
ALIVE = 60  # looks after which a connection that had nothing to say says so
HERE = ["127.0.0.1", "localhost", "[::1]", "::1"]
# What the page may do, and what a mail in a frame may: nothing but its own style and our pictures.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'"
)
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
_PICTURE = re.compile(r"[0-9a-f]{16,64}\.jpg")
_SOURCE = re.compile(r"(<img\b[^>]*?)\ssrc=\"[^\"]*\"", re.IGNORECASE)


def application(proofs: Proofs) -> Starlette:
    """The preview of one issue."""
    app = Starlette(
        routes=[
            Route("/", _page),
            Route("/mail/{scheme}/{pictures}", _mail),
            Route("/text", _text),
            Route("/events", _events),
            Route("/i/{name}", _picture),
            Route("/preview.js", _script),
            Route("/preview.css", _style),
        ],
        # Another site must not read the mail by giving this machine a name of its own.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HERE, www_redirect=False)],
    )
    app.state.proofs = proofs
    return app


async def _page(request: Request) -> Response:
    proofs, (theme, language) = _proofs(request), _chosen(request)
    found = await proofs.of(theme, language)
    facts: dict[str, object] = {
        "title": proofs.newsletter.title,
        "source": proofs.source,
        "stamp": found.stamp,
        "chosen": {"theme": theme, "language": language},
        "themes": proofs.themes(),
        "languages": proofs.languages(),
        "asked": urlencode({"theme": theme, "language": language}),
        "trouble": found if isinstance(found, Trouble) else None,
        "proof": found if isinstance(found, Proof) else None,
        "most": proofs.most_bytes,
    }
    page = look.environment((templates.ours() / "web",)).get_template("preview.html")
    return _fresh(HTMLResponse(page.render(facts)), _POLICY)


async def _mail(request: Request) -> Response:
    """The HTML part in one scheme, with pictures or without, as a frame shows it."""
    scheme, pictures = request.path_params["scheme"], request.path_params["pictures"]
    if scheme not in ("light", "dark") or pictures not in ("shown", "off"):
        raise HTTPException(404)
    found = await _proof(request)
    html = proof.in_scheme(found.html, dark=scheme == "dark")
    if pictures == "off":
        html = _SOURCE.sub(r"\1", html)
    return _fresh(HTMLResponse(html), _MAIL_POLICY)


async def _text(request: Request) -> Response:
    found = await _proof(request)
    return _fresh(Response(found.text, media_type="text/plain"), "default-src 'none'")


async def _events(request: Request) -> Response:
    """``change`` whenever the files are no longer those of ``?seen=``."""
    folders = _proofs(request).folders
    seen = request.query_params.get("seen", "")
    headers = {"cache-control": "no-store"}
    return StreamingResponse(_changes(folders, seen), 200, headers, "text/event-stream")


async def _changes(folders: Sequence[Path], seen: str) -> AsyncIterator[str]:
    quiet = 0
    yield "retry: 500\n\n"
    while True:
        now = await asyncio.to_thread(stamp, folders)
        if now != seen:
            seen, quiet = now, 0
            yield f"event: change\ndata: {now}\n\n"
        elif quiet == ALIVE:
            quiet = 0
            yield ": nothing new\n\n"
        quiet += 1
        await asyncio.sleep(LOOK_EVERY)


async def _picture(request: Request) -> Response:
    name = request.path_params["name"]
    path = _proofs(request).media / name
    if not _PICTURE.fullmatch(name) or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, media_type="image/jpeg")


async def _script(_: Request) -> Response:
    return _fresh(Response(look.content("preview.js"), media_type="text/javascript"), _POLICY)


async def _style(_: Request) -> Response:
    return _fresh(Response(look.content("preview.css"), media_type="text/css"), _POLICY)


async def _proof(request: Request) -> Proof:
    found = await _proofs(request).of(*_chosen(request))
    if isinstance(found, Trouble):
        raise HTTPException(503, str(found.words))
    return found


def _chosen(request: Request) -> tuple[str, str]:
    """The theme and the language asked for, where there are such; else the newsletter's."""
    proofs = _proofs(request)
    theme = request.query_params.get("theme", "")
    language = request.query_params.get("language", "")
    return (
        theme if theme in proofs.themes() else proofs.newsletter.theme,
        language if language in proofs.languages() else proofs.newsletter.language,
    )


def _proofs(request: Request) -> Proofs:
    proofs = request.app.state.proofs
    assert isinstance(proofs, Proofs)
    return proofs


def _fresh(answer: Response, policy: str) -> Response:
    answer.headers["cache-control"] = "no-store"
    answer.headers["content-security-policy"] = policy
    answer.headers["x-content-type-options"] = "nosniff"
    answer.headers["referrer-policy"] = "no-referrer"
    return answer
