"""What cannot work says so at once, and says what to do."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from codex_app_server import AppServerConfig, LocalProtocolError, ThreadNotFoundError
from codex_ray import (
    AsyncRayCodex,
    NoWorkerError,
    PoolNotFoundError,
    RayCodex,
    RayPool,
    WorkerLostError,
    WorkerSpec,
    WorkerStartError,
)

if TYPE_CHECKING:
    from .conftest import Machines

WITHOUT_A_CLUSTER = """
from codex_ray import ClusterNotFoundError, RayCodex, RayPool
for address in (None, "127.0.0.1:1"):
    for use in (lambda: RayCodex(address=address).thread_start(), lambda: RayPool.deploy(1, address=address)):
        try:
            use()
        except ClusterNotFoundError as exc:
            print(str(exc).split(" (")[0])
"""


def test_without_a_cluster_it_says_how_to_start_one() -> None:
    # Ray would find the cluster of these tests by its processes, if it were to look for one.
    env = {**os.environ, "RAY_ADDRESS": "127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_CLUSTER], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["no Ray cluster answers at '127.0.0.1:1'"] * 4


def test_a_pool_that_is_not_there_is_named(machines: Machines) -> None:
    for use in (
        RayPool.connect,
        lambda name: RayCodex(name).thread_start(),
        lambda name: RayCodex(name).__enter__(),
    ):
        with pytest.raises(
            PoolNotFoundError, match=r"no pool 'nowhere': start one with RayPool.deploy"
        ) as caught:
            use("nowhere")
        assert caught.value.pool == "nowhere"


def test_without_a_node_for_workers_it_says_which_resource_is_missing(machines: Machines) -> None:
    with pytest.raises(
        NoWorkerError, match=r"offers the resource 'nobody': start nodes with `ray start"
    ) as caught:
        RayPool.deploy(1, name="nobody", spec=WorkerSpec(resource="nobody"))
    assert caught.value.resource == "nobody"
    with pytest.raises(NoWorkerError, match=r"takes threads now .it has none"):
        RayCodex("nobody").thread_start()
    with pytest.raises(NoWorkerError, match="offers 1 of the resource 'broken', which is not enough for 2"):
        RayPool.deploy(2, name="nobody-too", spec=WorkerSpec(resource="broken"))
    for name in ("nobody", "nobody-too"):
        RayPool.connect(name).shutdown()


def test_a_worker_without_the_binary_says_so_and_leaves_nothing(machines: Machines) -> None:
    spec = WorkerSpec(resource="broken", home_root=str(machines.root), codex_bin="/nowhere/codex")
    with pytest.raises(WorkerStartError, match=r"/nowhere/codex.*does not exist") as caught:
        RayPool.deploy(1, name="broken", spec=spec)
    assert caught.value.worker_id
    assert caught.value.node_id
    assert RayPool.connect("broken").workers() == []
    RayPool.connect("broken").shutdown()
    lacking = WorkerSpec(resource="broken", home_root=str(machines.root), home_template="/nowhere")
    with pytest.raises(WorkerStartError, match="the home of a worker could not be made"):
        RayPool.deploy(1, name="lacking", spec=lacking)
    RayPool.connect("lacking").shutdown()


def test_a_thread_that_nobody_has_is_not_found(machines: Machines) -> None:
    pool = machines.pool("codex", 4)
    with RayCodex(pool.name) as codex:
        with pytest.raises(ThreadNotFoundError, match="on any worker of pool 'codex'"):
            codex.thread_resume("01a2061f-0000-75f1-b638-6938345af561")
        with pytest.raises(LocalProtocolError, match="names no thread"):
            codex.request_raw("account/read", {})
        with pytest.raises(NoWorkerError, match="has no worker 'x'"):
            codex.worker("x")
        assert codex.worker(codex.worker_ids()[0]).request_raw("account/read", {})["account"] is None


def test_options_that_make_no_sense_are_refused_before_anything_is_done() -> None:
    with pytest.raises(ValueError, match=r"AppServerConfig.codex_bin, cwd cannot be given"):
        RayCodex(config=AppServerConfig(codex_bin="codex", cwd="/"))
    with pytest.raises(ValueError, match=r"WorkerSpec.turn_limit must be positive, not 0"):
        WorkerSpec(turn_limit=0)
    assert repr(AsyncRayCodex("mine")) == "<AsyncRayCodex of pool 'mine'>"


def test_errors_survive_pickling_with_their_facts() -> None:
    error = WorkerLostError(
        "gone", worker_id="w", node_id="n", thread_ids=("t",), exit_code=-9, thread_id="t"
    )
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), vars(copied), str(copied)) == (WorkerLostError, vars(error), "gone")
