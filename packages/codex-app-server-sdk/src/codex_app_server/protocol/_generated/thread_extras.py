"""Protocol types: goals, queues, attachments and whatever else belongs to a thread.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar, Literal

from pydantic import Field

from codex_app_server.protocol._base import JsonValue, OpenEnum, WireModel, WireUnion, member

from codex_app_server.protocol._generated.threads import (
    ActivePermissionProfile,
    SortDirection,
    Thread,
    ThreadReadState,
    ThreadSourceKind,
)
from codex_app_server.protocol._generated.turn_requests import (
    AnyAskForApproval,
    AnyMultiAgentMode,
    ApprovalsReviewer,
    CollaborationMode,
    MultiAgentMode,
    Personality,
    ReasoningSummary,
    SandboxPolicy,
)
from codex_app_server.protocol._generated.turns import (
    AbsolutePathBuf,
    LegacyAppPathString,
    ReasoningEffort,
    Turn,
    UserInput,
)


class ContextCompactedNotification(WireModel):
    """Payload of `thread/compacted`.

    Deprecated: Use `ContextCompaction` item type instead.
    """

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class EnvironmentConnectionNotification(WireModel):
    """Payload of `thread/environment/connected`, `thread/environment/disconnected`."""

    environment_id: str = Field(validation_alias="environmentId", serialization_alias="environmentId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class QueuedSubmission(WireModel):
    """`QueuedSubmission` of the protocol."""

    client_user_message_id: str = Field(
        validation_alias="clientUserMessageId", serialization_alias="clientUserMessageId"
    )
    id: str
    input: list[UserInput]


class ThreadApproveGuardianDeniedActionParams(WireModel):
    """Params of `thread/approveGuardianDeniedAction`."""

    event: JsonValue
    """Serialized `codex_protocol::protocol::GuardianAssessmentEvent`."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadApproveGuardianDeniedActionResponse(WireModel):
    """Result of `thread/approveGuardianDeniedAction`."""


class ThreadArchiveParams(WireModel):
    """Params of `thread/archive`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadArchiveResponse(WireModel):
    """Result of `thread/archive`."""


class ThreadAttachment(WireModel):
    """An independently persisted attachment associated with a thread."""

    attachment_type: str = Field(validation_alias="attachmentType", serialization_alias="attachmentType")
    created_at: int = Field(validation_alias="createdAt", serialization_alias="createdAt")
    id: str
    identity_key: str = Field(validation_alias="identityKey", serialization_alias="identityKey")
    payload: JsonValue


class ThreadAttachmentAddOutcome(OpenEnum):
    """Result of attempting to associate an attachment with a thread."""

    created: ClassVar["ThreadAttachmentAddOutcome"] = member("created")
    existing: ClassVar["ThreadAttachmentAddOutcome"] = member("existing")


class ThreadAttachmentAddParams(WireModel):
    """Params of `thread/attachment/add`.

    Parameters for creating or locating an attachment on its owning thread.
    """

    attachment_type: str = Field(validation_alias="attachmentType", serialization_alias="attachmentType")
    identity_key: str = Field(validation_alias="identityKey", serialization_alias="identityKey")
    payload: JsonValue
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadAttachmentAddResponse(WireModel):
    """Result of `thread/attachment/add`.

    The created or existing attachment.
    """

    attachment: ThreadAttachment
    outcome: ThreadAttachmentAddOutcome


class ThreadAttachmentListParams(WireModel):
    """Params of `thread/attachment/list`.

    Parameters for listing attachments from one thread.
    """

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    cursor: str | None = None
    limit: int | None = None


class ThreadAttachmentListResponse(WireModel):
    """Result of `thread/attachment/list`.

    One page of attachments associated with the requested thread.
    """

    data: list[ThreadAttachment]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )


class ThreadAttachmentOperation(OpenEnum):
    """The persisted attachment change represented by a notification."""

    created: ClassVar["ThreadAttachmentOperation"] = member("created")
    deleted: ClassVar["ThreadAttachmentOperation"] = member("deleted")


class ThreadAttachmentOwner(WireModel):
    """A thread that currently owns an attachment with the requested identity."""

    archived: bool
    """Whether the owning thread is archived, not whether it is currently executing a turn."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadAttachmentOwnerListParams(WireModel):
    """Params of `thread/attachmentOwner/list`.

    Parameters for reverse lookup by attachment identity within this server's store.
    """

    attachment_type: str = Field(validation_alias="attachmentType", serialization_alias="attachmentType")
    identity_key: str = Field(validation_alias="identityKey", serialization_alias="identityKey")
    archived: bool | None = None
    """Omitted or null returns all matches; false returns non-archived threads only."""
    cursor: str | None = None
    limit: int | None = None


