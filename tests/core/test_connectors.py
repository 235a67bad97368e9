"""Transports that a package brings: what is told and asked goes over them, and no fault of theirs harms the client."""

from __future__ import annotations

import asyncio
import json
import pickle
import subprocess
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import (
    AppServer,
    AppServerConfig,
    AsyncCodex,
    Codex,
    LaunchError,
    SharedCodex,
    TextDelta,
    TransportClosedError,
    TurnFinished,
    accept_all,
)
from codex_app_server.testing import Gate, call, conformance, hold, steps, text
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import unix_connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.testing import FakeServer, FakeServerFactory, ScriptedCodexFactory
    from codex_app_server.transport import Connector, Transport
    from websockets.sync.connection import Connection


# Nothing here takes as long, on a busy machine too.
WAIT_S = 60.0


class WorkerLostError(TransportClosedError):
    """What a package tells of a lost worker."""

    def __init__(self, message: str = "", *, worker: str = "", **ids: Any) -> None:
        super().__init__(message, **ids)
        self.worker = worker


class Carried:
    """What the transports of these tests have in common: an OS thread that reads, and a word for why it ended."""

    pid = None
    is_full = False
    may_return = False
    diagnostics = "the last words"

    def __init__(
        self,
        config: AppServerConfig,
        *,
        on_output: Callable[[bytes], None],
        on_end: Callable[[], None],
        on_room: Callable[[], None],
    ) -> None:
        self.config = config
        self.on_output, self.on_end, self.on_room = on_output, on_end, on_room
        self.unfinished_bytes = 0
        self.reader = threading.Thread(target=self.read)

    def read(self) -> None:
        raise NotImplementedError

    def hold(self) -> None:
        """Write at once: it may do nothing."""

    def release(self) -> None:
        """Nothing was gathered."""

    def end_error(self, unfinished_bytes: int) -> TransportClosedError:
        self.unfinished_bytes = unfinished_bytes
        return WorkerLostError("worker 'w1' is gone", worker="w1")


