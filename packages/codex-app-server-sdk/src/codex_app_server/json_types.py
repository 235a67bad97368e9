"""The JSON types that appear in public signatures; pure names."""

from typing import Any, TypeAlias

__all__ = ["JsonObject", "JsonValue"]

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
"""Any JSON value."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object as it came over the wire."""
