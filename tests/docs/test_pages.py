"""The pages tell the truth about what can be looked up: tests exist, error classes have their entries."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import codex_app_server.testing
import langchain_codex
import llama_index.agent.codex
import llama_index.llms.codex
import pytest
from codex_app_server import errors
from codex_app_server.testing import conformance

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
MODULES = (
    errors,
    codex_app_server.testing,
    conformance,
    langchain_codex,
    llama_index.agent.codex,
    llama_index.llms.codex,
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


def test_no_page_uses_more_than_it_needs_from_elsewhere() -> None:
    """Pages are read offline too: nothing but links leads out."""
    found = {
        page.name: re.findall(r"<(?:script|img|iframe|link)\b|!\[[^\]]*\]\(http", page.read_text())
        for page in PAGES
    }
    assert {name: hits for name, hits in found.items() if hits} == {}
