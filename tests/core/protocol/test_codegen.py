"""The generated code is current, and the generator says so when it is not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = Path("packages", "codex-app-server-sdk")
GENERATE = PACKAGE / "codegen" / "generate.py"
PROTOCOL = PACKAGE / "src" / "codex_app_server" / "protocol"
SCHEMA = PACKAGE / "codegen" / "schema"


def _generate(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / GENERATE), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the generator reads and writes."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / PACKAGE / "codegen", tmp_path / PACKAGE / "codegen", ignore=ignore)
    shutil.copytree(ROOT / PROTOCOL, tmp_path / PROTOCOL, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_generated_code_is_current():
    done = _generate(ROOT, "--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_edited_file_is_named_together_with_the_command_that_mends_it(checkout):
    turns = checkout / PROTOCOL / "_generated" / "turns.py"
    current = turns.read_bytes()
    turns.write_bytes(current + b"# edited\n")
    done = _generate(checkout, "--check")
    assert done.returncode == 1
    assert "_generated/turns.py" in done.stderr
    assert "_generated/threads.py" not in done.stderr
    assert "python packages/codex-app-server-sdk/codegen/generate.py" in done.stderr
    assert _generate(checkout).returncode == 0
    assert turns.read_bytes() == current
    assert _generate(checkout, "--check").returncode == 0


def test_a_file_that_nothing_generates_is_named_and_then_deleted(checkout):
    stray = checkout / PROTOCOL / "_generated" / "stray.py"
    stray.write_text("")
    done = _generate(checkout, "--check")
    assert (done.returncode, "_generated/stray.py" in done.stderr) == (1, True)
    assert _generate(checkout).returncode == 0
    assert not stray.exists()


def test_an_edited_snapshot_is_refused(checkout):
    bundle = checkout / SCHEMA / "codex_app_server_protocol.schemas.json"
    bundle.write_text(bundle.read_text() + "\n")
    done = _generate(checkout, "--check")
    assert done.returncode == 1
    assert "sha256" in done.stderr
    assert "--refresh" in done.stderr


def test_a_runtime_with_another_schema_is_reported(checkout):
    manifest = checkout / SCHEMA / "manifest.json"
    data = json.loads(manifest.read_text())
    data["runtime_version"] = "0.1.0"
    manifest.write_text(json.dumps(data))
    assert _generate(checkout).returncode == 0
    done = _generate(checkout, "--check")
    assert done.returncode == 1
    assert "the snapshot is of runtime 0.1.0" in done.stderr
    assert "--refresh" in done.stderr
    assert _generate(checkout, "--refresh").returncode == 0
    assert _generate(checkout, "--check").returncode == 0
    assert (checkout / PROTOCOL / "__init__.py").read_bytes() == (
        ROOT / PROTOCOL / "__init__.py"
    ).read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda schema: schema["v2"].pop("MemoryResetResponse"), "memory/reset: no result type"),
        (
            lambda schema: schema["v2"].update(StrayResponse={"type": "object"}),
            "used by no method: ['StrayResponse']",
        ),
        (
            lambda schema: schema["v2"]["Turn"]["properties"].update(odd={"patternProperties": {}}),
            "TurnOdd: not understood: ['patternProperties']",
        ),
    ],
)
def test_a_schema_that_is_not_understood_stops_the_generator(checkout, change, message):
    code = f"""
import sys; sys.path.insert(0, {str(checkout / GENERATE.parent)!r})
import dataclasses, json, generate, snapshot
current = snapshot.load(generate.SCHEMA)
schema = json.loads(sys.stdin.read())
try:
    generate.generate(dataclasses.replace(current, text=json.dumps(schema)))
except generate.SchemaShapeError as exc:
    print(exc)
"""
    schema = json.loads((checkout / SCHEMA / "codex_app_server_protocol.schemas.json").read_text())
    change(schema["definitions"])
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(schema),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert message in done.stdout
