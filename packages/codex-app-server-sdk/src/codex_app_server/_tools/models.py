"""Schemas and validation by pydantic: of the parameters of a function, and of a model class.

The only module here that imports pydantic; it is imported when a schema is first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Optional, cast

import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticSerializationError, to_jsonable_python

from codex_app_server._tools.problems import arguments_error, path_text, shown
from codex_app_server._tools.signatures import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex_app_server._tools.signatures import Parameter, Signature
    from codex_app_server.json_types import JsonObject

__all__ = ["ParameterModel", "model_schema", "validated"]

_ModelT = typing_extensions.TypeVar("_ModelT", bound=BaseModel)

# What pydantic raises for a type that it has no schema for, or cannot find.
_UNSUITED = (PydanticUserError, PydanticUndefinedAnnotation)

_TEXTS = {
    "missing": "a value is required",
    "extra_forbidden": "there is no such argument",
    "json_invalid": "the arguments are nested too deeply or hold a number that is too large",
}


class ParameterModel:
    """What the model gives to a function, as a pydantic model.

    Its fields have names of their own and the parameters are aliases of them, because a parameter may have any
    name, also one that a model keeps for itself (`copy`, `model_config`, `_x`).

    Args:
        name: The tool.
        signature: Its parameters.
        descriptions: What its docstring says about them.

    Raises:
        TypeError: A parameter has a type without a JSON schema.
    """

    def __init__(self, name: str, signature: Signature, descriptions: Mapping[str, str]) -> None:
        self._name = name
        self._parameters = {f"p{index}": each for index, each in enumerate(signature.parameters)}
        self._hidden = signature.hidden
        self.call_parameter = signature.call_parameter
        try:
            fields = {
                field: _definition(each, descriptions.get(each.name))
                for field, each in self._parameters.items()
            }
            model: type[BaseModel] = create_model(name, __base__=_base(signature.extra), **fields)
            model.model_rebuild(_types_namespace=signature.names)
            self._model = model
            self.schema = _object_schema(name, model)
        except _UNSUITED as exc:
            raise TypeError(_unsuited(name, signature, exc.message)) from exc
        # In the order of the fields; an alias may have given a property another name.
        properties: JsonObject = self.schema["properties"]
        for each, described in zip(signature.parameters, properties.values(), strict=False):
            if _has_own_default(each):
                _add_default(described, each.default)

    def validated(self, data: bytes) -> dict[str, object]:
        """Return the arguments of a call by parameter; those that were left out are left to the function.

        Raises:
            ToolArgumentsError: They do not fit.
        """
        made = validated(self._name, self._model, data)
        values: dict[str, object] = {
            parameter.name: getattr(made, field)
            for field, parameter in self._parameters.items()
            if field in made.model_fields_set or not _has_own_default(parameter)
        }
        more = made.model_extra or {}
        settled = sorted(self._hidden & more.keys())
        if settled:
            raise arguments_error(self._name, [(name, _TEXTS["extra_forbidden"]) for name in settled])
        return {**more, **values}


def model_schema(name: str, model: type[BaseModel]) -> JsonObject:
    """Return the JSON schema of a model class, fit for a tool.

    Raises:
        TypeError: Its JSON form is no object, or it has none.
    """
    try:
        return _object_schema(name, model)
    except _UNSUITED as exc:
        raise TypeError(f"the model {model.__name__!r} has no JSON schema: {exc.message}") from exc


def _object_schema(name: str, model: type[BaseModel]) -> JsonObject:
    schema: JsonObject = model.model_json_schema(schema_generator=_Schema)
    # A model that contains itself is only referred to; the model service wants an object in this place.
    definition = schema.get("$defs", {}).get(str(schema.get("$ref", "")).removeprefix("#/$defs/"))
    if definition is not None:
        schema = {**definition, "$defs": schema["$defs"]}
    if schema.get("type") != "object":
        raise TypeError(
            f"the arguments of the tool {name!r} must be a JSON object, which {model.__name__!r} is not"
        )
    polished = cast("JsonObject", _polished(schema))
    polished.pop("description", None)
    polished.setdefault("properties", {})
    return polished


def validated(name: str, model: type[_ModelT], data: bytes) -> _ModelT:
    """Return an instance for the arguments of a call.

    Raises:
        ToolArgumentsError: They do not fit.
    """
    try:
        return model.model_validate_json(data)
    except ValidationError as exc:
        found = [
            (path_text(error["loc"]), _problem(cast("JsonObject", error)))
            for error in exc.errors(include_url=False)
        ]
        raise arguments_error(name, found) from None


class _Schema(GenerateJsonSchema):
    # A default without a JSON form is left out of the schema; nobody needs a warning for that.
    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as in the base class


def _base(extra: Any) -> type[BaseModel]:
    if extra is None:
        return type(
            "Arguments", (BaseModel,), {"model_config": ConfigDict(extra="forbid"), "__module__": __name__}
        )
    return type(
        "Arguments",
        (BaseModel,),
        {
            "model_config": ConfigDict(extra="allow"),
            "__annotations__": {"__pydantic_extra__": dict[str, extra]},
            "__module__": __name__,
        },
    )


def _definition(parameter: Parameter, description: str | None) -> Any:
    """Return the definition of the field for a parameter."""
    given = parameter.default if isinstance(parameter.default, FieldInfo) else None
    hint: Any = parameter.hint
    if parameter.default is None and typing_extensions.get_origin(hint) is not Annotated:
        # `unit: str = None` is common, and the model may well give null.
        hint = Optional[hint]  # noqa: UP045 - `|` is not for every hint: not for "a name", not for a TypeVar on 3.10
    info = FieldInfo.from_annotation(hint)
    known = [each for each in (given, info) if each is not None]
    added: dict[str, Any] = {}
    if not any(each.alias or each.validation_alias for each in known):
        added["alias"] = parameter.name
    text = _noted(info) or description
    if text and not any(each.description for each in known):
        added["description"] = text
    hint = Annotated[hint, Field(**added)]
    if given is not None:
        return hint, given
    return (hint, Field(default_factory=_absent)) if _has_own_default(parameter) else hint


def _has_own_default(parameter: Parameter) -> bool:
    return parameter.default is not MISSING and not isinstance(parameter.default, FieldInfo)


def _absent() -> None:
    """Stand in for a default of the function, which is neither copied nor validated: it is never passed on."""


def _noted(info: FieldInfo) -> str | None:
    """Return a description that is written as `Annotated[str, "..."]` or `Annotated[str, Doc("...")]`."""
    for note in info.metadata:
        text = note.documentation if isinstance(note, typing_extensions.Doc) else note
        if isinstance(text, str):
            return text
    return None


def _add_default(schema: JsonObject, default: object) -> None:
    try:
        schema["default"] = to_jsonable_python(default)
    except (PydanticSerializationError, ValueError):
        schema.pop("default", None)


def _problem(error: JsonObject) -> str:
    text = _TEXTS.get(error["type"])
    if text is not None:
        return text
    text = str(error["msg"])
    for prefix in ("Value error, ", "Assertion failed, ", "Input "):
        text = text.removeprefix(prefix)
    return f"{text}, not {shown(error['input'])}" if text.startswith("should ") else text


def _unsuited(name: str, signature: Signature, reason: str) -> str:
    for parameter in signature.parameters:
        try:
            adapter = TypeAdapter[object](parameter.hint)
            adapter.rebuild(_types_namespace=signature.names)
            adapter.json_schema(schema_generator=_Schema)
        except _UNSUITED as exc:
            return (
                f"the parameter {parameter.name!r} of the tool {name!r} has a type that the model cannot give, "
                f"{parameter.hint!r}: {exc.message.splitlines()[0]}. What the model must not see "
                "is bound beforehand, with functools.partial or a method"
            )
    return f"the parameters of the tool {name!r} have no JSON schema: {reason.splitlines()[0]}"


# Keywords whose members are schemas by name, and those whose values are no schemas.
_SCHEMAS_BY_NAME = frozenset({"$defs", "dependentSchemas", "patternProperties", "properties"})
_NO_SCHEMAS = frozenset({"const", "default", "enum", "examples", "required", "discriminator"})
_ANY_TYPE = ["string", "number", "boolean", "object", "array", "null"]


def _polished(schema: object) -> object:
    """Return a schema as the model gets the most of it after Codex has simplified it.

    Looked up on the true binary (0.163): it drops `title`, and drops the description where there is no type; it
    drops `prefixItems` and then says that the items are strings.
    """
    if isinstance(schema, list):
        return [_polished(each) for each in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    polished: JsonObject = {}
    for key, value in cast("JsonObject", schema).items():
        if key in _SCHEMAS_BY_NAME:
            polished[key] = {name: _polished(each) for name, each in value.items()}
        elif key != "title":
            polished[key] = value if key in _NO_SCHEMAS else _polished(value)
    if "prefixItems" in polished and "items" not in polished:
        polished["items"] = {"anyOf": polished["prefixItems"]}
    if "description" in polished and polished.keys() <= {"default", "description"}:
        polished.update(type=_ANY_TYPE, items={})
    return polished
