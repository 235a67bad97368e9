"""Tells LangChain's callbacks what happens in a turn; one class for blocking code, one for asyncio."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, LLMResult

from langchain_codex._runs import (
    ModelBroke,
    ModelEnded,
    ModelStarted,
    Noted,
    Produced,
    Token,
    ToolBroke,
    ToolEnded,
    ToolStarts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.callbacks import AsyncCallbackManager, CallbackManager

    from langchain_codex._runs import Step

__all__ = ["AsyncRunCallbacks", "RunCallbacks"]


class _Callbacks:
    """What both have in common: which callback a step is, and which runs are open.

    Args:
        manager: The callbacks below the chain run.
        params: What the model is called with, for tracers.
        model_name: The model.
    """

    def __init__(
        self, manager: CallbackManager | AsyncCallbackManager, *, params: Mapping[str, Any], model_name: str
    ) -> None:
        self._manager: Any = manager
        self._params = dict(params)
        self._model_metadata = {
            "ls_provider": "codex",
            "ls_model_type": "chat",
            "ls_model_name": model_name,
        }
        self._model: Any = None
        self._tools: dict[str, Any] = {}
        self._write = _graph_writer()

    def _call(self, step: Step) -> Callable[[], Any] | None:
        match step:
            case ModelStarted():
                return self._start_model(step)
            case ToolStarts():
                return self._start_tool(step)
            case Token() | ModelEnded() | ModelBroke():
                # A handler may have raised at the beginning of a run.
                return None if self._model is None else self._of_model(step)
            case ToolEnded() | ToolBroke():
                tool = self._tools.pop(step.item_id, None)
                return None if tool is None else _of_tool(tool, step)
            case Noted():
                return self._note(step)
            case Produced():
                return None

    def _of_model(self, step: Token | ModelEnded | ModelBroke) -> Callable[[], Any]:
        model = self._model
        if isinstance(step, Token):
            chunk = ChatGenerationChunk(message=step.chunk)
            return partial(model.on_llm_new_token, step.chunk.text, chunk=chunk)
        self._model = None
        result = LLMResult(generations=[[ChatGeneration(message=step.message)]])
        if isinstance(step, ModelEnded):
            return partial(model.on_llm_end, result)
        return partial(model.on_llm_error, step.error, response=result)

    def _start_model(self, step: ModelStarted) -> Callable[[], Any]:
        manager = self._manager.copy()
        manager.add_metadata(self._model_metadata, inherit=False)
        return partial(
            manager.on_chat_model_start,
            {"name": "Codex", "id": ["langchain_codex", "CodexAgent"], "lc": 1, "type": "not_implemented"},
            [step.messages],
            name="Codex",
            invocation_params=self._params,
        )

    def _start_tool(self, step: ToolStarts) -> Callable[[], Any]:
        return partial(
            self._manager.on_tool_start,
            {"name": step.name, "description": f"{step.kind} of Codex"},
            json.dumps(step.arguments, ensure_ascii=False, default=str),
            name=step.name,
            inputs=step.arguments,
            tool_call_id=step.item_id,
        )

    def _note(self, step: Noted) -> Callable[[], Any]:
        if self._write is not None:
            self._write({"type": step.name, **step.data})
        run = self._tools.get(step.item_id or "")
        run_id = self._manager.parent_run_id if run is None else run.run_id
        return partial(self._manager.on_custom_event, step.name, step.data, run_id=run_id)

    def _keep(self, step: Step, started: Any) -> None:
        if isinstance(step, ModelStarted):
            self._model = started[0]
        elif isinstance(step, ToolStarts):
            self._tools[step.item_id] = started


class RunCallbacks(_Callbacks):
    """For blocking code."""

    def tell(self, step: Step) -> None:
        """Call the callbacks for a step."""
        call = self._call(step)
        if call is not None:
            self._keep(step, call())


class AsyncRunCallbacks(_Callbacks):
    """For asyncio."""

    async def tell(self, step: Step) -> None:
        """Call the callbacks for a step."""
        call = self._call(step)
        if call is None:
            return
        if isinstance(step, (Token, Noted)):
            await call()
            return
        # Whoever was told of the beginning of a run must be told of its end: a cancellation waits for either.
        telling = asyncio.ensure_future(call())
        try:
            self._keep(step, await asyncio.shield(telling))
        except asyncio.CancelledError:
            self._keep(step, await telling)
            raise


def _of_tool(tool: Any, step: ToolEnded | ToolBroke) -> Callable[[], Any]:
    if isinstance(step, ToolEnded):
        return partial(tool.on_tool_end, step.message, name=step.message.name)
    return partial(tool.on_tool_error, step.error, tool_call_id=step.item_id)


def _graph_writer() -> Callable[[Any], None] | None:
    """Return what writes to the stream mode `custom`, in a node of LangGraph."""
    # Whoever runs in a graph has imported it.
    if "langgraph.pregel" not in sys.modules:
        return None
    from langgraph.config import get_stream_writer  # noqa: PLC0415 - an optional companion

    try:
        return get_stream_writer()
    except (RuntimeError, KeyError):
        return None
