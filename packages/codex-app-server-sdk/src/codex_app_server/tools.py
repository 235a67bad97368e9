"""Tools of this program that the model may call: Python functions, pydantic models, JSON schemas.

What a thread takes as `tools` becomes a `Tool` here; nothing here knows a client, runs a function or waits.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Generic, NoReturn, TypeAlias, TypeVar, cast, overload

from codex_app_server._tools.results import result_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic import BaseModel
    from typing_extensions import ParamSpec, TypeIs
    from typing_extensions import TypeVar as DefaultTypeVar

    from codex_app_server._tools.arguments import Arguments
    from codex_app_server.json_types import JsonObject
    from codex_app_server.questions import ToolCall

    _P = ParamSpec("_P", default=...)
    _R_co = DefaultTypeVar("_R_co", covariant=True, default=object)
    _FunctionP = ParamSpec("_FunctionP", default=...)
    _FunctionR = DefaultTypeVar("_FunctionR", default=object)
else:
    # Without the defaults, which only type checkers use: typing_extensions would have to be loaded for them.
    from typing import ParamSpec

    _P = ParamSpec("_P")
    _R_co = TypeVar("_R_co", covariant=True)
    _FunctionP = ParamSpec("_FunctionP")
    _FunctionR = TypeVar("_FunctionR")

__all__ = [
    "BUILT_IN_TOOL_NAMES",
    "Tool",
    "ToolLike",
    "as_tool",
    "as_tools",
    "check_namespace",
    "check_tool_name",
    "result_content",
    "tool",
    "tool_name",
    "tools_to_wire",
]
BUILT_IN_TOOL_NAMES = frozenset(
    {
        "apply_patch",
        "create_goal",
        "exec",
        "exec_command",
        "get_goal",
        "request_user_input",
        "shell_command",
        "tool_search",
        "update_goal",
        "view_image",
        "wait",
        "write_stdin",
    }
)
"""Tools of Codex that win over a tool of the same name: the server accepts that one and never calls it.

Some are offered to some models only; a name that works with one model must not fail silently with the next.
"""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_-]")


def tool_name(name: str) -> str:
    """Return a name that Codex allows for one that it may not: what it does not allow becomes `_`."""
    return _NOT_ALLOWED.sub("_", name)


def check_tool_name(name: str) -> None:
    """Check that the model can call a tool of this program by its name.

    Raises:
        ValueError: It cannot; the message says why.

    Protocol: `dynamicTools` of `thread/start`.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"the tool name {name!r} must have 1 to 128 characters, of letters, digits, '_' and '-'"
        )
    if name in BUILT_IN_TOOL_NAMES:
        raise ValueError(
            f"the tool name {name!r} belongs to a tool of Codex itself, which would be called instead: "
            "give your tool another name"
        )


# Those that 0.163 refuses, found by trying.
_RESERVED_NAMESPACES = frozenset(
    {
        "api_tool",
        "browser",
        "computer",
        "container",
        "file_search",
        "functions",
        "image_gen",
        "mcp",
        "multi_tool_use",
        "python",
        "python_user_visible",
        "submodel_delegator",
        "terminal",
        "tool_search",
        "web",
    }
)


def check_namespace(name: str) -> None:
    """Check that tools of this program can be in a namespace of this name.

    Raises:
        ValueError: They cannot; the message says why.

    Protocol: `dynamicTools` of `thread/start`.
    """
    if not _NAME.fullmatch(name) or len(name) > 64:
        raise ValueError(
            f"the namespace {name!r} must have 1 to 64 characters, of letters, digits, '_' and '-'"
        )
    if name in _RESERVED_NAMESPACES or name.startswith("mcp__"):
        raise ValueError(f"the namespace {name!r} belongs to Codex itself: give your namespace another name")


