"""ThreadResumer: asks the server what became of threads while nobody here was told of it.

Until that is known of a thread, what the server tells and asks about it waits here, so that everything comes in its
order. It knows nothing of turns beyond that: the table of turns uses what is found. Runs on the engine's loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from codex_app_server.errors import AppServerError, JsonRpcError, RequestTimeoutError, TransportClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Protocol

    from codex_app_server._engine.state import ThreadState, TurnState
    from codex_app_server.json_types import JsonObject

    Held = dict[str, list[Callable[[], None]]]

    class Link(Protocol):
        """What is needed of the engine."""

        def send_now(
            self,
            method: str,
            params: Mapping[str, object],
            on_result: Callable[[Any], None],
            on_error: Callable[[Callable[[], BaseException]], None],
        ) -> None:
            """Send a request before those that wait for the connection to be there again."""
            ...

        def flush(self) -> None:
            """Wake everybody who has something to read."""
            ...


__all__ = ["Found", "ThreadResumer"]

# The turn that runs is the last one, unless another client has started some since.
_LAST_TURNS = 5


@dataclass(slots=True)
class Found:
    """What the server knows of a thread.

    Attributes:
        is_active: Whether a turn runs in it; None when that is not known.
        turns: Its last turns by id, the newest first, with the items that have completed.
        running_items: Items of the turn that runs which have begun and not completed, save texts.
    """

    is_active: bool | None = None
    turns: dict[str, JsonObject] = field(default_factory=dict[str, "JsonObject"])
    running_items: list[JsonObject] = field(default_factory=list["JsonObject"])


class ThreadResumer:
    """Finds out about threads, and holds back what comes in about them meanwhile.

    Args:
        engine: Sends the requests.
        on_found: Gets what was found of a thread, before what was held back.
        on_told: Gets it again, after that.
        on_refused: Gets why a thread cannot be followed any more.
    """

    def __init__(
        self,
        engine: Link,
        on_found: Callable[[ThreadState, Found], None],
        on_told: Callable[[ThreadState, Found], None],
        on_refused: Callable[[ThreadState, AppServerError], None],
    ) -> None:
        self._engine = engine
        self._on_found = on_found
        self._on_told = on_told
        self._on_refused = on_refused
        # What is held back, by thread; looked at for each notification.
        self.held: Held = {}

    def holds(self, params: JsonObject, action: Callable[[], None]) -> bool:
        """Whether what came in about a thread is held back; `action` takes it later."""
        held = self.held.get(str(params.get("threadId")))
        if held is None:
            return False
        held.append(action)
        return True

    def hold(self, thread: ThreadState) -> None:
        """Hold back what comes in about a thread, until `look` has found out about it."""
        self.held.setdefault(thread.thread_id, [])

    async def look(self, thread: ThreadState) -> None:
        """Find out about a thread that was opened and is held."""
        held = self.held
        found = Found(True)
        try:
            found.turns = await self._last_turns(thread)
        except TransportClosedError:
            # It is done anew when the connection is there again, or all of it ends.
            return
        finally:
            if self.held is held:
                self._tell(thread, found)

    async def resume_all(self, threads: Sequence[ThreadState]) -> None:
        """Subscribe to threads again, on a new connection, and find out about them."""
        # What was held came over a connection that is gone, and is found out anew.
        held: Held = {thread.thread_id: [] for thread in threads}
        self.held = held
        if not threads:
            return
        try:
            loaded = await self._loaded()
        except TransportClosedError:
            return
        await asyncio.gather(*(self._resume(thread, loaded, held) for thread in threads))

    async def _resume(self, thread: ThreadState, loaded: set[str] | None, held: Held) -> None:
        try:
            found = await self._find(thread, is_loaded=loaded is None or thread.thread_id in loaded)
        except TransportClosedError:
            return
        except AppServerError as exc:
            if self.held is held:
                self._on_refused(thread, exc)
                self._release(thread)
        else:
            if self.held is held:
                self._tell(thread, found)

    def _tell(self, thread: ThreadState, found: Found) -> None:
        self._on_found(thread, found)
        self._release(thread)
        self._on_told(thread, found)
        self._engine.flush()

    def _release(self, thread: ThreadState) -> None:
        for action in self.held.pop(thread.thread_id, ()):
            action()
        self._engine.flush()

    async def _find(self, thread: ThreadState, *, is_loaded: bool) -> Found:
        found = Found()
        turn = thread.active
        is_starting = thread.starting is not None or bool(thread.lost_starts)
        begun: dict[str, JsonObject] = {}
        if thread.is_subscribed:
            params: JsonObject = {"threadId": thread.thread_id}
            if turn is None and not is_starting:
                params["excludeTurns"] = True
            if not is_loaded:
                params |= thread.reopening.again()
            raw_thread: JsonObject = (await self._ask("thread/resume", params))["thread"]
            found.is_active = _is_active(raw_thread)
            if is_starting:
                # A turn that has just begun is not on record yet.
                begun = _running_turns(raw_thread)
            if turn is not None:
                found.running_items = _running_items(raw_thread, turn.turn_id)
                await self._resume_sub_agents(turn)
        if found.is_active or turn is not None or is_starting:
            # Here the items have the ids that their events have; in the answer above texts have others.
            found.turns = {**begun, **await self._last_turns(thread)}
        return found

    async def _resume_sub_agents(self, turn: TurnState) -> None:
        """Have those who work for a turn ask here again."""
        for child in list(turn.sub_agents):
            with contextlib.suppress(JsonRpcError):
                # One that has ended, and has no record.
                await self._ask("thread/resume", {"threadId": child, "excludeTurns": True})

    async def _last_turns(self, thread: ThreadState) -> dict[str, JsonObject]:
        params = {"threadId": thread.thread_id, "limit": _LAST_TURNS, "itemsView": "full"}
        try:
            answer = await self._ask("thread/turns/list", params)
        except (JsonRpcError, RequestTimeoutError):
            # There is no record yet, or none at all: then what comes from now on must do.
            return {}
        return {raw_turn["id"]: raw_turn for raw_turn in answer["data"]}

    async def _loaded(self) -> set[str] | None:
        """Return the threads that the server has in memory: none of ours, when it was started anew."""
        try:
            return set((await self._ask("thread/loaded/list", {}))["data"])
        except JsonRpcError:
            return None

    async def _ask(self, method: str, params: Mapping[str, object]) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def settle(result: Any) -> None:
            if not future.done():
                future.set_result(result)

        def fail(make_error: Callable[[], BaseException]) -> None:
            if not future.done():
                future.set_exception(make_error())

        self._engine.send_now(method, params, settle, fail)
        return await future


def _running_turns(raw_thread: JsonObject) -> dict[str, JsonObject]:
    raw_turns: list[JsonObject] = raw_thread.get("turns") or []
    return {raw_turn["id"]: raw_turn for raw_turn in raw_turns if raw_turn["status"] == "inProgress"}


def _running_items(raw_thread: JsonObject, turn_id: str) -> list[JsonObject]:
    raw_turn = _running_turns(raw_thread).get(turn_id, {})
    items: list[JsonObject] = raw_turn.get("items") or []
    return [item for item in items if item.get("status") == "inProgress"]


def _is_active(raw_thread: JsonObject) -> bool:
    status = raw_thread.get("status")
    return isinstance(status, dict) and cast("JsonObject", status).get("type") == "active"
