"""A rehearsal's folder to the README's picture: the mail on a desktop and on a phone.

    digest send --dry-run && python -m bench.picture rehearsal/daily docs/pictures/mail.png

Needs a Chromium on the path and what `make test` installs.
"""

from __future__ import annotations

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

SHEETS = ((640, "light"), (375, "dark"))  # px of width, and the scheme it is shown in
HEIGHT, MARGIN, GROUND = 1120, 36, "#8A8478"


def shot(browser: Browser, page: Path, width: int) -> Image.Image:
    opened = browser.new_page(viewport={"width": width, "height": HEIGHT})
    opened.goto(page.resolve().as_uri())
    picture = Image.open(io.BytesIO(opened.screenshot()))
    opened.close()
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("rehearsal", type=Path)
    parser.add_argument("target", type=Path)
    given = parser.parse_args()
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--allow-file-access-from-files"],
        )
        shots = [
            shot(browser, given.rehearsal / "proof" / f"en-{scheme}.html", width)
            for width, scheme in SHEETS
        ]
        browser.close()
    width = sum(one.width for one in shots) + MARGIN * (len(shots) + 1)
    sheet = Image.new("RGB", (width, HEIGHT + 2 * MARGIN), GROUND)
    left = MARGIN
    for one in shots:
        sheet.paste(one, (left, MARGIN))
        left += one.width + MARGIN
    sheet.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(given.target, optimize=True)
    print(f"{given.target}: {given.target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
