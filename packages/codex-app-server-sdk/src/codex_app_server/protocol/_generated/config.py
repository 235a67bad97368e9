"""Protocol types: configuration, requirements and features.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar, Literal

from pydantic import Field

from codex_app_server.protocol._base import JsonValue, OpenEnum, WireModel, WireUnion, member

from codex_app_server.protocol._generated.shared import AppToolApproval
from codex_app_server.protocol._generated.threads import SandboxMode
from codex_app_server.protocol._generated.turn_requests import (
    AnyAskForApproval,
    ApprovalsReviewer,
    ModeKind,
    ReasoningSummary,
)
from codex_app_server.protocol._generated.turns import (
    AbsolutePathBuf,
    ForcedChatgptWorkspaceIds,
    ReasoningEffort,
)


class AllowDenyRequirement(OpenEnum):
    """`AllowDenyRequirement` of the protocol."""

    allow: ClassVar["AllowDenyRequirement"] = member("allow")
    deny: ClassVar["AllowDenyRequirement"] = member("deny")


class AnalyticsConfig(WireModel):
    """`AnalyticsConfig` of the protocol."""

    enabled: bool | None = None


class NetworkDomainPermission(OpenEnum):
    """`NetworkDomainPermission` of the protocol."""

    allow: ClassVar["NetworkDomainPermission"] = member("allow")
    deny: ClassVar["NetworkDomainPermission"] = member("deny")


class ApplicationNetworkRequirements(WireModel):
    """`ApplicationNetworkRequirements` of the protocol."""

    domains: dict[str, NetworkDomainPermission]
    enabled: bool
    """When enabled, only explicitly allowed exact domains may be contacted."""


class ApplicationRequirements(WireModel):
    """`ApplicationRequirements` of the protocol."""

    network: ApplicationNetworkRequirements | None = None


class AppsDefaultConfig(WireModel):
    """`AppsDefaultConfig` of the protocol."""

    approvals_reviewer: ApprovalsReviewer | None = None
    default_tools_approval_mode: AppToolApproval | None = None
    destructive_enabled: bool = True
    enabled: bool = True
    open_world_enabled: bool = True


class AppsConfig(WireModel):
    """`AppsConfig` of the protocol."""

    default: AppsDefaultConfig | None = Field(
        default=None, validation_alias="_default", serialization_alias="_default"
    )


class AutoCompactTokenLimitScope(OpenEnum):
    """Selects which part of the active context is charged against `model_auto_compact_token_limit`."""

    total: ClassVar["AutoCompactTokenLimitScope"] = member("total")
    """Count the full active context against the limit."""
    body_after_prefix: ClassVar["AutoCompactTokenLimitScope"] = member("body_after_prefix")
    """Count sampled output and later growth after the carried window prefix."""


class AutoReviewRequirements(WireModel):
    """`AutoReviewRequirements` of the protocol."""

    ignore_rules: list[str] | None = Field(
        default=None, validation_alias="ignoreRules", serialization_alias="ignoreRules"
    )
    required_on_models: list[str] | None = Field(
        default=None, validation_alias="requiredOnModels", serialization_alias="requiredOnModels"
    )


class BrowserUseAccessApprovalLifetime(OpenEnum):
    """`BrowserUseAccessApprovalLifetime` of the protocol."""

    turn: ClassVar["BrowserUseAccessApprovalLifetime"] = member("turn")
    thread: ClassVar["BrowserUseAccessApprovalLifetime"] = member("thread")


class BrowserUseOriginPolicyConfig(WireModel):
    """`BrowserUseOriginPolicyConfig` of the protocol."""

    access: AllowDenyRequirement | None = None
    downloads: AllowDenyRequirement | None = None
    full_cdp_access: AllowDenyRequirement | None = None
    uploads: AllowDenyRequirement | None = None


class BrowserUseConfig(WireModel):
    """`BrowserUseConfig` of the protocol."""

    allow_history_access: bool | None = None
    default_origin_policy: BrowserUseOriginPolicyConfig | None = None
    origins: dict[str, BrowserUseOriginPolicyConfig] | None = None


class RequestHeader(WireModel):
    """`RequestHeader` of the protocol."""

    name: str
    value: str


class BrowserUseExtensionRequirements(WireModel):
    """`BrowserUseExtensionRequirements` of the protocol."""

    request_headers: list[RequestHeader] | None = Field(
        default=None, validation_alias="requestHeaders", serialization_alias="requestHeaders"
    )


class BrowserUseOriginPolicy(WireModel):
    """`BrowserUseOriginPolicy` of the protocol."""

    access: AllowDenyRequirement | None = None
    access_approval_lifetime: BrowserUseAccessApprovalLifetime | None = Field(
        default=None, validation_alias="accessApprovalLifetime", serialization_alias="accessApprovalLifetime"
    )
    auto_review: AllowDenyRequirement | None = Field(
        default=None, validation_alias="autoReview", serialization_alias="autoReview"
    )
    downloads: AllowDenyRequirement | None = None
    full_cdp_access: AllowDenyRequirement | None = Field(
        default=None, validation_alias="fullCdpAccess", serialization_alias="fullCdpAccess"
    )
    persistent_approval: bool | None = Field(
        default=None, validation_alias="persistentApproval", serialization_alias="persistentApproval"
    )
    uploads: AllowDenyRequirement | None = None


class BrowserUseRequirements(WireModel):
    """`BrowserUseRequirements` of the protocol."""

    allow_global_persistent_approval: bool | None = Field(
        default=None,
        validation_alias="allowGlobalPersistentApproval",
        serialization_alias="allowGlobalPersistentApproval",
    )
    allow_history_access: bool | None = Field(
        default=None, validation_alias="allowHistoryAccess", serialization_alias="allowHistoryAccess"
    )
    allow_webmcp: bool | None = Field(
        default=None, validation_alias="allowWebmcp", serialization_alias="allowWebmcp"
    )
    default_origin_policy: BrowserUseOriginPolicy | None = Field(
        default=None, validation_alias="defaultOriginPolicy", serialization_alias="defaultOriginPolicy"
    )
    disable_auto_review: bool | None = Field(
        default=None, validation_alias="disableAutoReview", serialization_alias="disableAutoReview"
    )
    extension: BrowserUseExtensionRequirements | None = None
    origins: dict[str, BrowserUseOriginPolicy] | None = None


class CliAuthCredentialsStoreMode(OpenEnum):
    """`CliAuthCredentialsStoreMode` of the protocol."""

    file: ClassVar["CliAuthCredentialsStoreMode"] = member("file")
    keyring: ClassVar["CliAuthCredentialsStoreMode"] = member("keyring")
    auto: ClassVar["CliAuthCredentialsStoreMode"] = member("auto")
    ephemeral: ClassVar["CliAuthCredentialsStoreMode"] = member("ephemeral")


class CollaborationModeListParams(WireModel):
    """Params of `collaborationMode/list` (experimental).

    EXPERIMENTAL - list collaboration mode presets.
    """


class CollaborationModeMask(WireModel):
    """EXPERIMENTAL - collaboration mode preset metadata for clients."""

    name: str
    mode: ModeKind | None = None
    model: str | None = None
    reasoning_effort: ReasoningEffort | None = None


class CollaborationModeListResponse(WireModel):
    """Result of `collaborationMode/list` (experimental).

    EXPERIMENTAL - collaboration mode presets response.
    """

    data: list[CollaborationModeMask]


class ComputerUseMacosConfig(WireModel):
    """`ComputerUseMacosConfig` of the protocol."""

    bundle_ids: dict[str, AllowDenyRequirement] | None = None


class ComputerUseWindowsExeConfig(WireModel):
    """`ComputerUseWindowsExeConfig` of the protocol."""

    access: AllowDenyRequirement
    product_name: str
    publisher_name: str
    binary_name: str | None = None


class ComputerUseWindowsConfig(WireModel):
    """`ComputerUseWindowsConfig` of the protocol."""

    aumids: dict[str, AllowDenyRequirement] | None = None
    exes: list[ComputerUseWindowsExeConfig] | None = None


class ComputerUseConfig(WireModel):
    """`ComputerUseConfig` of the protocol."""

    default_app_access: AllowDenyRequirement | None = None
    macos: ComputerUseMacosConfig | None = None
    windows: ComputerUseWindowsConfig | None = None


class ComputerUseMacosRequirements(WireModel):
    """`ComputerUseMacosRequirements` of the protocol."""

    bundle_ids: dict[str, AllowDenyRequirement] | None = Field(
        default=None, validation_alias="bundleIds", serialization_alias="bundleIds"
    )


class ComputerUseWindowsExeRequirement(WireModel):
    """`ComputerUseWindowsExeRequirement` of the protocol."""

    access: AllowDenyRequirement
    product_name: str = Field(validation_alias="productName", serialization_alias="productName")
    publisher_name: str = Field(validation_alias="publisherName", serialization_alias="publisherName")
    binary_name: str | None = Field(
        default=None, validation_alias="binaryName", serialization_alias="binaryName"
    )


class ComputerUseWindowsRequirements(WireModel):
    """`ComputerUseWindowsRequirements` of the protocol."""

    aumids: dict[str, AllowDenyRequirement] | None = None
    exes: list[ComputerUseWindowsExeRequirement] | None = None


class ComputerUseRequirements(WireModel):
    """`ComputerUseRequirements` of the protocol."""

    allow_locked_computer_use: bool | None = Field(
        default=None, validation_alias="allowLockedComputerUse", serialization_alias="allowLockedComputerUse"
    )
    allow_persistent_approval: bool | None = Field(
        default=None,
        validation_alias="allowPersistentApproval",
        serialization_alias="allowPersistentApproval",
    )
    default_app_access: AllowDenyRequirement | None = Field(
        default=None, validation_alias="defaultAppAccess", serialization_alias="defaultAppAccess"
    )
    macos: ComputerUseMacosRequirements | None = None
    windows: ComputerUseWindowsRequirements | None = None


class ForcedLoginMethod(OpenEnum):
    """`ForcedLoginMethod` of the protocol."""

    chatgpt: ClassVar["ForcedLoginMethod"] = member("chatgpt")
    api: ClassVar["ForcedLoginMethod"] = member("api")


class SandboxWorkspaceWrite(WireModel):
    """`SandboxWorkspaceWrite` of the protocol."""

    exclude_slash_tmp: bool = False
    exclude_tmpdir_env_var: bool = False
    network_access: bool = False
    writable_roots: list[str] = Field(default=[])


class WebSearchContextSize(OpenEnum):
    """`WebSearchContextSize` of the protocol."""

    low: ClassVar["WebSearchContextSize"] = member("low")
    medium: ClassVar["WebSearchContextSize"] = member("medium")
    high: ClassVar["WebSearchContextSize"] = member("high")


class WebSearchLocation(WireModel):
    """`WebSearchLocation` of the protocol."""

    city: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None


class WebSearchToolConfig(WireModel):
    """`WebSearchToolConfig` of the protocol."""

    allowed_domains: list[str] | None = None
    context_size: WebSearchContextSize | None = None
    location: WebSearchLocation | None = None


class ToolsV2(WireModel):
    """`ToolsV2` of the protocol."""

    web_search: WebSearchToolConfig | None = None


class Verbosity(OpenEnum):
    """Controls output length/detail on GPT-5 models via the Responses API. Serialized with lowercase values
    to match the OpenAI API.
    """

    low: ClassVar["Verbosity"] = member("low")
    medium: ClassVar["Verbosity"] = member("medium")
    high: ClassVar["Verbosity"] = member("high")


class WebSearchMode(OpenEnum):
    """`WebSearchMode` of the protocol."""

    disabled: ClassVar["WebSearchMode"] = member("disabled")
    cached: ClassVar["WebSearchMode"] = member("cached")
    indexed: ClassVar["WebSearchMode"] = member("indexed")
    live: ClassVar["WebSearchMode"] = member("live")


class Config(WireModel):
    """`Config` of the protocol."""

    analytics: AnalyticsConfig | None = None
    approval_policy: AnyAskForApproval | None = None
    approvals_reviewer: ApprovalsReviewer | None = None
    """[UNSTABLE] Optional default for where approval requests are routed for review."""
    apps: AppsConfig | None = None
    browser_use: BrowserUseConfig | None = None
    compact_prompt: str | None = None
    computer_use: ComputerUseConfig | None = None
    desktop: dict[str, JsonValue] | None = None
    developer_instructions: str | None = None
    forced_chatgpt_workspace_id: ForcedChatgptWorkspaceIds | None = None
    forced_login_method: ForcedLoginMethod | None = None
    instructions: str | None = None
    model: str | None = None
    model_auto_compact_token_limit: int | None = None
    model_auto_compact_token_limit_scope: AutoCompactTokenLimitScope | None = None
    model_context_window: int | None = None
    model_provider: str | None = None
    model_reasoning_effort: ReasoningEffort | None = None
    model_reasoning_summary: ReasoningSummary | None = None
    model_verbosity: Verbosity | None = None
    review_model: str | None = None
    sandbox_mode: SandboxMode | None = None
    sandbox_workspace_write: SandboxWorkspaceWrite | None = None
    service_tier: str | None = None
    tools: ToolsV2 | None = None
    web_search: WebSearchMode | None = None


class MergeStrategy(OpenEnum):
    """`MergeStrategy` of the protocol."""

    replace_: ClassVar["MergeStrategy"] = member("replace")
    upsert: ClassVar["MergeStrategy"] = member("upsert")


class ConfigEdit(WireModel):
    """`ConfigEdit` of the protocol."""

    key_path: str = Field(validation_alias="keyPath", serialization_alias="keyPath")
    merge_strategy: MergeStrategy = Field(
        validation_alias="mergeStrategy", serialization_alias="mergeStrategy"
    )
    value: JsonValue


class ConfigBatchWriteParams(WireModel):
    """Params of `config/batchWrite`."""

    edits: list[ConfigEdit]
    expected_version: str | None = Field(
        default=None, validation_alias="expectedVersion", serialization_alias="expectedVersion"
    )
    file_path: str | None = Field(default=None, validation_alias="filePath", serialization_alias="filePath")
    """Path to the config file to write; defaults to the user's `config.toml` when omitted."""
    reload_user_config: bool | None = Field(
        default=None, validation_alias="reloadUserConfig", serialization_alias="reloadUserConfig"
    )
    """When true, hot-reload updated runtime settings into loaded threads after writing. Session-static
    model, reasoning-effort, Plan-mode reasoning-effort, and service-tier defaults are not reloaded. The
    deprecated personality setting is also not reloaded.
    """


