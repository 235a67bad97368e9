"""AppServer: an app-server that several clients, processes or event loops share. It is started here and listens."""

from __future__ import annotations

import atexit
import sys
import threading
import warnings
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from codex_app_server._engine.listening import ListeningServer
from codex_app_server.config import AppServerConfig
from codex_app_server.errors import ClientClosedError, LaunchError, LocalProtocolError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["AppServer"]

# Stopped at interpreter exit, so that no server outlives the program that forgot it.
_running: weakref.WeakSet[ListeningServer] = weakref.WeakSet()


class AppServer:
    """An app-server for several clients, which connect with `client_config`; it ends when this object is closed.

        with AppServer() as server, Codex(server.client_config) as codex:
            ...

    `client_config` can be pickled: a client may live in another process of the same user. Each client sees
    the threads that it started or resumed; a turn goes on when its client is gone. Approvals are asked of every
    client that has the thread, and the first answer counts.

    It is blocking and may be used from any OS thread; `async with`, on asyncio and trio, starts and closes it
    in a worker thread. The program that holds it must end it: killed by SIGKILL, it leaves the server running.

    Args:
        config: How to launch the server. What concerns clients (name, limits) goes into `client_config`.
        listen: `"unix"`: a Unix socket in a directory that is private to this user. `"ws"`: a WebSocket port
            on loopback, with a fresh token that is in a private file.

    Raises:
        ValueError: `config` is for a server that runs already, or has `launch_args_override`, to which nothing
            can be added; name a wrapper with `codex_bin`.
    """

    def __init__(
        self, config: AppServerConfig | None = None, *, listen: Literal["unix", "ws"] = "unix"
    ) -> None:
        self._server: ListeningServer | None = None
        config = config or AppServerConfig()
        if config.is_reached:
            raise ValueError(
                "AppServer starts a server: its configuration cannot have a url of another one, or a connector"
            )
        if config.launch_args_override is not None:
            raise ValueError(
                "AppServer adds `--listen` to the command line, which launch_args_override forbids: use codex_bin"
            )
        if listen not in {"unix", "ws"}:
            raise ValueError(f"listen must be 'unix' or 'ws', not {listen!r}")
        self._config = config
        self._listen = listen
        self._lock = threading.Lock()
        self._is_closed = False

    def start(self) -> Self:
        """Launch the server and wait until it takes connections; `with` does it. Once started, it does nothing.

        Raises:
            CodexNotFoundError: There is no Codex binary; the message says how to get one.
            LaunchError: It did not start, or took no connections within `start_timeout_s`.
            ClientClosedError: It was closed.
        """
        if sys.platform == "win32":
            raise LaunchError(
                "AppServer is not supported on Windows yet: use Codex, which launches its own server"
            )
        with self._lock:
            if self._is_closed:
                raise ClientClosedError("this AppServer was closed")
            if self._server is None:
                self._server = server = ListeningServer(self._config, self._listen)
                try:
                    server.start()
                except BaseException:
                    self._server = None
                    raise
                _running.add(server)
        return self

    def close(self) -> None:
        """End the server and remove what it left; what waits in a client gets `ConnectionLostError`.

        Turns that run get `close_timeout_s` to end. It may be repeated.
        """
        self._is_closed = True
        if self._server is not None:
            # A start that is on its way in another OS thread gives up, and lets go of the lock.
            self._server.is_stopping.set()
        with self._lock:
            if self._server is not None:
                self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        from anyio import CancelScope, to_thread  # noqa: PLC0415 - blocking programs do without it

        try:
            return await to_thread.run_sync(self.start, abandon_on_cancel=True)
        except Exception:
            raise
        except BaseException:
            # This was cancelled, and the start goes on in its OS thread until it notices.
            with CancelScope(shield=True):
                await to_thread.run_sync(self.close)
            raise

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        from anyio import CancelScope, to_thread  # noqa: PLC0415 - blocking programs do without it

        with CancelScope(shield=True):
            await to_thread.run_sync(self.close)

    def __del__(self) -> None:
        server = self._server
        if server is not None and server.is_running:
            shown = repr(self)
            # First the server, since a warning may be an error here.
            server.stop_from_finalizer()
            warnings.warn(
                f"unclosed {shown}: use it in a `with`, or call close()",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    def __repr__(self) -> str:
        server = self._server
        if server is None or not server.is_running or server.url is None:
            return f"<AppServer {'closed' if self._is_closed else 'not started'}>"
        return f"<AppServer {server.url!r}>"

    @property
    def pid(self) -> int | None:
        """Process id of the server, once it was started."""
        return None if self._server is None else self._server.pid

    @property
    def url(self) -> str:
        """Where it listens, `unix:///...` or `ws://127.0.0.1:...`.

        Raises:
            LocalProtocolError: It has not been started.
        """
        if self._server is None or self._server.url is None:
            raise LocalProtocolError(
                "this AppServer has not been started: use it in a `with`, or call start()"
            )
        return self._server.url

    @property
    def client_config(self) -> AppServerConfig:
        """The configuration of a client of this server; the token is not in it, only where it is.

        Raises:
            LocalProtocolError: It has not been started.
        """
        url = self.url
        return replace(
            self._config,
            codex_bin=None,
            config_overrides={},
            cwd=None,
            env={},
            url=url,
            token_file=None if self._server is None else self._server.token_file,
        )


@atexit.register
def _stop_all() -> None:
    for server in list(_running):
        server.stop()
