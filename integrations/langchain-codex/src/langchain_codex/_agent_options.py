"""The settings of an agent as options of the core's threads and turns. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codex_app_server import DEFER, defer_approvals

from langchain_codex._agent_tools import core_tools

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex_app_server import Defer

    from langchain_codex.agents import CodexAgent

__all__ = ["invocation_params", "thread_options", "turn_options"]

_POLICIES = {
    "read-only": "readOnly",
    "workspace-write": "workspaceWrite",
    "danger-full-access": "dangerFullAccess",
}


def thread_options(agent: CodexAgent, *, is_async: bool) -> dict[str, Any]:
    """Return what a thread is started, resumed or forked with.

    Args:
        agent: The agent.
        is_async: Whether its tools run in the loop of whoever runs it.
    """
    options = {
        "model": agent.model,
        "cwd": agent.cwd,
        "sandbox": agent.sandbox,
        "approval_policy": agent.approval_policy,
        "base_instructions": agent.base_instructions,
        "developer_instructions": agent.developer_instructions,
        "config": dict(agent.config) or None,
        # A turn that waits for a person may go on in another loop, or without one.
        "tools": core_tools(agent.tools, is_async=is_async and agent.approvals == "handler") or None,
    }
    return {name: value for name, value in options.items() if value is not None}


def turn_options(agent: CodexAgent, *, is_new_thread: bool) -> dict[str, Any]:
    """Return what a turn is started with.

    Args:
        agent: The agent.
        is_new_thread: Whether the thread was started for it. Otherwise it keeps what it had in memory, whatever it is
            resumed with, so that the turn has to tell.
    """
    options = {
        "effort": agent.effort,
        "summary": agent.summary,
        "personality": agent.personality,
        "approval_handler": agent.approval_handler,
        "user_input_handler": agent.user_input_handler,
        "elicitation_handler": agent.elicitation_handler,
    }
    if agent.approvals == "interrupt":
        options["approval_handler"] = defer_approvals
        options["user_input_handler"] = agent.user_input_handler or _defer
        options["elicitation_handler"] = agent.elicitation_handler or _defer
    if not is_new_thread:
        options |= {"model": agent.model, "cwd": agent.cwd, "approval_policy": agent.approval_policy}
        options["sandbox_policy"] = _policy(agent.sandbox, agent.config)
    return {name: value for name, value in options.items() if value is not None}


def invocation_params(agent: CodexAgent) -> dict[str, Any]:
    """Return what tracers are told of the settings."""
    return {
        "_type": "codex-agent",
        "model": agent.model,
        "effort": agent.effort,
        "sandbox": agent.sandbox,
    }


def _defer(question: object) -> Defer:  # noqa: ARG001 - the interface
    return DEFER


def _policy(sandbox: str, config: Mapping[str, Any]) -> dict[str, Any]:
    policy: dict[str, Any] = {"type": _POLICIES[sandbox]}
    if sandbox != "workspace-write":
        return policy
    table = dict(config.get("sandbox_workspace_write") or {})
    prefix = "sandbox_workspace_write."
    table |= {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    names = {
        "writable_roots": "writableRoots",
        "network_access": "networkAccess",
        "exclude_tmpdir_env_var": "excludeTmpdirEnvVar",
        "exclude_slash_tmp": "excludeSlashTmp",
    }
    return policy | {names[key]: value for key, value in table.items() if key in names}
