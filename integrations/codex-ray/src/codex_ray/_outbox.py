"""Outbox: what waits to cross to one caller, with the deltas of a turn joined; no Ray and no waiting in here.

A message to another process costs some hundred times what a delta costs inside one. So the first delta of a turn goes at
once and those that follow within a twentieth of a second go as one; whatever is no delta goes at once, after them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    Json: TypeAlias = dict[str, Any]

__all__ = ["DELTAS_PER_S", "Outbox", "dump"]

DELTAS_PER_S = 20
"""How often the deltas of one turn cross to a caller, at most, in a second."""

_PAUSE_S = 1 / DELTAS_PER_S


def dump(message: Json) -> bytes:
    """Return a message as a line, in the compact form in which the app-server writes."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"


class _Pace:
    """When the deltas of one turn last crossed, and those that wait."""

    __slots__ = ("due", "waiting")

    def __init__(self) -> None:
        self.due = 0.0
        # By item and kind, in the order in which they began; each with the texts to join.
        self.waiting: dict[tuple[object, ...], tuple[Json, list[str]]] = {}


class Outbox:
    """The lines for one caller.

    Args:
        clock: The time in seconds.
        wake: Called when something can be taken.
        wake_at: Called with the time at which something will be due.
    """

    def __init__(
        self, *, clock: Callable[[], float], wake: Callable[[], None], wake_at: Callable[[float], object]
    ) -> None:
        self._clock = clock
        self._wake = wake
        self._wake_at = wake_at
        self._lines: list[bytes] = []
        self._paces: dict[str, _Pace] = {}
        self._waiting_bytes = 0
        self.size_bytes = 0

    def put(self, line: bytes, thread_id: str | None = None, *, is_last: bool = False) -> None:
        """Add a line, after the deltas of its thread that wait.

        Args:
            line: The line, with its newline.
            thread_id: The thread that it is about, if it is about one.
            is_last: Whether it ends the turn.
        """
        pace = self._paces.get(thread_id) if thread_id is not None else None
        if pace is not None:
            self._flush(pace)
            if is_last and thread_id is not None:
                del self._paces[thread_id]
        self._add(line)
        self._wake()

    def put_delta(self, thread_id: str, message: Json) -> None:
        """Add a delta: at once, or joined to those of the same item and kind that wait."""
        pace = self._paces.get(thread_id)
        if pace is None:
            pace = self._paces[thread_id] = _Pace()
        now = self._clock()
        if not pace.waiting and now >= pace.due:
            pace.due = now + _PAUSE_S
            self._add(dump(message))
            self._wake()
            return
        if not pace.waiting:
            self._wake_at(pace.due)
        params = cast("Json", message["params"])
        text = cast("str", params["delta"])
        key = (message["method"], *(value for name, value in params.items() if name != "delta"))
        known = pace.waiting.get(key)
        if known is None:
            pace.waiting[key] = (message, [text])
        else:
            known[1].append(text)
        self._waiting_bytes += len(text)
        self.size_bytes += len(text)

    def take(self, *, everything: bool = False) -> bytes:
        """Return what may cross now, as one chunk; empty when nothing may.

        Args:
            everything: Also the deltas that are not due yet: nothing will follow.
        """
        now = self._clock()
        later: float | None = None
        for pace in self._paces.values():
            if pace.waiting and (everything or pace.due <= now):
                self._flush(pace)
                pace.due = now + _PAUSE_S
            elif pace.waiting and (later is None or pace.due < later):
                later = pace.due
        if later is not None:
            self._wake_at(later)
        lines, self._lines = self._lines, []
        self.size_bytes = self._waiting_bytes
        return b"".join(lines)

    def _add(self, line: bytes) -> None:
        self._lines.append(line)
        self.size_bytes += len(line)

    def _flush(self, pace: _Pace) -> None:
        for message, texts in pace.waiting.values():
            joined = "".join(texts)
            self._waiting_bytes -= len(joined)
            self.size_bytes -= len(joined)
            message["params"]["delta"] = joined
            self._add(dump(message))
        pace.waiting.clear()
