"""What the server says of itself, and whether this client knows its version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from codex_app_server.errors import HandshakeError, UnsupportedVersionError

if TYPE_CHECKING:
    from codex_app_server.json_types import JsonObject

__all__ = ["ServerInfo", "read_server_info"]

# The oldest server that passes the test suite, and the newest one that it was run against.
OLDEST_VERSION = "0.160.0"
NEWEST_KNOWN_VERSION = "0.169.0"

# The server's version is only in its user agent: `<client name>/<version> (<system>) ...`.
_USER_AGENT = re.compile(r"[^/]*/(\d+\.\d+\.\d+)")


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """The answer to `initialize`.

    Attributes:
        user_agent: As it came.
        server_version: For example `"0.163.0"`; None when the user agent has none.
        version_note: What to tell the user about this version, if anything.
        raw: The whole answer.
    """

    user_agent: str
    server_version: str | None
    version_note: str | None
    raw: JsonObject


def read_server_info(answer: object) -> ServerInfo:
    """Read the answer to `initialize`.

    Raises:
        HandshakeError: It is no such answer.
        UnsupportedVersionError: The server is too old.
    """
    raw: JsonObject = cast("JsonObject", answer) if isinstance(answer, dict) else {}
    user_agent = raw.get("userAgent")
    if not isinstance(user_agent, str):
        raise HandshakeError("the answer to 'initialize' names no user agent: this is not a codex app-server")
    found = _USER_AGENT.match(user_agent)
    version = found[1] if found else None
    note = None
    if version is None:
        note = (
            f"the app-server does not tell its version ({user_agent!r}); "
            f"this client was tested with {OLDEST_VERSION} to {NEWEST_KNOWN_VERSION}"
        )
    elif _as_tuple(version) < _as_tuple(OLDEST_VERSION):
        raise UnsupportedVersionError(
            f"the app-server has version {version}, and this client needs {OLDEST_VERSION} or newer: "
            "update Codex, or install the runtime with `pip install 'codex-app-server-sdk[runtime]'`",
            server_version=version,
            required_version=OLDEST_VERSION,
        )
    elif _as_tuple(version)[:2] > _as_tuple(NEWEST_KNOWN_VERSION)[:2]:
        note = (
            f"the app-server has version {version}, newer than {NEWEST_KNOWN_VERSION}, "
            "the newest that this client was tested with"
        )
    return ServerInfo(user_agent=user_agent, server_version=version, version_note=note, raw=raw)


def _as_tuple(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
