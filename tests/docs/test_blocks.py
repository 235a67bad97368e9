"""The code in the READMEs and in docs/ runs, on the true app-server with a model that does what it is told."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from codex_app_server.testing import obedient

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodexFactory

ROOT = Path(__file__).resolve().parents[2]
READMES = [
    ROOT / "README.md",
    *sorted(ROOT.glob("packages/*/README.md")),
    *sorted(path for path in ROOT.glob("integrations/*/README.md") if path.parent.name != "codex-ray"),
]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
# That of this one is run, in more than one way, by tests/repo/test_own_framework.py; that of the other one needs a
# cluster, and is run by tests/ray/test_examples.py with the README of codex-ray.
ELSEWHERE = {"connect-your-own-framework.md", "many-machines.md"}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


PAGES = [page for page in (*READMES, *DOCS) if blocks(page, "python") and page.name not in ELSEWHERE]


def test_every_readme_has_code_that_runs() -> None:
    assert [readme for readme in READMES if readme not in PAGES] == []


def program_of(page: Path) -> str:
    code = "\n\n".join(blocks(page, "python"))
    if "async def main" in code and "run(main())" not in code:
        # It leaves running it to the reader.
        code += "\nimport asyncio\nasyncio.run(main())\n"
    for test in re.findall(r"^def (test_\w+)", code, re.MULTILINE):
        code += f"\nfrom contextlib import ExitStack\nwith ExitStack() as stack:\n    {test}(lambda script: stack.enter_context(scripted_codex(script)))\n"
    return code


def group_of(page: Path) -> str:
    framework = re.search("langchain|llama-index", str(page.relative_to(ROOT)))
    return framework[0] if framework else "core"


# Pages of one framework share a process, since importing it takes longer than running them; a process that is none of
# the tests', since a page may set what is global, such as `Settings` of LlamaIndex.
RUN = """
import runpy, sys
for path in sys.argv[1:]:
    print(path, flush=True)
    runpy.run_path(path, run_name="__main__")
"""


@pytest.mark.parametrize("group", ["core", "langchain", "llama-index"])
def test_the_python_blocks_of_the_pages_run_in_order(
    group: str, scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    programs: list[str] = []
    for page in PAGES:
        if group_of(page) == group:
            path = tmp_path / str(page.relative_to(ROOT)).replace("/", "-").replace(".md", ".py")
            path.write_text(program_of(page))
            programs.append(str(path))
    assert programs
    setup = scripted_codex(obedient)
    done = subprocess.run(
        [sys.executable, "-c", RUN, *programs],
        env={**os.environ, **setup.env},
        cwd=setup.workspace,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.stem)
def test_code_that_is_only_shown_is_python_too(page: Path) -> None:
    for block in blocks(page, "py"):
        ast.parse(block)
