"""What the engine needs of the way to its app-server, and which way a configuration asks for.

A transport is used for one connection and then thrown away: connecting again means making another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from codex_app_server._engine.process import ServerProcess
from codex_app_server.errors import LaunchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.config import AppServerConfig
    from codex_app_server.errors import TransportClosedError

__all__ = ["Transport", "make_transport"]


class Transport(Protocol):
    """A way to an app-server; all of it is called on the engine's loop."""

    @property
    def pid(self) -> int | None:
        """Process id of the server, when this transport started it."""
        ...

    @property
    def is_full(self) -> bool:
        """Whether the server does not read what was written to it."""
        ...

    @property
    def may_return(self) -> bool:
        """Whether it makes sense to connect again after this one has ended."""
        ...

    @property
    def diagnostics(self) -> str:
        """The last words of the server, fit for an error message; may be empty."""
        ...

    async def open(self) -> None:
        """Start or reach the server.

        Raises:
            LaunchError: That cannot be done; the message says why and what helps.
        """
        ...

    def write(self, data: bytes) -> None:
        """Queue one message, with its newline; does nothing when the server is gone."""
        ...

    def hold(self) -> None:
        """Gather what is written from now on, until `release`, so that it goes out together."""
        ...

    def release(self) -> None:
        """Send what was gathered."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Give everything back; each wait in it is bounded, the one for the server's consent by `grace_s`."""
        ...

    def end_error(self, unfinished_bytes: int) -> TransportClosedError:
        """Return why it ended, after `on_end` was called.

        Args:
            unfinished_bytes: Size of a message that had begun to arrive and was cut off.
        """
        ...


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
        LaunchError: The library that it needs is not installed.
    """
    if config.url is None:
        return ServerProcess(config, on_output=on_output, on_end=on_end, on_room=on_room)
    try:
        from codex_app_server._engine.websocket import WebSocketTransport  # noqa: PLC0415 - an optional dependency
    except ImportError as exc:
        raise LaunchError(
            "AppServerConfig.url needs the package websockets: pip install 'codex-app-server-sdk[websocket]'"
        ) from exc
    return WebSocketTransport(config, on_output=on_output, on_end=on_end, on_room=on_room)
