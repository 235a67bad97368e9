"""Tells LangChain's callbacks what happens in a turn; one class for blocking code, one for asyncio."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, LLMResult

from langchain_codex._run_blocks import ResponseBlocks, wants_blocks
from langchain_codex._run_steps import (
    Below,
    ModelBroke,
    ModelEnded,
    ModelStarted,
    Noted,
    Produced,
    SubAgentBroke,
    SubAgentEnded,
    SubAgentStarted,
    Token,
    ToolBroke,
    ToolEnded,
    ToolStarts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping, Sequence

    from langchain_core.callbacks import AsyncCallbackManager, CallbackManager
    from langchain_protocol.protocol import MessagesData
    from typing_extensions import Self

    from langchain_codex._run_steps import Step

__all__ = ["AsyncRunCallbacks", "RunCallbacks"]

_log = logging.getLogger("langchain_codex")

_SUB_AGENT = "CodexSubAgent"
# LangGraph's name in the metadata of a run for where in the graph that is.
_NAMESPACE = "langgraph_checkpoint_ns"


class _Callbacks:
    """What both have in common: which callback a step is, and which runs are open.

    Args:
        manager: The callbacks below the chain run.
        params: What the model is called with, for tracers.
        model_name: The model.
        managers: Where the callbacks below the runs of sub-agents are put, by their threads.
        sub_agent: The thread of the sub-agent whose steps are told; None for those of the agent.
    """

    def __init__(
        self,
        manager: CallbackManager | AsyncCallbackManager,
        *,
        params: Mapping[str, Any],
        model_name: str,
        managers: MutableMapping[str, Any],
        sub_agent: str | None = None,
    ) -> None:
        self._manager: Any = manager
        self._managers = managers
        self._place = {} if sub_agent is None else {"sub_agent_thread_id": sub_agent}
        # The runs of sub-agents that are open, by their threads, and what tells of their steps.
        self._sub_agents: dict[str, tuple[Any, Self]] = {}
        self._params = dict(params)
        self._model_metadata = {
            "ls_provider": "codex",
            "ls_model_type": "chat",
            "ls_model_name": model_name,
        }
        self._model: Any = None
        self._blocks: ResponseBlocks | None = None
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
            case SubAgentStarted():
                return self._start_sub_agent(step)
            case SubAgentEnded() | SubAgentBroke():
                self._managers.pop(step.thread_id, None)
                run, _ = self._sub_agents.pop(step.thread_id, (None, None))
                return None if run is None else _of_sub_agent(run, step)
            case Produced() | Below():
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

    def _start_sub_agent(self, step: SubAgentStarted) -> Callable[[], Any]:
        _, parent = self._sub_agents.get(step.parent_id or "", (None, self))
        manager: Any = parent._manager.copy()
        manager.add_metadata({"codex_thread_id": step.thread_id}, inherit=True)
        namespace: object = dict[str, Any](manager.metadata or {}).get(_NAMESPACE)
        if namespace:
            # As of a subgraph: LangGraph shows the messages of one only to who asks for them (`subgraphs=True`).
            place = f"{namespace}|codex_sub_agent:{step.thread_id}"
            manager.add_metadata({_NAMESPACE: place}, inherit=True)
        return partial(
            manager.on_chain_start,
            {"name": _SUB_AGENT, "id": ["langchain_codex", _SUB_AGENT], "lc": 1, "type": "not_implemented"},
            {"messages": step.messages},
            name=_SUB_AGENT,
        )

    def _note(self, step: Noted) -> Callable[[], Any]:
        data = {**step.data, **self._place}
        if self._write is not None:
            self._write({"type": step.name, **data})
        run = self._tools.get(step.item_id or "")
        run_id = self._manager.parent_run_id if run is None else run.run_id
        return partial(self._manager.on_custom_event, step.name, data, run_id=run_id)

    def _block_events(self, step: Step) -> Sequence[MessagesData]:
        """Return the events of content blocks for a part of a response, where a handler takes these."""
        if self._blocks is None or self._model is None or not isinstance(step, Token):
            return ()
        return self._blocks.take(step.chunk)

    def _target(self, step: Step) -> tuple[Self | None, Step]:
        """Return who tells a step, and the step itself."""
        if not isinstance(step, Below):
            return self, step
        _, below = self._sub_agents.get(step.thread_id, (None, None))
        return below, step.step

    def _keep(self, step: Step, started: Any) -> None:
        if isinstance(step, ModelStarted):
            self._model = started[0]
            name = self._model_metadata["ls_model_name"]
            self._blocks = ResponseBlocks(name) if wants_blocks(self._model.handlers) else None
        elif isinstance(step, ToolStarts):
            self._tools[step.item_id] = started
        elif isinstance(step, SubAgentStarted):
            self._managers[step.thread_id] = manager = started.get_child()
            below = type(self)(
                manager,
                params=self._params,
                model_name=self._model_metadata["ls_model_name"],
                managers=self._managers,
                sub_agent=step.thread_id,
            )
            self._sub_agents[step.thread_id] = (started, below)


class RunCallbacks(_Callbacks):
    """For blocking code."""

    def tell(self, step: Step) -> None:
        """Call the callbacks for a step."""
        target, step = self._target(step)
        call = target and target._call(step)
        if target is not None and call is not None:
            target._keep(step, call())
            for event in target._block_events(step):
                target._model.on_stream_event(event)

    def tell_anyway(self, step: Step) -> None:
        """Call them for a step of a run that has failed already: all runs are to be closed, whatever a handler does."""
        try:
            self.tell(step)
        except Exception:
            _log.exception("a callback failed when a run was closed")


class AsyncRunCallbacks(_Callbacks):
    """For asyncio."""

    async def tell(self, step: Step) -> None:
        """Call the callbacks for a step."""
        target, step = self._target(step)
        call = target and target._call(step)
        if target is None or call is None:
            return
        if isinstance(step, (Token, Noted)):
            await call()
            for event in target._block_events(step):
                await target._model.on_stream_event(event)
            return
        # Whoever was told of the beginning of a run must be told of its end: a cancellation waits for either.
        telling = asyncio.ensure_future(call())
        try:
            target._keep(step, await asyncio.shield(telling))
        except asyncio.CancelledError:
            target._keep(step, await telling)
            raise

    async def tell_anyway(self, step: Step) -> None:
        """Call them for a step of a run that has failed already: all runs are to be closed, whatever a handler does."""
        try:
            await self.tell(step)
        except Exception:
            _log.exception("a callback failed when a run was closed")


def _of_tool(tool: Any, step: ToolEnded | ToolBroke) -> Callable[[], Any]:
    if isinstance(step, ToolEnded):
        return partial(tool.on_tool_end, step.message, name=step.message.name)
    return partial(tool.on_tool_error, step.error, tool_call_id=step.item_id)


def _of_sub_agent(run: Any, step: SubAgentEnded | SubAgentBroke) -> Callable[[], Any]:
    if isinstance(step, SubAgentEnded):
        return partial(run.on_chain_end, step.output)
    return partial(run.on_chain_error, step.error)


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
