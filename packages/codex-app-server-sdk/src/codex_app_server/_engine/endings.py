"""EndWatch: finds the end of a turn that the server did not tell, and gives up on silent turns. On the engine's loop."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from codex_app_server._engine.deadlines import Deadlines
from codex_app_server._engine.interrupting import ANSWER_S, stalled
from codex_app_server._logs import about_turn
from codex_app_server.errors import AppServerError, RemoteProtocolError, TransportClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Protocol

    from codex_app_server._engine.desk import QuestionDesk
    from codex_app_server._engine.state import TurnState
    from codex_app_server.json_types import JsonObject

    class Link(Protocol):
        """What the watch needs of the engine."""

        desk: QuestionDesk

        async def call(self, method: str, params: Mapping[str, object], timeout_s: float) -> Any:
            """Send an urgent request and wait for its result."""
            ...

        @property
        def is_reconnecting(self) -> bool:
            """Whether the connection was lost and is being made again."""
            ...

        def flush(self) -> None:
            """Wake everybody who has something to read."""
            ...

    class Table(Protocol):
        """What the watch needs of the table of turns."""

        def abort(self, turn: TurnState, make_error: Callable[[], BaseException]) -> None:
            """End a turn here, without the server."""
            ...

        def completed(self, turn: TurnState, params: JsonObject) -> None:
            """End a turn with its `turn/completed`."""
            ...

        def fill_gap(self, turn: TurnState, raw_turn: JsonObject) -> None:
            """Publish what a turn did that has not been seen."""
            ...

        def interrupt(self, turn: TurnState) -> None:
            """Interrupt a turn."""
            ...

        def is_interrupting(self, turn: TurnState) -> bool:
            """Whether a turn is being interrupted."""
            ...

        def spawn(self, work: Coroutine[Any, Any, None]) -> None:
            """Run a coroutine beside others."""
            ...


__all__ = ["EndWatch"]

_log = logging.getLogger("codex_app_server")

# After `idle` the end of the turn follows within milliseconds; one that has not after this time is lost.
_IDLE_GRACE_S = 1.0
# How often to look, within the limit of silence, whether a question was answered.
_LOOKS_PER_LIMIT = 4
# How many of a thread's last turns are looked through for one whose end was lost.
_LOOKED_THROUGH = 20


class EndWatch:
    """Looks after the ends of turns.

    Args:
        engine: Sends the requests.
        table: Ends the turns.
    """

    def __init__(self, engine: Link, table: Table) -> None:
        self._engine = engine
        self._table = table
        # Of turns whose end is due; made when the loop is there. Nearly every turn passes here.
        self._due: Deadlines[TurnState] | None = None
        # A timer would keep the turn, and with it the objects of whoever started it, long after its end.
        self._silence_timers: dict[TurnState, asyncio.TimerHandle] = {}

    def soon_over(self, turn: TurnState) -> None:
        """The thread is idle: `turn/completed` follows, or is lost."""
        if self._due is None:
            self._due = Deadlines(asyncio.get_running_loop(), _IDLE_GRACE_S, self._not_over)
        if turn not in self._due:
            self._due.add(turn)

    def ended(self, turn: TurnState) -> None:
        """Let go of a turn that has ended."""
        if self._due is not None:
            self._due.discard(turn)
        timer = self._silence_timers.pop(turn, None)
        if timer is not None:
            timer.cancel()

    def _not_over(self, turn: TurnState) -> None:
        if not self._table.is_interrupting(turn):
            self._table.spawn(self._recover(turn))

    async def _recover(self, turn: TurnState) -> None:
        """Take the end of a turn from the record of its thread."""
        try:
            why = await self._ended_by_record(turn)
        except TransportClosedError:
            # All turns are caught up with when the connection is there again, or end with it.
            return
        except AppServerError as exc:
            why = f"and its record cannot be read: {exc}"
        failure = turn.last_failure()
        if not turn.is_done and failure is not None:
            # Some turns fail before they have begun (a review of a branch that is not there), with this alone.
            raw_turn: JsonObject = {"id": turn.turn_id, "items": [], "status": "failed", "error": failure}
            self._table.completed(turn, {"threadId": turn.thread_id, "turn": raw_turn})
        elif not turn.is_done:
            self._table.abort(
                turn, partial(stalled, turn, f"the server is idle, has not ended the turn, {why}")
            )
        self._engine.flush()

    async def _ended_by_record(self, turn: TurnState) -> str:
        """End a turn by the record of its thread; return why that was not possible, if it was not."""
        if turn.thread.is_ephemeral:
            return "and keeps no record of an ephemeral thread"
        raw_turn = await self._recorded(turn)
        if raw_turn is None:
            return "and its record has no end of it"
        if not turn.is_done:
            _log.warning(
                "the end of turn %s was lost, and was read from its thread",
                turn.turn_id,
                extra=about_turn(turn),
            )
            self._table.fill_gap(turn, raw_turn)
            self._table.completed(turn, {"threadId": turn.thread_id, "turn": raw_turn})
        return ""

    async def _recorded(self, turn: TurnState) -> JsonObject | None:
        """Return the turn from the record of its thread, if it has ended there."""
        answer = await self._engine.call(
            "thread/turns/list",
            {"threadId": turn.thread_id, "limit": _LOOKED_THROUGH, "itemsView": "full"},
            ANSWER_S,
        )
        try:
            for raw_turn in answer["data"]:
                if raw_turn["id"] == turn.turn_id and raw_turn["status"] != "inProgress":
                    return raw_turn
        except (AttributeError, KeyError, TypeError) as exc:
            raise RemoteProtocolError("the answer to 'thread/turns/list' is no list of turns") from exc
        return None

    def watch_silence(self, turn: TurnState, limit_s: float) -> None:
        """Give a turn up when nothing is heard of it for `limit_s` seconds."""
        turn.last_event_at = asyncio.get_running_loop().time()
        self._look_after(turn, limit_s, limit_s)

    def _look_after(self, turn: TurnState, delay_s: float, limit_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._silence_timers[turn] = loop.call_later(delay_s, self._look_for_silence, turn, limit_s)

    def _look_for_silence(self, turn: TurnState, limit_s: float) -> None:
        now = asyncio.get_running_loop().time()
        if self._engine.desk.is_waiting(turn) or self._engine.is_reconnecting:
            # It is this program's turn to act. The answer itself is no event, so look often.
            turn.last_event_at = now + limit_s / _LOOKS_PER_LIMIT
            self._look_after(turn, limit_s / _LOOKS_PER_LIMIT, limit_s)
        elif now - turn.last_event_at < limit_s:
            self._look_after(turn, limit_s - (now - turn.last_event_at), limit_s)
        else:
            turn.stalled = f"nothing was heard of it for {limit_s:g} s"
            self._table.interrupt(turn)
