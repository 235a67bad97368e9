"""What a streamed delta costs in LlamaIndex: `CodexAgent` beside `FunctionAgent` with a mock model that streams.

    python benchmarks/llama_index_stream.py            # about a minute
    python benchmarks/llama_index_stream.py --quick    # one round

Printed is the CPU time of this process for each `AgentStream` that the caller gets, end to end, as medians with the
ratio to `FunctionAgent`; `traced` means that an event handler listens to the instrumentation. The server is a stand-in
of canned frames in a child process, so that only the client is measured. In a burst it writes as fast as it can, and
the mock model does not wait; when paced, every delta comes alone, as from a true model, and the mock model sleeps
before each piece. Each figure is taken in a process of its own. At the end: fails if the promised ratio is exceeded.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
TIMEOUT_S = 120
WARM_UP = 200
# Deltas, and the seconds before each. A burst stays below what a reader may fall behind before deltas are joined.
PACES = {"burst": (4000, 0.0), "paced": (1500, 0.001)}
PROMISED = 1.5


def serve(count: int, pause_s: float) -> None:
    """Be the server: the first turn is one message of a few deltas, further ones are of `count`."""
    from codex_app_server.testing import steps

    results = {
        "initialize": steps.handshake()[1]["result"],
        "thread/start": steps.thread_start()[1]["result"],
        "turn/start": steps.turn_begin()[1]["result"],
    }
    turns = 0
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "id" in message:
            _send({"id": message["id"], "result": results.get(message["method"], {})})
        if message.get("method") == "turn/start":
            turns += 1
            _send_turn(count if turns > 1 else WARM_UP, pause_s)


def _send(message: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


def _send_turn(count: int, pause_s: float) -> None:
    from codex_app_server.testing import steps

    place = {"threadId": "thread-1", "turnId": "turn-1"}
    begin, delta, end = steps.turn_message("word ")
    cast("Any", end)["params"]["item"]["text"] = "word " * count
    for step in [*steps.turn_begin()[2:4], begin, *[delta] * count, end, *steps.turn_end()]:
        if step is delta and pause_s:
            time.sleep(pause_s)
        _send({"method": step["method"], "params": {**cast("Any", step["params"]), **place}})


def _function_agent(pace: str) -> Any:
    from llama_index.core.agent.workflow import FunctionAgent
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse
    from llama_index.core.llms.callbacks import llm_chat_callback
    from llama_index.core.llms.mock import MockFunctionCallingLLM

    counts = iter([WARM_UP, PACES[pace][0]])
    pause_s = PACES[pace][1]

    class Streaming(MockFunctionCallingLLM):
        @llm_chat_callback()
        async def astream_chat(self, *_: Any, **__: Any) -> Any:
            async def pieces() -> Any:
                text = ""
                for _ in range(next(counts)):
                    await asyncio.sleep(pause_s)
                    text += "word "
                    message = ChatMessage(role="assistant", content=text)
                    yield ChatResponse(message=message, delta="word ")

            return pieces()

    return FunctionAgent(llm=Streaming())


async def _cpu_of(agent: Any) -> float:
    from llama_index.core.agent.workflow import AgentStream

    async def run() -> int:
        handler = agent.run(user_msg="Hi")
        count = 0
        async for event in handler.stream_events():
            count += type(event) is AgentStream
        await handler
        return count

    await run()
    began = time.process_time()
    count = await run()
    return (time.process_time() - began) / count * 1e6


def _listen() -> None:
    from llama_index_instrumentation import get_dispatcher
    from llama_index_instrumentation.event_handlers import BaseEventHandler

    class Listener(BaseEventHandler):
        def handle(self, event: Any, **_: Any) -> None:
            """Listen."""

    get_dispatcher("root").add_event_handler(Listener())


def function_agent(pace: str) -> float:
    """The bound."""
    return asyncio.run(_cpu_of(_function_agent(pace)))


def function_agent_traced(pace: str) -> float:
    """The bound, with a listener."""
    _listen()
    return function_agent(pace)


def codex_agent(pace: str) -> float:
    """CodexAgent."""
    from codex_app_server import AppServerConfig, AsyncCodex
    from llama_index.agent.codex import CodexAgent

    async def run() -> float:
        config = AppServerConfig(launch_args_override=(sys.executable, __file__, "serve", pace))
        async with AsyncCodex(config) as client:
            return await _cpu_of(CodexAgent(codex=client))

    return asyncio.run(run())


def codex_agent_traced(pace: str) -> float:
    """CodexAgent, with a listener."""
    _listen()
    return codex_agent(pace)


SUBJECTS: dict[str, tuple[str, Callable[[str], float]]] = {
    "FunctionAgent": ("FunctionAgent", function_agent),
    "CodexAgent": ("FunctionAgent", codex_agent),
    "FunctionAgent, traced": ("FunctionAgent, traced", function_agent_traced),
    "CodexAgent, traced": ("FunctionAgent, traced", codex_agent_traced),
}


def _in_own_process(subject: str, pace: str) -> float:
    command = [sys.executable, str(Path(__file__)), subject, pace]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT_S)
    return float(done.stdout)


def main() -> None:
    """Measure everything, or one figure in this process."""
    match sys.argv[1:]:
        case ["serve", pace]:
            serve(*PACES[pace])
            return
        case [subject, pace]:
            print(SUBJECTS[subject][1](pace))
            return
        case arguments:
            rounds = 1 if "--quick" in arguments else ROUNDS
    worst = 0.0
    for pace in PACES:
        figures: dict[str, list[float]] = {name: [] for name in SUBJECTS}
        for _ in range(rounds):
            for name, values in figures.items():
                values.append(_in_own_process(name, pace))
        print(f"\nCPU for a delta, {pace}, us")
        for name, values in figures.items():
            middle = statistics.median(values)
            ratio = middle / statistics.median(figures[SUBJECTS[name][0]])
            worst = max(worst, ratio)
            print(f"  {name:<24} {middle:8.1f}  ({min(values):.1f} to {max(values):.1f})  x{ratio:.2f}")
    if worst > PROMISED:
        sys.exit(f"x{worst:.2f} is more than x{PROMISED}")


if __name__ == "__main__":
    main()
