"""The app-server that objects of equal configuration share; nothing is started here."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from codex_app_server import AppServerConfig, SharedCodex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex_app_server import AsyncCodexClient, CodexClient

__all__ = ["Access", "open_shared"]

# To an app-server, or to the client of any kind that somebody gave.
Access: TypeAlias = "SharedCodex[CodexClient, AsyncCodexClient]"

# The server would keep a thread in memory for much longer than anybody here has it: one for each call.
_SERVER_CONFIG: dict[str, object] = {"thread_unload_delay_secs": 0}


def open_shared(
    codex: CodexClient | AsyncCodexClient | None, codex_bin: str | None, env: Mapping[str, str]
) -> Access:
    """Return the access to a server: an open client, or one that is launched when it is needed."""
    if codex is not None:
        return SharedCodex(codex=codex)
    return SharedCodex(AppServerConfig(codex_bin=codex_bin, env=dict(env), config_overrides=_SERVER_CONFIG))
