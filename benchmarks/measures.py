"""What is measured of a client, in a process of its own: `python measures.py <client> <measure> <server argv...>`.

Prints figures as JSON: seconds, microseconds or bytes, as the names say.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import resource
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

DELTAS = 50_000
TICKS = {"deltas": 20, "every_ms": 20}
WORD = json.dumps({"deltas": 1})
HOLD = json.dumps({"deltas": 0, "hold": True})
TRIVIAL_TURNS = 300
GROWTH_TURNS = (2_000, 10_000)


def p99(values: list[float]) -> float:
    """Return the value that one in a hundred exceeds."""
    return sorted(values)[int(len(values) * 0.99)]


def resident_bytes() -> int:
    """Return the memory of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def os_threads() -> int:
    """Return how many OS threads this process has."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Threads:"))


class Lags:
    """Notes how late each text comes."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        # Several deltas may have become one.
        self.values += [now - float(due) for due in text.split()]


# --- the awaiting faces ---


async def a_delta(client: Any) -> dict[str, float]:
    """One turn of many deltas."""
    thread = await client.thread()
    parts: list[str] = []
    used = time.process_time()
    await client.drain(thread, json.dumps({"deltas": DELTAS}), parts.append)
    used = time.process_time() - used
    assert "".join(parts).count("word") == DELTAS
    return {"us": used / DELTAS * 1e6}


async def a_crowd(client: Any, count: int) -> dict[str, float]:
    """Many turns at once, each of which says something every 20 ms."""
    threads = [await client.thread() for _ in range(count)]
    lags = Lags()
    cpu = time.process_time()
    before = time.monotonic()
    tasks = [asyncio.ensure_future(client.drain(thread, json.dumps(TICKS), lags)) for thread in threads]
    await asyncio.sleep(0.2)
    running = os_threads()
    await asyncio.gather(*tasks)
    took = time.monotonic() - before
    assert len(lags.values) == count * TICKS["deltas"]
    cpu = time.process_time() - cpu
    return {"s": took, "p99_ms": p99(lags.values) * 1e3, "threads": running, "cpu_s": cpu}


async def a_quiet(client: Any) -> dict[str, float]:
    """A trivial turn and an interrupt while a thousand turns are open and say nothing."""
    held = [await client.hold(await client.thread(), HOLD) for _ in range(1000)]
    thread = await client.thread()
    turns, interrupts = [], []
    for turn in held[:50]:
        turns.append(await a_timed(lambda: client.drain(thread, WORD, str.upper)))
        interrupts.append(await a_timed(lambda turn=turn: client.interrupt(turn)))
    return {"turn_ms": statistics.median(turns) * 1e3, "interrupt_ms": statistics.median(interrupts) * 1e3}


