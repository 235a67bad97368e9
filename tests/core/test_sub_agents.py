"""What sub-agents do, as events of the turn that they work for: for those who ask, and apart from the turn itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import (
    ApprovalRequested,
    AsyncCodex,
    Codex,
    MessageFinished,
    ResponseFinished,
    SubAgentEvent,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
    Usage,
    UsageUpdated,
    defer_approvals,
)
from codex_app_server.testing import FakeServer, Reply, call, steps, text, usage

if TYPE_CHECKING:
    from codex_app_server import Event
    from codex_app_server.testing import ModelRequest, ScriptedCodex, ScriptedCodexFactory
    from codex_app_server.testing.steps import Step

SHOWN = (TurnStarted, ToolStarted, ToolFinished, MessageFinished, ResponseFinished, TurnFinished)


def spawning(factory: ScriptedCodexFactory) -> ScriptedCodex:
    """A model that has a sub-agent run a command, and waits for it."""

    def reply(request: ModelRequest) -> Any:
        if any("CHILD" in text for text in request.user_texts):
            if request.step == 0:
                return Reply(call("exec_command", cmd="echo child"), usage(input=3, output=1))
            return Reply(text(deltas=["Child ", "done."]), usage(input=4, output=2))
        if request.step == 0:
            return [call("spawn_agent", namespace="multi_agent_v1", message="CHILD: look.")]
        if request.step == 1:
            (output,) = request.tool_outputs.values()
            targets = [json.loads(str(output))["agent_id"]]
            return [call("wait_agent", namespace="multi_agent_v1", targets=targets, timeout_ms=20_000)]
        return "done"

    return factory(reply, extra_config={"features": {"multi_agent": True}})


def below(events: list[Event]) -> list[Event]:
    return [event.event for event in events if isinstance(event, SubAgentEvent)]


@pytest.mark.anyio
async def test_a_reader_who_asks_is_shown_the_turns_of_sub_agents(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    async with AsyncCodex(spawning(scripted_codex).config) as codex:
        thread = await codex.thread_start(experimental_raw_events=True)
        turn = await thread.turn("Go.")
        plain, whole = turn.events(), turn.events(sub_agents=True)
        events = [event async for event in whole]
        # Whoever does not ask sees nothing of them, and the turn is the same.
        assert [event async for event in plain] == [
            event for event in events if not isinstance(event, SubAgentEvent)
        ]
    shown = below(events)
    assert {(event.thread_id, event.turn_id) for event in events} == {(thread.id, turn.id)}
    assert len({(event.thread_id, event.turn_id) for event in shown}) == 1
    assert shown[0].thread_id != thread.id
    assert [type(event) for event in shown if isinstance(event, SHOWN)] == [
        *[TurnStarted, ResponseFinished, ToolStarted, ToolFinished],
        *[MessageFinished, ResponseFinished, TurnFinished],
    ]
    assert "".join(event.text for event in shown if isinstance(event, TextDelta)) == "Child done."
    last = shown[-1]
    assert isinstance(last, TurnFinished)
    assert (last.result.text, last.result.streamed_text) == ("Child done.", "Child done.")
    assert last.result.usage == Usage(input_tokens=7, output_tokens=3, total_tokens=10)
    result = events[-1]
    assert isinstance(result, TurnFinished)
    assert result.result.text == "done"
    own = [event.last for event in events if isinstance(event, UsageUpdated)]
    assert result.result.usage == own[0] + own[1] + own[2]
    assert "commandExecution" not in [item["type"] for item in result.result.raw_items]


CHILD: Any = {"threadId": "thread-child", "turnId": "turn-child"}
CHANGE: Any = {
    "type": "fileChange",
    "id": "change-1",
    "status": "inProgress",
    "changes": [{"path": "a.txt", "kind": {"type": "add"}, "diff": "hello\n"}],
}


def child_turn(method: str, root: str = "turn-1", **more: Any) -> Step:
    turn = {"id": "turn-child", "rootTurnId": root, "items": [], "status": "inProgress", "error": None}
    return steps.notify(method, {"threadId": "thread-child", "turn": {**turn, **more}})


def child_item(method: str, item: Any) -> Step:
    return steps.notify(method, {**CHILD, "item": item})


def test_a_deferred_question_of_a_sub_agent_is_shown_with_its_changes() -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        child_turn("turn/started"),
        child_item("item/started", CHANGE),
        steps.ask("item/fileChange/requestApproval", {**CHILD, "itemId": "change-1", "startedAtMs": 0}, id=7),
        steps.expect_answer(7, save_as="answer"),
        steps.notify("serverRequest/resolved", {"threadId": "thread-child", "requestId": 7}),
        child_item("item/completed", {**CHANGE, "status": "completed"}),
        child_turn("turn/completed", status="completed"),
        *steps.turn_message("Done."),
        *steps.turn_end(),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        turn = codex.thread_start(approval_handler=defer_approvals).turn("Go.")
        seen: list[Event] = []
        for event in turn.events(sub_agents=True):
            seen.append(event)
            if isinstance(event, SubAgentEvent) and isinstance(event.event, ApprovalRequested):
                request = event.event.request
                assert (request.thread_id, [change.path for change in request.changes]) == (
                    "thread-child",
                    ["a.txt"],
                )
                request.accept()
        assert {"id": 7, "result": {"decision": "accept"}} in server.received
    assert [event.kind for event in below(seen)] == [
        *["turn_started", "tool_started", "approval_requested", "approval_resolved", "tool_finished"],
        "turn_finished",
    ]


def test_a_sub_agent_that_outlives_its_turn_is_shown_no_more_and_a_late_reader_may_miss_it() -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        child_turn("turn/started"),
        *steps.turn_message("Done."),
        *steps.turn_end(),
        child_item("item/started", CHANGE),
        child_turn("turn/completed", status="completed"),
        *steps.turn_begin("turn-2"),
        *steps.turn_message("Again.", turn_id="turn-2"),
        *steps.turn_end(turn_id="turn-2"),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("Go.")
        first = [event for event in turn.events() if isinstance(event, SubAgentEvent)]
        assert first == []
        # That reader was the first, and did not ask.
        assert below(list(turn.events(sub_agents=True))) == []
        assert below(list(thread.turn("On.").events(sub_agents=True))) == []
