"""The errors that only a client of many machines has; all others are those of the core.

::

    LaunchError (core)
      ClusterNotFoundError     there is no Ray cluster to connect to
      PoolNotFoundError        the cluster has no pool of this name
      NoWorkerError            no node offers the resource, or no worker of the pool is up
      WorkerStartError         a worker could not start its app-server
    TransportClosedError (core)
      WorkerLostError          the worker that had the thread is gone; it may come back
        NodeLostError          its machine is gone, and with it the threads
"""

from __future__ import annotations

from codex_app_server import LaunchError, TransportClosedError

__all__ = [
    "ClusterNotFoundError",
    "NoWorkerError",
    "NodeLostError",
    "PoolNotFoundError",
    "WorkerLostError",
    "WorkerStartError",
]


class ClusterNotFoundError(LaunchError):
    """There is no Ray cluster to connect to; the message says how to start or name one."""


class PoolNotFoundError(LaunchError):
    """The cluster has no pool of this name.

    Attributes:
        pool: The name.
    """

    def __init__(self, message: str = "", *, pool: str = "", stderr_tail: str = "") -> None:
        super().__init__(message, stderr_tail=stderr_tail)
        self.pool = pool


class NoWorkerError(LaunchError):
    """No node of the cluster offers the resource, or no worker of the pool takes threads now.

    Attributes:
        resource: The resource of Ray that workers need.
    """

    def __init__(self, message: str = "", *, resource: str = "", stderr_tail: str = "") -> None:
        super().__init__(message, stderr_tail=stderr_tail)
        self.resource = resource


class WorkerStartError(LaunchError):
    """A worker could not start its app-server: no binary on its node, or a home that cannot be used.

    Attributes:
        worker_id: The worker.
        node_id: The node of Ray that it is on.
    """

    def __init__(
        self, message: str = "", *, worker_id: str = "", node_id: str = "", stderr_tail: str = ""
    ) -> None:
        super().__init__(message, stderr_tail=stderr_tail)
        self.worker_id = worker_id
        self.node_id = node_id


class WorkerLostError(TransportClosedError):
    """The worker of a thread is gone: its process, its app-server or its machine.

    A turn that ran there is not run again. The worker comes back by itself unless its machine is gone; the thread can
    then be resumed, with its last turn interrupted.

    Attributes:
        worker_id: The worker.
        node_id: The node of Ray that it was on.
        thread_ids: The threads of this client that are on it.
        exit_code: The exit code of its app-server, where that is what ended; negative is a signal.
    """

    def __init__(
        self,
        message: str = "",
        *,
        worker_id: str = "",
        node_id: str = "",
        thread_ids: tuple[str, ...] = (),
        exit_code: int | None = None,
        thread_id: str | None = None,
        turn_id: str | None = None,
    ) -> None:
        super().__init__(message, thread_id=thread_id, turn_id=turn_id)
        self.worker_id = worker_id
        self.node_id = node_id
        self.thread_ids = thread_ids
        self.exit_code = exit_code


class NodeLostError(WorkerLostError):
    """The machine of a worker is gone, and the threads that were on its disk with it: `thread_ids` says which."""
