"""Files by their address: style sheets, scripts, the pictures of issues. Nothing else is served."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from digest.web import look
from digest.web.desk import desk_of

FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_PICTURE = re.compile(r"[0-9a-f]{16,64}\.jpg")


async def style(request: Request) -> Response:
    for known in desk_of(request).look.styles.values():
        if known.href == f"/style/{request.path_params['name']}":
            return Response(known.sheet, 200, FOREVER, "text/css")
    raise HTTPException(404)


async def script(request: Request) -> Response:
    found = look.asset(f"/static/{request.path_params['name']}")
    if found is None:
        raise HTTPException(404)
    # A worker is a document of its own and takes its policy from its own answer.
    headers = {**FOREVER, "content-security-policy": "default-src 'none'"}
    return Response(found, 200, headers, "text/javascript")


async def snippet(_: Request) -> Response:
    """``/embed.js``: for any site that is named in ``web.embed_origins``."""
    headers = {
        "cache-control": "public, max-age=3600",
        "cross-origin-resource-policy": "cross-origin",
    }
    return Response(look.content("embed.js"), 200, headers, "text/javascript")


async def picture(request: Request) -> Response:
    name = request.path_params["name"]
    path = desk_of(request).settings.storage.media / name
    if not _PICTURE.fullmatch(name) or not path.is_file():
        raise HTTPException(404)
    # Mails are read on other sites: the picture must be allowed there.
    headers = {**FOREVER, "cross-origin-resource-policy": "cross-origin"}
    return FileResponse(path, headers=headers, media_type="image/jpeg")


ROUTES = [
    Route("/style/{name}", style, methods=["GET"]),
    Route("/static/{name}", script, methods=["GET"]),
    Route("/embed.js", snippet, methods=["GET"]),
    Route("/i/{name}", picture, methods=["GET"]),
]
