"""Protocol types: accounts, login, usage and user verification.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from codex_app_server.protocol._base import JsonValue, OpenEnum, WireModel, WireUnion, member

from codex_app_server.protocol._generated.shared import (
    UserVerificationErrorDetails,
    UserVerificationUnavailableReason,
)
from codex_app_server.protocol._generated.turns import RequestId


class PlanType(OpenEnum):
    """`PlanType` of the protocol."""

    free: ClassVar["PlanType"] = member("free")
    go: ClassVar["PlanType"] = member("go")
    plus: ClassVar["PlanType"] = member("plus")
    pro: ClassVar["PlanType"] = member("pro")
    prolite: ClassVar["PlanType"] = member("prolite")
    promax: ClassVar["PlanType"] = member("promax")
    team: ClassVar["PlanType"] = member("team")
    self_serve_business_prolite: ClassVar["PlanType"] = member("self_serve_business_prolite")
    self_serve_business_usage_based: ClassVar["PlanType"] = member("self_serve_business_usage_based")
    business: ClassVar["PlanType"] = member("business")
    ent26: ClassVar["PlanType"] = member("ent26")
    enterprise_cbp_automation: ClassVar["PlanType"] = member("enterprise_cbp_automation")
    enterprise_cbp_usage_based: ClassVar["PlanType"] = member("enterprise_cbp_usage_based")
    enterprise: ClassVar["PlanType"] = member("enterprise")
    edu: ClassVar["PlanType"] = member("edu")
    edu_plus: ClassVar["PlanType"] = member("edu_plus")
    edu_pro: ClassVar["PlanType"] = member("edu_pro")
    unknown: ClassVar["PlanType"] = member("unknown")


class Account(WireUnion, discriminator="type"):
    """`Account` of the protocol."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ApiKeyAccount(Account, tag="apiKey"):
    """`Account` with `type` `apiKey`."""

    type: Literal["apiKey"] = "apiKey"


class ChatgptAccount(Account, tag="chatgpt"):
    """`Account` with `type` `chatgpt`."""

    type: Literal["chatgpt"] = "chatgpt"
    email: str | None
    plan_type: PlanType = Field(validation_alias="planType", serialization_alias="planType")


class AmazonBedrockAccount(Account, tag="amazonBedrock"):
    """`Account` with `type` `amazonBedrock`."""

    type: Literal["amazonBedrock"] = "amazonBedrock"
    uses_codex_managed_credentials: bool = Field(
        default=False,
        validation_alias="usesCodexManagedCredentials",
        serialization_alias="usesCodexManagedCredentials",
    )


class DesktopOnboardingEntrypoint(OpenEnum):
    """`DesktopOnboardingEntrypoint` of the protocol."""

    life_sciences: ClassVar["DesktopOnboardingEntrypoint"] = member("life_sciences")


class AccountLoginCompletedNotification(WireModel):
    """Payload of `account/login/completed`."""

    success: bool
    error: str | None = None
    login_id: str | None = Field(default=None, validation_alias="loginId", serialization_alias="loginId")
    onboarding_entrypoint: DesktopOnboardingEntrypoint | None = Field(
        default=None, validation_alias="onboardingEntrypoint", serialization_alias="onboardingEntrypoint"
    )


class CreditsSnapshot(WireModel):
    """`CreditsSnapshot` of the protocol."""

    has_credits: bool = Field(validation_alias="hasCredits", serialization_alias="hasCredits")
    unlimited: bool
    balance: str | None = None


class RateLimitReachedType(OpenEnum):
    """`RateLimitReachedType` of the protocol."""

    rate_limit_reached: ClassVar["RateLimitReachedType"] = member("rate_limit_reached")
    workspace_owner_credits_depleted: ClassVar["RateLimitReachedType"] = member(
        "workspace_owner_credits_depleted"
    )
    workspace_member_credits_depleted: ClassVar["RateLimitReachedType"] = member(
        "workspace_member_credits_depleted"
    )
    workspace_owner_usage_limit_reached: ClassVar["RateLimitReachedType"] = member(
        "workspace_owner_usage_limit_reached"
    )
    workspace_member_usage_limit_reached: ClassVar["RateLimitReachedType"] = member(
        "workspace_member_usage_limit_reached"
    )


