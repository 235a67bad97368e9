"""What an app-server says of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

    from codex_app_server._engine.server_info import ServerInfo
    from codex_app_server.json_types import JsonObject

__all__ = ["InitializeResult"]


@dataclass(frozen=True, slots=True)
class InitializeResult:
    """The answer to `initialize`.

    Attributes:
        server_name: Always `"codex app-server"`: the server gives no name of its own.
        server_version: For example `"0.163.0"`; None when the server does not tell.
        user_agent: How the server introduces itself to the model service.
        codex_home: Where the server keeps its configuration, login and threads.
        platform: The server's operating system, for example `"linux"`.
        raw: The whole answer.
    """

    server_name: str
    server_version: str | None
    user_agent: str
    codex_home: str | None
    platform: str | None
    raw: JsonObject = field(repr=False)

    @classmethod
    def from_info(cls, info: ServerInfo) -> Self:
        """Make it from what the engine keeps."""
        return cls(
            server_name="codex app-server",
            server_version=info.server_version,
            user_agent=info.user_agent,
            codex_home=info.raw.get("codexHome"),
            platform=info.raw.get("platformOs"),
            raw=info.raw,
        )
