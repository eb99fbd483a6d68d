"""A link that no key of ours proves any more, to a letter with fresh ones.

Whoever publishes may have lost ``secret.key``; their readers' old mails must lead to a way out all
the same. Nobody is proven here, so the page asks for the address and tells nothing of it.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model import Newsletter
from digest.web import origins
from digest.web.desk import Unproven, desk_of, ip_of, language_of, page
from digest.web.joining import STATUS, Answer, Filled, relink, trouble
from digest.web.sorry import sorry


async def lost(request: Request, error: Exception) -> Response:
    """The page of such a link. A provider that posts one-click to it sees that it failed."""
    assert isinstance(error, Unproven)
    language = language_of(request, error.newsletter)
    answer = _form(request, error.newsletter, language, status=error.status_code)
    # Its address holds a word: whoever gets our form needs to know our host, and no more.
    answer.headers["referrer-policy"] = "strict-origin"
    return answer


async def ask(request: Request) -> Response:
    desk = desk_of(request)
    if not origins.may_send(request.headers, (desk.own_origin,), token=False):
        raise HTTPException(403)
    async with request.form(max_files=0, max_fields=20) as form:
        said = {name: str(value) for name, value in form.items()}
    filled = Filled(
        newsletter=said.get("newsletter", ""),
        email=said.get("email", "")[:400],
        stamp=said.get("stamp", ""),
        altcha=said.get("altcha", ""),
        trap=said.get("website", ""),
        page="links",
    )
    answer = await relink(desk, filled, ip_of(request, desk))
    if answer is Answer.NO_NEWSLETTER:
        raise HTTPException(404)
    if answer is Answer.LIMITED:
        return sorry(request, 429, language=said.get("language", ""))
    newsletter = desk.settings.newsletters[filled.newsletter]
    language = language_of(request, newsletter, said.get("language", ""))
    if answer is Answer.TAKEN:
        facts = {"address": filled.address}
        return page(desk.look.render("asked.html", newsletter, language, private=True, **facts))
    return _form(request, newsletter, language, status=STATUS[answer], answer=answer, filled=filled)


def _form(
    request: Request,
    newsletter: Newsletter,
    language: str,
    *,
    status: int,
    answer: Answer | None = None,
    filled: Filled | None = None,
) -> Response:
    desk = desk_of(request)
    html = desk.look.render(
        "lost.html",
        newsletter,
        language,
        private=True,
        answered=answer is not None,
        bad_address=answer is Answer.NO_ADDRESS,
        email=filled.email if filled else "",
        proof=desk.settings.web.proof_of_work,
        stamp=desk.challenger.stamp(desk.clock()),
        trouble=desk.look.words(language, trouble(answer, filled)) if answer else "",
    )
    return page(html, status=status, private=False)


ROUTES = [Route("/links", ask, methods=["POST"])]
