"""Protocol types: requests that start, change or review a turn.

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

from codex_app_server.protocol._generated.turns import (
    AbsolutePathBuf,
    FunctionCallOutputBody,
    LegacyAppPathString,
    ReasoningEffort,
    Turn,
    UserInput,
)


class AdditionalContextKind(OpenEnum):
    """`AdditionalContextKind` of the protocol."""

    untrusted: ClassVar["AdditionalContextKind"] = member("untrusted")
    application: ClassVar["AdditionalContextKind"] = member("application")


class AdditionalContextEntry(WireModel):
    """`AdditionalContextEntry` of the protocol."""

    kind: AdditionalContextKind
    value: str


class ApprovalsReviewer(OpenEnum):
    """Configures who approval requests are routed to for review. Examples include sandbox escapes, blocked
    network access, MCP approval prompts, and ARC escalations. Defaults to `user`. `auto_review` uses a
    carefully prompted subagent to gather relevant context and apply a risk-based decision framework
    before approving or denying the request. The legacy value `guardian_subagent` is accepted for
    compatibility.
    """

    user: ClassVar["ApprovalsReviewer"] = member("user")
    auto_review: ClassVar["ApprovalsReviewer"] = member("auto_review")
    guardian_subagent: ClassVar["ApprovalsReviewer"] = member("guardian_subagent")


class AskForApproval(MixedEnum):
    """`AskForApproval` of the protocol."""

    untrusted: ClassVar["AskForApproval"] = member("untrusted")
    on_request: ClassVar["AskForApproval"] = member("on-request")
    never: ClassVar["AskForApproval"] = member("never")

    if TYPE_CHECKING:

        @classmethod
        def model_validate(cls, value: object) -> "AnyAskForApproval": ...


class GranularAskForApprovalDetails(WireModel):
    """What `GranularAskForApproval` holds."""

    mcp_elicitations: bool
    rules: bool
    sandbox_approval: bool
    request_permissions: bool = False
    skill_approval: bool = False


class GranularAskForApproval(WireModel):
    """`AskForApproval` as an object with the key `granular`."""

    granular: GranularAskForApprovalDetails


AnyAskForApproval: TypeAlias = Annotated[
    AskForApproval | GranularAskForApproval | dict[str, JsonValue],
    KeyedUnion(AskForApproval, {"granular": GranularAskForApproval}),
]
"""`AskForApproval`: a string, an object, or an object not known here."""


class ModeKind(OpenEnum):
    """Initial collaboration mode to use when the TUI starts."""

    plan: ClassVar["ModeKind"] = member("plan")
    default: ClassVar["ModeKind"] = member("default")


class Settings(WireModel):
    """Settings for a collaboration mode."""

    model: str
    developer_instructions: str | None = None
    reasoning_effort: ReasoningEffort | None = None


class CollaborationMode(WireModel):
    """Collaboration mode for a Codex session."""

    mode: ModeKind
    settings: Settings


class NetworkAccess(OpenEnum):
    """`NetworkAccess` of the protocol."""

    restricted: ClassVar["NetworkAccess"] = member("restricted")
    enabled: ClassVar["NetworkAccess"] = member("enabled")


class SandboxPolicy(WireUnion, discriminator="type"):
    """`SandboxPolicy` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class DangerFullAccessSandboxPolicy(SandboxPolicy, tag="dangerFullAccess"):
    """`SandboxPolicy` with `type` `dangerFullAccess`."""

    type: Literal["dangerFullAccess"] = "dangerFullAccess"


class ReadOnlySandboxPolicy(SandboxPolicy, tag="readOnly"):
    """`SandboxPolicy` with `type` `readOnly`."""

    type: Literal["readOnly"] = "readOnly"
    network_access: bool = Field(
        default=False, validation_alias="networkAccess", serialization_alias="networkAccess"
    )


class ExternalSandboxSandboxPolicy(SandboxPolicy, tag="externalSandbox"):
    """`SandboxPolicy` with `type` `externalSandbox`."""

    type: Literal["externalSandbox"] = "externalSandbox"
    network_access: NetworkAccess = Field(
        default=NetworkAccess.restricted,
        validation_alias="networkAccess",
        serialization_alias="networkAccess",
    )


