import pytest

from digest.storage.database import Store
from tests import ready
from tests.postgres import a_database, a_server, its_name


@pytest.fixture(scope="session")
def pg(tmp_path_factory):
    # A socket's path may be at most 107 bytes long: keep the folder's name short.
    folder = tmp_path_factory.mktemp("pg")
    with a_server(folder) as server:
        yield server, folder


@pytest.fixture(scope="session")
def pattern(pg):
    """The name of a database that is never opened: the others are copies of it."""
    return its_name(ready.migrated(a_database(*pg)))


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request):
    return request.param


@pytest.fixture
def empty(backend, request, tmp_path):
    """The URL of a database that has no schema yet."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'digest.db'}"
    return a_database(*request.getfixturevalue("pg"))


@pytest.fixture
def url(backend, request, tmp_path):
    """The URL of a database at the newest schema."""
    if backend == "sqlite":
        return ready.sqlite(tmp_path / "digest.db")
    pattern = request.getfixturevalue("pattern")
    return a_database(*request.getfixturevalue("pg"), like=pattern)


@pytest.fixture
async def store(url):
    opened = await Store.open(url)
    yield opened
    await opened.close()
