"""A conversation that goes on later: the id of a thread is all that has to be kept.

python examples/05_existing_thread/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import Script, scripted_codex

# What the scripted model says.
SCRIPT = Script().when("my name is", "Hello, Rose.").when("my name?", "Your name is Rose.")


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        thread = await codex.thread_start()
        print((await thread.run("Hello, my name is Rose.")).text)
        thread_id = thread.id
    # Another process, another day.
    async with AsyncCodex(config) as codex:
        thread = await codex.thread_resume(thread_id)
        print((await thread.run("What is my name?")).text)
        print("turns:", len([turn async for turn in thread.turns()]))


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
