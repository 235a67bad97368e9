"""What the user of an adapter sees of a turn, in the few neutral words of the conformance kit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "Diff",
    "Facet",
    "Final",
    "Plan",
    "Reasoning",
    "Seen",
    "Text",
    "ToolBegan",
    "ToolEnded",
    "Used",
]

Facet: TypeAlias = Literal["text", "reasoning", "tools", "usage", "plan", "diff", "python_tools", "approvals"]
"""A part of what the kit checks; an adapter may leave some of them out, and says so."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the agent's text, as it was streamed.

    Attributes:
        text: The piece. Pieces may be joined, and whitespace may be added between two messages.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of reasoning.

    Attributes:
        text: The piece.
    """

    text: str


@dataclass(frozen=True, slots=True)
class ToolBegan:
    """A tool began to work.

    Attributes:
        id: The id under which its end is told; the item's or another that is unique in the turn.
    """

    id: str


@dataclass(frozen=True, slots=True)
class ToolEnded:
    """A tool has ended.

    Attributes:
        id: As in `ToolBegan`.
        output: What is shown of its output; something may stand around it.
        is_error: Whether it is shown as failed.
    """

    id: str
    output: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """Tokens that are shown as used; the kit adds up all of a turn.

    Attributes:
        input_tokens: Tokens sent to the model.
        output_tokens: Tokens that it produced.
    """

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The agent's plan, all of it; the last one counts.

    Attributes:
        steps: What is to be done.
    """

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """The changes of files, all of them; the last one counts.

    Attributes:
        diff: As the server wrote it.
    """

    diff: str


@dataclass(frozen=True, slots=True)
class Final:
    """The result of the turn; the last thing that is seen, once.

    Attributes:
        text: The final answer.
        status: `"completed"`, `"failed"` or `"interrupted"`; a drive may raise instead for the last two.
        error: Why it failed.
    """

    text: str
    status: str = "completed"
    error: str = ""


Seen: TypeAlias = Text | Reasoning | ToolBegan | ToolEnded | Used | Plan | Diff | Final
"""One thing that the user of an adapter sees."""
