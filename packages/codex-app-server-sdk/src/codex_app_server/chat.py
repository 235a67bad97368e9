"""Codex threads as plain language models: nothing but the given messages reaches the model, and nothing can run.

For adapters whose framework keeps the conversation itself: start a thread with these options, inject the
history, run a turn with empty input, unsubscribe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from codex_app_server.options import ThreadStartOptions

__all__ = ["chat_thread_options"]

# Looked up on the true binary: with these, a request holds the injected items and no tools.
_CHAT_CONFIG: dict[str, Any] = {
    "include_apps_instructions": False,
    "include_collaboration_mode_instructions": False,
    "include_environment_context": False,
    "include_permissions_instructions": False,
    "notify": [],
    "skills": {"bundled": {"enabled": False}},
    "tools": {"experimental_request_user_input": {"enabled": False}},
    "web_search": "disabled",
    "features": {
        "apps": False,
        "goals": False,
        "multi_agent": False,
        "plugins": False,
        "shell_tool": False,
        "view_image": False,
    },
}


def chat_thread_options(
    *, model: str | None = None, base_instructions: str = "", config: Mapping[str, object] | None = None
) -> ThreadStartOptions:
    """Return the options of a thread that is a language model and no agent.

    The thread is ephemeral, has no environment to run commands in, and no instructions of its own.

    Args:
        model: The model; None is that of the Codex configuration.
        base_instructions: Instructions in front of all messages.
        config: Further configuration, merged over that of this function; nested tables or dotted keys.

    Protocol: `thread/start`.
    """
    return {
        "approval_policy": "never",
        "base_instructions": base_instructions,
        "config": _merged(_CHAT_CONFIG, config or {}),
        "developer_instructions": "",
        "environments": [],
        "ephemeral": True,
        "model": model,
        "sandbox": "read-only",
    }


def _merged(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Merge configuration table by table; dotted keys of `extra` name entries of tables."""
    merged = dict(base)
    for key, value in extra.items():
        first, _, rest = key.partition(".")
        entry: object = {rest: value} if rest else value
        merged[first] = _merged(_table(merged.get(first)), _table(entry)) if _is_table(entry) else entry
    return merged


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _table(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if _is_table(value) else {}
