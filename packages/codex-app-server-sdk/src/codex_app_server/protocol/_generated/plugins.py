"""Protocol types: plugins and marketplaces.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar, Literal

from pydantic import Field

from codex_app_server.protocol._base import OpenEnum, WireModel, WireUnion, member

from codex_app_server.protocol._generated.shared import HookEventName, SkillInterface
from codex_app_server.protocol._generated.turns import AbsolutePathBuf, LegacyAppPathString


class AppSummary(WireModel):
    """EXPERIMENTAL - app metadata summary for plugin responses."""

    id: str
    name: str
    category: str | None = None
    description: str | None = None
    install_url: str | None = Field(
        default=None, validation_alias="installUrl", serialization_alias="installUrl"
    )


class AppTemplateUnavailableReason(OpenEnum):
    """`AppTemplateUnavailableReason` of the protocol."""

    not_configured_for_workspace: ClassVar["AppTemplateUnavailableReason"] = member(
        "NOT_CONFIGURED_FOR_WORKSPACE"
    )
    no_active_workspace: ClassVar["AppTemplateUnavailableReason"] = member("NO_ACTIVE_WORKSPACE")


class AppTemplateSummary(WireModel):
    """`AppTemplateSummary` of the protocol."""

    materialized_app_ids: list[str] = Field(
        validation_alias="materializedAppIds", serialization_alias="materializedAppIds"
    )
    name: str
    template_id: str = Field(validation_alias="templateId", serialization_alias="templateId")
    canonical_connector_id: str | None = Field(
        default=None, validation_alias="canonicalConnectorId", serialization_alias="canonicalConnectorId"
    )
    category: str | None = None
    description: str | None = None
    logo_url: str | None = Field(default=None, validation_alias="logoUrl", serialization_alias="logoUrl")
    logo_url_dark: str | None = Field(
        default=None, validation_alias="logoUrlDark", serialization_alias="logoUrlDark"
    )
    reason: AppTemplateUnavailableReason | None = None


class MarketplaceAddParams(WireModel):
    """Params of `marketplace/add`."""

    source: str
    ref_name: str | None = Field(default=None, validation_alias="refName", serialization_alias="refName")
    sparse_paths: list[str] | None = Field(
        default=None, validation_alias="sparsePaths", serialization_alias="sparsePaths"
    )


class MarketplaceAddResponse(WireModel):
    """Result of `marketplace/add`."""

    already_added: bool = Field(validation_alias="alreadyAdded", serialization_alias="alreadyAdded")
    installed_root: AbsolutePathBuf = Field(
        validation_alias="installedRoot", serialization_alias="installedRoot"
    )
    marketplace_name: str = Field(validation_alias="marketplaceName", serialization_alias="marketplaceName")


class MarketplaceInterface(WireModel):
    """`MarketplaceInterface` of the protocol."""

    display_name: str | None = Field(
        default=None, validation_alias="displayName", serialization_alias="displayName"
    )


class MarketplaceLoadErrorInfo(WireModel):
    """`MarketplaceLoadErrorInfo` of the protocol."""

    marketplace_path: AbsolutePathBuf = Field(
        validation_alias="marketplacePath", serialization_alias="marketplacePath"
    )
    message: str


class MarketplaceRemoveParams(WireModel):
    """Params of `marketplace/remove`."""

    marketplace_name: str = Field(validation_alias="marketplaceName", serialization_alias="marketplaceName")


class MarketplaceRemoveResponse(WireModel):
    """Result of `marketplace/remove`."""

    marketplace_name: str = Field(validation_alias="marketplaceName", serialization_alias="marketplaceName")
    installed_root: AbsolutePathBuf | None = Field(
        default=None, validation_alias="installedRoot", serialization_alias="installedRoot"
    )


class MarketplaceUpgradeErrorInfo(WireModel):
    """`MarketplaceUpgradeErrorInfo` of the protocol."""

    marketplace_name: str = Field(validation_alias="marketplaceName", serialization_alias="marketplaceName")
    message: str


class MarketplaceUpgradeParams(WireModel):
    """Params of `marketplace/upgrade`."""

    marketplace_name: str | None = Field(
        default=None, validation_alias="marketplaceName", serialization_alias="marketplaceName"
    )


class MarketplaceUpgradeResponse(WireModel):
    """Result of `marketplace/upgrade`."""

    errors: list[MarketplaceUpgradeErrorInfo]
    selected_marketplaces: list[str] = Field(
        validation_alias="selectedMarketplaces", serialization_alias="selectedMarketplaces"
    )
    upgraded_roots: list[AbsolutePathBuf] = Field(
        validation_alias="upgradedRoots", serialization_alias="upgradedRoots"
    )


class PluginAuthPolicy(OpenEnum):
    """`PluginAuthPolicy` of the protocol."""

    on_install: ClassVar["PluginAuthPolicy"] = member("ON_INSTALL")
    on_use: ClassVar["PluginAuthPolicy"] = member("ON_USE")


class PluginAvailability(OpenEnum):
    """`PluginAvailability` of the protocol."""

    disabled_by_admin: ClassVar["PluginAvailability"] = member("DISABLED_BY_ADMIN")
    available: ClassVar["PluginAvailability"] = member("AVAILABLE")
    """Plugin-service currently sends `"ENABLED"` for available remote plugins. Codex app-server exposes
    `"AVAILABLE"` in its API; the alias keeps decoding compatible with that upstream response.
    """


class PluginHookSummary(WireModel):
    """`PluginHookSummary` of the protocol."""

    event_name: HookEventName = Field(validation_alias="eventName", serialization_alias="eventName")
    key: str


class PluginDisabledReason(OpenEnum):
    """`PluginDisabledReason` of the protocol."""

    disabled_by_admin: ClassVar["PluginDisabledReason"] = member("disabled_by_admin")
    plan_not_eligible: ClassVar["PluginDisabledReason"] = member("plan_not_eligible")
    required_app_unavailable: ClassVar["PluginDisabledReason"] = member("required_app_unavailable")
    unknown: ClassVar["PluginDisabledReason"] = member("unknown")


class PluginInstallPolicy(OpenEnum):
    """`PluginInstallPolicy` of the protocol."""

    not_available: ClassVar["PluginInstallPolicy"] = member("NOT_AVAILABLE")
    available: ClassVar["PluginInstallPolicy"] = member("AVAILABLE")
    installed_by_default: ClassVar["PluginInstallPolicy"] = member("INSTALLED_BY_DEFAULT")


class PluginInstallPolicySource(OpenEnum):
    """`PluginInstallPolicySource` of the protocol."""

    workspace_setting: ClassVar["PluginInstallPolicySource"] = member("WORKSPACE_SETTING")
    implicit_canonical_app: ClassVar["PluginInstallPolicySource"] = member("IMPLICIT_CANONICAL_APP")


class PluginInterface(WireModel):
    """`PluginInterface` of the protocol."""

    capabilities: list[str]
    screenshot_urls: list[str] = Field(
        validation_alias="screenshotUrls", serialization_alias="screenshotUrls"
    )
    """Remote screenshot URLs from the plugin catalog."""
    screenshots: list[AbsolutePathBuf]
    """Local screenshot paths, resolved from the installed plugin package."""
    brand_color: str | None = Field(
        default=None, validation_alias="brandColor", serialization_alias="brandColor"
    )
    category: str | None = None
    composer_icon: AbsolutePathBuf | None = Field(
        default=None, validation_alias="composerIcon", serialization_alias="composerIcon"
    )
    """Local composer icon path, resolved from the installed plugin package."""
    composer_icon_url: str | None = Field(
        default=None, validation_alias="composerIconUrl", serialization_alias="composerIconUrl"
    )
    """Remote composer icon URL from the plugin catalog."""
    default_prompt: list[str] | None = Field(
        default=None, validation_alias="defaultPrompt", serialization_alias="defaultPrompt"
    )
    """Starter prompts for the plugin. Capped at 3 entries with a maximum of 128 characters per entry."""
    developer_name: str | None = Field(
        default=None, validation_alias="developerName", serialization_alias="developerName"
    )
    display_name: str | None = Field(
        default=None, validation_alias="displayName", serialization_alias="displayName"
    )
    logo: AbsolutePathBuf | None = None
    """Local logo path, resolved from the installed plugin package."""
    logo_dark: AbsolutePathBuf | None = Field(
        default=None, validation_alias="logoDark", serialization_alias="logoDark"
    )
    """Local dark-mode logo path, resolved from the installed plugin package."""
    logo_url: str | None = Field(default=None, validation_alias="logoUrl", serialization_alias="logoUrl")
    """Remote logo URL from the plugin catalog."""
    logo_url_dark: str | None = Field(
        default=None, validation_alias="logoUrlDark", serialization_alias="logoUrlDark"
    )
    """Remote dark-mode logo URL from the plugin catalog."""
    long_description: str | None = Field(
        default=None, validation_alias="longDescription", serialization_alias="longDescription"
    )
    privacy_policy_url: str | None = Field(
        default=None, validation_alias="privacyPolicyUrl", serialization_alias="privacyPolicyUrl"
    )
    short_description: str | None = Field(
        default=None, validation_alias="shortDescription", serialization_alias="shortDescription"
    )
    terms_of_service_url: str | None = Field(
        default=None, validation_alias="termsOfServiceUrl", serialization_alias="termsOfServiceUrl"
    )
    website_url: str | None = Field(
        default=None, validation_alias="websiteUrl", serialization_alias="websiteUrl"
    )


class PluginShareDiscoverability(OpenEnum):
    """`PluginShareDiscoverability` of the protocol."""

    listed: ClassVar["PluginShareDiscoverability"] = member("LISTED")
    unlisted: ClassVar["PluginShareDiscoverability"] = member("UNLISTED")
    private: ClassVar["PluginShareDiscoverability"] = member("PRIVATE")


class PluginSharePrincipalRole(OpenEnum):
    """`PluginSharePrincipalRole` of the protocol."""

    reader: ClassVar["PluginSharePrincipalRole"] = member("reader")
    editor: ClassVar["PluginSharePrincipalRole"] = member("editor")
    owner: ClassVar["PluginSharePrincipalRole"] = member("owner")


class PluginSharePrincipalType(OpenEnum):
    """`PluginSharePrincipalType` of the protocol."""

    user: ClassVar["PluginSharePrincipalType"] = member("user")
    group: ClassVar["PluginSharePrincipalType"] = member("group")
    workspace: ClassVar["PluginSharePrincipalType"] = member("workspace")


class PluginSharePrincipal(WireModel):
    """`PluginSharePrincipal` of the protocol."""

    name: str
    principal_id: str = Field(validation_alias="principalId", serialization_alias="principalId")
    principal_type: PluginSharePrincipalType = Field(
        validation_alias="principalType", serialization_alias="principalType"
    )
    role: PluginSharePrincipalRole


class PluginShareContext(WireModel):
    """`PluginShareContext` of the protocol."""

    remote_plugin_id: str = Field(validation_alias="remotePluginId", serialization_alias="remotePluginId")
    can_publish_to_workspace: bool | None = Field(
        default=None, validation_alias="canPublishToWorkspace", serialization_alias="canPublishToWorkspace"
    )
    creator_account_user_id: str | None = Field(
        default=None, validation_alias="creatorAccountUserId", serialization_alias="creatorAccountUserId"
    )
    creator_name: str | None = Field(
        default=None, validation_alias="creatorName", serialization_alias="creatorName"
    )
    discoverability: PluginShareDiscoverability | None = None
    remote_version: str | None = Field(
        default=None, validation_alias="remoteVersion", serialization_alias="remoteVersion"
    )
    """Version of the remote shared plugin release when available."""
    share_principals: list[PluginSharePrincipal] | None = Field(
        default=None, validation_alias="sharePrincipals", serialization_alias="sharePrincipals"
    )
    share_url: str | None = Field(default=None, validation_alias="shareUrl", serialization_alias="shareUrl")


class PluginSource(WireUnion, discriminator="type"):
    """`PluginSource` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class LocalPluginSource(PluginSource, tag="local"):
    """`PluginSource` with `type` `local`."""

    type: Literal["local"] = "local"
    path: AbsolutePathBuf


