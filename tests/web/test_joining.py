from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from digest.model import NewsletterId
from digest.storage import schema as tables
from digest.web.challenge import Challenger
from digest.web.limits import Spent
from digest.web.members import Consent, Joining
from subscribers.address import Address
from tests.web.house import RING, House, house

CHALLENGER = Challenger(RING, 1, timedelta(0), Spent())


async def test_a_form_becomes_a_pending_person_and_one_letter(site: House):
    answer = await site.join("Ada@example.org", cadence="weekly")

    assert answer.status == 200
    assert "Look into your mailbox" in answer.text
    [person], [log] = await site.people(), await site.joins()
    member = await site.find(person.id)
    assert (person.address, member.subscription.cadence, log.page) == (
        "Ada@example.org",
        "weekly",
        "subscribe",
    )
    assert [row.kind for row in await site.letters()] == ["confirm"]


SEVERAL = "proof_of_work = false\njoins_per_network = 100\n" + "".join(
    f'[newsletters.n{number}]\ntitle = "No. {number}"\noffers = ["monthly"]\n'
    'sender = "The Quayside <digest@quayside.example>"\n'
    for number in range(20)
)


async def test_of_several_newsletters_each_is_joined_at_a_cadence_of_its_own(tmp_path: Path):
    async with house(tmp_path, SEVERAL) as site:
        shown = (await site.get("/?newsletter=n7")).text
        every = {f"cadence.{name}": "daily" for name in site.settings.newsletters}
        every["cadence.n7"] = "monthly"
        odd = await site.join("ada", **(every | {"newsletter": "n7"}))
        answer = await site.join("ada@example.org", **(every | {"newsletter": "n7"}))
        wrong = await site.join("ada@example.org", **{"cadence.daily": "monthly"})
        framed = (await site.get("/embed?newsletter=n7")).text

        held = await site.rows(tables.subscriptions, tables.subscriptions.c.newsletter)

    assert re.findall(r'"cadence.(\w+)" value="(\w+)" checked', shown)[7:9] == [
        ("n6", "daily"),
        ("n7", "daily"),
    ]
    assert 'name="cadence.n7" value="monthly" checked' in odd.text
    assert (odd.status, answer.status, wrong.status) == (422, 200, 422)
    assert [(one.newsletter, one.cadence) for one in held] == [("n7", "monthly")]
    assert re.findall(r'name="(cadence[^"]*)" value="(\w+)"', framed) == [
        ("cadence", "daily"),
        ("cadence", "monthly"),
    ]


async def test_words_of_another_direction_keep_their_order_in_a_choice(tmp_path: Path):
    tagline = 'tagline = "Every morning, “quoted”"\noffers ='
    async with house(tmp_path, SEVERAL.replace("offers =", tagline, 1)) as site:
        shown = (await site.get("/?lang=ar")).text

    assert '<span class="hint"><bdi>Every morning, “quoted”</bdi></span>' in shown


async def test_the_answer_is_the_same_whoever_the_address_belongs_to(site: House):
    await site.member("grace@example.org")
    gone = await site.member("edsger@example.org")
    await site.members.leave(gone, "daily")

    addresses = (
        "new@example.org",
        "new@example.org",
        "grace@example.org",
        "edsger@example.org",
        "nobody@does-not-exist.example",
    )
    answers = [(await site.join(address), address) for address in addresses]

    assert len({(one.status, one.text.replace(said, "")) for one, said in answers}) == 1


@pytest.mark.parametrize("frame", ["", "yes"])
async def test_who_mistyped_the_address_sees_where_the_letter_goes(site: House, frame: str):
    answer = await site.join(" Zoe <zoe@GMIAL.com>", frame=frame)

    assert '<dd><bdi dir="ltr">zoe@gmial.com</bdi></dd>' in answer.text


