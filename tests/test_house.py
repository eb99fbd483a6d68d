"""The house keeps its own rules: sizes, documents that tell everything, files that name no index."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import click
import pytest

from digest.cli import digest
from digest.config.load import leaves
from digest.config.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = [
    path
    for folder in ("digest", "subscribers")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]


def commands(group=digest, path=()):
    context = click.Context(digest)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_and_option_is_documented(name, command):
    told = (ROOT / "docs" / "commands.md").read_text("utf-8")
    heading = re.search(rf"^### `digest {name}\b.*?(?=^##|\Z)", told, re.MULTILINE | re.DOTALL)

    assert heading, f"docs/commands.md has no section for `digest {name}`"
    options = [o for p in command.params if isinstance(p, click.Option) for o in p.opts]
    missing = [option for option in options if f"`{option}" not in heading[0]]
    assert missing == []


def test_no_command_is_documented_that_is_not_there():
    told = (ROOT / "docs" / "commands.md").read_text("utf-8")

    documented = re.findall(r"^### `digest ([a-z -]+?)(?: [A-Z[]|`)", told, re.MULTILINE)
    assert sorted(documented) == sorted(name for name, _ in commands())


def test_every_key_of_the_configuration_is_documented_and_shipped():
    from digest.config.load import load_for

    settings: Settings = load_for(ROOT / "config.toml").settings
    told = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    shipped = (ROOT / "config.toml").read_text("utf-8")

    for key, value in leaves(settings):
        named = [str(part) for part in key if isinstance(part, str)]
        if named[0] == "newsletters":
            named[1] = "NAME"
        if named == ["folder"] or (value == () and f"[[{'.'.join(named)}]]" in told):
            continue
        assert f"`{'.'.join(named)}`" in told, named
        assert re.search(rf"\b{named[-1]}\b", shipped), named


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_the_documents_leads_somewhere(path):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8"))

    lost = [
        link
        for link in links
        if not link.startswith(("http", "mailto:")) and not (path.parent / link).exists()
    ]
    assert lost == []


def test_files_are_small_enough_to_be_read():
    sizes = {str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines()) for p in SOURCES}

    assert {name: lines for name, lines in sizes.items() if lines > 300} == {}


def test_functions_are_small_enough_to_be_read():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno - _docstring(node) >= 50
    ]

    assert long == []


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) - first.lineno + 1 if told else 0


def test_every_module_says_what_comes_in_and_what_goes_out():
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.read_text("utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]

    assert silent == []


def test_only_one_module_asks_the_machine_its_time():
    asking = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(r"datetime\.(?:now|utcnow|today)\(|\btime\.time\(", path.read_text("utf-8"))
    ]

    assert asking == ["digest/clock.py"]


@pytest.mark.parametrize("path", sorted((ROOT / "bench").glob("*.py")), ids=lambda path: path.stem)
def test_every_bench_can_be_started_and_says_what_it_measures(path, monkeypatch, capsys):
    bench = importlib.import_module(f"bench.{path.stem}")

    if "ArgumentParser" in path.read_text("utf-8"):
        monkeypatch.setattr(sys, "argv", [path.stem, "--help"])
        with pytest.raises(SystemExit):
            bench.main()
        assert bench.__doc__ in capsys.readouterr().out


def test_each_library_in_use_is_declared_and_each_declared_one_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = project["dependencies"], *project["optional-dependencies"].values()
    declared = {_library(line) for group in groups for line in group}
    whose = metadata.packages_distributions()
    imported = {
        name.partition(".")[0]
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in _imported(node)
    }
    used = {_library(lib) for name in imported for lib in whose.get(name, ())}
    reasons = (ROOT / "docs/decisions/0001-dependencies.md").read_text("utf-8").lower()

    assert used - declared - {_library(project["name"])} == set()
    assert [name for name in sorted(declared) if not re.search(_spelled(name), reasons)] == []


def _library(line):
    return re.match(r"[\w.-]+", line)[0].lower().replace("_", "-")


def _spelled(name):
    return rf"\b{re.escape(name)}\b"


def _imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []


def test_no_tracked_file_names_a_package_index():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    hosts = ("files.python" + "hosted.org", "pypi." + "org", "registry.npm" + "js.org")
    lines = [
        f"{name}: {host}"
        for name in listed
        if (ROOT / name).suffix in (".txt", ".toml", ".md", ".py", ".cfg", ".json", "")
        for host in hosts
        if (ROOT / name).is_file() and host in (ROOT / name).read_text("utf-8", "replace")
    ]

    assert lines == []


def test_every_requirement_is_pinned_and_hashed():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text("utf-8")
        wanted = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert wanted
        assert [line for line in wanted if "==" not in line or line.startswith("--")] == []
        assert text.count("==") <= text.count("--hash=sha256:")


def test_every_finding_of_lint_is_documented():
    told = (ROOT / "docs" / "templates.md").read_text("utf-8")
    sources = "".join(path.read_text("utf-8") for path in SOURCES)

    codes = set(re.findall(r"\b(?:stop|warn)\(\s*\"([a-z-]+)\"", sources))
    assert {"no-unsubscribe", "faint", "dead-link", "one-click"} <= codes
    assert {code for code in codes if f"`{code}`" not in told} == set()
