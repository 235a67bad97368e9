"""What the schema does not say and the generator has to be told, each entry with its reason.

An entry that no longer applies makes the generator fail, so that this file cannot outlive the schema.
"""

from __future__ import annotations

# The result of a method is found by the rule XParams -> XResponse, also where the params may be null. These
# methods take only null, or their params are named differently from their result.
RESULT_TYPES = {
    "account/gatewayOAuth/cancel": "GatewayOAuthCancelResponse",  # params null
    "account/gatewayOAuth/login": "GatewayOAuthLoginResponse",  # params null
    "account/gatewayOAuth/read": "GatewayOAuthReadResponse",  # params null
    "account/logout": "LogoutAccountResponse",  # params null; verb first
    "account/workspaceMessages/read": "GetWorkspaceMessagesResponse",  # params null
    "config/batchWrite": "ConfigWriteResponse",  # shares the result of config/value/write
    "config/mcpServer/reload": "McpServerRefreshResponse",  # params null; "refresh" is the internal name
    "config/value/write": "ConfigWriteResponse",  # shared with config/batchWrite
    "configRequirements/read": "ConfigRequirementsReadResponse",  # params null
    "externalAgentConfig/import/readHistories": "ExternalAgentConfigImportHistoriesReadResponse",  # params null
    "memory/reset": "MemoryResetResponse",  # params null
    "remoteControl/status/read": "RemoteControlStatusReadResponse",  # params null
    "rollout/compress": "RolloutCompressResponse",  # params null
    "windowsSandbox/readiness": "WindowsSandboxReadinessResponse",  # params null
}

# The same for methods of runtimes that are newer than the snapshot (seen in 0.169.0): they may be absent.
UPCOMING_RESULT_TYPES = {
    "account/securitySetup/read": "GetAccountSecuritySetupResponse",  # params null
    "accountSession/list": "AccountSessionsResponse",  # "list" is only in the name of the params
}

# Definitions that are named like the result of a method, and are none.
NOT_A_RESULT = {
    "JSONRPCResponse",  # the envelope of every result
}

# Definitions that are named like the payload of a notification, and are none. The schema has the payloads of
# the raw events but does not list their methods; they are sent only on request (`experimentalRawEvents`), so
# their types exist by name and the methods have no model.
NOT_A_PAYLOAD = {
    "JSONRPCNotification",  # the envelope of every notification
    "McpServerEventNotification",  # stands inside the payload of mcpServer/event/stream/notification
    "RawResponseCompletedNotification",
    "RawResponseItemCompletedNotification",
}

# Definitions that are tables of methods; the method tables take their place.
METHOD_UNIONS = {"ClientNotification", "ClientRequest", "ServerNotification", "ServerRequest"}

# Plain strings of the schema that are nevertheless a known set: definition -> (values, reason).
EXTRA_ENUMS = {
    "ReasoningEffort": (
        ["none", "minimal", "low", "medium", "high", "xhigh"],
        "The schema leaves it open because a model may advertise values of its own; these are in common use.",
    ),
}

# Class names of variants, by definition and discriminator, where the title in the schema is unusable.
VARIANT_NAMES = {
    # The title says "Kind" because of a compatibility alias in the server's source.
    ("FileSystemSpecialPath", "project_roots"): "ProjectRootsFileSystemSpecialPath",
    # Without a title, and the same name as `openaiForm` once the slash is gone; that one is the later spelling.
    ("McpServerElicitationRequestParams", "openai/form"): "OpenaiSlashFormMcpServerElicitationRequestParams",
}

# Unions whose variants have snake_case properties in the schema and camelCase ones on the wire; what is read may
# be spelled either way. Seen in 0.163.0, where `thread/timeline/list` answers with `turnId` and `startedAt`.
CAMEL_CASE_VARIANTS = {
    "ThreadTimelineEntry",
    "ThreadRealtimeItem",  # stands inside of the former; not seen itself
}