class ThreadAttachmentOwnerListResponse(WireModel):
    """Result of `thread/attachmentOwner/list`.

    One page of matching owners, including threads without their own user messages.
    """

    data: list[ThreadAttachmentOwner]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )


class ThreadAttachmentRemoveParams(WireModel):
    """Params of `thread/attachment/remove`.

    Parameters for deleting an attachment by its stable thread-local identity.
    """

    attachment_type: str = Field(validation_alias="attachmentType", serialization_alias="attachmentType")
    identity_key: str = Field(validation_alias="identityKey", serialization_alias="identityKey")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadAttachmentRemoveResponse(WireModel):
    """Result of `thread/attachment/remove`.

    Successful deletion does not return additional attachment data.
    """


class ThreadAttachmentUpdatedNotification(WireModel):
    """Payload of `thread/attachment/updated`.

    Notification published after a thread attachment is created or deleted.
    """

    attachment_id: str = Field(validation_alias="attachmentId", serialization_alias="attachmentId")
    attachment_type: str = Field(validation_alias="attachmentType", serialization_alias="attachmentType")
    identity_key: str = Field(validation_alias="identityKey", serialization_alias="identityKey")
    operation: ThreadAttachmentOperation
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadBackgroundTerminal(WireModel):
    """`ThreadBackgroundTerminal` of the protocol."""

    command: str
    cwd: LegacyAppPathString
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    process_id: str = Field(validation_alias="processId", serialization_alias="processId")
    cpu_percent: float | None = Field(
        default=None, validation_alias="cpuPercent", serialization_alias="cpuPercent"
    )
    os_pid: int | None = Field(default=None, validation_alias="osPid", serialization_alias="osPid")
    rss_kb: int | None = Field(default=None, validation_alias="rssKb", serialization_alias="rssKb")


class ThreadBackgroundTerminalsCleanParams(WireModel):
    """Params of `thread/backgroundTerminals/clean` (experimental)."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadBackgroundTerminalsCleanResponse(WireModel):
    """Result of `thread/backgroundTerminals/clean` (experimental)."""


class ThreadBackgroundTerminalsListParams(WireModel):
    """Params of `thread/backgroundTerminals/list` (experimental)."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    limit: int | None = None
    """Optional page size."""


class ThreadBackgroundTerminalsListResponse(WireModel):
    """Result of `thread/backgroundTerminals/list` (experimental)."""

    data: list[ThreadBackgroundTerminal]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to pass to the next call to continue after the last item. If None, there are no more
    items to return.
    """


class ThreadBackgroundTerminalsTerminateParams(WireModel):
    """Params of `thread/backgroundTerminals/terminate` (experimental)."""

    process_id: str = Field(validation_alias="processId", serialization_alias="processId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadBackgroundTerminalsTerminateResponse(WireModel):
    """Result of `thread/backgroundTerminals/terminate` (experimental)."""

    terminated: bool


class ThreadCompactStartParams(WireModel):
    """Params of `thread/compact/start`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadCompactStartResponse(WireModel):
    """Result of `thread/compact/start`."""


class ThreadDecrementElicitationParams(WireModel):
    """Params of `thread/decrement_elicitation` (experimental).

    Parameters for `thread/decrement_elicitation`.
    """

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    """Thread whose out-of-band elicitation counter should be decremented."""


class ThreadDecrementElicitationResponse(WireModel):
    """Result of `thread/decrement_elicitation` (experimental).

    Response for `thread/decrement_elicitation`.
    """

    count: int
    """Current out-of-band elicitation count after the decrement."""
    paused: bool
    """Whether timeout accounting remains paused after applying the decrement."""


