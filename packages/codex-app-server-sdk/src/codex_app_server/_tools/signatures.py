"""A Python function read as a tool: its name, its parameters, the types that they are annotated with; no pydantic."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Union, cast

from codex_app_server.questions import ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import TypeIs

__all__ = [
    "MISSING",
    "Parameter",
    "Signature",
    "call_parameter",
    "check_callable",
    "documentation",
    "function_name",
    "is_async",
    "needs_enclosing_names",
    "parameters_of",
    "read_signature",
]

MISSING = inspect.Parameter.empty
"""In place of a default or an annotation that is not there."""


class Parameter(NamedTuple):
    """A parameter that the model gives.

    Attributes:
        name: Its name.
        hint: Its type, evaluated; `Any` without an annotation.
        default: Its default, or `MISSING`.
    """

    name: str
    hint: Any
    default: object


class Signature(NamedTuple):
    """The parameters of a function, with their types.

    Attributes:
        parameters: What the model gives.
        extra: Type of the values that `**kwargs` takes; None without `**kwargs`.
        call_parameter: The parameter that takes the `ToolCall`, if there is one.
        hidden: Parameters that the model must not give.
        names: What names in annotations mean, besides the globals of the function.
    """

    parameters: tuple[Parameter, ...]
    extra: Any
    call_parameter: inspect.Parameter | None
    hidden: frozenset[str]
    names: dict[str, object]


def function_name(function: Callable[..., object]) -> str:
    """Return what a function is called; a callable object is called as its class.

    Raises:
        ValueError: It has no name that a model could use.
    """
    name: object = getattr(function, "__name__", None)
    if name is None and not _is_partial(function):
        name = type(function).__name__
    if not isinstance(name, str) or name == "<lambda>":
        what = "a lambda" if name == "<lambda>" else "a functools.partial"
        raise ValueError(
            f"{what} has no name that the model could call it by: give Tool.from_function(..., name=...)"
        )
    return name


def documentation(function: Callable[..., object]) -> str | None:
    """Return the docstring of a function; of a callable object that of `__call__`, or else of its class."""
    function = _without_partial(function)
    plain = None if inspect.isroutine(function) else _plain_function(function)
    return (plain is not None and plain.__doc__) or inspect.getdoc(function)


def is_async(function: Callable[..., object]) -> bool:
    """Whether calling a function gives a coroutine."""
    function = _without_partial(function)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def check_callable(name: str, function: object) -> None:
    """Check that something can be called as a tool, whatever its parameters are.

    Raises:
        TypeError: It cannot; the message says what to give instead.
    """
    if isinstance(function, type) or not callable(function):
        what = f"the class {function.__name__!r}" if isinstance(function, type) else repr(function)[:100]
        raise TypeError(
            f"the function of the tool {name!r} must be a function or another callable, not {what}"
        )
    plain = _without_partial(function)
    called = plain if inspect.isroutine(plain) else type(plain).__call__
    if inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called):
        raise TypeError(f"the function of the tool {name!r} is a generator: return all of the result at once")


def parameters_of(name: str, function: Callable[..., object]) -> list[inspect.Parameter]:
    """Return the parameters that are still open, with their annotations as they were written.

    Raises:
        TypeError: The function cannot be called with arguments by name.
    """
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError) as exc:
        raise TypeError(
            f"the parameters of the tool {name!r} cannot be read: wrap it in a function that names them"
        ) from exc
    # What functools.partial gave by keyword is settled, though its signature shows it as a default.
    settled: Mapping[str, object] = function.keywords if _is_partial(function) else {}
    found = [parameter for parameter in signature.parameters.values() if parameter.name not in settled]
    for parameter in found:
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise TypeError(
                f"the parameter {parameter.name!r} of the tool {name!r} is positional-only, but a model gives "
                "arguments by name: wrap it in a function without positional-only parameters"
            )
        if parameter.kind is parameter.VAR_POSITIONAL:
            raise TypeError(
                f"the tool {name!r} takes *{parameter.name}, but a model gives arguments by name: take a list instead "
                "(or, if a decorator hides the parameters, let it use functools.wraps)"
            )
    _refuse_unbound_method(name, function, found)
    return found


def _refuse_unbound_method(
    name: str, function: Callable[..., object], parameters: list[inspect.Parameter]
) -> None:
    """Refuse what is decorated in the body of a class: nobody has an object yet to call it on."""
    path: object = getattr(function, "__qualname__", "")
    in_class = isinstance(path, str) and "." in path.rpartition("<locals>.")[2]
    if in_class and inspect.isfunction(function) and parameters and parameters[0].name in {"self", "cls"}:
        raise TypeError(
            f"the tool {name!r} is a method without its object: give the bound method, as in "
            f"`tools=[object.{function.__name__}]`"
        )


def read_signature(name: str, function: Callable[..., object]) -> Signature:
    """Return the parameters of a function with their types.

    Raises:
        TypeError: An annotation cannot be evaluated, or the parameters are such that a model cannot give them.
    """
    opened = parameters_of(name, function)
    plain = _plain_function(function)
    names = {} if plain is None else _local_names(plain)
    scope: dict[str, object] = {} if plain is None else plain.__globals__
    parameters: list[Parameter] = []
    extra: Any = None
    taking_call: inspect.Parameter | None = None
    for parameter in opened:
        try:
            hint = _evaluate(parameter.annotation, scope, names)
        except Exception as exc:
            raise TypeError(_unevaluated(name, parameter, exc)) from exc
        if _is_call(hint) and taking_call is not None:
            raise TypeError(f"two parameters of the tool {name!r} take the call: remove one of them")
        if _is_call(hint):
            taking_call = parameter
        elif parameter.kind is parameter.VAR_KEYWORD:
            extra = hint
        else:
            parameters.append(Parameter(parameter.name, hint, parameter.default))
    shown = {parameter.name for parameter in parameters}
    everything = inspect.signature(_without_partial(function)).parameters.values()
    hidden = frozenset(p.name for p in everything if p.kind is not p.VAR_KEYWORD) - shown
    return Signature(tuple(parameters), extra, taking_call, hidden, names)


def call_parameter(function: Callable[..., object]) -> inspect.Parameter | None:
    """Return the parameter that takes the `ToolCall`, whatever the other parameters are."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return None
    plain = _plain_function(function)
    if plain is None:
        return None
    names = _local_names(plain)
    for parameter in parameters:
        try:
            hint = _evaluate(parameter.annotation, plain.__globals__, names)
        except Exception:  # noqa: S112 - only an annotation that is understood can name the class
            continue
        if _is_call(hint):
            return parameter
    return None