class ConfigLayerSource(WireUnion, discriminator="type"):
    """`ConfigLayerSource` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class PackagedDefaultsConfigLayerSource(ConfigLayerSource, tag="packagedDefaults"):
    """Default configuration supplied with the installed Codex package."""

    type: Literal["packagedDefaults"] = "packagedDefaults"
    file: AbsolutePathBuf
    """Path to the packaged default configuration file."""


class MdmConfigLayerSource(ConfigLayerSource, tag="mdm"):
    """Managed preferences layer delivered by MDM (macOS only)."""

    type: Literal["mdm"] = "mdm"
    domain: str
    key: str


class SystemConfigLayerSource(ConfigLayerSource, tag="system"):
    """Managed config layer from a file (usually `managed_config.toml`)."""

    type: Literal["system"] = "system"
    file: AbsolutePathBuf
    """This is the path to the system config.toml file, though it is not guaranteed to exist."""


class EnterpriseManagedConfigLayerSource(ConfigLayerSource, tag="enterpriseManaged"):
    """Enterprise-managed config layer delivered by the cloud config bundle."""

    type: Literal["enterpriseManaged"] = "enterpriseManaged"
    id: str
    """Stable identifier for the delivered layer."""
    name: str
    """Admin-facing name for the delivered layer. This is surfaced in diagnostics so users know which cloud
    layer needs administrator attention.
    """


class UserConfigLayerSource(ConfigLayerSource, tag="user"):
    """User config layer from $CODEX_HOME/config.toml. This layer is special in that it is expected to be: -
    writable by the user - generally outside the workspace directory
    """

    type: Literal["user"] = "user"
    file: AbsolutePathBuf
    """This is the path to the user's config.toml file, though it is not guaranteed to exist."""
    profile: str | None = None
    """Name of the selected profile-v2 config layered on top of the base user config, when this layer
    represents one.
    """