class RateLimitWindow(WireModel):
    """`RateLimitWindow` of the protocol."""

    used_percent: int = Field(validation_alias="usedPercent", serialization_alias="usedPercent")
    resets_at: int | None = Field(default=None, validation_alias="resetsAt", serialization_alias="resetsAt")
    window_duration_mins: int | None = Field(
        default=None, validation_alias="windowDurationMins", serialization_alias="windowDurationMins"
    )


class SpendControlLimitSnapshot(WireModel):
    """`SpendControlLimitSnapshot` of the protocol."""

    limit: str
    remaining_percent: int = Field(
        validation_alias="remainingPercent", serialization_alias="remainingPercent"
    )
    resets_at: int = Field(validation_alias="resetsAt", serialization_alias="resetsAt")
    used: str


class RateLimitSnapshot(WireModel):
    """`RateLimitSnapshot` of the protocol."""

    credits: CreditsSnapshot | None = None
    individual_limit: SpendControlLimitSnapshot | None = Field(
        default=None, validation_alias="individualLimit", serialization_alias="individualLimit"
    )
    limit_id: str | None = Field(default=None, validation_alias="limitId", serialization_alias="limitId")
    limit_name: str | None = Field(
        default=None, validation_alias="limitName", serialization_alias="limitName"
    )
    normal_model_slug: str | None = Field(
        default=None, validation_alias="normalModelSlug", serialization_alias="normalModelSlug"
    )
    """Normal model whose display name and reasoning options describe this quota alias."""
    plan_type: PlanType | None = Field(
        default=None, validation_alias="planType", serialization_alias="planType"
    )
    primary: RateLimitWindow | None = None
    rate_limit_reached_type: RateLimitReachedType | None = Field(
        default=None, validation_alias="rateLimitReachedType", serialization_alias="rateLimitReachedType"
    )
    secondary: RateLimitWindow | None = None
    spend_control_reached: bool | None = Field(
        default=None, validation_alias="spendControlReached", serialization_alias="spendControlReached"
    )
    """Backend-reported spend-control state. `None` is unavailable, not a sparse-update recovery."""


class AccountRateLimitsUpdatedNotification(WireModel):
    """Payload of `account/rateLimits/updated`.

    Sparse rolling rate-limit update.
    """

    rate_limits: RateLimitSnapshot = Field(validation_alias="rateLimits", serialization_alias="rateLimits")


class AccountRoutingOverride(OpenEnum):
    """Backend routing policy. Wire values match the accounts/check contract."""

    no_constraint: ClassVar["AccountRoutingOverride"] = member("NO_CONSTRAINT")
    us: ClassVar["AccountRoutingOverride"] = member("us")
    us_cr: ClassVar["AccountRoutingOverride"] = member("us_cr")


class AccountTokenUsageDailyBucket(WireModel):
    """`AccountTokenUsageDailyBucket` of the protocol."""

    start_date: str = Field(validation_alias="startDate", serialization_alias="startDate")
    tokens: int


class AccountTokenUsageSummary(WireModel):
    """`AccountTokenUsageSummary` of the protocol."""

    current_streak_days: int | None = Field(
        default=None, validation_alias="currentStreakDays", serialization_alias="currentStreakDays"
    )
    lifetime_tokens: int | None = Field(
        default=None, validation_alias="lifetimeTokens", serialization_alias="lifetimeTokens"
    )
    longest_running_turn_sec: int | None = Field(
        default=None, validation_alias="longestRunningTurnSec", serialization_alias="longestRunningTurnSec"
    )
    longest_streak_days: int | None = Field(
        default=None, validation_alias="longestStreakDays", serialization_alias="longestStreakDays"
    )
    peak_daily_tokens: int | None = Field(
        default=None, validation_alias="peakDailyTokens", serialization_alias="peakDailyTokens"
    )


class AuthMode(OpenEnum):
    """Authentication mode for OpenAI-backed providers."""

    apikey: ClassVar["AuthMode"] = member("apikey")
    """OpenAI API key provided by the caller and stored by Codex."""
    chatgpt: ClassVar["AuthMode"] = member("chatgpt")
    """ChatGPT OAuth managed by Codex (tokens persisted and refreshed by Codex)."""
    chatgpt_auth_tokens: ClassVar["AuthMode"] = member("chatgptAuthTokens")
    """[UNSTABLE] FOR OPENAI INTERNAL USE ONLY - DO NOT USE."""
    headers: ClassVar["AuthMode"] = member("headers")
    """Backend auth supplied as request headers."""
    agent_identity: ClassVar["AuthMode"] = member("agentIdentity")
    """Programmatic Codex auth backed by a registered Agent Identity."""
    personal_access_token: ClassVar["AuthMode"] = member("personalAccessToken")
    """Programmatic Codex auth backed by a personal access token."""
    bedrock_api_key: ClassVar["AuthMode"] = member("bedrockApiKey")
    """Amazon Bedrock bearer token managed by Codex."""
    bedrock_access_keys: ClassVar["AuthMode"] = member("bedrockAccessKeys")
    """Amazon Bedrock AWS access keys managed by Codex."""


