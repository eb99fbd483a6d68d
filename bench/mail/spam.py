"""SpamAssassin with its local rules alone: no filter on the network is asked."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from bench.mail import paper
from bench.mail.proof import Missing, Proof, command, run

MOST = 1.0
_SCORE = re.compile(r"\((-?\d+\.\d) points, \d")
_RULE = re.compile(r"^ *(-?\d+\.\d) ([A-Z][A-Z0-9_]+) +(.*)$", re.MULTILINE)


def prove() -> Proof:
    """The worst score of the three themes, and what each rule gave it."""
    worst, told = -99.0, ""
    for theme in paper.THEMES:
        score, rules = points(paper.sheet(theme, "en").message)
        if score > worst:
            worst, told = score, f"{theme}: " + ", ".join(f"{n} {rule}" for n, rule in rules)
    wrong = [f"{worst} points, at most {MOST} are fine"] if worst > MOST else []
    return Proof(figure=worst, said=told, wrong=wrong)


def points(message: bytes) -> tuple[float, list[tuple[float, str]]]:
    """The score, and each rule that hit with its points."""
    spamassassin = command("spamassassin", "spamassassin")
    with tempfile.TemporaryDirectory() as home:
        prefs = str(Path(home) / "prefs")
        asked = [spamassassin, "--local", "--test-mode", f"--prefspath={prefs}"]
        report = run(asked, stdin=message, HOME=home).decode("utf-8", "replace")
    score = _SCORE.search(report)
    if score is None:
        raise Missing("spamassassin printed no score")
    rules = [(float(n), rule) for n, rule, _ in _RULE.findall(report[score.start() :])]
    return float(score[1]), rules
