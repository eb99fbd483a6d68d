"""Every theme × width × scheme × pictures × language, photographed: the golden files.

    python -m bench.mail.shots            compare with tests/golden
    python -m bench.mail.shots --refresh  take them anew (make goldens)
    python -m bench.mail.shots --sheet FILE.png   the golden files on one sheet

The pictures are drawn with Debian's Noto fonts (fonts.conf beside this file). A machine with
other fonts sets other lines, and nothing can be told from them: there is nothing to compare.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Page, Route, sync_playwright

from bench.mail import paper

GOLDEN = Path(__file__).parents[2] / "tests" / "golden"
FONTS = Path(__file__).parent / "fonts.conf"
FAMILIES = ("Noto Serif", "Noto Sans", "Noto Sans Mono", "Noto Naskh Arabic")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-lcd-text --force-color-profile=srgb "
    "--font-render-hinting=none --hide-scrollbars"
).split()
SCALE = 0.5  # of the golden file: a line that moved still shows, and 48 files stay small
COLOURS = 48
STEP = 56  # of 255: by how much a pixel must differ to count
TOLERANCE = 0.001  # of all pixels: what another release of the browser may change
HEIGHT_TOLERANCE = 6  # px of the golden file


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One of the 48; ``name`` is the stable name of its golden file."""

    theme: str
    width: int
    scheme: str
    images: str
    language: str

    @property
    def name(self) -> str:
        pictures = "" if self.images == "on" else "-noimages"
        return f"{self.theme}-{self.language}-{self.width}-{self.scheme}{pictures}.png"


SHOTS = tuple(
    Shot(theme=theme, width=width, scheme=scheme, images=images, language=language)
    for theme, language, width, scheme, images in itertools.product(
        paper.THEMES, paper.SCRIPTS, (640, 375), ("light", "dark"), ("on", "off")
    )
)


def other_fonts() -> str:
    """Why this machine cannot compare, or empty: it has the fonts the golden files are set in."""
    if shutil.which("fc-list") is None:
        return "fontconfig's fc-list is not on the path"
    listed = subprocess.run(
        ["fc-list", ":", "family"], capture_output=True, text=True, check=True, env=_environment()
    ).stdout
    there = {name.strip() for line in listed.splitlines() for name in line.split(",")}
    missing = [family for family in FAMILIES if family not in there]
    return (
        f"Debian's fonts-noto-core and fonts-noto-mono are not installed: no {missing[0]}"
        if missing
        else ""
    )


@contextmanager
def window() -> Iterator[Page]:
    """The one window of a Chromium that sees our fonts alone."""
    with sync_playwright() as play:
        running = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS, env=_environment()
        )
        yield running.new_page()
        running.close()


@contextmanager
def opened(window: Page, html: str, *, width: int, scheme: str, images: str) -> Iterator[Page]:
    """``html`` in the window, ``width`` wide; whoever asks for anything but our pictures fails.

    One window for all, empty between two mails: to open one takes as long as the rest together.
    """
    asked: list[str] = []

    def answer(route: Route) -> None:
        path = paper.picture(route.request.url)
        if path is None:
            asked.append(route.request.url)
        if path is None or images == "off":
            route.abort()
        else:
            route.fulfill(path=path)

    window.set_viewport_size({"width": width, "height": 900})
    window.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    window.route("**/*", answer)
    try:
        window.set_content(html, wait_until="load")
        assert not asked, f"the mail asked for {asked[0]}"
        yield window
    finally:
        window.goto("about:blank")
        window.unroute("**/*")


def take(window: Page, shot: Shot) -> Image.Image:
    """The whole mail as the golden file has it."""
    html = paper.sheet(shot.theme, shot.language).parts["text/html"]
    with opened(window, html, width=shot.width, scheme=shot.scheme, images=shot.images) as page:
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= shot.width, f"{shot.name}: {wide} px wide in a window of {shot.width}"
        return small(page.screenshot(full_page=True))


def small(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    size = (round(picture.width * SCALE), round(picture.height * SCALE))
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    return picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that differ by more than STEP; 1.0 where the heights disagree."""
    if one.width != other.width or abs(one.height - other.height) > HEIGHT_TOLERANCE:
        return 1.0
    box = (0, 0, one.width, min(one.height, other.height))
    pair = (picture.convert("RGB").crop(box) for picture in (one, other))
    bands = ImageChops.difference(*pair).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    histogram = most.histogram()
    return sum(histogram[STEP:]) / sum(histogram)


def compare(window: Page, shot: Shot) -> str:
    """What is wrong, or empty."""
    path = GOLDEN / shot.name
    if not path.is_file():
        return f"{shot.name} is not there; make goldens takes it"
    with Image.open(path) as golden:
        found = difference(take(window, shot), golden)
    return f"{shot.name}: {found:.2%} of it differs" if found > TOLERANCE else ""


def refresh(window: Page, shot: Shot) -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    take(window, shot).save(GOLDEN / shot.name, optimize=True)


def sheet() -> Image.Image:
    """The top of every golden file, a theme and language to a row."""
    width, height, gap = 160, 320, 8
    rows = [(theme, language) for theme in paper.THEMES for language in paper.SCRIPTS]
    columns = len(SHOTS) // len(rows)
    page = Image.new(
        "RGB", (columns * (width + gap) + gap, len(rows) * (height + gap) + gap), "#8A8478"
    )
    for place, shot in enumerate(SHOTS):
        row, column = divmod(place, columns)
        with Image.open(GOLDEN / shot.name) as golden:
            scale = width / golden.width
            top = golden.convert("RGB").crop((0, 0, golden.width, round(height / scale)))
        small_top = top.resize((width, height), Image.Resampling.LANCZOS)
        page.paste(small_top, (gap + column * (width + gap), gap + row * (height + gap)))
    return page


def _environment() -> dict[str, str]:
    return {**os.environ, "FONTCONFIG_FILE": str(FONTS)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refresh", action="store_true")
    parser.add_argument("--sheet", type=Path, metavar="FILE")
    given = parser.parse_args()
    if given.sheet:
        sheet().save(given.sheet, optimize=True)
        return
    if reason := other_fonts():
        raise SystemExit(f"nothing to compare: {reason}")
    with window() as running:
        if given.refresh:
            for shot in SHOTS:
                refresh(running, shot)
        wrong = [said for shot in SHOTS if (said := compare(running, shot))]
    size = sum((GOLDEN / shot.name).stat().st_size for shot in SHOTS)
    print("\n".join(wrong) or f"{len(SHOTS)} golden files, {size:,} bytes, none differs")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
