"""Approvals: every decision for every kind, who decides, where, and that nothing but a yes allows anything."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import threading
from typing import TYPE_CHECKING, Any, cast

import anyio
import anyio.lowlevel
import pytest
from codex_app_server import (
    AcceptWithRule,
    ApprovalRequest,
    ApprovalRequested,
    ApprovalResolved,
    AsyncCodex,
    Codex,
    FileChange,
    GrantPermissions,
    LocalProtocolError,
    NetworkRule,
    ProcessExitedError,
    accept_all,
    decline_all,
    defer_approvals,
)
from codex_app_server._engine.callers import Caller
from codex_app_server.testing import FakeServer, call, custom_call, steps

if TYPE_CHECKING:
    from codex_app_server import ApprovalAnswer, Turn
    from codex_app_server.testing import ModelRequest, ScriptedCodex, ScriptedCodexFactory

ASKING: Any = {"approval_policy": "untrusted", "sandbox": "workspace-write"}
PATCH = """*** Begin Patch
*** Add File: new.txt
+hello
*** Update File: up.txt
@@
-old
+NEW
*** Delete File: del.txt
*** End Patch
"""

who = contextvars.ContextVar("who", default="nobody")


def touch(*names: str) -> list[Any]:
    """Return a script that touches a file with each command."""
    return [*([call("exec_command", cmd=f"touch {name}")] for name in names), "done"]


def files(setup: ScriptedCodex) -> list[str]:
    return sorted(path.name for path in setup.workspace.iterdir())


class Recorder:
    """A handler that gives the same answer to all."""

    def __init__(self, answer: ApprovalAnswer) -> None:
        self.answer: ApprovalAnswer = answer
        self.requests: list[ApprovalRequest] = []

    def __call__(self, request: ApprovalRequest) -> ApprovalAnswer:
        self.requests.append(request)
        return self.answer


# --- decisions: commands ---


@pytest.mark.parametrize(
    ("answer", "decision", "status", "left"),
    [
        ("accept", "accept", "completed", ["x"]),
        (True, "accept", "completed", ["x"]),
        ("accept_for_session", "accept_for_session", "completed", ["x"]),
        ("decline", "decline", "completed", []),
        (False, "decline", "completed", []),
        ("cancel", "cancel", "interrupted", []),
    ],
)
def test_a_command_runs_only_when_it_was_accepted(
    answer: Any, decision: str, status: str, left: list[str], scripted_codex: ScriptedCodexFactory
) -> None:
    setup = scripted_codex(touch("x"))
    handler = Recorder(answer)
    with Codex(setup.config, approval_handler=handler) as codex:
        turn = codex.thread_start(**ASKING).turn("Go.")
        events = list(turn.events())
        assert turn.run().status == status
    (request,) = handler.requests
    assert (request.approval_kind, request.decision, request.is_open) == ("command", decision, False)
    assert (request.thread_id, request.turn_id) == (turn.thread_id, turn.id)
    assert (request.command, request.cwd) == ("/bin/bash -lc 'touch x'", str(setup.workspace))
    assert request.proposed_rule == ("touch", "x")
    assert [event.request for event in events if isinstance(event, ApprovalRequested)] == [request]
    assert len([event for event in events if isinstance(event, ApprovalResolved)]) == 1
    assert files(setup) == left


def test_what_was_accepted_for_the_session_is_not_asked_again_in_that_thread(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(touch("x", "x", "y"))
    handler = Recorder("accept_for_session")
    with Codex(setup.config, approval_handler=handler) as codex:
        thread = codex.thread_start(**ASKING)
        thread.run("Go.")
        thread.run("Go.")
        codex.thread_start(**ASKING).run("Go.")
    commands = [(request.command or "")[-2] for request in handler.requests]
    assert commands == ["x", "y", "x", "y"]


def test_a_rule_accepts_all_commands_that_begin_alike(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(touch("x", "y"))
    handler = Recorder(AcceptWithRule(("touch",)))
    with Codex(setup.config, approval_handler=handler) as codex:
        codex.thread_start(**ASKING).run("Go.")
    assert len(handler.requests) == 1
    assert files(setup) == ["x", "y"]


# --- decisions: file changes ---


@pytest.mark.parametrize(
    ("answer", "status", "left"),
    [
        ("accept", "completed", ["new.txt", "up.txt"]),
        ("accept_for_session", "completed", ["new.txt", "up.txt"]),
        (False, "completed", ["del.txt", "up.txt"]),
        ("cancel", "interrupted", ["del.txt", "up.txt"]),
        (AcceptWithRule(("touch",)), "completed", ["del.txt", "up.txt"]),
    ],
)
def test_a_file_change_is_shown_and_made_only_when_it_was_accepted(
    answer: Any, status: str, left: list[str], scripted_codex: ScriptedCodexFactory
) -> None:
    setup = scripted_codex([[custom_call("apply_patch", PATCH)], "done"], model_name="gpt-5.5")
    (setup.workspace / "up.txt").write_text("old\n")
    (setup.workspace / "del.txt").write_text("bye\n")
    handler = Recorder(answer)
    with Codex(setup.config, approval_handler=handler) as codex:
        thread = codex.thread_start(approval_policy="on-request", sandbox="read-only")
        assert thread.run("Go.").status == status
    (request,) = handler.requests
    assert request.approval_kind == "file_change"
    assert request.changes == (
        FileChange(str(setup.workspace / "del.txt"), "delete", "bye\n"),
        FileChange(str(setup.workspace / "new.txt"), "add", "hello\n"),
        FileChange(str(setup.workspace / "up.txt"), "update", "@@ -1 +1 @@\n-old\n+NEW\n"),
    )
    assert files(setup) == left


# --- decisions: permissions ---

WANTED = {"network": {"enabled": True}, "file_system": {"write": ["/opt/elsewhere"]}}
NETWORK = {"network": {"enabled": True}}


@pytest.mark.parametrize(
    ("answer", "granted", "scope"),
    [
        ("accept", WANTED, "turn"),
        ("accept_for_session", WANTED, "session"),
        (GrantPermissions(NETWORK), NETWORK, "turn"),
        (GrantPermissions(NETWORK, "session"), NETWORK, "session"),
        ("decline", {}, "turn"),
        ("cancel", {}, "turn"),
        (GrantPermissions(cast("Any", None)), {}, "turn"),
        (GrantPermissions(NETWORK, cast("Any", "ever")), {}, "turn"),
    ],
)
def test_permissions_are_granted_as_far_as_was_decided(
    answer: Any, granted: dict[str, Any], scope: str, scripted_codex: ScriptedCodexFactory
) -> None:
    setup = scripted_codex(
        [[call("request_permissions", reason="need it", permissions=WANTED)], "done"],
        extra_config={
            "features": {"request_permissions_tool": True},
            "suppress_unstable_features_warning": True,
        },
    )
    handler = Recorder(answer)
    with Codex(setup.config, approval_handler=handler) as codex:
        codex.thread_start(approval_policy="on-request", sandbox="workspace-write").run("Go.")
    (request,) = handler.requests
    assert (request.approval_kind, request.reason) == ("permissions", "need it")
    assert request.permissions["network"] == {"enabled": True}
    seen = setup.model.requests[-1].tool_outputs
    (output,) = (json.loads(str(value)) for value in seen.values())
    given = {name: value for name, value in output["permissions"].items() if value is not None}
    assert (given, output["scope"]) == (granted, scope)


# --- what is no decision ---


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        "yes",
        "approved",
        1,
        5.0,
        {},
        {"decision": "accept"},
        ["accept"],
        object(),
        accept_all,
        "accept_always",
        AcceptWithRule(()),
        AcceptWithRule(cast("Any", "touch")),
        AcceptWithRule(cast("Any", (1,))),
        AcceptWithRule(cast("Any", None)),
        NetworkRule("", "allow"),
        NetworkRule("host", cast("Any", "perhaps")),
        GrantPermissions(NETWORK),
    ],
)
def test_what_is_no_decision_is_refused_and_leaves_the_request_open(answer: Any) -> None:
    sent: list[object] = []
    method = "item/commandExecution/requestApproval"
    request = ApprovalRequest("t:1", method, {}, lambda result, _refusal: sent.append(result))
    with pytest.raises(TypeError, match="no decision"):
        request.respond(answer)
    assert (sent, request.decision, request.is_open) == ([], None, True)
    assert request.accept()
    with pytest.raises(LocalProtocolError, match="answered before"):
        request.decline()
    assert (sent, request.decision) == ([{"decision": "accept"}], "accept")


def test_what_is_no_function_is_refused_as_a_handler(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("fine")
    with Codex(setup.config) as codex:
        with pytest.raises(TypeError, match="approval_handler must be a function, not 'int'"):
            codex.thread_start(approval_handler=cast("Any", 5))
        with pytest.raises(TypeError, match="user_input_handler must be a function"):
            codex.thread_start().turn("x", user_input_handler=cast("Any", "no"))
        assert codex.thread_start().run("x").text == "fine"


# --- who decides, and where ---


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (["client"], "client"),
        (["client", "thread"], "thread"),
        (["client", "thread", "turn"], "turn"),
        (["client", "turn"], "turn"),
        (["thread"], "thread"),
        (["turn"], "turn"),
    ],
)
def test_the_nearest_handler_decides(
    at: list[str], expected: str, scripted_codex: ScriptedCodexFactory
) -> None:
    setup = scripted_codex(touch("x"))
    handlers = {level: Recorder(level == expected) for level in ("client", "thread", "turn")}
    given: dict[str, Any] = {level: {"approval_handler": handlers[level]} for level in at}
    with Codex(setup.config, **given.get("client", {})) as codex:
        thread = codex.thread_start(**ASKING, **given.get("thread", {}))
        thread.run("Go.", **given.get("turn", {}))
    assert [level for level, handler in handlers.items() if handler.requests] == [expected]
    assert files(setup) == ["x"]


@pytest.mark.anyio
async def test_async_handlers_run_in_the_loop_and_others_in_an_os_thread_with_the_context_of_the_turn(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(touch("x"))
    here = threading.get_ident()
    seen: list[tuple[str, bool, str]] = []

    def blocking(request: ApprovalRequest) -> ApprovalAnswer:
        seen.append(("blocking", threading.get_ident() == here, who.get()))
        return True

    async def awaiting(request: ApprovalRequest) -> ApprovalAnswer:
        await anyio.lowlevel.checkpoint()
        seen.append(("awaiting", threading.get_ident() == here, who.get()))
        return True

    def plain(request: ApprovalRequest) -> Any:
        return awaiting(request)

    class Policy:
        async def __call__(self, request: ApprovalRequest) -> ApprovalAnswer:
            return await awaiting(request)

    handlers: list[Any] = [blocking, awaiting, plain, Policy()]
    async with AsyncCodex(setup.config) as codex:
        for number, handler in enumerate(handlers):
            thread = await codex.thread_start(**ASKING, approval_handler=handler)
            who.set(f"starter {number}")
            turn = await thread.turn("Go.")
            who.set("somebody else")
            assert (await turn.run()).status == "completed"
    assert seen == [
        ("blocking", False, "starter 0"),
        ("awaiting", True, "starter 1"),
        ("awaiting", True, "starter 2"),
        ("awaiting", True, "starter 3"),
    ]


def test_on_the_blocking_face_an_async_handler_has_a_loop_of_its_own(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(touch("x"))
    seen: list[tuple[str, str]] = []

    async def awaiting(request: ApprovalRequest) -> ApprovalAnswer:
        await asyncio.sleep(0)
        seen.append((threading.current_thread().name, who.get()))
        return True

    def plain(request: ApprovalRequest) -> Any:
        return awaiting(request)

    handlers: list[Any] = [awaiting, plain]
    context = contextvars.copy_context()
    context.run(who.set, "starter")
    with Codex(setup.config) as codex:
        for handler in handlers:
            thread = codex.thread_start(**ASKING)
            context.run(thread.turn, "Go.", approval_handler=handler).run()
    assert seen == [("codex-app-server-handler", "starter")] * 2
    assert files(setup) == ["x"]


@pytest.mark.anyio
async def test_a_caller_that_blocks_its_loop_gets_another_one() -> None:
    threads: list[str] = []
    is_done = threading.Event()

    async def function() -> None:
        await asyncio.sleep(0)
        threads.append(threading.current_thread().name)

    Caller(uses_loop=False).call(function, lambda _result, _error: is_done.set(), is_async=True)
    assert is_done.wait(10)
    assert threads == ["codex-app-server-handler"]


def test_without_a_handler_approvals_are_declined_with_one_warning(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    setup = scripted_codex(touch("x", "y"))
    with Codex(setup.config) as codex, caplog.at_level(logging.WARNING, "codex_app_server"):
        codex.thread_start(**ASKING).run("Go.")
        codex.thread_start(**ASKING).run("Go.")
        codex.thread_start(**ASKING).run("Go.", approval_handler=decline_all)
    (record,) = caplog.records
    assert "approval_handler" in record.getMessage()
    assert files(setup) == []


# --- while it is decided ---


@pytest.mark.anyio
async def test_a_handler_that_waits_holds_up_its_own_turn_alone(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(
        lambda request: touch("x")[0] if "Touch" in request.last_user_text and request.step == 0 else "fine"
    )
    is_asked, may_answer = anyio.Event(), anyio.Event()
    in_thread = threading.Event()

    async def waits(request: ApprovalRequest) -> ApprovalAnswer:
        is_asked.set()
        await may_answer.wait()
        return True

    def blocks(request: ApprovalRequest) -> ApprovalAnswer:
        assert in_thread.wait(30)
        return True

    async with AsyncCodex(setup.config) as codex:
        with anyio.fail_after(30):
            first = await (await codex.thread_start(**ASKING, approval_handler=waits)).turn("Touch.")
            second = await (await codex.thread_start(**ASKING, approval_handler=blocks)).turn("Touch.")
            await is_asked.wait()
            assert (await (await codex.thread_start()).run("Hello.")).text == "fine"
            assert len(first.pending_requests) == 1
            may_answer.set()
            assert (await first.run()).text == "fine"
            in_thread.set()
            assert (await second.run()).text == "fine"
            assert codex.pending_requests == {}


def test_interrupting_a_turn_of_the_blocking_face_ends_the_loop_of_its_handler(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(touch("x"))
    is_asked, is_over = threading.Event(), threading.Event()

    async def waits(request: ApprovalRequest) -> ApprovalAnswer:
        is_asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            is_over.set()
        return True

    with Codex(setup.config, approval_handler=waits) as codex:
        turn = codex.thread_start(**ASKING).turn("Go.")
        assert is_asked.wait(30)
        turn.interrupt()
        assert is_over.wait(30)
    assert files(setup) == []


def test_a_handler_may_answer_by_itself(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    setup = scripted_codex(touch("x"))

    def answers(request: ApprovalRequest) -> Any:
        assert request.accept()
        with pytest.raises(LocalProtocolError, match="answered before"):
            request.accept()
        return "decline"

    with Codex(setup.config, approval_handler=answers) as codex, caplog.at_level(logging.WARNING):
        codex.thread_start(**ASKING).run("Go.")
    assert (files(setup), caplog.records) == (["x"], [])


# --- answered by somebody else ---


def _first_request(turn: Turn) -> ApprovalRequest:
    return next(event.request for event in turn.events(detach=True) if isinstance(event, ApprovalRequested))


def test_a_deferred_approval_is_answered_later_from_another_os_thread(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(touch("x"))
    with Codex(setup.config, approval_handler=defer_approvals) as codex:
        turn = codex.thread_start(**ASKING).turn("Go.")
        request = _first_request(turn)
        assert turn.pending_requests == codex.pending_requests == {request.id: request}
        assert request.is_open

        def answer() -> None:
            found = codex.pending_requests[request.id]
            assert isinstance(found, ApprovalRequest)
            assert found.accept_for_session()

        thread = threading.Thread(target=answer)
        thread.start()
        assert turn.run().text == "done"
        thread.join()
        assert (request.decision, codex.pending_requests) == ("accept_for_session", {})
        with pytest.raises(LocalProtocolError, match="answered before"):
            request.accept()
    assert files(setup) == ["x"]


@pytest.mark.anyio
async def test_a_deferred_approval_is_answered_later_from_another_loop(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(touch("x"))

    async def later(request: ApprovalRequest) -> ApprovalAnswer:
        return defer_approvals(request)

    async with AsyncCodex(setup.config, approval_handler=later) as codex:
        turn = await (await codex.thread_start(**ASKING)).turn("Go.")
        async for event in turn.events():
            if isinstance(event, ApprovalRequested):

                async def answer(question_id: str = event.request.id) -> None:
                    cast("ApprovalRequest", codex.pending_requests[question_id]).accept()

                await anyio.to_thread.run_sync(asyncio.run, answer())
        assert (await turn.run()).text == "done"
    assert files(setup) == ["x"]


def _asked_by_a_fake_server(*after: Any) -> list[Any]:
    params = {"threadId": "thread-1", "turnId": "turn-1", "itemId": "i", "command": "ls"}
    return [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.ask("item/commandExecution/requestApproval", params, id="q"),
        *after,
    ]


def test_a_server_that_dies_leaves_no_question_open() -> None:
    with FakeServer(_asked_by_a_fake_server(steps.barrier("seen"), steps.die())) as server:
        with Codex(server.config, approval_handler=defer_approvals) as codex:
            request = _first_request(codex.thread_start().turn("Go."))
            server.release("seen")
            with pytest.raises(ProcessExitedError):
                codex.request_raw("account/read")
            assert (request.is_open, request.accept()) == (False, False)


# --- many, and those of sub-agents ---


@pytest.mark.anyio
async def test_fifty_approvals_of_twenty_five_threads_are_asked_at_once(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    def reply(request: ModelRequest) -> Any:
        name = f"{request.last_user_text}-{request.step}"
        return [call("exec_command", cmd=f"touch {name}")] if request.step < 2 else "done"

    setup = scripted_codex(reply)
    waiting: list[ApprovalRequest] = []
    all_asked = anyio.Event()

    async def handler(request: ApprovalRequest) -> ApprovalAnswer:
        waiting.append(request)
        if len(waiting) == 25:
            all_asked.set()
        await all_asked.wait()
        return True

    async with AsyncCodex(setup.config, approval_handler=handler) as codex:

        async def run(number: int) -> None:
            result = await (await codex.thread_start(**ASKING)).run(f"file{number}")
            assert result.text == "done"

        with anyio.fail_after(120):
            async with anyio.create_task_group() as group:
                for number in range(25):
                    group.start_soon(run, number)
        assert codex.pending_requests == {}
    assert files(setup) == sorted(f"file{number}-{step}" for number in range(25) for step in range(2))
    assert len({request.id for request in waiting}) == 50


def _with_sub_agent(factory: ScriptedCodexFactory) -> ScriptedCodex:
    def reply(request: ModelRequest) -> Any:
        if any("CHILD" in text for text in request.user_texts):
            return touch("x")[request.step]
        if request.step == 0:
            return [call("spawn_agent", namespace="multi_agent_v1", message="CHILD: touch it.")]
        if request.step == 1:
            (output,) = request.tool_outputs.values()
            targets = [json.loads(str(output))["agent_id"]]
            return [call("wait_agent", namespace="multi_agent_v1", targets=targets, timeout_ms=20_000)]
        return "done"

    return factory(reply, extra_config={"features": {"multi_agent": True}})


def test_the_handler_of_a_turn_decides_for_its_sub_agents(scripted_codex: ScriptedCodexFactory) -> None:
    setup = _with_sub_agent(scripted_codex)
    handler = Recorder(True)
    with Codex(setup.config, approval_handler=decline_all) as codex:
        thread = codex.thread_start(**ASKING)
        assert thread.run("Go.", approval_handler=handler).text == "done"
        (request,) = handler.requests
        assert request.thread_id not in {None, thread.id}
    assert files(setup) == ["x"]


def test_interrupting_a_turn_ends_what_its_sub_agents_ask(scripted_codex: ScriptedCodexFactory) -> None:
    setup = _with_sub_agent(scripted_codex)
    is_asked = threading.Event()
    requests: list[ApprovalRequest] = []

    def later(request: ApprovalRequest) -> ApprovalAnswer:
        requests.append(request)
        is_asked.set()
        return defer_approvals(request)

    with Codex(setup.config, approval_handler=later) as codex:
        turn = codex.thread_start(**ASKING).turn("Go.")
        assert is_asked.wait(30)
        turn.interrupt()
        assert turn.run().status == "interrupted"
        (request,) = requests
        read = codex.request_raw("thread/read", {"threadId": request.thread_id})
        assert read["thread"]["status"] == {"type": "idle"}
        assert (request.is_open, request.accept()) == (False, False)
    assert files(setup) == []
