"""Questions about documents: a query engine of LlamaIndex whose model is CodexLLM.

python examples/24_llama_index_query_engine/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import Script, scripted_codex, text
from llama_index.core import SummaryIndex
from llama_index.core.schema import TextNode
from llama_index.llms.codex import CodexLLM

# What the scripted model says.
SCRIPT = Script().when("Roses are red", text("Red.", pace_s=0.01))


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        llm = CodexLLM(codex=codex)
        index = SummaryIndex([TextNode(text="Roses are red."), TextNode(text="Violets are blue.")])
        print(await index.as_query_engine(llm=llm).aquery("What colour are roses?"))
        pieces = await llm.astream_complete("Roses are red. Which colour is that?")
        print("".join([piece.delta or "" async for piece in pieces]))


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
