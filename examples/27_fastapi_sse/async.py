"""A web endpoint that streams a turn as server-sent events, and interrupts it when the browser leaves.

    python examples/27_fastapi_sse/async.py [--live]

To serve it for good: `uvicorn --app-dir examples/27_fastapi_sse --factory async:live_app`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import uvicorn
from codex_app_server import AppServerConfig, AsyncCodex, TextDelta, ToolFinished, ToolStarted, TurnFinished
from codex_app_server.testing import Script, scripted_codex, text
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from codex_app_server import AsyncTurn, Event

# What the scripted model says.
SCRIPT = (
    Script()
    .when("short", text("A short answer.", pace_s=0.01))
    .when("long", text("On and on. " * 500, pace_s=0.05))
)


def to_sse(event: Event) -> str | None:
    """Return what of an event the browser gets; JSON keeps line feeds out of the frame."""
    match event:
        case TextDelta():
            name, data = "text", {"text": event.text}
        case ToolStarted():
            name, data = "tool", {"name": event.name, "status": "started"}
        case ToolFinished():
            name, data = "tool", {"name": event.name, "status": event.status}
        case TurnFinished():
            name, data = "end", {"status": event.result.status}
        case _:
            return None
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def app_for(config: AppServerConfig, left: asyncio.Queue[AsyncTurn] | None = None) -> FastAPI:
    """Return the app: one Codex server for all requests, each with a thread of its own.

    Args:
        config: How to launch the server.
        left: Gets each turn when its stream was left.
    """
    codex = AsyncCodex(config)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with codex:
            yield

    async def stream_turn(prompt: str) -> StreamingResponse:
        thread = await codex.thread_start(ephemeral=True)
        turn = await thread.turn(prompt)
        return StreamingResponse(frames(turn, left), media_type="text/event-stream")

    app = FastAPI(lifespan=lifespan)
    app.add_api_route("/turns", stream_turn)
    return app


async def frames(turn: AsyncTurn, left: asyncio.Queue[AsyncTurn] | None) -> AsyncGenerator[str]:
    """Yield the frames of a turn.

    When the browser leaves, the server cancels this: the stream of events is left, and that interrupts the turn.
    """
    try:
        async with turn.events() as events:
            async for event in events:
                frame = to_sse(event)
                if frame is not None:
                    yield frame
    finally:
        if left is not None:
            left.put_nowait(turn)


def live_app() -> FastAPI:
    """Return the app with the Codex login of this machine."""
    return app_for(AppServerConfig())


@asynccontextmanager
async def served(app: FastAPI) -> AsyncGenerator[str]:
    """Serve an app on a free port of loopback; yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


async def main(config: AppServerConfig) -> None:
    """Serve the app, and be its browser: once to the end, and once not."""
    left: asyncio.Queue[AsyncTurn] = asyncio.Queue()
    async with (
        served(app_for(config, left)) as address,
        httpx.AsyncClient(base_url=address, timeout=120) as browser,
    ):
        async with browser.stream("GET", "/turns", params={"prompt": "Something short."}) as response:
            print(response.headers["content-type"])
            async for line in response.aiter_lines():
                print(line)
        await left.get()

        async with browser.stream("GET", "/turns", params={"prompt": "Something long."}) as response:
            async for line in response.aiter_lines():
                if line.startswith("data:"):
                    break
        # The browser has left, and so the turn ends.
        turn = await left.get()
        print("the long turn:", (await turn.run()).status)


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
