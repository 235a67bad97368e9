"""Protocol types: starting, reading and listing threads.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from codex_app_server.protocol._base import (
    JsonValue,
    KeyedUnion,
    MixedEnum,
    OpenEnum,
    WireModel,
    WireUnion,
    member,
)

from codex_app_server.protocol._generated.turn_requests import (
    AnyAskForApproval,
    AnyMultiAgentMode,
    ApprovalsReviewer,
    MultiAgentMode,
    Personality,
    SandboxPolicy,
    TurnEnvironmentParams,
)
from codex_app_server.protocol._generated.turns import (
    AbsolutePathBuf,
    AgentPath,
    LegacyAppPathString,
    ReasoningEffort,
    ThreadId,
    ThreadListCwdFilter,
    ThreadSource,
    Turn,
)


class ActivePermissionProfile(WireModel):
    """`ActivePermissionProfile` of the protocol."""

    id: str
    """Identifier from `default_permissions` or the implicit built-in default, such as `:workspace` or a
    user-defined `[permissions.<id>]` profile.
    """
    extends: str | None = None
    """Parent profile identifier from the selected permissions profile's `extends` setting, when present."""


class CapabilityRootLocation(WireUnion, discriminator="type"):
    """Location used to resolve a selected capability root."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class EnvironmentCapabilityRootLocation(CapabilityRootLocation, tag="environment"):
    """A path owned by an execution environment."""

    type: Literal["environment"] = "environment"
    environment_id: str = Field(validation_alias="environmentId", serialization_alias="environmentId")
    path: str
    """Absolute path for the root in the selected environment."""


class SandboxMode(OpenEnum):
    """`SandboxMode` of the protocol."""

    read_only: ClassVar["SandboxMode"] = member("read-only")
    workspace_write: ClassVar["SandboxMode"] = member("workspace-write")
    danger_full_access: ClassVar["SandboxMode"] = member("danger-full-access")


class DynamicToolNamespaceTool(WireUnion, discriminator="type"):
    """`DynamicToolNamespaceTool` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class FunctionDynamicToolNamespaceTool(DynamicToolNamespaceTool, tag="function"):
    """`DynamicToolNamespaceTool` with `type` `function`."""

    type: Literal["function"] = "function"
    description: str
    input_schema: JsonValue = Field(validation_alias="inputSchema", serialization_alias="inputSchema")
    name: str
    defer_loading: bool | None = Field(
        default=None, validation_alias="deferLoading", serialization_alias="deferLoading"
    )


