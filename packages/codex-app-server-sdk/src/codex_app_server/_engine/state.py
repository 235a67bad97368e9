"""What the engine keeps of threads and turns; written on its loop, read by the faces."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, cast

from codex_app_server._engine.buffers import EventBuffer
from codex_app_server._engine.counting import UsageSum
from codex_app_server._engine.reopening import Reopening
from codex_app_server._engine.setup import TurnSetup
from codex_app_server._engine.wakeups import Completion
from codex_app_server._logs import about
from codex_app_server.events import TextDelta, ToolStarted, Usage
from codex_app_server.results import TurnCollector

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server._engine.counting import SubAgentAccount
    from codex_app_server._engine.gap import Gap
    from codex_app_server._engine.wakeups import Waiter
    from codex_app_server.events import Event, SubAgentEvent
    from codex_app_server.json_types import JsonObject
    from codex_app_server.questions import ToolCall
    from codex_app_server.results import TurnResult

__all__ = ["ThreadState", "TurnStart", "TurnState"]

_log = logging.getLogger("codex_app_server")

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
        setup: Who decides in turns that were not started here.
        is_ephemeral: Whether the server keeps no record of it.
        injected_calls: Ids of the tool calls in the history that this program has injected.
        lost_starts: Starts whose answer was lost with the connection.
        reopening: What it must be resumed with on a server that was started anew.
        used: Its token usage so far as the server counts it, where that is known.
        last_used: What the server has counted of the last request in it.
        usage: What was used in it by turns of this program, as it is counted here.
        model: The model of the turns that are started from now on, where the server says it.
        sub_agents: The accounts of those who worked for its turns, by their thread.
        is_loaded: Whether the server has it in memory.
        is_subscribed: Whether the server tells this client of its turns.
    """

    __slots__ = (
        "__weakref__", "active", "early", "finished", "foreign_turn", "injected_calls", "is_ephemeral", "is_loaded", "is_subscribed", "last_used", "lost_starts",
        "model", "prologue", "queue", "reopening", "setup", "starting", "sub_agents", "thread_id", "usage", "used",
    )  # fmt: skip

    def __init__(self, thread_id: str, setup: TurnSetup | None = None, *, is_ephemeral: bool = False) -> None:
        self.thread_id = thread_id
        self.setup = setup or TurnSetup()
        self.is_ephemeral = is_ephemeral
        self.injected_calls: set[str] = set()
        self.lost_starts: list[TurnStart] = []
        self.reopening = Reopening({})
        self.used: Usage | None = None
        self.last_used = Usage()
        self.usage = UsageSum()
        self.model: str | None = None
        self.sub_agents: dict[str, SubAgentAccount] = {}
        self.is_loaded = True
        self.is_subscribed = True
        self.starting: TurnStart | None = None
        self.early: TurnState | None = None
        self.prologue: list[tuple[str, JsonObject]] = []
        self.active: TurnState | None = None
        self.foreign_turn: str | None = None
        self.queue: deque[TurnStart] = deque()
        self.finished: deque[str] = deque(maxlen=_REMEMBERED_TURNS)

    def goes_on(self, earlier: ThreadState) -> None:
        """Take over what was known of the thread on an earlier server, or before that one dropped it."""
        self.reopening = earlier.reopening
        self.usage = earlier.usage

    @property
    def is_open(self) -> bool:
        """Whether turns can be started and followed; otherwise it is to be resumed first."""
        return self.is_loaded and self.is_subscribed

    @property
    def is_busy(self) -> bool:
        """Whether a `turn/start` would not begin a turn of its own now."""
        return self.active is not None or self.starting is not None or self.foreign_turn is not None


