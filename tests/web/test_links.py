from __future__ import annotations

import json
import re
from datetime import time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.services import membership
from digest.storage import schema as tables
from subscribers import tokens
from subscribers.acts import Bounce
from subscribers.address import Address
from subscribers.model import By, Standing, SubscriberId
from subscribers.tokens import Purpose
from tests.web.house import RING, House, house, link, parse

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
PURPOSES = [Purpose.CONFIRM, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES]


async def joined(site: House, email: str = "ada@example.org") -> SubscriberId:
    await site.join(email)
    return (await site.letters())[-1].subscriber


async def test_the_button_in_the_letter_confirms_and_twice_is_as_good_as_once(site: House):
    who = await joined(site)

    asked = await site.get(link(Purpose.CONFIRM, who))
    before = await site.status(who)
    answers = [await site.post(link(Purpose.CONFIRM, who)) for _ in range(2)]

    assert "ada@example.org" in asked.text
    assert before == "pending"
    assert [answer.status for answer in answers] == [200, 200]
    assert await site.status(who) == "active"


WEEK = """proof_of_work = false
[newsletters.week]
title = "The Week"
sender = "The Week <digest@quayside.example>"
[newsletters.month]
title = "The Month"
sender = "The Month <digest@quayside.example>"
"""


async def statuses(site: House) -> dict[str, str]:
    rows = await site.rows(tables.subscriptions, tables.subscriptions.c.newsletter)
    return {row.newsletter: row.status for row in rows}


async def test_one_letter_confirms_what_was_joined_within_its_hour_as_far_as_it_is_ticked(
    tmp_path: Path,
):
    async with house(tmp_path, WEEK) as site:
        who = await joined(site)
        for name in ("week", "month"):
            await site.join("ada@example.org", newsletter=name)

        asked = await site.get(link(Purpose.CONFIRM, who))
        await site.post(link(Purpose.CONFIRM, who), {"also": "week"})

        owed = [letter for letter in await site.letters() if letter.kind == "confirm"]
        soon = [
            one.newsletter for one in owed if one.due_at <= site.clock() + timedelta(minutes=50)
        ]
        assert soon == ["daily"]
        assert re.findall(r'name="also" value="(\w+)"( checked)?', asked.text) == [
            ("month", ""),
            ("week", ""),
        ]
        assert await statuses(site) == {"daily": "active", "month": "pending", "week": "active"}
        # The link goes on serving what came later.
        assert 'value="month"' in (await site.get(link(Purpose.CONFIRM, who))).text


async def test_what_was_joined_within_the_hour_and_not_confirmed_is_asked_when_it_is_over(
    tmp_path: Path,
):
    async with house(tmp_path, WEEK) as site:
        who = await joined(site)
        first = await site.mail()
        await site.post(link(Purpose.CONFIRM, who))
        for name in ("week", "month"):
            await site.join("ada@example.org", newsletter=name)
        await site.mail()
        at_once = [one.newsletter for one in await site.letters() if one.state == "sent"]
        await site.post(link(Purpose.CONFIRM, who), {"also": "week"})
        site.clock.forward(hours=2)
        await site.mail()

        assert "The Quayside" in str(first["confirm"]["Subject"])
        assert at_once == ["daily", "daily"]  # to confirm, and welcome
        states = {(one.newsletter, one.kind): one.state for one in await site.letters()}
        assert states[("week", "confirm")] == "skipped"  # it is confirmed
        assert states[("month", "confirm")] == "sent"


async def test_the_link_once_more_says_that_it_is_done_and_what_else_waits(tmp_path: Path):
    async with house(tmp_path, WEEK) as site:
        who = await site.member()

        done = await site.get(link(Purpose.CONFIRM, who))
        await site.join("ada@example.org", newsletter="week")
        before = await statuses(site)
        asked = await site.get(link(Purpose.CONFIRM, who))
        after = await statuses(site)
        pressed = await site.post(link(Purpose.CONFIRM, who), {"also": "week"})

        for page in (done, asked):
            assert "You are in already" in page.text
            assert "subscribed to The Quayside with the address ada@example.org." in page.text
            assert "One step left" not in page.text
            assert "Not you?" not in page.text
        assert ("<form" in done.text, 'name="also" value="week">' in asked.text) == (False, True)
        assert before == after == {"daily": "active", "week": "pending"}
        assert "<li><bdi>The Week</bdi></li>" in pressed.text
        assert await statuses(site) == {"daily": "active", "week": "active"}


