import pytest

from digest.storage.database import Store
from tests.postgres import a_database, a_server


@pytest.fixture(scope="session")
def pg(tmp_path_factory):
    # A socket's path may be at most 107 bytes long: keep the folder's name short.
    folder = tmp_path_factory.mktemp("pg")
    with a_server(folder) as server:
        yield server, folder


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'digest.db'}"
    server, folder = request.getfixturevalue("pg")
    return a_database(server, folder)


@pytest.fixture
async def store(url):
    opened = await Store.open(url)
    yield opened
    await opened.close()
