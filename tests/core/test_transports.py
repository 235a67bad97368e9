"""Ways to a server that runs already: Unix socket and WebSocket; and the server that several clients share."""

from __future__ import annotations

import gc
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import anyio
import anyio.to_thread
import psutil
import pytest
from codex_app_server import (
    AppServer,
    AppServerConfig,
    AsyncCodex,
    AuthError,
    ClientClosedError,
    Codex,
    CodexNotFoundError,
    ConnectionLostError,
    HandshakeError,
    InvalidParamsError,
    LaunchError,
    LocalProtocolError,
    TextDelta,
    TurnFinished,
)
from codex_app_server.testing import Gate, Script, ScriptedModel, hold
from pydantic_core import from_json, to_json
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.sync.client import unix_connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from codex_app_server.testing import ScriptedCodexFactory

Listen = Literal["unix", "ws"]
VARIABLE = "CODEX_TEST_TOKEN"
BOTH = pytest.mark.parametrize("listen", ["unix", "ws"])


def folder_of(server: AppServer) -> Path:
    assert server._server is not None
    assert server._server._folder is not None
    return server._server._folder


def pid_of(server: AppServer) -> int:
    assert server.pid is not None
    return server.pid


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --- a server that is started here ---


@BOTH
def test_clients_come_and_go_and_the_server_stays(
    listen: Listen, scripted_codex: ScriptedCodexFactory
) -> None:
    with AppServer(scripted_codex("Hello!").config, listen=listen) as server:
        for _ in range(2):
            with Codex(server.client_config) as codex:
                assert codex.thread_start(ephemeral=True).run("x").text == "Hello!"
                assert codex._engine.pid is None
        assert psutil.pid_exists(pid_of(server))


@BOTH
@pytest.mark.anyio
async def test_an_awaiting_client_shares_a_server(
    listen: Listen, scripted_codex: ScriptedCodexFactory
) -> None:
    async with AppServer(scripted_codex("Hello!").config, listen=listen) as server:
        async with AsyncCodex(server.client_config) as first, AsyncCodex(server.client_config) as second:
            for codex in (first, second):
                thread = await codex.thread_start(ephemeral=True)
                assert (await thread.run("x")).text == "Hello!"
    assert not psutil.pid_exists(pid_of(server))