class ProjectConfigLayerSource(ConfigLayerSource, tag="project"):
    """Path to a .codex/ folder within a project. There could be multiple of these between `cwd` and the
    project/repo root.
    """

    type: Literal["project"] = "project"
    dot_codex_folder: AbsolutePathBuf = Field(
        validation_alias="dotCodexFolder", serialization_alias="dotCodexFolder"
    )


class SessionFlagsConfigLayerSource(ConfigLayerSource, tag="sessionFlags"):
    """Session-layer overrides supplied via `-c`/`--config`."""

    type: Literal["sessionFlags"] = "sessionFlags"


class LegacyManagedConfigTomlFromFileConfigLayerSource(
    ConfigLayerSource, tag="legacyManagedConfigTomlFromFile"
):
    """`managed_config.toml` was designed to be a config that was loaded as the last layer on top of
    everything else. This scheme did not quite work out as intended, but we keep this variant as a "best
    effort" while we phase out `managed_config.toml` in favor of `requirements.toml`.
    """

    type: Literal["legacyManagedConfigTomlFromFile"] = "legacyManagedConfigTomlFromFile"
    file: AbsolutePathBuf


class LegacyManagedConfigTomlFromMdmConfigLayerSource(
    ConfigLayerSource, tag="legacyManagedConfigTomlFromMdm"
):
    """`ConfigLayerSource` with `type` `legacyManagedConfigTomlFromMdm`."""

    type: Literal["legacyManagedConfigTomlFromMdm"] = "legacyManagedConfigTomlFromMdm"