async def test_who_waits_for_a_second_newsletter_is_not_told_that_the_address_is_deleted(
    tmp_path: Path,
):
    async with house(tmp_path, WEEK) as site:
        who = await site.member()
        await site.join("ada@example.org", newsletter="week")
        token = tokens.make(RING[0], Purpose.CONFIRM, who, "week")

        page = (await site.get(f"/confirm/week.{token}")).text

        assert "One step left" in page
        assert "No issue of The Week will be sent, and the request is forgotten after 14" in page


async def test_a_letter_confirms_nothing_that_was_not_asked_for(tmp_path: Path):
    async with house(tmp_path, WEEK) as site:
        who = await joined(site)
        await site.join("grace@example.org", newsletter="week")

        await site.post(link(Purpose.CONFIRM, who), {"also": "week"})

        assert await statuses(site) == {"daily": "active", "week": "pending"}


async def test_a_confirmation_that_comes_after_its_time_is_none(site: House):
    who = await joined(site)
    site.clock.forward(days=15)

    asked = await site.get(link(Purpose.CONFIRM, who))
    answer = await site.post(link(Purpose.CONFIRM, who))

    assert (asked.status, answer.status) == (404, 404)
    assert await site.status(who) == "pending"
    await membership.purge(site.store, marks_kept=timedelta(days=90), clock=site.clock)
    forgotten = await site.get(link(Purpose.CONFIRM, who))
    for one in (asked, answer, forgotten):
        assert "This link is too old" in one.text
        assert 'href="/?newsletter=daily"' in one.text


async def test_the_button_on_the_page_leaves_at_once_and_undo_brings_back(site: House):
    who = await site.member()

    page = await site.get(link(Purpose.UNSUBSCRIBE, who))
    goodbye = await site.post(link(Purpose.UNSUBSCRIBE, who), {"act": "leave"})
    left = await site.status(who)
    again = await site.post(link(Purpose.UNSUBSCRIBE, who), {"act": "leave"})
    await site.post(link(Purpose.UNSUBSCRIBE, who), {"act": "undo"})

    assert "no more issues of The Quayside go to ada@example.org from that moment" in page.text
    assert page.text.index("Unsubscribe</button>") < page.text.index("Or get less of it")
    assert "You are unsubscribed" in goodbye.text
    assert left == "left"
    assert again.status == 200
    assert await site.status(who) == "active"


async def test_who_can_no_longer_undo_is_led_to_the_form_and_to_no_button_without_effect(
    site: House,
):
    who = await site.member()
    leave = link(Purpose.UNSUBSCRIBE, who)
    left = await site.post(leave)
    site.clock.forward(days=2)

    answers = [await site.get(leave), await site.post(leave, {"act": "undo"})]

    assert 'value="undo"' in left.text
    for answer in answers:
        assert 'value="undo"' not in answer.text
        assert 'href="/?newsletter=daily"' in answer.text


async def test_who_leaves_one_of_two_is_told_which_and_what_they_keep(tmp_path: Path):
    async with house(tmp_path, WEEK) as site:
        who = await site.member()
        for name in ("week", "month"):
            await site.join("ada@example.org", newsletter=name)
        await site.post(link(Purpose.CONFIRM, who), {"also": "week"})

        goodbye = await site.post(link(Purpose.UNSUBSCRIBE, who), {"act": "leave"})

        said = "No more issues of The Quayside will be sent to ada@example.org."
        assert said in goodbye.text
        assert (await site.get(link(Purpose.UNSUBSCRIBE, who))).text == goodbye.text
        others = re.findall(r'href="([^"]+)"><bdi>(The [WM]\w+)', goodbye.text)
        assert [title for _, title in others] == ["The Week"]  # nobody confirmed the month's
        assert "<h1>Preferences</h1>" in (await site.get(others[0][0])).text


@pytest.mark.parametrize("standing", ["bounced", "complained"])
async def test_a_goodbye_promises_nothing_that_does_not_come(tmp_path: Path, standing: str):
    async with house(tmp_path, WEEK) as site:
        who = await site.member()
        await site.join("ada@example.org", newsletter="week")
        await site.post(link(Purpose.CONFIRM, who), {"also": "week"})
        change = update(tables.subscribers).values(standing=standing)
        await site.store.write(lambda tx: tx.execute(change))

        goodbye = await site.post(link(Purpose.UNSUBSCRIBE, who), {"act": "leave"})

        assert "No more issues of The Quayside" in goodbye.text
        assert "The Week" not in goodbye.text


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "multipart/form-data"])
async def test_one_click_needs_no_cookie_and_gets_no_redirect(site: House, encoding: str):
    who = await site.member()
    body = {
        "application/x-www-form-urlencoded": "List-Unsubscribe=One-Click",
        "multipart/form-data": (
            '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click'
            "\r\n--x--\r\n"
        ),
    }[encoding]
    headers = {"Content-Type": f"{encoding}; boundary=x"}

    answer = await site.post(link(Purpose.UNSUBSCRIBE, who), body.encode(), headers=headers)

    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers
    assert await site.status(who) == "left"


