"""What tests of every floor may need."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534


@pytest.fixture
def common_folder() -> Iterator[Path]:
    """A folder in which we are no superuser, even where the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="digest-"))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(0)
    else:
        yield folder
    shutil.rmtree(folder)
