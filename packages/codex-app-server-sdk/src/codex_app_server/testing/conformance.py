"""Conformance kit: recorded turns are replayed through an adapter or a client, and what its user sees is checked.

The author of an adapter writes one function, the drive, that runs one turn and tells what the user saw:

    def drive(replay):
        agent = MyAgent(config=replay.config, tools=replay.tools)
        for chunk in agent.stream(replay.prompt):
            ...
            yield conformance.Text(chunk.text)
        yield conformance.Final(agent.answer)

    @pytest.mark.parametrize("recorded", conformance.RECORDED_TURNS, ids=str)
    def test_my_adapter(recorded):
        conformance.check(recorded, drive)

An adapter takes a client of any kind: give it a `BareClient`, which has what it may count on and no more. A client of
another kind (`CodexClient`) needs no drive, only a function that opens it with a configuration: see `check_client` and
`acheck_client`.
"""

from __future__ import annotations

import gc
import threading
import time
import unittest
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from codex_app_server.testing import steps
from codex_app_server.testing._bare_client import AsyncBareClient, BareClient
from codex_app_server.testing._client_drive import async_client_drive, client_drive, of_event
from codex_app_server.testing._recorded import SENTINEL, STOPPED, Answer, RecordedTurn
from codex_app_server.testing._recordings import RECORDED_TURNS
from codex_app_server.testing._trace import (
    Diff,
    Facet,
    Final,
    Plan,
    Reasoning,
    Seen,
    Text,
    ToolBegan,
    ToolEnded,
    Used,
)
from codex_app_server.testing._verdict import has_seen_all, problems, visible
from codex_app_server.testing.fake_server import FakeServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Collection, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from typing_extensions import Self

    from codex_app_server.config import AppServerConfig
    from codex_app_server.interface import AsyncCodexClient, CodexClient
    from codex_app_server.json_types import JsonObject

__all__ = [
    "RECORDED_TURNS",
    "Answer",
    "AsyncBareClient",
    "BareClient",
    "ConformanceError",
    "Diff",
    "Facet",
    "Final",
    "Plan",
    "Reasoning",
    "RecordedTurn",
    "Replay",
    "Seen",
    "Text",
    "ToolBegan",
    "ToolEnded",
    "Used",
    "acheck",
    "acheck_client",
    "check",
    "check_client",
    "of_event",
]

_Way: TypeAlias = Literal["read", "close", "cancel"]
_SEEN = (Text, Reasoning, ToolBegan, ToolEnded, Used, Plan, Diff, Final)
# What has to follow when a turn was left takes some 10 ms; what has not come after this time never will.
_STOP_S = 3.0
_POLL_S = 0.05
_STDIN_CLOSED = "stdin was closed"


