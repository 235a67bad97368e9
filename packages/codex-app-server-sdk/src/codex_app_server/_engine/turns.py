"""Routing of what concerns turns; one turn at a time for each thread; interrupting.

A `turn/start` on a thread whose turn still runs would silently become a steer of that turn, so the
turns of one thread wait for each other here. Events of a turn may come before the reply to its
`turn/start`: a turn's state is created by whichever comes first.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from codex_app_server._engine.counting import count, rebase
from codex_app_server._engine.diagnostics import without_secrets
from codex_app_server._engine.endings import EndWatch
from codex_app_server._engine.gap import Gap
from codex_app_server._engine.interrupting import Interrupter, stalled
from codex_app_server._engine.observing import started_nothing
from codex_app_server._engine.resuming import ThreadResumer
from codex_app_server._engine.state import ThreadState, TurnState
from codex_app_server._engine.sub_agents import SubAgents, rerouted
from codex_app_server._engine.wakeups import copy_error
from codex_app_server._logs import about, log_turn_aborted, log_turn_ended, log_turn_started
from codex_app_server._wire.deltas import TEXT_DELTA
from codex_app_server._wire.normalise import normalise, usage_of
from codex_app_server.errors import (
    ConnectionLostError,
    RemoteProtocolError,
    TransportClosedError,
    TurnInterruptedError,
)
from codex_app_server.events import (
    OtherEvent,
    ResponseFinished,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
    UsageUpdated,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from typing import Protocol

    from codex_app_server._engine.counting import Ledger
    from codex_app_server._engine.desk import QuestionDesk
    from codex_app_server._engine.interrupting import Link as InterrupterLink
    from codex_app_server._engine.resuming import Found
    from codex_app_server._engine.setup import TurnSetup
    from codex_app_server._engine.state import TurnStart
    from codex_app_server._engine.sub_agents import SubAgentTurn
    from codex_app_server._engine.wakeups import Completion
    from codex_app_server.errors import (
        AppServerError,
    )
    from codex_app_server.events import (
        Event,
        SubAgentEvent,
    )
    from codex_app_server.json_types import JsonObject

    class Link(InterrupterLink, Protocol):
        """What the table needs of the engine, besides what it gives to the interrupter."""

        desk: QuestionDesk
        ledger: Ledger

        def send(
            self,
            method: str,
            params: Mapping[str, object],
            on_result: Callable[[Any], None],
            on_error: Callable[[Callable[[], BaseException]], None],
            *,
            trace: Mapping[str, str] | None = None,
            encoded: bytes | None = None,
        ) -> None:
            """Send a request."""
            ...

        def send_now(
            self,
            method: str,
            params: Mapping[str, object],
            on_result: Callable[[Any], None],
            on_error: Callable[[Callable[[], BaseException]], None],
        ) -> None:
            """Send a request before those that wait for the connection to be there again."""
            ...

        def forget_thread(self, thread_id: str) -> None:
            """Tell the server that a thread is not used any more; called when it was collected."""
            ...


__all__ = ["TurnTable"]

_log = logging.getLogger("codex_app_server")

# These say what the model is given as well as what it answers, and the former under a turn's id of its own.
_OF_NO_TURN = frozenset({"rawResponseItem/completed", "rawResponse/completed"})
# Notifications about a thread that come between `turn/start` and its turn: a few warnings.
_MAX_PROLOGUE = 100


class TurnTable:
    """All threads and turns of one connection. Its methods run on the engine's loop."""

    def __init__(self, engine: Link, *, silence_limit_s: float | None = None) -> None:
        self._engine = engine
        self._silence_limit_s = silence_limit_s
        # A thread lives as long as somebody uses it: a face, a start on its way, a running turn.
        self._threads: weakref.WeakValueDictionary[str, ThreadState] = weakref.WeakValueDictionary()
        self._turns: dict[str, TurnState] = {}
        self._starts: set[TurnStart] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        # Turns that something was heard of; kept only where silence has a limit.
        self._touched: set[TurnState] = set()
        # Whether somebody listens to the whole connection: then every delta is to come as a notification.
        self.is_heard_by_all = False
        self.sub_agents = SubAgents(engine, self._publish_of_sub_agent)
        self.interrupter = Interrupter(engine, self.abort, self.spawn)
        self._end_watch = EndWatch(engine, self)
        self._resumer = ThreadResumer(engine, self._found, self._told, self._not_resumed)

    def opened(self, thread: JsonObject, setup: TurnSetup | None = None) -> ThreadState:
        """Return the state of a thread that was started, resumed or forked; one for all who use it.

        Args:
            thread: The thread as the server described it.
            setup: Who decides in its turns that are not started here.
        """
        thread_id: str = thread["id"]
        is_ephemeral = bool(thread.get("ephemeral"))
        state = self._threads.get(thread_id)
        if state is not None:
            state.setup = setup or state.setup
            state.is_subscribed = state.is_loaded = True
            return state
        self._threads[thread_id] = state = ThreadState(thread_id, setup, is_ephemeral=is_ephemeral)
        if _is_active(thread):
            # Resumed while a turn of another client, or of an earlier process, runs in it.
            running = [turn for turn in thread.get("turns") or () if turn.get("status") == "inProgress"]
            if running:
                self._adopt(state, running[-1])
            else:
                state.foreign_turn = ""
        if is_ephemeral:
            # It cannot be resumed, so when nobody here has it any more, it only takes up the server's memory.
            weakref.finalize(state, self._engine.forget_thread, thread_id).atexit = False
        return state

    def _adopt(self, thread: ThreadState, raw_turn: JsonObject) -> None:
        """Follow a turn that runs already; what it did before is known from its items."""
        self._follow(thread, raw_turn)
        # The answer that told of it has other ids for its texts than their events.
        self._resumer.hold(thread)
        self.spawn(self._resumer.look(thread))

    def _follow(self, thread: ThreadState, raw_turn: JsonObject) -> TurnState:
        turn = self._open(thread, raw_turn["id"], thread.setup)
        turn.is_started = True
        thread.active = turn
        if thread.foreign_turn == turn.turn_id:
            thread.foreign_turn = None
        return turn

    def fill_gap(
        self, turn: TurnState, raw_turn: JsonObject, running_items: Sequence[JsonObject] = ()
    ) -> None:
        """Publish what a turn did while nobody here was told of it: its items that have not been seen."""
        turn.gap = Gap(turn)
        if not turn.is_started:
            params = {"threadId": turn.thread_id, "turn": raw_turn}
            self.publish(turn, TurnStarted(turn.thread_id, turn.turn_id, "turn/started", params))
        for event in turn.gap.fill(raw_turn.get("items") or (), running_items):
            self.publish(turn, event)

    # --- starting ---

    def start(self, start: TurnStart) -> None:
        """Send a `turn/start`, after the turns of its thread that are before it."""
        if start.is_abandoned:
            started_nothing(start, partial(_given_up, start))
            return
        self._starts.add(start)
        # Not while the connection is made again: what runs in the thread is known only after that.
        if start.thread.is_busy or start.thread.queue or self._engine.is_reconnecting:
            start.thread.queue.append(start)
        else:
            self._launch(start)

    def may_launch(self, start: TurnStart) -> bool:
        """Whether all that there is to do for a start now is to send it; asked on another OS thread."""
        thread = start.thread
        return (
            start.method == "turn/start"
            and not thread.is_busy
            and not thread.queue
            and thread.reopening.for_turn(start.params) is start.params
        )

    def was_launched(self, start: TurnStart) -> None:
        """Note that another OS thread has sent a start; what the server answers is for `outcomes`."""
        self._starts.add(start)
        start.thread.starting = start
        start.encoded = None

    def outcomes(
        self, start: TurnStart
    ) -> tuple[Callable[[Any], None], Callable[[Callable[[], BaseException]], None]]:
        """Return what takes the result of a start, and what takes its failure."""
        return partial(self._accepted, start), partial(self._refused, start)

    def abandon(self, start: TurnStart) -> None:
        """Nobody waits for this start any more: drop it, or interrupt the turn that came of it."""
        start.is_abandoned = True
        thread = start.thread
        if start in thread.queue:
            thread.queue.remove(start)
            self._starts.discard(start)
            started_nothing(start, partial(_given_up, start))
        elif start.turn is not None:
            self.interrupt(start.turn)

    def _launch(self, start: TurnStart) -> None:
        start.thread.starting = start
        if start.method == "turn/start":
            params = start.thread.reopening.for_turn(start.params)
            if params is not start.params:
                start.params, start.encoded = params, None
        self._engine.send(
            start.method,
            start.params,
            *self.outcomes(start),
            trace=start.trace,
            encoded=start.encoded,
        )
        # The request has it now, and lets go of it when it is answered.
        start.encoded = None

    def _accepted(self, start: TurnStart, result: Any) -> None:
        thread = start.thread
        if start.method == "thread/compact/start":
            # Its turn is known only from `turn/started`.
            if thread.early is None:
                start.is_accepted = True
            else:
                self._begun(start, thread.early.turn_id)
            return
        try:
            turn_id: str = result["turn"]["id"]
        except (KeyError, TypeError):
            self._refused(start, lambda: RemoteProtocolError(f"the answer to {start.method!r} names no turn"))
            return
        self._begun(start, turn_id)

    def _begun(self, start: TurnStart, turn_id: str) -> None:
        thread = start.thread
        thread.starting = None
        self._starts.discard(start)
        if start.method == "turn/start":
            thread.reopening.began(start.params)
        turn, thread.early = thread.early, None
        if turn is None or turn.turn_id != turn_id:
            if turn is not None:
                self._disown(turn)
            turn = self._open(thread, turn_id, start.setup)
        if start.method == "turn/start" and isinstance(start.params.get("model"), str):
            # The turns after it have it too.
            turn.model = thread.model = start.params["model"]
        if thread.foreign_turn == turn_id:
            thread.foreign_turn = None
        if not turn.is_done:
            thread.active = turn
        start.turn = turn
        if start.is_abandoned:
            self.interrupt(turn)
        else:
            self._engine.waking += start.completion.set_value(turn)
        self._next(thread)

    def _refused(self, start: TurnStart, make_error: Callable[[], BaseException]) -> None:
        thread = start.thread
        thread.starting = None
        if self._engine.is_reconnecting:
            thread.lost_starts.append(start)
        thread.prologue.clear()
        self._starts.discard(start)
        turn, thread.early = thread.early, None
        if turn is not None:
            self._disown(turn)
        started_nothing(start, make_error)
        self._engine.waking += start.completion.set_error(make_error)
        self._next(thread)

    def _open(self, thread: ThreadState, turn_id: str, setup: TurnSetup) -> TurnState:
        turn = TurnState(thread, turn_id, setup)
        self._turns[turn_id] = turn
        if self._silence_limit_s is not None:
            self._end_watch.watch_silence(turn, self._silence_limit_s)
        prologue, thread.prologue = thread.prologue, []
        for method, params in prologue:
            self.publish(turn, normalise(method, params, thread.thread_id, turn_id))
        return turn

    def _disown(self, turn: TurnState) -> None:
        """A turn of the thread that came of no start of ours."""
        self._turns.pop(turn.turn_id, None)
        self._end_watch.ended(turn)
        if not turn.is_done:
            turn.thread.foreign_turn = turn.turn_id

    def _next(self, thread: ThreadState) -> None:
        while thread.queue and not thread.is_busy and not self._engine.is_reconnecting:
            start = thread.queue.popleft()
            if not start.is_abandoned:
                self._launch(start)

    # --- routing ---

    def notification(self, method: str, params: JsonObject) -> None:
        """Give a notification to the turn that it is about."""
        if self._resumer.held and self.holds(params, partial(self.notification, method, params)):
            return
        turn_id = params.get("turnId")
        if type(turn_id) is not str:
            turn_id = self._implied_turn(method, params)
            if type(turn_id) is not str:
                return
        turn = self._turns.get(turn_id)
        if turn is None:
            self.sub_agents.told(turn_id, method, params)
            if method == "thread/tokenUsage/updated":
                self._used_elsewhere(method, params, turn_id)
                return
            turn = self._unknown_turn(method, params, turn_id)
            if turn is None:
                return
        if method == "turn/completed":
            self.completed(turn, params)
        elif method == "rawResponseItem/completed":
            self._raw_item(turn, method, params)
        elif method == "rawResponse/completed":
            self._raw_response(turn, method, params)
        else:
            if method == "serverRequest/resolved":
                self._engine.desk.resolved(params.get("requestId"))
            event = normalise(method, params, turn.thread_id, turn.turn_id)
            if turn.gap is None:
                self.publish(turn, event)
            else:
                for whole in turn.gap.pass_on(event):
                    self.publish(turn, whole)

    def _used_elsewhere(self, method: str, params: JsonObject, turn_id: str) -> None:
        # A turn of another client; or one that has ended, told once more since the thread was resumed or forked.
        thread_id = params.get("threadId")
        thread = self._threads.get(thread_id) if isinstance(thread_id, str) else None
        event = normalise(method, params, str(thread_id), turn_id)
        if thread is not None and isinstance(event, UsageUpdated):
            rebase(thread, event.total, event.last)

    def text_delta(self, ids: tuple[str, str, str], text: str) -> bool:
        """Publish a delta of a turn that runs; False if it needs more than that: it is to come as a notification."""
        thread_id, turn_id, item_id = ids
        turn = self._turns.get(turn_id)
        if (
            turn is None
            or turn.gap is not None
            or turn.thread_id != thread_id
            or self.is_heard_by_all
            or self._resumer.held
        ):
            return False
        params = {"threadId": thread_id, "turnId": turn_id, "itemId": item_id, "delta": text}
        turn.publish(TextDelta(thread_id, turn_id, TEXT_DELTA, params, item_id, text), self._engine.waking)
        if self._silence_limit_s is not None:
            self._touched.add(turn)
        return True

    def holds(self, params: JsonObject, action: Callable[[], None]) -> bool:
        """Whether what came in about a thread is held back until more is known of it; `action` takes it then."""
        return self._resumer.holds(params, action)

    def _raw_response(self, turn: TurnState, method: str, params: JsonObject) -> None:
        calls, turn.response_calls = tuple(turn.response_calls), []
        raw_usage: object = params.get("usage")
        usage = usage_of(cast("JsonObject", raw_usage)) if isinstance(raw_usage, dict) else None
        ids = (turn.thread_id, turn.turn_id, method, params)
        self.publish(turn, ResponseFinished(*ids, params.get("responseId"), usage, calls))

    def _raw_item(self, turn: TurnState, method: str, params: JsonObject) -> None:
        item: object = params.get("item")
        if isinstance(item, dict) and self._is_call_of_ours(turn, cast("JsonObject", item)):
            turn.response_calls.append(self._engine.desk.plan(turn, cast("JsonObject", item)))
        self.publish(turn, normalise(method, params, turn.thread_id, turn.turn_id))

    def _is_call_of_ours(self, turn: TurnState, item: JsonObject) -> bool:
        # The raw items hold the calls of Codex's own tools too.
        # Injected history is echoed as raw items, with the calls that are in it.
        key = (item.get("namespace"), item.get("name"))
        call_id = item.get("call_id")
        return (
            item.get("type") == "function_call"
            and isinstance(call_id, str)
            and key in turn.setup.declared
            and call_id not in turn.thread.injected_calls
        )

    def _implied_turn(self, method: str, params: JsonObject) -> str | None:
        if method in {"turn/started", "turn/completed"}:
            turn = params.get("turn")
            if not isinstance(turn, dict):
                return None
            turn = cast("JsonObject", turn)
            turn_id = turn.get("id")
            if method == "turn/completed":
                self.sub_agents.completed(params, str(turn_id))
            root = self._turns.get(str(turn.get("rootTurnId")))
            if root is None or root.turn_id == turn_id:
                return turn_id
            if root.thread_id == params.get("threadId"):
                # A review starts under an id of its own, and goes on under that of its root.
                return root.turn_id
            if method == "turn/started":
                self.sub_agents.started(root, params, str(turn_id))
            return None
        # What concerns a thread is shown in its running turn, in its place among the events.
        thread_id = params.get("threadId")
        thread = self._threads.get(thread_id) if isinstance(thread_id, str) else None
        if thread is None:
            if method == "serverRequest/resolved":
                self._engine.desk.resolved(params.get("requestId"))
            elif method == "account/rateLimits/updated":
                self._engine.ledger.limits_updated(params)
            self.sub_agents.told_of_thread(thread_id, method, params)
            return None
        if method == "thread/settings/updated":
            thread.model = _model_of(params.get("threadSettings")) or thread.model
        if method == "thread/status/changed":
            thread.is_loaded = params.get("status") != {"type": "notLoaded"}
        if thread.active is not None and method == "thread/status/changed" and not _is_active(params):
            self._end_watch.soon_over(thread.active)
        if thread.foreign_turn is not None and method == "thread/status/changed" and not _is_active(params):
            # The end of somebody else's turn, also where its `turn/completed` does not reach us.
            thread.foreign_turn = None
            self._next(thread)
        turn = thread.active or thread.early
        if turn is not None:
            return turn.turn_id
        if thread.starting is not None and len(thread.prologue) < _MAX_PROLOGUE:
            thread.prologue.append((method, params))
        return None

    def _unknown_turn(self, method: str, params: JsonObject, turn_id: str) -> TurnState | None:
        thread_id = params.get("threadId")
        thread = self._threads.get(thread_id) if isinstance(thread_id, str) else None
        if thread is None:
            return None
        if turn_id in thread.finished:
            extra = about(thread_id=thread_id, turn_id=turn_id)
            _log.debug("%s after the end of turn %s", method, turn_id, extra=extra)
            return None
        if method in _OF_NO_TURN:
            # The echo of injected history names a turn that never is.
            return None
        start, early = thread.starting, thread.early
        if start is not None and early is not None and method == "turn/started" and not early.is_started:
            # What came before was of no turn that runs: this one is told to begin.
            self._turns.pop(early.turn_id, None)
            self._end_watch.ended(early)
            early = None
        if start is not None and early is None:
            turn = thread.early = self._open(thread, turn_id, start.setup)
            if start.is_accepted:
                self._begun(start, turn_id)
            return turn
        if method == "turn/started":
            thread.foreign_turn = turn_id
        elif method == "turn/completed" and thread.foreign_turn in {turn_id, ""}:
            thread.foreign_turn = None
            thread.finished.append(turn_id)
            self._next(thread)
        return None

    def publish(self, turn: TurnState, event: Event) -> None:
        """Give an event to the readers of a turn."""
        kind = type(event)
        if kind is ToolStarted:
            if cast("ToolStarted", event).tool_kind == "command":
                turn.open_commands.add(cast("ToolStarted", event).item_id)
        elif kind is ToolFinished:
            turn.open_commands.discard(cast("ToolFinished", event).item_id)
            self.sub_agents.learn(turn.thread, cast("ToolFinished", event))
        elif kind is TurnStarted:
            turn.is_started = True
            turn.model = turn.thread.model
            log_turn_started(turn)
            self.interrupter.changed(turn)
        elif kind is UsageUpdated:
            count(self._engine.ledger, turn, cast("UsageUpdated", event))
        elif kind is OtherEvent and event.method == "model/rerouted":
            turn.model = rerouted(event.raw) or turn.model
        observer = turn.setup.observer
        if observer is not None:
            observer.event(event, turn.model)
        turn.publish(event, self._engine.waking)
        if self._silence_limit_s is not None:
            self._touched.add(turn)

    def _publish_of_sub_agent(self, turn: TurnState, event: SubAgentEvent) -> None:
        observer = turn.setup.observer
        if observer is not None:
            observer.sub_agent_event(event)
        turn.publish_of_sub_agent(event, self._engine.waking)
        if self._silence_limit_s is not None:
            # A turn that waits for its sub-agents is not silent.
            self._touched.add(turn)

    def flush(self) -> None:
        """Note when something was heard of the turns."""
        if self._touched:
            now = asyncio.get_running_loop().time()
            for turn in self._touched:
                turn.last_event_at = now
            self._touched.clear()

    def completed(self, turn: TurnState, params: JsonObject) -> None:
        """End a turn with its `turn/completed`."""
        if turn.stalled is not None:
            self.abort(turn, partial(stalled, turn, turn.stalled))
            return
        found: object = params.get("turn")
        raw_turn = cast("JsonObject", found) if isinstance(found, dict) else {}
        if turn.gap is not None:
            # What was told in the gap and was not on record yet when that was read.
            for event in turn.gap.fill(raw_turn.get("items") or ()):
                self.publish(turn, event)
        result = turn.completed(raw_turn)
        log_turn_ended(turn, result)
        self.publish(turn, TurnFinished(turn.thread_id, turn.turn_id, "turn/completed", params, result))
        self._engine.waking += turn.finish(result=result)
        self._ended(turn)

    def _ended(self, turn: TurnState) -> None:
        thread = turn.thread
        self._turns.pop(turn.turn_id, None)
        self.sub_agents.root_ended(turn)
        thread.finished.append(turn.turn_id)
        self._engine.desk.end_turn(turn)
        self.interrupter.changed(turn)
        self._end_watch.ended(turn)
        # Its result may be kept for long: not with the tools, the handlers and the context of whoever started it.
        turn.setup = turn.setup.after_end()
        if thread.active is turn:
            thread.active = None
        self._next(thread)

    def abort(self, turn: TurnState, make_error: Callable[[], BaseException]) -> None:
        """End a turn here, without the server."""
        log_turn_aborted(turn, make_error)
        observer = turn.setup.observer
        if observer is not None:
            observer.failed(make_error)
        self._engine.waking += turn.finish(error=make_error)
        self._engine.waking += turn.take_waiters()
        self._ended(turn)

    def abort_all(self, make_error: Callable[[str | None, str | None], BaseException]) -> None:
        """End every turn and every start with an error that names it."""
        for start in list(self._starts):
            start.thread.queue.clear()
            start.thread.starting = None
            make_one = partial(make_error, start.thread.thread_id, None)
            started_nothing(start, make_one)
            self._engine.waking += start.completion.set_error(make_one)
        self._starts.clear()
        for turn in list(self._turns.values()):
            self.abort(turn, partial(_with_result, turn, partial(make_error, turn.thread_id, turn.turn_id)))
        self.flush()

    def abort_oversized(self, turn_ids: list[str], message: str) -> None:
        """A message that was too long is lost: end the turn that it was about, or else all of them."""
        concerned = [turn for turn_id in turn_ids if (turn := self._turns.get(turn_id)) is not None]
        for turn in concerned or list(self._turns.values()):
            self.abort(turn, partial(RemoteProtocolError, message))

    # --- questions of the server ---

    def concerned(self, params: JsonObject) -> tuple[TurnState | SubAgentTurn | None, TurnSetup | None]:
        """Return the turn that a question is about, where it is known here, and who answers in its thread."""
        turn_id = str(params.get("turnId"))
        turn = self._turns.get(turn_id)
        if turn is not None:
            return turn, turn.setup
        thread_id = str(params.get("threadId") or params.get("conversationId"))
        thread = self._threads.get(thread_id)
        if thread is None:
            # A sub-agent asks those who decide for the turn that it works for.
            return self.sub_agents.turn(turn_id), self.sub_agents.setup_of(thread_id)
        # An elicitation may come without the turn that it belongs to.
        turn = (thread.active or thread.early) if params.get("turnId") is None else None
        return turn, thread.setup if turn is None else turn.setup

    # --- a connection that was lost and is there again ---

    def resume_all(self, on_resumed: Callable[[], None]) -> None:
        """Subscribe to all threads again, and catch up with their turns; then call `on_resumed`."""
        self.spawn(self._resume_all(on_resumed))

    async def _resume_all(self, on_resumed: Callable[[], None]) -> None:
        # One that is not followed is resumed when it is used; save for the end of its turn.
        threads = [thread for thread in self._threads.values() if thread.is_open or thread.active is not None]
        try:
            await self._resumer.resume_all(threads)
        finally:
            on_resumed()
            for thread in threads:
                self._next(thread)
            self._engine.flush()

    def _found(self, thread: ThreadState, found: Found) -> None:
        lost_starts = thread.lost_starts
        running = next((turn for turn in found.turns.values() if turn["status"] == "inProgress"), None)
        start = thread.starting
        if start is not None and start.is_accepted and running is not None:
            self._begun(start, running["id"])
        elif start is not None and start.is_accepted:
            self._refused(start, partial(_lost_start, start))
        thread.lost_starts = []
        turn = thread.active
        if turn is not None:
            raw_turn = found.turns.get(turn.turn_id) or {"id": turn.turn_id}
            self.fill_gap(turn, raw_turn, found.running_items)
        elif running is not None and any(_is_of(start, running) for start in lost_starts):
            # Its start was told to have failed, since its answer was lost.
            self.interrupt(self._follow(thread, running))
        elif found.is_active:
            thread.foreign_turn = "" if running is None else running["id"]
        else:
            thread.foreign_turn = None

    def _told(self, thread: ThreadState, found: Found) -> None:
        """End the turn if it ended meanwhile: after its usage, which the server tells again."""
        turn = thread.active
        raw_turn = None if turn is None else found.turns.get(turn.turn_id)
        if turn is not None and raw_turn is not None and raw_turn["status"] != "inProgress":
            self.completed(turn, {"threadId": turn.thread_id, "turn": raw_turn})
        elif turn is not None and found.is_active is False:
            self._end_watch.soon_over(turn)
        self._next(thread)

    def _not_resumed(self, thread: ThreadState, error: AppServerError) -> None:
        _log.warning(
            "thread %s cannot be followed any more: %s",
            thread.thread_id,
            without_secrets(error),
            extra=about(thread_id=thread.thread_id),
        )
        # Whoever uses it next is told why.
        thread.is_subscribed = False
        thread.foreign_turn = None
        while thread.queue:
            start = thread.queue.popleft()
            self._starts.discard(start)
            started_nothing(start, partial(copy_error, error))
            self._engine.waking += start.completion.set_error(partial(copy_error, error))
        if thread.starting is not None:
            self._refused(thread.starting, partial(copy_error, error))
        thread.lost_starts = []
        turn = thread.active
        if turn is not None:
            self.spawn(self.interrupter.interrupt_lost(turn))
            self.abort(turn, partial(_with_result, turn, partial(_lost_turn, turn, error)))

    # --- interrupting ---

    def interrupt(self, turn: TurnState, completion: Completion[None] | None = None) -> None:
        """Interrupt a turn and end its commands; once, however many ask."""
        self.interrupter.interrupt(turn, completion)

    def is_interrupting(self, turn: TurnState) -> bool:
        """Whether a turn is being interrupted."""
        return self.interrupter.is_at(turn)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine beside others; the loop itself keeps only a weak reference."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _model_of(settings: object) -> str | None:
    model: object = cast("JsonObject", settings).get("model") if isinstance(settings, dict) else None
    return model if isinstance(model, str) else None


