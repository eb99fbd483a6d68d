"""The clock is tried on both databases, like storage itself."""

from tests.storage.conftest import pg, store, url

__all__ = ["pg", "store", "url"]
