"""Runs of the agent that wait for a person, between the interrupt of a graph and its resumption. Bounded, and aged out.

They belong to the agents of one app-server: with the last of these, or after an hour, a turn that waits is
interrupted. A decision that comes later is told to its thread.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from langchain_codex._kept import Kept

if TYPE_CHECKING:
    from collections.abc import Hashable

    from langchain_codex._agent_turn import AgentTurn

__all__ = ["PausedRuns", "paused_runs_for"]

# A turn that waits holds its thread in the memory of the server, and the server itself.
_MAX_COUNT = 64
# A person who decides; who takes longer is as well served by a thread that is resumed.
_MAX_AGE_S = 3600.0


class PausedRuns:
    """The runs that wait, by the task of the graph that they are of."""

    def __init__(self) -> None:
        self._kept: Kept[AgentTurn] = Kept(max_count=_MAX_COUNT, max_age_s=_MAX_AGE_S)
        self._by_thread: weakref.WeakValueDictionary[str, AgentTurn] = weakref.WeakValueDictionary()

    def put(self, key: str, run: AgentTurn) -> None:
        """Keep a run until its task is resumed."""
        self._by_thread[run.thread_id] = run
        self._kept.put(key.encode(), run)

    def take(self, key: str) -> AgentTurn | None:
        """Take out the run of a task: two resumptions never go on with the same one."""
        return self._kept.take(key.encode())

    def drop_thread(self, thread_id: str) -> None:
        """End the run that waits in a thread: the conversation goes on without an answer to it."""
        run = self._by_thread.get(thread_id)
        if run is not None and run.task is not None and self.take(run.task.key) is not None:
            run.close()


_stores: weakref.WeakValueDictionary[Hashable, PausedRuns] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def paused_runs_for(server: Hashable) -> PausedRuns:
    """Return the runs that wait in an app-server; they live as long as somebody has them."""
    with _lock:
        store = _stores.get(server)
        if store is None:
            store = _stores[server] = PausedRuns()
        return store
