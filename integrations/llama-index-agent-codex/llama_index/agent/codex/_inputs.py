"""Messages of LlamaIndex -> input of a turn; what a thread has seen of them, and its transcript as items."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from codex_app_server import ImageInput, TextInput
from llama_index.core.base.llms.types import (
    CachePoint,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.llms.codex.images import image_url
from llama_index.llms.codex.items import TOOL_ROLES

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Sequence

    from codex_app_server import InputItem
    from llama_index.core.base.llms.types import ChatMessage

__all__ = [
    "digest",
    "transcript_items",
    "turn_input",
    "unseen",
]


def turn_input(message: ChatMessage) -> list[InputItem]:
    """Return the input of a turn for a message of the user.

    Raises:
        ValueError: The message holds something that Codex does not take.
    """
    items: list[InputItem] = []
    for block in message.blocks:
        if isinstance(block, TextBlock):
            items.append(TextInput(block.text))
        elif isinstance(block, ImageBlock):
            items.append(ImageInput(image_url(block)))
        elif not isinstance(block, (CachePoint, ThinkingBlock)):
            raise ValueError(  # noqa: TRY004 - of the right type, with content that cannot be used
                f"Codex takes text and images, not a block of type {block.block_type!r}: give its text instead"
            )
    return items


def transcript_items(turns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items that carry the turns of one thread, as `thread/read` gives them, to another."""
    items: list[dict[str, Any]] = []
    for item in (item for turn in turns for item in turn.get("items", [])):
        match item.get("type"):
            case "userMessage":
                content = [_user_part(part) for part in item.get("content", [])]
                known = [part for part in content if part is not None]
                if known:
                    items.append({"type": "message", "role": "user", "content": known})
            case "agentMessage" if item.get("text"):
                content = [{"type": "output_text", "text": item["text"]}]
                items.append({"type": "message", "role": "assistant", "content": content})
            case "dynamicToolCall":
                parts: list[dict[str, Any]] = item.get("contentItems") or []
                texts = [str(part.get("text", "")) for part in parts]
                call = {"call_id": item["id"], "name": item["tool"]}
                items.append(
                    {"type": "function_call", **call, "arguments": json.dumps(item.get("arguments"))}
                )
                items.append(
                    {"type": "function_call_output", "call_id": item["id"], "output": "\n".join(texts)}
                )
            case _:
                # Commands and reasoning stay behind: their results are told in the messages.
                pass
    return items


def _user_part(part: dict[str, Any]) -> dict[str, Any] | None:
    match part.get("type"):
        case "text":
            return {"type": "input_text", "text": part.get("text", "")}
        case "image":
            return {"type": "input_image", "image_url": part.get("url", "")}
        case _:
            return None


def digest(message: ChatMessage) -> str:
    """Return what a message is recognised by: its role and content, wherever it comes from."""
    parts: list[Any] = [message.role.value]
    for block in message.blocks:
        if isinstance(block, TextBlock):
            parts.append(block.text)
        elif isinstance(block, ToolCallBlock):
            parts.append([block.tool_call_id, block.tool_name])
        elif isinstance(block, ImageBlock):
            source = block.image if isinstance(block.image, bytes) else str(block.path or block.url)
            parts.append(hashlib.sha256(source if isinstance(source, bytes) else source.encode()).hexdigest())
        elif not isinstance(block, (CachePoint, ThinkingBlock)):
            parts.append(block.block_type)
    if message.role in TOOL_ROLES:
        parts.append(str(message.additional_kwargs.get("tool_call_id")))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def unseen(messages: Iterable[ChatMessage], seen: Counter[str]) -> list[ChatMessage]:
    """Return the messages that are not in `seen`; one that stands there once covers one message."""
    left = seen.copy()
    new: list[ChatMessage] = []
    for message in messages:
        key = digest(message)
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append(message)
    return new
