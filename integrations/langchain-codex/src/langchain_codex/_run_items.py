"""What tools of Codex, and what has no run, are in LangChain: tool messages, errors, custom events. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from codex_app_server import (
    ApprovalRequested,
    ApprovalResolved,
    DiffUpdated,
    PlanUpdated,
    ToolOutputDelta,
)
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException

from langchain_codex._run_steps import Noted, ToolStarts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_app_server import Event, ToolFinished, ToolStarted

__all__ = ["notes", "starts", "tool_error", "tool_message"]


def starts(event: ToolStarted | ToolFinished) -> ToolStarts:
    """Return the step with which the run of a tool begins."""
    return ToolStarts(event.item_id, event.name, dict(event.arguments), event.tool_kind)


def tool_message(event: ToolFinished) -> ToolMessage:
    """Return what a tool gave, as the message that a run of a tool ends with."""
    return ToolMessage(
        content=event.output,
        tool_call_id=event.item_id,
        name=event.name,
        status="error" if event.is_error else "success",
        artifact={
            "kind": event.tool_kind,
            "status": event.status,
            "exit_code": event.exit_code,
            "duration_ms": event.duration_ms,
        },
    )


def tool_error(event: ToolFinished) -> ToolException:
    """Return why a tool failed, as the error of its run."""
    code = "" if event.exit_code is None else f" with exit code {event.exit_code}"
    output = f": {event.output}" if event.output else ""
    return ToolException(f"{event.name} {event.status}{code}{output}")


_OUTPUT_NAMES = {
    "item/commandExecution/outputDelta": "codex.command.output",
    "item/fileChange/outputDelta": "codex.file_change.output",
    "item/mcpToolCall/progress": "codex.mcp.progress",
}


def notes(event: Event) -> Iterator[Noted]:
    """Yield the custom event for what has no run."""
    match event:
        case ToolOutputDelta():
            name = _OUTPUT_NAMES.get(event.method, "codex.tool.output")
            yield Noted(name, {"item_id": event.item_id, "text": event.text}, event.item_id)
        case PlanUpdated():
            steps = [asdict(step) for step in event.steps]
            yield Noted("codex.plan", {"explanation": event.explanation, "steps": steps})
        case DiffUpdated():
            yield Noted("codex.diff", {"diff": event.diff})
        case ApprovalRequested():
            request = event.request
            data = {
                "id": request.id,
                "item_id": request.item_id,
                "kind": request.approval_kind,
                "reason": request.reason,
                "request": json.loads(json.dumps(request.raw, default=str)),
            }
            yield Noted("codex.approval.requested", data)
        case ApprovalResolved():
            yield Noted("codex.approval.resolved", {"request_id": event.request_id})
        case _:
            # What is newer than this adapter, or has no form in LangChain.
            pass
