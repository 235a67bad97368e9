"""Protocol types: apps, hooks and skills.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar, Literal

from pydantic import Field

from codex_app_server.protocol._base import OpenEnum, WireModel, WireUnion, member

from codex_app_server.protocol._generated.shared import HookEventName, SkillInterface
from codex_app_server.protocol._generated.turns import AbsolutePathBuf, LegacyAppPathString


class AppBranding(WireModel):
    """EXPERIMENTAL - app metadata returned by app-list APIs."""

    is_discoverable_app: bool = Field(
        validation_alias="isDiscoverableApp", serialization_alias="isDiscoverableApp"
    )
    category: str | None = None
    developer: str | None = None
    privacy_policy: str | None = Field(
        default=None, validation_alias="privacyPolicy", serialization_alias="privacyPolicy"
    )
    terms_of_service: str | None = Field(
        default=None, validation_alias="termsOfService", serialization_alias="termsOfService"
    )
    website: str | None = None


class AppReview(WireModel):
    """`AppReview` of the protocol."""

    status: str


class AppScreenshot(WireModel):
    """`AppScreenshot` of the protocol."""

    user_prompt: str = Field(validation_alias="userPrompt", serialization_alias="userPrompt")
    file_id: str | None = Field(default=None, validation_alias="fileId", serialization_alias="fileId")
    url: str | None = None


class AppMetadata(WireModel):
    """`AppMetadata` of the protocol."""

    categories: list[str] | None = None
    developer: str | None = None
    first_party_requires_install: bool | None = Field(
        default=None,
        validation_alias="firstPartyRequiresInstall",
        serialization_alias="firstPartyRequiresInstall",
    )
    review: AppReview | None = None
    screenshots: list[AppScreenshot] | None = None
    seo_description: str | None = Field(
        default=None, validation_alias="seoDescription", serialization_alias="seoDescription"
    )
    show_in_composer_when_unlinked: bool | None = Field(
        default=None,
        validation_alias="showInComposerWhenUnlinked",
        serialization_alias="showInComposerWhenUnlinked",
    )
    sub_categories: list[str] | None = Field(
        default=None, validation_alias="subCategories", serialization_alias="subCategories"
    )
    version: str | None = None
    version_id: str | None = Field(
        default=None, validation_alias="versionId", serialization_alias="versionId"
    )
    version_notes: str | None = Field(
        default=None, validation_alias="versionNotes", serialization_alias="versionNotes"
    )


class AppInfo(WireModel):
    """EXPERIMENTAL - app metadata returned by app-list APIs."""

    id: str
    name: str
    app_metadata: AppMetadata | None = Field(
        default=None, validation_alias="appMetadata", serialization_alias="appMetadata"
    )
    branding: AppBranding | None = None
    description: str | None = None
    distribution_channel: str | None = Field(
        default=None, validation_alias="distributionChannel", serialization_alias="distributionChannel"
    )
    icon_assets: dict[str, str] | None = Field(
        default=None, validation_alias="iconAssets", serialization_alias="iconAssets"
    )
    icon_dark_assets: dict[str, str] | None = Field(
        default=None, validation_alias="iconDarkAssets", serialization_alias="iconDarkAssets"
    )
    install_url: str | None = Field(
        default=None, validation_alias="installUrl", serialization_alias="installUrl"
    )
    is_accessible: bool = Field(
        default=False, validation_alias="isAccessible", serialization_alias="isAccessible"
    )
    is_enabled: bool = Field(default=True, validation_alias="isEnabled", serialization_alias="isEnabled")
    """Whether this app is enabled in config.toml. Example: ```toml [apps.bad_app] enabled = false ```"""
    labels: dict[str, str] | None = None
    logo_url: str | None = Field(default=None, validation_alias="logoUrl", serialization_alias="logoUrl")
    logo_url_dark: str | None = Field(
        default=None, validation_alias="logoUrlDark", serialization_alias="logoUrlDark"
    )
    plugin_display_names: list[str] = Field(
        default=[], validation_alias="pluginDisplayNames", serialization_alias="pluginDisplayNames"
    )


class AppListUpdatedNotification(WireModel):
    """Payload of `app/list/updated`.

    EXPERIMENTAL - notification emitted when the app list changes.
    """

    data: list[AppInfo]


class AppToolSummary(WireModel):
    """EXPERIMENTAL - metadata returned by app/read."""

    description: str
    name: str
    disabled_reason: str | None = Field(
        default=None, validation_alias="disabledReason", serialization_alias="disabledReason"
    )
    is_enabled: bool = Field(default=True, validation_alias="isEnabled", serialization_alias="isEnabled")
    is_read_only: bool = Field(default=False, validation_alias="isReadOnly", serialization_alias="isReadOnly")
    title: str | None = None


class AppsInstalledParams(WireModel):
    """Params of `app/installed`.

    Read the committed installed connector runtime snapshot.
    """

    force_refresh: bool | None = Field(
        default=None, validation_alias="forceRefresh", serialization_alias="forceRefresh"
    )
    """When true and Apps are permitted, refresh and publish the hosted connector runtime tool snapshot
    first.
    """
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")
    """Optional loaded thread id used to evaluate effective app configuration."""


class InstalledApp(WireModel):
    """Installed connector runtime state."""

    callable: bool
    """Whether the connector is enabled and has a non-synthetic, model-visible tool allowed by effective MCP
    and app/tool policy in the committed runtime snapshot.
    """
    enabled: bool
    """Effective enabled state after applying global, workspace, local, and managed configuration at read
    time.
    """
    id: str
    runtime_name: str | None = Field(
        default=None, validation_alias="runtimeName", serialization_alias="runtimeName"
    )
    """Best-effort name carried by the runtime tool catalog. Canonical app metadata remains owned by
    `app/read`.
    """


class AppsInstalledResponse(WireModel):
    """Result of `app/installed`.

    The installed connectors in one committed runtime snapshot.
    """

    apps: list[InstalledApp]


class AppsListParams(WireModel):
    """Params of `app/list`.

    EXPERIMENTAL - list available apps/connectors.
    """

    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    force_refetch: bool | None = Field(
        default=None, validation_alias="forceRefetch", serialization_alias="forceRefetch"
    )
    """When true, bypass app caches and fetch the latest data from sources."""
    limit: int | None = None
    """Optional page size; defaults to a reasonable server-side value."""
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")
    """Optional thread id used to evaluate app feature gating from that thread's config."""


