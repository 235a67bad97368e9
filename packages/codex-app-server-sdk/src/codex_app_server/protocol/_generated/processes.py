"""Protocol types: commands, processes, environments and sandboxes.

Generated from the schema of `codex app-server` 0.163.0 (sha256 0df06e1fd0ffb2ac7ed1a93fa682bd2858e36875edb675b5c1e262b42a081a76).
Do not edit; the command is `python packages/codex-app-server-sdk/codegen/generate.py`.
"""


# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from typing import ClassVar

from pydantic import Field

from codex_app_server.protocol._base import OpenEnum, WireModel, member

from codex_app_server.protocol._generated.turn_requests import SandboxPolicy
from codex_app_server.protocol._generated.turns import AbsolutePathBuf, PathUri


class CommandExecOutputStream(OpenEnum):
    """Stream label for `command/exec/outputDelta` notifications."""

    stdout: ClassVar["CommandExecOutputStream"] = member("stdout")
    """stdout stream. PTY mode multiplexes terminal output here."""
    stderr: ClassVar["CommandExecOutputStream"] = member("stderr")
    """stderr stream."""


class CommandExecOutputDeltaNotification(WireModel):
    """Payload of `command/exec/outputDelta`.

    Base64-encoded output chunk emitted for a streaming `command/exec` request.
    """

    cap_reached: bool = Field(validation_alias="capReached", serialization_alias="capReached")
    """`true` on the final streamed chunk for a stream when `outputBytesCap` truncated later output on that
    stream.
    """
    delta_base64: str = Field(validation_alias="deltaBase64", serialization_alias="deltaBase64")
    """Base64-encoded output bytes."""
    process_id: str = Field(validation_alias="processId", serialization_alias="processId")
    """Client-supplied, connection-scoped `processId` from the original `command/exec` request."""
    stream: CommandExecOutputStream
    """Output stream for this chunk."""


class CommandExecTerminalSize(WireModel):
    """PTY size in character cells for `command/exec` PTY sessions."""

    cols: int
    """Terminal width in character cells."""
    rows: int
    """Terminal height in character cells."""


class CommandExecParams(WireModel):
    """Params of `command/exec`.

    Run a standalone command (argv vector) in the server sandbox without creating a thread or turn.
    """

    command: list[str]
    """Command argv vector. Empty arrays are rejected."""
    cwd: str | None = None
    """Optional working directory. Defaults to the server cwd."""
    disable_output_cap: bool | None = Field(
        default=None, validation_alias="disableOutputCap", serialization_alias="disableOutputCap"
    )
    """Disable stdout/stderr capture truncation for this request."""
    disable_timeout: bool | None = Field(
        default=None, validation_alias="disableTimeout", serialization_alias="disableTimeout"
    )
    """Disable the timeout entirely for this request."""
    env: dict[str, str | None] | None = None
    """Optional environment overrides merged into the server-computed environment."""
    output_bytes_cap: int | None = Field(
        default=None, validation_alias="outputBytesCap", serialization_alias="outputBytesCap"
    )
    """Optional per-stream stdout/stderr capture cap in bytes."""
    permission_profile: str | None = Field(
        default=None, validation_alias="permissionProfile", serialization_alias="permissionProfile"
    )
    """Optional active permissions profile id for this command."""
    process_id: str | None = Field(
        default=None, validation_alias="processId", serialization_alias="processId"
    )
    """Optional client-supplied, connection-scoped process id."""
    sandbox_policy: SandboxPolicy | None = Field(
        default=None, validation_alias="sandboxPolicy", serialization_alias="sandboxPolicy"
    )
    """Optional sandbox policy for this command."""
    size: CommandExecTerminalSize | None = None
    """Optional initial PTY size in character cells. Only valid when `tty` is true."""
    stream_stdin: bool | None = Field(
        default=None, validation_alias="streamStdin", serialization_alias="streamStdin"
    )
    """Allow follow-up `command/exec/write` requests to write stdin bytes."""
    stream_stdout_stderr: bool | None = Field(
        default=None, validation_alias="streamStdoutStderr", serialization_alias="streamStdoutStderr"
    )
    """Stream stdout/stderr via `command/exec/outputDelta` notifications."""
    timeout_ms: int | None = Field(
        default=None, validation_alias="timeoutMs", serialization_alias="timeoutMs"
    )
    """Optional timeout in milliseconds."""
    tty: bool | None = None
    """Enable PTY mode."""


