"""The exception hierarchy of the client.

Facts are attributes, so that nobody has to parse a message; every exception survives pickling::

    AppServerError
      LaunchError                    the app-server could not be started
        CodexNotFoundError           no binary (also a FileNotFoundError)
        UnsupportedVersionError      the server is older than this client supports
        HandshakeError               no usable answer to `initialize`
        AuthError                    a running server did not let this client in
      TransportClosedError           the connection is gone (also a RuntimeError)
        ProcessExitedError           the app-server process ended
        ConnectionLostError          the connection to a running server was lost
        ClientClosedError            this client was closed
        ForkedClientError            this client belongs to the parent process
      ProtocolError                  a rule of the protocol was broken
        LocalProtocolError           by this program (also a RuntimeError)
        RemoteProtocolError          by the server
      JsonRpcError                   the server answered a request with an error
        AppServerRpcError
          ParseError, InvalidRequestError, MethodNotFoundError, InvalidParamsError, InternalRpcError
          ThreadNotFoundError        unknown thread, or not yet persisted
          ThreadBusyError            the thread has another writer or an unsteerable turn
          ServerBusyError            overload; worth retrying
            RetryLimitExceededError
      LoginFailedError               a login ended without success
      RequestTimeoutError            no answer within the deadline (also a TimeoutError)
      TurnError                      a turn did not end well
        TurnFailedError, TurnInterruptedError, TurnNotActiveError, TurnOverflowError, TurnStalledError
        TurnTimeoutError           not ended within the caller's time (also a TimeoutError)
        OutputError                  its answer is not what was asked for
      ToolError                      raised by a tool of this program to tell the model that it failed
        ToolArgumentsError           the model gave arguments that the tool cannot take
      PriceNotFoundError             a model has no price in the table
      OutputSchemaError              a type or schema that no answer can be held to
      ImageFetchError                a remote image could not be fetched

    UnknownVersionWarning            a server newer than those this client was tested with
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, SupportsIndex

    from codex_app_server.results import TurnResult

__all__ = [
    "AppServerError",
    "AppServerRpcError",
    "AuthError",
    "ClientClosedError",
    "CodexNotFoundError",
    "ConnectionLostError",
    "ForkedClientError",
    "HandshakeError",
    "ImageFetchError",
    "InternalRpcError",
    "InvalidParamsError",
    "InvalidRequestError",
    "JsonRpcError",
    "LaunchError",
    "LocalProtocolError",
    "LoginFailedError",
    "MethodNotFoundError",
    "OutputError",
    "OutputSchemaError",
    "ParseError",
    "PriceNotFoundError",
    "ProcessExitedError",
    "ProtocolError",
    "RemoteProtocolError",
    "RequestTimeoutError",
    "RetryLimitExceededError",
    "ServerBusyError",
    "ThreadBusyError",
    "ThreadNotFoundError",
    "ToolArgumentsError",
    "ToolError",
    "TransportClosedError",
    "TurnError",
    "TurnFailedError",
    "TurnInterruptedError",
    "TurnNotActiveError",
    "TurnOverflowError",
    "TurnStalledError",
    "TurnTimeoutError",
    "UnknownVersionWarning",
    "UnsupportedVersionError",
    "rpc_error",
]

# Keyword arguments below all have defaults: an exception is unpickled as `cls(*args)`, and its
# attributes are put back afterwards.


class AppServerError(Exception):
    """Base of every exception that this package raises.

    One that carries the result of a turn is pickled and copied without the items of the turn, its diff and what its
    answer is read as: they hold prompts, arguments of tools and files, which a queue or a report of crashes would
    keep.
    """

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        """Return what is pickled: the facts, and of a result what it came to."""
        parts = cast("tuple[Any, ...]", self.__reduce__())
        result: TurnResult | None = getattr(self, "result", None)
        if not hasattr(result, "raw_items") or result is None:
            return parts
        from dataclasses import replace  # noqa: PLC0415 - only here

        bare = replace(result, raw_items=(), raw_turn={}, diff="", output_spec=None)
        return (*parts[:2], {**parts[2], "result": bare})


class LaunchError(AppServerError):
    """The app-server could not be started.

    Attributes:
        stderr_tail: The last lines that the process wrote to stderr; may be empty.
    """

    def __init__(self, message: str = "", *, stderr_tail: str = "") -> None:
        super().__init__(message)
        self.stderr_tail = stderr_tail


class CodexNotFoundError(LaunchError, FileNotFoundError):
    """No Codex binary was found where the configuration and the environment point."""


class UnsupportedVersionError(LaunchError):
    """The server is older than the oldest version that this client supports.

    Attributes:
        server_version: What the server reports, for example `"0.90.0"`.
        required_version: The oldest version that this client supports.
    """

    def __init__(self, message: str = "", *, server_version: str = "", required_version: str = "") -> None:
        super().__init__(message)
        self.server_version = server_version
        self.required_version = required_version


class HandshakeError(LaunchError):
    """The process runs but gave no usable answer to `initialize` within the start timeout."""


class AuthError(LaunchError):
    """A running app-server did not let this client in: no token, a wrong one, or not from here.

    Attributes:
        status: The HTTP status of the refusal, 401 or 403.
    """

    def __init__(self, message: str = "", *, stderr_tail: str = "", status: int = 401) -> None:
        super().__init__(message, stderr_tail=stderr_tail)
        self.status = status


class TransportClosedError(AppServerError, RuntimeError):
    """The connection to the app-server is gone; everything that waited on it got this error.

    Attributes:
        thread_id: The thread concerned, when the error ended a turn.
        turn_id: The turn concerned, when the error ended a turn.
        result: What had arrived of that turn.
    """

    result: TurnResult | None = None

    def __init__(
        self, message: str = "", *, thread_id: str | None = None, turn_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.thread_id = thread_id
        self.turn_id = turn_id


class ProcessExitedError(TransportClosedError):
    """The app-server process ended while it was needed.

    Attributes:
        exit_code: The exit code; negative is the number of the signal that killed it; None when
            the process could not be reaped.
        stderr_tail: The last lines that it wrote to stderr, at most 2 KB.
        unfinished_bytes: Size of a message that had begun to arrive and was cut off.
    """

    def __init__(
        self,
        message: str = "",
        *,
        exit_code: int | None = None,
        stderr_tail: str = "",
        unfinished_bytes: int = 0,
        thread_id: str | None = None,
        turn_id: str | None = None,
    ) -> None:
        super().__init__(message, thread_id=thread_id, turn_id=turn_id)
        self.exit_code = exit_code
        self.stderr_tail = stderr_tail
        self.unfinished_bytes = unfinished_bytes


class ConnectionLostError(TransportClosedError):
    """The connection to a server that somebody else started was lost; that server may well be alive.

    Attributes:
        close_code: The WebSocket close code that the server sent; None when it sent none.
        close_reason: The server's reason beside it; may be empty.
    """

    def __init__(
        self,
        message: str = "",
        *,
        close_code: int | None = None,
        close_reason: str = "",
        thread_id: str | None = None,
        turn_id: str | None = None,
    ) -> None:
        super().__init__(message, thread_id=thread_id, turn_id=turn_id)
        self.close_code = close_code
        self.close_reason = close_reason


class ClientClosedError(TransportClosedError):
    """This client was closed, before the call or while it waited."""


class ForkedClientError(TransportClosedError):
    """This client was made before a fork, in the parent process: its server and its OS thread are there."""


class ProtocolError(AppServerError):
    """A rule of the protocol was broken."""


class LocalProtocolError(ProtocolError, RuntimeError):
    """This program used the client in a way that the protocol does not allow."""


class RemoteProtocolError(ProtocolError):
    """The server sent what no app-server should send."""


class JsonRpcError(AppServerError):
    """The server answered a request with an error.

    Attributes:
        code: The JSON-RPC code; the app-server uses -32600 for nearly everything.
        data: What the server added; any JSON value.
        method: The request that was refused.
    """

    def __init__(
        self, message: str = "", *, code: int = -32603, data: object = None, method: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.data = data
        self.method = method

    @property
    def message(self) -> str:
        """The server's own words."""
        return str(self.args[0]) if self.args else ""

    def __str__(self) -> str:
        where = f"{self.method}: " if self.method else ""
        return f"{where}{self.message} (code {self.code})"


