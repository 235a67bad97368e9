"""Codex threads on a Ray cluster: `RayPool` runs the workers, `RayCodex` and `AsyncRayCodex` use them.

Ray itself is imported at the first use.
"""

from codex_ray._version import __version__
from codex_ray.clients import AsyncRayCodex, RayCodex
from codex_ray.errors import (
    ClusterNotFoundError,
    NodeLostError,
    NoWorkerError,
    PoolNotFoundError,
    WorkerLostError,
    WorkerStartError,
)
from codex_ray.pool import RayPool, WorkerStatus
from codex_ray.spec import WorkerSpec

__all__ = [
    "AsyncRayCodex",
    "ClusterNotFoundError",
    "NoWorkerError",
    "NodeLostError",
    "PoolNotFoundError",
    "RayCodex",
    "RayPool",
    "WorkerLostError",
    "WorkerSpec",
    "WorkerStartError",
    "WorkerStatus",
    "__version__",
]
