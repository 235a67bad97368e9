"""Who waits for which notification: the end of a login, the changes of a path, the output of a command.

Made by the areas of both faces. The engine's OS thread fills them, as it does with every listener.
"""

from __future__ import annotations

import base64
import math
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from codex_app_server._areas.params import absolute
from codex_app_server._engine.listeners import Listener
from codex_app_server._engine.wakeups import Completion, LoopWaiter, SyncWaiter, wake_all
from codex_app_server.errors import (
    ClientClosedError,
    LoginFailedError,
    RequestTimeoutError,
    TransportClosedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from codex_app_server._areas.params import PathLike
    from codex_app_server._engine.engine import Engine
    from codex_app_server._engine.wakeups import Waiter
    from codex_app_server.json_types import JsonObject
    from codex_app_server.protocol import CommandExecResponse

__all__ = ["ChangeSource", "CommandOutput", "LoginEnd", "OutputSource", "Source"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
W = TypeVar("W", SyncWaiter, LoopWaiter)


@dataclass(slots=True)
class CommandOutput:
    """A piece of what a command wrote.

    Attributes:
        stream: `"stdout"` or `"stderr"`.
        data: The bytes; a character may be cut in two between pieces.
        is_cut: Whether this is the last piece since the stream reached `output_bytes_cap`.
    """

    stream: str
    data: bytes
    is_cut: bool = False


# --- logins ---


class LoginEnd(Listener):
    """Waits for the notification that ends one login, which may come before the login is known.

    Args:
        engine: Where it listens, from now on.
        request: The method that begins the login.
        notification: The method that tells of its end.
    """

    __slots__ = ("_engine", "_login_ids", "_name", "_request", "_seen", "completion")

    def __init__(self, engine: Engine, request: str, notification: str) -> None:
        super().__init__((notification,))
        self._engine = engine
        self._request = request
        # Plain values: what refers to the handle would keep it from being collected.
        self._login_ids: set[str | None] | None = None
        self._name: str | None = None
        self._seen: list[JsonObject] = []
        self.completion: Completion[JsonObject] = Completion()
        engine.listen(self)

    def put(self, method: str, params: JsonObject) -> list[Waiter]:
        """Look whether it is the end."""
        if method not in self._methods:
            return []
        with self._lock:
            if self._login_ids is None:
                self._seen.append(params)
                return []
        return self.completion.set_value(params) if self._fits(params) else []

    def end(self, error: Callable[[], BaseException]) -> list[Waiter]:
        """The connection is gone."""
        return self.completion.set_error(error)

    def expect(self, login_ids: set[str | None], *, name: str | None = None) -> None:
        """From now on it is known which notification is the one.

        Args:
            login_ids: What it may name as the login; None is for nothing.
            name: The MCP server that it names, if it is about one.
        """
        with self._lock:
            self._name = name
            self._login_ids = login_ids
            seen, self._seen = self._seen, []
        for params in seen:
            if self._fits(params):
                wake_all(self.completion.set_value(params))

    def _fits(self, params: JsonObject) -> bool:
        is_named = self._name is None or params.get("name") == self._name
        return is_named and params.get("loginId") in (self._login_ids or ())

    def stop(self) -> None:
        """Stop listening; takes no lock."""
        self._engine.unlisten(self)

    def timeout_error(self, timeout_s: float | None) -> RequestTimeoutError:
        """Return the error for a login that took longer than somebody wanted to wait."""
        seconds = timeout_s or 0.0
        return RequestTimeoutError(
            f"the login was not completed within {seconds:g} s; it goes on, and can be waited for again",
            method=self._request,
            timeout_s=seconds,
        )

    def check(self, params: JsonObject) -> None:
        """Raise what the login came to, unless it is success.

        Raises:
            LoginFailedError: It failed.
        """
        self.stop()
        if not params.get("success"):
            reason = str(params.get("error") or "")
            login_id = params.get("loginId")
            raise LoginFailedError(
                f"the login did not succeed: {reason or 'the server does not say why'}",
                login_id=login_id if isinstance(login_id, str) else None,
                reason=reason,
            )


# --- streams ---


class Source(Protocol[T_co]):
    """Where a stream of either face takes its values from."""

    def take(self, make_waiter: Callable[[], W]) -> Sequence[T_co] | W | None:
        """Return what has come, else a waiter to wait on, else None at the end."""
        ...

    def dismiss(self, waiter: Waiter) -> None:
        """Forget a waiter that waits no more."""
        ...

    def give_up(self) -> None:
        """End it; may be repeated."""
        ...

    def give_up_in_finalizer(self) -> None:
        """As `give_up`, for `__del__`: takes no lock."""
        ...


class _KeyedListener(Listener):
    """Listens to the notifications of one method that carry one id."""

    __slots__ = ("_key", "_value")

    def __init__(self, method: str, key: str, value: str) -> None:
        super().__init__((method,))
        self._key = key
        self._value = value

    def put(self, method: str, params: JsonObject) -> list[Waiter]:
        """Keep it, if it is about that id."""
        return super().put(method, params) if params.get(self._key) == self._value else []


class _KeyedSource(Generic[T]):
    """What belongs to an id of ours, from a request that begins it to one that ends it."""

    def __init__(self, engine: Engine, method: str, key: str, stop_method: str) -> None:
        self.id = str(uuid.uuid4())
        self._engine = engine
        self._listener = _KeyedListener(method, key, self.id)
        self._stop = stop_method, {key: self.id}
        self._is_over = False
        engine.listen(self._listener)

    def _read(self, params: JsonObject) -> T:
        raise NotImplementedError

    def take(self, make_waiter: Callable[[], W]) -> list[T] | W | None:
        if self._is_over:
            return None
        taken = self._listener.take(make_waiter)
        return [self._read(params) for _, params in taken] if isinstance(taken, list) else taken

    def dismiss(self, waiter: Waiter) -> None:
        """Nothing to forget: a listener has one waiter, the last."""

    def give_up(self) -> None:
        if not self._is_over:
            self._finish()
            wake_all(self._listener.end(lambda: ClientClosedError("this stream was closed")))
            try:
                self._engine.request(*self._stop)
            except TransportClosedError:
                # With the connection the server has dropped it.
                return

    def _finish(self) -> None:
        self._is_over = True
        self._engine.unlisten(self._listener)

    def give_up_in_finalizer(self) -> None:
        if not self._is_over:
            self._finish()
            engine, stop = self._engine, self._stop
            engine.call_later(0, lambda: engine.send(*stop, lambda _: None, lambda _: None))


class ChangeSource(_KeyedSource["list[str]"]):
    """The changes of one watched path.

    Args:
        engine: The engine of the client.
        path: The path.
    """

    def __init__(self, engine: Engine, path: PathLike) -> None:
        self._path = absolute(path)
        super().__init__(engine, "fs/changed", "watchId", "fs/unwatch")

    def start(self) -> Completion[JsonObject]:
        """Begin; the completion has the answer of the server."""
        return self._engine.request("fs/watch", {"path": self._path, "watchId": self.id})

    def _read(self, params: JsonObject) -> list[str]:
        return [str(path) for path in params.get("changedPaths", ())]


class OutputSource(_KeyedSource[CommandOutput]):
    """The output of one command, and its end.

    Args:
        engine: The engine of the client.
        params: The params of `command/exec`, but for the process id.
        timeout_s: After how many seconds the server ends the command.
    """

    def __init__(self, engine: Engine, params: Mapping[str, object], timeout_s: float | None) -> None:
        super().__init__(engine, "command/exec/outputDelta", "processId", "command/exec/terminate")
        # The answer comes when the command ends.
        deadline_s = math.inf if timeout_s is None else timeout_s + engine.config.request_timeout_s
        try:
            self.completion: Completion[JsonObject] = engine.request(
                "command/exec", {**params, "processId": self.id}, timeout_s=deadline_s
            )
        except BaseException:
            self._finish()
            raise
        # To give up a wait for the result is not to give up the command.
        self._withdraw, self.completion.withdraw = self.completion.withdraw, None

    def _read(self, params: JsonObject) -> CommandOutput:
        data = base64.b64decode(str(params.get("deltaBase64", "")))
        return CommandOutput(str(params.get("stream")), data, bool(params.get("capReached")))

    def take(self, make_waiter: Callable[[], W]) -> list[CommandOutput] | W | None:
        """Return what was written, else a waiter to wait on, else None when the command has ended."""
        taken = super().take(make_waiter)
        if taken is None or isinstance(taken, list) or self.completion.enlist(taken):
            return taken
        # It has ended, and what it wrote came before that.
        last = super().take(make_waiter)
        if isinstance(last, list):
            return last
        self._finish()
        return None

    def dismiss(self, waiter: Waiter) -> None:
        """Forget a waiter for the end."""
        self.completion.dismiss(waiter)

    def give_up(self) -> None:
        """End the command, if it runs."""
        if self.completion.is_done:
            self._finish()
        else:
            if self._withdraw is not None:
                self._withdraw()
            super().give_up()

    def give_up_in_finalizer(self) -> None:
        """As `give_up`."""
        if self.completion.is_done:
            self._finish()
        else:
            if self._withdraw is not None:
                self._engine.call_later(0, self._withdraw)
            super().give_up_in_finalizer()

    def result(self, answer: JsonObject) -> CommandExecResponse:
        """Return the result of the command.

        Raises:
            RemoteProtocolError: It does not fit its type.
        """
        from codex_app_server._requests import typed_result  # noqa: PLC0415 - pydantic comes with it

        return typed_result("command/exec", answer)
