from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from digest.collect import files
from digest.errors import Misconfigured
from digest.model import DateSource, Form, SourceKind
from tests.builders import a_source


def read(folder, location=".", **given):
    source = a_source(location, kind=SourceKind.FILES, **given)
    return files.read(location, folder=folder, source=source)


def test_html_markdown_and_text_are_read_and_nothing_about_the_folder(tmp_path):
    for name in ("a.html", "b.md", "c.txt", "d.pdf", "README.md", "LICENSE.txt", ".hidden.txt"):
        (tmp_path / name).write_text("Some words.")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "e.htm").write_text("<p>More</p>")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "f.txt").write_text("no")

    parsed = read(tmp_path)

    assert {(item.url.rpartition("/")[2], item.form) for item in parsed.items} == {
        ("a.html", Form.PAGE),
        ("b.md", Form.MARKDOWN),
        ("c.txt", Form.TEXT),
        ("e.htm", Form.PAGE),
    }


def test_a_file_is_dated_by_its_time_which_is_a_bound(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Words")
    os.utime(path, (1_000_000_000, 1_000_000_000))

    (item,) = read(tmp_path, "a.txt").items

    assert (item.dated.at, item.dated.source, item.dated.exact) == (
        datetime.fromtimestamp(1_000_000_000, UTC),
        DateSource.FILE,
        False,
    )


def test_a_glob_chooses(tmp_path):
    for name in ("a.md", "b.txt"):
        (tmp_path / name).write_text("Words")

    assert [item.url[-4:] for item in read(tmp_path, "*.md").items] == ["a.md"]
    assert [item.url[-4:] for item in read(tmp_path, "**/*.md").items] == ["a.md"]


def test_front_matter_is_heeded(tmp_path):
    (tmp_path / "a.md").write_text(
        "---\ntitle: Fish Lane\ndate: 2026-11-24T05:00:00+01:00\nauthor: The clerk\n"
        "tags: [town, market]\nimage: /m.jpg\nlang: en-GB\nurl: https://town.example/fish\n---\n\nBody."
    )

    (item,) = read(tmp_path).items

    assert (item.title, item.author, item.tags, item.language) == (
        "Fish Lane",
        "The clerk",
        ("town", "market"),
        "en",
    )
    assert (item.url, item.image) == ("https://town.example/fish", "https://town.example/m.jpg")
    assert item.dated.at == datetime(2026, 11, 24, 4, tzinfo=UTC)
    assert item.content.strip() == "Body."


def test_drafts_stay_drafts(tmp_path):
    (tmp_path / "a.md").write_text("+++\ndraft = true\n+++\nBody.")

    assert read(tmp_path).items == ()


def test_what_cannot_be_read_is_noted_and_stops_nothing(tmp_path):
    (tmp_path / "good.txt").write_text("Words")
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "binary.txt").write_bytes(b"\x00\x01\x02")
    (tmp_path / "broken.md").write_text("---\ntitle: [\n---\n")
    (tmp_path / "big.txt").write_text("x" * 5_000_001)
    (tmp_path / "loop.txt").symlink_to("loop.txt")

    parsed = read(tmp_path)

    assert [item.url.rpartition("/")[2] for item in parsed.items] == ["good.txt"]
    notes = "\n".join(sorted(parsed.notes))
    assert "big.txt: is larger than 5,000,000 bytes" in notes
    assert "binary.txt: is binary" in notes
    assert "broken.md: its front matter cannot be read" in notes
    assert "empty.txt: is empty" in notes
    assert "loop.txt: cannot be read" in notes


def test_a_symlink_out_of_the_folder_is_not_followed(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("private")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.txt").symlink_to(secret)
    (inside / "b.txt").write_text("Words")
    (inside / "c.txt").symlink_to(inside / "b.txt")

    parsed = read(tmp_path, "inside")

    assert parsed.notes == ("a.txt: leads out of the folder and is not read",)
    assert len(parsed.items) == 2


def test_only_the_newest_are_read(tmp_path):
    for n in range(4):
        (tmp_path / f"{n}.txt").write_text("Words")
        os.utime(tmp_path / f"{n}.txt", (n, n))

    parsed = read(tmp_path, max_items=2)

    assert [item.url[-5:] for item in parsed.items] == ["3.txt", "2.txt"]
    assert parsed.notes == ("2 older files were left unread (max_items is 2)",)


@pytest.mark.parametrize("location", ["nowhere", "nowhere/*.txt"])
def test_a_place_that_is_not_there_is_named_with_the_cure(tmp_path, location):
    with pytest.raises(Misconfigured) as raised:
        read(tmp_path, location)

    assert str(raised.value) == f"{location} is not there ({tmp_path / location}); check the path"


def test_a_whole_path_that_is_not_there_is_named_once(tmp_path):
    with pytest.raises(Misconfigured) as raised:
        read(tmp_path, str(tmp_path / "nowhere"))

    assert str(raised.value) == f"{tmp_path / 'nowhere'} is not there; check the path"


def test_an_unreadable_file_is_noted(common_folder):
    (common_folder / "a.txt").write_text("Words")
    (common_folder / "a.txt").chmod(0)

    assert read(common_folder).notes == ("a.txt: cannot be read: Permission denied",)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("early.md", "---\ndate: 0001-01-01T00:00:00+01:00\n---\n\nGates."),
        ("half.md", '---\ntitle: "Gates \\ud83d"\n---\n\nGates.'),
        ("undefined.html", "<meta charset=undefined><p>Gät</p>"),
        ("escaped.html", "<meta charset=unicode_escape><p>Gät \\ud83d</p>"),
    ],
)
def test_what_a_file_says_amiss_costs_nothing_else_of_it(tmp_path, name, content):
    (tmp_path / name).write_text(content, "latin-1")

    (item,) = read(tmp_path).items

    assert "G" in item.content
    assert f"{item.title}{item.content}".encode()


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("a: " + "[" * 20_000, "front matter cannot be read (maximum recursion depth"),
        ("a: &a [x]\nb: *a", "it uses an alias (*name); write the value out"),
        ("title: 0x" + "f" * 9_000, "cannot be read (ValueError: Exceeds the limit"),
    ],
)
def test_front_matter_beyond_reading_is_a_note_and_the_other_files_are_read(tmp_path, head, said):
    (tmp_path / "a.md").write_text(f"---\n{head}\n---\n\nBody.")
    (tmp_path / "b.md").write_text("Words")

    parsed = read(tmp_path)

    assert [item.url[-4:] for item in parsed.items] == ["b.md"]
    (note,) = parsed.notes
    assert note.startswith("a.md: ")
    assert said in note


def test_a_folder_below_that_cannot_be_read_is_noted(tmp_path):
    (tmp_path / "a.md").write_text("Words")
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):  # longer together than any path may be
        os.mkdir("n" * 250, dir_fd=here)
        there = os.open("n" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(here)

    parsed = read(tmp_path)

    assert len(parsed.items) == 1
    assert parsed.notes == (f"{'n' * 250}: cannot be looked into: File name too long",)


def test_a_location_that_cannot_be_looked_at_is_named(tmp_path):
    with pytest.raises(Misconfigured, match="cannot be looked at: File name too long"):
        read(tmp_path, "n" * 300)
