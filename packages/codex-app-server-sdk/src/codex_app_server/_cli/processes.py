"""Which app-servers of this user run, and whether the program that started them is still there."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RunningServer", "app_servers"]

# A process whose parent has ended is given to one of these.
_INIT = frozenset({"init", "systemd", "launchd"})


@dataclass(frozen=True, slots=True)
class RunningServer:
    """An app-server that runs.

    Attributes:
        pid: Its process id.
        parent_pid: That of its parent.
        is_orphan: Whether it was left behind: it serves the program that started it, and that has ended.
    """

    pid: int
    parent_pid: int
    is_orphan: bool


def app_servers() -> list[RunningServer]:
    """Return the app-servers of this user; none where the system does not tell."""
    processes = {pid: (parent, words) for pid, parent, words in _processes()}
    found: list[RunningServer] = []
    for pid, (parent, words) in sorted(processes.items()):
        if _is_app_server(words):
            # One that listens is there for whoever comes, and needs no parent.
            is_left = _is_init(parent) and not any(word.startswith("--listen") for word in words)
            found.append(RunningServer(pid, parent, is_left))
    return found


def _is_app_server(words: list[str]) -> bool:
    return bool(words) and Path(words[0]).name.startswith("codex") and "app-server" in words[1:]


def _is_init(pid: int) -> bool:
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return pid == 1
    # In a container the first process may be the very program that uses the server.
    return name in _INIT or (pid == 1 and not name.startswith("python"))


def _processes() -> Iterator[tuple[int, int, list[str]]]:
    """Yield id, parent and command line of each process of this user."""
    if not Path("/proc/self/stat").exists():
        yield from _from_ps()
        return
    for folder in Path("/proc").iterdir():
        try:
            if not folder.name.isdigit() or folder.stat().st_uid != os.getuid():
                continue
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            # The name of the program stands in parentheses, and may hold anything.
            parent = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            # It has just ended.
            continue
        yield int(folder.name), parent, words[:-1]


def _from_ps() -> Iterator[tuple[int, int, list[str]]]:
    command = ["ps", "-U", str(os.getuid()), "-o", "pid=,ppid=,args="]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return
    for line in done.stdout.splitlines():
        pid, parent, *words = line.split()
        yield int(pid), int(parent), words
