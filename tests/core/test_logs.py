"""Log records: what they are about, as attributes; nothing of what was said, and no secrets."""

from __future__ import annotations

import ast
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import codex_app_server
import pytest
from codex_app_server import Codex, ProcessExitedError, ToolStarted
from codex_app_server._engine.diagnostics import without_secrets
from codex_app_server.testing import FakeServer, steps

if TYPE_CHECKING:
    from codex_app_server import Message
    from codex_app_server.testing import FakeServerFactory

CANARY = "canary-7f3a"
KEY = "sk-abcdef0123456789"
PLACE = {"threadId": "thread-1", "turnId": "turn-1"}
LEVELS = {"debug", "info", "warning", "error", "exception"}
IDS = ("thread_id", "turn_id", "item_id", "request_id")


def ids(record: logging.LogRecord) -> tuple[object, ...]:
    return tuple(record.__dict__[name] for name in IDS)


def ours(caplog: pytest.LogCaptureFixture, name: str = "codex_app_server") -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == name]


def test_records_say_what_they_are_about_and_nothing_of_what_was_said(
    fake_codex: FakeServerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    def fetch(key: str) -> str:
        """Fetch."""
        raise OSError(len(key))

    def decide(request: object) -> bool:
        raise LookupError(type(request).__name__)

    def hook(message: Message) -> None:
        if message.method == "turn/started":
            raise ValueError(message.kind)

    asked = {**PLACE, "itemId": "item-1", "command": CANARY, "cwd": "/", "reason": CANARY, "startedAtMs": 0}
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.ask(
            "item/tool/call",
            {**PLACE, "callId": "call-1", "tool": "fetch", "arguments": {"key": CANARY}},
            id=5,
        ),
        steps.expect_answer(5),
        steps.ask("item/commandExecution/requestApproval", asked, id=6),
        steps.expect_answer(6),
        steps.send_raw(f"{CANARY}\n".encode(), b'{"id": 999, "result": "' + CANARY.encode() + b'"}\n'),
        steps.ask("item/tool/requestUserInput", {**PLACE, "itemId": "item-2", "questions": []}, id=7),
        steps.expect_answer(7),
        steps.notify("item/plan/delta", {**PLACE, "itemId": "item-3", "delta": CANARY}),
        *steps.turn_message(CANARY),
        *steps.turn_end(),
        steps.notify("item/started", {**PLACE, "item": {"id": CANARY, "type": "plan"}}),
        steps.hang(),
    ]
    caplog.set_level(logging.DEBUG)
    server = fake_codex(scenario)
    with Codex(server.config, approval_handler=decide, message_hook=hook) as codex:
        thread = codex.thread_start(tools=[fetch], developer_instructions=CANARY)
        assert thread.run(f"Say {CANARY}.").text == CANARY
    records = [record for record in caplog.records if record.name.startswith("codex_app_server")]
    assert {name for record in records for name in IDS if name not in record.__dict__} == set()
    shown = [logging.Formatter("%(thread_id)s %(message)s").format(record) for record in records]
    assert [text for text in shown if CANARY in text] == []
    for record in records:
        about_an_item = record.__dict__["item_id"]
        said = [*record.__dict__.values()] if about_an_item != CANARY else []
        assert [value for value in said if CANARY in str(value)] == []
    by_start = {record.getMessage().split(" (")[0][:30]: ids(record) for record in ours(caplog)}
    assert by_start["the tool 'fetch' failed"] == ("thread-1", "turn-1", "call-1", "turn-1:5")
    assert by_start["a handler failed: ApprovalRequ"] == ("thread-1", "turn-1", "item-1", "turn-1:6")
    assert by_start["declined a question of the age"] == ("thread-1", "turn-1", "item-2", "turn-1:7")
    assert by_start["the message hook failed"] == (None, None, None, None)
    assert by_start["an answer nobody waits for: id"] == (None, None, None, 999)
    assert by_start["skipped 1 lines from the app-s"] == (None, None, None, None)
    wire = [
        (cast("tuple[object, ...]", record.args)[2], ids(record))
        for record in ours(caplog, "codex_app_server.wire")
    ]
    assert ("item/plan/delta", ("thread-1", "turn-1", "item-3", None)) in wire
    assert ("item/commandExecution/requestApproval", ("thread-1", "turn-1", "item-1", 6)) in wire


def calls_in(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]


def logs(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and getattr(function.value, "id", "") == "_log"
        and function.attr in LEVELS
    )


def test_every_record_gives_its_attributes() -> None:
    assert [
        f"{path.name}:{call.lineno}"
        for path in Path(codex_app_server.__file__).parent.rglob("*.py")
        if "_generated" not in path.parts
        for call in calls_in(path)
        if logs(call.func) and "extra" not in [keyword.arg for keyword in call.keywords]
    ] == []


def test_turns_are_logged_with_what_they_took_and_used(
    fake_codex: FakeServerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "codex_app_server.turns")
    *_, idle, completed = steps.turn_end()
    completed["params"]["turn"]["durationMs"] = 1234
    told: Any = {
        "total": None,
        "last": {"inputTokens": 8, "cachedInputTokens": 2, "outputTokens": 4, "totalTokens": 12},
    }
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        *steps.turn_message("Hi"),
        steps.notify("thread/tokenUsage/updated", {**PLACE, "tokenUsage": told}),
        idle,
        completed,
        *steps.turn_begin("turn-2"),
        steps.die(9),
    ]
    with Codex(fake_codex(scenario).config) as codex:
        thread = codex.thread_start()
        thread.run("x")
        with pytest.raises(ProcessExitedError):
            thread.run("y")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", "thread thread-1 opened by thread/start, model fake-model"),
        ("DEBUG", "turn turn-1 of thread thread-1 started"),
        (
            "DEBUG",
            "turn turn-1 of thread thread-1 ended: completed after 1.2 s; 8 tokens in (2 cached), 4 out",
        ),
        ("DEBUG", "turn turn-2 of thread thread-1 started"),
        ("DEBUG", "turn turn-2 of thread thread-1 ended: ProcessExitedError"),
    ]
    ended, lost = caplog.records[2].__dict__, caplog.records[4].__dict__
    facts = ("status", "duration_ms", "input_tokens", "output_tokens")
    assert [ended[name] for name in (*IDS, *facts)] == [
        *("thread-1", "turn-1", None, None),
        *("completed", 1234, 8, 4),
    ]
    assert (lost["turn_id"], lost["status"]) == ("turn-2", "ProcessExitedError")


def test_what_looks_like_a_secret_is_redacted_in_the_words_of_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.notify(
            "item/started", {**PLACE, "item": {"type": "commandExecution", "id": "c", "command": "x"}}
        ),
        steps.expect("turn/interrupt"),
        steps.reply({}),
        *steps.turn_end("interrupted"),
        steps.expect("thread/backgroundTerminals/clean"),
        steps.reply_error(-32600, f"Incorrect API key provided: {KEY}; token={CANARY}"),
        steps.hang(),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        turn = codex.thread_start().turn("x")
        for event in turn.events(detach=True):
            if isinstance(event, ToolStarted):
                break
        turn.interrupt()
    (record,) = ours(caplog)
    assert record.getMessage() == (
        "could not end turn turn-1 completely: thread/backgroundTerminals/clean: Incorrect API key provided: "
        "[redacted]; [redacted] (code -32600)"
    )
    assert ids(record) == ("thread-1", "turn-1", None, None)
    assert KEY not in str(record.__dict__)
    assert without_secrets(ValueError(f"Authorization: Bearer {KEY}")) == "[redacted]"
