"""Protocol types: realtime conversations.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar, Literal

from pydantic import Field

from codex_app_server.protocol._base import JsonValue, OpenEnum, WireModel, WireUnion, member

from codex_app_server.protocol._generated.shared import ThreadRealtimeItem


class CodexResponseHandoffMode(OpenEnum):
    """`CodexResponseHandoffMode` of the protocol."""

    thinking: ClassVar["CodexResponseHandoffMode"] = member("thinking")
    commentary: ClassVar["CodexResponseHandoffMode"] = member("commentary")
    bem_tags: ClassVar["CodexResponseHandoffMode"] = member("bemTags")


class ConversationTextRole(OpenEnum):
    """`ConversationTextRole` of the protocol."""

    user: ClassVar["ConversationTextRole"] = member("user")
    developer: ClassVar["ConversationTextRole"] = member("developer")
    assistant: ClassVar["ConversationTextRole"] = member("assistant")


class RealtimeConversationVersion(OpenEnum):
    """`RealtimeConversationVersion` of the protocol."""

    v1: ClassVar["RealtimeConversationVersion"] = member("v1")
    v2: ClassVar["RealtimeConversationVersion"] = member("v2")
    v3: ClassVar["RealtimeConversationVersion"] = member("v3")


class RealtimeOutputModality(OpenEnum):
    """`RealtimeOutputModality` of the protocol."""

    text: ClassVar["RealtimeOutputModality"] = member("text")
    audio: ClassVar["RealtimeOutputModality"] = member("audio")


class RealtimeVoice(OpenEnum):
    """`RealtimeVoice` of the protocol."""

    alloy: ClassVar["RealtimeVoice"] = member("alloy")
    arbor: ClassVar["RealtimeVoice"] = member("arbor")
    ash: ClassVar["RealtimeVoice"] = member("ash")
    aube: ClassVar["RealtimeVoice"] = member("aube")
    ballad: ClassVar["RealtimeVoice"] = member("ballad")
    breeze: ClassVar["RealtimeVoice"] = member("breeze")
    bubbie: ClassVar["RealtimeVoice"] = member("bubbie")
    cedar: ClassVar["RealtimeVoice"] = member("cedar")
    coral: ClassVar["RealtimeVoice"] = member("coral")
    cove: ClassVar["RealtimeVoice"] = member("cove")
    echo: ClassVar["RealtimeVoice"] = member("echo")
    ember: ClassVar["RealtimeVoice"] = member("ember")
    haetsal: ClassVar["RealtimeVoice"] = member("haetsal")
    hanul: ClassVar["RealtimeVoice"] = member("hanul")
    himari: ClassVar["RealtimeVoice"] = member("himari")
    juniper: ClassVar["RealtimeVoice"] = member("juniper")
    leher: ClassVar["RealtimeVoice"] = member("leher")
    maple: ClassVar["RealtimeVoice"] = member("maple")
    marin: ClassVar["RealtimeVoice"] = member("marin")
    miko: ClassVar["RealtimeVoice"] = member("miko")
    neer: ClassVar["RealtimeVoice"] = member("neer")
    porto: ClassVar["RealtimeVoice"] = member("porto")
    rindo: ClassVar["RealtimeVoice"] = member("rindo")
    rio: ClassVar["RealtimeVoice"] = member("rio")
    rivage: ClassVar["RealtimeVoice"] = member("rivage")
    sage: ClassVar["RealtimeVoice"] = member("sage")
    selva: ClassVar["RealtimeVoice"] = member("selva")
    shimmer: ClassVar["RealtimeVoice"] = member("shimmer")
    sol: ClassVar["RealtimeVoice"] = member("sol")
    sonna: ClassVar["RealtimeVoice"] = member("sonna")
    spruce: ClassVar["RealtimeVoice"] = member("spruce")
    tinta: ClassVar["RealtimeVoice"] = member("tinta")
    vale: ClassVar["RealtimeVoice"] = member("vale")
    verse: ClassVar["RealtimeVoice"] = member("verse")
    viola: ClassVar["RealtimeVoice"] = member("viola")


class RealtimeVoicesList(WireModel):
    """`RealtimeVoicesList` of the protocol."""

    default_v1: RealtimeVoice = Field(validation_alias="defaultV1", serialization_alias="defaultV1")
    default_v2: RealtimeVoice = Field(validation_alias="defaultV2", serialization_alias="defaultV2")
    v1: list[RealtimeVoice]
    v2: list[RealtimeVoice]
    v3: list[RealtimeVoice] = Field(default=[])


class ThreadRealtimeAudioChunk(WireModel):
    """EXPERIMENTAL - thread realtime audio chunk."""

    data: str
    num_channels: int = Field(validation_alias="numChannels", serialization_alias="numChannels")
    sample_rate: int = Field(validation_alias="sampleRate", serialization_alias="sampleRate")
    item_id: str | None = Field(default=None, validation_alias="itemId", serialization_alias="itemId")
    samples_per_channel: int | None = Field(
        default=None, validation_alias="samplesPerChannel", serialization_alias="samplesPerChannel"
    )


class ThreadRealtimeAppendAudioParams(WireModel):
    """Params of `thread/realtime/appendAudio` (experimental).

    EXPERIMENTAL - append audio input to thread realtime.
    """

    audio: ThreadRealtimeAudioChunk
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeAppendAudioResponse(WireModel):
    """Result of `thread/realtime/appendAudio` (experimental).

    EXPERIMENTAL - response for appending realtime audio input.
    """


class ThreadRealtimeAppendSpeechParams(WireModel):
    """Params of `thread/realtime/appendSpeech` (experimental).

    EXPERIMENTAL - append speakable text to thread realtime.
    """

    text: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeAppendSpeechResponse(WireModel):
    """Result of `thread/realtime/appendSpeech` (experimental).

    EXPERIMENTAL - response for appending realtime speech.
    """


class ThreadRealtimeAppendTextParams(WireModel):
    """Params of `thread/realtime/appendText` (experimental).

    EXPERIMENTAL - append text input to thread realtime.
    """

    text: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    role: ConversationTextRole = ConversationTextRole.user


class ThreadRealtimeAppendTextResponse(WireModel):
    """Result of `thread/realtime/appendText` (experimental).

    EXPERIMENTAL - response for appending realtime text input.
    """


class ThreadRealtimeClosedNotification(WireModel):
    """Payload of `thread/realtime/closed`.

    EXPERIMENTAL - emitted when thread realtime transport closes.
    """

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    reason: str | None = None


class ThreadRealtimeErrorNotification(WireModel):
    """Payload of `thread/realtime/error`.

    EXPERIMENTAL - emitted when thread realtime encounters an error.
    """

    message: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeInitialItem(WireModel):
    """EXPERIMENTAL - role-bearing text item included when a realtime V3 session starts."""

    role: ConversationTextRole
    text: str


class ThreadRealtimeItemAddedNotification(WireModel):
    """Payload of `thread/realtime/itemAdded`.

    EXPERIMENTAL - raw non-audio thread realtime item emitted by the backend.
    """

    item: JsonValue
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeItemCompletedNotification(WireModel):
    """Payload of `thread/realtime/item/completed`.

    EXPERIMENTAL - a realtime timeline item published after canonical commit.
    """

    item: ThreadRealtimeItem
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeItemStartedNotification(WireModel):
    """Payload of `thread/realtime/item/started`.

    EXPERIMENTAL - a realtime timeline item started before its content streams.
    """

    item: ThreadRealtimeItem
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeItemTranscriptDeltaNotification(WireModel):
    """Payload of `thread/realtime/item/transcript/delta`.

    EXPERIMENTAL - text appended to an active realtime transcript item.
    """

    delta: str
    item_id: str = Field(validation_alias="itemId", serialization_alias="itemId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeListVoicesParams(WireModel):
    """Params of `thread/realtime/listVoices` (experimental).

    EXPERIMENTAL - list voices supported by thread realtime.
    """


class ThreadRealtimeListVoicesResponse(WireModel):
    """Result of `thread/realtime/listVoices` (experimental).

    EXPERIMENTAL - response for listing supported realtime voices.
    """

    voices: RealtimeVoicesList


class ThreadRealtimeOutputAudioDeltaNotification(WireModel):
    """Payload of `thread/realtime/outputAudio/delta`.

    EXPERIMENTAL - streamed output audio emitted by thread realtime.
    """

    audio: ThreadRealtimeAudioChunk
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeSdpNotification(WireModel):
    """Payload of `thread/realtime/sdp`.

    EXPERIMENTAL - emitted with the remote SDP for a WebRTC realtime session.
    """

    sdp: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeStartTransport(WireUnion, discriminator="type"):
    """EXPERIMENTAL - transport used by thread realtime."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class WebsocketThreadRealtimeStartTransport(ThreadRealtimeStartTransport, tag="websocket"):
    """`ThreadRealtimeStartTransport` with `type` `websocket`."""

    type: Literal["websocket"] = "websocket"


