"""F22-F26, F34: turns whose events come early, twice, late, elsewhere or never."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import (
    AsyncCodex,
    Codex,
    TurnFinished,
    TurnStalledError,
)
from codex_app_server.testing import FakeServer, steps

if TYPE_CHECKING:
    from codex_app_server import ApprovalRequest, ToolCall
    from codex_app_server.testing import FakeServerFactory
    from codex_app_server.testing.steps import Step


def recorded_thread() -> list[Step]:
    """Answer `thread/start` with a thread that is kept on disk."""
    expected, answer, told = steps.thread_start()
    answer["result"]["thread"]["ephemeral"] = False
    told["params"]["thread"]["ephemeral"] = False
    return [expected, answer, told]


def idle(thread_id: str = "thread-1") -> Step:
    return steps.notify("thread/status/changed", {"threadId": thread_id, "status": {"type": "idle"}})


def message(item_id: str, words: str) -> dict[str, Any]:
    return {"type": "agentMessage", "id": item_id, "text": words, "phase": None, "memoryCitation": None}


def test_f22_events_before_the_reply_to_turn_start_are_kept() -> None:
    params = {"threadId": "thread-1", "turnId": "turn-1"}
    early = [
        steps.notify("warning", {"threadId": "thread-1", "message": "early"}),
        steps.notify(
            "turn/started",
            {"threadId": "thread-1", "turn": {"id": "turn-1", "items": [], "status": "inProgress"}},
        ),
        steps.notify("item/agentMessage/delta", {**params, "itemId": "m", "delta": "early text"}),
        steps.notify(
            "turn/completed",
            {"threadId": "thread-1", "turn": {"id": "turn-1", "items": [], "status": "completed"}},
        ),
    ]
    reply = steps.reply({"turn": {"id": "turn-1", "items": [], "status": "inProgress"}})
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        steps.expect("turn/start"),
        *early,
        reply,
        *steps.turn("second", turn_id="turn-2"),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        events = list(thread.turn("x").events())
        assert [event.kind for event in events] == [
            "warning_raised",
            "turn_started",
            "text_delta",
            "turn_finished",
        ]
        # The thread is free again, although the end came before the reply.
        assert thread.run("y").text == "second"


# --- F23: told twice ---


def test_f23_a_turn_ends_once_however_often_that_is_told(caplog: pytest.LogCaptureFixture) -> None:
    place = {"threadId": "thread-1", "turnId": "turn-1"}
    late = [
        steps.notify("turn/completed", {"threadId": "thread-1", "turn": {"id": "turn-1", "items": [], "status": "failed"}}),
        steps.notify("item/agentMessage/delta", {**place, "itemId": "m", "delta": "late"}),
        steps.notify("item/completed", {**place, "item": message("m", "late")}),
        steps.notify("turn/started", {"threadId": "thread-1", "turn": {"id": "turn-1"}}),
    ]  # fmt: skip
    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn("first"), *late,
        *steps.turn_begin("turn-2"), *late, *steps.turn_message("second", turn_id="turn-2"),
        *steps.turn_end(turn_id="turn-2"), *late, steps.expect("account/read"), steps.reply({}), steps.hang(),
    ]  # fmt: skip
    with caplog.at_level(logging.DEBUG, "codex_app_server"), FakeServer(scenario) as server:
        with Codex(server.config) as codex:
            thread = codex.thread_start()
            turns = [thread.turn("x"), thread.turn("y")]
            kinds = [[event.kind for event in turn.events(timeout_s=30)] for turn in turns]
            codex.request_raw("account/read")
            results = [turn.run() for turn in turns]
    assert [kind.count("turn_finished") for kind in kinds] == [1, 1]
    assert [(result.status, result.text, result.streamed_text) for result in results] == [
        ("completed", "first", "first"),
        ("completed", "second", "second"),
    ]
    told = [record.getMessage() for record in caplog.records]
    assert told.count("turn/completed after the end of turn turn-1") == 3


# --- F24: an end that is lost ---


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex_app_server._engine.endings._IDLE_GRACE_S", 0.01)


def lost_end(answer: Step) -> list[Step]:
    return [
        *steps.handshake(),
        *recorded_thread(),
        *steps.turn_begin(),
        *steps.turn_message("one"),
        idle(),
        steps.expect("thread/turns/list"),
        answer,
        steps.hang(),
    ]


@pytest.mark.usefixtures("short_grace")
def test_f24_a_lost_end_is_read_from_the_record_with_the_items_that_were_missed(
    fake_codex: FakeServerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    items = [message("turn-1-message", "one"), message("missed", "two")]
    ended = {"id": "turn-1", "items": items, "status": "completed", "durationMs": 5}
    server = fake_codex(lost_end(steps.reply({"data": [{"id": "x", "status": "completed"}, ended]})))
    with Codex(server.config) as codex:
        turn = codex.thread_start().turn("x")
        events = list(turn.events())
        result = turn.run()
    last = events[-1]
    assert isinstance(last, TurnFinished)
    assert last.result == result
    assert (result.status, result.text, result.duration_ms) == ("completed", "two", 5)
    assert [item["id"] for item in result.raw_items] == ["turn-1-user", "turn-1-message", "missed"]
    assert ["the end of turn turn-1 was lost" in record.message for record in caplog.records] == [True]


@pytest.mark.anyio
@pytest.mark.usefixtures("short_grace")
async def test_f24_a_waiting_task_is_woken_by_an_end_that_was_read(fake_codex: FakeServerFactory) -> None:
    ended = {"id": "turn-1", "items": [], "status": "interrupted"}
    async with AsyncCodex(fake_codex(lost_end(steps.reply({"data": [ended]}))).config) as codex:
        with anyio.fail_after(20):
            assert (await (await codex.thread_start()).run("x")).status == "interrupted"


@pytest.mark.usefixtures("short_grace")
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (steps.reply({"data": []}), "its record has no end of it"),
        (steps.reply({"data": [{"id": "turn-1", "status": "inProgress"}]}), "its record has no end of it"),
        (steps.reply({}), "its record cannot be read"),
        (steps.reply({"data": [{}]}), "its record cannot be read"),
        (steps.reply_error(-32600, "out of order"), "its record cannot be read.*out of order"),
    ],
)
def test_f24_an_end_that_is_nowhere_is_a_stall(fake_codex: FakeServerFactory, answer: Step, why: str) -> None:
    with Codex(fake_codex(lost_end(answer)).config) as codex:
        with pytest.raises(TurnStalledError, match=why) as caught:
            codex.thread_start().run("x", timeout_s=20)
    assert caught.value.result is not None
    assert (caught.value.result.text, caught.value.turn_id) == ("one", "turn-1")


@pytest.mark.usefixtures("short_grace")
def test_f24_a_lost_end_of_an_ephemeral_thread_gives_what_had_arrived(fake_codex: FakeServerFactory) -> None:
    server = fake_codex(
        [
            *steps.handshake(),
            *steps.thread_start(),
            *steps.turn_begin(),
            *steps.turn_message("one"),
            idle(),
            *steps.turn("two", turn_id="turn-2"),
            steps.hang(),
        ]
    )
    with Codex(server.config) as codex:
        thread = codex.thread_start()
        with pytest.raises(TurnStalledError, match="keeps no record of an ephemeral thread") as caught:
            thread.run("x")
        assert caught.value.result is not None
        assert caught.value.result.text == "one"
        assert thread.run("y").text == "two"


@pytest.mark.usefixtures("short_grace")
def test_f24_an_error_without_an_end_is_a_failed_turn(fake_codex: FakeServerFactory) -> None:
    place = {"threadId": "thread-1", "turnId": "turn-1"}
    error = {"message": "no luck", "codexErrorInfo": "other", "additionalDetails": None}
    server = fake_codex(
        [
            *steps.handshake(),
            *steps.thread_start(),
            *steps.turn_begin(),
            steps.notify("error", {**place, "error": {**error, "message": "again"}, "willRetry": True}),
            steps.notify("error", {**place, "error": error, "willRetry": False}),
            steps.notify(
                "thread/status/changed", {"threadId": "thread-1", "status": {"type": "systemError"}}
            ),
            steps.hang(),
        ]
    )
    with Codex(server.config) as codex:
        result = codex.thread_start().run("x")
    assert result.error is not None
    assert (result.status, result.error.message, result.error.code) == ("failed", "no luck", "other")


# --- F25: silence ---


def test_f25_a_silent_turn_is_interrupted_and_tells_what_had_arrived(fake_codex: FakeServerFactory) -> None:
    server = fake_codex(
        [
            *steps.handshake(),
            *steps.thread_start(),
            *steps.turn_begin(),
            *steps.turn_message("one"),
            steps.expect("turn/interrupt"),
            steps.reply({}),
            *steps.turn_end("interrupted"),
            *steps.turn("two", turn_id="turn-2"),
            steps.hang(),
        ]
    )
    with Codex(replace(server.config, turn_silence_limit_s=0.2)) as codex:
        thread = codex.thread_start()
        with pytest.raises(TurnStalledError, match=r"nothing was heard of it for 0\.2 s") as caught:
            thread.run("x")
        assert caught.value.result is not None
        assert (caught.value.result.text, caught.value.turn_id) == ("one", "turn-1")
        assert thread.run("y").text == "two"


def test_f25_a_silent_turn_ends_also_when_the_interrupt_is_ignored(
    fake_codex: FakeServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codex_app_server._engine.interrupting.ANSWER_S", 0.1)
    server = fake_codex([*steps.handshake(), *steps.thread_start(), *steps.turn_begin(), steps.hang()])
    with Codex(replace(server.config, turn_silence_limit_s=0.1)) as codex:
        with pytest.raises(TurnStalledError, match="nothing was heard of it"):
            list(codex.thread_start().turn("x").events())
    assert [message["method"] for message in server.received[-1:]] == ["turn/interrupt"]


APPROVAL = {
    "threadId": "thread-1", "turnId": "turn-1", "itemId": "c", "startedAtMs": 0, "command": "x", "cwd": "/",
}  # fmt: skip


def silent_after(question: Step) -> list[Step]:
    return [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        question,
        steps.expect_answer(7),
        steps.expect("turn/interrupt"),
        steps.reply({}),
        *steps.turn_end("interrupted"),
        steps.hang(),
    ]


def test_f25_a_turn_that_waits_for_a_decision_is_not_silent(fake_codex: FakeServerFactory) -> None:
    server = fake_codex(silent_after(steps.ask("item/commandExecution/requestApproval", APPROVAL, id=7)))
    waited = threading.Event()

    def decide(request: ApprovalRequest) -> str:
        # Longer than the limit of silence: the time is the subject here.
        waited.wait(0.5)
        interrupts.extend(seen for seen in server.received if seen.get("method") == "turn/interrupt")
        assert request.is_open
        return "decline"

    interrupts: list[Any] = []
    with Codex(replace(server.config, turn_silence_limit_s=0.1)) as codex:
        with pytest.raises(TurnStalledError, match="nothing was heard of it"):
            codex.thread_start(approval_handler=decide).run("x")  # pyright: ignore[reportArgumentType]
    assert interrupts == []


def test_f25_a_turn_whose_tool_runs_is_not_silent(fake_codex: FakeServerFactory) -> None:
    params = {**APPROVAL, "callId": "c", "tool": "slow", "namespace": None, "arguments": {}}
    server = fake_codex(silent_after(steps.ask("item/tool/call", params, id=7)))
    waited = threading.Event()
    calls: list[ToolCall] = []

    def slow(call: ToolCall) -> str:
        """Be slow."""
        waited.wait(0.5)
        calls.append(call)
        return f"{[seen.get('method') for seen in server.received].count('turn/interrupt')} interrupts"

    with Codex(replace(server.config, turn_silence_limit_s=0.1)) as codex:
        with pytest.raises(TurnStalledError):
            codex.thread_start(tools=[slow]).run("x")
    (answer,) = [seen for seen in server.received if seen.get("id") == 7]
    assert answer["result"]["contentItems"] == [{"type": "inputText", "text": "0 interrupts"}]
    assert len(calls) == 1


def test_f25_an_interrupt_that_the_server_ignores_ends_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex_app_server._engine.interrupting.ANSWER_S", 0.2)
    with FakeServer([*steps.handshake(), *steps.thread_start(), *steps.turn_begin(), steps.hang()]) as server:
        with Codex(server.config) as codex:
            turn = codex.thread_start().turn("x")
            turn.interrupt()
            with pytest.raises(
                TurnStalledError, match="turn 'turn-1' was given up: the server did not end it"
            ):
                turn.run()


# --- F26: events of others ---


def test_f26_events_of_other_turns_and_threads_do_not_leak_in() -> None:
    def delta(thread_id: str, turn_id: str) -> Any:
        return steps.notify(
            "item/agentMessage/delta",
            {"threadId": thread_id, "turnId": turn_id, "itemId": "m", "delta": "leak"},
        )

    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn_begin(),
        delta("other", "turn-9"), delta("thread-1", "turn-8"), delta("other", "turn-1x"),
        *steps.turn_message("mine"), *steps.turn_end(),
        delta("thread-1", "turn-1"), steps.notify("turn/completed", {"threadId": "thread-1", "turn": {"id": "turn-1", "status": "failed"}}),
        *steps.turn("next", turn_id="turn-2"),
    ]  # fmt: skip
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("x")
        assert turn.run().streamed_text == "mine"
        assert thread.run("y").streamed_text == "next"
        assert turn.run().status == "completed"


def test_f26_the_echo_of_injected_history_is_not_taken_for_the_turn() -> None:
    """It may come between `turn/start` and its answer, under the id of a turn that never is."""
    place = {"threadId": "thread-1", "turnId": "auto-compact-0"}
    turn = {"id": "turn-1", "items": [], "status": "inProgress"}
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        steps.expect("turn/start", save_as="turn"),
        steps.notify("rawResponseItem/completed", {**place, "item": {"type": "message"}}),
        steps.notify("turn/started", {"threadId": "thread-1", "turn": turn}),
        steps.reply({"turn": turn}),
        steps.expect("turn/interrupt", save_as="interrupt"),
        steps.reply({}),
        *steps.turn_end(status="interrupted"),
    ]
    with FakeServer(scenario) as server:
        with Codex(server.config) as codex:
            turn_of_ours = codex.thread_start().turn("x")
            turn_of_ours.interrupt()
            kinds = [event.kind for event in turn_of_ours.events()]
        sent = [message for message in server.received if message.get("method") == "turn/interrupt"]
    assert (kinds[0], kinds[-1]) == ("turn_started", "turn_finished")
    assert [message["params"]["turnId"] for message in sent] == ["turn-1"]


# --- F34: another turn than was thought ---


def test_f34_an_interrupt_that_names_the_wrong_turn_is_repeated_with_the_right_one() -> None:
    """As for a review, whose turn has two ids; that of a turn which has ended is not tried."""

    def found(turn_id: str) -> Step:
        text = f"expected active turn id `turn-2` but found `{turn_id}`"
        return steps.reply_error(-32600, text)

    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn("first"), *steps.turn_begin("turn-2"),
        steps.expect("turn/interrupt"), found("turn-1"), steps.expect("turn/interrupt"), found("other-id"),
        steps.expect("turn/interrupt"), steps.reply({}), *steps.turn_end("interrupted", turn_id="turn-2"),
        steps.hang(),
    ]  # fmt: skip
    with FakeServer(scenario) as server:
        with Codex(server.config) as codex:
            thread = codex.thread_start()
            thread.run("x")
            turn = thread.turn("y")
            turn.interrupt()
            assert turn.run(timeout_s=30).status == "interrupted"
        asked = [seen["params"] for seen in server.received if seen.get("method") == "turn/interrupt"]
    assert [params["turnId"] for params in asked] == ["turn-2", "turn-2", "other-id"]
    assert {params["threadId"] for params in asked} == {"thread-1"}
