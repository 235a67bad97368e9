"""Protocol types: requests from the server, with their replies, and automatic review.

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
    ShapeUnion,
    WireModel,
    WireUnion,
    member,
)

from codex_app_server.protocol._generated.turns import (
    AbsolutePathBuf,
    CommandAction,
    DynamicToolCallOutputContentItem,
    LegacyAppPathString,
    ThreadId,
)


class FileSystemAccessMode(OpenEnum):
    """`FileSystemAccessMode` of the protocol."""

    read: ClassVar["FileSystemAccessMode"] = member("read")
    write: ClassVar["FileSystemAccessMode"] = member("write")
    deny: ClassVar["FileSystemAccessMode"] = member("deny")


class FileSystemSpecialPath(WireUnion, discriminator="kind"):
    """`FileSystemSpecialPath` of the protocol."""

    kind: str
    """Tells the variants apart; any string in a variant that is not known here."""


class RootFileSystemSpecialPath(FileSystemSpecialPath, tag="root"):
    """`FileSystemSpecialPath` with `kind` `root`."""

    kind: Literal["root"] = "root"


class MinimalFileSystemSpecialPath(FileSystemSpecialPath, tag="minimal"):
    """`FileSystemSpecialPath` with `kind` `minimal`."""

    kind: Literal["minimal"] = "minimal"


class ProjectRootsFileSystemSpecialPath(FileSystemSpecialPath, tag="project_roots"):
    """`FileSystemSpecialPath` with `kind` `project_roots`."""

    kind: Literal["project_roots"] = "project_roots"
    subpath: LegacyAppPathString | None = None


class TmpdirFileSystemSpecialPath(FileSystemSpecialPath, tag="tmpdir"):
    """`FileSystemSpecialPath` with `kind` `tmpdir`."""

    kind: Literal["tmpdir"] = "tmpdir"


class SlashTmpFileSystemSpecialPath(FileSystemSpecialPath, tag="slash_tmp"):
    """`FileSystemSpecialPath` with `kind` `slash_tmp`."""

    kind: Literal["slash_tmp"] = "slash_tmp"


class UnknownFileSystemSpecialPath(FileSystemSpecialPath, tag="unknown"):
    """`FileSystemSpecialPath` with `kind` `unknown`."""

    kind: Literal["unknown"] = "unknown"
    path: str
    subpath: LegacyAppPathString | None = None


class FileSystemPath(WireUnion, discriminator="type"):
    """`FileSystemPath` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class PathFileSystemPath(FileSystemPath, tag="path"):
    """`FileSystemPath` with `type` `path`."""

    type: Literal["path"] = "path"
    path: LegacyAppPathString


class GlobPatternFileSystemPath(FileSystemPath, tag="glob_pattern"):
    """`FileSystemPath` with `type` `glob_pattern`."""

    type: Literal["glob_pattern"] = "glob_pattern"
    pattern: str


class SpecialFileSystemPath(FileSystemPath, tag="special"):
    """`FileSystemPath` with `type` `special`."""

    type: Literal["special"] = "special"
    value: FileSystemSpecialPath


class FileSystemSandboxEntry(WireModel):
    """`FileSystemSandboxEntry` of the protocol."""

    access: FileSystemAccessMode
    path: FileSystemPath


class AdditionalFileSystemPermissions(WireModel):
    """`AdditionalFileSystemPermissions` of the protocol."""

    entries: list[FileSystemSandboxEntry] | None = None
    glob_scan_max_depth: int | None = Field(
        default=None, validation_alias="globScanMaxDepth", serialization_alias="globScanMaxDepth"
    )
    read: list[LegacyAppPathString] | None = None
    """This will be removed in favor of `entries`."""
    write: list[LegacyAppPathString] | None = None
    """This will be removed in favor of `entries`."""


class AdditionalNetworkPermissions(WireModel):
    """`AdditionalNetworkPermissions` of the protocol."""

    enabled: bool | None = None


class AdditionalPermissionProfile(WireModel):
    """`AdditionalPermissionProfile` of the protocol."""

    file_system: AdditionalFileSystemPermissions | None = Field(
        default=None, validation_alias="fileSystem", serialization_alias="fileSystem"
    )
    network: AdditionalNetworkPermissions | None = None
    """Partial overlay used for per-command permission requests."""


