"""A file, a folder or a glob to FetchedItems.  ~ world (reads files)"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from digest import characters
from digest.collect import charset, frontmatter, markup
from digest.collect.harvested import Parsed
from digest.errors import Misconfigured, Permanent
from digest.model import Dated, DateSource, FetchedItem, Form, Source

MAX_BYTES = 5_000_000
MAX_FILES = 20_000  # looked at in one folder
FORMS = {
    ".html": Form.PAGE,
    ".htm": Form.PAGE,
    ".md": Form.MARKDOWN,
    ".markdown": Form.MARKDOWN,
    ".txt": Form.TEXT,
    ".text": Form.TEXT,
}
_ABOUT_THE_FOLDER = ("readme", "license", "licence", "changelog", "contributing", "copying")


def read(location: str, *, folder: Path, source: Source) -> Parsed:
    """The newest files (by file time) at ``location``, relative to ``folder``.

    A file or a folder below that cannot be read is a note and stops nothing. Raises Misconfigured
    where there is nothing at all at the location, or nothing we may look at.
    """
    notes: list[str] = []
    try:
        root, paths = _found(location, folder, notes)
    except OSError as error:
        raise Misconfigured(location, f"cannot be looked at: {error.strerror}") from error
    candidates = [path for path in paths if _is_article(path, root, notes)]
    candidates.sort(key=lambda path: (-_mtime(path), str(path)))
    if len(candidates) > source.max_items:
        left = len(candidates) - source.max_items
        notes.append(f"{left:,} older files were left unread (max_items is {source.max_items})")
    items: list[FetchedItem] = []
    for path in candidates[: source.max_items]:
        try:
            item = _item(path, source)
        except OSError as error:
            notes.append(f"{path.name}: cannot be read: {error.strerror}")
        except Permanent as error:
            notes.append(f"{path.name}: {error}")
        except Exception as error:  # noqa: BLE001 -- a stranger's file may break any parser
            notes.append(f"{path.name}: cannot be read ({type(error).__name__}: {error})")
        else:
            items += [item] if item else []
    return Parsed(
        items=tuple(items),
        undated=sum(item.dated is None or item.dated.source is DateSource.FILE for item in items),
        notes=tuple(map(characters.whole, notes)),
    )


def _found(location: str, folder: Path, notes: list[str]) -> tuple[Path, list[Path]]:
    """The folder nothing may lead out of, and the files below it that are meant."""
    path = folder / Path(location).expanduser()
    if path.is_file():
        return path.parent, [path]
    if path.is_dir():
        return path, _below(path, notes)
    pattern = str(path)
    fixed = Path(glob.escape(pattern)) if not glob.has_magic(pattern) else _fixed_part(path)
    if not glob.has_magic(pattern) or not fixed.is_dir():
        where = "" if location == pattern else f" ({pattern})"
        raise Misconfigured(location, f"is not there{where}; check the path")
    found = glob.iglob(pattern, recursive=True)  # noqa: PTH207 -- Path.glob has no iglob for **
    return fixed, [Path(one) for _, one in zip(range(MAX_FILES), found, strict=False)]


def _below(root: Path, notes: list[str]) -> list[Path]:
    def unread(error: OSError) -> None:
        if error.filename == str(root):
            raise error
        notes.append(f"{Path(error.filename).name}: cannot be looked into: {error.strerror}")

    found: list[Path] = []
    for here, folders, names in os.walk(root, onerror=unread):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(here) / name for name in names]
        if len(found) >= MAX_FILES:
            break
    return found


def _fixed_part(path: Path) -> Path:
    """The folders of a glob before its first wildcard."""
    parts: list[str] = []
    for part in path.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _is_article(path: Path, root: Path, notes: list[str]) -> bool:
    """Whether a path is to be read; a symlink that leads out of the folder is noted."""
    if path.suffix.lower() not in FORMS or path.name.startswith("."):
        return False
    if path.stem.lower() in _ABOUT_THE_FOLDER:
        return False
    try:
        inside = path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError) as error:
        notes.append(f"{path.name}: cannot be read: {getattr(error, 'strerror', error)}")
        return False
    if not inside:
        notes.append(f"{path.name}: leads out of the folder and is not read")
    return inside and path.is_file()


def _item(path: Path, source: Source) -> FetchedItem | None:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise Permanent(f"is larger than {MAX_BYTES:,} bytes and is not read")
    body = path.read_bytes()
    if b"\0" in body[:8_000] and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Permanent("is binary, not text, and is not read")
    text = charset.decode(body)
    if not text.strip():
        raise Permanent("is empty")
    item = FetchedItem(
        source=source.id,
        url=path.resolve().as_uri(),
        form=FORMS[path.suffix.lower()],
        content=text,
        dated=Dated(
            at=datetime.fromtimestamp(int(_mtime(path)), UTC), source=DateSource.FILE, exact=False
        ),
    )
    return markdown(item, text) if item.form is Form.MARKDOWN else item


def markdown(item: FetchedItem, text: str) -> FetchedItem | None:
    """``item`` with what the front matter of ``text`` says; None for a draft."""
    front, body = frontmatter.split(text)
    if front.draft:
        return None
    address = markup.web(front.url, item.url)
    image = front.image if front.image and front.image.startswith("sample:") else None
    return replace(
        item,
        url=address or item.url,
        content=body,
        title=front.title,
        dated=front.dated or item.dated,
        author=front.author,
        tags=front.tags,
        image=image or markup.web(front.image, address or ""),
        language=front.language,
    )


def taken_back(urls: Iterable[str]) -> list[str]:
    """Those whose files were deleted, or made drafts, since they were read."""
    return [url for url in urls if _is_taken_back(Path(unquote(urlsplit(url).path)))]


def _is_taken_back(path: Path) -> bool:
    if FORMS.get(path.suffix.lower()) is not Form.MARKDOWN:
        return not path.exists()
    try:
        return frontmatter.split(charset.decode(path.read_bytes()[:MAX_BYTES]))[0].draft
    except FileNotFoundError:
        return True
    except (OSError, Permanent):
        return False  # it is there


def _mtime(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
