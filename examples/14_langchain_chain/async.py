"""A LangChain chain with Codex as its model: at once, streamed, and for several inputs.

python examples/14_langchain_chain/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import Script, scripted_codex, text
from langchain_codex import ChatCodex
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

# What the scripted model says.
SCRIPT = (
    Script()
    .when("France", text("The capital of France is Paris.", pace_s=0.02))
    .when("Norway", "The capital of Norway is Oslo.")
)

PROMPT = ChatPromptTemplate.from_messages(
    [("system", "One short sentence."), ("human", "The capital of {country}?")]
)


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        # ChatCodex() has a server of its own; here it uses the one above.
        chain = PROMPT | ChatCodex(codex=codex) | StrOutputParser()
        print(await chain.ainvoke({"country": "Norway"}))
        async for piece in chain.astream({"country": "France"}):
            print(piece, end="", flush=True)
        print()
        print(await chain.abatch([{"country": "France"}, {"country": "Norway"}]))


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
