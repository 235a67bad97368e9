"""C3-C7, C12-C14, C16, C18: whatever is given up, and whoever closes what: one clear end, and the rest goes on."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import psutil
import pytest
import trio
from codex_app_server import (
    AppServerConfig,
    AsyncCodex,
    ClientClosedError,
    Codex,
    SharedCodex,
    TextDelta,
    ToolStarted,
)
from codex_app_server.testing import (
    FakeServer,
    Gate,
    Script,
    call,
    hold,
    steps,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from codex_app_server import ApprovalRequest
    from codex_app_server.testing import ScriptedCodexFactory


@pytest.mark.anyio
async def test_c03_a_start_that_is_cancelled_leaves_nothing(scripted_codex: ScriptedCodexFactory) -> None:
    with FakeServer([steps.hang()]) as server:
        codex = AsyncCodex(AppServerConfig(launch_args_override=server.argv, close_timeout_s=0.1))
        with anyio.move_on_after(0.05):
            await codex.thread_start()
        await codex.close()


@pytest.mark.anyio
async def test_c04_a_timeout_around_a_stream_interrupts_the_turn(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex([["half", hold(gate), "answer"]])
    async with AsyncCodex(setup.config) as codex:
        turn = await (await codex.thread_start()).turn("Go.")
        with anyio.CancelScope() as scope:
            async for event in turn.events():
                if isinstance(event, TextDelta):
                    scope.cancel()
        with anyio.fail_after(30):
            assert (await turn.run()).status == "interrupted"


@pytest.mark.anyio
async def test_c04_cancelling_a_run_interrupts_the_turn_on_the_server(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex(Script().when("Go", [["half", hold(gate), "answer"]]).otherwise("fine"))
    async with AsyncCodex(setup.config) as codex:
        thread = await codex.thread_start()
        async with anyio.create_task_group() as group:
            group.start_soon(thread.run, "Go.")
            await gate.reached_async()
            group.cancel_scope.cancel()
        with anyio.fail_after(30):
            # Turns of a thread wait for each other: this one begins when the other has ended.
            assert (await thread.run("Next.")).text == "fine"
        setup.model.requests[0].wait_ended()
    assert setup.model.requests[0].disconnected


async def _wait_for(work: Coroutine[Any, Any, object], timeout_s: float) -> object:
    return await asyncio.wait_for(work, timeout_s)


if sys.version_info >= (3, 11):

    async def _timeout(work: Coroutine[Any, Any, object], timeout_s: float) -> object:
        async with asyncio.timeout(timeout_s):
            return await work


async def _gathered(work: Coroutine[Any, Any, object], timeout_s: float) -> object:
    """A sibling that fails, as in a group of chains: the other is cancelled with it."""

    async def fail() -> None:
        await asyncio.sleep(timeout_s)
        raise TimeoutError

    task = asyncio.ensure_future(work)
    try:
        return await asyncio.gather(task, fail())
    finally:
        task.cancel()


LIMITS = [_wait_for, _gathered, *([_timeout] if sys.version_info >= (3, 11) else [])]


@pytest.mark.parametrize("limit", LIMITS)
def test_c04_the_limits_of_asyncio_interrupt_the_turn_and_its_run_returns(
    limit: Callable[[Coroutine[Any, Any, object], float], Coroutine[Any, Any, object]],
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex(Script().when("Go", [["half", hold(gate)]]).otherwise("fine"))
    with Codex(setup.config) as codex:
        thread_id = codex.thread_start().run("Hello.").thread_id

        async def main() -> None:
            thread = await codex.as_async().thread_resume(thread_id)
            with pytest.raises((TimeoutError, asyncio.TimeoutError)):
                await limit(thread.run("Go."), 0.3)

        # Returns although the turn is still to be interrupted: nothing of ours is left in that loop.
        asyncio.run(main())
        thread = codex.thread_resume(thread_id)
        assert thread.run("Next.", timeout_s=30).text == "fine"
        statuses = [turn.status for turn in thread.turns()]
        assert statuses in (["completed", "interrupted", "completed"], ["completed", "completed"])


@pytest.mark.anyio
async def test_c05_a_cancelled_turn_ends_with_its_command(scripted_codex: ScriptedCodexFactory) -> None:
    sleep = call("exec_command", cmd="exec sleep 297", yield_time_ms=60_000)
    setup = scripted_codex(Script().when("Go", [[sleep], "never"]).otherwise("fine"))
    async with AsyncCodex(setup.config) as codex:
        thread = await codex.thread_start(sandbox="danger-full-access")
        sleepers: list[psutil.Process] = []
        with anyio.fail_after(60):
            turn = await thread.turn("Go.")
            with anyio.CancelScope() as scope:
                async for event in turn.events():
                    if isinstance(event, ToolStarted):
                        children = psutil.Process(codex._engine.pid).children(recursive=True)
                        sleepers += [child for child in children if "297" in " ".join(child.cmdline())]
                        scope.cancel()
            assert sleepers
            gone = partial(psutil.wait_procs, sleepers, timeout=10)
            assert (await anyio.to_thread.run_sync(gone))[1] == []
            assert (await turn.run()).status == "interrupted"
            assert (await thread.run("Next.")).text == "fine"


@pytest.mark.anyio
async def test_c06_close_fails_what_waits_and_ten_closers_all_return(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    codex = AsyncCodex(scripted_codex([["half", hold(gate), "never"]]).config)
    failed: list[BaseException] = []

    async def wait() -> None:
        turn = await (await codex.thread_start(ephemeral=True)).turn("x")
        try:
            await turn.run()
        except ClientClosedError as exc:
            failed.append(exc)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(wait)
            await gate.reached_async(timeout_s=30, count=5)
            for _ in range(10):
                group.start_soon(codex.close)
    assert len(failed) == 5


def test_c06_close_from_another_os_thread_ends_a_blocking_wait(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    codex = Codex(scripted_codex([["half", hold(gate), "never"]]).config)
    turn = codex.thread_start().turn("x")
    gate.wait_reached()
    closer = threading.Thread(target=codex.close)
    closer.start()
    with pytest.raises(ClientClosedError):
        turn.run()
    closer.join()


def test_c06_a_closed_client_says_so_and_can_be_closed_again(scripted_codex: ScriptedCodexFactory) -> None:
    codex = Codex(scripted_codex("fine").config)
    thread = codex.thread_start()
    codex.close()
    codex.close()
    with pytest.raises(ClientClosedError):
        thread.turn("x")
    with pytest.raises(ClientClosedError):
        codex.thread_start()
    assert repr(codex) == "<Codex closed>"


def test_c07_close_fails_fifty_requests_at_once() -> None:
    asked = [steps.expect("account/read") for _ in range(50)]
    errors: list[BaseException] = []
    with FakeServer([*steps.handshake(), *asked, steps.barrier("all asked"), steps.hang()]) as server:
        codex = Codex(server.config)

        def ask() -> None:
            with pytest.raises(ClientClosedError) as caught:
                codex.request_raw("account/read", timeout_s=600)
            errors.append(caught.value)

        workers = [threading.Thread(target=ask) for _ in range(50)]
        for worker in workers:
            worker.start()
        server.wait_reached("all asked")
        codex.close()
        for worker in workers:
            worker.join(10)
    assert len({id(error) for error in errors}) == 50


def test_c12_a_loop_that_is_closed_takes_its_handlers_with_it_and_nothing_else(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex([["Wait. ", hold(gate), call("exec_command", cmd="touch x")], "done"])
    asked: list[ApprovalRequest] = []

    async def allow(request: ApprovalRequest) -> bool:
        asked.append(request)
        return True

    async def begin() -> Any:
        codex = AsyncCodex(setup.config)
        thread = await codex.thread_start(
            approval_policy="untrusted", sandbox="workspace-write", approval_handler=allow
        )
        return codex, await thread.turn("Go.")

    async def end(codex: AsyncCodex, turn: Any) -> str:
        gate.open()
        text = (await turn.run(timeout_s=30)).text
        await codex.close()
        return text

    codex, turn = asyncio.run(begin())
    # The loop of the handler is gone: it cannot decide, so the answer is no. The client works in another one.
    assert asyncio.run(end(codex, turn)) == "done"
    assert asked == []
    assert not (setup.workspace / "x").exists()


def test_c13_one_client_works_from_two_asyncio_runs_trio_and_twenty_os_threads(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(lambda request: f"echo {request.last_user_text}")
    with Codex(setup.config) as codex:
        shared = codex.as_async()
        thread = codex.thread_start()

        async def use(word: str) -> str:
            own = await shared.thread_start(ephemeral=True)
            result = await own.run(word)
            return result.text

        assert asyncio.run(use("first")) == "echo first"
        assert asyncio.run(use("second")) == "echo second"
        assert trio.run(use, "third") == "echo third"
        answers: dict[int, str] = {}

        def work(number: int) -> None:
            answers[number] = codex.thread_start(ephemeral=True).run(f"number {number}").text

        workers = [threading.Thread(target=work, args=(number,)) for number in range(20)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert answers == {number: f"echo number {number}" for number in range(20)}
        assert thread.run("last").text == "echo last"


@pytest.mark.anyio
async def test_c14_the_blocking_face_works_inside_a_running_loop(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    async with AsyncCodex(scripted_codex("fine").config) as codex:
        assert codex.as_sync().thread_start().run("x").text == "fine"


@pytest.mark.anyio
async def test_c18_a_waiting_turn_that_is_cancelled_is_never_started(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    setup = scripted_codex([["slow ", hold(gate), "answer"]])
    async with AsyncCodex(setup.config) as codex:
        thread = await codex.thread_start()
        slow = await thread.turn("slow")
        await gate.reached_async()
        async with anyio.create_task_group() as group:
            group.start_soon(thread.run, "never")
            await codex.request_raw("account/read")
            group.cancel_scope.cancel()
        gate.open()
        assert (await slow.run()).streamed_text == "slow answer"
        assert (await thread.run("after")).streamed_text == "slow answer"
    assert [request.last_user_text for request in setup.model.requests] == ["slow", "after"]


def test_c14_fifty_os_threads_and_a_finalizer_use_the_blocking_face(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex(lambda request: f"echo {request.last_user_text}")
    answers: dict[str, str] = {}

    class Last:
        """Uses the client when it is collected, in a running loop."""

        def __init__(self, codex: Codex) -> None:
            self.codex = codex

        def __del__(self) -> None:
            answers["last"] = self.codex.thread_start(ephemeral=True).run("last").text

    with Codex(setup.config) as codex:

        def work(word: str) -> None:
            answers[word] = codex.thread_start(ephemeral=True, environments=[]).run(word).text

        workers = [threading.Thread(target=work, args=(f"word {number}",)) for number in range(50)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        async def main() -> None:
            last: list[Any] = [Last(codex)]
            last.append(last)
            del last
            gc.collect()

        asyncio.run(main())
    assert answers == {
        **{f"word {number}": f"echo word {number}" for number in range(50)},
        "last": "echo last",
    }


@pytest.mark.parametrize("kind", ["debug", *(["eager"] if sys.version_info >= (3, 12) else [])])
def test_c16_it_works_in_other_kinds_of_asyncio(kind: str, scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(Script().when("Go", [["half", hold(Gate())]]).otherwise("fine"))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.slow_callback_duration = 60
        if kind == "eager":
            loop.set_task_factory(asyncio.eager_task_factory)  # pyright: ignore[reportAttributeAccessIssue,reportUnknownArgumentType]
        async with AsyncCodex(setup.config) as codex:
            threads = [await codex.thread_start(ephemeral=True) for _ in range(5)]
            results = await asyncio.gather(*(thread.run("x") for thread in threads))
            assert [result.text for result in results] == ["fine"] * 5
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(threads[0].run("Go."), 0.2)
            assert (await threads[0].run("x")).text == "fine"

    asyncio.run(main(), debug=kind == "debug")


@pytest.mark.anyio
async def test_c18_who_waits_for_a_slot_may_be_cancelled_and_the_others_are_served_in_order() -> None:
    answers = [
        part for _ in range(4) for part in (steps.expect("account/read"), steps.reply("{last.params}"))
    ]
    scenario = [
        *steps.handshake(), steps.expect("account/read"), steps.barrier("busy"), steps.reply("{last.params}"),
        *answers, steps.hang(),
    ]  # fmt: skip
    with FakeServer(scenario) as server:
        async with AsyncCodex(replace(server.config, max_requests_in_flight=1)) as codex:
            served: list[int] = []
            scopes = [anyio.CancelScope() for _ in range(6)]

            async def ask(number: int) -> None:
                with scopes[number]:
                    served.append((await codex.request_raw("account/read", {"n": number}))["n"])

            with anyio.fail_after(30):
                async with anyio.create_task_group() as group:
                    for number in range(6):
                        group.start_soon(ask, number)
                        await anyio.wait_all_tasks_blocked()
                    await anyio.to_thread.run_sync(server.wait_reached, "busy")
                    # One that has its slot, and two that wait for one.
                    for number in (0, 2, 4):
                        scopes[number].cancel()
                    await anyio.wait_all_tasks_blocked()
                    server.release("busy")
                assert (await codex.request_raw("account/read", {"n": 6})) == {"n": 6}
            # What was cancelled before it was sent, the server never saw. The tasks may be woken together, and then
            # trio runs them in any order: the server saw the true one.
            asked = [
                message["params"]["n"]
                for message in server.received
                if message.get("method") == "account/read"
            ]
            assert (asked, sorted(served)) == ([0, 1, 3, 5, 6], [1, 3, 5])
            assert codex._engine._link is not None
            connection = codex._engine._link._connection
            assert connection is not None
            assert ([lane.in_flight for lane in connection._lanes], connection._pending) == ([0, 0, 0], {})


@pytest.mark.anyio
async def test_c18_a_shared_server_that_dies_idle_is_replaced_at_its_next_use(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex("fine")
    with SharedCodex(setup.config) as shared:
        codex = shared.async_client()
        await codex.request_raw("account/read")
        process = psutil.Process(codex._engine.pid)
        os.kill(process.pid, signal.SIGKILL)
        with anyio.fail_after(30):
            while codex._engine.is_usable:
                await anyio.lowlevel.checkpoint()
            results: list[str] = []

            async def use() -> None:
                results.append((await (await shared.async_client().thread_start()).run("x")).text)

            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(use)
        assert results == ["fine"] * 5
