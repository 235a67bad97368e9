"""For the tests on a Ray cluster: a head and two nodes in this machine, a scripted model, and pools of workers.

They need Ray, which weighs more than everything else together and so is not in the environment of the other checks:
`python3 dev.py ray` runs them in one of their own.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import secrets
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from codex_app_server.testing import Script, ScriptedModel, scripted_codex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codex_app_server.testing import ModelRequest, ScriptedCodex
    from codex_ray import RayPool, WorkerStatus

HAS_RAY = importlib.util.find_spec("ray") is not None
collect_ignore_glob = [] if HAS_RAY else ["test_*.py"]

# What a test waits for comes within some seconds; a busy machine gets much more.
PATIENCE_S = 60.0
_MEMORY_BYTES = 80 * 1024 * 1024
# A node that does not answer is to be told of while a test waits: Ray's own 15 s would do as well.
_HEALTH = {
    "health_check_initial_delay_ms": 3000,
    "health_check_period_ms": 1000,
    "health_check_failure_threshold": 5,
}


def pytest_configure(config: pytest.Config) -> None:
    # What Ray leaves open in this process, and what it says of its own future.
    for ignored in ("ignore::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning:ray.*"):
        config.addinivalue_line("filterwarnings", ignored)


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> None:
    """Ray keeps processes and OS threads over all tests: that nothing of ours is left is looked at by single tests."""
    return


@dataclass
class Machines:
    """A cluster with a scripted model.

    Attributes:
        cluster: The cluster of Ray.
        script: What the model says; tests add rules for words of their own.
        setup: The home and the model.
        root: Where the homes of workers are.
    """

    cluster: Any
    script: Script
    setup: ScriptedCodex
    root: Path
    pools: dict[str, RayPool] = field(default_factory=dict)

    def pool(self, name: str, workers: int, **spec: Any) -> RayPool:
        """Return a pool, which is deployed once."""
        from codex_ray import RayPool, WorkerSpec

        if name not in self.pools:
            options: dict[str, Any] = {
                "home_root": str(self.root),
                "home_template": str(self.setup.home),
                **spec,
            }
            self.pools[name] = RayPool.deploy(workers, name=name, spec=WorkerSpec(**options))
        return self.pools[name]

    def add_node(self, **resources: float) -> Any:
        """Start another node."""
        return self.cluster.add_node(num_cpus=1, object_store_memory=_MEMORY_BYTES, resources=resources)

    def requests(self, word: str) -> list[ModelRequest]:
        """Return what the model was asked with a word in the user's text."""
        return [request for request in self.setup.model.requests if word in request.last_user_text]

    def turns_run_twice(self) -> dict[object, int]:
        """Return what the model was asked for more than once; input that steered a turn is another question."""
        seen = Counter(
            (request.turn_id, len(request.user_texts))
            for request in self.setup.model.requests
            if request.step == 0
        )
        return {key: count for key, count in seen.items() if count > 1}


@pytest.fixture(scope="session")
def machines() -> Iterator[Machines]:
    """A head and two nodes."""
    script = Script()
    script.when("Say nothing special", "Nothing special, in several words.")
    with (
        pytest.MonkeyPatch.context() as patch,
        scripted_codex(ScriptedModel(script)) as setup,
        tempfile.TemporaryDirectory(prefix="ray-homes-") as root,
    ):
        for name, value in setup.env.items():
            # Each worker has a home of its own.
            if name != "CODEX_HOME":
                patch.setenv(name, value)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # As a cluster should be run: who has no token is not let in.
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        # It looks at the environment when it is imported.
        ray: Any = importlib.import_module("ray")
        cluster_utils: Any = importlib.import_module("ray.cluster_utils")
        head = {
            "num_cpus": 1, "object_store_memory": _MEMORY_BYTES, "include_dashboard": False,
            "_system_config": _HEALTH,
        }  # fmt: skip
        cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=head)
        machines = Machines(cluster, script, setup, Path(root))
        try:
            machines.add_node(codex=2, small=2, broken=1)
            machines.add_node(codex=2, small=2)
            ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
            yield machines
            for pool in machines.pools.values():
                pool.shutdown()
        finally:
            ray.shutdown()
            cluster.shutdown()


@pytest.fixture
def pool(machines: Machines) -> RayPool:
    """Four workers on two nodes; a worker that a test ended is there again."""
    return machines.pool("codex", 4)


def servers(pool: RayPool) -> list[psutil.Process]:
    """Return the app-servers of a pool."""
    return [psutil.Process(status.server_pid) for status in pool.workers() if status.server_pid]


def runs(word: str, *servers: psutil.Process) -> bool:
    """Whether a command with a word in it runs below one of the processes."""
    for process in [child for server in servers for child in server.children(recursive=True)]:
        # It may end while it is looked at.
        with suppress(psutil.NoSuchProcess):
            if word in " ".join(process.cmdline()):
                return True
    return False


def status_of(pool: RayPool, worker_id: str) -> WorkerStatus:
    (found,) = [status for status in pool.workers() if status.worker_id == worker_id]
    return found


def eventually(look: Callable[[], bool]) -> None:
    """Wait until something is so."""
    import threading
    import time

    pause, deadline = threading.Event(), time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < deadline, "it never came to that"
        pause.wait(0.05)


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def kill(pid: int | None) -> psutil.Process:
    """Kill a process that the test has started; return it."""
    assert pid is not None
    process = psutil.Process(pid)
    os.kill(pid, 9)
    return process