class ThreadDeleteParams(WireModel):
    """Params of `thread/delete`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadDeleteResponse(WireModel):
    """Result of `thread/delete`."""


class ThreadDeletedNotification(WireModel):
    """Payload of `thread/deleted`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadGoalStatus(OpenEnum):
    """`ThreadGoalStatus` of the protocol."""

    active: ClassVar["ThreadGoalStatus"] = member("active")
    paused: ClassVar["ThreadGoalStatus"] = member("paused")
    blocked: ClassVar["ThreadGoalStatus"] = member("blocked")
    usage_limited: ClassVar["ThreadGoalStatus"] = member("usageLimited")
    budget_limited: ClassVar["ThreadGoalStatus"] = member("budgetLimited")
    complete: ClassVar["ThreadGoalStatus"] = member("complete")


class ThreadGoal(WireModel):
    """`ThreadGoal` of the protocol."""

    created_at: int = Field(validation_alias="createdAt", serialization_alias="createdAt")
    objective: str
    status: ThreadGoalStatus
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    time_used_seconds: int = Field(validation_alias="timeUsedSeconds", serialization_alias="timeUsedSeconds")
    tokens_used: int = Field(validation_alias="tokensUsed", serialization_alias="tokensUsed")
    updated_at: int = Field(validation_alias="updatedAt", serialization_alias="updatedAt")
    token_budget: int | None = Field(
        default=None, validation_alias="tokenBudget", serialization_alias="tokenBudget"
    )


class ThreadGoalMutationOrigin(OpenEnum):
    """Distinguishes explicit user actions from automatic goal lifecycle mutations."""

    user: ClassVar["ThreadGoalMutationOrigin"] = member("user")
    automatic: ClassVar["ThreadGoalMutationOrigin"] = member("automatic")


class ThreadGoalClearParams(WireModel):
    """Params of `thread/goal/clear`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    origin: ThreadGoalMutationOrigin | None = None
    """Missing provenance does not supply user authorization."""


class ThreadGoalClearResponse(WireModel):
    """Result of `thread/goal/clear`."""

    cleared: bool


class ThreadGoalClearedNotification(WireModel):
    """Payload of `thread/goal/cleared`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadGoalGetParams(WireModel):
    """Params of `thread/goal/get`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadGoalGetResponse(WireModel):
    """Result of `thread/goal/get`."""

    goal: ThreadGoal | None = None


class ThreadGoalSetParams(WireModel):
    """Params of `thread/goal/set`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    objective: str | None = None
    origin: ThreadGoalMutationOrigin | None = None
    """Missing provenance does not supply user authorization."""
    status: ThreadGoalStatus | None = None
    token_budget: int | None = Field(
        default=None, validation_alias="tokenBudget", serialization_alias="tokenBudget"
    )


class ThreadGoalSetResponse(WireModel):
    """Result of `thread/goal/set`."""

    goal: ThreadGoal


class ThreadGoalUpdatedNotification(WireModel):
    """Payload of `thread/goal/updated`."""

    goal: ThreadGoal
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str | None = Field(default=None, validation_alias="turnId", serialization_alias="turnId")


class ThreadIncrementElicitationParams(WireModel):
    """Params of `thread/increment_elicitation` (experimental).

    Parameters for `thread/increment_elicitation`.
    """

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    """Thread whose out-of-band elicitation counter should be incremented."""


class ThreadIncrementElicitationResponse(WireModel):
    """Result of `thread/increment_elicitation` (experimental).

    Response for `thread/increment_elicitation`.
    """

    count: int
    """Current out-of-band elicitation count after the increment."""
    paused: bool
    """Whether timeout accounting is paused after applying the increment."""


class ThreadLoadedListParams(WireModel):
    """Params of `thread/loaded/list`."""

    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    limit: int | None = None
    """Optional page size; defaults to no limit."""