@pytest.mark.parametrize("one_click", [True, False])
async def test_one_may_leave_a_newsletter_that_is_not_in_the_configuration_any_more(
    site: House, one_click: bool
):
    who = await site.member()
    gone = update(tables.subscriptions).values(newsletter="gone", cadence="weekly")
    await site.store.write(lambda tx: tx.execute(gone))
    path = f"/unsubscribe/gone.{tokens.make(RING[0], Purpose.UNSUBSCRIBE, who, 'gone')}"

    asked = await site.get(path)
    left = await site.post(path, ONE_CLICK if one_click else {"act": "leave"})

    assert (asked.status, left.status) == (200, 200)
    assert 'value="leave"' in asked.text
    # There is no other rhythm, no choice and no way back of what is not made.
    assert 'value="less"' not in asked.text
    assert "preferences" not in asked.text
    again = (await site.get(path)).text
    assert "No more issues of gone will be sent to ada@example.org." in again
    assert 'value="undo"' not in again
    assert "newsletter=gone" not in again
    held = await site.rows(tables.subscriptions, tables.subscriptions.c.newsletter)
    assert [(one.newsletter, one.status) for one in held] == [("gone", "left")]
    assert (await site.get(path[:-1] + "?")).status == 404


async def test_leaving_is_a_friendly_yes_for_one_who_was_erased_meanwhile(site: House):
    who = await site.member()
    await site.post(link(Purpose.PREFERENCES, who) + "/erase")

    answers = [
        await site.get(link(Purpose.UNSUBSCRIBE, who)),
        await site.post(link(Purpose.UNSUBSCRIBE, who)),
        await site.post(link(Purpose.UNSUBSCRIBE, who), ONE_CLICK),
    ]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len(await site.people()) == 0


async def test_who_was_erased_is_told_so_by_the_back_button_and_by_old_mails(site: House):
    who = await site.member()
    path = link(Purpose.PREFERENCES, who)

    await site.post(f"{path}/erase")
    answers = [await site.get(path, method) for method in ("GET", "POST")]
    answers += [await site.get(f"{path}/{page}") for page in ("data", "erase")]

    assert [answer.status for answer in answers] == [404] * 4
    assert ["You are erased" in answer.text for answer in answers] == [True] * 4


@pytest.mark.parametrize(("less", "status"), [("weekly", "active"), ("pause", "paused")])
async def test_one_may_get_less_instead(site: House, less: str, status: str):
    who = await site.member()

    answer = await site.post(link(Purpose.UNSUBSCRIBE, who), {"act": "less", "less": less})

    member = await site.find(who)
    assert answer.status == 200
    assert member.subscription.status.value == status
    assert (member.subscription.cadence == "weekly") is (less == "weekly")


async def test_only_the_cadences_that_are_made_are_offered_and_taken(tmp_path: Path):
    async with house(tmp_path, WEEK) as site:
        await site.join("ada@example.org", newsletter="week")
        who = (await site.letters())[-1].subscriber
        words = {
            purpose: f"/{purpose.value}/week.{tokens.make(RING[0], purpose, who, 'week')}"
            for purpose in PURPOSES
        }
        await site.post(words[Purpose.CONFIRM])

        page = await site.get(words[Purpose.PREFERENCES])
        less = await site.post(words[Purpose.UNSUBSCRIBE], {"act": "less", "less": "weekly"})
        await site.post(words[Purpose.PREFERENCES], {"cadence": "weekly"})
        answer = await site.join("grace@example.org", newsletter="week", cadence="weekly")
        api = await site.get("/api/form?newsletter=week")

        assert re.findall(r'name="cadence" value="(\w+)"', page.text) == ["daily", "pause"]
        assert less.status == 400
        [held] = await site.rows(tables.subscriptions, tables.subscriptions.c.newsletter)
        assert held.cadence == "daily"
        assert (answer.status, "does not come that often" in answer.text) == (422, True)
        assert json.loads(api.text)["newsletter"]["cadences"] == ["daily"]


