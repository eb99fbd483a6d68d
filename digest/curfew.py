"""An end that comes all the same: who was told to stop may wait for what never answers.  ~ world"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

GRACE = 1.5  # seconds for the last commit, once what is on the wire had its time
SAID = "it waited for what does not answer and ends here; the journal knows what left"


def begin(seconds: float, tell: Callable[[str], object]) -> Callable[[], None]:
    """End the process with exit code 1 in ``seconds`` and ``GRACE``, unless what this returns is
    called before. ``tell`` hears it first.

    Killed at any instant nobody is lost (docs/delivery.md); without end nothing would go on.
    """
    timer = threading.Timer(seconds + GRACE, _end, (tell,))
    timer.daemon = True
    timer.start()
    return timer.cancel


def _end(tell: Callable[[str], object]) -> None:
    try:
        tell(SAID)
    finally:
        os._exit(1)
