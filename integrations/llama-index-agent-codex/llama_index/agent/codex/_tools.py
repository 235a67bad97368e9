"""Tools of LlamaIndex -> dynamic tools of Codex, and their results -> answers of calls."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import ImageInput
from codex_app_server.tools import check_tool_name, tool_name
from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.llms.codex.images import image_url, must_be_loaded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llama_index.agent.codex._turns import LiveTurn
    from llama_index.core.agent.workflow.workflow_events import ToolCallResult
    from llama_index.core.tools import BaseTool, ToolOutput

__all__ = ["ToolSet", "answer", "result_content", "tool_set"]


@dataclass(frozen=True)
class ToolSet:
    """The tools of a thread.

    Attributes:
        specs: As `thread_start` takes them.
        names: LlamaIndex's name of each tool by the name that Codex knows it by.
    """

    specs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    names: dict[str, str] = field(default_factory=dict[str, str])


def tool_set(tools: Iterable[BaseTool]) -> ToolSet:
    """Return the dynamic tools for tools of LlamaIndex; of several with one name the last one counts.

    Raises:
        ValueError: Codex cannot offer a tool under its name.
    """
    specs: dict[str, dict[str, Any]] = {}
    names: dict[str, str] = {}
    for tool in tools:
        name = tool.metadata.get_name()
        # LlamaIndex allows dots and spaces.
        wire = tool_name(name)
        check_tool_name(wire)
        if names.setdefault(wire, name) != name:
            raise ValueError(
                f"the tools {names[wire]!r} and {name!r} are both called {wire!r} in Codex: rename one of them"
            )
        schema = cast("dict[str, Any]", tool.metadata.get_parameters_dict())  # pyright: ignore[reportUnknownMemberType]
        specs[wire] = {
            "type": "function",
            "name": wire,
            "description": tool.metadata.description,
            "inputSchema": {"type": "object", "properties": {}, **schema},
        }
    return ToolSet(list(specs.values()), names)


def result_content(output: ToolOutput) -> list[str | ImageInput]:
    """Return what the model gets to see of a tool's output."""
    content: list[str | ImageInput] = []
    for block in output.blocks:
        if isinstance(block, TextBlock):
            content.append(block.text)
        elif isinstance(block, ImageBlock):
            content.append(ImageInput(image_url(block)))
        else:
            content.append(f"[{block.block_type} left out]")
    return content or [""]


async def answer(live: LiveTurn, result: ToolCallResult) -> bool:
    """Answer a call with its result; False if the turn does not wait for it."""
    output = result.tool_output
    if must_be_loaded(output.blocks):
        content = await asyncio.to_thread(result_content, output)
    else:
        content = result_content(output)
    return live.answer(result.tool_id, content, is_error=output.is_error)
