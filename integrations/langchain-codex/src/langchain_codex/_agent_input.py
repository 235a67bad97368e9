"""What a run of the agent is given, and which of it is new to its thread. Pure.

The thread is the memory. A conversation that it knows is told apart by its own answers: what follows
the last one is new, and only that is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from codex_app_server import ImageInput, TextInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue

from langchain_codex._messages import to_items

if TYPE_CHECKING:
    from codex_app_server import InputItem
    from langchain_core.runnables import RunnableConfig

__all__ = ["AgentInput", "AgentRequest", "request_of"]

AgentInput: TypeAlias = str | PromptValue | BaseMessage | Sequence[Any] | Mapping[str, Any]
"""Text, messages in any form that LangChain knows, a prompt, or a mapping with `messages`."""


@dataclass(frozen=True)
class AgentRequest:
    """One turn, as it was asked for.

    Attributes:
        thread_id: The thread to go on with; None for a new one.
        after_turn_id: The turn that the conversation goes on from, where its messages tell.
        history: Items to tell the thread before the turn.
        turn_input: The input of the turn; empty to run the model on the history.
        messages: The messages that are new.
        conversation: All messages.
        state: The mapping that the run was given; what tools get injected.
    """

    thread_id: str | None
    after_turn_id: str | None
    history: list[dict[str, Any]]
    turn_input: list[InputItem]
    messages: list[BaseMessage]
    conversation: list[BaseMessage]
    state: Mapping[str, Any]

    def at_end_of(self, thread_id: str, note: str = "") -> AgentRequest:
        """Return the request that goes on with a thread in which a turn was cut off, with a note to the model."""
        item = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": note}]}
        return replace(
            self,
            thread_id=thread_id,
            after_turn_id=None,
            history=[item] if note else [],
            turn_input=[],
            messages=[SystemMessage(note)],
        )


def request_of(value: object, config: RunnableConfig, agent_name: str | None) -> AgentRequest:
    """Return the turn to run.

    The thread is, in this order: `codex_thread_id` of `configurable`; `thread_id` of the input; `thread_id` of
    `configurable`, outside of LangGraph, where it belongs to the checkpointer; that of the last answer of this
    agent among the messages. Otherwise it is a new one.

    Args:
        value: As the user gave it.
        config: The configuration of the run.
        agent_name: Name of the agent, which its answers carry.

    Raises:
        TypeError: It is no input.
        ValueError: Nothing in it is new to the thread, or the model cannot be told a message.
    """
    state: Mapping[str, Any] = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
    messages = _messages_of(cast("object", value))
    thread_id = _thread_id(state, config)
    index = _last_answer(messages, agent_name, thread_id)
    after_turn_id: str | None = None
    if index is not None:
        metadata = messages[index].response_metadata
        # Whoever names the thread goes on at its end.
        after_turn_id = None if thread_id else metadata.get("turn_id")
        thread_id = metadata["thread_id"]
    elif thread_id is not None:
        index = next((i for i in _backwards(messages) if isinstance(messages[i], AIMessage)), None)
    new = messages if index is None else messages[index + 1 :]
    if not new:
        raise ValueError(
            "the input has no message that is new to the thread: give a message of the user after the last answer"
        )
    earlier, asked = _split(new)
    items = to_items(asked) if asked else []
    if any(item["type"] != "message" for item in items):
        # Anthropic's format has the results of tools in the messages of the user.
        earlier, items = new, []
    return AgentRequest(
        thread_id=thread_id,
        after_turn_id=after_turn_id,
        history=to_items(earlier) if earlier else [],
        turn_input=[_input_item(part) for item in items for part in item["content"]],
        messages=new,
        conversation=messages,
        state=state,
    )


def _messages_of(value: object) -> list[BaseMessage]:
    if isinstance(value, Mapping):
        given: object = cast("Mapping[str, Any]", value).get("messages")
        if given is None:
            raise TypeError("the mapping that CodexAgent was given has no 'messages'")
        return _messages_of(given)
    if isinstance(value, PromptValue):
        return value.to_messages()
    if isinstance(value, str):
        return [HumanMessage(value)]
    if isinstance(value, BaseMessage):
        return [value]
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return list(convert_to_messages(cast("Sequence[Any]", value)))
    raise TypeError(
        f"CodexAgent takes text, messages or a mapping with 'messages', not {type(value).__name__!r}"
    )


def _thread_id(state: Mapping[str, Any], config: RunnableConfig) -> str | None:
    configurable: Mapping[str, Any] = config.get("configurable") or {}
    # LangGraph's own keys tell that `thread_id` is the one of its checkpointer.
    is_in_graph = any(key.startswith("__pregel_") for key in configurable)
    found: object = configurable.get("codex_thread_id") or state.get("thread_id")
    if not found and not is_in_graph:
        found = configurable.get("thread_id")
    return str(found) if found else None


def _backwards(messages: Sequence[BaseMessage]) -> range:
    return range(len(messages) - 1, -1, -1)


def _last_answer(
    messages: Sequence[BaseMessage], agent_name: str | None, thread_id: str | None
) -> int | None:
    for index in _backwards(messages):
        message = messages[index]
        known = message.response_metadata.get("thread_id") if isinstance(message, AIMessage) else None
        if known is None or message.response_metadata.get("codex_agent") is None:
            continue
        if known == thread_id or (thread_id is None and message.name == agent_name):
            return index
    return None


def _split(messages: list[BaseMessage]) -> tuple[list[BaseMessage], list[BaseMessage]]:
    """Return what the thread is told first, and what the user asks: the human messages at the end."""
    count = 0
    for message in reversed(messages):
        if not isinstance(message, HumanMessage):
            break
        count += 1
    at = len(messages) - count
    return messages[:at], messages[at:]


def _input_item(part: Mapping[str, Any]) -> InputItem:
    return TextInput(part["text"]) if part["type"] == "input_text" else ImageInput(part["image_url"])
