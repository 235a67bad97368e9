"""`doctor`: what it finds in a sound installation, and what it says of each thing that is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server._cli.arguments import main
from codex_app_server._cli.processes import app_servers
from codex_app_server.testing import steps

if TYPE_CHECKING:
    from pathlib import Path

    from codex_app_server.testing import ScriptedCodexFactory

    from .conftest import BinaryFor


def report(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], dict[str, Any]]:
    code = main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    return code, found, {check["id"]: check for check in found["checks"]}


def test_a_sound_installation_is_well(
    scripted_codex: ScriptedCodexFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = scripted_codex("Hello!")
    for name, value in setup.env.items():
        monkeypatch.setenv(name, value)
    _, found, checks = report(capsys)
    assert found["schema_version"] == 1
    own = {name: check["status"] for name, check in checks.items() if not name.startswith("codex.")}
    # Who owns the folders, and what others on this machine have left behind, is none of this test's.
    assert {own.pop("binary"), own.pop("leftovers")} <= {"ok", "warning"}
    assert own == {"version": "ok", "codex_home": "ok", "login": "ok", "sandbox": "ok"}
    assert checks["codex_home"]["details"] == {"path": str(setup.home), "from_environment": True}
    assert checks["login"]["details"] == {"account": None, "is_required": False}
    assert "codex.sandbox.helpers" in checks
    assert "codex.auth.credentials" not in checks
    assert setup.model.requests == ()


def test_each_thing_that_is_wrong_is_told_with_what_to_do(
    binary_for: BinaryFor, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "auth.json").write_text("{}")
    (tmp_path / "auth.json").chmod(0o644)
    answers = [
        steps.expect("account/read"),
        steps.reply({"account": None, "requiresOpenaiAuth": True}),
        steps.expect("command/exec"),
        steps.reply({"exitCode": 1, "stdout": "", "stderr": "no user namespaces\x1b[2J"}),
    ]
    hello, answer, ready = steps.handshake(user_agent="fake/9.1.0 (test)")
    answer["result"]["codexHome"] = str(tmp_path)
    binary_for([hello, answer, ready, *answers])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bin").chmod(0o777)
    code = main(["doctor"])
    lines = capsys.readouterr().out.splitlines()[2:]
    (tmp_path / "bin").chmod(0o755)
    binary = tmp_path / "bin" / "codex"
    open_to_all = f"anybody may write to {tmp_path / 'bin'}"
    told = [line for line in lines if "leftovers" not in line and "end them" not in line]
    assert told == [
        f"WARNING  binary: {binary}: it is in the current directory, where the agent may write; {open_to_all}",
        "         install it in a folder that only you or root may write to, and name it with CODEX_BIN",
        "WARNING  version: 9.1.0; this package was tested with 0.160.0 to 0.169.0",
        "         look for a newer codex-app-server-sdk",
        f"WARNING  codex_home: others may read {tmp_path / 'auth.json'}, which holds the login",
        f"         chmod 600 {tmp_path / 'auth.json'}",
        "   FAIL  login: nobody is logged in, and the model provider needs it",
        "         log in: python -m codex_app_server codex login; or set up a model provider with a key in config.toml",
        "   FAIL  sandbox: commands do not run in the sandbox",
        "         on Linux, see that user namespaces are permitted, or install bubblewrap",
        "     ok  codex: this Codex has no `codex doctor --json`",
        "",
        "Turns will not run here; see FAIL.",
    ]
    assert code == 1


@pytest.mark.parametrize(
    ("script", "check", "said"),
    [
        (None, "binary", "which does not exist"),
        ("#!/bin/sh\necho broken >&2; exit 4\n", "server", "the app-server does not start: "),
    ],
)
def test_without_a_server_the_report_says_so(
    script: str | None,
    check: str,
    said: str,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "codex"
    if script is not None:
        path.write_text(script)
        path.chmod(0o755)
    monkeypatch.setenv("CODEX_BIN", str(path))
    code, found, checks = report(capsys)
    assert (code, found["status"], checks[check]["status"]) == (1, "fail", "fail")
    assert said in checks[check]["summary"]


def test_app_servers_of_this_user_are_found_and_those_in_use_are_no_leftovers() -> None:
    # What it is called is what counts here.
    command = ["codex", "-c", "print(flush=True); input()", "app-server"]
    with subprocess.Popen(
        command, executable=sys.executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        (found,) = [server for server in app_servers() if server.pid == child.pid]
        assert (found.parent_pid, found.is_orphan) == (os.getpid(), False)
        child.communicate(b"\n", timeout=60)