class CommandExecResizeParams(WireModel):
    """Params of `command/exec/resize`.

    Resize a running PTY-backed `command/exec` session.
    """

    process_id: str = Field(validation_alias="processId", serialization_alias="processId")
    """Client-supplied, connection-scoped `processId` from the original `command/exec` request."""
    size: CommandExecTerminalSize
    """New PTY size in character cells."""


class CommandExecResizeResponse(WireModel):
    """Result of `command/exec/resize`.

    Empty success response for `command/exec/resize`.
    """


class CommandExecResponse(WireModel):
    """Result of `command/exec`.

    Final buffered result for `command/exec`.
    """

    exit_code: int = Field(validation_alias="exitCode", serialization_alias="exitCode")
    """Process exit code."""
    stderr: str
    """Buffered stderr capture."""
    stdout: str
    """Buffered stdout capture."""


class CommandExecTerminateParams(WireModel):
    """Params of `command/exec/terminate`.

    Terminate a running `command/exec` session.
    """

    process_id: str = Field(validation_alias="processId", serialization_alias="processId")
    """Client-supplied, connection-scoped `processId` from the original `command/exec` request."""


class CommandExecTerminateResponse(WireModel):
    """Result of `command/exec/terminate`.

    Empty success response for `command/exec/terminate`.
    """


class CommandExecWriteParams(WireModel):
    """Params of `command/exec/write`.

    Write stdin bytes to a running `command/exec` session, close stdin, or both.
    """

    process_id: str = Field(validation_alias="processId", serialization_alias="processId")
    """Client-supplied, connection-scoped `processId` from the original `command/exec` request."""
    close_stdin: bool | None = Field(
        default=None, validation_alias="closeStdin", serialization_alias="closeStdin"
    )
    """Close stdin after writing `deltaBase64`, if present."""
    delta_base64: str | None = Field(
        default=None, validation_alias="deltaBase64", serialization_alias="deltaBase64"
    )
    """Optional base64-encoded stdin bytes to write."""


class CommandExecWriteResponse(WireModel):
    """Result of `command/exec/write`.

    Empty success response for `command/exec/write`.
    """


class EnvironmentSkillsParams(WireModel):
    """`EnvironmentSkillsParams` of the protocol."""

    required: list[str] | None = None
    """Exact catalog names that must be available from this environment."""


class EnvironmentAddParams(WireModel):
    """Params of `environment/add` (experimental)."""

    environment_id: str = Field(validation_alias="environmentId", serialization_alias="environmentId")
    exec_server_url: str = Field(validation_alias="execServerUrl", serialization_alias="execServerUrl")
    auth_bearer_token: str | None = Field(
        default=None, validation_alias="authBearerToken", serialization_alias="authBearerToken"
    )
    """Optional raw bearer token for executor authentication, including reconnects. Requires a secure
    transport or a loopback destination.
    """
    connect_timeout_ms: int | None = Field(
        default=None, validation_alias="connectTimeoutMs", serialization_alias="connectTimeoutMs"
    )
    """Optional WebSocket connection timeout. The server default applies when omitted."""
    skills: EnvironmentSkillsParams | None = None
    """Required skills supplied by this environment, checked before model inference."""
    websocket_request_id: str | None = Field(
        default=None, validation_alias="websocketRequestId", serialization_alias="websocketRequestId"
    )
    """Optional X-Request-ID for the direct WebSocket upgrade, including reconnects. Requires a secure
    transport or a loopback destination.
    """


class EnvironmentAddResponse(WireModel):
    """Result of `environment/add` (experimental)."""


class EnvironmentInfoParams(WireModel):
    """Params of `environment/info` (experimental)."""

    environment_id: str = Field(validation_alias="environmentId", serialization_alias="environmentId")


class EnvironmentShellInfo(WireModel):
    """`EnvironmentShellInfo` of the protocol."""

    name: str
    """Stable shell name, for example `zsh`, `bash`, `powershell`, `sh`, or `cmd`."""
    path: str
    """Target-native shell executable path or command name."""


class EnvironmentInfoResponse(WireModel):
    """Result of `environment/info` (experimental)."""

    shell: EnvironmentShellInfo
    cwd: PathUri | None = None
    """Default working directory reported by the environment, as a canonical file URI."""


