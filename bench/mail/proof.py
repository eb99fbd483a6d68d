"""What a proof comes to, and the tools from outside that some of them need."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

NODE = Path(__file__).parent / "node"


class Missing(Exception):
    """A tool is not on this machine: the proof was not made, and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """``figure``: what the last line reports. ``wrong``: sentences; empty where it holds."""

    figure: int | float
    said: str
    wrong: list[str] = field(default_factory=list)


def command(name: str, package: str) -> str:
    """The path of a command. Raises Missing with the Debian package that has it."""
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not on the path; Debian's package {package} has it")
    return found


def node_folder() -> Path:
    """The folder with the checkers of npm, installed once from the pinned lock file."""
    npm = command("npm", "npm")
    lock = (NODE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "digest-mail-check" / hashlib.sha256(lock).hexdigest()[:16]
    for path in NODE.iterdir():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder)
    if not (folder / "node_modules" / ".package-lock.json").exists():
        asked = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"npm could not install the checkers: {done.stderr.strip()[-300:]}")
    return folder


def run(asked: list[str], *, stdin: bytes = b"", limit: float = 240, **more: str) -> bytes:
    """What ``asked`` prints. ``more``: additions to its environment. Raises Missing."""
    done = subprocess.run(
        asked,
        input=stdin,
        capture_output=True,
        timeout=limit,
        check=False,
        env={**os.environ, **more},
    )
    if done.returncode not in (0, 1):  # 1: it found something, and says what
        said = done.stderr.decode(errors="replace").strip()[-300:]
        raise Missing(f"{Path(asked[0]).name} failed with {done.returncode}: {said}")
    return done.stdout
