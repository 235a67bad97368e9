"""Questions about documents: a query engine of LlamaIndex whose model is CodexLLM.

python examples/24_llama_index_query_engine/sync.py [--live]
"""

from __future__ import annotations

import sys

from codex_app_server import AppServerConfig, Codex
from codex_app_server.testing import Script, scripted_codex, text
from llama_index.core import SummaryIndex
from llama_index.core.schema import TextNode
from llama_index.llms.codex import CodexLLM

# What the scripted model says.
SCRIPT = Script().when("Roses are red", text("Red.", pace_s=0.01))


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        llm = CodexLLM(codex=codex)
        index = SummaryIndex([TextNode(text="Roses are red."), TextNode(text="Violets are blue.")])
        print(index.as_query_engine(llm=llm).query("What colour are roses?"))

        print(
            "".join(
                piece.delta or "" for piece in llm.stream_complete("Roses are red. Which colour is that?")
            )
        )


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
