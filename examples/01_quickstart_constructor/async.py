"""The first turn: launch the server, start a thread, run a turn.

python examples/01_quickstart_constructor/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import scripted_codex

# What the scripted model says.
SCRIPT = "Hello, nice to meet you."


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        print("server:", codex.metadata.server_name)
        thread = await codex.thread_start()
        result = await thread.run("Say hello in one sentence.")
        print(f"{result.status}: {result.text}")


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