async def test_an_address_without_an_at_is_told_and_kept_in_the_form(site: House):
    answer = await site.join("ada.example.org")

    assert answer.status == 422
    assert 'value="ada.example.org"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert await site.people() == []


async def test_an_address_pasted_from_a_mail_program_is_taken(site: House):
    pasted = ("\u2066ada@example.org\u2069\u00a0", "Grace <grace@example.org>")

    answers = [await site.join(one) for one in pasted]

    assert [answer.status for answer in answers] == [200, 200]
    assert [row.address for row in await site.people()] == ["ada@example.org", "grace@example.org"]


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("ada.example.org", "Enter an address with an @"),
        ("a\u200bda@example.org", "cannot be seen"),
        ("ada,bob@example.org", "Before the @ stands a space, a dot or another character"),
        ("ada@example", "After the @ there must be a whole domain"),
        (f"{'a' * 65}@example.org", "longer than mail allows"),
    ],
)
async def test_the_hint_says_what_is_wrong_with_an_address(site: House, email: str, said: str):
    form = {"newsletter": "daily", "email": email, "stamp": await site.stamp()}
    json_body = {"Content-Type": "application/json"}

    page = await site.post("/subscribe", form)
    api = await site.post("/api/subscribe", json.dumps(form), headers=json_body)

    assert (page.status, api.status) == (422, 422)
    assert said in page.text
    assert said in json.loads(api.text)["message"]


async def test_what_fills_in_the_hidden_field_hears_yes_and_nothing_happens(site: House):
    honest = await site.join("ada@example.org")
    program = await site.join("bot@example.org", website="https://spam.example")

    assert program.text.replace("bot@", "ada@") == honest.text
    assert [row.address for row in await site.people()] == ["ada@example.org"]


async def test_a_form_that_comes_back_at_once_is_asked_to_press_again(site: House):
    stamp = await site.stamp()
    site.clock.forward(seconds=-4.5)

    answer = await site.post(
        "/subscribe", {"newsletter": "daily", "email": "ada@example.org", "stamp": stamp}
    )

    assert answer.status == 422
    assert "press once more" in answer.text
    assert await site.people() == []


async def test_a_stamp_serves_one_form(site: House):
    form = {"newsletter": "daily", "email": "ada@example.org", "stamp": await site.stamp()}

    first = await site.post("/subscribe", form)
    others = [
        await site.post(path, {**form, **change})
        for path, change in (
            ("/subscribe", {"email": "grace@example.org"}),
            ("/subscribe", {"name": "Ada"}),
            ("/links", {}),
        )
    ]

    assert (first.status, [one.status for one in others]) == (200, [422, 422, 422])
    assert len(await site.people()) == len(await site.letters()) == 1


async def test_a_form_whose_button_is_pressed_twice_is_one_join_and_the_same_page(tmp_path: Path):
    # Without a proof a neighbourhood joins once an hour, and a proof serves once.
    async with house(tmp_path, "proof_of_work = true\n") as site:
        form = {"newsletter": "daily", "email": "ada@example.org", "stamp": await site.stamp()}
        pressed = [await site.post("/subscribe", form) for _ in range(3)]
        solved = {"altcha": "of another press"}
        pressed.append(await site.post("/subscribe", {**form, **solved}))

        assert [one.status for one in pressed] == [200] * 4
        assert len({one.text for one in pressed}) == 1
        assert len(await site.people()) == len(await site.letters()) == 1


async def test_the_same_form_later_is_no_second_press(site: House):
    form = {"newsletter": "daily", "email": "ada@example.org", "stamp": await site.stamp()}
    first = await site.post("/subscribe", form)
    site.clock.forward(seconds=61)

    later = await site.post("/subscribe", form)

    assert (first.status, later.status) == (200, 422)


