"""A line of a page to whether it is furniture: what stands around an article, on any site. Pure.

Two judgements: ``is_certain`` (a form or a notice speaking to the visitor: never prose) and
``is_likely`` (a link list, a share bar: believed only where it stands outside the prose).
"""

from __future__ import annotations

import re
from importlib import resources

LONGEST = 45  # words; a longer paragraph is prose whatever it says


def _phrases() -> re.Pattern[str]:
    lines = (resources.files("digest.curate") / "furniture.txt").read_text("utf-8").splitlines()
    patterns = [line.replace(" ", r"\s+") for line in lines if line and not line.startswith("#")]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_CERTAIN = _phrases()
_MARKS = re.compile(r"^[\W_]*(?:\d+\s*)?")
_PLACES = re.compile(
    r"\b(?:facebook|twitter|x|whatsapp|telegram|linkedin|reddit|pinterest|e-?mail|print|copy|link|"
    r"share|tweet|pocket|flipboard|tumblr|instagram|youtube|mastodon|bluesky|threads|messenger|"
    r"viber|vk|ok|this|on|via|home|news|sport|sports|business|opinion|culture|weather|menu|search|"
    r"login|sign|in|up|subscribe|contact|about|rss|more|world|politics|technology|science|health|"
    r"video|videos|podcasts?|entertainment|lifestyle|travel|arts|events|archives?|and|us)\b",
    re.IGNORECASE,
)
_PROSE_END = re.compile(r"[.!?…。！？؟][\"”’»)\]]*$")
_PATH = re.compile(r"^\s*\S.{0,40}?\s[>»›/|]\s.{1,60}$")


def is_certain(line: str) -> bool:
    """Whether a line speaks to the visitor and not to the reader."""
    bare = _MARKS.sub("", line.strip(), count=1)
    if not bare:
        return True
    copyright_line = line.strip().startswith(("©", "(c)", "(C)"))
    words = len(bare.split())
    return words <= LONGEST and (copyright_line or bool(_CERTAIN.search(bare)))


def is_likely(line: str) -> bool:
    """Whether a line outside the prose is a bar of links, a path, a lone word or a counter."""
    bare = line.strip()
    words = re.findall(r"\w+", bare)
    if is_certain(bare) or not words:
        return True
    if _PROSE_END.search(bare) and len(words) > 6:
        return False
    named = len(_PLACES.findall(bare))
    return named >= max(1, 0.6 * len(words)) or bool(_PATH.match(bare) and len(words) <= 12)
