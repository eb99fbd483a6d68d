"""CSV in and out, whatever a spreadsheet did to it."""

import csv
import io
import tracemalloc
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import lines, roster
from subscribers.address import Address
from subscribers.headings import NoAddressColumn, plan
from subscribers.lines import Malformed
from subscribers.model import By, Standing, Status
from subscribers.roster import Details, Row


def read(data, given=None, block=7):
    data = data.encode() if isinstance(data, str) else data
    blocks = (data[at : at + block] for at in range(0, len(data), block))
    return list(roster.read(lines.split(blocks), given))


def people(data, given=None):
    return [(str(r.address), r.name) for r in read(data, given) if isinstance(r, Row)]


def malformed(data):
    return [r.line for r in read(data) if isinstance(r, Malformed)]


ADA = ("ada@example.org", "Ada")


@pytest.mark.parametrize(
    "data",
    [
        "email,name\nada@example.org,Ada\n",
        "Name;E-Mail\r\nAda;ada@example.org\r\n",
        "\ufeffName\tEmail Address\rAda\tada@example.org",
        'x|Full name|e-mail\n1|"Ada"|"ada@example.org"\n',
    ],
)
def test_columns_are_found_in_any_order_with_any_delimiter(data):
    assert people(data) == [ADA]


def test_a_file_without_a_header_is_read_by_its_addresses():
    assert people("1,ada@example.org\n2,grace@example.org\n") == [
        ("ada@example.org", ""),
        ("grace@example.org", ""),
    ]


def test_a_line_that_names_the_delimiter_is_believed():
    assert people("sep=;\r\nemail;name\r\nada@example.org;A,B,C\r\n") == [
        ("ada@example.org", "A,B,C")
    ]


def test_a_given_mapping_outweighs_the_guess():
    data = "email,work,who\nx@example.org,ada@example.org,Ada\n"

    assert people(data, {"address": "Work", "name": "3"}) == [ADA]


@pytest.mark.parametrize("wrong", [{"address": "9"}, {"address": "nope"}, {"shoe": "1"}])
def test_a_mapping_to_nothing_is_said(wrong):
    with pytest.raises(NoAddressColumn):
        read("email\nada@example.org\n", wrong)


def test_a_file_without_addresses_is_said():
    with pytest.raises(NoAddressColumn, match="there are id, name"):
        read("id,name\n1,Ada\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_told_apart(encoding):
    assert people("email,name\nada@example.org,Adé\n".encode(encoding)) == [
        ("ada@example.org", "Adé")
    ]


def test_lines_of_two_encodings_in_one_file_are_both_read():
    data = "email,name\na@x.example,é\n".encode() + "b@x.example,é\n".encode("cp1252")

    assert people(data) == [("a@x.example", "é"), ("b@x.example", "é")]


def test_malformed_rows_are_named_by_line_and_cost_nobody_else():
    data = 'email,name\nada@example.org,"Ada\nL."\nno address,x\n\nb@x.example,"open\nc@x.example\n'

    assert people(data) == [("ada@example.org", "Ada L."), ("c@x.example", "")]
    assert malformed(data) == [4, 6]


@pytest.mark.parametrize(
    ("said", "status", "standing"),
    [
        ("Left", Status.LEFT, Standing.OK),
        ("unsubscribed", Status.LEFT, Standing.OK),
        ("Opted-out", Status.LEFT, Standing.OK),
        ("Subscribed", Status.ACTIVE, Standing.OK),
        (" cleaned ", None, Standing.BOUNCED),
        ("bounced", None, Standing.BOUNCED),
        ("Complained", None, Standing.COMPLAINED),
        ("blocklisted", None, Standing.COMPLAINED),
        ("unactivated", Status.PENDING, Standing.OK),
        ("", None, Standing.OK),
    ],
)
def test_what_programs_write_of_a_status_is_understood(said, status, standing):
    [row] = read(f"email,status\nada@example.org,{said}\n")

    assert (row.details.status, row.details.standing) == (status, standing)


def test_a_status_that_is_none_is_refused_with_those_there_are():
    [row] = read("email,status\nada@example.org,sleeping\n")

    assert isinstance(row, Malformed)
    assert "'sleeping' is no status; write pending, active, paused, left, bounced" in row.reason


@pytest.mark.parametrize(
    "said",
    [
        "",
        "0001-01-01T00:00:00Z",  # Go
        "0001-01-01T00:00:00+01:00",  # .NET, on a machine in Berlin: before all time in UTC
        "0000-00-00 00:00:00",  # MySQL
        "1970-01-01 00:00:00",
    ],
)
def test_what_programs_write_for_no_moment_is_none(said):
    [row] = read(f"email,created at\nada@example.org,{said}\n")

    assert (row.details.joined_at, str(row.address)) == (None, "ada@example.org")


def test_a_moment_as_ruby_writes_it_is_read():
    [row] = read("email,created at\nada@example.org,2024-01-15 09:30:00 UTC\n")

    assert row.details.joined_at == datetime(2024, 1, 15, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "said", "field", "meant"),
    [
        (
            "joined",
            " 2024-01-15T09:30+01:00",
            "joined_at",
            datetime(2024, 1, 15, 8, 30, tzinfo=UTC),
        ),
        ("joined", "2024-01-15", "joined_at", datetime(2024, 1, 15, tzinfo=UTC)),
        ("language", "de-AT", "language", "de"),
        ("lang", " PT_br ", "language", "pt"),
        ("hour", " 07:30 ", "hour", time(7, 30)),
        ("left_by", " Reader", "left_by", By.READER),
        ("standing", "Bounced ", "standing", Standing.BOUNCED),
        ("cadence", "Weekly", "cadence", "weekly"),
        ("timezone", " Europe/Berlin ", "timezone", "Europe/Berlin"),
    ],
)
def test_a_cell_means_what_it_says_whatever_its_case_and_blanks(column, said, field, meant):
    [row] = read(f"email,{column}\nada@example.org,{said}\n")

    assert getattr(row.details, field) == meant


