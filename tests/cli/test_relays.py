"""``digest relays``: how each has fared, and using one again."""

from __future__ import annotations

import asyncio
import time

import pytest

from digest.deliver import memory
from digest.deliver.choice import LONGEST_REST, Circuit
from digest.storage import paces
from digest.storage.database import Store
from digest.storage.paces import Of
from tests.builders import NOW
from tests.journeys.conftest import desk
from tests.journeys.stopping import free_port

__all__ = ["desk"]
RELAYS = """
[deliver]
transport = "smtp"
[[deliver.relays]]
name = "main"
host = "mail.example"
[[deliver.relays]]
name = "spare"
host = "127.0.0.1"
port = 2525
"""


@pytest.fixture
def relayed(desk):
    desk.configure("sample:")
    desk.write("config.toml", desk.config + RELAYS)
    return desk


def fared(desk, **circuits: Circuit) -> None:
    async def keep():
        store = await Store.open(f"sqlite:///{desk.folder / 'digest.db'}")
        texts = {name: memory.of_circuit(circuit) for name, circuit in circuits.items()}
        await store.write(paces.save, Of.CIRCUIT, texts, NOW)
        await store.close()

    asyncio.run(keep())


def test_relays_are_in_use_rest_or_are_paused_with_their_own_words(relayed):
    soon = time.time() + LONGEST_REST
    fared(relayed, main=Circuit(paused="554 5.7.1 blocked"), spare=Circuit(closed_until=soon))

    main, spare = relayed.run("relays", "list").out.splitlines()

    assert main == "main  mail.example:587  paused, it refused us: 554 5.7.1 blocked"
    assert spare.startswith("spare  127.0.0.1:2525  rests for ")


def test_a_relay_that_is_not_used_is_named_by_status_alerts_and_doctor_with_the_cure(relayed):
    fared(relayed, main=Circuit(paused="554 5.7.1 blocked"), spare=Circuit())
    cure = "`digest relays resume main` once that is mended"

    shown = relayed.run("status").out
    told = relayed.run("status", "--json").json["relays"]
    found = relayed.run("alerts", "--json").json["alerts"]
    examined = relayed.run("doctor", "--json").json["checks"]

    line = f"main: mail.example:587, paused, it refused us: 554 5.7.1 blocked; {cure}"
    assert f"  {line}\n" in shown
    assert told == [line, "spare: 127.0.0.1:2525"]
    assert [one["key"] for one in found] == ["relay:main"]
    assert [one["level"] for one in examined if one["name"] == "relay main"] == ["bad"]


def test_what_was_wrong_with_a_relay_is_told_afterwards_until_it_works(desk):
    desk.configure("sample:")
    port = free_port()
    one = f'[deliver]\ntransport = "smtp"\n[[deliver.relays]]\nname = "main"\nport = {port}\n'
    desk.write("config.toml", f'{desk.config}{one}host = "127.0.0.1"\ntls = "none"\n')
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    desk.run("send", "--yes")

    (listed,) = desk.run("relays", "list").out.splitlines()
    (shown,) = desk.run("status", "--json").json["relays"]

    why = "seconds more; it cannot be reached: "
    assert listed.startswith(f"main  127.0.0.1:{port}  rests for ")
    assert why in listed
    assert why in shown
    assert "check host and port" in shown


def test_once_its_rest_is_over_a_relay_is_said_to_be_tried_again(relayed):
    trouble = "relay 'main' (mail.example:587) does not accept our login (535 5.7.8 no)"
    fared(relayed, main=Circuit(rests=1, closed_until=1.0, trouble=trouble))
    said = "is tried again with the next mail; it does not accept our login (535 5.7.8 no)"

    assert f"main  mail.example:587  {said}\n" in relayed.run("relays", "list").out
    assert f"  main: mail.example:587, {said}\n" in relayed.run("status").out


def test_a_paused_relay_is_used_again(relayed):
    fared(relayed, main=Circuit(paused="554 5.7.1 blocked"))

    assert relayed.run("relays", "resume", "main").out == "Relay main is used again.\n"

    assert "main  mail.example:587  in use" in relayed.run("relays", "list").out
    again = relayed.run("relays", "resume", "main")
    assert (again.code, again.err) == (
        2,
        "digest: relay main is in use; there is nothing to resume\n",
    )


@pytest.mark.parametrize("words", [("my", "Relay"), ("My Relay",), (" MY  relay ",)])
def test_the_name_of_a_relay_may_be_given_as_it_is_told_or_typed(relayed, words):
    relayed.write("config.toml", relayed.config.replace('"main"', '"My Relay"'))
    fared(relayed, **{"My Relay": Circuit(paused="554 5.7.1 blocked")})

    assert relayed.run("relays", "resume", *words).out == "Relay My Relay is used again.\n"


def test_of_two_that_differ_in_capitals_the_very_one_is_meant(relayed):
    relayed.write("config.toml", relayed.config.replace('"spare"', '"MAIN"'))
    fared(relayed, main=Circuit(paused="554"), MAIN=Circuit(paused="554"))

    assert relayed.run("relays", "resume", "MAIN").out == "Relay MAIN is used again.\n"
    said = relayed.run("relays", "resume", "Main")
    assert said.err == "digest: relay 'Main' is not configured; there is main, MAIN\n"


def test_a_relay_that_is_not_configured_is_said_with_those_that_are(relayed):
    said = relayed.run("relays", "resume", "other")

    assert said.code == 2
    assert "is not configured; there is main, spare" in said.err


def test_listing_makes_no_database(relayed):
    assert relayed.run("relays", "list").code == 0
    assert relayed.run("issues", "list").code == 0
    assert "issue 1 is not there" in relayed.run("issues", "show", "1").err

    assert not (relayed.folder / "digest.db").exists()


def test_without_relays_it_says_where_mail_goes(desk):
    desk.configure("sample:")

    said = desk.run("relays", "list")

    assert said.code == 0
    assert 'deliver.transport is "maildir"' in said.out
    resumed = desk.run("relays", "resume", "main")
    assert resumed.code == 2
    assert resumed.err == "digest: relay 'main' is not configured; no [[deliver.relays]] is\n"
