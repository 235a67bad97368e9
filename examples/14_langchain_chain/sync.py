"""A LangChain chain with Codex as its model: at once, streamed, and for several inputs.

python examples/14_langchain_chain/sync.py [--live]
"""

from __future__ import annotations

import sys

from codex_app_server import AppServerConfig, Codex
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


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        # ChatCodex() has a server of its own; here it uses the one above.
        chain = PROMPT | ChatCodex(codex=codex) | StrOutputParser()
        print(chain.invoke({"country": "Norway"}))
        for piece in chain.stream({"country": "France"}):
            print(piece, end="", flush=True)
        print()
        print(chain.batch([{"country": "France"}, {"country": "Norway"}]))


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
