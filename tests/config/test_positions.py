from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from digest.config.positions import Key, layout

TEXT = '''\
title = "top"                # 1
site.name = 'dotted'         # 2
site."quoted key" = 3

[newsletters]                # 5
[newsletters.daily]
intro = """
[not.a.table]
key = "not a key" # no comment
"""
sections = [                 # 11
  { topic = "a", title = "A" },  # 12
  # a comment with ] in it
  { topic = "b", deeper = { x = [1, 2] } },
]
hour = 06:30:00              # 16
at = 1979-05-27 07:32:00     # 17

[[collect.sources]]          # 19
location = "x"
[collect.sources.more]       # 21
a = 1
[[ collect . "sources" ]]    # 23
location = 'C:\\#no'
empty = []
also = {}
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("title",), 1),
        (("site",), 2),
        (("site", "name"), 2),
        (("site", "quoted key"), 3),
        (("newsletters",), 5),
        (("newsletters", "daily"), 6),
        (("newsletters", "daily", "intro"), 7),
        (("newsletters", "daily", "sections"), 11),
        (("newsletters", "daily", "sections", 0), 12),
        (("newsletters", "daily", "sections", 0, "title"), 12),
        (("newsletters", "daily", "sections", 1, "deeper", "x", 1), 14),
        (("newsletters", "daily", "hour"), 16),
        (("newsletters", "daily", "at"), 17),
        (("collect",), 19),
        (("collect", "sources"), 19),
        (("collect", "sources", 0), 19),
        (("collect", "sources", 0, "more"), 21),
        (("collect", "sources", 0, "more", "a"), 22),
        (("collect", "sources", 1), 23),
        (("collect", "sources", 1, "location"), 24),
        (("collect", "sources", 1, "empty"), 25),
    ],
)
def test_a_key_is_found_on_its_line(key: Key, line: int):
    assert layout(TEXT).places[key].line == line


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_missing_key_is_told_at_the_table_around_it(newline: str):
    text = TEXT.replace("\n", newline)

    found = layout(text)

    assert found.line(("collect", "sources", 1, "name")) == 23
    assert found.line(("nowhere", "at", "all")) == 1


def test_the_span_of_a_value_is_the_value_alone():
    place = layout(TEXT).places["newsletters", "daily", "at"]

    assert TEXT[place.start : place.end] == "1979-05-27 07:32:00"


def test_a_table_ends_with_its_own_last_line():
    headers = {header.key: header for header in layout(TEXT).headers}

    own = headers["collect", "sources", 0]

    assert TEXT[own.start : own.end] == '[[collect.sources]]          # 19\nlocation = "x"\n'


@pytest.mark.parametrize(
    ("text", "key", "line", "first"),
    [
        ("a = 1\nb = 2\na = 3\n", ("a",), 3, 1),
        ("[t]\nx = 1\n[u]\n[t]\n", ("t",), 4, 1),
        ("[t]\nx.y = 1\nx.y = 2\n", ("t", "x", "y"), 3, 2),
        ("t = { a = 1, a = 2 }\n", ("t", "a"), 1, 1),
    ],
)
def test_what_is_given_twice_is_noted_with_both_lines(text: str, key: Key, line: int, first: int):
    twice = layout(text).twice

    assert twice is not None
    assert (twice.key, twice.line, twice.first) == (key, line, first)


@pytest.mark.parametrize(
    "broken", ["a = ", "a", "[x", "a = [1, 2", "a = {x = 1", '"\\u12" = 1', "="]
)
def test_text_that_is_no_toml_is_read_up_to_the_mistake(broken: str):
    found = layout(f"first = 1\n{broken}")

    assert found.places["first",].line == 1


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
scalars = st.one_of(
    texts,
    st.integers(-(2**60), 2**60),
    st.booleans(),
    st.floats(allow_nan=False),
    st.dates(date(1900, 1, 1)),
    st.datetimes(datetime(1900, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001 -- TOML's local time
    st.times().map(lambda at: at.replace(microsecond=0)),
)
trees = st.dictionaries(
    texts,
    st.recursive(
        scalars,
        lambda below: st.one_of(
            st.lists(below, max_size=3), st.dictionaries(texts, below, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


def _values(here: object, key: Key = ()) -> Iterator[tuple[Key, object]]:
    if isinstance(here, dict):
        for name, below in here.items():
            yield from _values(below, (*key, name))
    elif isinstance(here, list):
        for index, below in enumerate(here):
            yield from _values(below, (*key, index))
    elif isinstance(here, str | int | float | date | time):
        yield key, here


@given(trees)
def test_every_value_of_any_document_stands_where_it_is_said_to_stand(tree: dict[str, object]):
    text = tomlkit.dumps(tree)
    parsed = tomllib.loads(text)

    places = layout(text).places

    said = {
        key: tomllib.loads(f"x = {text[places[key].start : places[key].end]}")["x"]
        for key, _ in _values(parsed)
    }
    assert said == dict(_values(parsed))
