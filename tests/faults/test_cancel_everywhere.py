"""C1, C2: cancelled at each suspension in turn, and at random ones: nothing is left, and the next turn is well."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import psutil
import pytest
from codex_app_server import AsyncCodex, TextDelta
from codex_app_server.testing import Gate, call, hold, text

if TYPE_CHECKING:
    from collections.abc import Generator

    from codex_app_server import ApprovalRequest, AsyncThread
    from codex_app_server.testing import ModelRequest, ScriptedCodex, ScriptedCodexFactory

# More suspensions than any of the scenarios here can have.
_ENDLESS = 500

pytestmark = pytest.mark.anyio


class Suspended:
    """Runs a coroutine, and calls `cancel` when it suspends for the n-th time.

    Attributes:
        count: How often it has suspended.
    """

    def __init__(self, work: Coroutine[Any, Any, None], n: int, cancel: Callable[[], object]) -> None:
        self._work = work
        self._n = n
        self._cancel = cancel
        self.count = 0

    def __await__(self) -> Generator[Any, Any, None]:
        inner = self._work.__await__()
        step: Callable[[Any], object] = inner.send
        value: Any = None
        while True:
            try:
                trap = step(value)
            except StopIteration:
                return
            self.count += 1
            if self.count == self._n:
                self._cancel()
            try:
                step, value = inner.send, (yield trap)
            except BaseException as exc:
                step, value = inner.throw, exc


async def by_scope(work: Coroutine[Any, Any, None], n: int) -> bool:
    """Cancel with a scope of anyio, which goes on until the work has ended; whether it came to that."""
    with anyio.CancelScope() as scope:
        await Suspended(work, n, scope.cancel)
    return scope.cancel_called


async def by_task(work: Coroutine[Any, Any, None], n: int) -> bool:
    """Cancel once, as asyncio does; whether it came to that."""

    async def run() -> None:
        await Suspended(work, n, task.cancel)

    task = asyncio.get_running_loop().create_task(run())
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


Cut = Callable[[Coroutine[Any, Any, None], int], Awaitable[bool]]
EVERY_WAY = pytest.mark.parametrize(
    ("anyio_backend", "cut"), [("asyncio", by_scope), ("asyncio", by_task), ("trio", by_scope)]
)


def script(request: ModelRequest) -> Any:
    words = request.last_user_text
    if words == "work":
        steps = [["I ", call("exec_command", cmd="true")], [call("add", left=2, right=3)]]
        return steps[request.step] if request.step < len(steps) else "done"
    return text(deltas=["half ", hold(Gate())]) if words == "hold" else "fine"


async def add(left: int, right: int) -> int:
    """Add."""
    await anyio.lowlevel.checkpoint()
    return left + right


async def decide(_request: ApprovalRequest) -> bool:
    for _ in range(3):
        await anyio.lowlevel.checkpoint()
    return True


async def two_turns(codex: AsyncCodex, opened: list[AsyncThread]) -> None:
    """A turn with a command that is approved and a tool of ours, and one that is interrupted."""
    thread = await codex.thread_start(
        ephemeral=True,
        approval_policy="untrusted",
        sandbox="workspace-write",
        tools=[add],
        approval_handler=decide,
    )
    opened.append(thread)
    turn = await thread.turn("work")
    async for _ in turn.events():
        pass
    assert (await turn.run()).text == "done"
    held = await thread.turn("hold")
    async for event in held.events():
        if isinstance(event, TextDelta):
            await held.interrupt()
    assert (await held.run()).status == "interrupted"


async def check_health(codex: AsyncCodex, thread: AsyncThread | None) -> None:
    """The same thread can be used, and nothing of the client is left from before."""
    if thread is None:
        thread = await codex.thread_start(ephemeral=True)
    assert (await thread.run("how are you")).text == "fine"
    engine = codex._engine
    assert codex.pending_requests == {}
    assert thread.active_turn is None
    assert (engine.turns._starts, engine.desk._running, engine.desk._timers) == (set(), {}, {})


@EVERY_WAY
async def test_c01_a_turn_is_cancelled_at_each_suspension_in_turn(
    scripted_codex: ScriptedCodexFactory,
    cut: Cut,
) -> None:
    n = 0
    async with AsyncCodex(scripted_codex(script).config) as codex:
        for n in range(1, _ENDLESS):
            opened: list[AsyncThread] = []
            with anyio.fail_after(30):
                was_cut = await cut(two_turns(codex, opened), n)
                await check_health(codex, opened[0] if opened else None)
            if not was_cut:
                break
        assert 5 < n < _ENDLESS - 1
        assert codex._engine.turns._turns == {}


@EVERY_WAY
async def test_c01_c03_start_and_close_are_cancelled_at_each_suspension_in_turn(
    scripted_codex: ScriptedCodexFactory,
    cut: Cut,
) -> None:
    config = scripted_codex("fine").config

    async def live() -> None:
        async with AsyncCodex(config) as codex:
            await codex.request_raw("account/read")

    n = 0
    for n in range(1, _ENDLESS):
        with anyio.fail_after(30):
            was_cut = await cut(live(), n)
        # Closing goes on by itself when the wait for it was cancelled.
        assert psutil.wait_procs(psutil.Process().children(recursive=True), timeout=10)[1] == []
        if not was_cut:
            break
    assert 2 < n < _ENDLESS - 1


async def churn(setup: ScriptedCodex, chance: random.Random, rounds: int) -> None:
    async with AsyncCodex(setup.config) as codex:
        numbers = iter(range(rounds))
        outcomes: set[bool] = set()

        async def worker() -> None:
            threads: list[AsyncThread] = []
            for _ in numbers:
                opened: list[AsyncThread] = []
                outcomes.add(await by_scope(two_turns(codex, opened), chance.randint(1, 25)))
                threads += opened
            for thread in threads[-1:]:
                await check_thread(thread)

        with anyio.fail_after(120):
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(worker)
            await check_health(codex, None)
        assert True in outcomes
        engine = codex._engine
        assert (engine.turns._turns, engine.turns._starts, codex.pending_requests) == ({}, set(), {})


async def check_thread(thread: AsyncThread) -> None:
    assert (await thread.run("how are you")).text == "fine"


async def test_c02_after_random_cancels_on_twenty_threads_all_is_well(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    await churn(scripted_codex(script), random.Random(20), 40)  # noqa: S311 - it is to be the same each time
