"""Memory by the id of a thread: the agent goes on where it was, also in another process.

python examples/19_langchain_memory/sync.py [--live]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codex_app_server import AppServerConfig, Codex
from codex_app_server.testing import Script, scripted_codex
from langchain_codex import CodexAgent

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

# What the scripted model says.
SCRIPT = Script().when("my name is", "Hello, Rose.").when("my name?", "Your name is Rose.")


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with Codex(config) as codex:
        first = CodexAgent(codex=codex).invoke("Hello, my name is Rose.")
        print(first["messages"][-1].text)
    with Codex(config) as codex:
        # Nothing but the id is known of the conversation here.
        thread: RunnableConfig = {"configurable": {"codex_thread_id": first["thread_id"]}}
        second = CodexAgent(codex=codex).invoke("What is my name?", thread)
        print(second["messages"][-1].text, second["thread_id"] == first["thread_id"])


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
