"""What it takes to ask somebody at a terminal: reading while the question is open, and showing words of others as theirs.

Who asks what is elsewhere: approvals in policies.py, questions of the model in the command line.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from codex_app_server._escape import spelled_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from codex_app_server.questions import Question

__all__ = ["columns", "drop_typed_ahead", "fact_lines", "is_terminal", "read_line", "write"]

# How often it is looked whether the answer is still needed.
_POLL_S = 0.2
# What stands before the words of the agent, and the column that a terminal may need for itself.
_MARGIN = 16


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody sits there."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        # It is closed.
        return False


def drop_typed_ahead(source: TextIO) -> None:
    """Forget what was typed before the question could be read."""
    try:
        import termios  # noqa: PLC0415 - not on Windows

        termios.tcflush(source.fileno(), termios.TCIFLUSH)
    except (ImportError, OSError, ValueError):
        return


def read_line(source: TextIO, question: Question) -> str | None:
    """Read a line; None when the question was ended before there was one."""
    if sys.platform != "win32" and is_terminal(source):
        # An OS thread that waits in a read cannot be told that the answer is not needed any more.
        import select  # noqa: PLC0415 - for who uses it

        while not select.select([source], [], [], _POLL_S)[0]:
            if not question.is_open:
                return None
    return source.readline()


def write(target: TextIO, text: str) -> None:
    """Write, and spell out what the terminal cannot show."""
    encoding = getattr(target, "encoding", None) or "utf-8"
    target.write(text.encode(encoding, "backslashreplace").decode(encoding))
    target.flush()


def columns(target: TextIO) -> int:
    """Return how many columns there are for a line of `fact_lines`."""
    try:
        width = os.get_terminal_size(target.fileno()).columns or 80
    except (OSError, ValueError):
        width = 80
    return max(width - _MARGIN, 20)


def fact_lines(name: str, text: str, width: int, *, at_words: bool = False) -> Iterator[str]:
    """Return the lines that show a text of somebody else, each with its margin.

    Args:
        name: What it is; for its first line.
        text: The text.
        width: How long a piece of it may be.
        at_words: Break long lines between words where that can be done: for prose, whose spaces mean nothing.
    """
    # Each line gets a margin, and none is as long as to be continued at the left edge of the screen: nothing that
    # the agent wrote can look like a line of ours.
    for number, line in enumerate(text.removesuffix("\n").split("\n")):
        for part, piece in enumerate(_pieces("".join(map(spelled_out, line)), width, at_words=at_words)):
            label = name if number == part == 0 else ""
            yield f"  {label:>11} {'|' if part == 0 else ':'} {piece}"


def _pieces(line: str, limit: int, *, at_words: bool) -> Iterator[str]:
    width, start = 0, 0
    for position, char in enumerate(line):
        step = _columns_of(char)
        while width + step > limit:
            space = line.rfind(" ", start, position) if at_words else -1
            end = position if space < 0 else space + 1
            yield line[start:end]
            width, start = sum(map(_columns_of, line[end:position])), end
        width += step
    yield line[start:]


def _columns_of(char: str) -> int:
    import unicodedata  # noqa: PLC0415 - for who uses it

    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
