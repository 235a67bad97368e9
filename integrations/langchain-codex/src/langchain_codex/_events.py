"""Events of a turn to chunks of the answer. Pure: no server, no loop, no callbacks.

The answer is the text of all messages of the turn that are not commentary, with an empty line between
two of them. When the server asks the model again, because the stream broke off, the new attempt
takes the place of the broken one. Text that was handed out cannot be taken back, so a streamed answer
goes on only if the new attempt begins with the same words; otherwise it ends with an error. Hence all
ways of calling a model that return, return the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from codex_app_server import (
    MessageFinished,
    MessageStarted,
    ReasoningDelta,
    ReasoningFinished,
    TextDelta,
    TurnFinished,
    TurnInterruptedError,
    UsageUpdated,
    WarningRaised,
)
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata

from langchain_codex._stop import StopFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_app_server import Event, TurnResult, Usage

__all__ = ["AnswerChunks"]

_Aside: TypeAlias = Literal["reasoning_content", "commentary"]
_GAP = "\n\n"


class AnswerChunks:
    """Makes the chunks of one answer from the events of its turn.

    Args:
        model_name: The model that answers.
        stop: Stop sequences.
        is_streaming: Whether chunks are handed out while the answer comes, or one at its end.

    Attributes:
        result: What the turn came to, None until it has ended.
    """

    def __init__(self, *, model_name: str, stop: Sequence[str] = (), is_streaming: bool) -> None:
        self._model_name = model_name
        self._stop = stop
        self._is_streaming = is_streaming
        self.result: TurnResult | None = None
        self._phases: dict[str, str | None] = {}
        # The answer as the model wrote it, and how much of it no retry can revoke.
        self._parts: list[str] = []
        self._length = 0
        self._settled_length = 0
        self._item_id: str | None = None
        self._seen_length: dict[str, int] = {}
        # Handed-out text of a broken attempt, which the next one has to repeat.
        self._to_repeat = ""
        self._filter = StopFilter(stop)
        self._unsent: list[str] = []
        self._asides: dict[_Aside, list[str]] = {}
        self._aside_part: dict[_Aside, object] = {}
        self._reasoning_seen: set[str] = set()

    @property
    def is_stopped(self) -> bool:
        """Whether a stop sequence was met: the rest of the turn does not matter."""
        return self._filter.found is not None

    def feed(self, event: Event) -> AIMessageChunk | None:
        """Take the next event; returns a chunk if there is something to hand out.

        Raises:
            TurnInterruptedError: The answer broke off, and its second attempt reads otherwise.
        """
        match event:
            case MessageStarted():
                self._phases[event.item_id] = event.phase
            case TextDelta() if self._phases.get(event.item_id) == "commentary":
                return self._aside("commentary", event.text, part=event.item_id)
            case TextDelta():
                return self._text(event, event.text)
            case MessageFinished() if event.phase != "commentary":
                # Deltas may have been switched off.
                return self._text(event, event.text[self._seen_length.get(event.item_id, 0) :])
            case ReasoningDelta():
                self._reasoning_seen.add(event.item_id)
                part = (event.item_id, event.is_summary, event.part_index)
                return self._aside("reasoning_content", event.text, part=part)
            case ReasoningFinished() if event.item_id not in self._reasoning_seen:
                text = _GAP.join(event.summary or event.content)
                return self._aside("reasoning_content", text, part=event.item_id)
            case UsageUpdated():
                self._settled_length = self._length
            case WarningRaised(will_retry=True):
                self._restart()
            case TurnFinished():
                self.result = event.result
            case _:
                # Tools, approvals, plans and the like are no part of an answer.
                pass
        return None

    def finish(self) -> AIMessageChunk:
        """Return the last chunk: what was left, the usage, and the facts about the turn.

        Raises:
            TurnFailedError: The turn failed.
            TurnInterruptedError: The turn was interrupted, or as in `feed`.
        """
        result = self.result
        if result is None:
            raise AssertionError("the events ended without the end of the turn")
        if not self.is_stopped:
            result.raise_for_status()
            if not self._length:
                # The model said nothing but commentary.
                self._add(result.text)
            self._check_repeated("")
            self._unsent.append(self._filter.flush())
        metadata: dict[str, Any] = {
            "model_name": self._model_name,
            "model_provider": "codex",
            "thread_id": result.thread_id,
            "turn_id": result.turn_id,
            "finish_reason": "stop_sequence" if self.is_stopped else "stop",
        }
        if self.is_stopped:
            metadata["stop_sequence"] = self._filter.found
        asides = {} if self._is_streaming else {kind: "".join(texts) for kind, texts in self._asides.items()}
        return AIMessageChunk(
            content=self._take_unsent(),
            additional_kwargs=asides,
            response_metadata=metadata,
            # The server does not tell what a request took that was broken off.
            usage_metadata=_usage_metadata(result.usage) if result.status == "completed" else None,
            chunk_position="last",
        )

    def _text(self, event: TextDelta | MessageFinished, text: str) -> AIMessageChunk | None:
        if not text:
            return None
        if event.item_id != self._item_id:
            self._item_id = event.item_id
            if self._length:
                self._add(_GAP)
        self._seen_length[event.item_id] = self._seen_length.get(event.item_id, 0) + len(text)
        self._add(text)
        if not self._is_streaming:
            return None
        content = self._take_unsent()
        return AIMessageChunk(content=content) if content else None

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        if self._to_repeat:
            text = self._check_repeated(text)
        self._unsent.append(self._filter.feed(text))

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

    def _restart(self) -> None:
        if self.is_stopped:
            return
        text = "".join(self._parts)
        settled, revoked = text[: self._settled_length], text[self._settled_length :]
        self._parts, self._length = [settled], len(settled)
        self._item_id = None
        if self._is_streaming:
            # This attempt may itself have broken off before it had repeated all of the one before it.
            self._to_repeat = revoked + self._to_repeat
        else:
            self._filter = StopFilter(self._stop)
            self._unsent = [self._filter.feed(settled)]

    def _take_unsent(self) -> str:
        text = "".join(self._unsent)
        self._unsent.clear()
        return text

    def _aside(self, kind: _Aside, text: str, *, part: object) -> AIMessageChunk | None:
        if not text:
            return None
        known = self._asides.setdefault(kind, [])
        if known and self._aside_part.get(kind) != part:
            text = _GAP + text
        self._aside_part[kind] = part
        known.append(text)
        return AIMessageChunk(content="", additional_kwargs={kind: text}) if self._is_streaming else None


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
