"""Protocol types: the events of a turn: turns, items, token usage, errors.

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


AbsolutePathBuf: TypeAlias = str
"""A path that is guaranteed to be absolute and normalized (though it is not guaranteed to be
canonicalized or exist on the filesystem).
"""


LegacyAppPathString: TypeAlias = str
"""`LegacyAppPathString` of the protocol."""


class AgentMessageDelivery(OpenEnum):
    """`AgentMessageDelivery` of the protocol."""

    async_: ClassVar["AgentMessageDelivery"] = member("async")


class AgentMessageDeltaNotification(WireModel):
    """Payload of `item/agentMessage/delta`."""

    delta: str
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


AgentPath: TypeAlias = str
"""`AgentPath` of the protocol."""


ThreadId: TypeAlias = str
"""`ThreadId` of the protocol."""


class AsyncUserInputQuestion(WireModel):
    """`AsyncUserInputQuestion` of the protocol."""

    title: str
    options: list[str] | None = None


class ByteRange(WireModel):
    """`ByteRange` of the protocol."""

    end: int
    start: int


class NonSteerableTurnKind(OpenEnum):
    """`NonSteerableTurnKind` of the protocol."""

    review: ClassVar["NonSteerableTurnKind"] = member("review")
    compact: ClassVar["NonSteerableTurnKind"] = member("compact")


class CodexErrorInfo(MixedEnum):
    """This translation layer make sure that we expose codex error code in camel case."""

    context_window_exceeded: ClassVar["CodexErrorInfo"] = member("contextWindowExceeded")
    session_budget_exceeded: ClassVar["CodexErrorInfo"] = member("sessionBudgetExceeded")
    usage_limit_exceeded: ClassVar["CodexErrorInfo"] = member("usageLimitExceeded")
    rate_limit_exceeded: ClassVar["CodexErrorInfo"] = member("rateLimitExceeded")
    flex_unavailable: ClassVar["CodexErrorInfo"] = member("flexUnavailable")
    server_overloaded: ClassVar["CodexErrorInfo"] = member("serverOverloaded")
    cyber_policy: ClassVar["CodexErrorInfo"] = member("cyberPolicy")
    misalignment_policy_violation: ClassVar["CodexErrorInfo"] = member("misalignmentPolicyViolation")
    too_many_denials: ClassVar["CodexErrorInfo"] = member("tooManyDenials")
    internal_server_error: ClassVar["CodexErrorInfo"] = member("internalServerError")
    unauthorized: ClassVar["CodexErrorInfo"] = member("unauthorized")
    bad_request: ClassVar["CodexErrorInfo"] = member("badRequest")
    thread_rollback_failed: ClassVar["CodexErrorInfo"] = member("threadRollbackFailed")
    sandbox_error: ClassVar["CodexErrorInfo"] = member("sandboxError")
    other: ClassVar["CodexErrorInfo"] = member("other")

    if TYPE_CHECKING:

        @classmethod
        def model_validate(cls, value: object) -> "AnyCodexErrorInfo": ...


class HttpConnectionFailedCodexErrorInfoDetails(WireModel):
    """What `HttpConnectionFailedCodexErrorInfo` holds."""

    http_status_code: int | None = Field(
        default=None, validation_alias="httpStatusCode", serialization_alias="httpStatusCode"
    )


class HttpConnectionFailedCodexErrorInfo(WireModel):
    """`CodexErrorInfo` as an object with the key `httpConnectionFailed`."""

    http_connection_failed: HttpConnectionFailedCodexErrorInfoDetails = Field(
        validation_alias="httpConnectionFailed", serialization_alias="httpConnectionFailed"
    )


class ResponseStreamConnectionFailedCodexErrorInfoDetails(WireModel):
    """What `ResponseStreamConnectionFailedCodexErrorInfo` holds."""

    http_status_code: int | None = Field(
        default=None, validation_alias="httpStatusCode", serialization_alias="httpStatusCode"
    )


class ResponseStreamConnectionFailedCodexErrorInfo(WireModel):
    """Failed to connect to the response SSE stream."""

    response_stream_connection_failed: ResponseStreamConnectionFailedCodexErrorInfoDetails = Field(
        validation_alias="responseStreamConnectionFailed",
        serialization_alias="responseStreamConnectionFailed",
    )


class ResponseStreamDisconnectedCodexErrorInfoDetails(WireModel):
    """What `ResponseStreamDisconnectedCodexErrorInfo` holds."""

    http_status_code: int | None = Field(
        default=None, validation_alias="httpStatusCode", serialization_alias="httpStatusCode"
    )


class ResponseStreamDisconnectedCodexErrorInfo(WireModel):
    """The response SSE stream disconnected in the middle of a turn before completion."""

    response_stream_disconnected: ResponseStreamDisconnectedCodexErrorInfoDetails = Field(
        validation_alias="responseStreamDisconnected", serialization_alias="responseStreamDisconnected"
    )


class ResponseTooManyFailedAttemptsCodexErrorInfoDetails(WireModel):
    """What `ResponseTooManyFailedAttemptsCodexErrorInfo` holds."""

    http_status_code: int | None = Field(
        default=None, validation_alias="httpStatusCode", serialization_alias="httpStatusCode"
    )


class ResponseTooManyFailedAttemptsCodexErrorInfo(WireModel):
    """Reached the retry limit for responses."""

    response_too_many_failed_attempts: ResponseTooManyFailedAttemptsCodexErrorInfoDetails = Field(
        validation_alias="responseTooManyFailedAttempts", serialization_alias="responseTooManyFailedAttempts"
    )


class ActiveTurnNotSteerableCodexErrorInfoDetails(WireModel):
    """What `ActiveTurnNotSteerableCodexErrorInfo` holds."""

    turn_kind: NonSteerableTurnKind = Field(validation_alias="turnKind", serialization_alias="turnKind")


class ActiveTurnNotSteerableCodexErrorInfo(WireModel):
    """Returned when `turn/start` or `turn/steer` is submitted while the current active turn cannot accept
    same-turn steering, for example `/review` or manual `/compact`.
    """

    active_turn_not_steerable: ActiveTurnNotSteerableCodexErrorInfoDetails = Field(
        validation_alias="activeTurnNotSteerable", serialization_alias="activeTurnNotSteerable"
    )


AnyCodexErrorInfo: TypeAlias = Annotated[
    CodexErrorInfo
    | HttpConnectionFailedCodexErrorInfo
    | ResponseStreamConnectionFailedCodexErrorInfo
    | ResponseStreamDisconnectedCodexErrorInfo
    | ResponseTooManyFailedAttemptsCodexErrorInfo
    | ActiveTurnNotSteerableCodexErrorInfo
    | dict[str, JsonValue],
    KeyedUnion(
        CodexErrorInfo,
        {
            "httpConnectionFailed": HttpConnectionFailedCodexErrorInfo,
            "responseStreamConnectionFailed": ResponseStreamConnectionFailedCodexErrorInfo,
            "responseStreamDisconnected": ResponseStreamDisconnectedCodexErrorInfo,
            "responseTooManyFailedAttempts": ResponseTooManyFailedAttemptsCodexErrorInfo,
            "activeTurnNotSteerable": ActiveTurnNotSteerableCodexErrorInfo,
        },
    ),
]
"""`CodexErrorInfo`: a string, an object, or an object not known here."""


class CollabAgentStatus(OpenEnum):
    """`CollabAgentStatus` of the protocol."""

    pending_init: ClassVar["CollabAgentStatus"] = member("pendingInit")
    running: ClassVar["CollabAgentStatus"] = member("running")
    interrupted: ClassVar["CollabAgentStatus"] = member("interrupted")
    completed: ClassVar["CollabAgentStatus"] = member("completed")
    errored: ClassVar["CollabAgentStatus"] = member("errored")
    shutdown: ClassVar["CollabAgentStatus"] = member("shutdown")
    not_found: ClassVar["CollabAgentStatus"] = member("notFound")


class CollabAgentState(WireModel):
    """`CollabAgentState` of the protocol."""

    status: CollabAgentStatus
    message: str | None = None


class CollabAgentTool(OpenEnum):
    """`CollabAgentTool` of the protocol."""

    spawn_agent: ClassVar["CollabAgentTool"] = member("spawnAgent")
    send_input: ClassVar["CollabAgentTool"] = member("sendInput")
    resume_agent: ClassVar["CollabAgentTool"] = member("resumeAgent")
    wait: ClassVar["CollabAgentTool"] = member("wait")
    close_agent: ClassVar["CollabAgentTool"] = member("closeAgent")
    send_message: ClassVar["CollabAgentTool"] = member("sendMessage")
    followup_task: ClassVar["CollabAgentTool"] = member("followupTask")
    interrupt_agent: ClassVar["CollabAgentTool"] = member("interruptAgent")
    list_agents: ClassVar["CollabAgentTool"] = member("listAgents")


class CollabAgentToolCallStatus(OpenEnum):
    """`CollabAgentToolCallStatus` of the protocol."""

    in_progress: ClassVar["CollabAgentToolCallStatus"] = member("inProgress")
    completed: ClassVar["CollabAgentToolCallStatus"] = member("completed")
    failed: ClassVar["CollabAgentToolCallStatus"] = member("failed")
    interrupted: ClassVar["CollabAgentToolCallStatus"] = member("interrupted")


class ReasoningEffort(OpenEnum):
    """A non-empty reasoning effort value advertised by the model.

    The schema leaves it open because a model may advertise values of its own; these are in common use.
    """

    none: ClassVar["ReasoningEffort"] = member("none")
    minimal: ClassVar["ReasoningEffort"] = member("minimal")
    low: ClassVar["ReasoningEffort"] = member("low")
    medium: ClassVar["ReasoningEffort"] = member("medium")
    high: ClassVar["ReasoningEffort"] = member("high")
    xhigh: ClassVar["ReasoningEffort"] = member("xhigh")


class CommandAction(WireUnion, discriminator="type"):
    """`CommandAction` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ReadCommandAction(CommandAction, tag="read"):
    """`CommandAction` with `type` `read`."""

    type: Literal["read"] = "read"
    command: str
    name: str
    path: LegacyAppPathString


