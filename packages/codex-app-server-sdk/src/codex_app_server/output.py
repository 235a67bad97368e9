"""Structured output: JSON schemas as the model service takes them, and answers read back as Python values.

The server passes an output schema on as it is, always as a strict one, so it is made strict here. No I/O; pydantic
is imported when the first type is given. Sending the schema and running the turn belong to the faces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar, cast, get_origin, overload

from codex_app_server.errors import OutputError, OutputSchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import ValidationError

    from codex_app_server.json_types import JsonObject

__all__ = ["OutputSpec", "strict_schema"]

T_co = TypeVar("T_co", covariant=True)
_S = TypeVar("_S")

_TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})

# Bounds that the service enforces.
_BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
)
# The service refuses schemas with any other format.
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
# The service refuses look-around: "regex lookaround is not supported".
_LOOKAROUND = re.compile(r"(?<!\\)(?:\\\\)*\(\?<?[=!]")

# What a `$ref` may not have beside it without changing what it allows.
_SHAPING = frozenset(
    {
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "enum",
        "format",
        "items",
        "oneOf",
        "pattern",
        "properties",
        "required",
        "type",
        *_BOUNDS,
    }
)

_REFUSED = {
    "$dynamicRef": "dynamic references are not supported",
    "$recursiveRef": "dynamic references are not supported",
    "additionalItems": "tuples are not supported; use an object with named fields, or a list of one type",
    "contains": "`contains` is not supported",
    "dependencies": "properties that depend on others are not supported; use a union of objects",
    "dependentRequired": "properties that depend on others are not supported; use a union of objects",
    "dependentSchemas": "properties that depend on others are not supported; use a union of objects",
    "else": "conditions are not supported; use a union of objects",
    "if": "conditions are not supported; use a union of objects",
    "not": "`not` is not supported",
    "patternProperties": "open dictionaries are not supported; use a list of objects with a key and a value",
    "prefixItems": "tuples are not supported; use an object with named fields, or a list of one type",
    "then": "conditions are not supported; use a union of objects",
    "unevaluatedItems": "tuples are not supported; use an object with named fields, or a list of one type",
}
_OPEN_DICTIONARY = (
    "open dictionaries are not supported; use an object with named fields, "
    "or a list of objects with a key and a value"
)
_ANY_VALUE = "any value is allowed here; give it a type"

# How much of a validation error goes into a message.
_SHOWN_ERRORS = 3
_SHOWN_CHARS = 200

_FENCE = re.compile(r"```(?:json|JSON)?[ \t]*\r?\n(.*)```", re.DOTALL)


def strict_schema(schema: Mapping[str, object]) -> JsonObject:
    """Return a JSON schema that the model service accepts as a strict one; the argument is left as it is.

    Every object is closed and requires all its properties, `oneOf` becomes `anyOf`, a single `allOf` is
    merged, a `$ref` stands alone, definitions that nothing refers to are left out. Length limits,
    `uniqueItems` and those formats and patterns that the service refuses go into the description, for the
    model to read. Other keywords that allow or forbid nothing, or that nobody knows, are dropped. Doing
    it twice changes nothing.

    Args:
        schema: A JSON schema whose root is an object.

    Raises:
        OutputSchemaError: It asks for what the service cannot do: open dictionaries, tuples,
            values without a type, conditions. The message and `path` say where.

    Protocol: `outputSchema` of `turn/start`.
    """
    try:
        return _Strict(schema).document()
    except RecursionError as exc:
        raise OutputSchemaError("the output schema is nested too deeply, or without end", path="#") from exc


class OutputSpec(Generic[T_co]):
    """What the answer of a turn is to be: the schema to send, and how to read the answer.

    Attributes:
        schema: The strict JSON schema, for `outputSchema` of `turn/start`.
        name: Name of the type, for messages.
    """

    __slots__ = ("_read", "name", "schema")

    def __init__(self, schema: JsonObject, name: str, read: Callable[[bytes], T_co]) -> None:
        self.schema = schema
        self.name = name
        self._read = read

    def __repr__(self) -> str:
        return f"OutputSpec({self.name})"

    @overload
    @classmethod
    def from_type(cls, output_type: type[_S]) -> OutputSpec[_S]: ...
    @overload
    @classmethod
    def from_type(cls, output_type: object) -> OutputSpec[object]: ...
    @classmethod
    def from_type(cls, output_type: object) -> OutputSpec[object]:
        """Make the spec of a Python type.

        Args:
            output_type: A pydantic model, a dataclass, a TypedDict, or any other type that pydantic
                knows. What is no object in JSON (`list[int]`, `Literal`, unions) is asked for as
                `{"value": ...}` and taken out of it again. Fields with defaults are asked for too.

        Raises:
            OutputSchemaError: There is no JSON schema for the type, or none that can be strict.
        """
        name = _type_name(output_type)
        schema, read = _schema_and_reader(output_type, name)
        return OutputSpec(strict_schema(schema), name, read)

    @classmethod
    def from_schema(cls, schema: Mapping[str, object]) -> OutputSpec[object]:
        """Make the spec of a JSON schema; answers are read as JSON and not validated.

        Args:
            schema: A JSON schema whose root is an object; it is made strict.

        Raises:
            OutputSchemaError: It cannot be made strict; the message says where and why.
        """
        strict = strict_schema(schema)
        return OutputSpec(strict, str(schema.get("title") or "JSON object"), _json_object)

    def parse(self, text: str) -> T_co:
        """Read an answer.

        Args:
            text: The final text of the turn; white space and one Markdown fence around it are ignored.

        Raises:
            OutputError: It is no JSON, or not of the type.
        """
        from pydantic import ValidationError  # noqa: PLC0415 - slow to import
        from pydantic_core import from_json  # noqa: PLC0415

        bare = text.strip()
        fenced = _FENCE.fullmatch(bare)
        try:
            data = (fenced[1] if fenced else bare).encode()
            # pydantic's own reader lets NaN pass, which is not JSON.
            from_json(data, allow_inf_nan=False)
        except ValueError as exc:
            problem = "empty" if not bare else f"not JSON ({exc})"
            raise OutputError(f"the answer should be {self.name!r} but is {problem}", text=text) from exc
        try:
            return self._read(data)
        except ValidationError as exc:
            raise OutputError(f"the answer is not a valid {self.name!r}: {_summary(exc)}", text=text) from exc
        except _NotAnObjectError as exc:
            raise OutputError(f"the answer is not a valid {self.name!r}: {exc}", text=text) from exc


class _NotAnObjectError(Exception):
    """The answer is JSON, but no object."""


def _json_object(data: bytes) -> object:
    value: object = json.loads(data)
    if not isinstance(value, dict):
        raise _NotAnObjectError("it is no JSON object")
    return cast("JsonObject", value)


def _summary(error: ValidationError) -> str:
    """Say what is wrong in a bounded text, without the values: they are in the answer's text."""
    count = error.error_count()
    shown: list[str] = []
    for detail in error.errors(include_url=False, include_context=False, include_input=False)[:_SHOWN_ERRORS]:
        place = ".".join(map(str, detail["loc"]))
        line = f"{place}: {detail['msg']}" if place else detail["msg"]
        shown.append(line if len(line) <= _SHOWN_CHARS else line[:_SHOWN_CHARS] + "...")
    more = f"; and {count - len(shown)} more" if count > len(shown) else ""
    return "; ".join(shown) + more


