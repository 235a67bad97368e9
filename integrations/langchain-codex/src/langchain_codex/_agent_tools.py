"""LangChain tools as Python tools of the core: they run with their own run in the tree, and injected arguments."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import ImageInput, TextInput, Tool, ToolError
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.runnables.config import patch_config, var_child_runnable_config
from langchain_core.tools import BaseTool, ToolException
from langchain_core.tools import tool as as_langchain_tool
from langchain_core.utils.function_calling import convert_to_openai_tool

from langchain_codex._agent_injected import hidden_names, injected_arguments
from langchain_codex._agent_updates import StateUpdates, is_command
from langchain_codex._messages import to_items

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from codex_app_server import ToolCall
    from langchain_core.runnables import RunnableConfig

__all__ = ["TURN", "ToolTurn", "as_base_tool", "core_tools", "in_context_of"]


@dataclass
class ToolTurn:
    """The turn that tools are called in.

    The core calls a tool as soon as it is asked to, while the reader of the turn may be some events behind. Tools
    wait for it, so that their runs stand in the tree where they belong.

    Attributes:
        config: The configuration of the chain run, for the runs of the tools.
        state: What tools get that ask for the state of the graph.
        thread_id: The thread.
        tools: All tools of the agent.
        loop: Where async tools run, when the turn may go on in another loop than it began in.
        traced: Ids of the calls that had a run.
        updates: What tools want changed in the state of the graph.
        managers: The callbacks below the runs of sub-agents, by their threads: their calls belong there.
    """

    config: RunnableConfig
    state: Mapping[str, Any]
    thread_id: str
    tools: Sequence[BaseTool] = ()
    loop: asyncio.AbstractEventLoop | None = None
    traced: set[str] = field(default_factory=set[str])
    updates: StateUpdates = field(default_factory=StateUpdates)
    managers: dict[str, Any] = field(default_factory=dict[str, Any])
    _due: dict[str, Future[None]] = field(default_factory=dict[str, "Future[None]"])
    _running: dict[str, Future[Any] | None] = field(default_factory=dict[str, "Future[Any] | None"])
    _is_over: Event = field(default_factory=Event)

    def due(self, call: ToolCall) -> Future[None]:
        """Return what is done when the reader has come to the call."""
        due = self._due.setdefault(call.call_id, Future())
        if call.thread_id != self.thread_id and self._is_over.is_set():
            # A sub-agent may work on when the turn has ended, and nobody is told of it any more.
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
        for future in list(self._running.values()):
            if future is not None:
                future.cancel()

    def config_of(self, call: ToolCall) -> RunnableConfig:
        """Return the configuration for the run of a call: below the run of the sub-agent that calls, if one does."""
        manager = self.managers.get(call.thread_id or "")
        return self.config if manager is None else patch_config(self.config, callbacks=manager)

    @property
    def is_running(self) -> bool:
        """Whether a tool runs."""
        return bool(self._running)

    @contextmanager
    def running(self, call: ToolCall) -> Generator[None]:
        """Say that a tool runs, as long as it does."""
        self._running[call.call_id] = None
        try:
            yield
        finally:
            self._running.pop(call.call_id, None)

    def in_loop(self, call: ToolCall, coroutine: Any) -> Any:
        """Run what a tool does in the loop of the turn, from another OS thread."""
        if self.loop is None:
            return asyncio.run(coroutine)
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        except RuntimeError:
            coroutine.close()
            raise
        self._running[call.call_id] = future
        return future.result()


TURN: ContextVar[ToolTurn] = ContextVar("codex_tool_turn")
"""Set while a turn is started: the core calls its tools in a copy of that context."""


@contextmanager
def in_context_of(turn: ToolTurn, *, is_lasting: bool) -> Generator[None]:
    """Start a turn in here: its tools and handlers find what they are called with.

    Args:
        turn: What that is.
        is_lasting: Whether the turn may outlast the run that starts it. Then it must not keep the configuration
            of that run, through which it would keep the agent itself.
    """
    token = TURN.set(turn)
    kept = var_child_runnable_config.set(None) if is_lasting else None
    try:
        yield
    finally:
        TURN.reset(token)
        if kept is not None:
            var_child_runnable_config.reset(kept)


def core_tools(tools: Sequence[BaseTool | Callable[..., Any]], *, is_async: bool) -> list[Tool]:
    """Return what a thread takes as tools.

    Args:
        tools: LangChain tools, or functions.
        is_async: Whether the core runs them in the loop of the turn. Otherwise it runs them in OS threads.

    Raises:
        ValueError: The model could not call a tool by its name, or a function has no description.
    """
    return [_core_tool(as_base_tool(tool), is_async=is_async) for tool in tools]


def as_base_tool(tool: BaseTool | Callable[..., Any]) -> BaseTool:
    """Return a function as a tool."""
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
    async def awaited(codex_tool_call: ToolCall, arguments: dict[str, Any]) -> Any:
        call, turn = _prepared(tool, codex_tool_call, arguments)
        try:
            return _content(await tool.ainvoke(call, turn.config_of(codex_tool_call)), turn, codex_tool_call)
        except ToolException as exc:
            raise ToolError(str(exc)) from exc

    async def awaiting(codex_tool_call: ToolCall, **arguments: Any) -> Any:
        turn = TURN.get()
        await asyncio.wrap_future(turn.due(codex_tool_call))
        with turn.running(codex_tool_call):
            return await awaited(codex_tool_call, arguments)

    def blocking(codex_tool_call: ToolCall, **arguments: Any) -> Any:
        turn = TURN.get()
        turn.due(codex_tool_call).result()
        with turn.running(codex_tool_call):
            # This is an OS thread of the core's, without a loop.
            if turn.loop is not None or getattr(tool, "func", tool) is None:
                return turn.in_loop(codex_tool_call, awaited(codex_tool_call, arguments))
            call, turn = _prepared(tool, codex_tool_call, arguments)
            try:
                return _content(tool.invoke(call, turn.config_of(codex_tool_call)), turn, codex_tool_call)
            except ToolException as exc:
                raise ToolError(str(exc)) from exc

    return blocking, awaiting


def _prepared(tool: BaseTool, call: ToolCall, arguments: dict[str, Any]) -> tuple[dict[str, Any], ToolTurn]:
    turn = TURN.get()
    turn.traced.add(call.call_id)
    injected = injected_arguments(
        tool, config=turn.config_of(call), state=turn.state, tools=turn.tools, tool_call_id=call.call_id
    )
    # The model knows nothing of these names, and is not to guess them.
    own = {name: value for name, value in arguments.items() if name not in hidden_names(tool)}
    args = {**own, **injected}
    return {"type": "tool_call", "id": call.call_id, "name": tool.name, "args": args}, turn


def _content(result: object, turn: ToolTurn, call: ToolCall) -> object:
    """Return what the model gets to see.

    Raises:
        ToolError: The tool answered with an error.
        TypeError: The tool returned what cannot be done from within a turn.
    """
    if is_command(result):
        result = turn.updates.take(result, call)
    if not isinstance(result, ToolMessage):
        raise TypeError(
            f"a tool of CodexAgent returned {type(result).__name__!r}: return content for the model, or a Command "
            "with an update"
        )
    if result.status == "error":
        raise ToolError(result.text)
    if isinstance(result.content, str):
        return result.content
    message = AIMessage(
        "", tool_calls=[{"id": result.tool_call_id, "name": result.name or "tool", "args": {}}]
    )
    output: object = to_items([message, result])[-1]["output"]
    if not isinstance(output, list):
        return output
    parts = cast("list[dict[str, Any]]", output)
    return [
        TextInput(part["text"]) if part["type"] == "input_text" else ImageInput(part["image_url"])
        for part in parts
    ]
