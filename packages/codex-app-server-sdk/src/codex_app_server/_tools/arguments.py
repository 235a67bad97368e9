"""The three ways to describe the arguments of a tool: by a function, by a model class, by a JSON schema.

Each gives the schema for the model, the description, and from the arguments of a call what the function is called
with. Schemas are made when they are first needed, since that loads pydantic.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

from codex_app_server._tools.docstrings import read_docstring
from codex_app_server._tools.problems import arguments_error, shown
from codex_app_server._tools.signatures import (
    MISSING,
    call_parameter,
    check_callable,
    documentation,
    needs_enclosing_names,
    parameters_of,
    read_signature,
)
from codex_app_server._wire.json_codec import encode_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from codex_app_server._tools.models import ParameterModel
    from codex_app_server.json_types import JsonObject
    from codex_app_server.questions import ToolCall

__all__ = ["Arguments", "FunctionArguments", "ModelArguments", "SchemaArguments"]


class Arguments(Protocol):
    """What a tool knows about its arguments."""

    @property
    def schema(self) -> JsonObject:
        """The JSON schema, for the model."""
        ...

    @property
    def description(self) -> str:
        """What the docstring says the tool does."""
        ...

    def bind(
        self, function: Callable[..., object], arguments: object, call: ToolCall | None
    ) -> Callable[[], object]:
        """Return the call of the function with the arguments, checked."""
        ...


class FunctionArguments:
    """The parameters of a function."""

    def __init__(self, name: str, function: Callable[..., object]) -> None:
        self._name = name
        self._function = function
        check_callable(name, function)
        parameters_of(name, function)
        if needs_enclosing_names(function):
            # Later, the function around it may have returned, and with it the types that it defines.
            _ = self._model

    @functools.cached_property
    def _documented(self) -> tuple[str, dict[str, str]]:
        return read_docstring(documentation(self._function))

    @functools.cached_property
    def _model(self) -> ParameterModel:
        from codex_app_server._tools.models import ParameterModel  # noqa: PLC0415 - loads pydantic

        return ParameterModel(self._name, read_signature(self._name, self._function), self._documented[1])

    @property
    def schema(self) -> JsonObject:
        return self._model.schema

    @property
    def description(self) -> str:
        return self._documented[0]

    def bind(
        self, function: Callable[..., object], arguments: object, call: ToolCall | None
    ) -> Callable[[], object]:
        values = self._model.validated(_encoded(self._name, arguments))
        return functools.partial(
            function, **values, **_injected(self._name, self._model.call_parameter, call)
        )


class ModelArguments:
    """The fields of a pydantic model; the function gets the instance."""

    def __init__(self, name: str, model: type[BaseModel], function: Callable[..., object] | None) -> None:
        self._name = name
        self._model = model
        self._call_parameter = None if function is None else _call_parameter(name, function)

    @functools.cached_property
    def schema(self) -> JsonObject:
        from codex_app_server._tools.models import model_schema  # noqa: PLC0415 - loads pydantic

        return model_schema(self._name, self._model)

    @functools.cached_property
    def description(self) -> str:
        # Without one of its own, a class has that of its base.
        return read_docstring(vars(self._model).get("__doc__"))[0]

    def bind(
        self, function: Callable[..., object], arguments: object, call: ToolCall | None
    ) -> Callable[[], object]:
        from codex_app_server._tools.models import validated  # noqa: PLC0415 - loads pydantic

        made = validated(self._name, self._model, _encoded(self._name, arguments))
        return functools.partial(function, made, **_injected(self._name, self._call_parameter, call))


class SchemaArguments:
    """A JSON schema that the user wrote; the function gets the arguments by name."""

    def __init__(
        self, name: str, schema: Mapping[str, object], function: Callable[..., object] | None
    ) -> None:
        self._name = name
        self.schema = _checked_schema(name, schema)
        self._function = function
        self._call_parameter = None if function is None else _call_parameter(name, function)

    @functools.cached_property
    def description(self) -> str:
        return "" if self._function is None else read_docstring(documentation(self._function))[0]

    def bind(
        self, function: Callable[..., object], arguments: object, call: ToolCall | None
    ) -> Callable[[], object]:
        from codex_app_server._tools.schema_check import find_problems  # noqa: PLC0415 - not needed before a call

        values: dict[str, object] = json.loads(_encoded(self._name, arguments))
        problems = find_problems(self.schema, values)
        if self._call_parameter is not None and self._call_parameter.name in values:
            problems.append((self._call_parameter.name, "there is no such argument"))
        if problems:
            raise arguments_error(self._name, problems)
        more = _injected(self._name, self._call_parameter, call)
        _check_taken(self._name, function, {**values, **more})
        return functools.partial(function, **values, **more)


def _encoded(name: str, arguments: object) -> bytes:
    """Return the arguments as JSON text: what comes out of it is a copy, read by the rules of JSON."""
    if arguments is None:
        # What some models write when there is nothing to give.
        return b"{}"
    if not isinstance(arguments, Mapping):
        raise arguments_error(name, [("", f"they must be a JSON object, not {shown(arguments)}")])
    try:
        return encode_line(cast("Mapping[str, object]", arguments))
    except ValueError as exc:
        raise arguments_error(name, [("", str(exc))]) from exc


def _call_parameter(name: str, function: Callable[..., object]) -> inspect.Parameter | None:
    check_callable(name, function)
    return call_parameter(function)


def _injected(name: str, parameter: inspect.Parameter | None, call: ToolCall | None) -> dict[str, object]:
    if parameter is None:
        return {}
    if call is None:
        if parameter.default is not MISSING:
            return {}
        raise TypeError(
            f"the function of the tool {name!r} takes the call as {parameter.name!r}: give bind(..., call=...)"
        )
    return {parameter.name: call}


def _check_taken(name: str, function: Callable[..., object], values: Mapping[str, object]) -> None:
    """Refuse what the schema allows and the function does not take: a TypeError inside it says less."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return
    try:
        signature.bind(**values)
    except TypeError as exc:
        raise arguments_error(name, [("", str(exc))]) from exc


def _checked_schema(name: str, schema: object) -> JsonObject:
    if not isinstance(schema, Mapping):
        raise TypeError(
            f"the input_schema of the tool {name!r} must be a JSON schema as a dict, not {type(schema).__name__!r}: "
            "for a pydantic model there is Tool.from_model, for a function Tool.from_function"
        )
    try:
        copy: dict[str, Any] = json.loads(
            json.dumps(dict(cast("Mapping[str, object]", schema)), allow_nan=False)
        )
    except (TypeError, ValueError, RecursionError) as exc:
        raise ValueError(f"the input_schema of the tool {name!r} is no JSON: {exc}") from exc
    kind = copy.setdefault("type", "object")
    if kind != "object":
        raise ValueError(
            f"the input_schema of the tool {name!r} is of type {kind!r}: arguments are a JSON object, "
            "so it must be of type 'object', with 'properties'"
        )
    properties: object = copy.setdefault("properties", {})
    if type(properties) is not dict:
        raise ValueError(f"the 'properties' in the input_schema of the tool {name!r} must be an object")
    return copy
