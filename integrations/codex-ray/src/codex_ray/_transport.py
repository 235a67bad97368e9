"""RayConnector and its transport: carry the lines of a client of the core to a worker and back."""

from __future__ import annotations

import asyncio
import itertools
import logging
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from codex_ray._ray import is_for_good, ray
from codex_ray._registry import worker_name
from codex_ray.errors import NodeLostError, WorkerLostError, WorkerStartError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from codex_app_server import AppServerConfig, TransportClosedError

    from codex_ray._ray import Actor

__all__ = ["RayConnector", "lost_error"]

_log = logging.getLogger("codex_ray")

# Chunks that may be on their way: a reader that does not take them makes the worker wait, and join more deltas.
_UNREAD_CHUNKS = 8
# Beneath the time after which a worker takes a client for dead.
_SIGN_OF_LIFE_S = 3.0
# A worker sends something every two seconds. This is for a network that swallows everything: of a process or a node that
# ends, Ray tells within some seconds.
_SILENCE_S = 20.0
# Between attempts to reach a worker that is being started again.
_RETRY_S = 0.2


@dataclass(frozen=True)
class RayConnector:
    """The way to one worker; equal ones lead to the same.

    Attributes:
        pool: The pool.
        worker_id: The worker.
        node_id: The node that it is on.
        grants: The threads that the client has there, with the epoch of its grant.
    """

    pool: str
    worker_id: str
    node_id: str
    grants: dict[str, int] = field(default_factory=dict[str, int], compare=False)

    def __call__(
        self,
        config: AppServerConfig,
        /,
        *,
        on_output: Callable[[bytes], None],
        on_end: Callable[[], None],
        on_room: Callable[[], None],  # noqa: ARG002 - a worker always takes what is written
    ) -> _RayTransport:
        """Return a transport that is not open yet."""
        return _RayTransport(self, config.start_timeout_s, on_output, on_end)


def lost_error(
    connector: RayConnector, why: str, *, is_node: bool, exit_code: int | None = None
) -> WorkerLostError:
    """Return the error for a worker that is not there any more."""
    threads = tuple(sorted(connector.grants))
    shown = ", ".join(threads[:20]) + (f" and {len(threads) - 20} more" if len(threads) > 20 else "")
    cls = NodeLostError if is_node else WorkerLostError
    what = (
        f"worker {connector.worker_id!r} is gone for good, with the threads on its disk"
        if is_node
        else f"worker {connector.worker_id!r} was lost ({why}); it comes back by itself unless its node "
        f"{connector.node_id[:12]} is gone, and a thread can be resumed then"
    )
    return cls(
        f"{what}; threads of this client there: {shown or 'none'}",
        worker_id=connector.worker_id,
        node_id=connector.node_id,
        thread_ids=threads,
        exit_code=exit_code,
    )


