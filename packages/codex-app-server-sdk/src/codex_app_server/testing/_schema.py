"""A small valid instance for a JSON schema, of the kind that structured output uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from codex_app_server.testing._json import as_list, as_object, as_text

if TYPE_CHECKING:
    from codex_app_server.json_types import JsonObject, JsonValue

# Beyond this depth the way out of a recursive schema is taken: null, an empty array, the shortest branch.
_DEEP = 4
_LIMIT = 40
_FORMATS: dict[str, str] = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "PT1S",
    "email": "user@example.com",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "hostname": "example.com",
}


def json_for_schema(schema: JsonValue) -> JsonValue:
    """Return a small JSON value that is valid for `schema`.

    It knows `$ref` within the schema, `const`, `enum`, `anyOf`, `oneOf`, `allOf`, types, required
    properties, bounds of numbers and lengths, and common formats; a `pattern` is not looked at.

    Raises:
        ValueError: There is no finite instance, or a reference leads nowhere.
    """
    return _instance(schema, as_object(schema), 0)


def _instance(schema: JsonValue, root: JsonObject, depth: int) -> JsonValue:
    if depth > _LIMIT:
        raise ValueError("the schema has no finite instance that json_for_schema can find")
    if schema is False:
        raise ValueError("the schema `false` has no instance")
    node = _resolved(as_object(schema), root)
    if "const" in node:
        return node["const"]
    if as_list(node.get("enum")):
        return as_list(node["enum"])[0]
    for keyword in ("anyOf", "oneOf"):
        if as_list(node.get(keyword)):
            return _branch(as_list(node[keyword]), root, depth)
    return _typed(node, root, depth)


def _resolved(node: JsonObject, root: JsonObject) -> JsonObject:
    """Follow `$ref` and merge `allOf`."""
    for _ in range(_LIMIT):
        reference = node.get("$ref")
        if not isinstance(reference, str):
            break
        target: JsonValue = root
        for key in reference.lstrip("#").strip("/").split("/") if reference != "#" else ():
            target = as_object(target).get(key.replace("~1", "/").replace("~0", "~"))
        if not isinstance(target, dict):
            raise ValueError(f"the schema has no {reference}")  # noqa: TRY004 - the schema's value is wrong
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    else:
        raise ValueError("a reference of the schema leads back to itself")
    for part in as_list(node.get("allOf")):
        merged = _resolved(as_object(part), root)
        properties = {**as_object(node.get("properties")), **as_object(merged.get("properties"))}
        required = [*as_list(node.get("required")), *as_list(merged.get("required"))]
        node = {**merged, **node, "properties": properties, "required": required}
    return node


def _branch(branches: list[JsonValue], root: JsonObject, depth: int) -> JsonValue:
    nulls = [branch for branch in branches if _resolved(as_object(branch), root).get("type") == "null"]
    if depth >= _DEEP and nulls:
        return None
    problem: ValueError | None = None
    for branch in [*(branch for branch in branches if branch not in nulls), *nulls]:
        try:
            return _instance(branch, root, depth + 1)
        except ValueError as error:
            problem = error
    raise problem or ValueError("an anyOf without branches has no instance")


def _typed(node: JsonObject, root: JsonObject, depth: int) -> JsonValue:
    kind = node.get("type")
    if isinstance(kind, list):
        names = [as_text(name) for name in as_list(node["type"])]
        kinds = [name for name in names if name != "null"]
        kind = "null" if not kinds or (depth >= _DEEP and "null" in names) else kinds[0]
    if kind is None:
        kind = "object" if "properties" in node else "array" if "items" in node else "string"
    if kind == "object":
        return _object(node, root, depth)
    if kind == "array":
        return _array(node, root, depth)
    if kind in {"integer", "number"}:
        return _number(node, integer=kind == "integer")
    if kind == "boolean":
        return True
    if kind == "string":
        text = _FORMATS.get(as_text(node.get("format")), "text")
        low, high = _whole(node.get("minLength"), 0), _whole(node.get("maxLength"), len(text))
        return text.ljust(low, "x")[: max(low, high)]
    return None


def _object(node: JsonObject, root: JsonObject, depth: int) -> JsonObject:
    required = {as_text(name) for name in as_list(node.get("required"))}
    result: JsonObject = {}
    for name, schema in as_object(node.get("properties")).items():
        if name in required:
            result[name] = _instance(schema, root, depth + 1)
    for name in sorted(required - result.keys()):
        extra = node.get("additionalProperties")
        result[name] = (
            _instance(cast("JsonObject", extra), root, depth + 1) if isinstance(extra, dict) else "text"
        )
    return result


def _array(node: JsonObject, root: JsonObject, depth: int) -> list[JsonValue]:
    prefix = as_list(node.get("prefixItems"))
    result = [_instance(schema, root, depth + 1) for schema in prefix]
    wanted = _whole(node.get("minItems"), 1 if depth < _DEEP and not prefix else 0)
    wanted = min(wanted, _whole(node.get("maxItems"), wanted))
    if node.get("items", True) is not False:
        result += [_instance(node.get("items"), root, depth + 1) for _ in range(wanted - len(result))]
    return result


def _number(node: JsonObject, *, integer: bool) -> int | float:
    low, above = _figure(node.get("minimum")), _figure(node.get("exclusiveMinimum"))
    high, below = _figure(node.get("maximum")), _figure(node.get("exclusiveMaximum"))
    unit = _figure(node.get("multipleOf")) or 1
    lows = [-(-low // unit) * unit] if low is not None else []
    lows += [(above // unit + 1) * unit] if above is not None else []
    highs = [high // unit * unit] if high is not None else []
    highs += [(-(-below // unit) - 1) * unit] if below is not None else []
    value = max(lows) if lows else min([unit, *highs])
    if highs and value > min(highs):
        if integer or low is None or high is None:
            raise ValueError(f"no number fits {node}")
        value = (low + high) / 2
    return int(value) if integer or value == int(value) else value


def _figure(value: JsonValue) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: JsonValue, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
