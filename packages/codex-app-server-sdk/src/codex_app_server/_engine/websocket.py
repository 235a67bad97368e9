"""The way to an app-server that runs already: WebSocket over TCP, TLS or a Unix socket. Owned by the engine's loop.

The protocol comes from the I/O-free part of the library `websockets`, which is an optional dependency; reading,
writing and flow control are those of asyncio, as they are for the pipes of a process. Proxies are not used.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, PayloadTooBig
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from codex_app_server._endpoint import parse_endpoint
from codex_app_server.errors import AuthError, ConnectionLostError, LaunchError

if TYPE_CHECKING:
    from collections.abc import Callable
    from ssl import SSLContext

    from codex_app_server._endpoint import Endpoint
    from codex_app_server.config import AppServerConfig

__all__ = ["WebSocketTransport"]

# The library would log the headers of the handshake, and with them the token, and all messages: it gets a logger
# that no logging configuration can reach.
_silent = logging.Logger("codex_app_server.websocket", logging.CRITICAL + 1)  # noqa: LOG001 - see above
_GOODBYE = 1000
# Measured: a longer frame than 16 MiB makes the server cut the connection, and a message of several frames does not.
_FRAME_BYTES = 8 * 1024 * 1024
# The loop closes an aborted socket in its next round.
_ABORT_S = 1.0


class _Socket(asyncio.Protocol):
    """Passes on what the socket gives, and tells when it is full."""

    def __init__(
        self,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[Exception | None], None],
        on_room: Callable[[], None],
    ) -> None:
        self._on_data = on_data
        self._on_lost = on_lost
        self._on_room = on_room
        self._transport: asyncio.Transport | None = None
        self.is_full = False
        self.closed = asyncio.Event()
        self.closed.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.closed.clear()

    def data_received(self, data: bytes) -> None:
        self._on_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        self._on_lost(exc)

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        self._on_room()

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Close it when all is written."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close it now."""
        if self._transport is not None:
            self._transport.abort()


