"""What a streamed chunk costs in LangChain: `python langchain_stream.py <subject> <pace>` prints one figure.

It is the CPU time of this process for each chunk that the caller gets, in microseconds, end to end with one callback
handler. The server is a stand-in of canned frames in a child process, so that only the client is measured. In a burst
it writes as fast as it can, and the fake model does not wait; when paced, every delta comes alone, as from a true
model, and the fake model sleeps before each chunk. `adapters.py` takes the figures.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import time
from typing import TYPE_CHECKING, Any, TypeAlias

import canned

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from langchain_core.runnables import RunnableConfig


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

    count, pause_s = canned.PACES[pace]
    return FakeListChatModel(responses=["w" * canned.WARM_UP, "w" * count], sleep=pause_s or None)


def _fake_generic(pace: str) -> Any:
    from langchain_core.language_models import GenericFakeChatModel

    # It hands out words and the spaces between them.
    return GenericFakeChatModel(
        messages=iter([" ".join("w" * (count // 2)) for count in (canned.WARM_UP, canned.PACES[pace][0])])
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

    with Codex(canned.config(pace)) as codex:
        model = ChatCodex(codex=codex)
        return asyncio.run(_cpu_of_async(lambda: model.astream("Hi", _config())))


def chat_stream(pace: str) -> float:
    """ChatCodex, blocking."""
    from codex_app_server import Codex
    from langchain_codex import ChatCodex

    with Codex(canned.config(pace)) as codex:
        model = ChatCodex(codex=codex)
        return _cpu_of_sync(lambda: model.stream("Hi", _sync_config()))


def agent_astream(pace: str) -> float:
    """CodexAgent, awaiting: every chunk goes to a chat-model run of its own as well."""
    from codex_app_server import Codex
    from langchain_codex import CodexAgent

    with Codex(canned.config(pace)) as codex:
        agent = CodexAgent(codex=codex)
        return asyncio.run(_cpu_of_async(lambda: agent.astream("Hi", _config())))


def core_events(pace: str) -> float:
    """The core client alone, awaiting, without LangChain."""
    from codex_app_server import AsyncCodex

    async def run() -> float:
        async with AsyncCodex(canned.config(pace)) as codex:

            async def events() -> AsyncIterator[object]:
                thread = await codex.thread_start()
                async for event in (await thread.turn("Hi")).events():
                    yield event

            return await _cpu_of_async(events)

    return asyncio.run(run())


def import_times() -> str:
    """The chat models of langchain-core, and this package after them, in milliseconds."""
    began = time.perf_counter()
    importlib.import_module("langchain_core.language_models.chat_models")
    core = time.perf_counter()
    importlib.import_module("langchain_codex")
    return f"{(core - began) * 1e3} {(time.perf_counter() - core) * 1e3}"


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


def main() -> None:
    """Take one figure."""
    match sys.argv[1:]:
        case ["import"]:
            print(import_times())
        case [subject, pace]:
            print(SUBJECTS[subject][1](pace))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
