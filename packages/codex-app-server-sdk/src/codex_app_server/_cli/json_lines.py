"""JsonView: the events of a turn as JSON lines, for programs."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from codex_app_server.events import OtherEvent, TurnFinished
from codex_app_server.questions import Question

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import TextIO

    from codex_app_server.events import Event
    from codex_app_server.results import TurnResult

__all__ = ["JsonView"]

# The notifications themselves, and what belongs to this program alone.
_LEFT_OUT = frozenset({"raw", "raw_items", "raw_turn", "output_spec"})


class JsonView:
    """Writes each event as an object on a line of its own: `kind`, and the attributes of its class.

    Only `other` events, which have no form of their own, carry the notification as `raw`.

    Args:
        output: Where the lines go. Notes go to stderr.
    """

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._is_finished = False

    def feed(self, event: Event) -> None:
        """Write an event."""
        self._is_finished = isinstance(event, TurnFinished)
        shown: dict[str, object] = {"kind": event.kind, **_members(event)}
        if isinstance(event, OtherEvent):
            shown["raw"] = event.raw
        self._write(shown)

    def note(self, text: str, *, is_bad: bool = False) -> None:  # noqa: ARG002 - the interface
        """Show a note of this program."""
        sys.stderr.write(f"{text}\n")

    def pause(self) -> AbstractContextManager[None]:
        """Leave the terminal to somebody else for a while."""
        return nullcontext()

    def end(self, result: TurnResult) -> None:
        """Write how the turn ended, unless its event has been written."""
        if not self._is_finished:
            shown: dict[str, object] = {
                "kind": TurnFinished.kind,
                "thread_id": result.thread_id,
                "turn_id": result.turn_id,
                "method": "turn/completed",
                "result": _members(result),
            }
            self._write(shown)

    def close(self) -> None:
        """Stop."""

    def _write(self, shown: dict[str, object]) -> None:
        # ASCII: nothing in it can do anything to a terminal.
        self._output.write(json.dumps(shown, default=_plain) + "\n")
        self._output.flush()


def _members(value: object) -> dict[str, object]:
    if not is_dataclass(value):
        return {}
    names = (field.name for field in fields(value))
    return {name: getattr(value, name) for name in names if name not in _LEFT_OUT}


def _plain(value: object) -> object:
    if isinstance(value, Question):
        return {"id": value.id, "method": value.method, "params": value.raw}
    return _members(value) if is_dataclass(value) else str(value)