class ListFilesCommandAction(CommandAction, tag="listFiles"):
    """`CommandAction` with `type` `listFiles`."""

    type: Literal["listFiles"] = "listFiles"
    command: str
    path: str | None = None


class SearchCommandAction(CommandAction, tag="search"):
    """`CommandAction` with `type` `search`."""

    type: Literal["search"] = "search"
    command: str
    path: str | None = None
    query: str | None = None


class UnknownCommandAction(CommandAction, tag="unknown"):
    """`CommandAction` with `type` `unknown`."""

    type: Literal["unknown"] = "unknown"
    command: str


class CommandExecutionOutputDeltaNotification(WireModel):
    """Payload of `item/commandExecution/outputDelta`."""

    delta: str
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class CommandExecutionSource(OpenEnum):
    """`CommandExecutionSource` of the protocol."""

    agent: ClassVar["CommandExecutionSource"] = member("agent")
    user_shell: ClassVar["CommandExecutionSource"] = member("userShell")
    unified_exec_startup: ClassVar["CommandExecutionSource"] = member("unifiedExecStartup")
    unified_exec_interaction: ClassVar["CommandExecutionSource"] = member("unifiedExecInteraction")


class CommandExecutionStatus(OpenEnum):
    """`CommandExecutionStatus` of the protocol."""

    in_progress: ClassVar["CommandExecutionStatus"] = member("inProgress")
    completed: ClassVar["CommandExecutionStatus"] = member("completed")
    failed: ClassVar["CommandExecutionStatus"] = member("failed")
    declined: ClassVar["CommandExecutionStatus"] = member("declined")


