"""Gap: what makes the events of a turn whole again after some of them were missed. No `await`, no I/O.

The connection was lost while the turn ran, or the turn was found running. The server does not repeat what was
missed; it has a record of the items that have completed, and tells of what comes from now on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from codex_app_server._wire.normalise import normalise
from codex_app_server.events import (
    MessageFinished,
    MessageStarted,
    TextDelta,
    TurnStarted,
    Usage,
    UsageUpdated,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codex_app_server._engine.state import TurnState
    from codex_app_server.events import Event
    from codex_app_server.json_types import JsonObject

__all__ = ["Gap"]


class Gap:
    """The repair of one gap in one turn.

    Every item begins and ends once for the readers. The deltas of a message that was being written in the gap are
    held back: what is missing of it comes as one delta before its end, so that no text is missing in the middle.

    Args:
        turn: The turn, with what is known of it.
    """

    def __init__(self, turn: TurnState) -> None:
        self._turn = turn
        self._begun = turn.begun_items()
        # Items that were told of from the record: the server may yet tell of them as well.
        self._filled: set[object] = set()
        # Messages whose beginning came after the gap.
        self._whole: set[str] = set()

    def fill(self, completed: Iterable[JsonObject], running: Iterable[JsonObject] = ()) -> list[Event]:
        """Return the events of the items that have not been seen yet.

        Args:
            completed: Items that have completed, in their order.
            running: Items that have begun and not completed.
        """
        events: list[Event] = []
        seen = self._turn.seen_items()
        for item in filter(_has_id, completed):
            if item.get("id") not in seen:
                events += self.pass_on(self._event("item/completed", item))
                self._filled.add(item.get("id"))
                seen.add(item.get("id"))
        for item in filter(_has_id, running):
            if item.get("id") not in seen:
                events += self.pass_on(self._event("item/started", item))
        return events

    def pass_on(self, event: Event) -> list[Event]:
        """Return what to publish for an event that came after the gap."""
        if isinstance(event, TextDelta):
            return [event] if event.item_id in self._whole else []
        if isinstance(event, UsageUpdated):
            return self._not_counted(event)
        if isinstance(event, TurnStarted):
            return [] if self._turn.is_started else [event]
        item: object = event.raw.get("item")
        if not isinstance(item, dict) or not _has_id(cast("JsonObject", item)):
            return [event]
        if event.method == "item/started":
            return self._started(event, event.raw["item"].get("id"))
        if event.method == "item/completed":
            return self._finished(event, event.raw["item"].get("id"))
        return [event]

    def _event(self, method: str, item: JsonObject) -> Event:
        turn = self._turn
        params = {"threadId": turn.thread_id, "turnId": turn.turn_id, "item": item}
        return normalise(method, params, turn.thread_id, turn.turn_id)

    def _started(self, event: Event, item_id: object) -> list[Event]:
        if item_id in self._begun:
            return []
        self._begun.add(item_id)
        if isinstance(event, MessageStarted):
            self._whole.add(event.item_id)
        return [event]

    def _finished(self, event: Event, item_id: object) -> list[Event]:
        if item_id in self._filled:
            self._filled.discard(item_id)
            return []
        events: list[Event] = []
        if item_id not in self._begun:
            self._begun.add(item_id)
            events.append(self._event("item/started", event.raw["item"]))
        if isinstance(event, MessageFinished) and event.item_id not in self._whole:
            events += self._missing_text(event)
        return [*events, event]

    def _missing_text(self, event: MessageFinished) -> list[Event]:
        shown = self._turn.text_of(event.item_id)
        rest = event.text[len(shown) :]
        if not rest or not event.text.startswith(shown):
            return []
        ids = (event.thread_id, event.turn_id)
        params = {"threadId": ids[0], "turnId": ids[1], "itemId": event.item_id, "delta": rest}
        return [TextDelta(*ids, "item/agentMessage/delta", params, event.item_id, rest)]

    def _not_counted(self, event: UsageUpdated) -> list[Event]:
        """Take the usage from the total of the thread: requests were missed, and the last one is told again."""
        before = self._turn.thread.used
        if before is None:
            return [event]
        missed = event.total - before
        if missed == Usage():
            return []
        if missed.total_tokens < 0:
            # The server has begun to count anew.
            return [event]
        ids = (event.thread_id, event.turn_id, event.method, event.raw)
        return [UsageUpdated(*ids, missed, event.total, event.context_window)]


def _has_id(item: JsonObject) -> bool:
    return isinstance(item.get("id"), str)