class WorkspaceWriteSandboxPolicy(SandboxPolicy, tag="workspaceWrite"):
    """`SandboxPolicy` with `type` `workspaceWrite`."""

    type: Literal["workspaceWrite"] = "workspaceWrite"
    exclude_slash_tmp: bool = Field(
        default=False, validation_alias="excludeSlashTmp", serialization_alias="excludeSlashTmp"
    )
    exclude_tmpdir_env_var: bool = Field(
        default=False, validation_alias="excludeTmpdirEnvVar", serialization_alias="excludeTmpdirEnvVar"
    )
    network_access: bool = Field(
        default=False, validation_alias="networkAccess", serialization_alias="networkAccess"
    )
    writable_roots: list[AbsolutePathBuf] = Field(
        default=[], validation_alias="writableRoots", serialization_alias="writableRoots"
    )


class ReasoningSummary(OpenEnum):
    """A summary of the reasoning performed by the model. This can be useful for debugging and understanding
    the model's reasoning process. See
    https://platform.openai.com/docs/guides/reasoning?api-mode=responses#reasoning-summaries
    """

    auto: ClassVar["ReasoningSummary"] = member("auto")
    concise: ClassVar["ReasoningSummary"] = member("concise")
    detailed: ClassVar["ReasoningSummary"] = member("detailed")
    none: ClassVar["ReasoningSummary"] = member("none")
    """Option to disable reasoning summaries."""


class CyberAccessProgram(OpenEnum):
    """Requested cyber treatment for an OpenAI model turn. Authorization and model-tier restrictions remain
    server-owned.
    """

    standard: ClassVar["CyberAccessProgram"] = member("standard")
    daybreak_blue: ClassVar["CyberAccessProgram"] = member("daybreakBlue")
    daybreak_red: ClassVar["CyberAccessProgram"] = member("daybreakRed")


class MultiAgentMode(MixedEnum):
    """Controls the effective multi-agent delegation instructions for a turn. `custom` means the configured
    mode hint defines the policy instead of a built-in policy.
    """

    explicit_request_only: ClassVar["MultiAgentMode"] = member("explicitRequestOnly")
    proactive: ClassVar["MultiAgentMode"] = member("proactive")

    if TYPE_CHECKING:

        @classmethod
        def model_validate(cls, value: object) -> "AnyMultiAgentMode": ...


class CustomMultiAgentMode(WireModel):
    """`MultiAgentMode` as an object with the key `custom`."""

    custom: str


AnyMultiAgentMode: TypeAlias = Annotated[
    MultiAgentMode | CustomMultiAgentMode | dict[str, JsonValue],
    KeyedUnion(MultiAgentMode, {"custom": CustomMultiAgentMode}),
]
"""`MultiAgentMode`: a string, an object, or an object not known here."""


class Personality(OpenEnum):
    """Deprecated: `friendly` and `pragmatic` no longer select a style."""

    none: ClassVar["Personality"] = member("none")
    friendly: ClassVar["Personality"] = member("friendly")
    pragmatic: ClassVar["Personality"] = member("pragmatic")


class ReviewDelivery(OpenEnum):
    """`ReviewDelivery` of the protocol."""

    inline: ClassVar["ReviewDelivery"] = member("inline")
    detached: ClassVar["ReviewDelivery"] = member("detached")


class ReviewTarget(WireUnion, discriminator="type"):
    """`ReviewTarget` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class UncommittedChangesReviewTarget(ReviewTarget, tag="uncommittedChanges"):
    """Review the working tree: staged, unstaged, and untracked files."""

    type: Literal["uncommittedChanges"] = "uncommittedChanges"


class BaseBranchReviewTarget(ReviewTarget, tag="baseBranch"):
    """Review changes between the current branch and the given base branch."""

    type: Literal["baseBranch"] = "baseBranch"
    branch: str


class CommitReviewTarget(ReviewTarget, tag="commit"):
    """Review the changes introduced by a specific commit."""

    type: Literal["commit"] = "commit"
    sha: str
    title: str | None = None
    """Optional human-readable label (e.g., commit subject) for UIs."""


class CustomReviewTarget(ReviewTarget, tag="custom"):
    """Arbitrary instructions, equivalent to the old free-form prompt."""

    type: Literal["custom"] = "custom"
    instructions: str


class ReviewStartParams(WireModel):
    """Params of `review/start`."""

    target: ReviewTarget
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    delivery: ReviewDelivery | None = None
    """Where to run the review: inline (default) on the current thread or detached on a new thread (returned
    in `reviewThreadId`). Detached delivery is deprecated and emits `deprecationNotice`. Use
    `thread/start` followed by an inline review for a separate review thread.
    """


class ReviewStartResponse(WireModel):
    """Result of `review/start`."""

    review_thread_id: str = Field(validation_alias="reviewThreadId", serialization_alias="reviewThreadId")
    """Identifies the thread where the review runs."""
    turn: Turn


class TurnEnvironmentParams(WireModel):
    """`TurnEnvironmentParams` of the protocol."""

    cwd: LegacyAppPathString
    environment_id: str = Field(validation_alias="environmentId", serialization_alias="environmentId")
    runtime_workspace_roots: list[LegacyAppPathString] | None = Field(
        default=None, validation_alias="runtimeWorkspaceRoots", serialization_alias="runtimeWorkspaceRoots"
    )
    """Environment-native runtime workspace roots. Omitted defaults to `cwd`."""


class TurnInterruptParams(WireModel):
    """Params of `turn/interrupt`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class TurnInterruptResponse(WireModel):
    """Result of `turn/interrupt`."""


