"""Protocol types: models and their providers.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar

from pydantic import Field

from codex_app_server.protocol._base import OpenEnum, WireModel, member

from codex_app_server.protocol._generated.turn_requests import CyberAccessProgram
from codex_app_server.protocol._generated.turns import ReasoningEffort


class AuthRecoveryNotification(WireModel):
    """Payload of `modelProvider/authRecoveryStarted`, `modelProvider/authRecoveryCompleted`."""

    message: str
    provider: str
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class InputModality(OpenEnum):
    """Canonical user-input modality tags advertised by a model."""

    text: ClassVar["InputModality"] = member("text")
    """Plain text turns and tool payloads."""
    image: ClassVar["InputModality"] = member("image")
    """Image attachments included in user turns."""
    audio: ClassVar["InputModality"] = member("audio")
    """Audio attachments included in user turns."""


class ModelAccessPrograms(WireModel):
    """Caller-specific explicit access programs advertised by model discovery."""

    cyber: list[CyberAccessProgram]
    """Accepted explicit selections."""


class ModelAvailabilityNux(WireModel):
    """`ModelAvailabilityNux` of the protocol."""

    message: str


class ModelServiceTier(WireModel):
    """`ModelServiceTier` of the protocol."""

    description: str
    id: str
    name: str


class ModelUpgradeInfo(WireModel):
    """`ModelUpgradeInfo` of the protocol."""

    model: str
    migration_markdown: str | None = Field(
        default=None, validation_alias="migrationMarkdown", serialization_alias="migrationMarkdown"
    )
    model_link: str | None = Field(
        default=None, validation_alias="modelLink", serialization_alias="modelLink"
    )
    retirement_at: int | None = Field(
        default=None, validation_alias="retirementAt", serialization_alias="retirementAt"
    )
    """Informational Unix timestamp for this upgrade's scheduled retirement, if known."""
    upgrade_copy: str | None = Field(
        default=None, validation_alias="upgradeCopy", serialization_alias="upgradeCopy"
    )


class MultiAgentVersion(OpenEnum):
    """Multi-agent runtime supported by a model."""

    disabled: ClassVar["MultiAgentVersion"] = member("disabled")
    v1: ClassVar["MultiAgentVersion"] = member("v1")
    v2: ClassVar["MultiAgentVersion"] = member("v2")


class ReasoningEffortOption(WireModel):
    """`ReasoningEffortOption` of the protocol."""

    description: str
    reasoning_effort: ReasoningEffort = Field(
        validation_alias="reasoningEffort", serialization_alias="reasoningEffort"
    )


class Model(WireModel):
    """`Model` of the protocol."""

    default_reasoning_effort: ReasoningEffort = Field(
        validation_alias="defaultReasoningEffort", serialization_alias="defaultReasoningEffort"
    )
    description: str
    display_name: str = Field(validation_alias="displayName", serialization_alias="displayName")
    hidden: bool
    id: str
    is_default: bool = Field(validation_alias="isDefault", serialization_alias="isDefault")
    model: str
    supported_reasoning_efforts: list[ReasoningEffortOption] = Field(
        validation_alias="supportedReasoningEfforts", serialization_alias="supportedReasoningEfforts"
    )
    additional_speed_tiers: list[str] = Field(
        default=[], validation_alias="additionalSpeedTiers", serialization_alias="additionalSpeedTiers"
    )
    """Deprecated: use `serviceTiers` instead."""
    availability_nux: ModelAvailabilityNux | None = Field(
        default=None, validation_alias="availabilityNux", serialization_alias="availabilityNux"
    )
    available_access_programs: ModelAccessPrograms | None = Field(
        default=None,
        validation_alias="availableAccessPrograms",
        serialization_alias="availableAccessPrograms",
    )
    """Null when the catalog does not provide access-program metadata."""
    default_service_tier: str | None = Field(
        default=None, validation_alias="defaultServiceTier", serialization_alias="defaultServiceTier"
    )
    """Catalog default service tier id for this model, when one is configured."""
    input_modalities: list[InputModality] = Field(
        default_factory=lambda: [InputModality.text, InputModality.image],
        validation_alias="inputModalities",
        serialization_alias="inputModalities",
    )
    model_specialty: str | None = Field(
        default=None, validation_alias="modelSpecialty", serialization_alias="modelSpecialty"
    )
    multi_agent_version: MultiAgentVersion | None = Field(
        default=None, validation_alias="multiAgentVersion", serialization_alias="multiAgentVersion"
    )
    """Multi-agent runtime declared by this model, when available."""
    service_tiers: list[ModelServiceTier] = Field(
        default=[], validation_alias="serviceTiers", serialization_alias="serviceTiers"
    )
    supports_personality: bool = Field(
        default=False, validation_alias="supportsPersonality", serialization_alias="supportsPersonality"
    )
    """@deprecated Always false; models no longer support personality selection."""
    upgrade: str | None = None
    upgrade_info: ModelUpgradeInfo | None = Field(
        default=None, validation_alias="upgradeInfo", serialization_alias="upgradeInfo"
    )


class ModelListParams(WireModel):
    """Params of `model/list`."""

    cursor: str | None = None
    """Opaque pagination cursor returned by a previous call."""
    include_hidden: bool | None = Field(
        default=None, validation_alias="includeHidden", serialization_alias="includeHidden"
    )
    """When true, include models that are hidden from the default picker list."""
    limit: int | None = None
    """Optional page size; defaults to a reasonable server-side value."""


class ModelListResponse(WireModel):
    """Result of `model/list`."""

    data: list[Model]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )
    """Opaque cursor to pass to the next call to continue after the last item. If None, there are no more
    items to return.
    """


class ModelProviderCapabilitiesReadParams(WireModel):
    """Params of `modelProvider/capabilities/read`."""


class ModelProviderCapabilitiesReadResponse(WireModel):
    """Result of `modelProvider/capabilities/read`."""

    image_generation: bool = Field(validation_alias="imageGeneration", serialization_alias="imageGeneration")
    web_search: bool = Field(validation_alias="webSearch", serialization_alias="webSearch")


class ModelRerouteReason(OpenEnum):
    """`ModelRerouteReason` of the protocol."""

    high_risk_cyber_activity: ClassVar["ModelRerouteReason"] = member("highRiskCyberActivity")


class ModelReroutedNotification(WireModel):
    """Payload of `model/rerouted`."""

    from_model: str = Field(validation_alias="fromModel", serialization_alias="fromModel")
    reason: ModelRerouteReason
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    to_model: str = Field(validation_alias="toModel", serialization_alias="toModel")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")


class ModelSafetyBufferingUpdatedNotification(WireModel):
    """Payload of `model/safetyBuffering/updated`."""

    model: str
    reasons: list[str]
    show_buffering_ui: bool = Field(validation_alias="showBufferingUi", serialization_alias="showBufferingUi")
    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    use_cases: list[str] = Field(validation_alias="useCases", serialization_alias="useCases")
    faster_model: str | None = Field(
        default=None, validation_alias="fasterModel", serialization_alias="fasterModel"
    )


class ModelVerification(OpenEnum):
    """`ModelVerification` of the protocol."""

    trusted_access_for_cyber: ClassVar["ModelVerification"] = member("trustedAccessForCyber")


class ModelVerificationNotification(WireModel):
    """Payload of `model/verification`."""

    thread_id: str = Field(validation_alias="threadId", serialization_alias="threadId")
    turn_id: str = Field(validation_alias="turnId", serialization_alias="turnId")
    verifications: list[ModelVerification]
