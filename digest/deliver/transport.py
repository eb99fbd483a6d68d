"""The Transport port, and the transport of a rehearsal: messages to files.  ~ world"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from digest.deliver.outcome import Accepted, Outcome
from digest.errors import Misconfigured


class Outgoing:
    """One message on its way. ``name`` is what reports and files call it.

    Its bytes have CRLF line ends and no line that begins with a dot. They may come in ``parts``,
    of which most are the edition's own and shared by all its messages: 41 KB are not copied for
    each reader. Never changed once made (a frozen dataclass takes three times as long to make).
    ``plain``: it asks nothing of a relay. Its bytes are ASCII and end a line, and its recipient is
    ASCII that SMTP can write.
    """

    __slots__ = ("name", "parts", "person", "plain", "recipient", "ref", "sender", "size")

    def __init__(
        self,
        name: str,
        sender: str,  # envelope, bare address
        recipient: str,  # envelope, bare address
        parts: Sequence[bytes],
        ref: int = 0,  # what the journal and the tray call it
        size: int | None = None,  # of all parts, where that is known
        plain: bool = False,  # False, too, where nobody has looked
        person: str = "",  # whom it is for, as its office calls them
    ) -> None:
        self.name = name
        self.sender = sender
        self.recipient = recipient
        self.ref = ref
        self.parts = parts
        self.size = sum(map(len, parts)) if size is None else size
        self.plain = plain
        self.person = person

    @property
    def domain(self) -> str:
        """Of the recipient. Few ask, so it is worked out for those."""
        return domain_of(self.recipient)

    @property
    def eightbit(self) -> bool:
        """Is there a byte beyond ASCII? Asked of those that are not plain: it reads all of it."""
        return not (self.plain or all(map(bytes.isascii, self.parts)))

    @property
    def data(self) -> bytes:
        """The whole message."""
        return b"".join(self.parts)

    def headed(self, lines: bytes) -> Outgoing:
        """The same message with more header lines (each with its CRLF) before its own."""
        return Outgoing(
            self.name,
            self.sender,
            self.recipient,
            (lines, *self.parts),
            self.ref,
            self.size + len(lines),
            self.plain and lines.isascii(),
            self.person,
        )


def domain_of(address: str) -> str:
    """What limits of a recipients' domain go by: in small letters."""
    return address.rpartition("@")[2].lower()


class Transport(Protocol):
    """Carries one message away and says what became of it. Raises DigestError when it cannot."""

    async def __call__(self, message: Outgoing) -> Outcome: ...


class RehearsalTransport:
    """Writes each message as ``NAME.eml`` into a folder instead of sending it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __call__(self, message: Outgoing) -> Outcome:
        target = self._folder / f"{message.name}.eml"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(message.data)
        except OSError as error:
            raise Misconfigured(
                str(target), f"cannot be written: {error.strerror}; give another folder with --out"
            ) from error
        return Accepted(250, "2.0.0", str(target))
