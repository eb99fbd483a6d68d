"""A mail to the unsubscribe mailbox is believed as far as its token goes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import mailto, tokens
from subscribers.mailto import Leaves, Unproven
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose

RING = (b"k" * 32, b"old" * 12)
ADA = SubscriberId("ada")
SUBJECT = f"daily.{tokens.make(RING[1], Purpose.UNSUBSCRIBE, ADA, 'daily')}"


def a_mail(subject=SUBJECT, head=""):
    return f"From: eve@elsewhere.example\r\n{head}Subject: {subject}\r\n\r\nbye\r\n".encode()


@pytest.mark.parametrize(
    "subject",
    [SUBJECT, f"Re: {SUBJECT}", f"AW: Re[2]: {SUBJECT}", f"{SUBJECT[:30]}\r\n {SUBJECT[30:]}",
     f"=?utf-8?q?{SUBJECT}?=", f"[EXTERNAL] {SUBJECT}", f"***SPAM***{SUBJECT}",
     f"Fwd: please unsubscribe <{SUBJECT}>, thanks", f"unsubscribe {SUBJECT[:9]}\r\n {SUBJECT[9:]}",
     f"=?utf-16?B?{base64.b64encode(SUBJECT.encode('utf-16')).decode()}?=",
     f"x.y.{'a' * 22} {SUBJECT}"],
)  # fmt: skip
def test_the_token_in_the_subject_takes_its_bearer_off_the_newsletter(subject):
    assert mailto.verdict(RING, a_mail(subject)) == Leaves(subscriber=ADA, newsletter="daily")


@pytest.mark.parametrize(
    "subject",
    ["", "unsubscribe", f"Re: {'x ' * 30}{SUBJECT}", SUBJECT.replace("daily", "weekly", 1),
     SUBJECT.replace("ada", "eve"), SUBJECT[:-1],
     f"daily.{tokens.make(RING[0], Purpose.PREFERENCES, ADA, 'daily')}"],
)  # fmt: skip
def test_without_a_token_of_ours_nobody_is_taken_off(subject):
    assert isinstance(mailto.verdict(RING, a_mail(subject)), Unproven)


@pytest.mark.parametrize(
    "head",
    ["Auto-Submitted: auto-replied; x=y\r\n", "Auto-Submitted: auto-replied (vacation)\r\n",
     "Auto-Submitted: (a note) Auto-Notified\r\n", "Precedence: auto_reply\r\n",
     "X-Autoreply: yes\r\n"],
)  # fmt: skip
def test_an_absence_notice_is_nobodys_act(head):
    found = mailto.verdict(RING, a_mail(head=head))

    assert found == Unproven("The mail is an automatic answer.")


def test_nor_is_one_that_its_subject_alone_tells():
    found = mailto.verdict(RING, a_mail(f"Automatic reply: {SUBJECT}"))

    assert found == Unproven("The mail is an automatic answer.")


def test_what_a_program_sends_for_its_reader_is_the_readers_act():
    found = mailto.verdict(RING, a_mail(head="Auto-Submitted: auto-generated\r\n"))

    assert found == Leaves(subscriber=ADA, newsletter="daily")


def test_what_the_button_of_apples_mail_programs_sends_is_the_readers_act():
    head = "Auto-Submitted: auto-replied\r\nX-Apple-Unsubscribe: true\r\n"

    assert mailto.verdict(RING, a_mail(head=head)) == Leaves(subscriber=ADA, newsletter="daily")


@pytest.mark.parametrize("name", ["Content-Type", "Subject", "Auto-Submitted", "MIME-Version"])
@pytest.mark.parametrize("sign", ["(", "<", '"', "=?utf-8?q?=41?= ", "=?punycode?q?", "[", "a*1="])
def test_no_field_however_written_overflows_the_reader(name, sign):
    mail = f"From: a@b.example\r\n{name}: {sign * 20_000}\r\n\r\nx\r\n".encode()

    assert isinstance(mailto.verdict(RING, mail), Unproven)


@given(st.binary(max_size=400))
def test_no_mail_however_broken_is_more_than_unproven(mail):
    assert isinstance(mailto.verdict(RING, mail), Unproven)
    assert isinstance(mailto.verdict(RING, b"Subject: " + mail), Unproven)
