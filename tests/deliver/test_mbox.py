"""A stream is one mail, or the mails of an mbox."""

from io import BytesIO

import pytest

from digest.deliver import mbox
from digest.deliver.opened import MOST_BYTES

DAY = b"Tue Nov 24 06:31:04 2026"


def mails(raw):
    return list(mbox.mails(BytesIO(raw)))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: x\r\n\r\nFrom here on\r\n\r\nFrom eve " + DAY + b"\r\nSubject: y\r\n",
        b"\r\n\r\n",
        b"x" * MOST_BYTES,
    ],
)
def test_a_mail_is_one_whatever_it_holds(raw):
    assert mails(raw) == [raw]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_an_mbox_is_parted_where_a_mail_begins_and_nowhere_else(end):
    one, two = (
        b"Subject: 1\n\nFrom the quay\nFrom a " + DAY + b"\n\n",
        b"Subject: 2\n\nFrom here.\n",
    )
    raw = (
        b"From eve@x.example  "
        + DAY
        + b"\n"
        + one
        + b"From MAILER-DAEMON "
        + DAY
        + b" +0000\n"
        + two
    )

    assert mails(raw.replace(b"\n", end)) == [one.replace(b"\n", end), two.replace(b"\n", end)]


def test_the_line_before_a_single_mail_is_none_of_it():
    assert mails(b"From eve\nSubject: x\n") == [b"Subject: x\n"]


def test_of_a_huge_mail_only_the_beginning_is_held_and_the_next_is_found():
    raw = (
        b"From a "
        + DAY
        + b"\n"
        + b"x" * (3 * MOST_BYTES)
        + b"\n\nFrom b "
        + DAY
        + b"\nSubject: 2\n"
    )

    assert mails(raw) == [b"x" * MOST_BYTES, b"Subject: 2\n"]