class AccountUpdatedNotification(WireModel):
    """Payload of `account/updated`."""

    auth_mode: AuthMode | None = Field(
        default=None, validation_alias="authMode", serialization_alias="authMode"
    )
    plan_type: PlanType | None = Field(
        default=None, validation_alias="planType", serialization_alias="planType"
    )


class AddCreditsNudgeCreditType(OpenEnum):
    """`AddCreditsNudgeCreditType` of the protocol."""

    credits: ClassVar["AddCreditsNudgeCreditType"] = member("credits")
    usage_limit: ClassVar["AddCreditsNudgeCreditType"] = member("usage_limit")


class AddCreditsNudgeEmailStatus(OpenEnum):
    """`AddCreditsNudgeEmailStatus` of the protocol."""

    sent: ClassVar["AddCreditsNudgeEmailStatus"] = member("sent")
    cooldown_active: ClassVar["AddCreditsNudgeEmailStatus"] = member("cooldown_active")


class AwsCredentialType(OpenEnum):
    """`AwsCredentialType` of the protocol."""

    access_keys: ClassVar["AwsCredentialType"] = member("accessKeys")
    bedrock_api_key: ClassVar["AwsCredentialType"] = member("bedrockApiKey")


class BedrockAwsProfile(WireModel):
    """`BedrockAwsProfile` of the protocol."""

    name: str
    region: str | None = None


class BedrockCheckGovCloudRequirementsParams(WireModel):
    """Params of `account/bedrock/checkGovCloudRequirements` (experimental)."""


class BedrockCheckGovCloudRequirementsResponse(WireModel):
    """Result of `account/bedrock/checkGovCloudRequirements` (experimental).

    Advisory check of the current Bedrock configuration after login or setup.
    """

    is_gov_cloud: bool = Field(validation_alias="isGovCloud", serialization_alias="isGovCloud")
    """Whether the active Bedrock authentication resolves to a GovCloud region."""
    should_warn: bool = Field(validation_alias="shouldWarn", serialization_alias="shouldWarn")
    """Whether GovCloud is selected and the managed requirements miss the baseline. A false value is not a
    general certification of the network configuration.
    """


class BedrockDiscoverParams(WireModel):
    """Params of `account/bedrock/discover` (experimental)."""


class BedrockEnvironmentCredential(WireModel):
    """`BedrockEnvironmentCredential` of the protocol."""

    type: AwsCredentialType
    region: str | None = None


class BedrockDiscoverResponse(WireModel):
    """Result of `account/bedrock/discover` (experimental)."""

    environment_credentials: list[BedrockEnvironmentCredential] = Field(
        validation_alias="environmentCredentials", serialization_alias="environmentCredentials"
    )
    profiles: list[BedrockAwsProfile]


