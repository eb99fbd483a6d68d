"""What could not be done, told politely and in the reader's language."""

from __future__ import annotations

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Match, Route

from digest import logs
from digest.errors import DigestError
from digest.web.desk import desk_of, language_of, page

log = logs.logger("digest.web")

N_ = str  # marks a sentence for the catalogues
# Status -> title, words, seconds after which it is worth trying again.
WORDS = {
    400: (N_("That did not arrive whole"), N_("Please go back and try again."), 0),
    403: (
        N_("This form was sent by another site"),
        N_("To keep others from pressing buttons for you, we did nothing."),
        0,
    ),
    404: (
        N_("This link leads nowhere"),
        N_(
            "It may have been cut short on its way. Copy the whole of it from the mail, to its "
            "last character."
        ),
        0,
    ),
    405: (N_("That did not arrive whole"), N_("Please go back and try again."), 0),
    410: (
        N_("This issue was withdrawn"),
        N_("Its publisher took it back. The others are in the archive."),
        0,
    ),
    413: (N_("That is too much"), N_("Our forms are small; this one was not."), 0),
    429: (
        N_("Too many at once"),
        N_("We have had many requests just now. Please try again in an hour."),
        3600,
    ),
    500: (N_("Something broke"), N_("It is our fault, and we have been told."), 0),
    503: (
        N_("Back in a moment"),
        N_("We cannot reach our books just now. Nothing was lost; please try again in a minute."),
        60,
    ),
}


class Withdrawn(HTTPException):
    """An issue that was taken back. ``correction``: the path of the page of the issue that puts it
    right; empty where none does."""

    def __init__(self, correction: str) -> None:
        super().__init__(410)
        self.correction = correction


def sorry(
    request: Request, status: int, *, correction: str = "", language: str = ""
) -> HTMLResponse:
    """The page for a status; it leads to the ``correction`` of what is withdrawn, if any.

    ``language``: the reader's, where a form or the person says it.
    """
    desk = desk_of(request)
    language = language_of(request, desk.first, language)
    title, words, wait = WORDS.get(status, WORDS[400])
    html = desk.look.render(
        "sorry.html",
        desk.first,
        language,
        private=True,
        status=status,
        title=desk.look.words(language, title),
        words=desk.look.words(language, words),
        correction=correction,
    )
    answer = page(html, status=status)
    if wait:
        answer.headers["retry-after"] = str(wait)
    return answer


async def refused(request: Request, error: Exception) -> Response:
    """An HTTPException of ours or of Starlette."""
    assert isinstance(error, HTTPException)
    correction = error.correction if isinstance(error, Withdrawn) else ""
    answer = sorry(request, error.status_code, correction=correction)
    if error.status_code == 405:
        answer.headers["allow"] = ", ".join(sorted(_methods(request)))
    return answer


def _methods(request: Request) -> set[str]:
    """What may be asked of this path (RFC 9110, 15.5.6): Starlette names one route's alone."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    fitting = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return {method for route in fitting for method in route.methods or ()}


async def flawed(_: Request, error: Exception) -> Response:
    """JSON that is no form of ours: what is wrong with it, and nothing of it.

    FastAPI would repeat what came, and some of that (NaN, half a character) is no JSON.
    """
    assert isinstance(error, RequestValidationError)
    flaws = [
        {"loc": list(map(_plain, one["loc"])), "msg": one["msg"], "type": one["type"]}
        for one in error.errors()
    ]
    return JSONResponse({"detail": flaws}, 422)


def _plain(place: str | int) -> str | int:
    return place if isinstance(place, int) else place.encode(errors="replace").decode()


async def unreachable(request: Request, error: Exception) -> Response:
    """A DigestError: the database is locked, full or gone. The operator reads it in the log."""
    log.warning("web.unreachable", error=str(error))
    return sorry(request, 503)


async def problem(request: Request, error: Exception) -> Response:
    """The same for programs: problem details (RFC 9457) of what is no fault of theirs."""
    status = 503 if isinstance(error, DigestError) else 500
    if status == 503:
        log.warning("web.unreachable", error=str(error))
    else:
        log.error("web.broken", error=type(error).__name__)
    desk = desk_of(request)
    title, detail, wait = WORDS[status]
    language = language_of(request, desk.first)
    said = {
        "type": "about:blank",
        "title": desk.look.words(language, title),
        "status": status,
        "detail": desk.look.words(language, detail),
    }
    headers = {"retry-after": str(wait)} if wait else None
    return JSONResponse(said, status, headers, media_type="application/problem+json")


async def broken(request: Request, error: Exception) -> Response:
    """Anything else, which is a bug; Starlette raises it again, and the server logs it."""
    log.error("web.broken", error=type(error).__name__)
    return sorry(request, 500)
