"""What an operator sees on a bad day: one sentence, the right exit code, and nothing lost."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web as aio

from digest.model import NewsletterId, SourceId
from digest.storage import articles, issues
from digest.storage.database import Store
from tests.builders import a_story, an_article, an_issue, dated

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC).replace(microsecond=0)
GATES = (
    "The old lock gates at Harrow Quay swung open again on Monday, eleven weeks after a coal barge "
    "tore the lower pair from its hinges. The keeper counted nineteen boats through by noon. "
    "Repairs cost the harbour board two million pounds, a third more than it had set aside."
)
CHOIR = (
    "Forty singers moved into the disused cold store on Ice Street, drawn by four seconds of echo. "
    "They will rehearse there until the spring, when the roof of their church hall is mended."
)
BOMB = (
    "<!DOCTYPE rss [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><rss><channel><item><title>&i;</title></item></channel></rss>"
)
XXE = (
    "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss><channel><item>"
    "<title>&x;</title><link>https://a.example/</link></item></channel></rss>"
)


def program(desk, *args, **given):
    """``python -m digest ARGS`` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "digest", *args],
        cwd=desk.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        **given,
    )


def hashes(folder):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("digest.db*"))
    }


def item(title, link, text, *, guid=""):
    return (
        f"<item><title>{title}</title><link>{link}</link>{guid}"
        f"<description><![CDATA[{text}]]></description></item>"
    )


def rss(*items):
    return f"<rss version='2.0'><channel><title>Feed</title>{''.join(items)}</channel></rss>"


async def run(desk, *args):
    return await asyncio.to_thread(desk.run, *args)


async def test_every_hostile_feed_costs_itself_and_no_other(desk, web):
    hostile = {
        "Bomb": web.feed("/bomb.xml", BOMB),
        "Xxe": web.feed("/xxe.xml", XXE),
        "Deep": web.feed("/deep.xml", "<rss><channel>" + "<item>" * 100_000),
        "Large": web.feed("/large.xml", b"<rss>" + b"x" * 40_000_000),
        "Html": web.feed("/html.xml", "<!doctype html><html><body>Hello</body></html>"),
        "Binary": web.feed("/binary.xml", bytes(range(256)) * 50),
        "Loop": web.redirect("/loop", "/loop"),
    }
    within = rss(
        item("Too deep inside", web.url("/deep-inside"), "<div>" * 100_000 + CHOIR),
        item("Lock gates open again", web.url("/gates"), f"<p>{GATES}</p>"),
    )
    desk.configure(**hostile, Herald=web.feed("/herald.xml", within))

    async with asyncio.timeout(60):
        said = await run(desk, "send", "--dry-run", "--json")

    report = {one["name"]: one for one in said.json["sources"]}
    assert said.code == 0, said.err
    assert {name for name, one in report.items() if one["error"]} == set(hostile)
    for name, why in {"Bomb": "entities", "Xxe": "entities", "Large": "max_bytes"}.items():
        assert why in report[name]["error"]
    assert [one["title"] for one in said.json["issue"]["stories"]] == ["Lock gates open again"]
    out = desk.folder / "rehearsal" / "daily"
    for path in (p for p in out.rglob("*") if p.is_file()):
        assert b"root:x:0" not in path.read_bytes(), path


async def test_a_story_that_was_released_is_not_told_again(desk, web):
    yesterday = NOW - timedelta(days=1)
    told = an_article(
        web.url("/gates"),
        title="Lock gates open again",
        text=GATES,
        source=SourceId(web.url("/herald.xml")),
        first_seen=yesterday - timedelta(hours=1),
        dated=dated(yesterday - timedelta(hours=2)),
    )
    desk.configure(
        Herald=web.feed(
            "/herald.xml",
            rss(
                item("Lock gates open again", web.url("/gates"), f"<p>{GATES}</p>"),
                item("The lock gates are open again", web.url("/more"), f"<p>{GATES} Twice.</p>"),
                item("Singers move in", web.url("/choir"), f"<p>{CHOIR}</p>"),
            ),
        )
    )
    issue = an_issue(
        a_story(told),
        period=f"{yesterday:%Y-%m-%d}",
        since=yesterday - timedelta(days=1),
        until=yesterday,
    )
    store = await Store.open(f"sqlite:///{desk.folder / 'digest.db'}")
    await store.write(articles.save, told)
    await store.write(issues.freeze, issue, (), state="released", at=yesterday)
    last = await store.read(issues.last, NewsletterId("daily"), "daily")
    await store.close()
    before = hashes(desk.folder)

    said = await run(desk, "send", "--dry-run", "--json")

    assert [one["title"] for one in said.json["issue"]["stories"]] == ["Singers move in"]
    assert said.json["issue"]["number"] == last.number + 1
    assert datetime.fromisoformat(said.json["issue"]["since"]) == yesterday
    (left,) = said.json["left_out"]
    assert left["reason"] == f"this story was told in the issue of {yesterday:%Y-%m-%d}"
    assert hashes(desk.folder) == before


