"""What a test process's fork server imports before it forks, so that no worker begins from nothing.

Hundreds of tests have workers of their own. Each of those would import what it works with and
compile the templates anew, which takes it longer than its work.
"""

from __future__ import annotations

import contextlib

from digest.compose import pictures, proofread
from digest.curate import curation
from tests.compose.desk import a_job

__all__ = ["curation", "pictures"]

with contextlib.suppress(Exception):  # what is broken, the tests say in words of their own
    proofread.proofread([a_job()])
