"""The buffer between the engine and one reader of a turn.

The engine puts, the reader takes, both under the lock of the turn. The engine never waits: a reader
that falls behind gets deltas of one item joined, and past a bound an error that concerns it alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from codex_app_server.events import ReasoningDelta, SubAgentEvent, TextDelta, ToolOutputDelta

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server._engine.wakeups import Waiter
    from codex_app_server.events import Event

__all__ = ["EventBuffer"]

# A reader this many events behind gets further deltas joined; one delta with its params is about 1 KB.
_JOIN_ABOVE = 4096
# Unread text of joined deltas, and unread events, past which a reader is given up.
_MAX_UNREAD_CHARS = 64 * 1024 * 1024
_MAX_UNREAD_EVENTS = 262_144


_Joinable: TypeAlias = TextDelta | ReasoningDelta | ToolOutputDelta
_JOINABLE = (TextDelta, ReasoningDelta, ToolOutputDelta)


class _Run:
    """Deltas of one item on their way to become one delta."""

    __slots__ = ("first", "item_id", "kind", "parts", "size")

    def __init__(self, first: _Joinable) -> None:
        self.first = first
        self.kind = type(first)
        self.item_id = first.item_id
        self.parts = [first.text]
        self.size = len(first.text)

    def joined(self) -> Event:
        if len(self.parts) == 1:
            return self.first
        first, text = self.first, "".join(self.parts)
        raw = {**first.raw, "delta": text}
        if isinstance(first, TextDelta):
            # Each turn ends with one of these, and `replace` looks at every field.
            return TextDelta(first.thread_id, first.turn_id, first.method, raw, first.item_id, text)
        return replace(first, text=text, raw=raw)


class EventBuffer:
    """Unread events, in order; with `join_above=0` the compact history of a turn.

    Not locked by itself: every call is made under the lock of the turn.
    """

    __slots__ = ("_events", "_join_above", "_run", "has_sub_agents", "is_overflown", "on_behind", "waiter")

    def __init__(self, join_above: int = _JOIN_ABOVE, events: list[Event] | None = None) -> None:
        self._events: list[Event] = events if events is not None else []
        self._join_above = join_above
        self._run: _Run | None = None
        # Called once, under the lock of the turn, when deltas begin to be joined.
        self.on_behind: Callable[[], object] | None = None
        # Whether the reader asks for what sub-agents do.
        self.has_sub_agents = False
        self.is_overflown = False
        self.waiter: Waiter | None = None

    @property
    def is_behind(self) -> bool:
        """Whether so much is unread that deltas are joined."""
        return len(self._events) >= self._join_above

    def put(self, event: Event) -> None:
        """Append an event, or join it to the last one."""
        run = self._run
        if run is None:
            if len(self._events) < self._join_above:
                self._events.append(event)
                return
        else:
            # Nearly every event of a long turn passes here: the cheap tests come first.
            kind = run.kind
            if (
                type(event) is kind
                and isinstance(event, _JOINABLE)
                and event.item_id == run.item_id
                and (kind is TextDelta or _same_part(run.first, event))
            ):
                run.parts.append(event.text)
                run.size += len(event.text)
                if run.size > _MAX_UNREAD_CHARS and self._join_above:
                    self._overflow()
                return
            self._flush()
        if isinstance(event, _JOINABLE) and "delta" in event.raw:
            self._run = _Run(event)
            if self.on_behind is not None:
                self.on_behind()
                self.on_behind = None
            return
        self._events.append(event)
        if len(self._events) > _MAX_UNREAD_EVENTS and self._join_above:
            self._overflow()

    def drop_sub_agents(self) -> None:
        """Forget the events of sub-agents: the reader does not ask for them."""
        self._events = [event for event in self._events if type(event) is not SubAgentEvent]

    def take(self) -> list[Event]:
        """Return all unread events and forget them."""
        self._flush()
        events = self._events
        if events:
            self._events = []
        return events

    def snapshot(self) -> list[Event]:
        """Return all events and keep them."""
        events = list(self._events)
        if self._run is not None:
            events.append(self._run.joined())
        return events

    def _flush(self) -> None:
        if self._run is not None:
            self._events.append(self._run.joined())
            self._run = None

    def _overflow(self) -> None:
        self.is_overflown = True
        self._events = []
        self._run = None


def _same_part(first: _Joinable, event: _Joinable) -> bool:
    """Whether two deltas of one item continue each other: reasoning has parts, progress is no text."""
    if isinstance(event, ReasoningDelta) and isinstance(first, ReasoningDelta):
        return first.is_summary == event.is_summary and first.part_index == event.part_index
    return "delta" in event.raw
