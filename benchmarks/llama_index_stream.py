"""What a streamed delta costs in LlamaIndex: `python llama_index_stream.py <subject> <pace>` prints one figure.

It is the CPU time of this process for each `AgentStream` that the caller gets, in microseconds, end to end; `traced`
means that an event handler listens to the instrumentation. Server and paces are those of `canned.py`; the mock model
sleeps before each piece where the server waits. `adapters.py` takes the figures.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, Any

import canned

if TYPE_CHECKING:
    from collections.abc import Callable


def _function_agent(pace: str) -> Any:
    from llama_index.core.agent.workflow import FunctionAgent
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse
    from llama_index.core.llms.callbacks import llm_chat_callback
    from llama_index.core.llms.mock import MockFunctionCallingLLM

    counts = iter([canned.WARM_UP, canned.PACES[pace][0]])
    pause_s = canned.PACES[pace][1]

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
    from codex_app_server import AsyncCodex
    from llama_index.agent.codex import CodexAgent

    async def run() -> float:
        async with AsyncCodex(canned.config(pace)) as client:
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


def main() -> None:
    """Take one figure."""
    match sys.argv[1:]:
        case [subject, pace]:
            print(SUBJECTS[subject][1](pace))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