class EnvironmentStatusKind(OpenEnum):
    """Current status observed by app-server without starting or recovering an environment."""

    ready: ClassVar["EnvironmentStatusKind"] = member("ready")
    """The environment is local, or an already-connected remote exec-server answered `environment/status`
    over its existing initialized connection.
    """
    pending: ClassVar["EnvironmentStatusKind"] = member("pending")
    """The configured environment has no ready connection and no observed connection failure. This includes
    lazy environments that have never been started and initial startup that has not finished.
    """
    disconnected: ClassVar["EnvironmentStatusKind"] = member("disconnected")
    """A connection attempt, prior connection, or fail-fast `environment/status` probe observed a failure.
    This does not promise the failure is terminal: later normal environment use may recover it. This call
    does not trigger recovery; `error` contains the observed reason.
    """
    unknown: ClassVar["EnvironmentStatusKind"] = member("unknown")
    """The requested environment id is not configured in app-server."""


class EnvironmentStatusParams(WireModel):
    """Params of `environment/status` (experimental).

    Parameters for reading the current status of one configured environment.
    """

    environment_id: str = Field(validation_alias="environmentId", serialization_alias="environmentId")
    """Environment id to inspect."""


class EnvironmentStatusResponse(WireModel):
    """Result of `environment/status` (experimental).

    Current status for the requested environment.
    """

    status: EnvironmentStatusKind
    """Current status observed without starting or recovering the environment."""
    error: str | None = None
    """Human-readable detail for `disconnected` and `unknown`; omitted for other statuses."""


class ProcessExitedNotification(WireModel):
    """Payload of `process/exited`.

    Final process exit notification for `process/spawn`.
    """

    exit_code: int = Field(validation_alias="exitCode", serialization_alias="exitCode")
    """Process exit code."""
    process_handle: str = Field(validation_alias="processHandle", serialization_alias="processHandle")
    """Client-supplied, connection-scoped `processHandle` from `process/spawn`."""
    stderr: str
    """Buffered stderr capture."""
    stderr_cap_reached: bool = Field(
        validation_alias="stderrCapReached", serialization_alias="stderrCapReached"
    )
    """Whether stderr reached `outputBytesCap`."""
    stdout: str
    """Buffered stdout capture."""
    stdout_cap_reached: bool = Field(
        validation_alias="stdoutCapReached", serialization_alias="stdoutCapReached"
    )
    """Whether stdout reached `outputBytesCap`."""


class ProcessKillParams(WireModel):
    """Params of `process/kill` (experimental).

    Terminate a running `process/spawn` session.
    """

    process_handle: str = Field(validation_alias="processHandle", serialization_alias="processHandle")
    """Client-supplied, connection-scoped `processHandle` from `process/spawn`."""


class ProcessKillResponse(WireModel):
    """Result of `process/kill` (experimental).

    Empty success response for `process/kill`.
    """


class ProcessOutputStream(OpenEnum):
    """Stream label for `process/outputDelta` notifications."""

    stdout: ClassVar["ProcessOutputStream"] = member("stdout")
    """stdout stream. PTY mode multiplexes terminal output here."""
    stderr: ClassVar["ProcessOutputStream"] = member("stderr")
    """stderr stream."""


class ProcessOutputDeltaNotification(WireModel):
    """Payload of `process/outputDelta`.

    Base64-encoded output chunk emitted for a streaming `process/spawn` request.
    """

    cap_reached: bool = Field(validation_alias="capReached", serialization_alias="capReached")
    """True on the final streamed chunk for this stream when output was truncated by `outputBytesCap`."""
    delta_base64: str = Field(validation_alias="deltaBase64", serialization_alias="deltaBase64")
    """Base64-encoded output bytes."""
    process_handle: str = Field(validation_alias="processHandle", serialization_alias="processHandle")
    """Client-supplied, connection-scoped `processHandle` from `process/spawn`."""
    stream: ProcessOutputStream
    """Output stream this chunk belongs to."""


class ProcessTerminalSize(WireModel):
    """PTY size in character cells for `process/spawn` PTY sessions."""

    cols: int
    """Terminal width in character cells."""
    rows: int
    """Terminal height in character cells."""


class ProcessResizePtyParams(WireModel):
    """Params of `process/resizePty` (experimental).

    Resize a running PTY-backed `process/spawn` session.
    """

    process_handle: str = Field(validation_alias="processHandle", serialization_alias="processHandle")
    """Client-supplied, connection-scoped `processHandle` from `process/spawn`."""
    size: ProcessTerminalSize
    """New PTY size in character cells."""


class ProcessResizePtyResponse(WireModel):
    """Result of `process/resizePty` (experimental).

    Empty success response for `process/resizePty`.
    """


