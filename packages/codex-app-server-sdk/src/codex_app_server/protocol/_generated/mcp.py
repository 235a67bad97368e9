"""Protocol types: MCP servers.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import Annotated, ClassVar, TypeAlias

from pydantic import Field

from codex_app_server.protocol._base import JsonValue, OpenEnum, ShapeUnion, WireModel, member


class McpServerStatusDetail(OpenEnum):
    """`McpServerStatusDetail` of the protocol."""

    full: ClassVar["McpServerStatusDetail"] = member("full")
    tools_and_auth_only: ClassVar["McpServerStatusDetail"] = member("toolsAndAuthOnly")


class ListMcpServerStatusParams(WireModel):
    """Params of `mcpServerStatus/list`."""

    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    detail: McpServerStatusDetail | None = None
    """Controls how much MCP inventory data to fetch for each server. Defaults to `Full` when omitted."""
    limit: int | None = None
    """Optional page size; defaults to a server-defined value."""
    server_name: str | None = Field(
        default=None, validation_alias="serverName", serialization_alias="serverName"
    )
    """Limit discovery to one server. With a thread ID, reuse that thread's MCP connection."""
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")


class McpAuthStatus(OpenEnum):
    """`McpAuthStatus` of the protocol."""

    unknown: ClassVar["McpAuthStatus"] = member("unknown")
    unsupported: ClassVar["McpAuthStatus"] = member("unsupported")
    not_logged_in: ClassVar["McpAuthStatus"] = member("notLoggedIn")
    bearer_token: ClassVar["McpAuthStatus"] = member("bearerToken")
    oauth: ClassVar["McpAuthStatus"] = member("oAuth")


class McpServerConnectionStatus(OpenEnum):
    """`McpServerConnectionStatus` of the protocol."""

    not_started: ClassVar["McpServerConnectionStatus"] = member("notStarted")
    starting: ClassVar["McpServerConnectionStatus"] = member("starting")
    connected: ClassVar["McpServerConnectionStatus"] = member("connected")
    authentication_required: ClassVar["McpServerConnectionStatus"] = member("authenticationRequired")
    failed: ClassVar["McpServerConnectionStatus"] = member("failed")
    cancelled: ClassVar["McpServerConnectionStatus"] = member("cancelled")
    disabled: ClassVar["McpServerConnectionStatus"] = member("disabled")


class McpServerInfo(WireModel):
    """Presentation metadata advertised by an initialized MCP server."""

    name: str
    version: str
    description: str | None = None
    icons: list[JsonValue] | None = None
    title: str | None = None
    website_url: str | None = Field(
        default=None, validation_alias="websiteUrl", serialization_alias="websiteUrl"
    )


class Resource(WireModel):
    """A known resource that the server is capable of reading."""

    name: str
    uri: str
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")
    annotations: JsonValue = None
    description: str | None = None
    icons: list[JsonValue] | None = None
    mime_type: str | None = Field(default=None, validation_alias="mimeType", serialization_alias="mimeType")
    size: int | None = None
    title: str | None = None


class ResourceTemplate(WireModel):
    """A template description for resources available on the server."""

    name: str
    uri_template: str = Field(validation_alias="uriTemplate", serialization_alias="uriTemplate")
    annotations: JsonValue = None
    description: str | None = None
    mime_type: str | None = Field(default=None, validation_alias="mimeType", serialization_alias="mimeType")
    title: str | None = None


class Tool(WireModel):
    """Definition for a tool the client can call."""

    input_schema: JsonValue = Field(validation_alias="inputSchema", serialization_alias="inputSchema")
    name: str
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")
    annotations: JsonValue = None
    description: str | None = None
    icons: list[JsonValue] | None = None
    output_schema: JsonValue = Field(
        default=None, validation_alias="outputSchema", serialization_alias="outputSchema"
    )
    title: str | None = None


