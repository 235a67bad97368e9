"""The methods of the schema, with the types of their params and results, and the areas they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import overrides
from model import SchemaShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snapshot import Snapshot

Json = dict[str, Any]


@dataclass(frozen=True)
class Method:
    """One method; `result` is None for a notification."""

    union: str
    name: str
    params: str | None
    result: str | None
    experimental: bool

    @property
    def area(self) -> str:
        """The area whose module holds the types that only this method and its like use."""
        if self.union == "ServerRequest":
            return overrides.SERVER_REQUEST_AREA
        first = self.name.split("/", 1)[0]
        if self.union == "ClientRequest" and first in overrides.CLIENT_REQUEST_AREAS:
            return overrides.CLIENT_REQUEST_AREAS[first]
        return overrides.AREAS.get(self.area_prefix, overrides.DEFAULT_AREA)

    @property
    def area_prefix(self) -> str:
        """The longest prefix of the method in the table of areas, or nothing."""
        parts = self.name.split("/")
        tried = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
        return next((prefix for prefix in tried if prefix in overrides.AREAS), "")

    @property
    def roots(self) -> list[str]:
        """The definitions that it names."""
        return [name for name in (self.params, self.result) if name is not None]


def read_methods(snapshot: Snapshot, definitions: set[str]) -> list[Method]:
    """Return all methods in the order of the schema.

    Raises:
        SchemaShapeError: A method has no result type, a result type has no method, or an override is stale.
    """
    schema = snapshot.schema
    methods: list[Method] = []
    for union in ("ClientRequest", "ServerRequest", "ServerNotification", "ClientNotification"):
        experimental = set(snapshot.experimental.get(union, []))
        for name, params in _entries(schema, union):
            result = None if union.endswith("Notification") else _result_of(union, name, params, definitions)
            methods.append(Method(union, name, params, result, name in experimental))
    _check_results(methods, definitions)
    return methods


def _entries(schema: Json, union: str) -> Iterator[tuple[str, str | None]]:
    for variant in cast("list[Json]", schema["definitions"][union]["oneOf"]):
        (name,) = variant["properties"]["method"]["enum"]
        yield name, _params_of(name, variant["properties"].get("params"))


def _params_of(name: str, params: Json | None) -> str | None:
    if params is None or params == {"type": "null"}:
        return None
    options = cast("list[Json]", params.get("anyOf") or [params])
    refs = [option["$ref"].rsplit("/", 1)[-1] for option in options if "$ref" in option]
    if len(refs) != 1:
        raise SchemaShapeError(f"{name}: params are neither null nor one type: {params}")
    return refs[0]


def _result_of(union: str, name: str, params: str | None, definitions: set[str]) -> str:
    by_rule = params.removesuffix("Params") + "Response" if params and params.endswith("Params") else None
    listed = overrides.RESULT_TYPES.get(name) or overrides.UPCOMING_RESULT_TYPES.get(name)
    if union == "ClientRequest" and listed is not None:
        result = listed
        if by_rule in definitions and by_rule != result:
            raise SchemaShapeError(
                f"{name}: RESULT_TYPES has {result}, but the naming rule finds {by_rule} now"
            )
    else:
        result = by_rule
    if result is None or result not in definitions:
        raise SchemaShapeError(f"{name}: no result type ({result}); add it to RESULT_TYPES in overrides.py")
    return result


def _check_results(methods: list[Method], definitions: set[str]) -> None:
    named = {root for method in methods for root in method.roots}
    for suffix, known in (("Response", overrides.NOT_A_RESULT), ("Notification", overrides.NOT_A_PAYLOAD)):
        left = {name for name in definitions if name.endswith(suffix)} - named - overrides.METHOD_UNIONS
        if missing := sorted(left - known):
            raise SchemaShapeError(f"used by no method: {missing}; see overrides.py")
        if stale := sorted(known - left):
            raise SchemaShapeError(f"in overrides.py, but gone or used by a method now: {stale}")
    names = {method.name for method in methods}
    if stale := sorted(set(overrides.RESULT_TYPES) - names):
        raise SchemaShapeError(f"in RESULT_TYPES, but not a method: {stale}")


def document(methods: list[Method]) -> dict[str, str]:
    """Return, by definition, the sentence that says what it is to which method."""
    words = {"ClientRequest": "Params", "ServerRequest": "Params"}
    uses: dict[str, tuple[str, list[str]]] = {}
    for method in methods:
        note = f"`{method.name}`" + (" (experimental)" if method.experimental else "")
        if method.params:
            uses.setdefault(method.params, (words.get(method.union, "Payload"), []))[1].append(note)
        if method.result:
            word = "Reply to" if method.union == "ServerRequest" else "Result"
            uses.setdefault(method.result, (word, []))[1].append(note)
    return {
        name: f"{word} {', '.join(notes)}." if word == "Reply to" else f"{word} of {', '.join(notes)}."
        for name, (word, notes) in uses.items()
    }
