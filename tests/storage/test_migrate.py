"""Any schema to the newest, with rows in it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from digest.delivery import Skip
from digest.errors import Misconfigured
from digest.model import NewsletterId
from digest.storage import (
    agenda,
    audience,
    claims,
    database,
    leases,
    migrate,
    posting,
    reports,
)
from digest.storage.database import Store
from digest.storage.postal import issue_hours, metadata  # knows every table
from tests.builders import NOW
from tests.storage.ledger import claim, rows

FOLDER = Path(migrate.__file__).parent / "migrations"


def test_the_head_is_the_newest_file():
    newest = max(path.name for path in (FOLDER / "versions").glob("[0-9]*.py"))

    assert newest.split("_")[0] == migrate.HEAD


async def test_the_migrations_make_the_tables_that_the_program_knows(store):
    def differences(tx):
        found = compare_metadata(MigrationContext.configure(tx), metadata)
        return [(what, one.table.name, one.elements[0].target_fullname) for what, one in found]

    missing = {"sqlite": [], "postgresql": [("add_fk", "deliveries", "issues.id")]}
    assert await store.read(differences) == missing[store.dialect]


@pytest.fixture
def url(empty):
    return empty


def at_revision(url, revision, *rows):
    """A database as an older program left it."""
    engine = database.engine(database.parse(url), write=True)
    with engine.begin() as tx:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = tx
        command.upgrade(config, revision)
        for row in rows:
            tx.execute(text(row))
    engine.dispose()


def moment(url):
    """One of 2026-11-24, as a row of deliveries has it."""
    return "1795501800000000" if url.startswith("sqlite") else "'2026-11-24 06:30:00'"


async def test_the_tables_of_another_program_are_left_alone(url):
    engine = database.engine(database.parse(url), write=True)
    with engine.begin() as tx:
        tx.execute(text("create table subscribers (id integer primary key, email text)"))

    with pytest.raises(Misconfigured, match="a table subscribers of another program; name a"):
        await Store.open(url)

    with engine.begin() as tx:
        assert inspect(tx).get_table_names() == ["subscribers"]
    engine.dispose()


@pytest.mark.parametrize("revision", ["1975ea83b712", "000ae83b712f", ""])
async def test_the_schema_of_another_program_is_neither_old_nor_new(url, revision):
    engine = database.engine(database.parse(url), write=True)
    with engine.begin() as tx:
        tx.execute(text("create table alembic_version (version_num varchar(32) not null)"))
        tx.execute(text("insert into alembic_version values (:its)"), {"its": revision})
    engine.dispose()

    with pytest.raises(Misconfigured, match=f"has schema '{revision}' of another program; name a"):
        await Store.open(url)
    with pytest.raises(Misconfigured, match=f"has schema '{revision}' of another program; name a"):
        migrate.refuse_old(revision, "x.db")


async def test_a_period_without_an_issue_keeps_its_sentence_and_nothing_of_it_is_tried(url):
    at_revision(
        url,
        "0010",
        "insert into misses (newsletter, cadence, period, due, reason, at) values"
        " ('daily','daily','2026-11-24','2026-11-24 06:30:00','too few','2026-11-24 06:30:00')",
    )

    store = await Store.open(url)
    [kept] = await store.read(agenda.last_misses, 9)
    standing = await store.read(agenda.standing, NewsletterId("daily"), "daily", NOW)
    await store.close()

    assert (kept.reason, kept.kind, kept.again) == ("too few", "quiet", None)
    assert (standing.settled, standing.failing) == ({"2026-11-24"}, {})


async def test_who_kept_the_clock_under_the_last_schema_has_no_moment_yet(url):
    at_revision(url, "0016", "insert into leases values ('clock', 'quay:42:a', 7)")

    store = await Store.open(url)
    held = await store.read(leases.seen, leases.CLOCK)
    beaten = await store.read(leases.beaten, leases.CLOCK)
    await store.close()

    assert (held.holder, held.beat, beaten) == ("quay:42:a", 7, None)


async def test_an_issue_on_its_way_under_the_last_schema_goes_on_with_no_domain_of_its_own(url):
    at_revision(
        url,
        "0017",
        "insert into issues (id, newsletter, cadence, period, number, since, until, language,"
        " subject, preheader, state, created_at, released_at) values (1, 'daily', 'daily',"
        " '2026-11-24', 1, '2026-11-23 06:30:00.000000', '2026-11-24 06:30:00.000000', 'en', '',"
        " '', 'released', '2026-11-24 06:30:00.000000', '2026-11-24 06:30:00.000000')",
        f"insert into deliveries (issue, subscriber, edition, state, attempts, enrolled_at, due_at,"
        f" expires_at, next_attempt_at) values (1, 'ada', 'en', 'queued', 0, {', '.join(4 * [moment(url)])})",
    )

    store = await Store.open(url)
    [found] = await store.read(posting.due, NOW)
    await store.close()

    assert (found.id, found.id_domain) == (1, None)


async def test_people_of_the_first_schema_stay_whom_issues_go_to(url):
    at_revision(
        url,
        "0001",
        "insert into subscribers values"
        " ('ada','ada@x.example','ada@x.example','Ada','en','UTC','ok')",
        "insert into subscriptions (subscriber, newsletter, status, cadence, topics)"
        " values ('ada','daily','active','daily','[]')",
    )

    store = await Store.open(url)
    found = await store.read(audience.first_of_each, NewsletterId("daily"), "daily", NOW, 5)
    await store.close()

    assert [(one.id, one.name) for one in found] == [("ada", "Ada")]


async def test_what_a_worker_of_the_last_version_held_is_still_its_own(url):
    at_revision(
        url,
        "0012",
        "insert into issues (id, newsletter, cadence, period, number, since, until, language,"
        " subject, preheader, state, created_at) values (1, 'daily', 'daily', '2026-11-24', 1,"
        " '2026-11-23', '2026-11-24', 'en', '', '', 'released', '2026-11-24')",
        *(
            "insert into deliveries (issue, subscriber, edition, state, attempts, enrolled_at,"
            " due_at, expires_at, next_attempt_at, claimed_at, lease, lease_until) values (1,"
            f" '{who}', 'en', '{state}', 2, '2026-11-24', '2026-11-24', '2026-11-25',"
            f" '2026-11-24 06:30:00.000000', {claimed})"
            for who, state, claimed in (
                ("ada", "sending", f"'2026-11-24', '{'a' * 32}', '2026-11-24 07:00:00.000000'"),
                ("grace", "queued", "null, null, null"),
            )
        ),
    )

    store = await Store.open(url)
    held = await store.write(claims.held, "a" * 32)
    seen = await store.read(rows, "state", "attempts", "lease")
    await store.close()

    assert seen == {"ada": ("sending", 1, "a" * 32), "grace": ("queued", 2, None)}
    assert [(one.attempts, one.lease_until) for one in held] == [
        (2, datetime(2026, 11, 24, 7, tzinfo=UTC))
    ]


async def test_what_a_request_told_of_other_people_goes_from_the_reports_it_was_kept_with(url):
    at_revision(
        url,
        "0013",
        "insert into subscribers (id, address, address_key, name, language, timezone, standing)"
        " values ('ada','ada@x.example','ada@x.example','Ada','en','UTC','ok')",
        *(
            "insert into reports (subscriber, at, kind, source, code, text, message, original)"
            f" values ('ada', '2026-11-24 06:30:00.000000', 'hard', '{source}', '5.1.1', 'no',"
            f" '{source}', cast('grace@x.example' as {blob(url)}))"
            for source in ("webhook", "dsn")
        ),
    )

    store = await Store.open(url)
    kept = [await store.read(reports.shown, number) for number in (1, 2)]
    await store.close()

    assert [(one.source, one.text, original) for one, original in kept] == [
        ("webhook", "no", b""),
        ("dsn", "no", b"grace@x.example"),
    ]


async def test_what_was_queued_sent_and_held_before_moments_were_numbers_keeps_them(url):
    half_past = "2026-11-24 06:30:00.250000"
    at_revision(
        url,
        "0015",
        "insert into issues (id, newsletter, cadence, period, number, since, until, language,"
        " subject, preheader, state, created_at) values (1, 'daily', 'daily', '2026-11-24', 1,"
        " '2026-11-23', '2026-11-24', 'en', '', '', 'released', '2026-11-24')",
        f"insert into issue_hours values (1, '', '', '{half_past}', '2026-11-25 06:30:00.000000')",
        *(
            "insert into deliveries (id, issue, subscriber, edition, state, attempts, enrolled_at,"
            f" due_at, expires_at, next_attempt_at, settled_at) values ({number}, 1, '{who}', 'en',"
            f" '{state}', 0, '{half_past}', '{half_past}', '2026-11-25 06:30:00.000000',"
            f" '{half_past}', {settled})"
            for number, (who, state, settled) in enumerate(
                (
                    ("ada", "sent", "'1969-12-31 23:59:59.999999'"),
                    ("grace", "queued", "null"),
                    ("edsger", "queued", "null"),
                ),
                start=1,
            )
        ),
        f"insert into claims values ('{'a' * 32}', 1, 1, '{half_past}', 2, '{half_past}', 2,"
        " '2026-11-24 06:31:00.000000', '2026-11-24 07:00:00.000000')",
    )
    when = datetime(2026, 11, 24, 6, 30, 0, 250_000, UTC)
    day_after = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)

    store = await Store.open(url)
    seen = await store.read(rows, "state", "due_at", "expires_at", "settled_at")
    hours = await store.read(lambda tx: tx.execute(select(issue_hours)).one())
    [held] = await store.write(claims.held, "a" * 32)
    early = await store.write(claim, "b" * 32, now=when - timedelta(microseconds=1))
    [due] = await store.write(claim, "b" * 32, now=when)
    await store.close()

    assert seen == {
        "ada": ("sent", when, day_after, datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)),
        "grace": ("sending", when, day_after, None),
        "edsger": ("queued", when, day_after, None),
    }
    assert hours[-2:] == (when, day_after)
    assert (held.id, held.lease_until) == (2, datetime(2026, 11, 24, 7, tzinfo=UTC))
    assert (early, due.skipped) == ([], {Skip.LEFT: 1})  # edsger, of whom nothing is known


async def test_an_older_program_that_still_runs_finds_nothing_it_could_spoil(url):
    """To it all mail would be late: every number comes before every text."""
    store = await Store.open(url)
    found = await store.read(lambda tx: set(inspect(tx).get_table_names()))
    await store.close()

    assert not found & {"claims", "issue_hours"}  # each of its statements about the queue asks one


def blob(url):
    """What bytes are called."""
    return "bytea" if url.startswith("postgresql") else "blob"