class FileChange(WireUnion, discriminator="type"):
    """`FileChange` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class AddFileChange(FileChange, tag="add"):
    """`FileChange` with `type` `add`."""

    type: Literal["add"] = "add"
    content: str


class DeleteFileChange(FileChange, tag="delete"):
    """`FileChange` with `type` `delete`."""

    type: Literal["delete"] = "delete"
    content: str


class UpdateFileChange(FileChange, tag="update"):
    """`FileChange` with `type` `update`."""

    type: Literal["update"] = "update"
    unified_diff: str
    move_path: str | None = None


class ApplyPatchApprovalParams(WireModel):
    """Params of `applyPatchApproval`."""

    call_id: str = Field(validation_alias="callId", serialization_alias="callId")
    """Use to correlate this with [codex_protocol::protocol::PatchApplyBeginEvent] and
    [codex_protocol::protocol::PatchApplyEndEvent].
    """
    conversation_id: ThreadId = Field(validation_alias="conversationId", serialization_alias="conversationId")
    file_changes: dict[str, FileChange] = Field(
        validation_alias="fileChanges", serialization_alias="fileChanges"
    )
    grant_root: str | None = Field(
        default=None, validation_alias="grantRoot", serialization_alias="grantRoot"
    )
    """When set, the agent is asking the user to allow writes under this root for the remainder of the
    session (unclear if this is honored today).
    """
    reason: str | None = None
    """Optional explanatory reason (e.g. request for extra write access)."""


class NetworkPolicyRuleAction(OpenEnum):
    """`NetworkPolicyRuleAction` of the protocol."""

    allow: ClassVar["NetworkPolicyRuleAction"] = member("allow")
    deny: ClassVar["NetworkPolicyRuleAction"] = member("deny")


class NetworkPolicyAmendment(WireModel):
    """`NetworkPolicyAmendment` of the protocol."""

    action: NetworkPolicyRuleAction
    host: str


class ReviewDecision(MixedEnum):
    """User's decision in response to an ExecApprovalRequest."""

    approved: ClassVar["ReviewDecision"] = member("approved")
    """User has approved this command and the agent should execute it."""
    approved_for_session: ClassVar["ReviewDecision"] = member("approved_for_session")
    """User has approved this request and wants future prompts in the same session-scoped approval cache to
    be automatically approved for the remainder of the session.
    """
    approved_mcp_policy_amendment: ClassVar["ReviewDecision"] = member("approved_mcp_policy_amendment")
    """User has approved this MCP tool call and wants to amend its policy so matching future calls are
    automatically approved across sessions.
    """
    timed_out: ClassVar["ReviewDecision"] = member("timed_out")
    """Automatic approval review timed out before reaching a decision."""
    abort: ClassVar["ReviewDecision"] = member("abort")
    """User has denied this command and the agent should not do anything until the user's next command."""

    if TYPE_CHECKING:

        @classmethod
        def model_validate(cls, value: object) -> "AnyReviewDecision": ...


class ApprovedExecpolicyAmendmentReviewDecisionDetails(WireModel):
    """What `ApprovedExecpolicyAmendmentReviewDecision` holds."""

    proposed_execpolicy_amendment: list[str]


class ApprovedExecpolicyAmendmentReviewDecision(WireModel):
    """User has approved this command and wants to apply the proposed execpolicy amendment so future matching
    commands are permitted.
    """

    approved_execpolicy_amendment: ApprovedExecpolicyAmendmentReviewDecisionDetails


class NetworkPolicyAmendmentReviewDecisionDetails(WireModel):
    """What `NetworkPolicyAmendmentReviewDecision` holds."""

    network_policy_amendment: NetworkPolicyAmendment


class NetworkPolicyAmendmentReviewDecision(WireModel):
    """User chose to persist a network policy rule (allow/deny) for future requests to the same host."""

    network_policy_amendment: NetworkPolicyAmendmentReviewDecisionDetails


class DeniedReviewDecisionDetails(WireModel):
    """What `DeniedReviewDecision` holds."""

    rejection: str


class DeniedReviewDecision(WireModel):
    """User has denied this command and the agent should not execute it, but it should continue the session
    and try something else.
    """

    denied: DeniedReviewDecisionDetails


AnyReviewDecision: TypeAlias = Annotated[
    ReviewDecision
    | ApprovedExecpolicyAmendmentReviewDecision
    | NetworkPolicyAmendmentReviewDecision
    | DeniedReviewDecision
    | dict[str, JsonValue],
    KeyedUnion(
        ReviewDecision,
        {
            "approved_execpolicy_amendment": ApprovedExecpolicyAmendmentReviewDecision,
            "network_policy_amendment": NetworkPolicyAmendmentReviewDecision,
            "denied": DeniedReviewDecision,
        },
    ),
]
"""`ReviewDecision`: a string, an object, or an object not known here."""


class ApplyPatchApprovalResponse(WireModel):
    """Reply to `applyPatchApproval`."""

    decision: AnyReviewDecision


class AttestationGenerateParams(WireModel):
    """Params of `attestation/generate`."""


class AttestationGenerateResponse(WireModel):
    """Reply to `attestation/generate`."""

    token: str
    """Opaque client attestation token."""


class AutoReviewDecisionSource(OpenEnum):
    """[UNSTABLE] Source that produced a terminal approval auto-review decision."""

    agent: ClassVar["AutoReviewDecisionSource"] = member("agent")


class ChatgptAuthTokensRefreshReason(OpenEnum):
    """`ChatgptAuthTokensRefreshReason` of the protocol."""

    unauthorized: ClassVar["ChatgptAuthTokensRefreshReason"] = member("unauthorized")
    """Codex attempted a backend request and received `401 Unauthorized`."""


class ChatgptAuthTokensRefreshParams(WireModel):
    """Params of `account/chatgptAuthTokens/refresh`."""

    reason: ChatgptAuthTokensRefreshReason
    previous_account_id: str | None = Field(
        default=None, validation_alias="previousAccountId", serialization_alias="previousAccountId"
    )
    """Workspace/account identifier that Codex was previously using."""


class ChatgptAuthTokensRefreshResponse(WireModel):
    """Reply to `account/chatgptAuthTokens/refresh`."""

    access_token: str = Field(validation_alias="accessToken", serialization_alias="accessToken")
    chatgpt_account_id: str = Field(
        validation_alias="chatgptAccountId", serialization_alias="chatgptAccountId"
    )
    chatgpt_plan_type: str | None = Field(
        default=None, validation_alias="chatgptPlanType", serialization_alias="chatgptPlanType"
    )


