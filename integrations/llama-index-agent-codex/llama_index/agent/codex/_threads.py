"""Threads and turns of one agent: what a context writes down of them, and what lives in memory.

A context holds plain JSON only, so it can be written down at any time. A turn that waits for a tool lives here
between two steps; it is interrupted when its run ends without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import Counter, OrderedDict
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import Usage
from llama_index.agent.codex._inputs import digest
from llama_index.core.agent.workflow.agent_context import SimpleAgentContext
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import ToolSelection
from workflows.plugins.basic import basic_runtime, get_current_run_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from codex_app_server import AsyncEventStream, AsyncThread, AsyncTurn, Event, ImageInput, ToolCall

__all__ = ["LiveThreads", "LiveTurn", "ThreadRecord", "current_run_id"]

# A thread that was pushed out is resumed at its next use, which costs one request.
_MAX_LIVE_THREADS = 256
# What has arrived is handed out within two rounds of the event loop: one to take it, one to return it.
_READY_ROUNDS = 3


def current_run_id() -> str | None:
    """Return the id of the workflow run that this code is part of."""
    return get_current_run_id()


@dataclass
class ThreadRecord:
    """What a context writes down of an agent's thread; plain JSON.

    Attributes:
        thread_id: The thread; None before the first turn.
        fingerprint: Of what a thread cannot change later: its tools and instructions.
        seen: Digests of the messages that the thread knows.
        turn_id: The turn that waits for tools, if one does.
        run_id: The workflow run that wrote `turn_id` and `scratchpad`.
        scratchpad: Messages of the running turn, not yet in memory.
    """

    thread_id: str | None = None
    fingerprint: str = ""
    seen: list[str] = field(default_factory=list[str])
    turn_id: str | None = None
    run_id: str | None = None
    scratchpad: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @classmethod
    def from_json(cls, data: object) -> ThreadRecord:
        """Read what `to_json` gave; anything else is an empty record."""
        if not isinstance(data, dict):
            return cls()
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in cast("dict[str, Any]", data).items() if key in known})

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain JSON."""
        return asdict(self)

    def messages(self) -> list[ChatMessage]:
        """Return the messages of the running turn."""
        return [ChatMessage.model_validate(message) for message in self.scratchpad]

    def add(self, message: ChatMessage, *, is_known: bool) -> None:
        """Append a message of the running turn.

        Args:
            message: The message.
            is_known: Whether the thread has it already.
        """
        self.scratchpad.append(message.model_dump(mode="json"))
        if is_known:
            self.seen.append(digest(message))

    def know(self, *groups: Iterable[ChatMessage]) -> None:
        """Note that the thread knows these messages; one that several groups hold counts once."""
        seen = Counter(self.seen)
        for group in groups:
            seen |= Counter(digest(message) for message in group)
        self.seen = list(seen.elements())


class LiveTurn:
    """A turn that steps read one after the other, with the calls that wait for their answers.

    Args:
        turn: The turn.
        names: LlamaIndex's tool names by those of Codex.
        run_id: The workflow run that it belongs to.
    """

    def __init__(self, turn: AsyncTurn, names: Mapping[str, str], run_id: str | None) -> None:
        self.turn = turn
        self.run_id = run_id
        self.usage = Usage()
        self._names = names
        self._stream: AsyncEventStream = turn.events()
        self._calls: dict[str, ToolCall] = {}
        # The read that goes on while a tool runs; cancelling it leaves the stream, which interrupts the turn.
        self._pending: asyncio.Task[Event] | None = None

    async def next(self) -> Event:
        """Wait for the next event."""
        pending, self._pending = self._pending, None
        return await (self._stream.__anext__() if pending is None else pending)

    async def next_ready(self) -> Event | None:
        """Return the next event if it has arrived; None otherwise."""
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._stream.__anext__())
            self._pending.add_done_callback(_forget_error)
        for _ in range(_READY_ROUNDS):
            if self._pending.done():
                return await self.next()
            await asyncio.sleep(0)
        return None

    def take(self, call: ToolCall) -> ToolSelection | None:
        """Keep a call until it is answered; None for one that cannot be run, which is answered at once."""
        arguments: object = call.arguments
        if arguments is None:
            arguments = cast("object", {})
        if not isinstance(arguments, dict):
            call.fail(f"The arguments of {call.name} must be a JSON object, not {arguments!r}.")
            return None
        self._calls[call.call_id] = call
        return ToolSelection(
            tool_id=call.call_id,
            tool_name=self._names.get(call.name, call.name),
            tool_kwargs=cast("dict[str, Any]", arguments),
        )

    def answer(self, call_id: str, content: list[str | ImageInput], *, is_error: bool) -> bool:
        """Answer a call; False if the turn does not wait for it."""
        call = self._calls.pop(call_id, None)
        return call is not None and call.respond(content, is_error=is_error)

    async def leave(self) -> None:
        """Stop reading; interrupts the turn unless it has ended."""
        self.drop()
        await self._stream.aclose()

    def drop(self) -> None:
        """As `leave`, for the time between two steps, from code that cannot wait."""
        if self._pending is not None:
            # The loop may be gone, and the read with it.
            with contextlib.suppress(RuntimeError):
                self._pending.cancel()


