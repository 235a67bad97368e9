"""ServerLink: the way to the server over one transport after the other: opening, greeting, connecting again.

Runs on the engine's loop. While it connects again, requests and answers wait here. A loss is over when the owner
has resumed what ran; a further loss before that continues it, with the same deadline.
"""

from __future__ import annotations

import asyncio
import logging
import random
from functools import partial
from typing import TYPE_CHECKING, Any

from codex_app_server._engine.connection import Connection, withdrawn
from codex_app_server._engine.diagnostics import without_secrets
from codex_app_server._engine.process import ServerProcess
from codex_app_server._engine.server_info import read_server_info
from codex_app_server._engine.transport import make_transport
from codex_app_server._engine.wakeups import copy_error
from codex_app_server._logs import about
from codex_app_server._wire.json_codec import decode_line
from codex_app_server.errors import (
    AppServerError,
    AuthError,
    ClientClosedError,
    ConnectionLostError,
    HandshakeError,
    JsonRpcError,
    LaunchError,
    ProcessExitedError,
    RequestTimeoutError,
    TransportClosedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Protocol

    from codex_app_server._engine.connection import Call
    from codex_app_server._engine.server_info import ServerInfo
    from codex_app_server._wire.framing import OversizedLine
    from codex_app_server.config import AppServerConfig
    from codex_app_server.json_types import JsonObject
    from codex_app_server.transport import Transport

    class Owner(Protocol):
        """What the link needs of the engine."""

        @property
        def is_closing(self) -> bool:
            """Whether the client was closed."""
            ...

        async def call(self, method: str, params: Mapping[str, object], timeout_s: float) -> Any:
            """Send an urgent request and wait for its result."""
            ...

        def on_notification(self, method: str, params: JsonObject) -> None:
            """Take a notification."""
            ...

        def on_delta(self, ids: tuple[str, str, str], text: str) -> bool:
            """Take a delta of a message; False where it has to come as a notification."""
            ...

        def on_request(self, method: str, request_id: Any, params: JsonObject) -> None:
            """Take a request of the server."""
            ...

        def on_oversized(self, line: OversizedLine) -> None:
            """Take what is left of a message that was too long."""
            ...

        def on_end(self, error: BaseException) -> None:
            """The connection is gone, for good."""
            ...

        def on_back(self, on_resumed: Callable[[], None]) -> None:
            """The connection is there again: resume what ran; call `on_resumed` when that is done."""
            ...

        def flush(self) -> None:
            """Wake everybody who has something to read."""
            ...

        def catch_up(self) -> None:
            """Call `was_written` for what other OS threads have written."""
            ...


__all__ = ["ServerLink"]

_log = logging.getLogger("codex_app_server")

# Between attempts to connect again: doubled up to the longest.
_FIRST_DELAY_S = 0.1
_MAX_DELAY_S = 5.0
# One attempt gets as much, however near the deadline is.
_MIN_ATTEMPT_S = 1.0


class ServerLink:
    """The connection of one engine.

    Args:
        config: How to launch or reach the server.
        owner: The engine.
        observe: Gets every message; None when nobody wants to see them.
    """

    def __init__(
        self,
        config: AppServerConfig,
        owner: Owner,
        observe: Callable[[bool, bytes | JsonObject], None] | None,
    ) -> None:
        self._config = config
        self._owner = owner
        self._observe = observe
        self._transport: Transport | None = None
        self._connection: Connection | None = None
        self._stop = asyncio.Event()
        self._is_open = False
        # Between a loss and the end of what follows from it.
        self._is_back = True
        self._is_connecting = False
        # What is to be sent then; answers by the id of what they answer.
        self._calls: list[Call] = []
        self._answers: dict[str | int, Callable[[], None]] = {}
        self._deadline = 0.0
        self._delay_s = 0.0
        self._back_since = 0.0
        self._reconnecting: asyncio.Task[None] | None = None
        self.losses = 0

    @property
    def pid(self) -> int | None:
        """Process id of the server, when this client started it."""
        return None if self._transport is None else self._transport.pid

    @property
    def diagnostics(self) -> str:
        """The last words of the server; may be empty."""
        return "" if self._transport is None else self._transport.diagnostics

    @property
    def is_reconnecting(self) -> bool:
        """Whether the connection was lost and is being made again."""
        return not self._is_back

    @property
    def _may_return(self) -> bool:
        return self._transport is not None and self._transport.may_return

    # --- opening ---

    async def open(self, stop: asyncio.Event) -> ServerInfo:
        """Start or reach the server, and greet it.

        Raises:
            LaunchError: That failed; the message says why.
        """
        self._stop = stop
        info = await self._connect()
        self._is_open = True
        return info

    async def stop(self) -> None:
        """Give everything back."""
        if self._reconnecting is not None:
            self._reconnecting.cancel()
            await asyncio.wait({self._reconnecting})
        await self._drop()

    async def _drop(self) -> None:
        if self._transport is not None:
            await self._transport.stop(self._config.close_timeout_s)

    async def _connect(self) -> ServerInfo:
        config, owner = self._config, self._owner
        # A close before the loop was there could not wake it.
        self._refuse_if_closing()
        transport = self._transport = make_transport(
            config, on_output=self._on_output, on_end=self._on_end, on_room=self._on_room
        )
        await _unless_stopped(transport.open(), self._stop)
        # The decoder takes longer to import than this package: do it while the server starts.
        decode_line(b"{}")
        self._connection = Connection(
            config,
            asyncio.get_running_loop(),
            write=transport.write,
            is_full=lambda: transport.is_full,
            on_notification=owner.on_notification,
            on_delta=owner.on_delta,
            on_request=owner.on_request,
            on_oversized=owner.on_oversized,
            on_broken=owner.on_end,
            flush=owner.flush,
            catch_up=owner.catch_up,
            observe=self._observe,
        )
        self._refuse_if_closing()
        answer = await self._greet()
        self._connection.notify("initialized")
        return read_server_info(answer)

    async def _greet(self) -> Any:
        config = self._config
        params = {
            "clientInfo": {
                "name": config.client_name, "title": config.client_title, "version": config.client_version,
            },
            "capabilities": {
                "experimentalApi": config.experimental_api,
                "optOutNotificationMethods": list(config.opt_out_notifications),
            },
        }  # fmt: skip
        try:
            return await self._owner.call("initialize", params, config.start_timeout_s)
        except RequestTimeoutError as exc:
            raise HandshakeError(
                f"the app-server did not answer 'initialize' within {config.start_timeout_s:g} s",
                stderr_tail=self.diagnostics,
            ) from exc
        except ProcessExitedError as exc:
            raise LaunchError(f"the app-server did not start: {exc}", stderr_tail=exc.stderr_tail) from exc
        except ClientClosedError:
            raise
        except TransportClosedError as exc:
            raise LaunchError(f"no handshake: {exc}") from exc
        except JsonRpcError as exc:
            raise HandshakeError(
                f"the app-server refused the handshake: {exc}", stderr_tail=self.diagnostics
            ) from exc

    def _refuse_if_closing(self) -> None:
        if self._owner.is_closing:
            raise ClientClosedError("this client was closed while it started")

    # --- sending ---

    def hold(self) -> None:
        """Gather what is sent from now on, until `release`, so that it goes out together."""
        if self._transport is not None:
            self._transport.hold()

    def release(self) -> None:
        """Send what was gathered."""
        if self._transport is not None:
            self._transport.release()

    def send(self, call: Call) -> bool:
        """Send a request, now or when the connection is there again; False when it is gone."""
        if not self._is_back and call.method != "initialize":
            self._calls.append(call)
            return True
        if self._connection is None:
            return False
        self._connection.send(call)
        return True

    @property
    def may_write_ahead(self) -> bool:
        """Whether `write_ahead` can be tried."""
        return self._is_open and self._observe is None and isinstance(self._transport, ServerProcess)

    def write_ahead(self, call: Call, note: Callable[[], bool]) -> bool:
        """Write a request on another OS thread than that of the loop; False where that cannot be.

        Args:
            call: The request. `was_written` is to be called for it, before anything else is read.
            note: Called just before it is written; returns False to have nothing written after all.
        """
        transport, connection = self._transport, self._connection
        return (
            self.may_write_ahead
            and connection is not None
            and isinstance(transport, ServerProcess)
            and connection.may_be_written(call)
            and transport.write_ahead(call.line, note)
        )

    def is_patient(self, call: Call) -> bool:
        """Whether there is time for `was_written` until something happens; for who has called `write_ahead`."""
        return (
            self._connection is not None
            and self._connection.has_deadline_for(call)
            and isinstance(self._transport, ServerProcess)
            and not self._transport.has_rest
        )

    def was_written(self, call: Call, late_s: float) -> bool:
        """Note what `write_ahead` has written, `late_s` seconds ago; False when the server is gone."""
        if self._connection is None:
            return False
        self._connection.was_written(call, late_s)
        if isinstance(self._transport, ServerProcess):
            self._transport.finish_ahead()
        return True

    def withdraw(self, call: Call) -> None:
        """Forget a request that has not been written yet; nobody waits for it."""
        if call in self._calls:
            self._calls.remove(call)
            call.on_error(withdrawn)
        elif self._connection is not None:
            self._connection.withdraw(call)

    def send_now(self, call: Call) -> None:
        """Send a request before those that wait, for what must come first after connecting again."""
        if self._is_connecting or self._connection is None:
            call.on_error(lambda: ConnectionLostError("the connection was lost again"))
        else:
            self._connection.send(call)

    def answer(self, request_id: str | int, result: JsonObject) -> None:
        """Answer a request of the server, now or when the connection is there again."""
        if not self._is_back:
            self._answers[request_id] = partial(self.answer, request_id, result)
        elif self._connection is not None:
            self._connection.answer(request_id, result)

    def refuse(self, request_id: str | int, code: int, message: str) -> None:
        """Answer a request of the server with an error, likewise."""
        if not self._is_back:
            self._answers[request_id] = partial(self.refuse, request_id, code, message)
        elif self._connection is not None:
            self._connection.refuse(request_id, code, message)

    def fail_all(self, make_error: Callable[[], BaseException]) -> None:
        """End every request with an error, those that wait here included."""
        calls, self._calls = self._calls, []
        self._answers.clear()
        self._is_back = True
        if self._connection is not None:
            self._connection.fail_all(make_error)
        for call in calls:
            call.on_error(make_error)

    # --- what comes in, and the end ---

    def _on_output(self, chunk: bytes) -> None:
        if self._connection is not None:
            self._owner.catch_up()
            self.hold()
            try:
                self._connection.feed(chunk)
            finally:
                self.release()
            self._owner.flush()

    def _on_room(self) -> None:
        if self._connection is not None:
            self._connection.pump()

    def _on_end(self) -> None:
        transport, connection = self._transport, self._connection
        if transport is None:
            return
        self._owner.catch_up()
        error = transport.end_error(0 if connection is None else connection.finish())
        now = asyncio.get_running_loop().time()
        if self._is_connecting:
            # The attempt ends with that.
            self._fail_requests(error)
        elif (
            not self._is_open
            or not transport.may_return
            or self._owner.is_closing
            or self._config.reconnect_timeout_s <= 0
            or (not self._is_back and now >= self._deadline)
        ):
            self._owner.on_end(error)
        else:
            self._lost(error, now)

    def _lost(self, error: BaseException, now: float) -> None:
        _log.warning(
            "the connection to the app-server was lost, connecting again: %s",
            without_secrets(error),
            extra=about(),
        )
        if self._is_back:
            self._deadline = now + self._config.reconnect_timeout_s
            if now - self._back_since > _MAX_DELAY_S:
                self._delay_s = 0.0
        self.losses += 1
        # Whatever waits for one of them asks again.
        self._answers.clear()
        self._is_back, self._is_connecting = False, True
        if self._connection is not None:
            self._calls[:0] = self._connection.take_unsent()
        self._fail_requests(error)
        self._reconnecting = asyncio.get_running_loop().create_task(self._reconnect(error))
        self._reconnecting.add_done_callback(partial(self._check, error))

    def _check(self, lost: BaseException, task: asyncio.Task[None]) -> None:
        bug = None if task.cancelled() else task.exception()
        if bug is not None:
            # Otherwise everything would wait for ever.
            _log.error("connecting again broke", exc_info=bug, extra=about())
            self._owner.on_end(_given_up(lost, bug))

    def _fail_requests(self, error: BaseException) -> None:
        # Whether the server carried them out is not known, so they are not sent again.
        if self._connection is not None:
            self._connection.fail_all(partial(_and, error, "it is not known what became of the request"))
        self._owner.flush()

    async def _reconnect(self, lost: BaseException) -> None:
        loop = asyncio.get_running_loop()
        # Not only by being cancelled: before Python 3.12, `wait_for` drops that when an attempt fails at that moment.
        while not self._stop.is_set():
            left_s = self._deadline - loop.time()
            if self._delay_s:
                delay_s = self._delay_s * random.uniform(0.5, 1.5)  # noqa: S311 - it only spreads the load
                await asyncio.sleep(max(0.0, min(delay_s, left_s)))
            self._delay_s = min(_MAX_DELAY_S, 2 * self._delay_s) or _FIRST_DELAY_S
            await self._drop()
            try:
                await asyncio.wait_for(self._connect(), max(_MIN_ATTEMPT_S, self._deadline - loop.time()))
            except (AuthError, ClientClosedError) as exc:
                self._owner.on_end(_given_up(lost, exc))
                return
            except (AppServerError, asyncio.TimeoutError) as exc:
                if loop.time() >= self._deadline or not self._may_return:
                    self._owner.on_end(_given_up(lost, exc))
                    return
                why = without_secrets(repr(exc))
                _log.info("the app-server cannot be reached yet: %s", why, extra=about())
            else:
                break
        if self._stop.is_set():
            return
        self._is_connecting = False
        self._owner.on_back(partial(self._resumed, self.losses))
        self._owner.flush()

    def _resumed(self, losses: int) -> None:
        if losses != self.losses or self._is_back:
            # Lost again in the meantime, or ended.
            return
        self._is_back = True
        self._back_since = asyncio.get_running_loop().time()
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            answer()
        calls, self._calls = self._calls, []
        for call in calls:
            self.send(call)


def _given_up(lost: BaseException, why: BaseException) -> BaseException:
    """Return how the connection was lost, with the reason why there is no other."""
    return _and(lost, f"connecting again failed: {str(why) or 'no answer in time'}")


def _and(error: BaseException, more: str) -> BaseException:
    """Return the same error with more in its message: a transport may have a class of its own for it."""
    fresh = copy_error(error)
    fresh.args = (f"{error}; {more}", *fresh.args[1:])
    return fresh


async def _unless_stopped(opening: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """Wait for a transport to open, which may take long; break it off when the engine is to stop."""
    opened, stopped = asyncio.ensure_future(opening), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({opened, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        if not opened.done():
            opened.cancel()
            await asyncio.wait({opened})
        # Looked at also when this is cancelled: the loop would complain of an error that nobody has seen.
        failure = None if opened.cancelled() else opened.exception()
    if failure is not None:
        raise failure