@BOTH
def test_a_closed_server_leaves_nothing_behind(
    listen: Listen, scripted_codex: ScriptedCodexFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = scripted_codex("x")
    # One of its own: other tests may run beside this one. That of pytest is too deep for a socket.
    with tempfile.TemporaryDirectory() as temporary:
        monkeypatch.setattr("tempfile.tempdir", temporary)
        check_traces(AppServer(setup.config, listen=listen))
        assert names_in(Path(temporary)) == set()


def check_traces(server: AppServer) -> None:
    assert repr(server) == "<AppServer not started>"
    with pytest.raises(LocalProtocolError, match="has not been started"):
        _ = server.client_config
    assert server.start() is server.start()
    pid, folder = pid_of(server), folder_of(server)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert repr(server) == f"<AppServer {server.url!r}>"
    server.close()
    server.close()
    assert not psutil.pid_exists(pid)
    assert not folder.exists()
    assert repr(server) == "<AppServer closed>"
    with pytest.raises(ClientClosedError):
        server.start()


def test_the_token_is_in_a_private_file_and_nowhere_else(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), AppServer(scripted_codex("x").config, listen="ws") as server:
        config = server.client_config
        assert config.token_file is not None
        path = Path(config.token_file)
        token = path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(token) >= 32
        with Codex(config) as codex:
            codex.thread_start()
            shown = [repr(config), repr(server), repr(codex), repr(config.identity()), caplog.text]
        shown += Path(f"/proc/{server.pid}/cmdline").read_text().split("\0")
        shown += Path(f"/proc/{server.pid}/environ").read_text().split("\0")
        assert [text for text in shown if token in text] == []
        assert pickle.loads(pickle.dumps(config)) == config


def test_two_clients_see_one_thread(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    script = Script().when("y", [["half", hold(gate), " and half"]]).when("z", "third").otherwise("first")
    setup = scripted_codex(script)
    with AppServer(setup.config) as server, ExitStack() as stack:
        one, two = (stack.enter_context(Codex(server.client_config)) for _ in range(2))
        mine = one.thread_start()
        mine.run("x")
        # What a subscriber gets is read off the wire by a client that is not ours.
        path = server.url.removeprefix("unix://")
        wire = stack.enter_context(unix_connect(path, compression=None))
        wire.send(to_json({"id": 1, "method": "initialize", "params": CLIENT_INFO}), text=True)
        wire.recv()
        wire.send(to_json({"id": 2, "method": "thread/resume", "params": {"threadId": mine.id}}), text=True)
        theirs = two.thread_resume(mine.id)
        messages = (from_json(data) for data in wire)
        assert (
            next(message for message in messages if message.get("id") == 2)["result"]["thread"]["id"]
            == mine.id
        )
        turn = mine.turn("y")
        gate.wait_reached()
        results: list[str] = []
        # The second client's turn waits for the end of the first one's.
        worker = threading.Thread(target=lambda: results.append(theirs.run("z").streamed_text))
        worker.start()
        gate.open()
        assert turn.run().streamed_text == "half and half"
        worker.join()
        assert results == ["third"]
        seen: list[str] = []
        for message in messages:
            if message["method"] == "item/agentMessage/delta":
                seen.append(message["params"]["delta"])
            if message["method"] == "turn/completed" and message["params"]["turn"]["id"] != turn.id:
                break
        assert "".join(seen) == "half and halfthird"


def without_return(url: str) -> AppServerConfig:
    """Of a client that tells of a lost connection at once; test_reconnect.py has the others."""
    return AppServerConfig(url=url, reconnect_timeout_s=0)


CLIENT_INFO = {"clientInfo": {"name": "wire", "version": "0"}, "capabilities": {"experimentalApi": True}}


@BOTH
@pytest.mark.anyio
async def test_a_server_that_is_killed_ends_the_stream_with_its_ids(
    listen: Listen, scripted_codex: ScriptedCodexFactory
) -> None:
    setup = scripted_codex([["before", hold(Gate()), "never"]])
    config = replace(setup.config, reconnect_timeout_s=0)
    async with AppServer(config, listen=listen) as server, AsyncCodex(server.client_config) as codex:
        turn = await (await codex.thread_start()).turn("x")
        texts: list[str] = []
        with anyio.fail_after(30), pytest.raises(ConnectionLostError) as caught:  # noqa: PT012 - it is read
            async for event in turn.events():
                if isinstance(event, TextDelta):
                    texts.append(event.text)
                    os.kill(pid_of(server), signal.SIGKILL)
        assert texts == ["before"]
        error = caught.value
        assert (error.thread_id, error.turn_id) == (turn.thread_id, turn.id)
        assert (error.close_code, error.close_reason) == (None, "")
        assert str(error).startswith(f"the connection to the app-server at {server.url!r} was lost: ")
        with pytest.raises(ConnectionLostError):
            await codex.thread_start()
        assert isinstance(pickle.loads(pickle.dumps(error)), ConnectionLostError)


@pytest.mark.parametrize("frame_bytes", [1, 7, 64])
def test_a_long_message_goes_out_in_pieces(
    frame_bytes: int, scripted_codex: ScriptedCodexFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codex_app_server._engine.websocket._FRAME_BYTES", frame_bytes)
    setup = scripted_codex("fine")
    with AppServer(setup.config) as server, Codex(server.client_config) as codex:
        assert codex.thread_start(ephemeral=True).run("w\u00f6rld \U0001f600").text == "fine"
    assert setup.model.requests[0].last_user_text == "w\u00f6rld \U0001f600"


def test_a_prompt_that_is_too_long_for_a_frame_ends_only_its_request(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    with AppServer(scripted_codex("fine").config) as server, Codex(server.client_config) as codex:
        thread = codex.thread_start(ephemeral=True)
        with pytest.raises(InvalidParamsError, match="exceeds the maximum length"):
            thread.run("x" * 17_000_000)
        assert thread.run("x").text == "fine"


def test_a_server_that_was_killed_leaves_nothing_either(scripted_codex: ScriptedCodexFactory) -> None:
    with AppServer(scripted_codex("x").config) as server:
        link = Path(server.url.removeprefix("unix://"))
        target = link.resolve()
        psutil.Process(server.pid).kill()
    left = [path for path in target.parent.parent.glob(f"*/{target.name}*") if link != target]
    assert (left, link.parent.exists()) == ([], False)


def test_a_turn_that_runs_is_ended_with_the_server(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    config = AppServerConfig(
        env=scripted_codex([["half", hold(gate), "never"]]).env, close_timeout_s=0.1, reconnect_timeout_s=0
    )
    with AppServer(config) as server, Codex(server.client_config) as codex:
        turn = codex.thread_start().turn("x")
        gate.wait_reached()
        server.close()
        with pytest.raises(ConnectionLostError):
            turn.run()


def test_closing_a_client_ends_its_waits_and_not_the_turn_of_another(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex([["half", hold(gate), " done"]])
    with AppServer(setup.config) as server, Codex(server.client_config) as staying:
        leaving = Codex(server.client_config)
        left, kept = (codex.thread_start().turn("x") for codex in (leaving, staying))
        gate.wait_reached(count=2)
        leaving.close()
        with pytest.raises(ClientClosedError):
            left.run()
        gate.open()
        assert kept.run().streamed_text == "half done"


def test_a_server_that_does_not_start_says_why(scripted_codex: ScriptedCodexFactory, tmp_path: Path) -> None:
    script = tmp_path / "codex"
    script.write_text("#!/bin/sh\necho 'no luck today' >&2\nexit 3\n")
    script.chmod(0o700)
    with pytest.raises(LaunchError, match=r"ended with code 3; its last words: no luck today") as caught:
        AppServer(AppServerConfig(codex_bin=script)).start()
    assert caught.value.stderr_tail == "no luck today"
    script.write_text("#!/bin/sh\nexec sleep 300\n")
    config = AppServerConfig(codex_bin=script, start_timeout_s=0.2)
    for listen in ("unix", "ws"):
        with pytest.raises(HandshakeError, match=r"did not listen within 0\.2 s"):
            AppServer(config, listen=listen).start()
    with pytest.raises(CodexNotFoundError):
        AppServer(AppServerConfig(codex_bin=tmp_path / "missing")).start()


def test_a_server_that_ignores_signals_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex_app_server._engine.listening._TERMINATE_S", 0.1)
    script = tmp_path / "codex"
    code = (
        "import signal, socket, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "listener = socket.socket(socket.AF_UNIX)\n"
        "listener.bind(sys.argv[-1].removeprefix('unix://'))\n"
        "listener.listen()\n"
        "while True: signal.pause()\n"
    )
    script.write_text(f"#!{sys.executable}\n{code}")
    script.chmod(0o700)
    with AppServer(AppServerConfig(codex_bin=script, close_timeout_s=0.1)) as server:
        process = psutil.Process(server.pid)
    assert not process.is_running()


@pytest.mark.anyio
async def test_a_start_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    script = tmp_path / "codex"
    script.write_text("#!/bin/sh\nexec sleep 300\n")
    script.chmod(0o700)
    server = AppServer(AppServerConfig(codex_bin=script, close_timeout_s=0.1))
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:

            async def enter() -> None:
                async with server:
                    pytest.fail("it never listens")

            group.start_soon(enter)
            await anyio.to_thread.run_sync(wait_for_pid, server)
            group.cancel_scope.cancel()
    with pytest.raises(ClientClosedError):
        server.start()


def wait_for_pid(server: AppServer) -> None:
    pause = threading.Event()
    while server.pid is None:
        pause.wait(0.005)


def test_closing_from_another_os_thread_ends_a_start(tmp_path: Path) -> None:
    script = tmp_path / "codex"
    script.write_text("#!/bin/sh\nexec sleep 300\n")
    script.chmod(0o700)
    server = AppServer(AppServerConfig(codex_bin=script, close_timeout_s=0.1))

    def close() -> None:
        wait_for_pid(server)
        server.close()

    closer = threading.Thread(target=close)
    closer.start()
    with pytest.raises(ClientClosedError, match="closed while it started"):
        server.start()
    closer.join()


def test_a_server_that_is_forgotten_is_ended_with_a_warning(scripted_codex: ScriptedCodexFactory) -> None:
    server = AppServer(scripted_codex("x").config).start()
    process, folder = psutil.Process(server.pid), folder_of(server)
    with pytest.warns(ResourceWarning, match=r"unclosed <AppServer 'unix:///.*'>: use it in a `with`"):
        del server
        gc.collect()
    process.wait(10)
    for thread in threading.enumerate():
        if thread.name == "codex-app-server-closer":
            thread.join(10)
    assert not folder.exists()


EXIT = """
import os, sys, warnings
from codex_app_server import AppServer, AppServerConfig
warnings.simplefilter("ignore", DeprecationWarning)
server = AppServer(AppServerConfig(env={"CODEX_HOME": sys.argv[1]})).start()
print(server.pid, server.url, flush=True)
if os.fork() == 0:
    # Not the child's to end.
    server.close()
    sys.exit(0)
os.wait()
os.kill(server.pid, 0)
"""


def test_a_program_that_ends_without_closing_leaves_no_server(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("x")
    command = [sys.executable, "-c", EXIT, str(setup.home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    pid, url = done.stdout.split()
    assert not psutil.pid_exists(int(pid))
    assert not Path(url.removeprefix("unix://")).parent.exists()


def test_what_a_server_cannot_be_started_with_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot have a url of another one"):
        AppServer(AppServerConfig(url="unix:///x"))
    with pytest.raises(ValueError, match="launch_args_override forbids"):
        AppServer(AppServerConfig(launch_args_override=("codex",)))
    with pytest.raises(ValueError, match="must be 'unix' or 'ws', not 'tcp'"):
        AppServer(listen="tcp")  # pyright: ignore[reportArgumentType]


def test_a_directory_too_deep_for_a_socket_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with pytest.raises(LaunchError, match="is too long for a Unix socket"):
        AppServer().start()
    assert list(deep.iterdir()) == []


# --- a server that cannot be reached ---


def test_a_wrong_token_is_refused_and_not_tried_again(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AppServer(scripted_codex("x").config, listen="ws") as server:
        wrong = tmp_path / "token"
        wrong.write_text("wrong-token-0123456789\n")
        for config in (
            AppServerConfig(url=server.url),
            AppServerConfig(url=server.url, token_file=wrong),
        ):
            with pytest.raises(AuthError, match=r"wants a token.*token_file and token_env") as caught:
                Codex(config)
            assert caught.value.status == 401
            assert "wrong-token" not in str(caught.value)
        assert server.client_config.token_file is not None
        right = Path(server.client_config.token_file).read_text()
        monkeypatch.setenv(VARIABLE, right)
        with Codex(AppServerConfig(url=server.url, token_env=VARIABLE)) as codex:
            assert codex.metadata.raw["platformFamily"] == "unix"


@pytest.mark.parametrize("content", ["", "  \n", "two words", "b\u00e4d"])
def test_a_token_that_is_none_is_told(content: str, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LaunchError, match=r"token_file '.*token' holds no token"):
        Codex(AppServerConfig(url="ws://127.0.0.1:1", token_file=path))


def test_a_token_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LaunchError, match=r"cannot read AppServerConfig\.token_file '.*missing'"):
        Codex(AppServerConfig(url="ws://127.0.0.1:1", token_file=tmp_path / "missing"))
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(LaunchError, match=r"the environment variable 'CODEX_TEST_TOKEN'.* holds no token"):
        Codex(AppServerConfig(url="ws://127.0.0.1:1", token_env=VARIABLE))


@pytest.mark.anyio
async def test_nobody_listens(tmp_path: Path) -> None:
    url = f"unix://{tmp_path}/missing"
    codex = AsyncCodex(AppServerConfig(url=url))
    with pytest.raises(
        LaunchError, match=rf"cannot reach the app-server at '{url}': No such file.* --listen {url}`"
    ):
        await codex.thread_start()
    await codex.close()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    codex = AsyncCodex(AppServerConfig(url=f"ws://127.0.0.1:{port}/?key=secret"))
    with pytest.raises(
        LaunchError, match=rf"cannot reach the app-server at 'ws://127\.0\.0\.1:{port}/': "
    ) as caught:
        await codex.thread_start()
    assert "secret" not in str(caught.value)
    await codex.close()


def test_a_socket_that_others_could_have_made_is_not_used(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    with AppServer(scripted_codex("x").config) as server:
        folder = folder_of(server)
        for mode in (0o770, 0o707):
            folder.chmod(mode)
            with pytest.raises(
                LaunchError, match=r"others may write to its directory.*chmod 700.*allow_insecure_url"
            ):
                Codex(server.client_config)
        with Codex(AppServerConfig(url=server.url, allow_insecure_url=True)) as codex:
            codex.thread_start()
        # As /tmp is: nobody can replace what is somebody else's.
        folder.chmod(0o1777)
        with Codex(server.client_config) as codex:
            codex.thread_start()
    (tmp_path / "file").touch()
    with pytest.raises(LaunchError, match="it is no socket"):
        Codex(AppServerConfig(url=f"unix://{tmp_path}/file"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of other users")
def test_a_socket_of_another_user_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        os.chown(path, 12345, -1)
        with pytest.raises(LaunchError, match=r"it belongs to another user \(uid 12345\)"):
            Codex(AppServerConfig(url=f"unix://{path}"))
        os.chown(path, 0, -1)
        os.chown(tmp_path, 12345, -1)
        with pytest.raises(LaunchError, match=r"its directory .* belongs to another user \(uid 12345\)"):
            Codex(AppServerConfig(url=f"unix://{path}"))
        os.chown(tmp_path, 0, -1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "ws://example.com:1"}, "unencrypted connection to another machine.*allow_insecure_url=True"),
        ({"url": "ws://192.0.2.1:1"}, "unencrypted connection"),
        ({"url": "http://127.0.0.1:1"}, "is no address of an app-server; give 'ws://HOST:PORT'"),
        ({"url": "ws://"}, "is no address"),
        ({"url": "ws://127.0.0.1:1#x"}, "is no address"),
        ({"url": "ws://127.0.0.1:x"}, "cannot be parsed"),
        ({"url": "ws://127.0.0.1/a b"}, "must be encoded"),
        ({"url": "wss://b\u00fccher.example"}, "must be encoded"),
        ({"url": "unix://relative/path"}, "names no absolute path"),
        ({"url": "unix://"}, "names no absolute path"),
        ({"token_env": "X"}, "are for a server that url names"),
        ({"url": "unix:///x", "token_env": "X", "token_file": "x"}, "token_file or token_env, not both"),
        ({"url": "unix:///x", "ping_interval_s": 0}, "ping_interval_s must be positive"),
        ({"url": "unix:///x", "ping_timeout_s": -1}, "ping_timeout_s must be positive"),
        ({"url": "unix:///x", "codex_bin": "codex", "env": {"A": "b"}}, r"codex_bin, env cannot be given together"),
        ({"url": "unix:///x", "cwd": "/"}, "up to whoever starts it"),
        ({"url": "unix:///x", "config_overrides": {"model": "m"}}, "config_overrides cannot be given"),
        ({"url": "unix:///x", "launch_args_override": ("x",)}, "launch_args_override cannot be given"),
    ],
)  # fmt: skip
def test_options_that_are_wrong_or_unsafe_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AppServerConfig(**options)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="must not hold a user name or a password") as caught:
        AppServerConfig(url="wss://user:secret@example.com")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["ws://localhost:1", "ws://127.3.2.1:1", "ws://[::1]:1", "wss://example.com", "unix:///run/codex/socket"],
)
def test_safe_addresses_are_accepted(url: str) -> None:
    config = AppServerConfig(url=url, token_env=VARIABLE)
    assert config.identity() != AppServerConfig(url=url).identity()
    assert AppServerConfig(url="ws://192.0.2.1:1", allow_insecure_url=True).url == "ws://192.0.2.1:1"


NO_LIBRARY = """
import sys
sys.modules["websockets"] = None
from codex_app_server import AppServerConfig, Codex, LaunchError
try:
    Codex(AppServerConfig(url="ws://127.0.0.1:1"))
except LaunchError as exc:
    print(exc)
"""


def test_a_missing_library_is_told_with_its_remedy() -> None:
    command = [sys.executable, "-c", NO_LIBRARY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert "pip install 'codex-app-server-sdk[websocket]'" in done.stdout


# --- what the true server cannot be made to do ---


class Peer:
    """The server's end of one connection: answers what a client needs to have a turn, then does what it is told."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self.protocol = ServerProtocol(max_size=None)
        self.request: Request | None = None
        self.is_silent = False
        self.pinged = threading.Semaphore(0)

    def serve(self, at_turn: Callable[[Peer], None], answer_status: int) -> None:
        while data := self._socket.recv(65536):
            if self.is_silent:
                continue
            self.protocol.receive_data(data)
            for event in self.protocol.events_received():
                if isinstance(event, Request):
                    self.request = event
                    if answer_status == 101:
                        self.protocol.send_response(self.protocol.accept(event))
                    else:
                        self.protocol.send_response(self.protocol.reject(answer_status, "no"))
                elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self._answer(from_json(bytes(event.data)), at_turn)
                elif isinstance(event, Frame) and event.opcode is Opcode.PING:
                    self.pinged.release()
            self.flush()

    def _answer(self, message: Mapping[str, Any], at_turn: Callable[[Peer], None]) -> None:
        results: dict[str, Any] = {
            "initialize": {"userAgent": "fake/0.163.0 (test)"},
            "thread/start": {"thread": {"id": "thread-1"}},
            "turn/start": {"turn": {"id": "turn-1", "items": [], "status": "inProgress"}},
        }
        if message["method"] in results:
            self.send({"id": message["id"], "result": results[message["method"]]})
        if message["method"] == "turn/start":
            at_turn(self)

    def send(self, message: object, *, indent: int | None = None) -> None:
        self.protocol.send_text(to_json(message, indent=indent))

    def end_turn(self) -> None:
        turn = {"id": "turn-1", "items": [], "status": "completed"}
        self.send({"method": "turn/completed", "params": {"threadId": "thread-1", "turn": turn}}, indent=2)

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self._socket.sendall(data)
            else:
                self._socket.shutdown(socket.SHUT_WR)


@contextmanager
def websocket_server(
    at_turn: Callable[[Peer], None] = Peer.end_turn, *, answer_status: int = 101
) -> Iterator[tuple[str, list[Peer]]]:
    """Serve one client after the other on loopback, in an OS thread."""
    peers: list[Peer] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if connection.recv(1, socket.MSG_PEEK) == b"!":
                        return
                    peers.append(Peer(connection))
                    try:
                        peers[-1].serve(at_turn, answer_status)
                    except OSError:
                        # The client has gone.
                        continue

        thread = threading.Thread(target=accept, name="scripted-websocket")
        thread.start()
        try:
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}", peers
        finally:
            with socket.create_connection(listener.getsockname()) as last:
                last.sendall(b"!")
                thread.join()


def test_the_handshake_has_neither_origin_nor_extensions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "abc")
    # A proxy would see the token, and could not reach loopback.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with websocket_server() as (url, peers):
        with Codex(AppServerConfig(url=f"{url}/path?query=1", token_env=VARIABLE)) as codex:
            assert codex.thread_start().run("x").status == "completed"
        (peer,) = peers
    assert peer.request is not None
    names = {name.lower() for name, _ in peer.request.headers.raw_items()}
    assert names == {
        "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "authorization",
    }  # fmt: skip
    assert (peer.request.path, peer.request.headers["Authorization"]) == ("/path?query=1", "Bearer abc")
    assert peer.protocol.close_rcvd is not None
    assert peer.protocol.close_rcvd.code == CloseCode.NORMAL_CLOSURE


@pytest.mark.anyio
async def test_a_server_that_went_silent_is_noticed() -> None:
    def go_silent(peer: Peer) -> None:
        peer.is_silent = True

    with websocket_server(go_silent) as (url, _):
        config = AppServerConfig(url=url, ping_interval_s=0.05, ping_timeout_s=0.1, reconnect_timeout_s=0)
        async with AsyncCodex(config) as codex:
            turn = await (await codex.thread_start()).turn("x")
            with anyio.fail_after(10), pytest.raises(ConnectionLostError) as caught:
                await turn.run()
            assert (caught.value.thread_id, caught.value.turn_id) == ("thread-1", "turn-1")
            assert str(caught.value).endswith("was lost: the server gave no sign of life for 0.1 s")


def test_a_server_that_answers_pings_is_not_given_up() -> None:
    with websocket_server(lambda _: None) as (url, peers):
        with Codex(AppServerConfig(url=url, ping_interval_s=0.02, ping_timeout_s=0.1)) as codex:
            thread = codex.thread_start()
            turn = thread.turn("x")
            for _ in range(5):
                assert peers[0].pinged.acquire(timeout=10)
            assert codex.thread_start().id == "thread-1"
            codex.close()
            with pytest.raises(ClientClosedError):
                turn.run()


def test_a_message_in_pieces_and_with_line_breaks_is_one_message() -> None:
    def in_pieces(peer: Peer) -> None:
        params = {"threadId": "thread-1", "turnId": "turn-1", "itemId": "m", "delta": "one\ntwo"}
        data = to_json({"method": "item/agentMessage/delta", "params": params}, indent=2)
        peer.protocol.send_binary(b"not for us")
        peer.protocol.send_text(data[:20], fin=False)
        peer.protocol.send_ping(b"between")
        peer.protocol.send_continuation(data[20:60], fin=False)
        peer.protocol.send_continuation(data[60:], fin=True)
        peer.end_turn()

    with websocket_server(in_pieces) as (url, _), Codex(AppServerConfig(url=url)) as codex:
        events = list(codex.thread_start().turn("x").events())
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["one\ntwo"]
    assert isinstance(events[-1], TurnFinished)


def test_a_message_that_is_too_long_ends_the_connection_and_is_told() -> None:
    def flood(peer: Peer) -> None:
        peer.send({"method": "x", "params": {"text": "y" * 5000}})

    with (
        websocket_server(flood) as (url, _),
        Codex(AppServerConfig(url=url, max_message_bytes=4000)) as codex,
    ):
        with pytest.raises(
            ConnectionLostError, match=r"longer than AppServerConfig\.max_message_bytes \(4000\)"
        ):
            codex.thread_start().run("x")


def test_a_close_frame_is_told_with_code_and_reason() -> None:
    def leave(peer: Peer) -> None:
        peer.protocol.send_close(CloseCode.GOING_AWAY, "maintenance")

    with websocket_server(leave) as (url, _), Codex(without_return(url)) as codex:
        with pytest.raises(ConnectionLostError, match="closed it with code 1001 'maintenance'") as caught:
            codex.thread_start().run("x")
    assert (caught.value.close_code, caught.value.close_reason) == (1001, "maintenance")


def test_a_server_that_breaks_the_framing_is_told() -> None:
    def break_it(peer: Peer) -> None:
        peer.flush()
        peer._socket.sendall(b"\xff\xff\xff\xff")

    with websocket_server(break_it) as (url, _), Codex(without_return(url)) as codex:
        with pytest.raises(ConnectionLostError, match="broke the rules of WebSocket"):
            codex.thread_start().run("x")


def test_a_reset_connection_is_told() -> None:
    def reset(peer: Peer) -> None:
        peer.flush()
        # Without lingering, closing sends a reset.
        peer._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer._socket.close()
        raise ConnectionError

    with websocket_server(reset) as (url, _), Codex(without_return(url)) as codex:
        with pytest.raises(ConnectionLostError, match=r"the socket failed: .*reset"):
            codex.thread_start().run("x")


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (403, AuthError, r"refused this client \(HTTP 403\)"),
        (404, LaunchError, "is no app-server: it answered with HTTP 404"),
    ],
)
def test_a_refused_handshake_is_told(status: int, error: type[Exception], message: str) -> None:
    with websocket_server(answer_status=status) as (url, peers):
        with pytest.raises(error, match=message):
            Codex(AppServerConfig(url=url))
    assert len(peers) == 1


def test_a_server_that_is_no_websocket_server_is_told() -> None:
    with ScriptedModel("x") as model:
        url = model.base_url.replace("http://", "ws://")
        with pytest.raises(LaunchError, match="is no app-server: it answered with HTTP"):
            Codex(AppServerConfig(url=url))


@pytest.mark.anyio
async def test_a_server_that_does_not_answer_the_handshake_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        codex = AsyncCodex(AppServerConfig(url=url_of(listener), start_timeout_s=0.1))
        with pytest.raises(LaunchError, match=r"did not answer within 0\.1 s: is it one\?"):
            await codex.thread_start()
        await codex.close()


@pytest.mark.anyio
async def test_a_client_that_still_connects_can_be_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        codex = AsyncCodex(AppServerConfig(url=url_of(listener)))
        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:

                async def start() -> None:
                    with pytest.raises(ClientClosedError):
                        await codex.thread_start()

                group.start_soon(start)
                connection, _ = await anyio.to_thread.run_sync(listener.accept)
                with connection:
                    await codex.close()


@pytest.mark.anyio
async def test_a_client_that_begins_to_connect_can_be_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, anyio.fail_after(20):
        for _ in range(20):
            codex = AsyncCodex(AppServerConfig(url=url_of(listener)))
            codex._engine.start()
            await codex.close()


def url_of(listener: socket.socket) -> str:
    return f"ws://127.0.0.1:{listener.getsockname()[1]}"


def test_a_server_that_stops_reading_lets_the_client_close() -> None:
    stopped = threading.Event()

    def stop_reading(peer: Peer) -> None:
        peer.flush()
        stopped.wait()
        raise ConnectionError

    with websocket_server(stop_reading) as (url, _):
        config = AppServerConfig(url=url, request_timeout_s=0.3, close_timeout_s=0.1)
        with Codex(config) as codex:
            codex.thread_start().turn("x")
            for _ in range(5):
                with pytest.raises(TimeoutError, match=r"within 0\.3 s"):
                    codex.request_raw("account/read", {"padding": "x" * 4_000_000})
        stopped.set()
