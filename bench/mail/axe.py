"""axe-core in a real Chromium: every rule it knows, over every mail, in both schemes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

from bench.mail import paper, shots
from bench.mail.proof import Proof

# A mail is shown inside the page of a mail program, which has the landmarks: axe's advice that a
# page have a main region is not for it. Its WCAG rules all are.
NOT_FOR_MAIL = ("region", "landmark-one-main")
SCRIPT = Path(axe_playwright_python.__file__).parent / "axe.min.js"


def prove(window: Page) -> Proof:
    """Issues at 640 and 375 px and letters at 375, each light and dark."""
    looked = 0
    wrong: list[str] = []
    for name, html, width in _views():
        for scheme in ("light", "dark"):
            said = inspect(window, html, width=width, scheme=scheme)
            looked += 1
            wrong += [f"{name}, {width} px, {scheme}: {one}" for one in said]
    return Proof(figure=len(wrong), said=f"{looked} views of mails", wrong=wrong)


def inspect(window: Page, html: str, *, width: int, scheme: str) -> list[str]:
    """``rule at element`` for each violation."""
    off = {rule: {"enabled": False} for rule in NOT_FOR_MAIL}
    with shots.opened(window, html, width=width, scheme=scheme, images="on") as page:
        page.add_script_tag(content=SCRIPT.read_text("utf-8"))
        said = page.evaluate(
            "rules => axe.run(document, {resultTypes: ['violations'], rules})", off
        )
    assert said["passes"], "axe looked at nothing"
    return [
        f"{rule['id']} at {node['target']}" for rule in said["violations"] for node in rule["nodes"]
    ]


def _views() -> Iterator[tuple[str, str, int]]:
    for theme in paper.THEMES:
        for language in paper.SCRIPTS:
            html = paper.sheet(theme, language).parts["text/html"]
            for width in (640, 375):
                yield f"{theme}-{language}", html, width
    for theme, kind, language in paper.LETTERS:
        html = paper.letter(theme, kind, language).parts["text/html"]
        yield f"{theme}-{kind}-{language}", html, 375
