"""What nobody understood lies in a Maildir for a while, and is never more than so much."""

import os
from datetime import timedelta

import pytest

from digest.deliver import unread
from digest.errors import Misconfigured
from tests.builders import NOW


def test_the_same_mail_twice_is_one_file(tmp_path):
    kept = unread.keep(tmp_path / "a" / "unread", b"Subject: x\r\n\r\nhello\r\n")

    assert unread.keep(tmp_path / "a" / "unread", b"Subject: x\r\n\r\nhello\r\n") == kept
    assert (unread.count(tmp_path / "a" / "unread"), kept.read_bytes()) == (
        1,
        b"Subject: x\n\nhello\n",
    )


def test_a_folder_that_is_none_holds_none(tmp_path):
    (tmp_path / "file").write_text("")

    assert (unread.count(tmp_path / "nowhere"), unread.let_go(tmp_path, NOW)) == (0, 0)
    with pytest.raises(Misconfigured, match=r"cannot be written: .*; see bounces\.unread"):
        unread.keep(tmp_path / "file", b"x")


def test_old_ones_go_whether_read_or_not(tmp_path):
    old, read, new = (unread.keep(tmp_path, name) for name in (b"old", b"read", b"new"))
    seen = read.rename(tmp_path / "cur" / f"{read.name}:2,S")
    for path, days in ((old, 91), (seen, 91), (new, 89)):
        at = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (at, at))
    before = NOW - timedelta(days=90)

    assert sorted(unread.old(tmp_path, before)) == sorted([old, seen])
    assert unread.let_go(tmp_path, before) == 2
    assert (unread.count(tmp_path), new.exists()) == (1, True)


def test_of_too_many_the_oldest_go(tmp_path):
    (tmp_path / "new").mkdir()
    for n in range(unread.MOST + 3):
        path = tmp_path / "new" / f"{n}"
        path.touch()
        os.utime(path, (n, n))

    unread.keep(tmp_path, b"the newest")

    assert unread.count(tmp_path) == unread.MOST
    assert not (tmp_path / "new" / "3").exists()
    assert (tmp_path / "new" / "4").exists()