class DynamicToolSpec(WireUnion, discriminator="type"):
    """`DynamicToolSpec` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class FunctionDynamicToolSpec(DynamicToolSpec, tag="function"):
    """`DynamicToolSpec` with `type` `function`."""

    type: Literal["function"] = "function"
    description: str
    input_schema: JsonValue = Field(validation_alias="inputSchema", serialization_alias="inputSchema")
    name: str
    defer_loading: bool | None = Field(
        default=None, validation_alias="deferLoading", serialization_alias="deferLoading"
    )


class NamespaceDynamicToolSpec(DynamicToolSpec, tag="namespace"):
    """`DynamicToolSpec` with `type` `namespace`."""

    type: Literal["namespace"] = "namespace"
    description: str
    name: str
    tools: list[DynamicToolNamespaceTool]


class GitInfo(WireModel):
    """`GitInfo` of the protocol."""

    branch: str | None = None
    origin_url: str | None = Field(
        default=None, validation_alias="originUrl", serialization_alias="originUrl"
    )
    sha: str | None = None


class SortDirection(OpenEnum):
    """`SortDirection` of the protocol."""

    asc: ClassVar["SortDirection"] = member("asc")
    desc: ClassVar["SortDirection"] = member("desc")


class SelectedCapabilityRoot(WireModel):
    """A user-selected root that can expose one or more runtime capabilities."""

    id: str
    """Stable identifier supplied by the capability selection platform."""
    location: CapabilityRootLocation
    """Where the selected root can be resolved."""


class SubAgentSource(MixedEnum):
    """`SubAgentSource` of the protocol."""

    review: ClassVar["SubAgentSource"] = member("review")
    compact: ClassVar["SubAgentSource"] = member("compact")
    memory_consolidation: ClassVar["SubAgentSource"] = member("memory_consolidation")

    if TYPE_CHECKING:

        @classmethod
        def model_validate(cls, value: object) -> "AnySubAgentSource": ...


class ThreadSpawnSubAgentSourceDetails(WireModel):
    """What `ThreadSpawnSubAgentSource` holds."""

    depth: int
    parent_thread_id: ThreadId
    agent_nickname: str | None = None
    agent_path: AgentPath | None = None
    agent_role: str | None = None


class ThreadSpawnSubAgentSource(WireModel):
    """`SubAgentSource` as an object with the key `thread_spawn`."""

    thread_spawn: ThreadSpawnSubAgentSourceDetails


class OtherSubAgentSource(WireModel):
    """`SubAgentSource` as an object with the key `other`."""

    other: str


AnySubAgentSource: TypeAlias = Annotated[
    SubAgentSource | ThreadSpawnSubAgentSource | OtherSubAgentSource | dict[str, JsonValue],
    KeyedUnion(SubAgentSource, {"thread_spawn": ThreadSpawnSubAgentSource, "other": OtherSubAgentSource}),
]
"""`SubAgentSource`: a string, an object, or an object not known here."""


class SessionSource(MixedEnum):
    """`SessionSource` of the protocol."""

    cli: ClassVar["SessionSource"] = member("cli")
    vscode: ClassVar["SessionSource"] = member("vscode")
    exec: ClassVar["SessionSource"] = member("exec")
    app_server: ClassVar["SessionSource"] = member("appServer")
    unknown: ClassVar["SessionSource"] = member("unknown")

    if TYPE_CHECKING:

        @classmethod
        def model_validate(cls, value: object) -> "AnySessionSource": ...


class CustomSessionSource(WireModel):
    """`SessionSource` as an object with the key `custom`."""

    custom: str


class SubAgentSessionSource(WireModel):
    """`SessionSource` as an object with the key `subAgent`."""

    sub_agent: AnySubAgentSource = Field(validation_alias="subAgent", serialization_alias="subAgent")


AnySessionSource: TypeAlias = Annotated[
    SessionSource | CustomSessionSource | SubAgentSessionSource | dict[str, JsonValue],
    KeyedUnion(SessionSource, {"custom": CustomSessionSource, "subAgent": SubAgentSessionSource}),
]
"""`SessionSource`: a string, an object, or an object not known here."""


class ThreadEnvironment(WireModel):
    """An environment selected by a loaded thread, independent of connection status."""

    cwd: LegacyAppPathString
    environment_id: str = Field(validation_alias="environmentId", serialization_alias="environmentId")
    runtime_workspace_roots: list[LegacyAppPathString] = Field(
        validation_alias="runtimeWorkspaceRoots", serialization_alias="runtimeWorkspaceRoots"
    )


class ThreadExtra(WireModel):
    """Extra app-server data for a thread."""


class ThreadHistoryMode(OpenEnum):
    """`ThreadHistoryMode` of the protocol."""

    legacy: ClassVar["ThreadHistoryMode"] = member("legacy")
    paginated: ClassVar["ThreadHistoryMode"] = member("paginated")


class ThreadSectionAppearance(WireModel):
    """Extensible visual presentation for a custom thread section."""

    color: str | None = None
    icon: str | None = None


class ThreadSection(WireModel):
    """An independently persisted, user-visible thread section."""

    id: str
    """Opaque UUIDv7 identity that remains stable when the section is renamed."""
    name: str
    """The current user-visible section name."""
    appearance: ThreadSectionAppearance | None = None
    """Optional appearance synchronized across clients."""


class ThreadActiveFlag(OpenEnum):
    """`ThreadActiveFlag` of the protocol."""

    waiting_on_approval: ClassVar["ThreadActiveFlag"] = member("waitingOnApproval")
    waiting_on_user_input: ClassVar["ThreadActiveFlag"] = member("waitingOnUserInput")


class ThreadStatus(WireUnion, discriminator="type"):
    """`ThreadStatus` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class NotLoadedThreadStatus(ThreadStatus, tag="notLoaded"):
    """`ThreadStatus` with `type` `notLoaded`."""

    type: Literal["notLoaded"] = "notLoaded"


class IdleThreadStatus(ThreadStatus, tag="idle"):
    """`ThreadStatus` with `type` `idle`."""

    type: Literal["idle"] = "idle"


class SystemErrorThreadStatus(ThreadStatus, tag="systemError"):
    """`ThreadStatus` with `type` `systemError`."""

    type: Literal["systemError"] = "systemError"


