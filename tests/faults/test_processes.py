"""C8-C11, C15, C17: processes that will not end, and programs that end without a word."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
from codex_app_server import (
    AppServerConfig,
    Codex,
    ProcessExitedError,
    ToolStarted,
)
from codex_app_server.testing import (
    FakeServer,
    Gate,
    call,
    hold,
    steps,
)

if TYPE_CHECKING:
    from pathlib import Path

    from codex_app_server import (
        AsyncCodex,
    )
    from codex_app_server.testing import ScriptedCodex, ScriptedCodexFactory


def pid_of(codex: Codex | AsyncCodex) -> int:
    pid = codex._engine.pid
    assert pid is not None
    return pid


def test_c08_a_server_that_ignores_everything_is_killed() -> None:
    scenario = [
        *steps.handshake(),
        steps.ignore_sigterm(),
        steps.ignore_eof(),
        *steps.thread_start(),
        steps.hang(),
    ]
    with FakeServer(scenario) as server:
        codex = Codex(AppServerConfig(launch_args_override=server.argv, close_timeout_s=0.1))
        codex.thread_start()
        process = psutil.Process(pid_of(codex))
        codex.close()
    assert not process.is_running()


def test_c08_a_grandchild_that_holds_the_pipe_does_not_hide_the_death(tmp_path: Path) -> None:
    script = tmp_path / "server.sh"
    script.write_text(
        "#!/bin/sh\nread line\n"
        """id=$(echo "$line" | sed 's/.*"id":\\([0-9]*\\).*/\\1/')\n"""
        """echo '{"id":'$id',"result":{"userAgent":"x/0.163.0 (t)"}}'\n"""
        "read line\nread line\nsleep 60 &\nexit 4\n"
    )
    script.chmod(0o700)
    with Codex(AppServerConfig(launch_args_override=(str(script),))) as codex:
        with pytest.raises(ProcessExitedError, match="exited with code 4"):
            codex.request_raw("account/read")


def test_c08_a_running_command_ends_with_the_client(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("exec_command", cmd="sleep 298", yield_time_ms=60_000)], "never"])
    codex = Codex(setup.config)
    turn = codex.thread_start(sandbox="danger-full-access").turn("Run it.")
    assert any(isinstance(event, ToolStarted) for event in turn.events(detach=True))
    children = psutil.Process(pid_of(codex)).children(recursive=True)
    assert [child for child in children if "298" in " ".join(child.cmdline())]
    codex.close()
    assert psutil.wait_procs(children, timeout=10)[1] == []


EXIT_WITHOUT_CLOSE = """
import sys
from codex_app_server import AppServerConfig, Codex
codex = Codex(AppServerConfig(launch_args_override=tuple(sys.argv[2:])))
print(codex._engine.pid, flush=True)
if sys.argv[1] == "error":
    raise RuntimeError("unhandled")
if sys.argv[1] == "exit":
    sys.exit(5)
if sys.argv[1] == "kill":
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
"""


IN_A_TURN = """
import os, signal, sys, threading, warnings
from codex_app_server import AppServerConfig, Codex, TextDelta
def begin():
    codex = Codex(AppServerConfig(env={"CODEX_HOME": sys.argv[2]}))
    turn = codex.thread_start(sandbox="danger-full-access").turn("x")
    for event in turn.events(detach=True):
        if isinstance(event, TextDelta):
            return codex, turn
def tell_when_it_waits():
    # Not before: Python drops a Ctrl-C that comes while it collects something.
    while not turn._state._done_waiters:
        os.sched_yield()
    print(codex._engine.pid, flush=True)
codex, turn = begin()
if sys.argv[1] == "terminal":
    threading.Thread(target=tell_when_it_waits).start()
else:
    print(codex._engine.pid, flush=True)
if sys.argv[1] == "daemon":
    # Ends in the midst of a wait of another OS thread.
    threading.Thread(target=turn.run, daemon=True).start()
elif sys.argv[1] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
else:
    try:
        turn.run()
    except KeyboardInterrupt:
        print("interrupted once", flush=True)
    # It has not got the Ctrl-C of the terminal.
    print(codex.request_raw("account/read")["account"], turn.run().status, flush=True)
    codex.close()
"""


def in_a_turn(how: str, setup: ScriptedCodex) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", IN_A_TURN, how, str(setup.home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def output_of(program: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        return program.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        program.kill()
        raise


@pytest.mark.parametrize(("how", "code"), [("kill", -9), ("daemon", 0)])
def test_c09_c10_the_true_server_ends_with_a_program_that_was_in_a_turn(
    how: str, code: int, scripted_codex: ScriptedCodexFactory
) -> None:
    setup = scripted_codex([["half", hold(Gate())]])
    with in_a_turn(how, setup) as program:
        said, errors = output_of(program)
    assert (program.returncode, errors) == (code, "")
    if psutil.pid_exists(int(said)):
        psutil.Process(int(said)).wait(10)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_c17_ctrl_c_at_the_terminal_reaches_the_program_once_and_not_the_server(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex([["half", hold(Gate())]])
    with in_a_turn("terminal", setup) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        # What a terminal does: all of the foreground group.
        os.killpg(program.pid, signal.SIGINT)
        said, errors = output_of(program)
    assert (program.returncode, errors) == (0, "")
    assert said.splitlines() == ["interrupted once", "None interrupted"]
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize(("how", "code"), [("normal", 0), ("exit", 5), ("error", 1), ("kill", -9)])
def test_c10_a_program_that_ends_without_closing_leaves_no_server(how: str, code: int) -> None:
    with FakeServer([*steps.handshake(), steps.expect("never")], raise_errors=False) as server:
        done = subprocess.run(
            [sys.executable, "-c", EXIT_WITHOUT_CLOSE, how, *server.argv],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == code
    assert "Exception ignored" not in done.stderr
    pid = int(done.stdout)
    if psutil.pid_exists(pid):
        psutil.Process(pid).wait(10)


def test_c11_a_client_that_is_forgotten_warns_and_ends_its_server(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    codex = Codex(scripted_codex("fine").config)
    with pytest.warns(ResourceWarning, match="unclosed <Codex open>"):
        del codex
        gc.collect()


FORK = """
import os, sys, warnings
from codex_app_server import AppServerConfig, Codex, ForkedClientError, SharedCodex
warnings.simplefilter("ignore", DeprecationWarning)
config = AppServerConfig(launch_args_override=tuple(sys.argv[1:]))
shared = SharedCodex(config)
codex = shared.sync_client()
child = os.fork()
if child == 0:
    for use in codex.thread_start, lambda: codex.request_raw("account/read"):
        try:
            use()
        except ForkedClientError as exc:
            print("child:", exc, flush=True)
    codex.close()
    # What is shared is launched anew where it is needed.
    print("child has", shared.sync_client().thread_start().id, flush=True)
    shared.close()
    sys.exit(0)
status = os.waitpid(child, 0)[1]
print("exit", status, "parent has", codex.thread_start().id, flush=True)
shared.close()
"""


def test_c15_a_client_is_of_no_use_after_a_fork_and_says_so() -> None:
    with FakeServer([*steps.handshake(), *steps.thread_start()]) as server:
        done = subprocess.run(
            [sys.executable, "-c", FORK, *server.argv],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stderr == ""
    *refused, second, third = done.stdout.splitlines()
    assert len(refused) == 2
    assert all("made before a fork, in the parent process" in line for line in refused)
    assert (second, third) == ("child has thread-1", "exit 0 parent has thread-1")