class CommandExecutionApprovalDecision(MixedEnum):
    """`CommandExecutionApprovalDecision` of the protocol."""

    accept: ClassVar["CommandExecutionApprovalDecision"] = member("accept")
    """User approved the command."""
    accept_for_session: ClassVar["CommandExecutionApprovalDecision"] = member("acceptForSession")
    """User approved the command and future prompts in the same session-scoped approval cache should run
    without prompting.
    """
    decline: ClassVar["CommandExecutionApprovalDecision"] = member("decline")
    """User denied the command. The agent will continue the turn."""
    cancel: ClassVar["CommandExecutionApprovalDecision"] = member("cancel")
    """User denied the command. The turn will also be immediately interrupted."""

    if TYPE_CHECKING:

        @classmethod
        def model_validate(cls, value: object) -> "AnyCommandExecutionApprovalDecision": ...


class AcceptWithExecpolicyAmendmentCommandExecutionApprovalDecisionDetails(WireModel):
    """What `AcceptWithExecpolicyAmendmentCommandExecutionApprovalDecision` holds."""

    execpolicy_amendment: list[str]


class AcceptWithExecpolicyAmendmentCommandExecutionApprovalDecision(WireModel):
    """User approved the command, and wants to apply the proposed execpolicy amendment so future matching
    commands can run without prompting.
    """

    accept_with_execpolicy_amendment: AcceptWithExecpolicyAmendmentCommandExecutionApprovalDecisionDetails = (
        Field(
            validation_alias="acceptWithExecpolicyAmendment",
            serialization_alias="acceptWithExecpolicyAmendment",
        )
    )


class ApplyNetworkPolicyAmendmentCommandExecutionApprovalDecisionDetails(WireModel):
    """What `ApplyNetworkPolicyAmendmentCommandExecutionApprovalDecision` holds."""

    network_policy_amendment: NetworkPolicyAmendment


class ApplyNetworkPolicyAmendmentCommandExecutionApprovalDecision(WireModel):
    """User chose a persistent network policy rule (allow/deny) for this host."""

    apply_network_policy_amendment: ApplyNetworkPolicyAmendmentCommandExecutionApprovalDecisionDetails = (
        Field(
            validation_alias="applyNetworkPolicyAmendment", serialization_alias="applyNetworkPolicyAmendment"
        )
    )


AnyCommandExecutionApprovalDecision: TypeAlias = Annotated[
    CommandExecutionApprovalDecision
    | AcceptWithExecpolicyAmendmentCommandExecutionApprovalDecision
    | ApplyNetworkPolicyAmendmentCommandExecutionApprovalDecision
    | dict[str, JsonValue],
    KeyedUnion(
        CommandExecutionApprovalDecision,
        {
            "acceptWithExecpolicyAmendment": AcceptWithExecpolicyAmendmentCommandExecutionApprovalDecision,
            "applyNetworkPolicyAmendment": ApplyNetworkPolicyAmendmentCommandExecutionApprovalDecision,
        },
    ),
]
"""`CommandExecutionApprovalDecision`: a string, an object, or an object not known here."""


class CommandExecutionApprovalKind(OpenEnum):
    """Distinguishes a command approval from input sent to an existing terminal."""

    command: ClassVar["CommandExecutionApprovalKind"] = member("command")
    write_stdin: ClassVar["CommandExecutionApprovalKind"] = member("writeStdin")


class NetworkApprovalProtocol(OpenEnum):
    """`NetworkApprovalProtocol` of the protocol."""

    http: ClassVar["NetworkApprovalProtocol"] = member("http")
    https: ClassVar["NetworkApprovalProtocol"] = member("https")
    socks5_tcp: ClassVar["NetworkApprovalProtocol"] = member("socks5Tcp")
    socks5_udp: ClassVar["NetworkApprovalProtocol"] = member("socks5Udp")


class NetworkApprovalContext(WireModel):
    """`NetworkApprovalContext` of the protocol."""

    host: str
    protocol: NetworkApprovalProtocol