class AppsListResponse(WireModel):
    """Result of `app/list`.

    EXPERIMENTAL - app list response.
    """

    data: list[AppInfo]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to pass to the next call to continue after the last item. If None, there are no more
    items to return.
    """


class AppsReadParams(WireModel):
    """Params of `app/read`.

    EXPERIMENTAL - read metadata for specific apps/connectors.
    """

    app_ids: list[str] = Field(validation_alias="appIds", serialization_alias="appIds")
    """App ids to read. The server accepts at most 100 ids and deduplicates repeated ids while preserving
    their first-request order.
    """
    include_tools: bool | None = Field(
        default=None, validation_alias="includeTools", serialization_alias="includeTools"
    )
    """When true, include display-only public tool summaries in the returned metadata."""
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")
    """Optional loaded thread id used to evaluate effective app configuration."""


class ConnectorMetadata(WireModel):
    """EXPERIMENTAL - metadata returned by app/read."""

    id: str
    name: str
    description: str | None = None
    distribution_channel: str | None = Field(
        default=None, validation_alias="distributionChannel", serialization_alias="distributionChannel"
    )
    icon_url: str | None = Field(default=None, validation_alias="iconUrl", serialization_alias="iconUrl")
    icon_url_dark: str | None = Field(
        default=None, validation_alias="iconUrlDark", serialization_alias="iconUrlDark"
    )
    install_url: str | None = Field(
        default=None, validation_alias="installUrl", serialization_alias="installUrl"
    )
    plugin_display_names: list[str] = Field(
        default=[], validation_alias="pluginDisplayNames", serialization_alias="pluginDisplayNames"
    )
    tool_summaries: list[AppToolSummary] | None = Field(
        default=None, validation_alias="toolSummaries", serialization_alias="toolSummaries"
    )


class AppsReadResponse(WireModel):
    """Result of `app/read`.

    EXPERIMENTAL - app/read response.
    """

    apps: list[ConnectorMetadata]
    missing_app_ids: list[str] = Field(validation_alias="missingAppIds", serialization_alias="missingAppIds")


class HookExecutionMode(OpenEnum):
    """`HookExecutionMode` of the protocol."""

    sync: ClassVar["HookExecutionMode"] = member("sync")
    async_: ClassVar["HookExecutionMode"] = member("async")


class HookHandlerType(OpenEnum):
    """`HookHandlerType` of the protocol."""

    command: ClassVar["HookHandlerType"] = member("command")
    mcp_tool: ClassVar["HookHandlerType"] = member("mcpTool")
    prompt: ClassVar["HookHandlerType"] = member("prompt")
    agent: ClassVar["HookHandlerType"] = member("agent")


class HookOutputEntryKind(OpenEnum):
    """`HookOutputEntryKind` of the protocol."""

    warning: ClassVar["HookOutputEntryKind"] = member("warning")
    stop: ClassVar["HookOutputEntryKind"] = member("stop")
    feedback: ClassVar["HookOutputEntryKind"] = member("feedback")
    context: ClassVar["HookOutputEntryKind"] = member("context")
    error: ClassVar["HookOutputEntryKind"] = member("error")


class HookOutputEntry(WireModel):
    """`HookOutputEntry` of the protocol."""

    kind: HookOutputEntryKind
    text: str


class HookRunStatus(OpenEnum):
    """`HookRunStatus` of the protocol."""

    running: ClassVar["HookRunStatus"] = member("running")
    completed: ClassVar["HookRunStatus"] = member("completed")
    failed: ClassVar["HookRunStatus"] = member("failed")
    blocked: ClassVar["HookRunStatus"] = member("blocked")
    stopped: ClassVar["HookRunStatus"] = member("stopped")


class HookScope(OpenEnum):
    """`HookScope` of the protocol."""

    thread: ClassVar["HookScope"] = member("thread")
    turn: ClassVar["HookScope"] = member("turn")


class HookSource(OpenEnum):
    """`HookSource` of the protocol."""

    system: ClassVar["HookSource"] = member("system")
    user: ClassVar["HookSource"] = member("user")
    project: ClassVar["HookSource"] = member("project")
    mdm: ClassVar["HookSource"] = member("mdm")
    session_flags: ClassVar["HookSource"] = member("sessionFlags")
    plugin: ClassVar["HookSource"] = member("plugin")
    cloud_requirements: ClassVar["HookSource"] = member("cloudRequirements")
    cloud_managed_config: ClassVar["HookSource"] = member("cloudManagedConfig")
    legacy_managed_config_file: ClassVar["HookSource"] = member("legacyManagedConfigFile")
    legacy_managed_config_mdm: ClassVar["HookSource"] = member("legacyManagedConfigMdm")
    unknown: ClassVar["HookSource"] = member("unknown")


class HookRunSummary(WireModel):
    """`HookRunSummary` of the protocol."""

    display_order: int = Field(validation_alias="displayOrder", serialization_alias="displayOrder")
    entries: list[HookOutputEntry]
    event_name: HookEventName = Field(validation_alias="eventName", serialization_alias="eventName")
    execution_mode: HookExecutionMode = Field(
        validation_alias="executionMode", serialization_alias="executionMode"
    )
    handler_type: HookHandlerType = Field(validation_alias="handlerType", serialization_alias="handlerType")
    id: str
    scope: HookScope
    source_path: AbsolutePathBuf = Field(validation_alias="sourcePath", serialization_alias="sourcePath")
    started_at: int = Field(validation_alias="startedAt", serialization_alias="startedAt")
    status: HookRunStatus
    completed_at: int | None = Field(
        default=None, validation_alias="completedAt", serialization_alias="completedAt"
    )
    duration_ms: int | None = Field(
        default=None, validation_alias="durationMs", serialization_alias="durationMs"
    )
    source: HookSource = HookSource.unknown
    status_message: str | None = Field(
        default=None, validation_alias="statusMessage", serialization_alias="statusMessage"
    )


class HookCompletedNotification(WireModel):
    """Payload of `hook/completed`."""

    run: HookRunSummary
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str | None = Field(default=None, validation_alias="turnId", serialization_alias="turnId")


class HookErrorInfo(WireModel):
    """`HookErrorInfo` of the protocol."""

    message: str
    path: str


class HookTrustStatus(OpenEnum):
    """`HookTrustStatus` of the protocol."""

    managed: ClassVar["HookTrustStatus"] = member("managed")
    untrusted: ClassVar["HookTrustStatus"] = member("untrusted")
    trusted: ClassVar["HookTrustStatus"] = member("trusted")
    modified: ClassVar["HookTrustStatus"] = member("modified")


class HookMetadata(WireUnion, discriminator="handlerType", field="handler_type"):
    """`HookMetadata` of the protocol."""

    handler_type: str = Field(validation_alias="handlerType", serialization_alias="handlerType")
    """Tells the variants apart; any string in a variant that is not known here."""
    current_hash: str = Field(validation_alias="currentHash", serialization_alias="currentHash")
    display_order: int = Field(validation_alias="displayOrder", serialization_alias="displayOrder")
    enabled: bool
    event_name: HookEventName = Field(validation_alias="eventName", serialization_alias="eventName")
    is_managed: bool = Field(validation_alias="isManaged", serialization_alias="isManaged")
    key: str
    source: HookSource
    source_path: AbsolutePathBuf = Field(validation_alias="sourcePath", serialization_alias="sourcePath")
    timeout_sec: int = Field(validation_alias="timeoutSec", serialization_alias="timeoutSec")
    trust_status: HookTrustStatus = Field(validation_alias="trustStatus", serialization_alias="trustStatus")
    additional_context_limit: int | None = Field(
        default=None, validation_alias="additionalContextLimit", serialization_alias="additionalContextLimit"
    )
    """Configured `additionalContext` spill threshold. `null` uses 2,500 tokens; `0` disables spilling."""
    matcher: str | None = None
    plugin_id: str | None = Field(default=None, validation_alias="pluginId", serialization_alias="pluginId")
    status_message: str | None = Field(
        default=None, validation_alias="statusMessage", serialization_alias="statusMessage"
    )


class CommandHookMetadata(HookMetadata, tag="command"):
    """`HookMetadata` with `handlerType` `command`."""

    handler_type: Literal["command"] = Field(
        default="command", validation_alias="handlerType", serialization_alias="handlerType"
    )
    command: str
    async_: bool = Field(default=False, validation_alias="async", serialization_alias="async")


class McpToolHookMetadata(HookMetadata, tag="mcpTool"):
    """`HookMetadata` with `handlerType` `mcpTool`."""

    handler_type: Literal["mcpTool"] = Field(
        default="mcpTool", validation_alias="handlerType", serialization_alias="handlerType"
    )
    server: str
    tool: str


class PromptHookMetadata(HookMetadata, tag="prompt"):
    """`HookMetadata` with `handlerType` `prompt`."""

    handler_type: Literal["prompt"] = Field(
        default="prompt", validation_alias="handlerType", serialization_alias="handlerType"
    )


class AgentHookMetadata(HookMetadata, tag="agent"):
    """`HookMetadata` with `handlerType` `agent`."""

    handler_type: Literal["agent"] = Field(
        default="agent", validation_alias="handlerType", serialization_alias="handlerType"
    )


class HookStartedNotification(WireModel):
    """Payload of `hook/started`."""

    run: HookRunSummary
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str | None = Field(default=None, validation_alias="turnId", serialization_alias="turnId")


class HooksListEntry(WireModel):
    """`HooksListEntry` of the protocol."""

    cwd: str
    errors: list[HookErrorInfo]
    hooks: list[HookMetadata]
    warnings: list[str]


class HooksListParams(WireModel):
    """Params of `hooks/list`."""

    cwds: list[str] | None = None
    """When empty, defaults to the current session working directory."""


class HooksListResponse(WireModel):
    """Result of `hooks/list`."""

    data: list[HooksListEntry]


class SkillToolDependency(WireModel):
    """`SkillToolDependency` of the protocol."""

    type: str
    value: str
    command: str | None = None
    description: str | None = None
    transport: str | None = None
    url: str | None = None


class SkillDependencies(WireModel):
    """`SkillDependencies` of the protocol."""

    tools: list[SkillToolDependency]


class SkillErrorInfo(WireModel):
    """`SkillErrorInfo` of the protocol."""

    message: str
    path: str


class SkillScope(OpenEnum):
    """`SkillScope` of the protocol."""

    user: ClassVar["SkillScope"] = member("user")
    repo: ClassVar["SkillScope"] = member("repo")
    system: ClassVar["SkillScope"] = member("system")
    admin: ClassVar["SkillScope"] = member("admin")


class SkillMetadata(WireModel):
    """`SkillMetadata` of the protocol."""

    description: str
    enabled: bool
    name: str
    path: LegacyAppPathString
    scope: SkillScope
    dependencies: SkillDependencies | None = None
    interface: SkillInterface | None = None
    plugin_id: str | None = Field(default=None, validation_alias="pluginId", serialization_alias="pluginId")
    """Owning plugin ID, matching `PluginSummary.id`, when known."""
    short_description: str | None = Field(
        default=None, validation_alias="shortDescription", serialization_alias="shortDescription"
    )
    """Legacy short_description from SKILL.md. Prefer SKILL.json interface.short_description."""


class SkillsChangedNotification(WireModel):
    """Payload of `skills/changed`.

    Notification emitted when watched local skill files change.
    """


class SkillsConfigWriteParams(WireModel):
    """Params of `skills/config/write`."""

    enabled: bool
    name: str | None = None
    """Name-based selector."""
    path: AbsolutePathBuf | None = None
    """Path-based selector."""


class SkillsConfigWriteResponse(WireModel):
    """Result of `skills/config/write`."""

    effective_enabled: bool = Field(
        validation_alias="effectiveEnabled", serialization_alias="effectiveEnabled"
    )


class SkillsExtraRootsSetParams(WireModel):
    """Params of `skills/extraRoots/set`."""

    extra_roots: list[AbsolutePathBuf] = Field(
        validation_alias="extraRoots", serialization_alias="extraRoots"
    )


class SkillsExtraRootsSetResponse(WireModel):
    """Result of `skills/extraRoots/set`."""


class SkillsListEntry(WireModel):
    """`SkillsListEntry` of the protocol."""

    cwd: str
    errors: list[SkillErrorInfo]
    skills: list[SkillMetadata]


class SkillsListParams(WireModel):
    """Params of `skills/list`."""

    cwds: list[str] | None = None
    """When empty, defaults to the current session working directory."""
    force_reload: bool | None = Field(
        default=None, validation_alias="forceReload", serialization_alias="forceReload"
    )
    """When true, bypass the skills cache and re-scan skills from disk."""


class SkillsListResponse(WireModel):
    """Result of `skills/list`."""

    data: list[SkillsListEntry]
