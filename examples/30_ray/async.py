"""Threads on several workers: a Ray cluster behind the client of one machine.

python examples/30_ray/async.py [--live]

It needs Ray: pip install "ray>=2.60". The cluster is this machine here; on one of yours, leave out `ray.init`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

import ray
from codex_app_server.testing import Script, scripted_codex
from codex_ray import AsyncRayCodex, RayPool, WorkerSpec

# What the scripted model says.
SCRIPT = Script().when("risks", "It may rain.").when("costs", "Nothing.").when("then", "Take an umbrella.")


async def main(template: Path, homes: str) -> None:
    """Run the example.

    Args:
        template: A folder with `config.toml` and `auth.json`, for the homes of the workers.
        homes: Where the workers keep their homes.
    """
    pool = RayPool.deploy(2, spec=WorkerSpec(home_root=homes, home_template=str(template)))
    try:
        async with AsyncRayCodex() as codex:
            threads = [await codex.thread_start() for _ in range(2)]
            questions = ("What are the risks of a walk?", "What are the costs of a walk?")
            results = await asyncio.gather(
                *(thread.run(question) for thread, question in zip(threads, questions, strict=True))
            )
            print(*(result.text for result in results))
            # A thread is found wherever it is.
            again = await codex.thread_resume(threads[0].id)
            print((await again.run("What then?")).text)
            print("workers:", len(pool.workers()))
    finally:
        pool.shutdown()


def login(folder: Path) -> Path:
    """Return a folder with the Codex login of this machine, without its threads."""
    home = Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex")
    for name in ("config.toml", "auth.json"):
        if (home / name).exists():
            shutil.copy2(home / name, folder / name)
    return folder


if __name__ == "__main__":
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as homes,
        scripted_codex(SCRIPT) as scripted,
    ):
        live = "--live" in sys.argv
        if not live:
            # The workers inherit the environment of their node. Each has a home of its own.
            os.environ.update({name: value for name, value in scripted.env.items() if name != "CODEX_HOME"})
        ray.init(
            address="local",
            resources={"codex": 2},
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
        )
        try:
            asyncio.run(main(login(Path(folder)) if live else scripted.home, homes))
        finally:
            ray.shutdown()