class WebrtcThreadRealtimeStartTransport(ThreadRealtimeStartTransport, tag="webrtc"):
    """`ThreadRealtimeStartTransport` with `type` `webrtc`."""

    type: Literal["webrtc"] = "webrtc"
    sdp: str
    """SDP offer generated by a WebRTC RTCPeerConnection after configuring audio and the realtime events data
    channel.
    """


class ExistingCallThreadRealtimeStartTransport(ThreadRealtimeStartTransport, tag="existingCall"):
    """`ThreadRealtimeStartTransport` with `type` `existingCall`."""

    type: Literal["existingCall"] = "existingCall"
    call_id: str = Field(validation_alias="callId", serialization_alias="callId")
    """Identifier of a realtime call already created and negotiated by the client."""


class ThreadRealtimeStartParams(WireModel):
    """Params of `thread/realtime/start` (experimental).

    EXPERIMENTAL - start a thread-scoped realtime session.
    """

    output_modality: RealtimeOutputModality = Field(
        validation_alias="outputModality", serialization_alias="outputModality"
    )
    """Selects text or audio output for the realtime session. Transport and voice stay independent so clients
    can choose how they connect separately from what the model emits.
    """
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    backend_reasoning_status: bool | None = Field(
        default=None, validation_alias="backendReasoningStatus", serialization_alias="backendReasoningStatus"
    )
    """Relays public reasoning summaries as quiet context for realtime V3 delegations. Defaults to false."""
    client_managed_handoffs: bool | None = Field(
        default=None, validation_alias="clientManagedHandoffs", serialization_alias="clientManagedHandoffs"
    )
    """Leaves Codex response handoffs to the client's explicit append calls instead of forwarding them
    automatically. Defaults to false.
    """
    codex_response_handoff_channel_prefixes: dict[str, list[str]] | None = Field(
        default=None,
        validation_alias="codexResponseHandoffChannelPrefixes",
        serialization_alias="codexResponseHandoffChannelPrefixes",
    )
    """Overrides BEM channel prefixes by `analysis`, `commentary`, or `final`. Omitted channels retain their
    default uppercase bracketed prefixes.
    """
    codex_response_handoff_mode: CodexResponseHandoffMode | None = Field(
        default=None,
        validation_alias="codexResponseHandoffMode",
        serialization_alias="codexResponseHandoffMode",
    )
    """Selects how automatic Codex responses are routed in Frameless Bidi sessions. Omitted values default to
    `thinking`. Realtime V1 and V2 ignore this setting.
    """
    codex_response_item_prefix: str | None = Field(
        default=None,
        validation_alias="codexResponseItemPrefix",
        serialization_alias="codexResponseItemPrefix",
    )
    """Optional prefix added to automatic Codex response items when `codexResponsesAsItems` is true."""
    codex_responses_as_items: bool | None = Field(
        default=None, validation_alias="codexResponsesAsItems", serialization_alias="codexResponsesAsItems"
    )
    """Sends automatic Codex responses as realtime conversation items instead of handoff appends."""
    delegation_ack_filler: bool | None = Field(
        default=None, validation_alias="delegationAckFiller", serialization_alias="delegationAckFiller"
    )
    """Controls whether a realtime V3 delegation produces an acknowledgement filler. Omitted values preserve
    the Realtime API's default behavior.
    """
    flush_transcript_tail_on_session_end: bool | None = Field(
        default=None,
        validation_alias="flushTranscriptTailOnSessionEnd",
        serialization_alias="flushTranscriptTailOnSessionEnd",
    )
    """Routes any transcript tail remaining at session end through Codex. Defaults to false. TODO: Remove
    this rollout knob once transcript-tail flushing is always enabled.
    """
    include_startup_context: bool | None = Field(
        default=None, validation_alias="includeStartupContext", serialization_alias="includeStartupContext"
    )
    """Set to false to start without Codex's startup context. Omitted or null includes it."""
    initial_items: list[ThreadRealtimeInitialItem] | None = Field(
        default=None, validation_alias="initialItems", serialization_alias="initialItems"
    )
    """Adds complete role-bearing text items to the initial Frameless Bidi session history. This is only
    supported by realtime V3 and is sent during session startup. Requests are limited to 128 items and
    8,192 estimated text tokens in total.
    """
    model: str | None = None
    """Overrides the configured realtime model for this session only."""
    prompt: str | None = None
    realtime_end_instructions: str | None = Field(
        default=None,
        validation_alias="realtimeEndInstructions",
        serialization_alias="realtimeEndInstructions",
    )
    """Developer instructions given to the backing Codex model when this realtime session ends."""
    realtime_session_id: str | None = Field(
        default=None, validation_alias="realtimeSessionId", serialization_alias="realtimeSessionId"
    )
    realtime_start_instructions: str | None = Field(
        default=None,
        validation_alias="realtimeStartInstructions",
        serialization_alias="realtimeStartInstructions",
    )
    """Developer instructions given to the backing Codex model when this realtime session starts."""
    transport: ThreadRealtimeStartTransport | None = None
    version: RealtimeConversationVersion | None = None
    """Overrides the configured realtime protocol version for this session only."""
    voice: RealtimeVoice | None = None