@pytest.mark.parametrize(
    "title",
    [
        "水門が再び開く、十一週間ぶりに",
        "البوابات تفتح من جديد بعد أسابيع",
        "Gates 🚢 open again, at last",
    ],
)
async def test_a_title_of_any_script_reaches_every_part_of_the_mail(desk, web, title):
    from email import message_from_bytes, policy

    desk.configure(
        Herald=web.feed("/a.xml", rss(item(title, web.url("/gates"), f"<p>{GATES}</p>")))
    )

    said = await run(desk, "send", "--dry-run", "--json")

    out = desk.folder / "rehearsal" / "daily"
    (path,) = (out / "messages").glob("*.eml")
    message = message_from_bytes(path.read_bytes(), policy=policy.SMTP)
    assert said.json["issue"]["subject"] == message["Subject"]
    assert title in message["Subject"]
    assert title in message.get_body(("html",)).get_content()
    assert title in message.get_body(("plain",)).get_content()
    assert message["Subject"].defects == ()


def test_ctrl_c_in_the_middle_of_a_rehearsal_changes_not_one_byte(desk):
    desk.configure("sample:")
    desk.run("gather")
    with socket.create_server(("127.0.0.1", 0)) as server:
        desk.configure(f"http://127.0.0.1:{server.getsockname()[1]}/feed.xml", "sample:")
        before = hashes(desk.folder)
        child = program(desk, "send", "--dry-run")
        server.settimeout(30)
        connection, _ = server.accept()
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
        connection.close()

    assert child.returncode == 130
    assert "stopped" in err
    assert "Traceback" not in err
    assert hashes(desk.folder) == before
    again = desk.run("send", "--dry-run", "--no-collect")
    assert again.code == 0


def test_a_process_killed_in_the_middle_of_a_gather_leaves_a_sound_database(desk):
    with socket.create_server(("127.0.0.1", 0)) as server:
        desk.configure(f"http://127.0.0.1:{server.getsockname()[1]}/feed.xml", "sample:")
        child = program(desk, "gather")
        server.settimeout(30)
        connection, _ = server.accept()
        child.kill()
        child.communicate(timeout=30)
        connection.close()

    with sqlite3.connect(desk.folder / "digest.db") as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    desk.configure("sample:")
    assert desk.run("gather").code == 0


