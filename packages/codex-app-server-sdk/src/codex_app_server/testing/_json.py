"""JSON types of the kit, and the strict encoder every part of it uses."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex_app_server.json_types import JsonObject, JsonValue


def encode(value: object, *, what: str) -> str:
    """Return `value` as compact JSON text; `what` names it in the error.

    Raises:
        TypeError: Something in `value` has no JSON form.
        ValueError: A NaN or an infinity is in `value`, or it refers to itself.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise type(error)(f"{what} is not JSON: {error}") from error


def as_object(value: "JsonValue") -> "JsonObject":
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: "JsonValue") -> "list[JsonValue]":
    """Return `value` if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: "JsonValue") -> str:
    """Return `value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def copied(value: "Mapping[str, object]", *, what: str) -> "JsonObject":
    """Return a deep copy of `value` made of plain JSON types only."""
    copy: JsonObject = json.loads(encode(dict(value), what=what))
    return copy
