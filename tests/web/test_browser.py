"""Journeys in a real Chromium: what a reader sees, and what a browser refuses."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from PIL import Image
from playwright.async_api import Browser, Page, Route

from digest.model import Picture
from digest.storage import issues
from digest.storage import schema as tables
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose
from tests.compose.desk import laid_out, numbered
from tests.web.chromium import in_chromium, need_chromium
from tests.web.house import House, house, link, shelve, waiting_issue

need_chromium()
pytestmark = in_chromium

OURS = re.escape("https://quayside.example")  # where the letters lead: here, the server's port
LOST = b"a key that is in no ring any more, as long"
PURPOSES = (Purpose.CONFIRM, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES)


@pytest_asyncio.fixture(loop_scope="module")
async def site(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def watched(browser: Browser, **given: object) -> Page:
    """A page whose complaints, policy violations included, are kept in ``page.complaints``."""
    page = await browser.new_page(**given)
    page.complaints = []
    page.on(
        "console", lambda said: page.complaints.append(said.text) if said.type == "error" else None
    )
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


async def test_join_read_the_letter_confirm_choose_leave_and_come_back(
    browser: Browser, tmp_path: Path
):
    async with house(tmp_path, "proof_cost = 10\n") as site:
        page = await watched(browser)
        await page.goto(site.url)
        site.clock.forward(seconds=5)
        await page.get_by_label("Email address").fill("ada@example.org")
        await page.get_by_role("button", name="Subscribe").click()
        await page.get_by_role("heading", name="Look into your mailbox").wait_for()

        asking = (await site.mail())["confirm"]
        (confirm,) = re.findall(rf"{OURS}(/confirm/\S+)", plain(asking))
        await page.goto(site.url + confirm)
        await page.get_by_role("button", name="Confirm subscription").click()
        await page.get_by_role("link", name="Choose topics and hour").click()
        await page.get_by_label("Once a week").check()
        await page.get_by_label("Town hall").uncheck()
        await page.get_by_role("button", name="Save preferences").click()
        await page.get_by_text("Saved.").wait_for()
        who = (await site.letters())[-1].subscriber
        chosen = await site.find(who)

        welcome = (await site.mail())["welcome"]
        (one_click,) = re.findall(rf"<{OURS}(/unsubscribe/[^>]+)>", welcome["List-Unsubscribe"])
        name, _, value = welcome["List-Unsubscribe-Post"].partition("=")
        said = await site.post(one_click, {name: value})
        left = await site.status(who)
        await page.goto(site.url + one_click)
        await page.get_by_role("heading", name="You are unsubscribed").wait_for()
        await page.get_by_role("button", name="Undo").click()
        await page.get_by_role("heading", name="Changed").wait_for()

        assert asking["To"] == "ada@example.org"
        assert (chosen.subscription.cadence, chosen.subscription.topics) == ("weekly", ("harbour",))
        assert (said.status, said.text) == (200, "You are unsubscribed.\n")
        assert left == "left"
        assert await site.status(who) == "active"
        assert page.complaints == []


def plain(letter: EmailMessage) -> str:
    """The letter's words, as a mail program without HTML shows them."""
    body = letter.get_body(("plain",))
    assert body is not None
    return body.get_content()


async def test_the_browser_brings_a_proof_so_the_stricter_limit_is_not_met(
    browser: Browser, tmp_path: Path
):
    async with house(tmp_path, "proof_cost = 10\njoins_without_proof = 1\n") as site:
        page = await watched(browser)
        for name in ("ada", "grace", "edsger"):
            await page.goto(site.url)
            site.clock.forward(seconds=5)
            await page.get_by_label("Email address").fill(f"{name}@example.org")
            await page.get_by_role("button", name="Subscribe").click()
            await page.get_by_role("heading", name="Look into your mailbox").wait_for()

        assert len(await site.people()) == 3
        assert page.complaints == []


async def test_a_second_press_meanwhile_does_not_send_the_form_without_its_proof(
    browser: Browser, tmp_path: Path
):
    async with house(tmp_path, "proof_cost = 10\n") as site:
        page = await watched(browser)
        sent: list[bool] = []
        page.on(
            "request",
            lambda one: one.method == "POST" and sent.append("altcha=ey" in one.post_data),
        )
        asked, hold = asyncio.Event(), asyncio.Event()

        async def slowly(route: Route) -> None:
            asked.set()
            await hold.wait()
            await route.continue_()

        await page.route("**/api/challenge", slowly)
        await page.goto(site.url)
        site.clock.forward(seconds=5)
        await page.get_by_label("Email address").fill("ada@example.org")
        button = page.get_by_role("button", name="Subscribe")
        await button.click()
        await asked.wait()
        await button.click(no_wait_after=True)
        await page.evaluate("document.querySelector('form').requestSubmit()")
        hold.set()
        await page.get_by_role("heading", name="Look into your mailbox").wait_for()

        assert sent == [True]


