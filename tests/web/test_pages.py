from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import altcha
import pytest

from digest.web.porch import Porch
from subscribers.tokens import Purpose
from tests.web import house as houses
from tests.web.house import House, house, link

PURPOSES = (Purpose.CONFIRM, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES)

EMBEDDER = "https://shop.example"


async def test_no_page_runs_or_loads_what_is_not_ours(site: House):
    who = await site.member()
    paths = ["/", "/embed", "/privacy", "/nowhere", "/api/newsletters"]
    paths += [link(purpose, who) for purpose in PURPOSES]

    answers = {path: (await site.get(path)).headers for path in paths}

    for path, headers in answers.items():
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), path
        assert "unsafe" not in policy, path
        assert headers["Cache-Control"] == "no-store", path
        assert headers["Strict-Transport-Security"] == "max-age=31536000", path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "Set-Cookie" not in headers, path
    for purpose in PURPOSES:
        assert answers[link(purpose, who)]["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answers[link(purpose, who)]["Content-Security-Policy"]


async def test_the_form_may_be_framed_by_the_sites_that_are_named(tmp_path: Path):
    async with house(tmp_path, f'embed_origins = ["{EMBEDDER}"]\n') as site:
        framed, first = await site.get("/embed"), await site.get("/")

    assert f"frame-ancestors 'self' {EMBEDDER}" in framed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed.headers
    assert "frame-ancestors 'none'" in first.headers["Content-Security-Policy"]


async def test_no_address_leads_away(site: House):
    for path in ("//evil.example/", "/subscribe/", "/?newsletter=//evil.example", "/confirm//x"):
        answer = await site.get(path)
        assert answer.status < 300 or answer.status >= 400
        assert "Location" not in answer.headers
        assert 'href="//' not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/", "GET, HEAD"),
        ("GET", "/subscribe", "POST"),
        ("GET", "/hooks/ses", "POST"),
        ("GET", "/hooks/postmark/word", "POST"),
        ("DELETE", "/confirm/word", "GET, HEAD, POST"),
        ("PUT", "/preferences/word", "GET, HEAD, POST"),
        ("POST", "/archive/daily/feed.xml", "GET, HEAD"),
        ("GET", "/api/subscribe", "POST"),
        ("POST", "/api/newsletters", "GET"),
    ],
)
async def test_a_wrong_method_is_told_which_are_right(site: House, method, path, allowed):
    answer = await site.get(path, method)

    # RFC 9110, 15.5.6: all methods of the page, not those of one of its routes.
    assert (answer.status, answer.headers.get("Allow")) == (405, allowed)


async def test_headers_that_are_too_long_are_refused(site: House):
    headers = {f"X-{n}": "x" * 4000 for n in range(5)}

    assert (await site.get("/", headers=headers)).status == 431


async def test_a_request_that_takes_too_long_is_told_to_come_again(tmp_path: Path):
    async def body():
        yield b"email="
        await asyncio.Event().wait()

    async with house(tmp_path, "timeout_seconds = 0.3\n") as site:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await site.post("/subscribe", body(), headers=form)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")


async def test_below_a_path_every_page_is_found_and_the_address_itself_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    below = houses.CONFIG.replace("https://quayside.example", "https://quayside.example/of/news")
    monkeypatch.setattr(houses, "CONFIG", below)
    async with house(tmp_path) as site:
        first = [await site.get(path) for path in ("/of/news", "/of/news/", "/")]
        await site.join("ada@example.org")
        [letter] = await site.letters()
        asked = await site.get("/of/news" + link(Purpose.CONFIRM, letter.subscriber))
        beside = await site.get("/of/newspaper")

    assert [one.status for one in first] == [200] * 3
    assert all('action="/of/news/subscribe"' in one.text for one in first)
    assert (asked.status, beside.status) == (200, 404)


async def test_a_newsletter_that_is_not_ours_is_the_first(site: House):
    assert 'value="daily"' in (await site.get("/?newsletter=<script>")).text


