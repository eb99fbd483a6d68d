"""The files of docs/deploy are what docs/operations.md says they are, and name what exists."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from digest.cli import COMMANDS

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "docs" / "deploy"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
UNIT = (DEPLOY / "digest@.service").read_text("utf-8")


def test_every_command_that_operations_names_is_one_of_ours():
    named = re.findall(
        r"(?:bin/digest|`digest|^digest)(?: --config \S+)? ([a-z]+)\b", OPERATIONS, re.MULTILINE
    )
    named += re.findall(r"digest@(\w+)\b", OPERATIONS + UNIT)
    named += re.findall(r'^CMD \["(\w+)"', DOCKERFILE, re.MULTILINE)

    assert len(named) > 8
    assert set(named) <= set(COMMANDS)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_is_as_little_exposed_as_operations_says():
    told = re.search(r"rates it (\d+\.\d)", OPERATIONS)
    assert told

    found = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", DEPLOY / "digest@.service"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip

    rated = re.search(r"exposure level for digest@\w+\.service: (\d+\.\d)", found)
    assert rated
    assert float(rated[1]) <= float(told[1])


def test_the_image_copies_what_is_there_runs_as_nobody_and_is_asked_whether_it_is_ready():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    missing = [name for line in copied for name in line.split() if not (ROOT / name).exists()]

    assert missing == []
    assert re.search(r"^USER (?!0|root)\d+:\d+$", DOCKERFILE, re.MULTILINE)
    assert "/readyz" in DOCKERFILE
    assert ":latest" not in DOCKERFILE
    assert all(
        "--require-hashes" in line or "--no-deps ." in line
        for line in DOCKERFILE.splitlines()
        if "pip install" in line
    )


def test_the_locked_file_of_the_tests_pins_the_driver_that_the_image_takes_from_it():
    pins = (ROOT / "requirements-dev.txt").read_text("utf-8")

    assert re.search(r"^psycopg==\S+.*\\\n    --hash=sha256:", pins, re.MULTILINE)
    assert re.search(r"^psycopg-binary==\S+.*\\\n    --hash=sha256:", pins, re.MULTILINE)


def test_the_composition_gives_digest_no_privilege_and_no_secret_in_the_open():
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))

    assert sorted(composed["services"]) == ["database", "digest"]
    ours = composed["services"]["digest"]
    assert "command" not in ours  # the image's own: `digest run`, which is all of it
    assert (ours["read_only"], ours["cap_drop"]) == (True, ["ALL"])
    assert ours["security_opt"] == ["no-new-privileges:true"]
    assert (DEPLOY / ours["build"]["context"] / ours["build"]["dockerfile"]).resolve() == (
        DEPLOY / "Dockerfile"
    )
    for service in composed["services"].values():
        assert set(service["secrets"]) <= set(composed["secrets"])
        secret = [name for name in service["environment"] if re.search("PASSWORD|URL", name)]
        assert [name for name in secret if not name.endswith("_FILE")] == []
        assert ":latest" not in service["image"]


def test_no_web_server_example_logs_the_links_of_readers():
    nginx = (DEPLOY / "nginx.conf").read_text("utf-8")
    caddy = (DEPLOY / "Caddyfile").read_text("utf-8")
    # Of an error both would tell the request with its link: nginx below crit, Caddy in this log.
    assert "access_log off;" in nginx
    assert re.search(r"^ +error_log \S+ crit;$", nginx, re.MULTILINE)
    first, _, site = caddy.partition("\n}\n")
    assert first.endswith("\n\n{\n\tlog {\n\t\texclude http.log.error\n\t}")
    assert not re.search(r"^\s*log\b", site, re.MULTILINE)
    for example in (nginx, caddy):
        assert "/metrics" in example


WITHOUT_VENV = """#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$3/bin"; ln -s "$(command -v true)" "$3/bin/python"; exit 1 ;;
*) exec PYTHON "$@" ;;
esac
"""


def test_a_venv_that_could_not_be_made_is_no_hindrance_to_the_next(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    python = tmp_path / "python"
    python.write_text(WITHOUT_VENV.replace("PYTHON", sys.executable))
    python.chmod(0o755)

    made = subprocess.run(
        ["make", f"PYTHON={python}", ".venv/bin/python"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert made.returncode != 0
    assert f"sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in made.stderr
    assert not (tmp_path / ".venv").exists()