class AppServerRpcError(JsonRpcError):
    """An error answer with a meaning that this client knows."""


class ParseError(AppServerRpcError):
    """The server could not parse the request."""


class InvalidRequestError(AppServerRpcError):
    """The server refused the request."""


class MethodNotFoundError(AppServerRpcError):
    """The server does not know the method."""


class InvalidParamsError(AppServerRpcError):
    """The server could not use the params of the request."""


class InternalRpcError(AppServerRpcError):
    """The server failed while it handled the request."""


class ThreadNotFoundError(AppServerRpcError):
    """The server does not know the thread, or has not persisted it: a thread is on disk from its first turn on."""

    def __str__(self) -> str:
        hint = (
            "; it has no record: a thread is kept on disk from its first turn on, and an ephemeral one never"
        )
        return super().__str__() + (hint if "no rollout found" in self.message else "")


class ThreadBusyError(AppServerRpcError):
    """The thread has another writer, or runs a turn that takes no further input."""


class ServerBusyError(AppServerRpcError):
    """The server is overloaded and did not accept the request; it may be sent again later."""


class RetryLimitExceededError(ServerBusyError):
    """The server was still overloaded after the last retry."""


class LoginFailedError(AppServerError):
    """A login ended without success: it was refused, given up or cancelled.

    Attributes:
        login_id: The login; None when the server does not tell.
        reason: The server's own words; may be empty.
    """

    def __init__(self, message: str = "", *, login_id: str | None = None, reason: str = "") -> None:
        super().__init__(message)
        self.login_id = login_id
        self.reason = reason


