"""A newsletter of 41 KB a message for the delivery benches, and its readers without end."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

from digest.deliver.message import Compiled, compile_edition
from digest.deliver.postmark import Postmark, Reader
from digest.deliver.transport import Outgoing
from digest.deliver.writer import Writer
from digest.model import Edition, Issue, Newsletter, NewsletterId
from digest.slots import SLOT_CLOSE, SLOT_OPEN
from subscribers.model import SubscriberId

DUE = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
SENDER = "digest@quayside.example"
WORDS = (
    "barge lock gate oak keeper freight detour harbour café façade ferry tide mason rope".split()
)


def slot(name: str) -> str:
    return f"{SLOT_OPEN}{name}{SLOT_CLOSE}"


def edition(html_bytes: int = 30_500, text_bytes: int = 7_500) -> Edition:
    """One edition with the slots of the shipped templates."""
    dice = random.Random(4)

    def prose(size: int) -> str:
        words: list[str] = []
        while size > 0:
            words.append(dice.choice(WORDS))
            size -= len(words[-1]) + 1
        return " ".join(words)

    def paragraphs(size: int, mark: str) -> str:
        return "\n".join(mark.format(prose(600)) for _ in range(size // 640))

    leave, change = slot("unsubscribe_url"), slot("preferences_url")
    html = (
        f'<html><body><p>Good morning {slot("name")}</p><a href="{leave}">Leave</a>\n'
        + paragraphs(html_bytes, '<p style="margin:0">{}</p>')
        + f'<p>To {slot("reader")}. <a href="{change}">Change</a> <a href="{leave}">Leave</a></p>'
        "</body></html>"
    )
    text = f"Good morning {slot('name')}\n\n{paragraphs(text_bytes, '{}')}\n\nLeave: {leave}\n"
    return Edition(
        key="en", language="en", subject="The lock gates swing again", preheader="", html=html,
        text=text,
    )  # fmt: skip


def the_post() -> tuple[Compiled, Postmark, Issue]:
    newsletter = Newsletter(
        id=NewsletterId("daily"), title="The Quayside", sender=f"The Quayside <{SENDER}>"
    )
    postmark = Postmark(
        newsletter=newsletter,
        base_url="https://quayside.example",
        unsubscribe_mailbox="",
        ring=(b"k" * 32,),
    )
    issue = Issue(
        newsletter=newsletter.id,
        cadence="daily",
        period="2026-11-24",
        number=412,
        since=DUE,
        until=DUE,
        language="en",
        subject="",
        preheader="",
        lead=None,
    )
    return compile_edition(edition(), postmark.letterhead), postmark, issue


def reader(number: int) -> Reader:
    return Reader(
        id=SubscriberId(f"s{number:012}"),
        address=f"reader{number}@example.com",
        name=f"Zoë Reader {number}",
        due=DUE,
    )


def writer() -> Callable[[int], Outgoing]:
    """A number to that reader's message: tokens made, slots filled, as in a real send."""
    message = Writer(*the_post()).message
    return lambda number: message(reader(number))
