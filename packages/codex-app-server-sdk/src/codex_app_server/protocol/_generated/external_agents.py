"""Protocol types: import from other agents.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar

from pydantic import Field

from codex_app_server.protocol._base import OpenEnum, WireModel, member


class CommandMigration(WireModel):
    """`CommandMigration` of the protocol."""

    name: str


class ExternalAgentConfigDetectParams(WireModel):
    """Params of `externalAgentConfig/detect`."""

    cwds: list[str] | None = None
    """Zero or more working directories to include for repo-scoped detection."""
    include_home: bool | None = Field(
        default=None, validation_alias="includeHome", serialization_alias="includeHome"
    )
    """If true, include detection under the user's home directory."""
    max_session_age_days: int | None = Field(
        default=None, validation_alias="maxSessionAgeDays", serialization_alias="maxSessionAgeDays"
    )
    """Maximum age in days for detected sessions. Missing values use the default limit."""
    max_sessions: int | None = Field(
        default=None, validation_alias="maxSessions", serialization_alias="maxSessions"
    )
    """Maximum number of sessions to detect. Missing values use the default limit."""
    migration_source: str | None = Field(
        default=None, validation_alias="migrationSource", serialization_alias="migrationSource"
    )
    """Optional migration-source selector. Missing or unrecognized values use the default source."""
    source: str | None = None
    """Deprecated field retained for compatibility. This field is ignored; use `migrationSource` to select
    the migration source.
    """


class ExternalAgentConfigMigrationItemType(OpenEnum):
    """`ExternalAgentConfigMigrationItemType` of the protocol."""

    agents_md: ClassVar["ExternalAgentConfigMigrationItemType"] = member("AGENTS_MD")
    config: ClassVar["ExternalAgentConfigMigrationItemType"] = member("CONFIG")
    skills: ClassVar["ExternalAgentConfigMigrationItemType"] = member("SKILLS")
    plugins: ClassVar["ExternalAgentConfigMigrationItemType"] = member("PLUGINS")
    mcp_server_config: ClassVar["ExternalAgentConfigMigrationItemType"] = member("MCP_SERVER_CONFIG")
    subagents: ClassVar["ExternalAgentConfigMigrationItemType"] = member("SUBAGENTS")
    hooks: ClassVar["ExternalAgentConfigMigrationItemType"] = member("HOOKS")
    commands: ClassVar["ExternalAgentConfigMigrationItemType"] = member("COMMANDS")
    memory: ClassVar["ExternalAgentConfigMigrationItemType"] = member("MEMORY")
    sessions: ClassVar["ExternalAgentConfigMigrationItemType"] = member("SESSIONS")


class HookMigration(WireModel):
    """`HookMigration` of the protocol."""

    name: str


class McpServerMigration(WireModel):
    """`McpServerMigration` of the protocol."""

    name: str


class PluginsMigration(WireModel):
    """`PluginsMigration` of the protocol."""

    marketplace_name: str = Field(validation_alias="marketplaceName", serialization_alias="marketplaceName")
    plugin_names: list[str] = Field(validation_alias="pluginNames", serialization_alias="pluginNames")


class SessionMigration(WireModel):
    """`SessionMigration` of the protocol."""

    cwd: str
    path: str
    title: str | None = None


class SkillMigration(WireModel):
    """`SkillMigration` of the protocol."""

    name: str


class SubagentMigration(WireModel):
    """`SubagentMigration` of the protocol."""

    name: str


class MigrationDetails(WireModel):
    """`MigrationDetails` of the protocol."""

    commands: list[CommandMigration] = Field(default=[])
    hooks: list[HookMigration] = Field(default=[])
    mcp_servers: list[McpServerMigration] = Field(
        default=[], validation_alias="mcpServers", serialization_alias="mcpServers"
    )
    memory: list[str] | None = None
    plugins: list[PluginsMigration] = Field(default=[])
    sessions: list[SessionMigration] = Field(default=[])
    skills: list[SkillMigration] = Field(default=[])
    subagents: list[SubagentMigration] = Field(default=[])


