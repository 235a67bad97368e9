"""Listeners to the whole connection: every notification, whatever thread it is about."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server._engine.wakeups import LoopWaiter, SyncWaiter, Waiter
    from codex_app_server.json_types import JsonObject

    W = TypeVar("W", SyncWaiter, LoopWaiter)

__all__ = ["Listener"]

# Text deltas of a busy server fill this in seconds; whoever listens to all methods must read.
_MAX_UNREAD = 262_144


class Listener:
    """What one stream of notifications has not read yet.

    Args:
        methods: The methods to listen to; empty means all.

    Attributes:
        is_closed: Whether nobody reads any more.
    """

    __slots__ = ("_error", "_lock", "_methods", "_unread", "_waiter", "is_closed")

    def __init__(self, methods: tuple[str, ...]) -> None:
        self._methods = frozenset(methods)
        self._lock = threading.Lock()
        self._unread: list[tuple[str, JsonObject]] = []
        self._waiter: Waiter | None = None
        self._error: Callable[[], BaseException] | None = None
        self.is_closed = False

    def put(self, method: str, params: JsonObject) -> list[Waiter]:
        """Keep a notification; return who is to be woken."""
        if self._methods and method not in self._methods:
            return []
        with self._lock:
            if self._error is not None or self.is_closed:
                return []
            self._unread.append((method, params))
            if len(self._unread) > _MAX_UNREAD:
                self._error = _overflow
            return self._take_waiter()

    def end(self, error: Callable[[], BaseException]) -> list[Waiter]:
        """Nothing comes any more: end with the error, after what is unread."""
        with self._lock:
            if self._error is None:
                self._error = error
            return self._take_waiter()

    def close(self) -> list[Waiter]:
        """The stream is left: drop what is unread; return who is to be woken."""
        with self._lock:
            self.is_closed = True
            self._unread = []
            return self._take_waiter()

    def _take_waiter(self) -> list[Waiter]:
        waiter, self._waiter = self._waiter, None
        return [] if waiter is None else [waiter]

    def take(self, make_waiter: Callable[[], W]) -> list[tuple[str, JsonObject]] | W | None:
        """Return what has come, else a waiter to wait on; None when it was closed.

        Raises:
            AppServerError: Nothing will come any more.
        """
        with self._lock:
            if self.is_closed:
                return None
            if self._unread:
                unread, self._unread = self._unread, []
                return unread
            if self._error is not None:
                raise self._error()
            self._waiter = waiter = make_waiter()
            return waiter


def _overflow() -> BaseException:
    from codex_app_server.errors import LocalProtocolError  # noqa: PLC0415 - hardly ever

    return LocalProtocolError(
        f"a stream of notifications has more than {_MAX_UNREAD} unread ones: read it, or name the methods that it is for"
    )