class _RayTransport:
    """One connection to a worker.

    Args:
        connector: Where to.
        start_timeout_s: Seconds for which a worker that is being started again is waited for.
        on_output: Gets what comes.
        on_end: Called once, when it has ended.
    """

    def __init__(
        self,
        connector: RayConnector,
        start_timeout_s: float,
        on_output: Callable[[bytes], None],
        on_end: Callable[[], None],
    ) -> None:
        self._connector = connector
        self._start_timeout_s = start_timeout_s
        self._on_output = on_output
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._caller_id = uuid.uuid4().hex
        self._worker: Actor | None = None
        self._stream: AsyncIterator[Awaitable[Any]] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._numbers = itertools.count()
        self._held: list[bytes] = []
        self._is_holding = False
        self._granted: dict[str, int] = {}
        self._heard_at = 0.0
        self._is_over = False
        self._error: WorkerLostError | None = None

    @property
    def pid(self) -> int | None:
        """None: the server is on another machine."""
        return None

    @property
    def is_full(self) -> bool:
        """False: the worker takes everything, and lets requests wait there."""
        return False

    @property
    def may_return(self) -> bool:
        """False: the worker has ended the turns of a connection that was lost."""
        return False

    @property
    def diagnostics(self) -> str:
        """Empty: the last words are with the worker."""
        return ""

    async def open(self) -> None:
        """Reach the worker, and wait while it is being started again.

        Raises:
            WorkerStartError: It cannot start its app-server, or does not answer in time.
            NodeLostError: It will not come back.
        """
        # The client gives up at the end of the whole time, and would not know why.
        deadline = self._loop.time() + 0.9 * self._start_timeout_s
        while True:
            try:
                first = await self._greet()
                break
            except Exception as exc:
                if not ray().is_lost(exc):
                    raise
                if is_for_good(exc):
                    raise lost_error(self._connector, "", is_node=True) from exc
                if self._loop.time() > deadline:
                    raise self._no_start(f"it does not answer: {_short(exc)}") from exc
            await asyncio.sleep(_RETRY_S)
        if first[0] == "no":
            raise self._no_start(first[1], first[2])
        self._heard_at = self._loop.time()
        self._reader = self._loop.create_task(self._read())
        self._look_after()

    async def _greet(self) -> Any:
        name = worker_name(self._connector.pool, self._connector.worker_id)
        self._worker = await asyncio.to_thread(ray().find, name)
        if self._worker is None:
            raise lost_error(self._connector, "", is_node=True)
        listen = self._worker.listen.options(
            num_returns="streaming", _generator_backpressure_num_objects=_UNREAD_CHUNKS
        )
        self._granted = dict(self._connector.grants)
        self._stream = listen.remote(self._caller_id, self._granted)
        return await (await anext(self._stream))

    def _no_start(self, why: str, stderr_tail: str = "") -> WorkerStartError:
        worker_id, node_id = self._connector.worker_id, self._connector.node_id
        return WorkerStartError(
            f"worker {worker_id!r} on node {node_id[:12]} has no app-server: {why}",
            worker_id=worker_id,
            node_id=node_id,
            stderr_tail=stderr_tail,
        )

    async def _read(self) -> None:
        stream = cast("AsyncIterator[Awaitable[Any]]", self._stream)
        try:
            async for ref in stream:
                piece = await ref
                self._heard_at = self._loop.time()
                if not isinstance(piece, bytes):
                    facts = piece[1]
                    self._error = lost_error(
                        self._connector, facts["why"], is_node=False, exit_code=facts["exit_code"]
                    )
                    break
                if piece:
                    self._on_output(piece)
        except Exception as exc:
            self._broken(exc)
        self._over()

    def _broken(self, exc: Exception) -> None:
        if not ray().is_lost(exc):
            _log.error("the stream of worker %s broke", self._connector.worker_id, exc_info=exc)
        if self._error is None:
            self._error = lost_error(self._connector, _short(exc), is_node=is_for_good(exc))

    def _over(self) -> None:
        if not self._is_over:
            self._is_over = True
            if self._timer is not None:
                self._timer.cancel()
            self._on_end()

    def _look_after(self) -> None:
        """Tell the worker that this client is there, and look whether the worker is."""
        if self._loop.time() - self._heard_at > _SILENCE_S:
            self._broken(TimeoutError(f"nothing was heard of it for {_SILENCE_S:g} s"))
            self._over()
            return
        self._call("alive")
        self._timer = self._loop.call_later(_SIGN_OF_LIFE_S, self._look_after)

    def write(self, data: bytes) -> None:
        """Send a line, or keep it until `release`."""
        self._held.append(data)
        if not self._is_holding:
            self.release()

    def hold(self) -> None:
        """Keep what is written from now on: each message to another process costs a lot."""
        self._is_holding = True

    def release(self) -> None:
        """Send what was kept."""
        self._is_holding = False
        held, self._held = self._held, []
        if not held or self._is_over:
            return
        grants = {
            thread: epoch
            for thread, epoch in list(self._connector.grants.items())
            if self._granted.get(thread) != epoch
        }
        self._granted.update(grants)
        self._call("send", next(self._numbers), b"".join(held), grants)

    def _call(self, name: str, *args: object) -> None:
        if self._worker is None:
            return
        task = self._loop.create_task(
            self._called(getattr(self._worker, name).remote(self._caller_id, *args))
        )
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _called(self, ref: Awaitable[Any]) -> None:
        try:
            await ref
        except Exception as exc:
            # What was in it is lost, and what follows would wait for it.
            self._broken(exc)
            self._over()

    async def stop(self, grace_s: float) -> None:
        """Leave the worker, which ends the turns of this client."""
        was_over, self._is_over = self._is_over, True
        if self._timer is not None:
            self._timer.cancel()
        tasks = [*self._sending, *([self._reader] if self._reader is not None else [])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        self._stream = None
        if self._worker is not None and not was_over and ray().is_connected:
            try:
                await asyncio.wait_for(_awaited(self._worker.leave.remote(self._caller_id)), grace_s)
            except Exception as exc:
                # It notices by itself that nobody is there.
                _log.info("worker %s was not told of a leave: %s", self._connector.worker_id, _short(exc))

    def end_error(self, unfinished_bytes: int) -> TransportClosedError:  # noqa: ARG002 - lines cross whole
        """Return why it ended."""
        return self._error or lost_error(self._connector, "its stream ended", is_node=False)


async def _awaited(ref: Awaitable[Any]) -> Any:
    return await ref


def _short(exc: BaseException) -> str:
    """Return an error of Ray without the log lines that it may carry."""
    lines = str(exc).strip().splitlines()
    return f"{type(exc).__name__}: {lines[0] if lines else ''}"
