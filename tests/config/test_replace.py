"""A file is replaced whole or not at all."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys

import pytest

from digest.config.replace import folder_lock, write_whole


def test_a_file_is_written_with_the_mode_asked_for(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("old and longer")

    write_whole(path, b"new", mode=0o640, like=path)

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["config.toml"]


def test_a_disk_that_fills_up_leaves_the_old_file_and_no_scraps(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))

    try:
        with pytest.raises(OSError, match="File too large"):
            write_whole(path, b"x" * 5_000, mode=0o644)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)

    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["config.toml"]


def test_only_one_process_at_a_time_is_inside(tmp_path):
    """The second one is made to ask without waiting, and is refused while the first is inside."""
    script = (
        "import fcntl, os, sys; handle = os.open(sys.argv[1], os.O_RDONLY)\n"
        "try: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "except BlockingIOError: sys.exit(7)"
    )

    def other():
        return subprocess.run([sys.executable, "-c", script, os.fspath(tmp_path)], check=False)

    with folder_lock(tmp_path):
        inside = other().returncode
    after = other().returncode

    assert (inside, after) == (7, 0)
