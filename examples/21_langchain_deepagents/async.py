"""A deep agent that hands work over to Codex: it plans and talks, and a subagent changes files in a folder.

python examples/21_langchain_deepagents/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import Script, call, custom_call, scripted_codex
from deepagents import CompiledSubAgent, create_deep_agent
from langchain_codex import ChatCodex, CodexAgent
from langchain_core.messages import HumanMessage

PATCH = """\
*** Begin Patch
*** Add File: limits.py
+TIMEOUT_S = 30
*** End Patch
"""

# What the scripted models say: the one of the deep agent, and the one of the subagent.
SCRIPT = (
    Script()
    .when(
        "half a minute",
        [
            call("task", description="Write TIMEOUT_S = 30 into limits.py.", subagent_type="coder"),
            "The timeout is 30 seconds now; the coder wrote limits.py.",
        ],
    )
    .when("limits.py", [custom_call("apply_patch", PATCH), "limits.py is written."])
)


def written(folder: str) -> str:
    """Return what the subagent has written."""
    return Path(folder, "limits.py").read_text()


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncCodex(config) as codex:
            coder = CompiledSubAgent(
                name="coder",
                description="Changes files in the project.",
                mode="isolated",
                # A whole turn of Codex with its own tools, which may write in this folder only.
                runnable=CodexAgent(codex=codex, cwd=folder, sandbox="workspace-write"),
            )
            agent = create_deep_agent(
                model=ChatCodex(codex=codex),
                subagents=[coder],
                system_prompt="Hand every change of a file over to the coder.",
            )
            state = await agent.ainvoke({"messages": [HumanMessage("Let the timeout be half a minute.")]})
            for message in state["messages"]:
                if message.type == "tool":
                    print("the coder:", message.text)
            print(state["messages"][-1].text)
            print(written(folder), end="")


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        # Codex offers the tool that changes files only to models that it knows.
        with scripted_codex(SCRIPT, model_name="gpt-5.5") as scripted:
            asyncio.run(main(scripted.config))
