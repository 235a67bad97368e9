"""The time that a model may take for its answer, and that the rest of a response may take; for streams of both faces."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from codex_app_server import RequestTimeoutError

if TYPE_CHECKING:
    from typing import Protocol

    class _Stream(Protocol):
        def set_timeout(self, timeout_s: float | None) -> None: ...


__all__ = ["TimeLimit"]

# The server says nothing while the model writes the arguments of a further call. It waits so long for a model
# that says nothing (`stream_idle_timeout_ms`).
_REST_S = 300.0


class TimeLimit:
    """When the reader of a turn gives it up, which interrupts it.

    Args:
        stream: The events of the turn.
        timeout_s: Seconds that the answer may take from now; None means without limit.
    """

    def __init__(self, stream: _Stream, timeout_s: float | None) -> None:
        self._stream = stream
        self._timeout_s = timeout_s
        self._end_s = None if timeout_s is None else time.monotonic() + timeout_s
        stream.set_timeout(timeout_s)

    def wait_for_rest(self) -> None:
        """Give the rest of a response some time from now.

        When the connection to the model breaks off after a call, the server waits for the result of that call
        without a word, and we for the rest of the response.
        """
        left_s = _REST_S if self._end_s is None else min(_REST_S, self._end_s - time.monotonic())
        self._stream.set_timeout(left_s)

    @property
    def is_over(self) -> bool:
        """Whether the time for the whole answer is over."""
        return self._end_s is not None and time.monotonic() >= self._end_s

    @property
    def error(self) -> RequestTimeoutError:
        """What is raised when it is."""
        timeout_s = self._timeout_s or 0.0
        return RequestTimeoutError(
            f"the model gave no complete answer within {timeout_s:g} s; the turn was interrupted",
            method="turn/start",
            timeout_s=timeout_s,
        )
