"""What was said, in the forms of the conventions. Used only where the program asked for content in its spans."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from codex_app_server.json_types import JsonObject

__all__ = ["as_json", "input_messages", "input_text", "output_messages"]


def as_json(value: object) -> str:
    """Return a value as JSON text; what has no JSON form is shown as Python does."""
    return json.dumps(value, ensure_ascii=False, default=repr)


def input_text(params: Mapping[str, object]) -> str:
    """Return the text that a turn is started with."""
    return "\n".join(part["content"] for part in _parts(params) if part["type"] == "text")


def input_messages(params: Mapping[str, object]) -> str:
    """Return what a turn is started with as a message of the user."""
    return as_json([{"role": "user", "parts": _parts(params)}])


def _parts(params: Mapping[str, object]) -> list[JsonObject]:
    given: object = params.get("input")
    found: list[JsonObject] = []
    for part in cast("list[JsonObject]", given) if isinstance(given, list) else []:
        if part.get("type") == "text":
            found.append({"type": "text", "content": str(part.get("text"))})
        else:
            # Images are named, and not copied: they may be megabytes.
            found.append({"type": str(part.get("type"))})
    return found


def output_messages(texts: Iterable[str], calls: Iterable[JsonObject], finish_reason: str) -> str:
    """Return what the model said as a message of its own."""
    parts = [{"type": "text", "content": text} for text in texts]
    return as_json([{"role": "assistant", "parts": [*parts, *calls], "finish_reason": finish_reason}])
