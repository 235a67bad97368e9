"""The spans of one turn: `invoke_agent`, and below it responses, tools, approvals and sub-agents."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

from codex_app_server.events import (
    ApprovalRequested,
    ApprovalResolved,
    ElicitationRequested,
    MessageFinished,
    MessageStarted,
    OtherEvent,
    ReasoningFinished,
    ResponseFinished,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
    Usage,
    UsageUpdated,
    UserInputRequested,
)
from codex_app_server.otel import _names as names
from codex_app_server.otel._content import as_json, output_messages
from codex_app_server.otel._kit import shared_attributes, usage_attributes
from codex_app_server.otel._responses import Responses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    from codex_app_server.events import Event
    from codex_app_server.otel._kit import Attributes, Kit
    from codex_app_server.questions import Question

__all__ = ["AgentSpans"]


@dataclass(slots=True)
class _Open:
    """A span that has not ended, and the context in which it is the current one."""

    span: Span
    context: Context
    start_ns: int
    attributes: Attributes


class AgentSpans:
    """The spans of one turn of an agent.

    Args:
        kit: Makes the spans.
        agent_name: The name of the agent.
        parent: The context of whoever started the turn.
        thread_id: The thread.
        model: The model, where it is known.
        details: Further attributes, for samplers too.
        untold: Kinds of tools whose spans are made by somebody else.

    Attributes:
        context: The parent context, with the span of the turn as the current one.
    """

    def __init__(
        self,
        kit: Kit,
        agent_name: str,
        parent: Context,
        thread_id: str,
        *,
        model: str | None = None,
        details: Attributes | None = None,
        untold: frozenset[str] = frozenset(),
    ) -> None:
        self._kit = kit
        self._base = parent
        self._untold = untold
        self._start_ns = now_ns = time.time_ns()
        self._attributes = {**shared_attributes("invoke_agent", model), names.AGENT_NAME: agent_name}
        about: Attributes = {**self._attributes, names.CONVERSATION_ID: thread_id, **(details or {})}
        if kit.has_openinference:
            about |= {names.OI_KIND: "AGENT", names.OI_SESSION: thread_id, names.OI_AGENT: agent_name}
        self._span = kit.tracer.start_span(
            f"invoke_agent {agent_name}", parent, SpanKind.CLIENT, about, start_time=now_ns
        )
        self.context = set_span_in_context(self._span, parent)
        self._responses = Responses(kit, self.context, thread_id, model, now_ns)
        self._is_started = False
        self._first_ns: int | None = None
        self._tools: dict[str, _Open] = {}
        # By the id of their request, as text.
        self._waits: dict[str, tuple[_Open, Question]] = {}
        self._usage = Usage()
        self._has_ended = False

    # --- what happens ---

    def event(self, event: Event, model: str | None) -> None:
        """Take an event."""
        take = self._takers.get(type(event))
        # Deltas are most of all events, and none of these.
        if take is not None and not self._has_ended:
            if model is not None:
                self._responses.model = model
            with self._kit.guard(f"a span for {event.kind!r}"):
                take(self, event, time.time_ns())

    def _turn_started(self, event: TurnStarted, now_ns: int) -> None:
        self._span.set_attribute(names.TURN_ID, event.turn_id)
        self._is_started = True
        self._responses.turn_started(now_ns)

    def _showed(self, now_ns: int) -> None:
        if self._first_ns is None:
            self._first_ns = now_ns
        self._responses.showed(now_ns)

    def _message_started(self, _: MessageStarted, now_ns: int) -> None:
        self._showed(now_ns)

    def _message_finished(self, event: MessageFinished, now_ns: int) -> None:
        self._showed(now_ns)
        self._responses.said(event.text, now_ns)

    def _reasoning_finished(self, _: ReasoningFinished, now_ns: int) -> None:
        self._showed(now_ns)
        self._responses.thought(now_ns)

    def _other(self, event: OtherEvent, now_ns: int) -> None:
        if event.method == "item/started":
            item: object = event.raw.get("item")
            if isinstance(item, dict) and cast("dict[str, object]", item).get("type") == "reasoning":
                self._showed(now_ns)

    def _response_finished(self, event: ResponseFinished, now_ns: int) -> None:
        self._showed(now_ns)
        self._responses.completed(event.response_id, now_ns)

    def _used(self, event: UsageUpdated, now_ns: int) -> None:
        self._usage = self._usage + event.last
        self._responses.used(event.last, event.total, now_ns)

    # --- tools ---

    def _tool_started(self, event: ToolStarted, now_ns: int) -> None:
        self._showed(now_ns)
        self._responses.called(event.item_id, event.name, event.arguments, now_ns)
        if event.tool_kind in self._untold:
            return
        attributes: Attributes = {names.OPERATION: "execute_tool", names.TOOL_NAME: event.name}
        about: Attributes = {
            **attributes,
            names.TOOL_TYPE: "function" if event.tool_kind == "function" else "extension",
            names.TOOL_CALL_ID: event.item_id,
            names.TOOL_KIND: event.tool_kind,
        }
        arguments = as_json(event.arguments) if self._kit.has_content else None
        if arguments is not None:
            about[names.TOOL_ARGUMENTS] = arguments
        if self._kit.has_openinference:
            about |= {names.OI_KIND: "TOOL", names.OI_TOOL: event.name, names.OI_TOOL_ID: event.item_id}
            if arguments is not None:
                about[names.OI_INPUT] = arguments
        self._end_tool(event.item_id, None, now_ns)
        self._tools[event.item_id] = self._open(f"execute_tool {event.name}", attributes, about, now_ns)

    def _open(
        self, name: str, attributes: Attributes, about: Attributes, now_ns: int, parent: Context | None = None
    ) -> _Open:
        below = self.context if parent is None else parent
        span = self._kit.tracer.start_span(name, below, SpanKind.INTERNAL, about, start_time=now_ns)
        return _Open(span, set_span_in_context(span, self._base), now_ns, attributes)

    def _tool_finished(self, event: ToolFinished, now_ns: int) -> None:
        tool = self._tools.get(event.item_id)
        if tool is None:
            return
        error_type = (event.status if event.status != "completed" else "failed") if event.is_error else None
        try:
            tool.span.set_attribute(names.TOOL_STATUS, event.status)
            if event.exit_code is not None:
                tool.span.set_attribute(names.EXIT_CODE, event.exit_code)
            if self._kit.has_content:
                tool.span.set_attribute(names.TOOL_RESULT, event.output)
                if self._kit.has_openinference:
                    tool.span.set_attribute(names.OI_OUTPUT, event.output)
        finally:
            self._end_tool(event.item_id, error_type, now_ns)

    def _end_tool(self, item_id: str, error_type: str | None, now_ns: int) -> None:
        tool = self._tools.pop(item_id, None)
        if tool is not None:
            self._end(tool, error_type, now_ns)
            self._kit.measure(tool.attributes, tool.start_ns, now_ns, error_type)

    def _end(self, opened: _Open, error_type: str | None, now_ns: int) -> None:
        if error_type is not None:
            with self._kit.guard("the status of a span"):
                opened.span.set_attribute(names.ERROR_TYPE, error_type)
                opened.span.set_status(Status(StatusCode.ERROR))
        self._kit.end(opened.span, now_ns)

    # --- questions ---

    def _asked(
        self, event: ApprovalRequested | UserInputRequested | ElicitationRequested, now_ns: int
    ) -> None:
        question = event.request
        kind = event.request.approval_kind if isinstance(event, ApprovalRequested) else "user_input"
        if isinstance(event, ElicitationRequested):
            kind = "elicitation"
        about: Attributes = {names.APPROVAL_KIND: kind}
        # Below the tool that waits for it.
        tool = self._tools.get(question.item_id or "")
        parent = None if tool is None else set_span_in_context(tool.span, self._base)
        name = "wait_for_approval" if isinstance(event, ApprovalRequested) else "wait_for_user"
        self._waits[_key(question)] = (self._open(name, {}, about, now_ns, parent), question)

    def _resolved(self, event: ApprovalResolved, now_ns: int) -> None:
        self._end_wait(str(event.request_id), now_ns)

    def _end_wait(self, key: str, now_ns: int) -> None:
        wait, question = self._waits.pop(key, (None, None))
        if wait is None:
            return
        decision: object = getattr(question, "decision", None)
        if decision is not None:
            with self._kit.guard("the decision of an approval"):
                # What is granted may name paths and commands; its kind does not.
                told = decision if isinstance(decision, str) else type(decision).__name__
                wait.span.set_attribute(names.APPROVAL_DECISION, told)
        self._end(wait, None, now_ns)

    def context_of(self, question: Question) -> Context:
        """Return the context in which a function of the user answers a question."""
        wait, _ = self._waits.get(_key(question), (None, None))
        opened = wait or self._tools.get(question.item_id or "")
        return self.context if opened is None else opened.context

    # --- the end ---

    def _finished(self, event: TurnFinished, now_ns: int) -> None:
        result = event.result
        error_type = message = None
        if result.status == "interrupted":
            error_type = "interrupted"
        elif result.status != "completed":
            error_type = result.error.code if result.error is not None else None
            error_type = error_type or "failed"
            message = result.error.message if result.error is not None else None
        if self._kit.has_content:
            with self._kit.guard("the content of a turn"):
                finish = _finish_reason(error_type)
                said = output_messages([result.text], [], finish)
                self._span.set_attribute(names.OUTPUT_MESSAGES, said)
                if self._kit.has_openinference:
                    self._span.set_attribute(names.OI_OUTPUT, result.text)
        self.end(error_type, message, now_ns)

    def end(self, error_type: str | None, message: str | None = None, now_ns: int | None = None) -> None:
        """End everything that is open, and the turn.

        Args:
            error_type: Why it ended, if not well.
            message: The reason in words; only where content is wanted, since it may repeat some.
            now_ns: When.
        """
        if self._has_ended:
            return
        self._has_ended = True
        end_ns = time.time_ns() if now_ns is None else now_ns
        with self._kit.guard("the spans of what a turn leaves open"):
            is_at_model = self._is_started and not self._tools and not self._waits
            for key in list(self._waits):
                self._end_wait(key, end_ns)
            for item_id, tool in list(self._tools.items()):
                # A command may go on in the background; a turn that was cut off says nothing of its tools.
                with self._kit.guard("the status of a tool"):
                    tool.span.set_attribute(names.TOOL_STATUS, "inProgress")
                self._end_tool(item_id, error_type, end_ns)
            self._responses.end(error_type, end_ns, is_at_model=is_at_model)
        with self._kit.guard("the attributes of a turn"):
            self._span.set_attributes(self._outcome(error_type))
            if error_type is not None:
                told = message if self._kit.has_content else None
                self._span.set_status(Status(StatusCode.ERROR, told))
        self._kit.end(self._span, end_ns)
        self._kit.measure(self._attributes, self._start_ns, end_ns, error_type)

    def _outcome(self, error_type: str | None) -> Attributes:
        outcome = usage_attributes(self._usage, has_openinference=False)
        outcome[names.FINISH_REASONS] = (_finish_reason(error_type),)
        model = self._responses.model
        if model is not None:
            outcome[names.RESPONSE_MODEL] = model
        if self._first_ns is not None:
            outcome[names.FIRST_CHUNK] = max(0.0, (self._first_ns - self._start_ns) / 1e9)
        if error_type is not None:
            outcome[names.ERROR_TYPE] = error_type
        return outcome

    _takers: ClassVar[Mapping[type, Callable[..., None]]] = {
        TurnStarted: _turn_started,
        MessageStarted: _message_started,
        MessageFinished: _message_finished,
        ReasoningFinished: _reasoning_finished,
        ResponseFinished: _response_finished,
        ToolStarted: _tool_started,
        ToolFinished: _tool_finished,
        UsageUpdated: _used,
        ApprovalRequested: _asked,
        UserInputRequested: _asked,
        ElicitationRequested: _asked,
        ApprovalResolved: _resolved,
        TurnFinished: _finished,
        OtherEvent: _other,
    }


def _finish_reason(error_type: str | None) -> str:
    if error_type is None:
        return "stop"
    return "interrupted" if error_type == "interrupted" else "error"


def _key(question: Question) -> str:
    # The id of a question ends with that of its request.
    return question.id.rpartition(":")[2]