class RequestTimeoutError(AppServerError, TimeoutError):
    """The server gave no answer within the deadline.

    Attributes:
        method: The request that was not answered.
        timeout_s: The deadline in seconds, counted from when the request was written.
    """

    def __init__(self, message: str = "", *, method: str | None = None, timeout_s: float = 0.0) -> None:
        super().__init__(message)
        self.method = method
        self.timeout_s = timeout_s


class TurnError(AppServerError):
    """A turn did not end well.

    Attributes:
        thread_id: The thread of the turn.
        turn_id: The turn.
        result: What had arrived of the turn.
    """

    def __init__(
        self,
        message: str = "",
        *,
        thread_id: str | None = None,
        turn_id: str | None = None,
        result: TurnResult | None = None,
    ) -> None:
        super().__init__(message)
        self.thread_id = thread_id
        self.turn_id = turn_id
        self.result = result


class TurnFailedError(TurnError):
    """The server ended the turn with status `failed`; `result.error` says why."""


class TurnInterruptedError(TurnError):
    """The turn was interrupted before it had finished."""


class TurnNotActiveError(TurnError):
    """The turn had already ended when the server read the request."""


class TurnOverflowError(TurnError):
    """More unread events than a turn may hold: the consumer does not keep up at all."""


class TurnStalledError(TurnError):
    """The server went silent about the turn, or did not end it when it was interrupted."""


class OutputError(TurnError, ValueError):
    """The turn completed, but its answer is not of the type that was asked for.

    Attributes:
        text: The answer as it came.
    """

    def __init__(
        self,
        message: str = "",
        *,
        text: str = "",
        thread_id: str | None = None,
        turn_id: str | None = None,
        result: TurnResult | None = None,
    ) -> None:
        super().__init__(message, thread_id=thread_id, turn_id=turn_id, result=result)
        self.text = text


