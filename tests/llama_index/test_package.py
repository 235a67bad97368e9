"""What the package is made of."""

import subprocess
import sys
from pathlib import Path

import llama_index.agent.codex as package


def test_the_shared_namespaces_have_no_init_file():
    leaf = Path(package.__file__).parent
    assert not (leaf.parent / "__init__.py").exists()
    assert not (leaf.parent.parent / "__init__.py").exists()
    assert (leaf / "py.typed").exists()


def test_the_exports_are_what_all_says():
    assert package.__all__ == sorted(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


def test_the_modules_import_only_public_names_of_the_core():
    import ast

    for path in Path(package.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("codex_app_server"):
                names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
                assert not [name for name in names if name.startswith("_")], path.name


def test_the_neighbours_in_the_namespace_still_import():
    code = "import llama_index.core, llama_index.agent.codex"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)