class Tool(Generic[_P, _R_co]):
    """A tool that the model may call; it cannot be changed.

    This constructor takes the JSON schema of the arguments as it is; `from_function` and `from_model` make it, and
    `@tool` is `from_function` as a decorator. A tool can still be called like its function.

    The function of a tool with a schema of its own gets the arguments by name. They are checked against the
    keywords of the schema that matter for tools (types, required and unknown members, enum, bounds, `$ref` inside the
    schema, and so on); other keywords, such as `pattern`, are for the model only.

    In each case the function may have a parameter annotated with `ToolCall`: it gets the call, and the model
    does not see it.

    Args:
        name: What the model calls it: 1 to 128 letters, digits, `_` and `-`, and no name of a tool of Codex.
        description: What it does, for the model; that of the function's docstring by default.
        input_schema: JSON schema of the arguments, an object.
        function: What is called, async or not; None holds the calls, which are then answered from the events.
        timeout_s: Seconds that a call may take; None sets no limit.
        namespace: Groups tools for the model; 1 to 64 letters, digits, `_` and `-`.
        defer_loading: Whether the model has to search for the tool first; needs a namespace.

    Attributes:
        name: As given.
        function: As given.
        timeout_s: As given.
        namespace: As given.
        defer_loading: As given.

    Raises:
        TypeError: The function or the schema cannot be that of a tool.
        ValueError: A name, the time or the schema is not allowed.
    """

    __slots__ = (
        "_arguments",
        "_description",
        "defer_loading",
        "function",
        "name",
        "namespace",
        "timeout_s",
    )

    name: str
    function: Callable[_P, _R_co] | None
    timeout_s: float | None
    namespace: str | None
    defer_loading: bool
    _arguments: Arguments
    _description: str | None

    def __init__(
        self,
        *,
        name: str,
        input_schema: Mapping[str, object],
        description: str | None = None,
        function: Callable[_P, _R_co] | None = None,
        timeout_s: float | None = None,
        namespace: str | None = None,
        defer_loading: bool = False,
    ) -> None:
        self._fill(
            name, function, description, timeout_s=timeout_s, namespace=namespace, defer_loading=defer_loading
        )
        from codex_app_server._tools.arguments import SchemaArguments  # noqa: PLC0415 - most programs have no tools

        object.__setattr__(self, "_arguments", SchemaArguments(name, input_schema, function))

    def _fill(
        self,
        name: str,
        function: object,
        description: object,
        *,
        timeout_s: float | None,
        namespace: str | None,
        defer_loading: bool,
    ) -> None:
        if not isinstance(cast("object", name), str):
            raise TypeError(f"the name of a tool must be a str, not {type(name).__name__!r}")
        check_tool_name(name)
        if description is not None and not isinstance(description, str):
            raise TypeError(f"the description of the tool {name!r} must be a str, not {description!r}")
        if timeout_s is not None and not 0 < timeout_s < math.inf:
            raise ValueError(f"timeout_s of the tool {name!r} must be more than 0, not {timeout_s!r}")
        if namespace is not None:
            check_namespace(namespace)
        elif defer_loading:
            raise ValueError(
                f"the tool {name!r} with defer_loading=True needs a namespace: give namespace=..."
            )
        values = {
            "name": name,
            "function": function,
            "_description": description,
            "timeout_s": timeout_s,
            "namespace": namespace,
            "defer_loading": defer_loading,
        }
        for attribute, value in values.items():
            object.__setattr__(self, attribute, value)

    @staticmethod
    def from_function(
        function: Callable[_FunctionP, _FunctionR],
        *,
        name: str | None = None,
        description: str | None = None,
        timeout_s: float | None = None,
        namespace: str | None = None,
        defer_loading: bool = False,
    ) -> Tool[_FunctionP, _FunctionR]:
        """Make a tool of a function, a bound method or another callable.

        The schema comes from the signature, by pydantic; a parameter without an annotation takes any JSON value, and
        `**kwargs` lets the model give more arguments. Descriptions come from `Field(description=...)`, from
        `Annotated[str, "..."]` or from the docstring, in Google, numpy or ReST form. Arguments are validated
        as pydantic validates JSON, and the function is called with what comes out.
        What is bound with `functools.partial` is not shown to the model.

        Args:
            function: What is called, async or not.
            name: What the model calls it; by default the name of the function, or of the class of a callable object.
            description: What it does, for the model; by default from the docstring, without its sections.
            timeout_s: Seconds that a call may take; None sets no limit.
            namespace: Groups tools for the model.
            defer_loading: Whether the model has to search for the tool first; needs a namespace.

        Raises:
            TypeError: It cannot be called with arguments by name, or a type has no JSON schema. For a function
                of a module, types are looked at when the schema is first needed.
            ValueError: It has no name, or one that Codex does not allow.
        """
        from codex_app_server._tools.arguments import FunctionArguments  # noqa: PLC0415 - most programs have no tools
        from codex_app_server._tools.signatures import function_name  # noqa: PLC0415

        made = cast("Tool[_FunctionP, _FunctionR]", object.__new__(Tool))
        name = function_name(function) if name is None else name
        made._fill(
            name, function, description, timeout_s=timeout_s, namespace=namespace, defer_loading=defer_loading
        )
        object.__setattr__(made, "_arguments", FunctionArguments(name, function))
        return made

    @staticmethod
    def from_model(
        model: type[BaseModel],
        function: Callable[_FunctionP, _FunctionR] | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        timeout_s: float | None = None,
        namespace: str | None = None,
        defer_loading: bool = False,
    ) -> Tool[_FunctionP, _FunctionR]:
        """Make a tool whose arguments are the fields of a pydantic model.

        Args:
            model: The model class. Its own configuration decides what happens to unknown fields.
            function: What is called, with the instance as its one argument; None holds the calls.
            name: What the model calls it; by default the name of the class, unchanged.
            description: What it does, for the model; by default from the docstring of the class.
            timeout_s: Seconds that a call may take; None sets no limit.
            namespace: Groups tools for the model.
            defer_loading: Whether the model has to search for the tool first; needs a namespace.

        Raises:
            TypeError: It is no model class, or the schema that it has is not one of an object.
            ValueError: The name is one that Codex does not allow.
        """
        from codex_app_server._tools.arguments import ModelArguments  # noqa: PLC0415 - most programs have no tools

        if not _is_model(model):
            raise TypeError(f"Tool.from_model takes a pydantic model class, not {model!r}")
        made = cast("Tool[_FunctionP, _FunctionR]", object.__new__(Tool))
        name = model.__name__ if name is None else name
        made._fill(
            name, function, description, timeout_s=timeout_s, namespace=namespace, defer_loading=defer_loading
        )
        object.__setattr__(made, "_arguments", ModelArguments(name, model, function))
        return made

    @property
    def description(self) -> str:
        """What the tool does, for the model."""
        return self._arguments.description if self._description is None else self._description

    @property
    def input_schema(self) -> JsonObject:
        """The JSON schema of the arguments; made once, and not to be changed."""
        return self._arguments.schema

    @property
    def is_async(self) -> bool:
        """Whether calling the function gives a coroutine."""
        from codex_app_server._tools.signatures import is_async  # noqa: PLC0415 - most programs have no tools

        return self.function is not None and is_async(self.function)

    def bind(self, arguments: object, *, call: ToolCall | None = None) -> Callable[[], object]:
        """Check the arguments of a call and return the call of the function, ready to be run.

        For an async function it returns the coroutine.

        Args:
            arguments: As the model wrote them, a JSON object; they are copied.
            call: What a parameter annotated with `ToolCall` gets.

        Raises:
            ToolArgumentsError: The arguments do not fit; the text is meant for the model.
            TypeError: The tool is held, or the function wants the call and there is none.
        """
        if self.function is None:
            raise TypeError(f"the tool {self.name!r} has no function: its calls are answered from the events")
        return self._arguments.bind(self.function, arguments, call)

    def to_wire(self) -> JsonObject:
        """Return the wire form, a `DynamicToolSpec` of type `function`; `tools_to_wire` adds the namespaces."""
        spec: JsonObject = {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "inputSchema": self.input_schema,
        }
        return {**spec, "deferLoading": True} if self.defer_loading else spec

    def __call__(self, /, *args: _P.args, **kwargs: _P.kwargs) -> _R_co:
        """Call the function as if it were no tool.

        Raises:
            TypeError: The tool has no function.
        """
        if self.function is None:
            raise TypeError(f"the tool {self.name!r} has no function that could be called")
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        options = {
            "function": getattr(self.function, "__qualname__", self.function),
            "timeout_s": self.timeout_s,
            "namespace": self.namespace,
            "defer_loading": self.defer_loading or None,
        }
        shown = [f", {name}={value}" for name, value in options.items() if value is not None]
        return f"Tool(name={self.name!r}{''.join(shown)})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Tool cannot be changed: make another one with {name}={value!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Tool cannot be changed, so {name!r} stays")