class ExternalAgentConfigMigrationItem(WireModel):
    """`ExternalAgentConfigMigrationItem` of the protocol."""

    description: str
    item_type: ExternalAgentConfigMigrationItemType = Field(
        validation_alias="itemType", serialization_alias="itemType"
    )
    cwd: str | None = None
    """Null or empty means home-scoped migration; non-empty means repo-scoped migration."""
    details: MigrationDetails | None = None


class ExternalAgentDetectedConnectorSource(OpenEnum):
    """`ExternalAgentDetectedConnectorSource` of the protocol."""

    remote_mcp_servers_config: ClassVar["ExternalAgentDetectedConnectorSource"] = member(
        "remoteMcpServersConfig"
    )
    session_tool_use: ClassVar["ExternalAgentDetectedConnectorSource"] = member("sessionToolUse")


class ExternalAgentDetectedConnectorCandidate(WireModel):
    """`ExternalAgentDetectedConnectorCandidate` of the protocol."""

    name: str
    session_count: int = Field(validation_alias="sessionCount", serialization_alias="sessionCount")
    source: ExternalAgentDetectedConnectorSource


class ExternalAgentConfigDetectResponse(WireModel):
    """Result of `externalAgentConfig/detect`."""

    items: list[ExternalAgentConfigMigrationItem]
    connectors: list[ExternalAgentDetectedConnectorCandidate] = Field(default=[])


class ExternalAgentConfigImportItemTypeFailure(WireModel):
    """`ExternalAgentConfigImportItemTypeFailure` of the protocol."""

    failure_stage: str = Field(validation_alias="failureStage", serialization_alias="failureStage")
    item_type: ExternalAgentConfigMigrationItemType = Field(
        validation_alias="itemType", serialization_alias="itemType"
    )
    message: str
    cwd: str | None = None
    error_type: str | None = Field(
        default=None, validation_alias="errorType", serialization_alias="errorType"
    )
    source: str | None = None
    sub_error_type: str | None = Field(
        default=None, validation_alias="subErrorType", serialization_alias="subErrorType"
    )


class ExternalAgentConfigImportItemTypeSuccess(WireModel):
    """`ExternalAgentConfigImportItemTypeSuccess` of the protocol."""

    item_type: ExternalAgentConfigMigrationItemType = Field(
        validation_alias="itemType", serialization_alias="itemType"
    )
    cwd: str | None = None
    source: str | None = None
    target: str | None = None
    title: str | None = None
    """Original title for an imported session; null for other item types."""


class ExternalAgentConfigImportTypeResult(WireModel):
    """`ExternalAgentConfigImportTypeResult` of the protocol."""

    failures: list[ExternalAgentConfigImportItemTypeFailure]
    item_type: ExternalAgentConfigMigrationItemType = Field(
        validation_alias="itemType", serialization_alias="itemType"
    )
    successes: list[ExternalAgentConfigImportItemTypeSuccess]


class ExternalAgentConfigImportCompletedNotification(WireModel):
    """Payload of `externalAgentConfig/import/completed`."""

    import_id: str = Field(validation_alias="importId", serialization_alias="importId")
    item_type_results: list[ExternalAgentConfigImportTypeResult] = Field(
        validation_alias="itemTypeResults", serialization_alias="itemTypeResults"
    )


class ExternalAgentConfigImportHistory(WireModel):
    """`ExternalAgentConfigImportHistory` of the protocol."""

    completed_at_ms: int = Field(validation_alias="completedAtMs", serialization_alias="completedAtMs")
    failures: list[ExternalAgentConfigImportItemTypeFailure]
    import_id: str = Field(validation_alias="importId", serialization_alias="importId")
    successes: list[ExternalAgentConfigImportItemTypeSuccess]
    provider_id: str | None = Field(
        default=None, validation_alias="providerId", serialization_alias="providerId"
    )


