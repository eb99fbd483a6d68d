"""The same form for programs and for embed.js: JSON in, JSON out, the same rules."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.cors import CORSMiddleware

from digest.services.offers import offered
from digest.web import origins
from digest.web.desk import Desk, desk_of, ip_of, language_of, named
from digest.web.hints import NO_ADDRESS, hint
from digest.web.joining import TROUBLE, Answer, Filled, take
from digest.web.look import Look
from digest.web.sorry import WORDS
from digest.web.texts import RIGHT_TO_LEFT

N_ = str  # marks a sentence for the catalogues
# Answer -> status, the words a reader may be shown.
ANSWERS = {
    Answer.TAKEN: (
        202,
        N_(
            "If the address can be signed up, a letter is on its way to it. Press the button in "
            "that letter, and you are in."
        ),
    ),
    Answer.NO_ADDRESS: (422, NO_ADDRESS),  # or what else is wrong with it
    Answer.EARLY: (409, TROUBLE[Answer.EARLY]),
    Answer.STALE: (409, TROUBLE[Answer.STALE]),
    Answer.LIMITED: (429, WORDS[429][1]),
    Answer.NO_CADENCE: (422, TROUBLE[Answer.NO_CADENCE]),
    Answer.NO_NEWSLETTER: (404, WORDS[404][0]),
}
WELCOME = N_("If the address can be signed up, it is, and a letter of welcome is on its way to it.")
FOREIGN = WORDS[403][0]

# Described by hand: they are read where the pages read theirs, and no value of them is refused.
ASKED = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "description": words,
        "schema": {"type": "string"},
    }
    for name, words in (
        ("newsletter", "Its id; the first one where it is not known."),
        ("lang", "ISO 639-1; where we do not speak it, what the browser accepts."),
    )
]

router = APIRouter()


class Offer(BaseModel):
    """A newsletter one can get, and how often."""

    id: str
    title: str
    tagline: str
    language: str
    cadences: list[str]


class Form(BaseModel):
    """What showing the form takes. ``stamp`` and ``challenge`` are good for one join."""

    newsletter: Offer
    language: str = Field(description="Of the words; of the letters, too, if it comes back")
    dir: str
    words: dict[str, str]
    stamp: str
    challenge: dict[str, object] | None = Field(description="ALTCHA, version 2; null: none asked")


class Join(BaseModel):
    """A filled-in form."""

    model_config = ConfigDict(extra="forbid")

    newsletter: Annotated[str, Field(max_length=100)]
    email: Annotated[str, Field(max_length=400)]
    stamp: Annotated[str, Field(max_length=200)]
    altcha: Annotated[str, Field(max_length=4096)] = ""
    name: Annotated[str, Field(max_length=320)] = ""
    language: Annotated[str, Field(max_length=8)] = ""
    cadence: Annotated[str, Field(max_length=16)] = ""
    website: Annotated[str, Field(max_length=400)] = ""


class Said(BaseModel):
    """What became of it: a word for programs and a sentence for people."""

    answer: str
    message: str


@router.get("/newsletters")
async def newsletters(request: Request) -> list[Offer]:
    """Every newsletter of this site."""
    return [_offer(desk_of(request), name) for name in desk_of(request).settings.newsletters]


@router.get("/challenge")
async def challenge(request: Request) -> dict[str, object]:
    """One ALTCHA challenge, as its widget reads it."""
    desk = desk_of(request)
    return desk.challenger.challenge(desk.clock())


@router.get("/form", openapi_extra={"parameters": ASKED})
async def form(request: Request) -> Form:
    """All that a site needs to show the form, in the reader's language."""
    desk = desk_of(request)
    newsletter = named(request, desk)
    language = language_of(request, newsletter)
    web, now = desk.settings.web, desk.clock()
    return Form(
        newsletter=_offer(desk, newsletter.id),
        language=language,
        dir="rtl" if language in RIGHT_TO_LEFT else "ltr",
        words=_words(desk.look, language),
        stamp=desk.challenger.stamp(now),
        challenge=desk.challenger.challenge(now) if web.proof_of_work else None,
    )


class Refusal(BaseModel):
    """What the frame around us says of a request that never became a form."""

    detail: str


class Problem(BaseModel):
    """Why nothing could be done, though the request was fine (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class Flaw(BaseModel):
    """One thing that is wrong with the JSON of a form."""

    loc: list[str | int]
    msg: str
    type: str


class Flaws(BaseModel):
    """A body that is no form: all that is wrong with it."""

    detail: list[Flaw]


SAID: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "The body is not text"},
    403: {"model": Said, "description": "Sent by a page of a site that may not embed the form"},
    404: {"model": Said, "description": "There is no such newsletter"},
    409: {"model": Said, "description": "Too early or too late: ask for a new form"},
    413: {"model": Refusal, "description": "The body is too large"},
    422: {"model": Said | Flaws, "description": "No address, a cadence not offered, or no form"},
    429: {"model": Said, "description": "Too many joins from this network"},
    503: {
        "description": "The database cannot be reached; nothing was lost. See Retry-After",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    },
}


@router.post("/subscribe", status_code=202, responses=SAID)
async def subscribe(request: Request, join: Join) -> Said:
    """Ask to join. The answer is 202 for every address that is well formed."""
    desk = desk_of(request)
    newsletter = desk.settings.newsletters.get(join.newsletter, desk.first)
    language = language_of(request, newsletter, join.language)
    if not origins.may_send(request.headers, desk.origins, token=False):
        return _said(403, "foreign", desk.look.words(language, FOREIGN))
    given = join.model_dump(exclude={"website"})
    answer = await take(desk, Filled(**given, trap=join.website, page="api"), ip_of(request, desk))
    status, words = ANSWERS[answer]
    if answer is Answer.TAKEN and not desk.settings.web.double_opt_in:
        words = WELCOME
    if answer is Answer.NO_ADDRESS:
        words = hint(join.email)
    return _said(status, answer.value, desk.look.words(language, words))


def application(desk: Desk) -> FastAPI:
    """The API as an application of its own; its description is at ``/openapi.json``."""
    # No docs page: the usual one loads its scripts from another host.
    made = FastAPI(title="Digest", docs_url=None, redoc_url=None, redirect_slashes=False)
    made.state.desk = desk
    made.include_router(router)
    made.add_middleware(
        CORSMiddleware,
        allow_origins=list(desk.settings.web.embed_origins),
        allow_methods=["GET", "POST"],
        allow_headers=["content-type"],
    )
    return made


def _said(status: int, answer: str, message: str) -> Said:
    content = {"answer": answer, "message": message}
    # FastAPI is told the shape and given the answer itself.
    return JSONResponse(content, status)  # type: ignore[return-value]  # -- see above


def _offer(desk: Desk, name: str) -> Offer:
    newsletter = desk.settings.newsletters[name]
    return Offer(
        id=newsletter.id,
        title=newsletter.title,
        tagline=newsletter.tagline,
        language=newsletter.language,
        cadences=[cadence.value for cadence in offered(newsletter)],
    )


def _words(look: Look, language: str) -> dict[str, str]:
    sentences = {
        "email": N_("Email address"),
        "subscribe": N_("Subscribe"),
        "working": N_("One moment…"),
        "hint": N_("We will send one mail to check that the address is yours."),
        "failed": WORDS[503][1],
    }
    return {name: look.words(language, sentence) for name, sentence in sentences.items()}
