"""A rehearsed issue to a folder an operator can open: pages, parts, report.json.  ~ world"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from digest.compose import templates
from digest.compose.report import Json
from digest.errors import Misconfigured
from digest.plain import dumped


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One edition as its first recipient will read it: no slot is open any more."""

    key: str
    html: str
    text: str


def write(
    folder: Path,
    *,
    title: str,
    at: datetime,
    report: Json,
    parts: Sequence[Part],
    base_url: str,
) -> Path:
    """Write index.html, report.json, editions/ and proof/ into ``folder``; the page to open.

    The proof copies show pictures from ``media/`` beside them and wear one colour scheme each, so
    that the page needs neither the network nor a reader's settings. Raises Misconfigured where
    the folder cannot be written.
    """
    try:
        for part in parts:
            _put(folder / "editions" / f"{part.key}.html", part.html)
            _put(folder / "editions" / f"{part.key}.txt", part.text)
            for scheme in ("light", "dark"):
                shown = in_scheme(offline(part.html, base_url), dark=scheme == "dark")
                _put(folder / "proof" / f"{part.key}-{scheme}.html", shown)
        _put(folder / "report.json", f"{dumped(report)}\n")
        page = _page(title, at, report, {part.key: part.text for part in parts})
        return _put(folder / "index.html", page)
    except OSError as error:
        raise Misconfigured(
            str(folder), f"cannot be written: {error.strerror}; give another folder with --out"
        ) from error


def offline(html: str, base_url: str) -> str:
    """``html`` with our pictures taken from ``../media`` instead of ``base_url``/i."""
    return html.replace(f"{base_url}/i/", "../media/")


def in_scheme(html: str, *, dark: bool) -> str:
    """``html`` as a client of one colour scheme shows it, whatever the browser prefers."""
    query = "all" if dark else "not all"
    html = re.sub(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", query, html)
    # The frame's own canvas must agree, or a short mail ends on a strip of the other scheme.
    return re.sub(
        r"color-scheme\s*:\s*light dark", f"color-scheme:{'dark' if dark else 'light'}", html
    )


def _page(title: str, at: datetime, report: Json, texts: Mapping[str, str]) -> str:
    environment = Environment(
        loader=FileSystemLoader(templates.ours() / "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("rehearsal.html")
    return page.render(title=title, at=f"{at:%Y-%m-%d %H:%M} UTC", report=report, texts=texts)


def _put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
