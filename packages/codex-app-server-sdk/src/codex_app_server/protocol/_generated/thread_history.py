"""Protocol types: resuming threads, and their turns and items of the past.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from codex_app_server.protocol._base import JsonValue, OpenEnum, WireModel, WireUnion, member

from codex_app_server.protocol._generated.shared import ResponseUsageMetadata, ThreadRealtimeItem
from codex_app_server.protocol._generated.threads import (
    ActivePermissionProfile,
    SandboxMode,
    SortDirection,
    Thread,
)
from codex_app_server.protocol._generated.turn_requests import (
    AnyAskForApproval,
    AnyMultiAgentMode,
    ApprovalsReviewer,
    CollaborationMode,
    MultiAgentMode,
    Personality,
    SandboxPolicy,
)
from codex_app_server.protocol._generated.turns import (
    AbsolutePathBuf,
    FunctionCallOutputBody,
    ImageDetail,
    LegacyAppPathString,
    MessagePhase,
    ReasoningEffort,
    ThreadItem,
    TokenUsageBreakdown,
    Turn,
    TurnError,
    TurnItemsView,
    TurnStatus,
)


class AgentMessageInputContent(WireUnion, discriminator="type"):
    """`AgentMessageInputContent` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class InputTextAgentMessageInputContent(AgentMessageInputContent, tag="input_text"):
    """`AgentMessageInputContent` with `type` `input_text`."""

    type: Literal["input_text"] = "input_text"
    text: str


class EncryptedContentAgentMessageInputContent(AgentMessageInputContent, tag="encrypted_content"):
    """`AgentMessageInputContent` with `type` `encrypted_content`."""

    type: Literal["encrypted_content"] = "encrypted_content"
    encrypted_content: str


class ConfigurationReasoning(WireModel):
    """Reasoning settings interpreted by the backend for the routed model."""

    effort: ReasoningEffort


class ContentItem(WireUnion, discriminator="type"):
    """`ContentItem` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class InputTextContentItem(ContentItem, tag="input_text"):
    """`ContentItem` with `type` `input_text`."""

    type: Literal["input_text"] = "input_text"
    text: str


class InputImageContentItem(ContentItem, tag="input_image"):
    """`ContentItem` with `type` `input_image`."""

    type: Literal["input_image"] = "input_image"
    detail: ImageDetail | None = None
    image_url: str | None = None
    file_id: str | None = None


class InputAudioContentItem(ContentItem, tag="input_audio"):
    """`ContentItem` with `type` `input_audio`."""

    type: Literal["input_audio"] = "input_audio"
    audio_url: str


class OutputTextContentItem(ContentItem, tag="output_text"):
    """`ContentItem` with `type` `output_text`."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[JsonValue] | None = None
    logprobs: list[JsonValue] | None = None


class InternalChatMessageMetadataPassthrough(WireModel):
    """Internal Responses API passthrough metadata copied into underlying chat messages."""

    turn_id: str | None = None


class LocalShellAction(WireUnion, discriminator="type"):
    """`LocalShellAction` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ExecLocalShellAction(LocalShellAction, tag="exec"):
    """`LocalShellAction` with `type` `exec`."""

    type: Literal["exec"] = "exec"
    command: list[str]
    env: dict[str, str] | None = None
    timeout_ms: int | None = None
    user: str | None = None
    working_directory: str | None = None


class LocalShellStatus(OpenEnum):
    """`LocalShellStatus` of the protocol."""

    completed: ClassVar["LocalShellStatus"] = member("completed")
    in_progress: ClassVar["LocalShellStatus"] = member("in_progress")
    incomplete: ClassVar["LocalShellStatus"] = member("incomplete")


class RawResponseCompletedNotification(WireModel):
    """Internal-only notification containing the exact usage from one upstream Responses API completion."""

    response_id: str = Field(validation_alias="responseId", serialization_alias="responseId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    usage: TokenUsageBreakdown | None = None
    usage_metadata: ResponseUsageMetadata | None = Field(
        default=None, validation_alias="usageMetadata", serialization_alias="usageMetadata"
    )


class ReasoningItemContent(WireUnion, discriminator="type"):
    """`ReasoningItemContent` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ReasoningTextReasoningItemContent(ReasoningItemContent, tag="reasoning_text"):
    """`ReasoningItemContent` with `type` `reasoning_text`."""

    type: Literal["reasoning_text"] = "reasoning_text"
    text: str