class WebSocketTransport:
    """A connection to an app-server that somebody else started.

    Args:
        config: Where it listens, the token, limits.
        on_output: Called with the messages of the server, each with a newline.
        on_end: Called once, when an open connection was lost.
        on_room: Called when the full socket takes data again.
    """

    def __init__(
        self,
        config: AppServerConfig,
        *,
        on_output: Callable[[bytes], None],
        on_end: Callable[[], None],
        on_room: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._config = config
        self._endpoint = parse_endpoint(config.url or "")
        self._on_output = on_output
        self._on_end = on_end
        self._socket = _Socket(self._received, self._lost, on_room)
        uri = "ws://localhost/" if self._endpoint.scheme == "unix" else config.url or ""
        self._ws = ClientProtocol(parse_uri(uri), max_size=config.max_message_bytes, logger=_silent)
        self._greeted: asyncio.Future[None] = self._loop.create_future()
        self._is_open = False
        self._is_held = False
        # The frames of a text message that is not complete; None between messages, and in a binary one.
        self._message: list[bytes | bytearray | memoryview] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._reason = ""

    async def open(self) -> None:
        """Connect, and shake hands.

        Raises:
            AuthError: The server did not let this client in.
            LaunchError: Nobody listens there, or no app-server; there is no token; the socket is not safe.
        """
        timeout_s = self._config.start_timeout_s
        try:
            await asyncio.wait_for(self._connect(), timeout_s)
        except asyncio.TimeoutError:
            raise LaunchError(
                f"the app-server at {self._endpoint.shown!r} did not answer within {timeout_s:g} s: is it one?"
            ) from None

    async def _connect(self) -> None:
        token = _read_token(self._config)
        endpoint, socket = self._endpoint, self._socket
        try:
            if endpoint.scheme == "unix":
                path = _find_socket(endpoint.socket_path, is_checked=not self._config.allow_insecure_url)
                await self._loop.create_unix_connection(lambda: socket, path)
            else:
                await self._loop.create_connection(
                    lambda: socket, endpoint.host, endpoint.port, ssl=_tls(endpoint)
                )
        except OSError as exc:
            raise LaunchError(_unreachable(endpoint, exc)) from exc
        request = self._ws.connect()
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        self._ws.send_request(request)
        self._flush()
        await self._greeted

    @property
    def pid(self) -> int | None:
        """None: the server was started by somebody else."""
        return None

    @property
    def is_full(self) -> bool:
        """Whether the server does not read what was written to it."""
        return self._socket.is_full

    @property
    def may_return(self) -> bool:
        """Whether the server may be reached again: not after a message over our limit, which would come again."""
        return not isinstance(self._ws.parser_exc, PayloadTooBig)

    @property
    def diagnostics(self) -> str:
        """Empty: what the server writes to stderr goes to whoever started it."""
        return ""

    def write(self, data: bytes) -> None:
        """Queue one message, with its newline; does nothing when the connection is gone."""
        # A close frame may have been read whose consequences are still to come.
        if self._ws.state is State.OPEN:
            end = len(data) - 1
            self._ws.send_text(data[: min(end, _FRAME_BYTES)], fin=end <= _FRAME_BYTES)
            for start in range(_FRAME_BYTES, end, _FRAME_BYTES):
                stop = min(start + _FRAME_BYTES, end)
                self._ws.send_continuation(data[start:stop], fin=stop == end)
            if not self._is_held:
                self._flush()

    def hold(self) -> None:
        """Gather what is written from now on."""
        self._is_held = True

    def release(self) -> None:
        """Send what was gathered."""
        self._is_held = False
        self._flush()

    async def stop(self, grace_s: float) -> None:
        """Say goodbye and close the socket; the server lives on."""
        was_open, self._is_open = self._is_open, False
        if self._timer is not None:
            self._timer.cancel()
        if was_open and not self.is_full and self._ws.state is State.OPEN:
            self._ws.send_close(_GOODBYE)
            self._flush()
            await self._wait_closed(grace_s)
        self._socket.abort()
        await self._wait_closed(_ABORT_S)

    async def _wait_closed(self, timeout_s: float) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._socket.closed.wait(), timeout_s)

    def end_error(self, unfinished_bytes: int) -> ConnectionLostError:  # noqa: ARG002 - messages come whole
        """Return how the connection was lost."""
        close = self._ws.close_rcvd
        return ConnectionLostError(
            f"the connection to the app-server at {self._endpoint.shown!r} was lost: {self._reason}",
            close_code=None if close is None else int(close.code),
            close_reason="" if close is None else close.reason,
        )

    # --- what comes in ---

    def _received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        self._ws.receive_data(data)
        self._process()

    def _process(self) -> None:
        """Handle what the protocol has made of the data so far."""
        self._flush()
        output: list[bytes] = []
        for event in self._ws.events_received():
            if isinstance(event, Frame):
                self._frame(event, output)
        if output:
            self._on_output(b"".join(output))
        if not self._greeted.done():
            self._greet()
        if self._is_open and self._ws.state is not State.OPEN:
            self._end(self._why_closed())

    def _greet(self) -> None:
        if self._ws.handshake_exc is not None:
            self._greeted.set_exception(_refusal(self._endpoint, self._ws.handshake_exc))
        elif self._ws.state is not State.CONNECTING:
            self._greeted.set_result(None)
            self._is_open = True
            self._timer = self._loop.call_later(self._config.ping_interval_s, self._ping)

    def _frame(self, frame: Frame, output: list[bytes]) -> None:
        if frame.opcode is Opcode.TEXT:
            self._message = []
        elif frame.opcode is not Opcode.CONT:
            return
        if self._message is None:
            return
        self._message.append(frame.data)
        if frame.fin:
            text = b"".join(self._message)
            self._message = None
            # In JSON a newline is nothing but space; to the reader of lines it is the end.
            output += [text.replace(b"\n", b" "), b"\n"]

    def _lost(self, exc: Exception | None) -> None:
        if self._is_open:
            self._end(
                f"the socket failed: {exc}"
                if exc
                else "it ended without a word, as when the server is killed"
            )
        elif not self._greeted.done():
            # A refusal may end with the stream.
            self._ws.receive_eof()
            self._process()

    def _why_closed(self) -> str:
        ws = self._ws
        if ws.close_rcvd is not None:
            return f"the server closed it with code {int(ws.close_rcvd.code)} {ws.close_rcvd.reason!r}"
        if isinstance(ws.parser_exc, PayloadTooBig):
            limit = self._config.max_message_bytes
            return (
                f"the server sent a message that is longer than AppServerConfig.max_message_bytes ({limit})"
            )
        return f"the server broke the rules of WebSocket ({ws.parser_exc})"

    def _end(self, reason: str) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self._reason = reason
        if self._timer is not None:
            self._timer.cancel()
        self._socket.close()
        self._on_end()

    # --- what goes out ---

    def _flush(self) -> None:
        # An empty one among them asks for the end of the stream, which closing the socket brings too.
        data = b"".join(self._ws.data_to_send())
        if data:
            self._socket.write(data)

    def _ping(self) -> None:
        self._ws.send_ping(b"")
        self._flush()
        timeout_s = self._config.ping_timeout_s
        self._timer = self._loop.call_later(timeout_s, self._check_life, self._loop.time())

    def _check_life(self, pinged_at: float) -> None:
        # A server that sends anything at all is alive, however late its answer to the ping is.
        if self._heard_at < pinged_at:
            self._end(f"the server gave no sign of life for {self._config.ping_timeout_s:g} s")
            return
        next_ping_s = pinged_at + self._config.ping_interval_s - self._loop.time()
        self._timer = self._loop.call_later(max(next_ping_s, 0.0), self._ping)


