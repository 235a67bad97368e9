"""A turn as HTML, for notebooks: no script, no link, no image, and every word of the model escaped."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from codex_app_server._view.lines import (
    Line,
    block_lines,
    diff_lines,
    ending_line,
    plan_lines,
    running_lines,
    status_text,
)
from codex_app_server._view.story import Message, Story, ToolRun
from codex_app_server._wire.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codex_app_server._view.lines import Style
    from codex_app_server._view.story import Block
    from codex_app_server.results import TurnResult

__all__ = ["result_page", "story_page"]

# In the elements themselves: notebooks drop style sheets of outputs, and each has its own colours.
# Green and red are as easy to read on white as on a dark page, of which an output knows nothing.
_LOOKS: dict[Style, str] = {
    "answer": "margin:.4em 0;white-space:pre-wrap",
    "commentary": "margin:.4em 0;white-space:pre-wrap;font-style:italic;opacity:.85",
    "reasoning": "white-space:pre-wrap;font-style:italic;opacity:.6",
    "head": "font-family:monospace;font-size:.9em;white-space:pre-wrap;font-weight:bold",
    "output": "font-family:monospace;font-size:.9em;white-space:pre-wrap;opacity:.75",
    "added": "font-family:monospace;font-size:.9em;white-space:pre-wrap;color:#23903f",
    "removed": "font-family:monospace;font-size:.9em;white-space:pre-wrap;color:#dc4a41",
    "good": "font-family:monospace;font-size:.9em;white-space:pre-wrap;color:#23903f",
    "bad": "font-family:monospace;font-size:.9em;white-space:pre-wrap;color:#dc4a41",
    "note": "font-family:monospace;font-size:.9em;white-space:pre-wrap;opacity:.6",
    "plan": "font-family:monospace;font-size:.9em;white-space:pre-wrap",
}
_FRAME = "border-left:3px solid #8884;padding:.1em .9em;overflow-wrap:anywhere;line-height:1.45"


def story_page(story: Story, now_s: float, result: TurnResult | None = None) -> str:
    """Return the HTML of a turn that runs, or has ended.

    Args:
        story: What has happened.
        now_s: The time, on the monotonic clock.
        result: How it ended, if it did.
    """
    lines = [line for block in story.blocks for line in _block(block, now_s)]
    lines += plan_lines(story.plan)
    if result is None:
        return _framed([_html(line) for line in [*lines, Line(f"... {status_text(story, now_s)}", "note")]])
    return _framed([*map(_html, lines), *_diff(result), _html(ending_line(result))])


def result_page(result: TurnResult) -> str:
    """Return the HTML of the result of a turn."""
    story = _story_of(result)
    if result.status == "inProgress":
        return story_page(story, story.started_s)
    return story_page(story, story.started_s, result)


def _story_of(result: TurnResult) -> Story:
    """Return the story that the completed items tell, and what of a message had arrived."""
    story = Story()
    for item in result.raw_items:
        story.feed(normalise("item/completed", {"item": item}, result.thread_id, result.turn_id))
    messages = [block.text for block in story.blocks if isinstance(block, Message)]
    if result.text and result.text not in messages:
        story.blocks.append(Message("", result.text, is_done=True))
    story.plan, story.usage = result.plan, result.usage
    return story


def _block(block: Block, now_s: float) -> list[Line]:
    if isinstance(block, ToolRun) and not block.is_done:
        return running_lines(block, now_s - block.started_s)
    return block_lines(block)


def _diff(result: TurnResult) -> list[str]:
    if not result.diff:
        return []
    lines = "".join(_html(line) for line in diff_lines(result.diff))
    return [f"<details><summary>diff</summary>{lines}</details>"]


def _html(line: Line) -> str:
    return f'<div style="{_LOOKS[line.style]}">{html.escape(line.text)}</div>'


def _framed(parts: Iterable[str]) -> str:
    return f'<div style="{_FRAME}">{"".join(parts)}</div>'