class TextReasoningItemContent(ReasoningItemContent, tag="text"):
    """`ReasoningItemContent` with `type` `text`."""

    type: Literal["text"] = "text"
    text: str


class ReasoningItemReasoningSummary(WireUnion, discriminator="type"):
    """`ReasoningItemReasoningSummary` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class SummaryTextReasoningItemReasoningSummary(ReasoningItemReasoningSummary, tag="summary_text"):
    """`ReasoningItemReasoningSummary` with `type` `summary_text`."""

    type: Literal["summary_text"] = "summary_text"
    text: str


class ResponsesApiWebSearchAction(WireUnion, discriminator="type"):
    """`ResponsesApiWebSearchAction` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class SearchResponsesApiWebSearchAction(ResponsesApiWebSearchAction, tag="search"):
    """`ResponsesApiWebSearchAction` with `type` `search`."""

    type: Literal["search"] = "search"
    queries: list[str] | None = None
    query: str | None = None


class OpenPageResponsesApiWebSearchAction(ResponsesApiWebSearchAction, tag="open_page"):
    """`ResponsesApiWebSearchAction` with `type` `open_page`."""

    type: Literal["open_page"] = "open_page"
    url: str | None = None


class FindInPageResponsesApiWebSearchAction(ResponsesApiWebSearchAction, tag="find_in_page"):
    """`ResponsesApiWebSearchAction` with `type` `find_in_page`."""

    type: Literal["find_in_page"] = "find_in_page"
    pattern: str | None = None
    url: str | None = None


class OtherResponsesApiWebSearchAction(ResponsesApiWebSearchAction, tag="other"):
    """`ResponsesApiWebSearchAction` with `type` `other`."""

    type: Literal["other"] = "other"


