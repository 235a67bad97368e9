"""Admission: how many turns run on a worker at once, and who waits for a place, until when."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_ray._relay import Caller, Clock

__all__ = ["Admission"]


class _Waiting:
    """A turn that waits for its place."""

    __slots__ = ("begin", "caller", "deadline", "refuse", "thread_id")

    def __init__(
        self, caller: Caller, thread_id: str, begin: Callable[[], None], refuse: Callable[[str], None]
    ) -> None:
        self.caller = caller
        self.thread_id = thread_id
        self.begin = begin
        self.refuse = refuse
        self.deadline = 0.0


class Admission:
    """The places of one worker.

    Args:
        clock: The loop that all of this runs on.
        turn_limit: Turns that may run at once.
        queue_timeout_s: Seconds for which a further turn waits.
    """

    def __init__(self, clock: Clock, turn_limit: int, queue_timeout_s: float) -> None:
        self._clock = clock
        self._limit = turn_limit
        self._timeout_s = queue_timeout_s
        # A thread runs one turn at a time, so it is the thread that has the place.
        self._taken: set[str] = set()
        self._queue: deque[_Waiting] = deque()
        self._why_closed = ""
        self._told_empty: list[Callable[[], None]] = []

    @property
    def running_count(self) -> int:
        """How many turns run, or are being started."""
        return len(self._taken)

    @property
    def waiting_count(self) -> int:
        """How many turns wait for a place."""
        return len(self._queue)

    def close(self, why: str) -> None:
        """Admit no further turn; those that wait are refused."""
        self._why_closed = why
        waiting, self._queue = list(self._queue), deque()
        for one in waiting:
            one.refuse(why)

    def when_empty(self, tell: Callable[[], None]) -> None:
        """Call a function once, when no turn runs."""
        self._told_empty.append(tell)
        self._look_whether_empty()

    def _look_whether_empty(self) -> None:
        if not self._taken:
            told, self._told_empty = self._told_empty, []
            for tell in told:
                tell()

    def reopen(self) -> None:
        """Admit turns again."""
        self._why_closed = ""

    def is_starting(self, thread_id: str) -> bool:
        """Whether a turn of the thread has its place."""
        return thread_id in self._taken

    def admit(
        self, caller: Caller, thread_id: str, begin: Callable[[], None], refuse: Callable[[str], None]
    ) -> None:
        """Call `begin` when there is a place, or `refuse` with the reason when there was none in time."""
        if self._why_closed:
            refuse(self._why_closed)
        elif thread_id in self._taken or len(self._taken) < self._limit:
            self._taken.add(thread_id)
            begin()
        else:
            waiting = _Waiting(caller, thread_id, begin, refuse)
            waiting.deadline = self._clock.time() + self._timeout_s
            self._queue.append(waiting)
            self._clock.call_later(self._timeout_s, self._look_at, waiting)

    def ended(self, thread_id: str) -> None:
        """The turn of a thread is over, or was not accepted: its place goes to the next one."""
        self._taken.discard(thread_id)
        while self._queue and len(self._taken) < self._limit:
            waiting = self._queue.popleft()
            self._taken.add(waiting.thread_id)
            waiting.begin()
        self._look_whether_empty()

    def withdraw(self, caller: Caller) -> None:
        """Forget what waits for a caller who has gone."""
        self._queue = deque(waiting for waiting in self._queue if waiting.caller is not caller)

    def _look_at(self, waiting: _Waiting) -> None:
        if waiting in self._queue:
            self._queue.remove(waiting)
            waiting.refuse(
                f"the worker runs {len(self._taken)} turns, its turn_limit, and none of them ended within "
                f"{self._timeout_s:g} s: try again later, or add workers"
            )
