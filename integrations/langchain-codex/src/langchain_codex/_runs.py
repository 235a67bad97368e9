"""The run tree of a turn: events of the core in, steps for the callbacks and the output out. Pure.

A model response is a chat-model run; it begins with the first sign of it, and ends when the server tells
its usage: with the response, or, where the thread sends no raw events, after the tools that it called.
Every step that opens a run is followed by one that closes it, on each way out.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from codex_app_server import (
    ApprovalRequested,
    ApprovalResolved,
    DiffUpdated,
    MessageFinished,
    MessageStarted,
    PlanUpdated,
    ReasoningDelta,
    ReasoningFinished,
    ResponseFinished,
    TextDelta,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
    TurnError,
    TurnFailedError,
    TurnFinished,
    TurnStarted,
    UsageUpdated,
    WarningRaised,
)
from langchain_core.messages import AIMessageChunk, RemoveMessage, ToolMessage
from langchain_core.tools import ToolException

from langchain_codex._agent_output import AgentOutput, extended, to_answer, to_usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from codex_app_server import Event, TurnResult, Usage
    from langchain_core.messages import AIMessage, BaseMessage

__all__ = [
    "ModelBroke",
    "ModelEnded",
    "ModelStarted",
    "Noted",
    "Produced",
    "RunTree",
    "Step",
    "Token",
    "ToolBroke",
    "ToolEnded",
    "ToolStarts",
]

_GAP = "\n\n"
# Searching changes nothing, so a turn that only did that can be run again.
_HARMLESS = frozenset({"web_search"})


@dataclass(frozen=True)
class ModelStarted:
    """A model response begins; `messages` is what is new in its request."""

    messages: list[BaseMessage]


@dataclass(frozen=True)
class Token:
    """A part of the response came."""

    chunk: AIMessageChunk


@dataclass(frozen=True)
class ModelEnded:
    """The response is complete."""

    message: AIMessage


@dataclass(frozen=True)
class ModelBroke:
    """The response will not be completed."""

    error: BaseException
    message: AIMessage


@dataclass(frozen=True)
class ToolStarts:
    """A tool begins to run."""

    item_id: str
    name: str
    arguments: dict[str, Any]
    kind: str


@dataclass(frozen=True)
class ToolEnded:
    """A tool ended well."""

    item_id: str
    message: ToolMessage


@dataclass(frozen=True)
class ToolBroke:
    """A tool failed, was declined, or was cut off."""

    item_id: str
    error: BaseException


@dataclass(frozen=True)
class Noted:
    """Something that has no run: a custom event, of a tool's run or of the chain's."""

    name: str
    data: dict[str, Any]
    item_id: str | None = None


@dataclass(frozen=True)
class Produced:
    """A part of the output."""

    part: AgentOutput


Step: TypeAlias = (
    ModelStarted | Token | ModelEnded | ModelBroke | ToolStarts | ToolEnded | ToolBroke | Noted | Produced
)
"""What is to be told to the callbacks, or to the reader of the output."""


@dataclass
class _Response:
    """The model response that is being read."""

    id: str
    whole: AIMessageChunk
    has_text: bool = False
    # The last item of each kind, between two of which an empty line stands.
    last_items: dict[str, object] = field(default_factory=dict[str, object])
    is_shown: bool = False


class RunTree:
    """The runs of one turn.

    Args:
        messages: What is new in the turn, the input of its first model request.
        thread_id: The thread.
        agent_name: Name of the agent, or None.
        model_name: The model.
        traced: Ids of the calls of Python tools that have had a run of their own, which the tool itself opens.

    Attributes:
        result: What the turn came to, None until it has ended.
        has_acted: Whether the turn has run something that may have had an effect.
    """

    def __init__(
        self,
        messages: Sequence[BaseMessage],
        *,
        thread_id: str,
        agent_name: str | None,
        model_name: str,
        traced: AbstractSet[str],
    ) -> None:
        self._messages = list(messages)
        self._thread_id = thread_id
        self._agent_name = agent_name
        self._model_name = model_name
        self._traced = traced
        self._response: _Response | None = None
        self._count = 0
        self._has_usage = False
        self._has_answer = False
        self._commentary: set[str] = set()
        self._seen_length: dict[str, int] = {}
        self._reasoned: set[str] = set()
        self._tools: dict[str, ToolStarted] = {}
        self.result: TurnResult | None = None
        self.has_acted = False

    def feed(self, event: Event) -> Iterator[Step]:
        """Take the next event."""
        match event:
            case TurnStarted():
                yield from self._begin(event)
            case MessageStarted() if event.phase == "commentary":
                self._commentary.add(event.item_id)
            case TextDelta():
                yield from self._text(event, event.text)
            case MessageFinished():
                # Deltas may have been switched off.
                yield from self._text(event, event.text[self._seen_length.get(event.item_id, 0) :])
            case ReasoningDelta():
                self._reasoned.add(event.item_id)
                part = (event.item_id, event.is_summary, event.part_index)
                yield from self._add(event, "reasoning_content", event.text, part)
            case ReasoningFinished() if event.item_id not in self._reasoned:
                text = _GAP.join(event.summary or event.content)
                yield from self._add(event, "reasoning_content", text, event.item_id)
            case ResponseFinished():
                yield from self._begin(event)
                yield from self._end(event.usage)
                self._has_usage = True
            case UsageUpdated():
                yield from self._count_usage(event)
            case WarningRaised():
                yield from self._warn(event)
            case ToolStarted():
                yield from self._start_tool(event)
            case ToolFinished():
                yield from self._finish_tool(event)
            case TurnFinished():
                yield from self._finish(event)
            case _:
                yield from _note(event)

    def abandon(self, error: BaseException) -> Iterator[Step]:
        """Close what is open: nothing more comes."""
        tools, self._tools = list(self._tools.values()), {}
        for tool in reversed(tools):
            if tool.tool_kind != "function":
                yield ToolBroke(tool.item_id, error)
        response, self._response = self._response, None
        if response is not None:
            yield ModelBroke(error, to_answer(response.whole))

    def suspend(self, error: BaseException) -> Iterator[Step]:
        """Close what is open, for as long as the turn waits; `reopen` goes on with it."""
        for tool in reversed(self._tools.values()):
            if tool.tool_kind != "function":
                yield ToolBroke(tool.item_id, error)
        if self._response is not None:
            yield ModelBroke(error, to_answer(self._response.whole))

    def reopen(self) -> Iterator[Step]:
        """Open what was open before, in the runs that the turn goes on with."""
        if self._response is not None:
            yield ModelStarted([])
        for tool in self._tools.values():
            if tool.tool_kind != "function":
                yield _starts(tool)

    # --- model responses --------------------------------------------------------------------------

    def _begin(self, event: Event) -> Iterator[Step]:
        if self._response is not None:
            return
        self._count += 1
        response_id = f"{event.turn_id}-{self._count}"
        self._response = _Response(response_id, self._chunk(response_id))
        yield ModelStarted(self._messages)
        self._messages = []

    def _chunk(self, response_id: str, content: str = "", **fields: Any) -> AIMessageChunk:
        return AIMessageChunk(content=content, id=response_id, name=self._agent_name, **fields)

    def _text(self, event: TextDelta | MessageFinished, text: str) -> Iterator[Step]:
        self._seen_length[event.item_id] = self._seen_length.get(event.item_id, 0) + len(text)
        kind = "commentary" if event.item_id in self._commentary else "text"
        yield from self._add(event, kind, text, event.item_id)

    def _add(self, event: Event, kind: str, text: str, part: object) -> Iterator[Step]:
        if not text:
            return
        yield from self._begin(event)
        response = self._response
        if response is None:
            raise AssertionError("a response that has begun is open")
        if response.last_items.get(kind, part) != part:
            text = _GAP + text
        response.last_items[kind] = part
        if kind == "text":
            response.has_text = True
            yield from self._emit(response, self._chunk(response.id, text))
        else:
            yield from self._emit(response, self._chunk(response.id, additional_kwargs={kind: text}))

    def _emit(self, response: _Response, chunk: AIMessageChunk) -> Iterator[Step]:
        response.whole = extended(response.whole, chunk)
        response.is_shown = True
        yield Token(chunk)
        yield Produced(AgentOutput(messages=[chunk]))

    def _end(self, usage: Usage | None) -> Iterator[Step]:
        response, self._response = self._response, None
        if response is None:
            return
        last = self._chunk(
            response.id,
            response_metadata=self._metadata(response.id),
            usage_metadata=to_usage(usage) if usage else None,
            chunk_position="last",
        )
        yield Token(last)
        yield ModelEnded(to_answer(extended(response.whole, last)))
        if response.has_text:
            self._has_answer = True
            yield Produced(AgentOutput(messages=[last]))
        else:
            yield from _take_back(response)

    def _metadata(self, response_id: str) -> dict[str, Any]:
        return {
            "model_name": self._model_name,
            "model_provider": "codex",
            "codex_agent": self._agent_name or "",
            "thread_id": self._thread_id,
            "turn_id": response_id.rpartition("-")[0],
        }

    def _count_usage(self, event: UsageUpdated) -> Iterator[Step]:
        # Where the response has told its usage itself, this is the same once more.
        if not self._has_usage:
            yield from self._end(event.last)
        self._has_usage = False

    def _warn(self, event: WarningRaised) -> Iterator[Step]:
        if event.will_retry:
            response, self._response = self._response, None
            if response is not None:
                yield ModelBroke(TurnFailedError(event.message), to_answer(response.whole))
                yield from _take_back(response)
        yield Noted("codex.warning", {"message": event.message, "will_retry": event.will_retry})

    # --- tools ------------------------------------------------------------------------------------

    def _start_tool(self, event: ToolStarted) -> Iterator[Step]:
        if not self._has_usage:
            yield from self._begin(event)
        self.has_acted = self.has_acted or event.tool_kind not in _HARMLESS
        self._tools[event.item_id] = event
        # A LangChain tool opens its run itself, when it is called.
        if event.tool_kind != "function":
            yield _starts(event)

    def _finish_tool(self, event: ToolFinished) -> Iterator[Step]:
        is_open = self._tools.pop(event.item_id, None) is not None
        message = _tool_message(event)
        self._messages.append(message)
        if event.item_id in self._traced:
            return
        if not is_open or event.tool_kind == "function":
            # Never called: the model gave arguments that it cannot take, or there is no such tool.
            yield _starts(event)
        if event.is_error:
            yield ToolBroke(event.item_id, _tool_error(event))
        else:
            yield ToolEnded(event.item_id, message)

    # --- the end ----------------------------------------------------------------------------------

    def _finish(self, event: TurnFinished) -> Iterator[Step]:
        self.result = result = event.result
        if result.status == "completed":
            yield from self._end(None)
            # What the server says nothing more of was left running, or forgotten.
            yield from self.abandon(TurnFailedError("the turn ended before this did"))
            if not self._has_answer:
                # The model said nothing but commentary, or nothing at all.
                response_id = f"{event.turn_id}-{self._count}"
                metadata = self._metadata(response_id)
                answer = self._chunk(
                    response_id, result.text, response_metadata=metadata, chunk_position="last"
                )
                yield Produced(AgentOutput(messages=[answer]))
            return
        try:
            result.raise_for_status()
        except TurnError as error:
            yield from self.abandon(error)


def _take_back(response: _Response) -> Iterator[Step]:
    if response.is_shown:
        yield Produced(AgentOutput(messages=[RemoveMessage(id=response.id)]))


def _starts(event: ToolStarted | ToolFinished) -> ToolStarts:
    return ToolStarts(event.item_id, event.name, dict(event.arguments), event.tool_kind)


def _tool_message(event: ToolFinished) -> ToolMessage:
    return ToolMessage(
        content=event.output,
        tool_call_id=event.item_id,
        name=event.name,
        status="error" if event.is_error else "success",
        artifact={
            "kind": event.tool_kind,
            "status": event.status,
            "exit_code": event.exit_code,
            "duration_ms": event.duration_ms,
        },
    )


def _tool_error(event: ToolFinished) -> ToolException:
    code = "" if event.exit_code is None else f" with exit code {event.exit_code}"
    output = f": {event.output}" if event.output else ""
    return ToolException(f"{event.name} {event.status}{code}{output}")


_OUTPUT_NAMES = {
    "item/commandExecution/outputDelta": "codex.command.output",
    "item/fileChange/outputDelta": "codex.file_change.output",
    "item/mcpToolCall/progress": "codex.mcp.progress",
}


def _note(event: Event) -> Iterator[Step]:
    match event:
        case ToolOutputDelta():
            name = _OUTPUT_NAMES.get(event.method, "codex.tool.output")
            yield Noted(name, {"item_id": event.item_id, "text": event.text}, event.item_id)
        case PlanUpdated():
            steps = [asdict(step) for step in event.steps]
            yield Noted("codex.plan", {"explanation": event.explanation, "steps": steps})
        case DiffUpdated():
            yield Noted("codex.diff", {"diff": event.diff})
        case ApprovalRequested():
            request = event.request
            data = {
                "id": request.id,
                "item_id": request.item_id,
                "kind": request.approval_kind,
                "reason": request.reason,
                "request": json.loads(json.dumps(request.raw, default=str)),
            }
            yield Noted("codex.approval.requested", data)
        case ApprovalResolved():
            yield Noted("codex.approval.resolved", {"request_id": event.request_id})
        case _:
            # What is newer than this adapter, or has no form in LangChain.
            pass
