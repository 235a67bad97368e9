"""What a turn can be given: text, images, skills, mentions; pure data with its wire form."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from codex_app_server.json_types import JsonObject

__all__ = [
    "ImageInput",
    "Input",
    "InputItem",
    "LocalImageInput",
    "MentionInput",
    "SkillInput",
    "TextInput",
]


@dataclass(frozen=True, slots=True)
class TextInput:
    """Text for the model.

    Attributes:
        text: At most 1,048,576 characters; the server refuses more.
    """

    text: str

    def to_wire(self) -> JsonObject:
        """Return the wire form, a `UserInput` of type `text`."""
        return {"type": "text", "text": self.text}


@dataclass(frozen=True, slots=True)
class ImageInput:
    """An image given by URL.

    Attributes:
        url: A `data:` URL; the server refuses remote ones.
    """

    url: str

    def to_wire(self) -> JsonObject:
        """Return the wire form, a `UserInput` of type `image`."""
        return {"type": "image", "url": self.url}


@dataclass(frozen=True, slots=True)
class LocalImageInput:
    """An image file that the server reads.

    Attributes:
        path: Path on the server's machine.
    """

    path: str | os.PathLike[str]

    def to_wire(self) -> JsonObject:
        """Return the wire form, a `UserInput` of type `localImage`."""
        return {"type": "localImage", "path": os.fspath(self.path)}


@dataclass(frozen=True, slots=True)
class SkillInput:
    """A skill to use in this turn.

    Attributes:
        name: Name of the skill.
        path: Path of its `SKILL.md`.
    """

    name: str
    path: str | os.PathLike[str]

    def to_wire(self) -> JsonObject:
        """Return the wire form, a `UserInput` of type `skill`."""
        return {"type": "skill", "name": self.name, "path": os.fspath(self.path)}


@dataclass(frozen=True, slots=True)
class MentionInput:
    """A mention of an app or plugin.

    Attributes:
        name: Name shown to the model.
        path: Target, for example `app://<connector-id>`.
    """

    name: str
    path: str

    def to_wire(self) -> JsonObject:
        """Return the wire form, a `UserInput` of type `mention`."""
        return {"type": "mention", "name": self.name, "path": self.path}


InputItem: TypeAlias = TextInput | ImageInput | LocalImageInput | SkillInput | MentionInput
"""One part of the input of a turn."""

Input: TypeAlias = str | InputItem | Sequence[str | InputItem]
"""What `Thread.turn` takes. An empty sequence runs the model on the history as it is."""

_ITEM_TYPES = (TextInput, ImageInput, LocalImageInput, SkillInput, MentionInput)


def _item_to_wire(item: object) -> JsonObject:
    if isinstance(item, str):
        return {"type": "text", "text": item}
    if not isinstance(item, _ITEM_TYPES):
        names = ", ".join(cls.__name__ for cls in _ITEM_TYPES)
        raise TypeError(f"unsupported input {type(item).__name__!r}: give a str or one of {names}")
    for field in fields(item):
        value: object = getattr(item, field.name)
        if not isinstance(value, (str, os.PathLike)):
            raise TypeError(f"{type(item).__name__}.{field.name} must be a str, not {type(value).__name__!r}")
    return item.to_wire()


def input_to_wire(value: Input) -> list[JsonObject]:
    """Return the `input` array of `turn/start` for what a user gave.

    Raises:
        TypeError: Something in `value` is not an input.
    """
    if isinstance(value, str):
        return [{"type": "text", "text": value}]
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_item_to_wire(item) for item in value]
    return [_item_to_wire(value)]