class Piped(Carried):
    """Runs the server of its configuration in a child process."""

    async def open(self) -> None:
        self.process = subprocess.Popen(  # noqa: ASYNC220 - quick enough for a test
            self.config.argv(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.config.environment(),
            bufsize=0,
        )
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout is not None
        while data := self.process.stdout.read(100):
            self.on_output(data)
        self.on_end()

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(data)
        except BrokenPipeError:
            return

    async def stop(self, grace_s: float) -> None:
        del grace_s
        if self.reader.ident is None:
            return
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class Plugged(Carried):
    """Connects to a server that listens at a Unix socket; the cable can be pulled."""

    may_return = True
    places: list[Plugged]

    def __init__(self, path: str, places: list[Plugged], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.path = path
        self.stack = ExitStack()
        self.wire: Connection | None = None
        places.append(self)

    async def open(self) -> None:
        self.wire = self.stack.enter_context(unix_connect(self.path, compression=None, max_size=None))
        self.reader.start()

    def read(self) -> None:
        assert self.wire is not None
        with suppress(ConnectionClosed):
            for message in self.wire:
                assert isinstance(message, str)
                self.on_output(message.encode() + b"\n")
        self.on_end()

    def write(self, data: bytes) -> None:
        assert self.wire is not None
        self.wire.send(data[:-1], text=True)

    def pull(self) -> None:
        assert self.wire is not None
        self.wire.close()

    async def stop(self, grace_s: float) -> None:
        del grace_s
        self.stack.close()
        if self.wire is not None:
            self.reader.join()


def carried(config: AppServerConfig, connector: Connector = Piped, **options: Any) -> AppServerConfig:
    return replace(config, connector=connector, **options)


def sent(server: FakeServer, method: str) -> list[Any]:
    return [message["params"] for message in server.received if message.get("method") == method]


# --- what goes over it ---


def test_commands_approvals_tools_and_text_go_over_a_transport_of_ones_own(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    def look(city: str) -> str:
        return f"{city}: sunny"

    told = [[call("look", city="Oslo")], [call("exec_command", cmd="echo done > made.txt")]]
    setup = scripted_codex(lambda request: [*told, ["It is sunny, and made."]][request.step])
    with Codex(carried(setup.config)) as codex:
        thread = codex.thread_start(
            tools=[look],
            cwd=str(setup.workspace),
            approval_policy="untrusted",
            sandbox="workspace-write",
            approval_handler=accept_all,
        )
        events = list(thread.turn("Look, and make it.").events())
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].result.text == "It is sunny, and made."
    assert (setup.workspace / "made.txt").read_text() == "done\n"


@pytest.mark.anyio
async def test_both_faces_and_shared_servers_take_a_connector(fake_codex: FakeServerFactory) -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn("one"),
        *steps.turn("two", turn_id="turn-2"),
    ]
    server = fake_codex([*scenario, steps.hang()])
    shared = SharedCodex(carried(server.config))
    thread = await shared.async_client().thread_start()
    assert (await thread.run("Hi")).text == "one"
    # Equal configurations, the connector among them, share one server.
    SharedCodex(carried(server.config)).sync_client()
    assert server.launch_count == 1
    assert thread.as_sync().run("Hi").text == "two"
    shared.close()
    SharedCodex.close_idle()


def test_a_server_behind_a_connector_has_its_own_files(fake_codex: FakeServerFactory) -> None:
    server = fake_codex([*steps.handshake(), *steps.thread_start(), steps.hang()])
    with Codex(carried(server.config)) as codex:
        codex.thread_start(cwd="/not/here")
    (params,) = sent(server, "thread/start")
    assert params["cwd"] == "/not/here"


@pytest.mark.parametrize("is_shared", [False, True])
def test_what_nobody_here_follows_is_declined_unless_the_server_has_other_clients(
    *, is_shared: bool, fake_codex: FakeServerFactory
) -> None:
    class Connected(Piped):
        pass

    if is_shared:
        Connected.is_shared = True  # pyright: ignore[reportAttributeAccessIssue] - a connector may have it
    question = {"threadId": "thread-9", "turnId": "turn-9", "itemId": "item-9", "command": "ls"}
    asked = steps.ask("item/commandExecution/requestApproval", question, id=7)
    settled = steps.notify("serverRequest/resolved", {"threadId": "thread-9", "requestId": 7})
    listed = [steps.expect("model/list"), steps.reply({"data": []})]
    answered = [] if is_shared else [steps.expect_answer(7)]
    server = fake_codex([*steps.handshake(), asked, *answered, settled, *listed, steps.hang()])
    config = carried(server.config, Connected)
    assert config.is_shared is is_shared
    with Codex(config) as codex:
        codex.request_raw("model/list")
    answers = [message["result"] for message in server.received if message.get("id") == 7]
    assert answers == ([] if is_shared else [{"decision": "decline"}])


def test_a_transport_may_answer_while_it_is_written_to() -> None:
    class Answering(Carried):
        async def open(self) -> None:
            """Nothing is needed."""

        def write(self, data: bytes) -> None:
            message = json.loads(data)
            if "id" in message:
                result = {"userAgent": "codex/0.163.0 (memory)", "codexHome": "/", "told": message["method"]}
                answer = json.dumps({"id": message["id"], "result": result}).encode()
                # In two pieces, the second of which has come before the first is read.
                self.on_output(answer)
                self.on_output(b"\n")

        async def stop(self, grace_s: float) -> None:
            """Nothing is to be given back."""

    with Codex(AppServerConfig(connector=Answering)) as codex:
        assert codex.request_raw("model/list")["told"] == "model/list"
        assert codex.request_raw("thread/list")["told"] == "thread/list"


def test_what_waits_for_room_goes_out_when_there_is_some(fake_codex: FakeServerFactory) -> None:
    made: list[Full] = []

    class Full(Piped):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.full_count = 0
            made.append(self)

        def write(self, data: bytes) -> None:
            self.full_count += self.is_full
            super().write(data)

    answer = [steps.expect("model/list"), steps.reply({"data": [], "nextCursor": None})]
    server = fake_codex([*steps.handshake(), *answer, steps.hang()])
    with Codex(carried(server.config, Full)) as codex:
        made[0].is_full = True
        asked = codex._engine.request("model/list", {})
        has_tried = threading.Event()
        codex._engine.soon(has_tried.set)
        has_tried.wait()
        made[0].is_full = False
        made[0].on_room()
        assert asked.wait() == {"data": [], "nextCursor": None}
        assert made[0].full_count == 0


@pytest.mark.parametrize("recorded", conformance.RECORDED_TURNS, ids=str)
def test_a_client_with_a_connector_conforms(recorded: conformance.RecordedTurn) -> None:
    conformance.check_client(recorded, lambda config: Codex(carried(config)))


@pytest.mark.anyio
@pytest.mark.parametrize("open_client", [AsyncCodex, lambda config: AsyncCodex(carried(config))])
@pytest.mark.parametrize("name", ["approval_accepted", "python_tool", "left_in_command"])
async def test_an_awaiting_client_conforms_with_and_without_a_connector(
    name: str, open_client: Callable[[AppServerConfig], AsyncCodex]
) -> None:
    (recorded,) = [turn for turn in conformance.RECORDED_TURNS if turn.name == name]
    await conformance.acheck_client(recorded, open_client)


# --- how it ends ---


def dying(*told: Any) -> list[Any]:
    return [*steps.handshake(), *steps.thread_start(), *steps.turn_begin(), *told]


def half_a_message() -> list[Any]:
    # Without the end of the message.
    return [*steps.turn_message("half", " an answer")[:-1], steps.send_raw(b'{"method": "item')]


def test_a_lost_turn_tells_what_the_transport_knows(fake_codex: FakeServerFactory) -> None:
    made: list[Piped] = []

    def connect(*args: Any, **options: Any) -> Transport:
        made.append(Piped(*args, **options))
        return made[-1]

    server = fake_codex(dying(*half_a_message(), steps.exit_with(3)))
    with Codex(carried(server.config, connect)) as codex:
        turn = codex.thread_start().turn("Go.")
        read: list[str] = []
        with pytest.raises(WorkerLostError, match=r"^worker 'w1' is gone$") as caught:
            read += [event.text for event in turn.events() if isinstance(event, TextDelta)]
        error = caught.value
        assert (error.worker, error.thread_id, error.turn_id) == ("w1", "thread-1", "turn-1")
        assert error.result is not None
        assert (error.result.status, error.result.text) == ("inProgress", "half an answer")
        with pytest.raises(WorkerLostError) as again:
            turn.run()
        assert again.value is not error
        assert pickle.loads(pickle.dumps(error)).worker == "w1"
        with pytest.raises(WorkerLostError):
            codex.thread_start()
        assert made[0].unfinished_bytes == len(b'{"method": "item')


@pytest.mark.anyio
async def test_a_thread_goes_on_over_the_next_transport_and_no_turn_is_run_again(
    fake_codex: FakeServerFactory,
) -> None:
    resumed = steps.thread_start()
    resumed[0] = steps.expect("thread/resume")
    first = dying(*half_a_message(), steps.exit_with(1))
    first[4]["result"]["thread"]["ephemeral"] = False
    second = [*steps.handshake(), *resumed[:2], *steps.turn("Whole."), steps.hang()]
    second[4]["result"]["thread"]["ephemeral"] = False
    server = fake_codex(first, second)
    async with AsyncCodex(carried(server.config, restart_on_use=True)) as codex:
        thread = await codex.thread_start()
        with pytest.raises(WorkerLostError):
            await thread.run("Go.")
        assert (await thread.run("Go on.")).text == "Whole."
    assert [params["input"][0]["text"] for params in sent(server, "turn/start")] == ["Go.", "Go on."]


def test_a_transport_that_may_return_is_made_again_and_the_turn_is_followed(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex(text(deltas=["One, ", hold(gate), "two."]))
    made: list[Plugged] = []
    with AppServer(setup.config) as server:
        path = server.url.removeprefix("unix://")
        config = AppServerConfig(connector=partial(Plugged, path, made))
        with Codex(config) as codex:
            turn = codex.thread_start().turn("Count.")
            texts: list[str] = []
            for event in turn.events():
                if isinstance(event, TextDelta):
                    if not texts:
                        made[0].pull()
                        gate.open()
                    texts.append(event.text)
            assert "".join(texts) == "One, two."
            assert turn.run().text == "One, two."
        assert len(made) == 2
        assert len(setup.model.requests) == 1


def test_a_transport_that_may_not_return_after_all_ends_what_waits(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    class Gone(Plugged):
        async def open(self) -> None:
            if len(made) > 1:
                self.may_return = False
                raise LaunchError("the worker is not there any more")
            await super().open()

    gate = Gate()
    setup = scripted_codex(text(deltas=["One, ", hold(gate), "two."]))
    made: list[Plugged] = []
    with AppServer(setup.config) as server:
        path = server.url.removeprefix("unix://")
        with Codex(AppServerConfig(connector=partial(Gone, path, made), reconnect_timeout_s=1000)) as codex:
            turn = codex.thread_start().turn("Count.")
            gate.wait_reached()
            made[0].pull()
            message = "worker 'w1' is gone; connecting again failed: the worker is not there any more"
            with pytest.raises(WorkerLostError, match=message) as caught:
                turn.run()
            assert (caught.value.worker, caught.value.turn_id) == ("w1", turn.id)
        gate.open()


@pytest.mark.parametrize("turns_later", range(8))
def test_a_close_at_the_moment_when_connecting_again_fails_is_a_close(
    turns_later: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The wait for the next attempt would be longer than that of this test.
    monkeypatch.setattr("codex_app_server._engine.link._FIRST_DELAY_S", 1000.0)
    monkeypatch.setattr("codex_app_server._engine.link._MAX_DELAY_S", 1000.0)
    made: list[Failing] = []

    class Failing(Carried):
        may_return = True

        async def open(self) -> None:
            made.append(self)
            if len(made) > 1:
                close_after(turns_later)
                raise LaunchError("not there")

        def write(self, data: bytes) -> None:
            if b'"initialize"' in data:
                result = {"userAgent": "codex/0.163.0 (memory)", "codexHome": "/"}
                self.on_output(json.dumps({"id": json.loads(data)["id"], "result": result}).encode() + b"\n")

        async def stop(self, grace_s: float) -> None:
            """Nothing is to be given back."""

    def close_after(turns: int) -> None:
        # Turns of the engine's loop: one of them is where the failure of the attempt meets its cancellation.
        if turns:
            asyncio.get_running_loop().call_soon(close_after, turns - 1)
        else:
            codex._engine.close()

    codex = Codex(AppServerConfig(connector=Failing, reconnect_timeout_s=1000))
    codex._engine.start().wait()
    codex._engine.soon(made[0].on_end)
    codex._engine._closed.wait(WAIT_S)
    codex.close()
    assert len(made) == 2


def test_a_server_that_ends_before_it_has_greeted_is_told(fake_codex: FakeServerFactory) -> None:
    server = fake_codex([steps.exit_with(1)])
    with pytest.raises(LaunchError, match="no handshake: worker 'w1' is gone") as caught:
        Codex(carried(server.config))
    assert isinstance(caught.value.__cause__, WorkerLostError)


# --- transports that are broken ---


class NeedsMoreError(TransportClosedError):
    def __init__(self, message: str, worker: str) -> None:
        super().__init__(message)
        self.worker = worker


class NoTransport(Piped):
    def __init__(self, *args: Any, **options: Any) -> None:
        del args, options
        raise ValueError("no worker")


class NoWorker(Piped):
    def __init__(self, *args: Any, **options: Any) -> None:
        del args, options
        raise LaunchError("there is no worker: start one")


class NoWorkerYet(Piped):
    async def open(self) -> None:
        raise LaunchError("the worker is busy: wait")


class NotOpened(Piped):
    async def open(self) -> None:
        raise ValueError("no way")


class NeverOpened(Piped):
    async def open(self) -> None:
        await asyncio.Event().wait()


class NotStopped(Piped):
    async def stop(self, grace_s: float) -> None:
        await super().stop(grace_s)
        raise ValueError("no end")


class NeverStopped(Piped):
    async def stop(self, grace_s: float) -> None:
        await super().stop(grace_s)
        await asyncio.Event().wait()


class NotWritten(Piped):
    def write(self, data: bytes) -> None:
        if b"thread/start" in data:
            raise ValueError("no pen")
        super().write(data)


class NotReleased(Piped):
    released = 0

    def release(self) -> None:
        self.released += 1
        if self.released > 3:
            raise ValueError("no post")


class NoReason(Piped):
    def end_error(self, unfinished_bytes: int) -> TransportClosedError:
        raise ValueError("no idea")


class NoCopy(Piped):
    def end_error(self, unfinished_bytes: int) -> TransportClosedError:
        return NeedsMoreError("gone", "w1")


class NoError(Piped):
    def end_error(self, unfinished_bytes: int) -> TransportClosedError:
        return "gone"  # pyright: ignore[reportReturnType] - that is the point


@pytest.mark.parametrize(
    ("connector", "message"),
    [
        (NoTransport, r"the connector made no transport: ValueError\('no worker'\)"),
        (NoWorker, "^there is no worker: start one$"),
        (NoWorkerYet, "^the worker is busy: wait$"),
        (NotOpened, r"the transport of the connector could not be opened: ValueError\('no way'\)"),
        (NeverOpened, r"the transport of the connector was not open within 0.1 s"),
    ],
)
def test_a_transport_that_cannot_be_opened_is_told(connector: Connector, message: str) -> None:
    with pytest.raises(LaunchError, match=message):
        Codex(AppServerConfig(connector=connector, start_timeout_s=0.1))


@pytest.mark.parametrize(
    ("connector", "message"),
    [
        (NotWritten, r"the transport to the app-server broke: ValueError\('no pen'\)"),
        (NotReleased, r"the transport to the app-server broke: ValueError\('no post'\)"),
        (NoReason, r"the transport to the app-server ended, and cannot tell why: ValueError\('no idea'\)"),
        (NoCopy, r"the transport to the app-server ended: NeedsMoreError\('gone'\)"),
        (NoError, r"the transport to the app-server ended: 'gone'"),
    ],
)
def test_what_a_broken_transport_raises_ends_what_waits(
    connector: Connector, message: str, fake_codex: FakeServerFactory
) -> None:
    server = fake_codex(dying(steps.exit_with(1)), raise_errors=False)
    with (
        Codex(carried(server.config, connector)) as codex,
        pytest.raises(TransportClosedError, match=message),
    ):
        codex.thread_start().run("Go.")


@pytest.mark.parametrize(("connector", "close_timeout_s"), [(NotStopped, 30.0), (NeverStopped, 0.5)])
def test_a_transport_that_fails_to_stop_does_not_keep_a_client_open(
    connector: Connector,
    close_timeout_s: float,
    fake_codex: FakeServerFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("codex_app_server._engine.foreign._STOP_S", 0.01)
    server = fake_codex([*steps.handshake(), steps.hang()])
    Codex(carried(server.config, connector, close_timeout_s=close_timeout_s)).close()


def test_what_comes_after_the_end_is_not_read(fake_codex: FakeServerFactory) -> None:
    made: list[Piped] = []

    def connect(*args: Any, **options: Any) -> Transport:
        made.append(Piped(*args, **options))
        return made[-1]

    server = fake_codex([*steps.handshake(), steps.hang()])
    with Codex(carried(server.config, connect)), pytest.raises(TypeError, match="takes bytes, not 'str'"):
        made[0].on_output("text")  # pyright: ignore[reportArgumentType] - that is the point
    made[0].on_output(b"{}\n")
    made[0].on_room()
    made[0].on_end()


# --- configurations ---


def test_a_connector_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(TypeError, match="connector must be callable, not 'str'"):
        AppServerConfig(connector="ray")  # pyright: ignore[reportArgumentType] - that is the point
    with pytest.raises(ValueError, match=r"give AppServerConfig\.url or connector, not both"):
        AppServerConfig(connector=Piped, url="ws://127.0.0.1:1")
    with pytest.raises(ValueError, match="or a connector"):
        AppServer(AppServerConfig(connector=Piped))


def test_a_configuration_with_a_connector_is_plain_data() -> None:
    config = AppServerConfig(connector=Piped)
    assert pickle.loads(pickle.dumps(config)) == config
    assert config.identity() != AppServerConfig().identity()
    assert config.is_reached
    assert not AppServerConfig().is_reached
