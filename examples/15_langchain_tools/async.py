"""An agent of LangChain with Codex as its model and Python tools.

python examples/15_langchain_tools/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import call, calls, scripted_codex
from langchain.agents import create_agent
from langchain_codex import ChatCodex
from langchain_core.messages import HumanMessage

# What the scripted model says.
SCRIPT = [calls(call("get_weather", city="Paris"), call("get_weather", city="Oslo")), "Sunny in both."]


def get_weather(city: str) -> str:
    """Return the weather in a city."""
    return f"sunny in {city}"


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        agent = create_agent(ChatCodex(codex=codex), [get_weather])
        state = await agent.ainvoke({"messages": [HumanMessage("The weather in Paris and in Oslo?")]})
        for message in state["messages"]:
            print(f"{message.type}: {message.text or [found['args'] for found in message.tool_calls]}")


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
