"""An answer as an object: the model service holds the model to the schema of the class.

python examples/16_langchain_structured_output/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import scripted_codex
from langchain_codex import ChatCodex
from pydantic import BaseModel

# What the scripted model says.
SCRIPT = """{"setup": "Why did the cat sit on the laptop?", "punchline": "To watch the mouse."}"""


class Joke(BaseModel):
    """A joke."""

    setup: str
    punchline: str


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        joker = ChatCodex(codex=codex).with_structured_output(Joke)
        print(repr(await joker.ainvoke("A joke about cats.")))


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
