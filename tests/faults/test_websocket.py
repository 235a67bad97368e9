"""F36, F37 and more over a socket: a server that is silent, breaks off, refuses, or is none at all."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import anyio
import anyio.to_thread
import pytest
from codex_app_server import (
    AppServer,
    AppServerConfig,
    AsyncCodex,
    AuthError,
    ClientClosedError,
    Codex,
    ConnectionLostError,
    LaunchError,
    TextDelta,
    TurnFinished,
)
from codex_app_server.testing import Gate, ScriptedModel, hold
from pydantic_core import from_json, to_json
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from codex_app_server.testing import ScriptedCodexFactory


VARIABLE = "CODEX_TEST_TOKEN"


Listen = Literal["unix", "ws"]


BOTH = pytest.mark.parametrize("listen", ["unix", "ws"])


def pid_of(server: AppServer) -> int:
    assert server.pid is not None
    return server.pid


def without_return(url: str) -> AppServerConfig:
    """Of a client that tells of a lost connection at once; test_reconnect.py has the others."""
    return AppServerConfig(url=url, reconnect_timeout_s=0)


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


def url_of(listener: socket.socket) -> str:
    return f"ws://127.0.0.1:{listener.getsockname()[1]}"


# --- F36: the connection is lost ---


@BOTH
@pytest.mark.anyio
async def test_f36_a_server_that_is_killed_ends_the_stream_with_its_ids(
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


@pytest.mark.anyio
async def test_f36_a_server_that_went_silent_is_noticed() -> None:
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


def test_f36_a_server_that_answers_pings_is_not_given_up() -> None:
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


def test_f36_a_close_frame_is_told_with_code_and_reason() -> None:
    def leave(peer: Peer) -> None:
        peer.protocol.send_close(CloseCode.GOING_AWAY, "maintenance")

    with websocket_server(leave) as (url, _), Codex(without_return(url)) as codex:
        with pytest.raises(ConnectionLostError, match="closed it with code 1001 'maintenance'") as caught:
            codex.thread_start().run("x")
    assert (caught.value.close_code, caught.value.close_reason) == (1001, "maintenance")


def test_f36_a_server_that_breaks_the_framing_is_told() -> None:
    def break_it(peer: Peer) -> None:
        peer.flush()
        peer._socket.sendall(b"\xff\xff\xff\xff")

    with websocket_server(break_it) as (url, _), Codex(without_return(url)) as codex:
        with pytest.raises(ConnectionLostError, match="broke the rules of WebSocket"):
            codex.thread_start().run("x")


def test_f36_a_reset_connection_is_told() -> None:
    def reset(peer: Peer) -> None:
        peer.flush()
        # Without lingering, closing sends a reset.
        peer._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer._socket.close()
        raise ConnectionError

    with websocket_server(reset) as (url, _), Codex(without_return(url)) as codex:
        with pytest.raises(ConnectionLostError, match=r"the socket failed: .*reset"):
            codex.thread_start().run("x")


# --- F37: not let in ---


def test_f37_a_wrong_token_is_refused_and_not_tried_again(
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


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (403, AuthError, r"refused this client \(HTTP 403\)"),
        (404, LaunchError, "is no app-server: it answered with HTTP 404"),
    ],
)
def test_f37_a_refused_handshake_is_told_once(status: int, error: type[Exception], message: str) -> None:
    with websocket_server(answer_status=status) as (url, peers):
        with pytest.raises(error, match=message):
            Codex(AppServerConfig(url=url))
    assert len(peers) == 1


def test_f37_s15_the_handshake_has_neither_origin_nor_extensions(
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


def test_f37_a_server_that_is_no_websocket_server_is_told() -> None:
    with ScriptedModel("x") as model:
        url = model.base_url.replace("http://", "ws://")
        with pytest.raises(LaunchError, match="is no app-server: it answered with HTTP"):
            Codex(AppServerConfig(url=url))


# --- rows of the pipe, over a socket ---


@pytest.mark.anyio
async def test_f03_nobody_listens(tmp_path: Path) -> None:
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


@pytest.mark.anyio
async def test_f04_a_server_that_does_not_answer_the_handshake_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        codex = AsyncCodex(AppServerConfig(url=url_of(listener), start_timeout_s=0.1))
        with pytest.raises(LaunchError, match=r"did not answer within 0\.1 s: is it one\?"):
            await codex.thread_start()
        await codex.close()


def test_f06_a_message_in_pieces_and_with_line_breaks_is_one_message() -> None:
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


def test_f11_a_message_that_is_too_long_ends_the_connection_and_is_told() -> None:
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


def test_f13_a_server_that_stops_reading_lets_the_client_close() -> None:
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


@pytest.mark.anyio
async def test_c06_a_client_that_still_connects_can_be_closed() -> None:
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
async def test_c06_a_client_that_begins_to_connect_can_be_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, anyio.fail_after(20):
        for _ in range(20):
            codex = AsyncCodex(AppServerConfig(url=url_of(listener)))
            codex._engine.start()
            await codex.close()
