"""LangChain tools as Python tools of the core: they run with their own run in the tree, and injected arguments."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any, cast, get_args, get_type_hints

from codex_app_server import ImageInput, TextInput, Tool, ToolError
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool, ToolException
from langchain_core.tools import tool as as_langchain_tool
from langchain_core.utils.function_calling import convert_to_openai_tool

from langchain_codex._messages import to_items

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from codex_app_server import ToolCall
    from langchain_core.runnables import RunnableConfig

__all__ = ["TURN", "ToolTurn", "core_tools"]


@dataclass(frozen=True)
class ToolTurn:
    """The turn that tools are called in.

    The core calls a tool as soon as it is asked to, while the reader of the turn may be some events behind. Tools
    wait for it, so that their runs stand in the tree where they belong.

    Attributes:
        config: The configuration of the chain run, for the runs of the tools.
        state: What tools get that ask for the state of the graph.
        thread_id: The thread.
        traced: Ids of the calls that had a run.
    """

    config: RunnableConfig
    state: Mapping[str, Any]
    thread_id: str
    traced: set[str] = field(default_factory=set[str])
    _due: dict[str, Future[None]] = field(default_factory=dict[str, "Future[None]"])
    _is_over: Event = field(default_factory=Event)

    def due(self, call: ToolCall) -> Future[None]:
        """Return what is done when the reader has come to the call."""
        due = self._due.setdefault(call.call_id, Future())
        # The calls of sub-agents are not in the events of this turn.
        if call.thread_id != self.thread_id:
            self.reach(call.call_id)
        if self._is_over.is_set():
            self.finish()
        return due

    def reach(self, call_id: str) -> None:
        """Let the call go on: its beginning has been told to the callbacks."""
        with suppress(InvalidStateError):
            self._due.setdefault(call_id, Future()).set_result(None)

    def finish(self) -> None:
        """End the calls that wait: nobody reads any more."""
        self._is_over.set()
        for due in list(self._due.values()):
            with suppress(InvalidStateError):
                due.set_exception(ToolError("The turn is over."))


TURN: ContextVar[ToolTurn] = ContextVar("codex_tool_turn")
"""Set while a turn is started: the core calls its tools in a copy of that context."""


def core_tools(tools: Sequence[BaseTool | Callable[..., Any]], *, is_async: bool) -> list[Tool]:
    """Return what a thread takes as tools.

    Args:
        tools: LangChain tools, or functions.
        is_async: Whether they are run for asyncio.

    Raises:
        ValueError: The model could not call a tool by its name, or a function has no description.
    """
    return [_core_tool(_as_base_tool(tool), is_async=is_async) for tool in tools]


def _as_base_tool(tool: BaseTool | Callable[..., Any]) -> BaseTool:
    return tool if isinstance(tool, BaseTool) else as_langchain_tool(tool)


def _core_tool(tool: BaseTool, *, is_async: bool) -> Tool:
    spec = convert_to_openai_tool(tool)["function"]
    no_parameters: dict[str, Any] = {"type": "object", "properties": {}}
    parameters: dict[str, Any] = spec.get("parameters") or no_parameters
    blocking, awaiting = _functions(tool)
    return cast(
        "Tool",
        Tool(
            name=spec["name"],
            description=spec.get("description") or tool.description,
            input_schema=parameters,
            function=awaiting if is_async else blocking,
        ),
    )


def _functions(tool: BaseTool) -> tuple[Callable[..., Any], Callable[..., Any]]:
    async def awaiting(codex_tool_call: ToolCall, **arguments: Any) -> Any:
        await asyncio.wrap_future(TURN.get().due(codex_tool_call))
        call, turn = _prepared(tool, codex_tool_call, arguments)
        try:
            return _content(await tool.ainvoke(call, turn.config))
        except ToolException as exc:
            raise ToolError(str(exc)) from exc

    def blocking(codex_tool_call: ToolCall, **arguments: Any) -> Any:
        if getattr(tool, "func", tool) is None:
            # Only a coroutine was given. This is an OS thread of the core's, without a loop.
            return asyncio.run(awaiting(codex_tool_call, **arguments))
        TURN.get().due(codex_tool_call).result()
        call, turn = _prepared(tool, codex_tool_call, arguments)
        try:
            return _content(tool.invoke(call, turn.config))
        except ToolException as exc:
            raise ToolError(str(exc)) from exc

    return blocking, awaiting


def _prepared(tool: BaseTool, call: ToolCall, arguments: dict[str, Any]) -> tuple[dict[str, Any], ToolTurn]:
    turn = TURN.get()
    turn.traced.add(call.call_id)
    args = {**arguments, **_injected(tool, turn)}
    return {"type": "tool_call", "id": call.call_id, "name": tool.name, "args": args}, turn


def _injected(tool: BaseTool, turn: ToolTurn) -> dict[str, Any]:
    """Return the arguments that LangGraph's own tool node would inject: the state, or a key of it."""
    if "langgraph.prebuilt" not in sys.modules:
        return {}
    from langgraph.prebuilt import InjectedState  # noqa: PLC0415 - an optional companion

    injected: dict[str, Any] = {}
    for name, annotation in get_type_hints(tool.get_input_schema(), include_extras=True).items():
        for mark in get_args(annotation)[1:]:
            if mark is InjectedState:
                injected[name] = turn.state
            elif isinstance(mark, InjectedState):
                injected[name] = turn.state[mark.field] if mark.field else turn.state
    return injected


def _content(result: object) -> object:
    """Return what the model gets to see.

    Raises:
        ToolError: The tool answered with an error.
        TypeError: The tool returned what only a tool node of LangGraph can use.
    """
    if not isinstance(result, ToolMessage):
        raise TypeError(
            f"a tool of CodexAgent returned {type(result).__name__!r}: return content for the model, "
            "since the state of a graph cannot be updated from within a turn"
        )
    if result.status == "error":
        raise ToolError(result.text)
    if isinstance(result.content, str):
        return result.content
    call = AIMessage("", tool_calls=[{"id": result.tool_call_id, "name": result.name or "tool", "args": {}}])
    output: object = to_items([call, result])[-1]["output"]
    if not isinstance(output, list):
        return output
    parts = cast("list[dict[str, Any]]", output)
    return [
        TextInput(part["text"]) if part["type"] == "input_text" else ImageInput(part["image_url"])
        for part in parts
    ]
