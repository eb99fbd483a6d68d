"""A theme.toml to the colours, faces and measures of a mail; checked when it is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from digest.compose import templates
from digest.compose.colours import MIN_CONTRAST, contrast, luminance
from digest.errors import Misconfigured

COLOURS = tuple("page card ink soft mute rule edge accent block on_block tile".split())
FONTS = ("display", "body", "label", "rtl", "outlook")
SWITCHES = {
    "masthead": ("centred", "prompt", "block"),
    "section": ("rule", "hash", "bar"),
    "rule_style": ("solid", "dashed"),
}
SIZES = (
    ("nameplate", "size", 12, 120), ("nameplate", "phone", 12, 80),
    ("nameplate", "weight", 100, 900), ("headline", "weight", 100, 900),
    ("headline", "lead", 16, 72), ("headline", "lead_lh", 16, 96),
    ("headline", "story", 14, 40), ("headline", "story_lh", 14, 60),
)  # fmt: skip
# Text and the fill behind it; each pair must reach WCAG's 4.5 in both schemes.
TEXT_PAIRS = (
    ("ink", "card"), ("soft", "card"), ("mute", "card"), ("mute", "page"), ("ink", "page"),
    ("mute", "tile"), ("accent", "card"), ("on_block", "block"),
)  # fmt: skip
# 1.05 / (Y + 0.05) and (Y + 0.05) / 0.05 both reach 4.5 only here.
SAFE_LUMINANCE = (0.175, 0.1834)

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_TRACKING = re.compile(r"0|-?\d*\.?\d+(?:em|px)")
_FILE = re.compile(r"[\w-][\w. -]*\.(?:png|jpe?g)", re.IGNORECASE)
_FONT = re.compile(r"[\w ,-]+")


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture in the place of the newsletter's name; ``width`` in px, ``alt`` may be empty."""

    path: Path
    width: int
    alt: str


@dataclass(frozen=True, slots=True)
class Theme:
    """``own`` is the whole file; ``light`` and ``dark`` its colours, ``fonts`` its faces."""

    own: Mapping[str, Any]
    light: Mapping[str, str]
    dark: Mapping[str, str]
    fonts: Mapping[str, str]
    logo: Logo | None = None

    @property
    def width(self) -> int:
        """Of the sheet, in px."""
        return int(self.own["width"])

    @property
    def ground(self) -> str:
        """The light colour behind the newsletter's name."""
        return self.light["block" if self.own["masthead"] == "block" else "card"]


def load(name: str, folders: tuple[Path, ...]) -> Theme:
    """The theme ``themes/NAME.toml``. Raises Misconfigured with the file, the key and the cure."""
    path = templates.find(f"themes/{name}.toml", folders)
    if path is None:
        raise Misconfigured(f"theme {name!r}", "is not there; write paper, plain or bold")
    try:
        own = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(str(path), f"is no valid TOML: {error}") from error
    for problem in _problems(own):
        raise Misconfigured(str(path), problem)
    return Theme(
        own=MappingProxyType(own),
        light=MappingProxyType(own["light"]),
        dark=MappingProxyType(own["dark"]),
        fonts=MappingProxyType(own["fonts"]),
        logo=_logo(path, own["logo"]) if "logo" in own else None,
    )


def weak_pairs(theme: Theme) -> list[str]:
    """Pairs of text and fill under 4.5, such as ``dark: mute on card 3.9``."""
    return [
        f"{scheme}: {text} on {fill} {found:.1f}"
        for scheme, colours in (("light", theme.light), ("dark", theme.dark))
        for text, fill in TEXT_PAIRS
        if (found := contrast(colours[text], colours[fill])) < MIN_CONTRAST
    ]


def risky_fills(theme: Theme) -> list[str]:
    """Fills with text on them that a forced dark mode may make unreadable.

    Where the luminance is between these, white and black both reach 4.5 on it.
    """
    return [
        f"{scheme}.block has a luminance of {found:.3f}; from 0.175 to 0.183 white and black text "
        "both stay readable on it, whatever a client flips"
        for scheme, colours in (("light", theme.light), ("dark", theme.dark))
        if not SAFE_LUMINANCE[0] <= (found := luminance(colours["block"])) <= SAFE_LUMINANCE[1]
    ]


def _logo(theme: Path, said: Mapping[str, Any]) -> Logo:
    path = theme.parent / said["file"]
    if not path.is_file():
        raise Misconfigured(str(theme), f"logo.file is {said['file']!r}, which is not beside it")
    return Logo(path=path, width=said["width"], alt=said.get("alt", ""))


def _problems(own: Mapping[str, Any]) -> Iterator[str]:
    for scheme in ("light", "dark"):
        for name in COLOURS:
            value = _inside(own, scheme, name)
            if not isinstance(value, str) or not _HEX.fullmatch(value):
                yield f"{scheme}.{name} is {value!r}; write a colour such as '#1D5A62'"
    for name in FONTS:
        value = _inside(own, "fonts", name)
        if not isinstance(value, str) or not _FONT.fullmatch(value):
            yield f"fonts.{name} is {value!r}; write names parted by commas, no quotes"
    for name, allowed in SWITCHES.items():
        if own.get(name) not in allowed:
            yield f"{name} is {own.get(name)!r}; write one of {', '.join(allowed)}"
    yield from _wrong_measures(own)
    if "logo" in own:
        yield from _wrong_logo(own["logo"])


def _wrong_logo(logo: object) -> Iterator[str]:
    if not isinstance(logo, dict):
        yield 'logo is no table; write logo = { file = "logo.png", width = 160, alt = "" }'
        return
    name, width, alt = logo.get("file"), logo.get("width"), logo.get("alt", "")
    if not isinstance(name, str) or not _FILE.fullmatch(name):
        yield f"logo.file is {name!r}; write the name of a PNG or JPEG beside the theme"
    if type(width) is not int or not 40 <= width <= 400:
        yield f"logo.width is {width!r}; write a number of px from 40 to 400"
    if not isinstance(alt, str):
        yield f"logo.alt is {alt!r}; write words in quotes"


def _wrong_measures(own: Mapping[str, Any]) -> Iterator[str]:
    for name, least, most in (("width", 480, 800), ("radius", 0, 40)):
        value = own.get(name)
        if type(value) is not int or not least <= value <= most:
            yield f"{name} is {value!r}; write a number of px from {least} to {most}"
    if not isinstance(own.get("thumbs"), bool):
        yield f"thumbs is {own.get('thumbs')!r}; write true or false"
    for table, key, least, most in SIZES:
        value = _inside(own, table, key)
        if type(value) is not int or not least <= value <= most:
            yield f"{table}.{key} is {value!r}; write a whole number from {least} to {most}"
    for table in ("nameplate", "headline"):
        value = _inside(own, table, "tracking")
        if not isinstance(value, str) or not _TRACKING.fullmatch(value):
            yield f"{table}.tracking is {value!r}; write a length such as '-0.02em', or '0'"


def _inside(own: Mapping[str, Any], table: str, key: str) -> object:
    inner = own.get(table)
    return inner.get(key) if isinstance(inner, dict) else None