class TurnSettingsUpdateParams(WireModel):
    """Params of `turn/settings/update` (experimental).

    Experimental settings changes for one running turn, not future turns. Unsupported fields are rejected
    rather than silently ignored. Any live task kind may accept publication. Child sessions and consumers
    of frozen initial settings are unchanged.
    """

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    approvals_reviewer: ApprovalsReviewer | None = Field(
        default=None, validation_alias="approvalsReviewer", serialization_alias="approvalsReviewer"
    )
    """Changes the active turn's reviewer without changing future thread settings. Already captured steps and
    pending approvals retain their original reviewer.
    """
    effort: ReasoningEffort | None = None
    """Omission or `null` leaves the effort unchanged."""
    model: str | None = None
    """Omission or `null` leaves the model unchanged."""
    service_tier: str | None = Field(
        default=None, validation_alias="serviceTier", serialization_alias="serviceTier"
    )
    """`null` clears the requested tier; omission leaves it unchanged."""
    summary: ReasoningSummary | None = None
    """Omission or `null` leaves the summary preference unchanged."""


class TurnSettingsUpdateStatus(OpenEnum):
    """`TurnSettingsUpdateStatus` of the protocol."""

    applied: ClassVar["TurnSettingsUpdateStatus"] = member("applied")
    """Published for subsequent captures, even if the values were unchanged. Already captured steps are
    unchanged; a later inference is not guaranteed.
    """
    target_unavailable: ClassVar["TurnSettingsUpdateStatus"] = member("targetUnavailable")
    """No matching live task remained available for publication."""


class TurnSettingsUpdateResponse(WireModel):
    """Result of `turn/settings/update` (experimental)."""

    status: TurnSettingsUpdateStatus


class TurnToolOutput(WireModel):
    """`TurnToolOutput` of the protocol."""

    name: str
    output: FunctionCallOutputBody
    namespace: str | None = None
    retain: bool | None = None
    """Requests retention of this output in the thread's model history."""


