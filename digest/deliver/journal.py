"""What is on the wire and what was accepted, to memory that outlives the process.  ~ world

One file a worker, mapped into memory: a note is a store of 64 bytes and no system call, and the
kernel keeps it when the process is killed. It does not outlive the machine (no msync): then a
batch is in doubt, as docs/delivery.md says.

    header   8 bytes magic, lease (UUID, 16 bytes), mark of the machine's start (8)
    entry    delivery id (8), state (1), length of text (1), reply code (2), text (52)

A place is used again once what it says is in the database. A delivery of the lease that is in no
place never left, or was settled.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from digest.deliver import replies
from digest.deliver.outcome import Accepted, Deferred, InDoubt, Outcome, Stage
from digest.delivery import DeliveryId
from digest.errors import Temporary

MAGIC = b"digestJ3"
SUFFIX = ".journal"
BOOT = Path("/proc/sys/kernel/random/boot_id")
_HEAD = struct.Struct("<8s16s8s")
_ENTRY = struct.Struct("<qBBH52s")
_DEPARTURE = struct.Struct("<qBBH")  # an entry's beginning
_ANSWER = struct.Struct("<BH52s")  # the rest of it, after its state
_STATE_AT, _ANSWER_AT, _TEXT = 8, 9, 52  # of an entry


class Noted(IntEnum):
    """What the journal knows of a delivery. It is one byte: written, or not."""

    NOTHING = 0
    DEPARTED = 1  # the dot was written, no reply is known
    ACCEPTED = 2
    NOT_TAKEN = 3  # the relay said no: nothing is in doubt, it may be tried again


_NOTHING, _DEPARTED, _ACCEPTED, _NOT_TAKEN = map(int, Noted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One delivery of a lease; ``code`` and ``text`` are what the relay said, in short."""

    delivery: DeliveryId
    noted: Noted
    code: int = 0
    text: str = ""


def outcome(entry: Entry | None) -> Outcome:
    """What a dead worker's note says became of its delivery. None: there is none, so who knows."""
    if entry is None or entry.noted is Noted.DEPARTED:
        return InDoubt("its process died while it was on the wire")
    if entry.noted is Noted.ACCEPTED:
        return Accepted(entry.code, *replies.said(b"%d %b" % (entry.code, entry.text.encode())))
    return Deferred(entry.code, "", entry.text, Stage.END)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What a dead worker left. ``whole``: the machine ran on, so no note of its is missing."""

    lease: UUID
    entries: tuple[Entry, ...]
    whole: bool


class InUse(Temporary):
    """A living worker has this journal."""


class Journal:
    """The journal of a worker that is alive; nobody else can open it. Used by one thread."""

    def __init__(self, path: Path, *, capacity: int = 4096) -> None:
        """``capacity``: how many may be under way or not yet in the database.

        Raises InUse, or Temporary (a full disk).
        """
        self.path = path
        size = _HEAD.size + capacity * _ENTRY.size
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _locked(path)
            try:
                # One that was larger once may hold notes in all of it.
                size = max(size, os.fstat(self._file).st_size)
                # Room is taken now: a store into a hole of a full disk would be a SIGBUS.
                os.posix_fallocate(self._file, 0, size)
                self._map = mmap.mmap(self._file, size)
            except BaseException:
                os.close(self._file)
                raise
        except BlockingIOError as error:
            raise InUse(f"journal {path} belongs to a worker that is alive") from error
        except OSError as error:
            raise Temporary(f"journal {path} cannot be written: {error.strerror}") from error
        self._places: dict[int, int] = {}
        self._free: list[int] = []

    @property
    def room(self) -> int:
        """How many more deliveries may depart before some are forgotten."""
        return len(self._free)

    def left_behind(self) -> Notes | None:
        """What the worker that had this journal before left in it; None: nothing to believe."""
        return _read(self._map[:])

    def begin(self, lease: UUID) -> None:
        """A new lease: what the last one noted is settled and forgotten."""
        # The magic goes first and comes back last: half a header is no journal.
        self._map[:] = bytes(len(self._map))
        places = range(_HEAD.size, len(self._map) - _ENTRY.size + 1, _ENTRY.size)
        self._places, self._free = {}, list(reversed(places))
        _HEAD.pack_into(self._map, 0, MAGIC, lease.bytes, _boot())

    def departing(self, delivery: int) -> None:
        """Note it before its dot is written. Raises ValueError where there is no room."""
        place = self._places.get(delivery)
        if place is not None:
            self._note(place, 0, b"", _DEPARTED)
            return
        if not self._free:
            raise ValueError("the journal has no room; settle and forget something first")
        place = self._places[delivery] = self._free.pop()
        _DEPARTURE.pack_into(self._map, place, delivery, _DEPARTED, 0, 0)

    def accepted(self, delivery: int, said: bytes) -> None:
        """Note that a delivery was accepted; ``said`` is the relay's line, with its 250."""
        place, text = self._places[delivery], said[4 : 4 + _TEXT]
        # As _note, without its call: there are thousands a second.
        _ANSWER.pack_into(self._map, place + _ANSWER_AT, len(text), 250, text)
        self._map[place + _STATE_AT] = _ACCEPTED

    def settle(self, delivery: int, outcome: Outcome) -> None:
        """Note the answer of a delivery that had departed; others never left."""
        place = self._places.get(delivery)
        if place is None or isinstance(outcome, InDoubt):  # DEPARTED says just that
            return
        noted = _ACCEPTED if isinstance(outcome, Accepted) else _NOT_TAKEN
        self._note(place, outcome.code, outcome.text.encode()[:_TEXT], noted)

    def forget(self, deliveries: Iterable[int]) -> None:
        """What became of them is in the database: their places may be used again."""
        places, free, entries = self._places, self._free, self._map
        for delivery in deliveries:
            place = places.pop(delivery, None)
            if place is not None:
                entries[place + _STATE_AT] = _NOTHING
                free.append(place)

    def close(self) -> None:
        self._map.close()
        os.close(self._file)

    def remove(self) -> None:
        """Close it and take the file away; what it said is settled."""
        self.path.unlink(missing_ok=True)
        self.close()

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
        _ANSWER.pack_into(self._map, place + _ANSWER_AT, len(text), code, text)
        self._map[place + _STATE_AT] = noted