async def test_a_scanner_that_opens_every_link_and_runs_its_scripts_changes_nothing(
    browser: Browser, site: House
):
    who = await site.member()
    await site.join("grace@example.org")
    asked = (await site.letters())[-1].subscriber
    before = [await site.find(one) for one in (who, asked)]
    logged, letters = await everything(site)
    waiting = ["/", "/embed", *(link(act, one) for act in PURPOSES for one in (who, asked))]

    page, seen = await browser.new_page(), set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen or path.endswith("/data"):
            continue
        seen.add(path)
        await page.goto(site.url + path, wait_until="load")
        found = await page.locator("a[href]").evaluate_all("all => all.map(one => one.href)")
        waiting += [to.removeprefix(site.url) for to in found if to.startswith(site.url)
                    and "#" not in to and "lang=" not in to]  # fmt: skip

    assert len(seen) >= 10
    assert [await site.find(one) for one in (who, asked)] == before
    assert await everything(site) == (logged, letters)


async def everything(site: House) -> tuple[list[Any], list[Any]]:
    return await site.rows(tables.consent_log, tables.consent_log.c.at), await site.letters()


async def test_the_form_works_without_scripts(browser: Browser, tmp_path: Path):
    async with house(tmp_path, "proof_of_work = true\n") as site:
        page = await watched(browser, java_script_enabled=False)
        await page.goto(site.url)
        site.clock.forward(seconds=5)
        await page.get_by_label("Email address").fill("ada@example.org")
        await page.get_by_role("button", name="Subscribe").click()

        await page.get_by_role("heading", name="Look into your mailbox").wait_for()
        assert len(await site.letters()) == 1


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_link_whose_key_was_lost_brings_a_letter_with_scripts_or_without(
    browser: Browser, tmp_path: Path, scripts: bool
):
    # One without a proof is what the join itself takes.
    web = f"proof_cost = 10\njoins_without_proof = {1 if scripts else 2}\n"
    async with house(tmp_path, web) as site:
        who = await site.member()
        page = await watched(browser, java_script_enabled=scripts)
        await page.goto(site.url + link(Purpose.UNSUBSCRIBE, who, LOST))
        site.clock.forward(seconds=5)
        await page.get_by_label("Email address").fill("ada@example.org")
        await page.get_by_role("button", name="Send me a fresh link").click()
        await page.get_by_role("heading", name="Look into your mailbox").wait_for()

        assert [row.kind for row in await site.letters()][-1] == "links"
        assert [one for one in page.complaints if "status of 404" not in one] == []


async def test_the_form_works_with_keys_alone(browser: Browser, site: House):
    page = await watched(browser)
    await page.goto(site.url)
    site.clock.forward(seconds=5)
    await page.keyboard.press("Tab")
    skip = await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("ada@example.org")
    await page.keyboard.press("Enter")

    await page.get_by_role("heading", name="Look into your mailbox").wait_for()
    assert skip == "Skip to the content"


async def test_text_at_twice_its_size_lies_on_no_other(browser: Browser, site: House):
    page = await watched(browser, viewport={"width": 320, "height": 800})
    await shelve(site, 2)
    who = await site.member()
    paths = ("/", link(Purpose.UNSUBSCRIBE, who), link(Purpose.PREFERENCES, who), "/archive")
    crowded, skips = {}, []
    for path in paths:
        await page.goto(site.url + path)
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        crowded[path] = await page.locator("body *").evaluate_all(
            """all => all.filter(one => {
              const { lineHeight, fontSize } = getComputedStyle(one);
              return parseFloat(lineHeight) < 1.15 * parseFloat(fontSize);
            }).map(one => `${one.tagName}.${one.className}`)"""
        )
        skips.append(
            await page.locator(".skip").evaluate("it => it.getBoundingClientRect().bottom")
        )

    assert [one for one in crowded.items() if one[1]] == []
    assert max(skips) <= 0