async def a_timed(action: Callable[[], Any]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    await action()
    return time.perf_counter() - began


async def a_trivial(client: Any) -> dict[str, float]:
    """Turns of one word, one after the other."""
    thread = await client.thread()
    times = [await a_timed(lambda: client.drain(thread, WORD, str.upper)) for _ in range(TRIVIAL_TURNS)]
    return {"ms": statistics.median(times) * 1e3}


async def a_growth(client: Any) -> dict[str, float]:
    """What a turn leaves in memory."""
    thread = await client.thread()
    sizes: list[int] = []
    for number in range(GROWTH_TURNS[1] + 1):
        if number in GROWTH_TURNS:
            gc.collect()
            sizes.append(resident_bytes())
        await client.drain(thread, WORD, str.upper)
    return {"bytes": (sizes[1] - sizes[0]) / (GROWTH_TURNS[1] - GROWTH_TURNS[0])}


# --- the blocking ones ---


def b_delta(client: Any) -> dict[str, float]:
    """One turn of many deltas."""
    thread = client.thread()
    parts: list[str] = []
    used = time.process_time()
    client.drain(thread, json.dumps({"deltas": DELTAS}), parts.append)
    used = time.process_time() - used
    assert "".join(parts).count("word") == DELTAS
    return {"us": used / DELTAS * 1e6}


def b_crowd(client: Any, count: int) -> dict[str, float]:
    """Many turns at once, each read by an OS thread of its own."""
    threads = [client.thread() for _ in range(count)]
    lags = Lags()
    threading.stack_size(256 * 1024)
    # The readers are there before the clock starts: what is measured is the client.
    with ThreadPoolExecutor(count) as pool:
        everybody = threading.Barrier(count + 1)
        list(pool.map(lambda _: None, range(count)))
        running: list[int] = []

        def read(thread: Any) -> None:
            everybody.wait()
            client.drain(thread, json.dumps(TICKS), lags)

        done = [pool.submit(read, thread) for thread in threads]
        everybody.wait()
        cpu = time.process_time()
        before = time.monotonic()
        time.sleep(0.2)
        running.append(os_threads() - count)
        for reader in done:
            reader.result()
        took = time.monotonic() - before
    assert len(lags.values) == count * TICKS["deltas"]
    return {
        "s": took,
        "p99_ms": p99(lags.values) * 1e3,
        "threads": running[0],
        "cpu_s": time.process_time() - cpu,
    }


def b_quiet(client: Any) -> dict[str, float]:
    """A trivial turn and an interrupt while a thousand turns are open and say nothing."""
    held = [client.hold(client.thread(), HOLD) for _ in range(1000)]
    thread = client.thread()
    turns, interrupts = [], []
    for turn in held[:50]:
        turns.append(timed(lambda: client.drain(thread, WORD, str.upper)))
        interrupts.append(timed(lambda turn=turn: client.interrupt(turn)))
    return {"turn_ms": statistics.median(turns) * 1e3, "interrupt_ms": statistics.median(interrupts) * 1e3}


def timed(action: Callable[[], Any]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def b_trivial(client: Any) -> dict[str, float]:
    """Turns of one word, one after the other."""
    thread = client.thread()
    times = [timed(lambda: client.drain(thread, WORD, str.upper)) for _ in range(TRIVIAL_TURNS)]
    return {"ms": statistics.median(times) * 1e3}


def b_growth(client: Any) -> dict[str, float]:
    """What a turn leaves in memory."""
    thread = client.thread()
    sizes: list[int] = []
    for number in range(GROWTH_TURNS[1] + 1):
        if number in GROWTH_TURNS:
            gc.collect()
            sizes.append(resident_bytes())
        client.drain(thread, WORD, str.upper)
    return {"bytes": (sizes[1] - sizes[0]) / (GROWTH_TURNS[1] - GROWTH_TURNS[0])}


MEASURES: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[int, ...]]] = {
    "delta": (a_delta, b_delta, ()),
    "crowd256": (a_crowd, b_crowd, (256,)),
    "crowd1000": (a_crowd, b_crowd, (1000,)),
    "quiet": (a_quiet, b_quiet, ()),
    "trivial": (a_trivial, b_trivial, ()),
    "growth": (a_growth, b_growth, ()),
}


def main() -> None:
    """Take one measure of one client."""
    name, measure, *argv = sys.argv[1:]
    if name.endswith("_uvloop"):
        name = name.removesuffix("_uvloop")
        importlib.import_module("uvloop")
    else:
        # As if it were not installed.
        absent: Any = None
        sys.modules["uvloop"] = absent
    module = importlib.import_module(f"clients.{name}")
    awaiting, blocking, args = MEASURES[measure]
    client = module.Client()
    if not module.IS_ASYNC:
        client.open(argv)
        figures = blocking(client, *args)
        print(json.dumps(figures), flush=True)
        client.close()
        return

    async def run() -> None:
        await client.open(argv)
        figures = await awaiting(client, *args)
        print(json.dumps(figures), flush=True)
        await client.close()

    asyncio.run(run())


if __name__ == "__main__":
    main()
