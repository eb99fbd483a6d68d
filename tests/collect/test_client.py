"""The client against a real server: what it asks, what it answers, what it refuses."""

from __future__ import annotations

import asyncio
import gzip
from datetime import timedelta

import brotli
import pytest
from aiohttp import web as aio

from digest.collect.client import Http
from digest.collect.fetch import Ask, Failed, Fetched, NotModified
from digest.collect.http import HttpOptions
from digest.collect.manners import MOST, Manners
from digest.collect.robots import Rules
from tests.builders import NOW


class Slept(list[float]):
    """A sleep that only remembers."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def an_http(slept: Slept | None = None, **given) -> Http:
    options = {"allow_private": True, "host_delay_seconds": 0, "timeout_seconds": 5.0, **given}
    return Http(
        HttpOptions(**options),
        clock=lambda: NOW,
        version="1.2",
        sleep=asyncio.sleep if slept is None else slept,
    )


async def ask(url: str, *, crawl: bool = False, etag: str | None = None, **given):
    async with an_http(**given) as fetch:
        return await fetch(Ask(url=url, crawl=crawl, etag=etag))


async def test_a_body_comes_with_what_the_headers_said(web):
    url = web.feed("/feed", "<rss/>", etag='"a"', last_modified="Tue, 24 Nov 2026 05:00:00 GMT")

    answer = await ask(url)

    assert answer == Fetched(
        url=url,
        body=b"<rss/>",
        content_type="application/rss+xml",
        etag='"a"',
        last_modified="Tue, 24 Nov 2026 05:00:00 GMT",
    )


async def test_a_body_that_is_said_to_be_unchanged_and_was_never_had_is_a_failure(web):
    url = web.serve("/feed", status=304)

    answer = await ask(url)

    assert isinstance(answer, Failed)
    assert answer.reason == (
        f"{url}: the host says that nothing changed (304), though it was asked for the whole"
    )


async def test_we_say_who_we_are_and_what_we_can_unpack(web):
    await ask(web.serve("/", "x"), contact="https://quayside.example/bot")

    headers = web.asked[0].headers
    assert headers["User-Agent"] == "Digest/1.2 (+https://quayside.example/bot)"
    assert headers["Accept-Encoding"] == "gzip, br, zstd"
    assert "Cookie" not in headers


async def test_cookies_are_not_kept(web):
    url = web.serve("/", "x", set_cookie="id=1")

    async with an_http() as fetch:
        await fetch(Ask(url=url))
        await fetch(Ask(url=url))

    assert "Cookie" not in web.asked[1].headers


async def test_what_has_not_changed_is_not_sent_again(web):
    async def conditional(request):
        known = request.headers.get("If-None-Match") == '"a"'
        return aio.Response(status=304) if known else aio.Response(text="new")

    url = web.handle("/", conditional)

    assert await ask(url, etag='"a"') == NotModified(url=url)


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_compressed_bodies_are_unpacked(web, encoding):
    pack = {"gzip": gzip.compress, "br": brotli.compress}[encoding]
    url = web.serve("/", pack(b"hello " * 100), content_encoding=encoding)

    answer = await ask(url)

    assert answer.body == b"hello " * 100


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_a_bomb_is_not_unpacked(web, encoding):
    pack = {"gzip": gzip.compress, "br": brotli.compress}[encoding]
    url = web.serve("/", pack(b"\0" * 40_000_000), content_encoding=encoding)

    answer = await ask(url, max_bytes=1_000_000)

    assert (answer.status, answer.temporary) == ("too large", False)
    assert answer.reason == (
        f"{url}: the body is larger than 1,000,000 bytes (collect.http.max_bytes)"
    )


async def test_a_packed_file_is_unpacked_though_no_header_says_so(web):
    url = web.serve("/feed.xml.gz", gzip.compress(b"<rss/>"), type="application/gzip")

    answer = await ask(url)

    assert isinstance(answer, Fetched)
    assert answer.body == b"<rss/>"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (gzip.compress(bytes(5_000_000)), "the body is larger than 1,000,000 bytes"),
        (gzip.compress(b"x" * 1000)[:-4], "the gzip body is cut off"),
        (b"\x1f\x8b\x08 and no gzip", "the body is not valid gzip"),
    ],
    ids=["a bomb", "cut off", "no gzip"],  # a body would name it by the second it was packed in
)
async def test_a_packed_file_is_held_to_the_same_limits(web, body, why):
    answer = await ask(web.serve("/feed.xml.gz", body), max_bytes=1_000_000)

    assert isinstance(answer, Failed)
    assert why in answer.reason


async def test_a_question_may_allow_a_larger_body_and_no_larger_one(web):
    urls = [web.serve(f"/{size}", b"x" * size) for size in (2_000, 2_001)]

    async with an_http(max_bytes=1_000) as fetch:
        answers = [await fetch(Ask(url=url, max_bytes=2_000)) for url in urls]

    assert [answer.status for answer in answers] == [200, "too large"]
    assert answers[1].reason == f"{urls[1]}: the body is larger than 2,000 bytes"


async def test_forty_megabytes_are_not_read(web):
    sent = 0

    async def endless(request):
        nonlocal sent
        response = aio.StreamResponse()
        await response.prepare(request)
        for _ in range(40):
            await response.write(b"x" * 1_000_000)
            sent += 1
        return response

    answer = await ask(web.handle("/", endless), max_bytes=1_000_000)

    assert answer.status == "too large"
    assert sent < 40


async def test_a_body_that_is_not_what_it_says_is_refused(web):
    answer = await ask(web.serve("/", b"not gzip at all", content_encoding="gzip"))

    assert (answer.status, answer.temporary) == ("garbled", False)


async def test_a_host_that_dribbles_is_left_after_the_time_limit(rude):
    async def dribble(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    answer = await ask(await rude(dribble), timeout_seconds=0.3)

    assert answer.status == "timed out"
    assert "within 0.3 s" in answer.reason


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"", "cut off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "cut off"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "bad answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", "bad answer"),
    ],
)
async def test_a_host_that_speaks_no_http_is_named(rude, said, status):
    url = await rude(said)

    answer = await ask(url)

    assert isinstance(answer, Failed)
    assert answer.status == status
    assert answer.reason.startswith(url)


@pytest.mark.parametrize(
    ("status", "temporary", "gone"),
    [(404, False, False), (410, False, True), (429, True, False), (500, True, False)],
)
async def test_refusals_say_whether_trying_again_may_help(web, status, temporary, gone):
    answer = await ask(web.serve("/", status=status))

    assert (answer.status, answer.temporary, answer.gone) == (str(status), temporary, gone)


CHECK = "<!DOCTYPE html><title>Just a moment...</title><p>Enable JavaScript and cookies</p>"


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (403, CHECK, {}),
        (503, CHECK, {}),
        (200, CHECK, {}),
        (200, "<title>Making sure you&#39;re not a bot!</title>", {}),
        (403, "", {"cf_mitigated": "challenge"}),
        (202, "", {"x_amzn_waf_action": "challenge"}),
        (403, "<title>paper.example</title><script src=//geo.captcha-delivery.com/c.js>", {}),
    ],
)
async def test_a_check_for_robots_is_told_from_a_refusal(web, status, body, headers):
    url = web.serve("/feed", body, status=status, **headers)

    answer = await ask(url)

    assert isinstance(answer, Failed)
    assert answer.status == str(status)
    assert answer.reason == (
        f"{url}: the host answers with a check for robots ({status}), which only a browser passes; "
        "ask the site to let the user agent Digest through, or give another address of its feed, "
        "if it has one"
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, "<title>Forbidden</title>"),
        (404, CHECK.replace("Just a moment...", "Not found")),
        (200, "<rss><item><title>Just a moment...</title></item></rss>"),
        (200, "<title>Just a moment: a poem</title><script src=/cdn-cgi/challenge-platform/x.js>"),
    ],
)
async def test_what_only_looks_like_a_check_is_none(web, status, body):
    answer = await ask(web.serve("/", body, status=status))

    assert isinstance(answer, Fetched) == (status == 200)
    assert isinstance(answer, Fetched) or "check for robots" not in answer.reason


async def test_a_refusal_whose_body_never_ends_is_a_refusal(rude):
    body = b"x" * 200_000
    url = await rude(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9000000\r\n\r\n" + body)

    answer = await ask(url)

    assert answer.status == "403"


async def test_a_check_in_the_place_of_robots_txt_keeps_no_page_from_us(web):
    web.serve("/robots.txt", CHECK)
    url = web.serve("/page", "the page")

    assert isinstance(await ask(url, crawl=True), Fetched)


async def test_a_host_may_ask_us_to_wait(web):
    answer = await ask(web.serve("/", status=429, retry_after="120"))

    assert answer.retry_at == NOW + timedelta(seconds=120)
    assert "asks to wait until 2026-11-24 06:32 UTC" in answer.reason


async def test_freshness_is_kept(web):
    answer = await ask(web.serve("/", "x", cache_control="max-age=3600"))

    assert answer.fresh_until == NOW + timedelta(hours=1)


async def test_redirects_are_followed_and_permanent_ones_reported(web):
    url = web.serve("/new", "x")
    web.redirect("/old", "/new", status=301)

    answer = await ask(web.url("/old"))

    assert (answer.url, answer.moved_to) == (url, url)


async def test_one_temporary_hop_makes_a_move_temporary(web):
    web.serve("/c", "x")
    web.redirect("/b", "/c", status=302)
    web.redirect("/a", "/b", status=301)

    assert (await ask(web.url("/a"))).moved_to is None


async def test_a_redirect_loop_ends(web):
    web.redirect("/a", "/b")
    web.redirect("/b", "/a")

    answer = await ask(web.url("/a"))

    assert answer.status == "redirect loop"
    assert len(web.asked) == 10


@pytest.mark.parametrize("to", ["file:///etc/passwd", "javascript:alert(1)", ""])
async def test_a_redirect_to_what_is_no_web_address_is_refused(web, to):
    assert (await ask(web.redirect("/", to))).status == "bad redirect"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://0x7f.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.1.2.3/",
    ],
)
async def test_private_addresses_are_refused_in_every_spelling(url):
    answer = await ask(url, allow_private=False)

    assert answer.status == "refused"
    assert "collect.http.allow_private" in answer.reason


async def test_the_decimal_spelling_of_an_address_reaches_nothing():
    assert isinstance(await ask("http://2130706433/", allow_private=False), Failed)


@pytest.mark.parametrize("url", ["ftp://a.example/", "nothing", "http://", "http://a b/"])
async def test_what_is_no_web_address_is_not_asked(url):
    assert (await ask(url)).status == "bad URL"


async def test_a_name_that_does_not_exist_is_named():
    answer = await ask("http://nobody.invalid/")

    assert answer.status in ("no such host", "unreachable")


async def test_a_certificate_nobody_signed_is_not_trusted(rude):
    url = (await rude(b"HTTP/1.1 200 OK\r\n\r\n")).replace("http:", "https:")

    answer = await ask(url, timeout_seconds=2)

    assert answer.status in ("bad certificate", "cut off", "timed out", "failed")


async def test_robots_txt_is_asked_for_pages_once(web):
    web.serve("/robots.txt", "User-agent: *\nDisallow: /private", type="text/plain")
    web.serve("/a", "a")

    async with an_http() as fetch:
        allowed = await fetch(Ask(url=web.url("/a"), crawl=True))
        refused = await fetch(Ask(url=web.url("/private/b"), crawl=True))

    assert isinstance(allowed, Fetched)
    assert (refused.status, refused.temporary) == ("robots.txt", False)
    assert web.paths == ["/robots.txt", "/a"]


async def test_feeds_are_for_us_and_robots_txt_is_not_asked(web):
    await ask(web.serve("/feed", "x"))

    assert web.paths == ["/feed"]


async def test_a_robots_txt_that_cannot_be_read_allows_nothing_for_now(web):
    web.serve("/robots.txt", status=503)

    answer = await ask(web.serve("/a", "a"), crawl=True)

    assert (answer.status, answer.temporary) == ("robots.txt", True)
    assert web.count("/a") == 0


async def test_robots_txt_is_asked_for_again_after_a_day_and_soon_where_it_could_not_be_read(web):
    now = NOW
    page = Ask(url=web.serve("/a", "a"), crawl=True)
    options = HttpOptions(allow_private=True, host_delay_seconds=0)
    async with Http(options, clock=lambda: now, version="1.2") as fetch:
        web.serve("/robots.txt", status=503)
        unread = await fetch(page)
        web.serve("/robots.txt", "User-agent: *\nAllow: /", type="text/plain")
        now += timedelta(minutes=11)
        allowed = await fetch(page)
        web.serve("/robots.txt", "User-agent: *\nDisallow: /", type="text/plain")
        now += timedelta(hours=23)
        still_allowed = await fetch(page)
        now += timedelta(hours=1)
        forbidden = await fetch(page)

    assert isinstance(unread, Failed)
    assert isinstance(allowed, Fetched)
    assert isinstance(still_allowed, Fetched)
    assert isinstance(forbidden, Failed)
    assert web.count("/robots.txt") == 3


async def test_of_origins_without_end_only_the_last_ones_are_remembered():
    asked: list[str] = []

    async def ask_one(origin: str) -> Rules:
        asked.append(origin)
        return Rules()

    known = Manners(ask_one, lambda: NOW)
    for number in range(MOST + 1):
        await known.of(f"https://{number}.example")
    for number in (MOST, 0):
        await known.of(f"https://{number}.example")

    assert asked[MOST + 1 :] == ["https://0.example"]


async def test_robots_txt_may_be_ignored_by_the_operator(web):
    web.serve("/robots.txt", "User-agent: *\nDisallow: /", type="text/plain")

    assert isinstance(await ask(web.serve("/a", "a"), crawl=True, respect_robots=False), Fetched)


async def test_a_host_is_asked_at_a_walking_pace(web):
    slept = Slept()
    web.serve("/a", "a")

    async with an_http(slept, host_delay_seconds=2.0) as fetch:
        for _ in range(3):
            await fetch(Ask(url=web.url("/a")))

    assert [round(seconds) for seconds in slept] == [2, 4]


async def test_a_crawl_delay_slows_us_down(web):
    slept = Slept()
    web.serve("/robots.txt", "User-agent: *\nCrawl-delay: 7", type="text/plain")
    web.serve("/a", "a")

    async with an_http(slept) as fetch:
        await fetch(Ask(url=web.url("/a"), crawl=True))
        await fetch(Ask(url=web.url("/a"), crawl=True))

    assert [round(seconds) for seconds in slept] == [7]


async def test_a_login_in_the_address_is_sent_and_not_shown(web):
    async def private(request):
        known = request.headers.get("Authorization") == "Basic YWRhOnA="
        return aio.Response(text="in") if known else aio.Response(status=401)

    url = web.handle("/", private)

    assert (await ask(url.replace("://", "://ada:p@"))).url == url
    assert "ada:x" not in (await ask(url.replace("://", "://ada:x@"))).reason
