"""The W3C's HTML checker over every mail; what is accepted is explained in accepted.toml."""

from __future__ import annotations

import json
import re
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

from bench.mail import paper
from bench.mail.proof import Proof, command, node_folder, run

ACCEPTED = Path(__file__).with_name("accepted.toml")


def prove() -> Proof:
    """Errors and warnings that accepted.toml does not explain."""
    java = command("java", "default-jre-headless")
    jar = node_folder() / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(_put(Path(folder), name, html)) for name, html in paper.every_html()]
        printed = run([java, "-jar", str(jar), "--format", "json", "--stdout", *paths])
    messages = [one for one in json.loads(printed)["messages"] if one["type"] != "info"
                or one.get("subType") == "warning"]  # fmt: skip
    explained = Counter[str]()
    wrong: list[str] = []
    for message in messages:
        reason = accepted(message["message"])
        if reason:
            explained[reason] += 1
        else:
            name = Path(message.get("url", "")).stem
            extract = " ".join(message.get("extract", "").split())[:160]
            wrong.append(f"{name}: {message['message']} ({extract})")
    unused = [one["message"] for one in _table() if one["because"] not in explained]
    wrong += [f"accepted.toml explains what no mail has: {pattern}" for pattern in unused]
    return Proof(
        figure=len(wrong),
        said=f"{len(paths)} mails, {sum(explained.values())} messages explained in accepted.toml",
        wrong=wrong,
    )


def accepted(message: str) -> str:
    """Why this message of the checker is accepted, or empty."""
    return next((one["because"] for one in _table() if re.search(one["message"], message)), "")


def _table() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = tomllib.loads(ACCEPTED.read_text("utf-8"))["accepted"]
    return rows


def _put(folder: Path, name: str, html: str) -> Path:
    path = folder / f"{name}.html"
    path.write_text(html, "utf-8")
    return path
