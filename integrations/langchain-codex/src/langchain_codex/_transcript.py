"""Events of a turn to parts of the answer. Pure: no server, no loop, no callbacks; `_events` gives them their form.

The answer is the text of all messages of the turn that are not commentary, with an empty line between
two of them; it ends with the turn, or where the model calls tools of this program. When the server asks the
model again, because the stream broke off, the new attempt takes the place of the broken one. Text that was
handed out cannot be taken back, so a streamed answer goes on only if the new attempt begins with the
same words; otherwise it ends with an error. Hence all ways of calling a model that return, return the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import (
    MessageFinished,
    MessageStarted,
    OtherEvent,
    ReasoningDelta,
    ReasoningFinished,
    ResponseFinished,
    TextDelta,
    ToolCallRequested,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnInterruptedError,
    UsageUpdated,
    WarningRaised,
)
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import tool_call

from langchain_codex._agent_errors import check_turn
from langchain_codex._messages import quoted_arguments
from langchain_codex._parts import CallPart, TextPart, is_text
from langchain_codex._stop import StopFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex_app_server import Event, ToolCall, TurnResult, Usage

    from langchain_codex._parts import Part, TextKind

__all__ = ["Transcript"]

_GAP = "\n\n"


class Transcript:
    """Makes the parts of one answer from the events of its turn.

    Args:
        model_name: The model that answers.
        stop: Stop sequences.
        is_streaming: Whether parts are handed out while the answer comes, or all at its end.
        has_blocks: Whether there will be blocks for what Codex ran itself.
        original_name: Gives the name in LangChain of a tool that the model calls.

    Attributes:
        result: What the turn came to, None until it has ended.
        calls: The calls with which the answer ends; empty when it ends with its turn.
        has_acted: Whether Codex ran something itself.
        is_broken: Whether the thread holds something else than what was handed out, since an attempt broke off.
    """

    def __init__(
        self,
        *,
        model_name: str,
        stop: Sequence[str] = (),
        is_streaming: bool,
        has_blocks: bool = False,
        original_name: Callable[[str], str] = str,
    ) -> None:
        self._model_name = model_name
        self._stop = stop
        self._is_streaming = is_streaming
        self._has_blocks = has_blocks
        self._original_name = original_name
        self.result: TurnResult | None = None
        self.calls: tuple[ToolCall, ...] = ()
        self._ids: tuple[str, str] = ("", "")
        self._phases: dict[str, str | None] = {}
        # The answer as the model wrote it, and how much of it no retry can revoke.
        self._texts: list[str] = []
        self._length = 0
        self._settled_length = 0
        self._item_id: str | None = None
        self._seen_length: dict[str, int] = {}
        # Handed-out text of a broken attempt, which the next one has to repeat.
        self._to_repeat = ""
        self._filter = StopFilter(stop)
        # When nothing is handed out before the end, the text in it is not yet cut at stop sequences.
        self._unsent: list[Part] = []
        self._settled_count = 0
        self._handed: list[str] = []
        self._reasoning_seen: set[str] = set()
        self._tools_seen: set[str] = set()
        self._after_tool = False
        self.has_acted = False
        self.is_broken = False
        self._is_in_calls = False
        self._unplanned: list[ToolCall] = []
        self._unplanned_ids: tuple[str, str] = ("", "")
        self._usage: Usage | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether a stop sequence was met: the rest of the turn does not matter."""
        return self._filter.found is not None

    @property
    def is_complete(self) -> bool:
        """Whether the answer ends here, though its turn does not: the model calls tools."""
        return bool(self.calls) and not self.is_stopped

    @property
    def is_continuable(self) -> bool:
        """Whether the turn has ended well, and its thread holds what was handed out."""
        is_completed = self.result is not None and self.result.status == "completed"
        return is_completed and not (self.is_stopped or self.is_broken)

    @property
    def has_requests(self) -> bool:
        """Whether results of calls are asked for already, and the rest of the response is still to come."""
        return bool(self._unplanned) and not self.calls

    def end_with_requests(self) -> None:
        """End the answer with the calls whose results were asked for: the rest of the response does not come."""
        self.is_broken = True
        self._end_with(tuple(self._unplanned), self._unplanned_ids)

    @property
    def is_answerable(self) -> bool:
        """Whether the turn waits for the results of all calls: it does not for one that is no JSON."""
        return self.is_complete and all(_has_arguments(call) for call in self.calls)

    @property
    def message(self) -> AIMessage:
        """What was handed out, as far as it counts for a conversation: text and calls."""
        calls = [
            tool_call(id=call.call_id, name=self._original_name(call.name), args=cast("Any", call.arguments))
            for call in self.calls
            if _has_arguments(call)
        ]
        return AIMessage("".join(self._handed), tool_calls=calls)

    def take(self, event: Event) -> list[Part]:
        """Take the next event; returns what there is to hand out.

        Raises:
            TurnInterruptedError: The answer broke off, and its second attempt reads otherwise.
        """
        match event:
            case MessageStarted():
                self._phases[event.item_id] = event.phase
            case TextDelta() if self._phases.get(event.item_id) == "commentary":
                self._aside("commentary", event.text, key=event.item_id)
            case TextDelta():
                self._text(event.item_id, event.text)
            case MessageFinished() if event.phase != "commentary":
                # Deltas may have been switched off.
                self._text(event.item_id, event.text[self._seen_length.get(event.item_id, 0) :])
            case ReasoningDelta():
                self._reasoning_seen.add(event.item_id)
                self._aside("reasoning", event.text, key=(event.item_id, event.is_summary, event.part_index))
            case ReasoningFinished() if event.item_id not in self._reasoning_seen:
                self._aside("reasoning", _GAP.join(event.summary or event.content), key=event.item_id)
            case ToolStarted() | ToolFinished() if event.tool_kind != "function":
                self._server_tool(event)
            case ToolCallRequested() if event.call.is_open:
                self._requested(event)
            case ResponseFinished():
                self._response_finished(event)
            case UsageUpdated():
                self._settle()
            case WarningRaised(will_retry=True):
                self._restart()
            case OtherEvent(method="rawResponseItem/completed"):
                item: Any = event.raw.get("item")
                # The rest of the response follows, and with it all calls at once.
                self._is_in_calls |= (
                    isinstance(item, dict) and cast("Any", item).get("type") == "function_call"
                )
            case TurnFinished():
                self.result = event.result
                self._ids = (event.result.thread_id, event.result.turn_id)
            case _:
                # Plans, approvals and the like are no part of an answer.
                pass
        return self._take_unsent() if self._is_streaming and self._unsent else []

    def take_last(self) -> list[Part]:
        """Return what was left, when no more events come.

        Raises:
            RetryableTurnError: The turn failed, and may be run again.
            TurnFailedError: It failed.
            TurnInterruptedError: It was interrupted, or as in `take`.
        """
        if not self.is_stopped:
            if not self.is_complete:
                self._check_result()
            self._check_repeated("")
        return self._last_parts()

    @property
    def response_metadata(self) -> dict[str, Any]:
        """The facts about the turn, when no more events come."""
        reason = "stop_sequence" if self.is_stopped else "tool_calls" if self.is_complete else "stop"
        metadata: dict[str, Any] = {
            "model_name": self._model_name,
            "model_provider": "codex",
            "thread_id": self._ids[0],
            "turn_id": self._ids[1],
            "finish_reason": reason,
        }
        if self.is_stopped:
            metadata["stop_sequence"] = self._filter.found
        return metadata

    @property
    def usage_metadata(self) -> UsageMetadata | None:
        """What the answer took, when no more events come; None when that is not known."""
        result, usage = self.result, self._usage
        if self.is_stopped and (result is None or result.status != "completed"):
            # The server does not tell what a request took that was broken off.
            return None
        if usage is None and result is not None:
            usage = result.usage
        return None if usage is None else _usage_metadata(usage)

    def _check_result(self) -> None:
        if self.result is None:
            raise AssertionError("the events ended without the end of the turn")
        check_turn(self.result, has_acted=self.has_acted)
        if not self._length:
            # The model said nothing but commentary.
            self._add(self.result.text)

    def _text(self, item_id: str, text: str) -> None:
        if not text:
            return
        if item_id != self._item_id:
            self._item_id = item_id
            # Blocks are told apart already.
            if self._length and not (self._has_blocks and self._after_tool):
                self._add(_GAP)
        self._after_tool = False
        self._seen_length[item_id] = self._seen_length.get(item_id, 0) + len(text)
        self._add(text)

    def _add(self, text: str) -> None:
        self._texts.append(text)
        self._length += len(text)
        if self._to_repeat:
            text = self._check_repeated(text)
        let_through = self._filter.feed(text)
        if text := let_through if self._is_streaming else text:
            self._unsent.append(TextPart("text", text))

    def _check_repeated(self, text: str) -> str:
        """Return what of `text` is new. At the end, called without text, nothing may be left to repeat."""
        size = min(len(text), len(self._to_repeat))
        if text[:size] != self._to_repeat[:size] or (self._to_repeat and not text):
            raise TurnInterruptedError(
                "the stream of the model broke off, and its second attempt reads otherwise than the text "
                "that was handed out already; call the model again, or use invoke, which waits for the end"
            )
        self._to_repeat = self._to_repeat[size:]
        return text[size:]

    def _settle(self) -> None:
        self._settled_length = self._length
        self._settled_count = len(self._unsent)

    def _restart(self) -> None:
        if self.is_stopped:
            return
        # The server keeps the messages of the broken attempt that were complete.
        self.is_broken |= bool(self._phases or self._length)
        text = "".join(self._texts)
        settled, revoked = text[: self._settled_length], text[self._settled_length :]
        self._texts, self._length = [settled], len(settled)
        self._item_id = None
        if self._is_streaming:
            # This attempt may itself have broken off before it had repeated all of the one before it.
            self._to_repeat = revoked + self._to_repeat
            return
        kept, rest = self._unsent[: self._settled_count], self._unsent[self._settled_count :]
        self._unsent = kept + [part for part in rest if not is_text(part)]
        self._filter = StopFilter(self._stop)
        self._filter.feed(settled)

    def _server_tool(self, event: ToolStarted | ToolFinished) -> None:
        """Show what Codex ran itself; these blocks are not for LangChain to run."""
        self.has_acted = True
        if not self._has_blocks:
            return
        self._after_tool = True
        if event.item_id not in self._tools_seen:
            self._tools_seen.add(event.item_id)
            call = {"id": event.item_id, "name": event.name, "args": dict(event.arguments)}
            self._unsent.append({"type": "server_tool_call", **call})
        if isinstance(event, ToolFinished):
            status = "error" if event.is_error else "success"
            result = {"tool_call_id": event.item_id, "status": status, "output": event.output}
            self._unsent.append({"type": "server_tool_result", **result})

    def _response_finished(self, event: ResponseFinished) -> None:
        self._settle()
        if event.usage is not None:
            self._usage = event.usage if self._usage is None else self._usage + event.usage
        self._is_in_calls = False
        calls = event.calls or tuple(self._unplanned)
        if calls:
            self._end_with(calls, (event.thread_id, event.turn_id))

    def _requested(self, event: ToolCallRequested) -> None:
        """Take a call that was not announced: its id is that of an earlier one, or the server shows no raw events."""
        if self._is_in_calls:
            self._unplanned.append(event.call)
            self._unplanned_ids = (event.thread_id, event.turn_id)
        else:
            self._end_with((event.call,), (event.thread_id, event.turn_id))

    def _end_with(self, calls: tuple[ToolCall, ...], ids: tuple[str, str]) -> None:
        if self.is_stopped:
            return
        self.calls = calls
        self._ids = ids
        if self._is_streaming:
            self._unsent += self._call_parts()

    def _call_parts(self) -> list[Part]:
        held_back = self._filter.flush()
        parts: list[Part] = [TextPart("text", held_back)] if held_back else []
        for call in self.calls:
            arguments, is_valid = _arguments_text(call.arguments)
            parts.append(CallPart(call.call_id, self._original_name(call.name), arguments, is_valid))
        return parts

    def _last_parts(self) -> list[Part]:
        if self._is_streaming:
            held_back = "" if self.is_stopped else self._filter.flush()
            self._unsent += [TextPart("text", held_back)] if held_back else []
            return self._take_unsent()
        parts, self._unsent = self._unsent, []
        self._filter = StopFilter(self._stop)
        for part in parts:
            if not is_text(part):
                self._unsent.append(part)
            elif text := self._filter.feed(cast("TextPart", part).text):
                self._unsent.append(TextPart("text", text))
        if not self.is_stopped:
            self._unsent += self._call_parts()
        return self._take_unsent()

    def _take_unsent(self) -> list[Part]:
        parts, self._unsent = self._unsent, []
        self._handed += [cast("TextPart", part).text for part in parts if is_text(part)]
        return parts

    def _aside(self, kind: TextKind, text: str, *, key: object) -> None:
        if text:
            self._unsent.append(TextPart(kind, text, key))


def _has_arguments(call: ToolCall) -> bool:
    return isinstance(call.arguments, dict)


def _arguments_text(arguments: object) -> tuple[str, bool]:
    """Return the arguments as LangChain takes them, and whether they are an object."""
    if isinstance(arguments, dict):
        return json.dumps(arguments, ensure_ascii=False), True
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return quoted_arguments(text), False


def _usage_metadata(usage: Usage) -> UsageMetadata | None:
    if not usage.total_tokens:
        return None
    return UsageMetadata(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        total_tokens=usage.total_tokens,
        input_token_details=InputTokenDetails(
            cache_read=usage.cached_input_tokens, cache_creation=usage.cache_write_input_tokens
        ),
        output_token_details=OutputTokenDetails(reasoning=usage.reasoning_output_tokens),
    )