@pytest.mark.parametrize("command", [("send", "--dry-run"), ("gather",), ("init",)])
def test_a_folder_that_may_only_be_read_is_named_in_one_sentence(
    desk, common_folder, monkeypatch, command
):
    if command != ("init",):
        shutil.copy(ROOT / "config.toml", common_folder / "config.toml")
    common_folder.chmod(0o555)
    monkeypatch.chdir(common_folder)

    said = desk.run(*command)

    common_folder.chmod(0o755)
    assert said.code == 2
    assert len(said.err.splitlines()) == 1
    assert str(common_folder) in said.err
    assert said.out == ""
    assert {path.name for path in common_folder.iterdir()} <= {"config.toml"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_output_without_room_is_named(desk):
    desk.run("init")

    with Path("/dev/full").open("w") as full:
        child = program(desk, "config", "show", stdout=full)
        _, err = child.communicate(timeout=30)

    assert child.returncode == 1
    assert err == "digest: the output cannot be used: No space left on device\n"


def test_a_reader_that_stops_reading_is_told_nothing(desk):
    """As in ``digest articles list | head -1``."""
    desk.run("init")
    read, write = os.pipe()
    os.close(read)

    child = program(desk, "config", "show", stdout=write)
    os.close(write)
    _, err = child.communicate(timeout=30)

    assert (child.returncode, err) == (1, "")


def test_a_database_that_is_none_is_named_and_left_as_it_is(desk):
    desk.run("init")
    desk.write("digest.db", b"this is a shopping list, not a database\n" * 200)
    before = hashes(desk.folder)

    said = [desk.run("send", "--dry-run"), desk.run("gather"), desk.run("articles", "list")]

    assert all(one.code in (1, 2) for one in said)
    assert all("digest.db" in one.err and len(one.err.splitlines()) == 1 for one in said)
    assert hashes(desk.folder) == before


@pytest.mark.parametrize(
    ("args", "cure"),
    [
        (("send", "--dry-run", "--at", "nonsense"), "write one such as 2026-11-24T06:30+01:00"),
        (("send", "--dry-run", "--at", "2026-01-01"), "write 2026-01-01T00:00:00+00:00 for UTC"),
        (("send", "--dry-run", "--since", "2999-01-01T00:00+00:00"), "after the window ends at"),
        (("send", "--dry-run", "--since", "0001-01-01T00:00+05:00"), "a year from 1970 to 9000"),
        (("send", "--dry-run", "--at", "9999-12-31T23:59-05:00"), "a year from 1970 to 9000"),
        (("articles", "list", "--from", "nowhere"), "run `digest send --dry-run --out nowhere`"),
        (("articles", "list"), "run `digest gather`"),
        (("--config", "nowhere", "send", "--dry-run"), "make it with `digest init`"),
        (("sources", "add", "nowhere"), "nowhere is not there"),
        (("sources", "add", "ftp://a.example/"), "only http and https URLs are fetched"),
        (("sources", "remove", "nobody"), "it has: 'Sample paper'"),
        (("why", "gates"), "run `digest gather`"),
        (("nonsense",), "No such command 'nonsense'"),
    ],
)
def test_a_mistake_on_the_command_line_is_told_with_its_cure(desk, args, cure):
    desk.run("init")

    said = desk.run(*args)

    assert said.code == 2
    assert cure in said.err
    assert said.out == ""


def test_the_cure_for_a_moment_without_a_zone_is_a_moment_we_read(desk):
    desk.run("init")
    told = desk.run("send", "--dry-run", "--at", "2026-11-24").err

    said = desk.run("send", "--dry-run", "--json", "--at", re.search(r"write (\S+) for", told)[1])

    assert said.code == 0
    assert said.json["at"] == "2026-11-24T00:00:00+00:00"


def test_a_gather_of_one_says_one(desk):
    desk.write("news/gates.md", f"# Lock gates open again\n\n{GATES}\n")
    desk.configure("news")

    said = desk.run("gather")
    records = json.loads(desk.run("gather", "--json").out)

    assert said.out == "1 new article from 1 source.\n"
    assert [(one["items"], one["new"]) for one in records] == [(1, 0)]


def test_a_gather_in_which_every_source_failed_is_a_failure(desk):
    desk.configure("nowhere", "nowhere/else")

    said = desk.run("gather")

    assert said.code == 1
    assert said.out.count("In trouble: ") == 2
    assert "could not read any of 2 sources" in said.err
    assert "could not read any of 2 sources" in desk.run("gather", "--json").err


@pytest.mark.parametrize("name", ["media/pony.jpg", "proofs of payment.pdf", "messages/ada.eml"])
def test_a_folder_is_not_cleared_for_the_likeness_of_a_name(desk, name):
    desk.run("init")
    desk.write(f"mine/{name}", "kept for years")

    said = desk.run("send", "--dry-run", "--out", "mine")

    assert said.code == 2
    assert "which no rehearsal made; give an empty folder" in said.err
    assert (desk.folder / "mine" / name).read_text("utf-8") == "kept for years"


def test_what_somebody_put_beside_a_rehearsal_is_not_cleared(desk):
    desk.run("init")
    desk.run("send", "--dry-run", "--no-collect")
    desk.write("rehearsal/daily/media of my own/pony.jpg", "kept for years")

    said = desk.run("send", "--dry-run", "--no-collect")

    assert said.code == 2
    assert "media of my own" in said.err
    assert (desk.folder / "rehearsal/daily/report.json").exists()


async def test_what_a_visit_could_not_read_has_a_line_of_its_own(desk, web):
    """In a gather and in a rehearsal; a source of many such has a few lines, not hundreds."""
    for n in range(8):
        desk.write(f"news/binary{n}.md", b"\x00\x01\x02" * 500)
    desk.write("news/gates.md", f"# Lock gates open again\n\n{GATES}\n")
    desk.configure(Desk="news", Half=web.feed("/half.xml", "<rss><channel><item><title>Ha"))

    rehearsed = await run(desk, "send", "--dry-run")
    gathered = await run(desk, "gather")

    for said, prefix in ((gathered, "Note: "), (rehearsed, "  ")):
        notes = [line for line in said.out.splitlines() if line.startswith(f"{prefix}Desk: ")]
        assert len(notes) == 6
        assert notes[0].endswith(".md: is binary, not text, and is not read")
        assert f"{prefix}Half: the feed is damaged" in said.out
    assert "Note: Desk: and 3 more; all are in `digest gather --json`" in gathered.out
    assert "  Desk: and 3 more; all are in report.json" in rehearsed.out


async def test_a_source_with_nothing_new_has_no_note(desk, web):
    async def unchanged(request):
        if request.headers.get("If-None-Match"):
            return aio.Response(status=304)
        body = rss(item("Lock gates open again", web.url("/gates"), f"<p>{GATES}</p>"))
        return aio.Response(body=body.encode(), headers={"ETag": '"1"'})

    desk.configure(Herald=web.handle("/a.xml", unchanged))
    await run(desk, "gather")

    later = (NOW + timedelta(days=1)).isoformat()
    said = await run(desk, "send", "--dry-run", "--at", later)

    assert "Herald: 304" in said.err
    assert "Notes on sources" not in said.out