async def test_a_form_that_came_to_nothing_is_let_in_again_whatever_it_used_up(tmp_path: Path):
    async with house(tmp_path, "proof_of_work = true\n", patience=0) as site:
        form = {"newsletter": "daily", "email": "ada@example.org", "stamp": await site.stamp()}
        other = sqlite3.connect(tmp_path / "digest.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        both = await asyncio.gather(*(site.post("/subscribe", form) for _ in range(2)))
        third = await site.post("/subscribe", form)
        other.execute("COMMIT")
        other.close()
        site.clock.forward(seconds=90)
        last = await site.post("/subscribe", form)

        assert [one.status for one in (*both, third, last)] == [503, 503, 503, 200]
        assert len(await site.people()) == len(await site.letters()) == 1


async def test_two_joins_at_the_same_instant_are_one_person_and_one_letter(site: House):
    stamps = [await site.stamp(), await site.stamp()]

    await asyncio.gather(
        *(
            site.post("/subscribe", {"newsletter": "daily", "email": email, "stamp": stamp})
            for email, stamp in zip(("ada@example.org", "ADA@example.org"), stamps, strict=True)
        )
    )

    assert len(await site.people()) == 1
    assert len(await site.letters()) == 1


async def test_a_name_cannot_end_a_header(site: House):
    await site.join("ada@example.org", name="Ada\r\nBcc: victim@example.org\u202e\u2028x")

    assert (await site.people())[0].name == "Ada Bcc: victim@example.org x"


async def test_a_network_may_join_only_so_often(tmp_path: Path):
    async with house(tmp_path, "proof_of_work = false\njoins_per_network = 2\n") as site:
        same = [await site.join(f"a{n}@example.org", ip="2001:db8::1") for n in range(2)]
        third = await site.join("a3@example.org", ip="2001:db8::ffff")
        other = await site.join("a4@example.org", ip="2001:db8:0:1::1")

    assert [answer.status for answer in same] == [200, 200]
    assert (third.status, third.headers["Retry-After"]) == (429, "3600")
    assert other.status == 200


async def test_who_is_told_to_come_again_hears_it_in_the_language_of_the_form(tmp_path: Path):
    async with house(tmp_path, joins_per_network=1) as site:
        await site.join("a@example.org")

        refused = await site.join("b@example.org", language="de")

        assert (refused.status, "Zu viele auf einmal" in refused.text) == (429, True)


async def test_without_a_proof_a_neighbourhood_joins_once_an_hour(tmp_path: Path):
    async with house(tmp_path, "proof_of_work = true\n") as site:
        first = await site.join("a@example.org", ip="192.0.2.7")
        second = await site.join("b@example.org", ip="192.0.2.200")

        third = await site.join("c@example.org", ip="2001:db8:1::1")
        fourth = await site.join("d@example.org", ip="2001:db8:1:ffff::1")

    assert (first.status, second.status) == (200, 429)
    assert (third.status, fourth.status) == (200, 429)


async def test_who_is_turned_away_has_used_up_no_stamp(tmp_path: Path):
    async with house(tmp_path, "proof_of_work = true\n") as site:
        await site.join("a@example.org", ip="192.0.2.7")
        form = {"newsletter": "daily", "email": "b@example.org", "stamp": await site.stamp()}
        found = [
            (await site.post("/subscribe", form, headers={"X-Forwarded-For": ip})).status
            for ip in ("192.0.2.8", "203.0.113.1")
        ]
        form["email"] = "c@example.org"
        other = {"X-Forwarded-For": "198.51.100.1"}
        found.append((await site.post("/subscribe", form, headers=other)).status)

    assert found == [429, 200, 422]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://quayside.example"}, 200),  # as it passed a proxy that changed Host
        ({"Origin": "https://quayside.example.evil.example"}, 403),
        ({}, 200),
    ],
)
async def test_another_site_cannot_send_the_form(site: House, headers: dict, status: int):
    form = {"newsletter": "daily", "email": "ada@example.org", "stamp": await site.stamp()}

    answer = await site.post("/subscribe", form, headers=headers)

    assert answer.status == status


