"""A small HTTP/1.1 server side on asyncio: requests with bodies, keep-alive, streamed responses.

It reads what an HTTP client library sends and refuses the rest; routing and meaning belong to the caller.
"""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

_MAX_HEAD_BYTES = 256 * 1024
_MAX_BODY_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class HttpRequest:
    """A complete request; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class HttpError(Exception):
    """The bytes received are not a request that this server reads."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class HttpReader:
    """Bytes in, requests out; no I/O."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: tuple[str, str, str, dict[str, str]] | None = None
        self._chunks = bytearray()
        self.keep_alive = True
        self.chunked_replies = True

    def feed(self, data: bytes) -> None:
        """Take received bytes."""
        self._buffer += data

    @property
    def wants_continue(self) -> bool:
        """Whether the client waits for `100 Continue` before it sends the body."""
        return self._head is not None and self._head[3].get("expect", "").lower() == "100-continue"

    def next_request(self) -> HttpRequest | None:
        """Return the next complete request, None if more bytes are needed.

        Raises:
            HttpError: It is not HTTP, too large, or in an encoding that is not read.
        """
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > _MAX_HEAD_BYTES:
                    raise HttpError(431, "the header is too large")
                return None
            self._head = self._parse_head(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
        method, path, version, headers = self._head
        body = self._body(headers)
        if body is None:
            return None
        self._head = None
        connection = headers.get("connection", "").lower()
        self.keep_alive = "close" not in connection and (version == "HTTP/1.1" or "keep-alive" in connection)
        self.chunked_replies = version == "HTTP/1.1"
        return HttpRequest(method, path, headers, _decoded(headers.get("content-encoding", ""), body))

    @staticmethod
    def _parse_head(head: bytes) -> tuple[str, str, str, dict[str, str]]:
        lines = head.decode("latin-1").lstrip("\r\n").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or words[2] not in {"HTTP/1.0", "HTTP/1.1"}:
            raise HttpError(400, f"not an HTTP/1 request line: {lines[0][:100]!r}")
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise HttpError(400, f"not a header line: {line[:100]!r}")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return words[0], words[1], words[2], headers

    def _body(self, headers: dict[str, str]) -> bytes | None:
        if "transfer-encoding" in headers:
            if headers["transfer-encoding"].lower() != "chunked":
                raise HttpError(501, "only chunked transfer encoding is read")
            return self._chunked_body()
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError:
            length = -1
        if not 0 <= length <= _MAX_BODY_BYTES:
            raise HttpError(400 if length < 0 else 413, "bad Content-Length")
        if len(self._buffer) < length:
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _chunked_body(self) -> bytes | None:
        while True:
            end = self._buffer.find(b"\r\n")
            if end < 0:
                return None
            try:
                size = int(bytes(self._buffer[:end]).split(b";")[0], 16)
            except ValueError:
                raise HttpError(400, "bad chunk size") from None
            if size < 0 or len(self._chunks) + size > _MAX_BODY_BYTES:
                raise HttpError(413, "the body is too large")
            if size == 0:
                # Trailers end with an empty line; nobody reads them.
                trailers = self._buffer.find(b"\r\n\r\n", end)
                if trailers < 0:
                    return None
                del self._buffer[: trailers + 4]
                body = bytes(self._chunks)
                self._chunks.clear()
                return body
            if len(self._buffer) < end + 2 + size + 2:
                return None
            self._chunks += self._buffer[end + 2 : end + 2 + size]
            del self._buffer[: end + 2 + size + 2]


class HttpConnection(asyncio.Protocol):
    """One connection of a client; requests on it are answered one after the other.

    Args:
        handler: Answers a request by the methods `send`, `start_stream`, `write` and `end_stream`.
        connections: The set that open connections enter and leave.
    """

    def __init__(
        self,
        handler: Callable[[HttpRequest, HttpConnection], Awaitable[None]],
        connections: set[HttpConnection],
    ) -> None:
        self._handler = handler
        self._connections = connections
        self._reader = HttpReader()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._said_continue = False
        self._pause: asyncio.Future[None] | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_server gives
        self._transport = transport
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._reader.feed(data)
        self._advance()

    def eof_received(self) -> bool:
        """Take the end of the client's bytes as the end of the connection: HTTP clients do not half-close."""
        self.closed.set()
        self.resume()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """See asyncio.Protocol."""
        self.closed.set()
        self.resume()
        self._writable.set()
        self._connections.discard(self)

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._writable.set()

    def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Send a whole response."""
        fields = {"content-type": "application/json", **(headers or {}), "content-length": str(len(body))}
        self._write(_head(status, fields, keep_alive=self._reader.keep_alive) + body)

    def start_stream(self) -> None:
        """Send the head of a response of server-sent events."""
        fields = {"content-type": "text/event-stream", "cache-control": "no-store"}
        if self._reader.chunked_replies:
            fields["transfer-encoding"] = "chunked"
        else:
            self._reader.keep_alive = False
        self._write(_head(200, fields, keep_alive=self._reader.keep_alive))

    async def write(self, data: bytes | bytearray) -> None:
        """Send a piece of the stream; returns when the client reads fast enough to take more."""
        self._write(b"%x\r\n%b\r\n" % (len(data), data) if self._reader.chunked_replies else bytes(data))
        await self._writable.wait()

    def end_stream(self) -> None:
        """Send the end of the stream."""
        if self._reader.chunked_replies:
            self._write(b"0\r\n\r\n")

    async def pause(self, timeout_s: float | None = None) -> bool:
        """Wait until `resume` is called or the time is over; False, at once, if the client goes away."""
        if self.closed.is_set():
            return False
        loop = asyncio.get_running_loop()
        self._pause = loop.create_future()
        timer = None if timeout_s is None else loop.call_later(timeout_s, self.resume)
        try:
            await self._pause
        finally:
            self._pause = None
            if timer is not None:
                timer.cancel()
        return not self.closed.is_set()

    def resume(self) -> None:
        """End a `pause`, if there is one."""
        if self._pause is not None and not self._pause.done():
            self._pause.set_result(None)

    def close(self) -> None:
        """Close the connection once everything written has been sent."""
        self._reader.keep_alive = False
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close the connection at once."""
        self._reader.keep_alive = False
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task that answers the present request."""
        return self._task

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _advance(self) -> None:
        if self._task is not None or self.closed.is_set():
            return
        try:
            request = self._reader.next_request()
        except HttpError as error:
            self.send(error.status, str(error).encode(), {"content-type": "text/plain"})
            self.close()
            return
        if request is not None:
            self._said_continue = False
            self._task = asyncio.ensure_future(self._answer(request))
        elif self._reader.wants_continue and not self._said_continue:
            self._said_continue = True
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _answer(self, request: HttpRequest) -> None:
        try:
            await self._handler(request, self)
        finally:
            self._task = None
        if self._reader.keep_alive:
            self._advance()
        else:
            self.close()


def _decoded(encoding: str, body: bytes) -> bytes:
    if encoding in {"", "identity"}:
        return body
    if encoding in {"gzip", "deflate"}:
        try:
            return zlib.decompress(body, wbits=zlib.MAX_WBITS | 32)
        except zlib.error as error:
            raise HttpError(400, f"the body is not {encoding}: {error}") from None
    # zstd is what codex uses for OpenAI's own endpoint when features.enable_request_compression is on.
    raise HttpError(415, f"a body in {encoding} is not read: switch features.enable_request_compression off")


def _head(status: int, fields: Mapping[str, str], *, keep_alive: bool) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Scripted"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in fields.items())]
    if not keep_alive:
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
