"""The notebook runs, and shows what a run of it shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTEBOOK = HERE.parents[1] / "examples/29_walkthrough/walkthrough.ipynb"


def test_the_notebook_runs_and_shows_what_it_has_shown() -> None:
    # `dev.py walkthrough` writes what is shown now.
    command = [sys.executable, str(HERE / "walkthrough.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_notebook_has_nothing_of_a_machine_or_of_one_run() -> None:
    notebook = json.loads(NOTEBOOK.read_text())
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert len(outputs) > 8
    text = json.dumps(outputs)
    assert (
        re.findall(
            r'[" ](?:/tmp|/home|/root|/work|/Users)/|walkthrough-|0x[0-9a-f]{6}|[0-9a-f]{8}-[0-9a-f]{4}-',
            text,
        )
        == []
    )
    assert [
        output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"
    ] == []
