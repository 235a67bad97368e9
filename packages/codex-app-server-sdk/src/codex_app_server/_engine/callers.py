"""Where the code of a user runs: approval handlers and Python tools, never on the engine's OS thread.

Async functions run in the event loop that the turn was started from, others in an OS thread of their own,
both in a copy of the context (`contextvars`) of whoever started the turn. Without a loop, an async
function gets an OS thread with a loop of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import sys
import threading
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    OnDone = Callable[[object, BaseException | None], None]

__all__ = ["Caller", "Running", "is_cancellation"]


class Running:
    """A call of a user's function on its way. Reports its outcome once, from whichever OS thread.

    Args:
        on_done: Gets the result, or the exception; not called any more after `cancel`.
    """

    __slots__ = ("_cancel", "_is_over", "_lock", "_on_done")

    def __init__(self, on_done: OnDone) -> None:
        self._on_done = on_done
        self._cancel: Callable[[], None] | None = None
        self._is_over = False
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether it has ended, or was cancelled."""
        return self._is_over

    def cancelled_by(self, cancel: Callable[[], None]) -> bool:
        """Say how the running call is cancelled; False when it was cancelled already."""
        with self._lock:
            self._cancel = cancel
            return not self._is_over

    def done(self, result: object, error: BaseException | None = None) -> None:
        """Report the outcome."""
        if self._end():
            self._on_done(result, error)

    def cancel(self) -> None:
        """Stop it where that is possible: an OS thread cannot be stopped, so its result is dropped."""
        if self._end() and self._cancel is not None:
            self._cancel()

    def _end(self) -> bool:
        with self._lock:
            if self._is_over:
                return False
            self._is_over = True
            return True


class Caller:
    """The context and the event loop of whoever starts a turn. Make it there.

    Args:
        uses_loop: Whether async functions run in that loop. Not for the blocking face, which may be used in a
            running loop (a notebook) and would then wait for what waits for it.
        keeps_context: Whether they run in its context. Not for what is kept beyond a turn: a context may hold
            whatever its owner works with, down to the client itself, which would never be collected then.
    """

    __slots__ = ("_context", "_loop", "_trio_token")

    def __init__(self, *, uses_loop: bool = True, keeps_context: bool = True) -> None:
        self._context = contextvars.copy_context() if keeps_context else contextvars.Context()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._trio_token: Any = None
        if not uses_loop:
            return
        trio = sys.modules.get("trio")
        if trio is not None:
            try:
                self._trio_token = trio.lowlevel.current_trio_token()
            except RuntimeError:
                # No trio runs on this OS thread.
                pass
            else:
                return
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            return

    def call(
        self,
        function: Callable[[], object],
        on_done: OnDone,
        *,
        is_async: bool,
        prepare: Callable[[], object] | None = None,
    ) -> Running:
        """Call a function of the user; `on_done` gets what became of it.

        Args:
            function: Called once; returns an awaitable when `is_async`, and may do so otherwise.
            on_done: See `Running`.
            is_async: Whether it is a coroutine function, which is called in the loop itself.
            prepare: Called in the context of the function before that runs, on this OS thread.
        """
        running = Running(on_done)
        context = self._context.copy()
        if prepare is not None:
            context.run(prepare)
        if is_async:
            self._await(cast("Callable[[], Awaitable[object]]", function), running, context)
        else:
            thread = threading.Thread(
                target=context.run,
                args=(self._call_here, function, running, context),
                name="codex-app-server-handler",
                daemon=True,
            )
            try:
                thread.start()
            except RuntimeError as exc:
                # The machine gives no further OS thread: the question must not stay open for that.
                running.done(None, exc)
        return running

    def _call_here(
        self, function: Callable[[], object], running: Running, context: contextvars.Context
    ) -> None:
        try:
            result = function()
        except BaseException as exc:
            running.done(None, exc)
            return
        if inspect.isawaitable(result):
            # A plain function that returns a coroutine, such as a lambda around an async one.
            self._await(lambda: result, running, context.copy())
        else:
            running.done(result)

    def _await(
        self, function: Callable[[], Awaitable[object]], running: Running, context: contextvars.Context
    ) -> None:
        try:
            if self._trio_token is not None:
                self._trio_token.run_sync_soon(_spawn_in_trio, function, running, context)
            elif self._loop is not None:
                loop = self._loop
                loop.call_soon_threadsafe(_spawn_in_asyncio, loop, function, running, context=context)
            else:
                threading.Thread(
                    target=context.run,
                    args=(_run_in_own_loop, function, running),
                    name="codex-app-server-handler",
                    daemon=True,
                ).start()
        except RuntimeError as exc:
            # The loop that the turn was started from is closed.
            running.done(None, exc)


def is_cancellation(error: BaseException | None) -> bool:
    """Whether a call ended because it was cancelled, and not by a fault of its own."""
    kinds: tuple[type[BaseException], ...] = (asyncio.CancelledError,)
    futures = sys.modules.get("concurrent.futures")
    if futures is not None:
        kinds += (futures.CancelledError,)
    trio = sys.modules.get("trio")
    if trio is not None:
        kinds += (trio.Cancelled,)
    return isinstance(error, kinds)


def _run_in_own_loop(function: Callable[[], Awaitable[object]], running: Running) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        task = cast("asyncio.Task[None]", asyncio.current_task())
        if running.cancelled_by(lambda: _cancel_soon(loop, task)):
            await _report(function, running)

    # Cancelled by whoever does not need the result any more.
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(main())


def _spawn_in_asyncio(
    loop: asyncio.AbstractEventLoop, function: Callable[[], Awaitable[object]], running: Running
) -> None:
    if running.is_over:
        return
    task = loop.create_task(_report(function, running))
    # The loop itself keeps only a weak reference.
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    if not running.cancelled_by(lambda: _cancel_soon(loop, task)):
        task.cancel()


_tasks: set[asyncio.Task[None]] = set()


def _cancel_soon(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    try:
        loop.call_soon_threadsafe(task.cancel)
    except RuntimeError:
        # The loop is closed, and with it the task.
        return


def _spawn_in_trio(
    function: Callable[[], Awaitable[object]], running: Running, context: contextvars.Context
) -> None:
    import trio  # noqa: PLC0415 - it runs already

    if running.is_over:
        return
    token = trio.lowlevel.current_trio_token()
    scope = trio.CancelScope()

    def cancel() -> None:
        try:
            token.run_sync_soon(scope.cancel)
        except trio.RunFinishedError:
            return

    async def main() -> None:
        with scope:
            await _report(function, running)

    if not running.cancelled_by(cancel):
        scope.cancel()
    trio.lowlevel.spawn_system_task(main, context=context)


async def _report(function: Callable[[], Awaitable[object]], running: Running) -> None:
    try:
        result = await function()
    except Exception as exc:
        running.done(None, exc)
    except BaseException as exc:
        running.done(None, exc)
        raise
    else:
        running.done(result)