class ThreadLoadedListResponse(WireModel):
    """Result of `thread/loaded/list`."""

    data: list[str]
    """Thread ids for sessions currently loaded in memory."""
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to pass to the next call to continue after the last item. if None, there are no more
    items to return.
    """


class ThreadMemoryMode(OpenEnum):
    """`ThreadMemoryMode` of the protocol."""

    enabled: ClassVar["ThreadMemoryMode"] = member("enabled")
    disabled: ClassVar["ThreadMemoryMode"] = member("disabled")


class ThreadMemoryModeSetParams(WireModel):
    """Params of `thread/memoryMode/set` (experimental)."""

    mode: ThreadMemoryMode
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadMemoryModeSetResponse(WireModel):
    """Result of `thread/memoryMode/set` (experimental)."""


class ThreadMetadataGitInfoUpdateParams(WireModel):
    """`ThreadMetadataGitInfoUpdateParams` of the protocol."""

    branch: str | None = None
    """Omit to leave the stored branch unchanged, set to `null` to clear it, or provide a non-empty string to
    replace it.
    """
    origin_url: str | None = Field(
        default=None, validation_alias="originUrl", serialization_alias="originUrl"
    )
    """Omit to leave the stored origin URL unchanged, set to `null` to clear it, or provide a non-empty
    string to replace it.
    """
    sha: str | None = None
    """Omit to leave the stored commit unchanged, set to `null` to clear it, or provide a non-empty string to
    replace it.
    """


class ThreadMetadataUpdateParams(WireModel):
    """Params of `thread/metadata/update`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    daybreak_enabled: bool | None = Field(
        default=None, validation_alias="daybreakEnabled", serialization_alias="daybreakEnabled"
    )
    """Save the client's Daybreak choice for this persistent thread. Omitted or null leaves it unchanged.
    This does not select a turn's `cyberAccessProgram` or grant access.
    """
    git_info: ThreadMetadataGitInfoUpdateParams | None = Field(
        default=None, validation_alias="gitInfo", serialization_alias="gitInfo"
    )
    """Patch the stored Git metadata for this thread. Omit a field to leave it unchanged, set it to `null` to
    clear it, or provide a string to replace the stored value.
    """
    project_id: str | None = Field(
        default=None, validation_alias="projectId", serialization_alias="projectId"
    )
    """Omit to leave the project unchanged, use an empty string to clear it, or provide an existing project
    ID to assign it.
    """


class ThreadMetadataUpdateResponse(WireModel):
    """Result of `thread/metadata/update`."""

    thread: Thread


