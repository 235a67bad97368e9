"""The pages tell the truth about what can be looked up: tests exist, error classes have their entries."""

from __future__ import annotations

import ast
import pkgutil
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import codex_app_server.testing
import codex_ray
import langchain_codex
import llama_index.agent.codex
import llama_index.llms.codex
import pytest
from codex_app_server import errors, protocol
from codex_app_server.testing import conformance

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
MODULES = (
    errors,
    codex_app_server.testing,
    conformance,
    codex_ray,
    langchain_codex,
    llama_index.agent.codex,
    llama_index.llms.codex,
)

PACKAGES = (
    codex_app_server,
    codex_app_server.testing,
    codex_ray,
    langchain_codex,
    llama_index.llms.codex,
    llama_index.agent.codex,
)


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"(tests/[\w/]+\.py)::(\w+)", page.read_text())
    assert [f"{path}::{name}" for path, name in named if name not in names_in(path)] == []


def test_each_promise_is_shown_by_a_test() -> None:
    rows = re.findall(r"^\| (?!promise|-)(.*) \|$", (DOCS / "guarantees.md").read_text(), re.MULTILINE)
    assert len(rows) > 40
    assert [row for row in rows if "::test_" not in row] == []


def test_every_error_class_has_its_entry_with_some_words() -> None:
    entries = dict(
        re.findall(
            r"^### `(\w+)`\n\n(.*?)(?=^##|\Z)",
            (DOCS / "troubleshooting.md").read_text(),
            re.MULTILINE | re.DOTALL,
        )
    )
    classes = {
        name
        for module in MODULES
        for name in module.__all__
        if isinstance(cls := getattr(module, name), type) and issubclass(cls, BaseException)
    }
    assert {"LaunchError", "UnknownVersionWarning", "ConformanceError", "StateUpdateError"} <= classes
    assert set(entries) == classes
    assert [name for name, words in entries.items() if len(words) < 30] == []


def documented(page: Path) -> set[int]:
    """Return the ids of the objects that a page of the reference shows; a module shows its own public names."""
    found: list[object] = []
    for path in re.findall(r"^::: ([\w.]+)", page.read_text(), re.MULTILINE):
        shown = pkgutil.resolve_name(path)
        if isinstance(shown, ModuleType):
            names: list[str] = getattr(shown, "__all__", [name for name in vars(shown) if name[0] != "_"])
            found += [getattr(shown, name) for name in names]
        else:
            found.append(shown)
    return {id(each) for each in found}


def test_the_reference_shows_every_public_name() -> None:
    shown = set[int]().union(*(documented(page) for page in (DOCS / "reference").glob("*.md")))
    for module in PACKAGES:
        of_protocol = {
            name for name in module.__all__ if getattr(protocol, name, None) is getattr(module, name)
        }
        left = set(module.__all__) - of_protocol - {"__version__"}
        # Whole modules have pages of their own.
        left -= {name for name in left if isinstance(getattr(module, name), ModuleType)}
        assert sorted(name for name in left if id(getattr(module, name)) not in shown) == []


def test_no_page_uses_more_than_it_needs_from_elsewhere() -> None:
    """Pages are read offline too: nothing but links leads out."""
    found = {
        page.name: re.findall(r"<(?:script|img|iframe|link)\b|!\[[^\]]*\]\(http", page.read_text())
        for page in PAGES
    }
    assert {name: hits for name, hits in found.items() if hits} == {}