ToolLike: TypeAlias = "Tool | Callable[..., object]"
"""What a thread takes as a tool: a `Tool`, a function, a bound method, a callable object, a pydantic model class."""


@overload
def tool(function: Callable[_FunctionP, _FunctionR], /) -> Tool[_FunctionP, _FunctionR]: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    timeout_s: float | None = None,
    namespace: str | None = None,
    defer_loading: bool = False,
) -> Callable[[Callable[_FunctionP, _FunctionR]], Tool[_FunctionP, _FunctionR]]: ...
def tool(
    function: Callable[..., object] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    timeout_s: float | None = None,
    namespace: str | None = None,
    defer_loading: bool = False,
) -> object:
    """Make a tool of a function, as a decorator: `@tool`, or `@tool(timeout_s=10)`.

    The function can still be called as before. Arguments and errors are those of `Tool.from_function`.
    """

    def make(function: Callable[_FunctionP, _FunctionR]) -> Tool[_FunctionP, _FunctionR]:
        return Tool.from_function(
            function,
            name=name,
            description=description,
            timeout_s=timeout_s,
            namespace=namespace,
            defer_loading=defer_loading,
        )

    return make if function is None else make(function)


def as_tool(value: ToolLike) -> Tool:
    """Return the tool for what a user gave as one.

    Calls of a pydantic model class are held: they are answered from the events.

    Raises:
        TypeError: It cannot be a tool; the message says what can.
        ValueError: Its name is missing or not allowed.
    """
    if isinstance(value, Tool):
        return cast("Tool", value)
    if _is_model(value):
        return Tool.from_model(value)
    if isinstance(value, type) or not callable(value):
        raise TypeError(
            f"{value!r:.100} is no tool: give a function, a bound method, a Tool or a pydantic model class "
            "(for a JSON schema: Tool(name=..., input_schema=...))"
        )
    return Tool.from_function(value)


