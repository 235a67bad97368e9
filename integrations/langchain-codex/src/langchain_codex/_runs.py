"""The run tree of a turn: events of the core in, steps for the callbacks and the output out. Pure.

A model response is a chat-model run; it begins with the first sign of it, and ends when the server tells
its usage: with the response, or, where the thread sends no raw events, after the tools that it called.
Every step that opens a run is followed by one that closes it, on each way out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import (
    MessageFinished,
    MessageStarted,
    OtherEvent,
    ReasoningDelta,
    ReasoningFinished,
    ResponseFinished,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnError,
    TurnFailedError,
    TurnFinished,
    TurnStarted,
    UsageUpdated,
    WarningRaised,
)
from langchain_core.messages import AIMessageChunk, RemoveMessage

from langchain_codex._agent_output import AgentOutput, summed, to_answer, to_usage
from langchain_codex._run_items import notes, starts, tool_error, tool_message
from langchain_codex._run_steps import (
    ModelBroke,
    ModelEnded,
    ModelStarted,
    Noted,
    Produced,
    Token,
    ToolBroke,
    ToolEnded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from codex_app_server import Event, TurnResult, Usage
    from langchain_core.messages import AIMessage, BaseMessage

    from langchain_codex._run_steps import Step

__all__ = ["RunTree"]

_GAP = "\n\n"
# Searching changes nothing, nor does a plan: a turn that only did that can be run again.
_HARMLESS = frozenset({"web_search"})
_HARMLESS_CALLS = frozenset({"update_plan"})
_CALLS = frozenset({"function_call", "custom_tool_call", "local_shell_call"})


@dataclass
class _Response:
    """The model response that is being read."""

    id: str
    chunks: list[AIMessageChunk]
    has_text: bool = False
    # The last item of each kind, between two of which an empty line stands.
    last_items: dict[str, object] = field(default_factory=dict[str, object])
    is_shown: bool = False

    @property
    def answer(self) -> AIMessage:
        """What has come of it so far, as a message."""
        return to_answer(summed(self.chunks))


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
        has_acted: Whether the turn has, or may have, run something that had an effect.
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
        self._is_raw = False
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
                self._has_usage = self._is_raw = True
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
            case OtherEvent(method="rawResponseItem/completed"):
                # What the sandbox has stopped half way is told by no other event.
                self.has_acted = self.has_acted or _is_call(event)
            case _:
                yield from notes(event)

    def abandon(self, error: BaseException) -> Iterator[Step]:
        """Close what is open: nothing more comes."""
        tools, self._tools = list(self._tools.values()), {}
        for tool in reversed(tools):
            if tool.tool_kind != "function":
                yield ToolBroke(tool.item_id, error)
        response, self._response = self._response, None
        if response is not None:
            yield ModelBroke(error, response.answer)

    def suspend(self, error: BaseException) -> Iterator[Step]:
        """Close what is open, for as long as the turn waits; `reopen` goes on with it."""
        for tool in reversed(self._tools.values()):
            if tool.tool_kind != "function":
                yield ToolBroke(tool.item_id, error)
        if self._response is not None:
            yield ModelBroke(error, self._response.answer)

    def reopen(self) -> Iterator[Step]:
        """Open what was open before, in the runs that the turn goes on with."""
        if self._response is not None:
            yield ModelStarted([])
        for tool in self._tools.values():
            if tool.tool_kind != "function":
                yield starts(tool)

    # --- model responses --------------------------------------------------------------------------

    def _begin(self, event: Event) -> Iterator[Step]:
        if self._response is not None:
            return
        self._count += 1
        response_id = f"{event.turn_id}-{self._count}"
        self._response = _Response(response_id, [self._chunk(response_id)])
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
        response.chunks.append(chunk)
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
        response.chunks.append(last)
        yield Token(last)
        yield ModelEnded(response.answer)
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
        # A whole response has come, and it is not told here what it called.
        self.has_acted = self.has_acted or not self._is_raw
        self._has_usage = False

    def _warn(self, event: WarningRaised) -> Iterator[Step]:
        if event.will_retry:
            response, self._response = self._response, None
            if response is not None:
                yield ModelBroke(TurnFailedError(event.message), response.answer)
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
            yield starts(event)

    def _finish_tool(self, event: ToolFinished) -> Iterator[Step]:
        is_open = self._tools.pop(event.item_id, None) is not None
        message = tool_message(event)
        self._messages.append(message)
        if event.item_id in self._traced:
            return
        if not is_open or event.tool_kind == "function":
            # Never called: the model gave arguments that it cannot take, or there is no such tool.
            yield starts(event)
        if event.is_error:
            yield ToolBroke(event.item_id, tool_error(event))
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


def _is_call(event: OtherEvent) -> bool:
    item: Any = event.raw.get("item")
    return isinstance(item, dict) and _is_acting(cast("dict[str, object]", item))


def _is_acting(item: dict[str, object]) -> bool:
    return item.get("type") in _CALLS and item.get("name") not in _HARMLESS_CALLS


def _take_back(response: _Response) -> Iterator[Step]:
    if response.is_shown:
        yield Produced(AgentOutput(messages=[RemoveMessage(id=response.id)]))