class CommandExecutionRequestApprovalParams(WireModel):
    """Params of `item/commandExecution/requestApproval`."""

    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    started_at_ms: int = Field(validation_alias="startedAtMs", serialization_alias="startedAtMs")
    """Unix timestamp (in milliseconds) when this approval request started."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    additional_permissions: AdditionalPermissionProfile | None = Field(
        default=None, validation_alias="additionalPermissions", serialization_alias="additionalPermissions"
    )
    """Optional additional permissions requested for this command."""
    approval_id: str | None = Field(
        default=None, validation_alias="approvalId", serialization_alias="approvalId"
    )
    """Unique identifier for this specific approval callback."""
    available_decisions: list[AnyCommandExecutionApprovalDecision] | None = Field(
        default=None, validation_alias="availableDecisions", serialization_alias="availableDecisions"
    )
    """Ordered list of decisions the client may present for this prompt."""
    command: str | None = None
    """The command to be executed."""
    command_actions: list[CommandAction] | None = Field(
        default=None, validation_alias="commandActions", serialization_alias="commandActions"
    )
    """Best-effort parsed command actions for friendly display."""
    cwd: LegacyAppPathString | None = None
    """The command's working directory."""
    environment_id: str | None = Field(
        default=None, validation_alias="environmentId", serialization_alias="environmentId"
    )
    """Environment in which the command will run."""
    kind: CommandExecutionApprovalKind = CommandExecutionApprovalKind.command
    """Kind of action under review. Defaults to `command` for older servers."""
    network_approval_context: NetworkApprovalContext | None = Field(
        default=None, validation_alias="networkApprovalContext", serialization_alias="networkApprovalContext"
    )
    """Optional context for a managed-network approval prompt."""
    proposed_execpolicy_amendment: list[str] | None = Field(
        default=None,
        validation_alias="proposedExecpolicyAmendment",
        serialization_alias="proposedExecpolicyAmendment",
    )
    """Optional proposed execpolicy amendment to allow similar commands without prompting."""
    proposed_network_policy_amendments: list[NetworkPolicyAmendment] | None = Field(
        default=None,
        validation_alias="proposedNetworkPolicyAmendments",
        serialization_alias="proposedNetworkPolicyAmendments",
    )
    """Optional proposed network policy amendments (allow/deny host) for future requests."""
    reason: str | None = None
    """Optional explanatory reason (e.g. request for network access)."""


class CommandExecutionRequestApprovalResponse(WireModel):
    """Reply to `item/commandExecution/requestApproval`."""

    decision: AnyCommandExecutionApprovalDecision


class CurrentTimeReadParams(WireModel):
    """Params of `currentTime/read` (experimental)."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class CurrentTimeReadResponse(WireModel):
    """Reply to `currentTime/read` (experimental)."""

    current_time_at: int = Field(validation_alias="currentTimeAt", serialization_alias="currentTimeAt")
    """Current time as whole Unix seconds."""


class DynamicToolCallParams(WireModel):
    """Params of `item/tool/call`."""

    arguments: JsonValue
    call_id: str = Field(validation_alias="callId", serialization_alias="callId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    tool: str
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    namespace: str | None = None


class DynamicToolCallResponse(WireModel):
    """Reply to `item/tool/call`."""

    content_items: list[DynamicToolCallOutputContentItem] = Field(
        validation_alias="contentItems", serialization_alias="contentItems"
    )
    success: bool


class ParsedCommand(WireUnion, discriminator="type"):
    """`ParsedCommand` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ReadParsedCommand(ParsedCommand, tag="read"):
    """`ParsedCommand` with `type` `read`."""

    type: Literal["read"] = "read"
    cmd: str
    name: str
    path: str
    """(Best effort) Path to the file being read by the command. When possible, this is an absolute path,
    though when relative, it should be resolved against the `cwd`` that will be used to run the command to
    derive the absolute path.
    """


class ListFilesParsedCommand(ParsedCommand, tag="list_files"):
    """`ParsedCommand` with `type` `list_files`."""

    type: Literal["list_files"] = "list_files"
    cmd: str
    path: str | None = None


class SearchParsedCommand(ParsedCommand, tag="search"):
    """`ParsedCommand` with `type` `search`."""

    type: Literal["search"] = "search"
    cmd: str
    path: str | None = None
    query: str | None = None


class UnknownParsedCommand(ParsedCommand, tag="unknown"):
    """`ParsedCommand` with `type` `unknown`."""

    type: Literal["unknown"] = "unknown"
    cmd: str


class ExecCommandApprovalParams(WireModel):
    """Params of `execCommandApproval`."""

    call_id: str = Field(validation_alias="callId", serialization_alias="callId")
    """Use to correlate this with [codex_protocol::protocol::ExecCommandBeginEvent] and
    [codex_protocol::protocol::ExecCommandEndEvent].
    """
    command: list[str]
    conversation_id: ThreadId = Field(validation_alias="conversationId", serialization_alias="conversationId")
    cwd: str
    parsed_cmd: list[ParsedCommand] = Field(validation_alias="parsedCmd", serialization_alias="parsedCmd")
    approval_id: str | None = Field(
        default=None, validation_alias="approvalId", serialization_alias="approvalId"
    )
    """Identifier for this specific approval callback."""
    reason: str | None = None


class ExecCommandApprovalResponse(WireModel):
    """Reply to `execCommandApproval`."""

    decision: AnyReviewDecision


class FileChangeApprovalDecision(OpenEnum):
    """`FileChangeApprovalDecision` of the protocol."""

    accept: ClassVar["FileChangeApprovalDecision"] = member("accept")
    """User approved the file changes."""
    accept_for_session: ClassVar["FileChangeApprovalDecision"] = member("acceptForSession")
    """User approved the file changes and future changes to the same files should run without prompting."""
    decline: ClassVar["FileChangeApprovalDecision"] = member("decline")
    """User denied the file changes. The agent will continue the turn."""
    cancel: ClassVar["FileChangeApprovalDecision"] = member("cancel")
    """User denied the file changes. The turn will also be immediately interrupted."""


