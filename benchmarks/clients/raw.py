"""The bound: an asyncio pipe protocol that splits lines, calls `json.loads` and hands the text to the right turn."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

IS_ASYNC = True


class _Protocol(asyncio.SubprocessProtocol):
    def __init__(self, client: Client) -> None:
        self.client = client
        self.rest = b""
        self.ended = asyncio.get_running_loop().create_future()

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - of the protocol
        *lines, self.rest = (self.rest + data).split(b"\n")
        client = self.client
        for line in lines:
            message = json.loads(line)
            method = message.get("method")
            if method == "item/agentMessage/delta":
                params = message["params"]
                client.sinks[params["turnId"]](params["delta"])
            elif method == "turn/completed":
                turn = message["params"]["turn"]["id"]
                client.sinks.pop(turn, None)
                client.ends.pop(turn).set_result(None)
            elif method is None:
                client.replies.pop(message["id"])(message.get("result"))

    def process_exited(self) -> None:
        self.ended.set_result(None)


class Client:
    """Nothing that could be left out is in here."""

    async def open(self, argv: list[str], handshake: dict[str, Any] | None = None) -> None:
        self.ids = itertools.count()
        self.replies: dict[int, Callable[[Any], None]] = {}
        self.sinks: dict[str, Callable[[str], None]] = {}
        self.ends: dict[str, asyncio.Future[None]] = {}
        self.transport, self.protocol = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Protocol(self), *argv, stderr=None
        )
        self.pipe: Any = self.transport.get_pipe_transport(0)
        await self.request("initialize", handshake or {"clientInfo": {"name": "raw", "version": "0"}})
        self.pipe.write(b'{"method":"initialized"}\n')

    async def close(self) -> None:
        self.pipe.close()
        await self.protocol.ended
        self.transport.close()

    def send(self, method: str, params: dict[str, Any], on_reply: Callable[[Any], None]) -> None:
        number = next(self.ids)
        self.replies[number] = on_reply
        self.pipe.write(json.dumps({"id": number, "method": method, "params": params}).encode() + b"\n")

    async def request(self, method: str, params: dict[str, Any]) -> Any:
        reply = asyncio.get_running_loop().create_future()
        self.send(method, params, reply.set_result)
        return await reply

    async def thread(self) -> str:
        return (await self.request("thread/start", {}))["thread"]["id"]

    async def start(self, thread: str, prompt: str, on_text: Callable[[str], None]) -> tuple[str, str]:
        begun = asyncio.get_running_loop().create_future()

        def accepted(result: Any) -> None:
            # Here, since the text follows at once.
            turn = result["turn"]["id"]
            self.sinks[turn] = on_text
            self.ends[turn] = asyncio.get_running_loop().create_future()
            begun.set_result((turn, self.ends[turn]))

        params = {"threadId": thread, "input": [{"type": "text", "text": prompt}]}
        self.send("turn/start", params, accepted)
        turn, end = await begun
        return (thread, turn, end)

    async def drain(self, thread: str, prompt: str, on_text: Callable[[str], None]) -> None:
        _, _, end = await self.start(thread, prompt, on_text)
        await end

    async def hold(self, thread: str, prompt: str) -> Any:
        return await self.start(thread, prompt, print)

    async def interrupt(self, held: Any) -> None:
        thread, turn, end = held
        await self.request("turn/interrupt", {"threadId": thread, "turnId": turn})
        await end
