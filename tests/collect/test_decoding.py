from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.decoding import STEP, Decoder, Garbled, Overgrown, codings, zstd

PACKERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def unpacked(body: bytes, encoding: str, *, chunk: int = 1 << 20, limit: int = 10_000_000) -> bytes:
    decoder = Decoder(encoding, limit=limit)
    pieces = [
        piece
        for place in range(0, len(body), chunk)
        for piece in decoder.feed(body[place : place + chunk])
    ]
    decoder.finish()
    return b"".join(pieces)


@given(st.binary(max_size=5000), st.sampled_from(sorted(PACKERS)), st.integers(1, 400))
def test_what_was_packed_comes_back_whatever_the_chunks(body, encoding, chunk):
    assert unpacked(PACKERS[encoding](body), encoding, chunk=chunk) == body


@pytest.mark.parametrize("encoding", sorted(PACKERS))
def test_what_comes_out_comes_in_small_pieces_up_to_the_very_limit(encoding):
    bomb = PACKERS[encoding](bytes(20 * STEP))

    pieces = list(Decoder(encoding, limit=20 * STEP).feed(bomb))

    assert sum(map(len, pieces)) == 20 * STEP
    assert max(map(len, pieces)) <= (1.5 * STEP if encoding == "br" else STEP)


def test_nested_encodings_are_undone_outermost_first():
    body = brotli.compress(gzip.compress(b"news"))

    assert unpacked(body, "gzip, br") == b"news"


def test_bare_deflate_is_understood():
    packer = zlib.compressobj(wbits=-15)

    assert unpacked(packer.compress(b"news") + packer.flush(), "deflate") == b"news"


def test_members_are_read_in_turn_and_padding_is_ignored():
    assert unpacked(gzip.compress(b"one") + gzip.compress(b"two") + b"\0\0", "gzip") == b"onetwo"


def test_a_name_that_is_no_coding_means_nothing():
    assert unpacked(b"plain", "utf-8") == b"plain"
    assert codings("identity") == []


@pytest.mark.parametrize("encoding", sorted(PACKERS))
def test_nothing_grows_beyond_the_limit(encoding):
    with pytest.raises(Overgrown):
        unpacked(PACKERS[encoding](bytes(5_000_000)), encoding, limit=1_000_000)


@pytest.mark.parametrize("encoding", sorted(PACKERS))
def test_a_cut_off_body_is_garbled(encoding):
    with pytest.raises(Garbled):
        unpacked(PACKERS[encoding](b"some words of news" * 50)[:-6], encoding)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_body_that_is_something_else_is_garbled(encoding):
    with pytest.raises(Garbled):
        unpacked(b"<html>plain after all</html>", encoding)


def test_encodings_do_not_nest_for_ever():
    with pytest.raises(Garbled, match="4 times over"):
        Decoder("gzip, gzip, gzip, gzip", limit=10)


def test_members_do_not_go_on_for_ever():
    with pytest.raises(Garbled, match="members"):
        unpacked(gzip.compress(b"") * 1_200, "gzip")