class ConfigLayer(WireModel):
    """`ConfigLayer` of the protocol."""

    config: JsonValue
    name: ConfigLayerSource
    version: str
    disabled_reason: str | None = Field(
        default=None, validation_alias="disabledReason", serialization_alias="disabledReason"
    )


class ConfigLayerMetadata(WireModel):
    """`ConfigLayerMetadata` of the protocol."""

    name: ConfigLayerSource
    version: str


class ConfigReadParams(WireModel):
    """Params of `config/read`."""

    cwd: str | None = None
    """Optional working directory to resolve project config layers. If specified, return the effective config
    as seen from that directory (i.e., including any project layers between `cwd` and the project/repo
    root).
    """
    include_layers: bool | None = Field(
        default=None, validation_alias="includeLayers", serialization_alias="includeLayers"
    )


class ConfigReadResponse(WireModel):
    """Result of `config/read`."""

    config: Config
    origins: dict[str, ConfigLayerMetadata]
    layers: list[ConfigLayer] | None = None


class FeedbackRequirements(WireModel):
    """`FeedbackRequirements` of the protocol."""

    enabled: bool | None = None


class InAppBrowserRequirements(WireModel):
    """`InAppBrowserRequirements` of the protocol."""

    allow_external_browser_settings_import: bool | None = Field(
        default=None,
        validation_alias="allowExternalBrowserSettingsImport",
        serialization_alias="allowExternalBrowserSettingsImport",
    )


