"""The pages of a person of whom something is stored that we do not know."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from digest.storage import schema as tables
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose
from tests.web.house import House, link

NO_ZONE = ["Central European Time", "Europe", "../../etc/passwd", ""]


async def store(site: House, who: SubscriberId, **given: str) -> None:
    change = update(tables.subscribers).where(tables.subscribers.c.id == who).values(**given)
    await site.store.write(lambda tx: tx.execute(change))


def selected(page: str, name: str) -> str:
    found = re.search(rf'<select id="{name}".*?</select>', page, re.DOTALL)
    assert found
    [option] = re.findall(r"<option[^>]* selected>([^<]*)", found[0])
    return str(option)


@pytest.mark.parametrize("zone", NO_ZONE)
async def test_who_has_a_zone_that_is_none_reads_the_newsletters(site: House, zone: str):
    who = await site.member()
    await store(site, who, timezone=zone)
    leave, choose = link(Purpose.UNSUBSCRIBE, who), link(Purpose.PREFERENCES, who)

    asked, shown = await site.get(leave), await site.get(choose)
    paused = await site.post(leave, {"act": "less", "less": "pause"})
    still = await site.get(choose)
    saved = await site.post(choose, {"name": "Ada"})

    assert [one.status for one in (asked, shown, paused, still, saved)] == [200] * 5
    assert selected(shown.text, "timezone") == site.settings.newsletters["daily"].timezone
    assert (await site.find(who)).person.timezone == site.settings.newsletters["daily"].timezone


@pytest.mark.parametrize(("language", "name"), [("it", "italiano"), ("german", "german")])
async def test_a_language_that_the_pages_do_not_speak_stays_ones_own(
    site: House, language: str, name: str
):
    who = await site.member()
    await store(site, who, language=language)
    choose = link(Purpose.PREFERENCES, who)

    shown = await site.get(choose)
    await site.post(choose, {"name": "Ada", "language": language})

    assert selected(shown.text, "language") == name
    assert (await site.find(who)).person.language == language
