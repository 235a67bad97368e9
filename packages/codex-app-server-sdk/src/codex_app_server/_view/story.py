"""Story: the blocks of a turn in the order in which they began, gathered from its events. No escaping, no output."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from codex_app_server.events import (
    MessageFinished,
    MessageStarted,
    PlanUpdated,
    ReasoningDelta,
    ReasoningFinished,
    TextDelta,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
    TurnStarted,
    Usage,
    UsageUpdated,
    WarningRaised,
)

if TYPE_CHECKING:
    from codex_app_server.events import Event, PlanStep, ToolKind
    from codex_app_server.json_types import JsonObject

__all__ = ["Block", "Message", "Note", "Reasoning", "Story", "ToolRun"]

# Of a command that runs only the last lines are shown; all of it comes with its end.
_KEPT_OUTPUT = 20_000


@dataclass(slots=True)
class Message:
    """A message of the agent."""

    item_id: str
    text: str = ""
    is_commentary: bool = False
    is_done: bool = False
    kind: ClassVar[Literal["message"]] = "message"


@dataclass(slots=True)
class Reasoning:
    """Reasoning, or its summary."""

    item_id: str
    text: str = ""
    is_done: bool = False
    part_index: int = 0
    kind: ClassVar[Literal["reasoning"]] = "reasoning"


@dataclass(slots=True)
class ToolRun:
    """A command, a change of files, or another tool."""

    item_id: str
    tool_kind: ToolKind
    name: str
    arguments: JsonObject
    output: str = ""
    status: str | None = None
    is_error: bool = False
    exit_code: int | None = None
    duration_ms: int | None = None
    started_s: float = field(default_factory=time.monotonic, compare=False)
    is_done: bool = False
    kind: ClassVar[Literal["tool"]] = "tool"


@dataclass(slots=True)
class Note:
    """Something that the server, or this program, has to say."""

    text: str
    is_bad: bool = False
    is_done: bool = True
    kind: ClassVar[Literal["note"]] = "note"


Block: TypeAlias = Message | Reasoning | ToolRun | Note


class Story:
    """What is to be shown of a turn.

    Attributes:
        blocks: All blocks, in the order in which they began.
        plan: The plan as it is now.
        usage: Tokens of the turn so far.
        context_window: Size of the model's context, where known.
        started_s: When the turn began, on the monotonic clock.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.plan: tuple[PlanStep, ...] = ()
        self.usage = Usage()
        self.context_window: int | None = None
        self.started_s = time.monotonic()
        self._messages: dict[str, Message] = {}
        self._reasonings: dict[str, Reasoning] = {}
        self._tools: dict[str, ToolRun] = {}

    def feed(self, event: Event) -> Block | None:
        """Take the next event; return the block that it changed, if it was one."""
        match event:
            case TurnStarted():
                self.started_s = time.monotonic()
            case MessageStarted():
                self._message(event.item_id).is_commentary = event.phase == "commentary"
            case TextDelta():
                message = self._message(event.item_id)
                message.text += event.text
                return message
            case MessageFinished():
                return self._end_message(event)
            case ReasoningDelta():
                return self._add_reasoning(event)
            case ReasoningFinished():
                return self._end_reasoning(event)
            case ToolStarted() | ToolFinished():
                return self._tool(event)
            case ToolOutputDelta():
                tool = self._tools.get(event.item_id)
                if tool is not None:
                    tool.output = (tool.output + event.text)[-_KEPT_OUTPUT:]
                return tool
            case PlanUpdated():
                self.plan = event.steps
            case UsageUpdated():
                self.usage += event.last
                self.context_window = event.context_window
            case WarningRaised():
                return self.note(event.message, is_bad=True)
            case _:
                # What has no form here: bookkeeping of the server, questions, diffs that the changes showed already.
                pass
        return None

    def note(self, text: str, *, is_bad: bool = False) -> Note:
        """Add a note."""
        note = Note(text, is_bad)
        self.blocks.append(note)
        return note

    def end(self) -> None:
        """Mark all blocks as ended: nothing more is coming."""
        for block in self.blocks:
            block.is_done = True

    def _message(self, item_id: str) -> Message:
        message = self._messages.get(item_id)
        if message is None:
            message = self._messages[item_id] = Message(item_id)
            self.blocks.append(message)
        return message

    def _end_message(self, event: MessageFinished) -> Message:
        message = self._message(event.item_id)
        message.text, message.is_commentary, message.is_done = event.text, event.phase == "commentary", True
        return message

    def _reasoning(self, item_id: str) -> Reasoning:
        reasoning = self._reasonings.get(item_id)
        if reasoning is None:
            reasoning = self._reasonings[item_id] = Reasoning(item_id)
            self.blocks.append(reasoning)
        return reasoning

    def _add_reasoning(self, event: ReasoningDelta) -> Reasoning | None:
        # The summary is for people; where there is none, nothing is shown.
        if not event.is_summary:
            return None
        reasoning = self._reasoning(event.item_id)
        if event.part_index != reasoning.part_index:
            reasoning.part_index = event.part_index
            reasoning.text += "\n"
        reasoning.text += event.text
        return reasoning

    def _end_reasoning(self, event: ReasoningFinished) -> Reasoning | None:
        if not event.summary:
            return None
        reasoning = self._reasoning(event.item_id)
        reasoning.text, reasoning.is_done = "\n".join(event.summary), True
        return reasoning

    def _tool(self, event: ToolStarted | ToolFinished) -> ToolRun:
        tool = self._tools.get(event.item_id)
        # The ids are the model's, which may repeat one.
        if tool is None or tool.is_done:
            tool = ToolRun(event.item_id, event.tool_kind, event.name, event.arguments)
            self._tools[event.item_id] = tool
            self.blocks.append(tool)
        if isinstance(event, ToolFinished):
            tool.arguments, tool.output, tool.status = event.arguments, event.output, event.status
            tool.is_error, tool.exit_code, tool.duration_ms = (
                event.is_error,
                event.exit_code,
                event.duration_ms,
            )
            tool.is_done = True
        return tool
