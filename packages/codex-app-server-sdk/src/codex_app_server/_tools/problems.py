"""What is wrong with the arguments of a call, put into words for the model; bounded, since the model wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from codex_app_server.errors import ToolArgumentsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["arguments_error", "path_text", "shown"]

# A model corrects what it reads first; a long list of the same fault costs tokens and says no more.
_PROBLEM_COUNT = 10
_PROBLEM_CHARACTERS = 300
_VALUE_CHARACTERS = 40


def arguments_error(tool_name: str, problems: Sequence[tuple[str, str]]) -> ToolArgumentsError:
    """Return the error for arguments that a tool cannot take.

    Args:
        tool_name: The tool.
        problems: Where each is, empty for the arguments as a whole, and what it is.
    """
    lines = [_cut(f"{path}: {text}" if path else text, _PROBLEM_CHARACTERS) for path, text in problems]
    told = [f"- {line}" for line in lines[:_PROBLEM_COUNT]]
    if len(lines) > _PROBLEM_COUNT:
        told.append(f"- and {len(lines) - _PROBLEM_COUNT} more")
    message = "\n".join(
        [f"The arguments of {tool_name} are not valid:", *told, "Correct them and call the tool again."]
    )
    return ToolArgumentsError(message, tool_name=tool_name, problems=tuple(lines[:_PROBLEM_COUNT]))


def path_text(path: Iterable[str | int]) -> str:
    """Return a place inside the arguments as text: `hits[0].city`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_cut(part, 60)}" for part in path)
    return _cut(text.removeprefix("."), 150)


def shown(value: object) -> str:
    """Return a value for a message: a short one as it is, else what kind of value it is."""
    if isinstance(value, str) and len(value) > _VALUE_CHARACTERS:
        return f"a text of {len(value)} characters"
    if isinstance(value, (str, bool, float)) or value is None:
        return repr(value)
    # An int of many digits cannot even be printed.
    if isinstance(value, int) and value.bit_length() <= 64:
        return repr(value)
    if isinstance(value, int):
        return "a very large number"
    return "an object" if isinstance(value, Mapping) else "an array"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
