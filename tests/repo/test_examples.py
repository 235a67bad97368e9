"""Every example runs, on the true app-server with the scripted model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodexFactory

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

EXPECTED = {
    "quickstart.py": [
        "codex app-server 0.",
        "A thread is a conversation; a turn is one run of the agent in it.",
        "The capital of France is Paris, on the Seine.",
        "get_weather({'city': 'Paris'}) -> Paris: sunny, 21 degrees",
        "It is sunny in Paris, 21 degrees.",
        "== token usage ==",
    ],
    "own_framework.py": [
        "[get_weather ... ok: Paris: sunny]",
        "It is sunny in Paris.",
        "echo hello'? yes]",
        "ok: hello]",
        "It printed hello.",
        "The weather in Paris, and an echo.",
    ],
}


def run(name: str, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *options],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_example_is_known_here() -> None:
    # Those in folders are in tests/examples.
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_prints_what_it_promises(name: str) -> None:
    done = run(name)
    assert (done.returncode, done.stderr) == (0, "")
    position = 0
    for line in EXPECTED[name]:
        position = done.stdout.index(line, position)


def test_the_quickstart_says_so_when_nobody_is_logged_in(tmp_path: Path) -> None:
    done = run("quickstart.py", "--live", CODEX_HOME=str(tmp_path), HOME=str(tmp_path))
    assert done.returncode == 1
    assert "run `python -m codex_app_server codex login` first" in done.stderr


def test_the_quickstart_runs_live_with_the_users_own_configuration(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    def script(request: object) -> str:
        return "An answer of the configured provider."

    setup = scripted_codex(script)
    done = run("quickstart.py", "--live", **setup.env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("An answer of the configured provider.") == 3


def test_the_codex_binary_can_be_run_through_the_package() -> None:
    def module(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "codex_app_server", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert module("codex", "--version").stdout.startswith("codex-cli 0.")
    assert (
        module().returncode,
        module("--help").returncode,
        module("codex", "--no-such-option").returncode,
    ) == (2, 0, 2)
