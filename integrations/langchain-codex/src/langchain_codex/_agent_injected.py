"""What tools get injected besides the arguments of the model: state, store and runtime, as in LangGraph's own tool node.

The id of the call and the configuration are injected by LangChain itself.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast, get_args, get_origin, get_type_hints

from langchain_core.runnables.config import set_config_context
from langchain_core.tools import InjectedToolArg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import BaseTool

__all__ = ["check_injected", "hidden_names", "injected_arguments"]


def injected_arguments(
    tool: BaseTool,
    *,
    config: RunnableConfig,
    state: Mapping[str, Any],
    tools: Sequence[BaseTool],
    tool_call_id: str,
) -> dict[str, Any]:
    """Return the arguments that are injected into a call of a tool.

    Args:
        tool: The tool.
        config: The configuration of the run.
        state: What the run was given.
        tools: All tools of the agent.
        tool_call_id: Id of the call.
    """
    injected: dict[str, Any] = {}
    if "langgraph.prebuilt" not in sys.modules:
        return injected
    from langgraph.prebuilt import InjectedStore, ToolRuntime  # noqa: PLC0415 - an optional companion

    runtime: Any = None
    for name, mark in _marks(tool):
        if _is(mark, ToolRuntime):
            runtime = runtime or _runtime(config)
            injected[name] = _tool_runtime(runtime, config, state, tools, tool_call_id)
        elif _is(mark, InjectedStore):
            runtime = runtime or _runtime(config)
            injected[name] = getattr(runtime, "store", None)
        elif _is_state(mark):
            field = _field_of(mark)
            if not field:
                injected[name] = state
            elif field in state:
                injected[name] = state[field]
    return injected


def check_injected(tools: Sequence[BaseTool], config: RunnableConfig, state: Mapping[str, Any]) -> None:
    """Refuse a run whose tools would miss what they need.

    Raises:
        ValueError: There is no store, or the state has no such key.
    """
    if "langgraph.prebuilt" not in sys.modules:
        return
    from langgraph.prebuilt import InjectedStore  # noqa: PLC0415 - an optional companion

    for tool in tools:
        for name, mark in _marks(tool):
            if _is(mark, InjectedStore) and getattr(_runtime(config), "store", None) is None:
                raise ValueError(
                    f"the tool {tool.name!r} needs a store: run the agent in a graph that is compiled with one "
                    "(`compile(store=...)`)"
                )
            field = _field_of(mark) if _is_state(mark) else None
            if field and field not in state and _is_required(tool, name):
                raise ValueError(
                    f"the tool {tool.name!r} needs {field!r} of the state, which the input of the agent has not got: "
                    f"give a mapping with 'messages' and {field!r}"
                )


def hidden_names(tool: BaseTool) -> frozenset[str]:
    """Return the arguments that are not the model's to give."""
    hidden = {name for name, mark in _marks(tool) if _is(mark, InjectedToolArg) or _is_direct(mark)}
    return frozenset(hidden)


def _marks(tool: BaseTool) -> Iterator[tuple[str, object]]:
    """Yield the arguments of a tool with what their annotations are made of."""
    hints: dict[str, Any] = {}
    function = getattr(tool, "func", None) or getattr(tool, "coroutine", None)
    # A name that was only there for type checkers; then the schema has to do.
    with suppress(NameError, TypeError):
        hints |= get_type_hints(function, include_extras=True) if function is not None else {}
    with suppress(NameError, TypeError):
        hints |= get_type_hints(tool.get_input_schema(), include_extras=True)
    for name, annotation in hints.items():
        if name != "return":
            for mark in _parts(annotation):
                yield name, mark


def _parts(annotation: object) -> Iterator[object]:
    yield annotation
    origin = get_origin(annotation)
    if origin is not None:
        yield origin
    for part in get_args(annotation):
        if isinstance(part, type) or not isinstance(part, (str, int, float, list, tuple, dict)):
            yield from _parts(part)


def _is(mark: object, kind: type) -> bool:
    return isinstance(mark, kind) or (isinstance(mark, type) and issubclass(mark, kind))


def _is_direct(mark: object) -> bool:
    return isinstance(mark, type) and any(
        base.__name__ == "_DirectlyInjectedToolArg" for base in mark.__mro__
    )


def _is_state(mark: object) -> bool:
    from langgraph.prebuilt import InjectedState  # noqa: PLC0415 - an optional companion

    return _is(mark, InjectedState)


def _field_of(mark: object) -> str | None:
    return cast("str | None", getattr(mark, "field", None)) if not isinstance(mark, type) else None


def _is_required(tool: BaseTool, name: str) -> bool:
    found: Any = getattr(tool.get_input_schema(), "model_fields", {}).get(name)
    return found is None or bool(found.is_required())


def _runtime(config: RunnableConfig) -> Any:
    """Return LangGraph's runtime of the run; one that has nothing, outside of a graph."""
    from langgraph.runtime import Runtime, get_runtime  # noqa: PLC0415 - an optional companion

    with set_config_context(config) as context:
        try:
            return context.run(get_runtime) or Runtime()
        except (KeyError, RuntimeError):
            return Runtime()


def _tool_runtime(
    runtime: Any,
    config: RunnableConfig,
    state: Mapping[str, Any],
    tools: Sequence[BaseTool],
    tool_call_id: str,
) -> object:
    from langgraph.prebuilt import ToolRuntime  # noqa: PLC0415 - an optional companion

    known: dict[str, Any] = {
        "state": state,
        "config": config,
        "tool_call_id": tool_call_id,
        "tools": list(tools),
    }
    # What a version of LangGraph has more, it has in its own runtime too.
    for entry in fields(cast("Any", ToolRuntime)):
        if entry.name not in known and hasattr(runtime, entry.name):
            known[entry.name] = getattr(runtime, entry.name)
    return cast("Any", ToolRuntime)(**known)
