"""PlainView: a turn as plain text, for files, pipes and terminals without rich."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from codex_app_server._escape import visible
from codex_app_server._view.lines import block_lines, ending_line, head_lines, plan_lines
from codex_app_server._view.story import Message, Story, ToolRun
from codex_app_server.events import MessageFinished, PlanUpdated, TextDelta, ToolStarted

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import TextIO

    from codex_app_server._view.lines import Line
    from codex_app_server._view.story import Block
    from codex_app_server.events import Event
    from codex_app_server.results import TurnResult

__all__ = ["PlainView"]


class PlainView:
    """Writes what happens when it happens.

    Args:
        answer: Gets the messages of the agent, as they are streamed.
        progress: Gets all else; may be the same.
    """

    def __init__(self, answer: TextIO, progress: TextIO) -> None:
        self._answer = answer
        self._progress = progress
        self._story = Story()
        # The message whose line is open, and the tool whose head was the last that was written.
        self._open: str | None = None
        self._head: ToolRun | None = None
        self._is_line_full = True

    def feed(self, event: Event) -> None:
        """Show what an event brings."""
        block = self._story.feed(event)
        if isinstance(event, TextDelta):
            self._stream(event.item_id, event.text)
        elif isinstance(event, PlanUpdated):
            self._lines(plan_lines(event.steps))
        elif isinstance(event, ToolStarted) and isinstance(block, ToolRun):
            self._lines(list(head_lines(block)))
            self._head = block
        elif block is not None and block.is_done:
            self._end(block, streamed=isinstance(event, MessageFinished) and self._open == event.item_id)

    def note(self, text: str, *, is_bad: bool = False) -> None:
        """Show a note of this program."""
        head = self._head
        self._lines(block_lines(self._story.note(text, is_bad=is_bad)))
        # What the tool has to say still belongs to the head above the note.
        self._head = head

    def pause(self) -> AbstractContextManager[None]:
        """Leave the terminal to somebody else for a while."""
        self._close_line()
        return nullcontext()

    def end(self, result: TurnResult) -> None:
        """Show how the turn ended."""
        self._lines([ending_line(result)])
        self._story = Story()

    def close(self) -> None:
        """Stop; what was shown stays."""
        self._close_line()

    def _stream(self, item_id: str, text: str) -> None:
        if self._open != item_id:
            self._close_line()
            self._open = item_id
        self._head = None
        self._answer.write(visible(text))
        self._answer.flush()
        self._is_line_full = text.endswith("\n")

    def _end(self, block: Block, *, streamed: bool) -> None:
        if isinstance(block, Message):
            # Where nothing was streamed, all of it comes with the end.
            if not streamed:
                self._stream(block.item_id, block.text)
            self._close_line()
            return
        lines = block_lines(block)
        # Its head stands there already, unless something came between.
        if isinstance(block, ToolRun) and self._head is block:
            lines = lines[len(list(head_lines(block))) :]
        self._lines(lines)

    def _close_line(self) -> None:
        if self._open is not None:
            self._open = None
            self._answer.write("" if self._is_line_full else "\n")
            self._answer.flush()

    def _lines(self, lines: list[Line]) -> None:
        self._close_line()
        self._head = None
        self._progress.write("".join(f"{line.text}\n" for line in lines))
        self._progress.flush()
