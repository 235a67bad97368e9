"""Requests that are written on the OS thread of the caller: whole, in order, once, and never after the end."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import signal
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import (
    AppServerConfig,
    AsyncCodex,
    Codex,
    RequestTimeoutError,
    TransportClosedError,
    TurnStarted,
)
from codex_app_server._engine.engine import _make_loop
from codex_app_server._engine.process import ServerProcess
from codex_app_server.testing import FakeServer, steps

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from codex_app_server.testing import ScriptedCodexFactory

HAS_UVLOOP = importlib.util.find_spec("uvloop") is not None
LINE = b"%05d" + b"x" * 10_000 + b"\n"


class Pipes:
    """The pipes of a process that is not there; the test is the server."""

    def __init__(self) -> None:
        self.reading_fd, stdin = os.pipe()
        stdout, self._stdout_fd = os.pipe()
        stderr, self._stderr_fd = os.pipe()
        self.popen: Any = SimpleNamespace(
            stdin=os.fdopen(stdin, "wb", buffering=0),
            stdout=os.fdopen(stdout, "rb", buffering=0),
            stderr=os.fdopen(stderr, "rb", buffering=0),
        )

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = os.read(self.reading_fd, 65536)
            assert more, "the pipe was closed"
            data += more
        return data

    def close(self) -> None:
        for fd in (self.reading_fd, self._stdout_fd, self._stderr_fd):
            os.close(fd)


def in_loop(is_uvloop: bool, play: Callable[[ServerProcess, Pipes], Awaitable[None]]) -> None:  # noqa: FBT001
    async def main() -> None:
        pipes = Pipes()
        nothing: Any = lambda *_: None  # noqa: E731
        process = ServerProcess(AppServerConfig(), on_output=nothing, on_end=nothing, on_room=nothing)
        await process._connect(pipes.popen)
        try:
            await play(process, pipes)
        finally:
            process.close_pipes()
            pipes.close()
            # The loop closes its pipes in its next rounds.
            for _ in range(5):
                await asyncio.sleep(0)

    loop = _make_loop() if is_uvloop else asyncio.SelectorEventLoop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


@pytest.fixture(
    params=[False, pytest.param(True, marks=pytest.mark.skipif(not HAS_UVLOOP, reason="no uvloop"))],
    ids=["asyncio", "uvloop"],
)
def is_uvloop(request: pytest.FixtureRequest) -> bool:
    return request.param


def test_what_the_pipe_does_not_take_comes_before_all_else(is_uvloop: bool) -> None:  # noqa: FBT001
    async def play(process: ServerProcess, pipes: Pipes) -> None:
        lines: list[bytes] = []
        while not process.has_rest:
            lines.append(LINE % len(lines))
            assert process.write_ahead(lines[-1], lambda: True)
        assert len(lines) > 2
        # Nothing may come in between, whoever writes it.
        assert not process.write_ahead(b"no\n", lambda: True)
        process.write(b"next\n")
        assert not process.has_rest
        assert not process.write_ahead(b"no\n", lambda: True)
        whole = b"".join(lines) + b"next\n"
        assert await asyncio.to_thread(pipes.read, len(whole)) == whole

    in_loop(is_uvloop, play)


def test_what_is_left_over_is_finished_without_anything_else(is_uvloop: bool) -> None:  # noqa: FBT001
    async def play(process: ServerProcess, pipes: Pipes) -> None:
        lines: list[bytes] = []
        while not process.has_rest:
            lines.append(LINE % len(lines))
            process.write_ahead(lines[-1], lambda: True)
        process.finish_ahead()
        whole = b"".join(lines)
        assert await asyncio.to_thread(pipes.read, len(whole)) == whole

    in_loop(is_uvloop, play)


def test_a_line_that_is_not_the_next_thing_in_the_pipe_is_left_to_the_loop(is_uvloop: bool) -> None:  # noqa: FBT001
    async def play(process: ServerProcess, pipes: Pipes) -> None:
        noted: list[str] = []

        def note(name: str, answer: bool = True) -> Callable[[], bool]:  # noqa: FBT001, FBT002
            return lambda: noted.append(name) is None and answer

        assert not process.write_ahead(b"x" * 20_000 + b"\n", note("long"))
        process.hold()
        assert not process.write_ahead(b"x\n", note("held"))
        process.release()
        assert not process.write_ahead(b"refused\n", note("refused", answer=False))
        assert process.write_ahead(b"written\n", note("written"))
        assert pipes.read(1) == b"written\n"
        process.close_pipes()
        assert not process.write_ahead(b"x\n", note("closed"))
        assert noted == ["refused", "written"]

    in_loop(is_uvloop, play)


def test_a_line_for_nobody_is_left_over_and_raises_nothing(is_uvloop: bool) -> None:  # noqa: FBT001
    async def play(process: ServerProcess, pipes: Pipes) -> None:
        os.close(pipes.reading_fd)
        pipes.reading_fd = os.dup(pipes._stdout_fd)
        assert process.write_ahead(b"x\n", lambda: True)
        assert process.has_rest
        process.finish_ahead()

    in_loop(is_uvloop, play)


def written_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the methods of the requests that this OS thread writes from now on."""
    methods: list[str] = []
    write, here = os.write, threading.get_ident()

    def noting(fd: int, data: bytes) -> int:
        if threading.get_ident() == here:
            methods.extend(re.findall(r'"method":"([^"]+)"', bytes(data).decode()))
        return write(fd, data)

    monkeypatch.setattr(os, "write", noting)
    return methods