class FileChangeRequestApprovalParams(WireModel):
    """Params of `item/fileChange/requestApproval`."""

    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    started_at_ms: int = Field(validation_alias="startedAtMs", serialization_alias="startedAtMs")
    """Unix timestamp (in milliseconds) when this approval request started."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    grant_root: str | None = Field(
        default=None, validation_alias="grantRoot", serialization_alias="grantRoot"
    )
    """[UNSTABLE] When set, the agent is asking the user to allow writes under this root for the remainder of
    the session (unclear if this is honored today).
    """
    reason: str | None = None
    """Optional explanatory reason (e.g. request for extra write access)."""


class FileChangeRequestApprovalResponse(WireModel):
    """Reply to `item/fileChange/requestApproval`."""

    decision: FileChangeApprovalDecision


class GrantedPermissionProfile(WireModel):
    """`GrantedPermissionProfile` of the protocol."""

    file_system: AdditionalFileSystemPermissions | None = Field(
        default=None, validation_alias="fileSystem", serialization_alias="fileSystem"
    )
    network: AdditionalNetworkPermissions | None = None


class GuardianApprovalReviewStatus(OpenEnum):
    """[UNSTABLE] Lifecycle state for an approval auto-review."""

    in_progress: ClassVar["GuardianApprovalReviewStatus"] = member("inProgress")
    approved: ClassVar["GuardianApprovalReviewStatus"] = member("approved")
    denied: ClassVar["GuardianApprovalReviewStatus"] = member("denied")
    timed_out: ClassVar["GuardianApprovalReviewStatus"] = member("timedOut")
    aborted: ClassVar["GuardianApprovalReviewStatus"] = member("aborted")


class GuardianRiskLevel(OpenEnum):
    """[UNSTABLE] Risk level assigned by approval auto-review."""

    low: ClassVar["GuardianRiskLevel"] = member("low")
    medium: ClassVar["GuardianRiskLevel"] = member("medium")
    high: ClassVar["GuardianRiskLevel"] = member("high")
    critical: ClassVar["GuardianRiskLevel"] = member("critical")


class GuardianUserAuthorization(OpenEnum):
    """[UNSTABLE] Authorization level assigned by approval auto-review."""

    unknown: ClassVar["GuardianUserAuthorization"] = member("unknown")
    low: ClassVar["GuardianUserAuthorization"] = member("low")
    medium: ClassVar["GuardianUserAuthorization"] = member("medium")
    high: ClassVar["GuardianUserAuthorization"] = member("high")


class GuardianApprovalReview(WireModel):
    """[UNSTABLE] Temporary approval auto-review payload used by `item/autoApprovalReview/*` notifications.
    This shape is expected to change soon.
    """

    status: GuardianApprovalReviewStatus
    rationale: str | None = None
    risk_level: GuardianRiskLevel | None = Field(
        default=None, validation_alias="riskLevel", serialization_alias="riskLevel"
    )
    user_authorization: GuardianUserAuthorization | None = Field(
        default=None, validation_alias="userAuthorization", serialization_alias="userAuthorization"
    )


class GuardianCommandSource(OpenEnum):
    """`GuardianCommandSource` of the protocol."""

    shell: ClassVar["GuardianCommandSource"] = member("shell")
    unified_exec: ClassVar["GuardianCommandSource"] = member("unifiedExec")


class RequestPermissionProfile(WireModel):
    """`RequestPermissionProfile` of the protocol."""

    file_system: AdditionalFileSystemPermissions | None = Field(
        default=None, validation_alias="fileSystem", serialization_alias="fileSystem"
    )
    network: AdditionalNetworkPermissions | None = None


class GuardianApprovalReviewAction(WireUnion, discriminator="type"):
    """`GuardianApprovalReviewAction` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class CommandGuardianApprovalReviewAction(GuardianApprovalReviewAction, tag="command"):
    """`GuardianApprovalReviewAction` with `type` `command`."""

    type: Literal["command"] = "command"
    command: str
    cwd: LegacyAppPathString
    source: GuardianCommandSource


class ExecveGuardianApprovalReviewAction(GuardianApprovalReviewAction, tag="execve"):
    """`GuardianApprovalReviewAction` with `type` `execve`."""

    type: Literal["execve"] = "execve"
    argv: list[str]
    cwd: AbsolutePathBuf
    program: str
    source: GuardianCommandSource


class WriteStdinGuardianApprovalReviewAction(GuardianApprovalReviewAction, tag="writeStdin"):
    """A child approval for input to an existing command execution item."""

    type: Literal["writeStdin"] = "writeStdin"
    approval_id: str = Field(validation_alias="approvalId", serialization_alias="approvalId")
    cwd: LegacyAppPathString
    process_id: str = Field(validation_alias="processId", serialization_alias="processId")
    stdin: str


class ApplyPatchGuardianApprovalReviewAction(GuardianApprovalReviewAction, tag="applyPatch"):
    """`GuardianApprovalReviewAction` with `type` `applyPatch`."""

    type: Literal["applyPatch"] = "applyPatch"
    cwd: LegacyAppPathString
    files: list[LegacyAppPathString]


class NetworkAccessGuardianApprovalReviewAction(GuardianApprovalReviewAction, tag="networkAccess"):
    """`GuardianApprovalReviewAction` with `type` `networkAccess`."""

    type: Literal["networkAccess"] = "networkAccess"
    host: str
    port: int
    protocol: NetworkApprovalProtocol
    target: str


