"""RayPool: the workers of a cluster under one name, for whoever runs them. Blocking; the work itself is with clients."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from codex_ray._ray import ray
from codex_ray._registry import Registry, registry_name, worker_name
from codex_ray._worker import Worker
from codex_ray.errors import NoWorkerError, PoolNotFoundError, WorkerStartError
from codex_ray.spec import WorkerSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_ray._ray import Actor, Node
    from codex_ray._registry import WorkerState

__all__ = ["RayPool", "WorkerStatus"]

# For calls that answer at once where the actor is there.
_ANSWER_S = 10.0
# Ray starts the process of an actor in a second or two, more on a busy machine.
_PROCESS_S = 60.0
# One call for each client that is connected, and those that are on their way.
_CONCURRENCY = 10_000


@dataclass(frozen=True)
class WorkerStatus:
    """How a worker is.

    Attributes:
        worker_id: The worker.
        node_id: The node of Ray that it is on.
        state: `"up"`, `"away"` while it does not answer, or `"lost"` with its machine.
        is_draining: Whether it starts no turns.
        thread_ids: The threads that are on it, as far as the registry was told.
        turn_count: Turns that run.
        waiting_count: Turns that wait for a place.
        client_count: Clients that are connected.
        server_pid: The process of its app-server on its node; None when none runs.
        pid: The process of the worker; None when it does not answer.
        start_count: How often an app-server was started since the worker was.
    """

    worker_id: str
    node_id: str
    state: WorkerState
    is_draining: bool
    thread_ids: tuple[str, ...]
    turn_count: int = 0
    waiting_count: int = 0
    client_count: int = 0
    server_pid: int | None = None
    pid: int | None = None
    start_count: int = 0


class RayPool:
    """A pool of workers. Get it by `deploy` or `connect`; it outlives the program that deployed it."""

    def __init__(self, name: str, registry: Actor, spec: WorkerSpec) -> None:
        self._name = name
        self._registry = registry
        self._spec = spec

    def __repr__(self) -> str:
        return f"<RayPool {self._name!r}>"

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @classmethod
    def deploy(
        cls,
        workers: int | None = None,
        *,
        name: str = "codex",
        spec: WorkerSpec | None = None,
        address: str | None = None,
    ) -> RayPool:
        """Start workers on the nodes that have room, up to a number, and return the pool when all of them are ready.

        Workers that are there already count; workers that are lost are forgotten, and replaced as far as there is room.

        Args:
            workers: How many there shall be; None for as many as the nodes offer of the resource.
            name: The name of the pool, as clients give it.
            spec: How the workers launch their app-servers; that of an existing pool is kept.
            address: The address of the cluster, if this process is not connected.

        Raises:
            ClusterNotFoundError: There is no Ray cluster.
            NoWorkerError: The nodes do not offer as much of the resource.
            WorkerStartError: A worker could not start its app-server; none of the new ones is left.
        """
        cluster = ray()
        cluster.connect(address)
        spec = spec or WorkerSpec()
        # On the head: on a node that is lost, it would be lost with the threads that it knows.
        registry = cluster.start(
            Registry, name, spec, name=registry_name(name), node_id=None, resources=cluster.of_head(),
            concurrency=1000,
        )  # fmt: skip
        pool = cls(name, registry, cluster.get(registry.spec.remote(), _PROCESS_S))
        pool._fill(workers)
        return pool

    @classmethod
    def connect(cls, name: str = "codex", *, address: str | None = None) -> RayPool:
        """Return a pool that was deployed before.

        Raises:
            ClusterNotFoundError: There is no Ray cluster.
            PoolNotFoundError: It has no such pool.
        """
        cluster = ray()
        cluster.connect(address)
        registry = cluster.find(registry_name(name))
        if registry is None:
            raise PoolNotFoundError(
                f"the cluster has no pool {name!r}: start one with RayPool.deploy(name={name!r})", pool=name
            )
        return cls(name, registry, cluster.get(registry.spec.remote(), _PROCESS_S))

    def _fill(self, wanted: int | None) -> None:
        cluster, resource = ray(), self._spec.resource
        for fact in self._facts():
            if fact["state"] == "lost":
                self._ask("remove", fact["worker_id"])
        present = Counter(fact["node_id"] for fact in self._facts())
        nodes = cluster.nodes()
        room = {node.node_id: int(node.resources.get(resource, 0)) - present[node.node_id] for node in nodes}
        missing = sum(map(_positive, room.values())) if wanted is None else wanted - present.total()
        if missing > sum(map(_positive, room.values())) or (not present and missing <= 0):
            raise NoWorkerError(_too_few(nodes, resource, wanted, self._name), resource=resource)
        self._start(list(_spread(room, missing)))

    def _start(self, node_ids: list[str]) -> None:
        cluster = ray()
        begun: list[tuple[str, str, Actor]] = []
        try:
            for node_id in node_ids:
                worker_id = f"{node_id[:8]}-{uuid.uuid4().hex[:6]}"
                actor = cluster.start(
                    Worker, self._name, worker_id, node_id, self._spec,
                    name=worker_name(self._name, worker_id), node_id=node_id,
                    resources={self._spec.resource: 1}, concurrency=_CONCURRENCY,
                )  # fmt: skip
                begun.append((worker_id, node_id, actor))
            preparing = [(*one, one[2].prepare.remote()) for one in begun]
            for worker_id, node_id, _, ref in preparing:
                self._check(worker_id, node_id, ref)
        except BaseException:
            for _, _, actor in begun:
                cluster.kill(actor)
            raise
        for worker_id, node_id, actor in begun:
            self._ask("add", worker_id, node_id, [actor])

    def _check(self, worker_id: str, node_id: str, ref: object) -> None:
        cluster = ray()
        try:
            problem = cast(
                "tuple[str, str] | None", cluster.get(ref, _PROCESS_S + self._spec.start_timeout_s)
            )
        except Exception as exc:
            if not cluster.is_lost(exc):
                raise
            problem = (f"its process did not start: {type(exc).__name__}", "")
        if problem is not None:
            raise WorkerStartError(
                f"worker {worker_id!r} on node {node_id[:12]} has no app-server: {problem[0]}",
                worker_id=worker_id,
                node_id=node_id,
                stderr_tail=problem[1],
            )

    # --- the pool as it is ---

    def workers(self) -> list[WorkerStatus]:
        """Return how each worker is, asked of it now."""
        found: list[WorkerStatus] = []
        names = set(WorkerStatus.__dataclass_fields__)
        for fact in self._facts():
            status = self._status(fact["worker_id"]) if fact["state"] != "lost" else {}
            known = {key: value for key, value in {**status, **fact}.items() if key in names}
            found.append(WorkerStatus(**known))
        return found

    def _status(self, worker_id: str) -> dict[str, Any]:
        cluster = ray()
        actor = cluster.find(worker_name(self._name, worker_id))
        try:
            return {} if actor is None else cluster.get(actor.status.remote(), _ANSWER_S)
        except Exception as exc:
            if not cluster.is_lost(exc):
                raise
            return {}

    def drain(self, worker_id: str, *, timeout_s: float = 300.0) -> bool:
        """Give a worker no new threads and start no turns on it, and wait for those that run.

        Args:
            worker_id: The worker.
            timeout_s: Seconds to wait.

        Returns:
            Whether all turns have ended in that time.

        Raises:
            NoWorkerError: There is no such worker, or it does not answer.
        """
        self._ask("set_draining", worker_id, True)
        return self._of(worker_id, "drain", timeout_s, timeout_s=timeout_s + _ANSWER_S)

    def resume(self, worker_id: str) -> None:
        """Let a worker take threads and turns again after `drain`.

        Raises:
            NoWorkerError: There is no such worker, or it does not answer.
        """
        self._of(worker_id, "resume")
        self._ask("set_draining", worker_id, False)

    def restart(self, worker_id: str) -> None:
        """Start the app-server of a worker again, with what its home says now; turns that run end with an error.

        Raises:
            NoWorkerError: There is no such worker, or it does not answer.
            WorkerStartError: It did not start.
        """
        self._of(worker_id, "restart")
        self._ask("set_draining", worker_id, False)
        problem = self._of(worker_id, "prepare", timeout_s=self._spec.start_timeout_s + _ANSWER_S)
        if problem is not None:
            raise WorkerStartError(
                f"worker {worker_id!r}: {problem[0]}", worker_id=worker_id, stderr_tail=problem[1]
            )

    def release(self, thread_id: str) -> bool:
        """Take a thread from all clients that have it; whether there is such a thread.

        Its turn is interrupted. Clients that have it open are refused with `ThreadBusyError` until they resume it.
        """
        return bool(self._ask("release", thread_id))

    def shutdown(self) -> None:
        """End all workers with their app-servers and turns, and the registry. The homes stay on the disks."""
        cluster = ray()
        for fact in self._facts():
            actor = cluster.find(worker_name(self._name, fact["worker_id"]))
            if actor is None:
                continue
            try:
                cluster.get(actor.stop.remote(), _ANSWER_S)
            except Exception as exc:
                if not cluster.is_lost(exc):
                    raise
            cluster.kill(actor)
        cluster.kill(self._registry)

    def _of(self, worker_id: str, name: str, *args: object, timeout_s: float = _ANSWER_S) -> Any:
        cluster = ray()
        actor = cluster.find(worker_name(self._name, worker_id))
        if actor is None:
            raise NoWorkerError(f"pool {self._name!r} has no worker {worker_id!r}: see workers()")
        try:
            return cluster.get(getattr(actor, name).remote(*args), timeout_s)
        except Exception as exc:
            if not cluster.is_lost(exc):
                raise
            raise NoWorkerError(f"worker {worker_id!r} does not answer: {type(exc).__name__}") from exc

    def _facts(self) -> list[dict[str, Any]]:
        return self._ask("workers")

    def _ask(self, name: str, *args: object) -> Any:
        return ray().ask(self._registry, name, *args, timeout_s=_PROCESS_S)


def _positive(number: int) -> int:
    return max(0, number)


def _spread(room: dict[str, int], count: int) -> Iterator[str]:
    """Choose nodes for workers, the one with the most room first."""
    left = dict(room)
    for _ in range(count):
        node_id = max(left, key=lambda one: left[one])
        left[node_id] -= 1
        yield node_id


def _too_few(nodes: list[Node], resource: str, wanted: int | None, pool: str) -> str:
    offered = sum(int(node.resources.get(resource, 0)) for node in nodes)
    what = (
        f"no node of the cluster offers the resource {resource!r}"
        if not offered
        else f"the cluster offers {offered} of the resource {resource!r}, which is not enough for {wanted} workers of pool "
        f"{pool!r}"
    )
    return f"{what}: start nodes with `ray start --resources='{{\"{resource}\": 4}}'`, 4 being the workers that a node can carry"
