"""What the blocking face is read through: events and notifications of a turn, of the connection, and lists."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from codex_app_server._engine.wakeups import SyncWaiter, wake_all
from codex_app_server._reader import Notification, is_notification
from codex_app_server._requests import typed_result

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from codex_app_server._async_streams import AsyncEventStream
    from codex_app_server._engine.engine import Engine
    from codex_app_server._engine.listeners import Listener
    from codex_app_server._reader import TurnReader
    from codex_app_server._sync import Codex
    from codex_app_server.events import Event
    from codex_app_server.json_types import JsonObject

__all__ = ["EventStream", "MessageStream", "NotificationStream", "Pages"]

T = TypeVar("T")


def wait_until(waiter: SyncWaiter, deadline: float | None) -> bool:
    """Wait to be woken; False when `deadline`, on the monotonic clock, came first."""
    return waiter.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))


class _Stream:
    """What the streams share: they are left by `close`, or at the end of a `with`."""

    def close(self) -> None:
        """Leave the stream."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class EventStream(_Stream, Iterator["Event"]):
    """The events of a turn, for `for`; ends after `TurnFinished`.

    Leaving it early (`break`, `close`, an exception, the end of a `with`) interrupts the turn, unless
    it is detached.

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
        self._is_moved = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        for event in self._batch:
            return event
        try:
            while True:
                taken = self._reader.take(SyncWaiter)
                if isinstance(taken, list):
                    self._batch = batch = iter(taken)
                    return next(batch)
                if taken is None:
                    break
                self._reader.check_time(in_time=wait_until(taken, self._deadline))
        except BaseException:
            self._reader.give_up()
            raise
        raise StopIteration

    def close(self) -> None:
        """Leave the stream."""
        self._batch = iter(())
        self._reader.give_up()

    def set_timeout(self, timeout_s: float | None) -> None:
        """Let the turn end within so many seconds from now, whatever the limit was; None waits without one."""
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s

    def as_async(self) -> AsyncEventStream:
        """Return a stream for the other face that goes on where this one is; this one is not to be read any more."""
        from codex_app_server._async_streams import AsyncEventStream  # noqa: PLC0415 - most programs use one face

        self._is_moved = True
        return AsyncEventStream(self._reader, self._deadline, unread=self._batch)

    def __del__(self) -> None:
        if not self._is_moved:
            self._reader.give_up_in_finalizer()


class NotificationStream(_Stream, Iterator[Notification]):
    """The notifications of a turn, for `for`; see `EventStream`.

    Args:
        events: Where they come from.
    """

    def __init__(self, events: EventStream) -> None:
        self._events = events

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Notification:
        while True:
            event = self._events.__next__()
            if is_notification(event):
                return Notification(event.method, event.raw)

    def close(self) -> None:
        """Leave the stream."""
        self._events.close()


class MessageStream(_Stream, Iterator[Notification]):
    """The notifications of the whole connection, for `for`, from when the stream was made.

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

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Notification:
        while True:
            for method, params in self._batch:
                return Notification(method, params)
            taken = self._listener.take(SyncWaiter)
            if isinstance(taken, list):
                self._batch = iter(taken)
            elif taken is None:
                raise StopIteration
            else:
                taken.wait()

    def close(self) -> None:
        """Leave the stream."""
        self._client = None
        self._batch = iter(())
        self._engine.unlisten(self._listener)
        wake_all(self._listener.close())

    def __del__(self) -> None:
        self._engine.unlisten(self._listener)


class Pages(Iterator[T], Generic[T]):
    """All entries of a list that the server gives in pages, for `for`; a page is asked for when it is reached.

    Args:
        client: Sends the requests.
        method: The request.
        params: Its params, without the cursor of further pages.
    """

    def __init__(self, client: Codex, method: str, params: JsonObject) -> None:
        self._client = client
        self._method = method
        self._params = params
        self._page: Iterator[T] = iter(())
        self._is_last = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        while True:
            for entry in self._page:
                return entry
            if self._is_last:
                raise StopIteration
            raw = self._client.request_raw(self._method, self._params)
            page = typed_result(self._method, raw)
            self._page = iter(page.data)
            self._is_last = page.next_cursor is None
            self._params = {**self._params, "cursor": page.next_cursor}
