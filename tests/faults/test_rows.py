"""Each row of the matrix has a test with its id in the name, and no test names a row that is none."""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faults.not_here import NotHere

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
# The tests are no package, so their neighbours are not imported.
ROWS: dict[str, str] = runpy.run_path(str(HERE / "rows.py"))["ROWS"]
NOT_HERE: tuple[NotHere, ...] = runpy.run_path(str(HERE / "not_here.py"))["NOT_HERE"]
NUMBERS = {"F": 39, "C": 18, "A": 9, "S": 16}


def rows_in_names() -> dict[str, list[str]]:
    """Return the tests whose names begin with ids of rows, by row."""
    found: dict[str, list[str]] = {}
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                ids = re.match(r"test_((?:[fcas]\d\d_)+)", node.name)
                for row in ids[1].upper().split("_")[:-1] if ids else ():
                    found.setdefault(row, []).append(node.name)
    return found


def test_the_rows_are_all_there() -> None:
    numbers = [f"{kind}{number:02}" for kind, last in NUMBERS.items() for number in range(1, last + 1)]
    assert list(ROWS) == numbers
    assert len(numbers) == 82


def test_each_row_has_a_test_and_no_test_a_row_that_is_none() -> None:
    assert sorted(rows_in_names()) == sorted(ROWS)


def test_what_is_not_tested_here_is_part_of_a_row_and_has_its_reason() -> None:
    assert {entry.row for entry in NOT_HERE} <= set(ROWS)
    assert [entry for entry in NOT_HERE if not (entry.what and entry.reason and entry.instead)] == []
