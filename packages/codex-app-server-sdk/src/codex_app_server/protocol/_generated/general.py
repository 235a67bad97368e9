"""Protocol types: the handshake, warnings, envelopes and all the rest.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import Annotated, ClassVar, TypeAlias

from pydantic import Field

from codex_app_server.protocol._base import JsonValue, OpenEnum, ShapeUnion, WireModel, member

from codex_app_server.protocol._generated.shared import AppToolApproval
from codex_app_server.protocol._generated.turn_requests import ApprovalsReviewer
from codex_app_server.protocol._generated.turns import AbsolutePathBuf, RequestId


class AppLinksConfig(WireModel):
    """Account settings for a single app."""


class AppToolsConfig(WireModel):
    """`AppToolsConfig` of the protocol."""


class ToolExposureSurface(OpenEnum):
    """A model-facing surface on which a tool can be exposed."""

    code_mode: ClassVar["ToolExposureSurface"] = member("code_mode")
    """Nested tools available to Code Mode scripts."""
    deferred: ClassVar["ToolExposureSurface"] = member("deferred")
    """Tools discovered later through tool search."""
    direct: ClassVar["ToolExposureSurface"] = member("direct")
    """Tools present in the model's initial tool list."""


class AppConfig(WireModel):
    """`AppConfig` of the protocol."""

    approvals_reviewer: ApprovalsReviewer | None = None
    default_tools_approval_mode: AppToolApproval | None = None
    default_tools_enabled: bool | None = None
    destructive_enabled: bool | None = None
    enabled: bool = True
    links: AppLinksConfig | None = None
    """Per-account approval settings keyed by link ID."""
    omit_tools_from: list[ToolExposureSurface] | None = None
    """Additional model-facing surfaces omitted for this connector's tools."""
    open_world_enabled: bool | None = None
    tools: AppToolsConfig | None = None


class AppLinkConfig(WireModel):
    """Approval settings for a connected account within an app."""

    approvals_reviewer: ApprovalsReviewer | None = None
    default_tools_approval_mode: AppToolApproval | None = None


class AppToolConfig(WireModel):
    """`AppToolConfig` of the protocol."""

    approval_mode: AppToolApproval | None = None
    enabled: bool | None = None


class ClientInfo(WireModel):
    """`ClientInfo` of the protocol."""

    name: str
    version: str
    title: str | None = None


class DeprecationNoticeNotification(WireModel):
    """Payload of `deprecationNotice`."""

    summary: str
    """Concise summary of what is deprecated."""
    details: str | None = None
    """Optional extra guidance, such as migration steps or rationale."""


class FeedbackUploadParams(WireModel):
    """Params of `feedback/upload`."""

    classification: str
    extra_log_files: list[str] | None = Field(
        default=None, validation_alias="extraLogFiles", serialization_alias="extraLogFiles"
    )
    include_logs: bool | None = Field(
        default=None, validation_alias="includeLogs", serialization_alias="includeLogs"
    )
    reason: str | None = None
    tags: dict[str, str] | None = None
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")


class FeedbackUploadResponse(WireModel):
    """Result of `feedback/upload`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    prompt_hash: str | None = Field(
        default=None, validation_alias="promptHash", serialization_alias="promptHash"
    )
    """Whitespace-normalized SHA-256 of the session base instructions, matching the uploaded `prompt_hash`
    tag. Does not include later developer messages. Null when the reported rollout has no prompt metadata.
    """


class GuardianWarningNotification(WireModel):
    """Payload of `guardianWarning`."""

    message: str
    """Concise guardian warning message for the user."""
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    """Thread target for the guardian warning."""


class InitializeCapabilities(WireModel):
    """Client-declared capabilities negotiated during initialize."""

    experimental_api: bool = Field(
        default=False, validation_alias="experimentalApi", serialization_alias="experimentalApi"
    )
    """Opt into receiving experimental API methods and fields."""
    explicit_gateway_oauth: bool | None = Field(
        default=None, validation_alias="explicitGatewayOauth", serialization_alias="explicitGatewayOauth"
    )
    """Use explicit gateway OAuth login instead of automatic browser authorization. Applies to this
    app-server's gateway runtime; later connections cannot undo it.
    """
    extensions: dict[str, JsonValue] | None = None
    """MCP extension settings declared by the app-server client."""
    mcp_server_openai_form_elicitation: bool | None = Field(
        default=None,
        validation_alias="mcpServerOpenaiFormElicitation",
        serialization_alias="mcpServerOpenaiFormElicitation",
    )
    """Legacy opt-in for the `openai/form` MCP extension."""
    opt_out_notification_methods: list[str] | None = Field(
        default=None,
        validation_alias="optOutNotificationMethods",
        serialization_alias="optOutNotificationMethods",
    )
    """Exact notification method names that should be suppressed for this connection (for example
    `thread/started`).
    """
    request_attestation: bool = Field(
        default=False, validation_alias="requestAttestation", serialization_alias="requestAttestation"
    )
    """Opt into `attestation/generate` requests for upstream `x-oai-attestation`."""


class InitializeParams(WireModel):
    """Params of `initialize`."""

    client_info: ClientInfo = Field(validation_alias="clientInfo", serialization_alias="clientInfo")
    capabilities: InitializeCapabilities | None = None


class InitializeResponse(WireModel):
    """Result of `initialize`."""

    codex_home: AbsolutePathBuf = Field(validation_alias="codexHome", serialization_alias="codexHome")
    """Absolute path to the server's $CODEX_HOME directory."""
    platform_family: str = Field(validation_alias="platformFamily", serialization_alias="platformFamily")
    """Platform family for the running app-server target, for example `"unix"` or `"windows"`."""
    platform_os: str = Field(validation_alias="platformOs", serialization_alias="platformOs")
    """Operating system for the running app-server target, for example `"macos"`, `"linux"`, or `"windows"`."""
    user_agent: str = Field(validation_alias="userAgent", serialization_alias="userAgent")


