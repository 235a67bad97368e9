"""Turns through `codex_ray`: how many a second on 1, 2 and 4 workers, and what the way to a worker adds to a turn.

    python benchmarks/ray_turns.py [--delay 0.5] [--turns 48] [--write FILE]

The model is scripted and answers after a fixed delay; cluster, workers and model share this machine, so that beyond its
cores the workers take the processors from each other. Each worker runs 8 turns at once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import ray
from codex_app_server import Codex
from codex_app_server.testing import Script, scripted_codex, text
from codex_ray import RayCodex, RayPool, WorkerSpec

if TYPE_CHECKING:
    from codex_app_server import Thread
    from codex_app_server.testing import ScriptedCodex

TURN_LIMIT = 8
# For the overhead: enough for a median on a machine that does other things too.
SINGLE_TURNS = 40


def answer(delay_s: float) -> Script:
    """Return a model that thinks for a while before it answers."""
    return Script().when("slow", text(deltas=["Done."], pace_s=delay_s)).otherwise("Done.")


def rate(codex: RayCodex, workers: int, turns: int) -> float:
    """Return turns per second, with as many at once as the workers take."""
    with ThreadPoolExecutor(workers * TURN_LIMIT) as executor:
        threads = list(executor.map(lambda _: codex.thread_start(), range(workers * TURN_LIMIT)))
        began = time.perf_counter()
        list(executor.map(lambda number: threads[number % len(threads)].run("slow"), range(turns * workers)))
        return turns * workers / (time.perf_counter() - began)


def median_ms(thread: Thread) -> float:
    """Return what a turn takes whose model answers at once."""
    thread.run("quick")
    taken: list[float] = []
    for _ in range(SINGLE_TURNS):
        began = time.perf_counter()
        thread.run("quick")
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def measure(setup: ScriptedCodex, turns: int) -> dict[str, float]:
    """Take all figures."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as homes:
        for workers in (1, 2, 4):
            spec = WorkerSpec(
                home_root=homes, home_template=str(setup.home), turn_limit=TURN_LIMIT, queue_timeout_s=50
            )
            pool = RayPool.deploy(workers, spec=spec, name=f"of-{workers}")
            with RayCodex(pool.name) as codex:
                found[f"turns/s, {workers} workers"] = rate(codex, workers, turns)
                if workers == 1:
                    found["ms, remote turn"] = median_ms(codex.thread_start())
            pool.shutdown()
    with Codex(setup.config) as local:
        found["ms, local turn"] = median_ms(local.thread_start())
    found["ms, overhead"] = found["ms, remote turn"] - found["ms, local turn"]
    return {name: round(value, 2) for name, value in found.items()}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--delay", type=float, default=0.5, help="seconds of the model for each turn")
    parser.add_argument("--turns", type=int, default=48, help="turns for each worker")
    parser.add_argument("--write", type=Path, help="also write the figures as JSON")
    options = parser.parse_args()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with scripted_codex(answer(options.delay)) as setup:
        os.environ.update({name: value for name, value in setup.env.items() if name != "CODEX_HOME"})
        ray.init(
            address="local",
            num_cpus=1,
            resources={"codex": 4},
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
        )
        try:
            found = {"model delay, s": options.delay, **measure(setup, options.turns)}
        finally:
            ray.shutdown()
    for name, value in found.items():
        print(f"{name:>24}: {value}")
    if options.write:
        options.write.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
