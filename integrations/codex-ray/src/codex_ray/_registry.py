"""Registry: the actor that knows the workers of a pool and on which of them each thread is.

A thread stays on the worker on whose disk it is. Each has an epoch, which grows when it is released: a worker refuses
whoever comes with an earlier one. What is lost with this actor is asked of the workers again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from codex_ray._ray import is_for_good, ray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_ray._ray import Actor
    from codex_ray.spec import WorkerSpec

__all__ = ["Registry", "WorkerState", "registry_name", "rendezvous", "worker_name"]

_log = logging.getLogger("codex_ray")

WorkerState = Literal["up", "away", "lost"]
# A worker that does not answer a ping in this time is away.
_PING_S = 5.0
_TEND_S = 2.0


def registry_name(pool: str) -> str:
    """Return the name of the registry of a pool."""
    return f"{pool}/registry"


def worker_name(pool: str, worker_id: str) -> str:
    """Return the name of a worker."""
    return f"{pool}/worker/{worker_id}"


def rendezvous(key: str, worker_ids: Sequence[str]) -> str:
    """Return the worker for a key: when workers come or go, only the keys of those go elsewhere.

    Args:
        key: What to place.
        worker_ids: At least one.
    """

    def weight(worker_id: str) -> bytes:
        return hashlib.blake2b(f"{worker_id}\0{key}".encode(), digest_size=8).digest()

    return max(worker_ids, key=weight)


@dataclass
class _Entry:
    """A worker."""

    worker_id: str
    node_id: str
    actor: Actor
    state: WorkerState = "up"
    is_draining: bool = False
    threads: set[str] = field(default_factory=set[str])

    def facts(self) -> dict[str, Any]:
        return {
            "worker_id": self.worker_id,
            "node_id": self.node_id,
            "state": self.state,
            "is_draining": self.is_draining,
            "thread_ids": tuple(sorted(self.threads)),
        }


class Registry:
    """The registry of one pool. All of it runs on the event loop of its actor.

    Args:
        pool: The name of the pool.
        spec: How its workers launch their app-servers.
    """

    def __init__(self, pool: str, spec: WorkerSpec) -> None:
        self._pool = pool
        self._spec = spec
        self._workers: dict[str, _Entry] = {}
        self._epochs: dict[str, int] = {}
        self._homes: dict[str, str] = {}
        self._tending: asyncio.Task[None] | None = None
        self._found: asyncio.Task[None] | None = None

    async def _ready(self) -> None:
        """Find the workers that there are: this may be a registry that was started again."""
        if self._found is None:
            self._found = asyncio.ensure_future(self._find())
        await asyncio.shield(self._found)

    async def _find(self) -> None:
        prefix = worker_name(self._pool, "")
        for name in await asyncio.to_thread(ray().names):
            if name.startswith(prefix):
                actor = await asyncio.to_thread(ray().find, name)
                if actor is not None:
                    await self._take_on(name[len(prefix) :], actor)
        self._tending = asyncio.ensure_future(self._tend())

    async def _take_on(self, worker_id: str, actor: Actor) -> None:
        try:
            status = await asyncio.wait_for(_awaited(actor, "status"), _PING_S)
        except Exception as exc:
            # Whatever is wrong with it: it is not there.
            _log.warning("worker %s does not answer: %r", worker_id, exc)
            return
        self._workers.setdefault(worker_id, _Entry(worker_id, status["node_id"], actor))

    # --- workers ---

    async def spec(self) -> WorkerSpec:
        """Return how the workers launch their app-servers."""
        return self._spec

    async def add(self, worker_id: str, node_id: str, actors: Sequence[Actor]) -> None:
        """Take on a worker; its handle comes in a list, in which Ray leaves it as it is."""
        await self._ready()
        self._workers[worker_id] = _Entry(worker_id, node_id, actors[0])

    async def remove(self, worker_id: str) -> None:
        """Forget a worker and its threads."""
        await self._ready()
        entry = self._workers.pop(worker_id, None)
        for thread_id in () if entry is None else entry.threads:
            self._homes.pop(thread_id, None)

    async def workers(self) -> list[dict[str, Any]]:
        """Return what is known of the workers."""
        await self._ready()
        return [entry.facts() for entry in self._workers.values()]

    async def look_at(self, worker_id: str) -> dict[str, Any] | None:
        """Look at once whether a worker is there; return what is known of it."""
        await self._ready()
        entry = self._workers.get(worker_id)
        if entry is None:
            return None
        await self._look(entry)
        return entry.facts()

    async def set_draining(self, worker_id: str, is_draining: bool) -> None:  # noqa: FBT001 - a call of an actor
        """Give a worker no new threads, or give it some again."""
        await self._ready()
        if worker_id in self._workers:
            self._workers[worker_id].is_draining = is_draining

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(_TEND_S)
            await asyncio.gather(*(self._look(entry) for entry in list(self._workers.values())))

    async def _look(self, entry: _Entry) -> None:
        if entry.state == "lost":
            return
        before = entry.state
        try:
            await asyncio.wait_for(_awaited(entry.actor, "status"), _PING_S)
            entry.state = "up"
        except Exception as exc:
            entry.state = "lost" if is_for_good(exc) else "away"
        if entry.state != before:
            _log.warning(
                "worker %s is %s; it has %d threads", entry.worker_id, entry.state, len(entry.threads)
            )

    # --- threads ---

    async def place(self, key: str, but: Sequence[str]) -> dict[str, Any] | None:
        """Return the worker for a new thread.

        Args:
            key: Equal keys go to the same worker.
            but: Workers that were tried already.
        """
        await self._ready()
        fit = {
            entry.worker_id: entry
            for entry in self._workers.values()
            if entry.state == "up" and not entry.is_draining and entry.worker_id not in but
        }
        return fit[rendezvous(key, sorted(fit))].facts() if fit else None

    async def bind(self, thread_id: str, worker_id: str) -> int:
        """Note on which worker a thread is; return its epoch."""
        await self._ready()
        self._keep(thread_id, worker_id, self._epochs.get(thread_id, 1))
        return self._epochs[thread_id]

    def _keep(self, thread_id: str, worker_id: str, epoch: int) -> None:
        self._homes[thread_id] = worker_id
        self._epochs[thread_id] = epoch
        if worker_id in self._workers:
            self._workers[worker_id].threads.add(thread_id)

    async def locate(self, thread_id: str) -> dict[str, Any] | None:
        """Return the worker that has a thread, with the epoch of a grant; None if there is none."""
        await self._ready()
        if thread_id not in self._homes:
            await self._search(thread_id)
        entry = self._workers.get(self._homes.get(thread_id, ""))
        return None if entry is None else {**entry.facts(), "epoch": self._epochs[thread_id]}

    async def _search(self, thread_id: str) -> None:
        """Ask the workers for a thread: it is of an earlier registry, or its client did not tell of it."""
        entries = [entry for entry in self._workers.values() if entry.state != "lost"]
        answers = await asyncio.gather(
            *(asyncio.wait_for(_awaited(entry.actor, "epoch_of", thread_id), _PING_S) for entry in entries),
            return_exceptions=True,
        )
        found = [
            (epoch, entry.worker_id)
            for entry, epoch in zip(entries, answers, strict=True)
            if isinstance(epoch, int)
        ]
        if found and thread_id not in self._homes:
            epoch, worker_id = max(found)
            self._keep(thread_id, worker_id, max(1, epoch))

    async def release(self, thread_id: str) -> bool:
        """Take a thread from all clients that have it; whether there is one."""
        found = await self.locate(thread_id)
        if found is None:
            return False
        self._epochs[thread_id] += 1
        await _awaited(self._workers[found["worker_id"]].actor, "revoke", thread_id, self._epochs[thread_id])
        return True

    async def forget(self, thread_id: str) -> None:
        """Forget a thread that was deleted."""
        entry = self._workers.get(self._homes.pop(thread_id, ""))
        self._epochs.pop(thread_id, None)
        if entry is not None:
            entry.threads.discard(thread_id)


async def _awaited(actor: Actor, name: str, *args: object) -> Any:
    return await getattr(actor, name).remote(*args)