# --- from types to schemas ---------------------------------------------------------------------


def _type_name(output_type: object) -> str:
    # A `list[int]` has a `__name__` as well, that of `list`.
    plain = isinstance(output_type, type) and get_origin(output_type) is None
    name = output_type.__name__ if isinstance(output_type, type) and plain else str(output_type)
    return name.replace("typing.", "")[:_SHOWN_CHARS]


def _schema_and_reader(output_type: object, name: str) -> tuple[JsonObject, Callable[[bytes], object]]:
    from pydantic import TypeAdapter, create_model  # noqa: PLC0415 - slow to import
    from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError  # noqa: PLC0415
    from pydantic.json_schema import GenerateJsonSchema  # noqa: PLC0415

    class Generator(GenerateJsonSchema):
        def emit_warning(self, kind: object, detail: str) -> None:
            """Stay silent: the warnings are about defaults, which are dropped anyway."""

    # Anything may be given; pydantic says what it cannot take.
    form = cast("type[object]", output_type)
    try:
        adapter = TypeAdapter(form)
        schema = adapter.json_schema(schema_generator=Generator)
        if _is_object(schema):
            return schema, adapter.validate_json
        boxed = TypeAdapter(create_model("Output", value=(form, ...)))
        schema = boxed.json_schema(schema_generator=Generator)
    except (PydanticUserError, PydanticUndefinedAnnotation) as exc:
        reason = str(exc.message).split("\n", 1)[0]
        raise OutputSchemaError(f"there is no JSON schema for the output type {name!r}: {reason}") from exc
    return schema, lambda data: vars(boxed.validate_json(data))["value"]


def _is_object(schema: JsonObject) -> bool:
    # At the root of a recursive type pydantic puts a reference.
    reference = str(schema.get("$ref", ""))
    node: JsonObject = schema.get("$defs", {}).get(reference.removeprefix("#/$defs/"), schema)
    return node.get("type") == "object"


# --- strict schemas ----------------------------------------------------------------------------


def _refuse(path: str, reason: str) -> NoReturn:
    raise OutputSchemaError(f"the output schema cannot be made strict at {path!r}: {reason}", path=path)


