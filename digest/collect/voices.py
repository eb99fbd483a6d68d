"""An entry of a feed to who speaks in it: its authors, and the outlet it was taken from. Pure.

A search or a planet lists what many outlets publish, and names the outlet of each entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from digest.collect import markup

MAX_AUTHORS = 10  # of one entry; papers have thousands
MAX_NAME = 80  # characters; what is longer is no name of an outlet

Entry = Mapping[str, Any]


def author(entry: Entry) -> str | None:
    """The authors' names, parted by commas; an e-mail address is none."""
    said = [str(one.get("name") or "") for one in entry.get("authors", ()) if not one.get("email")]
    several = list(dict.fromkeys(name for name in map(markup.person, said) if name))
    last = markup.person(entry.get("author"))
    if len(several) < 2 or (last and last not in several):
        return last
    return ", ".join(several[:MAX_AUTHORS])


def carries_several(entries: Iterable[Entry]) -> bool:
    """Whether the entries name more than one outlet; a feed that names itself is one voice."""
    return len({name for name in map(outlet, entries) if name}) > 1


def outlet(entry: Entry) -> str | None:
    """What an entry says it was taken from; a forum (Discourse) says the entry's own title."""
    name = markup.line(str((entry.get("source") or {}).get("title") or ""))
    is_outlet = name and len(name) <= MAX_NAME and name != markup.title(entry.get("title"))
    return name if is_outlet else None


def without(title: str | None, name: str | None) -> str | None:
    """A title without the outlet's name that is hung behind it: "The bridge is open - Herald"."""
    if not title or not name:
        return title
    return re.sub(rf"\s+[-–—|]\s+{re.escape(name)}$", "", title) or title
