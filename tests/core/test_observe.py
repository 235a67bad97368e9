"""What a program can see of the connection: the message hook, the log, trace context, streams of all notifications."""

from __future__ import annotations

import gc
import logging
import sys
import threading
import types
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import (
    AsyncCodex,
    ClientClosedError,
    Codex,
    LocalProtocolError,
    Message,
    MessageStream,
    Notification,
    ProcessExitedError,
    ToolCallRequested,
)
from codex_app_server.protocol import ThreadStartedNotification, TurnCompletedNotification
from codex_app_server.testing import call, steps

if TYPE_CHECKING:
    from codex_app_server.testing import FakeServerFactory, ScriptedCodexFactory
    from codex_app_server.testing.steps import Step

CANARY = "canary-7f3a"


# --- the message hook ---


def test_the_hook_sees_every_message_of_both_sides(scripted_codex: ScriptedCodexFactory) -> None:
    seen: list[Message] = []

    def add(left: int, right: int) -> int:
        """Add."""
        return left + right

    setup = scripted_codex([call("add", left=2, right=3), "done"])
    with Codex(setup.config, message_hook=seen.append) as codex:
        thread = codex.thread_start(tools=[add])
        turn_id = thread.run("x").turn_id
    sent = [message for message in seen if message.is_sent]
    got = [message for message in seen if not message.is_sent]
    assert [(message.kind, message.method) for message in sent] == [
        ("request", "initialize"),
        ("notification", "initialized"),
        ("request", "thread/start"),
        ("request", "turn/start"),
        ("response", None),
    ]
    (asked,) = [message for message in got if message.kind == "request"]
    assert (asked.method, asked.thread_id, asked.turn_id) == ("item/tool/call", thread.id, turn_id)
    answer = sent[-1]
    assert (answer.id, answer.thread_id, answer.turn_id) == (asked.id, None, None)
    assert "result" in answer.body
    responses = [message for message in got if message.kind == "response"]
    assert [message.id for message in responses] == [
        message.id for message in sent if message.kind == "request"
    ]
    assert [(message.thread_id, message.turn_id) for message in responses[1:]] == [
        (thread.id, None),
        (None, turn_id),
    ]
    started, ended = (
        [message for message in got if message.method == method]
        for method in ("turn/started", "turn/completed")
    )
    assert [(message.kind, message.thread_id, message.turn_id) for message in [*started, *ended]] == [
        ("notification", thread.id, turn_id)
    ] * 2
    assert CANARY not in repr(Message(is_sent=True, body={"method": "x", "params": {"text": CANARY}}))


@pytest.mark.anyio
async def test_a_hook_that_fails_breaks_nothing(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(message: Message) -> None:
        raise ValueError(message.kind)

    async with AsyncCodex(scripted_codex("fine").config, message_hook=fail) as codex:
        assert (await (await codex.thread_start()).run("x")).text == "fine"
    failed = [record for record in caplog.records if record.message == "the message hook failed"]
    assert len(failed) > 10
    assert all(record.exc_info for record in failed)


def test_the_hook_goes_on_after_a_restart(scripted_codex: ScriptedCodexFactory) -> None:
    seen: list[Message] = []
    with Codex(scripted_codex("fine").config, message_hook=seen.append) as codex:
        codex.restart()
    assert [message.method for message in seen if message.is_sent] == ["initialize", "initialized"] * 2


def test_messages_that_say_nothing_of_themselves_are_shown_too() -> None:
    for body in (
        {},
        {"params": None},
        {"params": []},
        {"result": "x"},
        {"params": {"turn": None, "threadId": 5}},
    ):
        message = Message(is_sent=False, body=body)
        assert (message.kind, message.method, message.id) == ("response", None, None)
        assert (message.thread_id, message.turn_id) == (None, None)


# --- the log ---


def test_the_log_tells_what_passed_and_nothing_of_what_it_said(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    def fetch(key: str) -> str:
        """Fetch."""
        return f"{key} {CANARY}"

    caplog.set_level(logging.DEBUG)
    setup = scripted_codex([[f"I see {CANARY}", call("fetch", key=CANARY)], f"done {CANARY}"])
    with Codex(replace(setup.config, env={**setup.config.env, "SECRET": CANARY})) as codex:
        thread = codex.thread_start(tools=[fetch], developer_instructions=CANARY)
        turn = thread.turn(f"Say {CANARY}.")
        assert turn.run().text == f"done {CANARY}"
        thread.set_name(CANARY)
    for record in caplog.records:
        shown = [record.getMessage(), *map(str, record.__dict__.values())]
        assert not [text for text in shown if CANARY in text]
    wire = [record for record in caplog.records if record.name == "codex_app_server.wire"]
    assert {record.levelno for record in wire} == {logging.DEBUG}
    lines = [record.message for record in wire]
    assert any(line.startswith("sent request turn/start id=") and thread.id in line for line in lines)
    expected = f"received notification turn/completed id=None thread={thread.id} turn={turn.id}"
    (ended,) = [record for record in wire if record.message == expected]
    assert ended.__dict__["thread_id"] == thread.id
    assert ended.__dict__["turn_id"] == turn.id


def test_nothing_is_logged_of_a_healthy_program(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Codex(scripted_codex("fine").config) as codex:
        codex.thread_start().run("x")
        codex.restart()
    assert [record for record in caplog.records if record.name.startswith("codex_app_server")] == []


# --- trace context ---

TRACE = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "tracestate": "vendor=abc"}


def one_turn() -> list[Step]:
    return [*steps.handshake(), *steps.thread_start(), *steps.turn(), steps.hang()]


def traces(received: list[Any]) -> dict[str, object]:
    """Return the `trace` of each request but the handshake."""
    requests = [message for message in received if "id" in message and message["method"] != "initialize"]
    return {message["method"]: message.get("trace") for message in requests}


def test_the_trace_context_of_the_caller_goes_with_its_requests(fake_codex: FakeServerFactory) -> None:
    server = fake_codex(one_turn())
    with Codex(server.config, trace_context=lambda: TRACE) as codex:
        thread = codex.thread_start()
        thread.run("x")
    assert traces(server.received) == {"thread/start": TRACE, "turn/start": TRACE}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, None),
        ({}, None),
        ({"tracestate": "a=b"}, None),
        ({"traceparent": 5}, None),
        ({"traceparent": "00-1", "tracestate": None, "baggage": "x"}, {"traceparent": "00-1"}),
        ("00-1", None),
    ],
)
def test_what_the_server_could_not_parse_is_left_out(
    fake_codex: FakeServerFactory, given: Any, sent: object
) -> None:
    server = fake_codex(one_turn())
    with Codex(server.config, trace_context=lambda: given) as codex:
        thread = codex.thread_start()
        thread.run("x")
    assert traces(server.received) == {"thread/start": sent, "turn/start": sent}


