"""What is kept between calls: turns that wait for tools, and threads that hold a conversation. Bounded, and aged out.

Entries are found by the conversation that they hold, and taken out at once: two calls
never go on with the same one. What is dropped is closed, which interrupts a turn that waits.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Kept"]


class _Closeable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=_Closeable)


class Kept(Generic[T]):
    """Entries by conversation; the oldest go first.

    Args:
        max_count: How many are kept.
        max_age_s: For how long, in seconds.
    """

    def __init__(self, *, max_count: int, max_age_s: float) -> None:
        self._max_count = max_count
        self._max_age_s = max_age_s
        self._entries: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        # Reentrant, since closing may collect a model, and with it another store.
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def __del__(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def put(self, conversation: Hashable, entry: T) -> None:
        """Keep an entry, in place of an earlier one for the same conversation."""
        with self._lock:
            dropped = [self._entries.pop(conversation)[1]] if conversation in self._entries else []
            self._entries[conversation] = (time.monotonic() + self._max_age_s, entry)
            while len(self._entries) > self._max_count:
                dropped.append(self._entries.popitem(last=False)[1][1])
            self._arm()
        for old in dropped:
            old.close()

    def take(self, conversation: Hashable, fits: Callable[[T], bool] | None = None) -> T | None:
        """Take out the entry for a conversation, if there is one and it fits."""
        with self._lock:
            found = self._entries.get(conversation)
            if found is None or (fits is not None and not fits(found[1])):
                return None
            del self._entries[conversation]
            if not self._entries and self._timer is not None:
                self._timer.cancel()
                self._timer = None
            return found[1]

    def expire(self) -> None:
        """Drop what is too old."""
        now = time.monotonic()
        dropped: list[T] = []
        with self._lock:
            if threading.current_thread() is self._timer:
                # Else it had fired before it was cancelled, and another one runs in its place.
                self._timer = None
            while self._entries and next(iter(self._entries.values()))[0] <= now:
                dropped.append(self._entries.popitem(last=False)[1][1])
            self._arm()
        for old in dropped:
            old.close()

    def _arm(self) -> None:
        if self._timer is not None or not self._entries:
            return
        oldest, _ = next(iter(self._entries.values()))
        this = weakref.ref(self)

        def expire() -> None:
            if kept := this():
                kept.expire()

        self._timer = threading.Timer(max(0.0, oldest - time.monotonic()), expire)
        self._timer.name = "langchain-codex-kept"
        self._timer.daemon = True
        self._timer.start()
