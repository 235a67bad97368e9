"""Every notification becomes one event, and none can break the reader."""

from typing import Any

import pytest
from codex_app_server import (
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
from codex_app_server._wire.normalise import normalise
from hypothesis import given
from hypothesis import strategies as st


def event(method: str, **params: Any) -> Any:
    return normalise(method, params, "th", "tu")


def item(**fields: Any) -> Any:
    return event("item/completed", item={"id": "i", **fields})


def test_text_and_reasoning_deltas() -> None:
    params = {"itemId": "i", "delta": "hi"}
    assert event("item/agentMessage/delta", **params) == TextDelta(
        "th", "tu", "item/agentMessage/delta", params, "i", "hi"
    )
    summary = event("item/reasoning/summaryTextDelta", **params, summaryIndex=2)
    assert (type(summary), summary.text, summary.is_summary, summary.part_index) == (
        ReasoningDelta,
        "hi",
        True,
        2,
    )
    raw = event("item/reasoning/textDelta", **params, contentIndex=0)
    assert (type(raw), raw.text, raw.is_summary, raw.part_index) == (ReasoningDelta, "hi", False, 0)


def test_messages_and_reasoning_items() -> None:
    started = event(
        "item/started", item={"type": "agentMessage", "id": "m", "text": "", "phase": "commentary"}
    )
    assert (type(started), started.item_id, started.phase) == (MessageStarted, "m", "commentary")
    finished = item(type="agentMessage", text="done", phase=None)
    assert (type(finished), finished.text, finished.phase) == (MessageFinished, "done", None)
    reasoning = item(type="reasoning", summary=["a", "b"], content=[])
    assert (type(reasoning), reasoning.summary, reasoning.content) == (ReasoningFinished, ("a", "b"), ())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"type": "commandExecution", "command": "ls", "cwd": "/x", "status": "failed", "exitCode": 2,
             "aggregatedOutput": "out", "durationMs": 5},
            ("command", "command_execution", {"command": "ls", "cwd": "/x"}, "failed", "out", True, 2, 5),
        ),
        (
            {"type": "fileChange", "status": "completed", "changes": [{"path": "a", "kind": {"type": "add"}, "diff": "x\n"}]},
            ("file_change", "file_change", {"changes": [{"path": "a", "kind": {"type": "add"}, "diff": "x\n"}]},
             "completed", "a\nx\n", False, None, None),
        ),
        (
            {"type": "mcpToolCall", "server": "s", "tool": "t", "arguments": {"q": 1}, "status": "completed",
             "result": {"content": [{"type": "text", "text": "42"}]}, "error": None},
            ("mcp", "s.t", {"q": 1}, "completed", "42", False, None, None),
        ),
        (
            {"type": "mcpToolCall", "server": "s", "tool": "t", "arguments": 3, "status": "failed",
             "result": None, "error": {"message": "no"}},
            ("mcp", "s.t", {"value": 3}, "failed", "no", True, None, None),
        ),
        (
            {"type": "dynamicToolCall", "tool": "f", "arguments": {}, "status": "completed",
             "contentItems": [{"type": "inputText", "text": "r"}, {"type": "inputImage", "imageUrl": "data:"}]},
            ("function", "f", {}, "completed", "r", False, None, None),
        ),
        (
            {"type": "webSearch", "query": "q", "action": None},
            ("web_search", "web_search", {"query": "q", "action": None}, "completed", "", False, None, None),
        ),
        (
            {"type": "collabAgentToolCall", "tool": "spawn", "status": "completed", "prompt": "p"},
            ("sub_agent", "collab_agent_tool_call", {"tool": "spawn", "prompt": "p"}, "completed", "", False, None, None),
        ),
        (
            {"type": "somethingNew", "status": "declined", "data": [1]},
            ("other", "something_new", {"data": [1]}, "declined", "", True, None, None),
        ),
    ],
)  # fmt: skip
def test_the_work_of_tools_finishes_with_all_of_its_output(
    fields: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    finished = item(**fields)
    assert type(finished) is ToolFinished
    assert (
        finished.tool_kind, finished.name, finished.arguments, finished.status,
        finished.output, finished.is_error, finished.exit_code, finished.duration_ms,
    ) == expected  # fmt: skip
    started = event("item/started", item={"id": "i", **fields})
    assert type(started) is ToolStarted
    assert (started.tool_kind, started.name, started.arguments) == expected[:3]


def test_plan_diff_usage_and_warnings() -> None:
    plan = event("turn/plan/updated", explanation=None, plan=[{"step": "s", "status": "pending"}])
    assert (type(plan), plan.steps) == (PlanUpdated, (PlanStep("s", "pending"),))
    assert type(event("turn/diff/updated", diff="d")) is DiffUpdated
    counts = {
        "inputTokens": 5,
        "cachedInputTokens": 1,
        "outputTokens": 2,
        "reasoningOutputTokens": 1,
        "totalTokens": 7,
    }
    usage = event(
        "thread/tokenUsage/updated", tokenUsage={"last": counts, "total": counts, "modelContextWindow": 9}
    )
    assert (type(usage), usage.last, usage.context_window) == (UsageUpdated, Usage(5, 1, 0, 2, 1, 7), 9)
    assert type(event("turn/started", turn={"id": "tu"})) is TurnStarted
    assert type(event("item/commandExecution/outputDelta", itemId="i", delta="x")) is ToolOutputDelta
    warning = event(
        "error", error={"message": "Reconnecting... 1/2", "additionalDetails": "cut"}, willRetry=True
    )
    assert (type(warning), warning.message, warning.will_retry) == (
        WarningRaised,
        "Reconnecting... 1/2: cut",
        True,
    )


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("brand/new", {"x": 1}),
        ("item/started", {}),
        ("item/started", {"item": None}),
        ("item/started", {"item": {"type": "userMessage", "id": "u", "content": []}}),
        ("item/completed", {"item": {"type": ["odd"], "id": "u"}}),
        ("item/agentMessage/delta", {"itemId": "i", "delta": 5}),
        ("item/agentMessage/delta", {"delta": "no item"}),
        ("turn/plan/updated", {"plan": "none"}),
        ("thread/tokenUsage/updated", {"tokenUsage": {"last": None, "total": None}}),
    ],
)
def test_what_is_unknown_or_malformed_passes_through_as_it_came(method: str, params: dict[str, Any]) -> None:
    assert normalise(method, params, "th", "tu") == OtherEvent("th", "tu", method, params)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["item", "id", "type", "delta", "itemId", "plan", "step", "status", "tokenUsage", "last", "total", "error", "message", "text"]
    ), inner, max_size=4),
)  # fmt: skip
METHODS = ["item/started", "item/completed", "item/agentMessage/delta", "turn/plan/updated", "thread/tokenUsage/updated",
           "error", "warning", "serverRequest/resolved", "item/reasoning/textDelta", "turn/diff/updated", "x"]  # fmt: skip


@given(
    st.sampled_from(METHODS),
    st.dictionaries(st.sampled_from(["item", "delta", "itemId", "plan", "tokenUsage", "error"]), JSON),
)
def test_no_params_at_all_can_make_it_raise(method: str, params: dict[str, Any]) -> None:
    assert normalise(method, params, "th", "tu").raw is params