def wait_until_idle(codex: Codex) -> None:
    """Wait until the engine has nothing to do, which it may still have when it has woken who waited for it."""
    engine: Any = codex._engine
    pause = threading.Event()
    while not engine._may_write_ahead or engine._link._transport._held is not None:
        pause.wait(0.001)


def test_turns_interrupts_and_requests_are_written_by_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = [
        *steps.handshake(), *steps.thread_start(), steps.expect("account/read"), steps.reply({}),
        *steps.turn_begin(), steps.expect("turn/interrupt"), steps.reply({}), *steps.turn_end("interrupted"),
        steps.hang(),
    ]  # fmt: skip
    with FakeServer(scenario) as server, Codex(AppServerConfig(launch_args_override=server.argv)) as codex:
        thread = codex.thread_start()
        methods = written_here(monkeypatch)
        wait_until_idle(codex)
        assert codex.request_raw("account/read") == {}
        wait_until_idle(codex)
        turn = thread.turn("Go.")
        with turn.events() as events:
            # The server does not interrupt what has not begun.
            next(event for event in events if isinstance(event, TurnStarted))
            wait_until_idle(codex)
            turn.interrupt()
        assert turn.run().status == "interrupted"
    assert methods == ["account/read", "turn/start", "turn/interrupt"]


def test_with_a_message_hook_all_is_written_by_the_engine_which_calls_it(
    scripted_codex: ScriptedCodexFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    with Codex(
        scripted_codex("one").config, message_hook=lambda message: sent.append(message.method or "")
    ) as codex:
        methods = written_here(monkeypatch)
        assert codex.thread_start().run("Go.").text == "one"
    assert methods == []
    assert "turn/start" in sent


def test_a_request_that_is_never_answered_is_overdue_in_time_though_nothing_else_happens() -> None:
    scenario = [
        *steps.handshake(), *steps.thread_start(), steps.expect("account/read"), steps.expect("turn/start"),
        steps.hang(),
    ]  # fmt: skip
    with FakeServer(scenario, raise_errors=False) as server:
        config = AppServerConfig(launch_args_override=server.argv, request_timeout_s=0.5, close_timeout_s=0.1)
        overdue: list[float] = []

        def ask(action: Callable[[], object]) -> None:
            began = time.monotonic()
            with pytest.raises(RequestTimeoutError, match=r"within 0\.5 s"):
                action()
            overdue.append(time.monotonic() - began)

        with Codex(config) as codex:
            # The start of the thread has set the timer that both rely on.
            thread = codex.thread_start()
            actions = [lambda: codex.request_raw("account/read"), lambda: thread.turn("x")]
            asking = [threading.Thread(target=ask, args=(action,)) for action in actions]
            for os_thread in asking:
                os_thread.start()
            for os_thread in asking:
                os_thread.join(20)
    assert len(overdue) == 2
    assert all(0.45 < seconds < 10 for seconds in overdue)


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_request_at_whose_last_moment_the_client_ends_is_refused_and_not_written(
    scripted_codex: ScriptedCodexFactory,
    monkeypatch: pytest.MonkeyPatch,
    is_killed: bool,  # noqa: FBT001
) -> None:
    codex = Codex(scripted_codex("never asked").config)
    with codex:
        thread = codex.thread_start()
        wait_until_idle(codex)
        engine = codex._engine
        write_ahead = ServerProcess.write_ahead

        def ended(self: ServerProcess, line: bytes, note: Callable[[], bool]) -> bool:
            if is_killed:
                assert engine.pid is not None
                os.kill(engine.pid, signal.SIGKILL)
                engine.join()
            else:
                codex.close()
            return write_ahead(self, line, note)

        monkeypatch.setattr(ServerProcess, "write_ahead", ended)
        methods = written_here(monkeypatch)
        with pytest.raises(TransportClosedError, match="killed by signal 9" if is_killed else "was closed"):
            thread.turn("Go.")
    assert methods == []


def test_requests_of_many_os_threads_at_the_moment_of_the_close_all_have_an_end(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    for _ in range(5):
        codex = Codex(scripted_codex("never asked").config)
        warm = threading.Barrier(7)
        ends: list[BaseException] = []

        def ask(
            codex: Codex = codex, warm: threading.Barrier = warm, ends: list[BaseException] = ends
        ) -> None:
            codex.request_raw("account/read")
            warm.wait()
            try:
                while True:
                    codex.request_raw("account/read")
            except TransportClosedError as exc:
                ends.append(exc)

        asking = [threading.Thread(target=ask) for _ in range(6)]
        for os_thread in asking:
            os_thread.start()
        warm.wait()
        codex.close()
        for os_thread in asking:
            os_thread.join(30)
        assert len(ends) == 6


@pytest.mark.anyio
async def test_starts_that_are_given_up_while_the_server_does_not_read_leave_whole_lines(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex("fine")
    async with AsyncCodex(setup.config) as codex:
        threads = [await codex.thread_start() for _ in range(12)]
        pid = codex._engine.pid
        assert pid is not None
        # The true server, that does not read for a while: the pipe is full in the middle of one of them.
        os.kill(pid, signal.SIGSTOP)
        try:
            for thread in threads:
                with anyio.move_on_after(0.02) as scope:
                    await thread.turn("y" * 12_000)
                assert scope.cancelled_caught
        finally:
            os.kill(pid, signal.SIGCONT)
        with anyio.fail_after(60):
            for thread in threads:
                assert (await thread.run("after it")).text == "fine"
    for request in setup.model.requests:
        assert set(request.user_texts) <= {"y" * 12_000, "after it"}
