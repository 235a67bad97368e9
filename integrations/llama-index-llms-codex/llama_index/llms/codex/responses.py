"""Turns of Codex -> the `raw` of responses of LlamaIndex; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codex_app_server import Usage

__all__ = ["raw_turn"]


def raw_turn(thread_id: str, turn_id: str, status: str, usage: Usage) -> dict[str, Any]:
    """Return the JSON-safe `raw` of an output; token counters of LlamaIndex read `usage`."""
    return {
        "thread_id": thread_id,
        "turn_id": turn_id,
        "status": status,
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": usage.total_tokens,
            "cached_input_tokens": usage.cached_input_tokens,
            "reasoning_output_tokens": usage.reasoning_output_tokens,
        },
    }