class ActiveThreadStatus(ThreadStatus, tag="active"):
    """`ThreadStatus` with `type` `active`."""

    type: Literal["active"] = "active"
    active_flags: list[ThreadActiveFlag] = Field(
        validation_alias="activeFlags", serialization_alias="activeFlags"
    )


class Thread(WireModel):
    """`Thread` of the protocol."""

    cli_version: str = Field(validation_alias="cliVersion", serialization_alias="cliVersion")
    """Version of the CLI that created the thread."""
    created_at: int = Field(validation_alias="createdAt", serialization_alias="createdAt")
    """Unix timestamp (in seconds) when the thread was created."""
    cwd: AbsolutePathBuf
    """Working directory captured for the thread."""
    ephemeral: bool
    """Whether the thread is ephemeral and should not be materialized on disk."""
    id: str
    """Identifier for this thread. Codex-generated thread IDs are UUIDv7."""
    model_provider: str = Field(validation_alias="modelProvider", serialization_alias="modelProvider")
    """Model provider used for this thread (for example, 'openai')."""
    preview: str
    """Usually the first user message in the thread, if available."""
    project_id: str | None = Field(validation_alias="projectId", serialization_alias="projectId")
    """Canonical project assignment owned by app-server, if any."""
    session_id: str = Field(validation_alias="sessionId", serialization_alias="sessionId")
    """Session id shared by threads that belong to the same session tree."""
    source: AnySessionSource
    """Origin of the thread (CLI, VSCode, codex exec, codex app-server, etc.)."""
    status: ThreadStatus
    """Current runtime status for the thread."""
    turns: list[Turn]
    """Only populated on `thread/resume`, `thread/fork`, and `thread/read` (when `includeTurns` is true)
    responses. For all other responses and notifications returning a Thread, the turns field will be an
    empty list.
    """
    updated_at: int = Field(validation_alias="updatedAt", serialization_alias="updatedAt")
    """Unix timestamp (in seconds) when the thread was last updated."""
    agent_nickname: str | None = Field(
        default=None, validation_alias="agentNickname", serialization_alias="agentNickname"
    )
    """Optional random unique nickname assigned to an AgentControl-spawned sub-agent."""
    agent_role: str | None = Field(
        default=None, validation_alias="agentRole", serialization_alias="agentRole"
    )
    """Optional role (agent_role) assigned to an AgentControl-spawned sub-agent."""
    can_accept_direct_input: bool | None = Field(
        default=None, validation_alias="canAcceptDirectInput", serialization_alias="canAcceptDirectInput"
    )
    """Whether the app server accepts direct turn input for this loaded thread. `None` means the capability
    is unavailable, such as for an unloaded stored thread.
    """
    daybreak_enabled: bool | None = Field(
        default=None, validation_alias="daybreakEnabled", serialization_alias="daybreakEnabled"
    )
    """Saved Daybreak choice, independent of turn execution. Null if unset."""
    environments: list[ThreadEnvironment] | None = None
    """Current environments for a loaded thread, in priority order, primary first. `null` means the thread is
    not loaded or the server does not expose its selection. An empty list means no environments are
    selected. This does not report connection status.
    """
    extra: ThreadExtra | None = None
    """Optional implementation-specific thread data."""
    forked_from_id: str | None = Field(
        default=None, validation_alias="forkedFromId", serialization_alias="forkedFromId"
    )
    """Source thread id when this thread was created by forking another thread."""
    git_info: GitInfo | None = Field(default=None, validation_alias="gitInfo", serialization_alias="gitInfo")
    """Optional Git metadata captured when the thread was created."""
    history_mode: ThreadHistoryMode = Field(
        default=ThreadHistoryMode.legacy, validation_alias="historyMode", serialization_alias="historyMode"
    )
    """Persisted thread history contract selected when this thread was created."""
    model: str | None = None
    """Current configured model when loaded, otherwise the latest persisted model. Null when unavailable.
    This is not per-turn execution telemetry.
    """
    name: str | None = None
    """Optional user-facing thread title."""
    originator: str | None = None
    """Originator recorded when the thread was created, independent of its current client or executor. Null
    when the recorded originator is unavailable.
    """
    parent_thread_id: str | None = Field(
        default=None, validation_alias="parentThreadId", serialization_alias="parentThreadId"
    )
    """The ID of the parent thread. This will only be set if this thread is a subagent."""
    path: str | None = None
    """[UNSTABLE] Path to the thread on disk."""
    reasoning_effort: ReasoningEffort | None = Field(
        default=None, validation_alias="reasoningEffort", serialization_alias="reasoningEffort"
    )
    """Current configured reasoning effort when loaded, otherwise the latest persisted effort. Null when
    unset or unavailable. This is not per-turn execution telemetry.
    """
    recency_at: int | None = Field(
        default=None, validation_alias="recencyAt", serialization_alias="recencyAt"
    )
    """Unix timestamp (in seconds) used for thread recency ordering."""
    section: ThreadSection | None = None
    """The independently persisted section selected for this thread, if any."""
    section_entered_at: int | None = Field(
        default=None, validation_alias="sectionEnteredAt", serialization_alias="sectionEnteredAt"
    )
    """Unix timestamp in seconds when the thread entered its current section."""
    thread_source: ThreadSource | None = Field(
        default=None, validation_alias="threadSource", serialization_alias="threadSource"
    )
    """Optional analytics source classification for this thread."""


