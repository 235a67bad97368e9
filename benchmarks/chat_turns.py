"""What turns of `ChatCodex` take on the true app-server: `python chat_turns.py <subject> <server command...>`.

    capture       the params of its requests, as JSON, for the bound to send the same
    crowd         50 chains in one `abatch`: seconds, the median of a few
    conversation  a conversation of 500 turns: milliseconds of CPU for a turn early and late, of this process and the server

`crowd-raw` and `conversation-raw` do the same turns with the bound, which gets those params in `CHAT_PARAMS`;
`conversation-fake` also gives the history to LangChain's own fake model, after each turn. The model of the server is
scripted and runs in the process that starts this one: `adapters.py` does, and takes the figures.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CHAINS = 50
BATCHES = 5
TURNS = 500
# The error of a server that has too much to do, and the seconds before a request is sent again.
OVERLOADED = -32001
OVERLOADED_S = 0.05
EXITED = "the server of the bound has exited"
# The turns at either end that are compared, after a few to warm up.
SKIPPED = 10
WINDOW = 50


def question(number: int) -> str:
    """Return what is asked."""
    return f"Question {number}: " + "word " * 40


def _codex(argv: list[str]) -> Any:
    from codex_app_server import AppServerConfig, AsyncCodex

    return AsyncCodex(AppServerConfig(launch_args_override=tuple(argv)))


class _Turn:
    """A turn as the bound sees it: made by its first event or the answer to its request, whichever comes first."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.end: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class _Turns(dict[str, _Turn]):
    def __missing__(self, turn: str) -> _Turn:
        self[turn] = made = _Turn()
        return made


class _RawChat(asyncio.SubprocessProtocol):
    """The bound, sending what ChatCodex sends: as `clients/raw.py`, for a true server, which may refuse and fail."""

    def __init__(self) -> None:
        self.params = json.loads(os.environ["CHAT_PARAMS"])
        self.ids = itertools.count()
        self.rest = b""
        self.replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.turns = _Turns()
        self.exited: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self, argv: list[str]) -> None:
        self.transport, _ = await asyncio.get_running_loop().subprocess_exec(lambda: self, *argv, stderr=None)
        self.pipe: Any = self.transport.get_pipe_transport(0)
        await self.request("initialize", self.params["initialize"])
        self.pipe.write(b'{"method":"initialized"}\n')

    async def close(self) -> None:
        self.pipe.close()
        await self.exited
        self.transport.close()

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - of the protocol
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            method = message.get("method")
            if method == "item/agentMessage/delta":
                params = message["params"]
                self.turns[params["turnId"]].parts.append(params["delta"])
            elif method == "turn/completed":
                turn = message["params"]["turn"]
                end = self.turns[turn["id"]].end
                if turn["status"] == "completed":
                    end.set_result(None)
                else:
                    end.set_exception(RuntimeError(f"a turn of the bound ended: {turn}"))
            elif method is None:
                self.replies.pop(message["id"]).set_result(message)

    def process_exited(self) -> None:
        self.exited.set_result(None)
        for waiting in [*self.replies.values(), *(turn.end for turn in self.turns.values())]:
            if not waiting.done():
                waiting.set_exception(RuntimeError(EXITED))

    async def request(self, method: str, params: dict[str, Any]) -> Any:
        while not self.exited.done():
            number = next(self.ids)
            self.replies[number] = reply = asyncio.get_running_loop().create_future()
            self.pipe.write(json.dumps({"id": number, "method": method, "params": params}).encode() + b"\n")
            answer = await reply
            if "error" not in answer:
                return answer["result"]
            if answer["error"]["code"] != OVERLOADED:
                raise RuntimeError(f"the server refused {method} of the bound: {answer['error']}")
            await asyncio.sleep(OVERLOADED_S)
        raise RuntimeError(EXITED)

    async def thread(self) -> str:
        return (await self.request("thread/start", self.params["thread/start"]))["thread"]["id"]

    async def turn(self, thread: str, text: str) -> str:
        items: list[dict[str, Any]] = [{"type": "text", "text": text, "text_elements": []}]
        params = {**self.params["turn/start"], "threadId": thread, "input": items}
        turn_id = (await self.request("turn/start", params))["turn"]["id"]
        turn = self.turns[turn_id]
        await turn.end
        del self.turns[turn_id]
        return "".join(turn.parts)


