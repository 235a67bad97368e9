"""A LlamaIndex agent with a Python tool, its events streamed.

python examples/22_llama_index_agent/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import call, scripted_codex, text
from llama_index.agent.codex import CodexAgent
from llama_index.core.agent.workflow import AgentStream, ToolCallResult

# What the scripted model says.
SCRIPT = [call("get_weather", city="Paris"), text("It is sunny in Paris.", pace_s=0.01)]


def get_weather(city: str) -> str:
    """Return the weather in a city."""
    return f"sunny in {city}"


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        agent = CodexAgent(codex=codex, tools=[get_weather], system_prompt="Use the tools.")
        handler = agent.run(user_msg="What is the weather in Paris?")
        async for event in handler.stream_events():
            match event:
                case AgentStream():
                    print(event.delta, end="", flush=True)
                case ToolCallResult():
                    print(f"[{event.tool_name}: {event.tool_output.content}]")
                case _:
                    pass
        print()
        result = await handler
        print("tools called:", [used.tool_name for used in result.tool_calls])


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
