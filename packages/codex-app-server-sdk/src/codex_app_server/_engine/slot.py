"""EngineSlot: the engine that a client uses now; another one after a restart."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from codex_app_server._engine.counting import Ledger
from codex_app_server._engine.engine import Engine
from codex_app_server._engine.setup import TurnSetup
from codex_app_server.errors import ClientClosedError

if TYPE_CHECKING:
    from codex_app_server.config import AppServerConfig
    from codex_app_server.observe import MessageHook, TraceContext

__all__ = ["EngineSlot"]


class EngineSlot:
    """What the faces of one client share: its engine, and how to make the next one.

    Args:
        config: How to launch the server.
        setup: Who answers questions where neither thread nor turn says so.
        message_hook: Gets every message.
        trace_context: Gives the trace context of the caller; None is that of OpenTelemetry, if it is used.
        engine: An engine that exists already, and that somebody else closes and replaces.
    """

    def __init__(
        self,
        config: AppServerConfig,
        *,
        setup: TurnSetup | None = None,
        message_hook: MessageHook | None = None,
        trace_context: TraceContext | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.config = config
        self._hook = message_hook
        self._trace_context = trace_context
        self._lock = threading.Lock()
        self._is_closed = False
        self._is_borrowed = engine is not None
        self.setup = engine.desk.setup if engine is not None else setup or TurnSetup()
        self.ledger = Ledger() if engine is None else engine.ledger
        self.engine = engine or self._make()

    def _make(self) -> Engine:
        engine = Engine(self.config)
        engine.desk.setup = self.setup
        engine.ledger = self.ledger
        engine.message_hook = self._hook
        if self._trace_context is not None:
            engine.trace_context = self._trace_context
        return engine

    def current(self) -> Engine:
        """Return the engine to use: a new one where the last one broke and the configuration wants that."""
        engine = self.engine
        if engine.is_usable or self._is_borrowed or not self.config.restart_on_use:
            return engine
        self.replace(engine)
        return self.engine

    def started(self) -> Engine:
        """Return the engine to use, with a server that runs; blocks until it does."""
        engine = self.current()
        engine.start().wait()
        return engine

    async def astarted(self) -> Engine:
        """As `started`, without blocking."""
        engine = self.current()
        await engine.start().wait_async()
        return engine

    def replace(self, old: Engine) -> None:
        """Put a new engine in the place of `old`, once, however many ask; it is started by its first use.

        Raises:
            ClientClosedError: The client was closed, or is not the one that launched the server.
        """
        with self._lock:
            if self._is_closed or self._is_borrowed:
                raise ClientClosedError(
                    "this client was closed, or shares the server of somebody who restarts it"
                )
            if self.engine is old:
                self.engine = self._make()

    def close(self) -> Engine:
        """Let no further engine be made; return the one to close."""
        with self._lock:
            self._is_closed = True
            return self.engine
