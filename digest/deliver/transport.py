"""The Transport port, and the transport of a rehearsal: messages to files.  ~ world"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from digest.deliver.outcome import Accepted, Outcome
from digest.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message on its way. ``name`` is what reports and files call it."""

    name: str
    sender: str  # envelope, bare address
    recipient: str  # envelope, bare address
    data: bytes  # CRLF line ends, no line begins with a dot
    ref: int = 0  # what the journal and the tray call it


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
