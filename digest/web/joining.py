"""A filled-in form to an answer: the one way in, whether by page, frame or API.

The answer to a well-formed address is always the same. Whether it is new, known, gone or barred
shows neither in the words nor, but for a step of the clock, in the time they take.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from digest.model import NewsletterId
from digest.services.offers import offered
from digest.web import clients
from digest.web.challenge import Verdict
from digest.web.desk import Desk
from digest.web.members import Consent, Joining
from digest.web.texts import LANGUAGES
from subscribers.address import Address, BadAddress

STEP_SECONDS = 0.02  # joins are answered at whole steps after they came
LONGEST_NAME = 80


class Answer(StrEnum):
    TAKEN = "taken"
    NO_ADDRESS = "no-address"
    EARLY = "early"
    STALE = "stale"
    LIMITED = "limited"
    NO_NEWSLETTER = "no-newsletter"
    NO_CADENCE = "no-cadence"


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


async def take(desk: Desk, filled: Filled, ip: clients.Ip) -> Answer:
    """Look at a form and, where it may, let the person join."""
    loop = asyncio.get_running_loop()
    came = loop.time()
    answer = await _taken(desk, filled, ip)
    if answer is Answer.TAKEN:
        await asyncio.sleep(STEP_SECONDS - (loop.time() - came) % STEP_SECONDS)
    return answer


async def _taken(desk: Desk, filled: Filled, ip: clients.Ip) -> Answer:
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
    proven = not web.proof_of_work or desk.challenger.is_solved(filled.altcha, now)
    if not desk.gates.lets_in(ip, proven=proven):
        return Answer.LIMITED
    if not desk.challenger.use(filled.stamp, now):
        return Answer.STALE
    await desk.members.join(
        Joining(
            newsletter=NewsletterId(newsletter.id),
            address=address,
            name=plain_name(filled.name),
            timezone=newsletter.timezone,
            language=filled.language if filled.language in LANGUAGES else newsletter.language,
            cadence=filled.cadence or newsletter.cadence.value,
            consent=Consent(
                text=web.consent_text, page=filled.page, network=network_mark(desk, ip)
            ),
        )
    )
    return Answer.TAKEN


def plain_name(text: str) -> str:
    """A name in one line, with nothing in it that could end a header or hide."""
    seen = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in unicodedata.normalize("NFC", text[: LONGEST_NAME * 4])
        if unicodedata.category(c) not in ("Cf", "Co", "Cs", "Cn")
    )
    return " ".join(seen.split())[:LONGEST_NAME].strip()


def network_mark(desk: Desk, ip: clients.Ip) -> str:
    """A keyed hash of the network somebody came from: tells two apart, and names none."""
    said = f"digest.web.network|{clients.network(ip)}".encode()
    return hmac.new(desk.ring[0], said, hashlib.sha256).hexdigest()[:32]
