"""What is lost, late or silent: deadlines, lost ends, overload, the death of the server, and going on afterwards."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import psutil
import pytest
from codex_app_server import (
    AsyncCodex,
    ClientClosedError,
    Codex,
    LaunchError,
    ProcessExitedError,
    TextDelta,
    ThreadNotFoundError,
    ToolStarted,
    TurnFinished,
    TurnInterruptedError,
    TurnTimeoutError,
)
from codex_app_server.protocol import SandboxPolicy
from codex_app_server.testing import Gate, call, hold, steps, text

if TYPE_CHECKING:
    from codex_app_server import AppServerConfig, Message, Turn
    from codex_app_server.testing import FakeServerFactory, ModelRequest, ScriptedCodexFactory
    from codex_app_server.testing.steps import Step

SLEEP = call("exec_command", cmd="exec sleep 293", yield_time_ms=60_000)


def pid_of(codex: Codex | AsyncCodex) -> int:
    pid = codex._engine.pid
    assert pid is not None
    return pid


def kill(codex: Codex | AsyncCodex) -> None:
    os.kill(pid_of(codex), signal.SIGKILL)


def sleepers(codex: Codex | AsyncCodex) -> list[psutil.Process]:
    children = psutil.Process(pid_of(codex)).children(recursive=True)
    return [child for child in children if "293" in " ".join(child.cmdline())]


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


# --- deadlines ---


def test_a_run_that_takes_too_long_is_interrupted_with_its_command(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(
        lambda request: (
            ["Wait. ", SLEEP] if request.step == 0 and request.last_user_text == "Run it." else "fine"
        )
    )
    with Codex(setup.config) as codex:
        thread = codex.thread_start(sandbox="danger-full-access")
        turn = thread.turn("Run it.")
        assert any(isinstance(event, ToolStarted) for event in turn.events(detach=True))
        running = sleepers(codex)
        assert running
        with pytest.raises(TurnTimeoutError, match="did not end in time") as caught:
            turn.run(timeout_s=0.05)
        error = caught.value
        assert isinstance(error, TimeoutError)
        assert (error.thread_id, error.turn_id) == (thread.id, turn.id)
        assert error.result is not None
        assert (error.result.status, error.result.text) == ("interrupted", "Wait. ")
        assert psutil.wait_procs(running, timeout=10)[1] == []
        assert thread.run("Next.").text == "fine"


@pytest.mark.anyio
async def test_an_awaited_run_that_takes_too_long_is_interrupted(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex(
        lambda request: text(deltas=["half", hold(gate)]) if request.last_user_text == "Go." else "fine"
    )
    async with AsyncCodex(setup.config) as codex:
        thread = await codex.thread_start()
        turn = await thread.turn("Go.")
        await gate.reached_async()
        with pytest.raises(TurnTimeoutError) as caught:
            await turn.run(timeout_s=0.05)
        assert caught.value.result is not None
        assert caught.value.result.status == "interrupted"
        with pytest.raises(TurnInterruptedError):
            (await turn.run()).raise_for_status()
        with pytest.raises(TurnTimeoutError):
            await thread.run("Go.", timeout_s=0.3)
        assert (await thread.run("Next.", timeout_s=30)).text == "fine"


def test_a_detached_run_leaves_the_turn_alone(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    with Codex(scripted_codex(text(deltas=["half ", hold(gate), "whole"])).config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("Go.")
        gate.wait_reached()
        assert (turn.so_far.status, turn.so_far.turn_id) == ("inProgress", turn.id)
        with pytest.raises(TurnTimeoutError) as caught:
            turn.run(timeout_s=0.01, detach=True)
        assert caught.value.result is not None
        assert caught.value.result.status == "inProgress"
        gate.open()
        assert turn.run().text == "half whole"
        assert turn.so_far is turn.run()


def test_what_has_arrived_can_be_seen_while_the_turn_runs(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    with Codex(scripted_codex([["first", text(deltas=["half ", hold(gate), "whole"])]]).config) as codex:
        turn = codex.thread_start().turn("Go.")
        deltas = (event for event in turn.events(detach=True) if isinstance(event, TextDelta))
        seen = list(itertools.islice(deltas, 2))
        assert [event.text for event in seen] == ["first", "half "]
        so_far = turn.so_far
        assert (so_far.status, so_far.text, so_far.streamed_text) == ("inProgress", "half ", "firsthalf ")
        assert [item["type"] for item in so_far.raw_items] == ["userMessage", "agentMessage"]
        gate.open()
        assert turn.run().text == "half whole"


def test_events_that_take_too_long_interrupt_the_turn(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    with Codex(scripted_codex(text(deltas=["half ", hold(gate)])).config) as codex:
        turn = codex.thread_start().turn("Go.")
        assert any(isinstance(event, TextDelta) for event in turn.events(detach=True))
        texts: list[str] = []
        with pytest.raises(TurnTimeoutError, match="did not end in time") as caught:
            texts.extend(event.text for event in turn.events(timeout_s=0.05) if isinstance(event, TextDelta))
        assert texts == ["half "]
        assert caught.value.result is not None
        assert caught.value.result.text == "half "
        assert turn.run().status == "interrupted"


@pytest.mark.anyio
async def test_awaited_events_that_take_too_long_may_leave_the_turn_alone(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    async with AsyncCodex(scripted_codex(text(deltas=["half ", hold(gate), "whole"])).config) as codex:
        turn = await (await codex.thread_start()).turn("Go.")
        await gate.reached_async()
        with pytest.raises(TurnTimeoutError):
            [event async for event in turn.events(timeout_s=0.05, detach=True)]
        gate.open()
        assert isinstance([event async for event in turn.events(timeout_s=30)][-1], TurnFinished)


def test_a_start_that_waits_too_long_is_withdrawn(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    setup = scripted_codex(text(deltas=["half ", hold(gate), "whole"]))
    with Codex(setup.config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("first")
        gate.wait_reached()
        with pytest.raises(TurnTimeoutError, match="could begin in time") as caught:
            thread.run("withdrawn", timeout_s=0.05)
        assert (caught.value.thread_id, caught.value.turn_id, caught.value.result) == (thread.id, None, None)
        gate.open()
        assert turn.run().text == "half whole"
        thread.run("last")
    assert [request.last_user_text for request in setup.model.requests] == ["first", "last"]


@pytest.mark.anyio
async def test_an_awaited_start_that_waits_too_long_is_withdrawn(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex(text(deltas=["half ", hold(gate), "whole"]))
    async with AsyncCodex(setup.config) as codex:
        thread = await codex.thread_start()
        turn = await thread.turn("first")
        await gate.reached_async()
        with pytest.raises(TurnTimeoutError, match="could begin in time"):
            await thread.run("withdrawn", timeout_s=0.05)
        gate.open()
        await turn.run()
        await thread.run("last")
    assert [request.last_user_text for request in setup.model.requests] == ["first", "last"]


def test_a_turn_that_begins_after_its_time_is_interrupted(fake_codex: FakeServerFactory) -> None:
    server = fake_codex(
        [
            *steps.handshake(),
            *steps.thread_start(),
            steps.expect("turn/start", save_as="turn"),
            steps.barrier("late"),
            steps.reply({"turn": {"id": "turn-1", "items": [], "status": "inProgress"}}, to="turn"),
            steps.notify("turn/started", {"threadId": "thread-1", "turn": {"id": "turn-1"}}),
            steps.expect("turn/interrupt"),
            steps.reply({}),
            *steps.turn_end("interrupted"),
            *steps.turn(turn_id="turn-2"),
            steps.hang(),
        ]
    )
    with Codex(server.config) as codex:
        thread = codex.thread_start()
        with pytest.raises(TurnTimeoutError):
            thread.run("late", timeout_s=0.05)
        server.release("late")
        assert thread.run("next").text == "Hello"


# --- overload ---

BUSY = steps.reply_error(-32001, "Server overloaded; retry later.")


def busy(method: str, count: int) -> list[Step]:
    return [step for _ in range(count) for step in (steps.expect(method), BUSY)]


def test_closing_ends_requests_that_wait_for_a_less_busy_server(
    fake_codex: FakeServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codex_app_server._engine.connection._FIRST_DELAY_S", 1000.0)
    monkeypatch.setattr("codex_app_server._engine.connection._MAX_DELAY_S", 1000.0)
    server = fake_codex([*steps.handshake(), *busy("account/read", 1), steps.barrier("busy"), steps.hang()])
    errors: list[BaseException] = []
    with Codex(server.config) as codex:

        def ask() -> None:
            with pytest.raises(ClientClosedError) as caught:
                codex.request_raw("account/read")
            errors.append(caught.value)

        asking = threading.Thread(target=ask)
        asking.start()
        server.wait_reached("busy")
        codex.close()
        asking.join()
    assert len(errors) == 1


# --- death and restart ---


def script(gate: Gate) -> Any:
    def say(request: ModelRequest) -> Any:
        return (
            text(deltas=["half ", hold(gate)])
            if request.last_user_text == "Go."
            else f"step {len(request.user_texts)}"
        )

    return say


def test_after_a_restart_the_same_thread_goes_on(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    setup = scripted_codex(script(gate))
    with Codex(setup.config) as codex:
        thread = codex.thread_start()
        thread.run("Remember the word heron.")
        turn = thread.turn("Go.")
        gate.wait_reached()
        kill(codex)
        with pytest.raises(ProcessExitedError):
            turn.run()
        codex.restart()
        assert codex.metadata.user_agent
        assert [kept.status for kept in thread.turns()] == ["interrupted", "completed"]
        result = thread.run("Which word?")
        assert result.thread_id == thread.id
        with pytest.raises(ProcessExitedError):
            turn.run()
        # A restart of a server that runs is one too.
        codex.restart()
        thread.run("And now?")
    asked = [request.last_user_text for request in setup.model.requests]
    assert asked == ["Remember the word heron.", "Go.", "Which word?", "And now?"]
    for request in setup.model.requests[1:]:
        assert "Remember the word heron." in request.user_texts


@pytest.mark.anyio
async def test_an_awaiting_client_can_be_restarted(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(script(Gate()))
    async with AsyncCodex(setup.config) as codex:
        threads = [await codex.thread_start() for _ in range(3)]
        for thread in threads:
            await thread.run("one")
        kill(codex)
        with pytest.raises(ProcessExitedError):
            await threads[0].run("lost")
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(codex.restart)
        for thread in threads:
            assert (await thread.run("two")).text.startswith("step ")
    assert ["one" in request.user_texts for request in setup.model.requests] == [True] * 6


def test_a_client_may_restart_its_server_when_it_is_used(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(script(Gate()))
    config = replace(setup.config, restart_on_use=True)
    with Codex(config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("one")
        turn.run()
        first = pid_of(codex)
        kill(codex)
        psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], timeout=10)
        while codex._engine.is_usable:
            # The death is noticed a moment later; a use in between would be one of the dead server.
            threading.Event().wait(0.01)
        assert thread.run("two").turn_id != turn.id
        assert pid_of(codex) != first
        assert turn.run().status == "completed"
        assert codex.request_raw("account/read")["account"] is None
    assert [request.user_texts[-2:] for request in setup.model.requests][-1] == ["one", "two"]
    with pytest.raises(ClientClosedError):
        thread.run("three")


@pytest.mark.anyio
async def test_many_who_use_a_dead_server_start_one(fake_codex: FakeServerFactory) -> None:
    dying = [*steps.handshake(), steps.expect("account/read"), steps.die()]
    answers = steps.repeat(8, [steps.expect("account/read"), steps.reply({"requiresOpenaiAuth": True})])
    server = fake_codex(dying, [*steps.handshake(), answers, steps.hang()])
    async with AsyncCodex(replace(server.config, restart_on_use=True)) as codex:
        with pytest.raises(ProcessExitedError):
            await codex.request_raw("account/read")
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(codex.request_raw, "account/read")
        blocking = await anyio.to_thread.run_sync(codex.as_sync)
        assert blocking.metadata.user_agent == codex.metadata.user_agent
    assert server.launch_count == 2


def test_a_server_that_does_not_start_again_says_so_each_time(fake_codex: FakeServerFactory) -> None:
    dying = [*steps.handshake(), steps.expect("account/read"), steps.die()]
    broken = [steps.expect("initialize"), steps.stderr("no more"), steps.exit_with(3)]
    well = [*steps.handshake(), steps.expect("account/read"), steps.reply({}), steps.hang()]
    server = fake_codex(dying, broken, broken, well, raise_errors=False)
    with Codex(replace(server.config, restart_on_use=True)) as codex:
        with pytest.raises(ProcessExitedError):
            codex.request_raw("account/read")
        with pytest.raises(LaunchError, match="no more"):
            codex.request_raw("account/read")
        with pytest.raises(LaunchError, match="no more"):
            codex.restart()
        assert codex.request_raw("account/read") == {}
    assert server.launch_count == 4


def test_threads_that_are_not_on_disk_are_lost_and_say_so(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("fine").config) as codex:
        ephemeral, unused = codex.thread_start(ephemeral=True), codex.thread_start()
        ephemeral.run("one")
        codex.restart()
        for thread in (ephemeral, unused):
            with pytest.raises(ThreadNotFoundError, match=thread.id):
                thread.run("two")
        assert codex.thread_start().run("three").text == "fine"


@pytest.mark.anyio
async def test_a_restart_ends_what_runs_and_runs_none_of_it_again(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex(script(gate))
    async with AsyncCodex(setup.config) as codex:
        thread = await codex.thread_start()
        errors: list[ClientClosedError] = []

        async def run(words: str) -> None:
            with pytest.raises(ClientClosedError, match="the server was restarted") as caught:
                await thread.run(words)
            errors.append(caught.value)

        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                group.start_soon(run, "Go.")
                await gate.reached_async()
                group.start_soon(run, "waits behind it")
                while not thread._state.queue:
                    await anyio.lowlevel.checkpoint()
                await codex.restart()
            assert (await thread.run("next")).text == "step 2"
    assert sorted(error.turn_id is None for error in errors) == [False, True]
    assert [request.last_user_text for request in setup.model.requests] == ["Go.", "next"]


def test_a_closed_client_is_not_restarted(scripted_codex: ScriptedCodexFactory) -> None:
    config = replace(scripted_codex("fine").config, restart_on_use=True)
    codex = Codex(config)
    thread = codex.thread_start()
    other = codex.as_async()
    codex.close()
    for use in (
        codex.restart,
        codex.thread_start,
        lambda: thread.run("x"),
        lambda: codex.request_raw("account/read"),
    ):
        with pytest.raises(ClientClosedError, match="this client was closed"):
            use()

    async def restart() -> None:
        with pytest.raises(ClientClosedError):
            await other.restart()

    anyio.run(restart)


def test_the_other_face_sees_the_new_server(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("fine").config) as codex:
        thread_id = codex.thread_start().run("one").thread_id
        other = codex.as_async()

        async def go_on() -> str:
            thread = await other.thread_resume(thread_id)
            await anyio.to_thread.run_sync(codex.restart)
            return (await thread.run("two")).text

        assert anyio.run(go_on) == "fine"
        assert codex.thread_resume(thread_id).run("three").text == "fine"


def resumed_options(config: AppServerConfig, open_thread: Any) -> dict[str, Any]:
    """Return the params with which a thread is resumed after a restart."""
    sent: list[Message] = []
    with Codex(config, message_hook=sent.append) as codex:
        thread = open_thread(codex)
        thread.run("one")
        sent.clear()
        codex.restart()
        thread.run("two")
    (resume,) = [seen.body["params"] for seen in sent if seen.is_sent and seen.method == "thread/resume"]
    assert resume.pop("threadId") == thread.id
    return resume


def test_a_thread_is_resumed_with_its_options(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("fine")

    def start(codex: Codex) -> object:
        return codex.thread_start(
            sandbox="workspace-write", developer_instructions="Be brief.", model="gpt-5", service_name="x"
        )

    assert resumed_options(setup.config, start) == {
        "sandbox": "workspace-write",
        "developerInstructions": "Be brief.",
        "model": "gpt-5",
        "excludeTurns": False,
    }
    # What was the default at the start is kept as well: it must not become what the configuration says.
    assert resumed_options(setup.config, Codex.thread_start) == {
        "sandbox": "read-only",
        "excludeTurns": False,
    }
    for request in setup.model.requests[:2]:
        assert "Be brief." in request.instructions
        assert request.model == "gpt-5"


def test_what_a_turn_has_changed_is_kept_as_well(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("fine")
    policy = {"type": "workspaceWrite", "networkAccess": True, "writableRoots": [str(setup.home)]}
    sent: list[Message] = []
    with Codex(setup.config, message_hook=sent.append) as codex:
        thread = codex.thread_start(
            sandbox="danger-full-access", approval_policy="on-request", cwd=setup.home
        )
        thread.run("one", sandbox_policy={"type": "readOnly"})
        thread.run("two", sandbox_policy=policy, model="gpt-5", approval_policy="never", cwd=setup.workspace)
        for words in ("three", "four"):
            codex.restart()
            thread.run(words)
        thread.run("five")
        codex.restart()
        thread.run("six", sandbox_policy={"type": "readOnly"})
        codex.restart()
        thread.run("seven")
        thread.run("eight")
    requests = [message.body for message in sent if message.is_sent and message.kind == "request"]
    resumes = [body["params"] for body in requests if body["method"] == "thread/resume"]
    turns = [body["params"] for body in requests if body["method"] == "turn/start"]
    kept = {
        "threadId": thread.id, "approvalPolicy": "never", "cwd": str(setup.workspace), "model": "gpt-5",
        "sandbox": "workspace-write", "excludeTurns": False,
    }  # fmt: skip
    assert resumes == [kept, kept, kept, {**kept, "sandbox": "read-only"}]
    read_only = {"type": "readOnly"}
    assert [turn.get("sandboxPolicy") for turn in turns] == [
        read_only, policy, policy, policy, None, read_only, read_only, None,
    ]  # fmt: skip


def test_a_named_profile_takes_the_place_of_a_sandbox(fake_codex: FakeServerFactory) -> None:
    def life(turn_id: str) -> list[Step]:
        expected, answer, told = recorded_thread()
        opened = [steps.expect("thread/resume"), answer] if turn_id != "turn-0" else [expected, answer, told]
        return [*steps.handshake(), *opened, *steps.turn(turn_id=turn_id), steps.hang()]

    server = fake_codex(*(life(f"turn-{index}") for index in range(4)))
    with Codex(server.config) as codex:
        thread = codex.thread_start(cwd=".")
        thread.run("x", sandbox_policy=SandboxPolicy.model_validate({"type": "externalSandbox"}))
        codex.restart()
        thread.run("x", permissions="mine")
        codex.restart()
        thread.run("x")
        codex.restart()
        thread.run("x", sandbox_policy={"type": "dangerFullAccess"})
    resumes = [seen["params"] for seen in server.received if seen.get("method") == "thread/resume"]
    kept = {"threadId": "thread-1", "cwd": os.path.abspath("."), "excludeTurns": False}  # noqa: PTH100
    assert resumes == [
        {**kept, "sandbox": "read-only"},
        {**kept, "permissions": "mine"},
        {**kept, "permissions": "mine"},
    ]
    turns = [seen["params"] for seen in server.received if seen.get("method") == "turn/start"]
    policies = [turn.get("sandboxPolicy") for turn in turns]
    assert policies == [{"type": "externalSandbox"}, None, None, {"type": "dangerFullAccess"}]


def test_a_thread_keeps_its_tools_and_handlers_over_a_restart(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([call("add", left=2, right=3), "done"])

    def add(left: int, right: int) -> int:
        """Add."""
        return left + right

    with Codex(setup.config) as codex:
        thread = codex.thread_start(tools=[add])
        thread.run("one")
        codex.restart()
        thread.run("two")
    outputs = [list(request.tool_outputs.values()) for request in setup.model.requests]
    assert outputs == [[], ["5"], [], ["5"]]


def test_a_turn_cannot_be_steered_over_a_restart(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    with Codex(scripted_codex(text(deltas=["half", hold(gate)])).config) as codex:
        turn: Turn = codex.thread_start().turn("Go.")
        gate.wait_reached()
        codex.restart()
        with pytest.raises(ClientClosedError, match="the server was restarted"):
            turn.steer("more")
        turn.interrupt()
        with pytest.raises(ClientClosedError, match="the server was restarted"):
            turn.run()
