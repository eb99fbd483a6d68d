"""What writes an edition's messages is made once, and the ones used last are kept."""

from __future__ import annotations

from dataclasses import replace

from bench.paper import edition
from digest.deliver.presses import Presses
from digest.deliver.writer import Writer
from tests.deliver.test_postmark import a_postmark


def add(presses: Presses, issue: int, key: str = "en") -> Writer:
    made = replace(edition(600, 600), key=key)
    return presses.add(issue, made, a_postmark(), cadence="daily", period="2026-11-24")


def test_an_edition_is_known_by_its_issue_and_its_key_once_it_was_added() -> None:
    presses = Presses()
    made = {(issue, key): add(presses, issue, key) for issue in (1, 2) for key in ("en", "de")}

    assert {each: presses.get(*each) for each in made} == made
    assert presses.get(3, "en") is None


def test_the_one_that_was_used_longest_ago_makes_room() -> None:
    presses = Presses(kept=2)
    first, _ = add(presses, 1), add(presses, 2)
    assert presses.get(1, "en") is first

    third = add(presses, 3)

    assert [presses.get(issue, "en") for issue in (1, 2, 3)] == [first, None, third]