class BedrockSetupParams(WireUnion, discriminator="type"):
    """Params of `account/bedrock/setup` (experimental)."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ProfileBedrockSetupParams(BedrockSetupParams, tag="profile"):
    """`BedrockSetupParams` with `type` `profile`."""

    type: Literal["profile"] = "profile"
    profile: str
    region: str


class EnvironmentBedrockSetupParams(BedrockSetupParams, tag="environment"):
    """`BedrockSetupParams` with `type` `environment`."""

    type: Literal["environment"] = "environment"
    region: str


class BedrockSetupResponse(WireModel):
    """Result of `account/bedrock/setup` (experimental)."""


class CancelLoginAccountParams(WireModel):
    """Params of `account/login/cancel`."""

    login_id: str = Field(validation_alias="loginId", serialization_alias="loginId")


class CancelLoginAccountStatus(OpenEnum):
    """`CancelLoginAccountStatus` of the protocol."""

    canceled: ClassVar["CancelLoginAccountStatus"] = member("canceled")
    not_found: ClassVar["CancelLoginAccountStatus"] = member("notFound")


class CancelLoginAccountResponse(WireModel):
    """Result of `account/login/cancel`."""

    status: CancelLoginAccountStatus


class ConsumeAccountRateLimitResetCreditOutcome(OpenEnum):
    """`ConsumeAccountRateLimitResetCreditOutcome` of the protocol."""

    reset: ClassVar["ConsumeAccountRateLimitResetCreditOutcome"] = member("reset")
    """A reset credit was consumed and the eligible rate-limit windows were reset."""
    nothing_to_reset: ClassVar["ConsumeAccountRateLimitResetCreditOutcome"] = member("nothingToReset")
    """No current rate-limit window is eligible for a reset."""
    no_credit: ClassVar["ConsumeAccountRateLimitResetCreditOutcome"] = member("noCredit")
    """The account has no earned reset credits available."""
    already_redeemed: ClassVar["ConsumeAccountRateLimitResetCreditOutcome"] = member("alreadyRedeemed")
    """The same idempotency key already completed a reset successfully."""


class ConsumeAccountRateLimitResetCreditParams(WireModel):
    """Params of `account/rateLimitResetCredit/consume`."""

    idempotency_key: str = Field(validation_alias="idempotencyKey", serialization_alias="idempotencyKey")
    """Identifies one logical reset attempt. A UUID is recommended; reuse the same value when retrying that
    attempt.
    """
    credit_id: str | None = Field(default=None, validation_alias="creditId", serialization_alias="creditId")
    """Opaque reset-credit identifier to redeem. When omitted, the backend selects the next available credit."""


class ConsumeAccountRateLimitResetCreditResponse(WireModel):
    """Result of `account/rateLimitResetCredit/consume`."""

    outcome: ConsumeAccountRateLimitResetCreditOutcome


class GatewayOAuthCancelResponse(WireModel):
    """Result of `account/gatewayOAuth/cancel`."""


class GatewayOAuthStatus(OpenEnum):
    """`GatewayOAuthStatus` of the protocol."""

    not_ready: ClassVar["GatewayOAuthStatus"] = member("notReady")
    started: ClassVar["GatewayOAuthStatus"] = member("started")
    succeeded: ClassVar["GatewayOAuthStatus"] = member("succeeded")
    failed: ClassVar["GatewayOAuthStatus"] = member("failed")


class GatewayOAuthChangedNotification(WireModel):
    """Payload of `account/gatewayOAuth/changed`."""

    provider_id: str = Field(validation_alias="providerId", serialization_alias="providerId")
    status: GatewayOAuthStatus
    auth_url: str | None = Field(default=None, validation_alias="authUrl", serialization_alias="authUrl")
    """Authorization handoff, sent only to the connection that started login."""
    error: str | None = None


class GatewayOAuthLoginResponse(WireModel):
    """Result of `account/gatewayOAuth/login`."""


class GatewayOAuthReadResponse(WireModel):
    """Result of `account/gatewayOAuth/read`.

    Current effective gateway policy and credential readiness; never contains credentials.
    """

    provider_id: str = Field(validation_alias="providerId", serialization_alias="providerId")
    provider_name: str = Field(validation_alias="providerName", serialization_alias="providerName")
    required: bool
    """Whether the selected provider uses gateway OAuth, even when already signed in."""
    error: str | None = None
    status: GatewayOAuthStatus | None = None
    """Null when the effective provider does not use gateway OAuth."""


class GetAccountParams(WireModel):
    """Params of `account/read`."""

    refresh_token: bool | None = Field(
        default=None, validation_alias="refreshToken", serialization_alias="refreshToken"
    )
    """When `true`, requests a proactive token refresh before returning."""


class GetAccountRateLimitsParams(WireModel):
    """Params of `account/rateLimits/read`.

    Usage-read capabilities of the requesting client, never inferred from its experiment arm.
    """

    exclude_reset_credit_details: bool | None = Field(
        default=None,
        validation_alias="excludeResetCreditDetails",
        serialization_alias="excludeResetCreditDetails",
    )
    """Skip the separate reset-credit detail lookup for background usage polls. The usage response still
    includes the available count; omitted/false preserves detailed reads.
    """
    supports_luna_reserve: bool | None = Field(
        default=None, validation_alias="supportsLunaReserve", serialization_alias="supportsLunaReserve"
    )
    """The client supports automatic Luna Reserve fallback. For eligible ChatGPT CLI users, allow the backend
    to record experiment exposure after ordinary usage is blocked.
    """


class RateLimitResetCreditStatus(OpenEnum):
    """`RateLimitResetCreditStatus` of the protocol."""

    available: ClassVar["RateLimitResetCreditStatus"] = member("available")
    redeeming: ClassVar["RateLimitResetCreditStatus"] = member("redeeming")
    redeemed: ClassVar["RateLimitResetCreditStatus"] = member("redeemed")
    unknown: ClassVar["RateLimitResetCreditStatus"] = member("unknown")


class RateLimitResetType(OpenEnum):
    """`RateLimitResetType` of the protocol."""

    codex_rate_limits: ClassVar["RateLimitResetType"] = member("codexRateLimits")
    unknown: ClassVar["RateLimitResetType"] = member("unknown")


class RateLimitResetCredit(WireModel):
    """`RateLimitResetCredit` of the protocol."""

    granted_at: int = Field(validation_alias="grantedAt", serialization_alias="grantedAt")
    """Unix timestamp in seconds when the credit was granted."""
    id: str
    """Opaque backend identifier for this reset credit."""
    reset_type: RateLimitResetType = Field(validation_alias="resetType", serialization_alias="resetType")
    status: RateLimitResetCreditStatus
    description: str | None = None
    """Backend-provided display description for this credit, or `null` when unavailable."""
    expires_at: int | None = Field(
        default=None, validation_alias="expiresAt", serialization_alias="expiresAt"
    )
    """Unix timestamp in seconds when the credit expires, or `null` if it does not expire."""
    title: str | None = None
    """Backend-provided display title for this credit, or `null` when unavailable."""


class RateLimitResetCreditsSummary(WireModel):
    """`RateLimitResetCreditsSummary` of the protocol."""

    available_count: int = Field(validation_alias="availableCount", serialization_alias="availableCount")
    credits: list[RateLimitResetCredit] | None = None
    """Detail rows for available reset credits, when the backend provides them."""


class GetAccountRateLimitsResponse(WireModel):
    """Result of `account/rateLimits/read`."""

    rate_limits: RateLimitSnapshot = Field(validation_alias="rateLimits", serialization_alias="rateLimits")
    """Backward-compatible single-bucket view; mirrors the historical payload."""
    account_id: str | None = Field(
        default=None, validation_alias="accountId", serialization_alias="accountId"
    )
    """Account associated with this usage snapshot, when supplied by the backend."""
    ordinary_usage_allowed: bool | None = Field(
        default=None, validation_alias="ordinaryUsageAllowed", serialization_alias="ordinaryUsageAllowed"
    )
    """Backend permission for ordinary included usage, validated against the active account. Null means
    unavailable; clients must not infer recovery from percentages or reset times.
    """
    rate_limit_reset_credits: RateLimitResetCreditsSummary | None = Field(
        default=None, validation_alias="rateLimitResetCredits", serialization_alias="rateLimitResetCredits"
    )
    rate_limit_upsell: JsonValue = Field(
        default=None, validation_alias="rateLimitUpsell", serialization_alias="rateLimitUpsell"
    )
    """Optional backend-owned banner from the same usage read. Its nested keys retain the backend's
    snake_case contract; an absent banner leaves the client's existing UI unchanged.
    """
    rate_limits_by_limit_id: dict[str, RateLimitSnapshot] | None = Field(
        default=None, validation_alias="rateLimitsByLimitId", serialization_alias="rateLimitsByLimitId"
    )
    """Multi-bucket view keyed by metered `limit_id` (for example, `codex`)."""


class WorkspaceRouting(WireModel):
    """`WorkspaceRouting` of the protocol."""

    account_routing_override: AccountRoutingOverride = Field(
        validation_alias="accountRoutingOverride", serialization_alias="accountRoutingOverride"
    )
    backend_origin: str = Field(validation_alias="backendOrigin", serialization_alias="backendOrigin")
    chatgpt_account_id: str = Field(
        validation_alias="chatgptAccountId", serialization_alias="chatgptAccountId"
    )


class GetAccountResponse(WireModel):
    """Result of `account/read`."""

    requires_openai_auth: bool = Field(
        validation_alias="requiresOpenaiAuth", serialization_alias="requiresOpenaiAuth"
    )
    account: Account | None = None
    workspace_routing: WorkspaceRouting | None = Field(
        default=None, validation_alias="workspaceRouting", serialization_alias="workspaceRouting"
    )


class GetAccountTokenUsageParams(WireModel):
    """Params of `account/usage/read`."""

    thread_id: str | None = Field(default=None, validation_alias="threadId", serialization_alias="threadId")
    """When present, read estimated usage for this thread instead of account-wide token activity."""


class ThreadUsageBreakdownGroup(WireModel):
    """`ThreadUsageBreakdownGroup` of the protocol."""

    estimated_usage_credits_micros: int = Field(
        validation_alias="estimatedUsageCreditsMicros", serialization_alias="estimatedUsageCreditsMicros"
    )
    cached_input_tokens: int | None = Field(
        default=None, validation_alias="cachedInputTokens", serialization_alias="cachedInputTokens"
    )
    input_tokens: int | None = Field(
        default=None, validation_alias="inputTokens", serialization_alias="inputTokens"
    )
    model: str | None = None
    net_new_input_tokens: int | None = Field(
        default=None, validation_alias="netNewInputTokens", serialization_alias="netNewInputTokens"
    )
    output_tokens: int | None = Field(
        default=None, validation_alias="outputTokens", serialization_alias="outputTokens"
    )
    reasoning_effort: str | None = Field(
        default=None, validation_alias="reasoningEffort", serialization_alias="reasoningEffort"
    )
    speed: str | None = None
    total_tokens: int | None = Field(
        default=None, validation_alias="totalTokens", serialization_alias="totalTokens"
    )


class ThreadUsage(WireModel):
    """`ThreadUsage` of the protocol."""

    estimated_usage_credits_micros: int = Field(
        validation_alias="estimatedUsageCreditsMicros", serialization_alias="estimatedUsageCreditsMicros"
    )
    groups: list[ThreadUsageBreakdownGroup]
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    estimated_usage_usd_micros: int | None = Field(
        default=None,
        validation_alias="estimatedUsageUsdMicros",
        serialization_alias="estimatedUsageUsdMicros",
    )


class GetAccountTokenUsageResponse(WireModel):
    """Result of `account/usage/read`."""

    summary: AccountTokenUsageSummary
    daily_usage_buckets: list[AccountTokenUsageDailyBucket] | None = Field(
        default=None, validation_alias="dailyUsageBuckets", serialization_alias="dailyUsageBuckets"
    )
    thread_usage: ThreadUsage | None = Field(
        default=None, validation_alias="threadUsage", serialization_alias="threadUsage"
    )
    """Estimated usage when a thread was requested and its billing route is available."""


class WorkspaceMessageType(OpenEnum):
    """`WorkspaceMessageType` of the protocol."""

    headline: ClassVar["WorkspaceMessageType"] = member("headline")
    announcement: ClassVar["WorkspaceMessageType"] = member("announcement")
    unknown: ClassVar["WorkspaceMessageType"] = member("unknown")


class WorkspaceMessage(WireModel):
    """`WorkspaceMessage` of the protocol."""

    message_body: str = Field(validation_alias="messageBody", serialization_alias="messageBody")
    message_id: str = Field(validation_alias="messageId", serialization_alias="messageId")
    message_type: WorkspaceMessageType = Field(
        validation_alias="messageType", serialization_alias="messageType"
    )
    archived_at: int | None = Field(
        default=None, validation_alias="archivedAt", serialization_alias="archivedAt"
    )
    """Unix timestamp (in seconds) when the message was archived."""
    created_at: int | None = Field(
        default=None, validation_alias="createdAt", serialization_alias="createdAt"
    )
    """Unix timestamp (in seconds) when the message was created."""


class GetWorkspaceMessagesResponse(WireModel):
    """Result of `account/workspaceMessages/read`."""

    feature_enabled: bool = Field(validation_alias="featureEnabled", serialization_alias="featureEnabled")
    """Whether the workspace-message backend route is available for this client."""
    messages: list[WorkspaceMessage]
    """Active workspace messages returned by the backend."""


class LoginAppBrand(OpenEnum):
    """`LoginAppBrand` of the protocol."""

    codex: ClassVar["LoginAppBrand"] = member("codex")
    chatgpt: ClassVar["LoginAppBrand"] = member("chatgpt")


class LoginAccountParams(WireUnion, discriminator="type"):
    """Params of `account/login/start`."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ApiKeyLoginAccountParams(LoginAccountParams, tag="apiKey"):
    """`LoginAccountParams` with `type` `apiKey`."""

    type: Literal["apiKey"] = "apiKey"
    api_key: str = Field(validation_alias="apiKey", serialization_alias="apiKey")


