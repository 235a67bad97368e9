"""How callers are woken: OS threads, asyncio loops and trio runs; and the outcomes that they wait for."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING

import pytest
from codex_app_server._engine import wakeups
from codex_app_server._engine.wakeups import (
    AsyncioWaiter,
    Completion,
    SyncWaiter,
    checkpoint,
    loop_waiter,
    wake_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server._engine.wakeups import LoopWaiter

# --- OS threads ---


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to one OS thread")
def test_ctrl_c_is_seen_by_a_wait_that_it_does_not_end() -> None:
    # So it is with one that comes just before the wait: here another OS thread takes it.
    main, is_over = threading.get_ident(), threading.Event()

    def press() -> None:
        while not is_over.wait(0.01) and SyncWaiter.wait.__code__ is not sys._current_frames()[main].f_code:
            pass
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            SyncWaiter().wait(20)
        assert time.monotonic() - began < 15
    finally:
        is_over.set()
        thread.join()


@pytest.mark.parametrize("timeout_s", [None, 20.0, float("inf")])
def test_a_wait_in_slices_ends_when_it_is_woken_and_not_before(
    timeout_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "_SLICE_S", 0.01)
    waiter, woken = SyncWaiter(), threading.Event()

    def wake() -> None:
        woken.set()
        waiter.wake()

    thread = threading.Timer(0.05, wake)
    thread.start()
    assert waiter.wait(timeout_s)
    assert woken.is_set()
    thread.join()


def test_a_wait_in_slices_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeups, "_SLICE_S", 0.01)
    began = time.monotonic()
    assert not SyncWaiter().wait(0.045)
    assert 0.045 <= time.monotonic() - began < 10


# --- event loops ---


def loops() -> list[Callable[[], asyncio.AbstractEventLoop]]:
    made = [asyncio.new_event_loop]
    try:
        import uvloop  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return made
    return [*made, uvloop.new_event_loop]


@pytest.mark.parametrize("make_loop", loops())
def test_a_task_goes_on_at_once_when_its_loop_wakes_it(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    seen: list[str] = []

    async def wait(name: str, waiter: LoopWaiter) -> None:
        await waiter
        seen.append(name)
        await asyncio.sleep(0)
        seen.append(f"{name}, next turn of the loop")

    async def main() -> None:
        waiters = [loop_waiter(), loop_waiter()]
        tasks = [asyncio.create_task(wait(name, waiter)) for name, waiter in zip("ab", waiters, strict=True)]
        await asyncio.sleep(0)
        wake_all(waiters)
        asyncio.get_running_loop().call_soon_threadsafe(seen.append, "what was asked for next")
        await asyncio.gather(*tasks)

    loop = make_loop()
    loop.run_until_complete(main())
    loop.close()
    assert seen[:3] == ["a", "b", "what was asked for next"]
    assert len(seen) == 5


@pytest.mark.parametrize("make_loop", loops())
def test_a_task_that_was_cancelled_before_it_was_woken_stays_cancelled(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def wait(waiter: LoopWaiter, victims: list[asyncio.Task[None]]) -> None:
        await waiter
        for victim in victims:
            victim.cancel()

    async def main() -> None:
        waiters = [loop_waiter(), loop_waiter()]
        second = asyncio.create_task(wait(waiters[1], []))
        first = asyncio.create_task(wait(waiters[0], [second]))
        await asyncio.sleep(0)
        # Both with one call: the first one asks the second one to end while that is about to be woken.
        wake_all(waiters)
        await first
        with pytest.raises(asyncio.CancelledError):
            await second

    loop = make_loop()
    loop.run_until_complete(main())
    loop.close()


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_a_task_that_failed_is_not_kept_by_what_it_waited_for(*, is_cancelled: bool) -> None:
    async def fail(waiter: LoopWaiter) -> None:
        await waiter
        raise ValueError

    async def main() -> weakref.ref[asyncio.Task[None]]:
        waiter = loop_waiter()
        task = asyncio.create_task(fail(waiter))
        await asyncio.sleep(0)
        if is_cancelled:
            task.cancel()
        else:
            wake_all([waiter])
        await asyncio.wait([task])
        assert task.cancelled() or isinstance(task.exception(), ValueError)
        return weakref.ref(task)

    gc.disable()
    try:
        kept = asyncio.run(main())
        assert kept() is None
    finally:
        gc.enable()


@pytest.mark.anyio
async def test_what_is_woken_before_it_is_awaited_does_not_wait() -> None:
    waiter = loop_waiter()
    wake_all([waiter])
    await checkpoint()
    await waiter


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_leaves_the_loop_from_one_task_leaves_nobody_asleep(error: type[BaseException]) -> None:
    async def wait(waiter: LoopWaiter, error: type[BaseException] | None) -> str:
        await waiter
        if error is not None:
            raise error
        return "woken"

    async def main(tasks: list[asyncio.Task[str]]) -> None:
        waiters = [loop_waiter() for _ in range(4)]
        tasks += [
            asyncio.create_task(wait(waiter, error if number == 1 else None))
            for number, waiter in enumerate(waiters)
        ]
        await asyncio.sleep(0)
        wake_all(waiters)
        await asyncio.sleep(20)

    loop = asyncio.new_event_loop()
    tasks: list[asyncio.Task[str]] = []
    everything = loop.create_task(main(tasks))
    with pytest.raises(error):
        loop.run_until_complete(everything)
    results = loop.run_until_complete(asyncio.wait_for(asyncio.gather(*tasks[2:]), 20))
    everything.cancel()
    loop.run_until_complete(asyncio.gather(everything, return_exceptions=True))
    loop.close()
    assert tasks[0].result() == "woken"
    assert isinstance(tasks[1].exception(), error)
    assert results == ["woken", "woken"]


def test_ctrl_c_between_a_result_and_its_task_leaves_nobody_asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    set_result = AsyncioWaiter.set_result

    def and_ctrl_c(waiter: AsyncioWaiter, result: None) -> None:
        set_result(waiter, result)
        monkeypatch.undo()
        raise KeyboardInterrupt

    async def wait(waiter: LoopWaiter) -> None:
        await waiter

    async def main(tasks: list[asyncio.Task[None]]) -> None:
        waiters = [loop_waiter(), loop_waiter()]
        tasks += [asyncio.create_task(wait(waiter)) for waiter in waiters]
        await asyncio.sleep(0)
        wake_all(waiters)
        await asyncio.wait(tasks)

    loop = asyncio.new_event_loop()
    tasks: list[asyncio.Task[None]] = []
    monkeypatch.setattr(AsyncioWaiter, "set_result", and_ctrl_c)
    everything = loop.create_task(main(tasks))
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(everything)
    assert not any(task.done() for task in tasks)
    loop.run_until_complete(asyncio.wait_for(everything, 20))
    loop.close()


# --- outcomes ---


def test_a_completion_gives_the_first_outcome_to_every_waiter_anywhere() -> None:
    completion: Completion[int] = Completion()
    seen: list[int] = []
    workers = [threading.Thread(target=lambda: seen.append(completion.wait())) for _ in range(3)]
    workers.append(threading.Thread(target=lambda: seen.append(asyncio.run(completion.wait_async()))))
    for worker in workers:
        worker.start()
    wake_all(completion.set_value(7))
    assert completion.set_value(8) == []
    assert completion.set_error(ValueError) == []
    for worker in workers:
        worker.join()
    assert seen == [7, 7, 7, 7]


def test_each_waiter_gets_an_error_of_its_own() -> None:
    completion: Completion[int] = Completion()
    completion.set_error(lambda: ValueError("x"))
    caught: list[BaseException] = []
    for _ in range(2):
        with pytest.raises(ValueError, match="x") as info:
            completion.wait()
        caught.append(info.value)
    assert caught[0] is not caught[1]


def test_a_completion_can_be_waited_for_with_a_limit() -> None:
    with pytest.raises(TimeoutError):
        Completion[int]().wait(0.01)


def test_waking_a_loop_that_is_closed_is_no_error() -> None:
    completion: Completion[int] = Completion()

    async def enlist() -> None:
        task = asyncio.ensure_future(completion.wait_async())
        await asyncio.sleep(0)
        # Left without being awaited or cancelled, as by a loop that was stopped.
        task.remove_done_callback(lambda _: None)
        pending.append(task)

    pending: list[asyncio.Future[int]] = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(enlist())
    waiters = completion.set_value(1)
    pending[0].cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.close()
    wake_all(waiters)
