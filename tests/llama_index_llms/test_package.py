"""What the package is made of."""

import ast
import subprocess
import sys
from pathlib import Path

import llama_index.llms.codex as package

LEAF = Path(package.__file__).parent


def test_the_shared_namespaces_have_no_init_file():
    assert not (LEAF.parent / "__init__.py").exists()
    assert not (LEAF.parent.parent / "__init__.py").exists()
    assert (LEAF / "py.typed").exists()


def test_the_exports_are_what_all_says():
    assert package.__all__ == ["CodexLLM", "__version__"]
    assert all(hasattr(package, name) for name in package.__all__)


def test_the_agent_uses_public_modules_of_this_one_only():
    agent = LEAF.parents[3] / "llama-index-agent-codex/llama_index/agent/codex"
    for path in agent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("llama_index.llms.codex"):
                names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
                assert not [name for name in names if name.startswith("_")], path.name


def test_it_imports_without_the_agent_and_beside_its_neighbours():
    code = (
        "import sys, llama_index.core, llama_index.llms.codex; assert 'llama_index.agent' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)
