"""Call: what one call of the model sends, and the digests that tell what a thread holds. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from langchain_core.messages import ToolMessage

from langchain_codex._messages import to_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codex_app_server import ThreadStartOptions, TurnOptions
    from langchain_core.messages import AIMessage, BaseMessage

    from langchain_codex._images import ImageFetch
    from langchain_codex._tools import BoundTools

__all__ = ["Call"]

_TEXT_KEYS = {"type", "text"}


@dataclass(frozen=True)
class Call:
    """What one call sends.

    Two lists of messages that begin alike have the same digests for that beginning, and no others
    do: a digest is made of the settings and of everything before it.

    Attributes:
        messages: The whole conversation.
        thread: Options of the thread, but for its tools.
        turn: Options of the turn.
        tools: The tools that the model may call.
        stop: Stop sequences.
        has_blocks: Whether the answer comes as content blocks.
        is_v1: Whether these are those of `output_version="v1"`.
        is_one_shot: Whether calls of tools are never answered.
        image_fetch: From which addresses images may be fetched.
    """

    messages: Sequence[BaseMessage]
    thread: ThreadStartOptions
    turn: TurnOptions
    tools: BoundTools
    stop: list[str]
    has_blocks: bool
    is_v1: bool
    is_one_shot: bool
    image_fetch: ImageFetch
    items: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", to_items(self.messages, names=self.tools.names))

    @property
    def thread_options(self) -> ThreadStartOptions:
        """What `thread_start` takes. Only with tools is it of use to see the raw responses."""
        tools = self.tools.tools
        options = self.thread.copy()
        options["tools"] = tools
        options["experimental_raw_events"] = bool(tools)
        return options

    @cached_property
    def digests(self) -> list[bytes]:
        """The digest of each beginning of the conversation: of no item, of one, and so on."""
        return [self._seed, *_chain(self._seed, self.items)]

    def digest_after(self, answer: AIMessage) -> bytes:
        """Return the digest of the conversation with its answer."""
        items = to_items([answer], names=self.tools.names) if answer.content or answer.tool_calls else []
        return (self.digests[-1:] + _chain(self.digests[-1], items))[-1]

    @cached_property
    def results(self) -> dict[str, tuple[dict[str, Any], bool]]:
        """The results of tools at the end of the conversation: by the id of the call, the item and whether it failed.

        Empty when two of them are for the same call.
        """
        found: dict[str, tuple[dict[str, Any], bool]] = {}
        for message, item in zip(reversed(self.messages), reversed(self.items), strict=False):
            if not isinstance(message, ToolMessage):
                break
            if message.tool_call_id in found:
                return {}
            found[message.tool_call_id] = (item, message.status == "error")
        return found

    @cached_property
    def _seed(self) -> bytes:
        settings = (self.thread, self.turn, [tool.to_wire() for tool in self.tools.tools], self.tools.names)
        text = json.dumps(settings, sort_keys=True, default=repr)
        return hashlib.sha256(text.encode()).digest()


def _chain(digest: bytes, items: Iterable[dict[str, Any]]) -> list[bytes]:
    digests: list[bytes] = []
    for item in items:
        digest = hashlib.sha256(digest + _canonical(item)).digest()
        digests.append(digest)
    return digests


def _canonical(item: dict[str, Any]) -> bytes:
    """Return what counts of an item: an answer may be cut into blocks, and a store may order members anew."""
    if item["type"] == "function_call":
        try:
            called = [item["call_id"], item["name"], json.loads(item["arguments"])]
        except ValueError:
            return _json(item)
        return _json(called)
    parts: list[dict[str, Any]] = item.get("content") or []
    if item.get("role") == "assistant" or (len(parts) == 1 and parts[0].keys() == _TEXT_KEYS):
        # Nearly all items are of this kind, and each call goes through the whole conversation. JSON never begins so.
        text = parts[0]["text"] if len(parts) == 1 else "".join(part["text"] for part in parts)
        return f"{item['role']}\0{text}".encode("utf-8", "surrogatepass")
    return _json(item)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
