"""A person decides about a command, through the events of the workflow.

python examples/26_llama_index_approvals/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from codex_app_server import AppServerConfig, AsyncCodex
from codex_app_server.testing import call, scripted_codex
from llama_index.agent.codex import CodexAgent, CodexApprovalRequest

# What the scripted model says.
SCRIPT = [call("exec_command", cmd="touch made"), "The file is there."]


def is_there(folder: str) -> bool:
    """Return whether the file was made."""
    return Path(folder, "made").exists()


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncCodex(config) as codex:
            agent = CodexAgent(
                codex=codex,
                cwd=folder,
                sandbox="workspace-write",
                approval_policy="untrusted",
                human_input=True,
            )
            handler = agent.run(user_msg="Make the file.")
            async for event in handler.stream_events():
                if isinstance(event, CodexApprovalRequest):
                    print("asked:", (event.command or "").endswith("'touch made'"))
                    handler.ctx.send_event(event.answer(True))
            print(await handler)
            print("made:", is_there(folder))


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
