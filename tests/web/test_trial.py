"""The links of a test of an issue lead to a page that says it was one, and change nothing."""

from __future__ import annotations

import pytest

from digest.deliver.postmark import TRIAL
from digest.storage import schema as tables
from subscribers.tokens import Purpose
from tests.web.house import House, link

LEAVE, CHOOSE = link(Purpose.UNSUBSCRIBE, TRIAL), link(Purpose.PREFERENCES, TRIAL)
SHOWN = {
    LEAVE: "shows a button that unsubscribes at once",
    CHOOSE: "shows the reader's choices",
    f"{CHOOSE}/data": "shows the reader's choices",
    f"{CHOOSE}/erase": "shows the reader's choices",
    "/archive/daily/test": "shows the issue in the archive. A test is not put there.",
    "/archive/daily/test-weekly": "shows the issue in the archive. A test is not put there.",
}


@pytest.mark.parametrize(("path", "shows"), SHOWN.items())
async def test_each_link_says_that_it_was_a_test_and_what_a_real_mail_shows(
    site: House, path: str, shows: str
):
    answer = await site.get(f"{path}?lang=en")

    assert answer.status == 200
    assert "<h1>This was a test</h1>" in answer.text
    assert shows in answer.text
    assert "You are unsubscribed" not in answer.text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (LEAVE, {"List-Unsubscribe": "One-Click"}),
        (LEAVE, {"act": "leave"}),
        (LEAVE, {"act": "less", "less": "pause"}),
        (CHOOSE, {"cadence": "weekly", "address": "mallory@example.org"}),
        (f"{CHOOSE}/erase", {}),
    ],
)
async def test_what_is_posted_there_is_answered_and_changes_nothing(
    site: House, path: str, form: dict[str, str]
):
    await site.member()
    books = (tables.subscriptions, tables.subscribers, tables.letters, tables.consent_log)
    before = [await site.rows(book, next(iter(book.c))) for book in books]

    answer = await site.post(f"{path}?lang=en", form)

    assert answer.status == 200
    assert "<h1>This was a test</h1>" in answer.text
    assert [await site.rows(book, next(iter(book.c))) for book in books] == before


async def test_it_is_said_in_the_language_that_is_asked_for(site: House):
    assert "<h1>Das war ein Test</h1>" in (await site.get(f"{LEAVE}?lang=de")).text


async def test_a_forged_link_of_a_test_is_none(site: House):
    forged = link(Purpose.UNSUBSCRIBE, TRIAL, b"another key, just as long as the first")

    assert (await site.get(forged)).status == 404