class ThreadPredictionRequestParams(WireModel):
    """Params of `thread/prediction/request` (experimental)."""

    source_turn_id: str = Field(validation_alias="sourceTurnId", serialization_alias="sourceTurnId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadPredictionRequestResponse(WireModel):
    """Result of `thread/prediction/request` (experimental)."""


class ThreadPredictionResult(WireUnion, discriminator="type"):
    """`ThreadPredictionResult` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class CompletedThreadPredictionResult(ThreadPredictionResult, tag="completed"):
    """`ThreadPredictionResult` with `type` `completed`."""

    type: Literal["completed"] = "completed"
    text: str | None = None


class FailedThreadPredictionResult(ThreadPredictionResult, tag="failed"):
    """`ThreadPredictionResult` with `type` `failed`."""

    type: Literal["failed"] = "failed"


class ThreadPredictionUpdatedNotification(WireModel):
    """Payload of `thread/prediction/updated`."""

    result: ThreadPredictionResult
    source_turn_id: str = Field(validation_alias="sourceTurnId", serialization_alias="sourceTurnId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadProjectUpdatedNotification(WireModel):
    """Payload of `thread/project/updated`."""

    project_id: str | None = Field(validation_alias="projectId", serialization_alias="projectId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadQueueAddParams(WireModel):
    """Params of `thread/queue/add` (experimental)."""

    client_user_message_id: str = Field(
        validation_alias="clientUserMessageId", serialization_alias="clientUserMessageId"
    )
    input: list[UserInput]
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadQueueAddResponse(WireModel):
    """Result of `thread/queue/add` (experimental)."""

    queued_submission: QueuedSubmission = Field(
        validation_alias="queuedSubmission", serialization_alias="queuedSubmission"
    )


class ThreadQueueChangedNotification(WireModel):
    """Payload of `thread/queue/changed`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadQueueDeleteParams(WireModel):
    """Params of `thread/queue/delete` (experimental)."""

    queued_submission_id: str = Field(
        validation_alias="queuedSubmissionId", serialization_alias="queuedSubmissionId"
    )
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadQueueDeleteResponse(WireModel):
    """Result of `thread/queue/delete` (experimental)."""

    deleted: bool


class ThreadQueueListParams(WireModel):
    """Params of `thread/queue/list` (experimental)."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    limit: int | None = None
    """Optional page size; defaults to the standard thread-list page size."""


class ThreadQueueListResponse(WireModel):
    """Result of `thread/queue/list` (experimental)."""

    data: list[QueuedSubmission]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor for the next page, or `null` when no submissions remain."""


class ThreadQueueReorderParams(WireModel):
    """Params of `thread/queue/reorder` (experimental)."""

    queued_submission_ids: list[str] = Field(
        validation_alias="queuedSubmissionIds", serialization_alias="queuedSubmissionIds"
    )
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadQueueReorderResponse(WireModel):
    """Result of `thread/queue/reorder` (experimental)."""


class ThreadQueueStartParams(WireModel):
    """Params of `thread/queue/start` (experimental)."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    queued_submission_id: str | None = Field(
        default=None, validation_alias="queuedSubmissionId", serialization_alias="queuedSubmissionId"
    )


class ThreadQueueStartResponse(WireModel):
    """Result of `thread/queue/start` (experimental)."""

    turn: Turn


class ThreadQueueUpdateParams(WireModel):
    """Params of `thread/queue/update` (experimental)."""

    input: list[UserInput]
    queued_submission_id: str = Field(
        validation_alias="queuedSubmissionId", serialization_alias="queuedSubmissionId"
    )
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadQueueUpdateResponse(WireModel):
    """Result of `thread/queue/update` (experimental)."""

    queued_submission: QueuedSubmission = Field(
        validation_alias="queuedSubmission", serialization_alias="queuedSubmission"
    )


class ThreadReadStateChangedNotification(WireModel):
    """Payload of `thread/readState/changed`."""

    read_state: ThreadReadState = Field(validation_alias="readState", serialization_alias="readState")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadReadStateOperation(WireUnion, discriminator="type"):
    """`ThreadReadStateOperation` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ReadThreadReadStateOperation(ThreadReadStateOperation, tag="read"):
    """`ThreadReadStateOperation` with `type` `read`."""

    type: Literal["read"] = "read"


class UnreadThreadReadStateOperation(ThreadReadStateOperation, tag="unread"):
    """`ThreadReadStateOperation` with `type` `unread`."""

    type: Literal["unread"] = "unread"


class ThreadReadStateUpdateParams(WireModel):
    """Params of `thread/readState/update` (experimental)."""

    expected_revision: str = Field(
        validation_alias="expectedRevision", serialization_alias="expectedRevision"
    )
    """Revision of the row or transcript actually seen. Conflicts require a fresh user action."""
    operation: ThreadReadStateOperation
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadReadStateUpdateResponse(WireModel):
    """Result of `thread/readState/update` (experimental)."""

    read_state: ThreadReadState = Field(validation_alias="readState", serialization_alias="readState")


class ThreadSearchTextRange(WireModel):
    """UTF-16 code-unit range within `snippet`."""

    end: int
    """Exclusive UTF-16 code-unit offset."""
    start: int
    """Inclusive UTF-16 code-unit offset."""


class ThreadSearchOccurrence(WireModel):
    """One visible message occurrence returned by [`ThreadSearchOccurrencesResponse`]."""

    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    snippet: str
    snippet_match_range: ThreadSearchTextRange = Field(
        validation_alias="snippetMatchRange", serialization_alias="snippetMatchRange"
    )
    """Match range within `snippet`, in UTF-16 code units."""
    turn_cursor: str = Field(validation_alias="turnCursor", serialization_alias="turnCursor")
    """Opaque inclusive cursor accepted by `thread/turns/list` for this turn."""
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class ThreadSearchOccurrencesParams(WireModel):
    """Params of `thread/searchOccurrences` (experimental).

    Parameters for searching visible message occurrences within one paginated thread.
    """

    search_term: str = Field(validation_alias="searchTerm", serialization_alias="searchTerm")
    """Case-insensitive literal substring to find in visible user messages and both partial and final
    assistant answers.
    """
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    cursor: str | None = None
    """Opaque cursor returned by a previous call for the same thread and search term."""
    limit: int | None = None
    """Optional occurrence page size."""


class ThreadSearchOccurrencesResponse(WireModel):
    """Result of `thread/searchOccurrences` (experimental)."""

    data: list[ThreadSearchOccurrence]
    """Occurrences in chronological message order."""
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to continue after the last returned occurrence."""


class ThreadSearchSortKey(OpenEnum):
    """`ThreadSearchSortKey` of the protocol."""

    created_at: ClassVar["ThreadSearchSortKey"] = member("created_at")
    updated_at: ClassVar["ThreadSearchSortKey"] = member("updated_at")
    recency_at: ClassVar["ThreadSearchSortKey"] = member("recency_at")


class ThreadSearchParams(WireModel):
    """Params of `thread/search` (experimental)."""

    search_term: str = Field(validation_alias="searchTerm", serialization_alias="searchTerm")
    """Required substring/full-text query for thread search."""
    archived: bool | None = None
    """Optional archived filter; when set to true, only archived threads are returned. If false or null, only
    non-archived threads are returned.
    """
    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    limit: int | None = None
    """Optional page size; defaults to a reasonable server-side value."""
    sort_direction: SortDirection | None = Field(
        default=None, validation_alias="sortDirection", serialization_alias="sortDirection"
    )
    """Optional sort direction; defaults to descending (newest first)."""
    sort_key: ThreadSearchSortKey | None = Field(
        default=None, validation_alias="sortKey", serialization_alias="sortKey"
    )
    """Optional sort key; defaults to created_at."""
    source_kinds: list[ThreadSourceKind] | None = Field(
        default=None, validation_alias="sourceKinds", serialization_alias="sourceKinds"
    )
    """Optional source filter; when set, only sessions from these source kinds are returned. When omitted or
    empty, defaults to interactive sources.
    """


class ThreadSearchResult(WireModel):
    """`ThreadSearchResult` of the protocol."""

    snippet: str
    thread: Thread


class ThreadSearchResponse(WireModel):
    """Result of `thread/search` (experimental)."""

    data: list[ThreadSearchResult]
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


class ThreadSectionMoveParams(WireModel):
    """Params of `thread/section/move`.

    Parameters for moving a thread within a server-owned section ordering.
    """

    section_id: str | None = Field(validation_alias="sectionId", serialization_alias="sectionId")
    """Destination section, or `null` to remove the thread from its section."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    """Thread to move into, within, or out of a section."""
    before_thread_id: str | None = Field(
        default=None, validation_alias="beforeThreadId", serialization_alias="beforeThreadId"
    )
    """Existing thread to insert before; omission or null appends to the section."""


class ThreadSectionMoveResponse(WireModel):
    """Result of `thread/section/move`."""


class ThreadSettings(WireModel):
    """`ThreadSettings` of the protocol."""

    approval_policy: AnyAskForApproval = Field(
        validation_alias="approvalPolicy", serialization_alias="approvalPolicy"
    )
    approvals_reviewer: ApprovalsReviewer = Field(
        validation_alias="approvalsReviewer", serialization_alias="approvalsReviewer"
    )
    collaboration_mode: CollaborationMode = Field(
        validation_alias="collaborationMode", serialization_alias="collaborationMode"
    )
    cwd: AbsolutePathBuf
    model: str
    model_provider: str = Field(validation_alias="modelProvider", serialization_alias="modelProvider")
    sandbox_policy: SandboxPolicy = Field(
        validation_alias="sandboxPolicy", serialization_alias="sandboxPolicy"
    )
    active_permission_profile: ActivePermissionProfile | None = Field(
        default=None,
        validation_alias="activePermissionProfile",
        serialization_alias="activePermissionProfile",
    )
    disabled_plugin_ids: list[str] = Field(
        default=[], validation_alias="disabledPluginIds", serialization_alias="disabledPluginIds"
    )
    """Saved list of disabled plugin IDs. Does not yet filter plugin capabilities."""
    effort: ReasoningEffort | None = None
    multi_agent_mode: AnyMultiAgentMode = Field(
        default=MultiAgentMode.explicit_request_only,
        validation_alias="multiAgentMode",
        serialization_alias="multiAgentMode",
    )
    """@deprecated Always `explicitRequestOnly`. Use `effort` for Ultra behavior."""
    personality: Personality | None = None
    """@deprecated Reports the saved setting; `friendly` and `pragmatic` no longer select a style."""
    service_tier: str | None = Field(
        default=None, validation_alias="serviceTier", serialization_alias="serviceTier"
    )
    summary: ReasoningSummary | None = None


class ThreadSettingsUpdateParams(WireModel):
    """Params of `thread/settings/update` (experimental)."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    approval_policy: AnyAskForApproval | None = Field(
        default=None, validation_alias="approvalPolicy", serialization_alias="approvalPolicy"
    )
    """Override the approval policy for subsequent turns."""
    approvals_reviewer: ApprovalsReviewer | None = Field(
        default=None, validation_alias="approvalsReviewer", serialization_alias="approvalsReviewer"
    )
    """Override where approval requests are routed for subsequent turns."""
    collaboration_mode: CollaborationMode | None = Field(
        default=None, validation_alias="collaborationMode", serialization_alias="collaborationMode"
    )
    """EXPERIMENTAL - Set a pre-set collaboration mode for subsequent turns."""
    cwd: str | None = None
    """Override the working directory for subsequent turns."""
    disabled_plugin_ids: list[str] | None = Field(
        default=None, validation_alias="disabledPluginIds", serialization_alias="disabledPluginIds"
    )
    """Replace this thread's disabled plugin IDs. Omitted/null preserves the list; [] clears it."""
    effort: ReasoningEffort | None = None
    """Override the reasoning effort for subsequent turns."""
    model: str | None = None
    """Override the model for subsequent turns."""
    multi_agent_mode: AnyMultiAgentMode | None = Field(
        default=None, validation_alias="multiAgentMode", serialization_alias="multiAgentMode"
    )
    """@deprecated Ignored. Use `effort: "ultra"` for proactive multi-agent behavior."""
    permissions: str | None = None
    """Select a named permissions profile id for subsequent turns. Cannot be combined with `sandboxPolicy`."""
    personality: Personality | None = None
    """@deprecated `friendly` and `pragmatic` no longer select a style. Changing this does not rewrite the
    thread's existing instructions.
    """
    sandbox_policy: SandboxPolicy | None = Field(
        default=None, validation_alias="sandboxPolicy", serialization_alias="sandboxPolicy"
    )
    """Override the sandbox policy for subsequent turns."""
    service_tier: str | None = Field(
        default=None, validation_alias="serviceTier", serialization_alias="serviceTier"
    )
    """Override the service tier for subsequent turns. `null` clears the current service tier; omission
    leaves it unchanged.
    """
    summary: ReasoningSummary | None = None
    """Override the reasoning summary for subsequent turns."""