class ConfiguredHookHandler(WireUnion, discriminator="type"):
    """`ConfiguredHookHandler` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class CommandConfiguredHookHandler(ConfiguredHookHandler, tag="command"):
    """`ConfiguredHookHandler` with `type` `command`."""

    type: Literal["command"] = "command"
    async_: bool = Field(validation_alias="async", serialization_alias="async")
    command: str
    additional_context_limit: int | None = Field(
        default=None, validation_alias="additionalContextLimit", serialization_alias="additionalContextLimit"
    )
    """Approximate token threshold for spilling this hook's `additionalContext` to disk. `null` uses 2,500
    tokens; `0` disables spilling for this hook. The threshold is evaluated against the original context;
    a spilled preview also includes recovery metadata.
    """
    command_windows: str | None = Field(
        default=None, validation_alias="commandWindows", serialization_alias="commandWindows"
    )
    status_message: str | None = Field(
        default=None, validation_alias="statusMessage", serialization_alias="statusMessage"
    )
    timeout_sec: int | None = Field(
        default=None, validation_alias="timeoutSec", serialization_alias="timeoutSec"
    )


class McpToolConfiguredHookHandler(ConfiguredHookHandler, tag="mcp_tool"):
    """`ConfiguredHookHandler` with `type` `mcp_tool`."""

    type: Literal["mcp_tool"] = "mcp_tool"
    input: dict[str, JsonValue]
    server: str
    tool: str
    status_message: str | None = Field(
        default=None, validation_alias="statusMessage", serialization_alias="statusMessage"
    )
    timeout_sec: int | None = Field(
        default=None, validation_alias="timeoutSec", serialization_alias="timeoutSec"
    )


class PromptConfiguredHookHandler(ConfiguredHookHandler, tag="prompt"):
    """`ConfiguredHookHandler` with `type` `prompt`."""

    type: Literal["prompt"] = "prompt"


class AgentConfiguredHookHandler(ConfiguredHookHandler, tag="agent"):
    """`ConfiguredHookHandler` with `type` `agent`."""

    type: Literal["agent"] = "agent"


class ConfiguredHookMatcherGroup(WireModel):
    """`ConfiguredHookMatcherGroup` of the protocol."""

    hooks: list[ConfiguredHookHandler]
    matcher: str | None = None


class ManagedHooksRequirements(WireModel):
    """`ManagedHooksRequirements` of the protocol."""

    permission_request: list[ConfiguredHookMatcherGroup] = Field(
        validation_alias="PermissionRequest", serialization_alias="PermissionRequest"
    )
    post_compact: list[ConfiguredHookMatcherGroup] = Field(
        validation_alias="PostCompact", serialization_alias="PostCompact"
    )
    post_tool_use: list[ConfiguredHookMatcherGroup] = Field(
        validation_alias="PostToolUse", serialization_alias="PostToolUse"
    )
    pre_compact: list[ConfiguredHookMatcherGroup] = Field(
        validation_alias="PreCompact", serialization_alias="PreCompact"
    )
    pre_tool_use: list[ConfiguredHookMatcherGroup] = Field(
        validation_alias="PreToolUse", serialization_alias="PreToolUse"
    )
    session_start: list[ConfiguredHookMatcherGroup] = Field(
        validation_alias="SessionStart", serialization_alias="SessionStart"
    )
    stop: list[ConfiguredHookMatcherGroup] = Field(validation_alias="Stop", serialization_alias="Stop")
    subagent_start: list[ConfiguredHookMatcherGroup] = Field(
        validation_alias="SubagentStart", serialization_alias="SubagentStart"
    )
    subagent_stop: list[ConfiguredHookMatcherGroup] = Field(
        validation_alias="SubagentStop", serialization_alias="SubagentStop"
    )
    user_prompt_submit: list[ConfiguredHookMatcherGroup] = Field(
        validation_alias="UserPromptSubmit", serialization_alias="UserPromptSubmit"
    )
    interrupt: list[ConfiguredHookMatcherGroup] = Field(
        default=[], validation_alias="Interrupt", serialization_alias="Interrupt"
    )
    session_end: list[ConfiguredHookMatcherGroup] = Field(
        default=[], validation_alias="SessionEnd", serialization_alias="SessionEnd"
    )
    managed_dir: str | None = Field(
        default=None, validation_alias="managedDir", serialization_alias="managedDir"
    )
    windows_managed_dir: str | None = Field(
        default=None, validation_alias="windowsManagedDir", serialization_alias="windowsManagedDir"
    )


class NewThreadModelDefaults(WireModel):
    """`NewThreadModelDefaults` of the protocol."""

    model: str | None = None
    model_reasoning_effort: ReasoningEffort | None = Field(
        default=None, validation_alias="modelReasoningEffort", serialization_alias="modelReasoningEffort"
    )
    service_tier: str | None = Field(
        default=None, validation_alias="serviceTier", serialization_alias="serviceTier"
    )


class ModelsRequirements(WireModel):
    """`ModelsRequirements` of the protocol."""

    new_thread: NewThreadModelDefaults | None = Field(
        default=None, validation_alias="newThread", serialization_alias="newThread"
    )


class NetworkUnixSocketPermission(OpenEnum):
    """`NetworkUnixSocketPermission` of the protocol."""

    allow: ClassVar["NetworkUnixSocketPermission"] = member("allow")
    deny: ClassVar["NetworkUnixSocketPermission"] = member("deny")


class NetworkRequirements(WireModel):
    """`NetworkRequirements` of the protocol."""

    allow_local_binding: bool | None = Field(
        default=None, validation_alias="allowLocalBinding", serialization_alias="allowLocalBinding"
    )
    allow_unix_sockets: list[str] | None = Field(
        default=None, validation_alias="allowUnixSockets", serialization_alias="allowUnixSockets"
    )
    """Legacy compatibility view derived from `unix_sockets`."""
    allow_upstream_proxy: bool | None = Field(
        default=None, validation_alias="allowUpstreamProxy", serialization_alias="allowUpstreamProxy"
    )
    allowed_domains: list[str] | None = Field(
        default=None, validation_alias="allowedDomains", serialization_alias="allowedDomains"
    )
    """Legacy compatibility view derived from `domains`."""
    dangerously_allow_all_unix_sockets: bool | None = Field(
        default=None,
        validation_alias="dangerouslyAllowAllUnixSockets",
        serialization_alias="dangerouslyAllowAllUnixSockets",
    )
    dangerously_allow_non_loopback_proxy: bool | None = Field(
        default=None,
        validation_alias="dangerouslyAllowNonLoopbackProxy",
        serialization_alias="dangerouslyAllowNonLoopbackProxy",
    )
    denied_domains: list[str] | None = Field(
        default=None, validation_alias="deniedDomains", serialization_alias="deniedDomains"
    )
    """Legacy compatibility view derived from `domains`."""
    domains: dict[str, NetworkDomainPermission] | None = None
    """Canonical network permission map for `experimental_network`."""
    enabled: bool | None = None
    http_port: int | None = Field(default=None, validation_alias="httpPort", serialization_alias="httpPort")
    managed_allowed_domains_only: bool | None = Field(
        default=None,
        validation_alias="managedAllowedDomainsOnly",
        serialization_alias="managedAllowedDomainsOnly",
    )
    """When true, only managed allowlist entries are respected while managed network enforcement is active."""
    socks_port: int | None = Field(
        default=None, validation_alias="socksPort", serialization_alias="socksPort"
    )
    unix_sockets: dict[str, NetworkUnixSocketPermission] | None = Field(
        default=None, validation_alias="unixSockets", serialization_alias="unixSockets"
    )
    """Canonical unix socket permission map for `experimental_network`."""


class ResidencyRequirement(OpenEnum):
    """`ResidencyRequirement` of the protocol."""

    us: ClassVar["ResidencyRequirement"] = member("us")


class WindowsSandboxImplementation(OpenEnum):
    """`WindowsSandboxImplementation` of the protocol."""

    elevated: ClassVar["WindowsSandboxImplementation"] = member("elevated")
    unelevated: ClassVar["WindowsSandboxImplementation"] = member("unelevated")
    mxc: ClassVar["WindowsSandboxImplementation"] = member("mxc")


class ConfigRequirements(WireModel):
    """`ConfigRequirements` of the protocol."""

    additional_developer_instructions: str | None = Field(
        default=None,
        validation_alias="additionalDeveloperInstructions",
        serialization_alias="additionalDeveloperInstructions",
    )
    allow_appshots: bool | None = Field(
        default=None, validation_alias="allowAppshots", serialization_alias="allowAppshots"
    )
    allow_browser_and_computer_use: bool | None = Field(
        default=None,
        validation_alias="allowBrowserAndComputerUse",
        serialization_alias="allowBrowserAndComputerUse",
    )
    allow_login_shell: bool | None = Field(
        default=None, validation_alias="allowLoginShell", serialization_alias="allowLoginShell"
    )
    allow_managed_hooks_only: bool | None = Field(
        default=None, validation_alias="allowManagedHooksOnly", serialization_alias="allowManagedHooksOnly"
    )
    allow_remote_control: bool | None = Field(
        default=None, validation_alias="allowRemoteControl", serialization_alias="allowRemoteControl"
    )
    allowed_approval_policies: list[AnyAskForApproval] | None = Field(
        default=None,
        validation_alias="allowedApprovalPolicies",
        serialization_alias="allowedApprovalPolicies",
    )
    allowed_approvals_reviewers: list[ApprovalsReviewer] | None = Field(
        default=None,
        validation_alias="allowedApprovalsReviewers",
        serialization_alias="allowedApprovalsReviewers",
    )
    allowed_login_methods: list[ForcedLoginMethod] | None = Field(
        default=None, validation_alias="allowedLoginMethods", serialization_alias="allowedLoginMethods"
    )
    """Effective login methods after managed, forced-login, and workspace restrictions. An empty list permits
    no login method. Older servers may omit this field.
    """
    allowed_permission_profiles: dict[str, bool] | None = Field(
        default=None,
        validation_alias="allowedPermissionProfiles",
        serialization_alias="allowedPermissionProfiles",
    )
    allowed_sandbox_modes: list[SandboxMode] | None = Field(
        default=None, validation_alias="allowedSandboxModes", serialization_alias="allowedSandboxModes"
    )
    allowed_web_search_modes: list[WebSearchMode] | None = Field(
        default=None, validation_alias="allowedWebSearchModes", serialization_alias="allowedWebSearchModes"
    )
    allowed_windows_sandbox_implementations: list[WindowsSandboxImplementation] | None = Field(
        default=None,
        validation_alias="allowedWindowsSandboxImplementations",
        serialization_alias="allowedWindowsSandboxImplementations",
    )
    application: ApplicationRequirements | None = None
    auto_review: AutoReviewRequirements | None = Field(
        default=None, validation_alias="autoReview", serialization_alias="autoReview"
    )
    browser_use: BrowserUseRequirements | None = Field(
        default=None, validation_alias="browserUse", serialization_alias="browserUse"
    )
    chatgpt_base_url: str | None = Field(
        default=None, validation_alias="chatgptBaseUrl", serialization_alias="chatgptBaseUrl"
    )
    check_for_update_on_startup: bool | None = Field(
        default=None,
        validation_alias="checkForUpdateOnStartup",
        serialization_alias="checkForUpdateOnStartup",
    )
    cli_auth_credentials_store: CliAuthCredentialsStoreMode | None = Field(
        default=None,
        validation_alias="cliAuthCredentialsStore",
        serialization_alias="cliAuthCredentialsStore",
    )
    computer_use: ComputerUseRequirements | None = Field(
        default=None, validation_alias="computerUse", serialization_alias="computerUse"
    )
    default_permissions: str | None = Field(
        default=None, validation_alias="defaultPermissions", serialization_alias="defaultPermissions"
    )
    enforce_residency: ResidencyRequirement | None = Field(
        default=None, validation_alias="enforceResidency", serialization_alias="enforceResidency"
    )
    feature_requirements: dict[str, bool] | None = Field(
        default=None, validation_alias="featureRequirements", serialization_alias="featureRequirements"
    )
    feedback: FeedbackRequirements | None = None
    hooks: ManagedHooksRequirements | None = None
    in_app_browser: InAppBrowserRequirements | None = Field(
        default=None, validation_alias="inAppBrowser", serialization_alias="inAppBrowser"
    )
    log_dir: str | None = Field(default=None, validation_alias="logDir", serialization_alias="logDir")
    model_catalog_json: str | None = Field(
        default=None, validation_alias="modelCatalogJson", serialization_alias="modelCatalogJson"
    )
    model_provider: str | None = Field(
        default=None, validation_alias="modelProvider", serialization_alias="modelProvider"
    )
    """Exact provider selection required by managed policy."""
    model_providers: dict[str, JsonValue] | None = Field(
        default=None, validation_alias="modelProviders", serialization_alias="modelProviders"
    )
    """Complete required provider definitions, using config.toml field names."""
    models: ModelsRequirements | None = None
    network: NetworkRequirements | None = None
    sqlite_home: str | None = Field(
        default=None, validation_alias="sqliteHome", serialization_alias="sqliteHome"
    )


class ConfigRequirementsReadResponse(WireModel):
    """Result of `configRequirements/read`."""

    requirements: ConfigRequirements | None = None
    """Null if no requirements are configured (e.g. no requirements.toml/MDM entries)."""
    supports_independent_speed_modes: bool | None = Field(
        default=None,
        validation_alias="supportsIndependentSpeedModes",
        serialization_alias="supportsIndependentSpeedModes",
    )
    """Whether Fast and Ultra Fast requirements are enforced independently. Older servers omit this field and
    use Fast mode as a shared speed gate.
    """


class ConfigValueWriteParams(WireModel):
    """Params of `config/value/write`."""

    key_path: str = Field(validation_alias="keyPath", serialization_alias="keyPath")
    merge_strategy: MergeStrategy = Field(
        validation_alias="mergeStrategy", serialization_alias="mergeStrategy"
    )
    value: JsonValue
    expected_version: str | None = Field(
        default=None, validation_alias="expectedVersion", serialization_alias="expectedVersion"
    )
    file_path: str | None = Field(default=None, validation_alias="filePath", serialization_alias="filePath")
    """Path to the config file to write; defaults to the user's `config.toml` when omitted."""


