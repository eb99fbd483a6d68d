import pytest

from digest.storage.database import Store
from tests import ready
from tests.postgres import a_database, a_server, for_one_test, its_name


@pytest.fixture(scope="session")
def pg():
    with a_server() as folder:
        yield folder


@pytest.fixture(scope="session")
def pattern(pg):
    """The name of a database that is never opened: the others are copies of it."""
    return its_name(ready.migrated(a_database(pg)))


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request):
    return request.param


@pytest.fixture
def empty(backend, request, tmp_path):
    """The URL of a database that has no schema yet."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'digest.db'}"
        return
    with for_one_test(request.getfixturevalue("pg")) as made:
        yield made


@pytest.fixture
def url(backend, request, tmp_path):
    """The URL of a database at the newest schema."""
    if backend == "sqlite":
        yield ready.sqlite(tmp_path / "digest.db")
        return
    pattern = request.getfixturevalue("pattern")
    with for_one_test(request.getfixturevalue("pg"), like=pattern) as made:
        yield made


@pytest.fixture
async def store(url):
    opened = await Store.open(url)
    yield opened
    await opened.close()
