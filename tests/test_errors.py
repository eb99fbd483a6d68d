import pickle

import pytest

from digest.errors import Misconfigured, Permanent, Temporary


@pytest.mark.parametrize(
    "error",
    [
        Temporary("the relay is busy", retry_after=30.0),
        Permanent("the feed is no feed"),
        Misconfigured("config.toml:3", "names no newsletter"),
    ],
)
def test_an_error_comes_home_from_a_worker_as_it_was(error):
    home = pickle.loads(pickle.dumps(error))

    assert type(home) is type(error)
    assert str(home) == str(error)
    assert home.__dict__ == error.__dict__
