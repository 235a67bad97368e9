"""What tools want changed in the state of a graph: a `Command` of theirs, with which the agent's output ends. Pure.

A node of a graph returns what it changes when it ends, so that is when the updates of its tools are applied.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import AppServerError
from langchain_core.messages import ToolMessage, convert_to_messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_app_server import ToolCall
    from langchain_core.messages import BaseMessage

__all__ = ["StateUpdateError", "StateUpdates", "is_command"]

# What the agent itself returns.
_OWN = frozenset({"thread_id", "diff", "plan", "usage", "sub_agent_usage", "structured_response"})
_DONE = "Done."


class StateUpdateError(AppServerError, ValueError):
    """A tool returned a `Command` that a turn cannot carry out; raised at the end of the turn."""


def is_command(result: object) -> bool:
    """Whether a tool returned a Command of LangGraph's, or a list with one."""
    if "langgraph" not in sys.modules:
        return False
    from langgraph.types import Command  # noqa: PLC0415 - an optional companion

    results = cast("list[object]", result) if isinstance(result, list) else [result]
    return any(isinstance(entry, Command) for entry in results)


class StateUpdates:
    """The updates of one turn.

    Attributes:
        values: What is to be changed, by key of the state.
        messages: Messages to be added.
        error: Why one of them cannot be returned.
    """

    def __init__(self) -> None:
        self.error: StateUpdateError | None = None
        self.values: dict[str, Any] = {}
        self.messages: list[BaseMessage] = []

    def take(self, result: object, call: ToolCall) -> ToolMessage:
        """Take what a tool returned; returns the message for the model.

        Raises:
            StateUpdateError: It wants more than an update, or changes what cannot be changed.
        """
        try:
            return self._take(cast("list[object]", result) if isinstance(result, list) else [result], call)
        except StateUpdateError as exc:
            self.error = self.error or exc
            raise

    def _take(self, entries: list[object], call: ToolCall) -> ToolMessage:
        answer: ToolMessage | None = None
        values = dict(self.values)
        messages: list[BaseMessage] = []
        for entry in entries:
            for key, value in _changes(entry, call.name).items():
                if key == "messages":
                    for message in _messages(value):
                        if isinstance(message, ToolMessage) and message.tool_call_id == call.call_id:
                            answer = message
                        else:
                            messages.append(message)
                else:
                    values[key] = _joined(values, key, value, call.name)
        self.values = values
        self.messages += messages
        return answer or ToolMessage(_DONE, tool_call_id=call.call_id, name=call.name)

    def take_messages(self) -> list[BaseMessage]:
        """Return the messages that were not taken yet."""
        messages, self.messages = self.messages, []
        return messages


def _changes(entry: object, tool_name: str) -> Mapping[str, Any]:
    if isinstance(entry, ToolMessage):
        return {"messages": [entry]}
    for name in ("goto", "resume", "graph"):
        if getattr(entry, name, None):
            raise StateUpdateError(
                f"the tool {tool_name!r} returned a Command with {name!r}: a turn of Codex cannot leave its node before "
                "it has ended, so a tool can only update the state; put the way on into the edges of the graph"
            )
    update: object = getattr(entry, "update", None)
    if update is None:
        return {}
    if isinstance(update, Mapping):
        return cast("Mapping[str, Any]", update)
    if isinstance(update, list):
        return {"messages": update}
    raise StateUpdateError(
        f"the tool {tool_name!r} returned a Command whose update is a {type(update).__name__!r}: give a mapping"
    )


def _messages(value: object) -> list[BaseMessage]:
    entries = cast("Sequence[Any]", value) if isinstance(value, list) else [value]
    return list(convert_to_messages(entries))


def _joined(known: Mapping[str, Any], key: str, value: object, tool_name: str) -> object:
    """Return what two updates of a key are together, where that does not depend on the graph."""
    if key in _OWN:
        raise StateUpdateError(
            f"the tool {tool_name!r} updates {key!r}, which the agent returns itself: give the state another key"
        )
    if key not in known:
        return value
    before = known[key]
    if isinstance(before, list) and isinstance(value, list):
        return [*cast("list[object]", before), *cast("list[object]", value)]
    if isinstance(before, dict) and isinstance(value, dict):
        return {**cast("dict[str, object]", before), **cast("dict[str, object]", value)}
    raise StateUpdateError(
        f"the tool {tool_name!r} updates {key!r}, which was updated in this turn before: a node returns one value for "
        "a key, and only lists and mappings can be put together"
    )
