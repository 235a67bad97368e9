"""What a block of a turn looks like, as styled lines of text: the one description that all views share.

The text of a line is escaped already; a view adds what its medium needs (HTML escapes, colours), and nothing else.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from codex_app_server._escape import cut, one_line, visible, without_colors
from codex_app_server.approvals import FileChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codex_app_server._view.story import Block, Message, Note, Reasoning, Story, ToolRun
    from codex_app_server.events import PlanStep, Usage
    from codex_app_server.results import TurnResult

__all__ = [
    "Line",
    "Style",
    "block_lines",
    "diff_lines",
    "ending_line",
    "head_lines",
    "message_line",
    "plan_lines",
    "running_lines",
    "status_text",
]

Style: TypeAlias = Literal[
    "answer", "commentary", "reasoning", "head", "output", "added", "removed", "good", "bad", "note", "plan"
]
"""What a line is; each view has its own look for it."""

# Long enough to see what happened; all of it is in the events.
_MAX_OUTPUT_LINES = 16
_MAX_DIFF_LINES = 60
_RUNNING_LINES = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or the lines of a message.

    Attributes:
        text: Escaped text.
        style: What it is.
    """

    text: str
    style: Style


def block_lines(block: Block) -> list[Line]:
    """Return the lines of a block that has ended."""
    return list(_lines(block))


def _lines(block: Block) -> Iterator[Line]:
    match block.kind:
        case "message":
            yield from _message(block)
        case "reasoning":
            yield from _reasoning(block)
        case "tool":
            yield from _tool(block)
        case "note":
            yield from _note(block)


def _message(block: Message) -> Iterator[Line]:
    text = block.text.strip("\n")
    if text:
        yield message_line(block, text)


def message_line(block: Message, text: str) -> Line:
    """Return a part of a message."""
    return Line(visible(text), "commentary" if block.is_commentary else "answer")


def _reasoning(block: Reasoning) -> Iterator[Line]:
    for line in visible(block.text.strip()).split("\n"):
        yield Line(f"~ {line}", "reasoning")


def _note(block: Note) -> Iterator[Line]:
    mark = "!" if block.is_bad else "#"
    for number, line in enumerate(visible(block.text).split("\n")):
        yield Line(f"{mark if number == 0 else ' '} {line}", "bad" if block.is_bad else "note")


def _tool(block: ToolRun) -> Iterator[Line]:
    yield from head_lines(block)
    if block.tool_kind == "file_change":
        yield from _changes(block.arguments)
    else:
        yield from _shortened(_output_lines(block.output), _MAX_OUTPUT_LINES)
    yield _end_of_tool(block)


def running_lines(block: ToolRun, elapsed_s: float) -> list[Line]:
    """Return what is shown of a tool while it runs: what it does, its last lines, and for how long."""
    lines = list(head_lines(block))
    if block.tool_kind == "file_change":
        lines += _changes(block.arguments)
    lines += _output_lines(block.output)[-_RUNNING_LINES:]
    return [*lines, Line(f"  ... {_seconds(elapsed_s)}", "note")]


def head_lines(block: ToolRun) -> Iterator[Line]:
    """Return what a tool was asked to do."""
    if block.tool_kind == "command":
        first, *more = visible(_script_of(str(block.arguments.get("command") or ""))).split("\n")
        yield Line(f"$ {first}", "head")
        for line in more:
            yield Line(f"  {line}", "head")
    elif block.tool_kind == "file_change":
        yield Line("* change files", "head")
    else:
        given = {name: value for name, value in block.arguments.items() if value is not None}
        shown = json.dumps(given, ensure_ascii=False, default=str) if given else ""
        yield Line(cut(f"* {one_line(block.name)} {one_line(shown)}".rstrip()), "head")


