"""The bench of what a tick costs still runs, and counts what it says it counts."""

from __future__ import annotations

import json
import subprocess
import sys


def test_a_tick_looks_at_every_part_and_then_releases_to_everybody():
    small = ["--sources", "3", "--subscribers", "60", "--ticks", "1", "--json"]
    asked = [sys.executable, "-m", "bench.tick", *small]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["settled"]) == set(found["waiting"]) > {"tick", "dispatch", "alerts"}
    assert found["due"]["deliveries"] >= 60
