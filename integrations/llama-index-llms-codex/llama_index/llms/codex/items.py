"""Messages of LlamaIndex -> items of the Responses API, which the history of a Codex thread is made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from codex_app_server.tools import tool_name
from llama_index.core.base.llms.types import (
    CachePoint,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.llms.codex.blocks import plain_blocks
from llama_index.llms.codex.images import image_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llama_index.core.base.llms.types import ChatMessage, ContentBlock
    from llama_index.llms.codex.images import ImageFetch

__all__ = ["ASSISTANT_ROLES", "TOOL_ROLES", "check_messages", "history_items"]

TOOL_ROLES = frozenset({MessageRole.TOOL, MessageRole.FUNCTION})
"""The roles of messages that hold the result of a tool."""

ASSISTANT_ROLES = frozenset({MessageRole.ASSISTANT, MessageRole.MODEL, MessageRole.CHATBOT})
"""The roles of messages of the model."""

_DEVELOPER_ROLES = {MessageRole.SYSTEM, MessageRole.DEVELOPER}
_REMEDIES = {
    "audio": "give a transcript as text",
    "document": "give its text, or its pages as images",
    "video": "give a transcript as text, or single frames as images",
}


def check_messages(messages: Sequence[ChatMessage]) -> None:
    """Check that `history_items` would leave nothing out.

    Raises:
        ValueError: There are no messages with content, or one holds what Codex does not take.
    """
    for message in messages:
        for block in plain_blocks(message.blocks):
            _check_block(block, message.role)
    if not any(message.blocks for message in messages):
        raise ValueError("there are no messages with content for the model")


def _check_block(block: ContentBlock, role: MessageRole) -> None:
    match block:
        case TextBlock() | CachePoint() | ThinkingBlock():
            return
        case ToolCallBlock():
            if not block.tool_call_id:
                raise ValueError(
                    f"the call of tool {block.tool_name!r} has no id, so its result could not be told from others"
                )
        case ImageBlock():
            if role in ASSISTANT_ROLES:
                raise ValueError(
                    "a message of the assistant cannot hold an image: give it in one of the user"
                )
        case _:
            remedy = _REMEDIES.get(block.block_type, "give its text instead")
            raise ValueError(
                f"Codex takes text and images, not a block of type {block.block_type!r}: {remedy}"
            )


def history_items(messages: Iterable[ChatMessage], *, allow: ImageFetch = "public") -> list[dict[str, Any]]:
    """Return the items that bring messages into the history of a thread, in order.

    What an item cannot hold is named in its place (`[audio left out]`); see `check_messages` for refusing it.
    Reads files and remote images, so it blocks where `must_be_loaded` says so.

    Args:
        messages: What the model is to see.
        allow: From which addresses images may be fetched.

    Raises:
        ValueError: An image cannot be used, see `image_url`.
    """
    items: list[dict[str, Any]] = []
    calls: set[str] = set()
    for message in messages:
        if message.role in TOOL_ROLES:
            items.append(_tool_item(message, calls, allow))
            continue
        if message.role in ASSISTANT_ROLES:
            role, kind = "assistant", "output_text"
        elif message.role in _DEVELOPER_ROLES:
            # The server drops the role `system` without a word.
            role, kind = "developer", "input_text"
        else:
            role, kind = "user", "input_text"
        content = _content(message, kind, allow)
        if content:
            items.append({"type": "message", "role": role, "content": content})
        for block in message.blocks:
            if isinstance(block, ToolCallBlock) and block.tool_call_id:
                calls.add(block.tool_call_id)
                items.append(_call_item(block, block.tool_call_id))
    return items


def _call_item(block: ToolCallBlock, call_id: str) -> dict[str, Any]:
    arguments = block.tool_kwargs
    return {
        "type": "function_call",
        "call_id": call_id,
        "name": tool_name(block.tool_name),
        "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
    }


def _content(message: ChatMessage, text_type: str, allow: ImageFetch) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = []
    for block in plain_blocks(message.blocks):
        if isinstance(block, TextBlock):
            if block.text:
                content.append({"type": text_type, "text": block.text})
        elif isinstance(block, ImageBlock) and text_type == "input_text":
            part = {"type": "input_image", "image_url": image_url(block, allow=allow)}
            content.append({**part, "detail": block.detail} if block.detail else part)
        elif not isinstance(block, (CachePoint, ThinkingBlock, ToolCallBlock)):
            # History must not be a reason to fail: what it cannot hold is named at least.
            content.append({"type": text_type, "text": f"[{block.block_type} left out]"})
    return content


def _tool_item(message: ChatMessage, calls: set[str], allow: ImageFetch) -> dict[str, Any]:
    call_id = message.additional_kwargs.get("tool_call_id")
    content = _content(message, "input_text", allow)
    if isinstance(call_id, str) and call_id in calls:
        is_text = all(part["type"] == "input_text" for part in content)
        output = "\n".join(part["text"] for part in content) if is_text else content
        return {"type": "function_call_output", "call_id": call_id, "output": output}
    # The server drops an output whose call it does not know.
    head: list[dict[str, Any]] = [{"type": "input_text", "text": "Result of a tool call:"}]
    return {"type": "message", "role": "developer", "content": head + content}