@asynccontextmanager
async def shop(html: dict[str, str]) -> AsyncIterator[str]:
    """The origin of another site that shows ``html["/"]``: localhost, where ours is 127.0.0.1."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=html["/"], content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("way", "lang"), [("api", "de-AT"), ("api", ""), ("api", "nl"), ("embed", "de")]
)
async def test_another_site_shows_the_form_where_it_is_named(
    browser: Browser, tmp_path: Path, way: str, lang: str
):
    html: dict[str, str] = {}
    async with (
        shop(html) as origin,
        house(tmp_path, "proof_cost = 10\n", embed_origins=(origin,)) as site,
    ):
        snippet = {
            "api": f'<script src="{site.url}/embed.js" data-newsletter="daily" async></script>',
            "embed": f'<iframe src="{site.url}/embed" title="Subscribe"></iframe>',
        }[way]
        html["/"] = f'<!doctype html><html lang="{lang}"><link rel="icon" href="data:,">{snippet}'
        page = await watched(browser, locale="de-DE")
        await page.goto(origin)
        form = page.frame_locator("iframe") if way == "embed" else page
        await form.get_by_label("E-Mail-Adresse").fill("ada@example.org")
        site.clock.forward(seconds=5)
        await form.get_by_role("button", name="Abonnieren").click()
        await form.get_by_text("ist ein Brief an sie unterwegs").wait_for()
        field, fact = form.get_by_label("E-Mail-Adresse"), form.get_by_role("definition")
        shown = await (field.input_value() if way == "api" else fact.inner_text())

        assert shown == "ada@example.org"
        assert [row.page for row in await site.joins()] == [way]
        assert [letter.language for letter in await site.letters()] == ["de"]
        assert page.complaints == []


async def test_a_tall_picture_of_a_past_issue_is_no_higher_than_a_screen(
    browser: Browser, site: House
):
    stories = [numbered(0), numbered(1)]
    tall = {one.lead.url: Picture(hash="a" * 32, width=467, height=1400) for one in stories}
    issue = replace(laid_out(stories), pictures=tall)
    await site.store.write(issues.freeze, issue, (), state="released", at=site.clock())
    media = site.settings.storage.media
    media.mkdir(parents=True)
    Image.new("RGB", (467, 1400)).save(media / f"{'a' * 32}.jpg")

    page = await watched(browser, viewport={"width": 1120, "height": 800})
    await page.goto(f"{site.url}/archive/daily/2026-11-24")
    await page.locator("img").last.scroll_into_view_if_needed()
    heights = await page.locator("img").evaluate_all("all => all.map(one => one.height)")

    assert heights == [750, 171]


async def test_a_printed_issue_has_nothing_to_press(browser: Browser, site: House):
    await shelve(site, 2)
    page = await watched(browser)
    await page.goto(f"{site.url}/archive/daily/2026-11-24")

    await page.emulate_media(media="print")

    shown = page.locator("nav, .button, footer").filter(visible=True)
    assert await shown.count() == 0
    assert await page.locator("h3").first.is_visible()


async def test_a_long_nameplate_is_set_close_and_a_short_one_is_a_target(
    browser: Browser, site: House
):
    page = await watched(browser, viewport={"width": 320, "height": 640})
    await page.goto(site.url)
    name = page.locator(".name")

    short = await name.evaluate("one => one.offsetHeight")
    await name.evaluate("one => { one.innerText = 'a\\nb\\nc' }")
    long = await name.evaluate("one => one.offsetHeight")

    assert (short, long) == (44, 108)


async def test_no_name_is_too_wide_for_a_phone(browser: Browser, site: House):
    page = await watched(browser, viewport={"width": 320, "height": 640})
    await page.goto(site.url)
    for place in (".name", "footer p"):
        await page.locator(place).first.evaluate("one => { one.textContent = 'x'.repeat(60) }")

    assert await page.evaluate("document.documentElement.scrollWidth") == 320


async def test_nothing_runs_off_a_phone(browser: Browser, site: House):
    who = await site.member("somebody.with.a.very.long.name.indeed@a-long-domain.example.org")
    page = await watched(browser, viewport={"width": 320, "height": 640})
    wide = []
    lost = link(Purpose.UNSUBSCRIBE, who, LOST)
    for path in ["/", "/embed", "/privacy", "/nowhere", lost, *(link(p, who) for p in PURPOSES)]:
        for language in ("en", "de", "ru", "ar"):
            await page.goto(f"{site.url}{path}?lang={language}")
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((path.split(".")[0], language))

    review = link(Purpose.REVIEW, SubscriberId(str(await waiting_issue(site, "word " * 200))))
    await page.goto(site.url + review)
    assert await page.evaluate("document.documentElement.scrollWidth") == 320

    assert wide == []
