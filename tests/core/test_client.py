"""Both faces on the true app-server: threads, turns, events, results."""

from __future__ import annotations

import gc
import pickle
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import (
    AsyncCodex,
    Codex,
    JsonRpcError,
    LocalProtocolError,
    MessageFinished,
    Notification,
    OtherEvent,
    ReasoningDelta,
    ReasoningFinished,
    TextDelta,
    TextInput,
    TurnFailedError,
    TurnFinished,
    TurnInterruptedError,
    TurnNotActiveError,
    Usage,
    UsageUpdated,
    WarningRaised,
)
from codex_app_server.protocol import AgentMessageThreadItem, TurnCompletedNotification
from codex_app_server.testing import Gate, Reply, Script, fail, hold, reasoning, text, usage

if TYPE_CHECKING:
    from codex_app_server import (
        Event,
    )
    from codex_app_server.testing import ScriptedCodexFactory

PIECES = ["Hel", "lo, ", "w\u00f6rld", "\u2028\U0001f600"]
GREETING = text("".join(PIECES), deltas=PIECES)


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, TextDelta)]


def test_a_blocking_turn_gives_its_result(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(Reply(GREETING, usage(input=100, cached=40, output=7, reasoning=2)))
    with Codex(setup.config) as codex:
        thread = codex.thread_start(model="gpt-5", config={"model_reasoning_effort": "high"})
        result = thread.turn(TextInput("Say hello.")).run()
    assert (result.status, result.text, result.streamed_text, result.error) == (
        "completed",
        "".join(PIECES),
        "".join(PIECES),
        None,
    )
    assert result.usage == Usage(100, 40, 0, 7, 2, 107)
    assert result.thread_id == thread.id
    assert result.raise_for_status() is result
    (message,) = [item for item in result.items if isinstance(item, AgentMessageThreadItem)]
    assert message.text == "".join(PIECES)
    (request,) = setup.model.requests
    assert request.model == "gpt-5"
    assert request.body["reasoning"]["effort"] == "high"
    assert request.last_user_text == "Say hello."


@pytest.mark.anyio
async def test_an_awaited_turn_gives_its_result(scripted_codex: ScriptedCodexFactory) -> None:
    async with AsyncCodex(scripted_codex(GREETING).config) as codex:
        thread = await codex.thread_start()
        result = await (await thread.turn("Say hello.")).run()
        assert result.text == "".join(PIECES)
        assert (await thread.run(["Again, ", TextInput("please.")])).text == "".join(PIECES)


def test_events_come_in_order_and_end_with_the_result(scripted_codex: ScriptedCodexFactory) -> None:
    script = [[reasoning(summary=["think", "ing"]), GREETING]]
    with Codex(scripted_codex(script).config) as codex:
        events = list(codex.thread_start().turn("Say hello.").events())
    assert texts(events) == PIECES
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == "thinking"
    kinds = [type(event) for event in events]
    assert (
        kinds.index(ReasoningFinished)
        < kinds.index(TextDelta)
        < kinds.index(MessageFinished)
        < kinds.index(UsageUpdated)
    )
    last = events[-1]
    assert isinstance(last, TurnFinished)
    assert last.result.text == "".join(PIECES)
    assert [event for event in events if isinstance(event, TurnFinished)] == [last]
    assert {event.thread_id for event in events} == {last.thread_id}
    assert {event.turn_id for event in events} == {last.turn_id}


@pytest.mark.anyio
async def test_awaited_events_are_the_same_as_blocking_ones(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[reasoning(summary="hm"), GREETING]])
    async with AsyncCodex(setup.config) as codex:
        thread = await codex.thread_start(ephemeral=True)
        awaited = [event async for event in (await thread.turn("Say hello.")).events()]
    with Codex(setup.config) as codex:
        blocking = list(codex.thread_start(ephemeral=True).turn("Say hello.").events())

    def essence(events: list[Event]) -> list[Any]:
        # Warnings and notes about the thread depend on what the server has seen before.
        told = [event for event in events if not isinstance(event, (WarningRaised, OtherEvent))]
        return [(event.kind, event.method, getattr(event, "text", None)) for event in told]

    assert essence(awaited) == essence(blocking)


def test_the_raw_stream_gives_every_notification_with_its_type(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex(GREETING).config) as codex:
        notifications = list(codex.thread_start().turn("Say hello.").stream())
    assert all(isinstance(notification, Notification) for notification in notifications)
    assert [n.params["delta"] for n in notifications if n.method == "item/agentMessage/delta"] == PIECES
    payload = notifications[-1].payload
    assert isinstance(payload, TurnCompletedNotification)
    assert payload.turn.status == "completed"