def _read_token(config: AppServerConfig) -> str | None:
    """Read the token when it is needed, so that one which is replaced from time to time is current."""
    if config.token_file is not None:
        source = f"AppServerConfig.token_file {os.fspath(config.token_file)!r}"
        try:
            token = Path(config.token_file).expanduser().read_text("utf-8").strip()
        except (OSError, ValueError) as exc:
            raise LaunchError(f"cannot read {source}: {exc}") from exc
    elif config.token_env is not None:
        source = f"the environment variable {config.token_env!r} (AppServerConfig.token_env)"
        token = os.environ.get(config.token_env, "").strip()
    else:
        return None
    if not token:
        raise LaunchError(f"{source} holds no token")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise LaunchError(f"{source} holds no token: it is more than one word of ASCII characters")
    return token


def _find_socket(path: str, *, is_checked: bool) -> str:
    """Return where the socket is: what the server makes at the path that it is given is but a link to it."""
    if sys.platform == "win32":
        raise LaunchError("Unix sockets are not supported on Windows: use a ws:// or wss:// address")
    if is_checked:
        _check_socket(path)
    return os.path.realpath(path)


def _check_socket(path: str) -> None:
    """Refuse a Unix socket that another user of this machine could have put there.

    Raises:
        LaunchError: The message has the reason.
        OSError: It is not there.
    """
    socket = Path(path)
    trusted = {0, os.geteuid()}
    found = socket.stat()
    reason = None
    if not stat.S_ISSOCK(found.st_mode):
        reason = "it is no socket"
    elif found.st_uid not in trusted:
        reason = f"it belongs to another user (uid {found.st_uid})"
    # Whoever can replace the link or the socket decides where it leads.
    for folder in (socket.resolve().parent, socket.parent):
        facts = folder.stat()
        if facts.st_uid not in trusted:
            reason = reason or f"its directory {str(folder)!r} belongs to another user (uid {facts.st_uid})"
        elif facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not facts.st_mode & stat.S_ISVTX:
            reason = (
                reason or f"others may write to its directory {str(folder)!r}; make it private (chmod 700)"
            )
    if reason is None:
        return
    raise LaunchError(
        f"the socket {path!r} is not used: {reason}; AppServerConfig(allow_insecure_url=True) uses it all the same"
    )


def _tls(endpoint: Endpoint) -> SSLContext | None:
    if endpoint.scheme != "wss":
        return None
    from ssl import create_default_context  # noqa: PLC0415 - a heavy module that only wss:// needs

    return create_default_context()


def _unreachable(endpoint: Endpoint, exc: OSError) -> str:
    url = endpoint.shown
    if isinstance(exc, PermissionError):
        advice = "only the user who started the server may connect"
    elif endpoint.scheme == "wss":
        advice = "is it running there, and is what encrypts the way to it?"
    else:
        advice = f"is it running? Start one with `codex app-server --listen {url}`, or with AppServer()"
    return f"cannot reach the app-server at {url!r}: {exc.strerror or exc}; {advice}"


def _refusal(endpoint: Endpoint, exc: Exception) -> LaunchError:
    if not isinstance(exc, InvalidStatus):
        return LaunchError(f"what listens at {endpoint.shown!r} is no app-server: {exc}")
    status = exc.response.status_code
    if status == 401:
        return AuthError(
            f"the app-server at {endpoint.shown!r} wants a token, and another one than it got, if any (HTTP 401): "
            "see AppServerConfig.token_file and token_env",
            status=status,
        )
    if status == 403:
        return AuthError(
            f"the app-server at {endpoint.shown!r} refused this client (HTTP 403)", status=status
        )
    return LaunchError(f"what listens at {endpoint.shown!r} is no app-server: it answered with HTTP {status}")
