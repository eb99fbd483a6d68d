"""Pictures are ours: small, upright, opaque, without a trace of where they were taken."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from digest.compose import pictures
from digest.errors import Misconfigured, Permanent


def a_picture(size: tuple[int, int] = (1600, 900), mode: str = "RGB", kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    colour: dict[str, Any] = {
        "RGB": (30, 90, 140),
        "RGBA": (0, 0, 0, 0),
        "L": 90,
        "P": 3,
        "CMYK": (9, 9, 9, 9),
    }
    Image.new(mode, size, colour[mode]).save(out, kind)
    return out.getvalue()


def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGB", "PNG"),
        ("RGBA", "PNG"),
        ("L", "PNG"),
        ("P", "GIF"),
        ("CMYK", "JPEG"),
        ("RGB", "WEBP"),
    ],
)
def test_any_kind_of_picture_becomes_a_plain_jpeg(mode: str, kind: str) -> None:
    made = pictures.reencode(a_picture(mode=mode, kind=kind))

    assert (decoded(made.data).format, decoded(made.data).mode) == ("JPEG", "RGB")
    assert (made.width, made.height) == (1120, 630)


def test_what_is_transparent_becomes_white() -> None:
    made = pictures.reencode(a_picture(mode="RGBA", kind="PNG"))

    assert decoded(made.data).getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_of_pure_noise_still_fits() -> None:
    noise = Image.frombytes("RGB", (1600, 1200), random.Random(7).randbytes(1600 * 1200 * 3))
    out = io.BytesIO()
    noise.save(out, "PNG")

    assert len(pictures.reencode(out.getvalue()).data) <= pictures.MAX_BYTES


def test_metadata_is_gone_and_the_picture_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    exif[0x010E] = "taken at home"
    out = io.BytesIO()
    Image.new("RGB", (800, 400)).save(out, "JPEG", exif=exif)

    made = pictures.reencode(out.getvalue())

    assert (made.width, made.height) == (400, 800)
    assert dict(decoded(made.data).getexif()) == {}
    assert b"taken at home" not in made.data


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is no picture we can read"),
        (b"", "it is no picture we can read"),
        (a_picture((1, 1), kind="GIF", mode="P"), r"it is too small \(1 × 1 px\)"),
        (a_picture((3000, 130)), "it is a strip: one side is 23 times as long as the other"),
        (a_picture((240, 1300)), "it is a strip: one side is 5 times as long as the other"),
        (a_picture(kind="PNG")[:2000], "it is cut off or damaged"),
        (a_picture((9000, 9000), mode="L", kind="PNG"), r"it is too large \(9000 × 9000 px\)"),
    ],
)
def test_what_is_no_picture_for_a_mail_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Permanent, match=reason):
        pictures.reencode(body)


def test_a_picture_is_kept_under_its_hash_once(tmp_path: Path) -> None:
    made = pictures.reencode(a_picture())

    first = pictures.keep(tmp_path / "media", made)
    again = pictures.keep(tmp_path / "media", made)

    assert first == again
    assert [path.name for path in (tmp_path / "media").iterdir()] == [f"{made.hash}.jpg"]
    assert first.read_bytes() == made.data


def test_a_media_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file is in the way")

    with pytest.raises(Misconfigured, match=r"media cannot be written: .*; mend storage\.media"):
        pictures.keep(tmp_path / "media", pictures.reencode(a_picture()))


def test_the_alt_text_goes_with_the_picture() -> None:
    made = pictures.reencode(a_picture())

    assert made.described("The lock at dawn").alt == "The lock at dawn"


def test_a_logo_may_be_small_and_lies_on_the_colour_of_its_place() -> None:
    made = pictures.logo(a_picture((90, 30), mode="RGBA", kind="PNG"), width=160, ground="#2B808B")

    assert (made.width, made.height) == (90, 30)
    assert decoded(made.data).format == "JPEG"
    pixel = decoded(made.data).getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert all(abs(a - b) <= 2 for a, b in zip(pixel, (0x2B, 0x80, 0x8B), strict=True))


def test_a_large_logo_is_kept_at_twice_the_width_it_is_shown_in() -> None:
    made = pictures.logo(a_picture((4000, 1000), kind="PNG"), width=160, ground="#ffffff")

    assert (made.width, made.height) == (320, 80)


def test_a_picture_of_10_000_px_is_made_small_and_a_poster_is_refused() -> None:
    wide = pictures.reencode(a_picture((10_000, 2_000), kind="PNG"))

    assert (wide.width, wide.height) == (1120, 224)
    with pytest.raises(Permanent, match="it is too large \\(10000 × 5000 px\\)"):
        pictures.reencode(a_picture((10_000, 5_000), mode="L", kind="PNG"))
