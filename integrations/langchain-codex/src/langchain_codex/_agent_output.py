"""What a run of the agent returns: chunks that add up to the whole output. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, RemoveMessage
from langchain_core.messages.ai import (
    InputTokenDetails,
    OutputTokenDetails,
    UsageMetadata,
    add_ai_message_chunks,
)
from langchain_core.runnables.utils import AddableDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_app_server import Usage
    from langchain_core.messages import BaseMessage

__all__ = ["AgentOutput", "summed", "to_answer", "to_usage"]


class AgentOutput(AddableDict):
    """A part of the output of a run: parts are added with `+`.

    Messages are put together by their id, a `RemoveMessage` takes one back, and of everything else the last
    value counts.
    """

    def __add__(self, other: AddableDict) -> AgentOutput:
        """Return the output so far with a later part."""
        return AgentOutput.sum([self, AgentOutput(other)])

    @classmethod
    def sum(cls, parts: Sequence[AgentOutput]) -> AgentOutput:
        """Return the output of which these are the parts."""
        whole = cls()
        messages: list[BaseMessage] = []
        for part in parts:
            whole.update(part)
            messages += part.get("messages", ())
        if messages:
            whole["messages"] = _joined(messages)
        return whole

    def whole(self) -> dict[str, Any]:
        """Return the plain output, with whole messages."""
        messages = cast("list[BaseMessage]", self.get("messages", ()))
        return {
            **self,
            "messages": [
                to_answer(message) if isinstance(message, AIMessageChunk) else message for message in messages
            ],
        }


def _joined(messages: list[BaseMessage]) -> list[BaseMessage]:
    joined: dict[str | int, BaseMessage | list[AIMessageChunk]] = {}
    for message in messages:
        # What a tool has added may have no id.
        key = message.id or id(message)
        known = joined.get(key)
        if isinstance(message, RemoveMessage):
            joined.pop(key, None)
        elif isinstance(message, AIMessageChunk):
            if isinstance(known, list):
                known.append(message)
            else:
                joined[key] = [message]
        else:
            joined[key] = message
    return [summed(found) if isinstance(found, list) else found for found in joined.values()]


def summed(chunks: Sequence[AIMessageChunk]) -> AIMessageChunk:
    """Return an answer for all that has come of it: put together once, since each addition copies it whole."""
    first, *rest = chunks
    if not rest:
        return first
    whole = add_ai_message_chunks(first, *rest)
    # LangChain does not keep it.
    whole.name = first.name
    return whole


def to_answer(message: AIMessageChunk) -> AIMessage:
    """Return the whole message for the sum of its chunks."""
    return AIMessage(
        content=cast("str", message.content),
        id=message.id,
        name=message.name,
        additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
    )


def to_usage(usage: Usage) -> UsageMetadata:
    """Return token counts as LangChain has them."""
    return UsageMetadata(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        total_tokens=usage.total_tokens,
        input_token_details=InputTokenDetails(
            cache_read=usage.cached_input_tokens, cache_creation=usage.cache_write_input_tokens
        ),
        output_token_details=OutputTokenDetails(reasoning=usage.reasoning_output_tokens),
    )
