"""``digest status`` before anything happened, and after."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from digest import cli
from digest.cli import stores
from digest.clock import clock_at
from digest.model import SourceId, Visit
from digest.storage import agenda, alerts, issues, leases, reviews, sources
from digest.storage.agenda import Miss
from tests.builders import NOW, an_issue
from tests.journeys.conftest import desk

__all__ = ["desk"]

CLOCK = clock_at(None)


def test_before_anything_happened_it_tells_what_comes_next(desk):
    desk.configure("sample:", newsletter='offers = ["weekly"]')

    said = desk.run("status")

    assert said.code == 0
    assert "daily, daily" in said.out
    assert "daily, weekly" in said.out
    assert "there is no database" in said.out
    assert not (desk.folder / "digest.db").exists()


def test_an_issue_that_was_sent_before_its_hour_is_not_the_next_one(desk):
    desk.configure("sample:", newsletter='hour = "23:59"')
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    desk.run("send", "--yes")

    told = desk.run("status", "--json").json

    made, following = told["last"][0]["period"], told["next"][0]
    assert following["cadence"] == "daily"
    assert following["due"][:10] > made


def test_after_an_issue_it_tells_what_became_of_it_and_what_waits(desk):
    desk.configure("sample:")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    desk.run("send", "--yes")

    said, told = desk.run("status"), json.loads(desk.run("status", "--json").out)

    assert "released: 1 sent" in said.out
    assert "0 messages wait" in said.out
    assert [one["deliveries"] for one in told["last"]] == [{"sent": 1}]
    assert told["waiting"]["messages"] == 0
    assert told["leader"] == ""
    assert "ada@example.org" not in said.out


def test_why_there_is_no_issue_stands_in_status_and_list_and_goes_once_there_is_one(desk):
    desk.configure("sample:")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    today = CLOCK().date().isoformat()
    for number, period in enumerate((today, "2026-01-05")):
        miss(desk, period=period, due=CLOCK() - timedelta(days=number), reason="too few stories")
    failing(desk, reason="it could not be made: no such theme")

    said, listed = desk.run("status").out, desk.run("issues", "list")

    assert f"  daily {today}: too few stories\n" in said
    assert "it could not be made: no such theme; it is tried again at 06:35 UTC\n" in said
    assert "    -  daily 2026-01-05  no issue: too few stories\n" in listed.out
    told = desk.run("issues", "list", "--json").json
    assert [(one["id"], one["state"], one["kind"]) for one in told] == [
        (None, "none", "quiet")
    ] * 2 + [(None, "none", "failed")]

    desk.run("send", "--yes")
    assert f"daily {today}: too few stories" not in desk.run("status").out
    lines = desk.run("issues", "list").out.splitlines()
    assert ["released" in line for line in lines if today in line] == [True]


def test_an_issue_that_waits_and_one_that_was_held_say_so(desk):
    desk.configure("sample:", newsletter='approval = "required"')
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    issue = a_draft(desk)

    assert (
        f"{issue}  daily 2026-11-24  draft (it waits for approval): "
        in desk.run("issues", "list").out
    )
    waits = f"  Issue {issue}, daily 2026-11-24, waits for your approval: "
    said = desk.run("status").out
    assert f"{waits}`digest issues approve {issue}` sends it, " in said
    assert "none yet" not in said
    assert desk.run("status", "--json").json["for_approval"][0]["issue"] == issue
    desk.run("issues", "hold", issue)

    assert "waits for your approval" not in desk.run("status").out
    assert "discarded (the editor kept it back): " in desk.run("issues", "list").out
    assert "\n  the editor kept it back\n" in desk.run("issues", "show", issue).out
    assert desk.run("issues", "show", issue, "--json").json["reason"] == "the editor kept it back"
    assert "daily 2026-11-24: the editor kept it back" in desk.run("status").out


def test_an_issue_whose_newsletter_is_gone_is_not_promised_to_go(desk):
    desk.configure("sample:", newsletter='approval = "required"')
    issue = a_draft(desk)
    config = desk.folder / "config.toml"
    config.write_text(config.read_text().replace("[newsletters.daily]", "[newsletters.new]"))

    said = [
        desk.run("issues", *one) for one in (["approve", issue], ["correct", issue, "--note", "x"])
    ]

    gone = "newsletter 'daily' is not in the configuration any more, and its issue "
    assert [(one.code, one.out, gone in one.err) for one in said] == [(2, "", True)] * 2
    assert f"put it back first, or end the issue with `digest issues hold {issue}`" in said[0].err
    told = desk.run("status").out
    assert "put that back by its name, or `digest issues hold 1` ends it" in told
    assert "issues approve" not in told
    assert desk.run("issues", "hold", issue).code == 0


def test_what_comes_next_is_in_order_of_time_and_somebody_takes_it(desk):
    desk.configure("sample:", newsletter='offers = ["weekly", "weekdays"]\nhour = "06:30"')
    weekly = '[newsletters.week]\ntitle = "Week"\nsender = "a@b.example"\ncadence = "monthly"\n'
    desk.write("config.toml", weekly + desk.config)
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed", "--newsletter",
             "daily", "--cadence", "weekly")  # fmt: skip

    lines = desk.run("status").out.partition("Last issues")[0].splitlines()[1:]
    told = desk.run("status", "--json").json["next"]

    assert sorted(line.partition("  ")[2].partition("  ")[2] for line in lines) == [
        "daily, daily, which nobody takes yet",
        "daily, weekly",
        "week, monthly, which nobody takes yet",
    ]
    assert [one["due"] for one in told] == sorted(one["due"] for one in told)
    assert len(told) == 3


def test_who_is_left_behind_by_a_newsletter_that_was_renamed_is_said_with_what_waits(desk):
    desk.configure("sample:")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    desk.run("send", "--yes")
    in_store(desk, lambda tx: tx.execute(text("update deliveries set state = 'queued'")))
    desk.write("config.toml", desk.config.replace("newsletters.daily", "newsletters.morning"))

    said, told = desk.run("status").out, desk.run("status", "--json").json

    assert "daily: 1 subscriber gets nothing; put it back by that name" in said
    assert "is on its way: put it back, or end the issue with `digest issues cancel 1`" in said
    assert told["not_configured"] == {"daily": 1}


def test_a_letter_that_waits_and_a_source_in_trouble_are_said_with_cure_and_once(desk):
    desk.configure(Herald="https://herald.example/feed.xml")
    url = SourceId("https://herald.example/feed.xml")
    visit = Visit(source=url, error=f"{url} answered 500", failures=1)
    desk.run("subscribers", "add", "ada@example.org")
    in_store(desk, lambda tx: sources.remember(tx, visit))

    said = desk.run("status").out

    assert "; `digest letters send` or `digest run` sends what is due\n" in said
    assert f"  Herald: {url} answered 500 (once)\n" in said
    desk.configure(url)
    in_store(desk, lambda tx: sources.remember(tx, replace(visit, failures=3)))
    assert f"  {url} answered 500 (3 times)\n" in desk.run("status").out


def test_an_alert_stands_until_it_is_over(desk):
    desk.configure("sample:")
    in_store(desk, lambda tx: alerts.remember(tx, {"disk": "3 MB are free on the disk"}, (), NOW))

    said = desk.run("status")
    assert "  3 MB are free on the disk, since 2026-11-24 06:30 UTC\n" in said.out
    assert desk.run("status", "--json").json["alerts"][0]["says"] == "3 MB are free on the disk"

    in_store(desk, lambda tx: alerts.remember(tx, {}, ("disk",), NOW))
    assert "Alerts" not in desk.run("status").out


def test_it_tells_whether_somebody_keeps_the_clock_or_did(desk):
    desk.configure("sample:")
    none = "nobody keeps the clock: no issue is made until `digest run` is started\n"
    beat(desk, CLOCK())
    assert "; the clock is kept by process 42 on quay\n" in desk.run("status").out
    assert desk.run("status", "--json").json["clock_is_kept"] is True

    killed = CLOCK() - timedelta(seconds=15)
    beat(desk, killed)
    assert (
        f"nobody keeps the clock: process 42 on quay did, last at {killed:%Y-%m-%d %H:%M:%S} UTC, "
        "and is silent; start `digest run`\n" in desk.run("status").out
    )
    assert desk.run("status", "--json").json["clock_is_kept"] is False

    in_store(desk, lambda tx: leases.give_back(tx, leases.CLOCK, "quay:42:a"))
    assert none in desk.run("status").out


def beat(desk, at):
    def taken(tx):
        was = leases.seen(tx, leases.CLOCK)
        assert leases.take(tx, leases.CLOCK, was, "quay:42:a", at)

    in_store(desk, taken)


def in_store(desk, change):
    return stores.written(
        f"sqlite:///{desk.folder / 'digest.db'}", lambda store: store.write(change)
    )


def miss(desk, **given):
    row = {"newsletter": "daily", "cadence": "daily", "at": CLOCK(), "kind": "quiet", **given}
    in_store(desk, lambda tx: agenda.miss(tx, [Miss(**row)]))


def failing(desk, reason):
    at = datetime(2025, 11, 24, 6, 30, tzinfo=UTC)
    miss(
        desk, period="2025-11-24", due=at, reason=reason, kind="failed", again=at.replace(minute=35)
    )


def a_draft(desk):
    def frozen(tx):
        issue = issues.freeze(tx, an_issue(), (), state="draft", at=NOW)
        reviews.add(tx, issue, NOW, None)
        return issue

    return in_store(desk, frozen)


def test_who_looks_waits_for_no_library_that_only_the_clock_needs():
    asked = "import sys, digest.cli.status; print(*{'aiohttp', 'apscheduler'} & sys.modules.keys())"

    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert said.stdout == "\n"


def test_nothing_is_collected_while_a_command_is_imported(desk, monkeypatch):
    imported, looked = cli.importlib.import_module, []

    def watched(name):
        looked.append(gc.isenabled())
        return imported(name)

    monkeypatch.setattr(cli.importlib, "import_module", watched)

    assert desk.run("status", "--help").code == 0
    assert looked == [False]
    assert gc.isenabled()