def _forget_error(task: asyncio.Task[Event]) -> None:
    # The server may die while a tool runs in a run that never takes another step.
    if not task.cancelled():
        task.exception()


class LiveThreads:
    """The threads and turns of one agent that live in this process. A copy of the agent has its own."""

    def __init__(self) -> None:
        self._threads: OrderedDict[str, AsyncThread] = OrderedDict()
        self._turns: dict[str, LiveTurn] = {}

    def __reduce__(self) -> tuple[type[LiveThreads], tuple[()]]:
        return type(self), ()

    def thread(self, thread_id: str) -> AsyncThread | None:
        """Return an open thread; None if it has to be resumed."""
        thread = self._threads.get(thread_id)
        if thread is not None:
            self._threads.move_to_end(thread_id)
        return thread

    def keep(self, thread: AsyncThread) -> AsyncThread:
        """Keep a thread open, and return it."""
        self._threads[thread.id] = thread
        while len(self._threads) > _MAX_LIVE_THREADS:
            self._threads.popitem(last=False)
        return thread

    def forget(self, thread_id: str) -> None:
        """Forget a thread whose server is gone."""
        self._threads.pop(thread_id, None)

    def turn(self, turn_id: str | None, run_id: str | None) -> LiveTurn | None:
        """Return a turn that goes on; one that an earlier run left behind is dropped instead."""
        live = self._turns.get(turn_id or "")
        if live is not None and live.run_id != run_id:
            self.drop(live)
            return None
        return live

    def hold(self, live: LiveTurn, ctx: object) -> None:
        """Keep a turn for further steps, until its run ends."""
        self._turns[live.turn.id] = live
        # A callback that held the turn would keep it, and the agent, as long as the run's result.
        self_ref, turn_id = weakref.ref(self), live.turn.id

        def drop() -> None:
            threads = self_ref()
            held = threads and threads._turns.get(turn_id)
            if threads is not None and held:
                threads.drop(held)

        _when_run_ends(live.run_id, ctx, drop)

    def release(self, live: LiveTurn) -> None:
        """Forget a turn that has ended or is left."""
        self._turns.pop(live.turn.id, None)

    def drop(self, live: LiveTurn) -> None:
        """Forget a turn and interrupt it."""
        self.release(live)
        live.drop()

    def clear(self) -> None:
        """Drop everything."""
        for live in list(self._turns.values()):
            self.drop(live)
        self._threads.clear()


def _when_run_ends(run_id: str | None, ctx: object, callback: Callable[[], None]) -> None:
    """Call back when a workflow run is over, however it ends: none of the agent's methods is told."""
    if run_id is not None:
        with contextlib.suppress(RuntimeError):
            # The result is awaited, and never cancelled: that would cancel the run.
            result = asyncio.ensure_future(basic_runtime.get_external_adapter(run_id).get_result())

            def on_end(done: asyncio.Future[Any]) -> None:
                if not done.cancelled():
                    done.exception()
                callback()

            result.add_done_callback(on_end)
    elif isinstance(ctx, SimpleAgentContext):
        # A step outside of any workflow: nobody goes on with it once the context is gone.
        weakref.finalize(ctx, callback).atexit = False
