"""The preview in a real Chromium: it follows the files, tells mistakes and recovers from them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, expect

from digest.cli.preview import proofs
from digest.compose import templates
from digest.config.load import load_text
from digest.storage.database import Store
from digest.web.preview import application
from digest.web.proofs import Proof, filled, stamp
from tests import planted
from tests.builders import an_article, dated
from tests.web.chromium import in_chromium, need_chromium
from tests.web.house import CONFIG, Announced

need_chromium()

OURS = templates.ours() / "email"
MAIN = "main"


@dataclass(frozen=True)
class Desk:
    url: str
    own: Path  # the operator's folder of templates

    def write(self, name: str, text: str) -> None:
        path = self.own / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@asynccontextmanager
async def a_desk(folder: Path) -> AsyncIterator[Desk]:
    own = folder / "own"
    own.mkdir()
    text = f'{CONFIG}[compose]\ntemplates = "own"\n'
    settings = load_text(text, folder / "config.toml", {}).settings
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    async with proofs(settings, settings.newsletters["daily"]) as made:
        server = Announced(
            uvicorn.Config(
                application(made),
                log_config=None,
                lifespan="off",
                timeout_graceful_shutdown=1,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await server.up.wait()
        try:
            yield Desk(f"http://127.0.0.1:{listening.getsockname()[1]}", own)
        finally:
            server.leave()
            await serving


@pytest_asyncio.fixture(loop_scope="module")
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path) as made:
        yield made


async def opened(browser: Browser, desk: Desk, path: str = "/") -> Page:
    page = await browser.new_page(viewport={"width": 1500, "height": 1000})
    await page.goto(desk.url + path)
    return page


def in_frame(page: Page, title: str):
    return page.frame_locator(f'iframe[title="{title}"]')


@in_chromium
async def test_a_fresh_folder_shows_the_sample_at_every_width_and_in_every_scheme(
    desk: Desk, browser: Browser
):
    page = await opened(browser, desk)

    widths, colours = {}, {}
    for width in (640, 375):
        for scheme in ("light", "dark"):
            title = f"{width} px, {scheme}"
            card = in_frame(page, title).locator(".card").first
            await expect(card).to_be_visible()
            frame = page.locator(f'iframe[title="{title}"]')
            widths[title] = await frame.evaluate("frame => frame.clientWidth")
            colours[title] = await card.evaluate("card => getComputedStyle(card).backgroundColor")

    assert widths == {
        "640 px, light": 640, "640 px, dark": 640, "375 px, light": 375, "375 px, dark": 375,
    }  # fmt: skip
    assert colours["640 px, light"] == colours["375 px, light"] != colours["640 px, dark"]
    assert colours["640 px, dark"] == colours["375 px, dark"]
    await expect(page.locator(MAIN)).to_contain_text("The sample paper (nothing is kept yet).")
    await expect(page.locator("pre")).to_contain_text("THE QUAYSIDE")
    await expect(page.locator("pre")).to_contain_text("ada@example.org")
    parts = await page.locator("tbody td:first-child").all_text_contents()
    assert parts[:2] == ["frame", "lead"]
    assert "Harbour and sea" in parts


@in_chromium
async def test_pictures_are_shown_from_here_and_may_be_switched_off(desk: Desk, browser: Browser):
    asked = []
    page = await browser.new_page(viewport={"width": 1500, "height": 3000})
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(desk.url)

    shown = in_frame(page, "640 px, light").locator("img").first
    off = in_frame(page, "640 px, pictures off").locator("img").first

    await expect(shown).to_have_js_property("complete", True)
    assert await shown.evaluate("image => image.naturalWidth") > 0
    await expect(off).to_have_count(1)
    assert await off.get_attribute("src") is None
    assert [url for url in asked if not url.startswith((desk.url, "data:"))] == []


@in_chromium
async def test_the_page_follows_words_themes_and_templates_by_itself(desk: Desk, browser: Browser):
    page = await opened(browser, desk)
    heading = in_frame(page, "640 px, light").locator("h1")
    colour = "heading => getComputedStyle(heading).color"
    await expect(heading).to_be_visible()
    before = await heading.evaluate(colour)
    await page.evaluate("document.body.dataset.kept = 'yes'")

    desk.write("words/en.toml", 'web = "Have a look"\n')
    await expect(in_frame(page, "640 px, light").get_by_text("Have a look")).to_be_visible()
    theme = (OURS / "themes" / "paper.toml").read_text("utf-8")
    own = theme.replace("[light]", "[light] # changed", 1)
    ink = next(line for line in theme.splitlines() if line.startswith("ink"))
    desk.write("themes/paper.toml", own.replace(ink, 'ink = "#123456"', 1))
    await expect(heading).to_have_css("color", "rgb(18, 52, 86)")
    text = (OURS / "issue" / "body.txt").read_text("utf-8")
    desk.write("issue/body.txt", f"A LINE OF MINE\n{text}")
    await expect(page.locator("pre")).to_contain_text("A LINE OF MINE")

    assert before != "rgb(18, 52, 86)"
    assert await page.evaluate("document.body.dataset.kept") == "yes"  # it was never loaded anew


@in_chromium
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "issue/body.mjml",
            "{% extends 'base.mjml' %}\n{% block body %}{{ issue.titel }}{% endblock %}",
            "body.mjml:2",
        ),
        ("issue/body.txt", "one\ntwo\n{% if %}", "body.txt:3"),
        ("issue/subject.txt", "{{ ''.__class__ }}", "does what templates may not"),
        ("themes/paper.toml", "width = 'wide'", "paper.toml"),
        ("words/en.toml", "web = 3", "words/en.toml"),
    ],
)
async def test_a_mistake_is_told_with_its_place_and_the_mail_comes_back_when_it_is_mended(
    desk: Desk, browser: Browser, name: str, text: str, said: str
):
    page = await opened(browser, desk)
    await expect(page.locator("iframe").first).to_be_visible()

    desk.write(name, text)
    await expect(page.locator(".trouble")).to_contain_text(said)
    await expect(page.locator("iframe")).to_have_count(0)
    (desk.own / name).unlink()
    await expect(page.locator(".trouble")).to_have_count(0)

    await expect(in_frame(page, "640 px, light").locator("h1")).to_be_visible()


@in_chromium
async def test_every_theme_and_language_is_one_link_away(desk: Desk, browser: Browser):
    page = await opened(browser, desk)

    await page.get_by_role("link", name="bold").click()
    await page.get_by_role("link", name="ar", exact=True).click()

    html = in_frame(page, "375 px, dark").locator("html")
    await expect(html).to_have_attribute("dir", "rtl")
    await expect(html).to_have_attribute("lang", "ar")
    assert page.url.endswith("/?theme=bold&language=ar")
    assert await page.locator("nav a[aria-current]").all_text_contents() == ["bold", "ar"]


@in_chromium
async def test_lint_is_told_beside_the_mail(desk: Desk, browser: Browser):
    page = await opened(browser, desk)

    desk.write("issue/body.txt", "Nobody can leave.\n")

    await expect(page.locator("li.stops")).to_contain_text("stops no-unsubscribe")


@in_chromium
async def test_only_this_machine_under_its_own_name_is_answered(desk: Desk):
    async with aiohttp.ClientSession() as session:
        for path, headers, status in (
            ("/", {"Host": "evil.example"}, 400),
            ("/mail/dim/shown", {}, 404),
            ("/mail/dark/shown", {}, 200),
            ("/i/..%2f..%2fconfig.toml", {}, 404),
            ("/i/" + "a" * 32 + ".jpg", {}, 404),
            ("/text?theme=../../etc&language=xx", {}, 200),
        ):
            async with session.get(desk.url + path, headers=headers) as found:
                assert (path, found.status) == (path, status)


def test_a_stamp_changes_when_a_file_is_written_comes_or_goes(tmp_path: Path):
    seen = [stamp((tmp_path,))]
    (tmp_path / "parts").mkdir()
    for name, text in (("a.txt", "one"), ("a.txt", "longer"), ("parts/b.txt", "two")):
        (tmp_path / name).write_text(text)
        seen.append(stamp((tmp_path,)))
    (tmp_path / "a.txt").unlink()
    seen.append(stamp((tmp_path,)))

    assert len(set(seen)) == len(seen) == 5
    assert stamp((tmp_path, tmp_path / "nowhere")) == seen[-1]


def test_no_place_of_a_reader_stays_open():
    open_places = "".join(
        f"\ue0f0{name}\ue0f1" for name in ("reader", "name", "unsubscribe_url", "preferences_url")
    )

    assert filled(open_places) == "ada@example.orgAda#unsubscribe#preferences"


async def test_the_next_issue_is_shown_where_one_can_be_made_of_what_is_kept(
    tmp_path: Path,
):
    settings = load_text(CONFIG, tmp_path / "config.toml", {}).settings
    newsletter = settings.newsletters["daily"]
    now = datetime.now(UTC)
    store = await Store.open(settings.storage.url)
    kept = an_article(
        "https://herald.example/mine",
        title="A headline that is kept",
        source=settings.collect.sources[0].id,
        first_seen=now - timedelta(hours=1),
        dated=dated(now - timedelta(hours=1)),
    )
    await store.write(planted.articles, [kept])
    await store.close()
    before = (tmp_path / "digest.db").read_bytes()

    async with proofs(settings, newsletter) as made:
        shown = await made.of("plain", "de")
    async with proofs(settings, newsletter, sampled=True) as made:
        sample = await made.of("plain", "de")

    assert isinstance(shown, Proof)
    assert isinstance(sample, Proof)
    assert "A headline that is kept" in shown.html
    assert "A headline that is kept" not in sample.html
    assert (tmp_path / "digest.db").read_bytes() == before
