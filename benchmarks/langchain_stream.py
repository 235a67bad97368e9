"""What a streamed chunk costs in LangChain: `ChatCodex` beside LangChain's own fake streaming models.

    python benchmarks/langchain_stream.py            # about two minutes
    python benchmarks/langchain_stream.py --quick    # one round

Printed is the CPU time of this process for each chunk that the caller gets, end to end with one callback handler,
as medians with the ratio to `FakeListChatModel` on the same face. The server is a stand-in of canned frames in a child
process, so that only the client is measured. In a burst it writes as fast as it can, and the fake model does
not wait; when paced, every delta comes alone, as from a true model, and the fake model sleeps before each chunk.
Each figure is taken in a process of its own. After these: a turn early and late in a conversation, and the import.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from codex_app_server import AppServerConfig
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

ROUNDS = 5
WARM_UP = 200
# Chunks, and the seconds before each. A burst stays below what a reader may fall behind before deltas are joined.
PACES = {"burst": (4000, 0.0), "paced": (1500, 0.001), "turns": (8, 0.0)}
TURNS = 200
# The turns at either end that are compared, after a few to warm up.
WINDOW = 20
SKIPPED = 10


def serve(count: int, pause_s: float) -> None:
    """Be the server: the first turn is one message of a few deltas, further ones are of `count`."""
    from codex_app_server.testing import steps

    results = {
        "initialize": steps.handshake()[1]["result"],
        "thread/start": steps.thread_start()[1]["result"],
    }
    turns = 0
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if message.get("method") == "turn/start":
            turns += 1
            turn_id = f"turn-{turns}"
            _send({"id": message["id"], "result": steps.turn_begin(turn_id)[1]["result"]})
            _send_turn(turn_id, count if turns > 1 else min(count, WARM_UP), pause_s)
        elif "id" in message:
            _send({"id": message["id"], "result": results.get(message["method"], {})})


def _send(message: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


def _send_turn(turn_id: str, count: int, pause_s: float) -> None:
    from codex_app_server.testing import steps

    place = {"threadId": "thread-1", "turnId": turn_id}
    begin, delta, end = steps.turn_message("word ", turn_id=turn_id)
    end["params"]["item"]["text"] = "word " * count
    steps_of_it = [
        *steps.turn_begin(turn_id)[2:4],
        begin,
        *[delta] * count,
        end,
        *steps.turn_end(turn_id=turn_id),
    ]
    for step in steps_of_it:
        if step is delta and pause_s:
            time.sleep(pause_s)
        _send({"method": step["method"], "params": {**step["params"], **place}})


def _server(pace: str) -> AppServerConfig:
    from codex_app_server import AppServerConfig

    return AppServerConfig(launch_args_override=(sys.executable, __file__, "serve", pace))


def _config() -> RunnableConfig:
    from langchain_core.callbacks import AsyncCallbackHandler

    class Listener(AsyncCallbackHandler):
        async def on_llm_new_token(self, token: Any, **_: Any) -> None:
            """Listen."""

    return {"callbacks": [Listener()]}


def _sync_config() -> RunnableConfig:
    from langchain_core.callbacks import BaseCallbackHandler

    class Listener(BaseCallbackHandler):
        def on_llm_new_token(self, token: Any, **_: Any) -> None:
            """Listen."""

    return {"callbacks": [Listener()]}


def _fake_list(pace: str) -> Any:
    from langchain_core.language_models import FakeListChatModel

    count, pause_s = PACES[pace]
    return FakeListChatModel(responses=["w" * WARM_UP, "w" * count], sleep=pause_s or None)


def _fake_generic(pace: str) -> Any:
    from langchain_core.language_models import GenericFakeChatModel

    # It hands out words and the spaces between them.
    return GenericFakeChatModel(
        messages=iter([" ".join("w" * (count // 2)) for count in (WARM_UP, PACES[pace][0])])
    )


async def _cpu_of_async(stream: Callable[[], AsyncIterator[object]]) -> float:
    async for _ in stream():
        pass
    began, chunks = time.process_time(), 0
    async for _ in stream():
        chunks += 1
    return (time.process_time() - began) / chunks * 1e6


def _cpu_of_sync(stream: Callable[[], Iterator[object]]) -> float:
    for _ in stream():
        pass
    began, chunks = time.process_time(), 0
    for _ in stream():
        chunks += 1
    return (time.process_time() - began) / chunks * 1e6


def fake_list_astream(pace: str) -> float:
    """The bound of `astream`."""
    model = _fake_list(pace)
    return asyncio.run(_cpu_of_async(lambda: model.astream("Hi", _config())))


def fake_generic_astream(pace: str) -> float:
    """The other fake model, whose `astream` goes through an executor."""
    model = _fake_generic(pace)
    return asyncio.run(_cpu_of_async(lambda: model.astream("Hi", _config())))


def fake_list_stream(pace: str) -> float:
    """The bound of `stream`."""
    model = _fake_list(pace)
    return _cpu_of_sync(lambda: model.stream("Hi", _sync_config()))


def fake_generic_stream(pace: str) -> float:
    """The other fake model."""
    model = _fake_generic(pace)
    return _cpu_of_sync(lambda: model.stream("Hi", _sync_config()))


def chat_astream(pace: str) -> float:
    """ChatCodex, awaiting."""
    from codex_app_server import Codex
    from langchain_codex import ChatCodex

    with Codex(_server(pace)) as codex:
        model = ChatCodex(codex=codex)
        return asyncio.run(_cpu_of_async(lambda: model.astream("Hi", _config())))


def chat_stream(pace: str) -> float:
    """ChatCodex, blocking."""
    from codex_app_server import Codex
    from langchain_codex import ChatCodex

    with Codex(_server(pace)) as codex:
        model = ChatCodex(codex=codex)
        return _cpu_of_sync(lambda: model.stream("Hi", _sync_config()))


def agent_astream(pace: str) -> float:
    """CodexAgent, awaiting: every chunk goes to a chat-model run of its own as well."""
    from codex_app_server import Codex
    from langchain_codex import CodexAgent

    with Codex(_server(pace)) as codex:
        agent = CodexAgent(codex=codex)
        return asyncio.run(_cpu_of_async(lambda: agent.astream("Hi", _config())))


def core_events(pace: str) -> float:
    """The core client alone, awaiting, without LangChain."""
    from codex_app_server import AsyncCodex

    async def run() -> float:
        async with AsyncCodex(_server(pace)) as codex:

            async def events() -> AsyncIterator[object]:
                thread = await codex.thread_start()
                async for event in (await thread.turn("Hi")).events():
                    yield event

            return await _cpu_of_async(events)

    return asyncio.run(run())


def _cpu_of_turns(invoke: Callable[[list[BaseMessage]], BaseMessage]) -> str:
    """Return the CPU time of a turn early and late in one conversation, in milliseconds."""
    from langchain_core.messages import HumanMessage

    history: list[BaseMessage] = []
    times: list[float] = []
    for number in range(TURNS):
        history.append(HumanMessage(f"Question {number}: " + "word " * 40))
        began = time.process_time()
        answer = invoke(history)
        times.append((time.process_time() - began) * 1e3)
        history.append(answer)
    early = statistics.median(times[SKIPPED : SKIPPED + WINDOW])
    return f"{early} {statistics.median(times[-WINDOW:])}"


def chat_turns() -> str:
    """ChatCodex, which goes on in one thread."""
    from codex_app_server import Codex
    from langchain_codex import ChatCodex

    with Codex(_server("turns")) as codex:
        return _cpu_of_turns(ChatCodex(codex=codex).invoke)


def fake_turns() -> str:
    """What LangChain itself does with a list that grows."""
    from langchain_core.language_models import FakeListChatModel

    return _cpu_of_turns(FakeListChatModel(responses=["word " * 8]).invoke)


def import_times() -> str:
    """The chat models of langchain-core, and this package after them, in milliseconds."""
    began = time.perf_counter()
    importlib.import_module("langchain_core.language_models.chat_models")
    core = time.perf_counter()
    importlib.import_module("langchain_codex")
    return f"{(core - began) * 1e3} {(time.perf_counter() - core) * 1e3}"


PAIRS: dict[str, Callable[[], str]] = {
    "a turn early and late, FakeListChatModel": fake_turns,
    "a turn early and late, ChatCodex": chat_turns,
    "import, langchain-core and ours": import_times,
}
Measure: TypeAlias = "Callable[[str], float]"
SUBJECTS: dict[str, tuple[str, Measure]] = {
    "FakeListChatModel.astream": ("FakeListChatModel.astream", fake_list_astream),
    "GenericFakeChatModel.astream": ("FakeListChatModel.astream", fake_generic_astream),
    "ChatCodex.astream": ("FakeListChatModel.astream", chat_astream),
    "CodexAgent.astream": ("FakeListChatModel.astream", agent_astream),
    "core events": ("FakeListChatModel.astream", core_events),
    "FakeListChatModel.stream": ("FakeListChatModel.stream", fake_list_stream),
    "GenericFakeChatModel.stream": ("FakeListChatModel.stream", fake_generic_stream),
    "ChatCodex.stream": ("FakeListChatModel.stream", chat_stream),
}


def _in_own_process(*arguments: str) -> list[float]:
    command = [sys.executable, str(Path(__file__)), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [float(figure) for figure in done.stdout.split()]


def _show_chunks(pace: str, rounds: int) -> None:
    # GenericFakeChatModel cannot be slowed down.
    names = [name for name in SUBJECTS if pace == "burst" or not name.startswith("Generic")]
    figures: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            figures[name] += _in_own_process(name, pace)
    print(f"\nCPU for a chunk, {pace}, us")
    for name, values in figures.items():
        middle, bound = statistics.median(values), statistics.median(figures[SUBJECTS[name][0]])
        print(f"  {name:<30} {middle:8.1f}  ({min(values):.1f} to {max(values):.1f})  x{middle / bound:.2f}")


def _show_pair(name: str, rounds: int) -> None:
    figures = [_in_own_process(name) for _ in range(rounds)]
    first, second = (statistics.median(values) for values in zip(*figures, strict=True))
    print(f"  {name:<42} {first:8.2f} {second:8.2f}  x{second / first:.2f}")


def main() -> None:
    """Measure everything, or one figure in this process."""
    match sys.argv[1:]:
        case ["serve", pace]:
            serve(*PACES[pace])
            return
        case [subject, pace]:
            print(SUBJECTS[subject][1](pace))
            return
        case [name] if name in PAIRS:
            print(PAIRS[name]())
            return
        case arguments:
            rounds = 1 if "--quick" in arguments else ROUNDS
    for pace in ("burst", "paced"):
        _show_chunks(pace, rounds)
    print("\nCPU and import, ms")
    for name in PAIRS:
        _show_pair(name, rounds)


if __name__ == "__main__":
    main()
