"""The soak: thousands of turns with failures mixed in, on one client, and what they leave behind.

    python benchmarks/soak.py                    10,000 turns, fifty at once
    python benchmarks/soak.py --turns 200        fewer

Each turn is to end in the way that its kind says; after a warm-up of a fifth of the turns, memory, descriptors and OS
threads are to stay as they are, and whenever nothing runs, nothing is to be left in the tables of the client or open
on the server. The exit code is 1 where that is not so. Needs `/proc`.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import gc
import itertools
import json
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from codex_app_server import (
    ApprovalRequested,
    AppServerConfig,
    AsyncCodex,
    TextDelta,
    accept_all,
    decline_all,
    defer_approvals,
    tool,
)
from measures import os_threads, resident_bytes
from standin import templates

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from codex_app_server import ApprovalRequest, AsyncThread, AsyncTurn, TurnResult

SERVER = Path(__file__).with_name("soak_standin.py")
# A turn that takes longer hangs: the slowest one is given up by the client after five seconds.
TURN_LIMIT_S = 60.0
# How long what was cut may take until nothing is left of it.
CALM_LIMIT_S = 20.0
# What a run may grow by after the warm-up; see `docs/guarantees.md` for what it does.
GROWTH_LIMIT_MIB = 2.0
# A thread is used for so many turns, then let go.
TURNS_OF_A_THREAD = 20
SHOWN_FAILURES = 20


def plan(do: str, **more: object) -> str:
    """Return the input that asks the stand-in for a turn."""
    return json.dumps({"do": do, **more})


def told(result: TurnResult) -> str:
    """Return how a turn ended, in a word or two."""
    return f"{result.status}: {result.text}"


# --- what the turns use ---


@tool
async def works() -> str:
    """Work."""
    return "fine"


@tool
def works_on_an_os_thread() -> str:
    """Work."""
    return "fine"


@tool
async def breaks() -> str:
    """Raise."""
    raise ValueError("as was asked for")


@tool
async def waits() -> str:
    """Wait until it is cancelled."""
    await asyncio.Event().wait()
    return "never"


TOOLS = (works, works_on_an_os_thread, breaks, waits)


def accepts_on_an_os_thread(_request: ApprovalRequest) -> bool:
    """Accept."""
    return True


async def accepts_late(_request: ApprovalRequest) -> bool:
    """Accept, after a while."""
    await asyncio.sleep(0.05)
    return True


async def raises(_request: ApprovalRequest) -> bool:
    """Raise."""
    raise ValueError("as was asked for")


# --- how turns go; `draw` is from 0 to 1 ---


async def completes(thread: AsyncThread, draw: float) -> str:
    """A turn that is read to its end."""
    count = 1 + int(draw * 30)
    turn = await thread.turn(plan("stream", deltas=count, every_ms=int(draw * 100) % 3))
    texts = [event.text async for event in turn.events() if isinstance(event, TextDelta)]
    # Those of a turn that takes its time are one number each.
    is_whole = len("".join(texts).split()) in {count, 3 * count}
    return (await turn.run()).status if is_whole else f"{texts} instead of {count} deltas"


async def of_one_call(thread: AsyncThread, do: str, **more: object) -> str:
    """A turn that ends by itself."""
    return told(await thread.run(plan(do, **more)))


async def fails(thread: AsyncThread, _draw: float) -> str:
    """A turn that fails."""
    result = await thread.run(plan("fail"))
    return f"{result.status}: {result.error and result.error.message}"


async def held(thread: AsyncThread, do: str = "hold", **more: object) -> AsyncTurn:
    """Return a turn that does not end by itself and has said something."""
    turn = await thread.turn(plan(do, **more))
    async for event in turn.events(detach=True):
        if isinstance(event, TextDelta):
            break
    return turn


async def is_interrupted(thread: AsyncThread, _draw: float, do: str = "hold", **more: object) -> str:
    """A turn that is interrupted."""
    turn = await held(thread, do, **more)
    await turn.interrupt()
    return told(await turn.run())


async def is_cancelled(thread: AsyncThread, draw: float) -> str:
    """A turn whose task is cancelled at any time, also before the server has it."""
    task = asyncio.ensure_future(thread.run(plan("hold")))
    await asyncio.sleep(draw * 0.01)
    return await cancelled(task)


async def cancelled(task: asyncio.Future[TurnResult]) -> str:
    """Cancel, and return what came of it."""
    task.cancel()
    try:
        return told(await task)
    except asyncio.CancelledError:
        return "cancelled"


async def is_left(thread: AsyncThread, _draw: float) -> str:
    """A turn whose stream is left."""
    turn = await thread.turn(plan("hold"))
    async with turn.events() as events:
        async for event in events:
            if isinstance(event, TextDelta):
                break
    return told(await turn.run())


async def is_out_of_time(thread: AsyncThread, draw: float) -> str:
    """A turn with a deadline."""
    return told(await thread.run(plan("hold"), timeout_s=draw * 0.05))


async def never_starts(thread: AsyncThread, draw: float) -> str:
    """A turn that is cancelled while it waits for its thread."""
    first = await held(thread)
    second = asyncio.ensure_future(thread.run(plan("forbidden")))
    await asyncio.sleep(draw * 0.01)
    what = await cancelled(second)
    await first.interrupt()
    return f"{what}, {(await first.run()).status}"


async def is_answered_too_late(thread: AsyncThread, _draw: float) -> str:
    """An approval that is answered after the end of its turn."""
    turn = await thread.turn(plan("approve"), approval_handler=defer_approvals)
    async for event in turn.events(detach=True):
        if isinstance(event, ApprovalRequested):
            await turn.interrupt()
            return f"{(await turn.run()).status}, taken: {event.request.accept()}"
    return "no approval"


async def is_answered_by_the_reader(thread: AsyncThread, draw: float) -> str:
    """An approval that whoever reads the turn answers."""
    turn = await thread.turn(plan("approve"), approval_handler=defer_approvals)
    async for event in turn.events():
        if isinstance(event, ApprovalRequested):
            await asyncio.sleep(draw * 0.02)
            event.request.accept()
    return told(await turn.run())


async def is_ephemeral(thread: AsyncThread, _draw: float) -> str:
    """A thread for one turn; the server is told when it is let go."""
    once = await thread._client.thread_start(ephemeral=True)
    return told(await once.run(plan("noise", lines=0)))


def approval(handler: Callable[[ApprovalRequest], object] | None) -> Callable[..., Awaitable[str]]:
    """Return a way for a turn with an approval to go."""

    async def run(thread: AsyncThread, _draw: float) -> str:
        return told(await thread.run(plan("approve"), approval_handler=handler))

    return run


@dataclass(frozen=True)
class Kind:
    """A way for a turn to go.

    Attributes:
        name: What happens.
        share: How many in a thousand turns.
        run: Runs one and returns how it ended.
        expected: How it is to end: what `run` returns, or the name of the exception.
    """

    name: str
    share: int
    run: Callable[..., Awaitable[str]]
    expected: str


KINDS = [
    Kind("completes", 300, completes, "completed"),
    Kind("noise around it", 80, lambda thread, draw: of_one_call(thread, "noise", lines=int(draw * 10)), "completed: noise"),
    Kind("told before the reply", 40, lambda thread, _: of_one_call(thread, "noise", lines=4, early=True), "completed: noise"),
    Kind("fails", 60, fails, "failed: as was asked for"),
    Kind("is refused", 40, lambda thread, _: of_one_call(thread, "refuse"), "InvalidRequestError"),
    Kind("is interrupted", 60, is_interrupted, "interrupted: held"),
    Kind("its task is cancelled", 60, is_cancelled, "cancelled"),
    Kind("its stream is left", 40, is_left, "interrupted: held"),
    Kind("is out of time", 40, is_out_of_time, "TurnTimeoutError"),
    Kind("is cancelled as it waits", 30, never_starts, "cancelled, interrupted"),
    Kind("approval accepted", 20, approval(accept_all), "completed: accept"),
    Kind("approval declined", 20, approval(decline_all), "completed: decline"),
    Kind("approval of nobody", 10, approval(None), "completed: decline"),
    Kind("approval on an OS thread", 20, approval(accepts_on_an_os_thread), "completed: accept"),
    Kind("approval after a while", 20, approval(accepts_late), "completed: accept"),
    Kind("approval by its reader", 10, is_answered_by_the_reader, "completed: accept"),
    Kind("approval too late", 20, is_answered_too_late, "interrupted, taken: False"),
    Kind("approval handler raises", 10, approval(raises), "completed: decline"),
    Kind("tool works", 20, lambda thread, _: of_one_call(thread, "call", tool="works"), "completed: success"),
    Kind("tool on an OS thread", 20, lambda thread, _: of_one_call(thread, "call", tool="works_on_an_os_thread"), "completed: success"),
    Kind("tool raises", 20, lambda thread, _: of_one_call(thread, "call", tool="breaks"), "completed: failure"),
    Kind("tool is cut", 10, lambda thread, draw: is_interrupted(thread, draw, "call", tool="waits"), "interrupted: held"),
    Kind("tool unknown", 10, lambda thread, _: of_one_call(thread, "call", tool="none"), "completed: failure"),
    Kind("question unknown", 10, lambda thread, _: of_one_call(thread, "question"), "completed: refused -32601"),
    Kind("end lost, on record", 10, lambda thread, _: of_one_call(thread, "lose", is_recorded=True), "completed: recorded"),
    Kind("end lost, nowhere", 8, lambda thread, _: of_one_call(thread, "lose", is_recorded=False), "TurnStalledError"),
    Kind("thread for one turn", 10, is_ephemeral, "completed: noise"),
    Kind("deaf to the interrupt", 2, lambda thread, draw: is_interrupted(thread, draw, deaf=True), "TurnStalledError"),
]  # fmt: skip


def schedule(turns: int, seed: int) -> list[tuple[Kind, float]]:
    """Return the turns, each with its draw; one of each kind comes first, since some load modules."""
    chance = random.Random(seed)  # noqa: S311 - the same turns each time
    first = [kind for kind in KINDS if kind.share * turns >= 1000]
    others = [kind for kind in first for _ in range(kind.share * turns // 1000 - 1)]
    others += [KINDS[0]] * (turns - len(first) - len(others))
    chance.shuffle(others)
    return [(kind, chance.random()) for kind in (*first, *others)]


# --- what is looked at ---


@dataclass(frozen=True)
class Reading:
    """What the process has while no turn runs."""

    turns: int
    memory_mib: float
    descriptors: int
    os_threads: int
    tasks: int

    @classmethod
    def take(cls, turns: int) -> Reading:
        """Look."""
        gc.collect()
        descriptors = len(os.listdir("/proc/self/fd"))
        return cls(turns, resident_bytes() / 2**20, descriptors, os_threads(), len(asyncio.all_tasks()))

    def __str__(self) -> str:
        return (
            f"{self.turns:>6} turns {self.memory_mib:7.2f} MiB {self.descriptors:3} descriptors "
            f"{self.os_threads:3} OS threads {self.tasks:3} tasks"
        )


def leftovers(codex: AsyncCodex, threads: int) -> dict[str, object]:
    """Return what is in the tables of the client, which are to be empty; and the threads that nobody has any more."""
    engine = codex._engine
    turns, desk, connection = engine.turns, engine.desk, engine._link._connection
    tables = {
        "turns": turns._turns,
        "starts": turns._starts,
        "tasks": turns._tasks,
        "touched": turns._touched,
        "interrupts": turns.interrupter._interrupts,
        "changes": turns.interrupter._changes,
        "asked to end": turns.interrupter._asked._due if turns.interrupter._asked else {},
        "ends due": turns._end_watch._due._due if turns._end_watch._due else {},
        "deadlines": connection._deadlines._due,
        "silence timers": turns._end_watch._silence_timers,
        "sub-agents": turns.sub_agents._turns,
        "questions": desk._open,
        "asked": desk._asked,
        "answered": desk._answered,
        "handlers": desk._running,
        "timers": desk._timers,
        "pending_requests": codex.pending_requests,
        "requests": connection._pending,
        "delayed requests": connection._delayed,
        "commands": engine._commands,
        "listeners": engine._listeners,
    }
    found: dict[str, object] = {name: list(table) for name, table in tables.items() if table}
    if len(turns._threads) > threads:
        found["threads"] = len(turns._threads)
    return found


class Complaints(logging.Handler):
    """Notes what the client logs as an error, other than the handlers that were told to raise."""

    def __init__(self, failures: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.failures = failures

    def emit(self, record: logging.LogRecord) -> None:
        """Note it."""
        if not str(record.msg).startswith("a handler failed"):
            self.failures.append(f"logged: {record.getMessage()} {record.exc_info and record.exc_info[1]!r}")


# --- the run ---


@dataclass
class Soak:
    """One run.

    Attributes:
        codex: The client.
        at_once: How many turns at once.
        outcomes: How many turns of each kind ended as they should.
        failures: What went wrong.
    """

    codex: AsyncCodex
    at_once: int
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    threads: dict[int, tuple[AsyncThread, int]] = field(default_factory=dict)
    started_threads: itertools.count[int] = field(default_factory=itertools.count)

    async def thread_of(self, worker: int) -> AsyncThread:
        """Return the thread of a worker; now and then another one."""
        thread, left = self.threads.get(worker, (None, 0))
        if thread is None or not left:
            thread, left = await self.codex.thread_start(tools=TOOLS), TURNS_OF_A_THREAD
        self.threads[worker] = (thread, left - 1)
        return thread

    async def one(self, kind: Kind, draw: float, worker: int) -> None:
        """Run a turn, and note how it ended."""
        detail = ""
        try:
            outcome = await asyncio.wait_for(kind.run(await self.thread_of(worker), draw), TURN_LIMIT_S)
        except Exception as exc:
            outcome, detail = type(exc).__name__, f" ({exc})"
        if outcome == kind.expected:
            self.outcomes[kind.name] += 1
        else:
            self.failures.append(f"{kind.name}: {outcome}{detail} instead of {kind.expected}")

    async def some(self, turns: list[tuple[Kind, float]]) -> None:
        """Run turns, each worker one after the other."""
        jobs = iter(turns)

        async def work(worker: int) -> None:
            for kind, draw in jobs:
                await self.one(kind, draw, worker)

        await asyncio.gather(*(work(worker) for worker in range(self.at_once)))

    async def calm(self, turns: int, base: Reading | None) -> Reading:
        """Wait until nothing of the turns is left, and look; what stays is a failure."""
        deadline = time.monotonic() + CALM_LIMIT_S
        while True:
            reading = Reading.take(turns)
            found = leftovers(self.codex, self.at_once)
            state = await self.codex.request_raw("soak/state")
            found.update({f"server: {name}": value for name, value in state.items() if value})
            if base is not None and (reading.descriptors, reading.os_threads, reading.tasks) != (
                base.descriptors, base.os_threads, base.tasks,
            ):  # fmt: skip
                found["more than after the warm-up"] = f"{reading} instead of {base}"
            if not found:
                return reading
            if time.monotonic() > deadline:
                self.failures.append(f"left after {turns} turns: {found}")
                return reading
            await asyncio.sleep(0.05)

    async def run(self, turns: list[tuple[Kind, float]]) -> tuple[Reading, Reading]:
        """Run all; return what was there after the warm-up and at the end."""
        interval = max(1, len(turns) // 10)
        base: Reading | None = None
        reading = await self.calm(0, None)
        print(reading, flush=True)
        for begin in range(0, len(turns), interval):
            part = turns[begin : begin + interval]
            await self.some(part)
            reading = await self.calm(begin + len(part), base)
            print(reading, flush=True)
            if base is None and reading.turns >= 2 * interval:
                base = reading
        return base or reading, reading


async def soak(turns: int, at_once: int, seed: int, limit_s: float, server: list[str]) -> bool:
    """Run it, print the verdict, and return whether it is good."""
    began = time.monotonic()
    config = AppServerConfig(launch_args_override=tuple(server), turn_silence_limit_s=TURN_LIMIT_S)
    async with AsyncCodex(config) as codex:
        run = Soak(codex, at_once)
        logging.getLogger("codex_app_server").addHandler(Complaints(run.failures))
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: run.failures.append(f"asyncio: {context}"))
        sys.unraisablehook = lambda args: run.failures.append(f"unraisable: {args.exc_value!r}")
        planned = schedule(turns, seed)
        grown = 0.0
        try:
            base, last = await asyncio.wait_for(run.run(planned), limit_s)
        except asyncio.TimeoutError:
            run.failures.append(f"not at its end after {limit_s:g} s")
        else:
            grown = last.memory_mib - base.memory_mib
            print(f"grown by {grown:.2f} MiB in {last.turns - base.turns} turns (limit {GROWTH_LIMIT_MIB:g})")
            if grown > GROWTH_LIMIT_MIB:
                run.failures.append(f"memory has grown by {grown:.2f} MiB")
    asked = Counter(kind.name for kind, _ in planned)
    for kind in KINDS:
        if asked[kind.name]:
            print(f"{run.outcomes[kind.name]:>6} of {asked[kind.name]:<5} {kind.name}: {kind.expected}")
    for failure in run.failures[:SHOWN_FAILURES]:
        print("FAILED", failure)
    is_good = not run.failures and run.outcomes == asked
    verdict = "good" if is_good else f"bad, {len(run.failures)} failures"
    as_asked = sum(run.outcomes.values())
    print(f"verdict: {verdict}; {as_asked} of {turns} turns as asked, {time.monotonic() - began:.0f} s")
    return is_good


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit-s", type=float, default=900.0, help="the longest that it may take")
    options = parser.parse_args()
    if not Path("/proc/self/statm").exists():
        sys.exit("this needs /proc, which this system does not have")
    logger = logging.getLogger("codex_app_server")
    logger.propagate = False
    # Where even the loop hangs, the process ends all the same.
    faulthandler.dump_traceback_later(options.limit_s + 60, exit=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "templates.json")
        path.write_text(json.dumps(templates()))
        server = [sys.executable, "-E", "-S", str(SERVER), str(path)]
        run = soak(options.turns, options.at_once, options.seed, options.limit_s, server)
        sys.exit(not asyncio.run(run))


if __name__ == "__main__":
    main()
