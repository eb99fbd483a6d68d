"""The clock is tried on both databases, like storage itself."""

from tests.storage.conftest import backend, pattern, pg, store, url

__all__ = ["backend", "pattern", "pg", "store", "url"]
