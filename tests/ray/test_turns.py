"""Turns on four workers of two nodes are those of one machine, and each thread stays where it is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import anyio
import pytest
from codex_app_server import AsyncCodex, TextDelta
from codex_ray import AsyncRayCodex, RayCodex

if TYPE_CHECKING:
    from codex_app_server import AsyncThread, Event
    from codex_ray import RayPool

    from .conftest import Machines

PROMPT = "Say nothing special."


def shape(events: list[Event]) -> list[str]:
    """Return the sequence of events, without what comes when it likes, and with the deltas of a text as one."""
    left_out = {"WarningRaised", "OtherEvent"}
    names = [type(event).__name__ for event in events if type(event).__name__ not in left_out]
    return [name for i, name in enumerate(names) if name != "TextDelta" or names[i - 1] != "TextDelta"]


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def events_of(thread: AsyncThread) -> list[Event]:
    turn = await thread.turn(PROMPT)
    return [event async for event in turn.events()]


@pytest.mark.anyio
async def test_200_turns_on_4_workers_have_the_event_sequence_of_the_local_run(
    machines: Machines, pool: RayPool
) -> None:
    async with AsyncCodex(machines.setup.config) as local:
        expected = await events_of(await local.thread_start())
    before = len(machines.requests(PROMPT))
    wrong: list[tuple[list[str], str]] = []

    async def five_turns(codex: AsyncRayCodex) -> None:
        thread = await codex.thread_start()
        for _ in range(5):
            events = await events_of(thread)
            if (shape(events), text_of(events)) != (shape(expected), text_of(expected)):
                wrong.append((shape(events), text_of(events)))

    # Each backend has half of them.
    async with AsyncRayCodex() as codex, anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(five_turns, codex)
    assert wrong == []
    assert len(machines.requests(PROMPT)) - before == 100
    assert machines.turns_run_twice() == {}
    assert len(pool.workers()) == 4


def test_50_threads_with_4_turns_each_stay_on_one_worker_each(machines: Machines, pool: RayPool) -> None:
    async def one(codex: AsyncRayCodex, places: dict[str, set[str]]) -> None:
        thread = await codex.thread_start()
        for _ in range(2):
            await thread.run(PROMPT)
        places[thread.id] = {await codex.worker_of(thread.id)}
        # Somebody else goes on with it.
        thread = await codex.thread_resume(thread.id)
        for _ in range(2):
            await thread.run(PROMPT)
        places[thread.id].add(await codex.worker_of(thread.id))

    async def main() -> dict[str, set[str]]:
        places: dict[str, set[str]] = {}
        async with AsyncRayCodex() as codex, anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(one, codex, places)
        return places

    places = anyio.run(main)
    assert {thread_id: len(found) for thread_id, found in places.items()} == dict.fromkeys(places, 1)
    assert len(places) == 50
    # The record of each thread is on the disk of that worker, and nowhere else.
    on_disk = Counter(
        (path.stem[-36:], path.relative_to(machines.root).parts[1])
        for home in machines.root.glob("codex/*/home")
        for path in home.glob("sessions/**/rollout-*.jsonl")
        if path.stem[-36:] in places
    )
    assert on_disk == Counter((thread_id, worker) for thread_id, (worker,) in places.items())
    assert {worker for _, worker in on_disk} == {status.worker_id for status in pool.workers()}


def test_threads_with_one_working_directory_share_a_worker(pool: RayPool, machines: Machines) -> None:
    folder = machines.root / "project"
    folder.mkdir()
    with RayCodex() as codex:
        workers = {codex.worker_of(codex.thread_start(cwd=str(folder)).id) for _ in range(5)}
    assert len(workers) == 1
    assert workers <= {status.worker_id for status in pool.workers()}


def test_a_thread_is_forked_archived_and_deleted_where_it_is(pool: RayPool) -> None:
    with RayCodex(pool.name) as codex:
        thread = codex.thread_start()
        thread.run(PROMPT)
        fork = codex.thread_fork(thread.id)
        assert codex.worker_of(fork.id) == codex.worker_of(thread.id)
        assert codex.request_raw("thread/read", {"threadId": thread.id})["thread"]["id"] == thread.id
        codex.thread_archive(thread.id)
        codex.thread_delete(fork.id)
        known = {thread_id for status in pool.workers() for thread_id in status.thread_ids}
        assert (thread.id in known, fork.id in known) == (True, False)
