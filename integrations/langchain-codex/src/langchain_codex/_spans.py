"""Who makes the spans of a turn: LangChain's callbacks, where an instrumentation of OpenTelemetry listens to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex_app_server.observe import turns_told_by
from langchain_core.callbacks import CallbackManager

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["spans_of_langchain"]


def spans_of_langchain() -> AbstractContextManager[None]:
    """Start a turn in here: its runs are told to the callbacks, which is enough where those make spans."""
    # The instrumentations add their handler to every manager that is made.
    manager = CallbackManager(handlers=[])
    return turns_told_by([*manager.handlers, *manager.inheritable_handlers])
