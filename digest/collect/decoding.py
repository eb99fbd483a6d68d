"""Chunks of an encoded body to its bytes (gzip, deflate, br, zstd), in bounded memory. Pure.

The HTTP library could decode by itself, but knows no limit on what comes out: a gzip bomb grows a
thousandfold, a brotli bomb a millionfold. Here nothing yields more than ``STEP`` bytes at a time
(brotli, which rounds up to its own blocks, half as many again) and no layer of a nest may grow
beyond the limit.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import brotli

from digest.errors import Permanent

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP = b"\x1f\x8b\x08"
STEP = 65_536
MAX_LAYERS = 3
MAX_MEMBERS = 1_000  # concatenated gzip members or zstd frames; honest bodies have a few
_WINDOW_LOG = 23  # 8 MB, all that RFC 9659 lets a zstd body ask of us


class Overgrown(Permanent):
    """More came out than may."""


class Garbled(Permanent):
    """The body is not what its Content-Encoding says."""


class Decoder:
    """Feed it the body as it comes, then finish. Raises Overgrown or Garbled (a clause each)."""

    def __init__(self, content_encoding: str, *, limit: int) -> None:
        self._layers = [_Layer(name, limit) for name in codings(content_encoding)]

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What ``chunk`` adds to the body, in pieces of about STEP bytes once encoded."""
        yield from _through(self._layers, chunk)

    def finish(self) -> None:
        """Raises Garbled when the encoding was cut off."""
        for layer in self._layers:
            layer.finish()


def codings(content_encoding: str) -> list[str]:
    """The layers to undo, outermost first. A name that is no coding ("utf-8") means nothing.

    Raises Garbled for more layers than anybody needs.
    """
    named = [name.strip().lower().removeprefix("x-") for name in content_encoding.split(",")]
    known = [name for name in reversed(named) if name in _OPENERS]
    if len(known) > MAX_LAYERS:
        raise Garbled(f"the body is encoded {len(known)} times over")
    return known


def unpacked(body: bytes, *, limit: int) -> bytes:
    """A body that is gzip though no header said so, as ``sitemap.xml.gz`` is.

    Raises Overgrown or Garbled.
    """
    decoder = Decoder("gzip", limit=limit)
    data = b"".join(decoder.feed(body))
    decoder.finish()
    return data


def _through(layers: Sequence[_Layer], data: bytes) -> Iterator[bytes]:
    if not layers:
        if data:
            yield data
        return
    for piece in layers[0].feed(data):
        yield from _through(layers[1:], piece)


class _Stream(Protocol):
    """One member of an encoded body."""

    def put(self, data: bytes) -> bytes:
        """About STEP bytes at most; call with b"" while ``pending``."""

    @property
    def pending(self) -> bool: ...

    @property
    def done(self) -> bool: ...

    @property
    def rest(self) -> bytes: ...


class _Layer:
    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._left = limit
        self._members = 0
        self._stream: _Stream | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream is None or self._stream.done:
                if self._is_padding(data):
                    return
                self._stream = self._open()
            stream = self._stream
            yield from self._drain(stream, data)
            data = stream.rest if stream.done else b""

    def finish(self) -> None:
        if self._stream is not None and not self._stream.done:
            raise Garbled(f"the {self._name} body is cut off")

    def _is_padding(self, data: bytes) -> bool:
        # Bytes behind a finished body that start no new member: gzip tools pad with zeros.
        if self._stream is None:
            return False
        magic = _MEMBER_STARTS.get(self._name)
        return magic is None or not data.startswith(magic)

    def _open(self) -> _Stream:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise Garbled(f"the {self._name} body has more than {MAX_MEMBERS} members")
        return _OPENERS[self._name]()

    def _drain(self, stream: _Stream, data: bytes) -> Iterator[bytes]:
        while True:
            try:
                piece = stream.put(data)
            except (zlib.error, brotli.error, zstd.ZstdError, EOFError, ValueError) as error:
                raise Garbled(f"the body is not valid {self._name}") from error
            data = b""
            self._left -= len(piece)
            if self._left < 0:
                raise Overgrown("the body is too large")
            if piece:
                yield piece
            if not stream.pending:
                return


class _Zlib:
    """gzip, or what goes by the name of deflate: zlib by the book, bare deflate in the field."""

    def __init__(self, wbits: int | None) -> None:
        self._wbits = wbits
        self._inner = zlib.decompressobj(wbits) if wbits is not None else None
        self._full = False

    def put(self, data: bytes) -> bytes:
        if self._inner is None:
            is_zlib = data[0] & 0x0F == 8 and data[0] >> 4 <= 7
            self._inner = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        piece = self._inner.decompress(self._inner.unconsumed_tail + data, STEP)
        self._full = len(piece) == STEP
        return piece

    @property
    def pending(self) -> bool:
        if self._inner is None or self._inner.eof:
            return False
        return self._full or bool(self._inner.unconsumed_tail)

    @property
    def done(self) -> bool:
        return self._inner is not None and self._inner.eof

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data if self._inner is not None else b""


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self._more = False

    def put(self, data: bytes) -> bytes:
        piece: bytes = self._inner.process(data, output_buffer_limit=STEP)
        self._more = bool(piece)
        return piece

    @property
    def pending(self) -> bool:
        # ``can_accept_more_data`` is true while a few input bytes still stand for megabytes.
        return self._more and not self._inner.is_finished()

    @property
    def done(self) -> bool:
        return bool(self._inner.is_finished())

    @property
    def rest(self) -> bytes:
        return b""  # one stream, never members


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
        )

    def put(self, data: bytes) -> bytes:
        return self._inner.decompress(data, STEP)

    @property
    def pending(self) -> bool:
        return not self._inner.eof and not self._inner.needs_input

    @property
    def done(self) -> bool:
        return self._inner.eof

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data


_OPENERS: dict[str, Callable[[], _Stream]] = {
    "gzip": lambda: _Zlib(16 + zlib.MAX_WBITS),
    "deflate": lambda: _Zlib(None),
    "br": _Brotli,
    "zstd": _Zstd,
}
# What a second member begins with: gzip's magic; zstd frames and skippable frames.
_MEMBER_STARTS = {
    "gzip": (b"\x1f",),
    "zstd": (b"\x28", *(bytes([0x50 + i]) for i in range(16))),
}
