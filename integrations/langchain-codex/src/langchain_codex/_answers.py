"""The way of a call: find or start its turn, read it, keep what the next call may go on with; once for each face."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from codex_app_server import AppServerError, AsyncThread, Thread, TransportClosedError
from langchain_core.outputs import ChatGenerationChunk

from langchain_codex._deadline import async_deadline, deadline
from langchain_codex._events import AnswerChunks
from langchain_codex._turns import AsyncOpenTurn, OpenTurn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from langchain_codex._call import Call
    from langchain_codex._server import Server

__all__ = ["aanswer", "answer"]


def answer(
    server: Server, call: Call, *, timeout_s: float | None, is_streaming: bool
) -> Iterator[ChatGenerationChunk]:
    """Yield the answer to a call, for blocking code; leaving it early interrupts the model."""
    turn = _kept_turn(server, call) or OpenTurn.start(server.access.sync_client(), call)
    while True:
        chunks = _chunks(call, turn.thread, is_streaming=is_streaming)
        has_begun = False
        try:
            with deadline(timeout_s, turn) as limit:
                for event in turn.stream:
                    was_stopped = chunks.is_stopped
                    if chunk := chunks.feed(event):
                        has_begun = True
                        yield ChatGenerationChunk(message=chunk)
                    if chunks.is_stopped and not was_stopped:
                        turn.interrupt()
                    if chunks.is_complete:
                        break
            limit.check(chunks.result)
            last = ChatGenerationChunk(message=chunks.finish())
        except TransportClosedError:
            if turn.is_fresh or has_begun:
                raise
            # The server died since the turn was kept; another one can be given the whole conversation.
            turn = OpenTurn.start(server.access.sync_client(), call)
            continue
        except BaseException:
            # On whatever way the stream is left early, the turn is interrupted.
            turn.stream.close()
            raise
        server.keep(call, chunks, turn)
        yield last
        return


async def aanswer(
    server: Server, call: Call, *, timeout_s: float | None, is_streaming: bool
) -> AsyncIterator[ChatGenerationChunk]:
    """As `answer`, for async code."""
    turn = await _akept_turn(server, call) or await AsyncOpenTurn.start(server.access.async_client(), call)
    while True:
        chunks = _chunks(call, turn.thread, is_streaming=is_streaming)
        has_begun = False
        try:
            async with async_deadline(timeout_s, turn) as limit:
                async for event in turn.stream:
                    was_stopped = chunks.is_stopped
                    if chunk := chunks.feed(event):
                        has_begun = True
                        yield ChatGenerationChunk(message=chunk)
                    if chunks.is_stopped and not was_stopped:
                        await turn.interrupt()
                    if chunks.is_complete:
                        break
            limit.check(chunks.result)
            last = ChatGenerationChunk(message=chunks.finish())
        except TransportClosedError:
            if turn.is_fresh or has_begun:
                raise
            turn = await AsyncOpenTurn.start(server.access.async_client(), call)
            continue
        except BaseException:
            await turn.stream.aclose()
            raise
        server.keep(call, chunks, turn)
        yield last
        return


def _kept_turn(server: Server, call: Call) -> OpenTurn | None:
    codex = server.access.sync_client()
    held = server.take_held(call)
    if held is not None:
        return OpenTurn.resume(codex, held) if held.answer(call) else None
    if (idle := server.take_idle(call, Thread)) is not None:
        # Whatever is wrong with that thread or these items, a new thread will tell.
        with suppress(AppServerError):
            return OpenTurn.go_on(codex, idle[0], call, idle[1])
    return None


async def _akept_turn(server: Server, call: Call) -> AsyncOpenTurn | None:
    codex = server.access.async_client()
    held = server.take_held(call)
    if held is not None:
        return AsyncOpenTurn.resume(codex, held) if await held.aanswer(call) else None
    if (idle := server.take_idle(call, AsyncThread)) is not None:
        with suppress(AppServerError):
            return await AsyncOpenTurn.go_on(codex, idle[0], call, idle[1])
    return None


def _chunks(call: Call, thread: Thread | AsyncThread, *, is_streaming: bool) -> AnswerChunks:
    model = call.thread.get("model") or thread.model or "unknown"
    return AnswerChunks(
        model_name=str(model),
        stop=call.stop,
        is_streaming=is_streaming,
        has_blocks=call.has_blocks,
        is_v1=call.is_v1,
        original_name=call.tools.original_name,
    )
