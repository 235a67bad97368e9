"""ForeignTransport: a transport that another package brought, so that nothing that it does can harm the engine.

It brings what it is told on other OS threads, or while it writes, to the engine's loop in a callback of its own, and makes
one end of every fault of the transport.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from codex_app_server._engine.wakeups import copy_error
from codex_app_server._logs import about
from codex_app_server.errors import AppServerError, LaunchError, TransportClosedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import ParamSpec

    from codex_app_server.config import AppServerConfig
    from codex_app_server.transport import Connector, Transport

    P = ParamSpec("P")

__all__ = ["ForeignTransport"]

_log = logging.getLogger("codex_app_server")

# What the bounded waits of `stop` may take beyond the grace that it was given.
_STOP_S = 5.0


class ForeignTransport:
    """A transport of a connector.

    Args:
        config: The configuration, with the connector.
        connector: Makes the transport.
        on_output: Called with what the server sends.
        on_end: Called once, when it has ended.
        on_room: Called when it takes data again.

    Raises:
        LaunchError: The connector made none.
    """

    def __init__(
        self,
        config: AppServerConfig,
        connector: Connector,
        *,
        on_output: Callable[[bytes], None],
        on_end: Callable[[], None],
        on_room: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._os_thread = threading.get_ident()
        self._start_timeout_s = config.start_timeout_s
        self._on_output = on_output
        self._on_end = on_end
        self._on_room = on_room
        self._fault: Exception | None = None
        self._has_ended = False
        self._is_stopped = False
        self._is_telling = False
        # What was told where it could not be taken at once, in its order.
        self._brought: deque[Callable[[], None]] = deque()
        # Not that of whoever tells it, which would stay with what follows from it.
        self._context = contextvars.Context()
        try:
            self._transport: Transport = connector(
                config, on_output=self._received, on_end=self._ended, on_room=self._has_room
            )
        except AppServerError:
            raise
        except Exception as exc:
            _log.exception("the connector failed", extra=about())
            raise LaunchError(f"the connector made no transport: {exc!r}") from exc

    @property
    def pid(self) -> int | None:
        """Process id of the server, if the transport knows it."""
        return self._transport.pid

    @property
    def is_full(self) -> bool:
        """Whether the server does not read what was written to it."""
        return self._transport.is_full

    @property
    def may_return(self) -> bool:
        """Whether it makes sense to connect again; not after a fault of the transport itself."""
        return self._fault is None and self._transport.may_return

    @property
    def diagnostics(self) -> str:
        """The last words of the server; may be empty."""
        return self._transport.diagnostics

    async def open(self) -> None:
        """Open it.

        Raises:
            LaunchError: That failed, or took longer than `start_timeout_s`.
        """
        try:
            await asyncio.wait_for(self._transport.open(), self._start_timeout_s)
        except AppServerError:
            raise
        except asyncio.TimeoutError as exc:
            raise LaunchError(
                f"the transport of the connector was not open within {self._start_timeout_s:g} s"
            ) from exc
        except Exception as exc:
            _log.exception("a transport could not be opened", extra=about())
            raise LaunchError(f"the transport of the connector could not be opened: {exc!r}") from exc

    def write(self, data: bytes) -> None:
        """Queue one message."""
        self._tell(self._transport.write, data)

    def hold(self) -> None:
        """Gather what is written from now on."""
        self._tell(self._transport.hold)

    def release(self) -> None:
        """Send what was gathered."""
        self._tell(self._transport.release)

    def _tell(self, tell: Callable[P, None], *args: P.args, **options: P.kwargs) -> None:
        if self._has_ended:
            return
        self._is_telling = True
        try:
            tell(*args, **options)
        except Exception as exc:
            self._broke(exc)
        finally:
            self._is_telling = False

    async def stop(self, grace_s: float) -> None:
        """Have everything given back."""
        if self._is_stopped:
            return
        # What a transport still brings must not be taken for what the next one does.
        self._is_stopped = self._has_ended = True
        try:
            await asyncio.wait_for(self._transport.stop(grace_s), grace_s + _STOP_S)
        except asyncio.TimeoutError:
            _log.warning("a transport did not stop in time and was left: %r", self._transport, extra=about())
        except Exception:
            _log.exception("a transport could not be stopped", extra=about())

    def end_error(self, unfinished_bytes: int) -> TransportClosedError:
        """Return why it ended."""
        if self._fault is not None:
            error = TransportClosedError(f"the transport to the app-server broke: {self._fault!r}")
            error.__cause__ = self._fault
            return error
        try:
            error = self._transport.end_error(unfinished_bytes)
        except Exception as exc:
            _log.exception("a transport could not tell why it ended", extra=about())
            return TransportClosedError(
                f"the transport to the app-server ended, and cannot tell why: {exc!r}"
            )
        try:
            # Whoever waits gets a copy, which a class of somebody else's may not bear.
            copied = copy_error(error)
        except Exception:
            _log.exception(
                "the error of a transport cannot be copied: give its parameters defaults", extra=about()
            )
            copied = None
        if isinstance(copied, TransportClosedError):
            return error
        return TransportClosedError(f"the transport to the app-server ended: {error!r}")

    def _broke(self, fault: Exception) -> None:
        _log.error("a transport broke", exc_info=fault, extra=about())
        if self._fault is None:
            self._fault = fault
            self._bring(self._end)

    # --- what the transport says ---

    def _received(self, data: bytes) -> None:
        if not isinstance(cast("object", data), bytes):
            raise TypeError(f"on_output takes bytes, not {type(data).__name__!r}")
        self._take(partial(self._read, data))

    def _ended(self) -> None:
        self._take(self._end)

    def _has_room(self) -> None:
        self._take(self._go_on)

    def _take(self, told: Callable[[], None]) -> None:
        # Who writes is in the midst of something, so what is told meanwhile has to wait too.
        if threading.get_ident() != self._os_thread or self._is_telling or self._brought:
            self._bring(told)
        else:
            told()

    def _bring(self, told: Callable[[], None]) -> None:
        self._brought.append(told)
        # The loop is closed when the client is: nobody is there any more to be told.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take_brought, context=self._context)

    def _take_brought(self) -> None:
        while self._brought:
            self._brought.popleft()()

    def _read(self, data: bytes) -> None:
        if not self._has_ended:
            self._on_output(data)

    def _go_on(self) -> None:
        if not self._has_ended:
            self._on_room()

    def _end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._on_end()