class ThreadArchivedNotification(WireModel):
    """Payload of `thread/archived`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadClosedNotification(WireModel):
    """Payload of `thread/closed`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadForkParams(WireModel):
    """Params of `thread/fork`.

    There are two ways to fork a thread: 1. By thread_id: load the thread from disk by thread_id and fork
    it into a new thread. 2. By path: load the thread from disk by path and fork it into a new thread.
    """

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    approval_policy: AnyAskForApproval | None = Field(
        default=None, validation_alias="approvalPolicy", serialization_alias="approvalPolicy"
    )
    approvals_reviewer: ApprovalsReviewer | None = Field(
        default=None, validation_alias="approvalsReviewer", serialization_alias="approvalsReviewer"
    )
    """Override where approval requests are routed for review on this thread and subsequent turns."""
    base_instructions: str | None = Field(
        default=None, validation_alias="baseInstructions", serialization_alias="baseInstructions"
    )
    before_turn_id: str | None = Field(
        default=None, validation_alias="beforeTurnId", serialization_alias="beforeTurnId"
    )
    """Optional turn id to fork before, excluding that turn and all later turns. Cannot be combined with
    `last_turn_id`.
    """
    config: dict[str, JsonValue] | None = None
    cwd: str | None = None
    defer_goal_continuation: bool | None = Field(
        default=None, validation_alias="deferGoalContinuation", serialization_alias="deferGoalContinuation"
    )
    """When true, carry the source thread's current goal into the fork without starting its initial automatic
    continuation. The next explicit turn owns the goal lifecycle, and normal automatic continuation
    resumes after it.
    """
    developer_instructions: str | None = Field(
        default=None, validation_alias="developerInstructions", serialization_alias="developerInstructions"
    )
    ephemeral: bool | None = None
    exclude_turns: bool | None = Field(
        default=None, validation_alias="excludeTurns", serialization_alias="excludeTurns"
    )
    """When true, return only thread metadata and live fork state without populating `thread.turns`. This is
    useful when the client plans to call `thread/turns/list` immediately after forking. Full-history
    hydration is deprecated for paginated threads; use this with `thread/turns/list` and
    `thread/items/list` instead.
    """
    experimental_prediction_mode: bool | None = Field(
        default=None,
        validation_alias="experimentalPredictionMode",
        serialization_alias="experimentalPredictionMode",
    )
    """Start from the loaded parent's effective config, tools, environments, and persisted history to
    maximize prompt-cache reuse. Requires a loaded, persisted parent and `ephemeral: true`. Enables
    `features.reasoning_effort_override` on the fork. Cannot be combined with configuration overrides,
    `path`, `lastTurnId`, or `beforeTurnId`.
    """
    last_turn_id: str | None = Field(
        default=None, validation_alias="lastTurnId", serialization_alias="lastTurnId"
    )
    """Optional last turn id to fork through, inclusive."""
    model: str | None = None
    """Configuration overrides for the forked thread, if any."""
    model_provider: str | None = Field(
        default=None, validation_alias="modelProvider", serialization_alias="modelProvider"
    )
    path: str | None = None
    """[UNSTABLE] Specify the rollout path to fork from. If specified, the thread_id param will be ignored."""
    permissions: str | None = None
    """Named profile id for the forked thread. Cannot be combined with `sandbox`."""
    runtime_workspace_roots: list[AbsolutePathBuf] | None = Field(
        default=None, validation_alias="runtimeWorkspaceRoots", serialization_alias="runtimeWorkspaceRoots"
    )
    """Replace the thread's runtime workspace roots. Paths must be absolute."""
    sandbox: SandboxMode | None = None
    service_tier: str | None = Field(
        default=None, validation_alias="serviceTier", serialization_alias="serviceTier"
    )
    thread_source: ThreadSource | None = Field(
        default=None, validation_alias="threadSource", serialization_alias="threadSource"
    )
    """Optional client-supplied analytics source classification for this forked thread."""


