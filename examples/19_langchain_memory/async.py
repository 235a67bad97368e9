"""Memory by the id of a thread: the agent goes on where it was, also in another process.

python examples/19_langchain_memory/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import Script, scripted_codex
from langchain_codex import CodexAgent

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

# What the scripted model says.
SCRIPT = Script().when("my name is", "Hello, Rose.").when("my name?", "Your name is Rose.")


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        first = await CodexAgent(codex=codex).ainvoke("Hello, my name is Rose.")
        print(first["messages"][-1].text)
    async with AsyncCodex(config) as codex:
        # Nothing but the id is known of the conversation here.
        thread: RunnableConfig = {"configurable": {"codex_thread_id": first["thread_id"]}}
        second = await CodexAgent(codex=codex).ainvoke("What is my name?", thread)
        print(second["messages"][-1].text, second["thread_id"] == first["thread_id"])


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
