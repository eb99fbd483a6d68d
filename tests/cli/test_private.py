"""What Digest writes is nothing for the other users of the machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.web.house import CONFIG


def digest(folder: Path, *args: str) -> None:
    command = [sys.executable, "-m", "digest", "--config", str(folder), *args]
    subprocess.run(command, check=True, capture_output=True, umask=0o022, timeout=60)


def test_addresses_and_readers_links_are_kept_from_others_and_a_group_may_read_them(tmp_path):
    (tmp_path / "config.toml").write_text(CONFIG)

    digest(tmp_path, "subscribers", "add", "ada@example.org", "--already-confirmed")
    digest(tmp_path, "send", "--dry-run", "--out", str(tmp_path / "seen"))

    [message] = (tmp_path / "seen" / "messages").iterdir()
    for path in (tmp_path / "digest.db", message, message.parent):
        assert path.stat().st_mode & 0o077 in (0o040, 0o050)
