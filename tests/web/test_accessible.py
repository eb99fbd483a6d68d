"""axe-core in a real Chromium: no page breaks a rule it knows, in either scheme, on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from digest.compose import templates
from digest.deliver.postmark import TRIAL
from subscribers import tokens
from subscribers.address import Address
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose
from tests.web.chromium import in_chromium, need_chromium
from tests.web.house import RING, House, house, link, shelve, waiting_issue

need_chromium()
pytestmark = in_chromium

TEMPLATES = templates.ours() / "web"

LOST = b"a key that is in no ring any more, as long"
WHOLE = {"resultTypes": ["violations"]}  # every rule, the best practices too
# All of them that another scheme can change.
COLOURS = {**WHOLE, "runOnly": ["color-contrast", "link-in-text-block"]}


@pytest_asyncio.fixture(loop_scope="module")
async def site(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


class Inspector:
    """Looks at what a page shows, light and dark, and keeps what axe says against it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.seen: list[tuple[str, str]] = []  # a page and the language it was in
        self.found: list[str] = []

    async def look(self, name: str) -> None:
        language = await self.page.locator("html").get_attribute("lang")
        self.seen.append((name, language or ""))
        for scheme, rules in (("light", WHOLE), ("dark", COLOURS)):
            await self.page.emulate_media(color_scheme=scheme)
            said = (await Axe().run(self.page, options=rules)).response
            assert said["passes"], f"axe looked at nothing on {name}"
            for rule in said["violations"]:
                places = ", ".join(str(node["target"]) for node in rule["nodes"])
                self.found.append(f"{name}, {scheme}: {rule['id']} at {places}")

    async def open(self, name: str, address: str) -> None:
        await self.page.goto(address)
        await self.look(name)

    async def fill(self, field: str, text: str) -> None:
        await self.page.locator(f"#{field}").fill(text)

    async def press(self, name: str, button: str) -> None:
        """Press the button the form has, and wait for the page it leads to."""
        async with self.page.expect_navigation():
            await self.page.locator(button).click()
        await self.look(name)


MAIN = "main form button.wide-button >> nth=0"  # what the page is for


async def walk(site: House, inspector: Inspector, language: str) -> None:
    """Every page a reader can meet, in the order of a reader's life."""
    at, lang = site.url, f"?lang={language}"
    await shelve(site, 2)
    for name, path in (("archive", ""), ("shelf", "/daily"), ("issue", "/daily/2026-11-23")):
        await inspector.open(name, f"{at}/archive{path}{lang}")
    await inspector.open("trial", f"{at}/archive/daily/test{lang}")
    await inspector.open("trial, no way out", at + link(Purpose.UNSUBSCRIBE, TRIAL) + lang)
    for name, path in (("embed", "/embed"), ("privacy", "/privacy"), ("sorry", "/nowhere")):
        await inspector.open(name, at + path + lang)
    await inspector.open("home", f"{at}/{lang}")
    site.clock.forward(seconds=5)
    await inspector.press("home, refused", MAIN)
    site.clock.forward(seconds=5)
    await inspector.fill("email", "ada@example.org")
    await inspector.press("joined", MAIN)

    who = (await site.letters())[-1].subscriber
    leave, prefer = (at + link(p, who) for p in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES))
    await inspector.open("confirm", at + link(Purpose.CONFIRM, who) + lang)
    await inspector.press("confirmed", MAIN)
    await inspector.open("already", at + link(Purpose.CONFIRM, who) + lang)
    await inspector.open("preferences", prefer)
    await inspector.fill("address", "no address")
    await inspector.press("preferences, refused", MAIN)
    await inspector.open("unsubscribe", leave)
    await inspector.press("less", "button[value=less]")
    await inspector.page.goto(leave)
    await inspector.press("goodbye", MAIN)
    await inspector.open("preferences, left", prefer)
    await inspector.page.goto(leave)
    await inspector.press("less, undone", MAIN)

    await inspector.page.goto(prefer)
    await inspector.fill("address", "ada@new.example")
    await inspector.press("preferences, moving", MAIN)
    new = Address.parse("ada@new.example").key
    token = tokens.make(RING[0], Purpose.ADDRESS, who, new)
    await inspector.open("address", f"{at}/address/{token}")
    await inspector.press("confirmed, moved", MAIN)

    await inspector.open("lost", at + link(Purpose.PREFERENCES, who, LOST) + lang)
    site.clock.forward(seconds=5)
    await inspector.press("lost, refused", MAIN)
    site.clock.forward(seconds=5)
    await inspector.fill("email", "ada@new.example")
    await inspector.press("asked", MAIN)
    await inspector.open("erase", f"{prefer}/erase")
    await inspector.press("erased", MAIN)
    await inspector.open("lapsed", at + link(Purpose.CONFIRM, who) + lang)


def pages() -> set[str]:
    """The templates that are whole pages for readers; the rest are the operator's own."""
    found = {path.stem: path.read_text("utf-8") for path in TEMPLATES.glob("*.html")}
    whole = {name for name, text in found.items() if "<html" in text or "{% extends" in text}
    return whole - {"base", "rehearsal", "preview", "review"}


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_no_page_breaks_a_rule_of_accessibility(browser: Browser, site: House, language: str):
    page = await browser.new_page(viewport={"width": 375, "height": 812})
    inspector = Inspector(page)

    await walk(site, inspector, language)

    assert inspector.found == []
    assert {name.partition(",")[0] for name, _ in inspector.seen} == pages()
    assert {shown for _, shown in inspector.seen} == {language}


async def test_the_editors_page_breaks_no_rule_either(browser: Browser, site: House):
    number = await waiting_issue(site)
    page = await browser.new_page(viewport={"width": 375, "height": 812})
    inspector = Inspector(page)

    await inspector.open("review", site.url + link(Purpose.REVIEW, SubscriberId(str(number))))
    await inspector.press("review, decided", "button[value=hold]")

    assert inspector.found == []


async def test_the_inspection_sees_a_page_that_breaks_a_rule(browser: Browser):
    inspector = Inspector(await browser.new_page())
    await inspector.page.set_content(
        "<!doctype html><html lang=en><title>t</title><main><h1>t</h1><img src='data:,'>"
        "<p style='color:#aaa;background:#fff'>faint"
    )

    await inspector.look("bad")

    assert {one.split(" at ")[0] for one in inspector.found} == {
        "bad, light: image-alt",
        "bad, light: color-contrast",
        "bad, dark: color-contrast",
    }