async def capture(argv: list[str]) -> object:
    """Return what ChatCodex sends."""
    from codex_app_server import AppServerConfig, AsyncCodex
    from langchain_codex import ChatCodex

    sent: dict[str, Any] = {}

    def see(message: Any) -> None:
        if message.is_sent and message.method in {"initialize", "thread/start", "turn/start"}:
            sent[message.method] = message.body["params"]

    async with AsyncCodex(AppServerConfig(launch_args_override=tuple(argv)), message_hook=see) as codex:
        await ChatCodex(codex=codex).ainvoke(question(0))
    return sent


async def _crowd(once: Callable[[], Awaitable[int]]) -> float:
    await once()
    times: list[float] = []
    for _ in range(BATCHES):
        began = time.perf_counter()
        characters = await once()
        times.append(time.perf_counter() - began)
        assert characters > CHAINS
    return statistics.median(times)


async def crowd(argv: list[str]) -> object:
    """Many chains at once."""
    from langchain_codex import ChatCodex
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate

    async with _codex(argv) as codex:
        chain = ChatPromptTemplate([("user", "{text}")]) | ChatCodex(codex=codex) | StrOutputParser()

        async def once() -> int:
            return len("".join(await chain.abatch([{"text": question(number)} for number in range(CHAINS)])))

        return await _crowd(once)


async def crowd_raw(argv: list[str]) -> object:
    """The same turns."""
    chat = _RawChat()
    await chat.open(argv)

    async def one(number: int) -> str:
        return await chat.turn(await chat.thread(), question(number))

    async def once() -> int:
        return len("".join(await asyncio.gather(*(one(number) for number in range(CHAINS)))))

    took = await _crowd(once)
    await chat.close()
    return took


async def _conversation(ask: Callable[[int], Awaitable[object]], server: int) -> object:
    process = psutil.Process(server)
    marks = {SKIPPED, SKIPPED + WINDOW, TURNS - WINDOW, TURNS}
    seen: dict[int, dict[str, float]] = {}
    for number in range(TURNS + 1):
        if number in marks:
            times = process.cpu_times()
            seen[number] = {"client": time.process_time(), "server": times.user + times.system}
        if number < TURNS:
            await ask(number)

    def spent(first: int, last: int) -> dict[str, float]:
        return {name: (seen[last][name] - seen[first][name]) / WINDOW * 1e3 for name in seen[first]}

    return {"early": spent(SKIPPED, SKIPPED + WINDOW), "late": spent(TURNS - WINDOW, TURNS)}


async def conversation(argv: list[str]) -> object:
    """A long conversation, whose whole history the caller gives each time."""
    from langchain_codex import ChatCodex
    from langchain_core.messages import HumanMessage

    async with _codex(argv) as codex:
        model = ChatCodex(codex=codex)
        history: list[Any] = []

        async def ask(number: int) -> None:
            history.append(HumanMessage(question(number)))
            history.append(await model.ainvoke(history))

        [server] = psutil.Process().children()
        return await _conversation(ask, server.pid)


async def conversation_raw(argv: list[str]) -> object:
    """The same turns in one thread."""
    chat = _RawChat()
    await chat.open(argv)
    thread = await chat.thread()
    figures = await _conversation(
        lambda number: chat.turn(thread, question(number)), chat.transport.get_pid()
    )
    await chat.close()
    return figures


async def conversation_fake(argv: list[str]) -> object:
    """The same turns, and the history given to a fake model: what LangChain takes for it."""
    from langchain_core.language_models import FakeListChatModel
    from langchain_core.messages import HumanMessage

    chat = _RawChat()
    await chat.open(argv)
    thread = await chat.thread()
    model = FakeListChatModel(responses=["An answer of some words."])
    history: list[Any] = []

    async def ask(number: int) -> None:
        await chat.turn(thread, question(number))
        history.append(HumanMessage(question(number)))
        history.append(await model.ainvoke(history))

    figures = await _conversation(ask, chat.transport.get_pid())
    await chat.close()
    return figures


SUBJECTS: dict[str, Callable[[list[str]], Awaitable[object]]] = {
    "capture": capture,
    "crowd": crowd,
    "crowd-raw": crowd_raw,
    "conversation": conversation,
    "conversation-raw": conversation_raw,
    "conversation-fake": conversation_fake,
}


async def main() -> None:
    """Take one figure."""
    subject, *argv = sys.argv[1:]
    print(json.dumps(await SUBJECTS[subject](argv)))


if __name__ == "__main__":
    asyncio.run(main())