def _script_of(command: str) -> str:
    """Return what a command line has a shell run; the line itself when it is no such line."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    if len(words) == 3 and words[1] in {"-lc", "-c"} and words[0].endswith("sh"):
        return words[2]
    return command


def _output_lines(output: str) -> list[Line]:
    text = visible(without_colors(output)).strip("\n")
    return [Line(f"  | {cut(line)}", "output") for line in text.split("\n")] if text else []


def _shortened(lines: list[Line], limit: int) -> Iterator[Line]:
    if len(lines) <= limit:
        yield from lines
        return
    before = limit // 2
    yield from lines[:before]
    yield Line(f"  : {len(lines) - limit} lines more", "note")
    yield from lines[before - limit :]


def _changes(arguments: Mapping[str, object]) -> Iterator[Line]:
    changes = arguments.get("changes")
    for change in cast("list[object]", changes) if isinstance(changes, list) else []:
        if isinstance(change, dict):
            yield from _change(FileChange.from_wire(cast("dict[str, object]", change)))


def _change(change: FileChange) -> Iterator[Line]:
    moved = f", moved to {change.move_path}" if change.move_path else ""
    yield Line(f"  {one_line(change.kind)} {one_line(change.path + moved)}", "head")
    sign = {"add": "+", "delete": "-"}.get(change.kind, "")
    text = visible(change.diff).removesuffix("\n")
    lines = [_diff_line(f"{sign}{line}") for line in text.split("\n")] if text else []
    yield from _shortened(lines, _MAX_DIFF_LINES)


def diff_lines(diff: str) -> list[Line]:
    """Return the lines of a diff, all of them."""
    return [_diff_line(line) for line in visible(diff).removesuffix("\n").split("\n")]


def _diff_line(line: str) -> Line:
    style: Style = "output"
    if line.startswith("+"):
        style = "added"
    elif line.startswith("-"):
        style = "removed"
    return Line(f"  | {cut(line)}", style)


def _end_of_tool(block: ToolRun) -> Line:
    facts = [] if block.status == "completed" else [one_line(block.status or "still running")]
    if block.exit_code is not None:
        facts.append(f"exit {block.exit_code}")
    if block.duration_ms is not None:
        facts.append(_seconds(block.duration_ms / 1000))
    return Line(f"  = {', '.join(facts) or 'done'}", "bad" if block.is_error else "good")


_MARKS = {"completed": "[x]", "inProgress": "[>]"}


def plan_lines(plan: tuple[PlanStep, ...]) -> list[Line]:
    """Return the steps of a plan."""
    return [Line(f"{_MARKS.get(step.status, '[ ]')} {one_line(step.step)}", "plan") for step in plan]


def status_text(story: Story, now_s: float) -> str:
    """Return the token line of a turn that runs.

    Args:
        story: What has happened.
        now_s: The time, on the monotonic clock.
    """
    elapsed_s = now_s - story.started_s
    if not story.usage.total_tokens:
        # The tokens come with the end of a model request.
        return f"working, {_seconds(elapsed_s)}"
    return _usage_text(story.usage, story.context_window, elapsed_s)


def _usage_text(usage: Usage, context_window: int | None, elapsed_s: float | None) -> str:
    cached = f" ({usage.cached_input_tokens:,} cached)" if usage.cached_input_tokens else ""
    parts = [f"{usage.input_tokens:,} tokens in{cached}", f"{usage.output_tokens:,} out"]
    if context_window:
        parts.append(f"context {context_window:,}")
    if elapsed_s is not None:
        parts.append(_seconds(elapsed_s))
    return ", ".join(parts)


def ending_line(result: TurnResult) -> Line:
    """Return how the turn ended, what it changed and what it took."""
    facts = [one_line(str(result.status))]
    if result.error is not None:
        facts[0] += f": {one_line(result.error.message)}"
    if result.diff:
        facts.append(_diff_summary(result.diff))
    elapsed_s = None if result.duration_ms is None else result.duration_ms / 1000
    facts.append(_usage_text(result.usage, None, elapsed_s))
    return Line(f"[{'; '.join(facts)}]", "good" if result.status == "completed" else "bad")


def _diff_summary(diff: str) -> str:
    lines = diff.split("\n")
    files = sum(line.startswith("diff --git ") for line in lines)
    added = sum(line.startswith("+") and not line.startswith("+++ ") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("--- ") for line in lines)
    return f"{files} {'file' if files == 1 else 'files'} changed, +{added} -{removed}"


def _seconds(seconds: float) -> str:
    if seconds >= 60:
        return f"{int(seconds) // 60} min {int(seconds) % 60} s"
    return f"{seconds:.1f} s"