class ConformanceError(AssertionError):
    """The adapter shows a turn otherwise than it is.

    Args:
        recorded: The turn.
        problems: What is wrong.
        seen: What was seen.

    Attributes:
        recorded: The turn.
        problems: What is wrong, one sentence each.
        seen: What was seen.
    """

    def __init__(self, recorded: RecordedTurn, problems: Sequence[str], seen: Sequence[Seen]) -> None:
        self.recorded = recorded
        self.problems = tuple(problems)
        self.seen = tuple(seen)
        lines = [f"turn {recorded.name!r}: {recorded.about}", *(f"  - {problem}" for problem in problems)]
        super().__init__("\n".join([*lines, f"  seen: {list(seen)!r}"]))

    def __reduce__(self) -> tuple[type[Self], tuple[RecordedTurn, Sequence[str], Sequence[Seen]]]:
        return type(self), (self.recorded, self.problems, self.seen)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a drive needs to run the one turn that is replayed.

    Attributes:
        recorded: The turn.
        config: The configuration that launches the replay, in place of a server.
        prompt: What to say to the agent; the replay does not mind.
        tools: Python functions to offer to the agent, in the way in which the adapter's users do.
        approval: What the user decides when asked: True for yes; None when nobody decides.
    """

    recorded: RecordedTurn
    config: AppServerConfig
    prompt: str
    tools: tuple[Callable[..., object], ...]
    approval: bool | None


def check(
    recorded: RecordedTurn,
    drive: Callable[[Replay], Iterable[Seen]],
    *,
    leaves_out: Collection[Facet] = (),
    also_asks: Sequence[str] = (),
    timeout_s: float = 10.0,
) -> None:
    """Replay a turn through an adapter and check what its user sees.

    Args:
        recorded: The turn; see `RECORDED_TURNS`.
        drive: Runs one turn with the adapter, and yields what the user sees while it runs. It is left in the
            middle of some turns, as a generator is closed.
        leaves_out: What the adapter does not show or offer, on purpose.
        also_asks: Methods of requests that the adapter sends between `thread/start` and `turn/start`.
        timeout_s: Seconds after which a replay is given up.

    Raises:
        ConformanceError: Something is not as it should be.
        unittest.SkipTest: The turn is about something that the adapter leaves out; test runners skip then.
    """
    run = _Run(recorded, frozenset(leaves_out), also_asks, timeout_s)
    if recorded.is_left and not run.shows_progress:
        raise unittest.SkipTest(
            "a blocking adapter that shows nothing of a running turn cannot be left in it"
        )
    with run.server:
        try:
            run.collect(drive)
            if recorded.is_left:
                run.wait_stopped()
        finally:
            _close_idle()
        run.judge()


async def acheck(
    recorded: RecordedTurn,
    drive: Callable[[Replay], AsyncIterable[Seen]],
    *,
    leaves_out: Collection[Facet] = (),
    also_asks: Sequence[str] = (),
    timeout_s: float = 10.0,
) -> None:
    """Replay a turn through an awaiting adapter; on asyncio and trio, otherwise as `check`.

    A turn that is to be left is replayed twice: once the drive is closed, once it is cancelled while it waits.
    """
    from anyio import to_thread  # noqa: PLC0415 - not for blocking adapters

    ways: tuple[_Way, ...] = ("close", "cancel") if recorded.is_left else ("read",)
    for way in ways:
        run = _Run(recorded, frozenset(leaves_out), also_asks, timeout_s)
        if way == "close" and not run.shows_progress:
            continue
        with run.server:
            try:
                await run.acollect(drive, way)
                if recorded.is_left:
                    await to_thread.run_sync(run.wait_stopped)
            finally:
                await to_thread.run_sync(_close_idle)
            run.judge()


def check_client(
    recorded: RecordedTurn,
    open_client: Callable[[AppServerConfig], AbstractContextManager[CodexClient]],
    *,
    also_asks: Sequence[str] = (),
    timeout_s: float = 10.0,
) -> None:
    """Replay a turn through a client for blocking code, and check what its user sees: nothing may be left out.

        @pytest.mark.parametrize("recorded", conformance.RECORDED_TURNS, ids=str)
        def test_my_client(recorded):
            conformance.check_client(recorded, lambda config: MyCodex(config))

    Args:
        recorded: The turn; see `RECORDED_TURNS`.
        open_client: Returns the client, or what gives it in a `with`, of a server that the configuration launches;
            the command line in it works in any process of this machine.
        also_asks: As for `check`.
        timeout_s: As for `check`.

    Raises:
        ConformanceError: Something is not as it should be.
    """
    check(recorded, client_drive(open_client), also_asks=also_asks, timeout_s=timeout_s)


async def acheck_client(
    recorded: RecordedTurn,
    open_client: Callable[[AppServerConfig], AbstractAsyncContextManager[AsyncCodexClient]],
    *,
    also_asks: Sequence[str] = (),
    timeout_s: float = 10.0,
) -> None:
    """Replay a turn through a client for code that awaits; on asyncio and trio, otherwise as `check_client`."""
    await acheck(recorded, async_client_drive(open_client), also_asks=also_asks, timeout_s=timeout_s)


def _close_idle() -> None:
    """End the servers of replays whose adapter has let go of them."""
    from codex_app_server.shared import SharedCodex  # noqa: PLC0415 - only when there was a replay

    gc.collect()
    SharedCodex.close_idle()


def get_weather(city: str) -> str:
    """Return the weather in a city.

    Args:
        city: The city.
    """
    return f"{city}: sunny"


class _Run:
    """One replay: the server, what was seen of it, and what came back to it."""

    def __init__(
        self, recorded: RecordedTurn, leaves_out: frozenset[Facet], also_asks: Sequence[str], timeout_s: float
    ) -> None:
        missing = sorted(recorded.needs & leaves_out)
        if missing:
            raise unittest.SkipTest(f"the adapter leaves out {', '.join(missing)}")
        self.recorded = recorded
        self._leaves_out = leaves_out
        self._timeout_s = timeout_s
        self._seen: list[Seen] = []
        self._raised: Exception | None = None
        self._wrong: list[str] = []
        self._was_left = False
        self._known = {*_EXPECTED_METHODS, *also_asks}
        asked = [step for method in also_asks for step in (steps.expect(method), steps.reply({}))]
        scenario = [*steps.handshake(), *steps.thread_start(), *asked, *recorded.steps, steps.hang()]
        # A drive that waits for what never comes is freed by the end of the server.
        self.server = FakeServer(scenario, max_life_s=timeout_s, raise_errors=False)
        self.shows_progress = bool(visible(recorded, leaves_out))

    def _replay(self) -> Replay:
        tools = (get_weather,) if "python_tools" in self.recorded.needs else ()
        return Replay(self.recorded, self.server.config, "Do it.", tools, self.recorded.approval)

    def _take(self, piece: object) -> bool:
        """Note what was seen; whether the turn is to be left now."""
        if not isinstance(piece, _SEEN):
            kinds = ", ".join(kind.__name__ for kind in _SEEN)
            self._wrong.append(f"the drive yielded {piece!r}: yield {kinds} of this module")
            return False
        self._seen.append(piece)
        self._was_left = self.recorded.is_left and has_seen_all(self.recorded, self._seen, self._leaves_out)
        return self._was_left

    def collect(self, drive: Callable[[Replay], Iterable[Seen]]) -> None:
        """Run a blocking drive, and leave it where it is to be left."""
        try:
            pieces = iter(drive(self._replay()))
            for piece in pieces:
                if self._take(piece):
                    # An iterator that cannot be closed is left when it is collected.
                    getattr(pieces, "close", _nothing)()
                    return
        except Exception as error:
            self._raised = error

    async def acollect(self, drive: Callable[[Replay], AsyncIterable[Seen]], way: _Way) -> None:
        """Run an awaiting drive, and leave it where it is to be left."""
        import anyio  # noqa: PLC0415 - not for blocking adapters

        is_due = anyio.Event()
        scope = anyio.CancelScope()

        async def read() -> None:
            with scope:
                await self._read(drive, is_due.set, closes=way == "close")
            is_due.set()

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            if way == "cancel":
                if self.shows_progress:
                    await is_due.wait()
                else:
                    await anyio.to_thread.run_sync(self._wait_held)
                scope.cancel()

    async def _read(
        self, drive: Callable[[Replay], AsyncIterable[Seen]], on_due: Callable[[], object], *, closes: bool
    ) -> None:
        try:
            pieces = aiter(drive(self._replay()))
            async for piece in pieces:
                if self._take(piece):
                    on_due()
                    if closes:
                        await getattr(pieces, "aclose", _nothing_async)()
                        return
        except Exception as error:
            self._raised = error

    def _wait_held(self) -> None:
        """Wait until the client has read all that the server sends before it is left."""
        pause = threading.Event()
        deadline = time.monotonic() + self._timeout_s
        while time.monotonic() < deadline:
            if _answers_to(SENTINEL, self.server.received):
                self._was_left = True
                return
            pause.wait(_POLL_S)

    def wait_stopped(self) -> None:
        """Wait for what has to follow when a turn was left, or for the end of the server, which ends it as well."""
        deadline = time.monotonic() + min(_STOP_S, self._timeout_s / 2)
        while self._was_left and _STDIN_CLOSED not in (self.server.error or ""):
            try:
                self.server.wait_reached(STOPPED, _POLL_S)
            except TimeoutError:
                if time.monotonic() < deadline:
                    continue
                self._wrong += self._not_stopped()
            self.server.release(STOPPED)
            return

    def _not_stopped(self) -> list[str]:
        sent = {message.get("method") for message in self.server.received}
        wanted = ["turn/interrupt"]
        if any("thread/backgroundTerminals/clean" in step.values() for step in self.recorded.steps):
            wanted.append("thread/backgroundTerminals/clean")
        missing = " and ".join(method for method in wanted if method not in sent)
        return [
            (
                f"the turn was left and runs on: no {missing or 'end of it'} came; do not detach the stream of events, and let "
                "a cancellation and the closing of an iterator reach it (`with turn.events() as events:`)"
            )
        ]

    def judge(self) -> None:
        """Raise if something was not as it should be.

        Raises:
            ConformanceError: So it was.
        """
        wrong = [*self._wrong, *self._of_the_server()]
        if self.recorded.is_left and not self._was_left:
            wrong.append(
                "nothing could be left: what was sent was not seen while the turn ran; pass events on as they come, "
                "and name in leaves_out what the adapter shows only in the end"
            )
        else:
            wrong += problems(self.recorded, self._seen, self._raised, self._leaves_out)
        if wrong:
            raise ConformanceError(self.recorded, wrong, self._seen) from self._raised

    def _of_the_server(self) -> list[str]:
        received = self.server.received
        found: list[str] = []
        error = None if self._was_left else self.server.error
        if error is not None:
            found.append(f"the replay came to a halt: {error}")
            unknown = {str(message["method"]) for message in received if "method" in message} - self._known
            if unknown:
                found.append(f"the replay does not answer {sorted(unknown)}: name them in also_asks")
        for answer in self.recorded.answers:
            found += _answered(answer, received)
        return found


_EXPECTED_METHODS = frozenset({
    "initialize", "initialized", "thread/start", "turn/start", "turn/interrupt", "thread/backgroundTerminals/clean",
    "thread/unsubscribe",
})  # fmt: skip


def _answers_to(request_id: int, received: Sequence[JsonObject]) -> list[JsonObject]:
    return [message for message in received if message.get("id") == request_id and "method" not in message]


def _answered(answer: Answer, received: Sequence[JsonObject]) -> list[str]:
    given = _answers_to(answer.id, received)
    if len(given) != 1:
        return [f"{answer.question} was answered {len(given)} times instead of once"]
    if answer.result is None:
        return [] if "error" in given[0] else [f"{answer.question} was answered {given[0]!r}, not refused"]
    if given[0].get("result") != answer.result:
        shown = given[0].get("result", given[0].get("error"))
        return [f"{answer.question} was answered with {shown!r} instead of {answer.result!r}"]
    return []


def _nothing() -> None:
    return


async def _nothing_async() -> None:
    return