ForcedChatgptWorkspaceIds: TypeAlias = str | list[str] | JsonValue
"""Backward-compatible API shape for ChatGPT workspace login restrictions."""


class ImageDetail(OpenEnum):
    """`ImageDetail` of the protocol."""

    auto: ClassVar["ImageDetail"] = member("auto")
    low: ClassVar["ImageDetail"] = member("low")
    high: ClassVar["ImageDetail"] = member("high")
    original: ClassVar["ImageDetail"] = member("original")


class DynamicToolCallOutputContentItem(WireUnion, discriminator="type"):
    """`DynamicToolCallOutputContentItem` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class InputTextDynamicToolCallOutputContentItem(DynamicToolCallOutputContentItem, tag="inputText"):
    """`DynamicToolCallOutputContentItem` with `type` `inputText`."""

    type: Literal["inputText"] = "inputText"
    text: str


class InputImageDynamicToolCallOutputContentItem(DynamicToolCallOutputContentItem, tag="inputImage"):
    """`DynamicToolCallOutputContentItem` with `type` `inputImage`."""

    type: Literal["inputImage"] = "inputImage"
    image_url: str = Field(validation_alias="imageUrl", serialization_alias="imageUrl")


class InputAudioDynamicToolCallOutputContentItem(DynamicToolCallOutputContentItem, tag="inputAudio"):
    """`DynamicToolCallOutputContentItem` with `type` `inputAudio`."""

    type: Literal["inputAudio"] = "inputAudio"
    audio_url: str = Field(validation_alias="audioUrl", serialization_alias="audioUrl")


class DynamicToolCallStatus(OpenEnum):
    """`DynamicToolCallStatus` of the protocol."""

    in_progress: ClassVar["DynamicToolCallStatus"] = member("inProgress")
    completed: ClassVar["DynamicToolCallStatus"] = member("completed")
    failed: ClassVar["DynamicToolCallStatus"] = member("failed")


PathUri: TypeAlias = str
"""`PathUri` of the protocol."""


class MisalignmentSteer(WireModel):
    """`MisalignmentSteer` of the protocol."""

    message: str


class MisalignmentErrorDetails(WireModel):
    """`MisalignmentErrorDetails` of the protocol."""

    detailed_explanation: str | None = Field(
        default=None, validation_alias="detailedExplanation", serialization_alias="detailedExplanation"
    )
    """A substantive localized explanation is required before offering continuation."""
    error_type: str | None = Field(
        default=None, validation_alias="errorType", serialization_alias="errorType"
    )
    """Open-ended classification; clients must accept categories added by Responses."""
    review_target: str | None = Field(
        default=None, validation_alias="reviewTarget", serialization_alias="reviewTarget"
    )
    """Opaque server-issued block target. Presence alone does not enable target-based continuation."""
    steer: MisalignmentSteer | None = None
    """Instruction to submit as the next turn's user input if continuation is confirmed."""


class TurnError(WireModel):
    """`TurnError` of the protocol."""

    message: str
    additional_details: str | None = Field(
        default=None, validation_alias="additionalDetails", serialization_alias="additionalDetails"
    )
    codex_error_info: AnyCodexErrorInfo | None = Field(
        default=None, validation_alias="codexErrorInfo", serialization_alias="codexErrorInfo"
    )
    misalignment: MisalignmentErrorDetails | None = None
    """Optional public explanation and continuation instruction for a misalignment block."""


class ErrorNotification(WireModel):
    """Payload of `error`."""

    error: TurnError
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    will_retry: bool = Field(validation_alias="willRetry", serialization_alias="willRetry")


