"""What can be done with a thread: name, list, fork, compact, archive; and with a turn: steer, interrupt.

python examples/06_thread_lifecycle_and_controls/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex, TextDelta
from codex_app_server.testing import Script, scripted_codex, text

# What the scripted model says.
SCRIPT = (
    Script()
    .when("long", text("On and on and on and on and on it goes. " * 20, pace_s=0.02))
    .when("shorter", "Made short.")
    .otherwise("Done.")
)


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        thread = await codex.thread_start()
        await thread.run("Remember the number 7.")
        await thread.set_name("the number")
        print("listed as:", [entry.name async for entry in codex.threads(limit=10) if entry.id == thread.id])

        fork = await thread.fork()
        print("a fork:", (await fork.run("What was the number?")).status, fork.id != thread.id)

        turn = await thread.turn("Write something long.")
        async with turn.events(detach=True) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    await turn.steer("Make it shorter.")
                    break
        print("steered:", (await turn.run()).text)

        turn = await thread.turn("Write something long again.")
        async with turn.events(detach=True) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    await turn.interrupt()
                    break
        print("interrupted:", (await turn.run()).status)

        print("compacted:", (await (await thread.compact()).run()).status)
        await thread.archive()
        archived = [entry.id async for entry in codex.threads(archived=True)]
        print("archived:", thread.id in archived)


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
