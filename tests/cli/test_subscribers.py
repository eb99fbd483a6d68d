"""The operator's side of the list, as commands on a real database."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import digest
from digest.cli.roster import Asked, imported
from digest.cli.rosterrow import Offer
from digest.errors import Misconfigured, Temporary
from digest.services.enrolment import Terms
from digest.storage.database import Store
from tests.builders import NOW, a_newsletter

ROOT = Path(__file__).parents[2]
CONFIG = """
[site]
name = "Quayside"
base_url = "https://quayside.example"
postal_address = "1 Ferry Steps"
[newsletters.daily]
title = "The Quayside"
sender = "The Quayside <digest@quayside.example>"
[[collect.sources]]
location = "sample:"
"""
PEOPLE = (
    "\ufeffName;E-Mail\r\nAda;ada@example.org\r\n=Grace;grace@example.org\r\n"
    "Ada again;ADA@example.org\r\nnobody;not an address\r\nEve;eve@example.org\r\n"
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "people.csv").write_text(PEOPLE, newline="")
    return tmp_path


def run(folder, *words):
    done = CliRunner().invoke(digest, ["--config", str(folder), "subscribers", *map(str, words)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert "Traceback" not in done.output
    return done.stdout


def take_in(folder, *words, file="people.csv"):
    return json.loads(run(folder, "import", folder / file, "--json", *words))


def stats(folder):
    found = json.loads(run(folder, "stats", "--json"))
    return {(one["status"], one["standing"]): one["people"] for one in found}


def test_a_dry_run_says_what_would_happen_and_writes_no_database(folder):
    run(folder, "suppress", "eve@example.org")
    before = (folder / "digest.db").read_bytes()

    found = take_in(folder, "--dry-run")

    assert found == {
        "new": 2,
        "known": 1,
        "suppressed": 1,
        "withdrawn": 0,
        "gone": 0,
        "elsewhere": 0,
        "malformed": 1,
        "cp1252": 0,
        "unread": 0,
        "ignored": [],
        "imported": False,
    }
    assert (folder / "digest.db").read_bytes() == before
    assert (folder / "people.csv.rejects.csv").read_text().splitlines() == [
        "line,reason",
        '5,"An address has a name, an @ and a domain, such as ada@example.org."',
    ]


def test_the_import_does_what_the_dry_run_said_and_twice_is_once(folder):
    foreseen = take_in(folder, "--dry-run")

    done = take_in(folder, "--yes")

    assert done == {**foreseen, "imported": True}
    assert take_in(folder, "--dry-run")["known"] == 4
    assert stats(folder) == {("pending", "ok"): 3}


def test_who_comes_as_left_and_whose_row_is_of_another_newsletter_is_said(folder):
    (folder / "people.csv").write_text(
        "email,newsletter,status\nada@example.org,daily,active\ngrace@example.org,daily,left\n"
        "eve@example.org,daily,bounced\nida@example.org,weekly,active\n"
    )
    words = ("import", folder / "people.csv", "--already-confirmed")

    foreseen = run(folder, *words, "--dry-run")
    done = run(folder, *words, "--yes")

    said = (
        "3, 2 of them as left, bounced or complained; known already 0, suppressed 0, "
        "of another newsletter 1, malformed 0.\n"
        "No column says when they confirmed: who becomes active is noted as confirmed on the day "
        "of the import; name such a column with --map confirmed_at=COLUMN.\n"
        f"The rows left out, by line: {folder / 'people.csv.rejects.csv'}\n"
    )
    assert (foreseen, done) == (f"Would add {said}", f"Added {said}")
    run(folder, "suppress", "eve@example.org")  # now there is a database to be asked
    again = take_in(folder, "--dry-run", "--already-confirmed")
    assert (again["new"], again["known"], again["gone"]) == (0, 2, 0)
    assert (folder / "people.csv.rejects.csv").read_text().splitlines() == [
        "line,reason",
        "5,The row is of another newsletter.",
    ]


async def test_an_import_that_the_database_cuts_short_says_what_is_kept_and_goes_on(folder):
    asked = Asked(
        file=folder / "people.csv",
        offer=Offer(a_newsletter()),
        mapping={"address": "E-Mail"},
        program=None,
        rejects=folder / "rejects.csv",
        quiet=True,
    )
    terms = Terms(
        newsletter="daily",
        cadence="daily",
        language="en",
        timezone="UTC",
        vouched=True,
        ring=(b"k" * 32,),
    )
    store = await Store.open(f"sqlite:///{folder / 'digest.db'}", patience=0)
    other = sqlite3.connect(folder / "digest.db", isolation_level=None)

    other.execute("begin immediate")
    with pytest.raises(Temporary, match="stays added; import the file again, and it goes on"):
        await imported(store, asked, terms, clock=lambda: NOW)
    other.close()
    found = await imported(store, asked, terms, clock=lambda: NOW)
    await store.close()

    assert found.counts.new == 3


def test_what_can_be_read_only_once_is_not_imported_as_nothing(folder):
    words = ["import", "/dev/stdin", "--yes"]

    done = subprocess.run(
        [sys.executable, "-m", "digest", "--config", str(folder), "subscribers", *words],
        input=PEOPLE.encode(),
        capture_output=True,
        check=False,
        cwd=ROOT,
    )

    assert done.returncode != 0
    assert b"/dev/stdin is no file, and an import reads it twice; save it" in done.stderr


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04\x14\x00\x06\x00 a spreadsheet",
        "Email\tName\r\nada@example.org\tAda\r\n".encode("utf-16-le"),
        "Email\tName\r\nada@example.org\tAda\r\n".encode("utf-32"),
    ],
)
def test_a_file_that_is_no_text_is_told_so(folder, data):
    (folder / "people.csv").write_bytes(data)

    with pytest.raises(Misconfigured, match=r"is no CSV file .*; save it as CSV in UTF-8"):
        run(folder, "import", folder / "people.csv", "--yes")


def test_lines_that_had_to_be_guessed_are_counted_and_the_first_are_named(folder):
    some = "".join(f"m\u00fcller{n}@example.org\n" for n in range(7)).encode("mac_roman")
    (folder / "people.csv").write_bytes("email\nfür@example.org\n".encode() + some)

    assert take_in(folder, "--dry-run")["cp1252"] == 7
    assert (
        "Lines that are no UTF-8, read as cp1252: 7; look whether every letter is right on line "
        "3, 4, 5, 6, 7 and more, or save the file as UTF-8.\n"
        in run(folder, "import", folder / "people.csv", "--dry-run")
    )


def test_columns_that_are_not_imported_are_named(folder):
    (folder / "people.csv").write_text(
        "email,Opt-in,Bestätigt am,Anrede\nada@example.org,2024-01-01,02.01.2024,Frau\n"
    )
    words = ("import", folder / "people.csv", "--already-confirmed")

    told = run(folder, *words, "--dry-run")
    mapped = run(folder, *words, "--dry-run", "--map", "confirmed_at=Opt-in")
    asked = take_in(folder, "--dry-run")

    assert told == (
        "Would add 1; known already 0, suppressed 0, malformed 0.\n"
        "Columns not imported: Opt-in, Anrede; to import one, say what it is, as in "
        "--map joined_at=COLUMN.\n"
    )
    assert "Columns not imported: Bestätigt am, Anrede; to import" in mapped
    assert asked["ignored"] == ["Opt-in", "Anrede"]


def test_another_programs_export_that_is_read_without_its_name_is_told(folder):
    (folder / "people.csv").write_text("email,Email_disabled\nada@example.org,true\n")

    told = run(folder, "import", folder / "people.csv", "--dry-run")

    assert "It looks like an export of Substack: --from substack reads it, and who left" in told


def test_dates_that_may_be_one_of_two_are_told_before_anything_is_written(folder):
    (folder / "people.csv").write_text(
        "email,created at\nada@example.org,2/1/2024\neve@example.org,2/3/2024\n"
    )

    with pytest.raises(Misconfigured, match=r"Line 2, joined_at \(column 'created at'\): 2/1/2024"):
        run(folder, "import", folder / "people.csv", "--yes")

    assert not list(folder.glob("*.rejects.csv"))
    assert run(folder, "stats") == "Nobody yet.\n"


def test_the_dates_of_a_consent_come_as_a_spreadsheet_writes_them(folder):
    (folder / "people.csv").write_text(
        "E-Mail;Angemeldet am;Bestätigt am\nada@example.org;01.02.2024;2.2.2024 14:05\n",
        encoding="utf-16",
    )

    take_in(folder, "--yes", "--already-confirmed")

    [ada] = json.loads(run(folder, "list", "--json"))
    assert (ada["joined_at"], ada["confirmed_at"]) == (
        "2024-02-01T00:00:00+00:00",
        "2024-02-02T14:05:00+00:00",
    )


@pytest.mark.parametrize("name", ["people.csv", "config.toml"])
def test_no_other_file_is_written_over_with_rejects(folder, name):
    before = (folder / name).read_bytes()

    with pytest.raises(Misconfigured, match=f"{name} is there and no list of rejects; name ano"):
        run(folder, "import", folder / "people.csv", "--dry-run", "--rejects", folder / name)

    assert (folder / name).read_bytes() == before


def test_the_rejects_of_an_earlier_import_do_not_stay_for_this_ones(folder):
    take_in(folder, "--dry-run")
    rejects = folder / "people.csv.rejects.csv"
    assert rejects.exists()

    (folder / "people.csv").write_text(PEOPLE.replace("not an address", "ida@example.org"))
    take_in(folder, "--dry-run")

    assert not rejects.exists()


def test_an_import_that_is_stopped_by_hand_says_what_is_kept_and_goes_on(folder):
    rows = "".join(f"p{n}@example.org\n" for n in range(60_000))
    (folder / "people.csv").write_text(f"email\n{rows}")
    run(folder, "suppress", "eve@example.org")  # makes the database
    words = ["import", folder / "people.csv", "--yes"]
    database = sqlite3.connect(folder / "digest.db", timeout=30)

    with subprocess.Popen(
        [sys.executable, "-m", "digest", "--config", folder, "subscribers", *words],
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as started:
        while started.poll() is None:
            if database.execute("select count(*) from subscribers").fetchone() != (0,):
                started.send_signal(signal.SIGINT)
                break
        _, told = started.communicate()

    assert b"Cut short: whom it added before stays added; import the file again" in told
    assert started.returncode == 130
    assert 0 < take_in(folder, "--yes")["known"] < 60_000


def test_a_row_cannot_ask_for_a_cadence_that_is_not_offered(folder):
    config = folder / "config.toml"
    config.write_text(CONFIG.replace("[[collect", 'offers = ["weekly"]\n[[collect'))
    (folder / "people.csv").write_text(
        "email,cadence\nada@example.org,weekly\ngrace@example.org,weekdays\neve@example.org,\n"
    )

    found = take_in(folder, "--yes", "--already-confirmed")

    assert (found["new"], found["malformed"]) == (2, 1)
    assert (folder / "people.csv.rejects.csv").read_text().splitlines() == [
        "line,reason",
        '3,"The cadence is none of daily, weekly."',
    ]
    listed = json.loads(run(folder, "list", "--json"))
    assert {one["address"]: one["cadence"] for one in listed} == {
        "ada@example.org": "weekly",
        "eve@example.org": "daily",
    }


def test_the_topics_of_a_list_in_json_are_a_list(folder):
    (folder / "people.csv").write_text(
        "email,topics\nada@example.org,harbour|town\neve@example.org,\n"
    )
    take_in(folder, "--yes", "--already-confirmed")

    listed = json.loads(run(folder, "list", "--json"))

    found = {one["address"]: sorted(one["topics"]) for one in listed}
    assert found == {"ada@example.org": ["harbour", "town"], "eve@example.org": []}


def test_the_topics_of_a_row_are_sections_however_they_are_written(folder):
    sections = """