class FileChangeOutputDeltaNotification(WireModel):
    """Payload of `item/fileChange/outputDelta`.

    Deprecated legacy notification for `apply_patch` textual output.
    """

    delta: str
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class PatchChangeKind(WireUnion, discriminator="type"):
    """`PatchChangeKind` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class AddPatchChangeKind(PatchChangeKind, tag="add"):
    """`PatchChangeKind` with `type` `add`."""

    type: Literal["add"] = "add"


class DeletePatchChangeKind(PatchChangeKind, tag="delete"):
    """`PatchChangeKind` with `type` `delete`."""

    type: Literal["delete"] = "delete"


class UpdatePatchChangeKind(PatchChangeKind, tag="update"):
    """`PatchChangeKind` with `type` `update`."""

    type: Literal["update"] = "update"
    move_path: str | None = None


class FileUpdateChange(WireModel):
    """`FileUpdateChange` of the protocol."""

    diff: str
    kind: PatchChangeKind
    path: str


class FileChangePatchUpdatedNotification(WireModel):
    """Payload of `item/fileChange/patchUpdated`."""

    changes: list[FileUpdateChange]
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class FunctionCallOutputContentItem(WireUnion, discriminator="type"):
    """Responses API compatible content items that can be returned by a tool call. This is a subset of
    ContentItem with the types we support as function call outputs.
    """

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class InputTextFunctionCallOutputContentItem(FunctionCallOutputContentItem, tag="input_text"):
    """`FunctionCallOutputContentItem` with `type` `input_text`."""

    type: Literal["input_text"] = "input_text"
    text: str


class InputImageFunctionCallOutputContentItem(FunctionCallOutputContentItem, tag="input_image"):
    """`FunctionCallOutputContentItem` with `type` `input_image`."""

    type: Literal["input_image"] = "input_image"
    detail: ImageDetail | None = None
    image_url: str | None = None
    file_id: str | None = None


class InputAudioFunctionCallOutputContentItem(FunctionCallOutputContentItem, tag="input_audio"):
    """`FunctionCallOutputContentItem` with `type` `input_audio`."""

    type: Literal["input_audio"] = "input_audio"
    audio_url: str


class EncryptedContentFunctionCallOutputContentItem(FunctionCallOutputContentItem, tag="encrypted_content"):
    """`FunctionCallOutputContentItem` with `type` `encrypted_content`."""

    type: Literal["encrypted_content"] = "encrypted_content"
    encrypted_content: str


FunctionCallOutputBody: TypeAlias = str | list[FunctionCallOutputContentItem] | JsonValue
"""`FunctionCallOutputBody` of the protocol."""


class HookPromptFragment(WireModel):
    """`HookPromptFragment` of the protocol."""

    hook_run_id: str = Field(validation_alias="hookRunId", serialization_alias="hookRunId")
    text: str


class ImageGenerationFailure(WireUnion, discriminator="type"):
    """`ImageGenerationFailure` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class UsageLimitExceededImageGenerationFailure(ImageGenerationFailure, tag="usageLimitExceeded"):
    """`ImageGenerationFailure` with `type` `usageLimitExceeded`."""

    type: Literal["usageLimitExceeded"] = "usageLimitExceeded"
    limit_id: str = Field(validation_alias="limitId", serialization_alias="limitId")
    resets_at: int | None = Field(default=None, validation_alias="resetsAt", serialization_alias="resetsAt")


class McpAppDisplayMode(OpenEnum):
    """`McpAppDisplayMode` of the protocol."""

    inline: ClassVar["McpAppDisplayMode"] = member("inline")
    fullscreen: ClassVar["McpAppDisplayMode"] = member("fullscreen")


class McpAppUi(WireModel):
    """UI resource and display preference for model invocations, captured from the tool descriptor."""

    preferred_model_display_mode: McpAppDisplayMode = Field(
        validation_alias="preferredModelDisplayMode", serialization_alias="preferredModelDisplayMode"
    )
    resource_uri: str = Field(validation_alias="resourceUri", serialization_alias="resourceUri")


class McpToolCallAppContext(WireModel):
    """`McpToolCallAppContext` of the protocol."""

    connector_id: str = Field(validation_alias="connectorId", serialization_alias="connectorId")
    action_name: str | None = Field(
        default=None, validation_alias="actionName", serialization_alias="actionName"
    )
    app_name: str | None = Field(default=None, validation_alias="appName", serialization_alias="appName")
    link_id: str | None = Field(default=None, validation_alias="linkId", serialization_alias="linkId")
    resource_uri: str | None = Field(
        default=None, validation_alias="resourceUri", serialization_alias="resourceUri"
    )


class McpToolCallError(WireModel):
    """`McpToolCallError` of the protocol."""

    message: str


class McpToolCallResult(WireModel):
    """`McpToolCallResult` of the protocol."""

    content: list[JsonValue]
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")
    structured_content: JsonValue = Field(
        default=None, validation_alias="structuredContent", serialization_alias="structuredContent"
    )


class McpToolCallStatus(OpenEnum):
    """`McpToolCallStatus` of the protocol."""

    in_progress: ClassVar["McpToolCallStatus"] = member("inProgress")
    completed: ClassVar["McpToolCallStatus"] = member("completed")
    failed: ClassVar["McpToolCallStatus"] = member("failed")


class MemoryCitationEntry(WireModel):
    """`MemoryCitationEntry` of the protocol."""

    line_end: int = Field(validation_alias="lineEnd", serialization_alias="lineEnd")
    line_start: int = Field(validation_alias="lineStart", serialization_alias="lineStart")
    note: str
    path: str


class MemoryCitation(WireModel):
    """`MemoryCitation` of the protocol."""

    entries: list[MemoryCitationEntry]
    thread_ids: list[str] = Field(validation_alias="threadIds", serialization_alias="threadIds")