async def test_what_was_typed_comes_back_as_text(site: House):
    answer = await site.join('"><script>alert(1)</script>')

    assert answer.status == 422
    assert "<script>alert" not in answer.text


async def test_a_database_that_is_gone_is_a_polite_page(site: House, tmp_path: Path):
    form = {"newsletter": "daily", "email": "ada@example.org", "stamp": await site.stamp()}
    sqlite3.connect(tmp_path / "digest.db").executescript("DROP TABLE subscriptions")

    answer = await site.post("/subscribe", form)
    api = await site.post(
        "/api/subscribe",
        json.dumps({**form, "stamp": await site.stamp()}),
        headers={"Content-Type": "application/json"},
    )

    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    assert "Back in a moment" in answer.text
    assert (api.status, api.headers["Retry-After"]) == (503, "60")
    assert api.headers["Content-Type"] == "application/problem+json"
    assert json.loads(api.text) == {
        "type": "about:blank",
        "title": "Back in a moment",
        "status": 503,
        "detail": "We cannot reach our books just now. Nothing was lost; please try again in a "
        "minute.",
    }


async def test_a_locked_database_loses_nothing(site: House, tmp_path: Path):
    form = {"newsletter": "daily", "email": "ada@example.org", "stamp": await site.stamp()}
    other = sqlite3.connect(tmp_path / "digest.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    waiting = asyncio.create_task(site.post("/subscribe", form))
    meanwhile = await site.get("/")
    other.execute("COMMIT")

    assert meanwhile.status == 200
    assert (await waiting).status == 200
    assert len(await site.letters()) == 1


async def test_a_database_that_stays_locked_is_a_polite_page_and_the_form_may_come_again(
    tmp_path: Path,
):
    async with house(tmp_path, patience=0) as site:
        form = {"newsletter": "daily", "email": "ada@example.org"}
        other = sqlite3.connect(tmp_path / "digest.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        stamped = {**form, "stamp": await site.stamp()}
        page = await site.post("/subscribe", stamped)
        api = await site.post(
            "/api/subscribe",
            json.dumps({**form, "stamp": await site.stamp()}),
            headers={"Content-Type": "application/json"},
        )
        other.execute("COMMIT")
        again = await site.post("/subscribe", stamped)  # as a browser does that loads it anew

        assert (page.status, page.headers["Retry-After"]) == (503, "60")
        assert "Back in a moment" in page.text
        assert (api.status, api.headers["Retry-After"]) == (503, "60")
        assert json.loads(api.text)["status"] == 503
        assert again.status == 200
        assert len(await site.letters()) == 1


async def test_single_opt_in_takes_the_form_for_the_confirmation(tmp_path: Path):
    async with house(tmp_path, "proof_of_work = false\ndouble_opt_in = false\n") as site:
        answer = await site.join("ada@example.org")
        [person] = await site.people()

        assert "letter of welcome" in answer.text
        assert await site.status(person.id) == "active"


async def test_arabic_pages_run_from_right_to_left(site: House):
    answer = await site.get("/", headers={"Accept-Language": "ar"})

    assert '<html lang="ar" dir="rtl"' in answer.text
    assert "اشترك" in answer.text


async def test_files_stay_for_good_and_their_address_changes_with_them(site: House):
    home = (await site.get("/")).text
    href = home.split('rel="stylesheet" href="')[1].split('"')[0]

    sheet, other = await site.get(href), await site.get("/style/paper-000000000000.css")

    assert sheet.status == 200
    assert "immutable" in sheet.headers["Cache-Control"]
    assert "https:" not in sheet.text
    assert other.status == 404


@pytest.mark.parametrize("path", ["/i/../config.toml", "/i/%2e%2e%2fconfig.toml", "/i/x.jpg"])
async def test_only_pictures_are_served_from_the_media_folder(site: House, path: str):
    assert (await site.get(path)).status == 404


async def test_the_api_takes_a_join_with_a_proof_and_only_once(tmp_path: Path):
    async with house(tmp_path, "proof_cost = 1\njoins_without_proof = 1\n") as site:
        form = json.loads((await site.get("/api/form")).text)
        challenge = altcha.Challenge.from_dict(form["challenge"])
        solution = altcha.solve_challenge(challenge)
        join = {
            "newsletter": "daily",
            "email": "ada@example.org",
            "stamp": form["stamp"],
            "altcha": altcha.Payload(challenge, solution).to_base64(),
        }
        site.clock.forward(seconds=5)
        json_body = {"Content-Type": "application/json"}

        first = await site.post("/api/subscribe", json.dumps(join), headers=json_body)
        again = await site.post("/api/subscribe", json.dumps(join), headers=json_body)
        join["email"] = "grace@example.org"
        other = await site.post("/api/subscribe", json.dumps(join), headers=json_body)

        assert (first.status, json.loads(first.text)["answer"]) == (202, "taken")
        assert (again.status, again.text) == (first.status, first.text)
        assert (other.status, json.loads(other.text)["answer"]) == (409, "stale")
        assert len(await site.people()) == 1


async def test_the_api_answers_only_the_sites_that_are_named(tmp_path: Path):
    web = f'proof_of_work = false\nembed_origins = ["{EMBEDDER}"]\n'
    async with house(tmp_path, web) as site:
        body = {"newsletter": "daily", "email": "ada@example.org"}
        told = {}
        for origin in (EMBEDDER, "https://evil.example"):
            headers = {
                "Origin": origin,
                "Sec-Fetch-Site": "cross-site",
                "Content-Type": "application/json",
            }
            sent = json.dumps({**body, "stamp": await site.stamp()})
            answer = await site.post("/api/subscribe", sent, headers=headers)
            told[origin] = (answer.status, answer.headers.get("Access-Control-Allow-Origin"))

    assert told == {EMBEDDER: (202, EMBEDDER), "https://evil.example": (403, None)}


async def test_the_api_describes_itself(site: House):
    described = json.loads((await site.get("/api/openapi.json")).text)

    assert sorted(described["paths"]) == ["/challenge", "/form", "/newsletters", "/subscribe"]


async def test_what_we_keep_is_told_with_the_days_of_the_configuration(tmp_path: Path):
    keep = "\n[storage.keep]\ndeliveries_days = 31\noriginals_days = 17\n"
    async with house(tmp_path, f"ip_mark_days = 9\n{keep}") as site:
        told = (await site.get("/privacy?lang=en")).text

    assert "what your mail server answered: 31 days" in told
    assert "the report itself: 17 days" in told
    assert "for 9 days" in told


async def test_a_folder_beyond_ascii_is_found_by_its_name(tmp_path, monkeypatch):
    beyond = houses.CONFIG.replace("https://quayside.example", "https://quayside.example/café")
    monkeypatch.setattr(houses, "CONFIG", beyond)

    async with house(tmp_path) as site:
        there, stripped = await site.get("/caf%C3%A9/"), await site.get("/")

    assert (there.status, stripped.status) == (200, 200)  # a proxy may take it off the path
    assert 'action="/caf%C3%A9/subscribe"' in there.text


@pytest.mark.parametrize(
    ("asked", "base", "found"),
    [
        ("/", "", "/"),
        ("//", "", "/"),
        ("/archive/", "", "/archive"),
        ("/news", "/news", "/news/"),
        ("/news/", "/news", "/news/"),
        ("/", "/news", "/news/"),
        ("/news/archive/", "/news", "/news/archive"),
    ],
)
async def test_a_slash_at_the_end_leads_to_the_same_page(asked: str, base: str, found: str):
    came = []

    async def app(scope, receive, send):
        came.append(scope["path"])

    porch = Porch(app, max_body=10, seconds=5, https=True, wider={})
    scope = {"type": "http", "path": asked, "root_path": base, "headers": []}
    await porch(scope, None, None)

    assert came == [found]
