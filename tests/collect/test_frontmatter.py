from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.collect.frontmatter import Front, split
from digest.errors import Permanent
from digest.model import DateSource


def test_a_text_without_a_head_is_all_body():
    assert split("Hello\n\n---\n\nWorld") == (Front(), "Hello\n\n---\n\nWorld")


def test_toml_is_read():
    front, body = split('+++\ntitle = "T"\ndate = 2026-11-24\ntags = ["a"]\n+++\nBody')

    assert (front.title, front.tags, body) == ("T", ("a",), "Body")
    assert (front.dated.at, front.dated.day_only) == (datetime(2026, 11, 24, tzinfo=UTC), True)


@pytest.mark.parametrize(
    ("said", "hour", "day_only"),
    [
        ("2026-11-24", 0, True),
        ("2026-11-24 05:30:00", 5, False),
        ("'2026-11-24T05:30:00+01:00'", 4, False),
    ],
)
def test_dates_in_every_spelling(said, hour, day_only):
    front, _ = split(f"---\ndate: {said}\n---\n")

    assert (front.dated.at.hour, front.dated.day_only) == (hour, day_only)


def test_authors_and_categories_may_be_lists_or_tables():
    front, _ = split("---\nauthors:\n  - name: Ada\n  - Grace\ncategories: a, b\n---\n")

    assert (front.author, front.tags) == ("Ada, Grace", ("a", "b"))


def test_windows_line_ends_and_a_mark_are_no_matter():
    front, body = split("\ufeff---\r\ntitle: T\r\n---\r\nBody")

    assert (front.title, body) == ("T", "Body")


def test_a_rule_at_the_top_is_no_head():
    assert split("---\njust words\n---\nBody")[0] == Front()


@pytest.mark.parametrize("head", ["---\ntitle: [\n---\n", "+++\ntitle = \n+++\n"])
def test_a_broken_head_is_named(head):
    with pytest.raises(Permanent, match="front matter cannot be read"):
        split(head)


def test_a_date_that_is_none_is_left_out():
    assert split("---\ndate: soon\ntitle: 2026\n---\n")[0] == Front(title="2026")


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("30 November 2026", datetime(2026, 11, 30, tzinfo=UTC)),
        ("30.11.2026", datetime(2026, 11, 30, tzinfo=UTC)),
        ("11/30/2026", datetime(2026, 11, 30, tzinfo=UTC)),
        ("03/04/2026\nlang: en-US", datetime(2026, 3, 4, tzinfo=UTC)),
        ("03/04/2026", None),
    ],
)
def test_a_date_as_people_write_it_is_read(said, at):
    front, _ = split(f"---\ndate: {said}\n---\n")

    found = front.dated
    assert (found and (found.at, found.source)) == (at and (at, DateSource.FRONT_MATTER))


@pytest.mark.parametrize("head", ["draft: true", "published: false", "status: Draft"])
def test_a_draft_is_one_however_its_generator_says_it(head):
    assert split(f"---\n{head}\n---\nBody")[0].draft


def test_the_day_of_publication_may_go_by_another_name():
    front, _ = split("---\npublishDate: 2026-11-24\n---\n")

    assert front.dated.at == datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(("head", "mark"), [("---\ntitle: T", "---"), ("+++\ntitle = 'T'", "+++")])
def test_a_head_that_does_not_end_is_named(head, mark):
    with pytest.raises(Permanent) as error:
        split(f"{head}\n\nBody")

    assert str(error.value) == f"its front matter does not end; close it with a line {mark}"


def test_prose_under_a_rule_is_no_head_that_does_not_end():
    assert split("---\n\nNote: the bridge is open.")[0] == Front()