class GitPluginSource(PluginSource, tag="git"):
    """`PluginSource` with `type` `git`."""

    type: Literal["git"] = "git"
    url: str
    path: str | None = None
    ref_name: str | None = Field(default=None, validation_alias="refName", serialization_alias="refName")
    sha: str | None = None


class NpmPluginSource(PluginSource, tag="npm"):
    """`PluginSource` with `type` `npm`."""

    type: Literal["npm"] = "npm"
    package: str
    registry: str | None = None
    """Optional HTTPS registry URL. Authentication stays in the user's npm config."""
    version: str | None = None
    """Optional npm version or version range."""


class RemotePluginSource(PluginSource, tag="remote"):
    """The plugin is available in the remote catalog. Download metadata is kept server-side and is not
    exposed through the app-server API.
    """

    type: Literal["remote"] = "remote"


class PluginSummary(WireModel):
    """`PluginSummary` of the protocol."""

    auth_policy: PluginAuthPolicy = Field(validation_alias="authPolicy", serialization_alias="authPolicy")
    enabled: bool
    id: str
    install_policy: PluginInstallPolicy = Field(
        validation_alias="installPolicy", serialization_alias="installPolicy"
    )
    installed: bool
    name: str
    source: PluginSource
    availability: PluginAvailability = PluginAvailability.available
    """Availability state for installing and using the plugin."""
    disabled_reason: PluginDisabledReason | None = Field(
        default=None, validation_alias="disabledReason", serialization_alias="disabledReason"
    )
    """Why the remote plugin is unavailable, when provided by plugin-service."""
    eligible_plan_types: list[str] | None = Field(
        default=None, validation_alias="eligiblePlanTypes", serialization_alias="eligiblePlanTypes"
    )
    """Raw plugin-service plan identifiers eligible to install the plugin."""
    install_policy_source: PluginInstallPolicySource | None = Field(
        default=None, validation_alias="installPolicySource", serialization_alias="installPolicySource"
    )
    installed_at: int | None = Field(
        default=None, validation_alias="installedAt", serialization_alias="installedAt"
    )
    """Unix timestamp in seconds when the remote plugin was installed, when available."""
    interface: PluginInterface | None = None
    keywords: list[str] = Field(default=[])
    local_version: str | None = Field(
        default=None, validation_alias="localVersion", serialization_alias="localVersion"
    )
    """Version of the locally materialized plugin package when available."""
    must_show_installation_interstitial: bool | None = Field(
        default=None,
        validation_alias="mustShowInstallationInterstitial",
        serialization_alias="mustShowInstallationInterstitial",
    )
    remote_plugin_id: str | None = Field(
        default=None, validation_alias="remotePluginId", serialization_alias="remotePluginId"
    )
    """Backend remote plugin identifier when available."""
    share_context: PluginShareContext | None = Field(
        default=None, validation_alias="shareContext", serialization_alias="shareContext"
    )
    """Remote sharing context associated with this plugin when available."""
    version: str | None = None
    """Version advertised by the remote marketplace backend when available."""


