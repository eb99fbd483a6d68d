"""What asks first, and what is asked for in vain."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import desk

__all__ = ["desk"]


@pytest.fixture
def sent(desk):
    desk.configure("sample:")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    desk.run("send", "--yes")
    return desk


def test_what_asks_first_says_how_to_go_on_where_nobody_answers(sent):
    for command, rest in (
        ("send", ("--extra", "--since", "2026-01-01T00:00Z")),
        ("issues cancel", (1,)),
        ("issues correct", (1, "--note", "A name was wrong.")),
        ("subscribers erase", ("ada@example.org",)),
    ):
        said = sent.run(*command.split(), *rest)

        cure = "asks first, and nobody is there to answer; say --yes"
        assert (said.code, said.err.splitlines()[-1]) == (2, f"digest: digest {command} {cure}")
    assert len(sent.run("issues", "list", "--json").json) == 1
    assert sent.run("subscribers", "show", "ada@example.org").code == 0


def test_options_of_a_rehearsal_and_of_a_send_are_not_mixed(desk):
    desk.configure("sample:")

    out = desk.run("send", "--yes", "--out", "here")
    to = desk.run("send", "--dry-run", "--to", "ada@example.org")

    assert (out.code, out.err) == (
        2,
        "digest: --out is where a rehearsal is written; say --dry-run, too\n",
    )
    assert to.code == 2
    assert "--to sends a test and --dry-run sends nothing" in to.err
