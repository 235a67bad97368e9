"""Worker: the actor that owns one app-server, and serves it to callers in other processes."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import uuid
from typing import TYPE_CHECKING, Any

from codex_app_server import AppServerError, ProcessExitedError

from codex_ray._host import Host
from codex_ray._outbox import Outbox
from codex_ray._relay import Caller

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from codex_app_server import TransportClosedError

    from codex_ray.spec import WorkerSpec

__all__ = ["Worker"]

_log = logging.getLogger("codex_ray")

_HEARTBEAT_S = 2.0


class _Visit(Caller):
    """A caller with what its generator needs."""

    def __init__(self, caller_id: str, host: Host) -> None:
        loop = asyncio.get_running_loop()
        self.something = asyncio.Event()
        self.host = host
        self.seen_at = loop.time()
        self.why_over = ""
        self._next = 0
        self._early: dict[int, bytes] = {}
        outbox = Outbox(
            clock=loop.time, wake=self.something.set, wake_at=lambda at: loop.call_at(at, self.something.set)
        )
        super().__init__(caller_id, outbox)

    def in_order(self, number: int, data: bytes) -> list[bytes]:
        """Return what can be read now: calls of an actor may overtake each other."""
        self._early[number] = data
        ready: list[bytes] = []
        while self._next in self._early:
            ready.append(self._early.pop(self._next))
            self._next += 1
        return ready


class Worker:
    """One app-server of a pool. All of it runs on the event loop of its actor.

    Args:
        pool: The name of the pool.
        worker_id: Its id.
        node_id: The node that it is on.
        spec: How to launch the app-server.
    """

    def __init__(self, pool: str, worker_id: str, node_id: str, spec: WorkerSpec) -> None:
        self._worker_id = worker_id
        self._node_id = node_id
        self._spec = spec
        self._folder = spec.folder_of(pool, worker_id)
        self._incarnation = uuid.uuid4().hex
        self._host: Host | None = None
        self._starting: asyncio.Lock | None = None
        self._epochs: dict[str, int] = {}
        self._visits: dict[str, _Visit] = {}
        self._draining = ""
        self._starts = itertools.count(1)
        self._start_count = 0

    # --- callers ---

    async def listen(
        self, caller_id: str, grants: Mapping[str, int]
    ) -> AsyncGenerator[tuple[Any, ...] | bytes]:
        """Serve a caller: yields `("hello", facts)` or `("no", error)`, chunks of lines, and at last `("end", facts)`.

        Args:
            caller_id: What the caller calls itself.
            grants: The threads that it has, with the epoch of its grant.
        """
        try:
            host = await self._running()
        except AppServerError as exc:
            yield "no", str(exc), getattr(exc, "stderr_tail", "")
            return
        visit = self._visits[caller_id] = _Visit(caller_id, host)
        host.relay.join(visit)
        for thread_id, epoch in grants.items():
            host.relay.grant(visit, thread_id, epoch)
        self._watch(visit)
        try:
            yield "hello", {"incarnation": self._incarnation, "node_id": self._node_id, "pid": host.pid}
            while True:
                async for chunk in self._chunks(visit):
                    yield chunk
                if visit.why_over or host.error is not None:
                    break
            yield "end", self._how_it_ended(visit)
        finally:
            self._let_go(visit)

    async def _chunks(self, visit: _Visit) -> AsyncGenerator[bytes]:
        """Yield what waits for a caller, or a sign of life; ends where it is worth a look whether that is all."""
        try:
            await asyncio.wait_for(visit.something.wait(), _HEARTBEAT_S)
        except asyncio.TimeoutError:
            yield b""
        visit.something.clear()
        chunk = visit.outbox.take(everything=visit.host.error is not None)
        if chunk:
            yield chunk

    def _how_it_ended(self, visit: _Visit) -> dict[str, Any]:
        error = visit.host.error
        return {
            "why": visit.why_over or str(error),
            "exit_code": error.exit_code if isinstance(error, ProcessExitedError) else None,
        }

    def _let_go(self, visit: _Visit) -> None:
        if self._visits.get(visit.caller_id) is visit:
            del self._visits[visit.caller_id]
        if visit.host.error is None:
            visit.host.gather(lambda: visit.host.relay.leave(visit))
        visit.something.set()

    def _watch(self, visit: _Visit) -> None:
        """End the visit of a caller that gives no sign of life, or does not read at all."""
        loop = asyncio.get_running_loop()
        if self._visits.get(visit.caller_id) is not visit:
            return
        if loop.time() - visit.seen_at > self._spec.caller_timeout_s:
            visit.why_over = f"nothing was heard of this client for {self._spec.caller_timeout_s:g} s"
        elif visit.outbox.size_bytes > self._spec.max_unread_bytes:
            visit.why_over = f"this client left {visit.outbox.size_bytes} bytes unread"
        if visit.why_over:
            _log.warning("worker %s lets a client go: %s", self._worker_id, visit.why_over)
            # Its generator may wait for it to read, for ever.
            self._let_go(visit)
        else:
            loop.call_later(self._spec.caller_timeout_s / 4, self._watch, visit)

    async def send(self, caller_id: str, number: int, data: bytes, grants: Mapping[str, int]) -> None:
        """Take lines of a caller.

        Args:
            caller_id: The caller.
            number: Counts its calls.
            data: Whole lines.
            grants: Threads that it has got since.
        """
        visit = self._visits.get(caller_id)
        if visit is None or visit.host.error is not None:
            # It hears by its generator that this connection is over; nothing is done for a later one.
            return
        visit.seen_at = asyncio.get_running_loop().time()
        for thread_id, epoch in grants.items():
            visit.host.relay.grant(visit, thread_id, epoch)
        lines = [line for part in visit.in_order(number, data) for line in part.split(b"\n") if line]
        visit.host.gather(lambda: _pass_on(visit, lines))

    async def alive(self, caller_id: str) -> None:
        """Take a sign of life."""
        visit = self._visits.get(caller_id)
        if visit is not None:
            visit.seen_at = asyncio.get_running_loop().time()

    async def leave(self, caller_id: str) -> None:
        """End the visit of a caller: its turns are interrupted, with their commands."""
        visit = self._visits.get(caller_id)
        if visit is not None:
            visit.why_over = "this client has left"
            self._let_go(visit)

    # --- for whoever runs the pool ---

    async def status(self) -> dict[str, Any]:
        """Return how it is."""
        host = self._host
        relay = None if host is None or host.error is not None else host.relay
        return {
            "worker_id": self._worker_id,
            "node_id": self._node_id,
            "incarnation": self._incarnation,
            "pid": os.getpid(),
            "server_pid": None if relay is None or host is None else host.pid,
            "start_count": self._start_count,
            "turn_count": 0 if relay is None else relay.admission.running_count,
            "waiting_count": 0 if relay is None else relay.admission.waiting_count,
            "client_count": len(self._visits),
            "is_draining": bool(self._draining),
        }

    async def epoch_of(self, thread_id: str) -> int | None:
        """Return the last grant of a thread that is here, 0 for one that nobody has; None where it is not here."""
        epochs = self._epochs if self._host is None else self._host.relay.threads.epochs
        if thread_id in epochs:
            return epochs[thread_id]
        found = await asyncio.to_thread(self._has_rollout, thread_id)
        return 0 if found else None

    def _has_rollout(self, thread_id: str) -> bool:
        # The ids come from elsewhere: none of it is a pattern.
        if not thread_id.replace("-", "").isalnum():
            return False
        return next((self._folder / "home").glob(f"*sessions/**/rollout-*{thread_id}*"), None) is not None

    async def revoke(self, thread_id: str, epoch: int) -> None:
        """Take a thread from whoever has it: its turn is interrupted, and its writer let go."""
        self._epochs[thread_id] = epoch
        if self._host is not None and self._host.error is None:
            host = self._host
            host.gather(lambda: host.relay.revoke(thread_id, epoch))

    async def drain(self, timeout_s: float) -> bool:
        """Start no further turns, and wait for those that run; whether all of them ended in time."""
        self._draining = f"worker {self._worker_id!r} is being drained and starts no turns: try again later"
        host = self._host
        if host is None or host.error is not None:
            return True
        admission = host.relay.admission
        admission.close(self._draining)
        empty = asyncio.Event()
        admission.when_empty(empty.set)
        try:
            await asyncio.wait_for(empty.wait(), timeout_s)
        except asyncio.TimeoutError:
            return False
        return True

    async def resume(self) -> None:
        """Take turns again after `drain`."""
        self._draining = ""
        if self._host is not None and self._host.error is None:
            self._host.relay.admission.reopen()

    async def restart(self) -> None:
        """End the app-server; the next caller gets another one."""
        if self._host is not None:
            await self._host.stop()
        await self.resume()

    async def prepare(self) -> tuple[str, str] | None:
        """Start the app-server; return why that failed and its last words, if it did."""
        try:
            await self._running()
        except AppServerError as exc:
            return str(exc), getattr(exc, "stderr_tail", "")
        return None

    async def _running(self) -> Host:
        """Return a server that runs."""
        if self._starting is None:
            self._starting = asyncio.Lock()
        async with self._starting:
            if self._host is None or self._host.error is not None:
                if self._host is not None:
                    await self._host.stop()
                host = Host(self._spec, self._folder, epochs=self._epochs, on_end=self._ended)
                await host.start()
                self._host = host
                self._start_count = next(self._starts)
                if self._draining:
                    host.relay.admission.close(self._draining)
            return self._host

    def _ended(self, host: Host, error: TransportClosedError) -> None:
        if host is not self._host:
            return
        if not host.is_stopping:
            _log.warning("worker %s: %s", self._worker_id, error)
        self._epochs.update(host.relay.threads.epochs)
        for visit in list(self._visits.values()):
            visit.something.set()

    async def stop(self) -> None:
        """End the app-server and then this process, which is not to be started again."""
        if self._host is not None:
            await self._host.stop()


def _pass_on(visit: _Visit, lines: list[bytes]) -> None:
    for line in lines:
        try:
            visit.host.relay.from_caller(visit, line)
        except Exception:
            # What one client sends must not harm the others.
            _log.exception("could not pass on a message of client %s", visit.caller_id)