class ScheduledTaskWeekday(OpenEnum):
    """`ScheduledTaskWeekday` of the protocol."""

    mo: ClassVar["ScheduledTaskWeekday"] = member("MO")
    tu: ClassVar["ScheduledTaskWeekday"] = member("TU")
    we: ClassVar["ScheduledTaskWeekday"] = member("WE")
    th: ClassVar["ScheduledTaskWeekday"] = member("TH")
    fr: ClassVar["ScheduledTaskWeekday"] = member("FR")
    sa: ClassVar["ScheduledTaskWeekday"] = member("SA")
    su: ClassVar["ScheduledTaskWeekday"] = member("SU")


class ScheduledTaskSchedule(WireUnion, discriminator="type"):
    """`ScheduledTaskSchedule` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class HourlyScheduledTaskSchedule(ScheduledTaskSchedule, tag="hourly"):
    """`ScheduledTaskSchedule` with `type` `hourly`."""

    type: Literal["hourly"] = "hourly"
    interval_hours: int = Field(validation_alias="intervalHours", serialization_alias="intervalHours")
    days: list[ScheduledTaskWeekday] | None = None


class DailyScheduledTaskSchedule(ScheduledTaskSchedule, tag="daily"):
    """`ScheduledTaskSchedule` with `type` `daily`."""

    type: Literal["daily"] = "daily"
    time: str


class WeekdaysScheduledTaskSchedule(ScheduledTaskSchedule, tag="weekdays"):
    """`ScheduledTaskSchedule` with `type` `weekdays`."""

    type: Literal["weekdays"] = "weekdays"
    time: str


class WeeklyScheduledTaskSchedule(ScheduledTaskSchedule, tag="weekly"):
    """`ScheduledTaskSchedule` with `type` `weekly`."""

    type: Literal["weekly"] = "weekly"
    days: list[ScheduledTaskWeekday]
    time: str


class ScheduledTaskSummary(WireModel):
    """`ScheduledTaskSummary` of the protocol."""

    key: str
    name: str
    prompt: str
    schedule: ScheduledTaskSchedule


class SkillSummary(WireModel):
    """`SkillSummary` of the protocol."""

    description: str
    enabled: bool
    name: str
    interface: SkillInterface | None = None
    path: LegacyAppPathString | None = None
    short_description: str | None = Field(
        default=None, validation_alias="shortDescription", serialization_alias="shortDescription"
    )


class PluginDetail(WireModel):
    """`PluginDetail` of the protocol."""

    app_templates: list[AppTemplateSummary] = Field(
        validation_alias="appTemplates", serialization_alias="appTemplates"
    )
    apps: list[AppSummary]
    hooks: list[PluginHookSummary]
    marketplace_name: str = Field(validation_alias="marketplaceName", serialization_alias="marketplaceName")
    mcp_servers: list[str] = Field(validation_alias="mcpServers", serialization_alias="mcpServers")
    skills: list[SkillSummary]
    summary: PluginSummary
    description: str | None = None
    marketplace_path: AbsolutePathBuf | None = Field(
        default=None, validation_alias="marketplacePath", serialization_alias="marketplacePath"
    )
    onboarding_skill: SkillSummary | None = Field(
        default=None, validation_alias="onboardingSkill", serialization_alias="onboardingSkill"
    )
    """The declared onboarding skill, when the plugin and visible skill are enabled."""
    scheduled_tasks: list[ScheduledTaskSummary] | None = Field(
        default=None, validation_alias="scheduledTasks", serialization_alias="scheduledTasks"
    )
    share_url: str | None = Field(default=None, validation_alias="shareUrl", serialization_alias="shareUrl")


class PluginInstallParams(WireModel):
    """Params of `plugin/install`."""

    plugin_name: str = Field(validation_alias="pluginName", serialization_alias="pluginName")
    install_attempt_id: str | None = Field(
        default=None, validation_alias="installAttemptId", serialization_alias="installAttemptId"
    )
    """Client-generated identifier used to correlate one installation attempt."""
    marketplace_path: AbsolutePathBuf | None = Field(
        default=None, validation_alias="marketplacePath", serialization_alias="marketplacePath"
    )
    remote_marketplace_name: str | None = Field(
        default=None, validation_alias="remoteMarketplaceName", serialization_alias="remoteMarketplaceName"
    )


class PluginInstallResponse(WireModel):
    """Result of `plugin/install`."""

    apps_needing_auth: list[AppSummary] = Field(
        validation_alias="appsNeedingAuth", serialization_alias="appsNeedingAuth"
    )
    auth_policy: PluginAuthPolicy = Field(validation_alias="authPolicy", serialization_alias="authPolicy")


class PluginInstalledParams(WireModel):
    """Params of `plugin/installed`."""

    cwds: list[AbsolutePathBuf] | None = None
    """Optional working directories used to discover repo marketplaces."""
    install_suggestion_plugin_names: list[str] | None = Field(
        default=None,
        validation_alias="installSuggestionPluginNames",
        serialization_alias="installSuggestionPluginNames",
    )
    """Additional uninstalled plugin names that should be returned when present locally. This is used by
    mention surfaces that intentionally expose install entrypoints.
    """


class PluginMarketplaceEntry(WireModel):
    """`PluginMarketplaceEntry` of the protocol."""

    name: str
    plugins: list[PluginSummary]
    interface: MarketplaceInterface | None = None
    path: AbsolutePathBuf | None = None
    """Local marketplace file path when the marketplace is backed by a local file. Remote-only catalog
    marketplaces do not have a local path.
    """


class PluginInstalledResponse(WireModel):
    """Result of `plugin/installed`."""

    marketplaces: list[PluginMarketplaceEntry]
    marketplace_load_errors: list[MarketplaceLoadErrorInfo] = Field(
        default=[], validation_alias="marketplaceLoadErrors", serialization_alias="marketplaceLoadErrors"
    )


class PluginListMarketplaceKind(OpenEnum):
    """`PluginListMarketplaceKind` of the protocol."""

    local: ClassVar["PluginListMarketplaceKind"] = member("local")
    vertical: ClassVar["PluginListMarketplaceKind"] = member("vertical")
    workspace_directory: ClassVar["PluginListMarketplaceKind"] = member("workspace-directory")
    shared_with_me: ClassVar["PluginListMarketplaceKind"] = member("shared-with-me")
    created_by_me_remote: ClassVar["PluginListMarketplaceKind"] = member("created-by-me-remote")


class PluginListParams(WireModel):
    """Params of `plugin/list`."""

    cwds: list[AbsolutePathBuf] | None = None
    """Optional working directories used to discover repo marketplaces. When omitted, only home-scoped
    marketplaces and the official curated marketplace are considered.
    """
    force_refetch: bool | None = Field(
        default=None, validation_alias="forceRefetch", serialization_alias="forceRefetch"
    )
    """Whether the client requests a fresh remote plugin catalog fetch."""
    marketplace_kinds: list[PluginListMarketplaceKind] | None = Field(
        default=None, validation_alias="marketplaceKinds", serialization_alias="marketplaceKinds"
    )
    """Optional marketplace kind filter. When omitted, only local marketplaces are queried, plus the default
    remote catalog when enabled by feature flag.
    """


class PluginListResponse(WireModel):
    """Result of `plugin/list`."""

    marketplaces: list[PluginMarketplaceEntry]
    featured_plugin_ids: list[str] = Field(
        default=[], validation_alias="featuredPluginIds", serialization_alias="featuredPluginIds"
    )
    marketplace_load_errors: list[MarketplaceLoadErrorInfo] = Field(
        default=[], validation_alias="marketplaceLoadErrors", serialization_alias="marketplaceLoadErrors"
    )


class PluginReadParams(WireModel):
    """Params of `plugin/read`."""

    plugin_name: str = Field(validation_alias="pluginName", serialization_alias="pluginName")
    marketplace_path: AbsolutePathBuf | None = Field(
        default=None, validation_alias="marketplacePath", serialization_alias="marketplacePath"
    )
    remote_marketplace_name: str | None = Field(
        default=None, validation_alias="remoteMarketplaceName", serialization_alias="remoteMarketplaceName"
    )


class PluginReadResponse(WireModel):
    """Result of `plugin/read`."""

    plugin: PluginDetail


class PluginReconcileChangedPlugin(WireModel):
    """Runtime categories affected by this change, not just capabilities currently present. Flags describe
    declarations before runtime policy filtering. Updates OR the old and new bundle flags; enablement
    changes and cached reinstalls use the cached bundle; removals retain the old bundle's flags.
    """

    has_apps: bool = Field(validation_alias="hasApps", serialization_alias="hasApps")
    has_hooks: bool = Field(validation_alias="hasHooks", serialization_alias="hasHooks")
    has_mcps: bool = Field(validation_alias="hasMcps", serialization_alias="hasMcps")
    has_skills: bool = Field(validation_alias="hasSkills", serialization_alias="hasSkills")
    """Whether either bundle declares skill roots; not a validated inventory of enabled skills."""
    id: str
    """Local plugin ID (`name@marketplace`), matching `PluginSummary.id`."""


class PluginReconcileParams(WireModel):
    """Params of `plugin/reconcile`."""

    reason: str | None = None
    """Optional client-provided reason recorded with the reconciliation attempt."""


class PluginReconcileResponse(WireModel):
    """Result of `plugin/reconcile`.

    Bundle and installed-state changes observed by this pass, not a runtime-readiness acknowledgement or a
    cumulative diff since the client's last request. Other metadata-only changes are not listed.
    """

    changed_plugins: list[PluginReconcileChangedPlugin] = Field(
        validation_alias="changedPlugins", serialization_alias="changedPlugins"
    )
    """Plugins affected by bundle changes, enablement changes, or removals. Installed-state changes compare
    against the previous cached snapshot, including cached reinstalls. Removal hints survive cache cleanup
    failures; unchanged plugins are omitted.
    """
    failed_materialization_remote_plugin_ids: list[str] = Field(
        validation_alias="failedMaterializationRemotePluginIds",
        serialization_alias="failedMaterializationRemotePluginIds",
    )
    """Subset of failures for which the requested bundle could not be materialized. A previously cached
    version may still be available.
    """
    failed_remote_plugin_ids: list[str] = Field(
        validation_alias="failedRemotePluginIds", serialization_alias="failedRemotePluginIds"
    )
    """Backend remote plugin IDs whose bundle or identity update failed."""


class PluginSearchScope(OpenEnum):
    """`PluginSearchScope` of the protocol."""

    global_: ClassVar["PluginSearchScope"] = member("global")
    workspace: ClassVar["PluginSearchScope"] = member("workspace")
    personal: ClassVar["PluginSearchScope"] = member("personal")


class PluginSearchParams(WireModel):
    """Params of `plugin/search` (experimental)."""

    search_term: str = Field(validation_alias="searchTerm", serialization_alias="searchTerm")
    cursor: str | None = None
    cwds: list[AbsolutePathBuf] | None = None
    limit: int | None = None
    scope: PluginSearchScope | None = None


class PluginSearchResult(WireModel):
    """`PluginSearchResult` of the protocol."""

    marketplace_name: str = Field(validation_alias="marketplaceName", serialization_alias="marketplaceName")
    plugin: PluginSummary
    marketplace_path: AbsolutePathBuf | None = Field(
        default=None, validation_alias="marketplacePath", serialization_alias="marketplacePath"
    )


class PluginSearchResponse(WireModel):
    """Result of `plugin/search` (experimental)."""

    data: list[PluginSearchResult]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )


class PluginShareCheckoutParams(WireModel):
    """Params of `plugin/share/checkout`."""

    remote_plugin_id: str = Field(validation_alias="remotePluginId", serialization_alias="remotePluginId")


class PluginShareCheckoutResponse(WireModel):
    """Result of `plugin/share/checkout`."""

    marketplace_name: str = Field(validation_alias="marketplaceName", serialization_alias="marketplaceName")
    marketplace_path: AbsolutePathBuf = Field(
        validation_alias="marketplacePath", serialization_alias="marketplacePath"
    )
    plugin_id: str = Field(validation_alias="pluginId", serialization_alias="pluginId")
    plugin_name: str = Field(validation_alias="pluginName", serialization_alias="pluginName")
    plugin_path: AbsolutePathBuf = Field(validation_alias="pluginPath", serialization_alias="pluginPath")
    remote_plugin_id: str = Field(validation_alias="remotePluginId", serialization_alias="remotePluginId")
    remote_version: str | None = Field(
        default=None, validation_alias="remoteVersion", serialization_alias="remoteVersion"
    )


class PluginShareDeleteParams(WireModel):
    """Params of `plugin/share/delete`."""

    remote_plugin_id: str = Field(validation_alias="remotePluginId", serialization_alias="remotePluginId")


class PluginShareDeleteResponse(WireModel):
    """Result of `plugin/share/delete`."""


class PluginShareListItem(WireModel):
    """`PluginShareListItem` of the protocol."""

    plugin: PluginSummary
    local_plugin_path: AbsolutePathBuf | None = Field(
        default=None, validation_alias="localPluginPath", serialization_alias="localPluginPath"
    )


class PluginShareListParams(WireModel):
    """Params of `plugin/share/list`."""


class PluginShareListResponse(WireModel):
    """Result of `plugin/share/list`."""

    data: list[PluginShareListItem]


class PluginShareTargetRole(OpenEnum):
    """`PluginShareTargetRole` of the protocol."""

    reader: ClassVar["PluginShareTargetRole"] = member("reader")
    editor: ClassVar["PluginShareTargetRole"] = member("editor")


class PluginShareTarget(WireModel):
    """`PluginShareTarget` of the protocol."""

    principal_id: str = Field(validation_alias="principalId", serialization_alias="principalId")
    principal_type: PluginSharePrincipalType = Field(
        validation_alias="principalType", serialization_alias="principalType"
    )
    role: PluginShareTargetRole


class PluginShareSaveParams(WireModel):
    """Params of `plugin/share/save`."""

    plugin_path: AbsolutePathBuf = Field(validation_alias="pluginPath", serialization_alias="pluginPath")
    discoverability: PluginShareDiscoverability | None = None
    remote_plugin_id: str | None = Field(
        default=None, validation_alias="remotePluginId", serialization_alias="remotePluginId"
    )
    share_targets: list[PluginShareTarget] | None = Field(
        default=None, validation_alias="shareTargets", serialization_alias="shareTargets"
    )


class PluginShareSaveResponse(WireModel):
    """Result of `plugin/share/save`."""

    remote_plugin_id: str = Field(validation_alias="remotePluginId", serialization_alias="remotePluginId")
    share_url: str = Field(validation_alias="shareUrl", serialization_alias="shareUrl")
    can_publish_to_workspace: bool | None = Field(
        default=None, validation_alias="canPublishToWorkspace", serialization_alias="canPublishToWorkspace"
    )


class PluginShareUpdateDiscoverability(OpenEnum):
    """`PluginShareUpdateDiscoverability` of the protocol."""

    unlisted: ClassVar["PluginShareUpdateDiscoverability"] = member("UNLISTED")
    private: ClassVar["PluginShareUpdateDiscoverability"] = member("PRIVATE")
    listed: ClassVar["PluginShareUpdateDiscoverability"] = member("LISTED")


class PluginShareUpdateTargetsParams(WireModel):
    """Params of `plugin/share/updateTargets`."""

    discoverability: PluginShareUpdateDiscoverability
    remote_plugin_id: str = Field(validation_alias="remotePluginId", serialization_alias="remotePluginId")
    share_targets: list[PluginShareTarget] = Field(
        validation_alias="shareTargets", serialization_alias="shareTargets"
    )


class PluginShareUpdateTargetsResponse(WireModel):
    """Result of `plugin/share/updateTargets`."""

    discoverability: PluginShareDiscoverability
    principals: list[PluginSharePrincipal]


class PluginSkillReadParams(WireModel):
    """Params of `plugin/skill/read`."""

    remote_marketplace_name: str = Field(
        validation_alias="remoteMarketplaceName", serialization_alias="remoteMarketplaceName"
    )
    remote_plugin_id: str = Field(validation_alias="remotePluginId", serialization_alias="remotePluginId")
    skill_name: str = Field(validation_alias="skillName", serialization_alias="skillName")


class PluginSkillReadResponse(WireModel):
    """Result of `plugin/skill/read`."""

    contents: str | None = None


class PluginUninstallParams(WireModel):
    """Params of `plugin/uninstall`."""

    plugin_id: str = Field(validation_alias="pluginId", serialization_alias="pluginId")


class PluginUninstallResponse(WireModel):
    """Result of `plugin/uninstall`."""
