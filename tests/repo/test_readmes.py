"""The code in the READMEs runs, against the scripted model where it would ask a real one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodexFactory

ROOT = Path(__file__).resolve().parents[2]
READMES = [
    ROOT / "README.md",
    *sorted(ROOT.glob("packages/*/README.md")),
    *sorted(ROOT.glob("integrations/*/README.md")),
]


@pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_python_blocks_of_a_readme_run_in_order(
    readme: Path, scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)
    assert blocks
    setup = scripted_codex("Hello!")
    program = tmp_path / "readme.py"
    code = "\n".join(blocks)
    if "def main" in code and "run(main())" not in code:
        # It leaves running it to the reader.
        code += "\nimport asyncio\nasyncio.run(main())\n"
    program.write_text(code)
    done = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, **setup.env},
        cwd=setup.workspace,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
