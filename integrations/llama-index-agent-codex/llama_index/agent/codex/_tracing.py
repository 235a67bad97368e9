"""What tracers are told of a step: instrumentation events and spans, and the callbacks of the older manager.

All of it is told from the task of the step, whose context variables say which run it belongs to.
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import json
import uuid
from typing import TYPE_CHECKING, Any

from llama_index.core.callbacks import CBEventType, EventPayload
from llama_index.core.callbacks.base import global_stack_trace
from llama_index.core.callbacks.schema import BASE_TRACE_EVENT
from llama_index.core.instrumentation.events.agent import (
    AgentRunStepEndEvent,
    AgentRunStepStartEvent,
    AgentToolCallEvent,
)
from llama_index.core.instrumentation.events.exception import ExceptionEvent
from llama_index.core.instrumentation.events.llm import (
    LLMChatEndEvent,
    LLMChatInProgressEvent,
    LLMChatStartEvent,
)
from llama_index.core.llms import ChatMessage, ChatResponse
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.dispatcher import active_instrument_tags
from llama_index_instrumentation.event_handlers import NullEventHandler
from llama_index_instrumentation.span import active_span_id

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.tools import ToolMetadata

__all__ = ["ChatTrace", "ToolTrace", "dispatcher", "traced_step"]

dispatcher = get_dispatcher(__name__)


def _has_listeners() -> bool:
    """Whether anybody listens to events: one for each delta costs more than the delta."""
    node = dispatcher
    while node is not None:
        if any(type(handler) is not NullEventHandler for handler in node.event_handlers):
            return True
        node = node.parent if node.propagate else None
    return False


@contextlib.contextmanager
def traced_step(
    callbacks: CallbackManager, task_id: str | None, messages: Sequence[ChatMessage]
) -> Generator[list[Any]]:
    """Tell of a step; what is put into the list is its output."""
    last = messages[-1].content if messages else None
    dispatcher.event(AgentRunStepStartEvent(task_id=task_id or "", step=None, input=last))
    outputs: list[Any] = []
    with callbacks.as_trace("chat"):
        event_id = callbacks.on_event_start(
            CBEventType.AGENT_STEP, payload={EventPayload.MESSAGES: list(messages)}
        )
        payload: dict[str, Any] = {}
        try:
            yield outputs
            payload = {EventPayload.RESPONSE: outputs[0] if outputs else None}
        except BaseException as exc:
            payload = {EventPayload.EXCEPTION: exc}
            raise
        finally:
            callbacks.on_event_end(CBEventType.AGENT_STEP, payload=payload, event_id=event_id)
    dispatcher.event(AgentRunStepEndEvent(step_output=outputs[0] if outputs else None))


class ChatTrace:
    """One stretch of the model's work, told as a chat with a language model.

    Args:
        callbacks: The older manager.
        messages: What the model got.
        model: Its name.
    """

    def __init__(self, callbacks: CallbackManager, messages: Sequence[ChatMessage], model: str) -> None:
        self._callbacks = callbacks
        self._messages = list(messages)
        self._has_listeners = _has_listeners()
        serialized = {"class_name": "CodexAgent", "model": model}
        if self._has_listeners:
            dispatcher.event(
                LLMChatStartEvent(messages=self._messages, additional_kwargs={}, model_dict=serialized)
            )
        self._event_id = callbacks.on_event_start(
            CBEventType.LLM,
            payload={
                EventPayload.MESSAGES: self._messages,
                EventPayload.ADDITIONAL_KWARGS: {},
                EventPayload.SERIALIZED: serialized,
            },
        )

    def delta(self, text: str, delta: str, *, thinking: str | None = None, raw: object = None) -> None:
        """Tell of a piece of text or of reasoning."""
        if self._has_listeners:
            more = {} if thinking is None else {"thinking_delta": thinking}
            response = ChatResponse(
                message=ChatMessage(role="assistant", content=text),
                delta=delta,
                raw=raw,
                additional_kwargs=more,
            )
            dispatcher.event(LLMChatInProgressEvent(messages=self._messages, response=response))

    def end(self, message: ChatMessage, raw: object) -> None:
        """Tell of the end."""
        response = ChatResponse(message=message, raw=raw)
        self._callbacks.on_event_end(
            CBEventType.LLM,
            payload={EventPayload.MESSAGES: self._messages, EventPayload.RESPONSE: response},
            event_id=self._event_id,
        )
        if self._has_listeners:
            dispatcher.event(LLMChatEndEvent(messages=self._messages, response=response))

    def fail(self, exception: BaseException) -> None:
        """Tell that it failed, or was cancelled."""
        self._callbacks.on_event_end(
            CBEventType.LLM, payload={EventPayload.EXCEPTION: exception}, event_id=self._event_id
        )
        dispatcher.event(ExceptionEvent(exception=exception))


class ToolTrace:
    """One call of a tool, from when the model asks for it.

    Args:
        callbacks: The older manager.
        tool: The tool.
        arguments: What it gets.
        has_span: Whether it gets a span here: what the workflow runs has one already.
    """

    def __init__(
        self,
        callbacks: CallbackManager,
        tool: ToolMetadata,
        arguments: Mapping[str, object],
        *,
        has_span: bool,
    ) -> None:
        self._callbacks = callbacks
        self._span_id = f"{tool.name}-{uuid.uuid4()}" if has_span else None
        self._bound = inspect.Signature().bind()
        text = json.dumps(dict(arguments), default=str)
        if self._span_id is not None:
            dispatcher.span_enter(
                id_=self._span_id,
                bound_args=self._bound,
                parent_id=active_span_id.get(),
                tags=active_instrument_tags.get(),
            )
        event = AgentToolCallEvent(arguments=text, tool=tool)
        event.span_id = self._span_id or event.span_id
        dispatcher.event(event)
        payload: dict[str, Any] = {EventPayload.FUNCTION_CALL: dict(arguments), EventPayload.TOOL: tool}
        # The manager stacks what is open for each task; tools overlap, and end in tasks of later steps.
        self._event_id: str = contextvars.copy_context().run(
            callbacks.on_event_start, CBEventType.FUNCTION_CALL, payload
        )

    def end(self, output: str, result: object = None) -> None:
        """Tell of its result."""
        self._end({EventPayload.FUNCTION_OUTPUT: output})
        if self._span_id is not None:
            dispatcher.span_exit(id_=self._span_id, bound_args=self._bound, result=result)

    def drop(self) -> None:
        """Tell that nobody waits for its result any more."""
        error = RuntimeError("the turn was left before the tool ended")
        self._end({EventPayload.EXCEPTION: error})
        if self._span_id is not None:
            dispatcher.span_drop(id_=self._span_id, bound_args=self._bound, err=error)

    def _end(self, payload: dict[str, Any]) -> None:
        def tell() -> None:
            global_stack_trace.set([BASE_TRACE_EVENT, self._event_id])
            self._callbacks.on_event_end(CBEventType.FUNCTION_CALL, payload, event_id=self._event_id)

        contextvars.copy_context().run(tell)
