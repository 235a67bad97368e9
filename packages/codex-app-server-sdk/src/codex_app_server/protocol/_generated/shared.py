"""Protocol types: types that several of the other areas use.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar, Literal

from pydantic import Field

from codex_app_server.protocol._base import JsonValue, OpenEnum, WireModel, WireUnion, member

from codex_app_server.protocol._generated.turns import AbsolutePathBuf


class AppToolApproval(OpenEnum):
    """`AppToolApproval` of the protocol."""

    auto: ClassVar["AppToolApproval"] = member("auto")
    prompt: ClassVar["AppToolApproval"] = member("prompt")
    writes: ClassVar["AppToolApproval"] = member("writes")
    approve: ClassVar["AppToolApproval"] = member("approve")


class HookEventName(OpenEnum):
    """`HookEventName` of the protocol."""

    pre_tool_use: ClassVar["HookEventName"] = member("preToolUse")
    permission_request: ClassVar["HookEventName"] = member("permissionRequest")
    post_tool_use: ClassVar["HookEventName"] = member("postToolUse")
    pre_compact: ClassVar["HookEventName"] = member("preCompact")
    post_compact: ClassVar["HookEventName"] = member("postCompact")
    session_start: ClassVar["HookEventName"] = member("sessionStart")
    session_end: ClassVar["HookEventName"] = member("sessionEnd")
    user_prompt_submit: ClassVar["HookEventName"] = member("userPromptSubmit")
    subagent_start: ClassVar["HookEventName"] = member("subagentStart")
    subagent_stop: ClassVar["HookEventName"] = member("subagentStop")
    stop: ClassVar["HookEventName"] = member("stop")
    interrupt: ClassVar["HookEventName"] = member("interrupt")


class SkillInterface(WireModel):
    """`SkillInterface` of the protocol."""

    brand_color: str | None = Field(
        default=None, validation_alias="brandColor", serialization_alias="brandColor"
    )
    default_prompt: str | None = Field(
        default=None, validation_alias="defaultPrompt", serialization_alias="defaultPrompt"
    )
    display_name: str | None = Field(
        default=None, validation_alias="displayName", serialization_alias="displayName"
    )
    icon_large: AbsolutePathBuf | None = Field(
        default=None, validation_alias="iconLarge", serialization_alias="iconLarge"
    )
    icon_large_url: str | None = Field(
        default=None, validation_alias="iconLargeUrl", serialization_alias="iconLargeUrl"
    )
    """Remote large icon URL from the plugin catalog."""
    icon_small: AbsolutePathBuf | None = Field(
        default=None, validation_alias="iconSmall", serialization_alias="iconSmall"
    )
    icon_small_url: str | None = Field(
        default=None, validation_alias="iconSmallUrl", serialization_alias="iconSmallUrl"
    )
    """Remote small icon URL from the plugin catalog."""
    short_description: str | None = Field(
        default=None, validation_alias="shortDescription", serialization_alias="shortDescription"
    )


class ResponseUsageMetadata(WireModel):
    """Usage metadata reported for one upstream response."""

    amount: str | None = None
    metadata: JsonValue = None


class ThreadRealtimeBemItemPresentation(WireUnion, discriminator="type"):
    """EXPERIMENTAL - how an existing agent item appears in a realtime conversation."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class WholeItemThreadRealtimeBemItemPresentation(ThreadRealtimeBemItemPresentation, tag="wholeItem"):
    """`ThreadRealtimeBemItemPresentation` with `type` `wholeItem`."""

    type: Literal["wholeItem"] = "wholeItem"


class InlineMarkdownThreadRealtimeBemItemPresentation(
    ThreadRealtimeBemItemPresentation, tag="inlineMarkdown"
):
    """`ThreadRealtimeBemItemPresentation` with `type` `inlineMarkdown`."""

    type: Literal["inlineMarkdown"] = "inlineMarkdown"


class InlineVisualizationThreadRealtimeBemItemPresentation(
    ThreadRealtimeBemItemPresentation, tag="inlineVisualization"
):
    """`ThreadRealtimeBemItemPresentation` with `type` `inlineVisualization`."""

    type: Literal["inlineVisualization"] = "inlineVisualization"
    index: int


class ThreadRealtimeSessionOutcome(OpenEnum):
    """`ThreadRealtimeSessionOutcome` of the protocol."""

    ended: ClassVar["ThreadRealtimeSessionOutcome"] = member("ended")
    failed: ClassVar["ThreadRealtimeSessionOutcome"] = member("failed")


