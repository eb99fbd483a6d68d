"""Numbers to lines for a terminal: bars, columns, sparklines, each as wide as is asked. Pure.

No colour carries meaning. ``Signs`` are block elements, or ASCII where the output has none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

NARROW = 20  # columns; what is narrower is drawn as if it were as wide as this


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is drawn with. ``levels``: from nothing to a whole cell, from below; ``parts``: from
    the left; ``kinds``: to tell the parts of one bar apart."""

    levels: str
    parts: str
    kinds: str
    more: str  # stands where words were cut off


BLOCKS = Signs(levels=" ▁▂▃▄▅▆▇█", parts=" ▏▎▍▌▋▊▉█", kinds="█▓░▒", more="…")
ASCII = Signs(levels=" .:|#", parts=" #", kinds="#x.o", more="~")


def signs(encoding: str | None) -> Signs:
    """Those that an output of this encoding can take."""
    drawn = f"{BLOCKS.levels}{BLOCKS.parts}{BLOCKS.kinds}{BLOCKS.more}"
    try:
        drawn.encode(encoding or "ascii")
    except (UnicodeError, LookupError):
        return ASCII
    return BLOCKS


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of ``bars``: its name, how long it is, and what is said behind it."""

    name: str
    value: float
    said: str


def bars(some: Sequence[Bar], width: int, with_: Signs) -> list[str]:
    """A bar each, the longest as long as there is room; a value above nothing is seen."""
    width = max(width, NARROW)
    said = max((len(one.said) for one in some), default=0)
    longest = max((cells(one.name) for one in some), default=0)
    named = min(longest, max(4, (width - said) // 2 - 2))
    room = max(1, width - named - said - 4)
    most = max((one.value for one in some), default=0) or 1
    return [
        cut(
            f"{_filled(cut(one.name, named, with_), named)}  "
            f"{_bar(one.value / most, room, with_):<{room}}  {one.said:>{said}}".rstrip(),
            width,
            with_,
        )
        for one in some
    ]


def shares(parts: Sequence[int], width: int, with_: Signs) -> str:
    """One bar made of parts, each with a sign of its own; a part above nothing is seen.

    At most four parts; ``width`` is at least their number.
    """
    total = sum(parts)
    if not total:
        return ""
    lengths = [max(1, round(width * part / total)) if part else 0 for part in parts]
    while (over := sum(lengths) - width) != 0:
        lengths[lengths.index(max(lengths))] -= 1 if over > 0 else -1
    return "".join(sign * length for sign, length in zip(with_.kinds, lengths, strict=False))


def spark(values: Sequence[float], width: int, with_: Signs) -> str:
    """A line of small columns from nothing to the greatest; neighbours are added up to fit."""
    values = squeezed(values, fitting(len(values), width))
    most = max(values, default=0)
    return "".join(_cell(value / most if most else 0, with_) for value in values)


def columns(values: Sequence[float], width: int, height: int, with_: Signs) -> list[str]:
    """Columns of some lines, the scale at the left. It begins at the least value where that is
    far from nothing, so that a change is seen; the last of neighbours stands for them to fit."""
    width, most, least = max(width, NARROW), max(values, default=0), min(values, default=0)
    low = 0 if least <= most / 2 else least - (most - least) / height
    scale = (f"{most:,.0f}", f"{max(0, low):,.0f}")
    margin = max(len(one) for one in scale) + 1
    shown = thinned(values, fitting(len(values), width - margin))
    lines = []
    for row in range(height, 0, -1):
        name = scale[0] if row == height else scale[1] if row == 1 else ""
        drawn = "".join(
            _cell((value - low) / ((most - low) or 1) * height - row + 1, with_) for value in shown
        )
        lines.append(cut(f"{name:>{margin - 1}} {drawn}".rstrip(), width, with_))
    return lines


def fitting(count: int, width: int) -> int:
    """Of how many neighbours one is to be made, for ``count`` of them to fit."""
    return max(1, -(-count // max(1, width)))


def squeezed(values: Sequence[float], each: int) -> list[float]:
    """Sums of ``each`` neighbours, the last group whole."""
    ends = range(len(values) % each or each, len(values) + 1, each)
    return [sum(values[max(0, end - each) : end]) for end in ends]


def thinned(values: Sequence[float], each: int) -> list[float]:
    """The last of ``each`` neighbours, the last of all among them."""
    return [values[at] for at in range((len(values) - 1) % each, len(values), each)]


def cells(text: str) -> int:
    """The columns of a terminal that ``text`` takes."""
    return sum(_cells(sign) for sign in text)


def cut(text: str, width: int, with_: Signs) -> str:
    """``text`` in at most ``width`` columns, one line of signs that can be seen; what does not fit
    is shown to be missing."""
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    if cells(text) <= width:
        return text
    kept, room = "", width - 1
    for sign in text:
        room -= _cells(sign)
        if room < 0:
            break
        kept += sign
    return kept + with_.more if width > 0 else ""


def wrapped(parts: Sequence[str], width: int, with_: Signs) -> Iterator[str]:
    """Some words in as few lines as they fit, two spaces between them and before each line."""
    line = ""
    for part in parts:
        longer = f"{line}  {part}" if line else f"  {part}"
        if line and cells(longer) > width:
            yield cut(line, width, with_)
            longer = f"  {part}"
        line = longer
    if line:
        yield cut(line, width, with_)


def _cells(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _filled(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def _cell(share: float, with_: Signs) -> str:
    steps = len(with_.levels) - 1
    if share <= 0:
        return with_.levels[0]
    return with_.levels[max(1, min(steps, round(share * steps)))]


def _bar(share: float, room: int, with_: Signs) -> str:
    steps = len(with_.parts) - 1
    if share <= 0:
        return ""
    eighths = max(1, min(room * steps, round(share * room * steps)))
    whole, rest = divmod(eighths, steps)
    return with_.parts[-1] * whole + (with_.parts[rest] if rest else "")
