"""Which way to its app-server a configuration asks for.

What the engine needs of one is `codex_app_server.transport.Transport`. A transport is used for one connection and then
thrown away: connecting again means making another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex_app_server._engine.process import ServerProcess
from codex_app_server.errors import LaunchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.config import AppServerConfig
    from codex_app_server.transport import Transport

__all__ = ["make_transport"]


def make_transport(
    config: AppServerConfig,
    *,
    on_output: Callable[[bytes], None],
    on_end: Callable[[], None],
    on_room: Callable[[], None],
) -> Transport:
    """Return the transport for a configuration, not yet opened.

    Args:
        config: How to launch or reach the server.
        on_output: Called with what the server sends, in chunks of any size; each message ends with a newline.
        on_end: Called once when an open transport has ended and all of the output was passed on.
        on_room: Called when a transport that was full takes data again.

    Raises:
        LaunchError: The library that it needs is not installed, or the connector of the configuration made none.
    """
    if config.connector is not None:
        from codex_app_server._engine.foreign import ForeignTransport  # noqa: PLC0415 - most have no connector

        return ForeignTransport(config, config.connector, on_output=on_output, on_end=on_end, on_room=on_room)
    if config.url is None:
        return ServerProcess(config, on_output=on_output, on_end=on_end, on_room=on_room)
    try:
        from codex_app_server._engine.websocket import WebSocketTransport  # noqa: PLC0415 - an optional dependency
    except ImportError as exc:
        raise LaunchError(
            "AppServerConfig.url needs the package websockets: pip install 'codex-app-server-sdk[websocket]'"
        ) from exc
    return WebSocketTransport(config, on_output=on_output, on_end=on_end, on_room=on_room)
