"""Sources on a web of their own: told once, healthy or named, and never in the way of the others."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web as aio

NOW = datetime.now(UTC).replace(microsecond=0)
GATES = [
    "The lock gates at Harrow Quay opened again on Monday after eleven weeks of repairs, and barges "
    "no longer have to take the outer channel. ",
    "After eleven weeks of repairs the lock gates of Harrow Quay swung open on Monday, so that the "
    "barges are spared the outer channel. ",
    "Barges are spared the outer channel: the lock gates of Harrow Quay, repaired for eleven weeks, "
    "opened on Monday. ",
]
MORE = (
    "The keeper, Tom Pell, counted nineteen boats through the lock by noon. Repairs to the gates "
    "cost the harbour board two million pounds, a third more than it had set aside. Freight firms "
    "say that the reopened lock saves their barges a detour of six hours around the point."
)
CHOIR = (
    "A choir of forty has moved into the old cold store on Ice Street. Its walls are half a metre "
    "of cork, and the echo comes back four seconds after the last note. The singers lost their "
    "church hall to a leaking roof in the spring and have since rehearsed in a sail loft."
)


def rss(title, *items):
    inner = "".join(
        f"<item><title>{name}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{format_datetime(NOW - timedelta(hours=hours))}</pubDate>"
        f"<description><![CDATA[<p>{text}</p>]]></description></item>"
        for name, link, text, hours in items
    )
    return f"<rss version='2.0'><channel><title>{title}</title>{inner}</channel></rss>"


def page(title, text):
    return (
        f"<html lang='en'><head><title>{title}</title></head><body><article><h1>{title}</h1>"
        f"<p>{text}</p></article></body></html>"
    )


@pytest.fixture
def three(web):
    """Two feeds and a page without one, which report an overlapping set of stories."""
    one = web.feed(
        "/herald.xml",
        rss(
            "Herald",
            ("Lock gates open again", web.url("/herald/gates"), GATES[0] + MORE, 3),
            ("Choir moves into the cold store", web.url("/herald/choir"), CHOIR, 5),
        ),
    )
    two = web.feed(
        "/post.xml",
        rss("Post", ("Gates of the lock swing open", web.url("/post/gates"), GATES[1] + MORE, 4)),
    )
    front = "".join(
        f"<li><a href='/log/2026/{n}-a-headline-of-several-words'>A headline of several words {n}</a></li>"
        for n in range(1)
    )
    three = web.serve(
        "/log",
        f"<html><body><main><ul>{front}<li><a href='/log/gates-open-on-monday'>The repaired lock "
        "gates of Harrow Quay opened on Monday</a></li></ul></main></body></html>",
    )
    web.serve("/log/gates-open-on-monday", page("The repaired lock gates opened", GATES[2] + MORE))
    web.serve("/log/2026/0-a-headline-of-several-words", page("Choir and echo", CHOIR + CHOIR))
    return {"Herald": one, "Post": two, "Log": three}


async def run(desk, *args):
    return await asyncio.to_thread(desk.run, *args)


async def test_what_three_tell_is_told_once_with_those_who_told_it_too(desk, three):
    desk.configure(**three)
    desk.write(
        "config.toml",
        desk.config.replace('name = "Log"', 'name = "Log"\nkind = "page"\nselect = "main a"'),
    )

    said = await run(desk, "send", "--dry-run", "--json")

    assert said.code == 0, said.err
    stories = {one["title"]: one for one in said.json["issue"]["stories"]}
    gates = next(one for title, one in stories.items() if "gates" in title.lower())
    told_by = {gates["source"], *(one["source"] for one in gates["also"])}
    assert told_by == {"Herald", "Post", "Log"}
    assert sum("gates" in title.lower() for title in stories) == 1
    out = desk.folder / "rehearsal" / "daily" / "editions"
    assert "Also covered by" in (out / "en.html").read_text("utf-8")
    assert "Also covered by" in (out / "en.txt").read_text("utf-8")


async def test_a_source_that_fails_is_named_and_stops_nobody(desk, web, three):
    sources = {
        **{name: url for name, url in three.items() if name != "Log"},
        "Gone": web.serve("/gone", status=410),
        "Missing": web.url("/nothing"),
        "Broken": web.feed("/broken", "<rss><channel><item><title>Half"),
        "Front": web.serve("/front", "<html><body>no feed here</body></html>"),
    }
    desk.configure(**sources)
    desk.write(
        "config.toml", desk.config.replace('name = "Front"', 'name = "Front"\nkind = "feed"')
    )

    said = await run(desk, "send", "--dry-run", "--json")

    report = {one["name"]: one for one in said.json["sources"]}
    assert said.code == 0
    assert said.json["issue"]["stories"]
    assert report["Gone"]["error"]
    assert "404" in report["Missing"]["error"]
    assert report["Front"]["error"]
    assert report["Herald"]["error"] is None


async def test_gather_keeps_and_rests_and_check_tells_the_health(desk, web, three):
    web.serve("/gone", status=410)
    desk.configure(Herald=three["Herald"], Gone=web.url("/gone"), Never=web.url("/nothing"))

    first = await run(desk, "gather")
    second = await run(desk, "gather")
    checked = await run(desk, "sources", "check", "--json")
    plain = await run(desk, "sources", "check")
    listed = await run(desk, "articles", "list")

    health = {one["name"]: one for one in checked.json}
    assert first.code == 0
    assert "2 new" in first.err + first.out
    assert "resting" in second.err + second.out
    assert web.count("/herald.xml") == 1
    assert health["Herald"]["items"] == 2
    assert health["Gone"]["status"] == "gone"
    assert health["Never"]["failures"] == 1
    assert checked.code == plain.code == 1
    assert "Gone" in plain.out
    assert "Lock gates open again" in listed.out


async def test_a_source_asked_for_by_name_is_visited_though_it_rests_or_was_gone(desk, web, three):
    desk.configure(Herald=three["Herald"], Gone=web.serve("/gone", status=410), Post=three["Post"])
    web.serve("/post.xml", status=503)
    await run(desk, "gather")
    for path in ("/gone", "/post.xml"):
        web.feed(
            path, rss("Post", ("Gates swing open", web.url("/post/gates"), GATES[1] + MORE, 4))
        )

    rested = await run(desk, "gather")
    named = await run(desk, "gather", "--source", "Post", "--source", web.url("/gone"), "--json")
    unknown = await run(desk, "gather", "--source", "Pots")
    checked = await run(desk, "sources", "check", "--json")

    assert "`digest gather --source NAME` visits one that rests now." in rested.out
    assert [(one["name"], one["status"]) for one in named.json] == [
        ("Post", "200"),
        ("Gone", "200"),
    ]
    assert unknown.code == 2
    assert "it has: 'Herald', 'Gone', 'Post'" in unknown.err
    assert {one["status"] for one in checked.json} == {"200"}
    assert web.count("/herald.xml") == 1


async def test_a_page_is_looked_through_for_its_feed_and_comments_stay(desk, web, three):
    desk.configure("sample:")
    desk.write("config.toml", "# mine, all mine\n" + desk.config)
    web.serve(
        "/home",
        "<html><head><title>Herald</title><link rel='alternate' type='application/rss+xml' "
        "href='/herald.xml'></head><body></body></html>",
    )

    said = await run(desk, "sources", "add", web.url("/home"), "--topic", "harbour")
    again = await run(desk, "sources", "add", web.url("/home"))
    nothing = await run(desk, "sources", "add", web.url("/void"))
    listed = await run(desk, "sources", "list", "--json")
    removed = await run(desk, "sources", "remove", "Herald")
    unknown = await run(desk, "sources", "remove", "Herald")

    assert said.code == 0, said.err
    assert "feed at" in said.out
    assert again.code == 2
    assert nothing.code == 2
    assert [(one["name"], one["kind"], one["topic"]) for one in listed.json][1:] == [
        ("Herald", "feed", "harbour")
    ]
    assert removed.code == 0
    assert unknown.code == 2
    assert desk.config.startswith("# mine, all mine\n")
    assert "herald.xml" not in desk.config


async def test_add_finds_out_what_a_place_is(desk, web, three):
    desk.configure("sample:")
    desk.write("news/one.md", f"# Gates\n\n{MORE}\n")
    web.serve(
        "/sitemap.xml",
        f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>{web.url('/a')}</loc></url></urlset>",
        type="application/xml",
    )
    links = "".join(
        f"<a href='/story-{n}-of-the-day'>A story of the day with many words {n}</a>"
        for n in range(5)
    )
    web.serve("/front", f"<html><title>Front</title><body><main>{links}</main></body></html>")

    said = await run(
        desk, "sources", "add", web.url("/sitemap.xml"), web.url("/front"), "news/*.md"
    )

    listed = await run(desk, "sources", "list", "--json")
    assert said.code == 0, said.err
    assert [one["kind"] for one in listed.json] == ["sample", "sitemap", "page", "files"]


async def test_an_address_as_a_browser_copies_it_for_a_feed_reader_is_added(desk, web, three):
    desk.configure("sample:")
    address = three["Herald"]

    said = await run(desk, "sources", "add", address.replace("http://", "feed://"))

    listed = await run(desk, "sources", "list", "--json")
    assert said.code == 0, said.err
    assert [one["location"] for one in listed.json] == ["sample:", address]


async def test_what_cannot_be_added_is_told_with_a_cure_that_works(desk, web):
    desk.configure("sample:")
    noise = bytes(random.Random(3).randrange(256) for _ in range(3000))
    links = "".join(f"<a href='/{n}'>Story {n}</a>" for n in range(4))
    web.serve("/noise", noise)
    web.serve("/short", f"<title>Short</title><main>{links}</main>")

    async def refused(location):
        said = await run(desk, "sources", "add", location)
        assert said.code == 2
        return said.err

    host = "herald.example/feed.xml"
    assert f"write https://{host}" in await refused(host)
    assert "https://" not in await refused("news.md")
    assert "is neither a feed nor a sitemap nor a page" in await refused(web.url("/noise"))
    assert (
        "fewer than 3 links that read like articles; give the address of its feed, or of a page "
        'that lists articles; where this one lists some, write it into config.toml with kind = "page" '
        'and a CSS selector of their links, such as select = "main a"'
        in await refused(web.url("/short"))
    )


def test_opml_goes_out_and_comes_back(desk):
    desk.configure(Herald="https://herald.example/feed.xml", Post="https://post.example/feed.xml")
    exported = desk.run("sources", "export").out
    desk.write("feeds.opml", exported)
    desk.write("no.opml", "<html></html>")
    desk.configure("sample:")

    first = desk.run("sources", "import", "feeds.opml")
    second = desk.run("sources", "import", "feeds.opml")

    assert "Added 2 sources" in first.out
    assert "Added 0 sources" in second.out
    assert "2 were there already" in second.out
    assert desk.run("sources", "import", "no.opml").code == 2
    assert desk.run("sources", "import", "none.opml").code == 2
    assert len(desk.run("sources", "list").out.splitlines()) >= 3


async def test_one_get_a_visit_and_the_second_is_conditional(desk, web):
    body = rss("Herald", ("Lock gates open again", web.url("/gates"), GATES[0] + MORE, 3))

    async def answer(request):
        if request.headers.get("If-None-Match") == '"v1"':
            return aio.Response(status=304)
        return aio.Response(
            body=body.encode(), headers={"ETag": '"v1"', "Content-Type": "application/rss+xml"}
        )

    desk.configure(Herald=web.handle("/feed.xml", answer))

    await run(desk, "gather")
    later = (NOW + timedelta(days=1)).isoformat()
    rehearsed = await run(desk, "send", "--dry-run", "--json", "--at", later)

    assert web.count("/feed.xml") == 2
    assert rehearsed.json["sources"][0]["status"] == "304"
    assert rehearsed.json["issue"]["stories"][0]["title"] == "Lock gates open again"


async def test_what_is_hostile_in_a_feed_reaches_nobody(desk, web):
    evil = (
        f"<p onclick='steal()'>{GATES[0]}{MORE}</p><script>steal()</script><style>p{{}}</style>"
        "<img src='https://tracker.example/pixel.gif' width='1' height='1'><iframe src='https://x.example'></iframe>"
    )
    item = (
        "<item><title>Gates &#13;&#10;Bcc: all@example.org</title>"
        f"<link>{web.url('/evil')}</link><description><![CDATA[{evil}]]></description></item>"
        "<item><title>Run me</title><link>javascript:alert(1)</link><description>x</description></item>"
    )
    desk.configure(
        Herald=web.feed("/feed.xml", f"<rss version='2.0'><channel>{item}</channel></rss>")
    )

    said = await run(desk, "send", "--dry-run", "--json")

    out = desk.folder / "rehearsal" / "daily"
    html = (out / "editions" / "en.html").read_text("utf-8")
    assert [one["title"] for one in said.json["issue"]["stories"]] == ["Gates Bcc: all@example.org"]
    for word in ("steal()", "tracker.example", "javascript:", "<script", "<iframe"):
        assert word not in html
    (message,) = (out / "messages").glob("*.eml")
    assert b"\r\nBcc:" not in message.read_bytes().split(b"\r\n\r\n")[0]


async def test_a_feed_of_a_hundred_thousand_nested_tags_costs_one_source(desk, web, three):
    deep = "<rss><channel>" + "<div>" * 100_000
    desk.configure(Deep=web.feed("/deep.xml", deep), Herald=three["Herald"])

    said = await run(desk, "send", "--dry-run", "--json")

    report = {one["name"]: one["error"] for one in said.json["sources"]}
    assert report["Deep"]
    assert report["Herald"] is None
    assert said.json["issue"]["stories"]


async def test_a_picture_is_fetched_made_ours_or_left_out(desk, web):
    import io

    from PIL import Image

    raw = io.BytesIO()
    Image.new("RGB", (1600, 900), (10, 80, 120)).save(raw, "PNG")
    web.serve("/good.png", raw.getvalue(), type="image/png")
    items = "".join(
        f"<item><title>{title}</title><link>{web.url(path)}</link><description><![CDATA[<p>{text}</p>]]></description>"
        f"<enclosure url='{web.url(picture)}' type='image/png' length='1'/></item>"
        for title, path, text, picture in (
            ("Lock gates open again", "/a", GATES[0] + MORE, "/good.png"),
            ("Choir moves into the cold store", "/b", CHOIR, "/missing.png"),
        )
    )
    desk.configure(
        Herald=web.feed("/feed.xml", f"<rss version='2.0'><channel>{items}</channel></rss>")
    )

    said = await run(desk, "send", "--dry-run")

    out = desk.folder / "rehearsal" / "daily"
    html = (out / "editions" / "en.html").read_text("utf-8")
    (kept,) = (out / "media").iterdir()
    assert f"https://quayside.example/i/{kept.name}" in html
    assert web.base not in html.replace(f'href="{web.base}', "")
    assert "is left out" in said.out


async def test_private_addresses_are_not_visited_unless_allowed(desk, web, three):
    desk.configure(Herald=three["Herald"])
    desk.write("config.toml", desk.config.replace("allow_private = true", ""))

    said = await run(desk, "send", "--dry-run", "--json")

    assert "collect.http.allow_private" in said.json["sources"][0]["error"]
    assert web.asked == []


def test_files_that_cannot_be_read_are_named_and_the_others_are_read(desk, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.md"
    outside.write_text(f"# Secret\n\n{MORE}\n")
    desk.write("news/good.md", f"# Lock gates open again\n\n{GATES[0]}{MORE}\n")
    desk.write("news/binary.md", b"\x00\x01\x02" * 500)
    (desk.folder / "news" / "link.md").symlink_to(outside)
    desk.configure("news")

    said = desk.run("send", "--dry-run", "--json")

    assert [one["title"] for one in said.json["issue"]["stories"]] == ["Lock gates open again"]
    notes = " ".join(said.json["sources"][0]["notes"])
    assert "binary.md" in notes
    assert "link.md" in notes


def test_the_state_of_the_database_is_told_and_backed_up(desk):
    desk.run("init")
    nothing_yet = desk.run("db", "info")
    desk.run("gather")

    info, upgraded = desk.run("db", "info"), desk.run("db", "upgrade")
    backup = desk.run("db", "backup", "copy.db")
    again = desk.run("db", "backup", "copy.db")

    assert nothing_yet.code == 2
    assert "`digest gather` makes it" in nothing_yet.err
    assert info.code == upgraded.code == backup.code == 0
    assert "digest.db" in info.out
    assert (desk.folder / "copy.db").stat().st_size > 0
    assert again.code != 0


def test_what_is_in_force_is_shown_with_its_origin_and_secrets_masked(desk, monkeypatch):
    desk.run("init")
    monkeypatch.setenv("DIGEST_DATABASE_URL", "postgresql://ada:hunter2@db.example/digest")
    monkeypatch.setenv("DIGEST_SECRET", "s" * 40)

    shown = desk.run("config", "show")
    records = desk.run("config", "show", "--json").json["settings"]

    assert "hunter2" not in shown.out
    assert "s" * 40 not in shown.out
    assert records["storage.url"]["from"] == "environment DIGEST_DATABASE_URL"
    assert records["secret"] == {
        "value": "********",
        "from": "environment DIGEST_SECRET",
    }
    assert records["site.name"]["from"].startswith("config.toml:")
    assert records["web.port"]["value"] == 8000


def test_a_broken_configuration_tells_every_mistake_at_once(desk):
    desk.run("init")
    broken = desk.config.replace('hour = "06:30" ', 'hour = "24:61" ').replace(
        "tagline", "tagilne", 1
    )
    desk.write("config.toml", broken)

    said = desk.run("send", "--dry-run")
    checked = desk.run("config", "check")

    assert said.code == checked.code == 2
    assert "has 2 mistakes" in said.err
    assert 'newsletters.daily.hour  is "24:61"' in said.err
    assert "did you mean tagline?" in said.err
    assert not (desk.folder / "rehearsal").exists()


def test_an_output_folder_that_cannot_be_written_is_named(desk):
    desk.run("init")
    desk.write("file", "x")

    said = desk.run("send", "--dry-run", "--out", "file/inside")

    assert said.code == 2
    assert "file/inside" in said.err
    assert "--out" in said.err


def test_a_disk_without_room_is_named_and_nothing_is_half_kept(desk):
    """Every file may grow to 300 KB: the database does not fit."""
    import os
    import subprocess
    import sys
    from pathlib import Path

    desk.run("init")
    script = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000));"
        "from digest import cli; cli.main(['gather'])"
    )
    root = Path(__file__).parents[2]
    said = subprocess.run(
        [sys.executable, "-c", script],
        cwd=desk.folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode not in (0, 130)
    assert "Traceback" not in said.stderr
    assert desk.run("gather").code == 0
    assert "lock" in desk.run("articles", "list").out
