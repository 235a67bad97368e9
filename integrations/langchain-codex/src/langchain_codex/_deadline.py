"""Ends a turn that takes too long; one context manager for blocking code, one for asyncio."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from codex_app_server import AppServerError, RequestTimeoutError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from codex_app_server import TurnResult

__all__ = ["Deadline", "async_deadline", "deadline"]


class _Turn(Protocol):
    def interrupt(self) -> None: ...


class _AsyncTurn(Protocol):
    async def interrupt(self) -> None: ...


class Deadline:
    """Whether the time was over.

    Args:
        timeout_s: Seconds that the turn may take; None means without limit.
    """

    def __init__(self, timeout_s: float | None) -> None:
        self.timeout_s = timeout_s
        self.is_over = False

    def check(self, result: TurnResult | None) -> None:
        """Raise if the turn was interrupted because its time was over.

        Raises:
            RequestTimeoutError: It was.
        """
        if self.is_over and self.timeout_s is not None and result and result.status == "interrupted":
            raise RequestTimeoutError(
                f"the model gave no complete answer within {self.timeout_s:g} s; the turn was interrupted",
                method="turn/start",
                timeout_s=self.timeout_s,
            )


@contextmanager
def deadline(timeout_s: float | None, turn: _Turn) -> Generator[Deadline]:
    """Interrupt `turn` when the body is not left in time."""
    limit = Deadline(timeout_s)
    if timeout_s is None:
        yield limit
        return

    def end() -> None:
        limit.is_over = True
        # Whoever reads the turn is told what became of it.
        with suppress(AppServerError):
            turn.interrupt()

    timer = threading.Timer(timeout_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield limit
    finally:
        timer.cancel()


@asynccontextmanager
async def async_deadline(timeout_s: float | None, turn: _AsyncTurn) -> AsyncGenerator[Deadline]:
    """Interrupt `turn` when the body is not left in time."""
    limit = Deadline(timeout_s)
    if timeout_s is None:
        yield limit
        return

    async def end() -> None:
        await asyncio.sleep(timeout_s)
        limit.is_over = True
        # Whoever reads the turn is told what became of it.
        with suppress(AppServerError):
            await turn.interrupt()

    task = asyncio.create_task(end())
    try:
        yield limit
    finally:
        task.cancel()