class MessagePhase(OpenEnum):
    """Classifies assistant text as commentary, a partial answer, or a terminal answer."""

    commentary: ClassVar["MessagePhase"] = member("commentary")
    """Mid-turn assistant text (for example preamble/progress narration)."""
    partial_answer: ClassVar["MessagePhase"] = member("partial_answer")
    """Stable answer text that may be followed by more assistant output or tools."""
    final_answer: ClassVar["MessagePhase"] = member("final_answer")
    """The assistant's declared terminal answer text for the current turn."""


class PatchApplyStatus(OpenEnum):
    """`PatchApplyStatus` of the protocol."""

    in_progress: ClassVar["PatchApplyStatus"] = member("inProgress")
    completed: ClassVar["PatchApplyStatus"] = member("completed")
    failed: ClassVar["PatchApplyStatus"] = member("failed")
    declined: ClassVar["PatchApplyStatus"] = member("declined")


class SubAgentActivityKind(OpenEnum):
    """`SubAgentActivityKind` of the protocol."""

    started: ClassVar["SubAgentActivityKind"] = member("started")
    interacted: ClassVar["SubAgentActivityKind"] = member("interacted")
    interrupted: ClassVar["SubAgentActivityKind"] = member("interrupted")
    completed: ClassVar["SubAgentActivityKind"] = member("completed")


class TextElement(WireModel):
    """`TextElement` of the protocol."""

    byte_range: ByteRange = Field(validation_alias="byteRange", serialization_alias="byteRange")
    """Byte range in the parent `text` buffer that this element occupies."""
    placeholder: str | None = None
    """Optional human-readable placeholder for the element, displayed in the UI."""


class UserInput(WireUnion, discriminator="type"):
    """`UserInput` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class TextUserInput(UserInput, tag="text"):
    """`UserInput` with `type` `text`."""

    type: Literal["text"] = "text"
    text: str
    text_elements: list[TextElement] = Field(default=[])
    """UI-defined spans within `text` used to render or persist special elements."""


class ImageUserInput(UserInput, tag="image"):
    """`UserInput` with `type` `image`."""

    type: Literal["image"] = "image"
    detail: ImageDetail | None = None
    url: str | None = None
    file_id: str | None = Field(default=None, validation_alias="fileId", serialization_alias="fileId")


class LocalImageUserInput(UserInput, tag="localImage"):
    """`UserInput` with `type` `localImage`."""

    type: Literal["localImage"] = "localImage"
    path: str
    detail: ImageDetail | None = None


class AudioUserInput(UserInput, tag="audio"):
    """`UserInput` with `type` `audio`."""

    type: Literal["audio"] = "audio"
    url: str


class LocalAudioUserInput(UserInput, tag="localAudio"):
    """`UserInput` with `type` `localAudio`."""

    type: Literal["localAudio"] = "localAudio"
    path: str


class SkillUserInput(UserInput, tag="skill"):
    """`UserInput` with `type` `skill`."""

    type: Literal["skill"] = "skill"
    name: str
    path: str


class MentionUserInput(UserInput, tag="mention"):
    """`UserInput` with `type` `mention`."""

    type: Literal["mention"] = "mention"
    name: str
    path: str


class WebSearchAction(WireUnion, discriminator="type"):
    """`WebSearchAction` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class SearchWebSearchAction(WebSearchAction, tag="search"):
    """`WebSearchAction` with `type` `search`."""

    type: Literal["search"] = "search"
    queries: list[str] | None = None
    query: str | None = None


class OpenPageWebSearchAction(WebSearchAction, tag="openPage"):
    """`WebSearchAction` with `type` `openPage`."""

    type: Literal["openPage"] = "openPage"
    url: str | None = None


class FindInPageWebSearchAction(WebSearchAction, tag="findInPage"):
    """`WebSearchAction` with `type` `findInPage`."""

    type: Literal["findInPage"] = "findInPage"
    pattern: str | None = None
    url: str | None = None


class OtherWebSearchAction(WebSearchAction, tag="other"):
    """`WebSearchAction` with `type` `other`."""

    type: Literal["other"] = "other"