def needs_enclosing_names(function: Callable[..., object]) -> bool:
    """Whether annotations may name what only the function around knows, and only while it runs."""
    plain = _plain_function(function)
    return plain is not None and "<locals>" in plain.__qualname__


def _is_partial(function: object) -> TypeIs[functools.partial[object]]:
    return isinstance(function, functools.partial)


def _without_partial(function: Callable[..., object]) -> Callable[..., object]:
    while True:
        if _is_partial(function):
            function = function.func
        elif isinstance(function, staticmethod):
            function = cast("staticmethod[..., object]", function).__func__
        else:
            return function


def _plain_function(function: object) -> types.FunctionType | None:
    """Return the function that was written with `def`, under methods, partials and decorators."""
    while not isinstance(function, types.FunctionType) or hasattr(function, "__wrapped__"):
        if _is_partial(function):
            function = function.func
        elif isinstance(function, types.MethodType):
            function = function.__func__
        elif hasattr(function, "__wrapped__"):
            function = cast("Any", function).__wrapped__
        else:
            function = getattr(type(function), "__call__", None)  # noqa: B004 - the function is wanted, not whether
            if not isinstance(function, types.FunctionType):
                return None
    return function


def _local_names(function: types.FunctionType) -> dict[str, object]:
    """Return what names mean to a function besides its globals: its closure and the functions around it.

    A type that is defined inside a function is known while that function runs, so it is looked up there.
    """
    around = {part.rpartition(".")[2] for part in function.__qualname__.split(".<locals>.")[:-1]}
    names: dict[str, object] = {}
    frame = inspect.currentframe() if around else None
    while frame is not None:
        if frame.f_code.co_name in around and frame.f_globals is function.__globals__:
            names = {**frame.f_locals, **names}
        frame = frame.f_back
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # The variable is not assigned yet.
            names[name] = cell.cell_contents
    names.update((kind.__name__, kind) for kind in getattr(function, "__type_params__", ()))
    if "ToolCall" not in names and "ToolCall" not in function.__globals__:
        # A linter moves the import of a name that is only annotated with under `if TYPE_CHECKING`.
        names["ToolCall"] = ToolCall
    return names


def _evaluate(annotation: object, scope: dict[str, object], names: dict[str, object]) -> Any:
    if annotation is MISSING:
        return Any
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    return typing.get_type_hints(holder, scope, names, include_extras=True)["it"]


def _unevaluated(name: str, parameter: inspect.Parameter, exc: Exception) -> str:
    text = f"the annotation {parameter.annotation!r} of the parameter {parameter.name!r} of the tool {name!r}"
    if isinstance(exc, NameError):
        return (
            f"{text} cannot be evaluated: {exc}. It must be there when the program runs, not only under "
            "`if TYPE_CHECKING`; if it is defined inside a function, make the tool there with @tool"
        )
    return f"{text} cannot be evaluated: {exc}"


def _is_call(hint: Any) -> bool:
    if typing.get_origin(hint) is Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in {Union, types.UnionType}:
        return {kind for kind in typing.get_args(hint) if kind is not types.NoneType} == {ToolCall}
    return hint is ToolCall
