from __future__ import annotations

import os
from pathlib import Path

import pytest

from digest.config import document
from digest.config.problems import ConfigErrors
from digest.errors import Misconfigured
from tests.config.conftest import GOOD, Mistakes, Read, Write

LINES = GOOD.count("\n")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("weight = ", 'weight has no value; write one, such as "" for none'),
        ("topic = harbour", 'topic is text without quotes; write "harbour"'),
        ("topic = 06:30", 'topic is text without quotes; write "06:30"'),
        ("hour = 6:30", 'hour is text without quotes; write "06:30"'),
        ("topic = “harbour”", 'topic is text without quotes; write "harbour"'),
        ("topic = „6:30“", 'topic is text without quotes; write "06:30"'),
        ('topic = "harbour",', 'topic ends with ","; write "harbour" alone'),
        ("topic = 'harbour';", "topic ends with \";\"; write 'harbour' alone"),
        ("topic = True", "topic is True; write true"),
        ("topic = yes", "topic is yes; write true"),
        (
            'topic = "harbour',
            'topic is a text that breaks off; close it with ", or begin it with """',
        ),
        ('topic = "a" "b"', "topic has more on the line than one value; put text in quotes"),
        ("topic", 'syntax has no value; write KEY = VALUE, such as title = "The Quayside"'),
        ("[collect", "syntax is a table name that never ends; close it with ]"),
        (
            "[newsletters.Daily News] # ours",
            "[newsletters.Daily News] has a blank in its name; write [newsletters.daily-news]",
        ),
        ("[[collect.séa]]", '[[collect.séa]] has "é" in its name; write [[collect.s-a]]'),
        ("[[topics]", "syntax is a table name that never ends; close it with ]]"),
        ('topic = "C:\\path"', "topic holds a lone backslash; write \\\\ or use 'single quotes'"),
        (
            'topic = "\\u12"',
            "topic holds a broken \\u escape; write four hexadecimal digits after \\u",
        ),
        ("???", "syntax is neither KEY = VALUE nor [TABLE]; begin comments with #"),
        (
            "topic = { a = 1, a = 2 }",
            "collect.sources[1].topic.a is given twice, first on line 12; keep one of them",
        ),
        (
            'name = "again"',
            "collect.sources[1].name is given twice, first on line 11; keep one of them",
        ),
        ("[site]", "[site] is given twice, first on line 1; put its keys together"),
        (
            '[collect.sources]\nlocation = "a.txt"',
            "[collect.sources] is one of several; write [[collect.sources]]",
        ),
        (
            "[newsletters.daily.title]",
            "syntax contradicts an earlier line that gives the same key or table; keep one of them",
        ),
    ],
)
def test_a_syntax_error_is_told_in_plain_words(mistakes: Mistakes, line: str, told: str):
    assert mistakes(f"{GOOD}{line}\n") == [f"{LINES + 1} {told}"]


@pytest.mark.parametrize(
    ("never_ends", "told"),
    [
        ('topic = ["a",', "is a list that never ends; close it with ]"),
        ("topic = { a = 1", "is a table that never ends; close it with }, all on one line"),
        ('topic = """', "is a text that never ends; close it with the quote it began with"),
        ("topic = '''x", "is a text that never ends; close it with '''"),
    ],
)
def test_what_never_ends_is_told_where_it_begins(mistakes: Mistakes, never_ends: str, told: str):
    assert mistakes(f"{GOOD}{never_ends}\n\n# more\n") == [f"{LINES + 1} topic {told}"]


def test_a_list_that_is_not_closed_is_told_at_its_key_and_not_at_the_next(mistakes: Mistakes):
    assert mistakes('topics = ["a", "b"\n\nsite = 1\n') == [
        "1 topics is a list that never ends; close it with ]"
    ]


def test_a_bare_word_in_a_list_of_several_lines_is_told_on_its_own_line(mistakes: Mistakes):
    assert mistakes(f'{GOOD}topic = [\n  "a",\n  harbour, # no quotes\n]\n') == [
        f'{LINES + 3} syntax is text without quotes; write "harbour"'
    ]


def test_a_deep_list_that_can_be_read_is_told_at_its_key(mistakes: Mistakes):
    deep = "[" * 100 + "]" * 100

    assert mistakes(f"{GOOD}topic = {deep}\n") == [
        f"{LINES + 1} collect.sources[1].topic is a list, not text; write text in quotes"
    ]


def test_carriage_returns_tabs_and_a_byte_order_mark_are_fine(read: Read):
    text = "\ufeff" + GOOD.replace("\n", "\r\n").replace(" = ", "\t=\t")

    loaded = read(text)

    assert loaded.settings.site.name == "Harrow Quay Library"
    assert loaded.origins["site.name"] == "config.toml:2"


def test_lines_are_right_in_a_file_with_carriage_returns(mistakes: Mistakes):
    assert mistakes(GOOD.replace("\n", "\r\n") + "wieght = 2\r\n") == [
        f"{LINES + 1} collect.sources[1].wieght is not a key here; did you mean weight?"
    ]


def test_a_file_in_another_encoding_is_told_with_the_line_of_the_byte(write: Write):
    path = write()
    path.write_bytes(GOOD.encode() + "topic = 'caf\xe9'".encode("latin-1"))

    with pytest.raises(ConfigErrors) as caught:
        document.read(path)

    assert [str(problem) for problem in caught.value.problems] == [
        f"config.toml:{LINES + 1}  encoding  byte 0xe9 is not UTF-8; save the file as UTF-8"
    ]


def test_a_utf_16_file_is_told(write: Write):
    path = write()
    path.write_bytes(GOOD.encode("utf-16"))

    with pytest.raises(ConfigErrors, match="is UTF-16; save the file as UTF-8"):
        document.read(path)


@pytest.mark.parametrize("text", ["", "\n\n", "# only words\n", "\ufeff"])
def test_an_empty_file_is_told_once(write: Write, text: str):
    with pytest.raises(Misconfigured, match=r"config.toml says nothing.*`digest init DIR`"):
        document.read(write(text))


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path):
    (tmp_path / "config.toml").mkdir()

    with pytest.raises(Misconfigured, match=r"is no file; give the path of a config.toml"):
        document.read(tmp_path / "config.toml")


def test_a_file_that_never_ends_is_not_read():
    with pytest.raises(Misconfigured, match="is no file"):
        document.read(Path("/dev/zero"))


def test_a_huge_file_is_not_read(write: Write):
    path = write()
    with path.open("r+b") as file:
        file.truncate(document.MAX_BYTES + 1)

    with pytest.raises(Misconfigured, match="is larger than 4 MB"):
        document.read(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_this_user_may_not_read_is_told(write: Write):
    path = write()
    path.chmod(0o000)
    reader = os.fork()
    if reader == 0:
        try:
            path.parent.chmod(0o755)
            os.setuid(65534)
            document.read(path)
        except Misconfigured as error:
            os._exit(0 if "chmod u+r" in str(error) or "is no file" in str(error) else 1)
        finally:
            os._exit(2)

    assert os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]) == 0


def test_lists_nested_without_end_are_refused_in_one_sentence(write: Write):
    with pytest.raises(Misconfigured, match="nests lists too deeply"):
        document.read(write(f"a = {'[' * 100_000}{']' * 100_000}"))
