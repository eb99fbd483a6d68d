import email
import email.policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import notice
from tests.builders import NOW

WRONG = [("mail has waited since 06:30", "see that `digest work` runs"), ("disk", "make room")]


def mail(wrong=WRONG, over=("source:Héraut",), sender="The Quayside <digest@quayside.example>"):
    return notice.mail(
        wrong,
        over,
        sender=sender,
        to="editor@quayside.example",
        site="Harrow Quay Library",
        at=NOW,
    )


def read(outgoing):
    return email.message_from_bytes(outgoing.data, policy=email.policy.default)


def test_the_mail_says_what_is_wrong_the_cure_and_what_is_over():
    sent = mail()
    found = read(sent)

    assert (sent.sender, sent.recipient) == ("digest@quayside.example", "editor@quayside.example")
    assert found["Subject"] == "Harrow Quay Library: 2 things need you"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Date"].datetime == NOW
    assert found.get_content().replace("\r\n", "\n") == (
        "mail has waited since 06:30.\n  See that `digest work` runs.\n\n"
        "disk.\n  Make room.\n\nOver: source:Héraut.\n"
    )


def test_what_another_program_said_with_its_full_stop_gets_no_second_one():
    assert notice.lines([("the relay says 550 Not you.", "ask it. Why?")], ()) == [
        "the relay says 550 Not you.\n  Ask it. Why?"
    ]


def test_the_subject_counts():
    assert read(mail(WRONG[:1]))["Subject"] == "Harrow Quay Library: one thing needs you"
    assert read(mail([]))["Subject"] == "Harrow Quay Library: one thing is over"


def test_the_webhook_is_told_in_words_and_in_parts():
    assert notice.payload(WRONG[1:], ["sending"]) == {
        "text": "disk.\n  Make room.\nOver: sending.",
        "alerts": [{"says": "disk", "cure": "make room"}],
        "over": ["sending"],
    }


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_whatever_is_said_the_mail_is_fit_for_the_wire(says, cure):
    data = mail([(says, cure)]).data

    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert not any(line.startswith(b".") for line in data.split(b"\r\n"))
    assert max(map(len, data.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "name",
    ["Новости набережной и окрестностей города", "港口日报编辑部每日新闻摘要与评论周刊", "A" * 99],
)
def test_a_long_sender_is_folded_and_read_as_it_was_written(name):
    sent = mail(sender=f"{name} <news@bücher.example>")

    # Not email.policy.default, which puts a space between two encoded words.
    shown, address = parseaddr(email.message_from_bytes(sent.data)["From"])
    assert str(make_header(decode_header(shown))) == name
    assert address == sent.sender == "news@xn--bcher-kva.example"
    assert sent.data.partition(b"\r\n\r\n")[0].isascii()


@given(st.text(), st.text(), st.text())
def test_whatever_sender_subject_and_text_are_a_letter_is_made(name, subject, text):
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    sender = f'"{quoted}" <digest@quayside.example>'

    head = notice.question(subject, text, sender=sender, to="e@q.example", at=NOW).data

    lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line.partition(b":")[0] for line in lines if not line.startswith(b" ")] == [
        *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted"),
        *(b"MIME-Version", b"Content-Type", b"Content-Transfer-Encoding"),
    ]
    assert max(map(len, lines)) <= 998
