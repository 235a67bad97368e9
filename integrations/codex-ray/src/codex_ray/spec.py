"""WorkerSpec: how the workers of a pool launch their app-servers and how much each takes on."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from codex_app_server import AppServerConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WorkerSpec"]


@dataclass(frozen=True)
class WorkerSpec:
    """What the workers of a pool have in common. It is sent to their nodes, so there are no secrets in it.

    Credentials come from the node: from the variables of the environment that `ray start` was called in, or from the
    files of `home_template`, such as an `auth.json`.

    Attributes:
        resource: The custom resource of Ray that marks the nodes for workers; each worker takes one of it.
        home_root: Folder on the local disk of each node for the homes of its workers, never one that is shared over
            the network: the app-server keeps SQLite databases there.
        home_template: Folder on each node; its files that a home does not have yet, such as `config.toml` and
            `auth.json`, are copied to it when the worker starts.
        cwd: Working directory on each node; None is a folder of each worker.
        codex_bin: The binary on each node, as in `AppServerConfig`.
        launch_args_override: The whole command line, as in `AppServerConfig`.
        config_overrides: As in `AppServerConfig`. They are visible in the process list: no secrets here.
        inherit_env: Names of the variables of the node that the app-server and its commands get; None gives all but
            those of Ray, whose token would let the agent into the cluster.
        turn_limit: Turns that run at once on one worker.
        queue_timeout_s: Seconds for which a further turn waits for a place, before `ServerBusyError`; less than the
            `request_timeout_s` of the client.
        start_timeout_s: Seconds until an app-server must have started.
        caller_timeout_s: Seconds without a sign of a client after which its turns are interrupted.
        max_unread_bytes: How much may wait for one client before its connection is ended.

    Raises:
        ValueError: A limit is not positive.
    """

    resource: str = "codex"
    home_root: str = "~/.codex-ray"
    home_template: str | None = None
    cwd: str | None = None
    codex_bin: str | None = None
    launch_args_override: tuple[str, ...] | None = None
    config_overrides: Mapping[str, object] = field(default_factory=dict[str, object])
    inherit_env: tuple[str, ...] | None = None
    turn_limit: int = 8
    queue_timeout_s: float = 30.0
    start_timeout_s: float = 30.0
    caller_timeout_s: float = 15.0
    max_unread_bytes: int = 64 * 1024 * 1024

    def __post_init__(self) -> None:
        for name in (
            "turn_limit",
            "queue_timeout_s",
            "start_timeout_s",
            "caller_timeout_s",
            "max_unread_bytes",
        ):
            if not cast("float", getattr(self, name)) > 0:
                raise ValueError(f"WorkerSpec.{name} must be positive, not {getattr(self, name)!r}")

    def folder_of(self, pool: str, worker_id: str) -> Path:
        """Return the folder of a worker on this node."""
        return Path(self.home_root).expanduser() / pool / worker_id

    def config_for(self, folder: Path) -> AppServerConfig:
        """Return how to launch the app-server of a worker on this node.

        Args:
            folder: The folder of the worker; it has `home` and `workspace`.
        """
        names = self.inherit_env
        if names is None:
            names = tuple(name for name in os.environ if not name.startswith("RAY_"))
        return AppServerConfig(
            codex_bin=self.codex_bin,
            launch_args_override=self.launch_args_override,
            config_overrides=self.config_overrides,
            cwd=self.cwd or str(folder / "workspace"),
            env={"CODEX_HOME": str(folder / "home")},
            inherit_env=names,
            start_timeout_s=self.start_timeout_s,
        )
