"""Any schema to the newest, with rows in it."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from digest.model import NewsletterId
from digest.storage import audience, database, migrate
from digest.storage.database import Store
from digest.storage.postal import metadata  # knows every table
from tests.builders import NOW

FOLDER = Path(migrate.__file__).parent / "migrations"


def test_the_head_is_the_newest_file():
    newest = max(path.name for path in (FOLDER / "versions").glob("[0-9]*.py"))

    assert newest.split("_")[0] == migrate.HEAD


async def test_the_migrations_make_the_tables_that_the_program_knows(store):
    def differences(tx):
        return compare_metadata(MigrationContext.configure(tx), metadata)

    assert await store.read(differences) == []


async def test_people_of_the_first_schema_stay_whom_issues_go_to(url):
    engine = database.engine(database.parse(url), write=True)
    with engine.begin() as tx:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = tx
        command.upgrade(config, "0001")
        tx.execute(
            text(
                "insert into subscribers values ('ada','ada@x.example','ada@x.example','Ada','en','UTC','ok')"
            )
        )
        tx.execute(text(
            "insert into subscriptions (subscriber, newsletter, status, cadence, topics)"
            " values ('ada','daily','active','daily','[]')"
        ))  # fmt: skip
    engine.dispose()

    store = await Store.open(url)
    found = await store.read(audience.first_of_each, NewsletterId("daily"), "daily", NOW, 5)
    await store.close()

    assert [(one.id, one.name) for one in found] == [("ada", "Ada")]
