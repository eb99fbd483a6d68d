"""Sending keeps its memory; nothing breaks where the C library has no such dial."""

from __future__ import annotations

import platform

from digest.deliver import heap


def test_it_is_set_where_the_c_library_is_glibc_and_only_there():
    assert heap.keep_freed() is (platform.libc_ver()[0] == "glibc")
