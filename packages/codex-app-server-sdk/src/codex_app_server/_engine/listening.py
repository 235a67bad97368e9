"""An app-server that listens on a socket: its process, from launch until nothing of it is left.

Unlike the process of an engine it needs no event loop: one OS thread drains its stderr and reaps it, and whoever
starts or stops it waits.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from codex_app_server._engine.diagnostics import stderr_tail
from codex_app_server._engine.process import launch_advice
from codex_app_server.errors import ClientClosedError, HandshakeError, LaunchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.config import AppServerConfig

__all__ = ["ListeningServer"]

_STDERR_KEPT_BYTES = 64 * 1024
# The server says so on stderr once it listens; with port 0 there is no other way to learn the port.
_LISTENING = re.compile(rb"listening on: ws://127\.0\.0\.1:(\d+)\s")
# What the shortest of our systems takes for a Unix socket, with the final NUL (macOS; Linux has 108).
_MAX_SOCKET_PATH_BYTES = 104
_POLL_S = 0.01
# After the grace: a second SIGTERM ends the server although turns run; what follows is SIGKILL.
_TERMINATE_S = 2.0
_REAP_S = 1.5
# A grandchild may hold the pipe open after the server's death: wait this long for what is still in it.
_DRAIN_S = 0.2


class ListeningServer:
    """A process that listens on a Unix socket or a WebSocket port, in a private directory of its own.

    Args:
        config: How to launch it.
        listen: `"unix"` or `"ws"`.
    """

    def __init__(self, config: AppServerConfig, listen: str) -> None:
        self._config = config
        self._listen = listen
        self._folder: Path | None = None
        self._popen: subprocess.Popen[bytes] | None = None
        self._drainer: threading.Thread | None = None
        self._stderr = bytearray()
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self.is_stopping = threading.Event()
        self.url: str | None = None
        self.token_file: Path | None = None

    @property
    def pid(self) -> int | None:
        """The process id, once it was started."""
        return None if self._popen is None else self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether there is something to stop, and it is this process that has to."""
        return self._folder is not None and os.getpid() == self._pid

    def start(self) -> None:
        """Launch it, and wait until it takes connections.

        Raises:
            LaunchError: It did not start; nothing of it is left.
            HandshakeError: It did not take connections in time; nothing of it is left.
            ClientClosedError: It was stopped meanwhile.
        """
        # Resolved, so that the server and its clients mean the same by it.
        self._folder = Path(tempfile.mkdtemp(prefix="codex-app-server-")).resolve()
        try:
            if self._listen == "unix":
                path = self._folder / "socket"
                self._launch(["--listen", f"unix://{path}"], path)
                self._wait_until(lambda: _accepts(path))
                self.url = f"unix://{path}"
            else:
                self.token_file = _make_token(self._folder)
                auth = ["--ws-auth", "capability-token", "--ws-token-file", str(self.token_file)]
                self._launch(["--listen", "ws://127.0.0.1:0", *auth])
                self._wait_until(self._is_listening)
        except BaseException:
            self.stop()
            raise

    def _launch(self, arguments: list[str], socket_path: Path | None = None) -> None:
        if socket_path is not None and len(os.fsencode(socket_path)) >= _MAX_SOCKET_PATH_BYTES:
            raise LaunchError(
                f"{str(socket_path)!r} is too long for a Unix socket: set TMPDIR to a shorter directory, or listen='ws'"
            )
        argv = [*self._config.argv(), *arguments]
        try:
            # A session of its own: Ctrl-C in the terminal must reach this program first, and the
            # whole group can be ended at once.
            self._popen = popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=self._config.environment(),
                cwd=self._config.cwd,
                start_new_session=True,
            )
        except (OSError, ValueError) as exc:
            raise LaunchError(f"cannot start {argv[0]!r}: {exc}{launch_advice(exc)}") from exc
        self._drainer = threading.Thread(
            target=self._drain, args=(popen,), name="codex-app-server-drainer", daemon=True
        )
        self._drainer.start()

    def _drain(self, popen: subprocess.Popen[bytes]) -> None:
        with cast("IO[bytes]", popen.stderr) as stderr:
            while data := stderr.read(65536):
                with self._lock:
                    self._stderr += data
                    if len(self._stderr) > _STDERR_KEPT_BYTES:
                        del self._stderr[:-_STDERR_KEPT_BYTES]
        popen.wait()

    @property
    def _written(self) -> bytes:
        with self._lock:
            return bytes(self._stderr)

    def _tail(self) -> str:
        return stderr_tail(self._written, self._config.environment())

    def _wait_until(self, is_ready: Callable[[], bool]) -> None:
        timeout_s = self._config.start_timeout_s
        deadline = time.monotonic() + timeout_s
        popen = self._popen
        while popen is not None and not is_ready():
            code = popen.poll()
            if code is not None:
                if self._drainer is not None:
                    self._drainer.join(_REAP_S)
                tail = self._tail()
                last = f"; its last words: {tail.splitlines()[-1]}" if tail else ""
                raise LaunchError(f"the app-server ended with code {code}{last}", stderr_tail=tail)
            if time.monotonic() > deadline:
                raise HandshakeError(
                    f"the app-server did not listen within {timeout_s:g} s", stderr_tail=self._tail()
                )
            if self.is_stopping.wait(_POLL_S):
                raise ClientClosedError("the app-server was closed while it started")

    def _is_listening(self) -> bool:
        found = _LISTENING.search(self._written)
        if found is None:
            return False
        self.url = f"ws://127.0.0.1:{int(found[1])}"
        return _is_healthy(int(found[1]))

    def stop(self) -> None:
        """End the process and remove its directory; each wait in it is bounded, and it may be repeated."""
        self.is_stopping.set()
        if not self.is_running:
            return
        if self._popen is not None:
            self._end(self._popen)
        folder, self._folder = self._folder, None
        if folder is not None:
            _remove_target(folder / "socket")
            shutil.rmtree(folder, ignore_errors=True)

    def _end(self, popen: subprocess.Popen[bytes]) -> None:
        # Of one that is reaped the number may be somebody else's by now.
        if popen.poll() is None:
            # It ends at once, or when its running turns have; the second signal does not wait for those.
            for grace_s in (self._config.close_timeout_s, _TERMINATE_S):
                _signal(popen, signal.SIGTERM)
                if _has_exited(popen, grace_s):
                    break
        if self._drainer is not None:
            self._drainer.join(_DRAIN_S)
            if self._drainer.is_alive():
                # It does not end, or what it started holds its stderr.
                _signal(popen, signal.SIGKILL)
                self._drainer.join(_REAP_S)

    def stop_from_finalizer(self) -> None:
        """As `stop`, for `__del__`: waits for nothing."""
        try:
            threading.Thread(target=self.stop, name="codex-app-server-closer", daemon=True).start()
        except RuntimeError:
            # The interpreter ends, and starts no more OS threads.
            if self._popen is not None:
                _signal(self._popen, signal.SIGKILL)


def _signal(popen: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(popen.pid, number)
    except ProcessLookupError:
        # Nothing is left of the group.
        return
    except PermissionError:
        # macOS says so for a group of zombies; a member of another user is not ours to end.
        popen.send_signal(number)


def _has_exited(popen: subprocess.Popen[bytes], timeout_s: float) -> bool:
    try:
        popen.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def _remove_target(link: Path) -> None:
    """Remove what a server that was killed has left: at the path it is given it makes but a link to its socket."""
    if link.is_symlink():
        target = link.resolve()
        for path in (target, target.with_name(f"{target.name}.lock")):
            with suppress(OSError):
                path.unlink()


def _make_token(folder: Path) -> Path:
    from secrets import token_urlsafe  # noqa: PLC0415 - only a WebSocket port needs a token

    path = folder / "token"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(token_urlsafe(32))
    return path


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def _is_healthy(port: int) -> bool:
    from http.client import HTTPConnection, HTTPException  # noqa: PLC0415 - a heavy module, for one request

    connection = HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
