"""F28-F33: what the server asks and refuses is answered once, and nothing but a yes allows anything."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import (
    AcceptWithRule,
    ApprovalRequest,
    ApprovalRequested,
    AsyncCodex,
    Codex,
    InvalidParamsError,
    MethodNotFoundError,
    RetryLimitExceededError,
    ServerBusyError,
    Thread,
    ThreadBusyError,
    ThreadNotFoundError,
    ToolCallRequested,
    accept_all,
    defer_approvals,
)
from codex_app_server.testing import (
    FakeServer,
    call,
    steps,
)

if TYPE_CHECKING:
    from codex_app_server import (
        ApprovalAnswer,
        ApprovalRequest,
        JsonRpcError,
        Turn,
    )
    from codex_app_server.testing import FakeServerFactory, ModelRequest, ScriptedCodex, ScriptedCodexFactory
    from codex_app_server.testing.steps import Step


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("item/commandExecution/requestApproval", {"decision": "decline"}),
        ("item/fileChange/requestApproval", {"decision": "decline"}),
        ("item/permissions/requestApproval", {"permissions": {}, "scope": "turn"}),
        ("mcpServer/elicitation/request", {"action": "decline", "content": None}),
        ("execCommandApproval", {"decision": "denied"}),
        ("applyPatchApproval", {"decision": "denied"}),
        ("brand/new/question", None),
        ("item/tool/requestUserInput", {"answers": {}}),
    ],
)
def test_f28_every_question_gets_an_answer_that_allows_nothing(
    method: str, answer: dict[str, Any] | None
) -> None:
    scenario = [
        *steps.handshake(),
        steps.ask(method, {"threadId": "thread-1", "turnId": "turn-1", "itemId": "i"}, id="q"),
        steps.expect_answer("q"),
        *steps.thread_start(),
    ]
    with FakeServer(scenario) as server:
        with Codex(server.config) as codex:
            codex.thread_start()
        (message,) = [message for message in server.received if message.get("id") == "q"]
    if answer is None:
        assert message["error"]["code"] == -32601
    else:
        assert message["result"] == answer


# --- F29: handlers that fail ---


ASKING: Any = {"approval_policy": "untrusted", "sandbox": "workspace-write"}


def touch(*names: str) -> list[Any]:
    """Return a script that touches a file with each command."""
    return [*([call("exec_command", cmd=f"touch {name}")] for name in names), "done"]


def told(setup: ScriptedCodex) -> list[str]:
    """Return what the model got to see of its calls, in order."""
    return [str(output) for output in setup.model.requests[-1].tool_outputs.values()]


def files(setup: ScriptedCodex) -> list[str]:
    return sorted(path.name for path in setup.workspace.iterdir())


class Hostile:
    """Behaves badly when it is looked at."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("do not touch me")

    def __hash__(self) -> int:
        raise RuntimeError("do not touch me")

    def __repr__(self) -> str:
        raise RuntimeError("do not look at me")


def fails(request: ApprovalRequest) -> ApprovalAnswer:
    raise RuntimeError("the handler is broken")


def is_cancelled(request: ApprovalRequest) -> ApprovalAnswer:
    raise asyncio.CancelledError


def leaves(request: ApprovalRequest) -> ApprovalAnswer:
    raise SystemExit(1)


async def fails_later(request: ApprovalRequest) -> ApprovalAnswer:
    raise RuntimeError("the handler is broken")


async def is_cancelled_later(request: ApprovalRequest) -> ApprovalAnswer:
    raise asyncio.CancelledError


async def says_nothing(request: ApprovalRequest) -> Any:
    return None


async def answers_nonsense(request: ApprovalRequest) -> Any:
    return {"decision": "accept"}


def takes_nothing() -> Any:
    return "accept"


def plain_but_awaited(request: ApprovalRequest) -> Any:
    return answers_nonsense(request)