async def test_preferences_are_kept_and_nonsense_leaves_them_alone(site: House):
    who = await site.member()
    page = link(Purpose.PREFERENCES, who)
    good = {"cadence": "weekdays", "hour": "17:30", "timezone": "Asia/Tokyo", "language": "de",
            "name": "Ada", "topics": "yes", "topic": "town", "address": "ada@example.org"}  # fmt: skip
    silly = {"cadence": "hourly", "hour": "99:99", "timezone": "Mars/Base", "language": "xx"}

    saved = await site.post(page, good)
    await site.post(page, silly)

    member = await site.find(who)
    assert "Gespeichert" in saved.text
    assert (member.person.name, member.person.language) == ("Ada", "de")
    assert (member.person.timezone, member.subscription.cadence) == ("Asia/Tokyo", "weekdays")
    assert member.subscription.topics == ("town",)


async def test_a_new_address_is_asked_first(site: House):
    who = await site.member()

    await site.post(link(Purpose.PREFERENCES, who), {"address": "ada@elsewhere.example"})

    letter = (await site.letters())[-1]
    moved = tokens.make(RING[0], Purpose.ADDRESS, who, Address.parse(letter.address).key)
    before = str((await site.find(who)).person.address)
    asked = await site.get(f"/address/{moved}")
    still = str((await site.find(who)).person.address)
    await site.post(f"/address/{moved}")

    assert (letter.kind, letter.address) == ("address", "ada@elsewhere.example")
    assert (asked.status, before, still) == (200, "ada@example.org", "ada@example.org")
    assert str((await site.find(who)).person.address) == "ada@elsewhere.example"
    for again in (await site.get(f"/address/{moved}"), await site.post(f"/address/{moved}")):
        assert (again.status, "The next issue goes to ada@elsewhere" in again.text) == (200, True)


async def test_a_new_address_that_answers_too_late_does_not_hear_the_old_one(site: House):
    who = await site.member()
    await site.post(link(Purpose.PREFERENCES, who), {"address": "ada@elsewhere.example"})
    moved = tokens.make(RING[0], Purpose.ADDRESS, who, "ada@elsewhere.example")
    site.clock.forward(days=15)

    late = await site.post(f"/address/{moved}")

    assert (late.status, "ada@example.org" in late.text) == (404, False)
    assert str((await site.find(who)).person.address) == "ada@example.org"


async def test_the_newsletter_on_whose_page_it_was_asked_writes_to_a_new_address(tmp_path: Path):
    async with house(tmp_path, WEEK) as site:
        await site.join("ada@example.org", newsletter="week")
        who = (await site.letters())[-1].subscriber
        words = {
            purpose: f"/{purpose.value}/week.{tokens.make(RING[0], purpose, who, 'week')}"
            for purpose in PURPOSES
        }
        await site.post(words[Purpose.CONFIRM])
        await site.post(words[Purpose.PREFERENCES], {"address": "ada@elsewhere.example"})

        letter = (await site.mail())["address"]
        moved = tokens.make(RING[0], Purpose.ADDRESS, who, "ada@elsewhere.example")
        asked = await site.get(f"/address/{moved}")
        done = await site.post(f"/address/{moved}")

        assert letter["From"] == "The Week <digest@quayside.example>"
        for page in (asked, done):
            assert ("The Week" in page.text, "The Quayside" in page.text) == (True, False)


async def test_a_mistake_costs_none_of_the_other_choices(site: House):
    who = await site.member()
    page = link(Purpose.PREFERENCES, who)
    chosen = {"cadence": "weekly", "hour": "18:30", "timezone": "Asia/Tokyo", "language": "en",
              "name": "Ada", "topics": "yes", "topic": "town", "address": "ada@elsewhere"}  # fmt: skip

    back = await site.post(page, chosen)
    bare = await site.post(page, {"cadence": "pause", "topics": "yes"})

    assert back.status == 422
    assert re.findall(r'value="([^"]+)" checked', back.text) == ["weekly", "town"]
    for said in ("<option selected>18:30<", "<option selected>Asia/Tokyo<", 'value="Ada"',
                 'value="ada@elsewhere"'):  # fmt: skip
        assert said in back.text
    assert re.findall(r'value="([^"]+)" checked', bare.text) == ["pause"]
    assert (await site.find(who)).person.name == ""


