"""What Codex lets a tool of this program be called."""

from __future__ import annotations

import re

__all__ = ["BUILT_IN_TOOL_NAMES", "check_tool_name", "tool_name"]

BUILT_IN_TOOL_NAMES = frozenset(
    {
        "apply_patch",
        "create_goal",
        "exec",
        "exec_command",
        "get_goal",
        "request_user_input",
        "shell_command",
        "tool_search",
        "update_goal",
        "view_image",
        "wait",
        "write_stdin",
    }
)
"""Tools of Codex that win over a tool of the same name: the server accepts that one and never calls it.

Some are offered to some models only; a name that works with one model must not fail silently with the next.
"""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_-]")


def tool_name(name: str) -> str:
    """Return a name that Codex allows for one that it may not: what it does not allow becomes `_`."""
    return _NOT_ALLOWED.sub("_", name)


def check_tool_name(name: str) -> None:
    """Check that the model can call a tool of this program by its name.

    Raises:
        ValueError: It cannot; the message says why.

    Protocol: `dynamicTools` of `thread/start`.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"the tool name {name!r} must have 1 to 128 characters, of letters, digits, '_' and '-'"
        )
    if name in BUILT_IN_TOOL_NAMES:
        raise ValueError(
            f"the tool name {name!r} belongs to a tool of Codex itself, which would be called instead: "
            "give your tool another name"
        )