class ChatgptLoginAccountParams(LoginAccountParams, tag="chatgpt"):
    """`LoginAccountParams` with `type` `chatgpt`."""

    type: Literal["chatgpt"] = "chatgpt"
    app_brand: LoginAppBrand | None = Field(
        default=None, validation_alias="appBrand", serialization_alias="appBrand"
    )
    codex_streamlined_login: bool | None = Field(
        default=None, validation_alias="codexStreamlinedLogin", serialization_alias="codexStreamlinedLogin"
    )
    use_hosted_login_success_page: bool | None = Field(
        default=None,
        validation_alias="useHostedLoginSuccessPage",
        serialization_alias="useHostedLoginSuccessPage",
    )


class ChatgptDeviceCodeLoginAccountParams(LoginAccountParams, tag="chatgptDeviceCode"):
    """`LoginAccountParams` with `type` `chatgptDeviceCode`."""

    type: Literal["chatgptDeviceCode"] = "chatgptDeviceCode"


class ChatgptAuthTokensLoginAccountParams(LoginAccountParams, tag="chatgptAuthTokens"):
    """[UNSTABLE] FOR OPENAI INTERNAL USE ONLY - DO NOT USE. The access token must contain the same scopes
    that Codex-managed ChatGPT auth tokens have.
    """

    type: Literal["chatgptAuthTokens"] = "chatgptAuthTokens"
    access_token: str = Field(validation_alias="accessToken", serialization_alias="accessToken")
    """Access token (JWT) supplied by the client. This token is used for backend API requests and email
    extraction.
    """
    chatgpt_account_id: str = Field(
        validation_alias="chatgptAccountId", serialization_alias="chatgptAccountId"
    )
    """Workspace/account identifier supplied by the client."""
    chatgpt_plan_type: str | None = Field(
        default=None, validation_alias="chatgptPlanType", serialization_alias="chatgptPlanType"
    )
    """Optional plan type supplied by the client."""


