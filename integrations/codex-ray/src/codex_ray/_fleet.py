"""Fleet: the clients of the core that a client of many machines has, one for each worker that it uses. Blocking."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codex_app_server import (
    AppServerConfig,
    AsyncCodex,
    ClientClosedError,
    Codex,
    ThreadNotFoundError,
)

from codex_ray._ray import ray
from codex_ray._registry import registry_name
from codex_ray._transport import RayConnector, lost_error
from codex_ray.errors import NoWorkerError, PoolNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex_app_server import ApprovalHandler, ElicitationHandler, RequestHandler, UserInputHandler

    from codex_ray._ray import Actor

__all__ = ["Fleet", "Handlers"]

# The registry answers within milliseconds, or has to ask workers that may be away.
_REGISTRY_S = 30.0


class Handlers:
    """Who decides where neither turn nor thread has a handler."""

    def __init__(
        self,
        approval_handler: ApprovalHandler | None,
        user_input_handler: UserInputHandler | None,
        elicitation_handler: ElicitationHandler | None,
        request_handler: RequestHandler | None,
    ) -> None:
        self.approval_handler = approval_handler
        self.user_input_handler = user_input_handler
        self.elicitation_handler = elicitation_handler
        self.request_handler = request_handler


class _Berth:
    """The client for one worker."""

    def __init__(self, connector: RayConnector) -> None:
        self.connector = connector
        self.lock = threading.Lock()
        self.client: Codex | AsyncCodex | None = None


class Fleet:
    """What the faces of one client of many machines share. It connects when it is used.

    Args:
        pool: The name of the pool.
        address: The address of the cluster; None for that of this machine or of `RAY_ADDRESS`.
        config: Limits of the clients.
        handlers: Who decides.
        is_blocking: Whether blocking code has made it, and closes it.
    """

    def __init__(
        self,
        pool: str,
        address: str | None,
        config: AppServerConfig | None,
        handlers: Handlers,
        *,
        is_blocking: bool,
    ) -> None:
        self.pool = pool
        self._address = address
        self._config = _client_config(config)
        self._handlers = handlers
        self._is_blocking = is_blocking
        self._lock = threading.Lock()
        self._berths: dict[str, _Berth] = {}
        self._registry: Actor | None = None
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._is_closed

    # --- where threads are ---

    def place(self, cwd: object, but: list[str]) -> RayConnector:
        """Return the worker for a new thread.

        Args:
            cwd: Its working directory: threads with the same one share a worker, whose files they see.
            but: Workers that were tried already.

        Raises:
            NoWorkerError: No worker takes threads now.
        """
        key = uuid.uuid4().hex if cwd is None else str(cwd)
        found = self._ask("place", key, but)
        if found is None:
            raise NoWorkerError(self._why_none(but))
        return self._connector(found)

    def _why_none(self, but: list[str]) -> str:
        facts: list[dict[str, Any]] = self._ask("workers")
        shown = ", ".join(
            f"{one['worker_id']} {'is being drained' if one['is_draining'] else 'is ' + one['state']}"
            for one in facts
        )
        tried = f"; tried in vain: {', '.join(but)}" if but else ""
        return (
            f"no worker of pool {self.pool!r} takes threads now ({shown or 'it has none'}{tried}): add nodes with the "
            "resource and call RayPool.deploy again"
        )

    def locate(self, thread_id: str) -> RayConnector:
        """Return the worker that has a thread, and get a grant of it.

        Raises:
            ThreadNotFoundError: No worker has it.
            NodeLostError: It was on a machine that is gone.
        """
        found = self._ask("locate", thread_id)
        if found is None:
            raise ThreadNotFoundError(
                f"no rollout found for thread id {thread_id} on any worker of pool {self.pool!r}", code=-32600
            )
        connector = self._connector(found)
        if found["state"] == "lost":
            error = lost_error(connector, "", is_node=True)
            error.thread_id = thread_id
            error.thread_ids = tuple(found["thread_ids"])
            raise error
        connector.grants[thread_id] = found["epoch"]
        return connector

    def bind(self, thread_id: str, connector: RayConnector) -> None:
        """Note where a new thread is."""
        connector.grants[thread_id] = self._ask("bind", thread_id, connector.worker_id)

    def forget(self, thread_id: str, connector: RayConnector) -> None:
        """Forget a thread that was deleted."""
        connector.grants.pop(thread_id, None)
        self._ask("forget", thread_id)

    def look_at(self, connector: RayConnector) -> None:
        """Have it looked at once whether a worker is there."""
        self._ask("look_at", connector.worker_id)

    def worker_ids(self) -> list[str]:
        """Return the workers that are not lost."""
        return [one["worker_id"] for one in self._ask("workers") if one["state"] != "lost"]

    def worker(self, worker_id: str) -> RayConnector:
        """Return the way to one worker.

        Raises:
            NoWorkerError: There is no such worker.
        """
        for one in self._ask("workers"):
            if one["worker_id"] == worker_id:
                return self._connector(one)
        raise NoWorkerError(f"pool {self.pool!r} has no worker {worker_id!r}: see worker_ids()")

    def _connector(self, facts: Mapping[str, Any]) -> RayConnector:
        with self._lock:
            berth = self._berths.get(facts["worker_id"])
            if berth is None:
                connector = RayConnector(self.pool, facts["worker_id"], facts["node_id"])
                berth = self._berths[connector.worker_id] = _Berth(connector)
            return berth.connector

    def _ask(self, name: str, *args: object) -> Any:
        if self._is_closed:
            raise ClientClosedError("this client was closed")
        cluster = ray()
        if self._registry is None:
            cluster.connect(self._address)
            self._registry = cluster.find(registry_name(self.pool))
        if self._registry is None:
            raise PoolNotFoundError(
                f"the cluster has no pool {self.pool!r}: start one with RayPool.deploy(name={self.pool!r})",
                pool=self.pool,
            )
        try:
            return cluster.ask(self._registry, name, *args, timeout_s=_REGISTRY_S)
        except Exception as exc:
            self._registry = None
            if not cluster.is_lost(exc):
                raise
            raise PoolNotFoundError(
                f"the registry of pool {self.pool!r} does not answer: {type(exc).__name__}", pool=self.pool
            ) from exc

    # --- clients ---

    def blocking(self, connector: RayConnector) -> Codex:
        """Return the blocking client for a worker; it is connected."""
        client = self._client(connector)
        return client.as_sync() if isinstance(client, AsyncCodex) else client

    def awaiting(self, connector: RayConnector) -> AsyncCodex:
        """Return the awaiting client for a worker."""
        client = self._client(connector)
        return client.as_async() if isinstance(client, Codex) else client

    def _client(self, connector: RayConnector) -> Codex | AsyncCodex:
        berth = self._berths[connector.worker_id]
        with berth.lock:
            if self._is_closed:
                raise ClientClosedError("this client was closed")
            if berth.client is None:
                config = replace(self._config, connector=connector)
                handlers = vars(self._handlers)
                berth.client = (
                    Codex(config, **handlers) if self._is_blocking else AsyncCodex(config, **handlers)
                )
            return berth.client

    def take_clients(self) -> list[Codex | AsyncCodex]:
        """Let no further client be made; return those to close."""
        self._is_closed = True
        taken: list[Codex | AsyncCodex] = []
        for berth in list(self._berths.values()):
            with berth.lock:
                if berth.client is not None:
                    taken.append(berth.client)
                    berth.client = None
        return taken


def _client_config(config: AppServerConfig | None) -> AppServerConfig:
    """Return what the clients of the workers are made with.

    Raises:
        ValueError: The configuration is about launching a server, which is up to the workers.
    """
    config = config or AppServerConfig()
    default = AppServerConfig()
    launching = (
        "codex_bin", "launch_args_override", "config_overrides", "cwd", "env", "inherit_env", "url", "connector",
    )  # fmt: skip
    given = [name for name in launching if getattr(config, name) != getattr(default, name)]
    if given:
        raise ValueError(
            f"AppServerConfig.{', '.join(given)} cannot be given to a client of many machines: how an app-server is "
            "launched is said by the WorkerSpec of the pool"
        )
    # What a worker refuses has waited for a place already. A worker that comes back is connected to when it is used.
    return replace(config, max_overload_retries=0, restart_on_use=True)