def _locked(path: Path) -> int:
    """The file at ``path``, made where there is none, locked until it is closed."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it until now may have taken it away: then nobody would find our notes.
            if os.fstat(file).st_nlink:
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def take_over(folder: Path, *, capacity: int = 4096) -> list[Journal]:
    """The journals in ``folder`` that no living worker has, or a new one where there is none.

    Raises Temporary.
    """
    found: list[Journal] = []
    number = 0
    for path in sorted(folder.glob(f"worker-*{SUFFIX}")):
        number = max(number, int("0" + "".join(c for c in path.stem if c.isdigit())))
        try:
            found.append(Journal(path, capacity=capacity))
        except InUse:
            continue
    while not found:
        number += 1
        try:
            found.append(Journal(folder / f"worker-{number}{SUFFIX}", capacity=capacity))
        except InUse:  # somebody was quicker
            continue
    return found


def beside(own: Journal) -> tuple[list[Journal], bool]:
    """The journals in the same folder whose workers have died, and whether one's is alive."""
    dead: list[Journal] = []
    alive = False
    for path in sorted(own.path.parent.glob(f"worker-*{SUFFIX}")):
        if path == own.path:
            continue
        try:
            dead.append(Journal(path, capacity=0))
        except InUse:
            alive = True
    return dead, alive


def _read(data: bytes) -> Notes | None:
    if len(data) < _HEAD.size:
        return None
    magic, lease, boot = _HEAD.unpack_from(data)
    if magic != MAGIC:
        return None
    return Notes(lease=UUID(bytes=lease), entries=tuple(_entries(data)), whole=boot == _boot())


def _entries(data: bytes) -> Iterator[Entry]:
    for place in range(_HEAD.size, len(data) - _ENTRY.size + 1, _ENTRY.size):
        if data[place + _STATE_AT] == Noted.NOTHING:
            continue
        delivery, state, length, code, text = _ENTRY.unpack_from(data, place)
        yield Entry(
            delivery=DeliveryId(delivery),
            noted=Noted(state),
            code=code,
            text=text[:length].decode("utf-8", "ignore"),
        )


def _boot() -> bytes:
    """A mark that changes when the machine starts anew; the same for ever where it has none."""
    try:
        said = BOOT.read_bytes()
    except OSError:
        said = b""
    return hashlib.sha256(said).digest()[:8]
