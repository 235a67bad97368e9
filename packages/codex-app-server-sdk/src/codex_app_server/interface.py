"""CodexClient, AsyncCodexClient: what adapters need of a client, and what a program needs that runs on one machine or many.

`Codex` and `AsyncCodex` are such clients, and other packages bring theirs. Threads and turns are those of the core with
every client: one of another kind opens them with `Codex` and `AsyncCodex`, over a transport of its own (`transport`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self, TypeIs, Unpack

    from codex_app_server._async_thread import AsyncThread
    from codex_app_server._sync_thread import Thread
    from codex_app_server.options import ThreadForkOptions, ThreadResumeOptions, ThreadStartOptions
    from codex_app_server.protocol import ThreadArchiveResponse, ThreadDeleteResponse, WireModel

__all__ = ["AsyncCodexClient", "CodexClient", "check_client", "client_or_none", "is_awaiting", "is_blocking"]


@runtime_checkable
class CodexClient(Protocol):
    """A client for blocking code; usable from any OS thread.

    A client of several servers finds the one that has a thread by the id, and keeps a thread where it is.
    """

    def thread_start(self, **options: Unpack[ThreadStartOptions]) -> Thread:
        """Start a thread; see `Codex.thread_start`."""
        ...

    def thread_resume(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> Thread:
        """Open an earlier thread; see `Codex.thread_resume`."""
        ...

    def thread_fork(self, thread_id: str, **options: Unpack[ThreadForkOptions]) -> Thread:
        """Start a thread with the history of another one; see `Codex.thread_fork`."""
        ...

    def thread_archive(self, thread_id: str) -> ThreadArchiveResponse:
        """Take a thread out of lists; see `Codex.thread_archive`."""
        ...

    def thread_delete(self, thread_id: str) -> ThreadDeleteResponse:
        """Delete a thread and its history for good; see `Codex.thread_delete`."""
        ...

    def request_raw(
        self,
        method: str,
        params: WireModel | Mapping[str, object] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """Send any request of the protocol that is about a thread, named by `threadId`; see `Codex.request_raw`.

        A client of one server takes others too.
        """
        ...

    def as_async(self) -> AsyncCodexClient:
        """Return the awaiting face of the same client, which ends with it; it may be asked for often."""
        ...

    def close(self) -> None:
        """End what the client has started; it may be repeated, and what still waits gets `ClientClosedError`."""
        ...

    def __enter__(self) -> Self:
        """Return the client, which is closed at the end of the block."""
        ...

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        ...


@runtime_checkable
class AsyncCodexClient(Protocol):
    """A client for code that awaits, on asyncio and trio; usable from any task, event loop and OS thread."""

    async def thread_start(self, **options: Unpack[ThreadStartOptions]) -> AsyncThread:
        """Start a thread; see `AsyncCodex.thread_start`."""
        ...

    async def thread_resume(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> AsyncThread:
        """Open an earlier thread; see `AsyncCodex.thread_resume`."""
        ...

    async def thread_fork(self, thread_id: str, **options: Unpack[ThreadForkOptions]) -> AsyncThread:
        """Start a thread with the history of another one; see `AsyncCodex.thread_fork`."""
        ...

    async def thread_archive(self, thread_id: str) -> ThreadArchiveResponse:
        """Take a thread out of lists; see `AsyncCodex.thread_archive`."""
        ...

    async def thread_delete(self, thread_id: str) -> ThreadDeleteResponse:
        """Delete a thread and its history for good; see `AsyncCodex.thread_delete`."""
        ...

    async def request_raw(
        self,
        method: str,
        params: WireModel | Mapping[str, object] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """Send any request of the protocol that is about a thread, named by `threadId`; see `CodexClient.request_raw`."""
        ...

    def as_sync(self) -> CodexClient:
        """Return the blocking face of the same client, which ends with it; it may block until there is a server."""
        ...

    async def close(self) -> None:
        """End what the client has started; it may be repeated, and what still waits gets `ClientClosedError`."""
        ...

    async def __aenter__(self) -> Self:
        """Return the client, which is closed at the end of the block."""
        ...

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        ...


def is_blocking(client: CodexClient | AsyncCodexClient) -> TypeIs[CodexClient]:
    """Whether a client has an awaiting face to give."""
    return hasattr(client, "as_async")


def is_awaiting(client: CodexClient | AsyncCodexClient) -> TypeIs[AsyncCodexClient]:
    """Whether a client has a blocking face to give."""
    return hasattr(client, "as_sync")


def check_client(client: object) -> CodexClient | AsyncCodexClient:
    """Return what somebody gave as `codex=`, if it is a client.

    Raises:
        TypeError: It is none; the message says what it lacks.
    """
    if isinstance(client, type):
        raise TypeError(
            f"codex must be a client, not the class {client.__name__!r}: make one, {client.__name__}(...)"
        )
    kind = type(client).__name__
    if not any(hasattr(client, name) for name in _METHODS):
        raise TypeError(f"codex must be a Codex or an AsyncCodex, not {kind!r}")
    missing = [name for name in _METHODS if not callable(getattr(client, name, None))]
    if not hasattr(client, "as_sync") and not hasattr(client, "as_async"):
        missing.append("as_async (as_sync, if it is to be awaited)")
    if missing:
        raise TypeError(
            f"codex must be a client, and {kind!r} lacks {', '.join(missing)}: see codex_app_server.CodexClient"
        )
    return cast("CodexClient | AsyncCodexClient", client)


def client_or_none(client: object) -> CodexClient | AsyncCodexClient | None:
    """Return what somebody gave as `codex=`; for a validator of pydantic, which tells of a ValueError where it is.

    Raises:
        ValueError: It is neither a client nor None.
    """
    try:
        return None if client is None else check_client(client)
    except TypeError as exc:
        raise ValueError(str(exc)) from exc


# What both faces have, besides the other face.
_METHODS = tuple(
    name for name in vars(CodexClient) if not name.startswith("_") and name in vars(AsyncCodexClient)
)