BROKEN: list[Any] = [
    lambda _: None,
    lambda _: "yes",
    lambda _: 1,
    lambda _: {"decision": "accept"},
    lambda _: AcceptWithRule(()),
    lambda _: Hostile(),
    plain_but_awaited,
    takes_nothing,
    fails,
    is_cancelled,
    leaves,
    fails_later,
    is_cancelled_later,
    says_nothing,
    answers_nonsense,
]


def test_f29_a_handler_that_fails_or_answers_nonsense_allows_nothing(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    setup = scripted_codex(touch("x"))
    with Codex(setup.config, approval_handler=accept_all) as codex:
        for handler in BROKEN:
            with caplog.at_level(logging.ERROR, "codex_app_server"):
                assert codex.thread_start(**ASKING).run("Go.", approval_handler=handler).status == "completed"
            assert "rejected by user" in told(setup)[0]
    assert files(setup) == []
    # All but those that were cancelled.
    assert len(caplog.records) == len(BROKEN) - 2


@pytest.mark.anyio
async def test_s02_a_handler_that_takes_longer_than_it_may_declines(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """How long it may take is up to the handler: people are slow, and a limit of ours would decide for them."""

    async def slow(request: ApprovalRequest) -> ApprovalAnswer:
        with anyio.fail_after(0.01):
            await anyio.Event().wait()
        return "accept"

    setup = scripted_codex(touch("x"))
    async with AsyncCodex(setup.config, approval_handler=slow) as codex:
        with caplog.at_level(logging.ERROR, "codex_app_server"):
            assert (await (await codex.thread_start(**ASKING)).run("Go.")).status == "completed"
    assert "rejected by user" in told(setup)[0]
    assert files(setup) == []
    assert len(caplog.records) == 1


@pytest.mark.anyio
async def test_f29_in_the_loop_too_a_handler_that_fails_allows_nothing(
    scripted_codex: ScriptedCodexFactory, anyio_backend_name: str
) -> None:
    setup = scripted_codex(touch("x"))
    broken = [handler for handler in BROKEN if handler is not leaves]
    if anyio_backend_name == "trio":
        # Trio does not take an exception of asyncio for a cancellation, and may end all tasks with it.
        broken.remove(is_cancelled_later)
    async with AsyncCodex(setup.config, approval_handler=accept_all) as codex:
        for handler in broken:
            thread = await codex.thread_start(**ASKING)
            assert (await thread.run("Go.", approval_handler=handler)).status == "completed"
            assert "rejected by user" in told(setup)[0]
    assert files(setup) == []


@pytest.mark.anyio
async def test_f29_interrupting_the_turn_cancels_a_handler_that_never_returns(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(touch("x"))
    is_asked, is_over = anyio.Event(), anyio.Event()
    requests: list[ApprovalRequest] = []

    async def waits(request: ApprovalRequest) -> ApprovalAnswer:
        requests.append(request)
        is_asked.set()
        try:
            await anyio.sleep_forever()
        finally:
            is_over.set()
        return True

    async with AsyncCodex(setup.config, approval_handler=waits) as codex:
        turn = await (await codex.thread_start(**ASKING)).turn("Go.")
        with anyio.fail_after(30):
            await is_asked.wait()
            await turn.interrupt()
            await is_over.wait()
        (request,) = requests
        assert (request.is_open, request.decision) == (False, None)
        assert request.accept() is False
        assert (turn.pending_requests, codex.pending_requests) == ({}, {})
        assert (await turn.run()).status == "interrupted"
    assert files(setup) == []


def test_f29_an_answer_after_the_end_of_the_turn_is_dropped(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    setup = scripted_codex(touch("x"))
    is_asked, may_answer = threading.Event(), threading.Event()
    results: list[bool] = []

    def blocks(request: ApprovalRequest) -> ApprovalAnswer:
        is_asked.set()
        assert may_answer.wait(30)
        results.append(request.accept())
        return True

    with Codex(setup.config, approval_handler=blocks) as codex, caplog.at_level(logging.WARNING):
        turn = codex.thread_start(**ASKING).turn("Go.")
        assert is_asked.wait(30)
        turn.interrupt()
        may_answer.set()
        assert turn.run().status == "interrupted"
        for thread in threading.enumerate():
            if thread.name == "codex-app-server-handler":
                thread.join(30)
    assert (results, files(setup), caplog.records) == ([False], [], [])


# --- F30: open at the end ---


def _first_request(turn: Turn) -> ApprovalRequest:
    return next(event.request for event in turn.events(detach=True) if isinstance(event, ApprovalRequested))


def _asked_by_a_fake_server(*after: Any) -> list[Any]:
    params = {"threadId": "thread-1", "turnId": "turn-1", "itemId": "i", "command": "ls"}
    return [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.ask("item/commandExecution/requestApproval", params, id="q"),
        *after,
    ]


def test_f30_closing_the_client_declines_what_is_open_first() -> None:
    with FakeServer(_asked_by_a_fake_server(steps.expect_answer("q"))) as server:
        codex = Codex(server.config, approval_handler=defer_approvals)
        request = _first_request(codex.thread_start().turn("Go."))
        codex.close()
        answers = [message for message in server.received if message.get("id") == "q"]
    assert [answer["result"] for answer in answers] == [{"decision": "decline"}]
    assert (request.is_open, request.decision) == (False, "decline")


@pytest.mark.anyio
async def test_f30_closing_the_client_cancels_the_handler_that_still_waits() -> None:
    is_asked, is_over = anyio.Event(), anyio.Event()

    async def waits(request: ApprovalRequest) -> ApprovalAnswer:
        is_asked.set()
        try:
            await anyio.sleep_forever()
        finally:
            is_over.set()
        return True

    with FakeServer(_asked_by_a_fake_server(steps.expect_answer("q"))) as server:
        codex = AsyncCodex(server.config, approval_handler=waits)
        await (await codex.thread_start()).turn("Go.")
        with anyio.fail_after(30):
            await is_asked.wait()
            await codex.close()
            await is_over.wait()
        answers = [message for message in server.received if message.get("id") == "q"]
    assert [answer["result"] for answer in answers] == [{"decision": "decline"}]


def test_f30_closing_the_client_answers_a_held_call_first() -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.ask(
            "item/tool/call",
            {"threadId": "thread-1", "turnId": "turn-1", "callId": "c", "tool": "t", "arguments": {}},
            id=7,
        ),
        steps.expect_answer(7),
    ]
    with FakeServer(scenario) as server:
        codex = Codex(server.config)
        turn = codex.thread_start().turn("x")
        assert any(isinstance(event, ToolCallRequested) for event in turn.events(detach=True))
        codex.close()
        answers = [message for message in server.received if message.get("id") == 7]
    assert [answer["result"]["success"] for answer in answers] == [False]


# --- F32: overload ---


BUSY = steps.reply_error(-32001, "Server overloaded; retry later.")


@pytest.fixture
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex_app_server._engine.connection._FIRST_DELAY_S", 0.001)


def busy(method: str, count: int) -> list[Step]:
    return [step for _ in range(count) for step in (steps.expect(method), BUSY)]


@pytest.mark.usefixtures("short_delays")
def test_f32_a_request_that_was_not_accepted_is_sent_again(fake_codex: FakeServerFactory) -> None:
    server = fake_codex(
        [
            *steps.handshake(),
            *busy("account/read", 3),
            steps.expect("account/read"),
            steps.reply({"requiresOpenaiAuth": True}),
            *busy("thread/start", 3),
            *steps.thread_start(),
            *busy("turn/start", 3),
            *steps.turn(),
            steps.hang(),
        ]
    )
    with Codex(server.config) as codex:
        assert codex.request_raw("account/read") == {"requiresOpenaiAuth": True}
        assert codex.thread_start().run("x").text == "Hello"
    tries = [seen["id"] for seen in server.received if seen.get("method") == "turn/start"]
    assert tries == tries[:1] * 4


@pytest.mark.usefixtures("short_delays")
def test_f32_a_server_that_stays_busy_is_an_error(fake_codex: FakeServerFactory) -> None:
    server = fake_codex(
        [
            *steps.handshake(),
            *busy("account/read", 3),
            *steps.thread_start(),
            *busy("turn/start", 3),
            *steps.turn(),
            steps.hang(),
        ]
    )
    with Codex(replace(server.config, max_overload_retries=2)) as codex:
        with pytest.raises(RetryLimitExceededError, match=r"overloaded.*\(sent 3 times\)") as caught:
            codex.request_raw("account/read")
        assert isinstance(caught.value, ServerBusyError)
        assert (caught.value.code, caught.value.method) == (-32001, "account/read")
        thread = codex.thread_start()
        with pytest.raises(RetryLimitExceededError):
            thread.run("x")
        assert thread.run("y").text == "Hello"


@pytest.mark.anyio
async def test_f32_a_request_is_not_sent_again_where_that_is_not_wanted(
    fake_codex: FakeServerFactory,
) -> None:
    server = fake_codex([*steps.handshake(), *busy("account/read", 1), steps.hang()])
    async with AsyncCodex(replace(server.config, max_overload_retries=0)) as codex:
        with pytest.raises(RetryLimitExceededError, match="sent 1 times"):
            await codex.request_raw("account/read")


# --- F33: threads that cannot be used ---


def echo(request: ModelRequest) -> str:
    return f"answer to {request.last_user_text}"


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("nope/nope", None, MethodNotFoundError),
        ("thread/read", {}, InvalidParamsError),
        ("thread/read", {"threadId": "00000000-0000-7000-8000-000000000000"}, ThreadNotFoundError),
        ("thread/resume", {"threadId": "00000000-0000-7000-8000-000000000000"}, ThreadNotFoundError),
        (
            "turn/start",
            {"threadId": "00000000-0000-7000-8000-000000000000", "input": []},
            ThreadNotFoundError,
        ),
    ],
)
def test_f33_refusals_have_a_class_each(
    scripted_codex: ScriptedCodexFactory,
    method: str,
    params: dict[str, Any] | None,
    error: type[JsonRpcError],
) -> None:
    with Codex(scripted_codex("fine").config) as codex:
        with pytest.raises(error) as caught:
            codex.request_raw(method, params)
        assert caught.value.method == method
        assert len(str(caught.value)) < 500
        assert codex.request_raw("account/read")["requiresOpenaiAuth"] is False


def test_f33_a_thread_that_is_only_not_on_disk_yet_says_so_and_is_never_made_anew(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex("fine")
    with Codex(setup.config) as codex, Codex(setup.config) as other:
        unused = codex.thread_start()
        for open_it in (other.thread_resume, other.thread_fork, codex.thread_fork):
            with pytest.raises(ThreadNotFoundError, match="kept on disk from its first turn on") as caught:
                open_it(unused.id)
            assert caught.value.message == f"no rollout found for thread id {unused.id}"
        assert other.request_raw("thread/loaded/list", {})["data"] == []
        assert unused.run("x").text == "fine"


def test_f33_a_thread_of_another_process_is_busy(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(echo)
    with Codex(setup.config) as first, Codex(setup.config) as second:
        thread = first.thread_start()
        thread.run("one")
        with pytest.raises(ThreadBusyError, match="active writer"):
            second.thread_resume(thread.id)
        with pytest.raises(ThreadBusyError):
            second.thread_archive(thread.id)
        with pytest.raises(ThreadBusyError):
            second.thread_delete(thread.id)
        fork = second.thread_fork(thread.id)
        assert isinstance(fork, Thread)
        assert fork.run("two").text == "answer to two"
        assert thread.run("three").text == "answer to three"
        first.close()
        assert second.thread_resume(thread.id).run("four").text == "answer to four"