@pytest.mark.anyio
async def test_the_raw_stream_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    async with AsyncCodex(scripted_codex(GREETING).config) as codex:
        async with (await (await codex.thread_start()).turn("Say hello.")).stream() as stream:
            methods = [notification.method async for notification in stream]
    assert methods[-1] == "turn/completed"


def test_several_readers_of_one_turn_each_get_all_of_it(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    with Codex(scripted_codex([["one ", hold(gate), "two"]]).config) as codex:
        turn = codex.thread_start().turn("Go.")
        first = turn.events()
        began = [next(first)]
        gate.wait_reached()
        second = turn.events()
        gate.open()
        one, two = began + list(first), list(second)
        late = list(turn.events())
        assert turn.run().text == "two"
    assert "".join(texts(one)) == "".join(texts(two)) == "".join(texts(late)) == "one two"
    assert one[-1] == two[-1] == late[-1]


def test_the_first_text_comes_before_the_model_has_finished(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    with Codex(scripted_codex([["first", hold(gate), "second"]]).config) as codex:
        seen: list[str] = []
        for event in codex.thread_start().turn("Go.").events():
            if isinstance(event, TextDelta):
                seen.append(event.text)
                gate.open()
    assert seen == ["first", "second"]


def test_a_failed_turn_is_a_result_that_says_why(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex(fail(400, message="the prompt is too odd")).config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("Go.")
        events = list(turn.events())
        result = turn.run()
        assert (result.status, result.text) == ("failed", "")
        assert result.error is not None
        assert "the prompt is too odd" in result.error.message
        assert any(isinstance(event, WarningRaised) and not event.will_retry for event in events)
        with pytest.raises(TurnFailedError, match="the prompt is too odd") as caught:
            result.raise_for_status()
        assert (caught.value.thread_id, caught.value.turn_id, caught.value.result) == (
            thread.id,
            turn.id,
            result,
        )
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
        # The thread can be used again.
        assert thread.run("Once more.").status == "failed"


def test_an_http_error_of_the_provider_tells_its_status(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex(fail(401, message="bad key")).config) as codex:
        error = codex.thread_start().run("Go.").error
    assert error is not None
    assert (error.code, error.http_status) == ("httpConnectionFailed", 401)


def test_turns_of_one_thread_wait_for_each_other(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    script = Script().when("slow", [["slow ", hold(gate), "answer"]]).otherwise("quick answer")
    setup = scripted_codex(script)
    with Codex(setup.config) as codex:
        thread = codex.thread_start()
        slow = thread.turn("slow")
        started: list[str] = []

        def second() -> None:
            started.append(thread.run("quick").text)

        worker = threading.Thread(target=second)
        worker.start()
        gate.wait_reached()
        # A trivial request overtakes the turn that waits, which proves that it waits.
        codex.request_raw("account/read")
        assert (started, len(setup.model.requests)) == ([], 1)
        gate.open()
        assert slow.run().streamed_text == "slow answer"
        worker.join()
    assert started == ["quick answer"]
    first, then = setup.model.requests
    assert (first.last_user_text, then.last_user_text) == ("slow", "quick")


def test_interrupt_ends_the_turn_and_keeps_what_had_arrived(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[text("half an ", deltas=["half an "]), hold(Gate()), "answer"]])
    with Codex(setup.config) as codex:
        turn = codex.thread_start().turn("Go.")
        stream = turn.events()
        assert next(event.text for event in stream if isinstance(event, TextDelta)) == "half an "
        turn.interrupt()
        events = list(stream)
        result = turn.run()
        assert isinstance(events[-1], TurnFinished)
        assert (result.status, result.text) == ("interrupted", "half an ")
        turn.interrupt()  # of a turn that has ended: does nothing
        with pytest.raises(TurnInterruptedError, match="was interrupted"):
            result.raise_for_status()
        with pytest.raises(TurnNotActiveError):
            turn.steer("more")


def test_a_turn_can_be_interrupted_right_after_its_start(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex([[hold(Gate()), "answer"]]).config) as codex:
        thread = codex.thread_start()
        for _ in range(5):
            turn = thread.turn("Go.")
            turn.interrupt()
            assert turn.run().status == "interrupted"


def test_steer_gives_the_running_turn_more_input(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    script = Script().when("instead", "the other thing").otherwise([["one thing ", hold(gate), "and more"]])
    setup = scripted_codex(script)
    with Codex(setup.config) as codex:
        turn = codex.thread_start().turn("Do one thing.")
        gate.wait_reached()
        turn.steer("Do the other thing instead.")
        # Servers before 0.163 let the running answer finish first; newer ones cut it off.
        gate.open()
        result = turn.run()
    assert (result.status, result.text) == ("completed", "the other thing")
    assert result.streamed_text.endswith("the other thing")


def test_a_reader_that_leaves_does_not_disturb_one_that_waits_for_the_result(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    with Codex(scripted_codex([["half", hold(gate), " answer"]]).config) as codex:
        turn = codex.thread_start().turn("Go.")
        other = turn.events()
        for event in turn.events():
            if isinstance(event, TextDelta):
                break
        gc.collect()
        gate.open()
        assert "".join(texts(list(other))) == "half answer"
        assert turn.run().status == "completed"


def test_history_can_be_injected_and_run_without_new_input(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("fine")
    with Codex(setup.config) as codex:
        thread = codex.thread_start(ephemeral=True, environments=[], base_instructions="")
        thread.inject_items(
            [
                {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "What is 6 * 7?"}],
                },
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "42"}]},
                {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "And plus one?"}],
                },
            ]
        )
        assert thread.run([]).text == "fine"
        with pytest.raises(ValueError, match="role 'system'"):
            thread.inject_items([{"type": "message", "role": "system", "content": []}])
        with pytest.raises(ValueError, match="no items"):
            thread.inject_items([])
        with pytest.raises(JsonRpcError, match="missing field `type`"):
            thread.inject_items([{"role": "user"}])
    spoken = [(item["role"], item["content"][0]["text"]) for item in setup.model.requests[0].input[-3:]]
    assert spoken == [("user", "What is 6 * 7?"), ("assistant", "42"), ("user", "And plus one?")]


