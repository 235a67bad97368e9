"""The awaiting face of threads and turns: AsyncThread, AsyncTurn. Bodies are a few lines; the engine does the work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from codex_app_server._async_streams import AsyncEventStream, AsyncNotificationStream, AsyncPages, wait_until
from codex_app_server._engine.callers import Caller
from codex_app_server._engine.state import TurnStart
from codex_app_server._engine.wakeups import loop_waiter
from codex_app_server._reader import TurnReader, outcome, turn_timeout
from codex_app_server._requests import (
    called_in,
    check_start,
    handlers_of,
    inject_params,
    local_params,
    needs_fetch,
    not_active_means_over,
    output_of,
    review_params,
    steer_params,
    typed_result,
    with_images,
)
from codex_app_server.options import (
    ItemListOptions,
    TurnListOptions,
    as_open_as,
    to_params,
    turn_params,
)
from codex_app_server.results import OutputT_co

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from typing_extensions import Unpack

    from codex_app_server import protocol
    from codex_app_server._async import AsyncCodex
    from codex_app_server._engine.engine import Engine
    from codex_app_server._engine.setup import TurnSetup
    from codex_app_server._engine.slot import EngineSlot
    from codex_app_server._engine.state import ThreadState, TurnState
    from codex_app_server._sync_thread import Thread
    from codex_app_server.config import AppServerConfig
    from codex_app_server.inputs import Input
    from codex_app_server.json_types import JsonObject
    from codex_app_server.options import ThreadForkOptions, TurnOptions
    from codex_app_server.questions import Question
    from codex_app_server.results import TurnResult
    from codex_app_server.usage import UsageReport

__all__ = ["AsyncThread", "AsyncTurn"]

T = TypeVar("T")


class AsyncThread:
    """A conversation with the agent; made by the `thread_...` methods of `AsyncCodex`.

    Its turns run one after the other: starting one while another runs waits for that one's end. After
    a restart of the server, the next use resumes it there.

    Args:
        client: The client that opened it.
        engine: The engine of that client.
        answer: The answer that opened it.
        state: The thread as the engine keeps it.
        setup: Who answers its questions, with which tools.
        ready: Gives the engine to use, which is another one after a restart.
        slot: What the faces of its client share.

    Attributes:
        id: Id of the thread.
        raw: The thread as the server described it when it was opened.
    """

    def __init__(
        self,
        client: AsyncCodex,
        engine: Engine,
        answer: JsonObject,
        state: ThreadState,
        setup: TurnSetup,
        *,
        ready: Callable[[], Awaitable[Engine]],
        slot: EngineSlot,
    ) -> None:
        self._client = client
        self._ready = ready
        self._slot = slot
        self._engine: Engine = engine
        self._answer: JsonObject = answer
        self.raw: JsonObject = answer["thread"]
        self.id = state.thread_id
        self._state: ThreadState = state
        self._setup = setup

    def __repr__(self) -> str:
        return f"AsyncThread(id={self.id!r})"

    def as_sync(self) -> Thread:
        """Return this thread for the other face of the same server; the turns of both run one after the other."""
        from codex_app_server._sync_thread import Thread  # noqa: PLC0415 - most programs use one face

        return Thread(
            self._client.as_sync(),
            self._engine,
            self._answer,
            self._state,
            self._setup,
            ready=self._slot.started,
            slot=self._slot,
        )

    @property
    def model(self) -> str | None:
        """The model that the thread had when it was opened."""
        model: object = self._answer.get("model")
        return model if isinstance(model, str) else None

    @property
    def usage(self) -> UsageReport:
        """What the turns of this thread have used so far, with their sub-agents; also before a restart.

        `elsewhere` is what the thread had used before it was opened here, where the server tells that.
        """
        return self._state.usage.report

    @property
    def active_turn(self) -> AsyncTurn | None:
        """The turn that runs now: one started here, or one that ran already when the thread was resumed."""
        state = self._state.active
        return None if state is None else AsyncTurn(self._client, self._engine, state)

    async def _live(self) -> tuple[Engine, ThreadState]:
        engine = await self._ready()
        if engine is not self._engine or not self._state.is_open:
            again = self._state.reopening.again()
            params: JsonObject = {"threadId": self.id, **again, "excludeTurns": False}
            opening = engine.open_thread("thread/resume", params, self._setup, self._state)
            answer, state = await opening.wait_async()
            self._engine, self._state, self._answer = engine, state, answer
            self.raw = answer["thread"]
        return engine, self._state

    async def _request(self, method: str, params: Mapping[str, object] | None = None) -> Any:
        """Send a request for which the server needs not have the thread in memory."""
        engine = await self._ready()
        params = {"threadId": self.id, **(params or {})}
        return typed_result(method, await engine.request(method, params).wait_async())

    async def _live_request(self, method: str, params: Mapping[str, object] | None = None) -> Any:
        await self._live()
        return await self._request(method, params)

    async def _begin(
        self, method: str, params: JsonObject, setup: TurnSetup, deadline: float | None = None
    ) -> tuple[Engine, TurnState]:
        engine, state = await self._live()
        start = TurnStart(state, params, setup, method=method)
        completion = engine.start_turn(start)
        try:
            if deadline is not None:
                waiter = loop_waiter()
                in_time = not completion.enlist(waiter) or await wait_until(waiter, deadline)
                check_start(self.id, in_time=in_time)
            turn = await completion.wait_async()
        except BaseException:
            # Cancelled, or refused: a turn that comes of it all the same must not run on.
            engine.abandon_start(start)
            raise
        return engine, turn

    @overload
    async def turn(
        self, input: Input, *, output_type: type[T], **options: Unpack[TurnOptions]
    ) -> AsyncTurn[T]: ...

    @overload
    async def turn(
        self, input: Input, *, output_type: None = None, **options: Unpack[TurnOptions]
    ) -> AsyncTurn: ...

    @overload
    async def turn(
        self, input: Input, *, output_type: object, **options: Unpack[TurnOptions]
    ) -> AsyncTurn[Any]: ...

    async def turn(
        self,
        input: Input,  # noqa: A002 - the protocol's word
        *,
        output_type: object = None,
        **options: Unpack[TurnOptions],
    ) -> AsyncTurn[Any]:
        """Start a turn; when another turn of this thread runs, after its end.

        Args:
            input: Text, an input item, or a sequence of them; an empty one runs the model on the
                history as it is.
            output_type: What `TurnResult.output` is to be: a pydantic model, dataclass, TypedDict or
                other type; the model is told its JSON schema.
            **options: See `TurnOptions`.

        Raises:
            TypeError: Something in `input` is no input, or there is no such option.
            FileNotFoundError: There is no such image file or working directory.
            ImageFetchError: A remote image cannot be had.
            OutputSchemaError: `output_type` has no strict JSON schema.
            JsonRpcError: The server refused the turn.
            TransportClosedError: The server is gone, or the client was closed.

        Protocol: `turn/start`.
        """
        return AsyncTurn(self._client, *(await self._start(input, output_type, options, None)))

    async def _start(
        self, value: Input, output_type: object, options: TurnOptions, deadline: float | None
    ) -> tuple[Engine, TurnState]:
        output = output_of(output_type, options)
        config = self._engine.config
        params = local_params(turn_params(self.id, await _fetched(value, config), options), config)
        setup = self._setup.for_turn(Caller(), handlers_of(options), output)
        return await self._begin("turn/start", params, setup, deadline)

    @overload
    async def run(
        self,
        input: Input,
        *,
        output_type: type[T],
        timeout_s: float | None = None,
        detach: bool = False,
        **options: Unpack[TurnOptions],
    ) -> TurnResult[T]: ...

    @overload
    async def run(
        self,
        input: Input,
        *,
        output_type: None = None,
        timeout_s: float | None = None,
        detach: bool = False,
        **options: Unpack[TurnOptions],
    ) -> TurnResult: ...

    @overload
    async def run(
        self,
        input: Input,
        *,
        output_type: object,
        timeout_s: float | None = None,
        detach: bool = False,
        **options: Unpack[TurnOptions],
    ) -> TurnResult[Any]: ...

    async def run(
        self,
        input: Input,  # noqa: A002 - the protocol's word
        *,
        output_type: object = None,
        timeout_s: float | None = None,
        detach: bool = False,
        **options: Unpack[TurnOptions],
    ) -> TurnResult[Any]:
        """Start a turn and wait for its result; see `turn` and `AsyncTurn.run`."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        engine, state = await self._start(input, output_type, options, deadline)
        return await _end_of(engine, state, deadline, detach=detach)

    async def compact(self) -> AsyncTurn:
        """Have the server summarise the history, in a turn of its own; returned when it has begun.

        Protocol: `thread/compact/start`.
        """
        params: JsonObject = {"threadId": self.id}
        begun = await self._begin("thread/compact/start", params, self._setup.for_turn(Caller()))
        return AsyncTurn(self._client, *begun)

    async def review(self, target: protocol.ReviewTarget | Mapping[str, object] | str) -> AsyncTurn:
        """Start a review of code, in a turn of its own.

        Args:
            target: What to review: `"uncommittedChanges"`, instructions as any other text, or a target
                of the protocol (`{"type": "baseBranch", "branch": "main"}`).

        Protocol: `review/start`.
        """
        begun = await self._begin(
            "review/start", review_params(self.id, target), self._setup.for_turn(Caller())
        )
        return AsyncTurn(self._client, *begun)

    async def read(self, *, include_turns: bool = False) -> protocol.ThreadReadResponse:
        """Read the thread as the server keeps it.

        Args:
            include_turns: With all turns and their items; not for an ephemeral thread.

        Protocol: `thread/read`.
        """
        return await self._request("thread/read", {"includeTurns": include_turns})

    def turns(self, **options: Unpack[TurnListOptions]) -> AsyncPages[protocol.Turn]:
        """List the turns, the newest first; pages are asked for as they are reached.

        Protocol: `thread/turns/list`.
        """
        params = {"threadId": self.id, **to_params(options, TurnListOptions)}
        return AsyncPages(self._client, "thread/turns/list", params)

    def items(self, **options: Unpack[ItemListOptions]) -> AsyncPages[protocol.ThreadItemEntry]:
        """List the items of all turns, the oldest first; pages are asked for as they are reached.

        Protocol: `thread/items/list`.
        """
        params = {"threadId": self.id, **to_params(options, ItemListOptions)}
        return AsyncPages(self._client, "thread/items/list", params)

    async def set_name(self, name: str) -> protocol.ThreadSetNameResponse:
        """Give the thread a name, for lists. Protocol: `thread/name/set`."""
        return await self._request("thread/name/set", {"name": name})

    async def revert(self, before_turn_id: str) -> protocol.ThreadRevertResponse:
        """Take back a turn and all that followed it; changes of files stay. Protocol: `thread/revert`."""
        return await self._live_request("thread/revert", {"beforeTurnId": before_turn_id})

    async def fork(self, **options: Unpack[ThreadForkOptions]) -> AsyncThread:
        """Start a thread with the history of this one; see `AsyncCodex.thread_fork`."""
        source = self._state.reopening.for_fork()
        return await self._client.thread_fork(self.id, **as_open_as(source, options))

    async def archive(self) -> protocol.ThreadArchiveResponse:
        """Take the thread out of lists. Protocol: `thread/archive`."""
        return await self._request("thread/archive")

    async def delete(self) -> protocol.ThreadDeleteResponse:
        """Delete the thread and its history for good. Protocol: `thread/delete`."""
        return await self._request("thread/delete")

    async def unsubscribe(self) -> protocol.ThreadUnsubscribeResponse:
        """Tell the server that this client does not use the thread for now; the next turn resumes it.

        A turn that runs goes on, and is followed no further; its result comes when the thread is idle.

        Protocol: `thread/unsubscribe`.
        """
        answer = await self._request("thread/unsubscribe")
        self._state.is_subscribed = False
        return answer

    async def goal(self) -> protocol.ThreadGoal | None:
        """Read the goal that the agent works towards by itself; None without one. Protocol: `thread/goal/get`."""
        answer: protocol.ThreadGoalGetResponse = await self._live_request("thread/goal/get")
        return answer.goal

    async def set_goal(
        self,
        objective: str | None = None,
        *,
        status: protocol.ThreadGoalStatus | str | None = None,
        token_budget: int | None = None,
    ) -> protocol.ThreadGoal:
        """Set or change the goal that the agent works towards by itself.

        Args:
            objective: What is to be reached.
            status: For example `"paused"`.
            token_budget: Tokens that may be used for it.

        Protocol: `thread/goal/set`.
        """
        params = {"objective": objective, "status": status, "tokenBudget": token_budget, "origin": "user"}
        answer: protocol.ThreadGoalSetResponse = await self._live_request(
            "thread/goal/set", {name: value for name, value in params.items() if value is not None}
        )
        return answer.goal

    async def clear_goal(self) -> protocol.ThreadGoalClearResponse:
        """Remove the goal. Protocol: `thread/goal/clear`."""
        return await self._live_request("thread/goal/clear", {"origin": "user"})

    async def inject_items(self, items: Sequence[Mapping[str, object]]) -> None:
        """Append raw Responses API items to the history that the model sees.

        They do not show up when the thread is read. A message of role `system` would be dropped by
        the server without a word, and is refused here.

        Args:
            items: Messages, function calls and their outputs, in wire form.

        Raises:
            ValueError: No items, or one of role `system`.
            JsonRpcError: The server could not use an item.

        Protocol: `thread/inject_items`.
        """
        params = inject_params(self.id, items)
        engine, state = await self._live()
        state.injected_calls |= called_in(items)
        await engine.request("thread/inject_items", params).wait_async()


