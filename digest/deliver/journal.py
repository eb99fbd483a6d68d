"""What is on the wire and what was accepted, to memory that outlives the process.  ~ world

One file a worker, mapped into memory: a note is a store of 64 bytes and no system call, and the
kernel keeps it when the process is killed. It does not outlive the machine (no msync): then a
batch is in doubt, as docs/delivery.md says.

    header   8 bytes magic, lease (UUID, 16 bytes)
    entry    delivery id (8), reply code (2), state (1), length of text (1), text (52)

Entries of a lease are one array, in order of take-off; a delivery that is not in it never left.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from digest.deliver.outcome import Accepted, InDoubt, Outcome
from digest.delivery import DeliveryId
from digest.errors import Temporary

MAGIC = b"digestJ1"
_HEAD = struct.Struct("<8s16s8x")
_ENTRY = struct.Struct("<qHBB52s")
_DEPARTURE = struct.Struct("<qHB")  # an entry's beginning
_CODE = struct.Struct("<H")
_CODE_AT, _STATE_AT, _LENGTH_AT, _TEXT_AT, _TEXT = 8, 10, 11, 12, 52  # of an entry


class Noted(IntEnum):
    """What the journal knows of a delivery. It is one byte: written, or not."""

    NOTHING = 0
    DEPARTED = 1  # the dot was written, no reply is known
    ACCEPTED = 2
    NOT_TAKEN = 3  # the relay said no: nothing is in doubt, it may be tried again


_DEPARTED, _ACCEPTED, _NOT_TAKEN = map(int, (Noted.DEPARTED, Noted.ACCEPTED, Noted.NOT_TAKEN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One delivery of a lease; ``code`` and ``text`` are what the relay said."""

    delivery: DeliveryId
    noted: Noted
    code: int = 0
    text: str = ""


class Journal:
    """The journal of a worker that is alive. Used by one thread."""

    def __init__(self, path: Path, *, capacity: int = 4096) -> None:
        """``capacity``: the deliveries of the largest lease. Raises Temporary (a full disk)."""
        self._capacity = capacity
        size = _HEAD.size + capacity * _ENTRY.size
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # Room is taken now: a store into a hole of a full disk would be a SIGBUS.
                os.posix_fallocate(descriptor, 0, size)
                self._map = mmap.mmap(descriptor, size)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise Temporary(f"journal {path} cannot be written: {error.strerror}") from error
        self._places: dict[DeliveryId, int] = {}

    def begin(self, lease: UUID) -> None:
        """A new lease: what the last one noted is settled and forgotten."""
        # The magic goes first and comes back last: half a header is no journal.
        self._map[: _HEAD.size] = bytes(_HEAD.size)
        used = len(self._places) * _ENTRY.size
        self._map[_HEAD.size : _HEAD.size + used] = bytes(used)
        self._places = {}
        self._forget_beyond(_HEAD.size + used)
        _HEAD.pack_into(self._map, 0, MAGIC, lease.bytes)

    def departing(self, delivery: DeliveryId) -> None:
        """Note it before its dot is written. Raises ValueError when the lease is full."""
        place = self._places.get(delivery)
        if place is not None:
            self._note(place, 0, b"", _DEPARTED)
            return
        if len(self._places) >= self._capacity:
            raise ValueError(f"the journal has room for {self._capacity} deliveries a lease")
        place = self._places[delivery] = _HEAD.size + len(self._places) * _ENTRY.size
        _DEPARTURE.pack_into(self._map, place, delivery, 0, _DEPARTED)

    def settle(self, delivery: DeliveryId, outcome: Outcome) -> None:
        """Note the answer of a delivery that had departed; others never left."""
        place = self._places.get(delivery)
        if place is None or isinstance(outcome, InDoubt):  # DEPARTED says just that
            return
        noted = _ACCEPTED if isinstance(outcome, Accepted) else _NOT_TAKEN
        self._note(place, outcome.code, outcome.text.encode()[:_TEXT], noted)

    def close(self) -> None:
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _note(self, place: int, code: int, text: bytes, noted: int) -> None:
        # The state comes last and is one store: killed in between, it is what it was. It never
        # reads NOTHING on the way, as it would if it were packed, which begins by clearing.
        at = place + _TEXT_AT
        self._map[at : at + len(text)] = text
        self._map[place + _LENGTH_AT] = len(text)
        _CODE.pack_into(self._map, place + _CODE_AT, code)
        self._map[place + _STATE_AT] = noted

    def _forget_beyond(self, start: int) -> None:
        """Clear what an earlier process left in the file: entries end at the first empty one."""
        while start + _ENTRY.size <= len(self._map) and self._map[start + _STATE_AT]:
            self._map[start : start + _ENTRY.size] = bytes(_ENTRY.size)
            start += _ENTRY.size


def read(path: Path) -> tuple[UUID, tuple[Entry, ...]] | None:
    """The lease of a journal and its entries, as a dead worker left them.

    None where there is no journal, or one that was killed before its lease began.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Temporary(f"journal {path} cannot be read: {error.strerror}") from error
    if len(data) < _HEAD.size:
        return None
    magic, lease = _HEAD.unpack_from(data)
    if magic != MAGIC:
        return None
    return UUID(bytes=lease), tuple(_entries(data))


def _entries(data: bytes) -> Iterator[Entry]:
    for place in range(_HEAD.size, len(data) - _ENTRY.size + 1, _ENTRY.size):
        delivery, code, state, length, text = _ENTRY.unpack_from(data, place)
        if state == Noted.NOTHING:
            return
        yield Entry(
            delivery=DeliveryId(delivery),
            noted=Noted(state),
            code=code,
            text=text[:length].decode("utf-8", "ignore"),
        )
