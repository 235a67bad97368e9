"""LangChain tools to dynamic tools of a thread, and the rules that Codex has no setting for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from codex_app_server import Tool
from codex_app_server.output import strict_schema
from codex_app_server.tools import check_tool_name, tool_name
from langchain_core.utils.function_calling import convert_to_openai_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.tools import BaseTool

__all__ = ["BoundTools", "ToolChoice", "ToolSpec", "as_choice", "as_specs", "bound_tools", "distinct"]

ToolSpec: TypeAlias = "dict[str, Any]"
"""A tool in the format of OpenAI's chat completions, which is what LangChain passes around."""

ToolChoice: TypeAlias = "str | bool | Mapping[str, Any] | None"
"""`"auto"`, `"any"` or `"required"`, `"none"`, or the name of a tool, also in OpenAI's or Anthropic's form."""

_NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}
_MAX_LENGTH = 128


@dataclass(frozen=True)
class BoundTools:
    """The tools of one call.

    Attributes:
        tools: For `thread/start`; their calls are held.
        names: What a tool is called in Codex, by its name in LangChain, where the two differ.
        rule: What the model is told about calling them; empty when there is nothing to tell.
    """

    tools: list[Tool] = field(default_factory=list["Tool"])
    names: dict[str, str] = field(default_factory=dict[str, str])
    rule: str = ""

    def original_name(self, name: str) -> str:
        """Return what a tool of Codex is called in LangChain."""
        return next((original for original, alias in self.names.items() if alias == name), name)


def as_specs(
    tools: Sequence[Mapping[str, Any] | type | Callable[..., Any] | BaseTool], *, strict: bool | None = None
) -> list[ToolSpec]:
    """Return tools of any kind that LangChain knows in OpenAI's format.

    Raises:
        ValueError: One of them is run by a model provider and not by this program.
    """
    return [
        _checked(
            convert_to_openai_tool(
                dict(cast("Mapping[str, Any]", tool)) if isinstance(tool, Mapping) else tool, strict=strict
            )
        )
        for tool in tools
    ]


def _checked(spec: ToolSpec) -> ToolSpec:
    if "function" not in spec:
        raise ValueError(
            f"the tool {str(spec.get('type') or spec)!r} is run by a model provider and cannot be bound: give tools "
            "with a name and a schema; Codex's own tools are switched on with agent_tools=True or in config"
        )
    return spec


def distinct(specs: Sequence[ToolSpec]) -> Sequence[ToolSpec]:
    """Return the tools of a call.

    Raises:
        ValueError: Two of them have one name.
    """
    names = [_name(spec) for spec in specs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"there are two tools called {twice!r}: give one of them another name")
    return specs


def as_choice(choice: ToolChoice, specs: Sequence[ToolSpec]) -> str | ToolSpec | None:
    """Return a tool choice as `bind_tools` binds it: a word, or a tool in OpenAI's form.

    Raises:
        ValueError: There is no such word, and no such tool.
    """
    if choice is None or choice is False or not specs:
        return None
    if choice is True:
        return "required"
    name = _named(choice)
    if name in {"auto", "none", "required", "any"}:
        return "required" if name == "any" else name
    known = [_name(spec) for spec in specs]
    if name not in known:
        raise ValueError(
            f"tool_choice {choice!r} is none of the tools {', '.join(known)}, nor 'auto', 'any' or 'none'"
        )
    return {"type": "function", "function": {"name": name}}


def _named(choice: str | Mapping[str, Any]) -> str:
    if isinstance(choice, str):
        return choice
    function = choice.get("function")
    if isinstance(function, Mapping):
        return str(cast("Mapping[str, Any]", function).get("name"))
    # Anthropic's form is `{"type": "tool", "name": ...}`, or `{"type": "any"}`.
    return str(choice.get("name") or choice.get("type"))


def _name(spec: ToolSpec) -> str:
    return str(spec["function"].get("name"))


def bound_tools(
    specs: Sequence[ToolSpec], *, choice: ToolChoice = None, parallel: bool | None = None
) -> BoundTools:
    """Return the tools for a thread.

    Codex always leaves the choice to the model, so a choice narrows the tools and is told to the model.

    Args:
        specs: Tools in OpenAI's format.
        choice: Which of them the model is to call.
        parallel: False tells the model to call one at a time.

    Raises:
        ValueError: The choice is none of the tools, or a tool cannot be offered to the model.
    """
    chosen = as_choice(choice, specs)
    if chosen == "none" or not specs:
        return BoundTools()
    rules: list[str] = []
    names = _aliases([_name(_checked(spec)) for spec in specs])
    if isinstance(chosen, dict):
        name = _name(chosen)
        specs = [spec for spec in specs if _name(spec) == name]
        rules.append(f'You must call the tool "{names.get(name, name)}".')
    elif chosen == "required":
        rules.append("You must call at least one of the tools.")
    if parallel is False:
        rules.append("Never call more than one tool in one response.")
    return BoundTools([_tool(spec["function"], names) for spec in specs], names, " ".join(rules))


def _aliases(names: list[str]) -> dict[str, str]:
    """Return other names for those that Codex refuses, or would take for tools of its own."""
    aliases: dict[str, str] = {}
    taken = set(names)
    for name in names:
        alias = tool_name(name)[:_MAX_LENGTH] or "tool"
        while (alias != name and alias in taken) or not _is_allowed(alias):
            alias = f"{alias[: _MAX_LENGTH - 5]}_tool"
        if alias != name:
            aliases[name] = alias
            taken.add(alias)
    return aliases


def _is_allowed(name: str) -> bool:
    try:
        check_tool_name(name)
    except ValueError:
        return False
    return True


def _tool(function: Mapping[str, Any], names: Mapping[str, str]) -> Tool:
    name = str(function["name"])
    schema = function.get("parameters") or _NO_ARGUMENTS
    return Tool(
        name=names.get(name, name),
        description=str(function.get("description") or ""),
        # The server does not ask the provider for strict calls; the model still reads the schema.
        input_schema=strict_schema(schema) if function.get("strict") else schema,
    )
