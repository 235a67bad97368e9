"""Core event -> framework event; pure. What answers, ends or counts a turn is the agent's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codex_app_server import (
    ApprovalRequested,
    DiffUpdated,
    PlanUpdated,
    ReasoningDelta,
    TextDelta,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
    WarningRaised,
)
from llama_index.agent.codex.events import CodexDiff, CodexNotice, CodexPlan, CodexToolOutput
from llama_index.core.agent.workflow.workflow_events import AgentStream, ToolCall, ToolCallResult
from llama_index.core.tools import ToolOutput

if TYPE_CHECKING:
    from codex_app_server import Event
    from workflows.events import Event as FrameworkEvent

__all__ = ["to_framework"]


def to_framework(event: Event, *, agent_name: str, response: str, streaming: bool) -> FrameworkEvent | None:
    """Return what an event of a turn is on the stream; None for what is not shown there.

    Args:
        event: The event.
        agent_name: The agent that works on the turn.
        response: The text of this step so far, this event included.
        streaming: Whether text and reasoning are shown piece by piece.
    """
    match event:
        case TextDelta() if streaming:
            return AgentStream(
                delta=event.text, response=response, current_agent_name=agent_name, raw=event.raw
            )
        case ReasoningDelta() if streaming:
            return AgentStream(
                delta="",
                response=response,
                current_agent_name=agent_name,
                raw=event.raw,
                thinking_delta=event.text,
            )
        # A Python tool is run, and shown, by the workflow.
        case ToolStarted() if event.tool_kind != "function":
            return ToolCall(tool_name=event.name, tool_kwargs=event.arguments, tool_id=event.item_id)
        case ToolFinished() if event.tool_kind != "function":
            return _tool_result(event)
        case ToolOutputDelta():
            return CodexToolOutput(tool_id=event.item_id, delta=event.text, current_agent_name=agent_name)
        case PlanUpdated():
            steps = [{"step": step.step, "status": step.status} for step in event.steps]
            return CodexPlan(steps=steps, explanation=event.explanation, current_agent_name=agent_name)
        case DiffUpdated():
            return CodexDiff(diff=event.diff, current_agent_name=agent_name)
        # Codex warns in every turn of a model that it does not know; only a delay is news.
        case WarningRaised() if event.will_retry:
            return CodexNotice(message=event.message, current_agent_name=agent_name)
        case ApprovalRequested():
            request = event.request
            what = request.command or request.reason or request.approval_kind
            decision = request.decision or "asked"
            return CodexNotice(message=f"approval: {decision}: {what}", current_agent_name=agent_name)
        case _:
            # Starts, ends, usage and what is newer than this adapter have no form there.
            return None


def _tool_result(event: ToolFinished) -> ToolCallResult:
    item: Any = event.raw.get("item")
    return ToolCallResult(
        tool_name=event.name,
        tool_kwargs=event.arguments,
        tool_id=event.item_id,
        tool_output=ToolOutput(
            tool_name=event.name,
            content=event.output,
            raw_input=event.arguments,
            raw_output=item,
            is_error=event.is_error,
        ),
        return_direct=False,
    )
