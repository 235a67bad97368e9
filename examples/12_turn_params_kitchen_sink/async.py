"""All that can be told to a turn at once; each holds from this turn on, but for the schema.

python examples/12_turn_params_kitchen_sink/async.py [--live]
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from codex_app_server import AppServerConfig, AsyncCodex, TextInput
from codex_app_server.testing import conforming, scripted_codex

# What the scripted model says.
SCRIPT = conforming()

ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "reason": {"type": "string"}},
    "required": ["name", "reason"],
    "additionalProperties": False,
}


async def main(config: AppServerConfig) -> None:
    """Run the example."""
    async with AsyncCodex(config) as codex:
        thread = await codex.thread_start(
            model="gpt-5.5",
            developer_instructions="Be brief.",
            config={"model_reasoning_effort": "low"},
            ephemeral=True,
        )
        result = await thread.run(
            [TextInput("Propose a name for a cat.")],
            summary="concise",
            effort="low",
            personality="pragmatic",
            approval_policy="never",
            sandbox_policy={"type": "workspaceWrite", "networkAccess": False},
            output_schema=ANSWER,
            client_user_message_id="message-1",
            timeout_s=120,
        )
        print(f"{result.status}: {result.output}")


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main(AppServerConfig()))
    else:
        with scripted_codex(SCRIPT) as scripted:
            asyncio.run(main(scripted.config))
