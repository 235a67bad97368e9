"""Interrupter: ends a turn on the server, with the commands and sub-agents that it runs. Runs on the engine's loop."""

from __future__ import annotations

import asyncio
import logging
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from codex_app_server._engine.deadlines import Deadlines
from codex_app_server._engine.diagnostics import without_secrets
from codex_app_server._logs import about_turn
from codex_app_server.errors import (
    AppServerError,
    InvalidRequestError,
    RequestTimeoutError,
    TransportClosedError,
    TurnStalledError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Protocol

    from codex_app_server._engine.state import TurnState
    from codex_app_server._engine.wakeups import Completion, Waiter

    class Link(Protocol):
        """What the interrupter needs of the engine."""

        waking: list[Waiter]

        def ask(
            self,
            method: str,
            params: Mapping[str, object],
            on_error: Callable[[Callable[[], BaseException]], None],
            timeout_s: float,
        ) -> None:
            """Send an urgent request of which only a failure matters."""
            ...

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


__all__ = ["ANSWER_S", "Interrupter", "stalled"]

_log = logging.getLogger("codex_app_server")

ANSWER_S = 5.0
"""An interrupted turn ends within some 10 ms; one that has not after this time never will."""

# A turn is told to have started within milliseconds; after this time it is interrupted all the same.
_START_S = 2.0
_RETRY_S = 0.05
_NOT_INTERRUPTED = f"the server did not end it within {ANSWER_S:g} s of its interrupt"
_FOUND_TURN = re.compile(r"but found `?([\w-]+)")


class Interrupter:
    """All interrupts that are on their way.

    Args:
        engine: Sends the requests.
        abort: Ends a turn here, without the server.
        spawn: Runs a coroutine beside others.
    """

    def __init__(
        self,
        engine: Link,
        abort: Callable[[TurnState, Callable[[], BaseException]], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._engine = engine
        self._abort = abort
        self._spawn = spawn
        # Who waits for the interrupt of a turn.
        self._interrupts: dict[str, list[Completion[None]]] = {}
        # Turns whose end is to follow, since the server was asked for it and has not refused; made when the loop is there.
        self._asked: Deadlines[TurnState] | None = None
        # Set when a turn starts or ends; made by whoever waits for that.
        self._changes: dict[str, asyncio.Event] = {}

    def is_at(self, turn: TurnState) -> bool:
        """Whether a turn is being interrupted."""
        return turn.turn_id in self._interrupts

    def changed(self, turn: TurnState) -> None:
        """A turn has started or ended."""
        change = self._changes.get(turn.turn_id)
        if change is not None:
            change.set()
        if self._asked is not None and turn in self._asked and turn.is_done:
            self._asked.discard(turn)
            if turn.sub_agents or turn.open_commands:
                self._spawn(self._interrupt(turn, is_over=True))
            else:
                self._settle(turn)

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
        if turn.is_started and not self._engine.is_reconnecting:
            # That nearly always suffices, and takes no task.
            self._await_end(turn)
            params = {"threadId": turn.thread_id, "turnId": turn.turn_id}
            self._engine.ask("turn/interrupt", params, partial(self.refused, turn), ANSWER_S)
        else:
            self._spawn(self._interrupt(turn))

    def _await_end(self, turn: TurnState) -> None:
        if self._asked is None:
            self._asked = Deadlines(asyncio.get_running_loop(), ANSWER_S, self._not_ended)
        self._asked.add(turn)

    def may_ask(self, turn: TurnState) -> bool:
        """Whether all that there is to do now is to ask the server; asked on another OS thread."""
        return turn.is_started and not turn.is_done and turn.turn_id not in self._interrupts

    def was_asked(self, turn: TurnState, completion: Completion[None]) -> None:
        """Note that another OS thread has asked the server to end a turn; what it answers is for `refused`."""
        waiting = self._interrupts.get(turn.turn_id)
        if waiting is not None:
            waiting.append(completion)
        elif turn.is_done:
            self._engine.waking += completion.set_value(None)
        else:
            self._interrupts[turn.turn_id] = [completion]
            self._await_end(turn)

    def refused(self, turn: TurnState, make_error: Callable[[], BaseException]) -> None:
        """The server has refused to end a turn, or did not answer."""
        # One that has ended, or whose time is over, is looked after already.
        if self._asked is not None and turn in self._asked:
            self._asked.discard(turn)
            self._spawn(self._interrupt(turn, refused=make_error()))

    def _not_ended(self, turn: TurnState) -> None:
        if self._asked is not None and self._engine.is_reconnecting:
            # The time that it takes to connect again is not the server's.
            self._asked.add(turn)
        else:
            self._spawn(self._interrupt(turn, is_over=True))

    async def _ask(self, turn: TurnState, refused: BaseException | None) -> None:
        """Ask the server until it accepts, and wait for the end of the turn; both only for a time."""
        change = self._changes[turn.turn_id] = asyncio.Event()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ANSWER_S
        # The server refuses to interrupt a turn before its `turn/started`, and does not answer
        # a second interrupt of one turn: ask at the right moment, and with a deadline.
        if not turn.is_started:
            await _wait(change, _START_S)
        turn_id = turn.turn_id
        while not turn.is_done and loop.time() < deadline:
            change.clear()
            was_away = self._engine.is_reconnecting
            try:
                if refused is not None:
                    error, refused = refused, None
                    raise error
                await self._engine.call(
                    "turn/interrupt",
                    {"threadId": turn.thread_id, "turnId": turn_id},
                    deadline - loop.time(),
                )
            except TransportClosedError:
                if not self._engine.is_reconnecting:
                    raise
                # Asked again as soon as the connection is there: the next call waits for that.
            except InvalidRequestError as exc:
                # Not active yet, or known by another id (a review's turn has two).
                found = _FOUND_TURN.search(exc.message)
                if found and found[1] not in turn.thread.finished:
                    turn_id = found[1]
                await _wait(change, _RETRY_S)
            else:
                break
            finally:
                if was_away or self._engine.is_reconnecting:
                    # The time that it took to connect again is not the server's.
                    deadline = loop.time() + ANSWER_S
        while not turn.is_done and loop.time() < deadline:
            change.clear()
            await _wait(change, deadline - loop.time())
            if self._engine.is_reconnecting:
                deadline = loop.time() + ANSWER_S

    async def _interrupt(
        self, turn: TurnState, *, refused: BaseException | None = None, is_over: bool = False
    ) -> None:
        """End a turn, and what works for it.

        Args:
            turn: The turn.
            refused: Why the server did not do it when it was asked before.
            is_over: Whether the turn has ended, or the time for that is over.
        """
        try:
            if not is_over:
                await self._ask(turn, refused)
            if not turn.is_done:
                self._abort(turn, partial(stalled, turn, turn.stalled or _NOT_INTERRUPTED))
            for child, child_turn in list(turn.sub_agents.items()):
                # They would work on without the turn that they were started for.
                await self._interrupt_sub_agent(child, child_turn)
            if turn.open_commands:
                # An interrupt leaves the running command alive, as a background terminal.
                await self._engine.call(
                    "thread/backgroundTerminals/clean", {"threadId": turn.thread_id}, ANSWER_S
                )
        except RequestTimeoutError:
            if not turn.is_done:
                self._abort(turn, partial(stalled, turn, turn.stalled or _NOT_INTERRUPTED))
        except TransportClosedError:
            # The connection is gone, and the turn with it: its readers are told.
            return
        except AppServerError as exc:
            # The server is too old to end commands.
            _log.warning(
                "could not end turn %s completely: %s",
                turn.turn_id,
                without_secrets(exc),
                extra=about_turn(turn),
            )
        finally:
            self._changes.pop(turn.turn_id, None)
            self._settle(turn)
            self._engine.flush()

    def _settle(self, turn: TurnState) -> None:
        for completion in self._interrupts.pop(turn.turn_id, ()):
            self._engine.waking += completion.set_value(None)

    async def _interrupt_sub_agent(self, thread_id: str, turn_id: str) -> None:
        try:
            params = {"threadId": thread_id, "turnId": turn_id}
            await self._engine.call("turn/interrupt", params, ANSWER_S)
            await self._engine.call("thread/backgroundTerminals/clean", {"threadId": thread_id}, ANSWER_S)
        except InvalidRequestError:
            # It has ended in the meantime.
            return

    async def interrupt_lost(self, turn: TurnState) -> None:
        """End a turn on the server that nobody can follow any more."""
        try:
            params = {"threadId": turn.thread_id, "turnId": turn.turn_id}
            await self._engine.call("turn/interrupt", params, ANSWER_S)
        except AppServerError as exc:
            # It may have ended, or is gone with an earlier server.
            _log.debug(
                "turn %s was not interrupted: %s", turn.turn_id, without_secrets(exc), extra=about_turn(turn)
            )


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    """Wait for an event, which is set when the time is over: `wait_for` makes a task for it before Python 3.12."""
    timer = asyncio.get_running_loop().call_later(max(timeout_s, 0.001), event.set)
    try:
        await event.wait()
    finally:
        timer.cancel()


def stalled(turn: TurnState, why: str) -> TurnStalledError:
    """Return the error for a turn that is given up."""
    return TurnStalledError(
        f"turn {turn.turn_id!r} was given up: {why}",
        thread_id=turn.thread_id,
        turn_id=turn.turn_id,
        result=turn.so_far(),
    )
