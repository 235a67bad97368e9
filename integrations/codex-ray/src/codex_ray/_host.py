"""Host: one app-server with the relay before it; on the loop of the worker, without Ray."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from codex_app_server import LaunchError
from codex_app_server.transport import launch_process

from codex_ray._outbox import dump
from codex_ray._relay import Relay, RelayLimits
from codex_ray._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server import TransportClosedError

    from codex_ray.spec import WorkerSpec

    Json: TypeAlias = dict[str, Any]

__all__ = ["Host"]

_log = logging.getLogger("codex_ray")

_GRACE_S = 2.0
_GREETING: Json = {
    "clientInfo": {"name": "codex_ray", "title": "codex-ray worker", "version": __version__},
    "capabilities": {"experimentalApi": True, "optOutNotificationMethods": []},
}


class Host:
    """A running app-server.

    Args:
        spec: How to launch it.
        folder: The folder of the worker.
        epochs: The grants that an earlier server of this worker had.
        on_end: Called with the reason when it has ended.
    """

    def __init__(
        self,
        spec: WorkerSpec,
        folder: Path,
        *,
        epochs: dict[str, int],
        on_end: Callable[[Host, TransportClosedError], None],
    ) -> None:
        self._spec = spec
        self._folder = folder
        self._epochs = epochs
        self._told_end = on_end
        self._rest = b""
        self._greeting: asyncio.Future[Json] | None = None
        self._relay: Relay | None = None
        self.error: TransportClosedError | None = None
        self._is_stopping = False

    @property
    def is_stopping(self) -> bool:
        """Whether its end is wanted."""
        return self._is_stopping

    @property
    def relay(self) -> Relay:
        """Who shares the server."""
        if self._relay is None:
            raise RuntimeError("the app-server was not started")
        return self._relay

    @property
    def pid(self) -> int | None:
        """The process id of the server."""
        return self._transport.pid

    async def start(self) -> None:
        """Launch the server and greet it.

        Raises:
            LaunchError: That failed; the message says why.
        """
        await asyncio.to_thread(_furnish, self._folder, self._spec.home_template)
        loop = asyncio.get_running_loop()
        config = self._spec.config_for(self._folder)
        self._greeting = loop.create_future()
        self._transport = launch_process(
            config, on_output=self._on_output, on_end=self._on_end, on_room=lambda: None
        )
        await self._transport.open()
        self._transport.write(dump({"id": 0, "method": "initialize", "params": _GREETING}))
        try:
            answer = await asyncio.wait_for(self._greeting, self._spec.start_timeout_s)
        except asyncio.TimeoutError as exc:
            await self.stop()
            raise LaunchError(
                f"the app-server did not answer 'initialize' within {self._spec.start_timeout_s:g} s"
            ) from exc
        except LaunchError:
            await self.stop()
            raise
        self._transport.write(dump({"method": "initialized"}))
        limits = RelayLimits(self._spec.turn_limit, self._spec.queue_timeout_s)
        self._relay = Relay(self._transport.write, clock=loop, limits=limits, greeting=answer)
        self._relay.threads.epochs.update(self._epochs)

    async def stop(self) -> None:
        """End the server."""
        self._is_stopping = True
        await self._transport.stop(_GRACE_S)
        # Whatever still held its output: nobody waits for that.
        self._on_end()

    def gather(self, work: Callable[[], None]) -> None:
        """Do something that writes to the server, and let it go out together."""
        self._transport.hold()
        try:
            work()
        finally:
            self._transport.release()

    def _on_output(self, chunk: bytes) -> None:
        whole, newline, rest = chunk.rpartition(b"\n")
        if not newline:
            self._rest += rest
            return
        data, self._rest = self._rest + whole, rest
        self.gather(lambda: self._read(data))

    def _read(self, data: bytes) -> None:
        for line in data.split(b"\n"):
            if not line:
                continue
            try:
                if self._relay is not None:
                    self._relay.from_server(line + b"\n")
                else:
                    self._greeted(cast("Json", json.loads(line)))
            except Exception:
                # One message that nobody foresaw must not end the reading of all others.
                _log.exception("could not pass on a message of the app-server")

    def _greeted(self, message: Json) -> None:
        if message.get("id") != 0 or self._greeting is None or self._greeting.done():
            return
        if "result" in message:
            self._greeting.set_result(message["result"])
        else:
            self._greeting.set_exception(
                LaunchError(f"the app-server refused the handshake: {message.get('error')}")
            )

    def _on_end(self) -> None:
        if self.error is not None:
            return
        self.error = error = self._transport.end_error(len(self._rest))
        if self._greeting is not None and not self._greeting.done():
            self._greeting.set_exception(
                LaunchError(f"the app-server did not start: {error}", stderr_tail=self._transport.diagnostics)
            )
        self._told_end(self, error)


def _furnish(folder: Path, template: str | None) -> None:
    """Make the folders of a worker; give a home what it does not have of the template.

    Raises:
        LaunchError: The template is not there, or the disk does not take it.
    """
    home = folder / "home"
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "workspace").mkdir(exist_ok=True)
        if template is None:
            return
        for path in Path(template).expanduser().iterdir():
            target = home / path.name
            if target.exists():
                continue
            if path.is_dir():
                shutil.copytree(path, target)
            else:
                shutil.copy2(path, target)
    except OSError as exc:
        raise LaunchError(f"the home of a worker could not be made in {str(home)!r}: {exc}") from exc
