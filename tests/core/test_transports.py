"""Ways to a server that runs already: Unix socket and WebSocket; and the server that several clients share."""

from __future__ import annotations

import gc
import glob
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio
import anyio.to_thread
import psutil
import pytest
from codex_app_server import (
    AppServer,
    AppServerConfig,
    AsyncCodex,
    ClientClosedError,
    Codex,
    CodexNotFoundError,
    ConnectionLostError,
    HandshakeError,
    InvalidParamsError,
    LaunchError,
    LocalProtocolError,
)
from codex_app_server.testing import Gate, Script, hold
from pydantic_core import from_json, to_json
from websockets.sync.client import unix_connect

if TYPE_CHECKING:
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


CLIENT_INFO = {"clientInfo": {"name": "wire", "version": "0"}, "capabilities": {"experimentalApi": True}}


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
    # Unlike `Path.glob`, this does not mind a folder of another test that goes away meanwhile.
    left = [] if link == target else glob.glob(f"{target.parent.parent}/*/{target.name}*")  # noqa: PTH207
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
