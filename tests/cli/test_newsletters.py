"""A newsletter that nobody knows is refused; one that was, and has left its rows, is not."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import desk

__all__ = ["desk"]

ASKED = [("subscribers", "export"), ("subscribers", "list"), ("issues", "list")]


@pytest.mark.parametrize("command", ASKED)
def test_a_name_that_was_mistyped_is_refused(desk, command):
    desk.configure("sample:")

    before = desk.run(*command, "--newsletter", "nope")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    after = desk.run(*command, "--newsletter", "nope")

    assert (before.code, after.code) == (2, 2)
    said = "digest: newsletter 'nope' is not in the configuration; it has: daily\n"
    assert before.err == after.err == said
    assert after.out == ""
    assert desk.run(*command, "--newsletter", "daily").code == 0


@pytest.mark.parametrize(
    ("command", "where"),
    [
        (("send", "--yes"), "NEWSLETTER"),
        (("preview",), "NEWSLETTER"),
        (("subscribers", "add", "ada@example.org"), "--newsletter"),
    ],
    ids=["send", "preview", "add"],
)
def test_of_several_one_must_be_named(desk, command, where):
    desk.configure("sample:")
    more = desk.config.replace("[newsletters.daily]", "[newsletters.other]")
    table = more[more.index("[newsletters.other]") : more.index("[collect]")]
    (desk.folder / "config.toml").write_text(f"{desk.config}\n{table}")

    said = desk.run(*command)

    cure = "is not given, and there are several; name one of: daily, other"
    assert (said.code, said.err) == (2, f"digest: {where} {cure}\n")


@pytest.mark.parametrize("command", ASKED)
def test_one_that_left_the_configuration_can_still_be_looked_at(desk, command):
    desk.configure("sample:")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    (desk.folder / "config.toml").write_text(desk.config.replace("s.daily]", "s.weekly]"))

    said = desk.run(*command, "--newsletter", "daily")

    assert said.code == 0
    assert ("ada@example.org" in said.out) == (command[0] == "subscribers")
    assert "1 subscriber, +1 in 30 days" in desk.run("stats", "daily").out
