"""The responses of a turn as events of content blocks, for handlers that take these instead of tokens. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_codex._block_events import BlockWriter
from langchain_codex._parts import TextPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import AIMessageChunk
    from langchain_protocol.protocol import MessagesData

    from langchain_codex._parts import Part

__all__ = ["ResponseBlocks", "wants_blocks"]


class ResponseBlocks:
    """The events of one response.

    Args:
        model_name: The model.
    """

    def __init__(self, model_name: str) -> None:
        self._model_name = model_name
        self._writer: BlockWriter | None = None

    def take(self, chunk: AIMessageChunk) -> list[MessagesData]:
        """Return the events for what came of the response."""
        if self._writer is None:
            self._writer = BlockWriter(message_id=chunk.id or "", model_name=self._model_name)
        aside = chunk.additional_kwargs
        parts: list[Part] = []
        if "reasoning_content" in aside:
            parts.append(TextPart("reasoning", aside["reasoning_content"]))
        if "commentary" in aside:
            parts.append(TextPart("commentary", aside["commentary"]))
        if chunk.text:
            parts.append(TextPart("text", chunk.text))
        events = self._writer.events(parts)
        if chunk.chunk_position == "last":
            events += self._writer.last_events(chunk.response_metadata, chunk.usage_metadata)
        return events


def wants_blocks(handlers: Sequence[object]) -> bool:
    """Whether a handler takes events of content blocks, as LangGraph's does for version 3 of its streams."""
    # LangChain's mark for them has no public name.
    bases = (base.__name__ for handler in handlers for base in type(handler).__mro__)
    return "_V2StreamingCallbackHandler" in bases
