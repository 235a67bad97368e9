"""The conformance kit of the core, against clients whose server is the child of a worker."""

from __future__ import annotations

import json
import sys
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import anyio
import pytest
from codex_app_server.testing import conformance
from codex_ray import AsyncRayCodex, RayCodex

from .conftest import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from codex_app_server import AppServerConfig
    from codex_app_server.testing.conformance import RecordedTurn

    from .conftest import Machines

# A worker keeps its command line: this one becomes whatever the file says, in each test something else.
BECOME = "import json, os, sys; argv = json.load(open(sys.argv[1])); os.execv(argv[0], argv)"


@pytest.fixture
def replace_server(machines: Machines) -> Callable[[AppServerConfig], None]:
    """Let the one worker of a pool run another server."""
    path: Path = machines.root / "argv.json"
    # A program that ends at once, until a test says otherwise.
    argv = (sys.executable, "-I", "-S", "-c", BECOME, str(path))

    def replace(config: AppServerConfig) -> None:
        path.write_text(json.dumps(config.argv()))
        if "conformance" not in machines.pools:
            machines.pool("conformance", 1, resource="small", launch_args_override=argv)
            return
        pool = machines.pools["conformance"]
        pool.restart(pool.workers()[0].worker_id)

    return replace


@pytest.mark.parametrize("recorded", conformance.RECORDED_TURNS, ids=str)
def test_the_blocking_client_conforms(
    recorded: RecordedTurn, replace_server: Callable[[AppServerConfig], None]
) -> None:
    @contextmanager
    def opened(config: AppServerConfig) -> Iterator[RayCodex]:
        replace_server(config)
        with RayCodex("conformance") as codex:
            yield codex

    conformance.check_client(recorded, opened, timeout_s=PATIENCE_S)


# What can be left is left in two ways, which is where the awaiting face has something of its own to show.
LEFT = [recorded for recorded in conformance.RECORDED_TURNS if recorded.is_left]


@pytest.mark.anyio
@pytest.mark.parametrize("recorded", LEFT, ids=str)
async def test_the_awaiting_client_conforms(
    recorded: RecordedTurn, replace_server: Callable[[AppServerConfig], None]
) -> None:
    @asynccontextmanager
    async def opened(config: AppServerConfig) -> AsyncIterator[AsyncRayCodex]:
        await anyio.to_thread.run_sync(replace_server, config)
        async with AsyncRayCodex("conformance") as codex:
            yield codex

    await conformance.acheck_client(recorded, opened, timeout_s=PATIENCE_S)
