"""Turns the notifications of a turn into events: one notification, one event, no state.

`normalise` never raises: a notification that does not look as expected becomes an `OtherEvent`,
so that a newer server cannot break the reader.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from codex_app_server.events import (
    ApprovalResolved,
    DiffUpdated,
    MessageFinished,
    MessageStarted,
    OtherEvent,
    PlanStep,
    PlanUpdated,
    ReasoningDelta,
    ReasoningFinished,
    TextDelta,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
    TurnStarted,
    Usage,
    UsageUpdated,
    WarningRaised,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.events import (
        Event,
        ToolKind,
    )
    from codex_app_server.json_types import JsonObject

__all__ = ["normalise", "tool_of_item", "usage_of"]


def normalise(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    """Return the event for a notification of a turn."""
    build = _BUILDERS.get(method)
    if build is not None:
        try:
            return build(method, params, thread_id, turn_id)
        except (KeyError, TypeError, AttributeError, ValueError):
            pass
    return OtherEvent(thread_id, turn_id, method, params)


def _str(value: object) -> str:
    # What an event has is counted, joined and looked up by others: there a wrong type would be too late.
    if type(value) is not str:
        raise TypeError
    return value


def _text_delta(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    return TextDelta(thread_id, turn_id, method, params, _str(params["itemId"]), _str(params["delta"]))


def _summary_delta(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    return ReasoningDelta(
        thread_id,
        turn_id,
        method,
        params,
        _str(params["itemId"]),
        _str(params["delta"]),
        True,
        params["summaryIndex"],
    )


def _reasoning_delta(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    return ReasoningDelta(
        thread_id,
        turn_id,
        method,
        params,
        _str(params["itemId"]),
        _str(params["delta"]),
        False,
        params["contentIndex"],
    )


def _output_delta(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    return ToolOutputDelta(thread_id, turn_id, method, params, _str(params["itemId"]), _str(params["delta"]))


def _mcp_progress(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    return ToolOutputDelta(
        thread_id, turn_id, method, params, _str(params["itemId"]), _str(params["message"])
    )


def _turn_started(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    return TurnStarted(thread_id, turn_id, method, params)


def usage_of(value: JsonObject) -> Usage:
    """Return the token counts that the server gives in this form."""
    return Usage(
        _count(value.get("inputTokens")),
        _count(value.get("cachedInputTokens")),
        _count(value.get("cacheWriteInputTokens")),
        _count(value.get("outputTokens")),
        _count(value.get("reasoningOutputTokens")),
        _count(value.get("totalTokens")),
    )


def _count(value: object) -> int:
    return value if type(value) is int else 0


def _token_usage(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    usage = params["tokenUsage"]
    return UsageUpdated(
        thread_id,
        turn_id,
        method,
        params,
        usage_of(usage["last"]),
        usage_of(usage["total"]),
        usage.get("modelContextWindow"),
    )


def _plan(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    steps = tuple(PlanStep(_str(step["step"]), _str(step["status"])) for step in params["plan"])
    return PlanUpdated(thread_id, turn_id, method, params, params.get("explanation"), steps)


def _diff(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    return DiffUpdated(thread_id, turn_id, method, params, _str(params["diff"]))


def _warning(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    return WarningRaised(thread_id, turn_id, method, params, _str(params["message"]), will_retry=False)


def _error(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    error = params["error"]
    details = error.get("additionalDetails")
    message = f"{error['message']}: {details}" if details else _str(error["message"])
    return WarningRaised(
        thread_id, turn_id, method, params, message, will_retry=bool(params.get("willRetry"))
    )


def _resolved(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    return ApprovalResolved(thread_id, turn_id, method, params, params["requestId"])


def _item_started(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    item: JsonObject = params["item"]
    kind = item["type"]
    if kind == "agentMessage":
        return MessageStarted(thread_id, turn_id, method, params, _str(item["id"]), item.get("phase"))
    tool = tool_of_item(item)
    if tool is None:
        return OtherEvent(thread_id, turn_id, method, params)
    return ToolStarted(thread_id, turn_id, method, params, _str(item["id"]), *tool)


def _item_completed(method: str, params: JsonObject, thread_id: str, turn_id: str) -> Event:
    item: JsonObject = params["item"]
    kind = item["type"]
    if kind == "agentMessage":
        return MessageFinished(
            thread_id, turn_id, method, params, _str(item["id"]), _str(item["text"]), item.get("phase")
        )
    if kind == "reasoning":
        return ReasoningFinished(
            thread_id,
            turn_id,
            method,
            params,
            _str(item["id"]),
            tuple(map(_str, item.get("summary") or ())),
            tuple(map(_str, item.get("content") or ())),
        )
    tool = tool_of_item(item)
    if tool is None:
        return OtherEvent(thread_id, turn_id, method, params)
    status = str(item.get("status") or "completed")
    return ToolFinished(
        thread_id,
        turn_id,
        method,
        params,
        _str(item["id"]),
        *tool,
        status=status,
        output=_output_text(item),
        is_error=status in {"failed", "declined"} or bool(item.get("error")) or bool(item.get("failure")),
        exit_code=item.get("exitCode"),
        duration_ms=item.get("durationMs"),
    )


# Items that are no work of a tool: what the user said, notes of the server, messages.
_NO_TOOLS = frozenset({
    "userMessage", "hookPrompt", "agentMessage", "functionCallOutput", "plan", "reasoning",
    "enteredReviewMode", "exitedReviewMode", "contextCompaction",
})  # fmt: skip

_SUB_AGENT = frozenset({"collabAgentToolCall", "subAgentActivity"})
_IMAGE = frozenset({"imageView", "imageGeneration"})
_BOOKKEEPING = frozenset({"id", "type", "status"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def tool_of_item(item: JsonObject) -> tuple[ToolKind, str, JsonObject] | None:
    """Return kind, name and arguments of the tool that an item stands for; None if it is no tool."""
    kind: str = item["type"]
    if kind in _NO_TOOLS:
        return None
    if kind == "commandExecution":
        return "command", "command_execution", {"command": item["command"], "cwd": item.get("cwd")}
    if kind == "fileChange":
        return "file_change", "file_change", {"changes": item.get("changes") or []}
    if kind == "mcpToolCall":
        return "mcp", f"{item['server']}.{item['tool']}", _as_object(item.get("arguments"))
    if kind == "dynamicToolCall":
        return "function", _str(item["tool"]), _as_object(item.get("arguments"))
    if kind == "webSearch":
        return "web_search", "web_search", {"query": item.get("query"), "action": item.get("action")}
    name = _CAMEL.sub("_", kind).lower()
    arguments = {key: value for key, value in item.items() if key not in _BOOKKEEPING}
    if kind in _SUB_AGENT:
        return "sub_agent", name, arguments
    return ("image" if kind in _IMAGE else "other"), name, arguments


def _as_object(value: object) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {"value": value}


def _output_text(item: JsonObject) -> str:
    kind = item["type"]
    if kind == "commandExecution":
        return _str(item.get("aggregatedOutput") or "")
    if kind == "fileChange":
        return "\n".join(
            f"{change['path']}\n{change.get('diff') or ''}" for change in item.get("changes") or ()
        )
    if kind == "dynamicToolCall":
        return _content_text(item.get("contentItems"))
    if kind == "mcpToolCall":
        error = item.get("error")
        if error:
            return str(error.get("message", error))
        result = item.get("result")
        return _content_text(cast("JsonObject", result).get("content")) if isinstance(result, dict) else ""
    if kind == "imageGeneration":
        return str(item.get("savedPath") or "")
    return ""


def _content_text(content: object) -> str:
    parts = cast("list[JsonObject]", content) if isinstance(content, list) else []
    return "\n".join(part["text"] for part in parts if isinstance(part.get("text"), str))


_BUILDERS: dict[str, Callable[[str, JsonObject, str, str], Event]] = {
    "item/agentMessage/delta": _text_delta,
    "item/reasoning/summaryTextDelta": _summary_delta,
    "item/reasoning/textDelta": _reasoning_delta,
    "item/commandExecution/outputDelta": _output_delta,
    "item/fileChange/outputDelta": _output_delta,
    "item/mcpToolCall/progress": _mcp_progress,
    "item/started": _item_started,
    "item/completed": _item_completed,
    "turn/started": _turn_started,
    "turn/plan/updated": _plan,
    "turn/diff/updated": _diff,
    "thread/tokenUsage/updated": _token_usage,
    "serverRequest/resolved": _resolved,
    "warning": _warning,
    "error": _error,
}
