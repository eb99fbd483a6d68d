"""``digest articles show`` and ``digest why`` of a part of a page: a changelog's entry."""

from __future__ import annotations

import pytest

from digest.cli import stores
from digest.storage import articles
from digest.storage.articles import Sighting
from tests.builders import NOW, an_article
from tests.journeys.conftest import desk

__all__ = ["desk"]

URL = "https://herald.example/changes#v1"


@pytest.fixture
def reading(desk):
    desk.configure("sample:")
    desk.run("gather")

    def kept(tx):
        article = an_article(URL, title="Version 1", first_seen=NOW)
        articles.save(tx, article)
        owed = Sighting(
            source=article.source,
            item_url="https://herald.example/gates",
            article_url=None,
            seen_at=NOW,
        )
        articles.sighted(tx, [owed])

    stores.written(f"sqlite:///{desk.folder / 'digest.db'}", lambda store: store.write(kept))
    return desk


@pytest.mark.parametrize("command", [("articles", "show"), ("why",)])
def test_a_part_of_a_page_is_found_at_its_address(reading, command):
    said = reading.run(*command, URL)

    assert (said.code, "Version 1" in said.out) == (0, True)


def test_a_page_that_is_owed_says_so(reading):
    said = reading.run("why", "https://herald.example/gates")

    assert "could not be read: its host was in trouble; the page is asked for again" in said.out
