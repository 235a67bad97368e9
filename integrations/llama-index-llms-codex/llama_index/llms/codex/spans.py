"""Who makes the spans of a turn: LlamaIndex's dispatcher, where an instrumentation of OpenTelemetry listens to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codex_app_server.observe import turns_told_by
from llama_index_instrumentation import get_dispatcher

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["spans_of_llama_index"]


def spans_of_llama_index() -> AbstractContextManager[None]:
    """Start a turn in here: its steps are told to the dispatcher, which is enough where its handlers make spans."""
    # The handlers are generic in what their spans are.
    root: Any = get_dispatcher("root")
    return turns_told_by([*root.span_handlers, *root.event_handlers])
