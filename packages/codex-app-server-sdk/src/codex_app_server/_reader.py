"""What both faces share: reading a turn in batches, its outcome, giving it up, its deadline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from codex_app_server.errors import TurnOverflowError, TurnTimeoutError
from codex_app_server.events import (
    ApprovalRequested,
    ElicitationRequested,
    ToolCallRequested,
    TurnFinished,
    UserInputRequested,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server._engine.engine import Engine
    from codex_app_server._engine.state import TurnState
    from codex_app_server._engine.wakeups import LoopWaiter, SyncWaiter
    from codex_app_server.events import Event
    from codex_app_server.json_types import JsonObject
    from codex_app_server.protocol import WireModel
    from codex_app_server.results import TurnResult

    W = TypeVar("W", SyncWaiter, LoopWaiter)

__all__ = [
    "Notification",
    "TurnReader",
    "is_notification",
    "outcome",
    "turn_timeout",
]


_QUESTIONS = frozenset({ToolCallRequested, ApprovalRequested, UserInputRequested, ElicitationRequested})


@dataclass(slots=True)
class Notification:
    """A notification of a turn, as the server sent it.

    Attributes:
        method: Its method, for example `"item/completed"`.
        params: Its params as they came.
    """

    method: str
    params: JsonObject = field(repr=False)

    @property
    def payload(self) -> WireModel | JsonObject:
        """The params as their protocol type; as they came, for a method that this client does not know.

        Raises:
            pydantic.ValidationError: They do not fit their type.
        """
        from codex_app_server.protocol import notification_model  # noqa: PLC0415 - pydantic loads when it is used

        model = notification_model(self.method)
        return self.params if model is None else model.model_validate(self.params)


def outcome(turn: TurnState) -> TurnResult:
    """Return the result of a turn that has ended, or raise the error that ended it."""
    if turn.error is not None:
        raise turn.error()
    if turn.result is None:
        raise AssertionError("the turn has not ended")
    return turn.result


def turn_timeout(turn: TurnState) -> TurnTimeoutError:
    """Return the error for a turn whose time is over."""
    return TurnTimeoutError(
        f"turn {turn.turn_id!r} did not end in time",
        thread_id=turn.thread_id,
        turn_id=turn.turn_id,
        result=turn.so_far(),
    )


def is_notification(event: Event) -> bool:
    """Whether an event stands for a notification, and not for a request of the server."""
    return type(event) not in _QUESTIONS


class TurnReader:
    """One reader of a turn: takes what has arrived, or says who is to be woken.

    Args:
        client: Kept alive while the reader is: closing the client would end the turn.
        is_detached: Whether the turn runs on when the reader gives up.
        has_sub_agents: Whether it reads what the sub-agents of the turn do, too.
    """

    __slots__ = ("_buffer", "_client", "_engine", "_is_detached", "_turn", "is_over")

    def __init__(
        self,
        client: object,
        engine: Engine,
        turn: TurnState,
        *,
        is_detached: bool,
        has_sub_agents: bool = False,
    ) -> None:
        self._client = client
        self._engine = engine
        self._turn = turn
        self._is_detached = is_detached
        self._buffer = turn.attach(has_sub_agents=has_sub_agents)
        self.is_over = False

    def take(self, make_waiter: Callable[[], W]) -> list[Event] | W | None:
        """Return the events that have arrived, else a waiter to wait on, else None at the end.

        Raises:
            AppServerError: The turn ended without `turn/completed`, or this reader fell too far behind.
        """
        turn, buffer = self._turn, self._buffer
        if self.is_over:
            return None
        with turn.lock:
            events = buffer.take()
            if events:
                self.is_over = type(events[-1]) is TurnFinished
                return events
            if not turn.is_done and not buffer.is_overflown:
                waiter = make_waiter()
                buffer.waiter = waiter
                return waiter
        self.is_over = True
        turn.detach(buffer)
        if buffer.is_overflown:
            if not self._is_detached:
                self._engine.interrupt(turn)
            raise TurnOverflowError(
                f"the reader of turn {turn.turn_id!r} fell too far behind; its remaining events are lost",
                thread_id=turn.thread_id,
                turn_id=turn.turn_id,
            )
        outcome(turn)
        return None

    def check_time(self, *, in_time: bool) -> None:
        """Go on, when there is still time.

        Raises:
            TurnTimeoutError: There is not.
        """
        if not in_time:
            raise turn_timeout(self._turn)

    def give_up(self) -> None:
        """Stop reading: the turn is interrupted, unless it has ended, is detached, or has other users."""
        if not self.is_over:
            self.is_over = True
            self._turn.detach(self._buffer)
            if not self._is_detached and not self._turn.is_done and not self._turn.user_count:
                self._engine.interrupt(self._turn)

    def give_up_in_finalizer(self) -> None:
        """As `give_up`, for `__del__`: takes no lock that the interrupted code might hold."""
        if not self.is_over and not self._turn.is_done:
            is_unused = not self._is_detached and self._turn.user_count <= 1
            self._engine.drop_reader_from_finalizer(self._turn, self._buffer, interrupt=is_unused)