async def test_an_hour_that_an_import_brought_is_kept(site: House):
    who = await site.member()
    await site.store.write(lambda tx: tx.execute(update(tables.subscriptions).values(hour="07:15")))
    page = link(Purpose.PREFERENCES, who)

    assert "<option selected>07:15<" in (await site.get(page)).text
    await site.post(page, {"hour": "07:15", "name": "Ada"})
    kept = await site.find(who)
    await site.post(page, {"hour": "08:15"})

    assert (kept.person.name, kept.subscription.hour) == ("Ada", time(7, 15))
    assert (await site.find(who)).subscription.hour is None


async def test_a_late_link_to_a_new_address_tells_a_stranger_nothing(site: House):
    who = await site.member("ada.private@example.org")
    await site.post(link(Purpose.PREFERENCES, who), {"address": "stranger@example.net"})
    moved = tokens.make(RING[0], Purpose.ADDRESS, who, "stranger@example.net")
    site.clock.forward(days=14)

    answers = [await site.get(f"/address/{moved}"), await site.post(f"/address/{moved}")]

    assert [answer.status for answer in answers] == [404, 404]
    assert not any("@example" in answer.text for answer in answers)
    assert str((await site.find(who)).person.address) == "ada.private@example.org"


async def test_a_link_to_a_new_address_that_somebody_else_took_tells_nothing(site: House):
    who = await site.member("ada.private@example.org")
    await site.post(link(Purpose.PREFERENCES, who), {"address": "stranger@example.net"})
    moved = tokens.make(RING[0], Purpose.ADDRESS, who, "stranger@example.net")
    await site.join("stranger@example.net")

    answer = await site.post(f"/address/{moved}")

    assert (answer.status, "@example" in answer.text) == (404, False)


async def test_changes_of_address_pass_through_the_gates_of_joins(tmp_path: Path):
    async with house(tmp_path, "proof_of_work = false\njoins_per_network = 2\n") as site:
        who = await site.member()  # from 192.0.2.1
        german = update(tables.subscribers).values(language="de")
        await site.store.write(lambda tx: tx.execute(german))
        here = {"X-Forwarded-For": "192.0.2.1"}
        answers = [
            await site.post(
                link(Purpose.PREFERENCES, who), {"address": f"a{n}@x.example"}, headers=here
            )
            for n in range(2)
        ]
        kept = await site.post(link(Purpose.PREFERENCES, who), {"name": "Ada"}, headers=here)

        assert [answer.status for answer in answers] == [200, 429]
        assert answers[1].headers["Retry-After"] == "3600"
        assert "Zu viele auf einmal" in answers[1].text
        assert kept.status == 200
        assert [row.address for row in await site.letters() if row.kind == "address"] == [
            "a0@x.example"
        ]


async def test_a_mailbox_that_bounced_and_answers_too_late_is_not_told_yes(site: House):
    who = await site.member()
    await membership.act_on_address(
        site.store, who, Bounce(), by=By.MAILBOX, ring=RING, clock=site.clock
    )
    site.clock.forward(days=30)
    await site.join("ada@example.org")
    assert "confirm" in await site.mail()
    site.clock.forward(days=14)

    late = await site.post(link(Purpose.CONFIRM, who))
    await site.join("ada@example.org")
    again = await site.post(link(Purpose.CONFIRM, who))

    assert (late.status, again.status) == (404, 200)
    assert (await site.find(who)).person.standing is Standing.OK


async def test_a_letter_has_a_name_and_an_id_that_no_older_one_had(site: House):
    await site.join("ada@example.org")
    await site.mail()
    [first] = (site.settings.folder / "maildir" / "new").iterdir()
    site.clock.forward(days=15)
    await membership.purge(site.store, marks_kept=timedelta(days=90), clock=site.clock)
    await site.join("ada@example.org")

    await site.mail()

    both = list((site.settings.folder / "maildir" / "new").iterdir())
    assert len(both) == 2
    assert len({parse(path.read_bytes())["Message-ID"] for path in both}) == 2
    assert first in both


async def test_letters_to_an_address_that_nobody_proved_hold_no_word_of_whoever_asked(site: House):
    await site.join("ada@example.org", name="You won 500 EUR")
    await site.mail()
    who = (await site.letters())[-1].subscriber
    await site.post(link(Purpose.CONFIRM, who))
    await site.post(link(Purpose.PREFERENCES, who), {"address": "victim@example.net"})

    mail = await site.mail()

    assert (mail["confirm"]["To"], mail["address"]["To"]) == (
        "ada@example.org",
        "victim@example.net",
    )
    assert not any("500 EUR" in mail[kind].as_string() for kind in ("confirm", "address"))
    assert mail["welcome"]["To"] == "You won 500 EUR <ada@example.org>"