class TurnStart:
    """A request that starts a turn, on its way; keeps its thread alive until it is settled.

    Attributes:
        thread: The thread.
        params: Params of the request.
        setup: Who answers the questions of the turn, and what its answer is read as.
        method: The request: `turn/start`, or one that starts a turn of the server's own.
        completion: Gets the turn.
        is_abandoned: Whether nobody waits for it any more.
        is_accepted: Whether the reply has come, and did not name the turn.
        turn: What it has become.
    """

    __slots__ = (
        "completion",
        "encoded",
        "is_abandoned",
        "is_accepted",
        "method",
        "params",
        "setup",
        "thread",
        "trace",
        "turn",
    )

    def __init__(
        self, thread: ThreadState, params: JsonObject, setup: TurnSetup, *, method: str = "turn/start"
    ) -> None:
        self.thread = thread
        self.params = params
        self.setup = setup
        self.method = method
        self.completion: Completion[TurnState] = Completion()
        self.is_abandoned = False
        self.is_accepted = False
        self.turn: TurnState | None = None
        # W3C trace context of whoever starts the turn.
        self.trace: dict[str, str] | None = None
        # The params as JSON, as long as they are what is to be sent.
        self.encoded: bytes | None = None


class TurnState:
    """One turn as the engine sees it: its readers, its history, its outcome.

    Written by the engine alone; read by anyone under `lock`. It ends once: with `result`, or with `error`.
    """

    __slots__ = (
        "__weakref__",
        "_collector",
        "_done_waiters",
        "_history",
        "_readers",
        "_unread",
        "error",
        "gap",
        "is_refusing_calls",
        "is_started",
        "last_event_at",
        "lock",
        "model",
        "open_commands",
        "open_questions",
        "planned_calls",
        "response_calls",
        "result",
        "setup",
        "stalled",
        "sub_agents",
        "thread",
        "thread_id",
        "turn_id",
        "usage",
    )  # fmt: skip

    def __init__(self, thread: ThreadState, turn_id: str, setup: TurnSetup) -> None:
        self.thread = thread
        self.setup = setup
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
        self.open_commands: set[str] = set()
        # Ids of the server requests that wait for an answer.
        self.open_questions: set[str | int] = set()
        # Calls that the model has written and the server has not asked for yet, by their id.
        self.planned_calls: dict[str, ToolCall] = {}
        # Those of the model response that is being received.
        self.response_calls: list[ToolCall] = []
        # Set when events of it were missed.
        self.gap: Gap | None = None
        # Threads of its sub-agents that work now, with their turns.
        self.sub_agents: dict[str, str] = {}
        self.usage = UsageSum()
        self.model = thread.model
        # Why it was given up, while it is being interrupted for that.
        self.stalled: str | None = None
        # On the clock of the engine's loop, in seconds; kept only where there is a limit.
        self.last_event_at = 0.0
        self.result: TurnResult | None = None
        self.error: Callable[[], BaseException] | None = None

    @property
    def is_done(self) -> bool:
        """Whether the turn has an outcome."""
        return self.result is not None or self.error is not None

    # --- by the engine ---

    def publish(self, event: Event, waking: list[Waiter]) -> None:
        """Give an event to every reader; those that wait for one are added to `waking`."""
        # Every delta passes here, and `with` makes an object each time.
        lock = self.lock
        lock.acquire()
        try:
            if type(event) is not TextDelta:
                self._collector.feed(event)
            self._history.put(event)
            unread = self._unread
            if unread is not None:
                unread.put(event)
                if unread.is_behind:
                    # Nobody reads: the history is enough for whoever comes later.
                    self._unread = None
            for reader in self._readers:
                if not reader.is_overflown:
                    reader.put(event)
                    if reader.waiter is not None:
                        waking.append(reader.waiter)
                        reader.waiter = None
        finally:
            lock.release()

    def publish_of_sub_agent(self, event: SubAgentEvent, waking: list[Waiter]) -> None:
        """Give an event of a sub-agent to the readers who ask for them; it is no part of the turn itself."""
        is_delta = type(event.event) is TextDelta
        with self.lock:
            buffers = [reader for reader in self._readers if reader.has_sub_agents]
            # Who the first reader is, and what it wants, is not known yet.
            buffers += [] if self._unread is None else [self._unread]
            for buffer in buffers:
                # Deltas of many items are not joined; whoever falls behind gets the text when it is complete.
                if buffer.is_overflown or (is_delta and buffer.is_behind):
                    continue
                buffer.put(event)
                if buffer.waiter is not None:
                    waking.append(buffer.waiter)
                    buffer.waiter = None

    def completed(self, turn: JsonObject) -> TurnResult:
        """Return the result that `turn/completed` makes of what was gathered."""
        with self.lock:
            deltas = [event for event in self._history.snapshot() if isinstance(event, TextDelta)]
        return self._result(turn, deltas)

    def _result(self, turn: JsonObject, deltas: list[TextDelta]) -> TurnResult:
        return self._collector.result(
            turn, deltas, self.setup.output, model=self.model, usage=self.usage.report
        )

    def so_far(self) -> TurnResult:
        """Return what has arrived, with the status `inProgress` while the turn runs."""
        with self.lock:
            if self.result is not None:
                return self.result
            deltas = [event for event in self._history.snapshot() if isinstance(event, TextDelta)]
            return self._result({"status": "inProgress"}, deltas)

    def started_tool(self, item_id: str) -> ToolStarted | None:
        """Return the event of the tool that began with this item."""
        with self.lock:
            events = self._history.snapshot()
        found = (event for event in events if isinstance(event, ToolStarted) and event.item_id == item_id)
        return next(found, None)

    def begun_items(self) -> set[object]:
        """Return the ids of the items that have begun."""
        with self.lock:
            raw = [
                event.raw.get("item") for event in self._history.snapshot() if event.method == "item/started"
            ]
        ids = [cast("JsonObject", item).get("id") for item in raw if isinstance(item, dict)]
        return {item_id for item_id in ids if isinstance(item_id, str)}

    def text_of(self, item_id: str) -> str:
        """Return what was streamed of a message."""
        with self.lock:
            events = self._history.snapshot()
        return "".join(
            event.text for event in events if isinstance(event, TextDelta) and event.item_id == item_id
        )

    def last_failure(self) -> JsonObject | None:
        """Return the error that the server told of, and does not try to overcome."""
        with self.lock:
            events = self._history.snapshot()
        told = [event.raw for event in events if event.method == "error" and not event.raw.get("willRetry")]
        return cast("JsonObject", told[-1]["error"]) if told else None

    def seen_items(self) -> set[object]:
        """Return the ids of the items that have completed."""
        return self._collector.seen_items()

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
        """Return the readers that wait: the turn has ended without an event for them."""
        with self.lock:
            waiters: list[Waiter] = []
            for reader in self._readers:
                if reader.waiter is not None:
                    waiters.append(reader.waiter)
                    reader.waiter = None
            return waiters

    # --- by readers ---

    def attach(self, *, has_sub_agents: bool = False) -> EventBuffer:
        """Add a reader; it gets the turn from its beginning, and what its sub-agents do if it asks for that."""
        with self.lock:
            buffer = self._unread
            if buffer is None:
                buffer = EventBuffer(events=self._history.snapshot())
            self._unread = None
            buffer.has_sub_agents = has_sub_agents
            if not has_sub_agents:
                buffer.drop_sub_agents()
            buffer.on_behind = partial(_tell_behind, self.thread_id, self.turn_id)
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


def _tell_behind(thread_id: str, turn_id: str) -> None:
    # Soon, and not now: the lock of the turn is held, and the handlers of a log are anybody's code.
    tell = partial(
        _log.warning,
        "a reader of turn %s does not keep up: its deltas are joined; read it, or leave its events with close()",
        turn_id,
        extra=about(thread_id=thread_id, turn_id=turn_id),
    )
    asyncio.get_running_loop().call_soon(tell)
