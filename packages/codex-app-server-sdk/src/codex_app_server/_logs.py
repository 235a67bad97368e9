"""What the log records of this package carry: which thread, turn, item and request they are about.

Each record of the loggers `codex_app_server` and below has these attributes, None where it is not known or not about
one: a formatter may name them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server._engine.state import TurnState
    from codex_app_server.questions import Question
    from codex_app_server.results import TurnResult

__all__ = ["about", "about_question", "about_turn", "log_opened", "log_turn_aborted", "log_turn_ended", "log_turn_started"]  # fmt: skip

_log = logging.getLogger("codex_app_server.turns")


def about(
    *,
    thread_id: object = None,
    turn_id: object = None,
    item_id: object = None,
    request_id: object = None,
    **more: object,
) -> dict[str, object]:
    """Return the `extra` of a log record."""
    return {
        "thread_id": thread_id,
        "turn_id": turn_id,
        "item_id": item_id,
        "request_id": request_id,
        **more,
    }


def about_turn(turn: TurnState) -> dict[str, object]:
    """Return the `extra` of a record about a turn."""
    return about(thread_id=turn.thread_id, turn_id=turn.turn_id)


def about_question(question: Question) -> dict[str, object]:
    """Return the `extra` of a record about a question of the server; its id is that in `pending_requests`."""
    return about(
        thread_id=question.thread_id,
        turn_id=question.turn_id,
        item_id=question.item_id,
        request_id=question.id,
    )


def log_opened(thread_id: str, method: str, model: str | None) -> None:
    """Log that a thread was opened."""
    _log.debug("thread %s opened by %s, model %s", thread_id, method, model, extra=about(thread_id=thread_id))


def log_turn_started(turn: TurnState) -> None:
    """Log that a turn has begun."""
    if not _log.isEnabledFor(logging.DEBUG):
        return
    _log.debug("turn %s of thread %s started", turn.turn_id, turn.thread_id, extra=about_turn(turn))


def log_turn_ended(turn: TurnState, result: TurnResult) -> None:
    """Log how a turn has ended, after what time, and what it has used."""
    if not _log.isEnabledFor(logging.DEBUG):
        return
    used, sub_agents = result.usage_report.turns, result.usage_report.sub_agents
    _log.debug(
        "turn %s of thread %s ended: %s%s; %d tokens in (%d cached), %d out%s",
        turn.turn_id,
        turn.thread_id,
        result.status,
        "" if result.duration_ms is None else f" after {result.duration_ms / 1000:.1f} s",
        used.input_tokens,
        used.cached_input_tokens,
        used.output_tokens,
        f"; sub-agents {sub_agents.input_tokens} in, {sub_agents.output_tokens} out"
        if sub_agents.total_tokens
        else "",
        extra=about(
            thread_id=turn.thread_id,
            turn_id=turn.turn_id,
            status=str(result.status),
            duration_ms=result.duration_ms,
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
        ),
    )


def log_turn_aborted(turn: TurnState, make_error: Callable[[], BaseException]) -> None:
    """Log that a turn has ended on this side alone."""
    if turn.is_done or not _log.isEnabledFor(logging.DEBUG):
        return
    error = type(make_error())
    _log.debug(
        "turn %s of thread %s ended: %s",
        turn.turn_id,
        turn.thread_id,
        error.__name__,
        extra=about(thread_id=turn.thread_id, turn_id=turn.turn_id, status=error.__name__),
    )
