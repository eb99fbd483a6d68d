"""The editor's page: opening it changes nothing, its buttons decide, and nobody else has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from digest.services import release
from digest.storage import reviews
from digest.storage import schema as tables
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose
from tests.web.house import House, link, waiting_issue


@pytest.fixture
async def waiting(site: House) -> int:
    """The number of an issue that waits for the editor."""
    return await waiting_issue(site)


async def state(site: House, issue: int) -> str:
    asked = select(tables.issues.c.state).where(tables.issues.c.id == issue)
    found: str = await site.store.read(lambda tx: tx.execute(asked).scalar_one())
    return found


def page_of(issue: int, purpose: Purpose = Purpose.REVIEW) -> str:
    return link(purpose, SubscriberId(str(issue)))


async def test_opening_the_page_shows_what_the_issue_tells_and_changes_nothing(site, waiting):
    shown = await site.get(page_of(waiting))

    assert "TOP STORY\nFor (personal), of the gates &lt;b&gt;" in shown.text
    assert await state(site, waiting) == "draft"
    [found] = await site.store.read(reviews.waiting)
    assert found.release_by == site.clock() + timedelta(hours=2)


async def test_the_page_speaks_english_alone_and_keeps_the_way_the_text_runs(site, waiting):
    shown = await site.get(page_of(waiting))

    assert '<pre dir="auto">' in shown.text
    assert "hreflang" not in shown.text


async def test_approved_it_goes_at_the_next_knock_of_the_clock(site, waiting):
    answer = await site.post(page_of(waiting), {"act": "approve"})

    assert answer.status == 200
    [found] = await site.store.read(reviews.waiting)
    assert found.release_by == site.clock()


async def test_held_back_it_goes_to_nobody_and_a_second_press_says_so(site, waiting):
    first = await site.post(page_of(waiting), {"act": "hold"})
    second = await site.post(page_of(waiting), {"act": "approve"})

    assert "kept back" in first.text
    assert "This issue goes to nobody: the editor kept it back." in second.text
    assert await state(site, waiting) == "discarded"


async def test_who_comes_when_it_has_gone_reads_when_it_was_released(site, waiting):
    daily = replace(site.settings.newsletters["daily"], timezone="UTC")
    await release.let_go(site.store, daily, waiting, clock=site.clock)

    shown = await site.get(page_of(waiting))
    pressed = await site.post(page_of(waiting), {"act": "hold"})

    said = f"This issue was released, at {site.clock():%Y-%m-%d %H:%M} UTC."
    assert said in shown.text
    assert said in pressed.text


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES])
async def test_a_readers_link_is_not_the_editors(site, waiting, purpose):
    word = page_of(waiting, purpose).rpartition("/")[2]

    answer = await site.post(f"/review/{word}", {"act": "hold"})

    assert answer.status == 404
    assert await state(site, waiting) == "draft"


async def test_a_button_that_is_not_ours_does_nothing(site, waiting):
    answer = await site.post(page_of(waiting), {"act": "explode"})

    assert answer.status == 400
    assert await state(site, waiting) == "draft"
