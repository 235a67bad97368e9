"""The soak (`dev.py soak`) runs and comes to a verdict; here with few turns, so that it does not rot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).resolve().parents[2] / "benchmarks/soak.py"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="it reads /proc")
def test_a_short_soak_leaves_nothing_and_every_turn_ends_as_asked() -> None:
    command = [sys.executable, str(SOAK), "--turns", "200", "--limit-s", "120"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    verdict = done.stdout.strip().rpartition("\n")[2]
    assert re.fullmatch(r"verdict: good; 200 of 200 turns as asked, \d+ s", verdict), (
        done.stdout + done.stderr
    )
    assert (done.returncode, done.stderr) == (0, "")
