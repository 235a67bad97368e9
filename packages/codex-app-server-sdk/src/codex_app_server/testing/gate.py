"""Gate: the place where a scripted stream stops until the test lets it go on."""

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Gate:
    """A closed gate in a scripted stream: `hold(gate)` stops there until `open()`.

    Any OS thread and any event loop may open it or wait for it. One gate may stand in several streams; an open
    gate stays open.

    Args:
        name: Shown in errors and in the representation.
    """

    def __init__(self, name: str = "gate") -> None:
        self.name = name
        self._changed = threading.Condition()
        self._open = False
        self._reached_count = 0
        self._waiting: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return (
            f"Gate({self.name!r}, {'open' if self._open else 'closed'}, reached_count={self._reached_count})"
        )

    @property
    def is_open(self) -> bool:
        """Whether `open()` was called."""
        return self._open

    @property
    def reached_count(self) -> int:
        """How many streams have come to the gate so far."""
        return self._reached_count

    def open(self) -> None:
        """Let all streams pass, those that wait here now and those that come later."""
        with self._changed:
            self._open = True
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()

    def wait_reached(self, timeout_s: float = 10.0, *, count: int = 1) -> None:
        """Block until `count` streams have come to the gate.

        Args:
            timeout_s: Seconds to wait at most.
            count: The number of arrivals to wait for, counted since the gate was made.

        Raises:
            TimeoutError: Fewer streams came in that time.
        """
        self._wait(timeout_s, count, lambda: False)

    async def reached_async(self, timeout_s: float = 10.0, *, count: int = 1) -> None:
        """Wait as `wait_reached` does, from asyncio or trio.

        Raises:
            TimeoutError: Fewer streams came in that time.
        """
        from anyio import to_thread  # noqa: PLC0415 - the kit is used without an event loop as well

        abandoned = threading.Event()
        try:
            await to_thread.run_sync(self._wait, timeout_s, count, abandoned.is_set, abandon_on_cancel=True)
        finally:
            # A cancelled caller must not leave a worker thread behind that waits for its full time.
            abandoned.set()
            with self._changed:
                self._changed.notify_all()

    def _wait(self, timeout_s: float, count: int, is_abandoned: "Callable[[], bool]") -> None:
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while self._reached_count < count and not is_abandoned():
                remaining_s = deadline - time.monotonic()
                if remaining_s <= 0:
                    message = f"{self!r} was not reached by {count} stream(s) within {timeout_s} s"
                    raise TimeoutError(message)
                self._changed.wait(remaining_s)

    def arrive(self, wake: "Callable[[], None]") -> bool:
        """For endpoints: count an arrival; True if the gate is open, else `wake` is called by `open()` from its OS thread."""
        with self._changed:
            self._reached_count += 1
            self._changed.notify_all()
            if not self._open:
                self._waiting.append(wake)
            return self._open

    def leave(self, wake: "Callable[[], None]") -> None:
        """For endpoints: forget `wake`, its stream ended before the gate was opened."""
        with self._changed:
            if wake in self._waiting:
                self._waiting.remove(wake)
