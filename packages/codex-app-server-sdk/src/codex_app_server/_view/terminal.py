"""RichView: a turn live on a terminal. What has ended goes to the scroll-back; below it stands what is going on."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from codex_app_server._view.lines import (
    block_lines,
    ending_line,
    message_line,
    plan_lines,
    running_lines,
    status_text,
)
from codex_app_server._view.story import Message, Story, ToolRun

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TextIO

    from rich.console import ConsoleOptions, RenderResult

    from codex_app_server._view.lines import Line, Style
    from codex_app_server._view.story import Block
    from codex_app_server.events import Event
    from codex_app_server.results import TurnResult

__all__ = ["RichView"]

_LOOKS: dict[Style, str] = {
    "answer": "",
    "commentary": "italic",
    "reasoning": "dim italic",
    "head": "bold",
    "output": "dim",
    "added": "green",
    "removed": "red",
    "good": "green",
    "bad": "red",
    "note": "dim",
    "plan": "cyan",
}
_PROSE: frozenset[Style] = frozenset({"answer", "commentary", "reasoning"})
_REFRESH_PER_S = 8
# What the live part may take of the screen: a live region that is taller than the screen cannot be redrawn.
_RESERVED_LINES = 4


class RichView:
    """Shows turns on a terminal, with rich.

    Args:
        output: The terminal.
        hint: What stands at the end of the token line.
    """

    def __init__(self, output: TextIO, *, hint: str = "Ctrl-C interrupts") -> None:
        # Nothing of the model is markup, an emoji code or a link here: only `Text` is printed.
        self._console = Console(file=output, markup=False, highlight=False, emoji=False)
        self._hint = hint
        # The refreshing OS thread of rich reads the story; never hold this while calling rich.
        self._lock = threading.Lock()
        self._story = Story()
        self._shown_count = 0
        # How much of the first message that is not complete stands in the scroll-back.
        self._shown_chars = 0
        self._live: Live | None = None
        self._echo = _Echo()

    def feed(self, event: Event) -> None:
        """Show what an event brings."""
        with self._lock:
            self._story.feed(event)
            ended = self._take_ended()
        self._resume()
        self._print(ended)

    def note(self, text: str, *, is_bad: bool = False) -> None:
        """Show a note of this program."""
        with self._lock:
            self._story.note(text, is_bad=is_bad)
            ended = self._take_ended()
        self._print(ended)

    @contextmanager
    def pause(self) -> Generator[None]:
        """Leave the terminal to somebody else for a while."""
        was_live = self._live is not None
        self._stop()
        try:
            yield
        finally:
            if was_live:
                self._resume()

    def end(self, result: TurnResult) -> None:
        """Show how the turn ended."""
        with self._lock:
            self._story.end()
            ended = self._take_ended()
            plan = plan_lines(self._story.plan)
            self._story, self._shown_count = Story(), 0
        self._stop()
        self._print([*ended, *plan, ending_line(result)])

    def close(self) -> None:
        """Stop; what was shown stays."""
        self._stop()

    def _take_ended(self) -> list[Line]:
        """Return the lines that can go to the scroll-back: the first blocks that have ended, and whole lines."""
        lines: list[Line] = []
        blocks = self._story.blocks
        while self._shown_count < len(blocks) and blocks[self._shown_count].is_done:
            lines += self._rest_of(blocks[self._shown_count])
            self._shown_count += 1
            self._shown_chars = 0
        if self._shown_count < len(blocks):
            lines += self._whole_lines(blocks[self._shown_count])
        return lines

    def _rest_of(self, block: Block) -> list[Line]:
        if isinstance(block, Message) and self._shown_chars:
            rest = block.text[self._shown_chars :].rstrip("\n")
            return [message_line(block, rest)] if rest else []
        return block_lines(block)

    def _whole_lines(self, block: Block) -> list[Line]:
        if not isinstance(block, Message):
            return []
        end = block.text.rfind("\n") + 1
        if end <= self._shown_chars:
            return []
        text = block.text[self._shown_chars : end - 1]
        self._shown_chars = end
        return [message_line(block, text)]

    def _resume(self) -> None:
        if self._live is None:
            # Drawn anew at each refresh, so that what was just printed above is not there a second time.
            self._live = Live(
                self,
                console=self._console,
                refresh_per_second=_REFRESH_PER_S,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._echo.off()
            self._live.start()

    def _stop(self) -> None:
        if self._live is not None:
            live, self._live = self._live, None
            live.stop()
            self._echo.restore()

    def _print(self, lines: list[Line]) -> None:
        for line in lines:
            # The terminal wraps what may be copied, such as a command; prose is wrapped at its words.
            self._console.print(_text(line), soft_wrap=line.style not in _PROSE)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self._lock:
            lines = self._going_on()
            status = status_text(self._story, time.monotonic())
        room = max(console.height - _RESERVED_LINES, 3)
        wrapped = [part for line in lines for part in _text(line).wrap(console, options.max_width)]
        yield from wrapped[-room:]
        yield Text(f"{status}, {self._hint}", style="dim", overflow="ellipsis", no_wrap=True)

    def _going_on(self) -> list[Line]:
        """Return the lines of what has not ended, and the plan."""
        lines: list[Line] = []
        for number, block in enumerate(self._story.blocks[self._shown_count :]):
            shown = self._shown_chars if number == 0 else 0
            if isinstance(block, Message):
                lines += [message_line(block, block.text[shown:])] if block.text[shown:] else []
            elif isinstance(block, ToolRun) and not block.is_done:
                lines += running_lines(block, time.monotonic() - block.started_s)
            else:
                lines += block_lines(block)
        return [*lines, *plan_lines(self._story.plan)]


class _Echo:
    """Whether the terminal shows what is typed: in the live part it would be drawn over, and leave its traces."""

    def __init__(self) -> None:
        self._before: list[Any] | None = None

    def off(self) -> None:
        """Show nothing of what is typed; lines and Ctrl-C work as ever."""
        try:
            import termios  # noqa: PLC0415 - not on Windows
        except ImportError:
            return
        try:
            self._before = termios.tcgetattr(sys.stdin)
            quiet = termios.tcgetattr(sys.stdin)
            quiet[3] &= ~termios.ECHO
            termios.tcsetattr(sys.stdin, termios.TCSANOW, quiet)
        except (OSError, ValueError, termios.error):
            # No terminal.
            self._before = None

    def restore(self) -> None:
        """Let the terminal be as it was."""
        if self._before is not None:
            import termios  # noqa: PLC0415 - likewise

            termios.tcsetattr(sys.stdin, termios.TCSANOW, self._before)
            self._before = None


def _text(line: Line) -> Text:
    return Text(line.text, style=_LOOKS[line.style], overflow="fold")
