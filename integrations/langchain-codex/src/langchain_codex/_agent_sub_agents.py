"""The runs of Codex's own sub-agents: their events in, steps out. Pure.

A sub-agent works in a thread of its own. Each of its turns is a run below that of the agent, or below the
run of the sub-agent that started it, where that still works; with a run tree of its own below.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import (
    OtherEvent,
    ToolFinished,
    ToolStarted,
    TurnError,
    TurnFinished,
    TurnStarted,
    WarningRaised,
)
from langchain_core.messages import HumanMessage

from langchain_codex._agent_output import AgentOutput, to_usage
from langchain_codex._run_steps import Below, Produced, SubAgentBroke, SubAgentEnded, SubAgentStarted
from langchain_codex._runs import RunTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from codex_app_server import Event, SubAgentEvent, TurnResult
    from langchain_core.messages import BaseMessage

    from langchain_codex._run_steps import Step

__all__ = ["SubAgentRuns"]


@dataclass
class _SubAgent:
    """A turn of a sub-agent."""

    thread_id: str
    begun: TurnStarted
    # Made when it is known what the sub-agent is asked.
    tree: RunTree | None = None
    parent_id: str | None = None
    parts: list[AgentOutput] = field(default_factory=list[AgentOutput])


class SubAgentRuns:
    """The sub-agents of one turn.

    Args:
        model_name: The model of the agent; a sub-agent may have another one.
        traced: Ids of the calls of Python tools that have had a run of their own.
    """

    def __init__(self, *, model_name: str, traced: AbstractSet[str]) -> None:
        self._model_name = model_name
        self._traced = traced
        # By thread: who has started the sub-agent, and its model, where that is told.
        self._parents: dict[str, str] = {}
        self._models: dict[str, str] = {}
        self._open: dict[str, _SubAgent] = {}

    def note(self, event: Event) -> None:
        """Take an event of the agent itself, or of a sub-agent: it may tell of a sub-agent that is started."""
        if not isinstance(event, (ToolStarted, ToolFinished)) or event.tool_kind != "sub_agent":
            return
        receivers: object = event.arguments.get("receiverThreadIds")
        for thread_id in cast("list[object]", receivers) if isinstance(receivers, list) else ():
            if isinstance(thread_id, str):
                self._parents.setdefault(thread_id, event.thread_id)
                model: object = event.arguments.get("model")
                if model and isinstance(model, str):
                    self._models[thread_id] = model

    def feed(self, event: SubAgentEvent) -> Iterator[Step]:
        """Take the next event."""
        inner = event.event
        self.note(inner)
        if isinstance(inner, TurnStarted):
            yield from self._end(self._open.pop(inner.thread_id, None), TurnError("another turn began"))
            self._open[inner.thread_id] = _SubAgent(inner.thread_id, inner)
            return
        agent = self._open.get(inner.thread_id)
        if agent is None:
            return
        if agent.tree is None:
            if not _shows_that_it_works(inner):
                return
            yield from self._begin(agent, _asked(inner))
        yield from _below(agent, agent.tree.feed(inner) if agent.tree else ())
        if isinstance(inner, TurnFinished):
            del self._open[inner.thread_id]
            yield _ended(agent, inner.result)

    def abandon(self, error: BaseException) -> Iterator[Step]:
        """Close what is open: nothing more is told of it."""
        agents, self._open = self._open, {}
        for agent in reversed(agents.values()):
            yield from self._end(agent, error)

    def suspend(self, error: BaseException) -> Iterator[Step]:
        """Close what is open, for as long as the turn waits; `reopen` goes on with it."""
        for agent in reversed(self._open.values()):
            if agent.tree is not None:
                yield from _below(agent, agent.tree.suspend(error))
                yield SubAgentBroke(agent.thread_id, error)

    def reopen(self) -> Iterator[Step]:
        """Open what was open before, in the runs that the turn goes on with."""
        for agent in self._open.values():
            if agent.tree is not None:
                yield SubAgentStarted(agent.thread_id, agent.parent_id)
                yield from _below(agent, agent.tree.reopen())

    def _begin(self, agent: _SubAgent, messages: list[BaseMessage]) -> Iterator[Step]:
        parent = self._open.get(self._parents.get(agent.thread_id, ""))
        agent.parent_id = parent.thread_id if parent is not None and parent.tree is not None else None
        agent.tree = RunTree(
            messages,
            thread_id=agent.thread_id,
            agent_name=None,
            model_name=self._models.get(agent.thread_id, self._model_name),
            traced=self._traced,
        )
        yield SubAgentStarted(agent.thread_id, agent.parent_id, messages)
        yield from _below(agent, agent.tree.feed(agent.begun))

    def _end(self, agent: _SubAgent | None, error: BaseException) -> Iterator[Step]:
        if agent is not None and agent.tree is not None:
            yield from _below(agent, agent.tree.abandon(error))
            yield SubAgentBroke(agent.thread_id, error)


def _shows_that_it_works(event: Event) -> bool:
    """Whether the run can begin: what a sub-agent is asked is the first thing that is told of its turn."""
    return not isinstance(event, (OtherEvent, WarningRaised)) or bool(_asked(event))


def _asked(event: Event) -> list[BaseMessage]:
    item: Any = event.raw.get("item") if isinstance(event, OtherEvent) else None
    if not isinstance(item, dict) or cast("dict[str, Any]", item).get("type") != "userMessage":
        return []
    content: list[dict[str, Any]] = cast("dict[str, Any]", item).get("content") or []
    return [HumanMessage("\n".join(str(part.get("text", "")) for part in content))]


def _below(agent: _SubAgent, steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Produced):
            # No part of the output of the agent: the model of the agent was told it, as the result of a tool.
            agent.parts.append(step.part)
        else:
            yield Below(agent.thread_id, step)


def _ended(agent: _SubAgent, result: TurnResult) -> Step:
    try:
        result.raise_for_status()
    except TurnError as error:
        return SubAgentBroke(agent.thread_id, error)
    output = AgentOutput.sum(agent.parts)
    output.update(thread_id=agent.thread_id, usage=to_usage(result.usage))
    return SubAgentEnded(agent.thread_id, output.whole())