class McpToolCallGuardianApprovalReviewAction(GuardianApprovalReviewAction, tag="mcpToolCall"):
    """`GuardianApprovalReviewAction` with `type` `mcpToolCall`."""

    type: Literal["mcpToolCall"] = "mcpToolCall"
    server: str
    tool_name: str = Field(validation_alias="toolName", serialization_alias="toolName")
    connector_id: str | None = Field(
        default=None, validation_alias="connectorId", serialization_alias="connectorId"
    )
    connector_name: str | None = Field(
        default=None, validation_alias="connectorName", serialization_alias="connectorName"
    )
    tool_title: str | None = Field(
        default=None, validation_alias="toolTitle", serialization_alias="toolTitle"
    )


class RequestPermissionsGuardianApprovalReviewAction(GuardianApprovalReviewAction, tag="requestPermissions"):
    """`GuardianApprovalReviewAction` with `type` `requestPermissions`."""

    type: Literal["requestPermissions"] = "requestPermissions"
    permissions: RequestPermissionProfile
    reason: str | None = None


class ItemGuardianApprovalReviewCompletedNotification(WireModel):
    """Payload of `item/autoApprovalReview/completed`.

    [UNSTABLE] Temporary notification payload for approval auto-review. This shape is expected to change
    soon.
    """

    action: GuardianApprovalReviewAction
    completed_at_ms: int = Field(validation_alias="completedAtMs", serialization_alias="completedAtMs")
    """Unix timestamp (in milliseconds) when this review completed."""
    decision_source: AutoReviewDecisionSource = Field(
        validation_alias="decisionSource", serialization_alias="decisionSource"
    )
    review: GuardianApprovalReview
    review_id: str = Field(validation_alias="reviewId", serialization_alias="reviewId")
    """Stable identifier for this review."""
    started_at_ms: int = Field(validation_alias="startedAtMs", serialization_alias="startedAtMs")
    """Unix timestamp (in milliseconds) when this review started."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    target_item_id: str | None = Field(
        default=None, validation_alias="targetItemId", serialization_alias="targetItemId"
    )
    """Identifier for the reviewed item or tool call when one exists."""


class ItemGuardianApprovalReviewStartedNotification(WireModel):
    """Payload of `item/autoApprovalReview/started`.

    [UNSTABLE] Temporary notification payload for approval auto-review. This shape is expected to change
    soon.
    """

    action: GuardianApprovalReviewAction
    review: GuardianApprovalReview
    review_id: str = Field(validation_alias="reviewId", serialization_alias="reviewId")
    """Stable identifier for this review."""
    started_at_ms: int = Field(validation_alias="startedAtMs", serialization_alias="startedAtMs")
    """Unix timestamp (in milliseconds) when this review started."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    target_item_id: str | None = Field(
        default=None, validation_alias="targetItemId", serialization_alias="targetItemId"
    )
    """Identifier for the reviewed item or tool call when one exists."""


class McpElicitationArrayType(OpenEnum):
    """`McpElicitationArrayType` of the protocol."""

    array: ClassVar["McpElicitationArrayType"] = member("array")


class McpElicitationBooleanType(OpenEnum):
    """`McpElicitationBooleanType` of the protocol."""

    boolean: ClassVar["McpElicitationBooleanType"] = member("boolean")


class McpElicitationBooleanSchema(WireModel):
    """`McpElicitationBooleanSchema` of the protocol."""

    type: McpElicitationBooleanType
    default: bool | None = None
    description: str | None = None
    title: str | None = None


class McpElicitationConstOption(WireModel):
    """`McpElicitationConstOption` of the protocol."""

    const: str
    title: str


class McpElicitationStringType(OpenEnum):
    """`McpElicitationStringType` of the protocol."""

    string: ClassVar["McpElicitationStringType"] = member("string")


class McpElicitationLegacyTitledEnumSchema(WireModel):
    """`McpElicitationLegacyTitledEnumSchema` of the protocol."""

    enum: list[str]
    type: McpElicitationStringType
    default: str | None = None
    description: str | None = None
    enum_names: list[str] | None = Field(
        default=None, validation_alias="enumNames", serialization_alias="enumNames"
    )
    title: str | None = None


class McpElicitationTitledEnumItems(WireModel):
    """`McpElicitationTitledEnumItems` of the protocol."""

    any_of: list[McpElicitationConstOption] = Field(validation_alias="anyOf", serialization_alias="anyOf")


class McpElicitationTitledMultiSelectEnumSchema(WireModel):
    """`McpElicitationTitledMultiSelectEnumSchema` of the protocol."""

    items: McpElicitationTitledEnumItems
    type: McpElicitationArrayType
    default: list[str] | None = None
    description: str | None = None
    max_items: int | None = Field(default=None, validation_alias="maxItems", serialization_alias="maxItems")
    min_items: int | None = Field(default=None, validation_alias="minItems", serialization_alias="minItems")
    title: str | None = None


class McpElicitationUntitledEnumItems(WireModel):
    """`McpElicitationUntitledEnumItems` of the protocol."""

    enum: list[str]
    type: McpElicitationStringType


class McpElicitationUntitledMultiSelectEnumSchema(WireModel):
    """`McpElicitationUntitledMultiSelectEnumSchema` of the protocol."""

    items: McpElicitationUntitledEnumItems
    type: McpElicitationArrayType
    default: list[str] | None = None
    description: str | None = None
    max_items: int | None = Field(default=None, validation_alias="maxItems", serialization_alias="maxItems")
    min_items: int | None = Field(default=None, validation_alias="minItems", serialization_alias="minItems")
    title: str | None = None