class ThreadForkResponse(WireModel):
    """Result of `thread/fork`."""

    approval_policy: AnyAskForApproval = Field(
        validation_alias="approvalPolicy", serialization_alias="approvalPolicy"
    )
    approvals_reviewer: ApprovalsReviewer = Field(
        validation_alias="approvalsReviewer", serialization_alias="approvalsReviewer"
    )
    """Reviewer currently used for approval requests on this thread."""
    cwd: AbsolutePathBuf
    model: str
    model_provider: str = Field(validation_alias="modelProvider", serialization_alias="modelProvider")
    sandbox: SandboxPolicy
    """Legacy sandbox policy retained for compatibility. Experimental clients should prefer
    `activePermissionProfile` for profile provenance.
    """
    thread: Thread
    active_permission_profile: ActivePermissionProfile | None = Field(
        default=None,
        validation_alias="activePermissionProfile",
        serialization_alias="activePermissionProfile",
    )
    """Named or implicit built-in profile that produced the active permissions, when known."""
    disabled_plugin_ids: list[str] = Field(
        default=[], validation_alias="disabledPluginIds", serialization_alias="disabledPluginIds"
    )
    """Saved list of disabled plugin IDs. Does not yet filter plugin capabilities."""
    instruction_sources: list[LegacyAppPathString] = Field(
        default=[], validation_alias="instructionSources", serialization_alias="instructionSources"
    )
    """Environment-native paths to instruction source files currently loaded for this thread."""
    multi_agent_mode: AnyMultiAgentMode = Field(
        default=MultiAgentMode.explicit_request_only,
        validation_alias="multiAgentMode",
        serialization_alias="multiAgentMode",
    )
    """@deprecated Always `explicitRequestOnly`. Use `reasoningEffort` for Ultra behavior."""
    reasoning_effort: ReasoningEffort | None = Field(
        default=None, validation_alias="reasoningEffort", serialization_alias="reasoningEffort"
    )
    runtime_workspace_roots: list[AbsolutePathBuf] = Field(
        default=[], validation_alias="runtimeWorkspaceRoots", serialization_alias="runtimeWorkspaceRoots"
    )
    """Thread-scoped runtime workspace roots used to materialize `:workspace_roots`."""
    service_tier: str | None = Field(
        default=None, validation_alias="serviceTier", serialization_alias="serviceTier"
    )


class ThreadSortKey(OpenEnum):
    """`ThreadSortKey` of the protocol."""

    created_at: ClassVar["ThreadSortKey"] = member("created_at")
    updated_at: ClassVar["ThreadSortKey"] = member("updated_at")
    recency_at: ClassVar["ThreadSortKey"] = member("recency_at")
    section_position: ClassVar["ThreadSortKey"] = member("section_position")


class ThreadSourceKind(OpenEnum):
    """`ThreadSourceKind` of the protocol."""

    cli: ClassVar["ThreadSourceKind"] = member("cli")
    vscode: ClassVar["ThreadSourceKind"] = member("vscode")
    exec: ClassVar["ThreadSourceKind"] = member("exec")
    app_server: ClassVar["ThreadSourceKind"] = member("appServer")
    sub_agent: ClassVar["ThreadSourceKind"] = member("subAgent")
    sub_agent_review: ClassVar["ThreadSourceKind"] = member("subAgentReview")
    sub_agent_compact: ClassVar["ThreadSourceKind"] = member("subAgentCompact")
    sub_agent_thread_spawn: ClassVar["ThreadSourceKind"] = member("subAgentThreadSpawn")
    sub_agent_other: ClassVar["ThreadSourceKind"] = member("subAgentOther")
    unknown: ClassVar["ThreadSourceKind"] = member("unknown")


