"""Python names for wire names."""

from __future__ import annotations

import keyword
import re

# Words that the camel-case rule would take apart.
_WORDS = {"OAuth": "Oauth", "oAuth": "oauth"}


def snake(wire: str) -> str:
    """Return the snake_case form: `threadId` -> `thread_id`, `read-only` -> `read_only`."""
    for word, whole in _WORDS.items():
        wire = wire.replace(word, whole)
    wire = re.sub(r"[^0-9A-Za-z]+", "_", wire).strip("_")
    wire = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", wire)
    wire = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", wire)
    return wire.lower()


def attribute(wire: str, taken: frozenset[str]) -> str:
    """Return a name for an attribute that is no keyword and none of the names of the base class."""
    name = snake(wire)
    if name[:1].isdigit():
        name = f"v{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name


def camel(wire: str) -> str:
    """Return the camelCase form of a snake_case name: `turn_id` -> `turnId`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), wire)


def pascal(wire: str) -> str:
    """Return the PascalCase form: `openai/userVerification` -> `OpenaiUserVerification`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^0-9A-Za-z]+", wire))


def class_from_title(title: str) -> str | None:
    """Return the class name that a title gives: also for `Profilev2::BedrockSetupParams`."""
    title = re.sub(r"v\d+::", "", title)
    return title if title.isidentifier() else None
