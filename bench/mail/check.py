"""Every proof of the mail, one after the other; the last line is the figures as JSON.

    python -m bench.mail.check        (make mail-check)

A proof whose tool is not on this machine is not made: its figure is null, and the check fails.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from bench.mail import axe, paper, readers, shots, signed, spam, strict, w3c
from bench.mail.proof import Missing, Proof
from digest.compose.lint import MAX_HTML_BYTES, lint

SHOWN = 20  # sentences of a proof that fails


def goldens() -> Proof:
    if reason := shots.other_fonts():
        raise Missing(reason)
    with shots.window() as window:
        wrong = [said for shot in shots.SHOTS if (said := shots.compare(window, shot))]
    agreeing = len(shots.SHOTS) - len(wrong)
    return Proof(figure=agreeing, said=f"{agreeing} pictures agree", wrong=wrong)


def accessible() -> Proof:
    with shots.window() as window:
        return axe.prove(window)


def size() -> Proof:
    """The largest HTML part there is, of sixty stories too, and what lint says of any."""
    sizes = {name: len(html.encode()) for name, html in paper.every_html()}
    for theme in paper.THEMES:
        sizes[f"{theme}-60-stories"] = len(paper.thick(theme).parts["text/html"].encode())
    worst = max(sizes, key=lambda name: sizes[name])
    wrong = [f"{name}: {n:,} bytes" for name, n in sizes.items() if n > MAX_HTML_BYTES]
    for theme in paper.THEMES:
        for language in paper.LANGUAGES:
            sheet = paper.sheet(theme, language)
            found = lint(sheet.edition, sheet.issue, sheet.newsletter, base_url=paper.BASE_URL)
            wrong += [f"lint of {theme}-{language}: {one.code}: {one.message}" for one in found]
    return Proof(
        figure=sizes[worst], said=f"the largest is {worst}; lint finds nothing", wrong=wrong
    )


# The key of the last line (none: only printed), and what is proved.
PROOFS: tuple[tuple[str, str, Callable[[], Proof]], ...] = (
    ("goldens", "golden files", goldens),
    ("axe_violations", "axe-core", accessible),
    ("mjml_errors", "official MJML", strict.prove),
    ("html_errors", "W3C's checker", w3c.prove),
    ("spam_score", "SpamAssassin", spam.prove),
    ("max_html_bytes", "bytes of HTML", size),
    ("", "other readers", readers.prove),
    ("", "signed, RFC 8058", signed.prove),
)


def main() -> None:
    figures: dict[str, object] = {}
    failed = False
    for key, name, prove in PROOFS:
        try:
            proof = prove()
        except Missing as reason:
            failed = True
            print(f"{name:18} NOT MADE: {reason}", flush=True)
            figures[key] = None
            continue
        failed = failed or bool(proof.wrong)
        verdict = "FAILS" if proof.wrong else "holds"
        print(f"{name:18} {verdict}: {proof.figure} ({proof.said})", flush=True)
        for sentence in proof.wrong[:SHOWN]:
            print(f"    {sentence}", flush=True)
        figures[key] = proof.figure
    figures.pop("", None)
    figures |= {"themes": len(paper.THEMES), "languages": len(paper.LANGUAGES)}
    print(json.dumps(figures))
    sys.exit(failed)


if __name__ == "__main__":
    main()
