"""How the engine wakes who waits: OS threads, asyncio loops and trio runs alike.

The engine never waits for a consumer and never runs its code: it only wakes it. Waiters of one
event loop are woken together by one call, since each such call costs a system call.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    import contextvars
    from collections.abc import Callable, Generator, Iterable

    from typing_extensions import Self

T = TypeVar("T")

__all__ = [
    "AsyncioWaiter",
    "Completion",
    "LoopWaiter",
    "LoopWaiters",
    "SyncWaiter",
    "TrioWaiter",
    "Waiter",
    "checkpoint",
    "copy_error",
    "loop_waiter",
    "wake_all",
]

# The main OS thread waits in slices, for Ctrl-C: a signal that comes between Python's last look for one and the wait
# of the system is seen when that ends, and on Windows no signal ends the wait of a lock.
_SLICE_S = 0.1 if sys.platform == "win32" else 0.5


class SyncWaiter:
    """Blocks one OS thread until it is woken."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def wake(self) -> None:
        """Let the waiting OS thread go on; further calls do nothing."""
        try:
            self._lock.release()
        except RuntimeError:
            # Woken twice before it looked.
            return

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until woken; False when `timeout_s` seconds passed first."""
        if threading.get_ident() == threading.main_thread().ident:
            while timeout_s is None or timeout_s > _SLICE_S:
                if self._lock.acquire(timeout=_SLICE_S):
                    return True
                if timeout_s is not None:
                    timeout_s -= _SLICE_S
        if timeout_s is None:
            return self._lock.acquire()
        return self._lock.acquire(timeout=min(max(timeout_s, 0.0), threading.TIMEOUT_MAX))


class AsyncioWaiter(asyncio.Future[None]):
    """Suspends one task of an asyncio loop until it is woken: await it, once.

    Any other future has its task called in the next turn of the loop, which looks for events once more before that, and
    gives the GIL away: this one calls the task itself.

    Attributes:
        key: The loop, by which waiters are grouped.
    """

    __slots__ = ("_context", "_go_on", "key")

    key: asyncio.AbstractEventLoop
    _go_on: Callable[[Self], object]
    _context: contextvars.Context

    def add_done_callback(
        self, fn: Callable[[Self], object], /, *, context: contextvars.Context | None = None
    ) -> None:
        if context is None or self.done():
            super().add_done_callback(fn, context=context)
        else:
            self._go_on = fn
            self._context = context

    def cancel(self, msg: Any = None) -> bool:
        add = super().add_done_callback
        if hasattr(self, "_go_on"):
            # In the next turn of the loop, as with any other future: a task may be what cancels.
            add(self._take_go_on(), context=self._context)
        return super().cancel(msg)

    def post(self, function: Callable[..., object], *args: object) -> None:
        """Run a function in the loop of this waiter, from elsewhere.

        Raises:
            RuntimeError: That loop is closed.
        """
        self.key.call_soon_threadsafe(function, *args)

    def wake(self) -> None:
        """Let the waiting task go on, once; only to be called by its loop, with `post`.

        Raises:
            KeyboardInterrupt: Came while the task ran, which has ended with it, or before that, and this is to be
                called once more; so for SystemExit.
        """
        if not self.done():
            self.set_result(None)
        # Otherwise it was not awaited yet, or cancelled, or has gone on. No Ctrl-C comes between these two calls.
        if hasattr(self, "_go_on"):
            self._context.run(self._take_go_on(), self)

    def _take_go_on(self) -> Callable[[Self], object]:
        # Nothing is to keep the task, and be it a variable of `wake`: the frame of the task may live on in a traceback.
        go_on = self._go_on
        del self._go_on
        return go_on


class TrioWaiter:
    """Suspends one task of a trio run until it is woken: await it.

    Attributes:
        key: The token of that run, by which waiters are grouped.
    """

    __slots__ = ("_event", "key")

    def __init__(self) -> None:
        import trio  # noqa: PLC0415 - it runs already

        self._event = trio.Event()
        self.key = trio.lowlevel.current_trio_token()

    def post(self, function: Callable[..., object], *args: object) -> None:
        """Run a function in the run of this waiter, from elsewhere.

        Raises:
            RuntimeError: That run is over.
        """
        self.key.run_sync_soon(function, *args)

    def wake(self) -> None:
        """Let the waiting task go on; only to be called in its own run."""
        self._event.set()

    def __await__(self) -> Generator[Any, None, None]:
        return self._event.wait().__await__()


# They are made and waited on for nearly every event: `anyio.Event` costs several times as much.
LoopWaiter = AsyncioWaiter | TrioWaiter


def loop_waiter(loop: asyncio.AbstractEventLoop | None = None) -> LoopWaiter:
    """Return a waiter for the task that calls, and that will wait.

    Args:
        loop: The asyncio loop that runs here, where that is known.

    Raises:
        RuntimeError: Neither asyncio nor trio runs.
    """
    if loop is None:
        loop = _asyncio_loop()
        if loop is None:
            return TrioWaiter()
    waiter = AsyncioWaiter(loop=loop)
    waiter.key = loop
    return waiter


class LoopWaiters:
    """Makes the waiters of one reader, which nearly always waits in the same loop.

    Asking which loop runs costs a system call before Python 3.12.
    """

    __slots__ = ("_loop",)

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def __call__(self) -> LoopWaiter:
        """Return a waiter for the task that calls."""
        loop = self._loop
        if loop is None or not loop.is_running():
            loop = self._loop = _asyncio_loop()
        return loop_waiter(loop)


def _asyncio_loop() -> asyncio.AbstractEventLoop | None:
    """Return the running asyncio loop; None when the code runs in trio.

    Raises:
        RuntimeError: Neither runs.
    """
    try:
        # Where trio is a guest of an asyncio loop, its tasks are none of that loop.
        if asyncio.current_task() is not None or "trio" not in sys.modules:
            return asyncio.get_running_loop()
    except RuntimeError:
        if "trio" not in sys.modules:
            raise
    return None


async def checkpoint() -> None:
    """Let the other tasks of the loop run, and a cancellation arrive."""
    if _asyncio_loop() is not None:
        await asyncio.sleep(0)
    else:
        import trio  # noqa: PLC0415 - it runs already

        await trio.lowlevel.checkpoint()


Waiter = SyncWaiter | LoopWaiter


def _wake_each(waiters: list[LoopWaiter]) -> None:
    try:
        for waiter in waiters:
            waiter.wake()
    except BaseException:
        # Ctrl-C or SystemExit, here or in one of those tasks, leave the loop. The others go on when it runs again; for
        # those that have gone on, it does nothing.
        waiters[0].post(_wake_each, waiters)
        raise


def wake_all(waiters: Iterable[Waiter]) -> None:
    """Wake all of them; one call for each event loop."""
    by_loop: dict[object, list[LoopWaiter]] = {}
    last_key: object = None
    group: list[LoopWaiter] = []
    for waiter in waiters:
        if isinstance(waiter, SyncWaiter):
            waiter.wake()
            continue
        if waiter.key is not last_key:
            # Nearly all of them are of one loop.
            last_key = waiter.key
            group = by_loop.setdefault(last_key, [])
        group.append(waiter)
    for group in by_loop.values():
        try:
            group[0].post(_wake_each, group)
        except RuntimeError:
            # The loop is closed (trio.RunFinishedError is a RuntimeError too): nobody waits there.
            continue


_PENDING: Any = object()


class Completion(Generic[T]):
    """A value or an error that the engine will provide, for any number of waiters anywhere.

    Attributes:
        withdraw: Called when a wait for it is given up, so that what was not sent yet is not sent; None when there
            is an outcome, or nothing to take back.
    """

    __slots__ = ("_error", "_lock", "_value", "_waiters", "withdraw")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: T = _PENDING
        self._error: Callable[[], BaseException] | None = None
        self._waiters: list[Waiter] = []
        self.withdraw: Callable[[], object] | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is a value or an error."""
        return self._value is not _PENDING or self._error is not None

    def set_value(self, value: T) -> list[Waiter]:
        """Provide the value; the first outcome counts. Return who is to be woken."""
        return self._settle(value, None)

    def set_error(self, error: Callable[[], BaseException]) -> list[Waiter]:
        """Provide the error, made anew for each waiter; the first outcome counts."""
        return self._settle(_PENDING, error)

    def _settle(self, value: T, error: Callable[[], BaseException] | None) -> list[Waiter]:
        with self._lock:
            if self.is_done:
                return []
            self._error = error
            self._value = value
            self.withdraw = None
            waiters, self._waiters = self._waiters, []
            return waiters

    def enlist(self, waiter: Waiter) -> bool:
        """Have `waiter` woken with the outcome; False when there is one already."""
        with self._lock:
            if self.is_done:
                return False
            self._waiters.append(waiter)
            return True

    def _outcome(self) -> T:
        if self._error is not None:
            raise self._error()
        return self._value

    def dismiss(self, waiter: Waiter) -> None:
        """Forget a waiter that waits no more."""
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def wait(self, timeout_s: float | None = None) -> T:
        """Block this OS thread until there is an outcome.

        Raises:
            TimeoutError: `timeout_s` seconds passed first.
        """
        if not self.is_done:
            waiter = SyncWaiter()
            if self.enlist(waiter):
                in_time = False
                try:
                    in_time = waiter.wait(timeout_s)
                finally:
                    self.dismiss(waiter)
                    if not in_time:
                        self.give_up()
                if not in_time:
                    raise TimeoutError(f"no outcome after {timeout_s} s")
        return self._outcome()

    async def wait_async(self) -> T:
        """Suspend this task until there is an outcome; cancelling it takes back what was not sent yet, and no more."""
        waiter = loop_waiter()
        if self.enlist(waiter):
            try:
                await waiter
            except BaseException:
                self.give_up()
                raise
            finally:
                self.dismiss(waiter)
        return self._outcome()

    def give_up(self) -> None:
        """Take back what this waits for, if that is still possible: nobody wants it any more."""
        withdraw = self.withdraw
        if withdraw is not None:
            withdraw()


def copy_error(error: BaseException) -> BaseException:
    """Return a fresh exception of the same class with the same facts.

    Several waiters may get one error: raising one object in several places would mix their tracebacks.
    """
    reduced = cast("tuple[Any, ...]", error.__reduce__())
    fresh: BaseException = reduced[0](*reduced[1])
    if len(reduced) > 2 and reduced[2]:
        fresh.__dict__.update(reduced[2])
    fresh.__cause__ = error.__cause__
    return fresh
