"""LangChain messages to the items of the Responses API that a thread's history is made of. Pure.

Images by URL stay URLs here; `_images` fetches those of the items that are sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from langchain_core.messages import (
        BaseMessage,
    )

__all__ = ["Form", "bare_arguments", "forms_of", "quoted_arguments", "to_item", "to_items"]

# What becomes an item: an item, or role and text of a message that is text alone. Nearly all are, each call goes through
# all of them, and only what is new is sent.
Form: TypeAlias = "tuple[str, str] | dict[str, Any]"

_ROLES = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    # The app-server drops items of role "system" without a word.
    "system": "developer",
    "developer": "developer",
}
# What an answer may hold besides its text and is not told to the model again: its reasoning cannot be
# replayed without the provider's encrypted form, its calls are items of their own, and the rest (work
# of a provider's own tools, blocks that only one provider knows) has no form here.
_NOT_REPLAYED = frozenset(
    {
        "reasoning",
        "tool_call",
        "tool_call_chunk",
        "invalid_tool_call",
        "server_tool_call",
        "server_tool_call_chunk",
        "server_tool_result",
        "non_standard",
    }
)


def to_items(
    messages: Sequence[BaseMessage], *, names: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Return the history for a thread, in order; see `forms_of`."""
    return [to_item(form) for form in forms_of(messages, names=names)]


def to_item(form: Form) -> dict[str, Any]:
    """Return the item that a form stands for."""
    if not isinstance(form, tuple):
        return form
    role, text = form
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def forms_of(messages: Sequence[BaseMessage], *, names: Mapping[str, str] | None = None) -> list[Form]:
    """Return the history for a thread, in order, as what becomes its items.

    The items have no field for names: that of a human goes in front of the text (`alice: Hello`),
    since it tells who speaks; those of other messages are left out.

    Args:
        messages: What the model is to see.
        names: What tools are called in Codex, by their names in LangChain, where these differ.

    Raises:
        ValueError: There are no messages, or one holds what the app-server cannot take.
    """
    items: list[Form] = []
    call_ids: set[str] = set()
    for message in messages:
        text = message.content
        # By the exact type, since that of an instance is asked of an abstract class; others go the long way.
        if type(text) is str and not message.name:
            if type(message) is HumanMessage:
                items.append(("user", text))
                continue
            if type(message) is AIMessage and text and not (message.tool_calls or message.invalid_tool_calls):
                items.append(("assistant", text))
                continue
        for item in _items_of(message):
            if item["type"] == "function_call":
                call_ids.add(item["call_id"])
                if names:
                    item["name"] = names.get(item["name"], item["name"])
            elif item["type"] == "function_call_output" and item["call_id"] not in call_ids:
                # The app-server drops such an output without a word.
                raise ValueError(
                    f"the tool message for call {item['call_id']!r} follows no such tool call: keep the AIMessage with "
                    "that call in its tool_calls before it, or leave the tool message out"
                )
            items.append(item)
    if not items:
        raise ValueError(
            "there are no messages with content for the model: give at least one with text or images"
        )
    return items


def _items_of(message: BaseMessage) -> Iterator[dict[str, Any]]:
    match message:
        case HumanMessage():
            yield from _human_items(message)
        case SystemMessage():
            yield _message("developer", _input_parts(message))
        case AIMessage():
            yield from _answer_items(message)
        case ToolMessage():
            yield _output(message.tool_call_id, _input_parts(message))
        case ChatMessage() if (role := _ROLES.get(message.role)) is not None:
            parts = _output_parts(message) if role == "assistant" else _input_parts(message)
            yield _message(role, parts)
        case ChatMessage():
            raise ValueError(f"unsupported role {message.role!r}: use one of {', '.join(_ROLES)}")
        case _:
            raise ValueError(
                f"a {type(message).__name__} cannot be sent to the model: give a SystemMessage, HumanMessage, "
                "AIMessage, ToolMessage or ChatMessage"
            )


def _human_items(message: HumanMessage) -> Iterator[dict[str, Any]]:
    results, rest = _tool_results(message)
    for result in results:
        yield _output(
            str(result.get("tool_use_id")), _input_parts(_with_content(message, result.get("content")))
        )
    if rest is message or rest.content:
        yield _message("user", _named(_input_parts(rest), message.name))


def _tool_results(message: HumanMessage) -> tuple[list[dict[str, Any]], HumanMessage]:
    """Take out the results of tools: Anthropic's format has them in the messages of the user."""
    if isinstance(message.content, str):
        return [], message
    results: list[dict[str, Any]] = []
    rest: list[str | dict[str, Any]] = []
    for block in cast("list[str | dict[str, Any]]", message.content):
        if isinstance(block, dict) and block.get("type") == "tool_result":
            results.append(block)
        else:
            rest.append(block)
    return results, _with_content(message, rest) if results else message


