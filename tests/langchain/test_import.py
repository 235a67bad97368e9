"""Importing langchain-codex costs little more than importing langchain-core, and loads no other framework."""

from __future__ import annotations

import subprocess
import sys

# Whoever uses a chat model of LangChain has loaded these.
CORE = (
    "import langchain_core.language_models.chat_models; from langchain_core.tools import BaseTool, StructuredTool; "
    "from langchain_core.output_parsers import PydanticOutputParser"
)


def loaded_by(code: str) -> set[str]:
    program = f"import sys; {CORE}; before = set(sys.modules); {code}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_import_brings_our_own_modules_and_hardly_anything_else():
    packages = {name.split(".")[0] for name in loaded_by("import langchain_codex")}
    foreign = packages - {"langchain_codex", "codex_app_server", "langchain_core", "pydantic"}
    assert {name for name in foreign if name not in sys.stdlib_module_names} == set()
    assert not packages & {"langchain", "langgraph", "deepagents", "langchain_protocol", "httpx"}


def test_the_import_loads_no_generated_types_and_no_part_of_langchain_that_is_large():
    modules = loaded_by("import langchain_codex")
    assert {
        name for name in modules if name.startswith(("codex_app_server.protocol", "codex_app_server.testing"))
    } == set()
    assert len([name for name in modules if name.startswith(("langchain_core", "pydantic"))]) <= 4


def test_calling_a_model_does_not_load_langgraph_either(scripted_codex):
    sc = scripted_codex("Fine.")
    code = (
        "from langchain_codex import ChatCodex; "
        f"assert ChatCodex(env={dict(sc.env)!r}, cwd={str(sc.workspace)!r}).invoke('Hi').content == 'Fine.'"
    )
    assert "langgraph" not in {name.split(".")[0] for name in loaded_by(code)}