class ThreadItem(WireUnion, discriminator="type"):
    """`ThreadItem` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class UserMessageThreadItem(ThreadItem, tag="userMessage"):
    """`ThreadItem` with `type` `userMessage`."""

    type: Literal["userMessage"] = "userMessage"
    content: list[UserInput]
    id: str
    client_id: str | None = Field(default=None, validation_alias="clientId", serialization_alias="clientId")


class HookPromptThreadItem(ThreadItem, tag="hookPrompt"):
    """`ThreadItem` with `type` `hookPrompt`."""

    type: Literal["hookPrompt"] = "hookPrompt"
    fragments: list[HookPromptFragment]
    id: str


class AgentMessageThreadItem(ThreadItem, tag="agentMessage"):
    """`ThreadItem` with `type` `agentMessage`."""

    type: Literal["agentMessage"] = "agentMessage"
    id: str
    text: str
    delivery: AgentMessageDelivery | None = None
    memory_citation: MemoryCitation | None = Field(
        default=None, validation_alias="memoryCitation", serialization_alias="memoryCitation"
    )
    phase: MessagePhase | None = None
    questions: list[AsyncUserInputQuestion] | None = None


class FunctionCallOutputThreadItem(ThreadItem, tag="functionCallOutput"):
    """`ThreadItem` with `type` `functionCallOutput`."""

    type: Literal["functionCallOutput"] = "functionCallOutput"
    id: str
    name: str
    output: FunctionCallOutputBody
    namespace: str | None = None


class PlanThreadItem(ThreadItem, tag="plan"):
    """EXPERIMENTAL - proposed plan item content. The completed plan item is authoritative and may not match
    the concatenation of `PlanDelta` text.
    """

    type: Literal["plan"] = "plan"
    id: str
    text: str


class ReasoningThreadItem(ThreadItem, tag="reasoning"):
    """`ThreadItem` with `type` `reasoning`."""

    type: Literal["reasoning"] = "reasoning"
    id: str
    content: list[str] = Field(default=[])
    summary: list[str] = Field(default=[])


class CommandExecutionThreadItem(ThreadItem, tag="commandExecution"):
    """`ThreadItem` with `type` `commandExecution`."""

    type: Literal["commandExecution"] = "commandExecution"
    command: str
    """The command to be executed."""
    command_actions: list[CommandAction] = Field(
        validation_alias="commandActions", serialization_alias="commandActions"
    )
    """A best-effort parsing of the command to understand the action(s) it will perform. This returns a list
    of CommandAction objects because a single shell command may be composed of many commands piped
    together.
    """
    cwd: LegacyAppPathString
    """The command's working directory."""
    id: str
    status: CommandExecutionStatus
    aggregated_output: str | None = Field(
        default=None, validation_alias="aggregatedOutput", serialization_alias="aggregatedOutput"
    )
    """The command's output, aggregated from stdout and stderr."""
    duration_ms: int | None = Field(
        default=None, validation_alias="durationMs", serialization_alias="durationMs"
    )
    """The duration of the command execution in milliseconds."""
    exit_code: int | None = Field(default=None, validation_alias="exitCode", serialization_alias="exitCode")
    """The command's exit code."""
    plugin_id: str | None = Field(default=None, validation_alias="pluginId", serialization_alias="pluginId")
    """Trusted first-party plugin id when this command resolves to one plugin script."""
    process_id: str | None = Field(
        default=None, validation_alias="processId", serialization_alias="processId"
    )
    """Identifier for the underlying PTY process (when available)."""
    script_path: str | None = Field(
        default=None, validation_alias="scriptPath", serialization_alias="scriptPath"
    )
    """Safe plugin-relative path when this command resolves to one plugin script."""
    source: CommandExecutionSource = CommandExecutionSource.agent


class FileChangeThreadItem(ThreadItem, tag="fileChange"):
    """`ThreadItem` with `type` `fileChange`."""

    type: Literal["fileChange"] = "fileChange"
    changes: list[FileUpdateChange]
    id: str
    status: PatchApplyStatus


class McpToolCallThreadItem(ThreadItem, tag="mcpToolCall"):
    """`ThreadItem` with `type` `mcpToolCall`."""

    type: Literal["mcpToolCall"] = "mcpToolCall"
    arguments: JsonValue
    id: str
    server: str
    status: McpToolCallStatus
    tool: str
    app_context: McpToolCallAppContext | None = Field(
        default=None, validation_alias="appContext", serialization_alias="appContext"
    )
    duration_ms: int | None = Field(
        default=None, validation_alias="durationMs", serialization_alias="durationMs"
    )
    """The duration of the MCP tool call in milliseconds."""
    error: McpToolCallError | None = None
    mcp_app_resource_uri: str | None = Field(
        default=None, validation_alias="mcpAppResourceUri", serialization_alias="mcpAppResourceUri"
    )
    """Legacy compatibility field; prefer `mcpAppUi.resourceUri` when available."""
    mcp_app_ui: McpAppUi | None = Field(
        default=None, validation_alias="mcpAppUi", serialization_alias="mcpAppUi"
    )
    """Presentation captured from the invoked descriptor; absent in older history."""
    plugin_id: str | None = Field(default=None, validation_alias="pluginId", serialization_alias="pluginId")
    read_only_hint: bool | None = Field(
        default=None, validation_alias="readOnlyHint", serialization_alias="readOnlyHint"
    )
    result: McpToolCallResult | None = None


class DynamicToolCallThreadItem(ThreadItem, tag="dynamicToolCall"):
    """`ThreadItem` with `type` `dynamicToolCall`."""

    type: Literal["dynamicToolCall"] = "dynamicToolCall"
    arguments: JsonValue
    id: str
    status: DynamicToolCallStatus
    tool: str
    content_items: list[DynamicToolCallOutputContentItem] | None = Field(
        default=None, validation_alias="contentItems", serialization_alias="contentItems"
    )
    duration_ms: int | None = Field(
        default=None, validation_alias="durationMs", serialization_alias="durationMs"
    )
    """The duration of the dynamic tool call in milliseconds."""
    namespace: str | None = None
    success: bool | None = None


