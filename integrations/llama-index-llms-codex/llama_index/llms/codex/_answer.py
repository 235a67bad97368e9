"""Events of a turn -> responses of LlamaIndex. Pure: no server, no loop, no callbacks.

The answer is the text of all messages of the turn that are not commentary, with an empty line between two of them;
with an output schema it is the last of them. When the server asks the model again, because the stream broke off, the new
attempt takes the place of the broken one. Text that was handed out cannot be taken back, so a streamed answer goes
on only if the new attempt begins with the same words. Hence streaming and waiting come to the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from codex_app_server import (
    MessageFinished,
    MessageStarted,
    ReasoningDelta,
    ReasoningFinished,
    ResponseFinished,
    TextDelta,
    TurnFinished,
    TurnInterruptedError,
    UsageUpdated,
    WarningRaised,
)
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, TextBlock, ThinkingBlock
from llama_index.llms.codex.responses import raw_turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_app_server import Event, TurnResult

__all__ = ["Answer"]

_GAP = "\n\n"


class Answer:
    """Makes the responses of one call from the events of its turn.

    Args:
        is_streaming: Whether pieces are handed out while the answer comes; each holds all text so far, as
            LlamaIndex wants it.
        is_last_message: Whether the last message alone is the answer.
    """

    def __init__(self, *, is_streaming: bool, is_last_message: bool = False) -> None:
        self._is_streaming = is_streaming
        self._is_last_message = is_last_message
        self._phases: dict[str, str | None] = {}
        self._text = ""
        self._item_id: str | None = None
        self._seen_length: dict[str, int] = {}
        # How much of the text no retry can revoke.
        self._settled_length = 0
        # Handed-out text of a broken attempt, while the next one repeats it.
        self._to_repeat: str | None = None
        self._asides: dict[str, str] = {}
        self._aside_keys: dict[str, object] = {}
        self._reasoning_seen: set[str] = set()
        self._result: TurnResult | None = None

    def feed(self, event: Event) -> ChatResponse | None:
        """Take the next event; returns a piece if there is something to hand out.

        Raises:
            TurnInterruptedError: The answer broke off, and its second attempt reads otherwise.
        """
        match event:
            case MessageStarted():
                self._phases[event.item_id] = event.phase
            case TextDelta() if self._phases.get(event.item_id) == "commentary":
                return self._aside("commentary", event.text, key=event.item_id)
            case TextDelta():
                return self._message_text(event.item_id, event.text)
            case MessageFinished() if event.phase != "commentary":
                # Deltas may have been switched off.
                rest = event.text[self._seen_length.get(event.item_id, 0) :]
                return self._message_text(event.item_id, rest)
            case ReasoningDelta():
                self._reasoning_seen.add(event.item_id)
                key = (event.item_id, event.is_summary, event.part_index)
                return self._aside("thinking", event.text, key=key)
            case ReasoningFinished() if event.item_id not in self._reasoning_seen:
                return self._aside("thinking", _GAP.join(event.summary or event.content), key=event.item_id)
            case UsageUpdated() | ResponseFinished():
                self._settled_length = len(self._text)
            case WarningRaised(will_retry=True):
                self._restart()
            case TurnFinished():
                self._result = event.result
            case _:
                # A language model has no plans, tools or approvals.
                pass
        return None

    def finish(self) -> ChatResponse:
        """Return the whole answer, with the usage; as the last piece it adds what was not yet handed out.

        Raises:
            TurnFailedError: The turn failed.
            TurnInterruptedError: The turn was interrupted, or as in `feed`.
        """
        if self._result is None:
            raise AssertionError("the events ended without the end of the turn")
        result = self._result
        result.raise_for_status()
        if self._to_repeat is not None and len(self._text) < len(self._to_repeat):
            _refuse_retry()
        delta = None
        if not self._text and result.text:
            # The model said nothing but commentary.
            self._text = delta = result.text
        if self._is_streaming:
            delta = delta or ""
        message = ChatMessage(
            role="assistant", blocks=self._blocks(result), additional_kwargs=self._commentary()
        )
        raw = raw_turn(result.thread_id, result.turn_id, result.status, result.usage)
        return ChatResponse(message=message, delta=delta, raw=raw)

    def _blocks(self, result: TurnResult) -> Sequence[TextBlock | ThinkingBlock]:
        text = TextBlock(text=self._text)
        thinking = self._asides.get("thinking")
        if not thinking:
            return [text]
        return [
            ThinkingBlock(content=thinking, num_tokens=result.usage.reasoning_output_tokens or None),
            text,
        ]

    def _commentary(self) -> dict[str, Any]:
        commentary = self._asides.get("commentary")
        return {"commentary": commentary} if commentary else {}

    def _message_text(self, item_id: str, text: str) -> ChatResponse | None:
        if not text:
            return None
        self._seen_length[item_id] = self._seen_length.get(item_id, 0) + len(text)
        if item_id != self._item_id:
            self._item_id = item_id
            if not self._is_last_message:
                text = _GAP + text if self._text else text
            elif self._to_repeat is None:
                self._text, self._settled_length = "", 0
        self._text += text
        if self._to_repeat is not None:
            text = self._beyond_repeated(self._to_repeat)
        return self._piece(text, {}) if text else None

    def _beyond_repeated(self, handed: str) -> str:
        """Return what of the text is new."""
        if not self._text.startswith(handed[: len(self._text)]):
            _refuse_retry()
        if len(self._text) < len(handed):
            return ""
        self._to_repeat = None
        return self._text[len(handed) :]

    def _restart(self) -> None:
        if self._is_streaming and len(self._text) > self._settled_length:
            # This attempt may itself have broken off before it had repeated all of the one before it.
            self._to_repeat = self._to_repeat or self._text
        self._text = self._text[: self._settled_length]
        self._item_id = None

    def _aside(self, kind: str, text: str, *, key: object) -> ChatResponse | None:
        if not text:
            return None
        if kind in self._aside_keys and self._aside_keys[kind] != key:
            text = _GAP + text
        self._aside_keys[kind] = key
        self._asides[kind] = self._asides.get(kind, "") + text
        return self._piece("", {f"{kind}_delta": text})

    def _piece(self, delta: str, more: dict[str, Any]) -> ChatResponse | None:
        if not self._is_streaming:
            return None
        message = ChatMessage(role="assistant", content=self._to_repeat or self._text)
        return ChatResponse(message=message, delta=delta, additional_kwargs=more)


def _refuse_retry() -> NoReturn:
    raise TurnInterruptedError(
        "the stream of the model broke off, and its second attempt reads otherwise than the text that was "
        "handed out already; call the model again, or without streaming, which waits for the end"
    )