@pytest.mark.parametrize(
    ("column", "said", "told"),
    [
        ("joined", "15 days ago", "joined_at is no moment; write it like 2026-11-24 or"),
        ("paused_until", "9999-12-31T23:59:59-05:00", "paused_until is no moment; write it like"),
        ("hour", "7.30", "hour is no time of day; write it like 08:30"),
        ("left_by", "eve@example.org", "left_by is none of reader, operator, import, mailbox"),
        ("standing", "fine", "standing is none of ok, bounced, complained, erased"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told_by_its_column_and_not_repeated(column, said, told):
    [row] = read(f"email,{column}\nada@example.org,{said}\n")

    assert isinstance(row, Malformed)
    assert told in row.reason
    assert said not in row.reason


def test_a_line_of_10_mb_is_refused_in_little_memory():
    def blocks():
        yield b"email,name\nada@example.org,Ada\nbig@example.org,"
        for _ in range(160):
            yield b"x" * 65536
        yield b"\ngrace@example.org,Grace\n"

    tracemalloc.start()
    found = list(roster.read(lines.split(blocks())))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [type(one) for one in found] == [Row, Malformed, Row]
    assert [one.line for one in found] == [2, 3, 4]
    assert peak < 2_000_000


def test_a_name_cannot_carry_a_header():
    assert people('email,name\nada@example.org,"Ada\r\nBcc: eve@x.example\u202e"\n') == [
        ("ada@example.org", "Ada Bcc: eve@x.example")
    ]


@pytest.mark.parametrize("name", ['=cmd|"/c calc"!A1', "+1", "-1", "@SUM(A1)", "'x", "=1+1"])
def test_no_exported_cell_is_a_formula_and_reading_gives_it_back(name):
    row = Row(address=Address.parse("=ada@example.org"), name=name)
    text = "".join(roster.write([row]))

    cells = list(csv.reader(io.StringIO(text)))[1]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert read(text) == [row]


MOMENTS = st.none() | st.integers(0, 4 * 10**15).map(
    lambda micros: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)


def details(**said):
    """A row that says when somebody left says that they did."""
    if said["status"] is None:
        said["left_at"] = None
    return Details(**said)


DETAILS = st.builds(
    details,
    language=st.sampled_from(["", "de", "en"]),
    timezone=st.sampled_from(["", "Europe/London"]),
    standing=st.sampled_from([s for s in Standing if s is not Standing.ERASED]),
    newsletter=st.sampled_from(["daily", "a-b"]),
    status=st.none() | st.sampled_from(Status),
    cadence=st.sampled_from(["daily", "weekly"]),
    topics=st.lists(st.sampled_from(["art", "town hall"])).map(tuple),
    hour=st.none() | st.times().map(lambda t: time(t.hour, t.minute)),
    joined_at=MOMENTS,
    confirmed_at=MOMENTS,
    left_at=MOMENTS,
    left_by=st.none() | st.sampled_from(By),
    paused_until=MOMENTS,
)
ROWS = st.builds(
    Row,
    address=st.from_regex(r"[a-z=+'-][a-z0-9]{0,8}@[a-z]{2,9}\.example", fullmatch=True).map(
        Address.parse
    ),
    name=st.text(max_size=30).map(roster.clean_name),
    details=DETAILS,
)


@given(st.lists(ROWS, max_size=5), st.integers(1, 300))
def test_what_is_written_reads_back_the_same(rows, block):
    assert read("".join(roster.write(rows)), block=block) == rows


@given(st.binary(max_size=500), st.integers(1, 99))
def test_no_bytes_break_the_reading(data, block):
    try:
        found = read(b"email,name\n" + data, block=block)
    except NoAddressColumn:
        return

    assert all(isinstance(one, Row | Malformed) for one in found)


@pytest.mark.parametrize(
    ("heads", "places"),
    [
        ("Adresse e-mail,Nom,Langue", {"address": 0, "name": 1, "language": 2}),
        ("Nombre,Direccio\u0301n de correo electro\u0301nico", {"address": 1, "name": 0}),
        ("Имя,Электронная почта,Часовой пояс", {"address": 1, "name": 0, "timezone": 2}),
        ("الاسم,البريد الإلكتروني,اللغة", {"address": 1, "name": 0, "language": 2}),
    ],
)
def test_the_headings_of_a_file_may_be_in_any_language_of_the_pages(heads, places):
    found = plan(heads.split(","), {}, ours=roster.COLUMNS, reads_as_address=lambda _: False)

    assert found.places == places


def test_a_row_that_ends_before_its_address_is_left_out_and_one_that_ends_behind_it_is_read():
    data = "name,email,language\nAda\nGrace,grace@example.org\n"

    assert malformed(data) == [2]
    assert people(data) == [("grace@example.org", "Grace")]


def test_the_end_of_a_line_that_is_too_long_is_no_line_of_its_own():
    blocks = 17  # one more than a line may have
    data = f"email\n{'x' * (blocks * 4096 - 6)}eve@example.org\nada@example.org\n"

    found = read(data, block=4096)

    assert [(one.line, isinstance(one, Row)) for one in found] == [(2, False), (3, True)]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("Ada <ada@example.org>", "Ada"),
        ('"""Lovelace, Ada"" <ada@example.org>"', "Lovelace, Ada"),
        ('"Lovelace, Ada" <ada@example.org>', "Lovelace, Ada"),
        ("<ada@example.org>", ""),
        ("mailto:ada@example.org", ""),
    ],
)
def test_an_address_may_have_its_name_beside_it_in_any_row(cell, name):
    assert people(f"{cell}\n{cell.replace('ada@', 'ida@')}\n") == [
        ("ada@example.org", name),
        ("ida@example.org", name),
    ]
    assert people(f"email\n{cell}\n") == [("ada@example.org", name)]


def test_the_column_of_names_outweighs_a_name_beside_the_address():
    data = "email,name\nAda <ada@example.org>,Ada L.\nIda <ida@example.org>,\n"

    assert people(data) == [("ada@example.org", "Ada L."), ("ida@example.org", "Ida")]


@pytest.mark.parametrize(
    ("heads", "name"),
    [
        ("first name,last name", "A B"),
        ("Nachname,Vorname", "B A"),
        ("name,last name", "A B"),
        ("full name,surname", "A B"),
        ("prénom,nom", "A B"),
        ("vorname,x", "A"),
    ],
)
def test_a_name_in_two_columns_is_one(heads, name):
    assert people(f"email,{heads}\nada@example.org,A,B\n") == [("ada@example.org", name)]


def test_a_whole_name_is_not_put_together_with_its_parts():
    data = "name,given name,family name,e-mail 1 - value\nAda L.,Ada,L.,ada@example.org\n"

    assert people(data) == [("ada@example.org", "Ada L.")]


@pytest.mark.parametrize(
    ("said", "status", "left_at"),
    [
        ("2024-01-15", Status.LEFT, datetime(2024, 1, 15, tzinfo=UTC)),
        ("true", Status.LEFT, None),
        ("1", Status.LEFT, None),
        ("", None, None),
        ("0", None, None),
        ("No", None, None),
        ("0001-01-01T00:00:00Z", None, None),
    ],
)
def test_who_has_a_date_of_leaving_has_left(said, status, left_at):
    [row] = read(f"Subscriber,Unsubscribed\nada@example.org,{said}\n")

    assert (row.details.status, row.details.left_at) == (status, left_at)


def test_a_status_outweighs_a_date_of_leaving():
    [row] = read("email,status,left_at\nada@example.org,pending,2024-01-15\n")

    assert row.details.status is Status.PENDING


@pytest.mark.parametrize(
    ("data", "ignored"),
    [
        ("email,Angemeldet am,Anrede,,Vorname\n", ("Anrede",)),
        ("x,ada@example.org,2024\n", ("1", "3")),
        ("", ()),
    ],
)
def test_the_columns_that_nothing_is_taken_from_are_known(data, ignored):
    assert roster.survey(lines.split([data.encode()])).ignored == ignored


@pytest.mark.parametrize(
    ("confirmed", "left", "status"),
    [
        ("1", "0", None),
        ("0", "0", Status.PENDING),
        ("0", "1", Status.LEFT),
        ("1", "1", Status.LEFT),
    ],
)
def test_who_is_said_not_to_have_confirmed_is_pending(confirmed, left, status):
    head = "Email\tIs this subscriber confirmed\tIs this subscriber blacklisted"
    data = f"{head}\nada@example.org\t{confirmed}\t{left}\n"
    looked = roster.survey(lines.split([data.encode()]))

    [row] = read(data)

    assert (row.details.status, row.details.confirmed_at) == (status, None)
    assert (looked.orders, looked.ignored) == ({}, ())


@pytest.mark.parametrize(("subscribed", "status"), [("yes", None), ("no", Status.LEFT)])
def test_who_is_said_not_to_be_subscribed_has_left(subscribed, status):
    data = f"Email,Subscribed\nada@example.org,{subscribed}\n"
    looked = roster.survey(lines.split([data.encode()]))

    [row] = read(data)

    assert (row.details.status, row.details.joined_at) == (status, None)
    assert (looked.orders, looked.ignored) == ({}, ())


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("joined_at", "15 days ago"),
        ("left_at", "31.2.2024"),
        ("hour", "7.30"),
        ("left_by", "eve@example.org"),
        ("standing", "fine"),
    ],
)
@pytest.mark.parametrize(
    ("word", "gone"),
    [
        ("unsubscribed", (Status.LEFT, Standing.OK)),
        ("bounced", (None, Standing.BOUNCED)),
        ("complained", (None, Standing.COMPLAINED)),
    ],
)
def test_who_is_gone_is_taken_as_such_whatever_cell_cannot_be_read(column, said, word, gone):
    [row] = read(f"email,status,newsletter,{column}\nada@example.org,{word},daily,{said}\n")

    assert (row.details.status, row.details.standing) == gone
    assert row.details.newsletter == "daily"
    assert row.unread.startswith(f"{column} is no")
    assert said not in row.unread


def test_what_can_be_read_of_who_is_gone_is_kept():
    [row] = read("email,status,joined_at,left_at\nada@example.org,left,soon,2024-01-15\n")

    assert row.details == Details(status=Status.LEFT, left_at=datetime(2024, 1, 15, tzinfo=UTC))
