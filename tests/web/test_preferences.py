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


async def test_a_language_in_the_address_that_is_none_leaves_the_page_in_ones_own(site: House):
    who = await site.member()
    await store(site, who, language="ru")

    shown = await site.get(
        link(Purpose.PREFERENCES, who) + "?lang=xx", headers={"Accept-Language": "de"}
    )

    assert '<html lang="ru"' in shown.text


async def test_who_asks_for_a_fourth_address_in_a_day_is_not_told_that_a_letter_is_on_its_way(
    site: House,
):
    who = await site.member()
    choose, answers = link(Purpose.PREFERENCES, who), []

    for number in range(4):
        site.clock.forward(minutes=1)
        said = {"address": f"ada{number}@example.org", "name": f"Ada {number}"}
        answers.append(await site.post(choose, said))

    assert [one.status for one in answers] == [200, 200, 200, 422]
    assert '<bdi dir="ltr">ada2@example.org</bdi>' in answers[2].text
    assert "The address can be changed three times a day." in answers[-1].text
    assert "on its way" not in answers[-1].text
    assert 'value="ada3@example.org"' in answers[-1].text
    assert (await site.find(who)).person.name == "Ada 2"
    letters = [one.address for one in await site.letters() if one.kind == "address"]
    assert letters == [f"ada{number}@example.org" for number in range(3)]


CHOICES = ['name="cadence"', 'name="hour"', 'name="topic"']


async def test_who_left_is_shown_no_choice_that_would_not_be_kept(site: House):
    who = await site.member()
    choose = link(Purpose.PREFERENCES, who)
    before = (await site.get(choose)).text
    await site.post(link(Purpose.UNSUBSCRIBE, who))

    left = await site.get(choose)
    saved = await site.post(choose, {"name": "Ada", "cadence": "weekly"})
    named = await site.post(choose, {"name": "Ada"})

    assert [one in before for one in CHOICES] == [True] * 3
    for answer in (left, saved):
        assert "You are unsubscribed." in answer.text
        assert [one for one in [*CHOICES, "a reader since"] if one in answer.text] == []
    assert ["Saved." in one.text for one in (saved, named)] == [False, True]
    found = await site.find(who)
    assert (found.person.name, found.subscription.cadence) == ("Ada", "daily")


async def test_who_left_and_joined_again_is_told_that_they_have_not_confirmed(site: House):
    who = await site.member()
    await site.post(link(Purpose.UNSUBSCRIBE, who))
    site.clock.forward(hours=2)
    await site.join("ada@example.org")

    shown = await site.get(link(Purpose.PREFERENCES, who))

    assert await site.status(who) == "pending"
    assert "You have not confirmed yet." in shown.text
    assert [one for one in CHOICES if one in shown.text] == []


async def test_whose_mail_came_back_is_told_so_and_how_it_begins_again(site: House):
    who = await site.member()
    choose = link(Purpose.PREFERENCES, who)
    before = (await site.get(choose)).text
    await store(site, who, standing="bounced")

    shown = await site.get(choose)

    told = "Mail to this address came back, so nothing is sent to it."
    assert (told in before, told in shown.text) == (False, True)
    assert 'href="/?newsletter=daily"' in shown.text


async def test_who_is_barred_is_sent_to_the_publisher_and_not_in_circles(site: House):
    who = await site.member()
    choose, leave = link(Purpose.PREFERENCES, who), link(Purpose.UNSUBSCRIBE, who)
    await site.post(leave)
    await store(site, who, standing="complained")

    shown, saved = [
        await site.get(choose),
        await site.post(choose, {"name": "Ada", "address": "ada2@example.org"}),
    ]
    goodbye = await site.get(leave)

    for page in (shown, saved):
        assert page.status == 200
        assert "If it is a mistake, write to digest@quayside.example." in page.text
        assert 'name="address"' not in page.text
    for page in (shown, saved, goodbye):
        assert 'href="/?newsletter=daily"' not in page.text
    assert (await site.find(who)).person.new_address is None


async def test_a_name_that_an_import_brought_is_not_cut_by_another_choice(site: House):
    who = await site.member()
    long = "Maria da Conceição " * 6 + "Lobo"
    await store(site, who, name=long)
    choose = link(Purpose.PREFERENCES, who)

    await site.post(choose, {"name": long, "hour": ""})

    assert (await site.find(who)).person.name == long


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("Ada 👩\u200d🔧", "Ada 👩\u200d🔧"),
        ("\u200d\u200c Ada\u200d \u202eX\u200b", "Ada X"),
        ("\u200c", ""),
        ("a" * 79 + "\u200cb", "a" * 79),
    ],
)
async def test_a_name_keeps_the_joiners_that_it_is_spelt_with(site: House, typed: str, kept: str):
    who = await site.member()

    await site.post(link(Purpose.PREFERENCES, who), {"name": typed})

    assert (await site.find(who)).person.name == kept
