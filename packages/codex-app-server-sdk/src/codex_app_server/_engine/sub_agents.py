"""The turns of sub-agents: whom they work for, who decides for them, and what happens in them as events of that turn.

A sub-agent works in a thread of its own, which nobody here has opened. `rootTurnId` of its turns is all that tells
whose it is. Its events go only to readers who ask for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from codex_app_server._engine.buffers import EventBuffer
from codex_app_server._wire.normalise import normalise, usage_of
from codex_app_server.events import (
    ResponseFinished,
    SubAgentEvent,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from codex_app_server.results import TurnCollector

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server._engine.setup import TurnSetup
    from codex_app_server._engine.state import TurnState
    from codex_app_server.events import Event
    from codex_app_server.json_types import JsonObject

    _Publish = Callable[[TurnState, SubAgentEvent], None]

__all__ = ["SubAgentTurn", "SubAgents"]

# Threads of sub-agents that are remembered; the oldest is forgotten first.
_MAX_THREADS = 1000


class SubAgentTurn:
    """A turn of a sub-agent that runs.

    Args:
        publish: Gives an event to the readers of its root who ask for it.
        root: The turn that it works for.
        thread_id: Its thread.
        turn_id: The turn.

    Attributes:
        root: The turn that it works for.
        thread_id: Its thread.
        turn_id: The turn.
    """

    __slots__ = ("_collector", "_open_tools", "_publish", "_texts", "root", "thread_id", "turn_id")

    def __init__(self, publish: _Publish, root: TurnState, thread_id: str, turn_id: str) -> None:
        self._publish = publish
        self.root = root
        self.thread_id = thread_id
        self.turn_id = turn_id
        self._collector = TurnCollector(thread_id, turn_id)
        self._texts = EventBuffer(join_above=0)
        self._open_tools: dict[str, ToolStarted] = {}

    def started_tool(self, item_id: str) -> ToolStarted | None:
        """Return the event of the tool that runs as this item."""
        return self._open_tools.get(item_id)

    def show(self, event: Event) -> None:
        """Give an event to the readers of the turn that it works for."""
        root = self.root
        self._publish(root, SubAgentEvent(root.thread_id, root.turn_id, event.method, event.raw, event))

    def told(self, method: str, params: JsonObject) -> None:
        """Take a notification of this turn."""
        event = self._event(method, params)
        if isinstance(event, TextDelta):
            self._texts.put(event)
        elif not isinstance(event, TurnFinished):
            self._collector.feed(event)
        if isinstance(event, ToolStarted):
            self._open_tools[event.item_id] = event
        elif isinstance(event, ToolFinished):
            self._open_tools.pop(event.item_id, None)
        self.show(event)

    def _event(self, method: str, params: JsonObject) -> Event:
        ids = (self.thread_id, self.turn_id, method, params)
        if method == "turn/completed":
            deltas = [event for event in self._texts.take() if isinstance(event, TextDelta)]
            return TurnFinished(*ids, self._collector.result(_object(params.get("turn")), deltas))
        if method == "rawResponse/completed":
            usage = params.get("usage")
            # Its calls are told by the items of their tools.
            return ResponseFinished(
                *ids, params.get("responseId"), usage_of(_object(usage)) if usage else None, ()
            )
        return normalise(method, params, self.thread_id, self.turn_id)


class SubAgents:
    """All sub-agents of one connection. Its methods run on the engine's loop.

    Args:
        publish: Gives an event to the readers of a turn who ask for those of its sub-agents.
    """

    def __init__(self, publish: _Publish) -> None:
        self._publish = publish
        self._turns: dict[str, SubAgentTurn] = {}
        # Who decides for a sub-agent, by its thread: it may outlive the turn that it works for.
        self._setups: dict[str, TurnSetup] = {}

    def setup_of(self, thread_id: str) -> TurnSetup | None:
        """Return who decides for a sub-agent."""
        return self._setups.get(thread_id)

    def turn(self, turn_id: str) -> SubAgentTurn | None:
        """Return a turn of a sub-agent whose root runs."""
        return self._turns.get(turn_id)

    def started(self, root: TurnState, params: JsonObject, turn_id: str) -> None:
        """Note that a sub-agent of a turn works: nothing else tells whose it is."""
        thread_id = str(params.get("threadId"))
        root.sub_agents[thread_id] = turn_id
        self._setups[thread_id] = root.setup
        if len(self._setups) > _MAX_THREADS:
            del self._setups[next(iter(self._setups))]
        self._turns[turn_id] = SubAgentTurn(self._publish, root, thread_id, turn_id)
        self.told(turn_id, "turn/started", params)

    def told(self, turn_id: str, method: str, params: JsonObject) -> None:
        """Take a notification of a turn, if it is one of a sub-agent."""
        turn = self._turns.get(turn_id)
        if turn is not None:
            turn.told(method, params)

    def told_of_thread(self, thread_id: object, method: str, params: JsonObject) -> None:
        """Take a notification of a thread, if it is one of a sub-agent: it is shown in the turn that runs there."""
        for turn in self._turns.values():
            if turn.thread_id == thread_id:
                turn.told(method, params)

    def completed(self, params: JsonObject, turn_id: str) -> None:
        """Note that a turn has ended, if it is one of a sub-agent."""
        thread_id = str(params.get("threadId"))
        self._setups.pop(thread_id, None)
        self.told(turn_id, "turn/completed", params)
        turn = self._turns.pop(turn_id, None)
        if turn is not None and turn.root.sub_agents.get(thread_id) == turn_id:
            del turn.root.sub_agents[thread_id]

    def root_ended(self, root: TurnState) -> None:
        """A turn has ended: nobody reads any more what those do who worked for it."""
        for turn_id in root.sub_agents.values():
            self._turns.pop(turn_id, None)


def _object(value: object) -> JsonObject:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