class ThreadRealtimeTranscriptRole(OpenEnum):
    """`ThreadRealtimeTranscriptRole` of the protocol."""

    user: ClassVar["ThreadRealtimeTranscriptRole"] = member("user")
    assistant: ClassVar["ThreadRealtimeTranscriptRole"] = member("assistant")


class ThreadRealtimeItem(WireUnion, discriminator="type"):
    """EXPERIMENTAL - a thread-scoped realtime item in the canonical timeline."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""
    id: str
    realtime_session_id: str = Field(
        validation_alias="realtimeSessionId", serialization_alias="realtimeSessionId"
    )


class RealtimeSessionStartedThreadRealtimeItem(ThreadRealtimeItem, tag="realtimeSessionStarted"):
    """`ThreadRealtimeItem` with `type` `realtimeSessionStarted`."""

    type: Literal["realtimeSessionStarted"] = "realtimeSessionStarted"


class TranscriptSegmentThreadRealtimeItem(ThreadRealtimeItem, tag="transcriptSegment"):
    """`ThreadRealtimeItem` with `type` `transcriptSegment`."""

    type: Literal["transcriptSegment"] = "transcriptSegment"
    role: ThreadRealtimeTranscriptRole
    text: str


class BemItemPromotedThreadRealtimeItem(ThreadRealtimeItem, tag="bemItemPromoted"):
    """`ThreadRealtimeItem` with `type` `bemItemPromoted`."""

    type: Literal["bemItemPromoted"] = "bemItemPromoted"
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    presentation: ThreadRealtimeBemItemPresentation
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class RealtimeSessionClosedThreadRealtimeItem(ThreadRealtimeItem, tag="realtimeSessionClosed"):
    """`ThreadRealtimeItem` with `type` `realtimeSessionClosed`."""

    type: Literal["realtimeSessionClosed"] = "realtimeSessionClosed"
    outcome: ThreadRealtimeSessionOutcome


class UserVerificationCancellationReason(OpenEnum):
    """`UserVerificationCancellationReason` of the protocol."""

    user_cancelled: ClassVar["UserVerificationCancellationReason"] = member("userCancelled")
    interrupted: ClassVar["UserVerificationCancellationReason"] = member("interrupted")


class UserVerificationFailureReason(OpenEnum):
    """`UserVerificationFailureReason` of the protocol."""

    authentication_failed: ClassVar["UserVerificationFailureReason"] = member("authenticationFailed")
    timeout: ClassVar["UserVerificationFailureReason"] = member("timeout")
    provider_error: ClassVar["UserVerificationFailureReason"] = member("providerError")
    service_error: ClassVar["UserVerificationFailureReason"] = member("serviceError")


class UserVerificationInvalidRequestReason(OpenEnum):
    """`UserVerificationInvalidRequestReason` of the protocol."""

    invalid_params: ClassVar["UserVerificationInvalidRequestReason"] = member("invalidParams")


class UserVerificationUnavailableReason(OpenEnum):
    """`UserVerificationUnavailableReason` of the protocol."""

    credential_missing: ClassVar["UserVerificationUnavailableReason"] = member("credentialMissing")
    biometrics_unavailable: ClassVar["UserVerificationUnavailableReason"] = member("biometricsUnavailable")
    provider_unavailable: ClassVar["UserVerificationUnavailableReason"] = member("providerUnavailable")


class UserVerificationErrorDetails(WireUnion, discriminator="type"):
    """Closed error categories; native diagnostic payloads must not cross this boundary."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class InvalidRequestUserVerificationErrorDetails(UserVerificationErrorDetails, tag="invalidRequest"):
    """`UserVerificationErrorDetails` with `type` `invalidRequest`."""

    type: Literal["invalidRequest"] = "invalidRequest"
    reason: UserVerificationInvalidRequestReason


class UnavailableUserVerificationErrorDetails(UserVerificationErrorDetails, tag="unavailable"):
    """`UserVerificationErrorDetails` with `type` `unavailable`."""

    type: Literal["unavailable"] = "unavailable"
    reason: UserVerificationUnavailableReason


class CancelledUserVerificationErrorDetails(UserVerificationErrorDetails, tag="cancelled"):
    """`UserVerificationErrorDetails` with `type` `cancelled`."""

    type: Literal["cancelled"] = "cancelled"
    reason: UserVerificationCancellationReason


class FailedUserVerificationErrorDetails(UserVerificationErrorDetails, tag="failed"):
    """`UserVerificationErrorDetails` with `type` `failed`."""

    type: Literal["failed"] = "failed"
    reason: UserVerificationFailureReason
