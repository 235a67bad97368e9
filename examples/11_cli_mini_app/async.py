"""A small chat: a line is a turn, an empty one ends it. `python -m codex_app_server chat` is the large one.

python examples/11_cli_mini_app/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex, TextDelta, ask_on_terminal
from codex_app_server.testing import Script, scripted_codex, text

# What the scripted model says.
SCRIPT = Script().when("hello", "Hello yourself.").otherwise(text("Tell me more.", pace_s=0.02))


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config, approval_handler=ask_on_terminal) as codex:
        thread = await codex.thread_start()
        # Another OS thread waits for the keys, so that the loop is free for all else.
        while prompt := (await asyncio.to_thread(input, "you> ")).strip():
            print("codex> ", end="")
            async for event in (await thread.turn(prompt)).events():
                if isinstance(event, TextDelta):
                    print(event.text, end="", flush=True)
            print()
    print("bye")


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
