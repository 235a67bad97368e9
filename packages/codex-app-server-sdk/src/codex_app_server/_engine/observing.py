"""The seam for who observes turns from their start to their end: tracing, of which the engine knows nothing more.

There is one observer for the process, and mostly none. It guards itself: what it is told never comes back as an error.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from codex_app_server.observe import wire_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Context

    from codex_app_server._engine.state import TurnStart
    from codex_app_server.config import AppServerConfig
    from codex_app_server.events import Event, SubAgentEvent
    from codex_app_server.json_types import JsonObject
    from codex_app_server.observe import TraceContext
    from codex_app_server.questions import Question

__all__ = [
    "Observer",
    "TurnObserver",
    "begin",
    "launch_context",
    "launch_environment",
    "observe_with",
    "started_nothing",
]

# The trace context of whoever has the server started; set in the context of the engine's OS thread.
_launch_trace: ContextVar[Mapping[str, str] | None] = ContextVar(
    "codex_app_server_launch_trace", default=None
)


class TurnObserver(Protocol):
    """Observes one turn. It is told everything on the engine's OS thread, and must be quick."""

    def event(self, event: Event, model: str | None) -> None:
        """Take an event, before any reader can see it; deltas of messages are left out.

        Args:
            event: What happened.
            model: The model that the turn runs with now.
        """
        ...

    def sub_agent_event(self, event: SubAgentEvent) -> None:
        """Take an event of somebody who works for the turn."""
        ...

    def entering(self, question: Question) -> Callable[[], object]:
        """Return what prepares the context in which a function of the user answers a question."""
        ...

    def failed(self, make_error: Callable[[], BaseException]) -> None:
        """The turn has ended without a `TurnFinished`, or was never started."""
        ...


class Observer(Protocol):
    """Observes all turns of the process that are started here."""

    def turn_starting(
        self, method: str, params: JsonObject, model: str | None, read_trace: TraceContext
    ) -> tuple[TurnObserver | None, dict[str, str] | None]:
        """A turn is about to be started, by whoever calls this; return who observes it and its trace context.

        Args:
            method: The request.
            params: Its params.
            model: The model of the thread, where it is known.
            read_trace: Reads the trace context of whoever calls it.
        """
        ...


_observer: Observer | None = None


def observe_with(observer: Observer | None) -> None:
    """Have the turns that are started from now on observed; None ends that."""
    global _observer  # noqa: PLW0603 - one for all clients of the process, those that exist too
    _observer = observer


def begin(start: TurnStart, trace_context: TraceContext) -> None:
    """A turn is about to be started; this runs in the context of whoever starts it."""

    def read_trace() -> dict[str, str] | None:
        return wire_trace(trace_context)

    if _observer is None:
        start.trace = read_trace()
        return
    turn, start.trace = _observer.turn_starting(start.method, start.params, start.thread.model, read_trace)
    if turn is not None:
        start.setup = start.setup.observed_by(turn)


def launch_context(base: Context, trace_context: TraceContext) -> Context:
    """Return the context for the engine's OS thread; this runs in the context of whoever has the server started."""
    context = base.copy()
    trace = wire_trace(trace_context)
    if trace is not None:
        context.run(_launch_trace.set, trace)
    return context


def launch_environment(config: AppServerConfig) -> dict[str, str]:
    """Return the environment of a server: with the trace context, unless the configuration gives one."""
    trace = _launch_trace.get() or {}
    told = {name.upper(): value for name, value in trace.items() if name.upper() not in config.env}
    return {**config.environment(), **told}


def started_nothing(start: TurnStart, make_error: Callable[[], BaseException]) -> None:
    """A start came to nothing."""
    if start.setup.observer is not None:
        start.setup.observer.failed(make_error)