class ResponseItem(WireUnion, discriminator="type"):
    """`ResponseItem` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class AdditionalToolsResponseItem(ResponseItem, tag="additional_tools"):
    """`ResponseItem` with `type` `additional_tools`."""

    type: Literal["additional_tools"] = "additional_tools"
    role: str
    tools: list[JsonValue]
    id: str | None = None


class MessageResponseItem(ResponseItem, tag="message"):
    """`ResponseItem` with `type` `message`."""

    type: Literal["message"] = "message"
    content: list[ContentItem]
    role: str
    encrypted_content: str | None = None
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None
    phase: MessagePhase | None = None
    status: str | None = None


class AgentMessageResponseItem(ResponseItem, tag="agent_message"):
    """`ResponseItem` with `type` `agent_message`."""

    type: Literal["agent_message"] = "agent_message"
    author: str
    content: list[AgentMessageInputContent]
    recipient: str
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None


class ReasoningResponseItem(ResponseItem, tag="reasoning"):
    """`ResponseItem` with `type` `reasoning`."""

    type: Literal["reasoning"] = "reasoning"
    summary: list[ReasoningItemReasoningSummary]
    content: list[ReasoningItemContent] | None = None
    encrypted_content: str | None = None
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None


class LocalShellCallResponseItem(ResponseItem, tag="local_shell_call"):
    """`ResponseItem` with `type` `local_shell_call`."""

    type: Literal["local_shell_call"] = "local_shell_call"
    action: LocalShellAction
    status: LocalShellStatus
    call_id: str | None = None
    """Set when using the Responses API."""
    encrypted_content: str | None = None
    id: str | None = None
    """Legacy id field retained for compatibility with older payloads."""
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None


class FunctionCallResponseItem(ResponseItem, tag="function_call"):
    """`ResponseItem` with `type` `function_call`."""

    type: Literal["function_call"] = "function_call"
    arguments: str
    call_id: str
    name: str
    encrypted_content: str | None = None
    encrypted_function_args: list[str] | None = None
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None
    namespace: str | None = None
    status: str | None = None


class ToolSearchCallResponseItem(ResponseItem, tag="tool_search_call"):
    """`ResponseItem` with `type` `tool_search_call`."""

    type: Literal["tool_search_call"] = "tool_search_call"
    arguments: JsonValue
    execution: str
    call_id: str | None = None
    encrypted_content: str | None = None
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None
    status: str | None = None


class FunctionCallOutputResponseItem(ResponseItem, tag="function_call_output"):
    """`ResponseItem` with `type` `function_call_output`."""

    type: Literal["function_call_output"] = "function_call_output"
    output: FunctionCallOutputBody
    call_id: str | None = None
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None
    name: str | None = None
    namespace: str | None = None


class CustomToolCallResponseItem(ResponseItem, tag="custom_tool_call"):
    """`ResponseItem` with `type` `custom_tool_call`."""

    type: Literal["custom_tool_call"] = "custom_tool_call"
    call_id: str
    input: str
    name: str
    encrypted_content: str | None = None
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None
    namespace: str | None = None
    status: str | None = None


class CustomToolCallOutputResponseItem(ResponseItem, tag="custom_tool_call_output"):
    """`ResponseItem` with `type` `custom_tool_call_output`."""

    type: Literal["custom_tool_call_output"] = "custom_tool_call_output"
    call_id: str
    output: FunctionCallOutputBody
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None
    name: str | None = None


class ToolSearchOutputResponseItem(ResponseItem, tag="tool_search_output"):
    """`ResponseItem` with `type` `tool_search_output`."""

    type: Literal["tool_search_output"] = "tool_search_output"
    execution: str
    status: str
    tools: list[JsonValue]
    call_id: str | None = None
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None


class WebSearchCallResponseItem(ResponseItem, tag="web_search_call"):
    """`ResponseItem` with `type` `web_search_call`."""

    type: Literal["web_search_call"] = "web_search_call"
    action: ResponsesApiWebSearchAction | None = None
    encrypted_content: str | None = None
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None
    status: str | None = None


class ImageGenerationCallResponseItem(ResponseItem, tag="image_generation_call"):
    """`ResponseItem` with `type` `image_generation_call`."""

    type: Literal["image_generation_call"] = "image_generation_call"
    result: str
    status: str
    encrypted_content: str | None = None
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None
    revised_prompt: str | None = None


class CompactionResponseItem(ResponseItem, tag="compaction"):
    """`ResponseItem` with `type` `compaction`."""

    type: Literal["compaction"] = "compaction"
    encrypted_content: str
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None


class ConfigurationUpdateResponseItem(ResponseItem, tag="configuration_update"):
    """A durable input control interpreted by the backend at its position in history."""

    type: Literal["configuration_update"] = "configuration_update"
    reasoning: ConfigurationReasoning


class CompactionTriggerResponseItem(ResponseItem, tag="compaction_trigger"):
    """`ResponseItem` with `type` `compaction_trigger`."""

    type: Literal["compaction_trigger"] = "compaction_trigger"


class ContextCompactionResponseItem(ResponseItem, tag="context_compaction"):
    """`ResponseItem` with `type` `context_compaction`."""

    type: Literal["context_compaction"] = "context_compaction"
    encrypted_content: str | None = None
    id: str | None = None
    internal_chat_message_metadata_passthrough: InternalChatMessageMetadataPassthrough | None = None


class OtherResponseItem(ResponseItem, tag="other"):
    """`ResponseItem` with `type` `other`."""

    type: Literal["other"] = "other"


class RawResponseItemCompletedNotification(WireModel):
    """`RawResponseItemCompletedNotification` of the protocol."""

    item: ResponseItem
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class ThreadInjectItemsParams(WireModel):
    """Params of `thread/inject_items`."""

    items: list[JsonValue]
    """Raw Responses API items to append to the thread's model-visible history."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadInjectItemsResponse(WireModel):
    """Result of `thread/inject_items`."""