def test_a_thread_can_be_resumed_and_forked(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("fine")
    with Codex(setup.config) as codex:
        thread_id = codex.thread_start().run("Remember the word heron.").thread_id
    with Codex(setup.config) as codex:
        assert codex.thread_resume(thread_id).run("Which word?").thread_id == thread_id
        fork = codex.thread_fork(thread_id)
        assert fork.id != thread_id
        fork.run("Again?")
    for request in setup.model.requests[1:]:
        assert "Remember the word heron." in str(request.input)


def test_an_ephemeral_thread_that_nobody_has_is_dropped_by_the_server(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    with Codex(scripted_codex("fine", extra_config={"thread_unload_delay_secs": 0}).config) as codex:
        kept, durable = codex.thread_start(ephemeral=True), codex.thread_start()
        codex.thread_start(ephemeral=True).run("x")
        with codex.thread_start(ephemeral=True).turn("x").events() as stream:
            next(stream)
        del stream
        # The server drops a thread soon after nobody listens to it, and does not say when.
        deadline = time.monotonic() + 20
        while set(codex.request_raw("thread/loaded/list", {})["data"]) != {kept.id, durable.id}:
            assert time.monotonic() < deadline
        assert kept.run("y").text == "fine"


def test_bad_input_is_refused_here_and_the_client_stays_usable(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(lambda request: request.last_user_text)
    with Codex(setup.config) as codex:
        thread = codex.thread_start()
        with pytest.raises(TypeError, match="unknown option 'modle'; did you mean 'model'"):
            codex.thread_start(modle="gpt-5")  # pyright: ignore[reportCallIssue]
        with pytest.raises(TypeError, match="unsupported input 'int'"):
            thread.turn(5)  # pyright: ignore[reportArgumentType]
        with pytest.raises(TypeError, match=r"TextInput\.text must be a str"):
            thread.turn(TextInput(None))  # pyright: ignore[reportArgumentType]
        with pytest.raises(ValueError, match="JSON compliant"):
            thread.turn("x", additional_context={"a": {"value": float("nan")}})
        with pytest.raises(JsonRpcError) as caught:
            thread.turn("x" * 1_048_577)
        assert caught.value.code == -32602
        assert thread.run("lone \ud800 surrogate").text == "lone \ufffd surrogate"


def test_metadata_tells_the_server_and_its_home(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("fine")
    with Codex(setup.config) as codex:
        assert codex.metadata.server_name == "codex app-server"
        assert codex.metadata.server_version is not None
        assert codex.metadata.codex_home == str(setup.home)


@pytest.mark.anyio
async def test_metadata_of_a_client_that_was_not_started_says_so() -> None:
    with pytest.raises(LocalProtocolError, match="not started yet"):
        _ = AsyncCodex().metadata


@pytest.mark.anyio
async def test_an_async_client_starts_once_however_many_ask(scripted_codex: ScriptedCodexFactory) -> None:
    codex = AsyncCodex(scripted_codex("fine").config)
    pids: set[int | None] = set()

    async def ask() -> None:
        await codex.request_raw("account/read")
        pids.add(codex._engine.pid)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask)
    await codex.close()
    assert len(pids) == 1


def test_a_client_lives_as_long_as_its_turn_is_used(scripted_codex: ScriptedCodexFactory) -> None:
    turn = Codex(scripted_codex("fine").config).thread_start().turn("x")
    gc.collect()
    assert turn.run().text == "fine"
    with pytest.warns(ResourceWarning):
        del turn
        gc.collect()