def _is_active(params: JsonObject) -> bool:
    status = params.get("status")
    return isinstance(status, dict) and cast("JsonObject", status).get("type") == "active"


def _with_result(turn: TurnState, make_error: Callable[[], BaseException]) -> BaseException:
    error = make_error()
    if isinstance(error, TransportClosedError):
        error.result = turn.so_far()
    return error


def _given_up(start: TurnStart) -> TurnInterruptedError:
    return TurnInterruptedError(
        "nobody waits for this turn any more: it was not started", thread_id=start.thread.thread_id
    )


def _lost_start(start: TurnStart) -> ConnectionLostError:
    return ConnectionLostError(
        f"the connection was lost; it is not known what became of {start.method!r}",
        thread_id=start.thread.thread_id,
    )


def _lost_turn(turn: TurnState, why: BaseException) -> ConnectionLostError:
    return ConnectionLostError(
        f"the connection was lost, and turn {turn.turn_id!r} cannot be followed any more: {why}",
        thread_id=turn.thread_id,
        turn_id=turn.turn_id,
    )


def _is_of(start: TurnStart, raw_turn: JsonObject) -> bool:
    """Whether a turn may have come of a start: another client may have started one of its own."""
    asked = _texts(start.params.get("input"))
    items: list[JsonObject] = raw_turn.get("items") or []
    told = [item for item in items if item.get("type") == "userMessage"]
    return not asked or not told or _texts(told[0].get("content")) == asked


def _texts(parts: object) -> list[object]:
    if not isinstance(parts, list):
        return []
    return [part.get("text") for part in cast("list[JsonObject]", parts) if part.get("type") == "text"]
