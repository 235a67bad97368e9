"""Runs the notebook of the examples: writes its outputs into it, or tells how they differ from those that it has.

    python tests/examples/walkthrough.py [--check]

What differs from run to run (times, tokens, folders) is no difference, and what the notebook has of it is kept.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from difflib import unified_diff
from pathlib import Path
from typing import Any, TypeAlias, cast

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples/29_walkthrough/walkthrough.ipynb"

Notebook: TypeAlias = "dict[str, Any]"

# A cell loads a framework at most; the machine may be busy.
_CELL_TIMEOUT_S = 120
# The folder of the notebook, as an absolute path and as part of one.
_FOLDERS = re.compile(r"(?:(?<![\w.])/[\w./-]*?)?walkthrough-\w+/")
_VOLATILE = re.compile(r"[\d,]+ tokens in|\d+ out\b|\d+\.\d s\b")


def executed(notebook: Notebook) -> Notebook:
    """Return the notebook with the outputs of a run in a kernel of its own."""
    with tempfile.TemporaryDirectory(prefix="nb-") as folder:
        # Nothing of the user's Jupyter takes part, and nothing is written there.
        os.environ["IPYTHONDIR"] = folder
        for name in ("CONFIG", "DATA", "RUNTIME"):
            os.environ[f"JUPYTER_{name}_DIR"] = folder
        os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
        nb = nbformat.reads(json.dumps(notebook), as_version=4)
        # Sockets in that folder, no ports.
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        client = NotebookClient(
            nb, km=kernel, timeout=_CELL_TIMEOUT_S, record_timing=False, coalesce_streams=True
        )
        client.execute(cwd=folder, cleanup_kc=True)
        return cast("Notebook", json.loads(nbformat.writes(nb)))


def tidied(notebook: Notebook) -> Notebook:
    """Return the notebook without what is of one machine or of one run."""
    cells = [_tidied_cell(cell) for cell in notebook["cells"]]
    language = {"name": "python"}
    return {**notebook, "cells": cells, "metadata": {**notebook["metadata"], "language_info": language}}


def _tidied_cell(cell: Notebook) -> Notebook:
    if cell["cell_type"] != "code":
        return cell
    return {**cell, "outputs": [_tidied_output(output) for output in cell["outputs"]]}


def _tidied_output(output: Notebook) -> Notebook:
    if "data" in output:
        # The HTML tells more than the text beside it, which has ids.
        kind = "text/html" if "text/html" in output["data"] else "text/plain"
        return {**output, "data": {kind: _without_folders(output["data"][kind])}}
    return {**output, "text": _without_folders(output["text"])}


def _without_folders(text: object) -> list[str]:
    joined = text if isinstance(text, str) else "".join(cast("list[str]", text))
    return _FOLDERS.sub("", joined).splitlines(keepends=True)


def steady(cell: Notebook) -> str:
    """Return the outputs of a cell as text, without what differs from run to run."""
    return _VOLATILE.sub("...", json.dumps(cell.get("outputs", []), indent=1, ensure_ascii=False))


def merged(old: Notebook, new: Notebook) -> Notebook:
    """Return the new notebook, with the old outputs where they say the same."""
    cells = [
        before if steady(before) == steady(after) else after
        for before, after in zip(old["cells"], new["cells"], strict=True)
    ]
    return {**new, "cells": cells}


def differences(old: Notebook, new: Notebook) -> list[str]:
    """Return how the outputs differ, as lines of a diff."""
    before, after = (
        [line for cell in notebook["cells"] for line in steady(cell).splitlines()] for notebook in (old, new)
    )
    return list(unified_diff(before, after, "the notebook", "this run", lineterm=""))


def main() -> int:
    """Run the notebook; return the exit code."""
    old = cast("Notebook", json.loads(NOTEBOOK.read_text()))
    new = tidied(executed(old))
    if "--check" in sys.argv:
        found = differences(old, new)
        sys.stdout.write("".join(f"{line}\n" for line in found))
        return 1 if found else 0
    NOTEBOOK.write_text(json.dumps(merged(old, new), indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
