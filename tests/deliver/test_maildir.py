from __future__ import annotations

import mailbox

import pytest

from digest.deliver.maildir import MaildirTransport
from digest.deliver.outcome import Accepted
from digest.deliver.transport import Outgoing
from digest.errors import Misconfigured

MESSAGE = Outgoing(
    name="letter-7",
    sender="digest@quayside.example",
    recipient="ada@example.org",
    parts=(b"Subject: Gates\r\n\r\nThey swing.\r\n",),
)


async def test_a_mail_program_finds_the_message_in_the_folder(tmp_path):
    outcome = await MaildirTransport(tmp_path / "mail")(MESSAGE)

    assert isinstance(outcome, Accepted)
    (found,) = mailbox.Maildir(tmp_path / "mail", create=False)
    assert found["Subject"] == "Gates"
    assert found["Delivered-To"] == "ada@example.org"
    assert found["Return-Path"] == "<digest@quayside.example>"
    assert found.get_payload() == "They swing.\n"
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


async def test_messages_without_a_name_are_files_of_their_own(tmp_path):
    transport = MaildirTransport(tmp_path)

    for ref in (1, 2, 1):
        await transport(Outgoing(name="", sender="a@b", recipient="c@d", parts=(b"x",), ref=ref))

    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "delivery-1.digest",
        "delivery-2.digest",
    ]


async def test_a_message_sent_twice_is_one_file(tmp_path):
    transport = MaildirTransport(tmp_path)

    await transport(MESSAGE)
    await transport(MESSAGE)

    assert len(list((tmp_path / "new").iterdir())) == 1


async def test_a_name_never_leads_out_of_the_folder(tmp_path):
    climbing = Outgoing(
        name="../../etc/passwd", sender="", recipient="ada@example.org", parts=MESSAGE.parts
    )

    await MaildirTransport(tmp_path / "mail")(climbing)

    assert [p.parent.name for p in (tmp_path / "mail").rglob("*.digest")] == ["new"]


async def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "mail").write_text("a file")

    with pytest.raises(Misconfigured, match=r"mail cannot be written.*deliver\.maildir"):
        await MaildirTransport(tmp_path / "mail")(MESSAGE)
