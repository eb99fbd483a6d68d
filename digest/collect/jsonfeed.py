"""A JSON Feed (1.0, 1.1; jsonfeed.org) to FetchedItems. Pure."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from digest import characters, guard, htmltree
from digest.collect import harvested, markup
from digest.collect.harvested import Parsed, newest
from digest.errors import Permanent
from digest.model import Dated, DateSource, FetchedItem, Form, Source

FULL_WORDS = 120
MAX_TAGS = 10

Json = Mapping[str, object]


def is_json(text: str) -> bool:
    return text.lstrip()[:1] == "{"


def parse(text: str, *, url: str, source: Source) -> Parsed:
    """As ``feeds.parse``. Raises Permanent for JSON that is no JSON Feed."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "nesting"
        raise Permanent(f"this is no JSON that can be read ({where})") from error
    version = str(feed.get("version", "")) if isinstance(feed, dict) else ""
    if "jsonfeed.org/version/1" not in version:
        raise Permanent(
            "this is JSON, but no JSON Feed (its version is not jsonfeed.org/version/1)"
        )
    entries = [one for one in _list(feed.get("items")) if isinstance(one, dict)]
    found = [_item(one, url, source, _text(feed.get("language"))) for one in entries]
    items = [item for item in found if item]
    lost = len(entries) - len(items)
    return Parsed(
        items=newest(items, source.max_items),
        undated=sum(item.dated is None for item in items),
        empty=sum(item.form is Form.LINK and not item.title for item in items),
        title=markup.plain(_text(feed.get("title"))),
        notes=(harvested.unlinked(lost),) if lost else (),
    )


def _item(entry: Json, base: str, source: Source, language: str | None) -> FetchedItem | None:
    said = [markup.web(_text(entry.get(name)), base) for name in ("url", "external_url")]
    page = next((one for one in (*said, markup.web(_id(entry), "")) if one), None)
    link = page or _file(entry, base)
    if link is None:
        return None
    form, content = _content(entry)
    if page is None:
        form = Form.FRAGMENT  # the notes of an episode are all there is to read
    image = _text(entry.get("image")) or _text(entry.get("banner_image"))
    updated = _moment(entry.get("date_modified"))
    return FetchedItem(
        source=source.id,
        url=link,
        form=form,
        content=content,
        guid=_id(entry),
        title=markup.plain(_text(entry.get("title"))),
        author=_author(entry),
        dated=_moment(entry.get("date_published")) or updated,
        image=markup.web(image, base) or (markup.picture(content, base) if content else None),
        language=(_text(entry.get("language")) or language or "")[:2].lower() or None,
        tags=tuple(t for t in map(_text, _list(entry.get("tags"))) if t)[:MAX_TAGS],
    )


def _file(entry: Json, base: str) -> str | None:
    """What a podcast's episode without a page leads to."""
    attached = [one for one in _list(entry.get("attachments")) if isinstance(one, dict)]
    said = (markup.web(_text(one.get("url")), base) for one in attached)
    return next(filter(None, said), None)


def _id(entry: Json) -> str | None:
    return _figure(entry.get("id"))


def _figure(said: object) -> str | None:
    """A number is read as text, as the format asks of an id."""
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    return str(said) if is_number else _text(said)


def _content(entry: Json) -> tuple[Form, str]:
    marked = htmltree.unescaped(_text(entry.get("content_html")) or "")
    plain = _text(entry.get("content_text"))
    content = marked or (_paragraphs(plain) if plain else "")
    if guard.is_too_deep(content):
        content = ""
    text = markup.words(content)
    count = characters.words(text)
    if count >= FULL_WORDS and not harvested.is_cut_off(text):
        return Form.FRAGMENT, content
    summary = _text(entry.get("summary")) or ""
    if not count and not summary:
        return Form.LINK, ""
    return Form.TEASER, content if count else _paragraphs(summary)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n") if part.strip())


def _author(entry: Json) -> str | None:
    people = _list(entry.get("authors")) or [entry.get("author")]
    names = [markup.person(_text(one.get("name"))) for one in people if isinstance(one, dict)]
    return ", ".join(name for name in names if name) or None


def _moment(said: object) -> Dated | None:
    text = _figure(said)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return harvested.written(text)
    return Dated(at=at, source=DateSource.FEED, day_only=":" not in text)


def _text(value: object) -> str | None:
    return characters.whole(value) or None if isinstance(value, str) else None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