def _pointer(path: str, *keys: object) -> str:
    return "/".join([path, *(str(key).replace("~", "~0").replace("/", "~1") for key in keys)])


def _object(value: object, path: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    if value is True:
        _refuse(path, _ANY_VALUE)
    return _refuse(path, f"{json.dumps(value, default=repr)[:_SHOWN_CHARS]} is no schema of a value")


def _array(value: object, path: str) -> list[object]:
    if isinstance(value, (list, tuple)):
        return list(cast("list[object]", value))
    return _refuse(path, "an array is needed here")


class _Strict:
    """One conversion; it knows the document, which references lead into."""

    def __init__(self, schema: object) -> None:
        self._root = _object(schema, "#")
        old, new = (_object(self._root.get(key, {}), f"#/{key}") for key in ("definitions", "$defs"))
        for name in old.keys() & new.keys():
            if old[name] != new[name]:
                _refuse(
                    _pointer("#/definitions", name), "there is another definition of this name in `$defs`"
                )
        self._definitions = {**old, **new}
        self._wanted: list[str] = []

    def document(self) -> JsonObject:
        result = self._built(self._merged(self._root, "#", keep_reference=False), "#")
        if "anyOf" in result or result["type"] != "object":
            _refuse("#", "the root must be an object and no union; put the value into a property of one")
        done: JsonObject = {}
        for name in self._wanted:  # it grows meanwhile
            if name not in done:
                done[name] = self.node(self._definitions[name], _pointer("#/$defs", name))
        if done:
            result["$defs"] = {name: done[name] for name in self._definitions if name in done}
        return result

    def node(self, schema: object, path: str) -> JsonObject:
        return self._built(self._merged(_object(schema, path), path, keep_reference=True), path)

    # --- one schema out of several

    def _merged(self, schema: Mapping[str, object], path: str, *, keep_reference: bool) -> JsonObject:
        """Resolve `allOf`, and a `$ref` that cannot stay."""
        node = dict(schema)
        followed: set[object] = set()
        while "allOf" in node or "$ref" in node:
            if "allOf" in node:
                parts = _array(node.pop("allOf"), path)
                if len(parts) > 1:
                    _refuse(path, "`allOf` with several entries is not supported; merge them into one")
                if parts:
                    node = _union(_object(parts[0], path), node, path)
                continue
            reference = node.pop("$ref")
            target = self._target(reference, path)
            shaping = {key for key in node.keys() & _SHAPING if node[key] != target.get(key)}
            # A strict object requires all and allows nothing else, whatever these say.
            shaping -= (
                {"required"} if node.get("additionalProperties") else {"required", "additionalProperties"}
            )
            if keep_reference and not shaping:
                return {**{key: node[key] for key in node.keys() - _SHAPING}, "$ref": reference}
            if reference in followed:
                _refuse(path, f"the reference {reference!r} leads back to itself")
            followed.add(reference)
            node = _union(target, node, path)
        return node

    def _target(self, reference: object, path: str) -> Mapping[str, object]:
        if reference == "#":
            return self._root
        name = _definition_name(reference, path)
        if name not in self._definitions:
            _refuse(path, f"the reference {reference!r} leads nowhere")
        return _object(self._definitions[name], _pointer("#/$defs", name))

    # --- one schema made strict

    def _built(self, node: JsonObject, path: str) -> JsonObject:
        for keyword, reason in _REFUSED.items():
            if keyword in node:
                _refuse(_pointer(path, keyword), reason)
        if "$ref" in node:
            return _described({"$ref": self._wanted_reference(node["$ref"], path)}, node)
        result = _typed(node, path)
        types = _array(result["type"], path) if isinstance(result.get("type"), list) else [result.get("type")]
        self._add_union(result, node, path)
        if "object" in types:
            self._add_properties(result, node, path)
        if "array" in types:
            if "items" not in node:
                _refuse(path, "the items of this array have no type; give them one")
            result["items"] = self._items(node["items"], _pointer(path, "items"))
        if not result:
            _refuse(path, _ANY_VALUE)
        result.update({key: node[key] for key in _BOUNDS if key in node})
        result.update(
            {key: node[key] for key in ("format", "pattern") if key in node and _is_known(key, node)}
        )
        return _described(result, node)

    def _wanted_reference(self, reference: object, path: str) -> str:
        if reference == "#":
            return "#"
        name = _definition_name(reference, path)
        self._wanted.append(name)
        return _pointer("#/$defs", name)

    def _add_union(self, result: JsonObject, node: JsonObject, path: str) -> None:
        keywords = [keyword for keyword in ("anyOf", "oneOf") if keyword in node]
        if len(keywords) > 1:
            _refuse(path, "`anyOf` beside `oneOf` is not supported; use one of them")
        for keyword in keywords:
            branches = _array(node[keyword], _pointer(path, keyword))
            if not branches:
                _refuse(_pointer(path, keyword), "a union without branches allows nothing")
            result["anyOf"] = [
                self.node(branch, _pointer(path, keyword, index)) for index, branch in enumerate(branches)
            ]

    def _add_properties(self, result: JsonObject, node: JsonObject, path: str) -> None:
        properties = _object(node.get("properties", {}), _pointer(path, "properties"))
        is_open = node.get("additionalProperties", "properties" not in node)
        if not properties and is_open is not False:
            _refuse(path, _OPEN_DICTIONARY)
        for name in _array(node.get("required", []), _pointer(path, "required")):
            if name not in properties:
                _refuse(path, f"it requires the property {name!r} without declaring it")
        result["properties"] = {
            name: self.node(schema, _pointer(path, "properties", name)) for name, schema in properties.items()
        }
        result["required"] = list(properties)
        result["additionalProperties"] = False

    def _items(self, items: object, path: str) -> JsonObject:
        if isinstance(items, list):
            _refuse(path, _REFUSED["prefixItems"])
        return self.node(items, path)


def _definition_name(reference: object, path: str) -> str:
    for prefix in ("#/$defs/", "#/definitions/"):
        if isinstance(reference, str) and reference.startswith(prefix):
            name = reference.removeprefix(prefix)
            if "/" not in name:
                return name.replace("~1", "/").replace("~0", "~")
    _refuse(path, f"the reference {reference!r} is not supported; refer to '#' or to '#/$defs/<name>'")


def _union(inner: Mapping[str, object], outer: JsonObject, path: str) -> JsonObject:
    """Return one schema for two that both hold; what merely describes is taken from the outer one."""
    result: JsonObject = {**inner, **outer}
    for key in inner.keys() & outer.keys() & (_SHAPING | _REFUSED.keys() | {"$ref"}):
        here, there = outer[key], inner[key]
        if key == "properties":
            result[key] = _disjoint(_object(there, path), _object(here, path), path)
        elif key == "required":
            result[key] = [*_array(there, path), *_array(here, path)]
        elif key != "additionalProperties" and here != there:
            _refuse(path, f"two different {key!r} are to hold at once; merge them into one")
    return result


def _disjoint(inner: Mapping[str, object], outer: Mapping[str, object], path: str) -> JsonObject:
    for name in inner.keys() & outer.keys():
        if inner[name] != outer[name]:
            _refuse(path, f"the property {name!r} is declared twice, differently")
    return {**inner, **outer}


def _typed(node: JsonObject, path: str) -> JsonObject:
    """Return the part of the result that says the type: `type`, and `enum` or `const`."""
    result: JsonObject = {}
    values: list[object] = []
    if "enum" in node:
        values = result["enum"] = _array(node["enum"], _pointer(path, "enum"))
        if not values:
            _refuse(_pointer(path, "enum"), "an `enum` without values allows nothing")
    if "const" in node:
        result["const"] = node["const"]
        values = [*values, node["const"]]
    found = [_type_of(value, path) for value in values]
    if "type" in node:
        given: object = node["type"]
        names = [given] if isinstance(given, str) else _array(given, _pointer(path, "type"))
        for name in names:
            if name not in _TYPES:
                _refuse(_pointer(path, "type"), f"{name!r} is no JSON type")
        result["type"] = given if isinstance(given, str) else names
    elif found:
        names = list(dict.fromkeys(found))
        result["type"] = names[0] if len(names) == 1 else names
    elif "properties" in node or "items" in node:
        result["type"] = "object" if "properties" in node else "array"
    return result


def _type_of(value: object, path: str) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(value, kind):
            return name
    _refuse(path, f"{type(value).__name__!r} as a fixed value is not supported; use text, numbers or null")


def _is_known(keyword: str, node: JsonObject) -> bool:
    value: object = node[keyword]
    if keyword == "format":
        return value in _FORMATS
    return isinstance(value, str) and not _LOOKAROUND.search(value)


def _described(result: JsonObject, node: JsonObject) -> JsonObject:
    """Add the description; what the service cannot enforce is said there, so that the model heeds it."""
    told = [key for key in ("minLength", "maxLength", "uniqueItems") if node.get(key)]
    told += [key for key in ("format", "pattern") if key in node and not _is_known(key, node)]
    notes = ", ".join(f"{key}: {json.dumps(node[key], ensure_ascii=False, default=repr)}" for key in told)
    text = " ".join(str(part) for part in (node.get("description"), f"({notes})" if notes else None) if part)
    if not text:
        return result
    # "$ref cannot have keywords": a union of one may have them.
    return {**({"anyOf": [result]} if "$ref" in result else result), "description": text}
