"""TurnTracing: the observer of the engine that makes spans and measurements of turns."""

from __future__ import annotations

import contextvars
from functools import partial
from typing import TYPE_CHECKING

from opentelemetry import context as otel_context

from codex_app_server.errors import AppServerError, TurnInterruptedError
from codex_app_server.events import TurnFinished, TurnStarted
from codex_app_server.observe import spans_elsewhere
from codex_app_server.otel import _names as names
from codex_app_server.otel._agent import AgentSpans
from codex_app_server.otel._content import input_messages, input_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.events import Event, SubAgentEvent
    from codex_app_server.json_types import JsonObject
    from codex_app_server.observe import TraceContext
    from codex_app_server.otel._kit import Attributes, Kit
    from codex_app_server.questions import Question

__all__ = ["TurnTracing"]


class TurnTracing:
    """Makes the spans of all turns that are started in this process.

    Args:
        kit: What they are made with.
    """

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def turn_starting(
        self, method: str, params: JsonObject, model: str | None, read_trace: TraceContext
    ) -> tuple[_TracedTurn | None, dict[str, str] | None]:
        """Begin the span of a turn in the context of whoever starts it, and return what the server is told of it."""
        turn: _TracedTurn | None = None
        if "turn" not in spans_elsewhere.get():
            with self._kit.guard("the start of a span"):
                turn = self._begin(method, params, model)
        if turn is None:
            return None, _plain(read_trace)
        trace: dict[str, str] | None = None
        with self._kit.guard("the propagation of the trace context"):
            trace = contextvars.copy_context().run(turn.read, read_trace)
        return turn, trace

    def _begin(self, method: str, params: JsonObject, model: str | None) -> _TracedTurn:
        asked = params.get("model")
        model = asked if isinstance(asked, str) else model
        details: Attributes = {}
        if method != "turn/start":
            details[names.TURN_METHOD] = method
        if params.get("outputSchema") is not None:
            details[names.OUTPUT_TYPE] = "json"
        if self._kit.has_content:
            details[names.INPUT_MESSAGES] = input_messages(params)
            if self._kit.has_openinference:
                details[names.OI_INPUT] = input_text(params)
        thread_id = str(params.get("threadId"))
        parent = otel_context.get_current()
        return _TracedTurn(
            self._kit,
            AgentSpans(
                self._kit,
                "codex",
                parent,
                thread_id,
                model=model,
                details=details,
                untold=spans_elsewhere.get(),
            ),
        )


def _plain(read_trace: TraceContext) -> dict[str, str] | None:
    found = read_trace()
    return None if found is None else dict(found)


class _TracedTurn:
    """One turn, with the sub-agents that work for it.

    Args:
        kit: What the spans are made with.
        agent: The spans of the turn itself.
    """

    def __init__(self, kit: Kit, agent: AgentSpans) -> None:
        self._kit = kit
        self._agent = agent
        # By their turns.
        self._sub_agents: dict[str, AgentSpans] = {}

    def read(self, read_trace: TraceContext) -> dict[str, str] | None:
        """Read the trace context that has the span of this turn."""
        otel_context.attach(self._agent.context)
        return _plain(read_trace)

    def event(self, event: Event, model: str | None) -> None:
        """Take an event of the turn."""
        if type(event) is TurnFinished:
            self._end_sub_agents(None if event.result.status == "completed" else "interrupted")
        self._agent.event(event, model)

    def sub_agent_event(self, event: SubAgentEvent) -> None:
        """Take an event of a sub-agent."""
        told = event.event
        if type(told) is TurnStarted:
            with self._kit.guard("a span of a sub-agent"):
                self._sub_agents[told.turn_id] = AgentSpans(
                    self._kit, "sub_agent", self._agent.context, told.thread_id
                )
        agent = self._sub_agents.get(told.turn_id)
        if agent is not None:
            agent.event(told, None)
            if type(told) is TurnFinished:
                del self._sub_agents[told.turn_id]

    def _end_sub_agents(self, error_type: str | None) -> None:
        # They may work on, but nothing of that is told any more.
        for agent in self._sub_agents.values():
            agent.end(error_type)
        self._sub_agents.clear()

    def entering(self, question: Question) -> Callable[[], object]:
        """Return what makes the span of a tool or an approval the current one, where its function runs."""
        agent = self._sub_agents.get(question.turn_id or "", self._agent)
        return partial(self._enter, agent, question)

    def _enter(self, agent: AgentSpans, question: Question) -> None:
        with self._kit.guard("the context of a function"):
            otel_context.attach(agent.context_of(question))

    def failed(self, make_error: Callable[[], BaseException]) -> None:
        """The turn has ended without the server."""
        error: BaseException | None = None
        with self._kit.guard("the error of a turn"):
            error = make_error()
        error_type = type(error).__name__ if isinstance(error, AppServerError) else "_OTHER"
        if isinstance(error, TurnInterruptedError):
            error_type = "interrupted"
        self._end_sub_agents(error_type)
        self._agent.end(error_type, None if error is None else str(error))