class ThreadListParams(WireModel):
    """Params of `thread/list`."""

    ancestor_thread_id: str | None = Field(
        default=None, validation_alias="ancestorThreadId", serialization_alias="ancestorThreadId"
    )
    """Optional ancestor thread filter. Returns spawned descendants at any depth, excluding the ancestor
    itself. Mutually exclusive with `parentThreadId`.
    """
    archived: bool | None = None
    """Optional archived filter; when set to true, only archived threads are returned. If false or null, only
    non-archived threads are returned.
    """
    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    cwd: ThreadListCwdFilter | None = None
    """Optional cwd filter or filters; when set, only threads whose session cwd exactly matches one of these
    paths are returned.
    """
    excluded_thread_ids: list[str] | None = Field(
        default=None, validation_alias="excludedThreadIds", serialization_alias="excludedThreadIds"
    )
    """Thread IDs to exclude before applying the result limit. Up to 100 entries; invalid IDs or a larger
    list are rejected, never truncated. Send the same exclusions on each page. Omitted, null, or empty
    means no exclusions.
    """
    limit: int | None = None
    """Optional page size; defaults to a reasonable server-side value."""
    model_providers: list[str] | None = Field(
        default=None, validation_alias="modelProviders", serialization_alias="modelProviders"
    )
    """Optional provider filter; when set, only sessions recorded under these providers are returned. When
    present but empty, includes all providers.
    """
    originators: list[str] | None = None
    """Optional originator allowlist, matching any supplied value exactly. Supported by hosted backends only;
    the local app-server rejects a nonempty list. Omitted or empty lists leave originators unrestricted.
    """
    parent_thread_id: str | None = Field(
        default=None, validation_alias="parentThreadId", serialization_alias="parentThreadId"
    )
    """Optional direct parent thread filter. Mutually exclusive with `ancestorThreadId`."""
    project_id: str | None = Field(
        default=None, validation_alias="projectId", serialization_alias="projectId"
    )
    """Omit to include every project, set to null for unassigned threads, or provide a project ID to return
    only threads in that project.
    """
    search_term: str | None = Field(
        default=None, validation_alias="searchTerm", serialization_alias="searchTerm"
    )
    """Optional substring filter for the extracted thread title."""
    section_id: str | None = Field(
        default=None, validation_alias="sectionId", serialization_alias="sectionId"
    )
    """Omit to include every section, set to `null` for unsectioned threads, or provide a section ID to
    return only threads in that section.
    """
    sort_direction: SortDirection | None = Field(
        default=None, validation_alias="sortDirection", serialization_alias="sortDirection"
    )
    """Optional sort direction; defaults to descending (newest first)."""
    sort_key: ThreadSortKey | None = Field(
        default=None, validation_alias="sortKey", serialization_alias="sortKey"
    )
    """Optional sort key; defaults to created_at."""
    source_kinds: list[ThreadSourceKind] | None = Field(
        default=None, validation_alias="sourceKinds", serialization_alias="sourceKinds"
    )
    """Optional source filter; when set, only sessions from these source kinds are returned. When omitted or
    empty, defaults to interactive sources.
    """
    use_state_db_only: bool | None = Field(
        default=None, validation_alias="useStateDbOnly", serialization_alias="useStateDbOnly"
    )
    """If true, return from the state DB without scanning JSONL rollouts to repair thread metadata. Omitted
    or false preserves scan-and-repair behavior.
    """


class ThreadUnreadPosition(WireUnion, discriminator="type"):
    """`ThreadUnreadPosition` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ThreadStartThreadUnreadPosition(ThreadUnreadPosition, tag="threadStart"):
    """Explicitly marked unread, including when the thread has no turns."""

    type: Literal["threadStart"] = "threadStart"


class TurnThreadUnreadPosition(ThreadUnreadPosition, tag="turn"):
    """The earliest completed result needing attention."""

    type: Literal["turn"] = "turn"
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class ThreadReadState(WireModel):
    """The first unread position in a durable local thread. A null position means read. The opaque revision
    guards edits against activity or marks the caller has not seen.
    """

    revision: str
    first_unread: ThreadUnreadPosition | None = Field(
        default=None, validation_alias="firstUnread", serialization_alias="firstUnread"
    )


class ThreadListResponse(WireModel):
    """Result of `thread/list`."""

    data: list[Thread]
    backwards_cursor: str | None = Field(
        default=None, validation_alias="backwardsCursor", serialization_alias="backwardsCursor"
    )
    """Opaque cursor to pass as `cursor` when reversing `sortDirection`. This is only populated when the page
    contains at least one thread. Use it with the opposite `sortDirection`; for timestamp sorts it anchors
    at the start of the page timestamp so same-second updates are not skipped.
    """
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to pass to the next call to continue after the last item. if None, there are no more
    items to return.
    """
    read_states: dict[str, ThreadReadState] | None = Field(
        default=None, validation_alias="readStates", serialization_alias="readStates"
    )
    """Local receipts for eligible threads on this page, keyed by thread ID. Null means durable read state is
    unavailable; an absent key means that row is ineligible.
    """


