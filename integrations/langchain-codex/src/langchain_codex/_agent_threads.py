"""The thread that a run of the agent goes on with: begun, resumed or forked; the same for both faces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codex_app_server import InvalidRequestError, ThreadBusyError, ThreadNotFoundError

if TYPE_CHECKING:
    from codex_app_server import AsyncCodexClient, AsyncThread, CodexClient, JsonRpcError, Thread

    from langchain_codex._agent_input import AgentRequest

__all__ = ["aopen_thread", "open_thread"]


def open_thread(codex: CodexClient, request: AgentRequest, options: dict[str, Any]) -> Thread:
    """Return the thread for a request, which knows what comes before the turn.

    Args:
        codex: The client.
        request: What was asked for.
        options: What the thread is opened with.

    Raises:
        ThreadBusyError: Another process has it open.
        ThreadNotFoundError: There is no such thread.
    """
    if request.thread_id is None:
        thread = codex.thread_start(experimental_raw_events=True, **options)
    else:
        try:
            thread = codex.thread_resume(request.thread_id, exclude_turns=True, **options)
        except (InvalidRequestError, ThreadBusyError) as exc:
            clear = _clear(exc, request.thread_id)
            if clear is None:
                raise
            raise clear from exc
        if request.after_turn_id:
            newest = next(iter(thread.turns(limit=1)), None)
            if newest is not None and newest.id != request.after_turn_id:
                # The conversation goes on from an earlier point: time travel, or a second branch.
                thread = codex.thread_fork(thread.id, last_turn_id=request.after_turn_id, **options)
    if request.history:
        thread.inject_items(request.history)
    return thread


async def aopen_thread(
    codex: AsyncCodexClient, request: AgentRequest, options: dict[str, Any]
) -> AsyncThread:
    """As `open_thread`, for asyncio."""
    if request.thread_id is None:
        thread = await codex.thread_start(experimental_raw_events=True, **options)
    else:
        try:
            thread = await codex.thread_resume(request.thread_id, exclude_turns=True, **options)
        except (InvalidRequestError, ThreadBusyError) as exc:
            clear = _clear(exc, request.thread_id)
            if clear is None:
                raise
            raise clear from exc
        if request.after_turn_id:
            newest = await anext(aiter(thread.turns(limit=1)), None)
            if newest is not None and newest.id != request.after_turn_id:
                thread = await codex.thread_fork(thread.id, last_turn_id=request.after_turn_id, **options)
    if request.history:
        await thread.inject_items(request.history)
    return thread


def _clear(error: JsonRpcError, thread_id: str) -> JsonRpcError | None:
    """Return an error that says what to do, where the one of the server does not; None where it does."""
    facts: dict[str, Any] = {"code": error.code, "data": error.data, "method": error.method}
    if isinstance(error, ThreadBusyError):
        return ThreadBusyError(
            f"thread {thread_id!r} is in use elsewhere: another app-server has it open ({error.message}). Go on with it "
            "where it was begun, or end that program, or the client that has it; in one program, agents with equal "
            "codex_bin and env share an app-server",
            **facts,
        )
    if "session id" in error.message:
        return ThreadNotFoundError(
            f"{thread_id!r} is no id of a Codex thread ({error.message}): give the 'thread_id' of an earlier output, or "
            "none to begin a thread. The thread_id of a LangGraph checkpointer belongs into the configuration of the graph",
            **facts,
        )
    return None
