"""Several clients of one worker: what reaches whom, who waits, and what a client that leaves takes with it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import anyio
import psutil
import pytest
from codex_app_server import ServerBusyError, TextDelta, ThreadBusyError, TurnFinished
from codex_app_server.testing import Gate, call, hold, text
from codex_ray import AsyncRayCodex, RayCodex

from .conftest import PATIENCE_S, eventually, runs, servers

if TYPE_CHECKING:
    from codex_app_server import ApprovalRequest, Thread, UserInputRequest
    from codex_ray import RayPool

    from .conftest import Machines


@pytest.fixture
def small(machines: Machines) -> RayPool:
    """One worker that runs two turns at once."""
    return machines.pool(
        "small", 1, resource="small", turn_limit=2, queue_timeout_s=0.2, caller_timeout_s=6.0
    )


@pytest.mark.anyio
async def test_a_churn_of_cancels_leaves_nothing_that_runs(
    machines: Machines, pool: RayPool, anyio_backend_name: str
) -> None:
    word, gate = f"churn on {anyio_backend_name}", Gate("churn")
    machines.script.when(word, text(deltas=["Going", hold(gate), " on."]))

    async def cancelled(codex: AsyncRayCodex, number: int) -> None:
        thread = await codex.thread_start()
        with anyio.CancelScope() as scope:
            turn = await thread.turn(f"{word} {number}")
            async for event in turn.events():
                if number % 2 == 0 or isinstance(event, TextDelta):
                    scope.cancel()

    with ExitStack() as stack:
        stack.callback(gate.open)
        async with AsyncRayCodex() as codex, anyio.create_task_group() as group:
            for number in range(30):
                group.start_soon(cancelled, codex, number)
        await anyio.to_thread.run_sync(
            eventually, lambda: all(status.turn_count == 0 for status in pool.workers())
        )
    # The interrupt reached the server: the model was let go, and none of the turns was asked for again.
    for request in machines.requests(word):
        await anyio.to_thread.run_sync(request.wait_ended, PATIENCE_S)
        assert request.disconnected
    assert machines.turns_run_twice() == {}


def test_an_interrupt_ends_the_command_on_the_worker(machines: Machines, pool: RayPool) -> None:
    machines.script.when("long-command", [call("exec_command", cmd="sleep 739"), "done"])

    with RayCodex() as codex:
        turn = codex.thread_start().turn("long-command")
        eventually(lambda: runs("sleep 739", *servers(pool)))
        turn.interrupt()
        eventually(lambda: not runs("sleep 739", *servers(pool)))


def test_what_a_client_leaves_behind_is_interrupted_with_its_commands(
    machines: Machines, pool: RayPool
) -> None:
    gate = Gate("leaving")
    machines.script.when("leaving-text", text(deltas=["Going", hold(gate), " on."]))
    machines.script.when("leaving-command", [call("exec_command", cmd="sleep 743"), "done"])
    before = set(threading.enumerate())
    with ExitStack() as stack:
        stack.callback(gate.open)
        with RayCodex() as codex:
            codex.thread_start().turn("leaving-text")
            codex.thread_start().turn("leaving-command")
            gate.wait_reached(PATIENCE_S)
            eventually(lambda: runs("sleep 743", *servers(pool)))
        eventually(lambda: all(status.turn_count == 0 for status in pool.workers()))
        (request,) = machines.requests("leaving-text")
        request.wait_ended(PATIENCE_S)
        assert request.disconnected
    eventually(lambda: not runs("sleep 743", *servers(pool)))
    engines = [one for one in set(threading.enumerate()) - before if one.name.startswith("codex-app-server")]
    assert engines == []


DRIVER = """
import sys
import ray
from codex_ray import RayCodex
ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")
codex = RayCodex("small")
codex.thread_start().turn("dying-driver")
print("running", flush=True)
sys.stdin.read()
"""


def test_the_turns_of_a_program_that_died_are_interrupted(machines: Machines, small: RayPool) -> None:
    gate = Gate("dying")
    machines.script.when("dying-driver", text(deltas=["Going", hold(gate), " on."]))
    command = [sys.executable, "-c", DRIVER, machines.cluster.address]
    with (
        ExitStack() as stack,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ.copy()
        ) as driver,
    ):
        stack.callback(gate.open)
        assert driver.stdout is not None
        assert driver.stdout.readline() == "running\n"
        gate.wait_reached(PATIENCE_S)
        driver.kill()
        eventually(lambda: small.workers()[0].turn_count == 0 and small.workers()[0].client_count == 0)
        (request,) = machines.requests("dying-driver")
        request.wait_ended(PATIENCE_S)
        assert request.disconnected


def test_a_turn_without_a_place_is_refused_when_its_time_is_over(machines: Machines, small: RayPool) -> None:
    gate = Gate("places")
    machines.script.when("place-", text(deltas=["Going", hold(gate), " on."]))
    with RayCodex("small") as codex, RayCodex("small") as another, ExitStack() as stack:
        stack.callback(gate.open)
        turns = [one.thread_start().turn(f"place-{i}") for i, one in enumerate([codex, another])]
        gate.wait_reached(PATIENCE_S, count=2)
        third = another.thread_start()
        with pytest.raises(ServerBusyError, match="runs 2 turns, its turn_limit"):
            third.turn("place-3")
        assert small.workers()[0].turn_count == 2
        gate.open()
        assert [turn.run().text for turn in turns] == ["Going on.", "Going on."]
        assert third.run("Say nothing special.").status == "completed"


def test_a_slow_reader_does_not_hold_up_others_and_loses_nothing(machines: Machines, small: RayPool) -> None:
    pieces = [f"{number:05d} " for number in range(4000)]
    machines.script.when("flood", text(deltas=pieces))
    with RayCodex("small") as slow, RayCodex("small") as quick:
        events = iter(slow.thread_start().turn("flood").events())
        first = next(event for event in events if isinstance(event, TextDelta))
        # Nobody reads on there; here all goes its way.
        thread = quick.thread_start()
        for _ in range(5):
            assert thread.run("Say nothing special.").text == "Nothing special, in several words."
        rest = list(events)
        assert isinstance(rest[-1], TurnFinished)
        told = first.text + "".join(event.text for event in rest if isinstance(event, TextDelta))
        assert told == "".join(pieces)
        assert rest[-1].result.text == told


def test_approvals_tools_and_questions_travel_to_the_caller_and_back(
    machines: Machines, pool: RayPool
) -> None:
    here = os.getpid()
    asked: list[ApprovalRequest] = []

    def look_up(city: str) -> str:
        """Look up the weather.

        Args:
            city: The city.
        """
        assert os.getpid() == here
        return f"{city}: sunny"

    def approve(request: ApprovalRequest) -> bool:
        asked.append(request)
        return True

    script = machines.script
    script.when("use-the-tool", [call("look_up", city="Oslo"), lambda request: str(request.tool_outputs)])
    script.when("touch-the-file", [call("exec_command", cmd="touch made-by-codex"), "done"])
    with RayCodex(approval_handler=approve) as codex:
        thread = codex.thread_start(tools=[look_up], approval_policy="untrusted", sandbox="workspace-write")
        assert "Oslo: sunny" in thread.run("use-the-tool").text
        assert thread.run("touch-the-file").text == "done"
        worker_id = codex.worker_of(thread.id)
    assert [request.approval_kind for request in asked] == ["command"]
    assert (machines.root / "codex" / worker_id / "workspace" / "made-by-codex").exists()


def test_questions_of_the_model_are_answered_by_the_caller(machines: Machines, pool: RayPool) -> None:
    question = {
        "id": "q1", "header": "Which", "question": "Which one?",
        "options": [{"label": "This", "description": "This one."}, {"label": "That", "description": "That one."}],
    }  # fmt: skip
    machines.script.when(
        "ask-me",
        [
            call("request_user_input", arguments={"questions": [question]}),
            lambda request: str(request.tool_outputs),
        ],
    )

    def answer(request: UserInputRequest) -> dict[str, str]:
        return {one.id: "That" for one in request.questions}

    with RayCodex(user_input_handler=answer) as codex:
        thread = codex.thread_start(config={"features.default_mode_request_user_input": True})
        assert "That" in thread.run("ask-me").text


def test_a_released_thread_is_refused_to_those_who_had_it(pool: RayPool) -> None:
    def run(thread: Thread) -> str:
        return thread.run("Say nothing special.").status

    with RayCodex() as first, RayCodex() as second:
        old = first.thread_start()
        assert run(old) == "completed"
        # Two clients may have one thread, until it is released.
        assert run(second.thread_resume(old.id)) == "completed"
        assert pool.release(old.id) is True
        new = second.thread_resume(old.id)
        with pytest.raises(ThreadBusyError, match="resume the thread to get a new one"):
            run(old)
        assert run(new) == "completed"
        assert run(first.thread_resume(old.id)) == "completed"
        assert pool.release("01a2061f-0000-75f1-b638-6938345af561") is False


def test_steering_and_the_blocking_face_of_an_awaiting_client(machines: Machines, pool: RayPool) -> None:
    gate = Gate("steer")
    machines.script.when("steered-into", "It was steered.")
    machines.script.when("steer-me", text(deltas=["Going", hold(gate), " on."]))

    async def main() -> str:
        async with AsyncRayCodex() as codex:
            blocking = codex.as_sync()

            def steered() -> str:
                turn = blocking.thread_start().turn("steer-me")
                gate.wait_reached(PATIENCE_S)
                turn.steer("steered-into")
                return turn.run().text

            return await anyio.to_thread.run_sync(steered)

    with ExitStack() as stack:
        stack.callback(gate.open)
        assert anyio.run(main) == "It was steered."


def test_the_token_of_ray_reaches_the_workers_and_not_their_app_servers(pool: RayPool) -> None:
    for status in pool.workers():
        worker, server = (psutil.Process(pid).environ() for pid in (status.pid, status.server_pid))
        assert worker["RAY_AUTH_TOKEN"] == os.environ["RAY_AUTH_TOKEN"]
        assert [name for name in server if name.startswith("RAY_")] == []
        assert server["CODEX_HOME"].endswith(f"{status.worker_id}/home")


def test_a_command_that_outlives_its_turn_ends_with_its_client(machines: Machines, pool: RayPool) -> None:
    machines.script.when("in-background", [call("exec_command", cmd="sleep 751", yield_time_ms=250), "done"])
    with RayCodex() as codex:
        assert codex.thread_start().run("in-background").text == "done"
        assert runs("sleep 751", *servers(pool))
    eventually(lambda: not runs("sleep 751", *servers(pool)))