class AmazonBedrockLoginAccountParams(LoginAccountParams, tag="amazonBedrock"):
    """[UNSTABLE] Managed Amazon Bedrock login is experimental."""

    type: Literal["amazonBedrock"] = "amazonBedrock"
    api_key: str = Field(validation_alias="apiKey", serialization_alias="apiKey")
    region: str


class AmazonBedrockAccessKeysLoginAccountParams(LoginAccountParams, tag="amazonBedrockAccessKeys"):
    """[UNSTABLE] Managed Amazon Bedrock AWS access key login is experimental."""

    type: Literal["amazonBedrockAccessKeys"] = "amazonBedrockAccessKeys"
    access_key_id: str = Field(validation_alias="accessKeyId", serialization_alias="accessKeyId")
    region: str
    secret_access_key: str = Field(validation_alias="secretAccessKey", serialization_alias="secretAccessKey")
    session_token: str | None = Field(
        default=None, validation_alias="sessionToken", serialization_alias="sessionToken"
    )


class LoginAccountResponse(WireUnion, discriminator="type"):
    """Result of `account/login/start`."""

    type: str
    """Tells the variants apart; any string in a variant that is not known here."""


class ApiKeyLoginAccountResponse(LoginAccountResponse, tag="apiKey"):
    """`LoginAccountResponse` with `type` `apiKey`."""

    type: Literal["apiKey"] = "apiKey"


