"""The options of threads and turns: their Python names, types and wire names.

A test checks them against the schema of the pinned runtime.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from codex_app_server.inputs import input_to_wire
from codex_app_server.tools import check_tool_name

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from codex_app_server.inputs import Input
    from codex_app_server.json_types import JsonObject
    from codex_app_server.protocol import (
        AskForApproval,
        DynamicToolSpec,
        GranularAskForApproval,
        Personality,
        ReasoningEffort,
        ReasoningSummary,
        SandboxMode,
        SandboxPolicy,
    )

__all__ = ["ThreadForkOptions", "ThreadResumeOptions", "ThreadStartOptions", "TurnOptions"]

_ApprovalPolicy: TypeAlias = "AskForApproval | GranularAskForApproval | Literal['untrusted', 'on-request', 'never'] | Mapping[str, object] | None"
_Sandbox: TypeAlias = "SandboxMode | Literal['read-only', 'workspace-write', 'danger-full-access'] | None"
_SandboxPolicy: TypeAlias = "SandboxPolicy | Mapping[str, object] | None"
_Effort: TypeAlias = (
    "ReasoningEffort | Literal['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] | str | None"
)
_Summary: TypeAlias = "ReasoningSummary | Literal['auto', 'concise', 'detailed', 'none'] | None"
_Personality: TypeAlias = "Personality | Literal['none', 'friendly', 'pragmatic'] | None"


class _ThreadOptions(TypedDict, total=False):
    """Options that a thread takes at its start, on resume and on fork; None leaves the server's default.

    Attributes:
        approval_policy: When the server asks before it runs something.
        base_instructions: Replaces the instructions that Codex gives the model; "" removes them.
        config: Codex configuration for this thread, as in `config.toml` (`{"model_reasoning_effort": "high"}`).
        cwd: Working directory of the thread's commands.
        developer_instructions: Added in front of the developer message.
        model: Model of the thread.
        model_provider: Provider of the model, by its name in the configuration.
        permissions: A named permission profile; not together with `sandbox`.
        personality: How the agent speaks.
        sandbox: What commands may do. `thread_start` takes `"read-only"` when neither this, nor
            `permissions`, nor `sandbox_mode` in `config` is given.
        service_tier: Service tier of the model requests.
    """

    approval_policy: _ApprovalPolicy
    base_instructions: str | None
    config: Mapping[str, object] | None
    cwd: str | os.PathLike[str] | None
    developer_instructions: str | None
    model: str | None
    model_provider: str | None
    permissions: str | None
    sandbox: _Sandbox
    service_tier: str | None


class ThreadStartOptions(_ThreadOptions, total=False):
    """Options of `thread_start`; see `_ThreadOptions` for those shared with resume and fork.

    Attributes:
        dynamic_tools: Tools of this program that the model may call; calls come as
            `ToolCallRequested` events. Fixed for the life of the thread.
        environments: Where commands run; an empty list removes the command tools from the model.
        ephemeral: Keep the thread out of the history on disk.
        experimental_raw_events: Send the raw items of the model's responses as notifications too.
        service_name: Name of the service that uses the thread.
    """

    dynamic_tools: Sequence[DynamicToolSpec | Mapping[str, object]] | None
    environments: Sequence[Mapping[str, object]] | None
    ephemeral: bool | None
    experimental_raw_events: bool
    personality: _Personality
    service_name: str | None


class ThreadResumeOptions(_ThreadOptions, total=False):
    """Options of `thread_resume`; see `_ThreadOptions`.

    Attributes:
        exclude_turns: Leave the earlier turns out of the answer: faster for long threads.
    """

    exclude_turns: bool
    personality: _Personality


class ThreadForkOptions(_ThreadOptions, total=False):
    """Options of `thread_fork`; see `_ThreadOptions`.

    Attributes:
        before_turn_id: Take the history before this turn only.
        ephemeral: Keep the new thread out of the history on disk.
        exclude_turns: Leave the turns out of the answer; required for an ephemeral fork.
        last_turn_id: Take the history up to this turn, included.
    """

    before_turn_id: str | None
    ephemeral: bool
    exclude_turns: bool
    last_turn_id: str | None


class TurnOptions(TypedDict, total=False):
    """Options of a turn; None leaves what the thread has.

    Attributes:
        approval_policy: When the server asks before it runs something, from this turn on.
        cwd: Working directory of commands, from this turn on.
        effort: How much the model reasons, from this turn on.
        model: Model, from this turn on.
        output_schema: JSON schema that the final answer of this turn conforms to. It is passed on
            as it is, and the model service takes strict schemas only.
        personality: How the agent speaks, from this turn on.
        sandbox_policy: What commands may do, from this turn on; the object form
            (`{"type": "workspaceWrite"}`).
        service_tier: Service tier, from this turn on.
        summary: How reasoning is summarised, from this turn on.
    """

    approval_policy: _ApprovalPolicy
    cwd: str | os.PathLike[str] | None
    effort: _Effort
    model: str | None
    output_schema: Mapping[str, object] | None
    personality: _Personality
    sandbox_policy: _SandboxPolicy
    service_tier: str | None
    summary: _Summary


_SNAKE = re.compile(r"_([a-z0-9])")


def wire_name(name: str) -> str:
    """Return the camelCase wire name of a snake_case option."""
    return _SNAKE.sub(lambda found: found[1].upper(), name)


def _known_options(kind: type) -> frozenset[str]:
    # The type of a TypedDict's class does not tell that it lists its keys.
    keys: frozenset[str] = kind.__dict__["__optional_keys__"]
    return keys


def _to_params(options: Mapping[str, Any], kind: type) -> JsonObject:
    """Return the params for options of a user; options that are None are left out.

    Raises:
        TypeError: There is no such option; the message names the nearest one.
    """
    known = _known_options(kind)
    params: JsonObject = {}
    for name, value in options.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"
            raise TypeError(f"unknown option {name!r}{hint}")
        if value is not None:
            params[wire_name(name)] = value
    return params


def thread_start_params(options: ThreadStartOptions) -> JsonObject:
    """Return the params of `thread/start`; read-only where nobody asked for more."""
    params = _to_params(options, ThreadStartOptions)
    if (
        "sandbox" not in params
        and "permissions" not in params
        and "sandbox_mode" not in params.get("config", {})
    ):
        params["sandbox"] = "read-only"
    _check_tools(params.get("dynamicTools", ()))
    return params


def _check_tools(specs: Sequence[DynamicToolSpec | Mapping[str, object]]) -> None:
    """Refuse names that the server would refuse, or accept and never call.

    Raises:
        ValueError: There is such a name, or one is there twice.
    """
    names: set[str] = set()
    for spec in specs:
        name = spec.get("name") if isinstance(spec, Mapping) else getattr(spec, "name", None)
        check_tool_name(str(name))
        if str(name) in names:
            raise ValueError(f"there are two tools called {name!r}")
        names.add(str(name))


def thread_resume_params(thread_id: str, options: ThreadResumeOptions) -> JsonObject:
    """Return the params of `thread/resume`."""
    return {"threadId": thread_id, **_to_params(options, ThreadResumeOptions)}


def thread_fork_params(thread_id: str, options: ThreadForkOptions) -> JsonObject:
    """Return the params of `thread/fork`."""
    return {"threadId": thread_id, **_to_params(options, ThreadForkOptions)}


def turn_params(thread_id: str, value: Input, options: TurnOptions) -> JsonObject:
    """Return the params of `turn/start`."""
    return {"threadId": thread_id, "input": input_to_wire(value), **_to_params(options, TurnOptions)}