class ExternalAgentImportedConnectorSource(OpenEnum):
    """`ExternalAgentImportedConnectorSource` of the protocol."""

    remote_mcp_servers_config: ClassVar["ExternalAgentImportedConnectorSource"] = member(
        "remoteMcpServersConfig"
    )


class ExternalAgentImportedConnectorCandidate(WireModel):
    """`ExternalAgentImportedConnectorCandidate` of the protocol."""

    name: str
    session_count: int = Field(validation_alias="sessionCount", serialization_alias="sessionCount")
    source: ExternalAgentImportedConnectorSource


class ExternalAgentConfigImportHistoriesReadResponse(WireModel):
    """Result of `externalAgentConfig/import/readHistories`."""

    connectors: list[ExternalAgentImportedConnectorCandidate]
    data: list[ExternalAgentConfigImportHistory]


class ExternalAgentConfigImportHistoryRecordSuccessParams(WireModel):
    """`ExternalAgentConfigImportHistoryRecordSuccessParams` of the protocol."""

    item_type: ExternalAgentConfigMigrationItemType = Field(
        validation_alias="itemType", serialization_alias="itemType"
    )
    cwd: str | None = None
    source: str | None = None
    target: str | None = None
    title: str | None = None
    """Original title for an imported session, when available."""


class ExternalAgentConfigImportHistoryRecordTypeResultParams(WireModel):
    """`ExternalAgentConfigImportHistoryRecordTypeResultParams` of the protocol."""

    failures: list[ExternalAgentConfigImportItemTypeFailure]
    item_type: ExternalAgentConfigMigrationItemType = Field(
        validation_alias="itemType", serialization_alias="itemType"
    )
    successes: list[ExternalAgentConfigImportHistoryRecordSuccessParams]


class ExternalAgentConfigImportHistoryRecordParams(WireModel):
    """Params of `externalAgentConfig/import/recordHistory`."""

    item_type_results: list[ExternalAgentConfigImportHistoryRecordTypeResultParams] = Field(
        validation_alias="itemTypeResults", serialization_alias="itemTypeResults"
    )
    """Completed results grouped by imported item type."""
    provider_id: str = Field(validation_alias="providerId", serialization_alias="providerId")
    """Opaque provider identifier for the externally completed import."""


class ExternalAgentConfigImportHistoryRecordResponse(WireModel):
    """Result of `externalAgentConfig/import/recordHistory`."""

    import_id: str = Field(validation_alias="importId", serialization_alias="importId")


class ExternalAgentConfigImportParams(WireModel):
    """Params of `externalAgentConfig/import`."""

    migration_items: list[ExternalAgentConfigMigrationItem] = Field(
        validation_alias="migrationItems", serialization_alias="migrationItems"
    )
    migration_source: str | None = Field(
        default=None, validation_alias="migrationSource", serialization_alias="migrationSource"
    )
    """Migration-source selector used to produce the migration items. Pass the same value to detection and
    import; missing or unrecognized values use the default source.
    """
    provider_id: str | None = Field(
        default=None, validation_alias="providerId", serialization_alias="providerId"
    )
    """Opaque provider identifier supplied by the caller for analytics attribution and import history
    display. This does not select the migration source.
    """
    source: str | None = None
    """Optional identifier for the product that initiated the import."""


class ExternalAgentConfigImportProgressNotification(WireModel):
    """Payload of `externalAgentConfig/import/progress`."""

    import_id: str = Field(validation_alias="importId", serialization_alias="importId")
    item_type_results: list[ExternalAgentConfigImportTypeResult] = Field(
        validation_alias="itemTypeResults", serialization_alias="itemTypeResults"
    )


class ExternalAgentConfigImportResponse(WireModel):
    """Result of `externalAgentConfig/import`."""

    import_id: str = Field(validation_alias="importId", serialization_alias="importId")