# Areas: what is used together is imported together. The longest matching prefix of a method wins; a method
# of a newer runtime that matches nothing goes to DEFAULT_AREA.
DEFAULT_AREA = "general"
AREAS = {
    "account": "account",
    "app": "extensions",
    "autoApprovalReview": "approvals",
    "collaborationMode": "config",
    "command": "processes",
    "config": "config",
    "configRequirements": "config",
    "configWarning": "config",
    "environment": "processes",
    "experimentalFeature": "config",
    "externalAgentConfig": "external_agents",
    "fs": "files",
    "fuzzyFileSearch": "files",
    "hook": "extensions",
    "hooks": "extensions",
    "item": "turns",
    "item/autoApprovalReview": "approvals",
    "marketplace": "plugins",
    "mcpServer": "mcp",
    "mcpServerStatus": "mcp",
    "model": "models",
    "modelProvider": "models",
    "permissionProfile": "config",
    "plugin": "plugins",
    "process": "processes",
    "project": "projects",
    "remoteControl": "remote_control",
    "review": "turn_requests",
    "skills": "extensions",
    "thread": "thread_extras",
    "thread/archived": "threads",
    "thread/closed": "threads",
    "thread/fork": "threads",
    "thread/items": "thread_history",
    "thread/inject_items": "thread_history",
    "thread/list": "threads",
    "thread/name": "threads",
    "thread/read": "threads",
    "thread/realtime": "realtime",
    "thread/resume": "thread_history",
    "thread/revert": "thread_history",
    "thread/reverted": "thread_history",
    "thread/start": "threads",
    "thread/started": "threads",
    "thread/status": "threads",
    "thread/timeline": "thread_history",
    "thread/tokenUsage": "turns",
    "thread/turns": "thread_history",
    "thread/unarchived": "threads",
    "threadSection": "projects",
    "turn": "turns",
    "userVerification": "account",
    "windows": "processes",
    "windowsSandbox": "processes",
    "error": "turns",
}
# Requests to start or change a turn carry settings that the events of a turn never mention.
CLIENT_REQUEST_AREAS = {"turn": "turn_requests"}
# Requests from the server are nearly all approvals and are answered by the same code.
SERVER_REQUEST_AREA = "approvals"
# Definitions that no method reaches: where they would be looked for.
ORPHAN_AREAS = {
    "RawResponseCompletedNotification": "thread_history",
    "RawResponseItemCompletedNotification": "thread_history",
    "UserVerificationRpcError": "account",
    "NullableGetAccountRateLimitsParams": "account",
    "NullableGetAccountTokenUsageParams": "account",
    "NullableRemoteControlDisableParams": "remote_control",
    "NullableRemoteControlEnableParams": "remote_control",
}

# The areas of every client, from the least to the most: each takes all that its methods reach and that none
# before it has, and so imports only those before it. What several other areas reach goes to SHARED_MODULE.
CHAIN = ["turns", "turn_requests", "threads"]
SHARED_MODULE = "shared"
# What the modules hold.
MODULE_TEXT = {
    "account": "accounts, login, usage and user verification",
    "approvals": "requests from the server, with their replies, and automatic review",
    "config": "configuration, requirements and features",
    "extensions": "apps, hooks and skills",
    "external_agents": "import from other agents",
    "files": "file system and file search",
    "general": "the handshake, warnings, envelopes and all the rest",
    "mcp": "MCP servers",
    "models": "models and their providers",
    "plugins": "plugins and marketplaces",
    "processes": "commands, processes, environments and sandboxes",
    "projects": "projects and thread sections",
    "realtime": "realtime conversations",
    "remote_control": "remote control",
    "shared": "types that several of the other areas use",
    "thread_extras": "goals, queues, attachments and whatever else belongs to a thread",
    "thread_history": "resuming threads, and their turns and items of the past",
    "threads": "starting, reading and listing threads",
    "turn_requests": "requests that start, change or review a turn",
    "turns": "the events of a turn: turns, items, token usage, errors",
}