class McpServerStatus(WireModel):
    """`McpServerStatus` of the protocol."""

    auth_status: McpAuthStatus = Field(validation_alias="authStatus", serialization_alias="authStatus")
    name: str
    resource_templates: list[ResourceTemplate] = Field(
        validation_alias="resourceTemplates", serialization_alias="resourceTemplates"
    )
    resources: list[Resource]
    tools: dict[str, Tool]
    http_origin: str | None = Field(
        default=None, validation_alias="httpOrigin", serialization_alias="httpOrigin"
    )
    """HTTP origin of the effective configured endpoint, including plugin servers. Excludes credentials,
    path, query, and fragment; null for non-HTTP transports.
    """
    plugin_id: str | None = Field(default=None, validation_alias="pluginId", serialization_alias="pluginId")
    runtime_status: McpServerConnectionStatus | None = Field(
        default=None, validation_alias="runtimeStatus", serialization_alias="runtimeStatus"
    )
    """Current thread-runtime connection state; null when unavailable or the configuration changed."""
    server_capabilities: JsonValue = Field(
        default=None, validation_alias="serverCapabilities", serialization_alias="serverCapabilities"
    )
    """Capabilities advertised by the initialized MCP server; null when unavailable."""
    server_info: McpServerInfo | None = Field(
        default=None, validation_alias="serverInfo", serialization_alias="serverInfo"
    )
    tools_error: str | None = Field(
        default=None, validation_alias="toolsError", serialization_alias="toolsError"
    )
    """Tool discovery failed and no catalog was returned. Null when a catalog is returned, including cached
    or empty catalogs.
    """


class ListMcpServerStatusResponse(WireModel):
    """Result of `mcpServerStatus/list`."""

    data: list[McpServerStatus]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to pass to the next call to continue after the last item. If None, there are no more
    items to return.
    """


class McpResourceReadTarget(WireModel):
    """`McpResourceReadTarget` of the protocol."""

    connector_id: str = Field(validation_alias="connectorId", serialization_alias="connectorId")
    link_id: str | None = Field(validation_alias="linkId", serialization_alias="linkId")
    """Null explicitly requests no-auth access, subject to the app's resource policy."""


class McpResourceReadParams(WireModel):
    """Params of `mcpServer/resource/read`."""

    server: str
    uri: str
    connector_id: str | None = Field(
        default=None, validation_alias="connectorId", serialization_alias="connectorId"
    )
    origin_call_id: str | None = Field(
        default=None, validation_alias="originCallId", serialization_alias="originCallId"
    )
    """Originating MCP tool call used to select the resource's app."""
    target: McpResourceReadTarget | None = None
    """Explicit hosted app/account. Omit to retain legacy resource discovery."""
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")


class TextResourceContent(WireModel):
    """`ResourceContent` that has `Text`."""

    text: str
    uri: str
    """The URI of this resource."""
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")
    mime_type: str | None = Field(default=None, validation_alias="mimeType", serialization_alias="mimeType")


class BlobResourceContent(WireModel):
    """`ResourceContent` that has `Blob`."""

    blob: str
    uri: str
    """The URI of this resource."""
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")
    mime_type: str | None = Field(default=None, validation_alias="mimeType", serialization_alias="mimeType")


ResourceContent: TypeAlias = Annotated[
    TextResourceContent | BlobResourceContent | JsonValue,
    ShapeUnion(TextResourceContent, BlobResourceContent),
]
"""Contents returned when reading a resource from an MCP server."""


class McpResourceReadResponse(WireModel):
    """Result of `mcpServer/resource/read`."""

    contents: list[ResourceContent]
    origin_call_id: str | None = Field(
        default=None, validation_alias="originCallId", serialization_alias="originCallId"
    )
    """Originating call when the server applied app-specific resource scoping."""


class McpServerEventNotification(WireModel):
    """`McpServerEventNotification` of the protocol."""

    method: str
    params: JsonValue


class McpServerEventStreamNotification(WireModel):
    """Payload of `mcpServer/event/stream/notification`."""

    notification: McpServerEventNotification
    subscription_id: str = Field(validation_alias="subscriptionId", serialization_alias="subscriptionId")


