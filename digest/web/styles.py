"""A theme to the style sheet of the pages, and its address, which changes with its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digest.compose import theme as themes
from digest.compose.theme import Theme

# Errors keep one colour in every theme.
BAD = {"light": "#A3241B", "dark": "#FFA094"}
_SHEET = Path(__file__).resolve().parent / "static" / "pages.css"


@dataclass(frozen=True, slots=True)
class Style:
    """A sheet and what a page's head must know of it."""

    href: str  # /style/paper-1a2b3c4d.css
    sheet: str
    masthead: str  # centred | prompt | block
    top: Mapping[str, str]  # the colour at the top of the page, light and dark


def style(name: str, folders: tuple[Path, ...]) -> Style:
    """The style of a theme; ``folders`` are where mail themes lie, the operator's first."""
    theme = themes.load(name, folders)
    sheet = f"{_tokens(theme)}\n{_SHEET.read_text('utf-8')}"
    digest = hashlib.sha256(sheet.encode()).hexdigest()[:12]
    fill = "block" if theme.own["masthead"] == "block" else "card"
    return Style(
        href=f"/style/{name}-{digest}.css",
        sheet=sheet,
        masthead=theme.own["masthead"],
        top={"light": theme.light[fill], "dark": theme.dark[fill]},
    )


def _tokens(theme: Theme) -> str:
    own, fonts = theme.own, theme.fonts
    caps = own["section"] == "rule"
    fixed = {
        "display": fonts["display"],
        "body": fonts["body"],
        "label": fonts["label"],
        "rtl": fonts["rtl"],
        "radius": f"{own['radius']}px",
        "rule-style": own["rule_style"],
        "np-weight": own["nameplate"]["weight"],
        "np-tracking": own["nameplate"]["tracking"],
        "tracking": own["headline"]["tracking"],
        "caps": "uppercase" if caps else "none",
        "caps-gap": ".08em" if caps else "0",
    }
    dark = _written({**theme.dark, "bad": BAD["dark"]})
    return (
        f":root{{{_written(fixed)}{_written({**theme.light, 'bad': BAD['light']})}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )


def _written(tokens: Mapping[str, object]) -> str:
    return "".join(f"--{name.replace('_', '-')}:{value};" for name, value in tokens.items())