@pytest.mark.parametrize(
    "body",
    [b'{"stamp": NaN}', b'{"newsletter": 1e999}', b'{"email": "\\ud800"}', b'{"\\ud800": 1}'],
)
async def test_json_that_cannot_be_repeated_is_told_what_is_wrong_with_it(site: House, body: bytes):
    answer = await site.post("/api/subscribe", body, headers={"Content-Type": "application/json"})

    assert answer.status == 422
    assert {key for flaw in json.loads(answer.text)["detail"] for key in flaw} == {
        "loc",
        "msg",
        "type",
    }


async def test_a_form_that_is_no_text_is_no_json_either(site: House):
    part = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n\xff\xfe\r\n--x--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}

    assert (await site.post("/api/subscribe", part, headers=kind)).status == 422


async def test_a_body_that_is_too_large_is_refused_however_it_is_sent(site: House):
    async def chunks():
        for _ in range(40):
            yield b"x" * 1024

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    said = await site.post("/subscribe", b"email=" + b"x" * 40_000, headers=form)
    streamed = await site.post("/subscribe", chunks(), headers=form)

    assert (said.status, streamed.status) == (413, 413)
    assert await site.people() == []


@pytest.mark.parametrize(
    "charset", ["unicode_escape", "idna", "utf-8; charset=undefined", '"utf-16"', "utf-8x"]
)
async def test_a_form_in_parts_may_name_no_codec_of_ours(site: House, charset: str):
    form = {"Content-Type": f"multipart/form-data; boundary=B; charset={charset}"}

    said = await site.post("/subscribe", in_parts(stamp=r"\ud800", email="xn--é"), headers=form)

    assert said.status == 400


@pytest.mark.parametrize("charset", ["", "; charset=UTF-8", '; charset="utf-8"; x=y'])
async def test_a_form_in_parts_is_read_as_utf_8(site: House, charset: str):
    form = {"Content-Type": f"multipart/form-data; boundary=B{charset}"}

    said = await site.post("/subscribe", in_parts(email="né"), headers=form)

    assert said.status == 422
    assert 'value="né"' in said.text


def in_parts(**fields: str) -> bytes:
    """A form of the daily as multipart/form-data (RFC 7578), its boundary a B."""
    said = {"newsletter": "daily", "email": "ada@example.org", **fields}
    heads = (f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n' for name in said)
    parts = map("{}{}\r\n".format, heads, said.values())
    return f"{''.join(parts)}--B--\r\n".encode()


async def test_a_flood_for_one_victim_is_one_letter_an_hour(tmp_path: Path):
    web = "proof_of_work = false\njoins_per_network = 20_000\njoins_overall = 20_000\n"
    async with house(tmp_path, web) as site:
        stamps = [CHALLENGER.stamp(site.clock()) for _ in range(300)]
        site.clock.forward(seconds=5)

        answers = await asyncio.gather(
            *(
                site.post(
                    "/subscribe",
                    {"newsletter": "daily", "email": "victim@example.org", "stamp": stamp},
                )
                for stamp in stamps
            )
        )

        assert {answer.status for answer in answers} == {200}
        assert len(await site.people()) == 1
        assert len(await site.letters()) == 1


async def test_thousands_of_joins_for_one_victim_in_a_day_are_three_letters(tmp_path: Path):
    at_once = 100 if os.environ.get("DIGEST_TESTS") == "complete" else 10
    async with house(tmp_path) as site:
        victim = Address.parse("victim@example.org")
        wish = Joining(
            newsletter=NewsletterId("daily"),
            address=victim,
            name="",
            language="en",
            timezone="UTC",
            cadence="daily",
            consent=Consent(text="1", page="subscribe", network="x"),
        )
        for _ in range(100):
            await asyncio.gather(*(site.members.join(wish) for _ in range(at_once)))
            site.clock.forward(minutes=14)

        assert len(await site.people()) == 1
        assert len(await site.letters()) == 3