async def test_no_topic_at_all_is_told(site: House):
    who = await site.member()

    answer = await site.post(link(Purpose.PREFERENCES, who), {"topics": "yes", "name": "Eve"})

    assert answer.status == 422
    assert (await site.find(who)).person.name == ""


async def test_everything_about_oneself_comes_as_one_file(site: House):
    who = await site.member()

    answer = await site.get(link(Purpose.PREFERENCES, who) + "/data")

    assert json.loads(answer.text)["person"]["address"] == "ada@example.org"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="data.json"'


async def test_a_scanner_that_follows_every_link_changes_nothing(site: House):
    who, pending = await site.member(), await joined(site, "grace@example.org")
    seeds = [link(purpose, person) for purpose in PURPOSES for person in (who, pending)]
    before = [await site.find(person) for person in (who, pending)]
    letters = await site.letters()

    seen: set[str] = set()
    waiting = ["/", "/embed", *seeds]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for method in ("HEAD", "GET"):
            answer = await site.get(path, method)
            assert answer.status in (200, 404), (method, path, answer.status)
        found = re.findall(r'(?:href|action|src)="([^"#]+)"', answer.text)
        waiting += [to if to.startswith("/") else path.partition("?")[0] + to for to in found
                    if to.startswith(("/", "?")) and to != "/subscribe"]  # fmt: skip

    assert len(seen) > 20
    assert [await site.find(person) for person in (who, pending)] == before
    assert await site.letters() == letters


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_token_that_is_not_whole_ours_and_for_this_act_proves_nothing(
    site: House, purpose: Purpose
):
    who, other = await site.member(), await site.member("grace@example.org")
    good = link(purpose, who)
    swapped = next(one for one in PURPOSES if one is not purpose)
    bad = [
        good[:-1],
        good + "A",
        good[:-22] + link(purpose, other)[-22:],
        link(purpose, who, key=b"somebody else's key, just as long as ours"),
        good.replace(purpose.value, swapped.value),
        good.replace("/daily.", "/weekly."),
        f"/{purpose.value}/",
        f"/{purpose.value}/..%2f..",
    ]

    answers = [await site.get(path, method) for path in bad for method in ("GET", "POST")]

    assert {answer.status for answer in answers} == {404}
    assert "example.org" not in "".join(answer.text for answer in answers)
    assert await site.status(who) == "active"


async def test_another_site_cannot_press_a_button_it_has_the_link_of(site: House):
    who = await site.member()
    afar = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}

    answers = [
        await site.post(link(Purpose.UNSUBSCRIBE, who), {"act": "leave"}, headers=afar),
        await site.post(link(Purpose.PREFERENCES, who), {"name": "Eve"}, headers=afar),
        await site.post(link(Purpose.PREFERENCES, who) + "/erase", headers=afar),
    ]

    assert [answer.status for answer in answers] == [403, 403, 403]
    assert await site.status(who) == "active"


async def test_an_old_browser_without_a_referrer_may_press_our_own_button(site: House):
    who = await site.member()

    answer = await site.post(link(Purpose.UNSUBSCRIBE, who), headers={"Origin": "null"})

    assert answer.status == 200


@pytest.mark.parametrize("behind", [".", ")", "%3E", "=0D", "%0D%0A", "/", "%E2%80%8B", "&amp;x=1"])
async def test_what_a_program_of_mail_puts_behind_a_link_does_no_harm(site: House, behind: str):
    who = await site.member()
    await site.post(link(Purpose.PREFERENCES, who), {"address": "ada@elsewhere.example"})
    moved = f"/address/{tokens.make(RING[0], Purpose.ADDRESS, who, 'ada@elsewhere.example')}"

    for path in (*(link(purpose, who) for purpose in PURPOSES), moved):
        assert (await site.get(f"{path}{behind}")).status == 200
    left = await site.post(f"{link(Purpose.UNSUBSCRIBE, who)}{behind}", ONE_CLICK)

    assert left.text == "You are unsubscribed.\n"
    assert await site.status(who) == "left"


async def test_a_link_that_was_wrapped_is_read_as_one(site: House):
    who = await site.member()
    path = link(Purpose.PREFERENCES, who)

    answers = [await site.get(f"{path[:40]}{gap}{path[40:]}") for gap in ("%20", "%0D%0A%20")]

    assert [answer.status for answer in answers] == [200, 200]