def _with_content(message: HumanMessage, content: Any) -> HumanMessage:
    return message.model_copy(update={"content": content or ""})


def _output(call_id: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    is_plain = len(parts) == 1 and parts[0]["type"] == "input_text"
    return {
        "type": "function_call_output",
        "call_id": call_id,
        "output": parts[0]["text"] if is_plain else parts or "",
    }


def _answer_items(message: AIMessage) -> Iterator[dict[str, Any]]:
    parts = _output_parts(message)
    if parts:
        yield _message("assistant", parts)
    for call in message.tool_calls:
        yield _call(call["id"], call["name"], json.dumps(call["args"], ensure_ascii=False))
    for call in message.invalid_tool_calls:
        yield _call(call["id"], call["name"] or "", bare_arguments(call["args"] or ""))


def quoted_arguments(text: str) -> str:
    """Return arguments that are no JSON so that LangChain does not mend them: a call that was cut off must not be run."""
    return json.dumps(text, ensure_ascii=False)


def bare_arguments(text: str) -> str:
    """Return the arguments of an invalid call as the model wrote them: what `quoted_arguments` was given."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else text


def _message(role: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": parts}


def _call(call_id: str | None, name: str, arguments: str) -> dict[str, Any]:
    if not call_id:
        raise ValueError(
            f"the call of tool {name!r} has no id, so its output could not be told from others: give each call an id"
        )
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def _named(parts: list[dict[str, Any]], name: str | None) -> list[dict[str, Any]]:
    if not name:
        return parts
    if parts and parts[0]["type"] == "input_text":
        return [{"type": "input_text", "text": f"{name}: {parts[0]['text']}"}, *parts[1:]]
    return [{"type": "input_text", "text": f"{name}:"}, *parts]


def _blocks(message: BaseMessage) -> Iterable[dict[str, Any]]:
    # Blocks in the formats of other providers, and those of earlier versions, come out as standard ones.
    return cast("list[dict[str, Any]]", message.content_blocks)


def _input_parts(message: BaseMessage) -> list[dict[str, Any]]:
    if isinstance(message.content, str):
        return [{"type": "input_text", "text": message.content}]
    return [_input_part(block) for block in _blocks(message)]


def _input_part(block: dict[str, Any]) -> dict[str, Any]:
    match block["type"]:
        case "text" | "text-plain" if isinstance(block.get("text"), str):
            return {"type": "input_text", "text": block["text"]}
        case "image":
            part = {"type": "input_image", "image_url": _data_url(block)}
            detail = block.get("detail") or block.get("extras", {}).get("detail")
            return {**part, "detail": detail} if detail else part
        case "non_standard":
            raise ValueError(f"unsupported content block {block['value'].get('type')!r}: give text or images")
        case "audio" | "video" as kind:
            raise ValueError(
                f"unsupported content block {kind!r}: Codex takes text and images; give a transcript of it, or stills"
            )
        case kind:
            raise ValueError(
                f"unsupported content block {kind!r}: Codex takes text and images; give its text, or its pages as images"
            )


def _data_url(block: dict[str, Any]) -> str:
    if block.get("base64"):
        mime_type = block.get("mime_type")
        if not mime_type:
            raise ValueError("an image given as base64 needs its mime_type, for example 'image/png'")
        return f"data:{mime_type};base64,{block['base64']}"
    url = str(block.get("url") or "")
    if url.startswith(("data:", "https://", "http://")):
        return url
    if url:
        raise ValueError(
            f"an image cannot be given as {url[:80]!r}: give a data:, https: or http: URL, or base64"
        )
    raise ValueError("an image needs its data (base64) or a URL; ids of uploaded files are not supported")


def _output_parts(message: BaseMessage) -> list[dict[str, Any]]:
    if isinstance(message.content, str):
        # Each call goes through the whole conversation, and blocks take their time.
        return [{"type": "output_text", "text": message.content}] if message.content else []
    parts: list[dict[str, Any]] = []
    for block in _blocks(message):
        if block["type"] == "text":
            if block["text"]:
                parts.append({"type": "output_text", "text": block["text"]})
        elif block["type"] not in _NOT_REPLAYED:
            raise ValueError(
                f"unsupported content block {block['type']!r} in an earlier answer: Codex takes the text and the tool "
                "calls of answers; leave the block out, or give an image in a HumanMessage"
            )
    return parts
