"""Threads and turns of `codex app-server`, from Python.

`Codex` blocks, `AsyncCodex` awaits; both run any number of turns at once on one server::

    with Codex() as codex:
        thread = codex.thread_start()
        for event in thread.turn("Explain this repository.").events():
            ...
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from codex_app_server._version import __version__

if TYPE_CHECKING:
    from codex_app_server._async import (
        AsyncCodex,
        AsyncEventStream,
        AsyncNotificationStream,
        AsyncThread,
        AsyncTurn,
    )
    from codex_app_server._reader import Notification
    from codex_app_server._sync import Codex, EventStream, NotificationStream, Thread, Turn
    from codex_app_server.config import AppServerConfig
    from codex_app_server.errors import (
        AppServerError,
        AppServerRpcError,
        ClientClosedError,
        CodexNotFoundError,
        ForkedClientError,
        HandshakeError,
        InternalRpcError,
        InvalidParamsError,
        InvalidRequestError,
        JsonRpcError,
        LaunchError,
        LocalProtocolError,
        MethodNotFoundError,
        ParseError,
        ProcessExitedError,
        ProtocolError,
        RemoteProtocolError,
        RequestTimeoutError,
        RetryLimitExceededError,
        ServerBusyError,
        ThreadBusyError,
        ThreadNotFoundError,
        TransportClosedError,
        TurnError,
        TurnFailedError,
        TurnInterruptedError,
        TurnNotActiveError,
        TurnOverflowError,
        TurnStalledError,
        UnknownVersionWarning,
        UnsupportedVersionError,
    )
    from codex_app_server.events import (
        ApprovalRequested,
        ApprovalResolved,
        DiffUpdated,
        Event,
        MessageFinished,
        MessageStarted,
        OtherEvent,
        PlanStep,
        PlanUpdated,
        ReasoningDelta,
        ReasoningFinished,
        TextDelta,
        ToolCallRequested,
        ToolFinished,
        ToolKind,
        ToolOutputDelta,
        ToolStarted,
        TurnFinished,
        TurnStarted,
        Usage,
        UsageUpdated,
        WarningRaised,
    )
    from codex_app_server.inputs import (
        ImageInput,
        Input,
        InputItem,
        LocalImageInput,
        MentionInput,
        SkillInput,
        TextInput,
    )
    from codex_app_server.metadata import InitializeResult
    from codex_app_server.options import (
        ThreadForkOptions,
        ThreadResumeOptions,
        ThreadStartOptions,
        TurnOptions,
    )
    from codex_app_server.questions import ApprovalRequest, ToolCall
    from codex_app_server.results import TurnErrorInfo, TurnResult
    from codex_app_server.shared import SharedCodex

# Where each public name is defined. They are imported when they are first used: the pytest plugin and the
# protocol types of this package do not need the client, nor the client all of pydantic.
_HOMES = {
    "_async": ("AsyncCodex", "AsyncEventStream", "AsyncNotificationStream", "AsyncThread", "AsyncTurn"),
    "_reader": ("Notification",),
    "_sync": ("Codex", "EventStream", "NotificationStream", "Thread", "Turn"),
    "config": ("AppServerConfig",),
    "errors": (
        "AppServerError",
        "AppServerRpcError",
        "ClientClosedError",
        "CodexNotFoundError",
        "ForkedClientError",
        "HandshakeError",
        "InternalRpcError",
        "InvalidParamsError",
        "InvalidRequestError",
        "JsonRpcError",
        "LaunchError",
        "LocalProtocolError",
        "MethodNotFoundError",
        "ParseError",
        "ProcessExitedError",
        "ProtocolError",
        "RemoteProtocolError",
        "RequestTimeoutError",
        "RetryLimitExceededError",
        "ServerBusyError",
        "ThreadBusyError",
        "ThreadNotFoundError",
        "TransportClosedError",
        "TurnError",
        "TurnFailedError",
        "TurnInterruptedError",
        "TurnNotActiveError",
        "TurnOverflowError",
        "TurnStalledError",
        "UnknownVersionWarning",
        "UnsupportedVersionError",
    ),
    "events": (
        "ApprovalRequested",
        "ApprovalResolved",
        "DiffUpdated",
        "Event",
        "MessageFinished",
        "MessageStarted",
        "OtherEvent",
        "PlanStep",
        "PlanUpdated",
        "ReasoningDelta",
        "ReasoningFinished",
        "TextDelta",
        "ToolCallRequested",
        "ToolFinished",
        "ToolKind",
        "ToolOutputDelta",
        "ToolStarted",
        "TurnFinished",
        "TurnStarted",
        "Usage",
        "UsageUpdated",
        "WarningRaised",
    ),
    "inputs": (
        "ImageInput",
        "Input",
        "InputItem",
        "LocalImageInput",
        "MentionInput",
        "SkillInput",
        "TextInput",
    ),
    "metadata": ("InitializeResult",),
    "options": ("ThreadForkOptions", "ThreadResumeOptions", "ThreadStartOptions", "TurnOptions"),
    "questions": ("ApprovalRequest", "ToolCall"),
    "results": ("TurnErrorInfo", "TurnResult"),
    "shared": ("SharedCodex",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AppServerConfig",
    "AppServerError",
    "AppServerRpcError",
    "ApprovalRequest",
    "ApprovalRequested",
    "ApprovalResolved",
    "AsyncCodex",
    "AsyncEventStream",
    "AsyncNotificationStream",
    "AsyncThread",
    "AsyncTurn",
    "ClientClosedError",
    "Codex",
    "CodexNotFoundError",
    "DiffUpdated",
    "Event",
    "EventStream",
    "ForkedClientError",
    "HandshakeError",
    "ImageInput",
    "InitializeResult",
    "Input",
    "InputItem",
    "InternalRpcError",
    "InvalidParamsError",
    "InvalidRequestError",
    "JsonRpcError",
    "LaunchError",
    "LocalImageInput",
    "LocalProtocolError",
    "MentionInput",
    "MessageFinished",
    "MessageStarted",
    "MethodNotFoundError",
    "Notification",
    "NotificationStream",
    "OtherEvent",
    "ParseError",
    "PlanStep",
    "PlanUpdated",
    "ProcessExitedError",
    "ProtocolError",
    "ReasoningDelta",
    "ReasoningFinished",
    "RemoteProtocolError",
    "RequestTimeoutError",
    "RetryLimitExceededError",
    "ServerBusyError",
    "SharedCodex",
    "SkillInput",
    "TextDelta",
    "TextInput",
    "Thread",
    "ThreadBusyError",
    "ThreadForkOptions",
    "ThreadNotFoundError",
    "ThreadResumeOptions",
    "ThreadStartOptions",
    "ToolCall",
    "ToolCallRequested",
    "ToolFinished",
    "ToolKind",
    "ToolOutputDelta",
    "ToolStarted",
    "TransportClosedError",
    "Turn",
    "TurnError",
    "TurnErrorInfo",
    "TurnFailedError",
    "TurnFinished",
    "TurnInterruptedError",
    "TurnNotActiveError",
    "TurnOptions",
    "TurnOverflowError",
    "TurnResult",
    "TurnStalledError",
    "TurnStarted",
    "UnknownVersionWarning",
    "UnsupportedVersionError",
    "Usage",
    "UsageUpdated",
    "WarningRaised",
    "__version__",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
