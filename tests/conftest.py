"""For the whole suite: both async backends, servers that start quickly, and an audit after every test."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import os
import shutil
import sqlite3
import tempfile
import threading
import weakref
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from codex_app_server import Codex, SharedCodex, shared
from codex_app_server._engine import callers
from codex_app_server._engine.engine import Engine, _make_loop
from codex_app_server.testing import FakeServer, home, scripted_codex
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import none

if TYPE_CHECKING:
    from collections.abc import Iterator

# The machine may be busy: how long an example takes says nothing.
settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100
)
settings.load_profile("suite")

# How long what a test left may take to end by itself: closing in a finalizer waits for nothing.
_SETTLE_S = 8.0
# Temporary folders that the product makes, and removes.
_FOLDERS = ("codex-app-server-", "fake-codex-")

# What the test that runs now has made.
_engines: weakref.WeakSet[Engine] = weakref.WeakSet()
_unanswered: list[str | int] = []


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Every async test runs on both; a framework that knows asyncio alone overrides this."""
    return request.param


def _open_what_stays() -> None:
    # The first loop of uvloop opens two descriptors that the process keeps.
    if importlib.util.find_spec("uvloop") is not None:
        _make_loop().close()


@pytest.fixture(scope="session", autouse=True)
def _watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Know which engines there are and what fake servers tell; give each worker its own temporary folder."""
    make, leave = Engine.__init__, FakeServer.__exit__

    def made(self: Engine, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        _engines.add(self)

    def left(self: FakeServer, *args: Any) -> None:
        _unanswered.extend(self.unanswered)
        leave(self, *args)

    _open_what_stays()
    # That of pytest is too deep for a socket; it is made before, so as not to be in ours.
    tmp_path_factory.getbasetemp()
    folder = tempfile.mkdtemp(prefix="audit-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "__init__", made)
        patch.setattr(FakeServer, "__exit__", left)
        patch.setattr(tempfile, "tempdir", folder)
        yield
    # The homes of servers that were just ending when their test was over.
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _quick_starts(_watched: None) -> Iterator[None]:
    """Give homes the databases that a first start makes, and servers no distribution to look up.

    These are two thirds of what a start costs. The first server of each worker starts in an empty home, like those of
    programs that run in a process of their own.
    """
    folder = Path(tempfile.mkdtemp(prefix="quick-starts-"))
    environment = home._environment
    with pytest.MonkeyPatch.context() as patch:
        if (false := shutil.which("false")) is not None:
            # It is a shell script of some twenty processes, and every server runs it twice, for its user agent.
            (folder / "lsb_release").symlink_to(false)
            patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        databases = _databases(folder)

        def used(of_codex: Path, of_user: Path) -> dict[str, str]:
            for database in databases:
                shutil.copy(database, of_codex)
            return environment(of_codex, of_user)

        patch.setattr(home, "_environment", used)
        yield


def _databases(folder: Path) -> list[Path]:
    """Return what a server keeps in its home once it has started."""
    with scripted_codex("never asked") as setup:
        with Codex(setup.config):
            pass
        for database in setup.home.glob("*.sqlite"):
            # Closing the last connection writes what is in the log beside it.
            with closing(sqlite3.connect(database)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(database, folder)
    return list(folder.glob("*.sqlite"))


@pytest.fixture(scope="session", autouse=True)
def _short_collections() -> Iterator[None]:
    """Leave what was imported out of the collections of garbage that tests and the audit ask for."""
    # What Hypothesis starts with, it looks for among the objects that are collected: with it left out, it warns.
    given(none())(lambda _: None)()
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def _own_threads() -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread.name.startswith(("codex-app-server", "scripted-", "fake-codex-"))
    ]


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def _folders() -> list[str]:
    return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith(_FOLDERS)]  # noqa: PTH208


def _tasks() -> list[str]:
    """Return the tasks of ours that have not ended, wherever they run."""
    of_asyncio: Any = getattr(asyncio.tasks, "_scheduled_tasks", None) or getattr(
        asyncio.tasks, "_all_tasks", ()
    )
    pending = {task for task in list(of_asyncio) if not task.done()} | callers._tasks
    named = [str(task.get_coro()) for task in pending]
    return [f"task {name}" for name in named if "codex_app_server" in name or "_report" in name]


def _kept_by(engine: Engine) -> list[str]:
    """Return what an engine that has ended still holds."""
    turns, desk = engine.turns, engine.desk
    kept = {
        "a lock": engine._lock.locked(),
        "the lock of a turn": any(turn.lock.locked() for turn in turns._turns.values()),
        "turns": turns._turns,
        "starts": turns._starts,
        "tasks": turns._tasks,
        "questions": desk._open,
        "timers": desk._timers,
        "commands": engine._commands,
        "sleepers": engine.waking,
    }
    return [f"{name} of {engine.state_name} engine" for name, held in kept.items() if held]


def _locks() -> list[str]:
    if not shared._lock.acquire(timeout=_SETTLE_S):
        return ["the lock of shared servers"]
    shared._lock.release()
    return []


@pytest.fixture(autouse=True)
def nothing_is_left_behind(_watched: None) -> Iterator[None]:
    """Nothing of ours outlives its test: processes, OS threads, descriptors, tasks, locks, folders, open questions."""
    before, folders = _descriptors(), _folders()
    _unanswered.clear()
    yield
    children = psutil.Process().children(recursive=True)
    if children or _own_threads() or _descriptors() > before or _folders() != folders:
        gc.collect()
        SharedCodex.close_idle()
        for thread in _own_threads():
            thread.join(_SETTLE_S)
        _, children = psutil.wait_procs(psutil.Process().children(recursive=True), timeout=_SETTLE_S)
    left = [f"process {child.pid} {child.cmdline()}" for child in children]
    left += [f"OS thread {thread.name}" for thread in _own_threads()]
    if _descriptors() > before:
        left.append(f"{_descriptors() - before} descriptors")
    left += [f"folder {name}" for name in set(_folders()) - set(folders)]
    left += [f"server request {number!r} without an answer" for number in _unanswered]
    left += [*_tasks(), *_locks()]
    left += [kept for engine in list(_engines) for kept in _kept_by(engine)]
    _engines.clear()
    assert left == []
