"""The bytes of somebody's picture to a JPEG of our own: small, bare of metadata. Pure but for keep.

Decoders are attacked through their inputs: ``reencode`` belongs in a worker that can be killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from digest.errors import Misconfigured, Permanent
from digest.model import Article, Picture

MAX_WIDTH = 1120  # px: the 560 px of the mail on a screen of twice the density
MAX_HEIGHT = 1400
MAX_BYTES = 120_000
MIN_WIDTH, MIN_HEIGHT = 240, 120  # smaller ones are icons, logos and tracking pixels
MAX_RATIO = 5  # of the longer side to the shorter: a banner is a stray line beside a headline
MAX_PIXELS = 40_000_000  # decoded; more is a bomb or a poster
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
LOGO_QUALITY = 92  # letters and flat colours show what a photograph hides
_QUALITIES = (82, 74, 66, 58, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A JPEG and its name: the hash of its bytes."""

    hash: str
    width: int
    height: int
    data: bytes

    def described(self, alt: str) -> Picture:
        return Picture(hash=self.hash, width=self.width, height=self.height, alt=alt)


def with_their_own(leads: Iterable[Article]) -> list[Article]:
    """Those with a picture that no other has: one that several share is a site's, as its logo."""
    shown = [lead for lead in leads if lead.image]
    counts = Counter(lead.image for lead in shown)
    return [lead for lead in shown if counts[lead.image] == 1]


def reencode(body: bytes) -> Encoded:
    """At most 1120 px wide and 120 KB, upright, opaque. Raises Permanent with the reason."""
    image = _upright(_opened(body))
    ratio = max(image.size) / min(image.size)
    if ratio > MAX_RATIO:
        raise Permanent(f"it is a strip: one side is {ratio:.0f} times as long as the other")
    image.thumbnail((MAX_WIDTH, MAX_HEIGHT), Image.Resampling.LANCZOS)
    while True:
        for quality in _QUALITIES:
            data = _jpeg(image, quality)
            if len(data) <= MAX_BYTES:
                name = hashlib.sha256(data).hexdigest()[:32]
                return Encoded(hash=name, width=image.width, height=image.height, data=data)
        image = image.resize((image.width * 3 // 4, image.height * 3 // 4))


def logo(body: bytes, *, width: int, ground: str) -> Encoded:
    """A theme's logo for screens of twice the density, on ``ground`` where it is transparent.

    ``width``: px it is shown in. Raises Permanent with the reason.
    """
    image = _opened(body, least=(1, 1))
    image = _upright(image, ground)
    image.thumbnail((2 * width, 2 * width), Image.Resampling.LANCZOS)
    data = _jpeg(image, LOGO_QUALITY)
    name = hashlib.sha256(data).hexdigest()[:32]
    return Encoded(hash=name, width=image.width, height=image.height, data=data)


def keep(media: Path, picture: Encoded) -> Path:
    """Write ``HASH.jpg`` into ``media``, whole or not at all. Raises Misconfigured."""
    target = media / f"{picture.hash}.jpg"
    if target.exists():
        return target
    unfinished = media / f".{picture.hash}.{os.getpid()}"
    try:
        media.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(picture.data)
        unfinished.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise Misconfigured(
            str(media), f"cannot be written: {error.strerror}; mend storage.media or the disk"
        ) from error
    return target


def _opened(body: bytes, least: tuple[int, int] = (MIN_WIDTH, MIN_HEIGHT)) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(body), formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise Permanent("it is no picture we can read") from error
    if image.width < least[0] or image.height < least[1]:
        raise Permanent(f"it is too small ({image.width} × {image.height} px)")
    if image.width * image.height > MAX_PIXELS:
        raise Permanent(f"it is too large ({image.width} × {image.height} px)")
    try:
        image.draft("RGB", (MAX_WIDTH, MAX_HEIGHT))
        image.load()
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise Permanent("it is cut off or damaged") from error
    return image


def _upright(image: Image.Image, ground: str = "white") -> Image.Image:
    image = ImageOps.exif_transpose(image)
    if image.mode == "RGB":
        return image
    if "A" in image.getbands() or "transparency" in image.info:
        # Readers in the dark would otherwise see black figures on black.
        layer = image.convert("RGBA")
        below = Image.new("RGBA", layer.size, ground)
        return Image.alpha_composite(below, layer).convert("RGB")
    return image.convert("RGB")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
