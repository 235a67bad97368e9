"""The pages that are made from the examples: one for each, with its code and with what it prints."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site() -> Any:
    return load(ROOT / "docs/site_pages.py")


@pytest.fixture(scope="module")
def pages(site: Any) -> dict[str, str]:
    return site.example_pages()


def test_every_example_has_its_page(site: Any, pages: dict[str, str]) -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if re.match(r"\d\d_", path.name)}
    programs = {path.stem for path in EXAMPLES.glob("*.py")}
    assert set(pages) == {f"examples/{name}.md" for name in folders | programs}
    assert sorted(uri for uris in site.grouped(pages).values() for uri in uris) == sorted(pages)
    index = site.index_page(pages)
    assert [uri for uri in pages if f"]({uri.removeprefix('examples/')})" not in index] == []


def test_a_page_has_the_code_of_every_file(pages: dict[str, str]) -> None:
    for path in EXAMPLES.rglob("*.py"):
        page = pages[f"examples/{path.parent.name if path.parent != EXAMPLES else path.stem}.md"]
        # In a tab it is indented.
        shown = "\n".join(map(str.lstrip, page.split("\n")))
        assert "\n".join(map(str.lstrip, path.read_text().rstrip().split("\n"))) in shown, path


def test_a_page_shows_what_the_example_prints(pages: dict[str, str]) -> None:
    assert pages["examples/02_turn_run.md"].endswith(
        "## What it prints\n\n```text\nrunning: True\ncompleted: Roses are red.\n"
        "items: ['userMessage', 'agentMessage']\ntokens were counted: True\n```\n"
    )
    silent = [uri for uri, text in pages.items() if "## What it prints" not in text]
    assert silent == ["examples/29_walkthrough.md"]


def test_outputs_that_are_kept_are_such_as_come() -> None:
    patterns = load(ROOT / "tests/examples/test_examples.py").PATTERNS
    kept = {path.parent.name: path.read_text() for path in EXAMPLES.glob("*/output.txt")}
    assert set(patterns) <= set(kept)
    # That of a chat is kept as it looks on a terminal, with what was typed.
    chat = re.sub(r"(?<=^you>)( \w+)?\n", " ", kept["11_cli_mini_app"], flags=re.MULTILINE)
    for name, pattern in patterns.items():
        assert re.fullmatch(pattern, chat if name == "11_cli_mini_app" else kept[name]), name


def test_outputs_of_single_programs_are_such_as_come() -> None:
    expected = load(ROOT / "tests/repo/test_examples.py").EXPECTED
    for name, lines in expected.items():
        printed, position = (EXAMPLES / name).with_suffix(".txt").read_text(), 0
        for line in lines:
            position = printed.index(line, position)


def test_the_notebook_is_a_page_with_its_outputs(pages: dict[str, str]) -> None:
    page = pages["examples/29_walkthrough.md"]
    assert page.startswith("# One Codex, three packages\n")
    assert page.count('<div class="result cell-output">') > 8
    assert "The capital of France is Paris." in page
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert links == ["../testing.md"]
    assert (ROOT / "docs" / "testing.md").exists()


def test_the_titles_of_the_pages_tell_them_apart(pages: dict[str, str]) -> None:
    titles = [text.split("\n", 1)[0] for text in pages.values()]
    assert len(set(titles)) == len(titles)
    assert max(map(len, titles)) < 70
