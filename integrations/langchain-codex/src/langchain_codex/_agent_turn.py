"""One turn of the agent, between what was asked and what is returned; for both faces. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from codex_app_server import ToolCallRequested, ToolStarted

from langchain_codex._agent_errors import check_turn
from langchain_codex._agent_output import AgentOutput, to_usage
from langchain_codex._agent_tools import ToolTurn
from langchain_codex._runs import RunTree

if TYPE_CHECKING:
    from codex_app_server import AsyncThread, Event, Thread
    from langchain_core.runnables import RunnableConfig

    from langchain_codex._agent_input import AgentRequest

__all__ = ["AgentTurn"]


class AgentTurn:
    """A turn that is about to run.

    Args:
        request: What was asked for.
        config: The configuration of the chain run.
        thread: The thread.
        agent_name: Name of the agent, or None.
        model_name: The model that was asked for, or None.

    Attributes:
        request: As given.
        model_name: The model.
        tools: What its tools are called with.
        tree: Its runs.
    """

    def __init__(
        self,
        request: AgentRequest,
        config: RunnableConfig,
        thread: Thread | AsyncThread,
        *,
        agent_name: str | None,
        model_name: str | None,
    ) -> None:
        self.request = request
        self.model_name = model_name or thread.model or "unknown"
        self.tools = ToolTurn(config, request.state, thread.id)
        self.tree = RunTree(
            request.messages,
            thread_id=thread.id,
            agent_name=agent_name,
            model_name=self.model_name,
            traced=self.tools.traced,
        )

    def passed(self, event: Event) -> None:
        """Take an event that has been told to the callbacks."""
        if isinstance(event, ToolStarted):
            self.tools.reach(event.item_id)
        elif isinstance(event, ToolCallRequested):
            # The turn would wait for ever: the thread was started with tools that this agent does not have.
            event.call.fail(f"There is no tool {event.call.name!r} any more.")

    def last_part(self, *, has_output: bool) -> AgentOutput:
        """Return the last part of the output.

        Args:
            has_output: Whether the turn has an output type.

        Raises:
            TurnFailedError: The turn failed; a `RetryableTurnError` if it may be run again.
            TurnInterruptedError: It was interrupted.
            OutputError: The answer does not fit the output type.
        """
        result = self.tree.result
        if result is None:
            raise AssertionError("the events ended without the end of the turn")
        check_turn(result, has_acted=self.tree.has_acted)
        part = AgentOutput(
            thread_id=result.thread_id,
            diff=result.diff,
            plan=[asdict(step) for step in result.plan],
            usage=to_usage(result.usage),
        )
        if has_output:
            part["structured_response"] = result.output
        return part
