"""A mail to the unsubscribe mailbox is believed as far as its token goes."""

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
     f"=?utf-8?q?{SUBJECT}?="],
)  # fmt: skip
def test_the_token_in_the_subject_takes_its_bearer_off_the_newsletter(subject):
    assert mailto.verdict(RING, a_mail(subject)) == Leaves(subscriber=ADA, newsletter="daily")


@pytest.mark.parametrize(
    "subject",
    ["", "unsubscribe", f"Fwd please {SUBJECT}", SUBJECT.replace("daily", "weekly", 1),
     SUBJECT.replace("ada", "eve"), SUBJECT[:-1],
     f"daily.{tokens.make(RING[0], Purpose.PREFERENCES, ADA, 'daily')}"],
)  # fmt: skip
def test_without_a_token_of_ours_nobody_is_taken_off(subject):
    assert isinstance(mailto.verdict(RING, a_mail(subject)), Unproven)


def test_an_absence_notice_is_nobodys_act():
    found = mailto.verdict(RING, a_mail(head="Auto-Submitted: auto-replied; x=y\r\n"))

    assert found == Unproven("The mail is an automatic answer.")


def test_what_a_program_sends_for_its_reader_is_the_readers_act():
    found = mailto.verdict(RING, a_mail(head="Auto-Submitted: auto-generated\r\n"))

    assert found == Leaves(subscriber=ADA, newsletter="daily")


@given(st.binary(max_size=400))
def test_no_mail_however_broken_is_more_than_unproven(mail):
    assert isinstance(mailto.verdict(RING, mail), Unproven)
    assert isinstance(mailto.verdict(RING, b"Subject: " + mail), Unproven)