[[newsletters.daily.sections]]
topic = "harbour"
title = "At the harbour"
[[newsletters.daily.sections]]
topic = "food, drink"
title = "Table"
"""
    (folder / "config.toml").write_text(CONFIG.replace("[[collect", f"{sections}[[collect"))
    (folder / "people.csv").write_text(
        'email,topics\nada@example.org,"Table; HARBOUR"\ngrace@example.org,at the harbour\n'
        'eve@example.org,"food, drink"\nida@example.org,harbour|sport\nuta@example.org,\n'
    )

    take_in(folder, "--yes", "--already-confirmed")

    assert {one["address"]: one["topics"] for one in json.loads(run(folder, "list", "--json"))} == {
        "ada@example.org": ["food, drink", "harbour"],
        "grace@example.org": ["harbour"],
        "eve@example.org": ["food, drink"],
        "uta@example.org": [],
    }
    assert (folder / "people.csv.rejects.csv").read_text().splitlines()[1:] == [
        '5,"The topics are not all sections; write them like harbour|food, drink."'
    ]


@pytest.mark.parametrize("wrong", ["cadence,hourly", "language,german", "timezone,CET/Somewhere"])
def test_who_left_has_left_whatever_else_the_row_says(folder, wrong):
    column, _, word = wrong.partition(",")
    (folder / "people.csv").write_text("email\nada@example.org\n")
    take_in(folder, "--yes", "--already-confirmed")
    (folder / "people.csv").write_text(
        f"email,status,{column}\nada@example.org,left,{word}\neve@example.org,bounced,{word}\n"
    )

    found = take_in(folder, "--yes", "--already-confirmed")

    assert (found["malformed"], found["withdrawn"], found["gone"]) == (0, 1, 1)
    assert stats(folder)[("left", "ok")] == 1


def test_who_left_has_left_though_a_date_of_the_row_cannot_be_read(folder):
    (folder / "people.csv").write_text("email\nada@example.org\ngrace@example.org\n")
    take_in(folder, "--yes", "--already-confirmed")
    (folder / "people.csv").write_text(
        "email,status,left_at\neve@example.org,left,2024-01-15\n"
        "ada@example.org,unsubscribed,31.2.2024\ngrace@example.org,active,31.2.2024\n"
    )

    looked = run(folder, "import", folder / "people.csv", "--dry-run")
    found = take_in(folder, "--yes", "--already-confirmed")

    assert (
        "Who left, bounced or complained, taken as such without a cell that cannot be read: 1; "
        "line 3 (left_at is no moment; write it like 2026-11-24 or 2026-11-24T06:30+01:00).\n"
    ) in looked
    assert (found["unread"], found["malformed"], found["withdrawn"]) == (1, 1, 1)
    assert stats(folder) == {("active", "ok"): 1, ("left", "ok"): 2}


def test_a_row_cannot_bring_a_zone_or_a_language_that_is_none(folder):
    (folder / "people.csv").write_text(
        "email,timezone,language\n"
        "ada@example.org,Europe/Berlin,de-AT\n"
        "grace@example.org,Central European Time,\n"
        "edsger@example.org,UTC+2,\n"
        "eve@example.org,,german\n"
        "ida@example.org,,xx\n"
        "uta@example.org,,\n"
    )

    found = take_in(folder, "--yes", "--already-confirmed")

    assert (found["new"], found["malformed"]) == (2, 4)
    assert (folder / "people.csv.rejects.csv").read_text().splitlines() == [
        "line,reason",
        '3,"The time zone is ""Central European Time"", which is no time zone; '
        'write one such as ""Europe/London""."',
        '4,"The time zone is ""UTC+2"", which is no time zone; '
        'write a place, such as ""Europe/Berlin""."',
        '5,"The language is ""german"", which is no ISO 639-1 language; '
        'write two letters, such as ""en"" or ""fr""."',
        '6,"The language is ""xx"", which is no ISO 639-1 language; '
        'write two letters, such as ""en"" or ""fr""."',
    ]
    assert "de, Europe/Berlin" in run(folder, "show", "ada@example.org")


def test_who_is_not_added_hears_which_reason_and_which_cure(folder):
    ada, undo = "ada@example.org", "`digest subscribers suppress ada@example.org --undo`"
    run(folder, "add", ada, "--already-confirmed")
    assert run(folder, "add", ada) == "Not added: they subscribe to daily already (active).\n"

    run(folder, "remove", ada)
    vouched = run(folder, "add", ada, "--already-confirmed")
    assert vouched.startswith("Not added: they left daily on 20")
    assert vouched.endswith("without --already-confirmed they are asked.\n")

    run(folder, "suppress", ada)
    kept_out = "Not added: the address is kept out, since {}; where its owner wants our mail, {}"
    assert run(folder, "add", ada).startswith(kept_out.format("you suppressed it", undo))
    run(folder, "suppress", ada, "--undo")
    assert "is owed" in run(folder, "add", ada)
    assert "asked to confirm daily already" in run(folder, "add", ada)

    run(folder, "erase", ada, "--yes")
    assert run(folder, "add", ada).startswith(kept_out.format("its owner was erased", undo))


def test_what_a_suppression_took_somebody_off_is_said_when_it_is_lifted_and_in_their_history(
    folder,
):
    run(folder, "add", "ada@example.org", "--already-confirmed")
    run(folder, "suppress", "ada@example.org")

    said = run(folder, "suppress", "ada@example.org", "--undo")
    shown = run(folder, "show", "ada@example.org")

    assert said == (
        "May be written to again. They are off daily until they join and confirm: "
        "`digest subscribers add ada@example.org` asks them.\n"
    )
    assert re.search(r"daily: left on \d{4}-\d\d-\d\d by operator, daily", shown)
    assert "all: complain by operator, ok → complained, off every newsletter" in shown
    run(folder, "suppress", "eve@example.org")
    assert run(folder, "suppress", "eve@example.org", "--undo") == "May be written to again.\n"


def test_a_name_is_kept_in_one_line_and_is_text(folder):
    name = "Ada\r\nBcc: x@y.example" + "a" * 300
    run(folder, "add", "ada@example.org", "--name", name)
    told = run(folder, "add", "jo@example.org", "--name", "J\udcf6rg")

    found = json.loads(run(folder, "show", "ada@example.org", "--json"))
    assert found["person"]["name"] == name.replace("\r\n", " ")[:200]
    assert told == ""
    assert run(folder, "list", "--json").count("@example.org") == 1


def test_nobody_is_added_at_a_cadence_that_is_not_offered(folder):
    with pytest.raises(Misconfigured, match=r"--cadence weekly.*is not offered by daily.*offers"):
        run(folder, "add", "ada@example.org", "--cadence", "weekly")

    assert "Nobody" in run(folder, "list")


def test_without_yes_nothing_is_imported_unasked(folder):
    with pytest.raises(Exception, match="nobody is there to answer; say --yes"):
        run(folder, "import", folder / "people.csv")

    assert not (folder / "digest.db").exists()


def test_that_consent_was_given_elsewhere_must_be_said_and_is_logged(folder):
    take_in(folder, "--yes", "--already-confirmed")

    shown = run(folder, "show", "ada@example.org")
    assert stats(folder) == {("active", "ok"): 3}
    assert "vouched by import, nothing → active at digest subscribers import --already" in shown


def test_an_export_imports_again_into_the_same_list(folder, tmp_path):
    take_in(folder, "--yes", "--already-confirmed")
    run(folder, "remove", "grace@example.org")
    exported = run(folder, "export")
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.toml").write_text(CONFIG)
    (other / "people.csv").write_text(exported, newline="")

    take_in(other, "--yes", "--already-confirmed")

    assert "'=Grace" in exported
    assert stats(other) == stats(folder) == {("active", "ok"): 2, ("left", "ok"): 1}
    assert sorted(run(other, "export").splitlines()) == sorted(exported.splitlines())


def test_who_never_confirmed_and_bounced_is_no_reader_where_an_export_is_imported(folder, tmp_path):
    take_in(folder, "--yes", "--already-confirmed")
    with sqlite3.connect(folder / "digest.db") as db:  # as pruning leaves who bounced and waited
        ada = "(select id from subscribers where address_key = 'ada@example.org')"
        db.execute(f"update subscribers set standing = 'bounced' where id = {ada}")
        db.execute(f"delete from subscriptions where subscriber = {ada}")
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.toml").write_text(CONFIG)
    (other / "people.csv").write_text(run(folder, "export"), newline="")

    take_in(other, "--yes", "--already-confirmed")

    assert stats(other) == {("active", "ok"): 2, ("left", "bounced"): 1}


def test_who_left_is_not_imported_back(folder):
    take_in(folder, "--yes", "--already-confirmed")
    run(folder, "remove", "ada@example.org")

    assert take_in(folder, "--yes", "--already-confirmed")["new"] == 0
    assert stats(folder)["left", "ok"] == 1


def test_a_reader_is_taken_off_a_newsletter_that_left_the_configuration(folder):
    take_in(folder, "--yes", "--already-confirmed")
    (folder / "config.toml").write_text(
        CONFIG.replace("[newsletters.daily]", "[newsletters.other]")
    )

    said = run(folder, "remove", "ada@example.org", "--newsletter", "daily")

    assert said == "Taken off daily.\n"
    assert stats(folder)["left", "ok"] == 1
    with pytest.raises(Misconfigured, match="'dayly' is not in the configuration"):
        run(folder, "remove", "eve@example.org", "--newsletter", "dayly")


def test_the_erased_are_not_imported_back(folder):
    take_in(folder, "--yes")
    run(folder, "erase", "ada@example.org", "--yes")

    assert take_in(folder, "--dry-run")["suppressed"] == 1
    assert "ada@" not in run(folder, "list")


def test_one_person_is_added_and_owed_a_letter(folder):
    said = run(folder, "add", "ada@example.org", "--name", "Ada")

    assert said == "Added to daily. A letter that asks for a confirmation is owed.\n"
    assert "letter confirm: queued" in run(folder, "show", "ada@example.org")


def test_a_list_goes_on_where_the_page_before_ended(folder):
    take_in(folder, "--yes")

    first = json.loads(run(folder, "list", "--json", "--limit", 2))
    rest = json.loads(run(folder, "list", "--json", "--after", first[-1]["id"]))

    assert sorted(one["address"] for one in first + rest) == [
        "ada@example.org", "eve@example.org", "grace@example.org",
    ]  # fmt: skip


def test_a_rehearsal_counts_the_real_audience(folder):
    take_in(folder, "--yes", "--already-confirmed")
    run(folder, "remove", "eve@example.org")

    done = subprocess.run(
        [sys.executable, "-m", "digest", "--config", str(folder), "send", "--dry-run", "--json"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )

    editions = json.loads(done.stdout)["editions"]
    assert [edition["recipients"] for edition in editions] == [2]


def test_an_export_of_another_program_brings_consent_and_who_left(folder):
    export = ROOT / "tests" / "subscribers" / "exports" / "listmonk.csv"
    words = ("--from", "listmonk", "--already-confirmed", "--yes")

    told = take_in(folder, *words, "--rejects", folder / "rejects.csv", file=export)

    assert (told["new"], told["malformed"], told["imported"]) == (4, 1, True)
    assert stats(folder) == {("active", "ok"): 2, ("left", "ok"): 1, ("left", "complained"): 1}
    [ada] = [line for line in run(folder, "export").splitlines() if line.startswith("ada@")]
    assert "2024-03-01T10:15:30+00:00" in ada


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "ghost"), "people.csv cannot be imported: It is no export of Ghost: no column"),
        (("--from", "ghost", "--map", "name=Name"), "--map is not read with --from ghost"),
    ],
)
def test_a_file_of_another_program_than_said_is_refused(folder, words, told):
    with pytest.raises(Misconfigured, match=told):
        run(folder, "import", folder / "people.csv", *words, "--yes")


def test_a_file_of_those_who_left_says_from_whom_it_takes_consent_away(folder):
    header = "Email Address,First Name,Last Name,OPTIN_TIME"
    joined = "2024-01-01 00:00:00"
    (folder / "on.csv").write_text(f"{header}\nada@example.org,,,{joined}\n")
    (folder / "off.csv").write_text(
        f"{header},UNSUB_TIME\nada@example.org,,,{joined},2025-01-01 00:00:00\n"
    )
    words = ("--from", "mailchimp", "--already-confirmed")
    run(folder, "import", folder / "on.csv", *words, "--yes")

    would = run(folder, "import", folder / "off.csv", *words, "--dry-run")
    did = run(folder, "import", folder / "off.csv", *words, "--yes")

    assert "Would take consent away from 1 who is known here" in would
    assert "Took consent away from 1 who is known here" in did
    assert stats(folder) == {("left", "ok"): 1}
