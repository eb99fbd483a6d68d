"""What is written for people, in documents and in the program's sentences, names what is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from digest.cli import digest
from digest.config.load import load_text
from tests.cli.test_subscribers import CONFIG
from tests.test_house import DOCS, ROOT, SOURCES

TOLD = [*DOCS, ROOT / "CHANGELOG.md", ROOT / "config.toml", *(ROOT / "docs" / "deploy").iterdir()]
COMMAND = re.compile(
    r"`(?:\S*bin/)?digest ((?:[^`\n]|\n(?!\n))+)`"  # in a sentence
    r"|^ *(?:sudo (?:--\S+ )*-u digest )?(?:\S*bin/)?digest ((?:-|[a-z]+\b(?!:)).*?)(?: #.*)?$",  # on a line
    re.MULTILINE,
)
RELAY = '[[deliver.relays]]\nname = "main"\nhost = "127.0.0.1"\nport = 25\n'


def commands(text: str) -> Iterator[str]:
    """``issues list|show`` is two."""
    for found in COMMAND.finditer(text):
        words = re.sub(r"\s+", " ", found[1] or found[2]).replace("\\|", "|").split()
        several = next((word for word in words if re.fullmatch(r"[a-z-]+(\|[a-z-]+)+", word)), "")
        for one in several.split("|"):
            yield " ".join(one if word == several else word for word in words)


def unknown(line: str) -> str:
    """The first command or option of the line that is none of ours."""
    command: click.Command = digest
    context = click.Context(digest)
    ours = {"--help", "--version"}
    words = iter(word.strip("`.,;:()\"'") for word in line.split())
    for word in words:
        ours |= {o for p in command.params for o in p.opts}
        if word.startswith("--"):
            if word.partition("=")[0] not in ours:
                return word
            if word == "--config":
                next(words)
        elif isinstance(command, click.Group) and word not in ("COMMAND", "%i", ""):
            inner = command.get_command(context, word)
            if inner is None:
                return word
            command = inner
    return ""


def sentences(path: Path) -> Iterator[str]:
    """The texts of a module, without what is filled in."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(v.value if isinstance(v, ast.Constant) else "" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", TOLD, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_no_command_or_option_that_is_not_there(path):
    told = list(commands(path.read_text("utf-8")))

    assert {line: unknown(line) for line in told if unknown(line)} == {}


def test_the_program_names_no_command_or_option_of_its_own_that_is_not_there():
    told = [
        (str(path.relative_to(ROOT)), line)
        for path in SOURCES
        for text in sentences(path)
        for line in commands(text)
    ]

    assert len(told) > 100
    assert {(name, line): unknown(line) for name, line in told if unknown(line)} == {}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [("issues list --all", "--all"), ("issue list", "issue"), ("--config X sent", "sent")],
)
def test_one_that_is_not_there_would_be_found(line, wrong):
    assert unknown(line) == wrong


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_heading_has_its_heading(path):
    links = re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", path.read_text("utf-8"))

    lost = [
        f"{page}#{heading}"
        for page, heading in links
        if not page.startswith("http") and heading not in _headings(path.parent / page, path)
    ]
    assert lost == []


def _headings(page: Path, here: Path) -> set[str]:
    text = (here if page.is_dir() else page).read_text("utf-8")
    said = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w -]", "", one.lower()).strip().replace(" ", "-") for one in said}


def test_every_module_that_touches_the_world_is_in_the_table_of_the_architecture():
    table = (ROOT / "docs" / "ARCHITECTURE.md").read_text("utf-8").partition("is touched\n")[2]
    told = re.findall(r"`(digest/[a-z_/.]+)`", table.partition("\n## ")[0])
    touching = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "~ world" in path.read_text("utf-8").partition("\n")[0]
    ]

    assert [name for name in touching if not name.startswith(tuple(told))] == []
    assert [name for name in told if not (ROOT / name).exists()] == []


def examples() -> list[tuple[str, str]]:
    found = []
    for path in DOCS:
        for block in re.findall(r"(?ms)^ *```toml\n(.*?)^ *```", path.read_text("utf-8")):
            text = re.sub(r"(?m)^ +(?=[\[\w])", "", block)
            if text.startswith("["):  # else it is no part of config.toml
                found.append((path.name, text))
    return found


@pytest.mark.parametrize(("name", "text"), examples())
def test_every_example_of_a_configuration_is_one(name, text, tmp_path):
    (tmp_path / "templates").mkdir()
    text = text if "[[deliver.relays]]" in text else RELAY + text

    load_text(CONFIG + text, tmp_path / "config.toml", {})
