"""Routing of what concerns turns; one turn at a time for each thread; interrupting.

A `turn/start` on a thread whose turn still runs would silently become a steer of that turn, so the
turns of one thread wait for each other here. Events of a turn may come before the reply to its
`turn/start`: a turn's state is created by whichever comes first.
"""

from __future__ import annotations

import asyncio
import logging
import re
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from codex_app_server._engine.state import ThreadState, TurnState
from codex_app_server._wire.normalise import normalise
from codex_app_server.errors import (
    AppServerError,
    InvalidRequestError,
    RemoteProtocolError,
    RequestTimeoutError,
    TurnStalledError,
)
from codex_app_server.events import (
    ApprovalRequested,
    ToolCallRequested,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from codex_app_server.questions import ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codex_app_server._engine.state import TurnStart
    from codex_app_server._engine.wakeups import Completion, Waiter
    from codex_app_server.events import (
        Event,
    )
    from codex_app_server.json_types import JsonObject
    from codex_app_server.questions import ApprovalRequest

__all__ = ["TurnTable"]

_log = logging.getLogger("codex_app_server")

# An interrupted turn ends within some 10 ms; one that has not after this time never will.
_INTERRUPT_S = 5.0
_RETRY_S = 0.05
# Notifications about a thread that come between `turn/start` and its turn: a few warnings.
_MAX_PROLOGUE = 100
_FOUND_TURN = re.compile(r"but found `([^`]+)`")
_NO_HANDLER = "This tool is not available: the client has no handler for it."


class Link(Protocol):
    """What the table needs of the engine."""

    waking: list[Waiter]

    def send(
        self,
        method: str,
        params: Mapping[str, object],
        on_result: Callable[[Any], None],
        on_error: Callable[[Callable[[], BaseException]], None],
    ) -> None:
        """Send a request."""
        ...

    async def call(self, method: str, params: Mapping[str, object], timeout_s: float) -> Any:
        """Send an urgent request and wait for its result."""
        ...

    def answer(self, request_id: str | int, result: JsonObject) -> None:
        """Answer a request of the server."""
        ...

    def answer_soon(self, request_id: str | int, result: JsonObject) -> None:
        """Answer it from any OS thread."""
        ...

    def refuse(self, request_id: str | int, code: int, message: str) -> None:
        """Answer it with an error."""
        ...

    def flush(self) -> None:
        """Wake everybody who has something to read."""
        ...

    def forget_thread(self, thread_id: str) -> None:
        """Tell the server that a thread is not used any more; called when it was collected."""
        ...


class TurnTable:
    """All threads and turns of one connection. Its methods run on the engine's loop."""

    def __init__(self, engine: Link) -> None:
        self._engine = engine
        # A thread lives as long as somebody uses it: a face, a start on its way, a running turn.
        self._threads: weakref.WeakValueDictionary[str, ThreadState] = weakref.WeakValueDictionary()
        self._turns: dict[str, TurnState] = {}
        self._starts: set[TurnStart] = set()
        # Who waits for the interrupt of a turn.
        self._interrupts: dict[str, list[Completion[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # Set when a turn starts or ends; made by whoever waits for that.
        self._changes: dict[str, asyncio.Event] = {}
        self._touched: list[TurnState] = []

    def opened(self, thread: JsonObject) -> ThreadState:
        """Return the state of a thread that was started, resumed or forked; one for all who use it.

        Args:
            thread: The thread as the server described it.
        """
        thread_id: str = thread["id"]
        state = self._threads.get(thread_id)
        if state is None:
            self._threads[thread_id] = state = ThreadState(thread_id)
            if _is_active(thread):
                # Resumed while somebody else's turn runs in it.
                state.foreign_turn = next(
                    (turn["id"] for turn in thread.get("turns") or () if turn.get("status") == "inProgress"),
                    "",
                )
            if thread.get("ephemeral"):
                # It cannot be resumed, so when nobody here has it any more, it only takes up the server's memory.
                weakref.finalize(state, self._engine.forget_thread, thread_id).atexit = False
        return state

    # --- starting ---

    def start(self, start: TurnStart) -> None:
        """Send a `turn/start`, after the turns of its thread that are before it."""
        if start.is_abandoned:
            return
        self._starts.add(start)
        if start.thread.is_busy or start.thread.queue:
            start.thread.queue.append(start)
        else:
            self._launch(start)

    def abandon(self, start: TurnStart) -> None:
        """Nobody waits for this start any more: drop it, or interrupt the turn that came of it."""
        start.is_abandoned = True
        thread = start.thread
        if start in thread.queue:
            thread.queue.remove(start)
            self._starts.discard(start)
        elif start.turn is not None:
            self.interrupt(start.turn)

    def _launch(self, start: TurnStart) -> None:
        start.thread.starting = start
        self._engine.send(
            "turn/start", start.params, partial(self._accepted, start), partial(self._refused, start)
        )

    def _accepted(self, start: TurnStart, result: Any) -> None:
        thread = start.thread
        try:
            turn_id: str = result["turn"]["id"]
        except (KeyError, TypeError):
            self._refused(start, lambda: RemoteProtocolError("the answer to 'turn/start' names no turn"))
            return
        thread.starting = None
        self._starts.discard(start)
        turn, thread.early = thread.early, None
        if turn is None or turn.turn_id != turn_id:
            if turn is not None:
                self._disown(turn)
            turn = self._open(thread, turn_id)
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
        thread.prologue.clear()
        self._starts.discard(start)
        turn, thread.early = thread.early, None
        if turn is not None:
            self._disown(turn)
        self._engine.waking += start.completion.set_error(make_error)
        self._next(thread)

    def _open(self, thread: ThreadState, turn_id: str) -> TurnState:
        turn = TurnState(thread, turn_id)
        self._turns[turn_id] = turn
        prologue, thread.prologue = thread.prologue, []
        for method, params in prologue:
            self.publish(turn, normalise(method, params, thread.thread_id, turn_id))
        return turn

    def _disown(self, turn: TurnState) -> None:
        """A turn of the thread that came of no start of ours."""
        self._turns.pop(turn.turn_id, None)
        if not turn.is_done:
            turn.thread.foreign_turn = turn.turn_id

    def _next(self, thread: ThreadState) -> None:
        while thread.queue and not thread.is_busy:
            start = thread.queue.popleft()
            if not start.is_abandoned:
                self._launch(start)

    # --- routing ---

    def notification(self, method: str, params: JsonObject) -> None:
        """Give a notification to the turn that it is about."""
        turn_id = params.get("turnId")
        if type(turn_id) is not str:
            turn_id = self._implied_turn(method, params)
            if type(turn_id) is not str:
                return
        turn = self._turns.get(turn_id)
        if turn is None:
            turn = self._unknown_turn(method, params, turn_id)
            if turn is None:
                return
        if method == "turn/completed":
            self._completed(turn, params)
        else:
            self.publish(turn, normalise(method, params, turn.thread_id, turn.turn_id))

    def _implied_turn(self, method: str, params: JsonObject) -> str | None:
        if method in {"turn/started", "turn/completed"}:
            turn = params.get("turn")
            return cast("JsonObject", turn).get("id") if isinstance(turn, dict) else None
        # What concerns a thread is shown in its running turn, in its place among the events.
        thread_id = params.get("threadId")
        thread = self._threads.get(thread_id) if isinstance(thread_id, str) else None
        if thread is None:
            return None
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
            _log.debug("%s after the end of turn %s", method, turn_id)
            return None
        if thread.starting is not None and thread.early is None:
            thread.early = self._open(thread, turn_id)
            return thread.early
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
        elif kind is TurnStarted:
            turn.is_started = True
            self._changed(turn)
        turn.publish(event)
        self._touched.append(turn)

    def flush(self) -> None:
        """Collect the readers that have something new to read."""
        touched = self._touched
        if touched:
            self._touched = []
            for turn in set(touched):
                self._engine.waking += turn.take_waiters()

    def _completed(self, turn: TurnState, params: JsonObject) -> None:
        raw_turn = params.get("turn")
        result = turn.completed(cast("JsonObject", raw_turn) if isinstance(raw_turn, dict) else {})
        self.publish(turn, TurnFinished(turn.thread_id, turn.turn_id, "turn/completed", params, result))
        self._engine.waking += turn.finish(result=result)
        self._ended(turn)

    def _ended(self, turn: TurnState) -> None:
        thread = turn.thread
        self._turns.pop(turn.turn_id, None)
        thread.finished.append(turn.turn_id)
        for call in turn.open_calls.values():
            call.end()
        turn.open_calls.clear()
        self._changed(turn)
        if thread.active is turn:
            thread.active = None
        self._next(thread)

    def _changed(self, turn: TurnState) -> None:
        change = self._changes.get(turn.turn_id)
        if change is not None:
            change.set()

    def abort(self, turn: TurnState, make_error: Callable[[], BaseException]) -> None:
        """End a turn here, without the server."""
        self._engine.waking += turn.finish(error=make_error)
        self._touched.append(turn)
        self._ended(turn)

    def abort_all(self, make_error: Callable[[str | None, str | None], BaseException]) -> None:
        """End every turn and every start with an error that names it."""
        for start in list(self._starts):
            start.thread.queue.clear()
            start.thread.starting = None
            self._engine.waking += start.completion.set_error(
                partial(make_error, start.thread.thread_id, None)
            )
        self._starts.clear()
        for turn in list(self._turns.values()):
            self.abort(turn, partial(make_error, turn.thread_id, turn.turn_id))
        self.flush()

    def abort_oversized(self, turn_ids: list[str], message: str) -> None:
        """A message that was too long is lost: end the turn that it was about, or else all of them."""
        concerned = [turn for turn_id in turn_ids if (turn := self._turns.get(turn_id)) is not None]
        for turn in concerned or list(self._turns.values()):
            self.abort(turn, partial(RemoteProtocolError, message))

    # --- questions of the server ---

    def tool_call(self, request_id: str | int, params: JsonObject) -> None:
        """A tool of this program is called: hand the call to the turn's readers, or refuse it."""
        turn = self._turns.get(str(params.get("turnId")))
        if turn is None or turn.is_refusing_calls:
            self._engine.answer(request_id, _tool_failure(_NO_HANDLER))
            return
        if request_id in turn.open_calls:
            # `thread/resume` repeats the requests that are still open.
            return

        def answer(result: JsonObject) -> None:
            turn.open_calls.pop(request_id, None)
            self._engine.answer_soon(request_id, result)

        try:
            call = ToolCall(params, answer)
        except KeyError as exc:
            self._engine.refuse(request_id, -32602, f"missing field {exc}")
            return
        turn.open_calls[request_id] = call
        self.publish(turn, ToolCallRequested(turn.thread_id, turn.turn_id, "item/tool/call", params, call))

    def refuse_calls(self, turn: TurnState) -> None:
        """Nobody will answer the tool calls of this turn: answer them with a failure, now and later."""
        turn.is_refusing_calls = True
        for request_id, call in turn.open_calls.items():
            if call.end():
                self._engine.answer(request_id, _tool_failure(_NO_HANDLER))
        turn.open_calls.clear()

    def refuse_all_calls(self) -> None:
        """The connection is about to end: the server is not left waiting."""
        for turn in self._turns.values():
            self.refuse_calls(turn)

    def approval(self, request: ApprovalRequest, method: str, params: JsonObject) -> None:
        """Show an approval request, and how it was answered, in its turn."""
        turn = self._turns.get(str(params.get("turnId")))
        if turn is not None:
            self.publish(turn, ApprovalRequested(turn.thread_id, turn.turn_id, method, params, request))

    # --- interrupting ---

    def interrupt(self, turn: TurnState, completion: Completion[None] | None = None) -> None:
        """Interrupt a turn and end its commands; once, however many ask."""
        waiting = self._interrupts.get(turn.turn_id)
        if waiting is not None:
            waiting.extend(filter(None, [completion]))
            return
        if turn.is_done:
            if completion is not None:
                self._engine.waking += completion.set_value(None)
            return
        self._interrupts[turn.turn_id] = [completion] if completion else []
        task = asyncio.get_running_loop().create_task(self._interrupt(turn))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _interrupt(self, turn: TurnState) -> None:
        change = self._changes[turn.turn_id] = asyncio.Event()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _INTERRUPT_S
        try:
            # The server refuses to interrupt a turn before its `turn/started`, and does not answer
            # a second interrupt of one turn: ask at the right moment, and with a deadline.
            if not turn.is_started:
                await _wait(change, deadline - loop.time())
            turn_id = turn.turn_id
            while not turn.is_done and loop.time() < deadline:
                change.clear()
                try:
                    await self._engine.call(
                        "turn/interrupt",
                        {"threadId": turn.thread_id, "turnId": turn_id},
                        deadline - loop.time(),
                    )
                except InvalidRequestError as exc:
                    # Not active yet, or known by another id (a review's turn has two).
                    found = _FOUND_TURN.search(exc.message)
                    if found and found[1] not in turn.thread.finished:
                        turn_id = found[1]
                    await _wait(change, _RETRY_S)
                else:
                    break
            while not turn.is_done and loop.time() < deadline:
                change.clear()
                await _wait(change, deadline - loop.time())
            if not turn.is_done:
                self.abort(turn, partial(_stalled, turn.thread_id, turn.turn_id))
            if turn.open_commands:
                # An interrupt leaves the running command alive, as a background terminal.
                await self._engine.call(
                    "thread/backgroundTerminals/clean", {"threadId": turn.thread_id}, _INTERRUPT_S
                )
        except RequestTimeoutError:
            if not turn.is_done:
                self.abort(turn, partial(_stalled, turn.thread_id, turn.turn_id))
        except AppServerError as exc:
            # The connection is gone, and the turn with it; or the server is too old to end commands.
            _log.warning("could not end turn %s completely: %s", turn.turn_id, exc)
        finally:
            self._changes.pop(turn.turn_id, None)
            for completion in self._interrupts.pop(turn.turn_id, ()):
                self._engine.waking += completion.set_value(None)
            self._engine.flush()


def _is_active(params: JsonObject) -> bool:
    status = params.get("status")
    return isinstance(status, dict) and cast("JsonObject", status).get("type") == "active"


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), max(timeout_s, 0.001))
    except asyncio.TimeoutError:
        return


def _stalled(thread_id: str, turn_id: str) -> TurnStalledError:
    return TurnStalledError(
        f"the server did not end turn {turn_id!r} within {_INTERRUPT_S:g} s of its interrupt",
        thread_id=thread_id,
        turn_id=turn_id,
    )


def _tool_failure(message: str) -> JsonObject:
    return {"contentItems": [{"type": "inputText", "text": message}], "success": False}