class ThreadSettingsUpdateResponse(WireModel):
    """Result of `thread/settings/update` (experimental)."""


class ThreadSettingsUpdatedNotification(WireModel):
    """Payload of `thread/settings/updated`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    thread_settings: ThreadSettings = Field(
        validation_alias="threadSettings", serialization_alias="threadSettings"
    )


class ThreadShellCommandParams(WireModel):
    """Params of `thread/shellCommand`."""

    command: str
    """Shell command string evaluated by the thread's configured shell. Unlike `command/exec`, this
    intentionally preserves shell syntax such as pipes, redirects, and quoting. This runs unsandboxed with
    full access rather than inheriting the thread sandbox policy.
    """
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    timeout_ms: int | None = Field(
        default=None, validation_alias="timeoutMs", serialization_alias="timeoutMs"
    )
    """Maximum execution time in milliseconds. Defaults to one hour when omitted or null. Must be
    non-negative; zero requests an immediate timeout, not unlimited execution. Does not affect the
    immediate RPC acknowledgement.
    """


class ThreadShellCommandResponse(WireModel):
    """Result of `thread/shellCommand`."""


class ThreadUnarchiveParams(WireModel):
    """Params of `thread/unarchive`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadUnarchiveResponse(WireModel):
    """Result of `thread/unarchive`."""

    thread: Thread


class ThreadUnsubscribeParams(WireModel):
    """Params of `thread/unsubscribe`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadUnsubscribeStatus(OpenEnum):
    """`ThreadUnsubscribeStatus` of the protocol."""

    not_loaded: ClassVar["ThreadUnsubscribeStatus"] = member("notLoaded")
    not_subscribed: ClassVar["ThreadUnsubscribeStatus"] = member("notSubscribed")
    unsubscribed: ClassVar["ThreadUnsubscribeStatus"] = member("unsubscribed")


class ThreadUnsubscribeResponse(WireModel):
    """Result of `thread/unsubscribe`."""

    status: ThreadUnsubscribeStatus
