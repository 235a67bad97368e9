"""F1-F5, F12, F35, F38: the server dies, does not start, or is another one: told at once, with all that was known."""

from __future__ import annotations

import os
import pickle
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from codex_app_server import (
    AppServerConfig,
    AppServerError,
    AsyncCodex,
    Codex,
    CodexNotFoundError,
    HandshakeError,
    LaunchError,
    ProcessExitedError,
    TextDelta,
    UnknownVersionWarning,
    UnsupportedVersionError,
)
from codex_app_server.testing import FakeServer, Gate, hold, steps, text

if TYPE_CHECKING:
    from pathlib import Path

    from codex_app_server.testing import ScriptedCodex, ScriptedCodexFactory


def pid_of(codex: Codex | AsyncCodex) -> int:
    pid = codex._engine.pid
    assert pid is not None
    return pid


# --- F1: killed in mid turn ---


@pytest.mark.anyio
async def test_f01_a_killed_server_ends_fifty_streams_with_what_had_arrived(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex([["before", hold(Gate()), "never"]])
    errors: list[ProcessExitedError] = []
    texts: list[str] = []
    all_read = anyio.Event()
    async with AsyncCodex(setup.config) as codex:

        async def read() -> None:
            turn = await (await codex.thread_start(ephemeral=True, environments=[])).turn("x")
            with pytest.raises(ProcessExitedError) as caught:  # noqa: PT012 - the loop is what raises
                async for event in turn.events():
                    if isinstance(event, TextDelta):
                        texts.append(event.text)
                        if len(texts) == 50:
                            all_read.set()
            assert (caught.value.thread_id, caught.value.turn_id) == (turn.thread_id, turn.id)
            errors.append(caught.value)
            with pytest.raises(ProcessExitedError):
                await turn.run()

        with anyio.fail_after(120):
            async with anyio.create_task_group() as group:
                for _ in range(50):
                    group.start_soon(read)
                await all_read.wait()
                os.kill(pid_of(codex), signal.SIGKILL)
        with pytest.raises(ProcessExitedError, match="killed by signal 9"):
            await codex.thread_start()
    assert {error.exit_code for error in errors} == {-9}
    assert len({id(error) for error in errors}) == 50
    assert texts == ["before"] * 50


def test_f01_a_killed_server_gives_what_had_arrived_of_one_turn(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    with Codex(scripted_codex(text(deltas=["half ", hold(gate)])).config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("Go.")
        for event in turn.events(detach=True):
            if isinstance(event, TextDelta):
                break
        kill(codex)
        with pytest.raises(ProcessExitedError) as caught:
            turn.run()
        error = caught.value
        assert (error.thread_id, error.turn_id, error.exit_code) == (thread.id, turn.id, -9)
        assert error.result is not None
        assert (error.result.status, error.result.text) == ("inProgress", "half ")
        assert turn.so_far.text == "half "
        assert thread.active_turn is None
        with pytest.raises(ProcessExitedError, match=r"killed by signal 9"):
            thread.run("again")


def kill(codex: Codex | AsyncCodex) -> None:
    os.kill(pid_of(codex), signal.SIGKILL)


def test_f01_after_a_kill_the_thread_can_be_resumed_and_its_turn_was_interrupted(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex(
        lambda request: ["half", hold(gate)] if request.last_user_text == "first" else "fine"
    )
    with Codex(setup.config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("first")
        gate.wait_reached()
        os.kill(pid_of(codex), signal.SIGKILL)
        with pytest.raises(ProcessExitedError):
            turn.run()
    with Codex(setup.config) as codex:
        resumed = codex.thread_resume(thread.id)
        assert [kept["status"] for kept in resumed.raw["turns"]] == ["interrupted"]
        assert resumed.run("second").text == "fine"


@pytest.mark.anyio
async def test_f01_turns_that_wait_for_one_another_all_end_with_the_server() -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        steps.expect("turn/start"),
        steps.barrier("running"),
        steps.die(),
    ]
    with FakeServer(scenario, raise_errors=False) as server:
        async with AsyncCodex(server.config) as codex:
            thread = await codex.thread_start()
            failed: list[str | None] = []

            async def wait() -> None:
                with pytest.raises(ProcessExitedError) as caught:
                    await thread.turn("next")
                failed.append(caught.value.thread_id)

            with anyio.fail_after(60):
                async with anyio.create_task_group() as group:
                    for _ in range(500):
                        group.start_soon(wait)
                    await anyio.to_thread.run_sync(server.wait_reached, "running")
                    await anyio.lowlevel.checkpoint()
                    server.release("running")
    assert failed == [thread.id] * 500


# --- F2: ended without a fault of its own ---


def test_f02_an_exit_with_code_zero_in_mid_turn_is_an_error_too() -> None:
    with FakeServer(
        [*steps.handshake(), *steps.thread_start(), *steps.turn_begin(), steps.exit_with(0)]
    ) as server:
        with Codex(server.config) as codex:
            with pytest.raises(ProcessExitedError, match="exited with code 0"):
                codex.thread_start().run("x")


@pytest.mark.anyio
async def test_f02_a_true_server_that_is_told_to_end_in_mid_turn_is_an_error_too(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    async with AsyncCodex(scripted_codex([["half", hold(Gate())]]).config) as codex:
        turn = await (await codex.thread_start()).turn("x")
        with anyio.fail_after(30), pytest.raises(ProcessExitedError, match="exited with code 0") as caught:  # noqa: PT012 - the loop is what raises
            async for event in turn.events():
                if isinstance(event, TextDelta):
                    os.kill(pid_of(codex), signal.SIGTERM)
        assert (caught.value.turn_id, caught.value.exit_code) == (turn.id, 0)
        assert caught.value.result is not None
        assert (caught.value.result.status, caught.value.result.text) == ("inProgress", "half")


# --- F3: does not start ---


def test_f03_a_missing_binary_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(
        CodexNotFoundError, match=r"does not exist; install the runtime with `pip install"
    ) as caught:
        Codex(AppServerConfig(codex_bin=tmp_path / "codex"))
    assert isinstance(caught.value, FileNotFoundError)


def test_f03_a_file_that_is_no_program_is_refused(tmp_path: Path) -> None:
    plain = tmp_path / "codex"
    plain.write_text("not a program")
    with pytest.raises(LaunchError, match="is not an executable file"):
        Codex(AppServerConfig(codex_bin=plain))
    plain.chmod(plain.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(LaunchError, match="cannot start"):
        Codex(AppServerConfig(codex_bin=plain))


def test_f03_a_server_that_dies_at_once_gives_its_last_words() -> None:
    with FakeServer([steps.stderr("no such option\n"), steps.exit_with(2)]) as server:
        with pytest.raises(
            LaunchError, match=r"did not start: .*exited with code 2.*no such option"
        ) as caught:
            Codex(server.config)
    assert caught.value.stderr_tail == "no such option"


@pytest.mark.anyio
async def test_f03_a_binary_for_another_machine_is_told_with_advice(tmp_path: Path) -> None:
    foreign = tmp_path / "codex"
    # The head of a program for a processor that nobody has.
    foreign.write_bytes(b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\0\xff\xfe" + b"\0" * 100)
    foreign.chmod(0o700)
    codex = AsyncCodex(AppServerConfig(codex_bin=foreign))
    for _ in range(3):
        with pytest.raises(LaunchError, match=r"no program for this kind of machine: name another one with"):
            await codex.thread_start()
    await codex.close()


# --- F4: does not greet ---


def test_f04_a_server_that_never_greets_is_given_up_and_killed() -> None:
    with FakeServer([steps.hang()]) as server:
        config = AppServerConfig(launch_args_override=server.argv, start_timeout_s=0.5, close_timeout_s=0.1)
        with pytest.raises(HandshakeError, match=r"did not answer 'initialize' within 0\.5 s"):
            Codex(config)


def test_f04_something_that_is_no_app_server_is_told_so() -> None:
    with FakeServer([steps.expect("initialize"), steps.reply({"hello": "world"}), steps.hang()]) as server:
        with pytest.raises(HandshakeError, match="not a codex app-server"):
            Codex(server.config)


# --- F5: half a message ---


def test_f05_half_a_message_before_the_exit_is_counted_in_the_error() -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.stderr("\x1b[31mdisk on fire\x1b[0m api_key=sk-abcdef123456 CANARY-VALUE\n"),
        steps.send_raw(b'{"method":"item/agentMessage/delta","par'),
        steps.exit_with(3),
    ]
    with FakeServer(scenario) as server:
        config = AppServerConfig(launch_args_override=server.argv, env={"MY_SECRET": "CANARY-VALUE"})
        with Codex(config) as codex:
            turn = codex.thread_start().turn("x")
            with pytest.raises(
                ProcessExitedError, match=r"exited with code 3, with 40 bytes .*disk on fire"
            ) as caught:
                list(turn.events())
    error = caught.value
    assert (error.exit_code, error.unfinished_bytes, error.turn_id) == (3, 40, "turn-1")
    assert error.stderr_tail == "disk on fire [redacted] [redacted]"
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.exit_code, copy.turn_id) == (str(error), 3, "turn-1")


# --- F12: a flood of words ---


def test_f12_a_flood_on_stderr_stalls_nothing_and_its_end_is_kept() -> None:
    flood = steps.repeat(1600, [steps.stderr("\x1b[31mnoise\xff " * 6554)])
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        flood,
        steps.stderr(b"\xff\xfe not utf-8\n"),
        *steps.turn_message("fine"),
        *steps.turn_end(),
        steps.expect("account/read"),
        steps.stderr("the last words\n"),
        steps.exit_with(3),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        assert codex.thread_start().run("x", timeout_s=60).text == "fine"
        with pytest.raises(ProcessExitedError) as caught:
            codex.request_raw("account/read")
    # F9: what is no UTF-8 is replaced; colours are gone.
    assert caught.value.stderr_tail.endswith("\ufffd\ufffd not utf-8\nthe last words")
    assert len(caught.value.stderr_tail) <= 2048
    assert "\x1b" not in caught.value.stderr_tail


# --- F35: another version ---


def test_f35_a_server_that_is_too_old_is_refused_with_both_versions() -> None:
    with FakeServer(steps.handshake(user_agent="me/0.20.1 (x)")) as server:
        with pytest.raises(
            UnsupportedVersionError, match=r"version 0\.20\.1, and this client needs"
        ) as caught:
            Codex(server.config)
    assert (caught.value.server_version, caught.value.required_version) == ("0.20.1", "0.160.0")


@pytest.mark.parametrize(
    ("user_agent", "message"),
    [("me/9.1.0 (x)", r"9\.1\.0, newer than"), ("me (x)", "does not tell its version")],
)
def test_f35_a_server_of_an_unknown_version_is_used_with_a_warning(user_agent: str, message: str) -> None:
    with FakeServer([*steps.handshake(user_agent=user_agent), *steps.thread_start()]) as server:
        with pytest.warns(UnknownVersionWarning, match=message):
            codex = Codex(server.config)
        with codex:
            assert codex.thread_start().id == "thread-1"


# --- F38: the machine has nothing left ---

EXHAUSTED = """
import resource, sys, threading, warnings
from codex_app_server import AppServerConfig, Codex, LaunchError
from codex_app_server.testing import steps
config = AppServerConfig(launch_args_override=tuple(sys.argv[2:]), close_timeout_s=0.5)
Codex(config).close()
told = set()
if sys.argv[1] == "descriptors":
    held = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for free in range(24):
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        try:
            while True:
                held.append(open("/dev/null"))
        except OSError:
            pass
        for _ in range(free):
            held.pop().close()
        try:
            Codex(config).close()
            told.add("works")
        except LaunchError as exc:
            told.add("refused")
            assert "[Errno 24]" in str(exc), exc
        while held:
            held.pop().close()
else:
    start, allowed = threading.Thread.start, [0]
    def limited(self):
        allowed[0] -= 1
        if allowed[0] < 0:
            raise RuntimeError("can't start new thread")
        start(self)
    threading.Thread.start = limited
    for count in range(3):
        allowed[0] = count
        try:
            Codex(config).close()
            told.add("works")
        except LaunchError as exc:
            told.add("refused")
            assert "no OS thread can be started" in str(exc), exc
Codex(config).close() if sys.argv[1] == "descriptors" else None
print(sorted(told))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
@pytest.mark.parametrize("what", ["descriptors", "OS threads"])
def test_f38_without_descriptors_or_os_threads_the_start_is_refused_and_a_later_one_works(what: str) -> None:
    with FakeServer([*steps.handshake(), steps.hang()], raise_errors=False) as server:
        done = subprocess.run(
            [sys.executable, "-c", EXHAUSTED, what, *server.argv],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "['refused', 'works']\n", "")


def under_limits(setup: ScriptedCodex, limits: str) -> AppServerConfig:
    """A configuration whose server is started by a shell that sets limits first."""
    command = f'{limits}; exec "$0" "$@"'
    return replace(setup.config, launch_args_override=("/bin/sh", "-c", command, *setup.config.argv()))


@pytest.mark.anyio
async def test_f38_a_full_disk_is_an_error_of_the_start_or_of_the_turn(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex("fine")
    # No file may grow, as when the disk is full; the signal for it would kill the server instead.
    full = under_limits(setup, "trap '' XFSZ; ulimit -f 0")
    with anyio.fail_after(60):
        with pytest.raises(AppServerError) as caught:  # noqa: PT012 - where it fails is up to the server
            async with AsyncCodex(full) as codex:
                result = await (await codex.thread_start()).run("x", timeout_s=30)
                result.raise_for_status()
        assert str(caught.value)
        async with AsyncCodex(setup.config) as codex:
            assert (await (await codex.thread_start()).run("x")).text == "fine"


@pytest.mark.anyio
async def test_f38_a_home_that_cannot_be_written_to_is_an_error(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    plain = tmp_path / "file"
    plain.write_text("no folder")
    setup = scripted_codex("fine")
    with (
        anyio.fail_after(60),
        pytest.raises(LaunchError, match=r"did not start: .*exited with code 1") as caught,
    ):
        async with AsyncCodex(replace(setup.config, env={**setup.env, "CODEX_HOME": str(plain)})):
            pass
    assert str(plain) in caught.value.stderr_tail
