"""From an empty folder to a rehearsed issue."""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.storage.database import Store
from subscribers.address import Address
from subscribers.model import Status, Subscriber, SubscriberId, Subscription
from tests import planted

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
FURNITURE = (
    "Thursday, June 20, 2024",
    "› Subscribe",
    "Please enter your comment!",
    "Please enter your name here",
    "The reCAPTCHA verification period has expired. Please reload the page.",
    "More Articles",
)
BODY = (
    "The old lock gates at Harrow Quay swung open again on Monday, eleven weeks after a coal "
    "barge tore the lower pair from its hinges.\n\nThe keeper counted nineteen boats through by "
    "noon. Repairs cost the harbour board two million pounds, a third more than it had set aside.\n"
)


def messages(folder: Path):
    paths = sorted((folder / "messages").glob("*.eml"))
    return [email.message_from_bytes(p.read_bytes(), policy=email.policy.SMTP) for p in paths]


def subscribed(desk, *addresses):
    """Active readers, put straight into the database."""
    import asyncio

    async def enrol():
        store = await Store.open(f"sqlite:///{desk.folder / 'digest.db'}")
        for number, address in enumerate(addresses):
            who = SubscriberId(f"s{number:03}")
            person = Subscriber(id=who, address=Address.parse(address), name=f"Reader {number}")
            terms = Subscription(subscriber=who, newsletter="daily", status=Status.ACTIVE)
            await store.write(planted.reader, person, terms)
        await store.close()

    asyncio.run(enrol())


def test_init_then_a_rehearsal_shows_the_sample_paper(desk):
    assert desk.run("init").code == 0

    said = desk.run("send", "--dry-run")

    assert said.code == 0
    assert "Nothing was sent and nothing was kept." in said.out
    page = desk.folder / "rehearsal" / "daily" / "index.html"
    assert f"Preview: {page.relative_to(desk.folder)}" in said.out
    report = json.loads((page.parent / "report.json").read_text("utf-8"))
    assert len(report["issue"]["stories"]) >= 6
    assert any(story["also"] for story in report["issue"]["stories"])
    assert [one["lint"] for one in report["editions"]] == [[]]
    assert not (desk.folder / "digest.db").exists()
    assert (desk.folder / "secret.key").stat().st_mode & 0o777 == 0o600


def test_init_refuses_to_write_over_what_is_there(desk):
    desk.write("config.toml", "# mine\n")

    said = desk.run("init")

    assert said.code == 2
    assert desk.config == "# mine\n"


def test_a_second_rehearsal_writes_the_same_bytes(desk):
    desk.run("init")
    at = ("--at", "2026-11-24T06:00+00:00")

    desk.run("send", "--dry-run", *at, "--out", "one")
    desk.run("send", "--dry-run", *at, "--out", "two")

    one, two = (
        {p.name: p.read_bytes() for p in (desk.folder / name / "messages").iterdir()}
        for name in ("one", "two")
    )
    assert one == two
    assert len(one) == 1


def test_a_rehearsal_changes_not_one_byte_of_the_database(desk):
    desk.run("init")
    desk.run("gather")
    subscribed(desk, "ada@example.org", "grace@example.org")
    files = sorted(desk.folder.glob("digest.db*"))
    before = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    said = desk.run("send", "--dry-run")

    files = sorted(desk.folder.glob("digest.db*"))
    assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files} == before
    assert "Audience: 2" in said.out


def test_the_messages_are_what_a_mail_program_expects(desk):
    desk.run("init")
    subscribed(desk, *[f"reader{n}@example.org" for n in range(12)])

    desk.run("send", "--dry-run")

    found = messages(desk.folder / "rehearsal" / "daily")
    assert len(found) == 10
    assert len({one["Message-ID"] for one in found}) == 10
    first = found[0]
    assert [part.get_content_type() for part in first.iter_parts()] == ["text/plain", "text/html"]
    assert first["To"] == "Reader 0 <reader0@example.org>"
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first["List-Unsubscribe"].startswith("<https://quayside.example/unsubscribe/")
    assert "<mailto:unsubscribe@quayside.example" in first["List-Unsubscribe"]
    assert first["List-Id"] == "The Quayside <daily.quayside.example>"
    assert (first["Content-Language"], first["Precedence"]) == ("en", "bulk")
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Date"].datetime.tzinfo is not None
    assert [part.defects for part in first.walk()] == [[], [], []]
    raw = (desk.folder / "rehearsal" / "daily" / "messages").glob("*.eml")
    for path in raw:
        lines = path.read_bytes().split(b"\r\n")
        assert all(b"\n" not in line and b"\r" not in line and len(line) <= 998 for line in lines)
        assert not any(line.startswith(b".") for line in lines)


