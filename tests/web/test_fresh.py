"""Links whose key was lost: the page they lead to, what may be asked there, and of whom."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from digest.services import membership
from digest.web.texts import LANGUAGES, translations
from subscribers.acts import Bounce, Complain
from subscribers.address import Address
from subscribers.model import By, SubscriberId
from subscribers.tokens import Purpose
from tests.web.house import RING, Answer, House, house, link

LOST = b"a key that is in no ring any more, as long"
STRANGER = SubscriberId("0123456789abcdef")
TITLE = "This link can no longer be read"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
RENEWED = [Purpose.UNSUBSCRIBE, Purpose.PREFERENCES]


async def stamp_on(site: House, page: str) -> str:
    """The stamp of the form that a page shows, after the time it takes to fill it in."""
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found
    site.clock.forward(seconds=5)
    return found[1]


async def ask(site: House, address: str, ip: str = "192.0.2.1", **fields: str) -> Answer:
    page = (await site.get(link(Purpose.UNSUBSCRIBE, STRANGER, LOST))).text
    given = {"newsletter": "daily", "email": address, "stamp": await stamp_on(site, page)}
    return await site.post("/links", {**given, **fields}, headers={"X-Forwarded-For": ip})


async def owed(site: House) -> list[str]:
    return [row.address for row in await site.letters() if row.kind == "links"]


@pytest.mark.parametrize("purpose", RENEWED)
async def test_a_link_whose_key_was_lost_asks_for_the_address(site: House, purpose: Purpose):
    who = await site.member()

    known = await site.get(link(purpose, who, LOST))
    forged = await site.get(link(purpose, STRANGER, LOST))

    assert (known.status, known.headers["Cache-Control"]) == (404, "no-store")
    assert TITLE in known.text
    assert 'action="/links"' in known.text
    assert "ada@example.org" not in known.text
    bare = [re.sub(r'"stamp" value="[^"]+"', "", page.text) for page in (known, forged)]
    assert bare[0] == bare[1]


@pytest.mark.parametrize(
    "path",
    [
        link(Purpose.CONFIRM, STRANGER, LOST),
        f"/address/{STRANGER}.{'x' * 22}",
        link(Purpose.UNSUBSCRIBE, STRANGER, LOST)[:-3],  # cut short
        link(Purpose.UNSUBSCRIBE, STRANGER, LOST).replace("daily", "nightly"),
    ],
)
async def test_every_other_link_that_proves_nothing_leads_nowhere(site: House, path: str):
    answer = await site.get(path)

    assert answer.status == 404
    assert "leads nowhere" in answer.text
    assert "/links" not in answer.text


async def test_the_page_is_in_the_readers_language_and_no_address_of_it_goes_on(site: House):
    for language in LANGUAGES:
        page = await site.get(link(Purpose.UNSUBSCRIBE, STRANGER, LOST) + f"?lang={language}")

        assert translations(language).gettext(TITLE) in page.text
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("purpose", RENEWED)
async def test_what_is_posted_to_it_does_nothing_and_is_no_success(site: House, purpose: Purpose):
    who = await site.member()

    one_click = await site.post(link(purpose, who, LOST), ONE_CLICK)
    pressed = await site.post(link(purpose, who, LOST), {"act": "leave"})

    assert (one_click.status, pressed.status) == (404, 404)
    assert TITLE in pressed.text
    assert await site.status(who) == "active"


async def test_the_answer_is_the_same_whoever_the_address_belongs_to(site: House):
    names = ("ada", "grace", "edsger", "barbara", "frances")
    people = {name: await site.member(f"{name}@example.org") for name in names}
    await site.join("pending@example.org")
    await site.members.leave(people["grace"], "daily")
    for name, act in (("edsger", Bounce()), ("barbara", Complain())):
        await membership.act_on_address(
            site.store, people[name], act, by=By.MAILBOX, ring=RING, clock=site.clock
        )
    frances = Address.parse("frances@example.org")
    await membership.suppress(site.store, frances, ring=RING, clock=site.clock)

    asked = ["nobody@example.org", "pending@example.org", "ada@example.org"]
    asked += [f"{name}@example.org" for name in names]
    answers = [await ask(site, address) for address in asked]

    told = {one.text.replace(address, "") for one, address in zip(answers, asked, strict=True)}
    assert ([answer.status for answer in answers], len(told)) == ([200] * len(asked), 1)
    assert '<bdi dir="ltr">nobody@example.org</bdi>' in answers[0].text
    assert "Look into your mailbox" in answers[0].text
    assert await owed(site) == ["ada@example.org"]


async def test_an_address_that_is_none_is_told_and_kept_in_the_form(site: House):
    answer = await ask(site, "ada.example.org", language="de")

    assert (answer.status, 'value="ada.example.org"' in answer.text) == (422, True)
    assert "Dieser Link ist nicht mehr lesbar" in answer.text
    again = await stamp_on(site, answer.text)
    form = {"newsletter": "daily", "email": "ada@example.org", "stamp": again}
    assert (await site.post("/links", form)).status == 200


async def test_the_form_is_guarded_as_the_one_that_joins_is(tmp_path: Path):
    async with house(tmp_path, "proof_of_work = true\n", joins_without_proof=2) as site:
        await site.member()
        trapped = await ask(site, "ada@example.org", website="https://spam.example")
        unstamped = await ask(site, "ada@example.org", stamp="1.x.y")
        nowhere = await ask(site, "ada@example.org", newsletter="nightly")
        elsewhere = await site.post("/links", {}, headers={"Origin": "https://evil.example"})
        assert await owed(site) == []
        open_one, limited = [await ask(site, "ada@example.org") for _ in range(2)]

        limited_too = await ask(site, "ada@example.org", language="de")
        assert "Zu viele auf einmal" in limited_too.text
        assert trapped.text == open_one.text
        statuses = [
            one.status for one in (trapped, unstamped, nowhere, elsewhere, open_one, limited)
        ]
        assert statuses == [200, 422, 404, 403, 200, 429]
        assert await owed(site) == ["ada@example.org"]


async def test_who_lost_their_key_has_readers_who_can_leave_by_any_old_mail(tmp_path: Path):
    async with house(tmp_path, ring=(LOST,)) as site:
        await site.join("ada@example.org")
        who = (await site.letters())[-1].subscriber
        await site.post(link(Purpose.CONFIRM, who, LOST))
        old = (await site.mail())["welcome"]["List-Unsubscribe"]
    [path] = re.findall(r"<https://quayside\.example(/unsubscribe/[^>]+)>", old)

    async with house(tmp_path) as site:
        page = await site.get(path)
        form = {"newsletter": "daily", "email": "Ada@example.org"}
        asked = await site.post("/links", {**form, "stamp": await stamp_on(site, page.text)})
        letter = (await site.mail())["links"]
        text = letter.get_body(("plain",)).get_content()
        fresh = dict(re.findall(r"https://quayside\.example(/(unsubscribe|preferences)/\S+)", text))
        pages = [(await site.get(path)).status for path in fresh]
        [leave] = [path for path, kind in fresh.items() if kind == "unsubscribe"]
        before = await site.status(who)
        await site.post(leave, {"act": "leave"})

        assert (page.status, asked.status) == (404, 200)
        assert (letter["To"], letter["Subject"]) == (
            "ada@example.org",
            "Your links to The Quayside",
        )
        assert (pages, set(fresh.values())) == ([200, 200], {"unsubscribe", "preferences"})
        assert (before, await site.status(who)) == ("active", "left")
