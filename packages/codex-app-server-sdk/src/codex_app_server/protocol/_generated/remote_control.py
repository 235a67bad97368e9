"""Protocol types: remote control.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar, TypeAlias

from pydantic import Field

from codex_app_server.protocol._base import OpenEnum, WireModel, member


class RemoteControlDisableParams(WireModel):
    """Params of `remoteControl/disable` (experimental)."""

    ephemeral: bool | None = None


NullableRemoteControlDisableParams: TypeAlias = RemoteControlDisableParams | None
"""`NullableRemoteControlDisableParams` of the protocol."""


class RemoteControlEnableParams(WireModel):
    """Params of `remoteControl/enable` (experimental)."""

    ephemeral: bool | None = None


NullableRemoteControlEnableParams: TypeAlias = RemoteControlEnableParams | None
"""`NullableRemoteControlEnableParams` of the protocol."""


class RemoteControlClient(WireModel):
    """`RemoteControlClient` of the protocol."""

    client_id: str = Field(validation_alias="clientId", serialization_alias="clientId")
    app_version: str | None = Field(
        default=None, validation_alias="appVersion", serialization_alias="appVersion"
    )
    device_model: str | None = Field(
        default=None, validation_alias="deviceModel", serialization_alias="deviceModel"
    )
    device_type: str | None = Field(
        default=None, validation_alias="deviceType", serialization_alias="deviceType"
    )
    display_name: str | None = Field(
        default=None, validation_alias="displayName", serialization_alias="displayName"
    )
    last_seen_at: int | None = Field(
        default=None, validation_alias="lastSeenAt", serialization_alias="lastSeenAt"
    )
    os_version: str | None = Field(
        default=None, validation_alias="osVersion", serialization_alias="osVersion"
    )
    platform: str | None = None


class RemoteControlClientsListOrder(OpenEnum):
    """`RemoteControlClientsListOrder` of the protocol."""

    asc: ClassVar["RemoteControlClientsListOrder"] = member("asc")
    desc: ClassVar["RemoteControlClientsListOrder"] = member("desc")


class RemoteControlClientsListParams(WireModel):
    """Params of `remoteControl/client/list` (experimental)."""

    environment_id: str = Field(validation_alias="environmentId", serialization_alias="environmentId")
    cursor: str | None = None
    limit: int | None = None
    order: RemoteControlClientsListOrder | None = None


class RemoteControlClientsListResponse(WireModel):
    """Result of `remoteControl/client/list` (experimental)."""

    data: list[RemoteControlClient]
    next_cursor: str | None = Field(
        default=None, validation_alias="nextCursor", serialization_alias="nextCursor"
    )


class RemoteControlClientsRevokeParams(WireModel):
    """Params of `remoteControl/client/revoke` (experimental)."""

    client_id: str = Field(validation_alias="clientId", serialization_alias="clientId")
    environment_id: str = Field(validation_alias="environmentId", serialization_alias="environmentId")


class RemoteControlClientsRevokeResponse(WireModel):
    """Result of `remoteControl/client/revoke` (experimental)."""


class RemoteControlConnectionStatus(OpenEnum):
    """`RemoteControlConnectionStatus` of the protocol."""

    disabled: ClassVar["RemoteControlConnectionStatus"] = member("disabled")
    connecting: ClassVar["RemoteControlConnectionStatus"] = member("connecting")
    connected: ClassVar["RemoteControlConnectionStatus"] = member("connected")
    errored: ClassVar["RemoteControlConnectionStatus"] = member("errored")


class RemoteControlDisableResponse(WireModel):
    """Result of `remoteControl/disable` (experimental)."""

    installation_id: str = Field(validation_alias="installationId", serialization_alias="installationId")
    server_name: str = Field(validation_alias="serverName", serialization_alias="serverName")
    status: RemoteControlConnectionStatus
    environment_id: str | None = Field(
        default=None, validation_alias="environmentId", serialization_alias="environmentId"
    )


class RemoteControlEnableResponse(WireModel):
    """Result of `remoteControl/enable` (experimental)."""

    installation_id: str = Field(validation_alias="installationId", serialization_alias="installationId")
    server_name: str = Field(validation_alias="serverName", serialization_alias="serverName")
    status: RemoteControlConnectionStatus
    environment_id: str | None = Field(
        default=None, validation_alias="environmentId", serialization_alias="environmentId"
    )


class RemoteControlPairingStartParams(WireModel):
    """Params of `remoteControl/pairing/start` (experimental)."""

    manual_code: bool | None = Field(
        default=None, validation_alias="manualCode", serialization_alias="manualCode"
    )


class RemoteControlPairingStartResponse(WireModel):
    """Result of `remoteControl/pairing/start` (experimental)."""

    environment_id: str = Field(validation_alias="environmentId", serialization_alias="environmentId")
    expires_at: int = Field(validation_alias="expiresAt", serialization_alias="expiresAt")
    pairing_code: str = Field(validation_alias="pairingCode", serialization_alias="pairingCode")
    manual_pairing_code: str | None = Field(
        default=None, validation_alias="manualPairingCode", serialization_alias="manualPairingCode"
    )


class RemoteControlPairingStatusParams(WireModel):
    """Params of `remoteControl/pairing/status` (experimental)."""

    manual_pairing_code: str | None = Field(
        default=None, validation_alias="manualPairingCode", serialization_alias="manualPairingCode"
    )
    pairing_code: str | None = Field(
        default=None, validation_alias="pairingCode", serialization_alias="pairingCode"
    )


class RemoteControlPairingStatusResponse(WireModel):
    """Result of `remoteControl/pairing/status` (experimental)."""

    claimed: bool


class RemoteControlStatusChangedNotification(WireModel):
    """Payload of `remoteControl/status/changed`.

    Current remote-control connection status and remote identity exposed to clients.
    """

    installation_id: str = Field(validation_alias="installationId", serialization_alias="installationId")
    server_name: str = Field(validation_alias="serverName", serialization_alias="serverName")
    status: RemoteControlConnectionStatus
    environment_id: str | None = Field(
        default=None, validation_alias="environmentId", serialization_alias="environmentId"
    )


class RemoteControlStatusReadResponse(WireModel):
    """Result of `remoteControl/status/read` (experimental)."""

    installation_id: str = Field(validation_alias="installationId", serialization_alias="installationId")
    server_name: str = Field(validation_alias="serverName", serialization_alias="serverName")
    status: RemoteControlConnectionStatus
    environment_id: str | None = Field(
        default=None, validation_alias="environmentId", serialization_alias="environmentId"
    )
