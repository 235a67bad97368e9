"""The code in the READMEs and in docs/ runs, on the true app-server with a model that does what it is told."""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from codex_app_server import SharedCodex
from codex_app_server.testing import obedient

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodexFactory

ROOT = Path(__file__).resolve().parents[2]
READMES = [
    ROOT / "README.md",
    *sorted(ROOT.glob("packages/*/README.md")),
    *sorted(ROOT.glob("integrations/*/README.md")),
]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
# That of this one is run, in more than one way, by tests/repo/test_own_framework.py.
ELSEWHERE = {"connect-your-own-framework.md"}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


PAGES = [page for page in (*READMES, *DOCS) if blocks(page, "python") and page.name not in ELSEWHERE]


def test_every_readme_has_code_that_runs() -> None:
    assert [readme for readme in READMES if readme not in PAGES] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
# What LlamaIndex does with every agent.
@pytest.mark.filterwarnings("ignore:The `__fields.*` attribute is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings(
    "ignore:Accessing the 'model_.*' attribute on the instance is deprecated:DeprecationWarning"
)
@pytest.mark.filterwarnings("ignore:Skipping serialization of known unserializable key. memory")
def test_the_python_blocks_of_a_page_run_in_order(
    page: Path, scripted_codex: ScriptedCodexFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = scripted_codex(obedient)
    for name, value in setup.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(setup.workspace)
    program = tmp_path / "page.py"
    program.write_text("\n\n".join(blocks(page, "python")))
    spec = importlib.util.spec_from_file_location("page_of_the_docs", program)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and models look up their own module.
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    if hasattr(module, "main") and "asyncio.run(main())" not in program.read_text():
        # It leaves running it to the reader.
        asyncio.run(module.main())
    for name, value in list(vars(module).items()):
        if name.startswith("test_"):
            value(scripted_codex)
    # Models and agents of the page let go of their servers, which end before their folders.
    vars(module).clear()
    SharedCodex.close_idle()


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.stem)
def test_code_that_is_only_shown_is_python_too(page: Path) -> None:
    for block in blocks(page, "py"):
        ast.parse(block)
