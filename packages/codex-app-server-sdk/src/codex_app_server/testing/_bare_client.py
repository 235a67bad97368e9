"""Clients that have what `CodexClient` and `AsyncCodexClient` ask for and nothing else, over one that has more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from codex_app_server._async_thread import AsyncThread
    from codex_app_server._sync_thread import Thread
    from codex_app_server.interface import AsyncCodexClient, CodexClient
    from codex_app_server.options import ThreadForkOptions, ThreadResumeOptions, ThreadStartOptions
    from codex_app_server.protocol import ThreadArchiveResponse, ThreadDeleteResponse, WireModel

__all__ = ["AsyncBareClient", "BareClient"]


class BareClient:
    """A `CodexClient` and no more: an adapter that passes its tests with it uses nothing else of a client.

    Args:
        client: Does the work; closing the bare one closes it.
    """

    def __init__(self, client: CodexClient) -> None:
        self._client = client

    def thread_start(self, **options: Unpack[ThreadStartOptions]) -> Thread:
        """Start a thread."""
        return self._client.thread_start(**options)

    def thread_resume(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> Thread:
        """Open an earlier thread."""
        return self._client.thread_resume(thread_id, **options)

    def thread_fork(self, thread_id: str, **options: Unpack[ThreadForkOptions]) -> Thread:
        """Start a thread with the history of another one."""
        return self._client.thread_fork(thread_id, **options)

    def thread_archive(self, thread_id: str) -> ThreadArchiveResponse:
        """Take a thread out of lists."""
        return self._client.thread_archive(thread_id)

    def thread_delete(self, thread_id: str) -> ThreadDeleteResponse:
        """Delete a thread and its history for good."""
        return self._client.thread_delete(thread_id)

    def request_raw(
        self,
        method: str,
        params: WireModel | Mapping[str, object] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """Send a request about a thread."""
        return self._client.request_raw(method, params, timeout_s=timeout_s)

    def as_async(self) -> AsyncBareClient:
        """Return the awaiting face, as bare."""
        return AsyncBareClient(self._client.as_async())

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncBareClient:
    """An `AsyncCodexClient` and no more; otherwise as `BareClient`.

    Args:
        client: Does the work; closing the bare one closes it.
    """

    def __init__(self, client: AsyncCodexClient) -> None:
        self._client = client

    async def thread_start(self, **options: Unpack[ThreadStartOptions]) -> AsyncThread:
        """Start a thread."""
        return await self._client.thread_start(**options)

    async def thread_resume(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> AsyncThread:
        """Open an earlier thread."""
        return await self._client.thread_resume(thread_id, **options)

    async def thread_fork(self, thread_id: str, **options: Unpack[ThreadForkOptions]) -> AsyncThread:
        """Start a thread with the history of another one."""
        return await self._client.thread_fork(thread_id, **options)

    async def thread_archive(self, thread_id: str) -> ThreadArchiveResponse:
        """Take a thread out of lists."""
        return await self._client.thread_archive(thread_id)

    async def thread_delete(self, thread_id: str) -> ThreadDeleteResponse:
        """Delete a thread and its history for good."""
        return await self._client.thread_delete(thread_id)

    async def request_raw(
        self,
        method: str,
        params: WireModel | Mapping[str, object] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """Send a request about a thread."""
        return await self._client.request_raw(method, params, timeout_s=timeout_s)

    def as_sync(self) -> BareClient:
        """Return the blocking face, as bare."""
        return BareClient(self._client.as_sync())

    async def close(self) -> None:
        """Close the client."""
        await self._client.close()

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