def as_tools(values: Iterable[ToolLike]) -> tuple[Tool, ...]:
    """Return the tools for what a user gave as such.

    Raises:
        TypeError: One of them cannot be a tool, or this is no collection.
        ValueError: A name is missing or not allowed, or two tools of a namespace have the same.
    """
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"tools must be a list of tools, not {values!r:.100}")
    tools = tuple(as_tool(value) for value in values)
    seen: set[tuple[str | None, str]] = set()
    for each in tools:
        if (each.namespace, each.name) in seen:
            where = "" if each.namespace is None else f" in the namespace {each.namespace!r}"
            raise ValueError(
                f"there are two tools called {each.name!r}{where}: give one of them another name"
            )
        seen.add((each.namespace, each.name))
    return tools


def tools_to_wire(
    tools: Iterable[Tool], *, namespace_descriptions: Mapping[str, str] | None = None
) -> list[JsonObject]:
    """Return the `dynamicTools` of `thread/start`: tools of a namespace stand together, where its first one stood.

    Args:
        tools: As `as_tools` returns them.
        namespace_descriptions: What the tools of a namespace have in common, for the model; without it, the server
            writes "Tools in the ... namespace."
    """
    descriptions = namespace_descriptions or {}
    specs: list[JsonObject] = []
    groups: dict[str, list[JsonObject]] = {}
    for each in tools:
        if each.namespace is None:
            specs.append(each.to_wire())
            continue
        if each.namespace not in groups:
            group = groups[each.namespace] = []
            text = descriptions.get(each.namespace, "")
            specs.append({"type": "namespace", "name": each.namespace, "description": text, "tools": group})
        groups[each.namespace].append(each.to_wire())
    return specs


def _is_model(value: object) -> TypeIs[type[BaseModel]]:
    if not isinstance(value, type):
        return False
    from pydantic import BaseModel  # noqa: PLC0415 - only a class can be a model

    return issubclass(value, BaseModel)