class CollabAgentToolCallThreadItem(ThreadItem, tag="collabAgentToolCall"):
    """`ThreadItem` with `type` `collabAgentToolCall`."""

    type: Literal["collabAgentToolCall"] = "collabAgentToolCall"
    agents_states: dict[str, CollabAgentState] = Field(
        validation_alias="agentsStates", serialization_alias="agentsStates"
    )
    """Last known status of the target agents, when available."""
    id: str
    """Unique identifier for this collab tool call."""
    receiver_thread_ids: list[str] = Field(
        validation_alias="receiverThreadIds", serialization_alias="receiverThreadIds"
    )
    """Thread ID of the receiving agent, when applicable. In case of spawn operation, this corresponds to the
    newly spawned agent.
    """
    sender_thread_id: str = Field(validation_alias="senderThreadId", serialization_alias="senderThreadId")
    """Thread ID of the agent issuing the collab request."""
    status: CollabAgentToolCallStatus
    """Current status of the collab tool call."""
    tool: CollabAgentTool
    """Name of the collab tool that was invoked."""
    model: str | None = None
    """Model requested for the spawned agent, when applicable."""
    prompt: str | None = None
    """Prompt text sent as part of the collab tool call, when available."""
    reasoning_effort: ReasoningEffort | None = Field(
        default=None, validation_alias="reasoningEffort", serialization_alias="reasoningEffort"
    )
    """Reasoning effort requested for the spawned agent, when applicable."""


class SubAgentActivityThreadItem(ThreadItem, tag="subAgentActivity"):
    """`ThreadItem` with `type` `subAgentActivity`."""

    type: Literal["subAgentActivity"] = "subAgentActivity"
    agent_path: str = Field(validation_alias="agentPath", serialization_alias="agentPath")
    agent_thread_id: str = Field(validation_alias="agentThreadId", serialization_alias="agentThreadId")
    id: str
    kind: SubAgentActivityKind
    model: str | None = None
    """Resolved model at sub-agent creation; absent from older records and other activities."""
    reasoning_effort: ReasoningEffort | None = Field(
        default=None, validation_alias="reasoningEffort", serialization_alias="reasoningEffort"
    )
    """Resolved reasoning effort at sub-agent creation, when known."""


class WebSearchThreadItem(ThreadItem, tag="webSearch"):
    """`ThreadItem` with `type` `webSearch`."""

    type: Literal["webSearch"] = "webSearch"
    id: str
    query: str
    action: WebSearchAction | None = None
    results: list[JsonValue] | None = None
    """Structured search results returned out-of-band by standalone web search."""


class ImageViewThreadItem(ThreadItem, tag="imageView"):
    """`ThreadItem` with `type` `imageView`."""

    type: Literal["imageView"] = "imageView"
    id: str
    path: LegacyAppPathString


class SleepThreadItem(ThreadItem, tag="sleep"):
    """Display item emitted by the interruptible `clock.sleep` tool."""

    type: Literal["sleep"] = "sleep"
    duration_ms: int = Field(validation_alias="durationMs", serialization_alias="durationMs")
    id: str


class ImageGenerationThreadItem(ThreadItem, tag="imageGeneration"):
    """`ThreadItem` with `type` `imageGeneration`."""

    type: Literal["imageGeneration"] = "imageGeneration"
    id: str
    result: str
    status: str
    failure: ImageGenerationFailure | None = None
    revised_prompt: str | None = Field(
        default=None, validation_alias="revisedPrompt", serialization_alias="revisedPrompt"
    )
    saved_path: AbsolutePathBuf | None = Field(
        default=None, validation_alias="savedPath", serialization_alias="savedPath"
    )
    transparent_background: bool | None = Field(
        default=None, validation_alias="transparentBackground", serialization_alias="transparentBackground"
    )


class EnteredReviewModeThreadItem(ThreadItem, tag="enteredReviewMode"):
    """`ThreadItem` with `type` `enteredReviewMode`."""

    type: Literal["enteredReviewMode"] = "enteredReviewMode"
    id: str
    review: str


class ExitedReviewModeThreadItem(ThreadItem, tag="exitedReviewMode"):
    """`ThreadItem` with `type` `exitedReviewMode`."""

    type: Literal["exitedReviewMode"] = "exitedReviewMode"
    id: str
    review: str


class ContextCompactionThreadItem(ThreadItem, tag="contextCompaction"):
    """`ThreadItem` with `type` `contextCompaction`."""

    type: Literal["contextCompaction"] = "contextCompaction"
    id: str