class PriceNotFoundError(AppServerError, LookupError):
    """What a model has used cannot be estimated: the table of prices does not have it.

    Attributes:
        model: The model; None for tokens whose model the server did not say.
        known: The models that have a price.
    """

    def __init__(self, message: str = "", *, model: str | None = None, known: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.model = model
        self.known = known


class OutputSchemaError(AppServerError, ValueError):
    """The model service cannot hold an answer to this type or JSON schema; raised before anything is sent.

    Attributes:
        path: Where in the JSON schema, as a pointer such as `#/properties/tags`; empty when there is
            no schema for the type at all.
    """

    def __init__(self, message: str = "", *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class ImageFetchError(AppServerError, ValueError):
    """A remote image could not be fetched, or must not be.

    Attributes:
        url: The URL that was given, without user, password and query: those may be secrets.
        status: The HTTP status that came instead of an image, if that was the reason.
    """

    def __init__(self, message: str = "", *, url: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.url = url
        self.status = status


class ToolError(AppServerError):
    """Raise it in a tool to tell the model that it failed, and why: the model sees the text as it is."""


class ToolArgumentsError(ToolError):
    """The model gave arguments that the tool cannot take; the text tells it what to correct.

    Attributes:
        tool_name: The tool.
        problems: Where each of the first problems is, and what it is: `"city: a value is required"`.
    """

    def __init__(self, message: str = "", *, tool_name: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.tool_name = tool_name
        self.problems = problems


class TurnTimeoutError(TurnError, TimeoutError):
    """The turn did not end within the time that its caller gave it."""


class UnknownVersionWarning(UserWarning):
    """The server is newer than those that this client was tested with, or does not tell its version."""


# --- answers of the server -> classes ----------------------------------------------------------
# The server answers nearly every fault with -32600 and a text, so the text decides. This is the
# only place that knows those texts.

_BY_CODE: dict[int, type[AppServerRpcError]] = {
    -32700: ParseError,
    -32600: InvalidRequestError,
    -32601: MethodNotFoundError,
    -32602: InvalidParamsError,
    -32603: InternalRpcError,
    -32001: ServerBusyError,
}

_BY_TEXT: tuple[tuple[Callable[[str], bool], type[AppServerRpcError]], ...] = (
    (lambda text: text.startswith("thread not found"), ThreadNotFoundError),
    (lambda text: text.startswith("thread not loaded"), ThreadNotFoundError),
    (lambda text: "no rollout found" in text, ThreadNotFoundError),
    (lambda text: "no archived rollout found" in text, ThreadNotFoundError),
    # What is asked of a thread that has no turn yet, and so is not on disk.
    (lambda text: text.startswith("list_turns is not supported yet"), ThreadNotFoundError),
    (lambda text: "is not materialized yet" in text, ThreadNotFoundError),
    (lambda text: "active writer" in text, ThreadBusyError),
    (lambda text: "ActiveTurnNotSteerable" in text, ThreadBusyError),
    (lambda text: text.startswith("cannot steer a "), ThreadBusyError),
    (lambda text: "unknown variant `" in text and "expected one of" in text, MethodNotFoundError),
    (
        lambda text: text.startswith(("Invalid request: missing field", "Invalid request: invalid ")),
        InvalidParamsError,
    ),
)


def rpc_error(method: str, *, code: int, message: str, data: object = None) -> JsonRpcError:
    """Build the exception for an error answer.

    Args:
        method: The request that was refused.
        code: The JSON-RPC code of the answer.
        message: The text of the answer.
        data: The `data` member of the answer.
    """
    # Method names are parsed as enum variants: the answer to an unknown one lists all methods (5 kB).
    for fits, cls in _BY_TEXT:
        if fits(message):
            if cls is MethodNotFoundError and f"unknown variant `{method}`" not in message:
                return InvalidParamsError(message, code=code, data=data, method=method)
            text = (
                f"the server does not know the method {method!r}" if cls is MethodNotFoundError else message
            )
            return cls(text, code=code, data=data, method=method)
    return _BY_CODE.get(code, AppServerRpcError)(message, code=code, data=data, method=method)
