from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import lines, roster
from subscribers.exports import PROGRAMS, NotTheirs, translated
from subscribers.lines import Malformed
from subscribers.model import Status

HERE = Path(__file__).parent / "exports"


def read(name, program=None):
    """Each row as its cells under our own headings; what is left out as its line and reason."""
    split = lines.split([(HERE / name).read_bytes()])
    found = []
    heads = None
    for record in lines.records(translated(split, program or name.split("_")[0].split(".")[0])):
        if isinstance(record, Malformed):
            found.append((record.line, record.reason))
        elif heads is None:
            heads = record.cells
        else:
            pairs = zip(heads, record.cells, strict=True)
            found.append({name: cell for name, cell in pairs if cell})
    return found


def test_listmonk():
    assert read("listmonk.csv") == [
        {
            "address": "ada@example.org",
            "name": "Ada Lovelace",
            "status": "active",
            "joined_at": "2024-03-01T10:15:30+00:00",
            "confirmed_at": "2024-03-01T10:15:30+00:00",
        },
        {
            "address": "grace@example.org",
            "name": 'Grace "Amazing" Hopper',
            "status": "active",
            "joined_at": "2024-03-31T20:00:00+00:00",
            "confirmed_at": "2024-03-31T20:00:00+00:00",
        },
        {
            "address": "edsger@example.org",
            "name": "Edsger",
            "standing": "ok",
            "status": "left",
            "joined_at": "2023-01-01T00:00:00+00:00",
            "left_at": "2023-05-05T12:00:00+00:00",
        },
        {
            "address": "mallory@example.org",
            "name": "Mallory",
            "standing": "complained",
            "status": "left",
            "joined_at": "2023-01-01T00:00:00+00:00",
            "left_at": "2023-06-06T12:00:00+00:00",
        },
        {
            "address": "not an address",
            "name": "Nobody",
            "status": "active",
            "joined_at": "2023-01-01T00:00:00+00:00",
            "confirmed_at": "2023-01-01T00:00:00+00:00",
        },
    ]


def test_mailchimp_subscribed():
    assert read("mailchimp_subscribed.csv") == [
        {
            "address": "ada@example.org",
            "name": "Ada Lovelace",
            "timezone": "Europe/London",
            "status": "active",
            "joined_at": "2023-05-01T08:00:00+00:00",
            "confirmed_at": "2023-05-01T08:02:11+00:00",
        },
        {
            "address": "grace@example.org",
            "name": "Grace",
            "status": "active",
            "joined_at": "2023-06-01T09:00:00+00:00",
            "confirmed_at": "2023-06-01T09:00:00+00:00",
        },
        (4, "Mailchimp has this contact without a subscription."),
    ]


def test_mailchimp_unsubscribed_and_cleaned():
    assert read("mailchimp_unsubscribed.csv") == [
        {
            "address": "edsger@example.org",
            "name": "Edsger Dijkstra",
            "timezone": "Europe/Amsterdam",
            "standing": "ok",
            "status": "left",
            "joined_at": "2022-01-01T00:00:00+00:00",
            "left_at": "2023-09-09T10:00:00+00:00",
        },
        {
            "address": "mallory@example.org",
            "name": "Mallory",
            "standing": "complained",
            "status": "left",
            "joined_at": "2022-02-01T00:00:00+00:00",
            "left_at": "2023-10-10T10:00:00+00:00",
        },
    ]
    assert read("mailchimp_cleaned.csv") == [
        {
            "address": "gone@example.org",
            "name": "Gone",
            "standing": "bounced",
            "status": "left",
            "joined_at": "2021-01-01T00:00:00+00:00",
            "left_at": "2023-03-03T03:03:03+00:00",
        }
    ]


def test_ghost():
    assert read("ghost.csv") == [
        {
            "address": "ada@example.org",
            "name": "Ada Lovelace",
            "status": "active",
            "joined_at": "2023-07-02T10:00:00+00:00",
            "confirmed_at": "2023-07-02T10:00:00+00:00",
        },
        {
            "address": "grace@example.org",
            "name": "Hopper, Grace",
            "standing": "ok",
            "status": "left",
            "joined_at": "2023-07-03T10:00:00+00:00",
        },
        {
            "address": "edsger@example.org",
            "standing": "ok",
            "status": "left",
            "joined_at": "2023-07-04T10:00:00+00:00",
            "left_at": "2024-01-01T00:00:00+00:00",
        },
    ]


def test_substack():
    assert [(one["address"], one["status"], one["joined_at"]) for one in read("substack.csv")] == [
        ("ada@example.org", "active", "2025-07-01T00:00:00+00:00"),
        ("grace@example.org", "active", "2025-06-01T00:00:00+00:00"),
        ("edsger@example.org", "left", "2025-05-01T00:00:00+00:00"),
    ]


@pytest.mark.parametrize("said", ["true", "TRUE", "Yes", "1", "WAHR", "x"])
def test_who_turned_mail_off_at_substack_has_left_however_the_file_spells_it(said):
    text = f'email,email_disabled\r\nada@example.org,{said}\r\n"open,x\r\n'

    (row, broken) = roster.read(translated(lines.split([text.encode()]), "substack"))

    assert row.details.status is Status.LEFT
    assert broken.line == 3


def test_a_mailchimp_row_says_when_it_was_confirmed_where_it_does_not_say_when_it_joined():
    text = "Email Address,OPTIN_TIME,CONFIRM_TIME\r\nada@example.org,,2026-11-24 06:30:00\r\n"

    (row,) = roster.read(translated(lines.split([text.encode()]), "mailchimp"))

    assert (row.details.status, row.details.joined_at) == (
        Status.ACTIVE,
        datetime(2026, 11, 24, 6, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("said", "status"), [("WAHR", Status.ACTIVE), ("FALSCH", Status.LEFT), ("x", Status.LEFT)]
)
def test_what_a_spreadsheet_saved_between_is_understood(said, status):
    text = f"email;subscribed_to_emails;created_at\r\nada@example.org;{said};24.11.2026 06:30\r\n"

    (row,) = roster.read(translated(lines.split([text.encode()]), "ghost"))

    assert (row.details.status, row.details.joined_at) == (
        status,
        datetime(2026, 11, 24, 6, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_another_file_is_refused_before_its_first_row(program):
    split = lines.split([b"address,name\r\nada@example.org,Ada\r\n"])

    with pytest.raises(NotTheirs, match="no column"):
        list(translated(split, program))


def test_what_was_read_is_a_roster_with_the_lines_of_the_file():
    split = lines.split([(HERE / "ghost.csv").read_bytes()])

    found = list(roster.read(translated(split, "ghost")))

    assert [(str(one.address), one.line) for one in found] == [
        ("ada@example.org", 2),
        ("grace@example.org", 4),
        ("edsger@example.org", 5),
    ]


@given(st.data())
def test_no_cell_makes_one_row_two_or_gives_consent_to_who_had_left(data):
    cell = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=30)
    rows = data.draw(st.lists(st.tuples(cell, cell, cell), max_size=5))
    text = "email,name,status,updated_at\n" + "".join(
        ",".join(
            f'"{one.replace(chr(34), chr(34) * 2)}"' for one in (mail, name, f"disabled{when}")
        )
        + ',""\n'
        for mail, name, when in rows
    )

    made = list(translated(lines.split([text.encode()]), "listmonk"))

    assert len(made) <= len(rows) + 1
    assert [
        one
        for one in made[1:]
        if not isinstance(one, Malformed) and "active" in one.text.split(",")
    ] == []
