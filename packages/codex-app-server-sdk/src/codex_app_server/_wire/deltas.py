"""Reads the text out of the lines that streaming consists of, without parsing what is the same in all of them.

Most lines of a turn are deltas of one message, which differ in their text alone. What stands before it is remembered
from the first one, which is parsed as any other line; the next one is looked up by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from codex_app_server._wire.json_codec import decode_line

if TYPE_CHECKING:
    from codex_app_server.json_types import JsonObject

__all__ = ["TEXT_DELTA", "DeltaLines"]

TEXT_DELTA = "item/agentMessage/delta"
# What the server writes at the beginning of the line and of the text, and at its end: with the time, or without.
_HEAD = b'{"method":"item/agentMessage/delta"'
_TEXT = b'"delta":"'
_END = b'"}}'
_END_BEFORE_TIME = b'"},"emittedAtMs":'
# The time in milliseconds and the brace.
_TIME_BYTES = 14
_BACKSLASH, _QUOTE = b'\\"'
_PARAMS = ["threadId", "turnId", "itemId", "delta"]
# Messages that are remembered. They are forgotten together: the next delta of each is parsed once more.
_MAX_KNOWN = 4096


class DeltaLines:
    """What the deltas of the messages that are being streamed begin with."""

    __slots__ = ("_heads", "_known", "_last_head", "_last_ids")

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[str, str, str]] = {}
        # What to forget when a message is complete, by its thread and item.
        self._heads: dict[str, dict[str, bytes]] = {}
        # The next line is mostly of the same message.
        self._last_head = b"-"
        self._last_ids = ("", "", "")

    def read(self, line: bytes) -> tuple[tuple[str, str, str], str] | None:
        """Return the thread, turn and item of a delta, and its text; None if the line has to be parsed."""
        if line.startswith(self._last_head):
            begin, ids = len(self._last_head), self._last_ids
        elif line.startswith(_HEAD):
            begin = line.find(_TEXT) + len(_TEXT)
            head = line[:begin]
            known = self._known.get(head)
            if known is None:
                return None
            self._last_head, self._last_ids = head, known
            ids = known
        else:
            return None
        # From the right: what looks like it within the text has a backslash before the quotation mark.
        if line.endswith(_END):
            end = len(line) - len(_END)
        else:
            end = len(line) - _TIME_BYTES - len(_END_BEFORE_TIME)
            if not (
                line.startswith(_END_BEFORE_TIME, end)
                and line[-_TIME_BYTES:-1].isdigit()
                and line.endswith(b"}")
            ):
                return None
        text = line[begin:end]
        try:
            # As numbers: to find bytes in bytes, Python first raises and drops an exception.
            if _BACKSLASH in text or _QUOTE in text:
                whole: object = decode_line(line[begin - 1 : end + 1])
                return (ids, whole) if isinstance(whole, str) else None
            return ids, text.decode()
        except ValueError:
            return None

    def learn(self, line: bytes, params: JsonObject) -> None:
        """Remember what a delta begins with, now that its line has been parsed."""
        if list(params) != _PARAMS or not all(isinstance(value, str) for value in params.values()):
            return
        head = line[: line.find(_TEXT) + len(_TEXT)]
        expected = {"method": TEXT_DELTA, "params": {**params, "delta": ""}}
        try:
            if decode_line(head + b'"}}') != expected:
                return
        except ValueError:
            return
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
            self._heads.clear()
        thread_id, turn_id, item_id, _ = cast("list[str]", list(params.values()))
        self._known[head] = (thread_id, turn_id, item_id)
        self._heads.setdefault(thread_id, {})[item_id] = head

    def forget(self, params: JsonObject) -> None:
        """Forget a message: these are the params of its `item/completed`."""
        item: object = params.get("item")
        item_id: object = cast("JsonObject", item).get("id") if isinstance(item, dict) else None
        thread_id: object = params.get("threadId")
        if isinstance(item_id, str) and isinstance(thread_id, str):
            heads = self._heads.get(thread_id, {})
            head = heads.pop(item_id, None)
            if head is not None:
                self._known.pop(head, None)
                if not heads:
                    del self._heads[thread_id]

    def forget_thread(self, params: JsonObject) -> None:
        """Forget the messages that a turn has not completed: these are the params of its `turn/completed`.

        A thread runs one turn at a time, so all that is left of it is of this one.
        """
        thread_id: object = params.get("threadId")
        if isinstance(thread_id, str):
            for head in self._heads.pop(thread_id, {}).values():
                self._known.pop(head, None)