McpElicitationMultiSelectEnumSchema: TypeAlias = Annotated[
    McpElicitationUntitledMultiSelectEnumSchema | McpElicitationTitledMultiSelectEnumSchema | JsonValue,
    ShapeUnion(McpElicitationUntitledMultiSelectEnumSchema, McpElicitationTitledMultiSelectEnumSchema),
]
"""`McpElicitationMultiSelectEnumSchema` of the protocol."""


class McpElicitationTitledSingleSelectEnumSchema(WireModel):
    """`McpElicitationTitledSingleSelectEnumSchema` of the protocol."""

    one_of: list[McpElicitationConstOption] = Field(validation_alias="oneOf", serialization_alias="oneOf")
    type: McpElicitationStringType
    default: str | None = None
    description: str | None = None
    title: str | None = None


class McpElicitationUntitledSingleSelectEnumSchema(WireModel):
    """`McpElicitationUntitledSingleSelectEnumSchema` of the protocol."""

    enum: list[str]
    type: McpElicitationStringType
    default: str | None = None
    description: str | None = None
    title: str | None = None


McpElicitationSingleSelectEnumSchema: TypeAlias = Annotated[
    McpElicitationUntitledSingleSelectEnumSchema | McpElicitationTitledSingleSelectEnumSchema | JsonValue,
    ShapeUnion(McpElicitationUntitledSingleSelectEnumSchema, McpElicitationTitledSingleSelectEnumSchema),
]
"""`McpElicitationSingleSelectEnumSchema` of the protocol."""


McpElicitationEnumSchema: TypeAlias = Annotated[
    McpElicitationSingleSelectEnumSchema
    | McpElicitationMultiSelectEnumSchema
    | McpElicitationLegacyTitledEnumSchema
    | JsonValue,
    ShapeUnion(
        McpElicitationUntitledSingleSelectEnumSchema,
        McpElicitationTitledSingleSelectEnumSchema,
        McpElicitationUntitledMultiSelectEnumSchema,
        McpElicitationTitledMultiSelectEnumSchema,
        McpElicitationLegacyTitledEnumSchema,
    ),
]
"""`McpElicitationEnumSchema` of the protocol."""


class McpElicitationNumberType(OpenEnum):
    """`McpElicitationNumberType` of the protocol."""

    number: ClassVar["McpElicitationNumberType"] = member("number")
    integer: ClassVar["McpElicitationNumberType"] = member("integer")


class McpElicitationNumberSchema(WireModel):
    """`McpElicitationNumberSchema` of the protocol."""

    type: McpElicitationNumberType
    default: float | None = None
    description: str | None = None
    maximum: float | None = None
    minimum: float | None = None
    title: str | None = None


class McpElicitationObjectType(OpenEnum):
    """`McpElicitationObjectType` of the protocol."""

    object: ClassVar["McpElicitationObjectType"] = member("object")


class McpElicitationStringFormat(OpenEnum):
    """`McpElicitationStringFormat` of the protocol."""

    email: ClassVar["McpElicitationStringFormat"] = member("email")
    uri: ClassVar["McpElicitationStringFormat"] = member("uri")
    date: ClassVar["McpElicitationStringFormat"] = member("date")
    date_time: ClassVar["McpElicitationStringFormat"] = member("date-time")


class McpElicitationStringSchema(WireModel):
    """`McpElicitationStringSchema` of the protocol."""

    type: McpElicitationStringType
    default: str | None = None
    description: str | None = None
    format: McpElicitationStringFormat | None = None
    max_length: int | None = Field(
        default=None, validation_alias="maxLength", serialization_alias="maxLength"
    )
    min_length: int | None = Field(
        default=None, validation_alias="minLength", serialization_alias="minLength"
    )
    title: str | None = None


McpElicitationPrimitiveSchema: TypeAlias = Annotated[
    McpElicitationEnumSchema
    | McpElicitationStringSchema
    | McpElicitationNumberSchema
    | McpElicitationBooleanSchema
    | JsonValue,
    ShapeUnion(
        McpElicitationUntitledSingleSelectEnumSchema,
        McpElicitationTitledSingleSelectEnumSchema,
        McpElicitationUntitledMultiSelectEnumSchema,
        McpElicitationTitledMultiSelectEnumSchema,
        McpElicitationLegacyTitledEnumSchema,
        McpElicitationStringSchema,
        McpElicitationNumberSchema,
        McpElicitationBooleanSchema,
    ),
]
"""`McpElicitationPrimitiveSchema` of the protocol."""


class McpElicitationSchema(WireModel):
    """Typed form schema for MCP `elicitation/create` requests."""

    properties: dict[str, McpElicitationPrimitiveSchema]
    type: McpElicitationObjectType
    schema_: str | None = Field(default=None, validation_alias="$schema", serialization_alias="$schema")
    required: list[str] | None = None


class McpServerElicitationAction(OpenEnum):
    """`McpServerElicitationAction` of the protocol."""

    accept: ClassVar["McpServerElicitationAction"] = member("accept")
    decline: ClassVar["McpServerElicitationAction"] = member("decline")
    cancel: ClassVar["McpServerElicitationAction"] = member("cancel")


class McpServerElicitationRequestParams(WireUnion, discriminator="mode"):
    """Params of `mcpServer/elicitation/request`."""

    mode: str
    """Tells the variants apart; any string in a variant that is not known here."""
    server_name: str = Field(validation_alias="serverName", serialization_alias="serverName")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str | None = Field(default=None, validation_alias="turnId", serialization_alias="turnId")
    """Active Codex turn when this elicitation was observed, if app-server could correlate one."""


