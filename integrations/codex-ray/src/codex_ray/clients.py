"""AsyncRayCodex, RayCodex: the client of the core, for threads that are spread over the workers of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyio import to_thread
from codex_app_server import (
    AsyncCodex,
    Codex,
    LaunchError,
    LocalProtocolError,
)

from codex_ray._fleet import Fleet, Handlers
from codex_ray.errors import WorkerLostError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from codex_app_server import (
        ApprovalHandler,
        AppServerConfig,
        AsyncThread,
        ElicitationHandler,
        RequestHandler,
        Thread,
        ThreadForkOptions,
        ThreadResumeOptions,
        ThreadStartOptions,
        UserInputHandler,
    )
    from codex_app_server.protocol import ThreadArchiveResponse, ThreadDeleteResponse, WireModel
    from typing_extensions import Self, Unpack

    from codex_ray._transport import RayConnector

__all__ = ["AsyncRayCodex", "RayCodex"]

# A worker that was lost between the choice of it and its use: another one takes the thread.
_MOVABLE = (LaunchError, WorkerLostError)


class AsyncRayCodex:
    """Codex threads on the workers of a pool, for code that awaits; satisfies `AsyncCodexClient` of the core.

    Threads and turns are those of the core: `run`, `stream`, `events`, `steer`, `interrupt`, approvals and Python tools
    work as with `AsyncCodex`; handlers and tools run in this process. A thread stays on the worker where it was started.

    Args:
        pool: The name of the pool, as given to `RayPool.deploy`.
        address: The address of the cluster, if this process is not connected; None for the cluster of this machine or of
            `RAY_ADDRESS`.
        config: Limits of the client, such as `request_timeout_s`; nothing about launching a server.
        approval_handler: Decides on approvals where neither turn nor thread has a handler, as with `AsyncCodex`.
        user_input_handler: Answers questions of the model to the user, likewise.
        elicitation_handler: Answers questions of MCP servers, likewise.
        request_handler: Answers further requests of the servers.

    Raises:
        ValueError: The configuration says how to launch a server.
    """

    def __init__(
        self,
        pool: str = "codex",
        *,
        address: str | None = None,
        config: AppServerConfig | None = None,
        approval_handler: ApprovalHandler | None = None,
        user_input_handler: UserInputHandler | None = None,
        elicitation_handler: ElicitationHandler | None = None,
        request_handler: RequestHandler | None = None,
        _fleet: Fleet | None = None,
    ) -> None:
        self._is_owner = _fleet is None
        self._fleet = _fleet or Fleet(
            pool,
            address,
            config,
            Handlers(approval_handler, user_input_handler, elicitation_handler, request_handler),
            is_blocking=False,
        )

    def __repr__(self) -> str:
        return f"<AsyncRayCodex of pool {self._fleet.pool!r}{', closed' if self._fleet.is_closed else ''}>"

    async def __aenter__(self) -> Self:
        await self.worker_ids()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def as_sync(self) -> RayCodex:
        """Return the blocking face of the same client, which ends with it."""
        return RayCodex(_fleet=self._fleet)

    async def close(self) -> None:
        """End the connections to the workers, and the turns of this client there; the workers go on."""
        if self._is_owner:
            for client in self._fleet.take_clients():
                if isinstance(client, AsyncCodex):
                    await client.close()

    async def worker_ids(self) -> list[str]:
        """Return the workers of the pool.

        Raises:
            ClusterNotFoundError: There is no Ray cluster.
            PoolNotFoundError: The cluster has no such pool.
        """
        return await to_thread.run_sync(self._fleet.worker_ids)

    async def worker(self, worker_id: str) -> AsyncCodex:
        """Return the client of the core for one worker, for what is not about a thread: account, files, commands.

        Raises:
            NoWorkerError: There is no such worker.
        """
        return await to_thread.run_sync(lambda: self._fleet.awaiting(self._fleet.worker(worker_id)))

    async def worker_of(self, thread_id: str) -> str:
        """Return the id of the worker that has a thread.

        Raises:
            ThreadNotFoundError: No worker has it.
            NodeLostError: It was on a machine that is gone.
        """
        return (await to_thread.run_sync(self._fleet.locate, thread_id)).worker_id

    async def thread_start(self, **options: Unpack[ThreadStartOptions]) -> AsyncThread:
        """Start a thread on one of the workers; otherwise as `AsyncCodex.thread_start`.

        Threads with the same `cwd` share a worker, since it has the files; others are spread.

        Raises:
            NoWorkerError: No worker takes threads now.
            WorkerStartError: None of the workers can start its app-server.
        """
        tried: list[str] = []
        failure: Exception | None = None
        for _ in range(1 + len(await self.worker_ids())):
            try:
                connector = await to_thread.run_sync(self._fleet.place, options.get("cwd"), tried)
            except LaunchError as exc:
                raise failure or exc from exc
            try:
                client = await to_thread.run_sync(self._fleet.awaiting, connector)
                thread = await client.thread_start(**options)
            except _MOVABLE as exc:
                failure = exc
                tried.append(connector.worker_id)
                await to_thread.run_sync(self._fleet.look_at, connector)
            else:
                await to_thread.run_sync(self._fleet.bind, thread.id, connector)
                return thread
        raise failure or LocalProtocolError("the pool has no workers")

    async def thread_resume(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> AsyncThread:
        """Open an earlier thread where it is; otherwise as `AsyncCodex.thread_resume`.

        A worker that is being started again is waited for.

        Raises:
            ThreadNotFoundError: No worker has it.
            NodeLostError: It was on a machine that is gone.
        """
        client, _ = await self._of(thread_id)
        return await client.thread_resume(thread_id, **options)

    async def thread_fork(self, thread_id: str, **options: Unpack[ThreadForkOptions]) -> AsyncThread:
        """Start a thread with the history of another one, on the same worker; otherwise as `AsyncCodex.thread_fork`."""
        client, connector = await self._of(thread_id)
        thread = await client.thread_fork(thread_id, **options)
        await to_thread.run_sync(self._fleet.bind, thread.id, connector)
        return thread

    async def thread_archive(self, thread_id: str) -> ThreadArchiveResponse:
        """Take a thread out of lists; see `AsyncCodex.thread_archive`."""
        client, _ = await self._of(thread_id)
        return await client.thread_archive(thread_id)

    async def thread_delete(self, thread_id: str) -> ThreadDeleteResponse:
        """Delete a thread and its history for good; see `AsyncCodex.thread_delete`."""
        client, connector = await self._of(thread_id)
        answer = await client.thread_delete(thread_id)
        await to_thread.run_sync(self._fleet.forget, thread_id, connector)
        return answer

    async def request_raw(
        self,
        method: str,
        params: WireModel | Mapping[str, object] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """Send a request that is about a thread, named by `threadId`, to the worker that has it.

        Raises:
            LocalProtocolError: It names no thread; `worker` gives a client for each worker.
        """
        client, _ = await self._of(_thread_named(method, params))
        return await client.request_raw(method, params, timeout_s=timeout_s)

    async def _of(self, thread_id: str) -> tuple[AsyncCodex, RayConnector]:
        def find() -> tuple[AsyncCodex, RayConnector]:
            connector = self._fleet.locate(thread_id)
            return self._fleet.awaiting(connector), connector

        return await to_thread.run_sync(find)


class RayCodex:
    """Codex threads on the workers of a pool, for blocking code; satisfies `CodexClient` of the core.

    Everything is as with `AsyncRayCodex`. It connects when it is used first.

    Args:
        pool: The name of the pool, as given to `RayPool.deploy`.
        address: The address of the cluster, if this process is not connected; None for the cluster of this machine or of
            `RAY_ADDRESS`.
        config: Limits of the client, such as `request_timeout_s`; nothing about launching a server.
        approval_handler: Decides on approvals where neither turn nor thread has a handler, as with `Codex`.
        user_input_handler: Answers questions of the model to the user, likewise.
        elicitation_handler: Answers questions of MCP servers, likewise.
        request_handler: Answers further requests of the servers.

    Raises:
        ValueError: The configuration says how to launch a server.
    """

    def __init__(
        self,
        pool: str = "codex",
        *,
        address: str | None = None,
        config: AppServerConfig | None = None,
        approval_handler: ApprovalHandler | None = None,
        user_input_handler: UserInputHandler | None = None,
        elicitation_handler: ElicitationHandler | None = None,
        request_handler: RequestHandler | None = None,
        _fleet: Fleet | None = None,
    ) -> None:
        self._is_owner = _fleet is None
        self._fleet = _fleet or Fleet(
            pool,
            address,
            config,
            Handlers(approval_handler, user_input_handler, elicitation_handler, request_handler),
            is_blocking=True,
        )

    def __repr__(self) -> str:
        return f"<RayCodex of pool {self._fleet.pool!r}{', closed' if self._fleet.is_closed else ''}>"

    def __enter__(self) -> Self:
        self.worker_ids()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def as_async(self) -> AsyncRayCodex:
        """Return the awaiting face of the same client, which ends with it."""
        return AsyncRayCodex(_fleet=self._fleet)

    def close(self) -> None:
        """End the connections to the workers, and the turns of this client there; the workers go on."""
        if self._is_owner:
            for client in self._fleet.take_clients():
                if isinstance(client, Codex):
                    client.close()

    def worker_ids(self) -> list[str]:
        """Return the workers of the pool.

        Raises:
            ClusterNotFoundError: There is no Ray cluster.
            PoolNotFoundError: The cluster has no such pool.
        """
        return self._fleet.worker_ids()

    def worker(self, worker_id: str) -> Codex:
        """Return the client of the core for one worker, for what is not about a thread: account, files, commands.

        Raises:
            NoWorkerError: There is no such worker.
        """
        return self._fleet.blocking(self._fleet.worker(worker_id))

    def worker_of(self, thread_id: str) -> str:
        """Return the id of the worker that has a thread.

        Raises:
            ThreadNotFoundError: No worker has it.
            NodeLostError: It was on a machine that is gone.
        """
        return self._fleet.locate(thread_id).worker_id

    def thread_start(self, **options: Unpack[ThreadStartOptions]) -> Thread:
        """Start a thread on one of the workers; otherwise as `Codex.thread_start`.

        Threads with the same `cwd` share a worker, since it has the files; others are spread.

        Raises:
            NoWorkerError: No worker takes threads now.
            WorkerStartError: None of the workers can start its app-server.
        """
        tried: list[str] = []
        failure: Exception | None = None
        for _ in range(1 + len(self.worker_ids())):
            try:
                connector = self._fleet.place(options.get("cwd"), tried)
            except LaunchError as exc:
                raise failure or exc from exc
            try:
                thread = self._fleet.blocking(connector).thread_start(**options)
            except _MOVABLE as exc:
                failure = exc
                tried.append(connector.worker_id)
                self._fleet.look_at(connector)
            else:
                self._fleet.bind(thread.id, connector)
                return thread
        raise failure or LocalProtocolError("the pool has no workers")

    def thread_resume(self, thread_id: str, **options: Unpack[ThreadResumeOptions]) -> Thread:
        """Open an earlier thread where it is; otherwise as `Codex.thread_resume`.

        A worker that is being started again is waited for.

        Raises:
            ThreadNotFoundError: No worker has it.
            NodeLostError: It was on a machine that is gone.
        """
        return self._of(thread_id)[0].thread_resume(thread_id, **options)

    def thread_fork(self, thread_id: str, **options: Unpack[ThreadForkOptions]) -> Thread:
        """Start a thread with the history of another one, on the same worker; otherwise as `Codex.thread_fork`."""
        client, connector = self._of(thread_id)
        thread = client.thread_fork(thread_id, **options)
        self._fleet.bind(thread.id, connector)
        return thread

    def thread_archive(self, thread_id: str) -> ThreadArchiveResponse:
        """Take a thread out of lists; see `Codex.thread_archive`."""
        return self._of(thread_id)[0].thread_archive(thread_id)

    def thread_delete(self, thread_id: str) -> ThreadDeleteResponse:
        """Delete a thread and its history for good; see `Codex.thread_delete`."""
        client, connector = self._of(thread_id)
        answer = client.thread_delete(thread_id)
        self._fleet.forget(thread_id, connector)
        return answer

    def request_raw(
        self,
        method: str,
        params: WireModel | Mapping[str, object] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """Send a request that is about a thread, named by `threadId`, to the worker that has it.

        Raises:
            LocalProtocolError: It names no thread; `worker` gives a client for each worker.
        """
        client, _ = self._of(_thread_named(method, params))
        return client.request_raw(method, params, timeout_s=timeout_s)

    def _of(self, thread_id: str) -> tuple[Codex, RayConnector]:
        connector = self._fleet.locate(thread_id)
        return self._fleet.blocking(connector), connector


def _thread_named(method: str, params: WireModel | Mapping[str, object] | None) -> str:
    to_wire: Any = getattr(params, "to_wire", None)
    wire: Any = to_wire() if callable(to_wire) else params
    thread_id: object = wire.get("threadId") if wire is not None else None
    if not isinstance(thread_id, str):
        raise LocalProtocolError(
            f"{method!r} names no thread, so it is not known which worker it is for: ask one with worker(worker_id)"
        )
    return thread_id
