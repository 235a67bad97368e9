"""Which failed turns of the agent may be run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex_app_server import LaunchError, ServerBusyError, TurnFailedError

if TYPE_CHECKING:
    from codex_app_server import TurnResult

__all__ = ["RETRYABLE_ERRORS", "RetryableTurnError", "check_turn"]


class RetryableTurnError(TurnFailedError):
    """The turn failed for a reason that may pass, before it had run or changed anything: it is safe to repeat it."""


RETRYABLE_ERRORS: tuple[type[BaseException], ...] = (RetryableTurnError, ServerBusyError, LaunchError)
"""What `with_retry` of the agent repeats a turn after; give it to the `with_retry` of a chain around the agent too."""

# Kinds of `codexErrorInfo`, without underscores and in lower case, that are not the request's fault.
_PASSING = frozenset(
    {
        "httpconnectionfailed",
        "internalservererror",
        "responsestreamconnectionfailed",
        "responsestreamdisconnected",
        "responsetoomanyfailedattempts",
        "serveroverloaded",
    }
)


def check_turn(result: TurnResult, *, has_acted: bool) -> None:
    """Raise if the turn did not complete.

    Args:
        result: What it came to.
        has_acted: Whether it has run anything.

    Raises:
        RetryableTurnError: It failed, and may be run again.
        TurnFailedError: It failed.
        TurnInterruptedError: It was interrupted.
    """
    try:
        result.raise_for_status()
    except TurnFailedError as exc:
        if has_acted or not _may_pass(result):
            raise
        ids = {"thread_id": result.thread_id, "turn_id": result.turn_id}
        raise RetryableTurnError(str(exc), **ids, result=result) from None


def _may_pass(result: TurnResult) -> bool:
    error = result.error
    if error is None or (error.code or "").replace("_", "").lower() not in _PASSING:
        return False
    status = error.http_status
    return status is None or status in (408, 425, 429) or status >= 500
