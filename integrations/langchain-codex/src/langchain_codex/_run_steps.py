"""The steps of a turn: what is to be told to the callbacks, or to the reader of the output. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage

    from langchain_codex._agent_output import AgentOutput

__all__ = [
    "Below",
    "ModelBroke",
    "ModelEnded",
    "ModelStarted",
    "Noted",
    "Produced",
    "Step",
    "SubAgentBroke",
    "SubAgentEnded",
    "SubAgentStarted",
    "Token",
    "ToolBroke",
    "ToolEnded",
    "ToolStarts",
]


@dataclass(frozen=True)
class ModelStarted:
    """A model response begins; `messages` is what is new in its request."""

    messages: list[BaseMessage]


@dataclass(frozen=True)
class Token:
    """A part of the response came."""

    chunk: AIMessageChunk


@dataclass(frozen=True)
class ModelEnded:
    """The response is complete."""

    message: AIMessage


@dataclass(frozen=True)
class ModelBroke:
    """The response will not be completed."""

    error: BaseException
    message: AIMessage


@dataclass(frozen=True)
class ToolStarts:
    """A tool begins to run."""

    item_id: str
    name: str
    arguments: dict[str, Any]
    kind: str


@dataclass(frozen=True)
class ToolEnded:
    """A tool ended well."""

    item_id: str
    message: ToolMessage


@dataclass(frozen=True)
class ToolBroke:
    """A tool failed, was declined, or was cut off."""

    item_id: str
    error: BaseException


@dataclass(frozen=True)
class Noted:
    """Something that has no run: a custom event, of a tool's run or of the chain's."""

    name: str
    data: dict[str, Any]
    item_id: str | None = None


@dataclass(frozen=True)
class Produced:
    """A part of the output."""

    part: AgentOutput


@dataclass(frozen=True)
class SubAgentStarted:
    """A sub-agent of Codex begins a turn, in a thread of its own.

    Attributes:
        thread_id: That thread.
        parent_id: The thread of the sub-agent that it works for; None for the agent itself.
        messages: What it is asked.
    """

    thread_id: str
    parent_id: str | None
    messages: list[BaseMessage] = field(default_factory=list["BaseMessage"])


@dataclass(frozen=True)
class SubAgentEnded:
    """Its turn is over."""

    thread_id: str
    output: dict[str, Any]


@dataclass(frozen=True)
class SubAgentBroke:
    """Its turn failed, was interrupted, or is not followed any more."""

    thread_id: str
    error: BaseException


@dataclass(frozen=True)
class Below:
    """A step of a sub-agent."""

    thread_id: str
    step: Step


Step: TypeAlias = (
    ModelStarted
    | Token
    | ModelEnded
    | ModelBroke
    | ToolStarts
    | ToolEnded
    | ToolBroke
    | Noted
    | Produced
    | SubAgentStarted
    | SubAgentEnded
    | SubAgentBroke
    | Below
)
"""What is to be told to the callbacks, or to the reader of the output."""
