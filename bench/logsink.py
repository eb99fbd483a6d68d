"""A sink whose log outlives everybody: a line for each message it took, before it says so.

    python -m bench.logsink PORT LOG [--faults SEED]

The log holds one line of JSON an accepted message, {"rcpt", "mid"}, written before the 250. With
``--faults`` the sink is a bad relay: it drops connections amid a message, says 421, 45x and 55x at
every stage, dawdles, talks garbage, and hangs up between the dot and its reply; a message that it
took and never answered is marked {"silent": true}. Prints its port once it listens (0: any).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import signal
from pathlib import Path

MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
RECIPIENT = re.compile(rb"<([^>]*)>")
USUAL = {
    "GREETING": b"220 sink ESMTP\r\n",
    "EHLO": b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 52428800\r\n",
    "DATA": b"354 go on\r\n",
    "END": b"250 2.0.0 taken\r\n",
    "QUIT": b"221 2.0.0 bye\r\n",
}
OK = b"250 2.1.0 Ok\r\n"
HANG_UP, DAWDLE, SILENT, CUT = b"hang up", b"dawdle", b"silent", b"cut"
GARBAGE = (b"good morning\r\n", b"999 what\r\n", b"250-first\r\n354 second\r\n", b"\xff\xfe\0\r\n")
LATER = (b"421 4.3.2 closing\r\n", b"451 4.3.0 later\r\n", b"452 4.2.2 full\r\n")
NEVER = (b"550 5.1.1 nobody here\r\n", b"552 5.2.2 full for good\r\n", b"554 5.6.0 not this\r\n")
# What goes wrong at each stage, and how often, in parts of a thousand.
FAULTS: dict[str, tuple[tuple[int, tuple[bytes, ...]], ...]] = {
    "GREETING": ((30, (LATER[0], HANG_UP, DAWDLE, GARBAGE[0])),),
    "EHLO": ((20, (LATER[0], HANG_UP, DAWDLE)),),
    "MAIL": ((10, LATER), (1, NEVER), (6, (HANG_UP, DAWDLE, *GARBAGE))),
    "RCPT": ((15, LATER), (15, NEVER), (6, (HANG_UP, DAWDLE, *GARBAGE))),
    "DATA": ((10, LATER), (5, NEVER), (6, (HANG_UP, DAWDLE, CUT, *GARBAGE))),
    "END": ((15, LATER), (10, NEVER), (12, (HANG_UP, SILENT, DAWDLE, *GARBAGE))),
}


class Mood:
    """What the sink does at a stage instead of the usual; without a seed, nothing ever."""

    def __init__(self, seed: int | None) -> None:
        self._dice = None if seed is None else random.Random(seed)

    def at(self, stage: str) -> bytes | None:
        if self._dice is None:
            return None
        mark = self._dice.randrange(1000)
        for share, answers in FAULTS.get(stage, ()):
            if mark < share:
                return self._dice.choice(answers)
            mark -= share
        return None

    def seconds(self) -> float:
        return self._dice.uniform(0.05, 0.5) if self._dice else 0.0


class Dialogue:
    """One connection."""

    def __init__(
        self, log: int, mood: Mood, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._log, self._mood = log, mood
        self._reader, self._writer = reader, writer
        self._held = bytearray()
        self._recipient: str | None = None  # of a transaction that MAIL and RCPT have opened
        self._begun = False

    async def run(self) -> None:
        if not await self._says("GREETING"):
            return
        while (line := await self._until(b"\r\n")) is not None:
            stage = bytes(line[:4]).decode("ascii", "replace").upper()
            if not await self._says(stage, line) or stage == "QUIT":
                return

    async def _body(self) -> bool:
        self._held[:0] = b"\r\n"  # a message may be nothing but its dot
        message = await self._until(b"\r\n.\r\n")
        if message is None:
            return False
        if self._recipient is None:
            self._begun = False  # the dot ends a transaction, whatever came of it
            self._writer.write(b"554 5.5.1 for nobody\r\n")
            return True
        fault = self._mood.at("END")
        if fault == DAWDLE:
            await asyncio.sleep(self._mood.seconds())
            fault = None
        if fault in (None, SILENT):
            self._note(message, silent=fault == SILENT)
        if fault in (HANG_UP, SILENT):
            return False
        self._recipient, self._begun = None, False
        self._writer.write(fault or USUAL["END"])
        return fault is None or not fault.startswith(b"421")

    async def _says(self, stage: str, line: bytes = b"") -> bool:
        """Answer a command; False where that was the last word."""
        fault = self._mood.at(stage)
        if fault == CUT:
            self._writer.write(USUAL["DATA"])
            await self._reader.read(4096)
            return False
        if fault == DAWDLE:
            await asyncio.sleep(self._mood.seconds())
            fault = None
        if fault == HANG_UP:
            return False
        if fault is None:
            self._heard(stage, line)
        self._writer.write(fault or USUAL.get(stage, OK))
        if fault:
            return not fault.startswith(b"421")
        return await self._body() if stage == "DATA" else True

    def _heard(self, stage: str, line: bytes) -> None:
        if stage == "MAIL":
            self._begun, self._recipient = True, None
        elif stage == "RCPT" and self._begun and (found := RECIPIENT.search(line)):
            self._recipient = found[1].decode()
        elif stage in ("RSET", "EHLO"):
            self._begun, self._recipient = False, None

    def _note(self, message: bytes, *, silent: bool) -> None:
        found = MESSAGE_ID.search(message)
        said: dict[str, object] = {
            "rcpt": self._recipient,
            "mid": found[1].decode() if found else "",
        }
        if silent:
            said["silent"] = True
        os.write(self._log, json.dumps(said).encode() + b"\n")

    async def _until(self, mark: bytes) -> bytes | None:
        """What comes before ``mark``; None where the connection ends first."""
        searched = 0
        while (at := self._held.find(mark, searched)) < 0:
            searched = max(0, len(self._held) - len(mark) + 1)
            data = await self._reader.read(1 << 18)
            if not data:
                return None
            self._held += data
        found = bytes(self._held[:at])
        del self._held[: at + len(mark)]
        return found


async def serve(port: int, log: int, mood: Mood) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await Dialogue(log, mood, reader, writer).run()
        except ConnectionError:
            pass  # it was killed: that is what it is here for
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.logsink",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("port", type=int)
    parser.add_argument("log", type=Path)
    parser.add_argument("--faults", type=int, metavar="SEED")
    asked = parser.parse_args()
    log = os.open(asked.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    asyncio.run(serve(asked.port, log, Mood(asked.faults)))


if __name__ == "__main__":
    main()