class ThreadNameUpdatedNotification(WireModel):
    """Payload of `thread/name/updated`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    thread_name: str | None = Field(
        default=None, validation_alias="threadName", serialization_alias="threadName"
    )


class ThreadReadParams(WireModel):
    """Params of `thread/read`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    include_turns: bool | None = Field(
        default=None, validation_alias="includeTurns", serialization_alias="includeTurns"
    )
    """When true, include turns and their items from rollout history. Full-history hydration is deprecated
    for paginated threads; prefer a metadata-only read and page with `thread/turns/list` and
    `thread/items/list`.
    """


class ThreadReadResponse(WireModel):
    """Result of `thread/read`."""

    thread: Thread
    read_state: ThreadReadState | None = Field(
        default=None, validation_alias="readState", serialization_alias="readState"
    )
    """Local receipt. Null means this thread's durable read state is unavailable."""


class ThreadSetNameParams(WireModel):
    """Params of `thread/name/set`."""

    name: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadSetNameResponse(WireModel):
    """Result of `thread/name/set`."""


class ThreadStartSource(OpenEnum):
    """`ThreadStartSource` of the protocol."""

    startup: ClassVar["ThreadStartSource"] = member("startup")
    clear: ClassVar["ThreadStartSource"] = member("clear")


class ThreadStartParams(WireModel):
    """Params of `thread/start`."""

    allow_provider_model_fallback: bool | None = Field(
        default=None,
        validation_alias="allowProviderModelFallback",
        serialization_alias="allowProviderModelFallback",
    )
    """Allow a provider with an authoritative static model catalog to replace an unavailable requested model
    with its default.
    """
    approval_policy: AnyAskForApproval | None = Field(
        default=None, validation_alias="approvalPolicy", serialization_alias="approvalPolicy"
    )
    approvals_reviewer: ApprovalsReviewer | None = Field(
        default=None, validation_alias="approvalsReviewer", serialization_alias="approvalsReviewer"
    )
    """Override where approval requests are routed for review on this thread and subsequent turns."""
    base_instructions: str | None = Field(
        default=None, validation_alias="baseInstructions", serialization_alias="baseInstructions"
    )
    config: dict[str, JsonValue] | None = None
    cwd: str | None = None
    daybreak_enabled: bool | None = Field(
        default=None, validation_alias="daybreakEnabled", serialization_alias="daybreakEnabled"
    )
    """Initial Daybreak choice for this persistent thread. Omitted or null leaves it unset. This does not
    select a turn's `cyberAccessProgram` or grant access. Not supported for ephemeral threads.
    """
    developer_instructions: str | None = Field(
        default=None, validation_alias="developerInstructions", serialization_alias="developerInstructions"
    )
    dynamic_tools: list[DynamicToolSpec] | None = Field(
        default=None, validation_alias="dynamicTools", serialization_alias="dynamicTools"
    )
    environments: list[TurnEnvironmentParams] | None = None
    """Optional sticky environments for this thread."""
    ephemeral: bool | None = None
    experimental_raw_events: bool | None = Field(
        default=None, validation_alias="experimentalRawEvents", serialization_alias="experimentalRawEvents"
    )
    """If true, opt into emitting raw Responses API items on the event stream. This is for internal use only
    (e.g. Codex Cloud).
    """
    history_mode: ThreadHistoryMode | None = Field(
        default=None, validation_alias="historyMode", serialization_alias="historyMode"
    )
    """Persisted thread history contract to use for this new thread."""
    mock_experimental_field: str | None = Field(
        default=None, validation_alias="mockExperimentalField", serialization_alias="mockExperimentalField"
    )
    """Test-only experimental field used to validate experimental gating and schema filtering behavior in a
    stable way.
    """
    model: str | None = None
    model_provider: str | None = Field(
        default=None, validation_alias="modelProvider", serialization_alias="modelProvider"
    )
    multi_agent_mode: AnyMultiAgentMode | None = Field(
        default=None, validation_alias="multiAgentMode", serialization_alias="multiAgentMode"
    )
    """@deprecated Ignored. Use Ultra reasoning effort for proactive multi-agent behavior."""
    permissions: str | None = None
    """Named profile id for this thread. Cannot be combined with `sandbox`."""
    personality: Personality | None = None
    """@deprecated `friendly` and `pragmatic` no longer select a style."""
    project_id: str | None = Field(
        default=None, validation_alias="projectId", serialization_alias="projectId"
    )
    """Optional project identity for this new thread. Durable threads persist the assignment; ephemeral
    threads expose it only in live responses.
    """
    runtime_workspace_roots: list[AbsolutePathBuf] | None = Field(
        default=None, validation_alias="runtimeWorkspaceRoots", serialization_alias="runtimeWorkspaceRoots"
    )
    """Replace the thread's runtime workspace roots. Paths must be absolute."""
    sandbox: SandboxMode | None = None
    selected_capability_roots: list[SelectedCapabilityRoot] | None = Field(
        default=None,
        validation_alias="selectedCapabilityRoots",
        serialization_alias="selectedCapabilityRoots",
    )
    """Capability roots selected for this thread by the hosting platform."""
    service_name: str | None = Field(
        default=None, validation_alias="serviceName", serialization_alias="serviceName"
    )
    service_tier: str | None = Field(
        default=None, validation_alias="serviceTier", serialization_alias="serviceTier"
    )
    session_start_source: ThreadStartSource | None = Field(
        default=None, validation_alias="sessionStartSource", serialization_alias="sessionStartSource"
    )
    thread_source: ThreadSource | None = Field(
        default=None, validation_alias="threadSource", serialization_alias="threadSource"
    )
    """Optional client-supplied analytics source classification for this thread."""