class AsyncTurn(Generic[OutputT_co]):
    """One run of the agent in a thread; made by `AsyncThread.turn`.

    Args:
        client: The client of the thread.
        engine: The engine of that client.
        state: The turn, as the engine keeps it.

    Attributes:
        id: Id of the turn.
        thread_id: Id of its thread.
    """

    def __init__(self, client: AsyncCodex, engine: Engine, state: TurnState) -> None:
        self._client = client
        self._engine = engine
        self._state = state
        self.id = state.turn_id
        self.thread_id = state.thread_id

    def __repr__(self) -> str:
        return f"AsyncTurn(id={self.id!r}, thread_id={self.thread_id!r})"

    def _repr_html_(self) -> str:
        # What a notebook shows of the last value of a cell.
        from codex_app_server._view.page import result_page  # noqa: PLC0415 - for notebooks

        return result_page(self.so_far)

    @property
    def so_far(self) -> TurnResult[OutputT_co]:
        """What has arrived of the turn; its status is `"inProgress"` while it runs."""
        return cast("TurnResult[OutputT_co]", self._state.so_far())

    @property
    def pending_requests(self) -> dict[str, Question]:
        """What the turn waits for, by id: approvals, questions and tool calls that nobody has answered yet."""
        pending = self._engine.desk.pending()
        return {key: question for key, question in pending.items() if question.turn_id == self.id}

    @property
    def usage(self) -> UsageReport:
        """What the turn has used so far, and the sub-agents that work for it; they may work on after its end."""
        return self._state.usage.report

    def events(
        self, *, detach: bool = False, timeout_s: float | None = None, sub_agents: bool = False
    ) -> AsyncEventStream:
        """Read what happens in the turn, from its beginning; several readers each get all of it.

        Args:
            detach: Let the turn run on when this stream is left before its end. Otherwise the
                turn is interrupted then, and its commands are ended.
            timeout_s: Seconds from now until the turn must have ended.
            sub_agents: With what the sub-agents of the turn do meanwhile, as `SubAgentEvent`.

        Raises:
            TransportClosedError: While reading: the server is gone, or the client was closed.
            TurnTimeoutError: While reading: the time is over.
        """
        reader = TurnReader(
            self._client, self._engine, self._state, is_detached=detach, has_sub_agents=sub_agents
        )
        return AsyncEventStream(reader, None if timeout_s is None else time.monotonic() + timeout_s)

    def stream(self, *, detach: bool = False, timeout_s: float | None = None) -> AsyncNotificationStream:
        """Read the notifications of the turn as the server sent them; otherwise as `events`."""
        return AsyncNotificationStream(self.events(detach=detach, timeout_s=timeout_s))

    async def run(self, *, timeout_s: float | None = None, detach: bool = False) -> TurnResult[OutputT_co]:
        """Wait for the end of the turn.

        A failed or interrupted turn is a result too; see `TurnResult.raise_for_status`. When the
        wait is cancelled, the turn is interrupted. Calls of tools that have no function are refused
        unless a stream of `events` is there to answer them.

        Args:
            timeout_s: Seconds from now until the turn must have ended.
            detach: Let the turn run on when the wait is cancelled, or the time is over.

        Raises:
            TransportClosedError: The server is gone, or the client was closed.
            TurnTimeoutError: The time is over; the turn was interrupted and its commands were ended.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        return cast(
            "TurnResult[OutputT_co]", await _end_of(self._engine, self._state, deadline, detach=detach)
        )

    async def interrupt(self) -> None:
        """End the turn now, and the commands that it runs; does nothing when it has ended.

        Protocol: `turn/interrupt`, `thread/backgroundTerminals/clean`.
        """
        await self._engine.interrupt(self._state).wait_async()

    async def steer(self, input: Input) -> None:  # noqa: A002 - the protocol's word
        """Give the running turn further input; the answer that is being written is cut off.

        Raises:
            TurnNotActiveError: The turn had ended.
            ThreadBusyError: A turn of this kind (review, compaction) takes no input.
            FileNotFoundError: There is no such image file.
            ImageFetchError: A remote image cannot be had.

        Protocol: `turn/steer`.
        """
        config = self._engine.config
        params = steer_params(self._state, await _fetched(input, config))
        with not_active_means_over(self._state):
            await self._engine.request("turn/steer", local_params(params, config)).wait_async()


async def _fetched(value: Input, config: AppServerConfig) -> Input:
    """Return the input with its remote images in it."""
    if needs_fetch(value, config):
        from anyio import to_thread  # noqa: PLC0415 - most input is text

        return await to_thread.run_sync(with_images, value, config)
    return value


async def _end_of(
    engine: Engine, state: TurnState, deadline: float | None, *, detach: bool
) -> TurnResult[Any]:
    if not state.reader_count:
        engine.refuse_calls(state)
    waiter = loop_waiter()
    if state.enlist_for_end(waiter):
        try:
            is_over = await wait_until(waiter, deadline)
        except BaseException:
            state.dismiss(waiter)
            if not detach:
                engine.interrupt(state)
            raise
        if not is_over:
            state.dismiss(waiter)
            if not detach:
                await engine.interrupt(state).wait_async()
            raise turn_timeout(state)
    return outcome(state)
