"""What the engine keeps of threads and turns; written on its loop, read by the faces."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from codex_app_server._engine.buffers import JOIN_ABOVE, EventBuffer
from codex_app_server._engine.wakeups import Completion
from codex_app_server.events import TextDelta
from codex_app_server.results import TurnCollector

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server._engine.wakeups import Waiter
    from codex_app_server.events import Event
    from codex_app_server.json_types import JsonObject
    from codex_app_server.questions import ToolCall
    from codex_app_server.results import TurnResult

__all__ = ["ThreadState", "TurnStart", "TurnState"]

# Notifications about a turn may follow its end (background commands, settled approvals).
_REMEMBERED_TURNS = 64


class ThreadState:
    """A thread that this program uses.

    Attributes:
        thread_id: The thread.
        starting: The `turn/start` that has no reply yet.
        early: The turn whose events came before that reply.
        prologue: What came about the thread while `starting` had no turn yet, as method and params.
        active: The running turn that was started here.
        foreign_turn: A running turn that was not: another client's, or the server's own (compaction).
        queue: What is to be started after those.
        finished: Turns that ended lately.
    """

    __slots__ = (
        "__weakref__", "active", "early", "finished", "foreign_turn", "prologue", "queue", "starting", "thread_id",
    )  # fmt: skip

    def __init__(self, thread_id: str) -> None:
        self.thread_id = thread_id
        self.starting: TurnStart | None = None
        self.early: TurnState | None = None
        self.prologue: list[tuple[str, JsonObject]] = []
        self.active: TurnState | None = None
        self.foreign_turn: str | None = None
        self.queue: deque[TurnStart] = deque()
        self.finished: deque[str] = deque(maxlen=_REMEMBERED_TURNS)

    @property
    def is_busy(self) -> bool:
        """Whether a `turn/start` would not begin a turn of its own now."""
        return self.active is not None or self.starting is not None or self.foreign_turn is not None


class TurnStart:
    """A `turn/start` on its way; keeps its thread alive until it is settled."""

    __slots__ = ("completion", "is_abandoned", "params", "thread", "turn")

    def __init__(self, thread: ThreadState, params: JsonObject) -> None:
        self.thread = thread
        self.params = params
        self.completion: Completion[TurnState] = Completion()
        self.is_abandoned = False
        self.turn: TurnState | None = None


class TurnState:
    """One turn as the engine sees it: its readers, its history, its outcome.

    Written by the engine alone; read by anyone under `lock`. It ends once: with `result`, or with `error`.
    """

    __slots__ = (
        "_collector",
        "_done_waiters",
        "_history",
        "_readers",
        "_unread",
        "error",
        "is_refusing_calls",
        "is_started",
        "lock",
        "open_calls",
        "open_commands",
        "result",
        "thread",
        "thread_id",
        "turn_id",
    )  # fmt: skip

    def __init__(self, thread: ThreadState, turn_id: str) -> None:
        self.thread = thread
        self.thread_id = thread_id = thread.thread_id
        self.turn_id = turn_id
        self.lock = threading.Lock()
        self._collector = TurnCollector(thread_id, turn_id)
        self._history = EventBuffer(join_above=0)
        # What came before the first reader: it gets every delta as it was sent.
        self._unread: EventBuffer | None = EventBuffer()
        self._readers: list[EventBuffer] = []
        self._done_waiters: list[Waiter] = []
        self.is_started = False
        self.is_refusing_calls = False
        self.open_calls: dict[str | int, ToolCall] = {}
        self.open_commands: set[str] = set()
        self.result: TurnResult | None = None
        self.error: Callable[[], BaseException] | None = None

    @property
    def is_done(self) -> bool:
        """Whether the turn has an outcome."""
        return self.result is not None or self.error is not None

    # --- by the engine ---

    def publish(self, event: Event) -> None:
        """Give an event to every reader."""
        with self.lock:
            if type(event) is not TextDelta:
                self._collector.feed(event)
            self._history.put(event)
            unread = self._unread
            if unread is not None:
                unread.put(event)
                if len(unread) >= JOIN_ABOVE:
                    # Nobody reads: the history is enough for whoever comes later.
                    self._unread = None
            for reader in self._readers:
                if not reader.is_overflown:
                    reader.put(event)

    def completed(self, turn: JsonObject) -> TurnResult:
        """Return the result that `turn/completed` makes of what was gathered."""
        with self.lock:
            deltas = [event for event in self._history.snapshot() if isinstance(event, TextDelta)]
        return self._collector.result(turn, deltas)

    def finish(
        self, *, result: TurnResult | None = None, error: Callable[[], BaseException] | None = None
    ) -> list[Waiter]:
        """Set the outcome; the first counts. Return who waits for it."""
        with self.lock:
            if self.is_done:
                return []
            self.result = result
            self.error = error
            waiters, self._done_waiters = self._done_waiters, []
            return waiters

    def take_waiters(self) -> list[Waiter]:
        """Return the readers that wait, and that now have something to read or to end with."""
        with self.lock:
            waiters: list[Waiter] = []
            for reader in self._readers:
                if reader.waiter is not None:
                    waiters.append(reader.waiter)
                    reader.waiter = None
            return waiters

    # --- by readers ---

    def attach(self) -> EventBuffer:
        """Add a reader; it gets the turn from its beginning."""
        with self.lock:
            buffer = self._unread
            if buffer is None:
                buffer = EventBuffer(events=self._history.snapshot())
            self._unread = None
            self._readers.append(buffer)
            return buffer

    def detach(self, buffer: EventBuffer) -> None:
        """Remove a reader."""
        with self.lock:
            if buffer in self._readers:
                self._readers.remove(buffer)

    @property
    def reader_count(self) -> int:
        """How many readers there are."""
        return len(self._readers)

    @property
    def user_count(self) -> int:
        """How many read it or wait for its end; takes no lock, since finalizers ask too."""
        return len(self._readers) + len(self._done_waiters)

    def enlist_for_end(self, waiter: Waiter) -> bool:
        """Have `waiter` woken at the end of the turn; False when it has ended already."""
        with self.lock:
            if self.is_done:
                return False
            self._done_waiters.append(waiter)
            return True

    def dismiss(self, waiter: Waiter) -> None:
        """Forget a waiter that gave up."""
        with self.lock:
            if waiter in self._done_waiters:
                self._done_waiters.remove(waiter)
