"""Params and results of the areas: no requests, no waiting."""

from __future__ import annotations

import base64
import math
import os
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, cast

from codex_app_server._requests import typed_result
from codex_app_server.errors import RemoteProtocolError
from codex_app_server.options import wire_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codex_app_server._engine.counting import Ledger
    from codex_app_server.json_types import JsonObject
    from codex_app_server.protocol import RateLimitSnapshot, SandboxPolicy

__all__ = [
    "PathLike",
    "Sandbox",
    "absolute",
    "config_edits",
    "exec_params",
    "given",
    "login_params",
    "one_selector",
    "read_limits",
    "to_base64",
    "told_limits",
    "variant",
    "write_params",
]

T = TypeVar("T")

PathLike: TypeAlias = "str | os.PathLike[str]"
Sandbox: TypeAlias = (
    "SandboxPolicy | Mapping[str, object] | Literal['read-only', 'workspace-write', 'danger-full-access']"
)

_POLICY_TYPES = {
    "read-only": "readOnly",
    "workspace-write": "workspaceWrite",
    "danger-full-access": "dangerFullAccess",
}


def given(**options: object) -> JsonObject:
    """Return options as params: wire names, and those that are None left out."""
    return {wire_name(name): value for name, value in options.items() if value is not None}


def absolute(path: PathLike) -> str:
    """Return the path as the server takes it.

    Raises:
        ValueError: It is relative; the server may have another working directory than this program.
    """
    text = os.fspath(path)
    if not (PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute()):
        raise ValueError(f"the path {text!r} is relative: the server takes absolute paths only")
    return text


def to_base64(data: bytes | str) -> str:
    """Return bytes, or text as UTF-8, in the form of the wire."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def write_params(process_id: str, data: bytes | str, *, close: bool) -> JsonObject:
    """Return the params of `command/exec/write`."""
    return given(
        process_id=process_id, delta_base64=to_base64(data) if data else None, close_stdin=close or None
    )


def config_edits(values: Mapping[str, object], merge_strategy: str) -> list[JsonObject]:
    """Return the edits of `config/batchWrite`, one for each key path."""
    return [
        {"keyPath": key_path, "value": value, "mergeStrategy": merge_strategy}
        for key_path, value in values.items()
    ]


def one_selector(name: str | None, path: PathLike | None) -> JsonObject:
    """Return the params that name a skill.

    Raises:
        ValueError: Neither or both are given.
    """
    if (name is None) == (path is None):
        raise ValueError("give either the name or the path of the skill")
    return given(name=name, path=None if path is None else absolute(path))


def login_params(api_key: str) -> JsonObject:
    """Return the params of a login with an API key.

    Raises:
        ValueError: It is blank, which the server would take.
    """
    if not api_key.strip():
        raise ValueError("the API key is empty")
    return {"type": "apiKey", "apiKey": api_key}


def exec_params(
    command: Sequence[str],
    *,
    cwd: PathLike | None,
    env: Mapping[str, str | None] | None,
    sandbox: Sandbox | None,
    permission_profile: str | None,
    timeout_s: float | None,
    output_bytes_cap: int | None,
) -> JsonObject:
    """Return the params of `command/exec`; read-only where nobody asked for more.

    Raises:
        TypeError: The command is one string.
        ValueError: It is empty, or there is no such sandbox.
    """
    if isinstance(command, str):
        raise TypeError(
            f"the command {command!r} must be a list of arguments; a shell takes one as ['bash', '-c', {command!r}]"
        )
    if not command:
        raise ValueError("the command is empty")
    return given(
        command=list(command),
        cwd=cwd,
        env=env,
        sandbox_policy=_policy(sandbox, permission_profile),
        permission_profile=permission_profile,
        # The server ends a command after 10 s when it is told nothing.
        timeout_ms=None if timeout_s is None else max(math.ceil(timeout_s * 1000), 1),
        disable_timeout=True if timeout_s is None else None,
        output_bytes_cap=output_bytes_cap,
    )


def _policy(sandbox: Sandbox | None, permission_profile: str | None) -> object:
    if sandbox is None:
        return {"type": "readOnly"} if permission_profile is None else None
    if permission_profile is not None:
        raise ValueError("give either a sandbox or a permission profile")
    if not isinstance(sandbox, str):
        return sandbox
    kind = _POLICY_TYPES.get(sandbox)
    if kind is None:
        raise ValueError(f"there is no sandbox {sandbox!r}; there are {', '.join(_POLICY_TYPES)}")
    return {"type": kind}


def variant(answer: object, kind: type[T], method: str) -> T:
    """Return the answer as the one kind that fits what was asked.

    Raises:
        RemoteProtocolError: It is of another kind.
    """
    if not isinstance(answer, kind):
        raise RemoteProtocolError(
            f"the answer to {method!r} is a {type(answer).__name__}, not a {kind.__name__}"
        )
    return answer


def read_limits(ledger: Ledger, answer: object) -> Any:
    """Return the answer to `account/rateLimits/read`, typed, and keep what it says for the updates that follow.

    Raises:
        RemoteProtocolError: It does not fit its type.
    """
    result = typed_result("account/rateLimits/read", answer)
    ledger.limits_read(cast("JsonObject", answer)["rateLimits"])
    return result


def told_limits(ledger: Ledger) -> RateLimitSnapshot | None:
    """Return the limits that the server has told of last.

    Raises:
        RemoteProtocolError: They do not fit their type.
    """
    limits = ledger.rate_limits
    if limits is None:
        return None
    from pydantic import ValidationError  # noqa: PLC0415 - pydantic loads when it is used

    from codex_app_server.protocol import RateLimitSnapshot  # noqa: PLC0415 - likewise

    try:
        return RateLimitSnapshot.model_validate(limits)
    except ValidationError as exc:
        raise RemoteProtocolError(
            f"the rate limits that the server told do not fit their type: {exc}"
        ) from exc