class ItemCompletedNotification(WireModel):
    """Payload of `item/completed`."""

    completed_at_ms: int = Field(validation_alias="completedAtMs", serialization_alias="completedAtMs")
    """Unix timestamp (in milliseconds) when this item lifecycle completed."""
    item: ThreadItem
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class ItemStartedNotification(WireModel):
    """Payload of `item/started`."""

    item: ThreadItem
    started_at_ms: int = Field(validation_alias="startedAtMs", serialization_alias="startedAtMs")
    """Unix timestamp (in milliseconds) when this item lifecycle started."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


RequestId: TypeAlias = str | int
"""`RequestId` of the protocol."""


class McpToolCallProgressNotification(WireModel):
    """Payload of `item/mcpToolCall/progress`."""

    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    message: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class PlanDeltaNotification(WireModel):
    """Payload of `item/plan/delta`.

    EXPERIMENTAL - proposed plan streaming deltas for plan items. Clients should not assume concatenated
    deltas match the completed plan item content.
    """

    delta: str
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class TokenUsageBreakdown(WireModel):
    """`TokenUsageBreakdown` of the protocol."""

    cached_input_tokens: int = Field(
        validation_alias="cachedInputTokens", serialization_alias="cachedInputTokens"
    )
    input_tokens: int = Field(validation_alias="inputTokens", serialization_alias="inputTokens")
    output_tokens: int = Field(validation_alias="outputTokens", serialization_alias="outputTokens")
    reasoning_output_tokens: int = Field(
        validation_alias="reasoningOutputTokens", serialization_alias="reasoningOutputTokens"
    )
    total_tokens: int = Field(validation_alias="totalTokens", serialization_alias="totalTokens")
    cache_write_input_tokens: int = Field(
        default=0, validation_alias="cacheWriteInputTokens", serialization_alias="cacheWriteInputTokens"
    )


class ReasoningSummaryPartAddedNotification(WireModel):
    """Payload of `item/reasoning/summaryPartAdded`."""

    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    summary_index: int = Field(validation_alias="summaryIndex", serialization_alias="summaryIndex")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class ReasoningSummaryTextDeltaNotification(WireModel):
    """Payload of `item/reasoning/summaryTextDelta`."""

    delta: str
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    summary_index: int = Field(validation_alias="summaryIndex", serialization_alias="summaryIndex")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class ReasoningTextDeltaNotification(WireModel):
    """Payload of `item/reasoning/textDelta`."""

    content_index: int = Field(validation_alias="contentIndex", serialization_alias="contentIndex")
    delta: str
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class TurnItemsView(OpenEnum):
    """`TurnItemsView` of the protocol."""

    not_loaded: ClassVar["TurnItemsView"] = member("notLoaded")
    """`items` was not loaded for this turn. The field is intentionally empty."""
    summary: ClassVar["TurnItemsView"] = member("summary")
    """`items` contains only a display summary for this turn."""
    full: ClassVar["TurnItemsView"] = member("full")
    """`items` contains every ThreadItem available from persisted app-server history for this turn."""


class TurnStatus(OpenEnum):
    """`TurnStatus` of the protocol."""

    completed: ClassVar["TurnStatus"] = member("completed")
    interrupted: ClassVar["TurnStatus"] = member("interrupted")
    failed: ClassVar["TurnStatus"] = member("failed")
    in_progress: ClassVar["TurnStatus"] = member("inProgress")


class Turn(WireModel):
    """`Turn` of the protocol."""

    id: str
    """Identifier for this turn. Codex-generated turn IDs are UUIDv7."""
    items: list[ThreadItem]
    """Thread items currently included in this turn payload."""
    status: TurnStatus
    completed_at: int | None = Field(
        default=None, validation_alias="completedAt", serialization_alias="completedAt"
    )
    """Unix timestamp (in seconds) when the turn completed."""
    duration_ms: int | None = Field(
        default=None, validation_alias="durationMs", serialization_alias="durationMs"
    )
    """Duration between turn start and completion in milliseconds, if known."""
    error: TurnError | None = None
    """Error associated with a failed or interrupted turn."""
    items_view: TurnItemsView = Field(
        default=TurnItemsView.full, validation_alias="itemsView", serialization_alias="itemsView"
    )
    """Describes how much of `items` has been loaded for this turn."""
    root_turn_id: str | None = Field(
        default=None, validation_alias="rootTurnId", serialization_alias="rootTurnId"
    )
    """ID of the first turn in the chain of work that led to this turn. Pass this as `rootTurnId` when
    starting work on behalf of this turn. May be null in older history or a `review/start` response.
    """
    started_at: int | None = Field(
        default=None, validation_alias="startedAt", serialization_alias="startedAt"
    )
    """Unix timestamp (in seconds) when the turn started."""


class TerminalInteractionNotification(WireModel):
    """Payload of `item/commandExecution/terminalInteraction`."""

    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    process_id: str = Field(validation_alias="processId", serialization_alias="processId")
    stdin: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


ThreadSource: TypeAlias = str
"""`ThreadSource` of the protocol."""


ThreadListCwdFilter: TypeAlias = str | list[str] | JsonValue
"""`ThreadListCwdFilter` of the protocol."""


class ThreadTokenUsage(WireModel):
    """`ThreadTokenUsage` of the protocol."""

    last: TokenUsageBreakdown
    total: TokenUsageBreakdown
    model_context_window: int | None = Field(
        default=None, validation_alias="modelContextWindow", serialization_alias="modelContextWindow"
    )


class ThreadTokenUsageUpdatedNotification(WireModel):
    """Payload of `thread/tokenUsage/updated`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    token_usage: ThreadTokenUsage = Field(validation_alias="tokenUsage", serialization_alias="tokenUsage")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class TurnCompletedNotification(WireModel):
    """Payload of `turn/completed`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn: Turn


class TurnDiffUpdatedNotification(WireModel):
    """Payload of `turn/diff/updated`.

    Notification that the turn-level unified diff has changed. Contains the latest aggregated diff across
    all file changes in the turn.
    """

    diff: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class TurnModerationMetadataNotification(WireModel):
    """Payload of `turn/moderationMetadata`."""

    metadata: JsonValue
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class TurnPlanStepStatus(OpenEnum):
    """`TurnPlanStepStatus` of the protocol."""

    pending: ClassVar["TurnPlanStepStatus"] = member("pending")
    in_progress: ClassVar["TurnPlanStepStatus"] = member("inProgress")
    completed: ClassVar["TurnPlanStepStatus"] = member("completed")


class TurnPlanStep(WireModel):
    """`TurnPlanStep` of the protocol."""

    status: TurnPlanStepStatus
    step: str


class TurnPlanUpdatedNotification(WireModel):
    """Payload of `turn/plan/updated`."""

    plan: list[TurnPlanStep]
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    explanation: str | None = None


class TurnStartedNotification(WireModel):
    """Payload of `turn/started`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn: Turn
