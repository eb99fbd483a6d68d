"""The transport of a machine that does not send yet: messages into a Maildir.  ~ world

Any mail program can open the folder (the format of qmail: written in ``tmp``, then moved to
``new``, so that no reader ever sees half a message).
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

from digest.deliver.outcome import Accepted, Outcome
from digest.deliver.transport import Outgoing
from digest.errors import Misconfigured

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class MaildirTransport:
    """Puts each message into ``folder``/new under its name; the same name twice is one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __call__(self, message: Outgoing) -> Outcome:
        target = await asyncio.to_thread(self._put, message)
        return Accepted(250, "2.0.0", str(target))

    def _put(self, message: Outgoing) -> Path:
        name = f"{_UNSAFE.sub('_', message.name or f'delivery-{message.ref}')}.digest"
        envelope = f"Return-Path: <{message.sender}>\r\nDelivered-To: {message.recipient}\r\n"
        return put(self._folder, name, envelope.encode() + message.data, key="deliver.maildir")


def put(folder: Path, name: str, mail: bytes, *, key: str) -> Path:
    """Write a mail, to be found whole or not at all; the file, of that name.

    Raises Misconfigured where it cannot be written; ``key`` is what names the folder.
    """
    half, whole = folder / "tmp" / name, folder / "new" / name
    try:
        for inner in ("tmp", "new", "cur"):
            (folder / inner).mkdir(parents=True, exist_ok=True)
        with half.open("wb") as file:
            file.write(mail.replace(b"\r\n", b"\n"))
            file.flush()
            os.fsync(file.fileno())
        half.replace(whole)
    except OSError as error:
        raise Misconfigured(
            str(folder), f"cannot be written: {error.strerror}; see {key}"
        ) from error
    return whole