class ThreadStartResponse(WireModel):
    """Result of `thread/start`."""

    approval_policy: AnyAskForApproval = Field(
        validation_alias="approvalPolicy", serialization_alias="approvalPolicy"
    )
    approvals_reviewer: ApprovalsReviewer = Field(
        validation_alias="approvalsReviewer", serialization_alias="approvalsReviewer"
    )
    """Reviewer currently used for approval requests on this thread."""
    cwd: AbsolutePathBuf
    model: str
    model_provider: str = Field(validation_alias="modelProvider", serialization_alias="modelProvider")
    sandbox: SandboxPolicy
    """Legacy sandbox policy retained for compatibility. Experimental clients should prefer
    `activePermissionProfile` for profile provenance.
    """
    thread: Thread
    active_permission_profile: ActivePermissionProfile | None = Field(
        default=None,
        validation_alias="activePermissionProfile",
        serialization_alias="activePermissionProfile",
    )
    """Named or implicit built-in profile that produced the active permissions, when known."""
    disabled_plugin_ids: list[str] = Field(
        default=[], validation_alias="disabledPluginIds", serialization_alias="disabledPluginIds"
    )
    """Saved list of disabled plugin IDs. Does not yet filter plugin capabilities."""
    instruction_sources: list[LegacyAppPathString] = Field(
        default=[], validation_alias="instructionSources", serialization_alias="instructionSources"
    )
    """Environment-native paths to instruction source files currently loaded for this thread."""
    multi_agent_mode: AnyMultiAgentMode = Field(
        default=MultiAgentMode.explicit_request_only,
        validation_alias="multiAgentMode",
        serialization_alias="multiAgentMode",
    )
    """@deprecated Always `explicitRequestOnly`. Use `reasoningEffort` for Ultra behavior."""
    reasoning_effort: ReasoningEffort | None = Field(
        default=None, validation_alias="reasoningEffort", serialization_alias="reasoningEffort"
    )
    runtime_workspace_roots: list[AbsolutePathBuf] = Field(
        default=[], validation_alias="runtimeWorkspaceRoots", serialization_alias="runtimeWorkspaceRoots"
    )
    """Thread-scoped runtime workspace roots used to materialize `:workspace_roots`."""
    service_tier: str | None = Field(
        default=None, validation_alias="serviceTier", serialization_alias="serviceTier"
    )


class ThreadStartedNotification(WireModel):
    """Payload of `thread/started`."""

    thread: Thread


class ThreadStatusChangedNotification(WireModel):
    """Payload of `thread/status/changed`."""

    status: ThreadStatus
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadUnarchivedNotification(WireModel):
    """Payload of `thread/unarchived`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
