"""A turn as an object: start it, do something else, wait for its result.

python examples/02_turn_run/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import scripted_codex

# What the scripted model says.
SCRIPT = "Roses are red."


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        thread = await codex.thread_start()
        turn = await thread.turn("Write one line of a poem.")
        print("running:", turn.so_far.status in {"inProgress", "completed"})
        result = await turn.run()
        print(f"{result.status}: {result.text}")
        print("items:", [item.type for item in result.items])
        print("tokens were counted:", result.usage.total_tokens > 0)


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
