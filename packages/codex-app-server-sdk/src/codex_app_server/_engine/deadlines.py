"""Deadlines of many things that all have the same time: one timer serves them, since nearly none of them is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

T = TypeVar("T")

__all__ = ["Deadlines"]


class Deadlines(Generic[T]):
    """Calls `on_due` with each entry that is still there some time after it was added.

    Args:
        loop: The loop that it is called on.
        delay_s: That time, in seconds.
        on_due: Gets the entry, which has been taken out.
        before: Called before it is looked which are due; may add some.
    """

    __slots__ = ("_before", "_delay_s", "_due", "_loop", "_on_due", "_timer")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        delay_s: float,
        on_due: Callable[[T], object],
        before: Callable[[], object] | None = None,
    ) -> None:
        self._loop = loop
        self._delay_s = delay_s
        self._on_due = on_due
        self._before = before
        # In the order in which they are due.
        self._due: dict[T, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __contains__(self, entry: T) -> bool:
        return entry in self._due

    @property
    def is_ticking(self) -> bool:
        """Whether it will be looked which are due, before the time of one that began now is over."""
        return self._timer is not None

    def add(self, entry: T, late_s: float = 0.0) -> None:
        """Begin to count the time of an entry, which is not among them; it began `late_s` seconds ago."""
        self._due[entry] = self._loop.time() + self._delay_s - late_s
        if self._timer is None:
            self._set_timer()

    def discard(self, entry: T) -> None:
        """Forget an entry, if it is among them."""
        self._due.pop(entry, None)

    def close(self) -> None:
        """Forget all of them."""
        self._due.clear()
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        first = next(iter(self._due.values()), None)
        self._timer = None if first is None else self._loop.call_at(first, self._look)

    def _look(self) -> None:
        due, now = self._due, self._loop.time()
        # Nobody is to rely on it from here on.
        self._timer = None
        try:
            if self._before is not None:
                self._before()
            while due:
                entry = next(iter(due))
                if due[entry] > now:
                    return
                del due[entry]
                self._on_due(entry)
        finally:
            # Also when one of them failed, and for what was added meanwhile.
            self._set_timer()
