"""The file of a correction: what is wrong with it is told with its story and key."""

from __future__ import annotations

import json

import pytest

from digest.cli import mended
from digest.errors import Misconfigured

STORY = {
    "title": "The lock gates swing",
    "url": "https://quayside.example/gates",
    "source": "Herald",
    "author": "",
    "topic": "harbour",
    "section": "",
    "place": "lead",
    "published": "2026-11-24T06:30:00+00:00",
    "minutes": 1,
    "summary": "They swung on Monday.",
    "language": "en",
    "picture": {"hash": "a", "width": 9, "height": 9, "alt": ""},
    "also": [{"title": "Gates", "url": "", "source": "Post"}],
}
SECOND = {**STORY, "url": "https://quayside.example/lamp"}


def read(tmp_path, told):
    path = tmp_path / "mended.json"
    path.write_text(json.dumps(told), "utf-8")
    return mended.stories(path)


def test_what_is_right_is_read_as_it_is(tmp_path):
    nameless = {**STORY, "url": "", "published": None, "picture": None, "also": []}

    assert read(tmp_path, [STORY, SECOND, nameless, nameless])[0] == STORY


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": " \n"}, "title is empty; readers would see nothing there"),
        ({"summary": 5}, "summary is 5, not a text in quotes"),
        ({"topic": None}, "topic is null, not a text in quotes"),
        ({"url": "gates"}, 'url is "gates"; write a web address, or "" for none'),
        ({"url": STORY["url"]}, f"is at {STORY['url']}, as story 1 is; tell it once"),
        ({"published": "2026-11-24"}, 'published is "2026-11-24"; write a time with its zone'),
        ({"minutes": "1"}, 'minutes is "1", not a whole number'),
        ({"headline": "x"}, "headline is no key of a story; see what"),
        ({"picture": "a.jpg"}, 'picture is "a.jpg", not an object in braces'),
        ({"picture": {**STORY["picture"], "width": "9"}}, 'picture.width is "9", not a number'),
        ({"also": "Post"}, 'also is "Post", not a list'),
        ({"also": [{"title": "Gates", "url": ""}]}, "also.source is missing; see what"),
    ],
)
def test_a_mistake_names_its_story_and_key(tmp_path, change, said):
    with pytest.raises(Misconfigured) as told:
        read(tmp_path, [STORY, {**SECOND, **change}])

    assert f"mended.json story 2: {said}" in str(told.value)


def test_a_key_that_is_gone_and_a_story_that_is_none_are_told(tmp_path):
    less = {key: value for key, value in STORY.items() if key != "title"}

    for told, said in [([less], "story 1: title is missing"), ([1], "story 1: it is 1, not")]:
        with pytest.raises(Misconfigured, match=said):
            read(tmp_path, told)
    with pytest.raises(Misconfigured, match="is no list of stories"):
        read(tmp_path, {"stories": []})