class JSONRPCErrorError(WireModel):
    """`JSONRPCErrorError` of the protocol."""

    code: int
    message: str
    data: JsonValue = None


class JSONRPCError(WireModel):
    """A response to a request that indicates an error occurred."""

    error: JSONRPCErrorError
    id: RequestId


class JSONRPCNotification(WireModel):
    """A notification which does not expect a response."""

    method: str
    params: JsonValue = None


class W3cTraceContext(WireModel):
    """`W3cTraceContext` of the protocol."""

    traceparent: str | None = None
    tracestate: str | None = None


class JSONRPCRequest(WireModel):
    """A request that expects a response."""

    id: RequestId
    method: str
    params: JsonValue = None
    trace: W3cTraceContext | None = None
    """Optional W3C Trace Context for distributed tracing."""


class JSONRPCResponse(WireModel):
    """A successful (non-error) response to a request."""

    id: RequestId
    result: JsonValue


JSONRPCMessage: TypeAlias = Annotated[
    JSONRPCRequest | JSONRPCNotification | JSONRPCResponse | JSONRPCError | JsonValue,
    ShapeUnion(JSONRPCRequest, JSONRPCNotification, JSONRPCResponse, JSONRPCError),
]
"""Refers to any valid JSON-RPC object that can be decoded off the wire, or encoded to be sent."""


class MemoryResetResponse(WireModel):
    """Result of `memory/reset` (experimental)."""


class MemoryStatusParams(WireModel):
    """Params of `memory/status` (experimental)."""

    min_consolidated_threads: int | None = Field(
        default=None, validation_alias="minConsolidatedThreads", serialization_alias="minConsolidatedThreads"
    )
    """Required distinct consolidated threads. Defaults to 20; supported range is 1..=4096."""


class MemoryStatusResponse(WireModel):
    """Result of `memory/status` (experimental)."""

    v2_consolidated_threads: int = Field(
        validation_alias="v2ConsolidatedThreads", serialization_alias="v2ConsolidatedThreads"
    )
    v2_ready: bool = Field(validation_alias="v2Ready", serialization_alias="v2Ready")


class MockExperimentalMethodParams(WireModel):
    """Params of `mock/experimentalMethod` (experimental)."""

    value: str | None = None
    """Test-only payload field."""


class MockExperimentalMethodResponse(WireModel):
    """Result of `mock/experimentalMethod` (experimental)."""

    echoed: str | None = None
    """Echoes the input `value`."""


class RolloutCompressResponse(WireModel):
    """Result of `rollout/compress` (experimental).

    Acknowledges the compression trigger, not completion. Existing maintenance locks and cooldowns can
    cause the background pass to skip without doing work.
    """


class ServerDiagnosticsGauge(WireModel):
    """`ServerDiagnosticsGauge` of the protocol."""

    name: str
    value: int


class ServerDiagnosticsParams(WireModel):
    """Params of `server/diagnostics` (experimental)."""


class ServerDiagnosticsProcess(WireModel):
    """`ServerDiagnosticsProcess` of the protocol."""

    id: int
    physical_footprint_bytes: int | None = Field(
        default=None, validation_alias="physicalFootprintBytes", serialization_alias="physicalFootprintBytes"
    )
    resident_memory_bytes: int | None = Field(
        default=None, validation_alias="residentMemoryBytes", serialization_alias="residentMemoryBytes"
    )


class ServerDiagnosticsResponse(WireModel):
    """Result of `server/diagnostics` (experimental)."""

    gauges: list[ServerDiagnosticsGauge]
    process: ServerDiagnosticsProcess


class ServerRequestResolvedNotification(WireModel):
    """Payload of `serverRequest/resolved`."""

    request_id: RequestId = Field(validation_alias="requestId", serialization_alias="requestId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")


class WarningNotification(WireModel):
    """Payload of `warning`."""

    message: str
    """Concise warning message for the user."""
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")
    """Optional thread target when the warning applies to a specific thread."""
