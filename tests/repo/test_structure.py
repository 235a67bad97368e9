"""Rules of the repository: direction of imports, public names, the two faces, the README's commands."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import codex_app_server
import pytest
from codex_app_server import (
    Codex,
    EventStream,
    MessageStream,
    NotificationStream,
    Pages,
    Thread,
    Turn,
    _async,
    _async_streams,
    _async_thread,
    _sync,
    _sync_streams,
    _sync_thread,
)

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "packages/codex-app-server-sdk/src/codex_app_server"
ADAPTERS = {
    "codex_ray": ROOT / "integrations/codex-ray/src/codex_ray",
    "langchain_codex": ROOT / "integrations/langchain-codex/src/langchain_codex",
    "llama_index.llms.codex": ROOT / "integrations/llama-index-llms-codex/llama_index/llms/codex",
    "llama_index.agent.codex": ROOT / "integrations/llama-index-agent-codex/llama_index/agent/codex",
}


def imported(path: Path) -> set[str]:
    """Return every module and every `module.name` that a file imports, at any depth of it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(str(node.module))
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.py") if "_generated" not in path.parts]


@pytest.mark.parametrize("path", files(CORE), ids=lambda path: str(path.relative_to(CORE)))
def test_the_core_imports_in_one_direction(path: Path) -> None:
    names = imported(path)
    frameworks = {
        name
        for name in names
        if name.split(".")[0] in {"langchain_core", "llama_index", "langchain", "workflows"}
    }
    assert frameworks == set()
    place = path.relative_to(CORE).parts[0]
    if place == "_wire":
        forbidden = {
            "anyio",
            "asyncio",
            "threading",
            "codex_app_server._engine",
            "codex_app_server._sync",
            "codex_app_server._async",
        }
        assert names & forbidden == set()
    if place in {"errors.py", "inputs.py", "events.py", "json_types.py"}:
        ours = {name for name in names if name.startswith("codex_app_server.") and name.count(".") == 1}
        allowed = {f"codex_app_server.{name}" for name in ("approvals", "json_types", "questions", "results")}
        assert ours <= allowed
    if place == "_engine":
        assert (
            names & {"codex_app_server._sync", "codex_app_server._async", "codex_app_server.shared"} == set()
        )
    if place == "protocol":
        assert {name for name in names if name.startswith("codex_app_server.")} <= {
            name for name in names if name.startswith("codex_app_server.protocol")
        } | {
            "codex_app_server.json_types",
            "codex_app_server.json_types.JsonObject",
            "codex_app_server.json_types.JsonValue",
        }


@pytest.mark.parametrize("module", ADAPTERS)
def test_adapters_use_public_names_of_the_core_only(module: str) -> None:
    for path in files(ADAPTERS[module]):
        for name in imported(path):
            if name.startswith("codex_app_server"):
                assert not any(part.startswith("_") for part in name.split(".")), (
                    f"{path.name} imports {name}"
                )


@pytest.mark.parametrize(
    "module", ["codex_app_server", "codex_app_server.testing", "codex_app_server.protocol", *ADAPTERS]
)
def test_public_names_are_complete_and_importable(module: str) -> None:
    loaded = importlib.import_module(module)
    names: list[str] = loaded.__all__
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(loaded, name) is not None
    assert set(names) <= set(dir(loaded))


def test_what_type_checkers_see_of_the_root_is_what_there_is() -> None:
    tree = ast.parse((CORE / "__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    declared = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert declared | {"__version__"} == set(codex_app_server.__all__)


FACES = [
    (getattr(sync, name), getattr(awaited, f"Async{name}"))
    for sync, awaited in ((_sync, _async), (_sync_thread, _async_thread), (_sync_streams, _async_streams))
    for name in sync.__all__
    if getattr(sync, name).__module__ == sync.__name__
]


def test_every_class_of_one_face_is_there_in_the_other() -> None:
    for sync, awaited in ((_sync, _async), (_sync_thread, _async_thread), (_sync_streams, _async_streams)):
        assert [f"Async{name}" for name in sync.__all__] == list(awaited.__all__)
    assert {Codex, Thread, Turn, EventStream, MessageStream, NotificationStream, Pages} == {
        cls for cls, _ in FACES
    }


@pytest.mark.parametrize(("sync", "awaited"), FACES)
def test_both_faces_have_the_same_methods_with_the_same_parameters(sync: type, awaited: type) -> None:
    other_name = {"aclose": "close", "as_sync": "as_async"}

    def told(text: str) -> list[str]:
        """Return the exceptions and the protocol methods that a docstring names."""
        return re.findall(r"^ *(\w+Error):|Protocol: (.*)\.$", text, re.MULTILINE)

    def public(cls: type) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, value in inspect.getmembers(cls):
            if name.startswith("_") and name != "__init__":
                continue
            if isinstance(value, property):
                found[name] = (
                    "property",
                    value.fget and inspect.signature(value.fget),
                    told(value.__doc__ or ""),
                )
            elif inspect.isfunction(value):
                other = other_name.get(name, name)
                found[other] = inspect.signature(value), told(value.__doc__ or "")
        return found

    def plain(members: dict[str, object]) -> dict[str, str]:
        # One face gives the other, starts its client at the first call, and awaits what makes it ready.
        other = {name: str(value) for name, value in members.items() if name not in {"as_async", "metadata"}}
        return {
            name: re.sub(r"Async(?=[A-Z])", "", text).replace("Awaitable[Engine]", "Engine")
            for name, text in other.items()
        }

    assert set(public(sync)) == set(public(awaited))
    assert plain(public(sync)) == plain(public(awaited))


@pytest.mark.parametrize("module", ["codex_app_server", "codex_app_server.testing.pytest_plugin"])
def test_importing_the_package_alone_loads_neither_pydantic_nor_asyncio(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{'pydantic', 'pydantic_core', 'asyncio', 'anyio'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() in ([], ["asyncio"] if "pytest" in module else [])


def test_importing_the_client_does_not_load_pydantic() -> None:
    code = "import sys; from codex_app_server import AsyncCodex, Codex, TextInput; print('pydantic_core' in sys.modules, 'anyio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_readme_has_exactly_two_commands_under_quick_start() -> None:
    section = (ROOT / "README.md").read_text().split("## Quick start")[1].split("\n## ")[0]
    blocks = re.findall(r"```(\w*)\n(.*?)```", section, re.DOTALL)
    assert [(language, code.strip()) for language, code in blocks] == [
        ("sh", "python3 dev.py quickstart"),
        ("sh", "python3 dev.py test"),
    ]


def test_namespaces_shared_with_other_distributions_have_no_init() -> None:
    for kind in ("agent", "llms"):
        base = ROOT / f"integrations/llama-index-{kind}-codex/llama_index"
        assert [path for path in (base / "__init__.py", base / kind / "__init__.py") if path.exists()] == []


def test_all_distributions_have_one_version() -> None:
    versions = {importlib.import_module(module).__version__ for module in ("codex_app_server", *ADAPTERS)}
    assert len(versions) == 1


def test_nothing_of_a_machine_or_a_registry_is_committed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    pattern = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|/home/\w+/|/Users/\w+/")
    found = [
        name for name in tracked
        if name != "tests/repo/test_structure.py" and (ROOT / name).is_file() and pattern.search((ROOT / name).read_text("utf-8", "replace"))
    ]  # fmt: skip
    assert found == []
    assert "uv.lock" not in tracked
