"""The example prints what it promises, and the code of the README and of the page of the site runs."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from codex_ray import RayPool

    from .conftest import Machines

ROOT = Path(__file__).resolve().parents[2]


def promised() -> str:
    """Return what the example prints, as the site shows it."""
    tree = ast.parse((ROOT / "tests/examples/test_examples.py").read_text())
    (found,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXPECTED"
    ]
    return found["30_ray"]


def test_the_example_prints_what_it_promises() -> None:
    # Its cluster is its own.
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples/30_ray/async.py")],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == promised()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("page", ["integrations/codex-ray/README.md", "docs/many-machines.md"])
def test_the_code_of_a_page_runs(
    page: str, machines: Machines, pool: RayPool, capsys: pytest.CaptureFixture[str]
) -> None:
    machines.script.when("Say hello", "Hello from a worker.")
    machines.script.when("Say it again", "Hello again.")
    code = "\n\n".join(
        re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    )
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, page, "exec"), names)  # noqa: S102 - the code that readers run
    assert "Hello from a worker." in capsys.readouterr().out
    assert len(names["pool"].workers()) == len(pool.workers())
