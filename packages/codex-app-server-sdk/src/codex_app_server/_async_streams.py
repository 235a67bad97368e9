"""What the awaiting face is read through: events and notifications of a turn, of the connection, and lists."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Generic, TypeVar

from codex_app_server._engine.wakeups import LoopWaiters, checkpoint, loop_waiter, wake_all
from codex_app_server._reader import Notification, is_notification
from codex_app_server._requests import typed_result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from typing_extensions import Self

    from codex_app_server._async import AsyncCodex
    from codex_app_server._engine.engine import Engine
    from codex_app_server._engine.listeners import Listener
    from codex_app_server._engine.wakeups import LoopWaiter
    from codex_app_server._reader import TurnReader
    from codex_app_server._sync_streams import EventStream
    from codex_app_server.events import Event
    from codex_app_server.json_types import JsonObject

__all__ = ["AsyncEventStream", "AsyncMessageStream", "AsyncNotificationStream", "AsyncPages"]

T = TypeVar("T")


async def wait_until(waiter: LoopWaiter, deadline: float | None) -> bool:
    """Wait to be woken; False when `deadline`, on the monotonic clock, came first."""
    if deadline is None:
        await waiter
        return True
    import anyio  # noqa: PLC0415 - only with a limit

    with anyio.move_on_after(max(0.0, deadline - time.monotonic())):
        await waiter
        return True
    return False


class _AsyncStream:
    """What the streams share: they are left by `aclose`, or at the end of an `async with`."""

    async def aclose(self) -> None:
        """Leave the stream."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class AsyncEventStream(_AsyncStream, AsyncIterator["Event"]):
    """The events of a turn, for `async for`; ends after `TurnFinished`.

    Leaving it early (`break`, `aclose`, a cancelled wait, the end of an `async with`) interrupts
    the turn, unless it is detached. It is a class and no generator: nothing of it is finalised in
    a foreign task.

    Args:
        reader: Where the events come from.
        deadline: When to give up, on the monotonic clock.
        unread: Events that were taken from the reader already.
    """

    def __init__(
        self, reader: TurnReader, deadline: float | None = None, *, unread: Iterator[Event] | None = None
    ) -> None:
        self._reader = reader
        self._deadline = deadline
        self._batch: Iterator[Event] = unread or iter(())
        self._make_waiter = LoopWaiters()
        # Whether the last batch was there without waiting for it.
        self._was_behind = False
        self._is_moved = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        for event in self._batch:
            return event
        has_waited = False
        try:
            while True:
                taken = self._reader.take(self._make_waiter)
                if isinstance(taken, list):
                    self._batch = batch = iter(taken)
                    if not has_waited and self._was_behind:
                        # A reader that falls behind must not keep the other tasks of this loop from running.
                        await checkpoint()
                    self._was_behind = not has_waited
                    return next(batch)
                if taken is None:
                    break
                if self._deadline is None:
                    await taken
                else:
                    self._reader.check_time(in_time=await wait_until(taken, self._deadline))
                has_waited = True
        except BaseException:
            self._reader.give_up()
            raise
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Leave the stream."""
        self._batch = iter(())
        self._reader.give_up()

    def set_timeout(self, timeout_s: float | None) -> None:
        """Let the turn end within so many seconds from now, whatever the limit was; None waits without one."""
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s

    def as_sync(self) -> EventStream:
        """Return a stream for the other face that goes on where this one is; this one is not to be read any more."""
        from codex_app_server._sync_streams import EventStream  # noqa: PLC0415 - most programs use one face

        self._is_moved = True
        return EventStream(self._reader, self._deadline, unread=self._batch)

    def __del__(self) -> None:
        if not self._is_moved:
            self._reader.give_up_in_finalizer()


class AsyncNotificationStream(_AsyncStream, AsyncIterator[Notification]):
    """The notifications of a turn, for `async for`; see `AsyncEventStream`.

    Args:
        events: Where they come from.
    """

    def __init__(self, events: AsyncEventStream) -> None:
        self._events = events

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Notification:
        while True:
            event = await self._events.__anext__()
            if is_notification(event):
                return Notification(event.method, event.raw)

    async def aclose(self) -> None:
        """Leave the stream."""
        await self._events.aclose()


class AsyncMessageStream(_AsyncStream, AsyncIterator[Notification]):
    """The notifications of the whole connection, for `async for`, from when the stream was made.

    Args:
        engine: Whose notifications.
        listener: Keeps what was not read yet.
        client: Kept alive while the stream is.
    """

    def __init__(self, engine: Engine, listener: Listener, client: object) -> None:
        self._engine = engine
        self._listener = listener
        self._client = client
        self._batch: Iterator[tuple[str, JsonObject]] = iter(())
        engine.listen(listener)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Notification:
        while True:
            for method, params in self._batch:
                return Notification(method, params)
            taken = self._listener.take(loop_waiter)
            if isinstance(taken, list):
                self._batch = iter(taken)
                await checkpoint()
            elif taken is None:
                raise StopAsyncIteration
            else:
                await taken

    async def aclose(self) -> None:
        """Leave the stream."""
        self._client = None
        self._batch = iter(())
        self._engine.unlisten(self._listener)
        wake_all(self._listener.close())

    def __del__(self) -> None:
        self._engine.unlisten(self._listener)


class AsyncPages(AsyncIterator[T], Generic[T]):
    """All entries of a list that the server gives in pages, for `async for`; a page is asked for when it is reached.

    Args:
        client: Sends the requests.
        method: The request.
        params: Its params, without the cursor of further pages.
    """

    def __init__(self, client: AsyncCodex, method: str, params: JsonObject) -> None:
        self._client = client
        self._method = method
        self._params = params
        self._page: Iterator[T] = iter(())
        self._is_last = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for entry in self._page:
                return entry
            if self._is_last:
                raise StopAsyncIteration
            raw = await self._client.request_raw(self._method, self._params)
            page = typed_result(self._method, raw)
            self._page = iter(page.data)
            self._is_last = page.next_cursor is None
            self._params = {**self._params, "cursor": page.next_cursor}