class TextPosition(WireModel):
    """`TextPosition` of the protocol."""

    column: int
    """1-based column number (in Unicode scalar values)."""
    line: int
    """1-based line number."""


class TextRange(WireModel):
    """`TextRange` of the protocol."""

    end: TextPosition
    start: TextPosition


class ConfigWarningNotification(WireModel):
    """Payload of `configWarning`."""

    summary: str
    """Concise summary of the warning."""
    details: str | None = None
    """Optional extra guidance or error details."""
    path: str | None = None
    """Optional path to the config file that triggered the warning."""
    range: TextRange | None = None
    """Optional range for the error location inside the config file."""


class OverriddenMetadata(WireModel):
    """`OverriddenMetadata` of the protocol."""

    effective_value: JsonValue = Field(
        validation_alias="effectiveValue", serialization_alias="effectiveValue"
    )
    message: str
    overriding_layer: ConfigLayerMetadata = Field(
        validation_alias="overridingLayer", serialization_alias="overridingLayer"
    )


class WriteStatus(OpenEnum):
    """`WriteStatus` of the protocol."""

    ok: ClassVar["WriteStatus"] = member("ok")
    ok_overridden: ClassVar["WriteStatus"] = member("okOverridden")


class ConfigWriteResponse(WireModel):
    """Result of `config/value/write`, `config/batchWrite`."""

    file_path: AbsolutePathBuf = Field(validation_alias="filePath", serialization_alias="filePath")
    """Canonical path to the config file that was written."""
    status: WriteStatus
    version: str
    overridden_metadata: OverriddenMetadata | None = Field(
        default=None, validation_alias="overriddenMetadata", serialization_alias="overriddenMetadata"
    )


