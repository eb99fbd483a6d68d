"""A filled-in form to an answer: the one way in, and to fresh links, by page, frame or API.

The answer to a well-formed address is always the same, and shows it. Whether it is new, known, gone
or barred shows neither in the words nor, but for a step of the clock, in the time they take.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial

from digest.model import NewsletterId
from digest.services.offers import offered
from digest.web import clients
from digest.web.challenge import Verdict
from digest.web.desk import Desk
from digest.web.hints import NO_ADDRESS, hint
from digest.web.members import Consent, Joining
from digest.web.texts import LANGUAGES
from subscribers.address import Address, BadAddress

STEP_SECONDS = 0.02  # joins are answered at whole steps after they came
LONGEST_NAME = 80
_JOINERS = "\u200c\u200d"
_LOOSE_JOINERS = re.compile(rf"(?<![^\s{_JOINERS}])[{_JOINERS}]+|[{_JOINERS}]+(?![^\s{_JOINERS}])")


class Answer(StrEnum):
    TAKEN = "taken"
    NO_ADDRESS = "no-address"
    EARLY = "early"
    STALE = "stale"
    LIMITED = "limited"
    NO_NEWSLETTER = "no-newsletter"
    NO_CADENCE = "no-cadence"


N_ = str  # marks a sentence for the catalogues
TROUBLE = {
    Answer.NO_ADDRESS: NO_ADDRESS,  # or what else is wrong with it
    Answer.EARLY: N_("That was quicker than we can tell from a program. Please press once more."),
    Answer.STALE: N_("The form had been open for too long. Please press once more."),
    Answer.NO_CADENCE: N_("It does not come that often. Choose one of those that are offered."),
}
STATUS = dict.fromkeys(TROUBLE, 422)
Act = Callable[[NewsletterId, Address], Awaitable[None]]  # what a form that is let in does


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What came back of a form, as it came."""

    newsletter: str
    email: str
    stamp: str
    altcha: str = ""
    name: str = ""
    language: str = ""
    cadence: str = ""
    trap: str = ""  # a field that people do not see
    page: str = "subscribe"

    @property
    def address(self) -> str:
        """The address for people to read: who mistyped it sees it. Raises BadAddress."""
        return Address.pasted(self.email).shown

    @property
    def mark(self) -> bytes:
        """What tells this form from any other, but for its proof."""
        said = {**asdict(self), "altcha": ""}
        return hashlib.sha256(json.dumps(said).encode()).digest()


async def take(desk: Desk, filled: Filled, ip: clients.Ip) -> Answer:
    """Look at a form and, where it may, let the person join."""
    return await _answered(desk, filled, ip, partial(_join, desk, filled, ip))


async def relink(desk: Desk, filled: Filled, ip: clients.Ip) -> Answer:
    """Look at a form and, where it may, send fresh links to whoever reads there."""
    return await _answered(desk, filled, ip, desk.members.relink)


def trouble(answer: Answer, filled: Filled | None) -> str:
    """What is wrong with a form, in English."""
    return (filled and hint(filled.email)) or TROUBLE[answer]


async def _answered(desk: Desk, filled: Filled, ip: clients.Ip, act: Act) -> Answer:
    loop = asyncio.get_running_loop()
    came = loop.time()
    answer = await _taken(desk, filled, ip, act)
    if answer is Answer.TAKEN:
        await asyncio.sleep(STEP_SECONDS - (loop.time() - came) % STEP_SECONDS)
    return answer


async def _taken(desk: Desk, filled: Filled, ip: clients.Ip, act: Act) -> Answer:
    now, web = desk.clock(), desk.settings.web
    newsletter = desk.settings.newsletters.get(filled.newsletter)
    if newsletter is None:
        return Answer.NO_NEWSLETTER
    try:
        address = Address.pasted(filled.email)
    except BadAddress:
        return Answer.NO_ADDRESS
    if filled.cadence not in ("", *offered(newsletter)):
        return Answer.NO_CADENCE
    if filled.trap:
        return Answer.TAKEN  # a program learns nothing from us
    verdict = desk.challenger.weigh(filled.stamp, now)
    if verdict is not Verdict.GOOD:
        return Answer.EARLY if verdict is Verdict.EARLY else Answer.STALE
    mark = filled.mark
    if not desk.pressed.knows(mark, now):
        proven = not web.proof_of_work or desk.challenger.is_solved(filled.altcha, now)
        if not desk.gates.lets_in(ip, proven=proven):
            return Answer.LIMITED
        if not desk.challenger.use(filled.stamp, now):
            return Answer.STALE
    await desk.pressed.act(mark, now, lambda: act(NewsletterId(newsletter.id), address))
    return Answer.TAKEN


async def _join(
    desk: Desk, filled: Filled, ip: clients.Ip, name: NewsletterId, address: Address
) -> None:
    newsletter = desk.settings.newsletters[name]
    await desk.members.join(
        Joining(
            newsletter=name,
            address=address,
            name=plain_name(filled.name),
            timezone=newsletter.timezone,
            language=filled.language if filled.language in LANGUAGES else newsletter.language,
            cadence=filled.cadence or newsletter.cadence.value,
            consent=Consent(
                text=desk.settings.web.consent_text,
                page=filled.page,
                network=network_mark(desk, ip),
            ),
        )
    )


def plain_name(text: str) -> str:
    """A name in one line, with nothing in it that could end a header or hide.

    A joiner within a word stays: Persian and Hindi are spelt with it, and families of emoji.
    """
    seen = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in unicodedata.normalize("NFC", text[: LONGEST_NAME * 4])
        if c in _JOINERS or unicodedata.category(c) not in ("Cf", "Co", "Cs", "Cn")
    )
    short = " ".join(_LOOSE_JOINERS.sub("", seen).split())[:LONGEST_NAME]
    return _LOOSE_JOINERS.sub("", short).strip()


def network_mark(desk: Desk, ip: clients.Ip) -> str:
    """A keyed hash of the network somebody came from: tells two apart, and names none."""
    said = f"digest.web.network|{clients.network(ip)}".encode()
    return hmac.new(desk.ring[0], said, hashlib.sha256).hexdigest()[:32]
