"""Call: what one call of the model sends. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from langchain_core.messages import ToolMessage

from langchain_codex._beginnings import Beginnings
from langchain_codex._messages import forms_of, to_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_app_server import ThreadStartOptions, TurnOptions
    from langchain_core.messages import AIMessage, BaseMessage

    from langchain_codex._beginnings import Beginning
    from langchain_codex._images import ImageFetch
    from langchain_codex._messages import Form
    from langchain_codex._tools import BoundTools

__all__ = ["Call"]


@dataclass(frozen=True)
class Call:
    """What one call sends.

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
        forms: What becomes the items of the conversation.
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
    forms: list[Form] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "forms", forms_of(self.messages, names=self.tools.names))

    @property
    def thread_options(self) -> ThreadStartOptions:
        """What `thread_start` takes. Only with tools is it of use to see the raw responses."""
        tools = self.tools.tools
        options = self.thread.copy()
        options["tools"] = tools
        options["experimental_raw_events"] = bool(tools)
        return options

    def items_from(self, count: int) -> list[dict[str, Any]]:
        """Return the items of the conversation without the first `count`."""
        return [to_item(form) for form in self.forms[count:]]

    @cached_property
    def beginnings(self) -> Beginnings:
        """The beginnings of the conversation, with what else a thread must have in common to go on with it."""
        settings = (self.thread, self.turn, [tool.to_wire() for tool in self.tools.tools], self.tools.names)
        return Beginnings(json.dumps(settings, sort_keys=True, default=repr), self.forms)

    def with_answer(self, answer: AIMessage) -> Beginning:
        """Return the conversation with its answer."""
        return self.beginnings.followed_by(
            forms_of([answer], names=self.tools.names) if answer.content or answer.tool_calls else []
        )

    @cached_property
    def results(self) -> dict[str, tuple[dict[str, Any], bool]]:
        """The results of tools at the end of the conversation: by the id of the call, the item and whether it failed.

        Empty when two of them are for the same call.
        """
        found: dict[str, tuple[dict[str, Any], bool]] = {}
        for message, item in zip(reversed(self.messages), reversed(self.forms), strict=False):
            if not isinstance(message, ToolMessage) or isinstance(item, tuple):
                break
            if message.tool_call_id in found:
                return {}
            found[message.tool_call_id] = (item, message.status == "error")
        return found