class McpServerEventStreamStartParams(WireModel):
    """Params of `mcpServer/event/stream/start` (experimental)."""

    arguments: JsonValue
    name: str
    server: str
    subscription_id: str = Field(validation_alias="subscriptionId", serialization_alias="subscriptionId")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")


class McpServerEventStreamStartResponse(WireModel):
    """Result of `mcpServer/event/stream/start` (experimental)."""


class McpServerEventStreamStopParams(WireModel):
    """Params of `mcpServer/event/stream/stop` (experimental)."""

    subscription_id: str = Field(validation_alias="subscriptionId", serialization_alias="subscriptionId")


class McpServerEventStreamStopResponse(WireModel):
    """Result of `mcpServer/event/stream/stop` (experimental)."""


class McpServerOauthClientRegistration(OpenEnum):
    """`McpServerOauthClientRegistration` of the protocol."""

    auto: ClassVar["McpServerOauthClientRegistration"] = member("auto")
    cimd: ClassVar["McpServerOauthClientRegistration"] = member("cimd")
    dcr: ClassVar["McpServerOauthClientRegistration"] = member("dcr")


class McpServerOauthLoginCompletedNotification(WireModel):
    """Payload of `mcpServer/oauthLogin/completed`."""

    name: str
    success: bool
    error: str | None = None
    login_id: str | None = Field(default=None, validation_alias="loginId", serialization_alias="loginId")
    """Identifies the explicit login attempt. Older servers omit this field."""
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")


class McpServerOauthLoginParams(WireModel):
    """Params of `mcpServer/oauth/login`."""

    name: str
    client_registration: McpServerOauthClientRegistration | None = Field(
        default=None, validation_alias="clientRegistration", serialization_alias="clientRegistration"
    )
    """Registration strategy for this login only; omission selects automatic discovery."""
    scopes: list[str] | None = None
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")
    timeout_secs: int | None = Field(
        default=None, validation_alias="timeoutSecs", serialization_alias="timeoutSecs"
    )


class McpServerOauthLoginResponse(WireModel):
    """Result of `mcpServer/oauth/login`."""

    authorization_url: str = Field(
        validation_alias="authorizationUrl", serialization_alias="authorizationUrl"
    )
    login_id: str | None = Field(default=None, validation_alias="loginId", serialization_alias="loginId")
    """Identifies this login attempt across the response and completion notification. Older servers omit this
    field; current servers always return it.
    """


class McpServerStartupFailureReason(OpenEnum):
    """`McpServerStartupFailureReason` of the protocol."""

    reauthentication_required: ClassVar["McpServerStartupFailureReason"] = member("reauthenticationRequired")


class McpServerStartupState(OpenEnum):
    """`McpServerStartupState` of the protocol."""

    starting: ClassVar["McpServerStartupState"] = member("starting")
    ready: ClassVar["McpServerStartupState"] = member("ready")
    failed: ClassVar["McpServerStartupState"] = member("failed")
    cancelled: ClassVar["McpServerStartupState"] = member("cancelled")


class McpServerStatusUpdatedNotification(WireModel):
    """Payload of `mcpServer/startupStatus/updated`."""

    name: str
    status: McpServerStartupState
    error: str | None = None
    failure_reason: McpServerStartupFailureReason | None = Field(
        default=None, validation_alias="failureReason", serialization_alias="failureReason"
    )
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")


class McpServerToolCallParams(WireModel):
    """Params of `mcpServer/tool/call`."""

    server: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    tool: str
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")
    arguments: JsonValue = None


class McpServerToolCallResponse(WireModel):
    """Result of `mcpServer/tool/call`."""

    content: list[JsonValue]
    meta: JsonValue = Field(default=None, validation_alias="_meta", serialization_alias="_meta")
    is_error: bool | None = Field(default=None, validation_alias="isError", serialization_alias="isError")
    structured_content: JsonValue = Field(
        default=None, validation_alias="structuredContent", serialization_alias="structuredContent"
    )
