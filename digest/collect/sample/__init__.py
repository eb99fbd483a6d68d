"""The sample paper: articles of our own about a town that is not on any map, dated from the clock.

They are read by the same parsers as anybody's: two feeds (one with pages, one with whole texts), a
Markdown file with front matter, a bare HTML page and a plain-text page with its furniture.
``@rfc-3h@`` and its kin (iso, day, weekday) in them stand for three hours before now.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib import resources

from digest.collect import feeds, files
from digest.errors import Permanent
from digest.model import FetchedItem, Form, Source

SCHEME = "sample:"
SITE = "https://sample.example/"

_MARK = re.compile(r"@(rfc|iso|day|weekday)-(\d+)h@")
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_FEEDS = {"herald.xml": "Harrow Quay Herald", "post.xml": "Estuary Post"}
_SINGLE = (
    # file, form, whose it is, tags that its format cannot carry
    ("fish-lane.md", Form.MARKDOWN, "Council Notes", ()),
    ("mussel-beds.html", Form.PAGE, "Radio Tidewater", ("harbour",)),
    ("bench-map.txt", Form.TEXT, "The Lock-keeper’s Log", ("town",)),
)


def items(source: Source, now: datetime) -> tuple[FetchedItem, ...]:
    """Today's paper as any source would list it."""
    found: list[FetchedItem] = []
    for name, outlet in _FEEDS.items():
        body = _text(name, now).encode()
        listed = feeds.parse(body, url=f"{SITE}{name}", charset_claimed="utf-8", source=source)
        found += [replace(_with_page(item, now), source_name=outlet) for item in listed.items]
    for name, form, outlet, tags in _SINGLE:
        text = _text(name, now)
        item = FetchedItem(
            source=source.id,
            url=f"{SITE}{name.partition('.')[0]}",
            form=form,
            content=text,
            tags=tags,
            source_name=outlet,
        )
        told = files.markdown(item, text) if form is Form.MARKDOWN else item
        found += [told] if told else []
    return tuple(found)


def picture(name: str) -> bytes:
    """The picture ``sample:NAME``. Raises Permanent where there is none of that name."""
    bare = name.removeprefix(SCHEME)
    path = resources.files(__package__) / bare
    if not re.fullmatch(r"[a-z-]+\.jpg", bare) or not path.is_file():
        raise Permanent(f"{name}: the sample paper has no such picture")
    return path.read_bytes()


def _with_page(item: FetchedItem, now: datetime) -> FetchedItem:
    """A teaser's page lies in pages/, as it would lie on a server; its picture is one of ours."""
    slug = item.url.removeprefix(SITE).partition("?")[0]
    if item.image:
        item = replace(item, image=SCHEME + item.image.removeprefix(SITE))
    if item.form is not Form.TEASER:
        return item
    page = _text("page.html", now)
    body = _text(f"pages/{slug}.html", now)
    whole = page.replace("@title@", item.title or "").replace("@body@", body)
    return replace(item, form=Form.PAGE, content=whole, teaser=item.content)


def _text(name: str, now: datetime) -> str:
    text = (resources.files(__package__) / name).read_text("utf-8")
    return _MARK.sub(lambda mark: _when(mark[1], now - timedelta(hours=int(mark[2]))), text)


def _when(form: str, at: datetime) -> str:
    at = at.astimezone(UTC).replace(microsecond=0)
    if form == "weekday":
        return _DAYS[at.weekday()]
    if form == "rfc":
        return format_datetime(at, usegmt=True)
    if form == "iso":
        return at.isoformat()
    return f"{_DAYS[at.weekday()]}, {_MONTHS[at.month - 1]} {at.day}, {at.year}"
