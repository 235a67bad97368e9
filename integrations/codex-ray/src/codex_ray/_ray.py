"""The only module that touches Ray: the few calls that are needed, with types, imported when they are used."""

from __future__ import annotations

import importlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from codex_ray.errors import ClusterNotFoundError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

__all__ = ["NAMESPACE", "Actor", "Node", "Ray", "is_for_good", "ray"]

NAMESPACE = "codex_ray"
"""The namespace of Ray in which the actors of all pools have their names."""

# A head that cannot be reached is to be told of at once; Ray itself tries for most of a minute.
_PROBE_S = 5.0
# Between attempts to reach an actor that is being started again.
_RETRY_S = 0.2
# Ray gives this resource to the head alone.
_HEAD = "node:__internal_head__"


class Method(Protocol):
    """A method of an actor."""

    def remote(self, *args: object) -> Awaitable[Any]:
        """Call it; what is returned can be awaited on asyncio, or given to `Ray.get`."""
        ...

    def options(self, **options: object) -> Stream:
        """Return the method with options of Ray."""
        ...


class Stream(Protocol):
    """A method of an actor that yields."""

    def remote(self, *args: object) -> AsyncIterator[Awaitable[Any]]:
        """Call it; each value is awaited by itself."""
        ...


class Actor(Protocol):
    """A handle of an actor."""

    def __getattr__(self, name: str) -> Method:
        """Return a method of it."""
        ...


@dataclass(frozen=True)
class Node:
    """A machine of the cluster.

    Attributes:
        node_id: Its id.
        host: Its address.
        resources: What it offers.
    """

    node_id: str
    host: str
    resources: Mapping[str, float]


class Ray:
    """The calls of Ray that this package uses.

    Raises:
        ImportError: Ray is not installed.
    """

    def __init__(self) -> None:
        self._ray: Any = importlib.import_module("ray")
        self.errors: Any = importlib.import_module("ray.exceptions")

    def connect(self, address: str | None) -> None:
        """Connect this process to a cluster, unless it is connected.

        Raises:
            ClusterNotFoundError: There is none at the address.
        """
        if self._ray.is_initialized():
            return
        address = address or os.environ.get("RAY_ADDRESS")
        if address is not None:
            _probe(address)
        try:
            self._ray.init(address=address or "auto", namespace=NAMESPACE, log_to_driver=False)
        except (ConnectionError, OSError, RuntimeError, ValueError) as exc:
            where = "on this machine" if address is None else f"at {address!r}"
            raise ClusterNotFoundError(
                f"no Ray cluster was found {where}: start one with `ray start --head`, name one with address= or "
                f"RAY_ADDRESS, or call ray.init() yourself first ({exc})"
            ) from exc

    @property
    def is_connected(self) -> bool:
        """Whether this process is connected to a cluster."""
        return bool(self._ray.is_initialized())

    def nodes(self) -> list[Node]:
        """Return the nodes that are alive."""
        return [
            Node(node["NodeID"], node["NodeManagerAddress"], node["Resources"])
            for node in self._ray.nodes()
            if node["Alive"]
        ]

    def of_head(self) -> dict[str, float]:
        """Return the resource that keeps an actor on the head, which is there as long as the cluster is."""
        # A soft affinity for the node would let it go elsewhere even so.
        return {_HEAD: 0.001} if any(_HEAD in node.resources for node in self.nodes()) else {}

    def get(self, value: object, timeout_s: float | None = None) -> Any:
        """Block until a value is there."""
        return self._ray.get(value, timeout=timeout_s)

    def ask(self, actor: Actor, name: str, *args: object, timeout_s: float) -> Any:
        """Call a method that may be called again, and wait while the actor is being started again.

        Args:
            actor: The actor.
            name: The method.
            *args: Its arguments.
            timeout_s: Seconds for an answer, and seconds to wait for the actor.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                return self.get(getattr(actor, name).remote(*args), timeout_s)
            except self.errors.ActorUnavailableError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_RETRY_S)

    def find(self, name: str) -> Actor | None:
        """Return the actor of a name."""
        try:
            return self._ray.get_actor(name, namespace=NAMESPACE)
        except ValueError:
            return None

    def names(self) -> list[str]:
        """Return the names of all actors of this package."""
        util = importlib.import_module("ray.util")
        found = cast("list[dict[str, str]]", util.list_named_actors(all_namespaces=True))
        return [actor["name"] for actor in found if actor["namespace"] == NAMESPACE]

    def start(
        self,
        cls: type,
        *args: object,
        name: str,
        node_id: str | None,
        resources: Mapping[str, float],
        concurrency: int,
    ) -> Actor:
        """Start a detached actor, which is restarted when its process ends; no call of it is ever repeated.

        Args:
            cls: Its class.
            *args: Arguments of the class.
            name: Its name.
            node_id: The node that it has to stay on; None for any.
            resources: What it takes of the node.
            concurrency: Calls that run in it at once.
        """
        strategies = importlib.import_module("ray.util.scheduling_strategies")
        strategy = (
            "DEFAULT" if node_id is None else strategies.NodeAffinitySchedulingStrategy(node_id, soft=False)
        )
        make: Callable[..., Any] = self._ray.remote(cls).options
        return make(
            name=name,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            num_cpus=0,
            resources=dict(resources),
            max_restarts=-1,
            max_task_retries=0,
            max_concurrency=concurrency,
            scheduling_strategy=strategy,
        ).remote(*args)

    def kill(self, actor: Actor) -> None:
        """End an actor for good."""
        self._ray.kill(actor, no_restart=True)

    def is_lost(self, exc: BaseException) -> bool:
        """Whether an error says that an actor does not answer, now or ever."""
        return isinstance(exc, (self.errors.RayActorError, self.errors.GetTimeoutError)) or is_for_good(exc)


def is_for_good(exc: BaseException) -> bool:
    """Whether an error says that an actor will not come back."""
    return type(exc).__name__ in {"ActorDiedError", "ActorUnschedulableError"}


def ray() -> Ray:
    """Return Ray, imported at the first call.

    Raises:
        ClusterNotFoundError: It is not installed.
    """
    global _loaded  # noqa: PLW0603 - importing it takes a second or two, and many who import this never use it
    if _loaded is None:
        try:
            _loaded = Ray()
        except ImportError as exc:
            raise ClusterNotFoundError("codex_ray needs Ray: pip install 'ray>=2.60'") from exc
    return _loaded


_loaded: Ray | None = None


def _probe(address: str) -> None:
    """Look whether anybody listens at an address."""
    import socket  # noqa: PLC0415 - only where an address was given

    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=_PROBE_S).close()
    except OSError as exc:
        raise ClusterNotFoundError(
            f"no Ray cluster answers at {address!r} ({exc}): start one with `ray start --head`, and name its address "
            "as `ray start` shows it"
        ) from exc