class ThreadItemEntry(WireModel):
    """`ThreadItemEntry` of the protocol."""

    item: ThreadItem
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    """Turn containing this item."""
    completed_at_ms: int | None = Field(
        default=None, validation_alias="completedAtMs", serialization_alias="completedAtMs"
    )
    """Unix timestamp (milliseconds) when the item completed, if recorded by the producer."""
    started_at_ms: int | None = Field(
        default=None, validation_alias="startedAtMs", serialization_alias="startedAtMs"
    )
    """Unix timestamp (milliseconds) when the item started, if recorded by the producer."""


class ThreadItemsListAnchor(WireUnion, discriminator="type"):
    """An exclusive item position within the requested visible turn."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ItemThreadItemsListAnchor(ThreadItemsListAnchor, tag="item"):
    """`ThreadItemsListAnchor` with `type` `item`."""

    type: Literal["item"] = "item"
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")


ThreadItemsListCursor: TypeAlias = str | ThreadItemsListAnchor | JsonValue
"""Starting position for an item-history page."""


class ThreadItemsListParams(WireModel):
    """Params of `thread/items/list`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    cursor: ThreadItemsListCursor | None = None
    """Opaque continuation cursor or an exclusive item anchor in the requested visible turn. An item anchor
    requires a non-empty `turnId`; ascending (the default) returns items after it, and descending returns
    items before it. Continue with the returned string cursor.
    """
    limit: int | None = None
    """Optional item page size."""
    sort_direction: SortDirection | None = Field(
        default=None, validation_alias="sortDirection", serialization_alias="sortDirection"
    )
    """Optional item pagination direction; defaults to ascending."""
    turn_id: str | None = Field(default=None, validation_alias="turnId", serialization_alias="turnId")
    """Optional turn id to filter by. When omitted, returns items across the thread."""


class ThreadItemsListResponse(WireModel):
    """Result of `thread/items/list`."""

    data: list[ThreadItemEntry]
    backwards_cursor: str | None = Field(
        default=None, validation_alias="backwardsCursor", serialization_alias="backwardsCursor"
    )
    """Opaque cursor to pass as `cursor` when reversing `sortDirection`. This is only populated when the page
    contains at least one item.
    """
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to pass to the next call to continue after the last item. if None, there are no more
    items to return.
    """


class ThreadItemsReadParams(WireModel):
    """Params of `thread/items/read` (experimental).

    EXPERIMENTAL - retrieve a bounded set of persisted items from one turn.
    """

    item_ids: list[str] = Field(validation_alias="itemIds", serialization_alias="itemIds")
    """Item IDs to retrieve. Supply 1 to 100 IDs."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class ThreadItemsReadResponse(WireModel):
    """Result of `thread/items/read` (experimental).

    EXPERIMENTAL - persisted items returned in canonical stored order.
    """

    data: list[ThreadItemEntry]


class ThreadResumeInitialTurnsPageParams(WireModel):
    """`ThreadResumeInitialTurnsPageParams` of the protocol."""

    items_view: TurnItemsView | None = Field(
        default=None, validation_alias="itemsView", serialization_alias="itemsView"
    )
    """How much item detail to include for each returned turn; defaults to summary."""
    limit: int | None = None
    """Optional turn page size."""
    sort_direction: SortDirection | None = Field(
        default=None, validation_alias="sortDirection", serialization_alias="sortDirection"
    )
    """Optional turn pagination direction; defaults to descending."""


