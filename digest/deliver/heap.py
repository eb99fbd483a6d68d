"""How memory is kept and looked through, while mail is sent.  ~ world

A message through TLS is copied into buffers of its own size, which are freed at once. By default
glibc gives such memory back to the kernel and asks for it again, page by page, for the next
message: that was half the CPU of sending through TLS. And Python looks for cycles each time 700
more tuples and lists are alive than before; a claim alone brings thousands, none of them in one.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import sys

# Of mallopt(3): memory at the end of the heap is kept up to the one size, and what is smaller than
# the other comes from the heap at all.
M_TRIM_THRESHOLD, KEPT = -1, 64 * 1024 * 1024
M_MMAP_THRESHOLD, FROM_HEAP = -3, 4 * 1024 * 1024

YOUNG = 20_000  # containers more, and Python looks for cycles among them


@functools.cache
def prepare() -> None:
    """Set both once for this process."""
    keep_freed()
    # What is here now stays: modules, settings, templates. To look for the few cycles in it first
    # would take as long as to send a thousand messages.
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])


@functools.cache
def keep_freed() -> bool:
    """Set it once for this process. False where the C library is not glibc: then all is as was."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    set_both = (mallopt(M_TRIM_THRESHOLD, KEPT), mallopt(M_MMAP_THRESHOLD, FROM_HEAP))
    return set_both == (1, 1)
