"""Parts of an answer to the events of content blocks, which LangChain calls version 3 of its stream events. Pure.

Block follows block: one is finished before the next begins. A call of a tool comes with its arguments whole.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from langchain_codex._parts import CallPart, Spacing, TextPart, add_aside, invalid_call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages.ai import UsageMetadata
    from langchain_protocol.protocol import FinalizedContentBlock, MessagesData

    from langchain_codex._parts import Part, TextKind

__all__ = ["BlockWriter"]

# What is told of a block at its beginning; the rest comes with its end.
_EMPTY: dict[str, dict[str, Any]] = {"server_tool_call": {"args": {}}, "server_tool_result": {}}
_HEAVY = ("args", "output")


class BlockWriter:
    """Writes the events of one message.

    Args:
        message_id: Id of the message.
        model_name: The model that answers.
    """

    def __init__(self, *, message_id: str, model_name: str) -> None:
        self._message_id = message_id
        self._model_name = model_name
        self._has_begun = False
        self._spacing = Spacing()
        self._asides: dict[str, Any] = {}
        self._index = -1
        # The block of text that is open, and what it says so far.
        self._kind: TextKind | None = None
        self._texts: list[str] = []

    def events(self, parts: Sequence[Part]) -> list[MessagesData]:
        """Return the events for these parts."""
        events: list[MessagesData] = []
        if not self._has_begun:
            self._has_begun = True
            events.append(self._message_start())
        for part in parts:
            match part:
                case TextPart("commentary"):
                    add_aside(self._asides, part, self._spacing.spaced(part))
                case TextPart():
                    self._add_text(events, part)
                case CallPart():
                    self._add_call(events, part)
                case block:
                    self._add_block(events, block, {**_without(block, _HEAVY), **_EMPTY[block["type"]]})
        return events

    def last_events(self, metadata: dict[str, Any], usage: UsageMetadata | None) -> list[MessagesData]:
        """Return the events of the end of the message."""
        events: list[MessagesData] = []
        self._close(events)
        finish: dict[str, Any] = {"event": "message-finish", "metadata": metadata}
        if usage is not None:
            finish["usage"] = usage
        if self._asides:
            # Beside the protocol, as LangChain's own bridge from chunks has it.
            finish["additional_kwargs"] = self._asides
        return [*events, cast("MessagesData", finish)]

    def _message_start(self) -> MessagesData:
        metadata: Any = {"provider": "codex", "model": self._model_name}
        return {"event": "message-start", "role": "ai", "id": self._message_id, "metadata": metadata}

    def _add_text(self, events: list[MessagesData], part: TextPart) -> None:
        kind = part.kind
        if self._kind == kind:
            text = self._spacing.spaced(part)
        else:
            self._close(events)
            text = self._spacing.begun(part)
            self._start(events, {"type": kind, kind: ""})
            self._kind = kind
        self._texts.append(text)
        self._delta(events, {"type": f"{kind}-delta", kind: text})

    def _add_call(self, events: list[MessagesData], part: CallPart) -> None:
        if not part.is_valid:
            block = invalid_call(part)
            self._add_block(events, block, block)
            return
        self._close(events)
        called = {"id": part.call_id, "name": part.name}
        chunk = {"type": "tool_call_chunk", **called, "args": "", "index": self._index + 1}
        self._start(events, chunk)
        # The one form of a delta for calls that every version of LangChain with these events understands.
        self._delta(events, {"type": "block-delta", "fields": {**chunk, "args": part.arguments}})
        self._finish(events, {"type": "tool_call", **called, "args": json.loads(part.arguments)})

    def _add_block(self, events: list[MessagesData], block: dict[str, Any], begun: dict[str, Any]) -> None:
        self._close(events)
        self._start(events, begun)
        self._finish(events, block)

    def _close(self, events: list[MessagesData]) -> None:
        """End the block of text that is open."""
        if self._kind is not None:
            self._finish(events, {"type": self._kind, self._kind: "".join(self._texts)})
            self._kind, self._texts = None, []

    def _start(self, events: list[MessagesData], block: dict[str, Any]) -> None:
        self._index += 1
        events.append({"event": "content-block-start", "index": self._index, "content": cast("Any", block)})

    def _delta(self, events: list[MessagesData], delta: dict[str, Any]) -> None:
        events.append({"event": "content-block-delta", "index": self._index, "delta": cast("Any", delta)})

    def _finish(self, events: list[MessagesData], block: dict[str, Any]) -> None:
        content = cast("FinalizedContentBlock", block)
        events.append({"event": "content-block-finish", "index": self._index, "content": content})


def _without(block: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key not in keys}
