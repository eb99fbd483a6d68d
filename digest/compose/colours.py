"""Colours as ``#rrggbb``: how bright one is, and how two stand out from one another. Pure."""

from __future__ import annotations

import functools

MIN_CONTRAST = 4.5  # WCAG 2.2, 1.4.3


@functools.lru_cache(maxsize=1024)
def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two ``#rrggbb`` colours: 1 to 21."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    """WCAG 2 relative luminance of ``#rrggbb``: 0 to 1."""
    channels = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