class ExperimentalFeatureStage(OpenEnum):
    """`ExperimentalFeatureStage` of the protocol."""

    beta: ClassVar["ExperimentalFeatureStage"] = member("beta")
    """Feature is available for user testing and feedback."""
    under_development: ClassVar["ExperimentalFeatureStage"] = member("underDevelopment")
    """Feature is still being built and not ready for broad use."""
    stable: ClassVar["ExperimentalFeatureStage"] = member("stable")
    """Feature is production-ready."""
    deprecated: ClassVar["ExperimentalFeatureStage"] = member("deprecated")
    """Feature is deprecated and should be avoided."""
    removed: ClassVar["ExperimentalFeatureStage"] = member("removed")
    """Feature flag is retained only for backwards compatibility."""


class ExperimentalFeature(WireModel):
    """`ExperimentalFeature` of the protocol."""

    default_enabled: bool = Field(validation_alias="defaultEnabled", serialization_alias="defaultEnabled")
    """Whether this feature is enabled by default."""
    enabled: bool
    """Whether this feature is currently enabled in the loaded config."""
    name: str
    """Stable key used in config.toml and CLI flag toggles."""
    stage: ExperimentalFeatureStage
    """Lifecycle stage of this feature flag."""
    announcement: str | None = None
    """Announcement copy shown to users when the feature is introduced. Null when this feature is not in
    beta.
    """
    description: str | None = None
    """Short summary describing what the feature does. Null when this feature is not in beta."""
    display_name: str | None = Field(
        default=None, validation_alias="displayName", serialization_alias="displayName"
    )
    """User-facing display name shown in the experimental features UI. Null when this feature is not in beta."""


