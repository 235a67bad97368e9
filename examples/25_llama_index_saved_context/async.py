"""A conversation that is kept as JSON and goes on later, in the same Codex thread.

python examples/25_llama_index_saved_context/async.py [--live]
"""

from __future__ import annotations

import asyncio
import json
import sys

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import Script, scripted_codex
from llama_index.agent.codex import CodexAgent
from llama_index.core.workflow import Context

# What the scripted model says.
SCRIPT = Script().when("my name is", "Hello, Rose.").when("my name?", "Your name is Rose.")


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        agent = CodexAgent(codex=codex)
        ctx = Context(agent)
        print(await agent.run(user_msg="Hello, my name is Rose.", ctx=ctx))
        saved = json.dumps(ctx.to_dict())
    async with AsyncCodex(config) as codex:
        agent = CodexAgent(codex=codex)
        ctx = Context.from_dict(agent, json.loads(saved))
        print(await agent.run(user_msg="What is my name?", ctx=ctx))


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
