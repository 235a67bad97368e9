"""Whether arguments fit a JSON schema that a user wrote: the keywords that matter for tools, and no others.

It is no JSON schema validator: a keyword that is not known here (`pattern`, `not`, `if`) allows everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from codex_app_server._tools.problems import path_text, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codex_app_server.json_types import JsonObject

__all__ = ["find_problems"]

_Schema: TypeAlias = "Mapping[str, object]"
_Path: TypeAlias = "tuple[str | int, ...]"

# Ends a schema that refers to itself without end; what lies deeper is not checked.
_DEPTH = 64
# One more than is told to the model, so that the others are not looked for.
_PROBLEM_COUNT = 11


def find_problems(schema: _Schema, arguments: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return what is wrong with arguments: where it is and what it is."""
    check = _Check(schema)
    found: list[tuple[str, str]] = []
    for path, text in check.problems(schema, arguments, (), 0):
        found.append((path_text(path), text))
        if len(found) == _PROBLEM_COUNT:
            break
    return found


class _Check:
    def __init__(self, root: _Schema) -> None:
        self._root = root

    def problems(self, schema: object, value: object, path: _Path, depth: int) -> Iterator[tuple[_Path, str]]:
        if schema is False:
            yield path, "there is no such argument"
        if not isinstance(schema, Mapping) or depth > _DEPTH:
            return
        rules = cast("_Schema", schema)
        wrong = _wrong_value(rules, value)
        if wrong is not None:
            yield path, wrong
            return
        depth += 1
        if "$ref" in rules:
            yield from self.problems(self._referred(rules["$ref"]), value, path, depth)
        for part in _schemas(rules, "allOf"):
            yield from self.problems(part, value, path, depth)
        for keyword in ("anyOf", "oneOf"):
            parts = _schemas(rules, keyword)
            if parts and all(any(True for _ in self.problems(part, value, path, depth)) for part in parts):
                yield path, f"fits none of the forms that are allowed here: {shown(value)}"
        if isinstance(value, Mapping):
            yield from self._in_object(rules, cast("_Schema", value), path, depth)
        elif isinstance(value, list):
            yield from self._in_array(rules, cast("list[object]", value), path, depth)

    def _in_object(
        self, rules: _Schema, value: _Schema, path: _Path, depth: int
    ) -> Iterator[tuple[_Path, str]]:
        properties = rules.get("properties")
        known: _Schema = cast("_Schema", properties) if isinstance(properties, Mapping) else {}
        for name in _names(rules.get("required")):
            if name not in value:
                yield (*path, name), "a value is required"
        for name, member in value.items():
            if name in known:
                yield from self.problems(known[name], member, (*path, name), depth)
            elif "patternProperties" not in rules:
                yield from self.problems(rules.get("additionalProperties"), member, (*path, name), depth)

    def _in_array(
        self, rules: _Schema, value: list[object], path: _Path, depth: int
    ) -> Iterator[tuple[_Path, str]]:
        first = _schemas(rules, "prefixItems")
        for index, item in enumerate(value):
            rule = first[index] if index < len(first) else rules.get("items")
            yield from self.problems(rule, item, (*path, index), depth)

    def _referred(self, reference: object) -> object:
        """Return the schema that `#/$defs/name` names; None, which allows everything, when it is elsewhere."""
        start, *steps = str(reference).split("/")
        found: Any = self._root if start == "#" else None
        for step in steps:
            if not isinstance(found, dict):
                return None
            name = step.replace("~1", "/").replace("~0", "~")
            found = cast("JsonObject", found).get(name)
        return found


def _wrong_value(rules: _Schema, value: object) -> str | None:
    types = rules.get("type")
    names = [types] if isinstance(types, str) else _names(types)
    if names and not any(_is_of_type(name, value) for name in names):
        return f"should be {' or '.join(names)}, not {shown(value)}"
    choices = [rules["const"]] if "const" in rules else rules.get("enum")
    if isinstance(choices, list) and not any(
        _same(value, choice) for choice in cast("list[object]", choices)
    ):
        return f"should be {' or '.join(shown(each) for each in cast('list[object]', choices))}, not {shown(value)}"
    return _out_of_bounds(rules, value)


def _is_of_type(name: str, value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fits = {
        "object": isinstance(value, Mapping),
        "array": isinstance(value, list),
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "null": value is None,
        "number": number,
        # 3.0 is an integer to JSON.
        "integer": number and (isinstance(value, int) or float(cast("float", value)).is_integer()),
    }
    return fits.get(name, True)


def _same(value: object, choice: object) -> bool:
    """Compare as JSON does: 1 is 1.0, but not true."""
    return value == choice and isinstance(value, bool) == isinstance(choice, bool)


def _out_of_bounds(rules: _Schema, value: object) -> str | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        minimum, maximum = _number(rules, "minimum"), _number(rules, "maximum")
        above, below = _number(rules, "exclusiveMinimum"), _number(rules, "exclusiveMaximum")
        if minimum is not None and value < minimum:
            return f"should be at least {minimum}, not {shown(value)}"
        if maximum is not None and value > maximum:
            return f"should be at most {maximum}, not {shown(value)}"
        if above is not None and value <= above:
            return f"should be more than {above}, not {shown(value)}"
        if below is not None and value >= below:
            return f"should be less than {below}, not {shown(value)}"
    elif isinstance(value, (str, list)):
        size = len(cast("Sequence[object]", value))
        what = "characters" if isinstance(value, str) else "items"
        kind = "Length" if isinstance(value, str) else "Items"
        least, most = _number(rules, f"min{kind}"), _number(rules, f"max{kind}")
        if least is not None and size < least:
            return f"should have at least {least} {what}, not {size}"
        if most is not None and size > most:
            return f"should have at most {most} {what}, not {size}"
    return None


def _number(rules: _Schema, keyword: str) -> int | float | None:
    value = rules.get(keyword)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _names(value: object) -> list[str]:
    return (
        [each for each in cast("list[object]", value) if isinstance(each, str)]
        if isinstance(value, list)
        else []
    )


def _schemas(rules: _Schema, keyword: str) -> list[object]:
    value = rules.get(keyword)
    return cast("list[object]", value) if isinstance(value, list) else []