class ExperimentalFeatureEnablementSetParams(WireModel):
    """Params of `experimentalFeature/enablement/set`."""

    enablement: dict[str, bool]
    """Process-wide runtime feature enablement keyed by canonical feature name."""


class ExperimentalFeatureEnablementSetResponse(WireModel):
    """Result of `experimentalFeature/enablement/set`."""

    enablement: dict[str, bool]
    """Feature enablement entries updated by this request."""


class ExperimentalFeatureListParams(WireModel):
    """Params of `experimentalFeature/list`."""

    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    limit: int | None = None
    """Optional page size; defaults to a reasonable server-side value."""
    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")
    """Optional loaded thread id. Pass this when showing feature state for an existing thread so enablement
    is computed from that thread's refreshed config, including project-local config for the thread's cwd.
    """


class ExperimentalFeatureListResponse(WireModel):
    """Result of `experimentalFeature/list`."""

    data: list[ExperimentalFeature]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to pass to the next call to continue after the last item. If None, there are no more
    items to return.
    """


class McpServerRefreshResponse(WireModel):
    """Result of `config/mcpServer/reload`."""


class PermissionProfileListParams(WireModel):
    """Params of `permissionProfile/list`."""

    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    cwd: str | None = None
    """Optional working directory to resolve project config layers."""
    limit: int | None = None
    """Optional page size; defaults to the full result set."""


class PermissionProfileSummary(WireModel):
    """`PermissionProfileSummary` of the protocol."""

    allowed: bool
    """Whether the effective requirements allow selecting this profile."""
    id: str
    """Available permission profile identifier."""
    description: str | None = None
    """Optional user-facing description for display in clients."""


class PermissionProfileListResponse(WireModel):
    """Result of `permissionProfile/list`."""

    data: list[PermissionProfileSummary]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to pass to the next call to continue after the last item. If None, there are no more
    items to return.
    """
