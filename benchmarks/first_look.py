"""What a streamed delta, a trivial turn and the import cost, beside `openai-codex` and a bare reader.

    pip install openai-codex       # the peer, if it is to be measured too
    python benchmarks/first_look.py

Each figure is taken in a process of its own, all of them in turn, five rounds; medians and the ratio to
`raw` are printed. The server is a scripted stand-in (a child process), so that only the client is measured.
`raw` reads the pipe with asyncio, splits lines, calls `json.loads` and keeps the text: the least that any
client in Python has to do.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from codex_app_server.testing import FakeServer, steps

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
DELTAS = 50_000
TURNS = 300
PARAMS = {"threadId": "thread-1", "turnId": "turn-1", "itemId": "msg-1", "delta": "word number {i} "}


def flood() -> list[steps.Step]:
    """One turn of many deltas."""
    return [
        *steps.handshake(), *steps.thread_start(), *steps.turn_begin(),
        steps.repeat(DELTAS, [steps.notify("item/agentMessage/delta", PARAMS)]), *steps.turn_end(),
    ]  # fmt: skip


def trivial() -> list[steps.Step]:
    """Many turns of one word, one after the other."""
    turns = [step for number in range(TURNS) for step in steps.turn("word", turn_id=f"turn-{number}")]
    return [*steps.handshake(), *steps.thread_start(), *turns]


def raw_deltas(argv: list[str]) -> float:
    """The bound."""

    async def read() -> float:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24
        )
        assert process.stdin is not None
        assert process.stdout is not None

        def send(number: int, method: str, **params: object) -> None:
            assert process.stdin is not None
            process.stdin.write(
                json.dumps({"id": number, "method": method, "params": params}).encode() + b"\n"
            )

        send(1, "initialize", clientInfo={"name": "raw", "version": "0"})
        process.stdin.write(b'{"method":"initialized"}\n')
        send(2, "thread/start")
        send(3, "turn/start", threadId="thread-1", input=[])
        texts: dict[str, list[str]] = {}
        began = 0.0
        async for line in process.stdout:
            message = json.loads(line)
            method = message.get("method")
            if method == "item/agentMessage/delta":
                params = message["params"]
                texts.setdefault(params["turnId"], []).append(params["delta"])
            elif method == "turn/started":
                began = time.process_time()
            elif method == "turn/completed":
                break
        used = time.process_time() - began
        assert len(texts["turn-1"]) == DELTAS
        process.stdin.close()
        await process.wait()
        return used

    return asyncio.run(read()) / DELTAS * 1e6


def ours_sync_deltas(argv: list[str]) -> float:
    """Our blocking face."""
    from codex_app_server import AppServerConfig, Codex, TextDelta

    with Codex(AppServerConfig(launch_args_override=tuple(argv))) as codex:
        thread = codex.thread_start()
        began = time.process_time()
        count = sum(1 for event in thread.turn("x").events() if isinstance(event, TextDelta))
        used = time.process_time() - began
    assert count > DELTAS / 100
    return used / DELTAS * 1e6


def ours_async_deltas(argv: list[str]) -> float:
    """Our awaiting face."""
    from codex_app_server import AppServerConfig, AsyncCodex, TextDelta

    async def read() -> float:
        async with AsyncCodex(AppServerConfig(launch_args_override=tuple(argv))) as codex:
            thread = await codex.thread_start()
            began = time.process_time()
            count = 0
            async for event in (await thread.turn("x")).events():
                count += isinstance(event, TextDelta)
            assert count > DELTAS / 100
            return time.process_time() - began

    return asyncio.run(read()) / DELTAS * 1e6


def peer_sync_deltas(argv: list[str]) -> float:
    """The blocking face of openai-codex."""
    from openai_codex import Codex, CodexConfig  # pyright: ignore[reportMissingImports] # only where it is installed

    with Codex(CodexConfig(launch_args_override=tuple(argv))) as codex:
        thread = codex.thread_start()
        began = time.process_time()
        count = sum(1 for event in thread.turn("x").stream() if event.method == "item/agentMessage/delta")
        used = time.process_time() - began
    assert count == DELTAS
    return used / DELTAS * 1e6


def peer_async_deltas(argv: list[str]) -> float:
    """The awaiting face of openai-codex."""
    from openai_codex import AsyncCodex, CodexConfig  # pyright: ignore[reportMissingImports]

    async def read() -> float:
        async with AsyncCodex(CodexConfig(launch_args_override=tuple(argv))) as codex:
            thread = await codex.thread_start()
            began = time.process_time()
            turn = await thread.turn("x")
            count = 0
            async for event in turn.stream():
                count += event.method == "item/agentMessage/delta"
            assert count == DELTAS
            return time.process_time() - began

    return asyncio.run(read()) / DELTAS * 1e6


def ours_sync_turns(argv: list[str]) -> float:
    """Median time of a trivial turn, blocking."""
    from codex_app_server import AppServerConfig, Codex

    with Codex(AppServerConfig(launch_args_override=tuple(argv))) as codex:
        thread = codex.thread_start()
        return median_of_turns(lambda: thread.run("x"))


def peer_sync_turns(argv: list[str]) -> float:
    """Median time of a trivial turn, blocking, with openai-codex."""
    from openai_codex import Codex, CodexConfig  # pyright: ignore[reportMissingImports]

    with Codex(CodexConfig(launch_args_override=tuple(argv))) as codex:
        thread = codex.thread_start()
        return median_of_turns(lambda: thread.run("x"))


def ours_async_turns(argv: list[str]) -> float:
    """Median time of a trivial turn, awaiting."""
    from codex_app_server import AppServerConfig, AsyncCodex

    async def run() -> float:
        async with AsyncCodex(AppServerConfig(launch_args_override=tuple(argv))) as codex:
            thread = await codex.thread_start()
            times: list[float] = []
            for _ in range(TURNS):
                began = time.perf_counter()
                await thread.run("x")
                times.append(time.perf_counter() - began)
            return statistics.median(times) * 1e3

    return asyncio.run(run())


def median_of_turns(turn: Callable[[], object]) -> float:
    """Return the median duration of a turn in milliseconds."""
    times: list[float] = []
    for _ in range(TURNS):
        began = time.perf_counter()
        turn()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e3


def import_time(statement: str) -> Callable[[list[str]], float]:
    """Return a measure of what an import takes, over a bare interpreter."""

    def measure(_: list[str]) -> float:
        def once(code: str) -> float:
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            return time.perf_counter() - began

        return (once(statement) - once("pass")) * 1e3

    return measure


MEASURES: dict[str, tuple[str, Callable[[], list[steps.Step]] | None, dict[str, Callable[[list[str]], float]]]] = {
    "client CPU for a delta, us": (
        "raw", flood,
        {"raw": raw_deltas, "ours sync": ours_sync_deltas, "ours async": ours_async_deltas,
         "openai-codex sync": peer_sync_deltas, "openai-codex async": peer_async_deltas},
    ),
    "trivial turn, median, ms": (
        "ours sync", trivial,
        {"ours sync": ours_sync_turns, "ours async": ours_async_turns, "openai-codex sync": peer_sync_turns},
    ),
    "import, ms": (
        "asyncio, json", None,
        {"asyncio, json": import_time("import asyncio, json"),
         "ours": import_time("from codex_app_server import AsyncCodex, Codex"),
         "openai-codex": import_time("from openai_codex import AsyncCodex, Codex")},
    ),
}  # fmt: skip


def main() -> None:
    """Measure everything, or one figure of one subject in this process."""
    if len(sys.argv) > 2:
        _, _, subjects = MEASURES[sys.argv[1]]
        print(subjects[sys.argv[2]](sys.argv[3:]))
        return
    has_peer = (
        subprocess.run(
            [sys.executable, "-c", "import openai_codex"], capture_output=True, check=False
        ).returncode
        == 0
    )
    for name, (base, scenario, subjects) in MEASURES.items():
        figures: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for subject in subjects:
                if subject.startswith("openai-codex") and not has_peer:
                    continue
                with FakeServer(scenario() if scenario else steps.handshake(), raise_errors=False) as server:
                    command = [sys.executable, str(Path(__file__)), name, subject, *server.argv]
                    done = subprocess.run(
                        command, capture_output=True, text=True, check=True, env=dict(os.environ)
                    )
                figures.setdefault(subject, []).append(float(done.stdout))
        bound = statistics.median(figures[base])
        print(f"\n{name}")
        for subject, values in figures.items():
            middle = statistics.median(values)
            print(
                f"  {subject:<20} {middle:8.2f}  ({min(values):.2f} to {max(values):.2f})  x{middle / bound:.2f} of {base}"
            )


if __name__ == "__main__":
    main()
