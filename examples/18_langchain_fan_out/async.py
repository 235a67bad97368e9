"""Several turns at once: one server runs them side by side, each in a thread of its own.

python examples/18_langchain_fan_out/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import Script, scripted_codex
from langchain_codex import ChatCodex
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel

# What the scripted model says.
SCRIPT = (
    Script()
    .when("risks", "It may rain.")
    .when("costs", "Nothing.")
    .when("summary", "A walk is cheap, and may be wet.")
)


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        model = ChatCodex(codex=codex)
        views = RunnableParallel(
            risks=ChatPromptTemplate.from_template("The risks of {plan}?") | model,
            costs=ChatPromptTemplate.from_template("The costs of {plan}?") | model,
        )
        found = await views.ainvoke({"plan": "a walk"})
        print(found["risks"].text, found["costs"].text)
        summary = ChatPromptTemplate.from_template("A summary of: {risks} {costs}") | model
        print((await summary.ainvoke({name: message.text for name, message in found.items()})).text)


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
