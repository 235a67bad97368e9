"""A lost connection to a server that goes on: the client connects again, and nothing is missing or told twice."""

from __future__ import annotations

import functools
import os
import queue
import selectors
import shutil
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
from codex_app_server import (
    DEFER,
    ApprovalRequested,
    AppServer,
    AsyncCodex,
    ClientClosedError,
    Codex,
    ConnectionLostError,
    FileChange,
    MessageFinished,
    MessageStarted,
    TextDelta,
    ThreadNotFoundError,
    ToolCallRequested,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from codex_app_server.testing import Gate, Script, call, custom_call, hold, text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from codex_app_server import (
        AppServerConfig,
        AsyncTurn,
        Event,
        TurnResult,
    )
    from codex_app_server.testing import ScriptedCodex, ScriptedCodexFactory
    from typing_extensions import Self

LOOKUP = {"type": "function", "name": "lookup", "description": "Look.", "inputSchema": {"type": "object", "properties": {}}}  # fmt: skip
pytestmark = pytest.mark.anyio
# More than anything here takes, on a busy machine too.
WAIT_S = 20.0


class Cable:
    """Passes bytes between clients and a server, in an OS thread of its own.

    While it is cut, whoever connects is hung up on at once.

    Args:
        url: Where the server listens, `ws://127.0.0.1:...` or `unix:///...`.
        path: The Unix socket to listen on; otherwise it is a port on loopback.

    Attributes:
        url: Where clients connect to.
    """

    def __init__(self, url: str, path: Path | None = None) -> None:
        self._target = url
        if path is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.url = f"ws://127.0.0.1:{self._listener.getsockname()[1]}"
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(path))
            self._listener.listen()
            self.url = f"unix://{path}"
        self._is_cut = False
        self._is_over = False
        self._is_deaf = False
        self._is_mute = False
        self._marker = b""
        self._refused = threading.Semaphore(0)
        self._swallowed = threading.Semaphore(0)
        self._marker_seen = threading.Event()
        # Both ends of each connection by the other one, and which of them are those of the server.
        self._other: dict[socket.socket, socket.socket] = {}
        self._servers: set[socket.socket] = set()
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._waker, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._run, name="scripted-cable")

    def __enter__(self) -> Self:
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._do(self._end)
        self._thread.join()
        self._waker.close()

    # --- by the test ---

    def cut(self) -> None:
        """Cut all connections, and refuse new ones."""
        self._do(self._cut)

    def mend(self, url: str | None = None) -> None:
        """Accept connections again; to another server, if one is given."""
        if url is not None:
            self._target = url
        self._do(self._mend)

    def cut_at(self, marker: bytes) -> None:
        """Cut all connections, once, as soon as the server sends this; it does not arrive, and new ones are accepted."""
        self._marker_seen.clear()
        self._marker = marker

    def deafen(self) -> None:
        """Lose what clients send, until it is mended."""
        self._is_deaf = True

    def mute(self) -> None:
        """Lose what the server sends, until it is mended."""
        self._is_mute = True

    def wait_refused(self) -> None:
        """Wait until somebody wanted to connect who was not wanted; once for each who did."""
        if not self._refused.acquire(timeout=WAIT_S):
            raise TimeoutError("nobody has tried to connect")

    def wait_swallowed(self) -> None:
        """Wait until something was lost."""
        if not self._swallowed.acquire(timeout=WAIT_S):
            raise TimeoutError("nothing was sent")

    def wait_marker(self) -> None:
        """Wait until what `cut_at` was given was seen."""
        if not self._marker_seen.wait(WAIT_S):
            raise TimeoutError("the server has not sent that")

    def _do(self, action: Callable[[], None]) -> None:
        done = threading.Event()

        def act() -> None:
            action()
            done.set()

        self._commands.put(act)
        self._waker.send(b"x")
        if not done.wait(WAIT_S):
            raise TimeoutError("the cable does not react")

    # --- in its OS thread ---

    def _run(self) -> None:
        while not self._is_over:
            for key, _ in self._selector.select():
                ready = key.fileobj
                assert isinstance(ready, socket.socket)
                if ready is self._woken:
                    self._woken.recv(4096)
                    while not self._commands.empty():
                        self._commands.get()()
                elif ready is self._listener:
                    self._accept()
                elif ready in self._other:
                    self._pass_on(ready)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if self._is_cut:
            client.close()
            self._refused.release()
            return
        if self._target.startswith("unix://"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(os.path.realpath(self._target.removeprefix("unix://")))
        else:
            server = socket.create_connection(("127.0.0.1", int(self._target.rsplit(":", 1)[1])))
        self._other[client], self._other[server] = server, client
        self._servers.add(server)
        for end in (client, server):
            self._selector.register(end, selectors.EVENT_READ)

    def _pass_on(self, end: socket.socket) -> None:
        try:
            data = end.recv(1 << 20)
            is_servers = end in self._servers
            if is_servers and self._marker and self._marker in data:
                self._marker = b""
                self._hang_up()
                self._marker_seen.set()
            elif not data:
                self._close(end)
            elif self._is_mute if is_servers else self._is_deaf:
                self._swallowed.release()
            else:
                self._other[end].sendall(data)
        except OSError:
            self._close(end)

    def _close(self, end: socket.socket) -> None:
        other = self._other.pop(end, None)
        if other is not None:
            del self._other[other]
            for each in (end, other):
                self._servers.discard(each)
                self._selector.unregister(each)
                each.close()

    def _hang_up(self) -> None:
        while self._other:
            self._close(next(iter(self._other)))

    def _cut(self) -> None:
        self._is_cut = True
        self._hang_up()

    def _mend(self) -> None:
        self._is_cut = self._is_deaf = self._is_mute = False

    def _end(self) -> None:
        self._is_over = True
        self._hang_up()
        self._selector.close()
        self._listener.close()
        self._woken.close()


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex_app_server._engine.link._MAX_DELAY_S", 0.1)


@contextmanager
def cabled(setup: ScriptedCodex, **options: Any) -> Iterator[tuple[AppServer, Cable, AppServerConfig]]:
    """A server, and a client configuration that reaches it over a cable."""
    # Turns that are held at a gate need not be waited for.
    config = replace(setup.config, close_timeout_s=0.1)
    with AppServer(config, listen="ws") as server, Cable(server.url) as cable:
        yield server, cable, replace(server.client_config, url=cable.url, **options)


def bounded(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Nothing in a test may wait for ever."""

    @functools.wraps(test)
    async def within(*args: object, **kwargs: object) -> None:
        with anyio.fail_after(60):
            await test(*args, **kwargs)

    return within


async def in_thread(function: Callable[[], object]) -> None:
    await anyio.to_thread.run_sync(function)


async def is_back(codex: AsyncCodex) -> None:
    """Wait until the client is connected again and has caught up: requests wait for that."""
    await codex.request_raw("account/read")


class Reader:
    """Reads a turn in a task of its own."""

    def __init__(self, turn: AsyncTurn[Any]) -> None:
        self.events: list[Event] = []
        self.error: Exception | None = None
        self._turn = turn
        self._news = anyio.Event()
        self.is_over = anyio.Event()

    async def run(self) -> None:
        try:
            async for event in self._turn.events():
                self.events.append(event)
                self._tell()
        except ConnectionLostError as exc:
            self.error = exc
        self.is_over.set()

    def _tell(self) -> None:
        news, self._news = self._news, anyio.Event()
        news.set()

    async def until(self, kind: type[Any], count: int = 1) -> Any:
        """Wait for the event of a kind that is the `count`-th one."""
        with anyio.fail_after(20):
            while len(self.of(kind)) < count:
                await self._news.wait()
        return self.of(kind)[count - 1]

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.of(TextDelta)]

    @property
    def result(self) -> TurnResult:
        (end,) = self.of(TurnFinished)
        assert self.events[-1] is end
        return end.result


def assert_whole(reader: Reader) -> None:
    """Everything was told once, in an order that makes sense."""
    assert len(reader.of(TurnStarted)) == 1
    begun = [event.item_id for event in reader.events if isinstance(event, (MessageStarted, ToolStarted))]
    ended = [event.item_id for event in reader.events if isinstance(event, (MessageFinished, ToolFinished))]
    assert sorted(begun) == sorted(set(begun)) == sorted(ended)
    for finished in reader.of(MessageFinished):
        deltas = [delta.text for delta in reader.of(TextDelta) if delta.item_id == finished.item_id]
        assert "".join(deltas) == finished.text
        assert reader.events.index(finished) > begun.index(finished.item_id)
    assert reader.result.streamed_text == "".join(reader.texts)
    ids = [item["id"] for item in reader.result.raw_items]
    assert len(ids) == len(set(ids))


async def idle(watching: Any) -> None:
    """Wait until a thread is idle, as another client sees it."""
    async for notification in watching:
        if notification.params["status"]["type"] == "idle":
            return


# --- the stream goes on ---


@bounded
async def test_f36_a_cut_in_the_middle_of_a_text_loses_nothing_of_it(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    first, second = Gate(), Gate()
    setup = scripted_codex([text(deltas=["one ", hold(first), "two ", hold(second), "three"])])
    with cabled(setup) as (_, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            reader = Reader(await (await codex.thread_start()).turn("x"))
            group.start_soon(reader.run)
            await reader.until(TextDelta)
            cable.cut()
            await in_thread(cable.wait_refused)
            first.open()
            await second.reached_async()
            cable.mend()
            await is_back(codex)
            second.open()
            await reader.until(TurnFinished)
            assert reader.texts == ["one ", "two three"]
            assert_whole(reader)
            assert reader.result.text == "one two three"
            usage = reader.result.usage
            assert (await (await codex.thread_start()).run("x")).usage == usage


@bounded
async def test_f36_a_turn_that_ended_meanwhile_is_complete(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    commands = [call("exec_command", cmd="echo out")]
    setup = scripted_codex(
        [[text(deltas=["one ", hold(gate), "two"]), *commands], ["Three.", *commands], "Four."]
    )
    with cabled(setup) as (server, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            reader = Reader(await (await codex.thread_start(sandbox="danger-full-access")).turn("x"))
            group.start_soon(reader.run)
            await reader.until(TextDelta)
            async with AsyncCodex(server.client_config) as other:
                watching = await other.notifications("thread/status/changed")
                cable.cut()
                gate.open()
                await idle(watching)
            cable.mend()
            await reader.until(TurnFinished)
            assert reader.texts == ["one ", "two", "Three.", "Four."]
            assert_whole(reader)
            assert [tool.status for tool in reader.of(ToolFinished)] == ["completed"] * 2
            assert reader.result.status == "completed"
            assert reader.result.text == "Four."
            usage = reader.result.usage
            again = await (await codex.thread_start(sandbox="danger-full-access")).run("x")
            assert again.usage == usage
            assert [item["type"] for item in again.raw_items] == [
                item["type"] for item in reader.result.raw_items
            ]


def test_f36_a_blocking_client_comes_back_too(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    setup = scripted_codex([text(deltas=["one ", hold(gate), "two"])])
    with cabled(setup) as (_, cable, config), Codex(config) as codex:
        texts: list[str] = []
        for event in codex.thread_start().turn("x").events(timeout_s=30):
            if isinstance(event, TextDelta):
                texts.append(event.text)
                if not gate.is_open:
                    cable.cut()
                    cable.wait_refused()
                    cable.mend()
                    gate.open()
        assert texts == ["one ", "two"]


def test_f36_a_client_comes_back_over_a_unix_socket(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    gate = Gate()
    setup = scripted_codex([text(deltas=["one ", hold(gate), "two"])])
    with AppServer(setup.config) as server, Cable(server.url, tmp_path / "s") as cable:
        with Codex(replace(server.client_config, url=cable.url)) as codex:
            turn = codex.thread_start().turn("x")
            gate.wait_reached()
            cable.cut()
            cable.wait_refused()
            gate.open()
            cable.mend()
            assert turn.run(timeout_s=30).streamed_text == "one two"


@bounded
async def test_f36_a_second_cut_while_threads_are_resumed_starts_that_over(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    first, second = Gate(), Gate()
    setup = scripted_codex([text(deltas=["one ", hold(first), "two ", hold(second), "three"])])
    with cabled(setup) as (_, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            reader = Reader(await (await codex.thread_start()).turn("x"))
            group.start_soon(reader.run)
            await reader.until(TextDelta)
            for marker in (b'"turnsBackwardsCursor"', b'"itemsView":"full"'):
                cable.cut_at(marker)
                cable.cut()
                await in_thread(cable.wait_refused)
                first.open()
                cable.mend()
                await in_thread(cable.wait_marker)
            await is_back(codex)
            second.open()
            await reader.until(TurnFinished)
            assert reader.texts == ["one ", "two three"]
            assert_whole(reader)


# --- questions ---


@pytest.mark.parametrize("when", ["while it is cut", "afterwards", "just before"])
@bounded
async def test_f36_a_held_tool_call_is_answered_once_whenever_that_is(
    when: str, scripted_codex: ScriptedCodexFactory
) -> None:
    setup = scripted_codex([["Wait.", call("lookup", call_id="c1")], "after"])
    with cabled(setup) as (_, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            reader = Reader(await (await codex.thread_start(dynamic_tools=[LOOKUP])).turn("x"))
            group.start_soon(reader.run)
            tool_call = (await reader.until(ToolCallRequested)).call
            if when == "just before":
                cable.deafen()
                assert tool_call.respond("found")
                await in_thread(cable.wait_swallowed)
            cable.cut()
            await in_thread(cable.wait_refused)
            if when == "while it is cut":
                assert tool_call.respond("found")
            cable.mend()
            await is_back(codex)
            if when == "afterwards":
                assert list(codex.pending_requests.values()) == [tool_call]
                assert tool_call.respond("found")
            await reader.until(TurnFinished)
            assert_whole(reader)
            assert reader.result.text == "after"
            assert len(reader.of(ToolCallRequested)) == 1
            assert [request.tool_outputs for request in setup.model.requests] == [{}, {"c1": "found"}]
            assert codex.pending_requests == {}


@bounded
async def test_f36_a_tool_call_of_the_gap_is_asked_afterwards(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    setup = scripted_codex(
        [[text(deltas=["one ", hold(gate), "two"]), call("lookup", call_id="c1")], "after"]
    )
    with cabled(setup) as (_, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            reader = Reader(await (await codex.thread_start(dynamic_tools=[LOOKUP])).turn("x"))
            group.start_soon(reader.run)
            await reader.until(TextDelta)
            cable.cut()
            gate.open()
            await in_thread(partial(setup.model.requests[0].wait_ended, 10))
            cable.mend()
            (await reader.until(ToolCallRequested)).call.respond("found")
            await reader.until(TurnFinished)
            assert_whole(reader)
            kinds = [type(event) for event in reader.events]
            assert kinds.index(ToolStarted) < kinds.index(ToolCallRequested) < kinds.index(ToolFinished)
            assert reader.texts == ["one ", "two", "after"]


PATCH = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch"


@pytest.mark.parametrize("moment", ["before", "in the gap"])
@bounded
async def test_f36_an_approval_survives_the_cut_with_what_it_is_about(
    moment: str, scripted_codex: ScriptedCodexFactory
) -> None:
    gate = Gate()
    setup = scripted_codex(
        [[text(deltas=["one ", hold(gate), "two"]), custom_call("apply_patch", PATCH)], "done"],
        model_name="gpt-5.5",
    )
    with cabled(setup) as (_, cable, config):
        async with AsyncCodex(config, approval_handler=lambda _: DEFER) as codex:
            async with anyio.create_task_group() as group:
                thread = await codex.thread_start(
                    approval_policy="untrusted", sandbox="read-only", cwd=str(setup.workspace)
                )
                reader = Reader(await thread.turn("x"))
                group.start_soon(reader.run)
                await reader.until(TextDelta)
                if moment == "before":
                    gate.open()
                    await reader.until(ApprovalRequested)
                cable.cut()
                await in_thread(cable.wait_refused)
                gate.open()
                await in_thread(partial(setup.model.requests[0].wait_ended, 10))
                cable.mend()
                request = (await reader.until(ApprovalRequested)).request
                await is_back(codex)
                assert request.changes == (FileChange(str(setup.workspace / "new.txt"), "add", "hello\n"),)
                assert list(codex.pending_requests.values()) == [request]
                assert request.accept()
                await reader.until(TurnFinished)
                assert_whole(reader)
                assert len(reader.of(ApprovalRequested)) == 1
                assert (setup.workspace / "new.txt").read_text() == "hello\n"


@pytest.mark.parametrize("moment", ["afterwards", "in the gap"])
@bounded
async def test_f36_a_command_begins_and_ends_once(
    moment: str, scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    setup = scripted_codex([[call("exec_command", cmd=f"cat {fifo}", yield_time_ms=60_000)], "done"])
    with cabled(setup) as (server, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            reader = Reader(await (await codex.thread_start(sandbox="danger-full-access")).turn("x"))
            group.start_soon(reader.run)
            await reader.until(ToolStarted)
            cable.cut()
            await in_thread(cable.wait_refused)
            if moment == "afterwards":
                cable.mend()
                await is_back(codex)
            async with AsyncCodex(server.client_config) as other:
                watching = await other.notifications("thread/status/changed")
                await in_thread(partial(fifo.write_text, "out\n"))
                await idle(watching)
            cable.mend()
            await reader.until(TurnFinished)
            assert_whole(reader)
            (tool,) = reader.of(ToolFinished)
            assert (tool.status, tool.output) == ("completed", "out\n")
            assert (len(reader.of(ToolStarted)), reader.result.text) == (1, "done")


# --- what is asked for meanwhile ---


@bounded
async def test_f36_a_request_in_flight_fails_and_a_later_one_waits(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    with cabled(scripted_codex("x")) as (_, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            cable.deafen()
            failed = anyio.Event()

            async def ask() -> None:
                with pytest.raises(ConnectionLostError, match="not known what became of the request"):
                    await codex.request_raw("account/read")
                failed.set()

            group.start_soon(ask)
            await in_thread(cable.wait_swallowed)
            cable.cut()
            await in_thread(cable.wait_refused)
            await failed.wait()
            answered = anyio.Event()

            async def ask_again() -> None:
                await codex.request_raw("account/read")
                answered.set()

            group.start_soon(ask_again)
            await in_thread(cable.wait_refused)
            assert not answered.is_set()
            cable.mend()
            await answered.wait()


@bounded
async def test_f36_a_turn_that_is_started_meanwhile_runs_afterwards(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    with cabled(scripted_codex(Script().when("first", "one").otherwise("two"))) as (_, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            thread = await codex.thread_start()
            assert (await thread.run("first")).text == "one"
            cable.cut()
            await in_thread(cable.wait_refused)
            results: list[TurnResult] = []

            async def run() -> None:
                results.append(await thread.run("second"))

            group.start_soon(run)
            await in_thread(cable.wait_refused)
            cable.mend()
            with anyio.fail_after(20):
                while not results:
                    await is_back(codex)
            assert (results[0].text, results[0].streamed_text) == ("two", "two")


@bounded
async def test_f36_a_turn_whose_start_was_lost_is_ended_and_the_next_one_is_its_own(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    script = Script().when("first", "one").when("lost", [["half", hold(gate)]]).otherwise("mine")
    with cabled(scripted_codex(script)) as (_, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            thread = await codex.thread_start()
            await thread.run("first")
            cable.mute()

            async def start() -> None:
                with pytest.raises(ConnectionLostError, match="not known what became of the request"):
                    await thread.turn("lost")

            results: list[TurnResult] = []

            async def run() -> None:
                results.append(await thread.run("next"))

            group.start_soon(start)
            await gate.reached_async()
            group.start_soon(run)
            cable.cut()
            await in_thread(cable.wait_refused)
            cable.mend()
            await is_back(codex)
            with anyio.fail_after(20):
                while not results:
                    await is_back(codex)
            assert (results[0].status, results[0].text) == ("completed", "mine")
            listed = [turn async for turn in thread.turns()]
            assert [turn.status for turn in listed] == ["completed", "interrupted", "completed"]


@bounded
async def test_f36_an_interrupt_that_is_asked_for_meanwhile_is_carried_out(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    with cabled(scripted_codex([["half", hold(gate), "never"]])) as (_, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            turn = await (await codex.thread_start()).turn("x")
            reader = Reader(turn)
            group.start_soon(reader.run)
            await gate.reached_async()
            cable.cut()
            await in_thread(cable.wait_refused)
            group.start_soon(turn.interrupt)
            await in_thread(cable.wait_refused)
            cable.mend()
            await reader.until(TurnFinished)
            assert reader.result.status == "interrupted"
            assert gate.is_open is False


@bounded
async def test_f36_a_thread_without_any_turn_is_lost_and_says_so(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    with cabled(scripted_codex("x")) as (_, cable, config):
        async with AsyncCodex(config) as codex:
            thread = await codex.thread_start()
            cable.cut()
            await in_thread(cable.wait_refused)
            cable.mend()
            await is_back(codex)
            with pytest.raises(ThreadNotFoundError):
                await thread.run("x")
            assert (await (await codex.thread_start()).run("x")).text == "x"


@bounded
async def test_f36_a_running_turn_that_is_found_is_complete(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    script = [["First.", call("exec_command", cmd="true")], text(deltas=["one ", hold(gate), "two"])]
    with cabled(scripted_codex(script)) as (server, _, config):
        async with AsyncCodex(server.client_config) as other, AsyncCodex(config) as codex:
            theirs = await other.thread_start(sandbox="danger-full-access")
            turn = await theirs.turn("x")
            await gate.reached_async()
            mine = (await codex.thread_resume(theirs.id)).active_turn
            assert mine is not None
            async with anyio.create_task_group() as group:
                reader = Reader(mine)
                group.start_soon(reader.run)
                await reader.until(ToolFinished)
                gate.open()
                await reader.until(TurnFinished)
                # Whether the second one came in one piece depends on how far it was when it was found.
                assert (reader.texts[0], "".join(reader.texts[1:])) == ("First.", "one two")
                assert reader.result.raw_items == (await turn.run()).raw_items


# --- when it does not come back ---


@bounded
async def test_f36_a_server_that_is_gone_for_good_ends_everything_in_time(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(Script().when("x", [["half", hold(Gate())]]).otherwise("y"))
    with cabled(setup, reconnect_timeout_s=0.5) as (_, cable, config):
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            idle_thread = await codex.thread_start()
            await idle_thread.run("y")
            turn = await (await codex.thread_start()).turn("x")
            reader = Reader(turn)
            group.start_soon(reader.run)
            await reader.until(TextDelta)
            cable.cut()
            await in_thread(cable.wait_refused)
            with pytest.raises(ConnectionLostError, match="connecting again failed") as of_start:
                await idle_thread.turn("y")
            assert of_start.value.thread_id == idle_thread.id
            with pytest.raises(ConnectionLostError) as caught:
                await turn.run()
            error = caught.value
            assert (error.thread_id, error.turn_id) == (turn.thread_id, turn.id)
            assert error.result is not None
            assert (error.result.status, error.result.streamed_text) == ("inProgress", "half")
            with pytest.raises(ConnectionLostError):
                await codex.request_raw("account/read")
            cable.mend()
            with pytest.raises(ConnectionLostError):
                await codex.thread_start()
            await reader.is_over.wait()
            assert isinstance(reader.error, ConnectionLostError)


@bounded
async def test_f36_closing_the_client_meanwhile_ends_it_at_once(
    scripted_codex: ScriptedCodexFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The wait for the next attempt would take longer than this test may.
    monkeypatch.setattr("codex_app_server._engine.link._MAX_DELAY_S", 1000.0)
    monkeypatch.setattr("codex_app_server._engine.link._FIRST_DELAY_S", 1000.0)
    with cabled(scripted_codex([["half", hold(Gate())]]), reconnect_timeout_s=1000) as (_, cable, config):
        codex = AsyncCodex(config)
        turn = await (await codex.thread_start()).turn("x")
        cable.cut()
        await in_thread(cable.wait_refused)
        async with anyio.create_task_group() as group:

            async def ask() -> None:
                with pytest.raises(ClientClosedError):
                    await codex.request_raw("account/read")

            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            await codex.close()
        with pytest.raises(ClientClosedError):
            await turn.run()


@bounded
async def test_f36_closing_the_client_while_a_server_does_not_answer_ends_it_at_once(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    with cabled(scripted_codex([["half", hold(Gate())]]), reconnect_timeout_s=1000) as (_, cable, config):
        codex = AsyncCodex(config)
        turn = await (await codex.thread_start()).turn("x")
        cable.cut()
        await in_thread(cable.wait_refused)
        cable.mend()
        cable.mute()
        await codex.close()
        with pytest.raises(ClientClosedError):
            await turn.run()


@bounded
async def test_f36_a_token_that_is_not_accepted_any_more_ends_it(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    with cabled(scripted_codex([["half", hold(Gate())]]), token_file=tmp_path / "token") as (server, cable, config):  # fmt: skip
        right = server.client_config.token_file
        assert right is not None
        shutil.copy(right, tmp_path / "token")
        async with AsyncCodex(config) as codex:
            turn = await (await codex.thread_start()).turn("x")
            # Before the cut: an attempt to connect again may read the file at any time after it.
            (tmp_path / "token").write_text("wrong-token-0123456789")
            cable.cut()
            cable.mend()
            with pytest.raises(ConnectionLostError, match=r"connecting again failed: .*wants a token"):
                await turn.run()


@bounded
async def test_f36_an_ephemeral_thread_is_lost_and_says_so(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(Script().when("x", [["half", hold(Gate())]]).otherwise("y"))
    with cabled(setup) as (_, cable, config):
        async with AsyncCodex(config) as codex:
            thread = await codex.thread_start(ephemeral=True)
            turn = await thread.turn("x")
            async for event in turn.events(detach=True):
                if isinstance(event, TextDelta):
                    break
            cable.cut()
            await in_thread(cable.wait_refused)
            cable.mend()
            with pytest.raises(ConnectionLostError, match="cannot be followed any more") as caught:
                await turn.run()
            assert (caught.value.turn_id, caught.value.thread_id) == (turn.id, thread.id)
            assert caught.value.result is not None
            assert caught.value.result.streamed_text == "half"
            with pytest.raises(ThreadNotFoundError):
                await thread.run("y")
            # It does not run on there, unwatched.
            await in_thread(partial(setup.model.requests[0].wait_ended, 10))
            assert (await (await codex.thread_start(ephemeral=True)).run("y")).text == "y"


@bounded
async def test_f36_a_server_that_was_started_anew_has_the_threads_with_their_options(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    gate = Gate()
    script = (
        Script()
        .when("x", [["half", hold(gate)]])
        .when("w", [[call("exec_command", cmd="touch made")], "tried"])
        .otherwise("y")
    )
    setup = scripted_codex(script, extra_config={"sandbox_mode": "read-only"})
    with cabled(setup, token_file=tmp_path / "token") as (server, cable, config):
        right = server.client_config.token_file
        assert right is not None
        shutil.copy(right, tmp_path / "token")
        async with AsyncCodex(config) as codex, anyio.create_task_group() as group:
            thread = await codex.thread_start(
                sandbox="danger-full-access", approval_policy="never", cwd=str(setup.workspace)
            )
            turn = await thread.turn("x")
            reader = Reader(turn)
            group.start_soon(reader.run)
            await reader.until(TextDelta)
            cable.cut()
            await in_thread(server.close)
            with AppServer(setup.config, listen="ws") as another:
                token = another.client_config.token_file
                assert token is not None
                shutil.copy(token, tmp_path / "token")
                cable.mend(another.url)
                await reader.until(TurnFinished)
                assert (reader.result.status, reader.result.text) == ("interrupted", "half")
                assert (await thread.run("w")).text == "tried"
                assert (setup.workspace / "made").exists()
                await codex.close()
