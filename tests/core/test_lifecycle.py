"""Start, death and end of the server: nothing hangs, nothing is left, and the error says what happened."""

from __future__ import annotations

import os
import pickle
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import psutil
import pytest
from codex_app_server import (
    AppServerConfig,
    AsyncCodex,
    ClientClosedError,
    Codex,
    CodexNotFoundError,
    HandshakeError,
    LaunchError,
    OtherEvent,
    ProcessExitedError,
    RemoteProtocolError,
    RequestTimeoutError,
    TextDelta,
    ToolStarted,
    TurnStalledError,
    UnknownVersionWarning,
    UnsupportedVersionError,
)
from codex_app_server.testing import FakeServer, Gate, call, hold, steps

if TYPE_CHECKING:
    from codex_app_server.testing import ScriptedCodexFactory


def pid_of(codex: Codex | AsyncCodex) -> int:
    pid = codex._engine.pid
    assert pid is not None
    return pid


# --- death ---


@pytest.mark.anyio
async def test_a_killed_server_ends_fifty_streams_with_what_had_arrived(
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


def test_after_a_kill_the_thread_can_be_resumed_and_its_turn_was_interrupted(
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


def test_a_server_that_exits_in_mid_turn_gives_its_exit_code_and_last_words() -> None:
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


def test_an_exit_with_code_zero_in_mid_turn_is_an_error_too() -> None:
    with FakeServer(
        [*steps.handshake(), *steps.thread_start(), *steps.turn_begin(), steps.exit_with(0)]
    ) as server:
        with Codex(server.config) as codex:
            with pytest.raises(ProcessExitedError, match="exited with code 0"):
                codex.thread_start().run("x")


@pytest.mark.anyio
async def test_turns_that_wait_for_one_another_all_end_with_the_server() -> None:
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


def test_a_message_without_its_newline_before_the_exit_is_still_read() -> None:
    last = b'{"method":"turn/completed","params":{"threadId":"thread-1","turn":{"id":"turn-1","items":[],"status":"completed"}}}'
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.send_raw(last),
        steps.exit_with(0),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        assert codex.thread_start().run("x").status == "completed"


def test_a_grandchild_that_holds_the_pipe_does_not_hide_the_death(tmp_path: Path) -> None:
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


# --- launch ---


def test_a_missing_binary_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(
        CodexNotFoundError, match=r"does not exist; install the runtime with `pip install"
    ) as caught:
        Codex(AppServerConfig(codex_bin=tmp_path / "codex"))
    assert isinstance(caught.value, FileNotFoundError)


def test_the_binary_is_looked_for_in_the_documented_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def binary(name: str) -> str:
        path = tmp_path / name / "codex"
        path.parent.mkdir()
        path.write_text("#!/bin/sh\n")
        path.chmod(0o700)
        return str(path)

    named, from_env, on_path = binary("named"), binary("env"), binary("path")
    monkeypatch.setenv("CODEX_BIN", from_env)
    monkeypatch.setenv("PATH", str(Path(on_path).parent))
    assert AppServerConfig(codex_bin=named, config_overrides={"a.b": ["x", 1, True]}).argv() == [
        named, "app-server", "-c", 'a.b=["x", 1, true]',
    ]  # fmt: skip
    assert AppServerConfig().argv() == [from_env, "app-server"]
    monkeypatch.delenv("CODEX_BIN")
    runtime = AppServerConfig().argv()[0]
    assert "codex_cli_bin" in runtime
    monkeypatch.setitem(sys.modules, "codex_cli_bin", None)
    assert AppServerConfig().argv() == [on_path, "app-server"]
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CodexNotFoundError, match=r"no Codex binary was found: install the runtime"):
        AppServerConfig().argv()


def test_a_file_that_is_no_program_is_refused(tmp_path: Path) -> None:
    plain = tmp_path / "codex"
    plain.write_text("not a program")
    with pytest.raises(LaunchError, match="is not an executable file"):
        Codex(AppServerConfig(codex_bin=plain))
    plain.chmod(plain.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(LaunchError, match="cannot start"):
        Codex(AppServerConfig(codex_bin=plain))


def test_a_server_that_dies_at_once_gives_its_last_words() -> None:
    with FakeServer([steps.stderr("no such option\n"), steps.exit_with(2)]) as server:
        with pytest.raises(
            LaunchError, match=r"did not start: .*exited with code 2.*no such option"
        ) as caught:
            Codex(server.config)
    assert caught.value.stderr_tail == "no such option"


def test_a_server_that_never_greets_is_given_up_and_killed() -> None:
    with FakeServer([steps.hang()]) as server:
        config = AppServerConfig(launch_args_override=server.argv, start_timeout_s=0.5, close_timeout_s=0.1)
        with pytest.raises(HandshakeError, match=r"did not answer 'initialize' within 0\.5 s"):
            Codex(config)


def test_something_that_is_no_app_server_is_told_so() -> None:
    with FakeServer([steps.expect("initialize"), steps.reply({"hello": "world"}), steps.hang()]) as server:
        with pytest.raises(HandshakeError, match="not a codex app-server"):
            Codex(server.config)


def test_a_server_that_is_too_old_is_refused_with_both_versions() -> None:
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
def test_a_server_of_an_unknown_version_is_used_with_a_warning(user_agent: str, message: str) -> None:
    with FakeServer([*steps.handshake(user_agent=user_agent), *steps.thread_start()]) as server:
        with pytest.warns(UnknownVersionWarning, match=message):
            codex = Codex(server.config)
        with codex:
            assert codex.thread_start().id == "thread-1"


@pytest.mark.anyio
async def test_a_start_that_is_cancelled_leaves_nothing(scripted_codex: ScriptedCodexFactory) -> None:
    with FakeServer([steps.hang()]) as server:
        codex = AsyncCodex(AppServerConfig(launch_args_override=server.argv, close_timeout_s=0.1))
        with anyio.move_on_after(0.05):
            await codex.thread_start()
        await codex.close()


# --- close ---


@pytest.mark.anyio
async def test_close_fails_what_waits_and_ten_closers_all_return(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    codex = AsyncCodex(scripted_codex([["half", hold(gate), "never"]]).config)
    failed: list[BaseException] = []

    async def wait() -> None:
        turn = await (await codex.thread_start(ephemeral=True)).turn("x")
        try:
            await turn.run()
        except ClientClosedError as exc:
            failed.append(exc)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(wait)
            await gate.reached_async(timeout_s=30, count=5)
            for _ in range(10):
                group.start_soon(codex.close)
    assert len(failed) == 5


def test_close_from_another_os_thread_ends_a_blocking_wait(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    codex = Codex(scripted_codex([["half", hold(gate), "never"]]).config)
    turn = codex.thread_start().turn("x")
    gate.wait_reached()
    closer = threading.Thread(target=codex.close)
    closer.start()
    with pytest.raises(ClientClosedError):
        turn.run()
    closer.join()


def test_a_server_that_ignores_everything_is_killed() -> None:
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


def test_a_running_command_ends_with_the_client(scripted_codex: ScriptedCodexFactory) -> None:
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


@pytest.mark.parametrize(("how", "code"), [("normal", 0), ("exit", 5), ("error", 1), ("kill", -9)])
def test_a_program_that_ends_without_closing_leaves_no_server(how: str, code: int) -> None:
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


FORK = """
import os, sys, warnings
from codex_app_server import AppServerConfig, Codex, ForkedClientError, SharedCodex
warnings.simplefilter("ignore", DeprecationWarning)
config = AppServerConfig(launch_args_override=tuple(sys.argv[1:]))
shared = SharedCodex(config)
codex = shared.sync_client()
child = os.fork()
if child == 0:
    try:
        codex.thread_start()
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


def test_a_client_is_of_no_use_after_a_fork_and_says_so() -> None:
    with FakeServer([*steps.handshake(), *steps.thread_start()]) as server:
        done = subprocess.run(
            [sys.executable, "-c", FORK, *server.argv],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stderr == ""
    first, second, third = done.stdout.splitlines()
    assert "made before a fork, in the parent process" in first
    assert (second, third) == ("child has thread-1", "exit 0 parent has thread-1")


# --- what the true server cannot be made to do ---


def test_events_before_the_reply_to_turn_start_are_kept() -> None:
    params = {"threadId": "thread-1", "turnId": "turn-1"}
    early = [
        steps.notify("warning", {"threadId": "thread-1", "message": "early"}),
        steps.notify(
            "turn/started",
            {"threadId": "thread-1", "turn": {"id": "turn-1", "items": [], "status": "inProgress"}},
        ),
        steps.notify("item/agentMessage/delta", {**params, "itemId": "m", "delta": "early text"}),
        steps.notify(
            "turn/completed",
            {"threadId": "thread-1", "turn": {"id": "turn-1", "items": [], "status": "completed"}},
        ),
    ]
    reply = steps.reply({"turn": {"id": "turn-1", "items": [], "status": "inProgress"}})
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        steps.expect("turn/start"),
        *early,
        reply,
        *steps.turn("second", turn_id="turn-2"),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        events = list(thread.turn("x").events())
        assert [event.kind for event in events] == [
            "warning_raised",
            "turn_started",
            "text_delta",
            "turn_finished",
        ]
        # The thread is free again, although the end came before the reply.
        assert thread.run("y").text == "second"


def test_events_of_other_turns_and_threads_do_not_leak_in() -> None:
    def delta(thread_id: str, turn_id: str) -> Any:
        return steps.notify(
            "item/agentMessage/delta",
            {"threadId": thread_id, "turnId": turn_id, "itemId": "m", "delta": "leak"},
        )

    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn_begin(),
        delta("other", "turn-9"), delta("thread-1", "turn-8"), delta("other", "turn-1x"),
        *steps.turn_message("mine"), *steps.turn_end(),
        delta("thread-1", "turn-1"), steps.notify("turn/completed", {"threadId": "thread-1", "turn": {"id": "turn-1", "status": "failed"}}),
        *steps.turn("next", turn_id="turn-2"),
    ]  # fmt: skip
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("x")
        assert turn.run().streamed_text == "mine"
        assert thread.run("y").streamed_text == "next"
        assert turn.run().status == "completed"


def test_garbage_between_messages_is_skipped() -> None:
    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn_begin(),
        steps.repeat(100, [steps.send_raw(b"warning: not json {i}\n")]),
        steps.send_raw(b"[1]\n1\nnull\n\n\xff\xfe\n", b'{"id":99999,"result":{}}\n', b'{"id":null}\n', b'{"neither":1}\n'),
        steps.notify("brand/new", {"threadId": "thread-1", "turnId": "turn-1"}),
        *steps.turn_message("fine"), *steps.turn_end(),
    ]  # fmt: skip
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        events = list(codex.thread_start().turn("x").events())
        assert [
            event.raw for event in events if isinstance(event, OtherEvent) and event.method == "brand/new"
        ]
        assert codex._engine._link is not None
        connection = codex._engine._link._connection
        assert connection is not None
        assert connection.garbage_lines >= 106
        assert connection.stray_answers == 1


def test_nothing_but_garbage_is_an_error() -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.repeat(1100, [steps.send_raw(b"garbage\n")]),
        steps.hang(),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        with pytest.raises(RemoteProtocolError, match="lines in a row"):
            codex.thread_start().run("x")


def test_a_message_that_is_too_long_ends_only_its_turn() -> None:
    big = (
        b'{"method":"item/completed","params":{"threadId":"thread-1","turnId":"turn-1","item":"'
        + b"x" * 70_000
        + b'"}}\n'
    )
    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn_begin(), steps.send_raw(big),
        steps.expect("thread/start", save_as="other"), steps.reply({"thread": {"id": "thread-2"}}, to="other"),
    ]  # fmt: skip
    with FakeServer(scenario) as server:
        config = AppServerConfig(launch_args_override=server.argv, max_message_bytes=65_536)
        with Codex(config) as codex:
            with pytest.raises(RemoteProtocolError, match="max_message_bytes is 65536"):
                codex.thread_start().run("x")
            assert codex.thread_start().id == "thread-2"


def test_a_request_without_an_answer_times_out_and_the_client_stays_usable() -> None:
    scenario = [*steps.handshake(), steps.expect("account/read"), *steps.thread_start()]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        with pytest.raises(RequestTimeoutError, match=r"no answer to 'account/read' within 0\.1 s") as caught:
            codex.request_raw("account/read", timeout_s=0.1)
        assert isinstance(caught.value, TimeoutError)
        assert codex.thread_start().id == "thread-1"


def test_an_interrupt_that_the_server_ignores_ends_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex_app_server._engine.interrupting.ANSWER_S", 0.2)
    with FakeServer([*steps.handshake(), *steps.thread_start(), *steps.turn_begin(), steps.hang()]) as server:
        with Codex(server.config) as codex:
            turn = codex.thread_start().turn("x")
            turn.interrupt()
            with pytest.raises(
                TurnStalledError, match="turn 'turn-1' was given up: the server did not end it"
            ):
                turn.run()


def test_requests_in_flight_are_bounded() -> None:
    answers = [
        part
        for number in range(10)
        for part in (
            steps.expect("account/read", save_as=f"r{number}"),
            steps.reply({"n": number}, to=f"r{number}"),
        )
    ]
    scenario = [
        *steps.handshake(), *(steps.expect("account/read", save_as=f"first{n}") for n in range(4)), steps.barrier("full"),
        *(steps.reply({}, to=f"first{n}") for n in range(4)), *answers,
    ]  # fmt: skip
    with FakeServer(scenario) as server:
        config = AppServerConfig(launch_args_override=server.argv, max_requests_in_flight=4)
        with Codex(config) as codex:
            workers = [threading.Thread(target=codex.request_raw, args=("account/read",)) for _ in range(14)]
            for worker in workers:
                worker.start()
            server.wait_reached("full")
            assert (
                len([message for message in server.received if message.get("method") == "account/read"]) == 4
            )
            server.release("full")
            for worker in workers:
                worker.join()


def test_two_threads_at_most_are_being_started_at_once() -> None:
    scenario = [
        *steps.handshake(), steps.expect("thread/start", save_as="a"), steps.expect("thread/start", save_as="b"), steps.barrier("two"),
        steps.reply({"thread": {"id": "thread-a"}}, to="a"), steps.expect("thread/start", save_as="c"),
        steps.reply({"thread": {"id": "thread-b"}}, to="b"), steps.reply({"thread": {"id": "thread-c"}}, to="c"),
    ]  # fmt: skip
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        workers = [threading.Thread(target=codex.thread_start) for _ in range(3)]
        for worker in workers:
            worker.start()
        server.wait_reached("two")
        assert len([message for message in server.received if message.get("method") == "thread/start"]) == 2
        server.release("two")
        for worker in workers:
            worker.join()


def test_a_server_that_stops_reading_lets_requests_time_out_and_the_client_close() -> None:
    scenario = [*steps.handshake(), *steps.thread_start(), steps.stop_reading(), steps.hang()]
    with FakeServer(scenario, raise_errors=False) as server:
        config = AppServerConfig(launch_args_override=server.argv, request_timeout_s=0.3, close_timeout_s=0.1)
        with Codex(config) as codex:
            thread = codex.thread_start()
            # Far more than a pipe holds, so that it is full from the first one on.
            for _ in range(3):
                with pytest.raises(RequestTimeoutError, match=r"within 0\.3 s"):
                    thread.turn("x" * 1_000_000)


def test_a_turn_of_somebody_else_is_waited_for_and_not_steered() -> None:
    def foreign(method: str, **fields: Any) -> Any:
        return steps.notify(
            method,
            {
                "threadId": "thread-1",
                "turn": {"id": "foreign", "items": [], "status": "inProgress"},
                **fields,
            },
        )

    scenario = [
        *steps.handshake(), *steps.thread_start(), foreign("turn/started"),
        steps.expect("account/read", save_as="look"), steps.reply({}, to="look"), steps.barrier("waiting"),
        steps.notify("thread/status/changed", {"threadId": "thread-1", "status": {"type": "idle"}}),
        *steps.turn("mine"),
    ]  # fmt: skip
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        codex.request_raw("account/read")
        texts: list[str] = []
        worker = threading.Thread(target=lambda: texts.append(thread.run("x").text))
        worker.start()
        server.wait_reached("waiting")
        assert [message for message in server.received if message.get("method") == "turn/start"] == []
        server.release("waiting")
        worker.join()
        assert texts == ["mine"]


def test_the_echo_of_injected_history_is_not_taken_for_the_turn() -> None:
    """It may come between `turn/start` and its answer, under the id of a turn that never is."""
    place = {"threadId": "thread-1", "turnId": "auto-compact-0"}
    turn = {"id": "turn-1", "items": [], "status": "inProgress"}
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        steps.expect("turn/start", save_as="turn"),
        steps.notify("rawResponseItem/completed", {**place, "item": {"type": "message"}}),
        steps.notify("turn/started", {"threadId": "thread-1", "turn": turn}),
        steps.reply({"turn": turn}),
        steps.expect("turn/interrupt", save_as="interrupt"),
        steps.reply({}),
        *steps.turn_end(status="interrupted"),
    ]
    with FakeServer(scenario) as server:
        with Codex(server.config) as codex:
            turn_of_ours = codex.thread_start().turn("x")
            turn_of_ours.interrupt()
            kinds = [event.kind for event in turn_of_ours.events()]
        sent = [message for message in server.received if message.get("method") == "turn/interrupt"]
    assert (kinds[0], kinds[-1]) == ("turn_started", "turn_finished")
    assert [message["params"]["turnId"] for message in sent] == ["turn-1"]
