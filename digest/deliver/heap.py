"""How the C library keeps freed memory, while mail is sent.  ~ world

A message through TLS is copied into buffers of its own size, which are freed at once. By default
glibc gives such memory back to the kernel and asks for it again, page by page, for the next
message: that was half the CPU of sending through TLS.
"""

from __future__ import annotations

import ctypes
import functools
import sys

# Of mallopt(3): memory at the end of the heap is kept up to the one size, and what is smaller than
# the other comes from the heap at all.
M_TRIM_THRESHOLD, KEPT = -1, 64 * 1024 * 1024
M_MMAP_THRESHOLD, FROM_HEAP = -3, 4 * 1024 * 1024


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
