"""The `chat` spans of a turn: one for each response of the model.

The server does not tell when it asks the model, and tells the end of a response, by its token usage, only when the tools
that it called have ended too. So a response begins with the turn, or when the one before it was told to be complete; it
ends with its last message or its first tool call; and its span is made in one go when all of that is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opentelemetry.trace import SpanKind, Status, StatusCode

from codex_app_server.events import Usage
from codex_app_server.otel import _names as names
from codex_app_server.otel._content import output_messages
from codex_app_server.otel._kit import shared_attributes, usage_attributes

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from codex_app_server.json_types import JsonObject
    from codex_app_server.otel._kit import Attributes, Kit

__all__ = ["Responses"]


@dataclass(slots=True)
class _Response:
    """What is known of the response that the model gives, or is about to give."""

    start_ns: int
    first_ns: int | None = None
    end_ns: int | None = None
    # What the server has told as complete cannot end later.
    is_complete: bool = False
    response_id: str | None = None
    has_calls: bool = False
    texts: list[str] = field(default_factory=list[str])
    calls: list[JsonObject] = field(default_factory=list["JsonObject"])


class Responses:
    """The responses of one turn, one after the other.

    Args:
        kit: Makes the spans.
        context: Has the span of the turn.
        conversation_id: The thread.
        model: The model, where it is known.
        now_ns: When the turn was started.

    Attributes:
        model: The model of the running response.
    """

    def __init__(
        self, kit: Kit, context: Context, conversation_id: str, model: str | None, now_ns: int
    ) -> None:
        self.model = model
        self._kit = kit
        self._context = context
        self._conversation_id = conversation_id
        self._response = _Response(now_ns)

    def turn_started(self, now_ns: int) -> None:
        """The server has begun to work on the turn."""
        self._response.start_ns = now_ns

    def showed(self, now_ns: int) -> None:
        """Something of the response came."""
        if self._response.first_ns is None:
            self._response.first_ns = now_ns

    def said(self, text: str, now_ns: int) -> None:
        """A message is complete."""
        self.thought(now_ns)
        if self._kit.has_content:
            self._response.texts.append(text)

    def thought(self, now_ns: int) -> None:
        """Something of it is complete."""
        self.showed(now_ns)
        if not self._response.is_complete:
            self._response.end_ns = now_ns

    def called(self, item_id: str, name: str, arguments: JsonObject, now_ns: int) -> None:
        """It calls a tool; the next tool may wait for the end of the first."""
        self.showed(now_ns)
        response = self._response
        if not response.is_complete and not response.has_calls:
            response.end_ns = now_ns
        response.has_calls = True
        if self._kit.has_content:
            response.calls.append({"type": "tool_call", "id": item_id, "name": name, "arguments": arguments})

    def completed(self, response_id: str | None, now_ns: int) -> None:
        """The server has told that the response is complete; it does so only for threads with raw events."""
        self._response.end_ns = now_ns
        self._response.is_complete = True
        self._response.response_id = response_id

    def used(self, usage: Usage, total: Usage, now_ns: int) -> None:
        """The server tells what a request has used; it repeats the last count for one that was cut off."""
        if usage != Usage() or total == Usage():
            self._close(usage, None, now_ns)

    def end(self, error_type: str | None, now_ns: int, *, is_at_model: bool) -> None:
        """The turn has ended.

        Args:
            error_type: Why, if not well.
            now_ns: When.
            is_at_model: Whether the turn waited for the model.
        """
        response = self._response
        if response.first_ns is not None or response.is_complete or (error_type and is_at_model):
            # What called tools was complete.
            self._close(None, None if response.has_calls else error_type, now_ns)

    def _close(self, usage: Usage | None, error_type: str | None, now_ns: int) -> None:
        response, self._response = self._response, _Response(now_ns)
        end_ns = response.end_ns if response.end_ns is not None and error_type is None else now_ns
        attributes = shared_attributes("chat", self.model)
        if self.model is not None:
            attributes[names.RESPONSE_MODEL] = self.model
        with self._kit.guard("a span of a response"):
            span = self._kit.tracer.start_span(
                "chat" if self.model is None else f"chat {self.model}",
                self._context,
                SpanKind.CLIENT,
                {**attributes, **self._details(response, usage, error_type)},
                start_time=response.start_ns,
            )
            try:
                if error_type is not None:
                    span.set_status(Status(StatusCode.ERROR))
            finally:
                self._kit.end(span, end_ns)
        self._kit.measure(attributes, response.start_ns, end_ns, error_type)
        meters = self._kit.meters
        if meters is None:
            return
        with self._kit.guard("a measurement of a response"):
            if response.first_ns is not None:
                meters.first_chunk((response.first_ns - response.start_ns) / 1e9, attributes)
            if usage is not None:
                meters.usage(usage, attributes)

    def _details(self, response: _Response, usage: Usage | None, error_type: str | None) -> Attributes:
        finish = "tool_call" if response.has_calls else "stop"
        details: Attributes = {names.CONVERSATION_ID: self._conversation_id}
        if error_type is not None:
            finish = "interrupted" if error_type == "interrupted" else "error"
            details[names.ERROR_TYPE] = error_type
        details[names.FINISH_REASONS] = (finish,)
        if response.first_ns is not None:
            details[names.FIRST_CHUNK] = max(0.0, (response.first_ns - response.start_ns) / 1e9)
        if response.response_id is not None:
            details[names.RESPONSE_ID] = response.response_id
        if usage is not None:
            details |= usage_attributes(usage, has_openinference=self._kit.has_openinference)
        if self._kit.has_content:
            details[names.OUTPUT_MESSAGES] = output_messages(response.texts, response.calls, finish)
        if self._kit.has_openinference:
            details |= {
                names.OI_KIND: "LLM",
                names.OI_SESSION: self._conversation_id,
                names.OI_FINISH: finish,
            }
            if self.model is not None:
                details[names.OI_MODEL] = self.model
            if self._kit.has_content:
                details[names.OI_OUTPUT] = "\n".join(response.texts)
        return details
