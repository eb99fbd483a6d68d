"""What became of an item that was read; read again, the article as it is told now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest import characters
from digest.curate.addresses import Placed
from digest.model import Article, FetchedItem, Form

BELIEVED = 0.5  # of the words that are kept: a second reading with fewer met a wall or an error


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of one item."""

    placed: Placed
    article: Article | None
    trouble: str | None = None  # why there is no article
    owed: bool = False  # and its page may be had later
    moved: bool = False  # its page was found at another address
    note: str | None = None  # what the operator is told, the address in it


def may_differ(item: FetchedItem, title: str | None) -> bool:
    """Whether an item may tell an edit: by another headline than ``title``, or in a full text.

    Of an item that only leads to its page nothing else tells, and no page is asked for again at
    every visit. The words of a link are no headline: they count comments, and hours.
    """
    is_named = bool(item.title and (item.guid or item.content))
    return item.form is Form.FRAGMENT or (is_named and item.title != title)


def believed(
    again: Sequence[tuple[Placed, Article]], read: Sequence[Reading]
) -> list[tuple[Placed, Article]]:
    """The items whose second reading is believed, and the articles as they read now."""
    found: list[tuple[Placed, Article]] = []
    for (placed, kept), one in zip(again, read, strict=True):
        if one.article and (article := edited(kept, one.article)):
            found.append((placed, article))
    return found


def edited(kept: Article, read: Article) -> Article | None:
    """``kept`` with the headline and the text of a second reading; None where it is not believed.

    Its date stays: an edit makes no news of it.
    """
    enough = BELIEVED * characters.words(kept.text)
    if read.url != kept.url or characters.words(read.text) < enough:
        return None
    return replace(
        kept,
        title=read.title,
        text=read.text,
        author=read.author or kept.author,
        image=read.image or kept.image,
        fingerprint=read.fingerprint,
    )


def mistake(error: Exception) -> str:
    """Why there is no article where we ourselves failed."""
    kind = type(error).__name__
    return f"Digest could not read it ({kind}), which is a mistake in Digest; the log has more"