class ChatgptLoginAccountResponse(LoginAccountResponse, tag="chatgpt"):
    """`LoginAccountResponse` with `type` `chatgpt`."""

    type: Literal["chatgpt"] = "chatgpt"
    auth_url: str = Field(validation_alias="authUrl", serialization_alias="authUrl")
    """URL the client should open in a browser to initiate the OAuth flow."""
    login_id: str = Field(validation_alias="loginId", serialization_alias="loginId")


class ChatgptDeviceCodeLoginAccountResponse(LoginAccountResponse, tag="chatgptDeviceCode"):
    """`LoginAccountResponse` with `type` `chatgptDeviceCode`."""

    type: Literal["chatgptDeviceCode"] = "chatgptDeviceCode"
    login_id: str = Field(validation_alias="loginId", serialization_alias="loginId")
    user_code: str = Field(validation_alias="userCode", serialization_alias="userCode")
    """One-time code the user must enter after signing in."""
    verification_url: str = Field(validation_alias="verificationUrl", serialization_alias="verificationUrl")
    """URL the client should open in a browser to complete device code authorization."""


class ChatgptAuthTokensLoginAccountResponse(LoginAccountResponse, tag="chatgptAuthTokens"):
    """`LoginAccountResponse` with `type` `chatgptAuthTokens`."""

    type: Literal["chatgptAuthTokens"] = "chatgptAuthTokens"


