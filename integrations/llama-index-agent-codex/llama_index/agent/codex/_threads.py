"""Threads and turns of one agent: what a context writes down of them, and what lives in memory.

A context holds plain JSON only, so it can be written down at any time. A turn that waits lives here between two
steps; it is interrupted when its run ends without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import weakref
from collections import Counter, OrderedDict
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import Usage
from llama_index.agent.codex._inputs import digest
from llama_index.core.agent.workflow.agent_context import SimpleAgentContext
from llama_index.core.agent.workflow.base_agent import DEFAULT_MAX_ITERATIONS
from llama_index.core.base.llms.types import ToolCallBlock
from llama_index.core.llms import ChatMessage
from workflows.plugins.basic import basic_runtime, get_current_run_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from codex_app_server import AsyncThread
    from llama_index.agent.codex._turns import LiveTurn
    from llama_index.core.agent.workflow.agent_context import AgentContext
    from llama_index.core.workflow import Context

__all__ = ["LiveThreads", "ThreadRecord", "current_run_id", "is_cut_short", "spend", "spent"]

# A thread that was pushed out is resumed at its next use, which costs one request.
_MAX_LIVE_THREADS = 256
_USAGE_KEY = "codex_usage"


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
        turn_id: The turn that waits for tools or answers, if one does.
        run_id: The workflow run that wrote `turn_id` and `scratchpad`.
        scratchpad: Messages of the running turn, not yet in memory.
        asked: The questions to a person in the step at hand, in order, with the answers that were given.
        asked_in: Digest of the messages that the step was given.
        granted: Answers that came after their turn was gone, for the same questions in the turn that follows.
    """

    thread_id: str | None = None
    fingerprint: str = ""
    seen: list[str] = field(default_factory=list[str])
    turn_id: str | None = None
    run_id: str | None = None
    scratchpad: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    asked_in: str = ""
    granted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

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

    def enter(self, run_id: str | None, messages: Iterable[ChatMessage]) -> None:
        """Make ready for a step: what an earlier run has left counts only where this one goes on with it."""
        given = hashlib.sha256("".join(map(digest, messages)).encode()).hexdigest()[:16]
        is_waiting = bool(self.asked) and self.asked_in == given
        if not is_waiting:
            self.asked, self.asked_in = [], given
            if self.run_id != run_id:
                # Left by a run that ended within its turn; the thread knows all of it.
                self.scratchpad, self.granted = [], []
        self.run_id = run_id

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

    def take_answered(self) -> list[ChatMessage]:
        """Return the messages of the running turn without calls that wait for their tools, and forget all."""
        messages = self.messages()
        self.scratchpad = []
        if messages and any(isinstance(block, ToolCallBlock) for block in messages[-1].blocks):
            return messages[:-1]
        return messages

    def know(self, *groups: Iterable[ChatMessage]) -> None:
        """Note that the thread knows these messages; one that several groups hold counts once."""
        seen = Counter(self.seen)
        for group in groups:
            seen |= Counter(digest(message) for message in group)
        self.seen = list(seen.elements())


async def spent(ctx: AgentContext | Context, run_id: str | None) -> Usage:
    """Return the tokens of the turns of this run that have ended, whichever agent they belong to."""
    data: object = await ctx.store.get(_USAGE_KEY, default=None)
    if not isinstance(data, dict) or cast("dict[str, Any]", data).get("run_id") != run_id:
        return Usage()
    return Usage(**cast("dict[str, Any]", data)["usage"])


async def spend(ctx: AgentContext | Context, run_id: str | None, usage: Usage) -> Usage:
    """Add the tokens of a turn that has ended, and return the sum."""
    total = await spent(ctx, run_id) + usage
    await ctx.store.set(_USAGE_KEY, {"run_id": run_id, "usage": asdict(total)})
    return total


async def is_cut_short(ctx: AgentContext | Context) -> bool:
    """Return whether LlamaIndex, after this step, ends the run with a question of its own (`"generate"`)."""
    if await ctx.store.get("early_stopping_method", default=None) != "generate":
        return False
    steps_before: int = await ctx.store.get("num_iterations", default=0)
    return steps_before + 1 >= await ctx.store.get("max_iterations", default=DEFAULT_MAX_ITERATIONS)


class LiveThreads:
    """The threads and turns of one agent that live in this process. A copy of the agent has its own.

    Attributes:
        stepping: The runs in which a step of the agent is at work.
    """

    def __init__(self) -> None:
        self.stepping: set[str] = set()
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
        live.leave()

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
