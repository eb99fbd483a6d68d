"""A message is exactly what mail programs can read, whatever is in it."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import flowed
from digest.deliver.message import Compiled, Letterhead, Personal, compile_edition, splice
from digest.errors import Permanent
from digest.model import Edition
from digest.slots import SLOT_CLOSE, SLOT_OPEN
from tests.builders import NOW

# What an article or a name may hold once curate has cleaned it: no surrogates, no slot marks.
words = st.text(st.characters(exclude_categories=("Cs", "Co", "Cc", "Zl", "Zp")), max_size=200)
lines = st.lists(words, max_size=6).map("\n".join)


def slot(name: str) -> str:
    return f"{SLOT_OPEN}{name}{SLOT_CLOSE}"


def an_edition(**given: Any) -> Edition:
    defaults: dict[str, Any] = {
        "key": "en",
        "language": "en",
        "subject": "The lock gates swing again",
        "preheader": "Barges are back.",
        "html": f'<html><body><a href="{slot("unsubscribe_url")}">Leave</a></body></html>',
        "text": f"Barges are back.\n\nLeave: {slot('unsubscribe_url')}\n",
    }
    return Edition(**{**defaults, **given})


LETTERHEAD = Letterhead(
    sender="The Quayside <digest@quayside.example>",
    reply_to="",
    list_title="The Quayside",
    list_id="daily.quayside.example",
)


def a_person(**given: Any) -> Personal:
    defaults: dict[str, Any] = {
        "to": "ada@example.org",
        "name": "",
        "message_id": "<abc@quayside.example>",
        "date": NOW,
        "unsubscribe_url": "https://quayside.example/unsubscribe/daily.ada.m",
        "unsubscribe_mail": "mailto:unsubscribe@quayside.example?subject=daily.ada.m",
        "slots": {"unsubscribe_url": "https://quayside.example/unsubscribe/daily.ada.m"},
    }
    return Personal(**{**defaults, **given})


def compiled(edition: Edition | None = None, letterhead: Letterhead = LETTERHEAD) -> Compiled:
    return compile_edition(edition or an_edition(), letterhead)


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def part(data: bytes, kind: str) -> str:
    body = read(data).get_body((kind,))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_a_message_carries_every_header_a_list_owes_its_readers() -> None:
    data = splice(compiled(), a_person())

    assert dict(read(data).items()) == {
        "To": "ada@example.org",
        "Date": "Tue, 24 Nov 2026 06:30:00 +0000",
        "Message-ID": "<abc@quayside.example>",
        "List-Unsubscribe": (
            "<https://quayside.example/unsubscribe/daily.ada.m>, "
            "<mailto:unsubscribe@quayside.example?subject=daily.ada.m>"
        ),
        "From": "The Quayside <digest@quayside.example>",
        "Subject": "The lock gates swing again",
        "List-Id": "The Quayside <daily.quayside.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "Content-Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": read(data)["Content-Type"],
    }


def test_plain_text_comes_first_and_html_last() -> None:
    kinds = [one.get_content_type() for one in read(splice(compiled(), a_person())).iter_parts()]

    assert kinds == ["text/plain", "text/html"]


def test_answers_go_where_the_newsletter_says() -> None:
    letterhead = Letterhead(
        sender=LETTERHEAD.sender,
        reply_to="Editor, of all <editor@quayside.example>",
        list_title="",
        list_id="daily.quayside.example",
    )

    message = read(splice(compiled(letterhead=letterhead), a_person()))

    assert message["Reply-To"] is not None
    assert message["List-Id"] == "daily.quayside.example"


def test_a_slot_is_escaped_for_the_place_it_stands_in() -> None:
    edition = an_edition(html=f"<p title='{slot('name')}'>", text=f"For {slot('name')}.")

    data = splice(compiled(edition), a_person(slots={"name": "<Ada & 'co'>"}))

    assert part(data, "html") == "<p title='&lt;Ada &amp; &#x27;co&#x27;&gt;'>"
    assert part(data, "plain") == "For <Ada & 'co'>."


def test_a_place_nobody_can_fill_is_never_sent_open() -> None:
    edition = an_edition(text=slot("shoe_size"))

    with pytest.raises(Permanent, match="the edition has a place 'shoe_size' that nobody can fill"):
        splice(compiled(edition), a_person())


def test_a_title_with_a_line_break_adds_no_header() -> None:
    edition = an_edition(subject="Barges\r\nBcc: everybody@example.org")

    message = read(splice(compiled(edition), a_person()))

    assert message["Bcc"] is None
    assert message["Subject"] == "Barges Bcc: everybody@example.org"


@given(name=words.filter(lambda name: not "".join(name.split()).isascii()))
def test_any_name_reaches_the_reader(name: str) -> None:
    data = splice(compiled(), a_person(name=name))

    # By RFC 2047: the library's own parser of phrases keeps the blank between encoded words.
    raw = email.message_from_bytes(data, policy=email.policy.compat32)["To"]
    assert squeezed(make_header(decode_header(raw))) == squeezed(f"{name} <ada@example.org>")


@given(name=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200))
def test_any_name_of_plain_letters_reaches_the_reader(name: str) -> None:
    message = read(splice(compiled(), a_person(name=name)))

    [address] = message["To"].addresses
    assert address.addr_spec == "ada@example.org"
    assert squeezed(address.display_name) == squeezed(name)


@given(subject=words.filter(str.strip))
def test_any_subject_reaches_the_reader(subject: str) -> None:
    message = read(splice(compiled(an_edition(subject=subject)), a_person()))

    assert squeezed(message["Subject"]) == squeezed(subject)


@given(before=lines, value=words, after=lines)
def test_any_text_round_trips_and_breaks_no_rule_of_the_wire(
    before: str, value: str, after: str
) -> None:
    edition = an_edition(
        text=f"{before}:{slot('name')}{after}", html=f"<p>{before}</p>{slot('name')}{after}"
    )

    data = splice(compiled(edition), a_person(slots={"name": value}, name=value))

    assert flowed.lines(part(data, "plain")) == f"{before}:{value}{after}"
    assert "\n".join(part(data, "html").splitlines()[:1]).startswith("<p>")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", data)
    head, _, body = data.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not [line for line in body.split(b"\r\n") if line.startswith((b".", b"From "))]


def test_the_same_edition_and_person_give_the_same_bytes() -> None:
    assert splice(compiled(), a_person()) == splice(compiled(), a_person())


def squeezed(text: object) -> str:
    return " ".join(str(text).split())


def test_the_same_moment_is_written_the_same_whatever_zone_it_came_in():
    in_utc = splice(compiled(), a_person())
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))

    assert splice(compiled(), a_person(date=elsewhere)) == in_utc
    assert b"Date: Tue, 24 Nov 2026 06:30:00 +0000\r\n" in in_utc