class ThreadRealtimeStartResponse(WireModel):
    """Result of `thread/realtime/start` (experimental).

    EXPERIMENTAL - response for starting thread realtime.
    """


class ThreadRealtimeStartedNotification(WireModel):
    """Payload of `thread/realtime/started`.

    EXPERIMENTAL - emitted when thread realtime startup is accepted.
    """

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    version: RealtimeConversationVersion
    realtime_session_id: str | None = Field(
        default=None, validation_alias="realtimeSessionId", serialization_alias="realtimeSessionId"
    )


class ThreadRealtimeStopParams(WireModel):
    """Params of `thread/realtime/stop` (experimental).

    EXPERIMENTAL - stop thread realtime.
    """

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeStopResponse(WireModel):
    """Result of `thread/realtime/stop` (experimental).

    EXPERIMENTAL - response for stopping thread realtime.
    """


class ThreadRealtimeTranscriptDeltaNotification(WireModel):
    """Payload of `thread/realtime/transcript/delta`.

    EXPERIMENTAL - flat transcript delta emitted whenever realtime transcript text changes.
    """

    delta: str
    """Live transcript delta from the realtime event."""
    role: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class ThreadRealtimeTranscriptDoneNotification(WireModel):
    """Payload of `thread/realtime/transcript/done`.

    EXPERIMENTAL - final transcript text emitted when realtime completes a transcript part.
    """

    role: str
    text: str
    """Final complete text for the transcript part."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