class ThreadResumeParams(WireModel):
    """Params of `thread/resume`.

    There are three ways to resume a thread: 1. By thread_id: load the thread from disk by thread_id and
    resume it. 2. By history: instantiate the thread from memory and resume it. 3. By path: load the
    thread from disk by path and resume it.
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
    config: dict[str, JsonValue] | None = None
    cwd: str | None = None
    developer_instructions: str | None = Field(
        default=None, validation_alias="developerInstructions", serialization_alias="developerInstructions"
    )
    exclude_turns: bool | None = Field(
        default=None, validation_alias="excludeTurns", serialization_alias="excludeTurns"
    )
    """When true, return only thread metadata and live-resume state without populating `thread.turns`. This
    is useful when the client plans to call `thread/turns/list` immediately after resuming. Full-history
    hydration is deprecated for paginated threads; use this with `thread/turns/list` and
    `thread/items/list` instead.
    """
    history: list[ResponseItem] | None = None
    """[UNSTABLE] FOR CODEX CLOUD - DO NOT USE. If specified, the thread will be resumed with the provided
    history instead of loaded from disk.
    """
    initial_turns_page: ThreadResumeInitialTurnsPageParams | None = Field(
        default=None, validation_alias="initialTurnsPage", serialization_alias="initialTurnsPage"
    )
    """When present, include a `thread/turns/list` page in the resume response so clients can bootstrap
    recent turns without a second request.
    """
    model: str | None = None
    """Configuration overrides for the resumed thread, if any."""
    model_provider: str | None = Field(
        default=None, validation_alias="modelProvider", serialization_alias="modelProvider"
    )
    path: str | None = None
    """[UNSTABLE] Specify the rollout path to resume from. If specified for a non-running thread, the
    thread_id param will be ignored. If thread_id identifies a running thread, the path must match the
    active rollout path.
    """
    permissions: str | None = None
    """Named profile id for the resumed thread. Cannot be combined with `sandbox`."""
    personality: Personality | None = None
    """@deprecated `friendly` and `pragmatic` no longer select a style. Changing this does not rewrite the
    thread's existing instructions.
    """
    runtime_workspace_roots: list[AbsolutePathBuf] | None = Field(
        default=None, validation_alias="runtimeWorkspaceRoots", serialization_alias="runtimeWorkspaceRoots"
    )
    """Replace the thread's runtime workspace roots. Paths must be absolute."""
    sandbox: SandboxMode | None = None
    service_tier: str | None = Field(
        default=None, validation_alias="serviceTier", serialization_alias="serviceTier"
    )


class TurnsPage(WireModel):
    """`TurnsPage` of the protocol."""

    data: list[Turn]
    backwards_cursor: str | None = Field(
        default=None, validation_alias="backwardsCursor", serialization_alias="backwardsCursor"
    )
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )


class ThreadResumeResponse(WireModel):
    """Result of `thread/resume`."""

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
    collaboration_mode: CollaborationMode | None = Field(
        default=None, validation_alias="collaborationMode", serialization_alias="collaborationMode"
    )
    """Effective collaboration mode. Absent when resuming from an older server."""
    disabled_plugin_ids: list[str] = Field(
        default=[], validation_alias="disabledPluginIds", serialization_alias="disabledPluginIds"
    )
    """Saved list of disabled plugin IDs. Does not yet filter plugin capabilities."""
    initial_turns_page: TurnsPage | None = Field(
        default=None, validation_alias="initialTurnsPage", serialization_alias="initialTurnsPage"
    )
    """`thread/turns/list` page returned when requested by `initialTurnsPage`."""
    instruction_sources: list[LegacyAppPathString] = Field(
        default=[], validation_alias="instructionSources", serialization_alias="instructionSources"
    )
    """Environment-native paths to instruction source files currently loaded for this thread."""
    items_backwards_cursor: str | None = Field(
        default=None, validation_alias="itemsBackwardsCursor", serialization_alias="itemsBackwardsCursor"
    )
    """Opaque cursor for hydrating paginated items backwards."""
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
    turns_backwards_cursor: str | None = Field(
        default=None, validation_alias="turnsBackwardsCursor", serialization_alias="turnsBackwardsCursor"
    )
    """Opaque cursor for hydrating paginated turns backwards."""


