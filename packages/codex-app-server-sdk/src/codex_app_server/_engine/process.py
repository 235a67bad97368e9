"""The app-server's process: spawn, pipes, end. Owned by the engine's loop."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, cast

from codex_app_server._engine.diagnostics import stderr_tail
from codex_app_server._engine.observing import launch_environment
from codex_app_server.errors import LaunchError, ProcessExitedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_app_server.config import AppServerConfig

__all__ = ["ServerProcess", "launch_advice"]

# What asyncio reads at once.
_PIPE_BYTES = 256 * 1024
# What is gathered before it is written: the pipe takes as much at once.
_HELD_BYTES = 64 * 1024
# What is longer is not written by other OS threads: an event loop may run there.
_AHEAD_BYTES = 16 * 1024
# Enough for the reason of a crash; the server logs a lot before it.
_STDERR_KEPT_BYTES = 64 * 1024
# A grandchild may hold the pipe open after the server's death: wait this long for what is still in it.
_DRAIN_S = 0.2
# A server that closed its output and does not exit is of no use: it is killed after this time.
_EXIT_AFTER_EOF_S = 1.0
# Between SIGTERM and SIGKILL, and for reaping after it.
_TERMINATE_S = 2.0
_REAP_S = 1.5


def launch_advice(exc: Exception) -> str:
    """Return what helps against the refusal of the operating system to start a program; may be empty."""
    code = exc.errno if isinstance(exc, OSError) else None
    if code == errno.ENOEXEC:
        return "; it is no program for this kind of machine: name another one with codex_bin or CODEX_BIN"
    if code in {errno.EMFILE, errno.ENFILE}:
        return "; no file descriptors are left: close some, or raise the limit (ulimit -n)"
    if code == errno.EAGAIN:
        return "; no further process may be started: end some, or raise the limit (ulimit -u)"
    return ""


def _discard(popen: subprocess.Popen[bytes]) -> None:
    popen.kill()
    popen.wait()
    for pipe in (popen.stdin, popen.stdout, popen.stderr):
        if pipe is not None:
            pipe.close()


def _give(pipe: IO[bytes]) -> IO[bytes]:
    return pipe


def _give_away(pipe: IO[bytes]) -> IO[bytes]:
    """Return the pipe for a loop of uvloop, which closes the descriptor by itself, and then what it was given as well.

    Between the two the number may have become that of a file of another OS thread, so it must not be closed again.
    """
    with pipe:
        return os.fdopen(os.dup(pipe.fileno()), pipe.mode, buffering=0, closefd=False)


def _widen(pipe: IO[bytes]) -> None:
    """Let the server write ahead as much as is read at once: fewer wake-ups when it has much to say."""
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - there is none on Windows

        # Not where the user may have no more memory for pipes; the usual size does as well.
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


class _Reader(asyncio.Protocol):
    """Passes on what a pipe of the process gives."""

    def __init__(self, on_data: Callable[[bytes], None], on_eof: Callable[[], None]) -> None:
        self._on_data = on_data
        self._on_eof = on_eof

    def data_received(self, data: bytes) -> None:
        self._on_data(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the interface
        self._on_eof()


class _Writer(asyncio.BaseProtocol):
    """Tells when the pipe to the process is full."""

    def __init__(self) -> None:
        self.is_full = False
        self.on_room: Callable[[], None] | None = None

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        if self.on_room is not None:
            self.on_room()

    def connection_lost(self, exc: Exception | None) -> None:
        # The process has gone, or will: its exit says so.
        pass


class ServerProcess:
    """A running app-server with its three pipes.

    Args:
        config: How to launch it.
        on_output: Called with each chunk of its stdout.
        on_end: Called once, when it is gone and all of its output was passed on.
        on_room: Called when the full pipe to it takes data again.
    """

    def __init__(
        self,
        config: AppServerConfig,
        *,
        on_output: Callable[[bytes], None],
        on_end: Callable[[], None],
        on_room: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._config = config
        self._on_output = on_output
        self._on_end = on_end
        self._on_room = on_room
        self._popen: subprocess.Popen[bytes] | None = None
        self._writer = _Writer()
        self._stdin: asyncio.WriteTransport | None = None
        self._held: list[bytes] | None = None
        self._held_bytes = 0
        # Held by the OS thread that writes to the pipe.
        self._writing = threading.Lock()
        # The pipe once more, for `write_ahead`; and what that has begun and the loop is to finish.
        self._ahead_fd = -1
        self._rest = b""
        self._pipes: list[asyncio.BaseTransport] = []
        self._stderr = bytearray()
        self._has_output_ended = False
        self._has_ended = False
        self._exited = asyncio.Event()
        self._reaper: threading.Thread | None = None
        self.exit_code: int | None = None

    async def open(self) -> None:
        """Start the process.

        Raises:
            CodexNotFoundError: There is no binary; the message says how to get one.
            LaunchError: The operating system refused; the message has path and reason.
        """
        argv = self._config.argv()
        if sys.platform == "win32":
            raise LaunchError("starting an app-server on Windows is not supported yet")
        try:
            # A session of its own: Ctrl-C in the terminal must reach this program first, and the
            # whole group can be ended at once.
            popen = subprocess.Popen(  # noqa: ASYNC220 - it is the first thing on this loop
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=launch_environment(self._config),
                cwd=self._config.cwd,
                start_new_session=True,
            )
        except (OSError, ValueError) as exc:
            raise LaunchError(f"cannot start {argv[0]!r}: {exc}{launch_advice(exc)}") from exc
        reaper = threading.Thread(
            target=self._reap, args=(popen,), name="codex-app-server-reaper", daemon=True
        )
        try:
            reaper.start()
        except RuntimeError as exc:
            _discard(popen)
            raise LaunchError(f"no OS thread can be started to watch {argv[0]!r}: {exc}") from exc
        self._popen, self._reaper = popen, reaper
        # Not to be cancelled half-way, when it is open who closes which pipe; it waits for nobody.
        connecting = asyncio.ensure_future(self._connect(popen))
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            await asyncio.wait({connecting})
            raise
        except OSError as exc:
            raise LaunchError(f"cannot talk to {argv[0]!r}: {exc}") from exc

    async def _connect(self, popen: subprocess.Popen[bytes]) -> None:
        loop = self._loop
        out, err, inn = (cast("IO[bytes]", pipe) for pipe in (popen.stdout, popen.stderr, popen.stdin))
        self._writer.on_room = self._on_room
        _widen(out)
        give = _give_away if type(loop).__module__.partition(".")[0] == "uvloop" else _give
        ahead_fd = -1
        try:
            # Only this class closes it, so it is never the number of another file.
            ahead_fd = os.dup(inn.fileno())
            self._stdin, _ = await loop.connect_write_pipe(lambda: self._writer, give(inn))
            self._pipes.append(self._stdin)
            self._ahead_fd = ahead_fd
            stderr, _ = await loop.connect_read_pipe(
                lambda: _Reader(self._keep_stderr, lambda: None), give(err)
            )
            self._pipes.append(stderr)
            stdout, _ = await loop.connect_read_pipe(
                lambda: _Reader(self._on_output, self._output_ended), give(out)
            )
            self._pipes.append(stdout)
        except BaseException:
            # What the loop did not take over, it does not close.
            for pipe in (inn, err, out)[len(self._pipes) :]:
                pipe.close()
            if ahead_fd >= 0 and self._ahead_fd < 0:
                os.close(ahead_fd)
            raise

    @property
    def pid(self) -> int | None:
        """The process id, once it was started."""
        return None if self._popen is None else self._popen.pid

    @property
    def is_full(self) -> bool:
        """Whether the server does not read what was written to it."""
        return self._writer.is_full

    @property
    def may_return(self) -> bool:
        """False: a process that has ended is gone, with its turns."""
        return False

    @property
    def diagnostics(self) -> str:
        """The end of what it wrote to stderr."""
        return stderr_tail(bytes(self._stderr), self._config.environment())

    def write(self, data: bytes) -> None:
        """Queue bytes for its stdin; each call is passed on whole."""
        if self._held is not None:
            self._held.append(data)
            self._held_bytes += len(data)
            if self._held_bytes < _HELD_BYTES:
                return
            data = self._take_held()
        with self._writing:
            self._put(data)

    def _put(self, data: bytes) -> None:
        if self._rest:
            data, self._rest = self._rest + data, b""
        if self._stdin is not None and not self._stdin.is_closing():
            self._stdin.write(data)

    def write_ahead(self, line: bytes, note: Callable[[], bool]) -> bool:
        """Write a line on another OS thread than that of the loop, where it would be the next thing in the pipe.

        Args:
            line: The line.
            note: Called just before; returns False to have nothing written after all.

        Returns:
            Whether it is written, or at least begun: see `has_rest`.
        """
        stdin = self._stdin
        if len(line) > _AHEAD_BYTES or stdin is None or self._writing.locked():
            return False
        # `with` alone lets no Ctrl-C come between taking the lock and giving it back.
        with self._writing:
            # What the loop has gathered comes of what it has read, which may be known already to whoever writes here.
            is_first = self._held is None and not self._rest and not stdin.get_write_buffer_size()
            if self._ahead_fd < 0 or not is_first or not note():
                return False
            written = len(line)
            try:
                written = os.write(self._ahead_fd, line)
            except OSError:
                # Full, or nobody reads any more: the loop finds out.
                written = 0
            finally:
                # All of it as well where Ctrl-C came: a line that is sent twice is worse than none.
                self._rest = line[written:]
        return True

    @property
    def has_rest(self) -> bool:
        """Whether `finish_ahead` has something to do."""
        return bool(self._rest)

    def finish_ahead(self) -> None:
        """Write what `write_ahead` has left over; on the loop."""
        if self._rest:
            with self._writing:
                self._put(b"")

    def hold(self) -> None:
        """Gather what is written from now on: each write costs a system call, and wakes the server for one line."""
        self._held = []

    def release(self) -> None:
        """Write what was gathered."""
        # Nobody may write ahead in between.
        with self._writing:
            data, self._held = self._take_held(), None
            if data:
                self._put(data)

    def _take_held(self) -> bytes:
        held, self._held = self._held or [], []
        self._held_bytes = 0
        return held[0] if len(held) == 1 else b"".join(held)

    async def stop(self, grace_s: float) -> None:
        """End the process: close its stdin, wait, terminate its group, kill it; each wait bounded."""
        if self._popen is None:
            return
        self._close_ahead()
        if self._stdin is not None:
            if self.is_full:
                # It does not read: flushing would wait for it, and there is nobody to read the rest.
                self._stdin.abort()
            else:
                self._stdin.close()
        if not await self._wait_exit(grace_s):
            self._signal(signal.SIGTERM)
            await self._wait_exit(_TERMINATE_S)
        # A pipe that is still open after a clean exit is held by something that the server started.
        if not self._exited.is_set() or not self._has_output_ended:
            self._kill()
            await self._wait_exit(_REAP_S)
        self.close_pipes()
        if self._reaper is not None and self._exited.is_set():
            self._reaper.join()

    def end_error(self, unfinished_bytes: int) -> ProcessExitedError:
        """Return how it ended."""
        code, tail = self.exit_code, self.diagnostics
        if code is None:
            how = "closed its output and could not be reaped"
        elif code < 0:
            how = f"was killed by signal {-code}"
        else:
            how = f"exited with code {code}"
        cut = f", with {unfinished_bytes} bytes of an unfinished message" if unfinished_bytes else ""
        # A killed process did not know that it would end: its last words would only mislead.
        last = f"; its last words: {tail.splitlines()[-1]}" if tail and (code or 0) > 0 else ""
        return ProcessExitedError(
            f"the app-server {how}{cut}{last}",
            exit_code=code,
            stderr_tail=tail,
            unfinished_bytes=unfinished_bytes,
        )

    async def _wait_exit(self, timeout_s: float) -> bool:
        try:
            await asyncio.wait_for(self._exited.wait(), timeout_s)
        except asyncio.TimeoutError:
            return False
        return True

    def _close_ahead(self) -> None:
        with self._writing:
            if self._ahead_fd >= 0:
                os.close(self._ahead_fd)
                self._ahead_fd = -1

    def close_pipes(self) -> None:
        """Give the descriptors back."""
        self._close_ahead()
        for pipe in self._pipes:
            pipe.close()

    def _kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        popen = self._popen
        if popen is None:
            return
        try:
            os.killpg(popen.pid, number)
        except ProcessLookupError:
            # Nothing is left of the group.
            return
        except PermissionError:
            # macOS says so for a group of zombies; a member of another user is not ours to end.
            if popen.returncode is None:
                popen.send_signal(number)

    def _keep_stderr(self, data: bytes) -> None:
        self._stderr += data
        if len(self._stderr) > _STDERR_KEPT_BYTES:
            del self._stderr[:-_STDERR_KEPT_BYTES]

    def _reap(self, popen: subprocess.Popen[bytes]) -> None:
        code = popen.wait()
        try:
            self._loop.call_soon_threadsafe(self._process_exited, code)
        except RuntimeError:
            # The engine was ended in the meantime and wants to know nothing.
            return

    def _process_exited(self, code: int) -> None:
        self.exit_code = code
        self._exited.set()
        if self._has_output_ended:
            self._end()
        else:
            self._loop.call_later(_DRAIN_S, self._end)

    def _output_ended(self) -> None:
        self._has_output_ended = True
        if self.exit_code is not None:
            self._end()
        else:
            self._loop.call_later(_EXIT_AFTER_EOF_S, self._kill_and_end)

    def _kill_and_end(self) -> None:
        if not self._has_ended:
            self._kill()
            # The exit is reported by the reaper; this is for a process that cannot even be killed.
            self._loop.call_later(_EXIT_AFTER_EOF_S, self._end)

    def _end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._on_end()
