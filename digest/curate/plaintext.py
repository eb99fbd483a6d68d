"""A page as plain text, furniture and all, to its title, body and dates. Pure.

No library reads this. Lines are judged by structure first (what stands before the first prose,
what after the last) and by phrase second; never by one site's words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import characters, days
from digest.curate import furniture, words
from digest.curate.cleaning import clean, one_line
from digest.model import Dated, DateSource

PROSE_WORDS = 36  # a block this long is prose, whatever it ends with
HEAD_BLOCKS = 14  # so many lines above the first prose are looked at; menus go higher
_END = re.compile(r"[.!?…:;。！？؟][\"”’»)\]]*$")
_BYLINE = re.compile(
    r"^(?:by|von|par|por|di|автор:?)\s+((?:[^\W\d_][\w.'’-]*\s?){1,6})", re.IGNORECASE
)
_DATELINE_WORDS = re.compile(
    r"published|posted|updated|date|last|modified|on|at|am|pm|utc|gmt|est|edt|cet|bst|et|pt|by|"
    r"veröffentlicht|aktualisiert|publié|mis|à|jour|publicado|actualizado|опубликовано|"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|"
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    r"lunes|martes|miércoles|jueves|viernes|sábado|domingo|"
    r"понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|"
    r"[月火水木金土日]曜日?|(?:星期|周)[一二三四五六日天]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPage:
    """``body`` is clean text. ``dated``: at most a masthead's bound and a byline's day."""

    title: str
    body: str
    author: str | None = None
    dated: tuple[Dated, ...] = ()


def read(text: str) -> PlainPage:
    """Title, body and dates of a page of plain text. ``body`` is empty where there is no prose."""
    blocks = _blocks(text)
    first = next((n for n, block in enumerate(blocks) if _is_prose(block)), len(blocks))
    body = _body(blocks[first:])
    head = blocks[max(0, first - HEAD_BLOCKS) : first]
    title = _title(head, body)
    return PlainPage(
        title=title,
        body="\n\n".join(_without_title(body, title)),
        author=next((name for line in head if (name := _author(line))), None),
        dated=tuple(_dates(head, title)),
    )


def _blocks(text: str) -> list[str]:
    """Paragraphs: parted by blank lines or, in a text without them, by every line break."""
    whole = clean(text)
    blocks = whole.split("\n\n")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(blocks) <= 2 < len(lines):
        blocks = [clean(line) for line in lines]
    else:
        blocks = [part for block in _parted(text) for part in block]
    return [block for block in blocks if block]


def _parted(text: str) -> list[list[str]]:
    """Blocks; one of several short lines (a form, a menu) is taken line by line."""
    found: list[list[str]] = []
    for raw in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = [clean(line) for line in raw.split("\n") if line.strip()]
        wrapped = sum(len(line) >= 55 for line in lines[:-1]) >= (len(lines) - 1) / 2
        joined = clean(raw.replace("\n", " "))
        is_one = len(lines) == 1 or (wrapped and not any(map(furniture.is_certain, lines)))
        found.append([joined] if is_one else lines)
    return found


def _is_prose(block: str) -> bool:
    if furniture.is_certain(block) or _day_alone(block):
        return False
    count = characters.words(block)
    return (count >= 8 and bool(_END.search(block))) or count >= PROSE_WORDS


def _body(blocks: Sequence[str]) -> list[str]:
    """The prose and what belongs to it: furniture out, and the tail cut where prose has ended."""
    end = max((n for n, block in enumerate(blocks) if _is_prose(block)), default=-1) + 1
    while end < len(blocks) and _is_closing(blocks[end]):
        end += 1
    end = _tail(blocks, end)
    kept = [block for block in blocks[:end] if not furniture.is_certain(block)]
    while kept and not _is_prose(kept[-1]) and not _is_closing(kept[-1]):
        kept.pop()
    return [block for n, block in enumerate(kept) if n == 0 or not _is_stray(block, kept, n)]


def _tail(blocks: Sequence[str], end: int) -> int:
    """Where the article ends: at furniture after which less than a fifth of the prose follows.

    Teasers of other articles look like prose; a heading such as "More Articles" gives them away.
    """
    length = [characters.words(block) if _is_prose(block) else 0 for block in blocks]
    total = sum(length)
    for n in range(1, end):
        rest = sum(length[n:end])
        if furniture.is_certain(blocks[n]) and rest < 0.2 * total and _opens_tail(blocks[n]):
            return n
    return end


def _opens_tail(block: str) -> bool:
    return characters.words(block) <= 8


def _is_closing(block: str) -> bool:
    """A short last sentence still belongs to the article."""
    return (
        bool(_END.search(block)) and characters.words(block) >= 3 and not furniture.is_likely(block)
    )


def _is_stray(block: str, blocks: Sequence[str], n: int) -> bool:
    """A scrap between paragraphs: neither prose nor a subheading before prose."""
    if _is_prose(block) or _is_closing(block):
        return False
    heads = n + 1 < len(blocks) and _is_prose(blocks[n + 1])
    return not heads or furniture.is_likely(block) or _day_alone(block) is not None


def _title(head: Sequence[str], body: Sequence[str]) -> str:
    """The line of the head that the body talks about; of equals the longer, then the later."""
    lines = [line for line in head if _may_be_title(line)]
    about = set(words.tokens(" ".join(body[:12])))

    def score(line: str) -> tuple[float, int]:
        own = set(words.tokens(line))
        return (len(own & about) + 0.01 * min(len(own), 20), len(line.split()))

    if lines:
        return one_line(max(lines, key=score))
    first = body[0] if body else ""
    return one_line(re.split(r"(?<=[.!?])\s", first)[0])[:200]


def _may_be_title(line: str) -> bool:
    if _day_alone(line) or _author(line) or furniture.is_likely(line):
        return False
    return characters.words(line) >= 2 or len(line) >= 8


def _without_title(body: Sequence[str], title: str) -> list[str]:
    return [block for n, block in enumerate(body) if n > 1 or one_line(block) != title]


def _author(line: str) -> str | None:
    found = _BYLINE.match(line)
    return found[1].strip() if found and len(line.split()) <= 14 else None


def _day_alone(line: str) -> datetime | None:
    """The day named by a line that says nothing else."""
    at = days.written(line)
    if at is None or characters.words(line) > 14:
        return None
    rest = _DATELINE_WORDS.sub(" ", line)
    others = [word for word in re.findall(r"[^\W\d_]{3,}", rest) if not _names_month(word)]
    # Six signs of a script without spaces are one word here: 最終更新, 月曜日.
    return at if sum((characters.words(word) + 2) // 3 for word in others) <= 1 else None


def _names_month(word: str) -> bool:
    return days.written(f"1 {word} 2020") is not None


def _dates(head: Sequence[str], title: str) -> list[Dated]:
    """Days of the head: above the title the day of printing, below it the article's own."""
    place = next((n for n, line in enumerate(head) if one_line(line) == title), len(head))
    found: list[Dated] = []
    for n, line in enumerate(head):
        at = days.written(line) if _day_alone(line) or _author(line) else None
        if at is None:
            continue
        below = n > place or _author(line)
        source = DateSource.BYLINE if below else DateSource.MASTHEAD
        found.append(Dated(at=at, source=source, exact=bool(below), day_only=True))
    return found