class ThreadRevertParams(WireModel):
    """Params of `thread/revert`.

    Replace a paginated thread's durable history with the prefix before one turn.
    """

    before_turn_id: str = Field(validation_alias="beforeTurnId", serialization_alias="beforeTurnId")
    """Turn excluded from the replacement history, together with every later turn."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRevertResponse(WireModel):
    """Result of `thread/revert`."""

    thread: Thread
    """Updated loaded thread metadata. `turns` is always empty; hydrate retained history through
    `thread/turns/list`.
    """
    items_backwards_cursor: str | None = Field(
        default=None, validation_alias="itemsBackwardsCursor", serialization_alias="itemsBackwardsCursor"
    )
    """Opaque cursor for hydrating paginated items backwards."""
    turns_backwards_cursor: str | None = Field(
        default=None, validation_alias="turnsBackwardsCursor", serialization_alias="turnsBackwardsCursor"
    )
    """Opaque cursor for hydrating paginated turns backwards."""


class ThreadRevertedNotification(WireModel):
    """Payload of `thread/reverted`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadTimelineEntry(WireUnion, discriminator="type"):
    """EXPERIMENTAL - one item or turn boundary in canonical rollout order."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ItemThreadTimelineEntry(ThreadTimelineEntry, tag="item"):
    """`ThreadTimelineEntry` with `type` `item`."""

    type: Literal["item"] = "item"
    item: ThreadItem
    position: int
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class RealtimeThreadTimelineEntry(ThreadTimelineEntry, tag="realtime"):
    """`ThreadTimelineEntry` with `type` `realtime`."""

    type: Literal["realtime"] = "realtime"
    item: ThreadRealtimeItem
    position: int


class TurnStartedThreadTimelineEntry(ThreadTimelineEntry, tag="turnStarted"):
    """`ThreadTimelineEntry` with `type` `turnStarted`."""

    type: Literal["turnStarted"] = "turnStarted"
    position: int
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    started_at: int | None = Field(
        default=None, validation_alias="startedAt", serialization_alias="startedAt"
    )


class TurnCompletedThreadTimelineEntry(ThreadTimelineEntry, tag="turnCompleted"):
    """`ThreadTimelineEntry` with `type` `turnCompleted`."""

    type: Literal["turnCompleted"] = "turnCompleted"
    position: int
    status: TurnStatus
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    completed_at: int | None = Field(
        default=None, validation_alias="completedAt", serialization_alias="completedAt"
    )
    duration_ms: int | None = Field(
        default=None, validation_alias="durationMs", serialization_alias="durationMs"
    )
    error: TurnError | None = None
    started_at: int | None = Field(
        default=None, validation_alias="startedAt", serialization_alias="startedAt"
    )


class ThreadTimelineListParams(WireModel):
    """Params of `thread/timeline/list` (experimental).

    EXPERIMENTAL - list ordinary and realtime thread history in rollout order.
    """

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    cursor: str | None = None
    limit: int | None = None


class ThreadTimelineListResponse(WireModel):
    """Result of `thread/timeline/list` (experimental).

    EXPERIMENTAL - a bounded timeline page with its resolved opening voice state.
    """

    data: list[ThreadTimelineEntry]
    active_realtime_session_at_page_start: str | None = Field(
        default=None,
        validation_alias="activeRealtimeSessionAtPageStart",
        serialization_alias="activeRealtimeSessionAtPageStart",
    )
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )


class ThreadTurnsListParams(WireModel):
    """Params of `thread/turns/list`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    cursor: str | None = None
    """Opaque cursor to pass to the next call to continue after the last turn."""
    items_view: TurnItemsView | None = Field(
        default=None, validation_alias="itemsView", serialization_alias="itemsView"
    )
    """How much item detail to include for each returned turn; defaults to summary."""
    limit: int | None = None
    """Optional turn page size."""
    sort_direction: SortDirection | None = Field(
        default=None, validation_alias="sortDirection", serialization_alias="sortDirection"
    )
    """Optional turn pagination direction; defaults to descending."""


class ThreadTurnsListResponse(WireModel):
    """Result of `thread/turns/list`."""

    data: list[Turn]
    backwards_cursor: str | None = Field(
        default=None, validation_alias="backwardsCursor", serialization_alias="backwardsCursor"
    )
    """Opaque cursor to pass as `cursor` when reversing `sortDirection`. This is only populated when the page
    contains at least one turn. Use it with the opposite `sortDirection` to include the anchor turn again
    and catch updates to that turn.
    """
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to pass to the next call to continue after the last turn. if None, there are no more
    turns to return.
    """
