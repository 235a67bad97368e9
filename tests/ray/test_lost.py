"""A worker, its app-server or its node is lost while turns run: who is told what, and that no turn runs twice."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from codex_app_server import AppServerConfig, TextDelta, TurnFinished
from codex_app_server.testing import Gate, hold, text
from codex_ray import NodeLostError, NoWorkerError, RayCodex, WorkerLostError

from .conftest import PATIENCE_S, eventually, is_gone, kill, runs, status_of

if TYPE_CHECKING:
    from codex_app_server import EventStream, Thread, Turn
    from codex_ray import RayPool

    from .conftest import Machines


def two_threads_on_two_workers(codex: RayCodex) -> tuple[Thread, Thread]:
    """Start threads until two of them are on different workers."""
    first = codex.thread_start()
    first.run("Say nothing special.")
    while True:
        second = codex.thread_start()
        if codex.worker_of(second.id) != codex.worker_of(first.id):
            return first, second


def begin(machines: Machines, thread: Thread, word: str) -> tuple[Turn, Gate]:
    """Start a turn that stops in the middle of its text."""
    gate = Gate(word)
    machines.script.when(word, text(deltas=["Half ", "of it", hold(gate), " and the rest."]))
    turn = thread.turn(f"{word}, please.")
    gate.wait_reached(PATIENCE_S)
    return turn, gate


def read_until_half(turn: Turn) -> EventStream:
    """Return the stream of a turn, read as far as the model goes."""
    seen, events = "", turn.events()
    while seen != "Half of it":
        event = next(events)
        seen += event.text if isinstance(event, TextDelta) else ""
    return events


@pytest.mark.parametrize("what", ["worker", "server"])
def test_a_killed_process_is_told_with_what_had_arrived_and_no_turn_runs_twice(
    machines: Machines, pool: RayPool, what: str
) -> None:
    with RayCodex() as codex, ExitStack() as stack:
        lost, other = two_threads_on_two_workers(codex)
        worker_id = codex.worker_of(lost.id)
        turn, gate = begin(machines, lost, f"kill-{what}-1")
        unbroken, other_gate = begin(machines, other, f"kill-{what}-2")
        stack.callback(gate.open)
        stack.callback(other_gate.open)
        # What has arrived at this program is what the error can carry.
        events = read_until_half(turn)
        before = status_of(pool, worker_id)
        killed = kill(before.pid if what == "worker" else before.server_pid)
        with pytest.raises(WorkerLostError) as caught:
            list(events)
        error = caught.value
        assert (error.thread_id, error.turn_id, error.worker_id) == (lost.id, turn.id, worker_id)
        assert (error.exit_code, lost.id in error.thread_ids) == (-9 if what == "server" else None, True)
        assert error.result is not None
        assert error.result.text == "Half of it"
        # The other stream does not notice.
        other_gate.open()
        assert unbroken.run().text == "Half of it and the rest."
        # The worker comes back, and the thread goes on with its last turn interrupted.
        resumed = codex.thread_resume(lost.id)
        assert codex.worker_of(lost.id) == worker_id
        turns = resumed.read(include_turns=True).thread.turns
        assert [str(one.status) for one in turns][-1].endswith("interrupted")
        assert resumed.run("Say nothing special.").text == "Nothing special, in several words."
        after = status_of(pool, worker_id)
    assert (after.pid == before.pid, after.server_pid == before.server_pid) == (what == "server", False)
    eventually(lambda: is_gone(killed))
    assert machines.turns_run_twice() == {}
    assert len(machines.requests(f"kill-{what}-1")) == 1


def test_a_thread_object_goes_on_after_its_worker_came_back(machines: Machines, pool: RayPool) -> None:
    with RayCodex() as codex:
        thread = codex.thread_start()
        thread.run("Say nothing special.")
        killed = kill(status_of(pool, codex.worker_of(thread.id)).server_pid)
        eventually(lambda: is_gone(killed))
        eventually(lambda: status_of(pool, codex.worker_of(thread.id)).server_pid is None)
        assert thread.run("Say nothing special.").status == "completed"
    assert machines.turns_run_twice() == {}


def test_what_a_killed_worker_ran_is_not_left_behind(machines: Machines, pool: RayPool) -> None:
    import psutil
    from codex_app_server.testing import call

    machines.script.when("kill-with-command", [call("exec_command", cmd="sleep 731"), "done"])
    with RayCodex() as codex:
        thread = codex.thread_start()
        turn = thread.turn("kill-with-command")
        status = status_of(pool, codex.worker_of(thread.id))
        server = psutil.Process(status.server_pid)
        eventually(lambda: runs("sleep 731", server))
        below = [server, *server.children(recursive=True)]
        kill(status.pid)
        with pytest.raises(WorkerLostError):
            turn.run()
    eventually(lambda: all(is_gone(process) for process in below))


def test_a_removed_node_says_which_threads_are_gone(machines: Machines, pool: RayPool) -> None:
    node = machines.add_node(leaving=1)
    leaving = machines.pool("leaving", 1, resource="leaving")
    other_codex = RayCodex()
    # How long a worker that may come back is waited for.
    config = AppServerConfig(start_timeout_s=PATIENCE_S)
    with other_codex, RayCodex("leaving", config=config) as codex, ExitStack() as stack:
        quiet = codex.thread_start()
        quiet.run("Say nothing special.")
        thread = codex.thread_start()
        turn, gate = begin(machines, thread, "node-1")
        unbroken, other_gate = begin(machines, other_codex.thread_start(), "node-2")
        stack.callback(gate.open)
        stack.callback(other_gate.open)
        events = read_until_half(turn)
        (status,) = leaving.workers()
        removing = threading.Thread(target=machines.cluster.remove_node, args=(node, False))
        removing.start()
        with pytest.raises(WorkerLostError) as caught:
            list(events)
        removing.join()
        assert (caught.value.thread_id, caught.value.turn_id) == (thread.id, turn.id)
        assert (caught.value.node_id, set(caught.value.thread_ids)) == (
            status.node_id,
            {thread.id, quiet.id},
        )
        assert caught.value.result is not None
        assert caught.value.result.text == "Half of it"
        other_gate.open()
        assert unbroken.run().text == "Half of it and the rest."
        with pytest.raises(NodeLostError) as gone:
            codex.thread_resume(quiet.id)
        assert set(gone.value.thread_ids) == {thread.id, quiet.id}
        eventually(lambda: leaving.workers()[0].state == "lost")
        with pytest.raises(NodeLostError, match=thread.id):
            codex.thread_resume(quiet.id)
        with pytest.raises(NoWorkerError, match="is lost"):
            codex.thread_start()
    machines.pools.pop("leaving").shutdown()
    assert len(machines.requests("node-1")) == 1
    assert machines.turns_run_twice() == {}


def test_a_worker_is_drained_and_restarted(machines: Machines, pool: RayPool) -> None:
    from codex_app_server import ServerBusyError

    with RayCodex() as codex, ExitStack() as stack:
        thread = codex.thread_start()
        thread.run("Say nothing special.")
        worker_id = codex.worker_of(thread.id)
        turn, gate = begin(machines, thread, "drain-1")
        stack.callback(gate.open)
        assert pool.drain(worker_id, timeout_s=0.05) is False
        assert codex.worker_of(codex.thread_start().id) != worker_id
        second = codex.thread_fork(thread.id)
        with pytest.raises(ServerBusyError, match="is being drained"):
            second.run("Say nothing special.")
        gate.open()
        events = list(turn.events())
        assert isinstance(events[-1], TurnFinished)
        assert pool.drain(worker_id, timeout_s=PATIENCE_S) is True
        before = status_of(pool, worker_id)
        pool.restart(worker_id)
        after = status_of(pool, worker_id)
        assert (after.pid, after.is_draining, after.start_count) == (
            before.pid,
            False,
            before.start_count + 1,
        )
        assert codex.thread_resume(thread.id).run("Say nothing special.").status == "completed"


def test_a_registry_that_was_killed_asks_the_workers_where_threads_are(
    machines: Machines, pool: RayPool
) -> None:
    import psutil

    with RayCodex() as codex:
        thread = codex.thread_start()
        thread.run("Say nothing special.")
        worker_id = codex.worker_of(thread.id)
        registries = [
            process
            for process in psutil.Process().children(recursive=True)
            if process.name().startswith("ray::Registry")
        ]
        assert registries
        killed = [kill(process.pid) for process in registries]
        eventually(lambda: all(is_gone(process) for process in killed))
        assert codex.worker_of(thread.id) == worker_id
        assert codex.thread_resume(thread.id).run("Say nothing special.").status == "completed"
        assert {status.state for status in pool.workers()} == {"up"}