def test_the_json_of_a_rehearsal_is_its_report(desk):
    desk.run("init")

    said = desk.run("send", "--dry-run", "--json")

    path = desk.folder / "rehearsal" / "daily" / "report.json"
    assert said.json == json.loads(path.read_text("utf-8"))
    documented = (ROOT / "docs" / "report.md").read_text("utf-8")
    for key in _keys(said.json):
        assert f"`{key}" in documented, key


def _keys(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def test_every_sentence_of_a_summary_stands_in_the_kept_text_where_it_says(desk):
    desk.run("init")
    report = desk.run("send", "--dry-run", "--json").json
    story = report["issue"]["stories"][0]

    shown = desk.run("articles", "show", story["url"], "--text", "--from", "rehearsal/daily").out

    assert story["sentences"]
    for one in story["sentences"]:
        assert one["url"] == story["url"]
        assert shown[one["start"] : one["end"]] == one["text"]


def test_why_explains_what_is_in_and_what_is_out(desk):
    desk.run("init")
    report = desk.run("send", "--dry-run", "--json").json
    story, out = report["issue"]["stories"][0], report["left_out"][0]

    inside = desk.run("why", story["url"], "--from", "rehearsal/daily")
    outside = desk.run("why", *out["title"].split()[:3], "--from", "rehearsal/daily")
    nobody = desk.run("why", "xyzzy", "--from", "rehearsal/daily")

    assert inside.code == outside.code == 0
    assert "score" in inside.out
    assert "seen" in inside.out
    assert out["reason"] in outside.out
    assert nobody.code != 0
    assert "xyzzy" in nobody.err


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real page is kept beside the project")
def test_a_real_page_becomes_one_story_without_its_furniture(desk):
    desk.configure(str(SAMPLES))

    report = desk.run("send", "--dry-run", "--json", "--at", "2024-06-21T06:00+00:00").json

    (story,) = report["issue"]["stories"]
    assert story["title"] == "Putin, Kim meet at Russia’s space launch facility"
    assert (story["date_source"], story["date_exact"]) == ("masthead", False)
    out = desk.folder / "rehearsal" / "daily"
    shown = desk.run("articles", "show", story["url"], "--text", "--from", str(out)).out
    html, text = ((out / "editions" / f"en.{kind}").read_text("utf-8") for kind in ("html", "txt"))
    for line in FURNITURE:
        for where in (shown, story["summary"], html, text):
            assert line not in where


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real page is kept beside the project")
def test_a_real_page_of_long_ago_is_left_out_with_that_reason(desk):
    desk.configure(str(SAMPLES))

    said = desk.run("send", "--dry-run", "--json")

    assert said.code == 0
    assert said.json["issue"] is None
    assert "older than the window" in said.json["left_out"][0]["reason"]
    assert "the newest “Putin, Kim meet" in said.json["reason"]


def test_without_recent_articles_there_is_no_mail_and_the_reason(desk):
    desk.write("articles/old.md", f"---\ntitle: Old gates\ndate: 2020-01-02\n---\n{BODY}")
    desk.configure("articles/*.md")

    said = desk.run("send", "--dry-run")

    assert said.code == 0
    assert "No mail: no story to tell from what was seen until" in said.out
    assert "1 article is older, the newest “Old gates”, dated 2020-01-02" in said.out


def test_fewer_stories_than_the_least_make_no_issue(desk):
    desk.write("articles/new.md", f"---\ntitle: New gates\n---\n{BODY}")
    desk.configure("articles/*.md", newsletter="min_stories = 3")

    said = desk.run("send", "--dry-run")

    assert "No mail: 1 story to tell" in said.out
    assert "The Quayside needs at least 3" in said.out


def test_the_second_issue_begins_where_the_first_ended(desk):
    desk.write("articles/new.md", f"---\ntitle: New gates\n---\n{BODY}")
    desk.configure("articles/*.md")
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    desk.run("gather")

    later = desk.run("send", "--dry-run", "--no-collect", "--json", "--since", soon, "--at", soon)

    assert later.json["issue"] is None
    assert "1 article is older" in later.json["reason"]


def test_which_newsletter_is_asked_where_there_are_two(desk):
    desk.configure("sample:")
    desk.write(
        "config.toml",
        desk.config + '\n[newsletters.week]\ntitle = "Week"\nsender = "a@quayside.example"\n',
    )

    assert "name one of: daily, week" in desk.run("send", "--dry-run").err
    assert "'nope'" in desk.run("send", "nope", "--dry-run").err
    assert desk.run("send", "week", "--dry-run").code == 0


def test_a_folder_that_holds_other_things_is_not_cleared(desk):
    desk.run("init")
    desk.write("mine/letter.txt", "dear Ada")

    said = desk.run("send", "--dry-run", "--out", "mine")

    assert said.code == 2
    assert "letter.txt" in said.err
    assert (desk.folder / "mine" / "letter.txt").read_text() == "dear Ada"


def test_strict_lets_a_warning_stop_the_issue(desk):
    desk.write("articles/new.md", f"---\ntitle: Gates\n---\n{BODY}")
    desk.configure("articles/*.md", newsletter='subject = "Gates"')

    assert desk.run("send", "--dry-run").code == 0
    strict = desk.run("send", "--dry-run", "--strict")
    assert strict.code == 1
    assert "subject-length" in strict.err


def test_a_template_that_fails_is_named_with_its_line(desk):
    desk.run("init")
    desk.write("templates/issue/body.txt", "Hello\n{{ issue.naem }}\n")
    desk.write("config.toml", desk.config.replace("#templates =", "templates ="))

    said = desk.run("send", "--dry-run")

    assert said.code == 2
    assert "templates/issue/body.txt:2" in said.err
    assert "naem" in said.err


def test_a_subject_of_ones_own_is_what_the_rehearsal_shows(desk):
    desk.configure("sample:", newsletter="language = 'en'")
    desk.write("templates/issue/subject.txt", "No. {{ issue.number }} of {{ issue.name }}, today")
    desk.write("config.toml", f'{desk.config}\n[compose]\ntemplates = "templates"\n')

    said = desk.run("send", "--dry-run")

    assert "\nSubject    No. 1 of The Quayside, today\n" in said.out
    report = json.loads((desk.folder / "rehearsal/daily/report.json").read_text("utf-8"))
    assert report["issue"]["subject"] == "No. 1 of The Quayside, today"


def test_a_template_that_never_ends_is_stopped(desk):
    desk.run("init")
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    desk.write("templates/issue/body.txt", loop)
    config = desk.config.replace("#templates =", "templates =")
    desk.write(
        "config.toml", config.replace("#time_limit_seconds = 10.0", "time_limit_seconds = 1.0")
    )

    said = desk.run("send", "--dry-run")

    assert said.code == 2
    assert "compose.time_limit_seconds" in said.err


def test_the_program_runs_from_a_shell_and_helps_without_its_libraries(tmp_path):
    script = "import sys, digest.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )

    loaded = set(said.stdout.splitlines()[-1].split())
    assert "digest.cli" in loaded
    assert not loaded & {"sqlalchemy", "aiohttp", "lxml", "jinja2", "pydantic", "trafilatura"}


def test_ctrl_c_in_the_middle_of_a_gather_leaves_a_sound_database(desk, tmp_path):
    """A source that never answers, and SIGINT once it was asked."""
    import signal
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        desk.configure(f"http://127.0.0.1:{server.getsockname()[1]}/feed.xml", "sample:")
        child = subprocess.Popen(
            [sys.executable, "-m", "digest", "gather"],
            cwd=desk.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        server.settimeout(30)
        connection, _ = server.accept()
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
        connection.close()

    assert child.returncode == 130
    assert "Traceback" not in err
    assert desk.run("db", "info").code == 0
    assert desk.run("articles", "list").code == 0
