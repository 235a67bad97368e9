"""The task of a LangGraph graph in which an agent runs: how a person is asked, and what a resumed task knows.

LangGraph ends a task with an interrupt, and runs it again from its beginning when it is resumed: its
`interrupt()` then returns the answers one after the other, by their order alone. What says which question
an answer is to, is the value of the last interrupt, which the checkpointer keeps.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import LocalProtocolError
from langchain_core.runnables.config import set_config_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

__all__ = ["GraphTask", "graph_task", "is_interrupt", "need_graph"]

# LangGraph's own names: it has public ones for whoever runs a graph, but none for what runs in it.
_CHECKPOINTER = "__pregel_checkpointer"
_TASK_ID = "__pregel_task_id"
_SCRATCHPAD = "__pregel_scratchpad"
_INTERRUPT = "__interrupt__"


class GraphTask:
    """A task of a graph, which has a checkpointer.

    Args:
        config: The configuration of the run.
        messages: The input of the agent.
        agent_name: Name of the agent, or None.

    Attributes:
        key: The same for a task that is resumed, in whatever process, and for no other run.
    """

    def __init__(self, config: RunnableConfig, messages: list[BaseMessage], agent_name: str | None) -> None:
        self._config = config
        self._configurable: Mapping[str, Any] = config.get("configurable") or {}
        facts = [
            self._configurable.get("thread_id"),
            self._configurable.get("checkpoint_ns"),
            agent_name,
            [(message.type, message.content) for message in messages],
        ]
        self.key = hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()

    def ask(self, payload: Mapping[str, Any]) -> Any:
        """Return the next answer that this task was resumed with.

        Raises:
            GraphInterrupt: There is none: a person is to be asked.
        """
        from langgraph.types import interrupt  # noqa: PLC0415 - whoever runs in a graph has it

        # In Python 3.10, a task of asyncio has not got the context of the graph.
        with set_config_context(self._config) as context:
            return context.run(interrupt, dict(payload))

    def asked_last(self) -> dict[str, Any] | None:
        """Return the value of the interrupt that this run ended with before, where it did."""
        return self._of_this_run(self._configurable[_CHECKPOINTER].get_tuple(self._checkpoint()))

    async def aasked_last(self) -> dict[str, Any] | None:
        """As `asked_last`, for asyncio."""
        return self._of_this_run(await self._configurable[_CHECKPOINTER].aget_tuple(self._checkpoint()))

    def _checkpoint(self) -> RunnableConfig:
        configurable = self._configurable
        namespace = str(configurable.get("checkpoint_ns") or "").rpartition("|")[0]
        checkpoints = cast("dict[str, str]", configurable.get("checkpoint_map") or {})
        checkpoint_id = checkpoints.get(namespace)
        ids: dict[str, Any] = {"thread_id": configurable.get("thread_id"), "checkpoint_ns": namespace}
        return {"configurable": ids | ({"checkpoint_id": checkpoint_id} if checkpoint_id else {})}

    def _of_this_run(self, checkpoint: Any) -> dict[str, Any] | None:
        task_id = self._configurable.get(_TASK_ID)
        for writer, channel, value in (checkpoint and checkpoint.pending_writes) or ():
            if writer == task_id and channel == _INTERRUPT:
                interrupts = cast("list[object]", value) if isinstance(value, (list, tuple)) else [value]
                for interrupt in interrupts:
                    payload: object = getattr(interrupt, "value", None)
                    if isinstance(payload, dict) and _run_of(cast("dict[str, Any]", payload)) == self.key:
                        return cast("dict[str, Any]", payload)
        return None


def _run_of(payload: Mapping[str, Any]) -> object:
    notes = payload.get("codex")
    return cast("Mapping[str, Any]", notes).get("run") if isinstance(notes, dict) else None


def graph_task(
    config: RunnableConfig, messages: list[BaseMessage], agent_name: str | None
) -> GraphTask | None:
    """Return the task that this runs in; None outside of a graph, or where that has no checkpointer."""
    configurable: Mapping[str, Any] = config.get("configurable") or {}
    if (
        "langgraph" not in sys.modules
        or not configurable.get(_CHECKPOINTER)
        or _SCRATCHPAD not in configurable
    ):
        return None
    return GraphTask(config, messages, agent_name)


def is_interrupt(error: Exception) -> bool:
    """Whether an exception is LangGraph's way to end a task until a person has answered."""
    from langgraph.errors import GraphInterrupt  # noqa: PLC0415 - whoever runs in a graph has it

    return isinstance(error, GraphInterrupt)


def need_graph(kind: str) -> LocalProtocolError:
    """Return the error for a question that no interrupt can be made of."""
    return LocalProtocolError(
        f"Codex asks a person (a question of kind {kind!r}), and CodexAgent(approvals='interrupt') can ask only in a "
        "node of a LangGraph graph that is compiled with a checkpointer: run it there, with a thread_id, or give "
        "the agent an approval_handler instead"
    )
