"""For the whole suite: both async backends, and an audit after every test."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from codex_app_server import SharedCodex
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# The machine may be busy: how long an example takes says nothing.
settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100
)
settings.load_profile("suite")

# How long what a test left may take to end by itself: closing in a finalizer waits for nothing.
_SETTLE_S = 8.0


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Every async test runs on both; a framework that knows asyncio alone overrides this."""
    return request.param


def _own_threads() -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread.name.startswith(("codex-app-server", "scripted-"))
    ]


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """No child process, no OS thread and no descriptor of ours may outlive its test."""
    before = _descriptors()
    yield
    children = psutil.Process().children(recursive=True)
    if children or _own_threads() or _descriptors() > before:
        gc.collect()
        SharedCodex.close_idle()
        for thread in _own_threads():
            thread.join(_SETTLE_S)
        _, children = psutil.wait_procs(psutil.Process().children(recursive=True), timeout=_SETTLE_S)
    left = [f"process {child.pid} {child.cmdline()}" for child in children]
    left += [f"OS thread {thread.name}" for thread in _own_threads()]
    if _descriptors() > before:
        left.append(f"{_descriptors() - before} descriptors")
    assert left == []
