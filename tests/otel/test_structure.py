"""Where OpenTelemetry is known, and that the picture in the documentation is of the spans as they are."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from typing import Any

import codex_app_server

CORE = Path(codex_app_server.__file__).parent
DOCS = Path(__file__).resolve().parents[2] / "docs"


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_core_knows_nothing_of_opentelemetry_outside_of_its_folder() -> None:
    knowing = {
        str(path.relative_to(CORE))
        for path in CORE.rglob("*.py")
        if path.parent != CORE / "otel"
        for name in imports(path)
        if name.startswith(("opentelemetry", "codex_app_server.otel"))
    }
    assert knowing == set()


def names_in(picture: str) -> list[str]:
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    return [text for text in texts if not text.endswith(" ms")]


def test_the_picture_in_the_documentation_shows_the_spans_of_a_turn() -> None:
    spec = importlib.util.spec_from_file_location("trace_picture", DOCS / "trace_picture.py")
    assert spec is not None
    assert spec.loader is not None
    drawing: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(drawing)
    rows = drawing.bars(drawing.traced_turn())
    assert [row.name for row in rows] == names_in((DOCS / "trace.svg").read_text("utf-8"))
    assert names_in(drawing.drawn(rows)) == [row.name for row in rows]
    assert rows[0].length_ms >= rows[1].length_ms
