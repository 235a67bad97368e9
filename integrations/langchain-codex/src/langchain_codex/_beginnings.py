"""Beginnings of a conversation, as keys: what a thread holds is found by them. Pure.

Each call goes through its whole conversation, so this is cheap for what nearly all of it is: texts are not copied,
not hashed and not digested, and two lists of the same objects are compared by pointers.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_codex._messages import Form

__all__ = ["Beginning", "Beginnings"]

# Role and text, or the digest of what is more than a text: an image must not be kept for it.
_Entry: TypeAlias = "tuple[str, str] | bytes"
_TEXT_KEYS = {"type", "text"}


class Beginning:
    """The first items of a conversation, and its settings: equal to another one if all of that is.

    Args:
        entries: The settings, then the items of the whole conversation.
        count: How many entries count.
        mark: A hash: equal for equal ones, and seldom for others.
    """

    __slots__ = ("_count", "_entries", "_mark")

    def __init__(self, entries: list[_Entry], count: int, mark: int) -> None:
        self._entries = entries
        self._count = count
        self._mark = mark

    def __hash__(self) -> int:
        return self._mark

    def __eq__(self, other: object) -> bool:
        # The mark alone does not do: with another history, the model would answer somebody else's question.
        return (
            isinstance(other, Beginning)
            and self._mark == other._mark
            and self._count == other._count
            and self._entries[: self._count] == other._entries[: other._count]
        )


class Beginnings:
    """All beginnings of a conversation: of no item, of one, and so on.

    Args:
        settings: What else must be equal, as text.
        forms: The conversation.
    """

    def __init__(self, settings: str, forms: Iterable[Form]) -> None:
        self._entries: list[_Entry] = [("", settings), *_entries(forms)]

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, count: int) -> Beginning:
        """Return the beginning of so many items; a negative number counts from the whole backwards."""
        index = count if count >= 0 else len(self._entries) + count
        return _beginning(self._entries, index + 1)

    def followed_by(self, forms: Iterable[Form]) -> Beginning:
        """Return the whole conversation with what follows it."""
        entries = [*self._entries, *_entries(forms)]
        return _beginning(entries, len(entries))


def _beginning(entries: list[_Entry], count: int) -> Beginning:
    # Of the last entry alone: to hash all of them takes longer than to compare them with the few that end alike.
    return Beginning(entries, count, hash((count, entries[count - 1])))


def _entries(forms: Iterable[Form]) -> list[_Entry]:
    return [form if isinstance(form, tuple) else _entry(form) for form in forms]


def _entry(item: dict[str, Any]) -> _Entry:
    return _text_of(item) or hashlib.sha256(_canonical(item)).digest()


def _text_of(item: dict[str, Any]) -> tuple[str, str] | None:
    """Return role and text of a message that is text alone: an answer may be cut into blocks, with the same meaning."""
    parts: list[dict[str, Any]] = item.get("content") or []
    if item.get("role") == "assistant":
        return "assistant", "".join(part["text"] for part in parts)
    if len(parts) == 1 and parts[0].keys() == _TEXT_KEYS:
        return item["role"], parts[0]["text"]
    return None


def _canonical(item: dict[str, Any]) -> bytes:
    """Return what counts of an item: a store may order its members anew."""
    if item["type"] == "function_call":
        try:
            called = [item["call_id"], item["name"], json.loads(item["arguments"])]
        except ValueError:
            return _json(item)
        return _json(called)
    return _json(item)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
