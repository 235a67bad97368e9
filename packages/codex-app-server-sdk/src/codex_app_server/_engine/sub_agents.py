"""The turns of sub-agents: whom they work for, who decides for them, and what happens in them as events of that turn.

A sub-agent works in a thread of its own, which nobody here has opened. `rootTurnId` of its turns is all that tells
whose it is. Its events go only to readers who ask for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from codex_app_server._engine.buffers import EventBuffer
from codex_app_server._engine.counting import accounts_of, count_of_sub_agent
from codex_app_server._wire.normalise import normalise, usage_of
from codex_app_server.events import (
    OtherEvent,
    ResponseFinished,
    SubAgentEvent,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    UsageUpdated,
)
from codex_app_server.results import TurnCollector

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from codex_app_server._engine.counting import Ledger, SubAgentAccount, UsageSum
    from codex_app_server._engine.setup import TurnSetup
    from codex_app_server._engine.state import ThreadState, TurnState
    from codex_app_server.events import Event
    from codex_app_server.json_types import JsonObject

    _Publish = Callable[[TurnState, SubAgentEvent], None]

    class Link(Protocol):
        """What is needed of the engine."""

        ledger: Ledger


__all__ = ["SubAgentTurn", "SubAgents", "rerouted"]

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
        account: What is counted of it.
    """

    __slots__ = (
        "_collector",
        "_open_tools",
        "_publish",
        "_texts",
        "account",
        "root",
        "thread_id",
        "turn_id",
    )

    def __init__(self, publish: _Publish, root: TurnState, thread_id: str, turn_id: str) -> None:
        self._publish = publish
        self.root = root
        self.thread_id = thread_id
        self.turn_id = turn_id
        self.account = accounts_of(root.thread, thread_id)
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
        self.take(self.event(method, params))

    def take(self, event: Event) -> None:
        """Take what a notification of this turn says."""
        if isinstance(event, TextDelta):
            self._texts.put(event)
        elif not isinstance(event, TurnFinished):
            self._collector.feed(event)
        if isinstance(event, ToolStarted):
            self._open_tools[event.item_id] = event
        elif isinstance(event, ToolFinished):
            self._open_tools.pop(event.item_id, None)
        self.show(event)

    def event(self, method: str, params: JsonObject) -> Event:
        """Return what a notification of this turn says."""
        ids = (self.thread_id, self.turn_id, method, params)
        if method == "turn/completed":
            deltas = [event for event in self._texts.take() if isinstance(event, TextDelta)]
            model = self.account.rerouted or self.account.model
            result = self._collector.result(_object(params.get("turn")), deltas, model=model)
            return TurnFinished(*ids, result)
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
        engine: Has the ledger.
        publish: Gives an event to the readers of a turn who ask for those of its sub-agents.
    """

    def __init__(self, engine: Link, publish: _Publish) -> None:
        self._engine = engine
        self._publish = publish
        # What is counted of those who work, by their thread, with the sum of the thread that they work for.
        self._accounts: dict[str, tuple[SubAgentAccount, UsageSum]] = {}
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
        turn = self._turns[turn_id] = SubAgentTurn(self._publish, root, thread_id, turn_id)
        turn.account.turn, turn.account.rerouted = root.usage, None
        self._accounts[thread_id] = turn.account, root.thread.usage
        if len(self._accounts) > _MAX_THREADS:
            del self._accounts[next(iter(self._accounts))]
        self.told(turn_id, "turn/started", params)

    def told(self, turn_id: str, method: str, params: JsonObject) -> None:
        """Take a notification of a turn, if it is one of a sub-agent."""
        turn = self._turns.get(turn_id)
        if turn is None:
            if method == "thread/tokenUsage/updated":
                # Of one that works on after the end of its root.
                self._count(normalise(method, params, str(params.get("threadId")), turn_id))
            return
        event = turn.event(method, params)
        if isinstance(event, UsageUpdated):
            self._count(event)
        elif isinstance(event, ToolFinished):
            self.learn(turn.root.thread, event)
        elif isinstance(event, OtherEvent) and method == "model/rerouted":
            turn.account.rerouted = rerouted(params)
        turn.take(event)

    def _count(self, event: Event) -> None:
        found = self._accounts.get(event.thread_id)
        if found is not None and isinstance(event, UsageUpdated):
            count_of_sub_agent(self._engine.ledger, *found, event)

    def learn(self, thread: ThreadState, event: ToolFinished) -> None:
        """Note the models of sub-agents that a turn of a thread, or one of those, has begun: nothing else tells them."""
        model: object = event.arguments.get("model") if event.tool_kind == "sub_agent" else None
        if not isinstance(model, str) or not model:
            return
        receivers: object = event.arguments.get("receiverThreadIds")
        children = cast("list[object]", receivers) if isinstance(receivers, list) else []
        for child in (*children, event.arguments.get("agentThreadId")):
            if isinstance(child, str):
                accounts_of(thread, child).model = model

    def told_of_thread(self, thread_id: object, method: str, params: JsonObject) -> None:
        """Take a notification of a thread, if it is one of a sub-agent: it is shown in the turn that runs there."""
        for turn in self._turns.values():
            if turn.thread_id == thread_id:
                turn.told(method, params)

    def completed(self, params: JsonObject, turn_id: str) -> None:
        """Note that a turn has ended, if it is one of a sub-agent."""
        thread_id = str(params.get("threadId"))
        self._setups.pop(thread_id, None)
        account, _ = self._accounts.pop(thread_id, (None, None))
        self.told(turn_id, "turn/completed", params)
        turn = self._turns.pop(turn_id, None)
        if turn is not None and turn.root.sub_agents.get(thread_id) == turn_id:
            del turn.root.sub_agents[thread_id]
        if account is not None:
            account.turn = None

    def root_ended(self, root: TurnState) -> None:
        """A turn has ended: nobody reads any more what those do who worked for it."""
        for turn_id in root.sub_agents.values():
            self._turns.pop(turn_id, None)


def rerouted(params: JsonObject) -> str | None:
    """Return the model that a turn was moved to. Protocol: `model/rerouted`."""
    model = params.get("toModel")
    return model if isinstance(model, str) else None


def _object(value: object) -> JsonObject:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
