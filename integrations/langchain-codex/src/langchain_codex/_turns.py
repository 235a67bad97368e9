"""Turns that are open: started, or gone on with; one class for each face. The model reads them, `_kept` keeps them.

What waits goes on in either face: a turn with the results of its tools, a thread with the next turn.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from codex_app_server import AppServerError, EventStream, ImageInput, Thread

from langchain_codex._images import fetched, need_fetch
from langchain_codex._spans import spans_of_langchain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_app_server import AsyncCodexClient, AsyncEventStream, AsyncThread, CodexClient, ToolCall

    from langchain_codex._call import Call

__all__ = ["AsyncOpenTurn", "HeldTurn", "IdleThread", "OpenTurn"]


@dataclass(frozen=True)
class IdleThread:
    """A thread whose last turn has ended, and that holds a conversation."""

    thread: Thread | AsyncThread

    def as_sync(self) -> Thread:
        """Return it for blocking code."""
        return self.thread if isinstance(self.thread, Thread) else self.thread.as_sync()

    def as_async(self) -> AsyncThread:
        """Return it for async code."""
        return self.thread.as_async() if isinstance(self.thread, Thread) else self.thread

    def close(self) -> None:
        """Do nothing: the server drops a thread when nobody has it any more."""


@dataclass(frozen=True)
class HeldTurn:
    """A turn that waits for the results of its calls."""

    stream: EventStream | AsyncEventStream
    thread: Thread | AsyncThread
    turn_id: str
    calls: tuple[ToolCall, ...]

    def close(self) -> None:
        """Interrupt the turn."""
        stream = self.stream if isinstance(self.stream, EventStream) else self.stream.as_sync()
        stream.close()

    def is_answered_by(self, call: Call) -> bool:
        """Whether a conversation ends with the results of exactly these calls."""
        return call.results.keys() == {held.call_id for held in self.calls}

    def answer(self, call: Call) -> bool:
        """Give the results; False when the turn does not wait for them any more.

        Raises:
            ValueError: Images must not be fetched.
            ImageFetchError: One of them cannot be had.
        """
        try:
            items = fetched([call.results[held.call_id][0] for held in self.calls], allow=call.image_fetch)
        except BaseException:
            # Nobody has it any more.
            self.close()
            raise
        outcomes = [
            held.respond(_content(item["output"]), is_error=call.results[held.call_id][1])
            for held, item in zip(self.calls, items, strict=True)
        ]
        return all(outcomes)

    async def aanswer(self, call: Call) -> bool:
        """As `answer`; images are fetched without blocking."""
        if need_fetch([item for item, _ in call.results.values()]):
            return await asyncio.to_thread(self.answer, call)
        return self.answer(call)


def _content(output: str | list[dict[str, Any]]) -> list[str | ImageInput]:
    if isinstance(output, str):
        return [output]
    return [
        ImageInput(part["image_url"]) if part["type"] == "input_image" else part["text"] for part in output
    ]


@dataclass(frozen=True)
class OpenTurn:
    """A turn that is read by blocking code.

    Attributes:
        stream: Its events, from where it went on.
        thread: Its thread.
        turn_id: Its id.
        is_fresh: Whether it began with this call, in a thread of its own.
    """

    codex: CodexClient
    stream: EventStream
    thread: Thread | AsyncThread
    turn_id: str
    is_fresh: bool = False

    @classmethod
    def start(cls, codex: CodexClient, call: Call) -> OpenTurn:
        """Start a turn in a new thread."""
        thread = codex.thread_start(**call.thread_options)
        return replace(cls.go_on(codex, thread, call, 0), is_fresh=True)

    @classmethod
    def go_on(cls, codex: CodexClient, thread: Thread, call: Call, known_count: int) -> OpenTurn:
        """Start a turn in a thread that holds the first items already."""
        thread.inject_items(fetched(call.items_from(known_count), allow=call.image_fetch))
        with spans_of_langchain():
            turn = thread.turn([], **call.turn)
        return cls(codex, turn.events(), thread, turn.id)

    @classmethod
    def resume(cls, codex: CodexClient, held: HeldTurn) -> OpenTurn:
        """Go on with a turn whose calls were answered."""
        stream = held.stream if isinstance(held.stream, EventStream) else held.stream.as_sync()
        return cls(codex, stream, held.thread, held.turn_id)

    def interrupt(self) -> None:
        """End the turn and what it runs; its events come to an end."""
        turn = IdleThread(self.thread).as_sync().active_turn
        if turn is not None and turn.id == self.turn_id:
            # Whoever reads the turn is told what became of it.
            with suppress(AppServerError):
                turn.interrupt()

    def held(self, calls: Sequence[ToolCall]) -> HeldTurn:
        """Return this turn as one that waits."""
        return HeldTurn(self.stream, self.thread, self.turn_id, tuple(calls))


@dataclass(frozen=True)
class AsyncOpenTurn:
    """A turn that is read by async code; see `OpenTurn`."""

    codex: AsyncCodexClient
    stream: AsyncEventStream
    thread: Thread | AsyncThread
    turn_id: str
    is_fresh: bool = False

    @classmethod
    async def start(cls, codex: AsyncCodexClient, call: Call) -> AsyncOpenTurn:
        """Start a turn in a new thread."""
        thread = await codex.thread_start(**call.thread_options)
        return replace(await cls.go_on(codex, thread, call, 0), is_fresh=True)

    @classmethod
    async def go_on(
        cls, codex: AsyncCodexClient, thread: AsyncThread, call: Call, known_count: int
    ) -> AsyncOpenTurn:
        """Start a turn in a thread that holds the first items already."""
        items = call.items_from(known_count)
        if need_fetch(items):
            items = await asyncio.to_thread(fetched, items, allow=call.image_fetch)
        await thread.inject_items(items)
        with spans_of_langchain():
            turn = await thread.turn([], **call.turn)
        return cls(codex, turn.events(), thread, turn.id)

    @classmethod
    def resume(cls, codex: AsyncCodexClient, held: HeldTurn) -> AsyncOpenTurn:
        """Go on with a turn whose calls were answered."""
        stream = held.stream.as_async() if isinstance(held.stream, EventStream) else held.stream
        return cls(codex, stream, held.thread, held.turn_id)

    async def interrupt(self) -> None:
        """End the turn and what it runs; its events come to an end."""
        turn = IdleThread(self.thread).as_async().active_turn
        if turn is not None and turn.id == self.turn_id:
            with suppress(AppServerError):
                await turn.interrupt()

    def held(self, calls: Sequence[ToolCall]) -> HeldTurn:
        """Return this turn as one that waits."""
        return HeldTurn(self.stream, self.thread, self.turn_id, tuple(calls))