def test_a_trace_context_that_fails_breaks_nothing(
    fake_codex: FakeServerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> dict[str, str]:
        raise ValueError("no span")

    server = fake_codex(one_turn())
    with Codex(server.config, trace_context=fail) as codex:
        thread = codex.thread_start()
        assert thread.run("x").text == "Hello"
    assert traces(server.received) == {"thread/start": None, "turn/start": None}
    assert {record.message for record in caplog.records} == {"the trace context could not be read"}


def test_the_context_of_opentelemetry_is_used_where_it_is_loaded(
    fake_codex: FakeServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    propagate = types.ModuleType("opentelemetry.propagate")

    def inject(carrier: dict[str, str]) -> None:
        carrier.update(TRACE)

    propagate.__dict__["inject"] = inject
    monkeypatch.setitem(sys.modules, "opentelemetry.propagate", propagate)
    server = fake_codex(one_turn())
    with Codex(server.config) as codex:
        thread = codex.thread_start()
        thread.run("x")
    assert traces(server.received) == {"thread/start": TRACE, "turn/start": TRACE}


def test_the_true_server_takes_the_trace_context(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("fine").config, trace_context=lambda: TRACE) as codex:
        assert codex.thread_start().run("x").text == "fine"


def test_without_opentelemetry_nothing_is_sent(
    fake_codex: FakeServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.propagate", raising=False)
    server = fake_codex(one_turn())
    with Codex(server.config) as codex:
        thread = codex.thread_start()
        thread.run("x")
    assert traces(server.received) == {"thread/start": None, "turn/start": None}


# --- all notifications of the connection ---


def test_streams_of_notifications_each_get_what_they_name(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("fine").config) as codex:
        everything = codex.notifications()
        some = codex.notifications("thread/started", "turn/completed")
        threads = [codex.thread_start() for _ in range(2)]
        for thread in threads:
            thread.run("x")
        ends = [next(some) for _ in range(4)]
        assert [type(notification.payload) for notification in ends] == [
            ThreadStartedNotification,
            ThreadStartedNotification,
            TurnCompletedNotification,
            TurnCompletedNotification,
        ]
        assert [notification.params["threadId"] for notification in ends[2:]] == [
            thread.id for thread in threads
        ]
        seen: list[Notification] = []
        while [notification.method for notification in seen].count("turn/completed") < 2:
            seen.append(next(everything))
        assert [notification for notification in seen if notification in ends] == ends
        late = codex.notifications("thread/started")
        third = codex.thread_start()
        assert next(late).params["thread"]["id"] == third.id
        some.close()
        assert list(some) == []
    with pytest.raises(ClientClosedError):
        next(late)
    with pytest.raises(ClientClosedError):
        list(everything)
    assert list(some) == []


@pytest.mark.anyio
async def test_notifications_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    seen: list[str] = []
    async with AsyncCodex(scripted_codex("fine").config) as codex:
        stream = await codex.notifications("thread/started", "thread/name/updated")

        async def listen() -> None:
            async for notification in stream:
                seen.append(notification.method)
                heard.set()

        async def listen_to_the_end() -> None:
            with pytest.raises(ClientClosedError):
                await listen()

        heard = anyio.Event()
        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                group.start_soon(listen_to_the_end)
                thread = await codex.thread_start()
                await heard.wait()
                await thread.run("x")
                await thread.set_name("A name")
                async with await codex.notifications("thread/archived") as archived:
                    await codex.thread_archive(thread.id)
                    assert (await archived.__anext__()).params == {"threadId": thread.id}
                assert [notification async for notification in archived] == []
                await codex.close()
    assert seen == ["thread/started", "thread/name/updated"]


def test_a_reader_of_notifications_is_woken_by_its_end(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("fine").config) as codex:
        with codex.notifications("thread/started") as stream:
            seen: list[Notification] = []
            reading = threading.Thread(target=lambda: seen.extend(stream))
            reading.start()
        reading.join()
        assert seen == []
        stream = codex.notifications("thread/started")
        ended: list[BaseException] = []

        def read() -> None:
            with pytest.raises(ClientClosedError) as caught:
                next(stream)
            ended.append(caught.value)

        reading = threading.Thread(target=read)
        reading.start()
        codex.close()
        reading.join()
        assert len(ended) == 1


@pytest.mark.anyio
async def test_a_task_that_awaits_notifications_is_woken_by_its_end(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    async with AsyncCodex(scripted_codex("fine").config) as codex:
        stream = await codex.notifications("thread/started")

        async def read() -> None:
            assert [notification async for notification in stream] == []

        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                group.start_soon(read)
                await anyio.wait_all_tasks_blocked()
                await stream.aclose()


def test_a_stream_ends_with_the_server_after_what_had_come(fake_codex: FakeServerFactory) -> None:
    server = fake_codex(
        [
            *steps.handshake(),
            steps.expect("account/read"),
            steps.notify("account/updated", {"authMode": "apikey"}),
            steps.notify("brand/new", {"x": 1}),
            steps.die(),
        ]
    )
    with Codex(server.config) as codex:
        stream = codex.notifications()
        with pytest.raises(ProcessExitedError):
            codex.request_raw("account/read")
        assert [next(stream), next(stream)] == [
            Notification("account/updated", {"authMode": "apikey"}),
            Notification("brand/new", {"x": 1}),
        ]
        for _ in range(2):
            with pytest.raises(ProcessExitedError):
                next(stream)
        # It came too late to be told, and must not wait for ever.
        with pytest.raises(ProcessExitedError):
            next(codex.notifications())


def test_a_stream_that_nobody_reads_leaves_nothing(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("fine").config) as codex:
        streams = [codex.notifications() for _ in range(5)]
        assert isinstance(streams[0], MessageStream)
        codex.thread_start().run("x")
        assert len(codex._engine._listeners) == 5
        streams.clear()
        gc.collect()
        assert codex._engine._listeners == ()
        assert codex.thread_start().run("x").text == "fine"


def test_streams_come_and_go_on_many_os_threads(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("fine").config) as codex:
        keeping = codex.notifications("thread/started")
        start = threading.Barrier(8)

        def come_and_go() -> None:
            start.wait()
            for _ in range(200):
                codex.notifications().close()

        workers = [threading.Thread(target=come_and_go) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(codex._engine._listeners) == 1
        thread = codex.thread_start()
        assert next(keeping).params["thread"]["id"] == thread.id


def test_a_stream_that_is_not_read_ends_before_it_fills_the_memory(
    fake_codex: FakeServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codex_app_server._engine.listeners._MAX_UNREAD", 10)
    flood = steps.repeat(50, [steps.notify("some/thing", {"index": "{i}"})])
    server = fake_codex(
        [
            *steps.handshake(),
            steps.expect("account/read"),
            flood,
            steps.reply({"requiresOpenaiAuth": True}),
            steps.hang(),
        ]
    )
    with Codex(server.config) as codex:
        unread, other = codex.notifications("some/thing"), codex.notifications("other")
        codex.request_raw("account/read")
        kept = [next(unread).params["index"] for _ in range(11)]
        assert kept == list(range(11))
        with pytest.raises(LocalProtocolError, match="more than 10 unread"):
            next(unread)
        other.close()


@pytest.mark.anyio
async def test_a_cancelled_wait_loses_no_notification(scripted_codex: ScriptedCodexFactory) -> None:
    async with AsyncCodex(scripted_codex("fine").config) as codex:
        stream = await codex.notifications("thread/started")
        with anyio.move_on_after(0.01):
            await stream.__anext__()
        thread = await codex.thread_start()
        with anyio.fail_after(30):
            assert (await stream.__anext__()).params["thread"]["id"] == thread.id


def test_held_tool_calls_are_no_notifications(scripted_codex: ScriptedCodexFactory) -> None:
    spec = {"type": "function", "name": "look", "description": "Look.", "inputSchema": {"type": "object"}}
    with Codex(scripted_codex([call("look"), "done"]).config) as codex:
        stream = codex.notifications()
        turn = codex.thread_start(dynamic_tools=[spec]).turn("x")
        for event in turn.events():
            if isinstance(event, ToolCallRequested):
                event.call.respond("seen")
        methods = [""]
        while methods[-1] != "turn/completed":
            methods.append(next(stream).method)
        assert "item/tool/call" not in methods
        assert "item/started" in methods
