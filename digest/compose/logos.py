"""A theme's logo to a picture of our own making, kept where pictures are served from.  ~ world"""

from __future__ import annotations

import asyncio
from pathlib import Path

from digest.compose import pictures
from digest.compose import theme as themes
from digest.errors import Misconfigured, Permanent
from digest.isolation import Isolate
from digest.model import Picture


async def kept(
    theme_name: str, templates: tuple[Path, ...], media: Path, isolate: Isolate
) -> Picture | None:
    """The logo of a theme, kept in ``media``; None where it has none.

    Raises Misconfigured where it is no picture.
    """
    theme = themes.load(theme_name, templates)
    if theme.logo is None:
        return None
    path, width = theme.logo.path, theme.logo.width
    try:
        body = await asyncio.to_thread(path.read_bytes)
        encoded = await isolate(pictures.logo, body, width=width, ground=theme.ground)
    except (OSError, Permanent) as error:
        raise Misconfigured(str(path), f"is no logo: {error}; take a PNG or a JPEG") from error
    pictures.keep(media, encoded)
    return encoded.described(theme.logo.alt)
