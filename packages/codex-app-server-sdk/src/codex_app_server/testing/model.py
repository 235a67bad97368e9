"""ScriptedModel: a model endpoint on loopback that says what a script tells it to.

One OS thread with an event loop of its own serves all streams. The loop thread alone touches connections; tests
read the log under a lock and reach the loop by `call_soon_threadsafe`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codex_app_server.testing._http import HttpConnection
from codex_app_server.testing._json import as_object, encode
from codex_app_server.testing._sse import Abort, Plan, error_body
from codex_app_server.testing.gate import Gate
from codex_app_server.testing.parts import Fail
from codex_app_server.testing.request import Headers, ModelRequest
from codex_app_server.testing.script import as_script

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from codex_app_server.json_types import JsonObject
    from codex_app_server.testing._http import HttpRequest
    from codex_app_server.testing.request import Exchange
    from codex_app_server.testing.script import ScriptLike

# Events are gathered into writes of about this size, and after each the other streams get their turn.
_WRITE_BYTES = 32 * 1024
# Enough for a thousand clients that connect at once.
_BACKLOG = 4096
_STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class OtherRequest:
    """A request that is not one for a response of the model.

    Attributes:
        method: The HTTP method.
        path: The path with its query.
        status: The status it was answered with.
    """

    method: str
    path: str
    status: int


class ScriptedModel:
    """A Responses API endpoint on 127.0.0.1: `with ScriptedModel("Hello!") as model:`.

    Functions of the script run on the thread of the endpoint, between the streams: they must not block. Use
    `hold(gate)` to make a stream wait.

    Args:
        script: What the model says: a string, a part, a `Reply`, a function of the `ModelRequest`, a list of steps,
            or a `Script`.

    Raises:
        ScriptError: The script cannot be used.
    """

    def __init__(self, script: ScriptLike) -> None:
        self._script = as_script(script)
        self._changed = threading.Condition()
        self._requests: list[ModelRequest] = []
        self._other_requests: list[OtherRequest] = []
        self._attempts: dict[str, int] = {}
        self._errors: list[BaseException] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._port = 0
        self._connections: set[HttpConnection] = set()

    def __enter__(self) -> Self:
        if self._thread is None:
            self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._shut_down()
        if exc_type is None:
            self._raise_error()

    def start(self) -> Self:
        """Start the endpoint; returns itself.

        Raises:
            RuntimeError: It was started before.
            OSError: There is no loopback socket to be had.
        """
        if self._thread is not None:
            raise RuntimeError("this ScriptedModel was started before: make a new one")
        started = threading.Event()
        problems: list[BaseException] = []

        def run() -> None:
            try:
                asyncio.run(self._serve(started))
            except BaseException as error:
                problems.append(error)
            finally:
                started.set()

        self._thread = threading.Thread(target=run, name="codex-scripted-model", daemon=True)
        self._thread.start()
        started.wait()
        if problems:
            self._thread.join()
            raise problems[0]
        return self

    def close(self) -> None:
        """Stop the endpoint and end its streams; further calls do nothing.

        Raises:
            Exception: What went wrong in the script, if something did: the first such error as it was raised.
        """
        self._shut_down()
        self._raise_error()

    @property
    def base_url(self) -> str:
        """The address for a model provider, `http://127.0.0.1:<port>/v1`.

        Raises:
            RuntimeError: The endpoint was not started.
        """
        if not self._port:
            raise RuntimeError("this ScriptedModel was not started")
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def is_running(self) -> bool:
        """Whether it was started and not closed."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def requests(self) -> tuple[ModelRequest, ...]:
        """The requests for a response so far, in the order of arrival."""
        with self._changed:
            return tuple(self._requests)

    @property
    def other_requests(self) -> tuple[OtherRequest, ...]:
        """All other requests so far."""
        with self._changed:
            return tuple(self._other_requests)

    @property
    def errors(self) -> tuple[BaseException, ...]:
        """What went wrong in the script so far."""
        with self._changed:
            return tuple(self._errors)

    def wait_for_requests(self, count: int, timeout_s: float = 10.0) -> tuple[ModelRequest, ...]:
        """Block until `count` requests have come, counted from the start; returns all that have.

        Raises:
            TimeoutError: Fewer came within that many seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= count, timeout_s):
                message = f"{len(self._requests)} of {count} request(s) came within {timeout_s} s"
                raise TimeoutError(message)
            return tuple(self._requests)

    def _raise_error(self) -> None:
        with self._changed:
            errors, self._errors = self._errors, []
        if errors:
            raise errors[0]

    def _shut_down(self) -> None:
        thread, loop, stop = self._thread, self._loop, self._stop
        if thread is None or loop is None or stop is None:
            return
        if thread is threading.current_thread():
            raise RuntimeError("a script cannot close its own ScriptedModel")
        if thread.is_alive():
            # Another OS thread may have closed it just now.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(stop.set)
            thread.join(_STOP_TIMEOUT_S)
            if thread.is_alive():
                raise RuntimeError("the ScriptedModel does not stop: a function of its script blocks")

    async def _serve(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await self._loop.create_server(
            lambda: HttpConnection(self._answer, self._connections), "127.0.0.1", 0, backlog=_BACKLOG
        )
        self._port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stop.wait()
        # What has been accepted is made a connection in the rounds of the loop that follow, which must be before the
        # server is closed: asyncio drops it half-made otherwise.
        for listening in server.sockets:
            self._loop.remove_reader(listening.fileno())
        await asyncio.sleep(0)
        server.close()
        await asyncio.sleep(0)
        while self._connections:
            connections = list(self._connections)
            tasks = [connection.task for connection in connections if connection.task is not None]
            for connection in connections:
                connection.abort()
            await asyncio.gather(*tasks, return_exceptions=True)
            for connection in connections:
                await connection.closed.wait()
            await asyncio.sleep(0)
        await server.wait_closed()

    async def _answer(self, http: HttpRequest, connection: HttpConnection) -> None:
        path = http.path.partition("?")[0]
        if http.method == "POST" and path == "/v1/responses":
            await self._answer_responses(http, connection)
        elif http.method == "GET" and path == "/v1/models":
            self._answer_other(http, connection, 200, {"object": "list", "data": [], "models": []})
        else:
            message = f"the scripted model has no {http.method} {path}"
            self._answer_other(http, connection, 404, {"error": {"message": message, "code": "not_found"}})

    def _answer_other(
        self, http: HttpRequest, connection: HttpConnection, status: int, body: JsonObject
    ) -> None:
        with self._changed:
            self._other_requests.append(OtherRequest(http.method, http.path, status))
            self._changed.notify_all()
        connection.send(status, encode(body, what="a body").encode())

    async def _answer_responses(self, http: HttpRequest, connection: HttpConnection) -> None:
        try:
            body = as_object(json.loads(http.body))
        except ValueError as error:
            self._answer_other(http, connection, 400, {"error": {"message": f"not JSON: {error}"}})
            return
        request = self._log(Headers(http.headers), body)
        exchange = request.exchange
        try:
            try:
                reply = self._script.reply_to(request)
                plan = Plan(reply, request)
            except Exception as error:
                self._fail(request, connection, error)
                return
            if isinstance(reply.parts[0], Fail):
                self._send_failure(request, connection, reply.parts[0])
                return
            exchange.status = 200
            connection.start_stream()
            await self._stream(plan, connection, exchange)
            exchange.disconnected = not exchange.finished
        except Exception as error:
            exchange.error = error
            with self._changed:
                self._errors.append(error)
            connection.close()
        finally:
            exchange.end()
            with self._changed:
                self._changed.notify_all()

    def _log(self, headers: Headers, body: JsonObject) -> ModelRequest:
        with self._changed:
            request = ModelRequest(len(self._requests), 0, headers, body)
            key = encode([request.thread_id, request.turn_id, body.get("input")], what="a request")
            digest = f"{hash(key)}/{len(key)}"
            attempt = self._attempts.get(digest, 0)
            self._attempts[digest] = attempt + 1
            if attempt:
                request = ModelRequest(len(self._requests), attempt, headers, body)
            self._requests.append(request)
            self._changed.notify_all()
        return request

    def _fail(self, request: ModelRequest, connection: HttpConnection, error: Exception) -> None:
        request.exchange.error = error
        with self._changed:
            self._errors.append(error)
        message = f"the script failed: {type(error).__name__}: {error}"
        self._send_failure(request, connection, Fail(500, "script_error", message))

    @staticmethod
    def _send_failure(request: ModelRequest, connection: HttpConnection, failure: Fail) -> None:
        headers = {} if failure.retry_after is None else {"retry-after": f"{failure.retry_after:g}"}
        # Noted first: the client may tell the test of it at any time after that.
        request.exchange.status = failure.status
        request.exchange.finished = not connection.closed.is_set()
        request.exchange.disconnected = connection.closed.is_set()
        connection.send(failure.status, error_body(failure), headers)

    async def _stream(self, plan: Plan, connection: HttpConnection, exchange: Exchange) -> None:
        """Send a plan; it is finished unless the client drops the stream meanwhile."""
        pending = bytearray()
        # A paced stream keeps to the clock, however long the writes take.
        due_s = 0.0
        for step in plan:
            if isinstance(step, bytes) and len(pending) < _WRITE_BYTES:
                pending += step
                continue
            if pending:
                await connection.write(pending)
                pending.clear()
                await asyncio.sleep(0)
            if connection.closed.is_set():
                return
            if isinstance(step, bytes):
                pending += step
            elif isinstance(step, Abort):
                exchange.finished = True
                connection.close()
                return
            elif isinstance(step, Gate):
                if not await _passed(step, connection):
                    return
            else:
                due_s = max(time.monotonic(), due_s) + step
                if not await connection.pause(due_s - time.monotonic()):
                    return
        # Noted before the last event goes out: the client may tell the test of it at any time after that.
        exchange.finished = True
        if pending:
            await connection.write(pending)
        connection.end_stream()


async def _passed(gate: Gate, connection: HttpConnection) -> bool:
    """Wait at a gate; False if the client goes away meanwhile."""
    loop = asyncio.get_running_loop()

    def wake() -> None:
        # The endpoint may have been closed while another OS thread opens the gate.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(connection.resume)

    if gate.arrive(wake):
        return not connection.closed.is_set()
    try:
        return await connection.pause()
    finally:
        gate.leave(wake)
