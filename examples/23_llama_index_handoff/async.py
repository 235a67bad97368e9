"""Two agents of LlamaIndex: one hands the question over to the other.

python examples/23_llama_index_handoff/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import call, scripted_codex
from llama_index.agent.codex import CodexAgent
from llama_index.core.agent.workflow import AgentOutput, AgentWorkflow

if TYPE_CHECKING:
    from codex_app_server.testing import ModelRequest
    from codex_app_server.testing.parts import Call


def answer(request: ModelRequest) -> str | Call:
    """Play the model: it is asked as the one agent, then as the other."""
    if "meteorologist" in str(request.input):
        return "It is sunny in Paris."
    return call("handoff", to_agent="weather", reason="It is about the weather.")


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        desk = CodexAgent(
            codex=codex,
            name="desk",
            description="Takes all questions.",
            system_prompt="You work at the front desk. Hand questions over.",
            can_handoff_to=["weather"],
        )
        weather = CodexAgent(
            codex=codex,
            name="weather",
            description="Knows the weather.",
            system_prompt="You are a meteorologist.",
        )
        workflow = AgentWorkflow(agents=[desk, weather], root_agent="desk")
        handler = workflow.run(user_msg="What is the weather in Paris?")
        async for event in handler.stream_events():
            if isinstance(event, AgentOutput):
                print(f"{event.current_agent_name} has had its turn")
        print(await handler)


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(answer) as scripted:
            asyncio.run(main(scripted.config))
