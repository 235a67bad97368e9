"""ThreadTable: who follows which thread of an app-server, what runs there, and which grants are current."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codex_ray._relay import Caller

__all__ = ["ThreadTable"]

# Threads of sub-agents that are remembered; the oldest is forgotten first.
_MAX_SUB_AGENTS = 1000


class ThreadTable:
    """The threads of one app-server.

    Attributes:
        followers: Who has opened each thread.
        running: The turn that runs in each thread.
        epochs: The latest grant of each thread.
        used: Those in which a turn has run since somebody opened them.
    """

    def __init__(self) -> None:
        self.followers: dict[str, set[Caller]] = {}
        self.running: dict[str, str] = {}
        self.epochs: dict[str, int] = {}
        self.used: set[str] = set()
        # A sub-agent works in a thread of its own: the thread of the turn that it works for.
        self._root_threads: dict[str, str] = {}

    def follow(self, thread_id: str, caller: Caller) -> None:
        """Note that a caller has opened a thread."""
        if caller.is_here:
            self.followers.setdefault(thread_id, set()).add(caller)

    def unfollow(self, thread_id: str, caller: Caller) -> bool:
        """Note that a caller has let go of a thread; whether somebody else follows it."""
        followers = self.followers.get(thread_id, set())
        followers.discard(caller)
        if not followers:
            self.followers.pop(thread_id, None)
        return bool(followers)

    def forget_caller(self, caller: Caller) -> list[str]:
        """Note that a caller has gone; return the threads that nobody follows any more."""
        own = [thread_id for thread_id, followers in self.followers.items() if caller in followers]
        return [thread_id for thread_id in own if not self.unfollow(thread_id, caller)]

    def followers_of(self, thread_id: str) -> tuple[Caller, ...]:
        """Return who follows a thread, or the one that it works for."""
        found = self.followers.get(thread_id)
        if found is None and thread_id in self._root_threads:
            found = self.followers.get(self._root_threads[thread_id])
        return tuple(found or ())

    def started(self, thread_id: str, turn_id: str, root_turn_id: object) -> None:
        """Note that a turn runs."""
        self.running[thread_id] = turn_id
        self.used.add(thread_id)
        if root_turn_id == turn_id or thread_id in self.followers:
            return
        for root_thread, running in self.running.items():
            if running == root_turn_id and root_thread != thread_id:
                self._root_threads[thread_id] = self._root_threads.get(root_thread, root_thread)
                if len(self._root_threads) > _MAX_SUB_AGENTS:
                    del self._root_threads[next(iter(self._root_threads))]
                return

    def completed(self, thread_id: str) -> None:
        """Note that no turn runs in a thread any more."""
        self.running.pop(thread_id, None)

    def of_root(self, thread_id: str) -> list[tuple[str, str]]:
        """Return thread and turn of what runs for a thread: its own turn first, then those of its sub-agents."""
        own = [thread_id, *(child for child, root in self._root_threads.items() if root == thread_id)]
        return [(child, self.running[child]) for child in own if child in self.running]
