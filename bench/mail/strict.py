"""The official MJML, strict: it accepts what our templates say to it, after Jinja."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from bench.mail import paper
from bench.mail.proof import Proof, command, node_folder, run


def prove() -> Proof:
    """Every issue and letter in every theme."""
    node = command("node", "nodejs")
    folder = node_folder()
    with tempfile.TemporaryDirectory() as sources:
        paths = []
        for name, mjml in paper.every_mjml():
            path = Path(sources) / f"{name}.mjml"
            path.write_text(mjml, "utf-8")
            paths.append(str(path))
        said = json.loads(run([node, str(folder / "strict.mjs"), *paths]))
    wrong = [
        f"{Path(one['path']).stem}, line {one['line']}: <{one['tag']}> {one['message']}"
        for one in said
    ]
    return Proof(figure=len(wrong), said=f"{len(paths)} templates after Jinja", wrong=wrong)