class OpenaiUserVerificationMcpServerElicitationRequestParams(
    McpServerElicitationRequestParams, tag="openai/userVerification"
):
    """A device-authenticated approval; accepted responses contain the proof in `content`."""

    mode: Literal["openai/userVerification"] = "openai/userVerification"
    challenge: str
    description: str
    title: str
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")


class FormMcpServerElicitationRequestParams(McpServerElicitationRequestParams, tag="form"):
    """`McpServerElicitationRequestParams` with `mode` `form`."""

    mode: Literal["form"] = "form"
    message: str
    requested_schema: McpElicitationSchema = Field(
        validation_alias="requestedSchema", serialization_alias="requestedSchema"
    )
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")


class OpenaiSlashFormMcpServerElicitationRequestParams(McpServerElicitationRequestParams, tag="openai/form"):
    """`McpServerElicitationRequestParams` with `mode` `openai/form`."""

    mode: Literal["openai/form"] = "openai/form"
    message: str
    requested_schema: JsonValue = Field(
        validation_alias="requestedSchema", serialization_alias="requestedSchema"
    )
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")


class OpenaiFormMcpServerElicitationRequestParams(McpServerElicitationRequestParams, tag="openaiForm"):
    """`McpServerElicitationRequestParams` with `mode` `openaiForm`."""

    mode: Literal["openaiForm"] = "openaiForm"
    message: str
    requested_schema: JsonValue = Field(
        validation_alias="requestedSchema", serialization_alias="requestedSchema"
    )
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")


class UrlMcpServerElicitationRequestParams(McpServerElicitationRequestParams, tag="url"):
    """`McpServerElicitationRequestParams` with `mode` `url`."""

    mode: Literal["url"] = "url"
    elicitation_id: str = Field(validation_alias="elicitationId", serialization_alias="elicitationId")
    message: str
    url: str
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")


class McpServerElicitationRequestResponse(WireModel):
    """Reply to `mcpServer/elicitation/request`."""

    action: McpServerElicitationAction
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")
    """Optional client metadata for form-mode action handling."""
    content: JsonValue = None
    """Structured user input for accepted elicitations, mirroring RMCP `CreateElicitationResult`."""


class PermissionGrantScope(OpenEnum):
    """`PermissionGrantScope` of the protocol."""

    turn: ClassVar["PermissionGrantScope"] = member("turn")
    session: ClassVar["PermissionGrantScope"] = member("session")


class PermissionsRequestApprovalParams(WireModel):
    """Params of `item/permissions/requestApproval`."""

    cwd: LegacyAppPathString
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    permissions: RequestPermissionProfile
    started_at_ms: int = Field(validation_alias="startedAtMs", serialization_alias="startedAtMs")
    """Unix timestamp (in milliseconds) when this approval request started."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    environment_id: str | None = Field(
        default=None, validation_alias="environmentId", serialization_alias="environmentId"
    )
    reason: str | None = None


class PermissionsRequestApprovalResponse(WireModel):
    """Reply to `item/permissions/requestApproval`."""

    permissions: GrantedPermissionProfile
    scope: PermissionGrantScope = PermissionGrantScope.turn
    strict_auto_review: bool | None = Field(
        default=None, validation_alias="strictAutoReview", serialization_alias="strictAutoReview"
    )
    """Review every subsequent command in this turn before normal sandboxed execution."""


class StrictReviewRequiredNotification(WireModel):
    """Payload of `autoApprovalReview/strictReviewRequired`."""

    started_at_ms: int = Field(validation_alias="startedAtMs", serialization_alias="startedAtMs")
    """Unix timestamp (in milliseconds) when this review started."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class ToolRequestUserInputAnswer(WireModel):
    """EXPERIMENTAL. Captures a user's answer to a request_user_input question."""

    answers: list[str]


class ToolRequestUserInputOption(WireModel):
    """EXPERIMENTAL. Defines a single selectable option for request_user_input."""

    description: str
    label: str


class ToolRequestUserInputQuestion(WireModel):
    """EXPERIMENTAL. Represents one request_user_input question and its required options."""

    header: str
    id: str
    question: str
    is_other: bool = Field(default=False, validation_alias="isOther", serialization_alias="isOther")
    is_secret: bool = Field(default=False, validation_alias="isSecret", serialization_alias="isSecret")
    options: list[ToolRequestUserInputOption] | None = None


class ToolRequestUserInputParams(WireModel):
    """Params of `item/tool/requestUserInput`.

    EXPERIMENTAL. Params sent with a request_user_input event.
    """

    is_blocking: bool = Field(validation_alias="isBlocking", serialization_alias="isBlocking")
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    questions: list[ToolRequestUserInputQuestion]
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    auto_resolution_ms: int | None = Field(
        default=None, validation_alias="autoResolutionMs", serialization_alias="autoResolutionMs"
    )
    """@deprecated Use `isBlocking` to decide whether the request should block."""


class ToolRequestUserInputResponse(WireModel):
    """Reply to `item/tool/requestUserInput`.

    EXPERIMENTAL. Response payload mapping question ids to answers.
    """

    answers: dict[str, ToolRequestUserInputAnswer]
