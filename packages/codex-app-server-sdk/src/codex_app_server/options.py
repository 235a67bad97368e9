"""The options of threads and turns: their Python names, types and wire names.

A test checks them against the schema of the pinned runtime.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, cast

from codex_app_server.inputs import input_to_wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_app_server.approvals import ApprovalHandler
    from codex_app_server.inputs import Input
    from codex_app_server.json_types import JsonObject
    from codex_app_server.protocol import (
        AdditionalContextEntry,
        ApprovalsReviewer,
        AskForApproval,
        CollaborationMode,
        DynamicToolSpec,
        GranularAskForApproval,
        MultiAgentMode,
        Personality,
        ReasoningEffort,
        ReasoningSummary,
        SandboxMode,
        SandboxPolicy,
        SortDirection,
        ThreadHistoryMode,
        ThreadResumeInitialTurnsPageParams,
        ThreadSortKey,
        ThreadSourceKind,
        TurnItemsView,
    )
    from codex_app_server.questions import ElicitationHandler, UserInputHandler
    from codex_app_server.tools import Tool, ToolLike

__all__ = [
    "HandlerOptions",
    "ItemListOptions",
    "ThreadForkOptions",
    "ThreadListOptions",
    "ThreadResumeOptions",
    "ThreadStartOptions",
    "TurnListOptions",
    "TurnOptions",
]

_ApprovalPolicy: TypeAlias = "AskForApproval | GranularAskForApproval | Literal['untrusted', 'on-request', 'never'] | Mapping[str, object] | None"
_Sandbox: TypeAlias = "SandboxMode | Literal['read-only', 'workspace-write', 'danger-full-access'] | None"
_SandboxPolicy: TypeAlias = "SandboxPolicy | Mapping[str, object] | None"
_Effort: TypeAlias = (
    "ReasoningEffort | Literal['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] | str | None"
)
_Summary: TypeAlias = "ReasoningSummary | Literal['auto', 'concise', 'detailed', 'none'] | None"
_Personality: TypeAlias = "Personality | Literal['none', 'friendly', 'pragmatic'] | None"


_Reviewer: TypeAlias = "ApprovalsReviewer | Literal['user', 'auto_review'] | None"
_MultiAgent: TypeAlias = (
    "MultiAgentMode | Literal['explicitRequestOnly', 'proactive'] | Mapping[str, object] | None"
)
_Path: TypeAlias = "str | os.PathLike[str] | None"
_Direction: TypeAlias = "SortDirection | Literal['asc', 'desc'] | None"


class HandlerOptions(TypedDict, total=False):
    """Who answers what the server asks back; for a turn before its thread, for a thread before its client.

    Attributes:
        approval_handler: Decides on approvals, sync or async. Without one they are declined.
        elicitation_handler: Answers questions of MCP servers, sync or async. Without one they are declined.
        user_input_handler: Answers questions of the model to the user, sync or async. Without one the
            model is told that nobody answers.
    """

    approval_handler: ApprovalHandler | None
    elicitation_handler: ElicitationHandler | None
    user_input_handler: UserInputHandler | None


class _ThreadOptions(HandlerOptions, total=False):
    """Options that a thread takes at its start, on resume and on fork; None leaves the server's default.

    Attributes:
        approval_policy: When the server asks before it runs something.
        approvals_reviewer: Who is asked: this program, or a model of the server's.
        base_instructions: Replaces the instructions that Codex gives the model; "" removes them.
        config: Codex configuration for this thread, as in `config.toml` (`{"model_reasoning_effort": "high"}`).
        cwd: Working directory of the thread's commands.
        developer_instructions: Added in front of the developer message.
        model: Model of the thread.
        model_provider: Provider of the model, by its name in the configuration.
        permissions: A named permission profile; not together with `sandbox`.
        personality: How the agent speaks.
        runtime_workspace_roots: Folders that count as workspace, besides `cwd`.
        sandbox: What commands may do. When neither this, nor `permissions`, nor `sandbox_mode` in `config` is
            given, it is `"read-only"`; a `Thread` forks to what it may itself. A thread that the server has in
            memory goes on as it is.
        service_tier: Service tier of the model requests.
    """

    approval_policy: _ApprovalPolicy
    approvals_reviewer: _Reviewer
    base_instructions: str | None
    config: Mapping[str, object] | None
    cwd: _Path
    developer_instructions: str | None
    model: str | None
    model_provider: str | None
    permissions: str | None
    runtime_workspace_roots: Sequence[str] | None
    sandbox: _Sandbox
    service_tier: str | None


class ThreadStartOptions(_ThreadOptions, total=False):
    """Options of `thread_start`; see `_ThreadOptions` for those shared with resume and fork.

    Attributes:
        allow_provider_model_fallback: Let the provider choose another model when the wanted one is not there.
        dynamic_tools: Tools of this program in wire form; their calls come as `ToolCallRequested`
            events. Fixed for the life of the thread.
        environments: Where commands run; an empty list removes the command tools from the model.
        ephemeral: Keep the thread out of the history on disk.
        experimental_raw_events: Send the raw items of the model's responses as notifications too, and tell
            which tools a response calls (`ResponseFinished`).
        history_mode: How the server keeps the history.
        multi_agent_mode: When the agent uses sub-agents.
        project_id: The project that the thread belongs to.
        service_name: Name of the service that uses the thread.
        session_start_source: Whether it is a first thread, or follows a cleared one.
        thread_source: What the thread is listed under as its source.
        tools: Python functions, pydantic models or `Tool`s that the model may call. Fixed for the life of
            the thread.
    """

    allow_provider_model_fallback: bool | None
    dynamic_tools: Sequence[DynamicToolSpec | Mapping[str, object]] | None
    environments: Sequence[Mapping[str, object]] | None
    ephemeral: bool | None
    experimental_raw_events: bool
    history_mode: ThreadHistoryMode | Literal["legacy", "paginated"] | None
    multi_agent_mode: _MultiAgent
    personality: _Personality
    project_id: str | None
    service_name: str | None
    session_start_source: Literal["startup", "clear"] | None
    thread_source: str | None
    tools: Sequence[ToolLike] | None


class ThreadResumeOptions(_ThreadOptions, total=False):
    """Options of `thread_resume`; see `_ThreadOptions`.

    Attributes:
        exclude_turns: Leave the earlier turns out of the answer: faster for long threads.
        held_tools: Names of the thread's tools whose calls are answered through their `ToolCallRequested` events.
        history: Raw Responses API items to go on from instead of the recorded history; gives a new thread.
        initial_turns_page: Which of the turns to put into the answer, with `exclude_turns`.
        path: The file of the thread, instead of its id.
        tools: What answers the calls of the thread's tools; which tools there are was fixed at its start.
    """

    exclude_turns: bool
    held_tools: Sequence[str] | None
    history: Sequence[Mapping[str, object]] | None
    initial_turns_page: ThreadResumeInitialTurnsPageParams | Mapping[str, object] | None
    path: str | None
    personality: _Personality
    tools: Sequence[ToolLike] | None


class ThreadForkOptions(_ThreadOptions, total=False):
    """Options of `thread_fork`; see `_ThreadOptions`.

    Attributes:
        before_turn_id: Take the history before this turn only.
        defer_goal_continuation: Do not go on with the goal of the thread by itself.
        ephemeral: Keep the new thread out of the history on disk.
        exclude_turns: Leave the turns out of the answer; required for an ephemeral fork.
        held_tools: Names of the thread's tools whose calls are answered through their `ToolCallRequested` events.
        last_turn_id: Take the history up to this turn, included.
        path: The file of the thread, instead of its id.
        thread_source: What the new thread is listed under as its source.
        tools: What answers the calls of the thread's tools, which the new thread has too.
    """

    before_turn_id: str | None
    defer_goal_continuation: bool | None
    ephemeral: bool
    exclude_turns: bool
    held_tools: Sequence[str] | None
    last_turn_id: str | None
    path: str | None
    thread_source: str | None
    tools: Sequence[ToolLike] | None


class TurnOptions(HandlerOptions, total=False):
    """Options of a turn; None leaves what the thread has. See `HandlerOptions` for who answers its questions.

    Attributes:
        additional_context: Further context for the model, by its source.
        approval_policy: When the server asks before it runs something, from this turn on.
        approvals_reviewer: Who is asked, from this turn on.
        client_user_message_id: An id of yours, which the item of the user's message carries as `client_id`.
        collaboration_mode: How the agent works with the user (`plan`, for example), from this turn on.
        cwd: Working directory of commands, from this turn on.
        disabled_plugin_ids: Plugins that this turn does without.
        effort: How much the model reasons, from this turn on.
        environments: Where commands run in this turn.
        model: Model, from this turn on.
        multi_agent_mode: When the agent uses sub-agents, from this turn on.
        output_schema: JSON schema that the final answer of this turn conforms to; it is made strict, as
            the model service wants it. `TurnResult.output` is the parsed answer.
        permissions: A named permission profile, from this turn on; not together with `sandbox_policy`.
        personality: How the agent speaks, from this turn on.
        responsesapi_client_metadata: Metadata for the model provider.
        runtime_workspace_roots: Folders that count as workspace, from this turn on.
        sandbox_policy: What commands may do, from this turn on; the object form
            (`{"type": "workspaceWrite"}`).
        service_tier: Service tier, from this turn on.
        service_tier_for_turn: Service tier of this turn alone.
        summary: How reasoning is summarised, from this turn on.
        tool_output: Output of a tool to begin the turn with (`{"name": ..., "output": ...}`).
    """

    additional_context: Mapping[str, AdditionalContextEntry | Mapping[str, object]] | None
    approval_policy: _ApprovalPolicy
    approvals_reviewer: _Reviewer
    client_user_message_id: str | None
    collaboration_mode: CollaborationMode | Mapping[str, object] | None
    cwd: _Path
    disabled_plugin_ids: Sequence[str] | None
    effort: _Effort
    environments: Sequence[Mapping[str, object]] | None
    model: str | None
    multi_agent_mode: _MultiAgent
    output_schema: Mapping[str, object] | None
    permissions: str | None
    personality: _Personality
    responsesapi_client_metadata: Mapping[str, str] | None
    runtime_workspace_roots: Sequence[str] | None
    sandbox_policy: _SandboxPolicy
    service_tier: str | None
    service_tier_for_turn: str | None
    summary: _Summary
    tool_output: Mapping[str, object] | None


class ThreadListOptions(TypedDict, total=False):
    """Which threads to list, and in what order.

    Attributes:
        ancestor_thread_id: Those that descend from this thread.
        archived: The archived ones instead of the others.
        cursor: Where to go on, from an earlier page.
        cwd: Those with this working directory, or one of these.
        excluded_thread_ids: All but these.
        limit: How many in a page.
        model_providers: Those with one of these providers.
        originators: Those started by one of these programs.
        parent_thread_id: Those that this thread has spawned.
        project_id: Those of this project.
        search_term: Those whose title contains this.
        section_id: Those of this section.
        sort_direction: `"desc"`, the newest first, when None.
        sort_key: By when they were created when None.
        source_kinds: Those started by programs of these kinds. None means interactive ones.
        use_state_db_only: Do not look at the files of the threads.
    """

    ancestor_thread_id: str | None
    archived: bool | None
    cursor: str | None
    cwd: str | Sequence[str] | None
    excluded_thread_ids: Sequence[str] | None
    limit: int | None
    model_providers: Sequence[str] | None
    originators: Sequence[str] | None
    parent_thread_id: str | None
    project_id: str | None
    search_term: str | None
    section_id: str | None
    sort_direction: _Direction
    sort_key: ThreadSortKey | Literal["created_at", "updated_at", "recency_at", "section_position"] | None
    source_kinds: Sequence[ThreadSourceKind | str] | None
    use_state_db_only: bool | None


class TurnListOptions(TypedDict, total=False):
    """Which turns of a thread to list, and in what order.

    Attributes:
        cursor: Where to go on, from an earlier page.
        items_view: How much of their items to give; a summary when None.
        limit: How many in a page.
        sort_direction: `"desc"`, the newest first, when None.
    """

    cursor: str | None
    items_view: TurnItemsView | Literal["notLoaded", "summary", "full"] | None
    limit: int | None
    sort_direction: _Direction


class ItemListOptions(TypedDict, total=False):
    """Which items of a thread to list, and in what order.

    Attributes:
        cursor: Where to go on, from an earlier page.
        limit: How many in a page.
        sort_direction: `"asc"`, the oldest first, when None.
        turn_id: Those of this turn.
    """

    cursor: str | None
    limit: int | None
    sort_direction: _Direction
    turn_id: str | None


_SNAKE = re.compile(r"_([a-z0-9])")


def wire_name(name: str) -> str:
    """Return the camelCase wire name of a snake_case option."""
    return _SNAKE.sub(lambda found: found[1].upper(), name)


def _known_options(kind: type) -> frozenset[str]:
    # The type of a TypedDict's class does not tell that it lists its keys.
    keys: frozenset[str] = kind.__dict__["__optional_keys__"]
    return keys


# Options for this client, which the server is not told of.
_LOCAL = frozenset({"approval_handler", "elicitation_handler", "held_tools", "tools", "user_input_handler"})


def to_params(options: Mapping[str, Any], kind: type) -> JsonObject:
    """Return the params for options of a user; options that are None are left out.

    Raises:
        TypeError: There is no such option; the message names the nearest one.
    """
    known = _known_options(kind)
    params: JsonObject = {}
    for name, value in options.items():
        if name not in known:
            import difflib  # noqa: PLC0415 - only for the message

            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"
            raise TypeError(f"unknown option {name!r}{hint}")
        if value is not None and name not in _LOCAL:
            params[wire_name(name)] = value
    return params


def thread_start_params(options: ThreadStartOptions) -> JsonObject:
    """Return the params of `thread/start`; read-only where nobody asked for more."""
    params = _safe(to_params(options, ThreadStartOptions))
    if options.get("tools") or options.get("dynamic_tools"):
        from codex_app_server.tools import tools_to_wire  # noqa: PLC0415 - most threads have none

        specs = [*params.get("dynamicTools", ()), *tools_to_wire(thread_tools(options))]
        _check_tools(specs)
        params["dynamicTools"] = specs
    return params


def _safe(params: JsonObject) -> JsonObject:
    # The server would take what its configuration says, however little the thread might do so far.
    return params if _names_sandbox(params) else {**params, "sandbox": "read-only"}


def _names_sandbox(options: Mapping[str, Any]) -> bool:
    return (
        options.get("sandbox") is not None
        or options.get("permissions") is not None
        or "sandbox_mode" in (options.get("config") or ())
    )


def as_open_as(source: Mapping[str, object], options: ThreadForkOptions) -> ThreadForkOptions:
    """Return the options of a fork that may do as much as its source, unless they say otherwise."""
    return options if _names_sandbox(options) else cast("ThreadForkOptions", {**options, **source})


def thread_tools(options: ThreadStartOptions | ThreadResumeOptions | ThreadForkOptions) -> tuple[Tool, ...]:
    """Return the Python tools among the options."""
    tools = options.get("tools")
    if not tools:
        return ()
    from codex_app_server.tools import as_tools  # noqa: PLC0415 - most threads have none

    return as_tools(tools)


def _check_tools(specs: Sequence[DynamicToolSpec | Mapping[str, object]]) -> None:
    """Refuse names that the server would refuse, or accept and never call.

    Raises:
        ValueError: There is such a name, or one is there twice.
    """
    from codex_app_server.tools import check_tool_name  # noqa: PLC0415 - most threads have none

    names: set[str] = set()
    for spec in specs:
        name = spec.get("name") if isinstance(spec, Mapping) else getattr(spec, "name", None)
        check_tool_name(str(name))
        if str(name) in names:
            raise ValueError(f"there are two tools called {name!r}")
        names.add(str(name))


def held_tool_keys(specs: Sequence[object]) -> set[tuple[str | None, str]]:
    """Return namespace and name of each tool in wire form."""
    keys: set[tuple[str | None, str]] = set()
    for spec in specs:
        wire: JsonObject = (
            dict(cast("Any", spec)) if isinstance(spec, Mapping) else cast("Any", spec).to_wire()
        )
        if wire.get("type") == "namespace":
            keys |= {(wire["name"], inner["name"]) for inner in wire.get("tools") or ()}
        else:
            keys.add((None, wire["name"]))
    return keys


def thread_resume_params(thread_id: str, options: ThreadResumeOptions) -> JsonObject:
    """Return the params of `thread/resume`; read-only where nobody asked for more."""
    return {"threadId": thread_id, **_safe(to_params(options, ThreadResumeOptions))}


def thread_fork_params(thread_id: str, options: ThreadForkOptions) -> JsonObject:
    """Return the params of `thread/fork`; read-only where nobody asked for more."""
    return {"threadId": thread_id, **_safe(to_params(options, ThreadForkOptions))}


def turn_params(thread_id: str, value: Input, options: TurnOptions) -> JsonObject:
    """Return the params of `turn/start`."""
    return {"threadId": thread_id, "input": input_to_wire(value), **to_params(options, TurnOptions)}


def check_local_paths(params: JsonObject) -> JsonObject:
    """Make the paths in the params absolute and see that they exist: the server would not say that they do not.

    For a server on this machine.

    Raises:
        FileNotFoundError: There is no such image, or no such working directory.
    """
    cwd: Any = params.get("cwd")
    if cwd is not None:
        path = os.path.abspath(str(cwd))  # noqa: PTH100 - keeps symbolic links
        if not os.path.isdir(path):  # noqa: PTH112
            raise FileNotFoundError(f"cwd {path!r} is no directory")
        params["cwd"] = path
    for part in params.get("input") or ():
        if part.get("type") == "localImage":
            path = os.path.abspath(str(part["path"]))  # noqa: PTH100
            if not os.path.isfile(path):  # noqa: PTH113
                raise FileNotFoundError(f"there is no image file {path!r}")
            part["path"] = path
    return params