class TurnStartParams(WireModel):
    """Params of `turn/start`."""

    input: list[UserInput]
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    additional_context: dict[str, AdditionalContextEntry] | None = Field(
        default=None, validation_alias="additionalContext", serialization_alias="additionalContext"
    )
    """Optional client-provided context fragments keyed by an opaque source identifier."""
    approval_policy: AnyAskForApproval | None = Field(
        default=None, validation_alias="approvalPolicy", serialization_alias="approvalPolicy"
    )
    """Override the approval policy for this turn and subsequent turns."""
    approvals_reviewer: ApprovalsReviewer | None = Field(
        default=None, validation_alias="approvalsReviewer", serialization_alias="approvalsReviewer"
    )
    """Override where approval requests are routed for review on this turn and subsequent turns."""
    client_user_message_id: str | None = Field(
        default=None, validation_alias="clientUserMessageId", serialization_alias="clientUserMessageId"
    )
    collaboration_mode: CollaborationMode | None = Field(
        default=None, validation_alias="collaborationMode", serialization_alias="collaborationMode"
    )
    """EXPERIMENTAL - Set a pre-set collaboration mode. Takes precedence over model, reasoning_effort, and
    developer instructions if set.
    """
    cwd: str | None = None
    """Override the working directory for this turn and subsequent turns."""
    cyber_access_program: CyberAccessProgram | None = Field(
        default=None, validation_alias="cyberAccessProgram", serialization_alias="cyberAccessProgram"
    )
    """EXPERIMENTAL - Request an authorized cyber program for this turn. Omission preserves automatic
    behavior. This does not grant access.
    """
    disabled_plugin_ids: list[str] | None = Field(
        default=None, validation_alias="disabledPluginIds", serialization_alias="disabledPluginIds"
    )
    """Replace this thread's disabled plugin IDs. Omitted/null preserves the list; [] clears it."""
    effort: ReasoningEffort | None = None
    """Override the reasoning effort for this turn and subsequent turns."""
    environments: list[TurnEnvironmentParams] | None = None
    """Optional environments for this turn and subsequent turns."""
    model: str | None = None
    """Override the model for this turn and subsequent turns."""
    multi_agent_mode: AnyMultiAgentMode | None = Field(
        default=None, validation_alias="multiAgentMode", serialization_alias="multiAgentMode"
    )
    """@deprecated Ignored. Use `effort: "ultra"` for proactive multi-agent behavior."""
    output_schema: JsonValue = Field(
        default=None, validation_alias="outputSchema", serialization_alias="outputSchema"
    )
    """Optional JSON Schema used to constrain the final assistant message for this turn."""
    parent_turn_id: str | None = Field(
        default=None, validation_alias="parentTurnId", serialization_alias="parentTurnId"
    )
    """ID of the turn that caused this new turn to start."""
    permissions: str | None = None
    """Select a named permissions profile id for this turn and subsequent turns. Cannot be combined with
    `sandboxPolicy`.
    """
    personality: Personality | None = None
    """@deprecated `friendly` and `pragmatic` no longer select a style. Changing this does not rewrite the
    thread's existing instructions.
    """
    responsesapi_client_metadata: dict[str, str] | None = Field(
        default=None,
        validation_alias="responsesapiClientMetadata",
        serialization_alias="responsesapiClientMetadata",
    )
    """Optional metadata to enrich Codex's ResponsesAPI turn metadata."""
    root_turn_id: str | None = Field(
        default=None, validation_alias="rootTurnId", serialization_alias="rootTurnId"
    )
    """ID of the first turn in the chain of work that led to this new turn."""
    runtime_workspace_roots: list[AbsolutePathBuf] | None = Field(
        default=None, validation_alias="runtimeWorkspaceRoots", serialization_alias="runtimeWorkspaceRoots"
    )
    """Replace the thread's runtime workspace roots for this turn and subsequent turns. Paths must be
    absolute.
    """
    sandbox_policy: SandboxPolicy | None = Field(
        default=None, validation_alias="sandboxPolicy", serialization_alias="sandboxPolicy"
    )
    """Override the sandbox policy for this turn and subsequent turns."""
    service_tier: str | None = Field(
        default=None, validation_alias="serviceTier", serialization_alias="serviceTier"
    )
    """Override the service tier for this turn and subsequent turns."""
    service_tier_for_turn: str | None = Field(
        default=None, validation_alias="serviceTierForTurn", serialization_alias="serviceTierForTurn"
    )
    """Override the service tier only when this request starts a new turn. Use "default" for standard speed.
    Omitted or null inherits the thread's tier. Does not change the thread's tier or a turn being steered.
    """
    summary: ReasoningSummary | None = None
    """Override the reasoning summary for this turn and subsequent turns."""
    tool_output: TurnToolOutput | None = Field(
        default=None, validation_alias="toolOutput", serialization_alias="toolOutput"
    )
    turn_trigger: str | None = Field(
        default=None, validation_alias="turnTrigger", serialization_alias="turnTrigger"
    )
    """Optional source classification for the caller that starts this turn. Ignored when this request steers
    an already-active turn.
    """


class TurnStartResponse(WireModel):
    """Result of `turn/start`."""

    turn: Turn


class TurnSteerParams(WireModel):
    """Params of `turn/steer`."""

    expected_turn_id: str = Field(validation_alias="expectedTurnId", serialization_alias="expectedTurnId")
    """Required active turn id precondition. The request fails when it does not match the currently active
    turn.
    """
    input: list[UserInput]
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    additional_context: dict[str, AdditionalContextEntry] | None = Field(
        default=None, validation_alias="additionalContext", serialization_alias="additionalContext"
    )
    """Optional client-provided context fragments keyed by an opaque source identifier."""
    client_user_message_id: str | None = Field(
        default=None, validation_alias="clientUserMessageId", serialization_alias="clientUserMessageId"
    )
    responsesapi_client_metadata: dict[str, str] | None = Field(
        default=None,
        validation_alias="responsesapiClientMetadata",
        serialization_alias="responsesapiClientMetadata",
    )
    """Optional metadata to enrich Codex's ResponsesAPI turn metadata."""


class TurnSteerResponse(WireModel):
    """Result of `turn/steer`."""

    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