class ProcessSpawnParams(WireModel):
    """Params of `process/spawn` (experimental).

    Spawn a standalone process (argv vector) without a Codex sandbox on the host where the app server is
    running.
    """

    command: list[str]
    """Command argv vector. Empty arrays are rejected."""
    cwd: AbsolutePathBuf
    """Absolute working directory for the process."""
    process_handle: str = Field(validation_alias="processHandle", serialization_alias="processHandle")
    """Client-supplied, connection-scoped process handle."""
    env: dict[str, str | None] | None = None
    """Optional environment overrides merged into the app-server process environment."""
    output_bytes_cap: int | None = Field(
        default=None, validation_alias="outputBytesCap", serialization_alias="outputBytesCap"
    )
    """Optional per-stream stdout/stderr capture cap in bytes."""
    size: ProcessTerminalSize | None = None
    """Optional initial PTY size in character cells. Only valid when `tty` is true."""
    stream_stdin: bool | None = Field(
        default=None, validation_alias="streamStdin", serialization_alias="streamStdin"
    )
    """Allow follow-up `process/writeStdin` requests to write stdin bytes."""
    stream_stdout_stderr: bool | None = Field(
        default=None, validation_alias="streamStdoutStderr", serialization_alias="streamStdoutStderr"
    )
    """Stream stdout/stderr via `process/outputDelta` notifications."""
    timeout_ms: int | None = Field(
        default=None, validation_alias="timeoutMs", serialization_alias="timeoutMs"
    )
    """Optional timeout in milliseconds."""
    tty: bool | None = None
    """Enable PTY mode."""


class ProcessSpawnResponse(WireModel):
    """Result of `process/spawn` (experimental).

    Successful response for `process/spawn`.
    """


class ProcessWriteStdinParams(WireModel):
    """Params of `process/writeStdin` (experimental).

    Write stdin bytes to a running `process/spawn` session, close stdin, or both.
    """

    process_handle: str = Field(validation_alias="processHandle", serialization_alias="processHandle")
    """Client-supplied, connection-scoped `processHandle` from `process/spawn`."""
    close_stdin: bool | None = Field(
        default=None, validation_alias="closeStdin", serialization_alias="closeStdin"
    )
    """Close stdin after writing `deltaBase64`, if present."""
    delta_base64: str | None = Field(
        default=None, validation_alias="deltaBase64", serialization_alias="deltaBase64"
    )
    """Optional base64-encoded stdin bytes to write."""


class ProcessWriteStdinResponse(WireModel):
    """Result of `process/writeStdin` (experimental).

    Empty success response for `process/writeStdin`.
    """


class WindowsSandboxReadiness(OpenEnum):
    """`WindowsSandboxReadiness` of the protocol."""

    ready: ClassVar["WindowsSandboxReadiness"] = member("ready")
    not_configured: ClassVar["WindowsSandboxReadiness"] = member("notConfigured")
    update_required: ClassVar["WindowsSandboxReadiness"] = member("updateRequired")


class WindowsSandboxReadinessResponse(WireModel):
    """Result of `windowsSandbox/readiness`."""

    status: WindowsSandboxReadiness


class WindowsSandboxSetupMode(OpenEnum):
    """`WindowsSandboxSetupMode` of the protocol."""

    elevated: ClassVar["WindowsSandboxSetupMode"] = member("elevated")
    unelevated: ClassVar["WindowsSandboxSetupMode"] = member("unelevated")


class WindowsSandboxSetupCompletedNotification(WireModel):
    """Payload of `windowsSandbox/setupCompleted`."""

    mode: WindowsSandboxSetupMode
    success: bool
    error: str | None = None


class WindowsSandboxSetupStartParams(WireModel):
    """Params of `windowsSandbox/setupStart`."""

    mode: WindowsSandboxSetupMode
    cwd: AbsolutePathBuf | None = None


class WindowsSandboxSetupStartResponse(WireModel):
    """Result of `windowsSandbox/setupStart`."""

    started: bool


class WindowsWorldWritableWarningNotification(WireModel):
    """Payload of `windows/worldWritableWarning`."""

    extra_count: int = Field(validation_alias="extraCount", serialization_alias="extraCount")
    failed_scan: bool = Field(validation_alias="failedScan", serialization_alias="failedScan")
    sample_paths: list[str] = Field(validation_alias="samplePaths", serialization_alias="samplePaths")
