"""The way of a call: find or start its turn, read it, keep what the next call may go on with; once for each face."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from codex_app_server import AppServerError, TransportClosedError, TurnTimeoutError

from langchain_codex._deadline import TimeLimit
from langchain_codex._events import AnswerChunks, AnswerEvents
from langchain_codex._turns import AsyncOpenTurn, OpenTurn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from codex_app_server import AsyncThread, Thread

    from langchain_codex._call import Call
    from langchain_codex._events import Form
    from langchain_codex._server import Server

__all__ = ["aanswer", "answer", "as_chunks", "as_events"]

OutputT = TypeVar("OutputT")


def as_chunks(call: Call, *, is_streaming: bool) -> Callable[[str], AnswerChunks]:
    """Return what makes chunks of the answer to a call, given the name of the model."""
    return lambda model_name: AnswerChunks(
        model_name=model_name,
        stop=call.stop,
        is_streaming=is_streaming,
        has_blocks=call.has_blocks,
        is_v1=call.is_v1,
        original_name=call.tools.original_name,
    )


def as_events(call: Call, *, message_id: str) -> Callable[[str], AnswerEvents]:
    """Return what makes events of content blocks of the answer to a call, given the name of the model."""
    return lambda model_name: AnswerEvents(
        message_id=message_id,
        model_name=model_name,
        stop=call.stop,
        original_name=call.tools.original_name,
    )


def answer(
    server: Server, call: Call, form: Callable[[str], Form[OutputT]], *, timeout_s: float | None
) -> Iterator[OutputT]:
    """Yield the answer to a call, for blocking code; leaving it early interrupts the model."""
    turn = _kept_turn(server, call) or OpenTurn.start(server.access.sync_client(), call)
    while True:
        said = form(_model_name(call, turn.thread))
        limit = TimeLimit(turn.stream, timeout_s)
        has_begun = False
        try:
            try:
                for event in turn.stream:
                    was_stopped = said.is_stopped
                    for output in said.outputs(event):
                        has_begun = True
                        yield output
                    if said.is_stopped and not was_stopped:
                        turn.interrupt()
                    if said.is_complete:
                        break
                    if said.has_requests:
                        limit.wait_for_rest()
            except TurnTimeoutError as exc:
                if limit.is_over or not said.has_requests:
                    raise limit.error from exc
                said.end_with_requests()
            last = said.last_outputs()
        except TransportClosedError:
            if turn.is_fresh or has_begun or said.has_acted:
                raise
            # The server died since the turn was kept; another one can be given the whole conversation.
            turn = OpenTurn.start(server.access.sync_client(), call)
            continue
        except BaseException:
            # On whatever way the stream is left early, the turn is interrupted.
            turn.stream.close()
            raise
        server.keep(call, said, turn)
        for output in last:
            yield output
        return


async def aanswer(
    server: Server, call: Call, form: Callable[[str], Form[OutputT]], *, timeout_s: float | None
) -> AsyncIterator[OutputT]:
    """As `answer`, for async code."""
    turn = await _akept_turn(server, call) or await AsyncOpenTurn.start(server.access.async_client(), call)
    while True:
        said = form(_model_name(call, turn.thread))
        limit = TimeLimit(turn.stream, timeout_s)
        has_begun = False
        try:
            try:
                async for event in turn.stream:
                    was_stopped = said.is_stopped
                    for output in said.outputs(event):
                        has_begun = True
                        yield output
                    if said.is_stopped and not was_stopped:
                        await turn.interrupt()
                    if said.is_complete:
                        break
                    if said.has_requests:
                        limit.wait_for_rest()
            except TurnTimeoutError as exc:
                if limit.is_over or not said.has_requests:
                    raise limit.error from exc
                said.end_with_requests()
            last = said.last_outputs()
        except TransportClosedError:
            if turn.is_fresh or has_begun or said.has_acted:
                raise
            turn = await AsyncOpenTurn.start(server.access.async_client(), call)
            continue
        except BaseException:
            await turn.stream.aclose()
            raise
        server.keep(call, said, turn)
        for output in last:
            yield output
        return


def _kept_turn(server: Server, call: Call) -> OpenTurn | None:
    codex = server.access.sync_client()
    held = server.take_held(call)
    if held is not None:
        return OpenTurn.resume(codex, held) if held.answer(call) else None
    if (found := server.take_idle(call)) is not None:
        idle, count = found
        # Whatever is wrong with that thread or these items, a new thread will tell.
        with suppress(AppServerError):
            return OpenTurn.go_on(codex, idle.as_sync(), call, count)
    return None


async def _akept_turn(server: Server, call: Call) -> AsyncOpenTurn | None:
    codex = server.access.async_client()
    held = server.take_held(call)
    if held is not None:
        return AsyncOpenTurn.resume(codex, held) if await held.aanswer(call) else None
    if (found := server.take_idle(call)) is not None:
        idle, count = found
        with suppress(AppServerError):
            return await AsyncOpenTurn.go_on(codex, idle.as_async(), call, count)
    return None


def _model_name(call: Call, thread: Thread | AsyncThread) -> str:
    return str(call.thread.get("model") or thread.model or "unknown")