class AmazonBedrockLoginAccountResponse(LoginAccountResponse, tag="amazonBedrock"):
    """`LoginAccountResponse` with `type` `amazonBedrock`."""

    type: Literal["amazonBedrock"] = "amazonBedrock"


class LogoutAccountResponse(WireModel):
    """Result of `account/logout`."""


NullableGetAccountRateLimitsParams: TypeAlias = GetAccountRateLimitsParams | None
"""`NullableGetAccountRateLimitsParams` of the protocol."""


NullableGetAccountTokenUsageParams: TypeAlias = GetAccountTokenUsageParams | None
"""`NullableGetAccountTokenUsageParams` of the protocol."""


class SendAddCreditsNudgeEmailParams(WireModel):
    """Params of `account/sendAddCreditsNudgeEmail`."""

    credit_type: AddCreditsNudgeCreditType = Field(
        validation_alias="creditType", serialization_alias="creditType"
    )


class SendAddCreditsNudgeEmailResponse(WireModel):
    """Result of `account/sendAddCreditsNudgeEmail`."""

    status: AddCreditsNudgeEmailStatus


class UserVerificationCancelParams(WireModel):
    """Params of `userVerification/cancel` (experimental).

    Cancels a native verification RPC issued on this connection, not an elicitation. Use a fresh request
    ID for each operation and a distinct ID for this cancellation RPC.
    """

    request_id: RequestId = Field(validation_alias="requestId", serialization_alias="requestId")


class UserVerificationCancelResponse(WireModel):
    """Result of `userVerification/cancel` (experimental).

    Acknowledges the cancellation signal; native work may still be finishing. Unknown or finished requests
    are a no-op, and completed effects are not rolled back.
    """


class UserVerificationDeleteParams(WireModel):
    """Params of `userVerification/delete` (experimental)."""


class UserVerificationDeleteResponse(WireModel):
    """Result of `userVerification/delete` (experimental)."""


class UserVerificationEnrollParams(WireModel):
    """Params of `userVerification/enroll` (experimental)."""


class UserVerificationEnrollResponse(WireModel):
    """Result of `userVerification/enroll` (experimental).

    Public metadata for a created or reused local credential. The caller completes backend registration;
    this response does not establish server enrollment. Older app-servers omit the metadata fields;
    callers must check both before registration.
    """

    credential_id: str = Field(validation_alias="credentialId", serialization_alias="credentialId")
    algorithm: str | None = None
    public_key: str | None = Field(
        default=None, validation_alias="publicKey", serialization_alias="publicKey"
    )
    """Unpadded base64url of the SubjectPublicKeyInfo DER encoding."""


class UserVerificationProof(WireModel):
    """A signature over the exact decoded challenge. The verifier validates and consumes it."""

    credential_id: str = Field(validation_alias="credentialId", serialization_alias="credentialId")
    signature: str
    """Unpadded base64url DER ECDSA signature using P-256 and SHA-256."""


class UserVerificationRpcError(WireModel):
    """The error object inside the normal JSON-RPC envelope."""

    code: int
    data: UserVerificationErrorDetails
    message: str


class UserVerificationStatusParams(WireModel):
    """Params of `userVerification/status` (experimental)."""


class UserVerificationStatusResponse(WireModel):
    """Result of `userVerification/status` (experimental).

    Local readiness only; this neither prompts nor queries server registration.
    """

    credential_id: str | None = Field(
        default=None, validation_alias="credentialId", serialization_alias="credentialId"
    )
    unavailable_message: str | None = Field(
        default=None, validation_alias="unavailableMessage", serialization_alias="unavailableMessage"
    )
    unavailable_reason: UserVerificationUnavailableReason | None = Field(
        default=None, validation_alias="unavailableReason", serialization_alias="unavailableReason"
    )


class UserVerificationVerifyParams(WireModel):
    """Params of `userVerification/verify` (experimental).

    Local signing primitive, independent of any pending elicitation.
    """

    challenge: str
    """Unpadded base64url encoding of 1–4096 challenge bytes."""
    description: str
    """Additional display context; at most 4096 UTF-8 bytes."""
    title: str
    """Display context already approved by the UI; 1–256 UTF-8 bytes."""


class UserVerificationVerifyResponse(WireModel):
    """Result of `userVerification/verify` (experimental)."""

    proof: UserVerificationProof
