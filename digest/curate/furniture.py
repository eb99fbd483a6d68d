"""A line of a page to whether it is furniture: what stands around an article, on any site. Pure.

Two judgements: ``is_certain`` (a form or a notice speaking to the visitor: never prose) and
``is_likely`` (a link list, a share bar: believed only where it stands outside the prose).
"""

from __future__ import annotations

import re
from importlib import resources

from digest import characters

LONGEST = 45  # words; a longer paragraph is prose, unless it opens as no prose does
LABEL_WORDS = 5  # a longer line that ends like a sentence is no label: "Copying is forbidden here."


def _phrases(section: str) -> re.Pattern[str]:
    """The expressions under ``[section]`` of furniture.txt as one."""
    lines = (resources.files("digest.curate") / "furniture.txt").read_text("utf-8").splitlines()
    start = lines.index(f"[{section}]") + 1
    end = next((n for n in range(start, len(lines)) if lines[n].startswith("[")), len(lines))
    patterns = [line for line in lines[start:end] if line and not line.startswith("#")]
    whole = "|".join(f"(?:{pattern})" for pattern in patterns).replace(" ", r"\s+")
    return re.compile(whole, re.IGNORECASE)


_NOTICES = _phrases("notices")
_OPENINGS = _phrases("openings")
_FIRSTS = _phrases("firsts")
_OFFERS = _phrases("offers")
_ASIDES = _phrases("asides")
_LABELS = _phrases("labels")
_MARKS = re.compile(r"^[\W_]*(?:\d+\s*)?")
_END_MARKS = re.compile(r"[\s*|›»<>:…–—-]+$|\.{2,}$")
_SPEECH = re.compile(r"^[\"“«„‘].*[\"”»’“]\W*\s+\w", re.DOTALL)  # “We use cookies,” she said
_REPORTED = re.compile(
    r"\b(?:said|says?|told|announced|was|were|had|has|began|begins|closed|ended|starts|rose|fell)\b"
)
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
    line = line.strip()
    bare = _MARKS.sub("", line, count=1)
    if not bare:
        return True
    words = characters.words(bare)
    if _SPEECH.match(line):
        return False
    if _OPENINGS.match(bare):
        return True
    if words > LONGEST:
        return False
    if is_offer(bare) or line.startswith(("©", "(c)", "(C)")):
        return True
    if _NOTICES.search(bare) or _FIRSTS.search(bare):
        return True
    is_sentence = words > LABEL_WORDS and bool(_PROSE_END.search(bare))
    return bool(_LABELS.search(_END_MARKS.sub("", bare))) and not is_sentence


def is_offer(sentence: str) -> bool:
    """Whether it asks the visitor to subscribe, and does not report that others did."""
    return bool(_OFFERS.match(sentence)) and not _REPORTED.search(sentence)


def is_aside(sentence: str) -> bool:
    """Whether it tells who is paid for a link, or where it stood first, or holds what only a page
    can show."""
    return bool(_ASIDES.search(sentence) or _FIRSTS.search(sentence))


def is_likely(line: str) -> bool:
    """Whether a line outside the prose is a bar of links, a path, a lone word or a counter."""
    bare = line.strip()
    words = characters.words(" ".join(re.findall(r"\w+", bare)))
    if is_certain(bare) or not words:
        return True
    if _PROSE_END.search(bare) and words > 6:
        return False
    named = len(_PLACES.findall(bare))
    return named >= max(1, 0.6 * words) or bool(_PATH.match(bare) and words <= 12)
